"""Mean demand behind sales that stock-outs have cut off."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from scipy.optimize import brentq
from scipy.special import gammainc, gammaln


class CensoredMean(NamedTuple):
    """Estimates of mean demand per day.

    Attributes:
        naive_mean_units: Mean of all sales, as if no day had been cut off.
        in_stock_mean_units: Mean of the days that did not sell out.
        poisson_mean_units: Maximum-likelihood mean of Poisson demand.
    """

    naive_mean_units: float
    in_stock_mean_units: float
    poisson_mean_units: float


def _expected_excess(mean: float, level: npt.NDArray[np.float64]) -> float:
    """Sum of E[D | D >= c] - mean over the levels c of a Poisson variable D."""
    total = 0.0
    for at_least in level:
        if mean >= at_least:
            log_pmf = (at_least - 1) * np.log(mean) - mean - gammaln(at_least)
            total += mean * np.exp(log_pmf) / gammainc(at_least, mean)
            continue
        # Below its level the tail underflows; its series, over its first term, does
        # not: P(D >= c) = pmf(c) * (1 + mean/(c+1) + mean^2/((c+1)(c+2)) + ...).
        term, series, factor = 1.0, 1.0, at_least
        while term > 1e-17 * series:
            factor += 1
            term *= mean / factor
            series += term
        total += at_least / series
    return total


def censored_poisson_mean(
    *,
    in_stock_sales_units: npt.NDArray[np.float64],
    stockout_sales_units: npt.NDArray[np.float64],
) -> CensoredMean:
    r"""Mean of Poisson demand where some days sold all there was.

    A day that sold out with c units says only that demand was at least c. The
    likelihood is greatest where

    .. math:: \sum x + \sum_c E[D \mid D \ge c] = n \lambda .

    Args:
        in_stock_sales_units: Sales of the days that did not sell out, shape (n,).
        stockout_sales_units: Sales of the days that did, shape (m,). A day that
            opened empty sold zero and carries no information.

    Returns:
        Three means; NaN where there is nothing to estimate from. Sold-out days alone
        do not bound demand, so without any other day the estimate is NaN.

    References:
        Nahmias, Demand estimation in lost sales inventory systems, 1994. Agrawal and
        Smith, Estimating negative binomial demand for retail inventory management
        with unobservable lost sales, 1996.
    """
    observed = np.asarray(in_stock_sales_units, dtype=float)
    cut_off = np.asarray(stockout_sales_units, dtype=float)
    everything = np.concatenate([observed, cut_off])
    naive = float(everything.mean()) if everything.size else float("nan")
    if not observed.size:
        return CensoredMean(naive, float("nan"), float("nan"))
    in_stock = float(observed.mean())
    levels = np.ceil(cut_off[cut_off > 0])
    if not levels.size:
        return CensoredMean(naive, in_stock, in_stock)

    def score(mean: float) -> float:
        return observed.sum() - observed.size * mean + _expected_excess(mean, levels)

    highest = in_stock + levels.sum() / observed.size
    mean = brentq(score, in_stock, highest * (1 + 1e-12), xtol=1e-14, rtol=1e-14)
    return CensoredMean(naive, in_stock, float(mean))
