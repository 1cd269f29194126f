r"""Demand paths of a series: a distribution of its sum, split over time.

The sum over the steps that an order needs is what past forecasts were judged by
(`error_pools`): a pooled standardised error z, laid on the live forecast F with the
item's own deviation,

.. math:: D = \max(0,\ F + z\,\sigma(F))

and, the more the fewer errors there are, counts of the same mean and variance
(`count_demand`). Each sum is then split over its periods at random, so that parts of it
vary as much as the item's noise asks for: a share s of the time has the variance
:math:`s\,\phi F + s^2 b F^2`, down to parts of a period.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from restock.replenishment.demand.count_demand import counts
from restock.replenishment.demand.error_pools import ErrorLibrary, Pool
from restock.statistics.arrays import Floats

# A gamma distribution of a smaller shape is all zeros in floating point.
_LEAST_SHAPE = 0.01
# Shares of a larger concentration are their means.
_LARGEST_CONCENTRATION = 1e9

_SHIFTS = 6
_NEGLIGIBLE_UNITS = 1e-6


class DemandPaths(NamedTuple):
    """Simulated demand of one series.

    Attributes:
        units: Demand of each step of time, shape (paths, periods x parts).
        method: How it was made.
        n_errors: Independent errors behind it.
        level_trust: Share of an error of the level that is believed to last, by the
            stretches of time that showed it.
    """

    units: Floats
    method: str
    n_errors: int
    level_trust: float


def demand_paths(
    generator: np.random.Generator,
    segment: str,
    forecast: Floats,
    needed: int,
    library: ErrorLibrary,
    *,
    dispersion: float = 1.0,
    level_variation: float = np.nan,
    parts: int = 1,
) -> DemandPaths:
    """Simulate the demand that a forecast is the mean of.

    Args:
        generator: Source of the draws.
        segment: Segment of the series.
        forecast: Units per period, shape (periods,), zero or more.
        needed: Periods whose sum matters; what lies beyond, and what no backtest
            reaches, is drawn by stretches of as many ("chained").
        library: Errors and the settings of the pools.
        dispersion: Index of dispersion of the item's demand, above zero.
        level_variation: Coefficient of variation of the level of a series without a
            history; NaN where errors like its own are known.
        parts: Equal parts that each period is split into.

    Returns:
        The paths, in random order.
    """
    n_paths = library.settings.n_paths
    steps = np.repeat(forecast / parts, parts)
    if not forecast[:needed].any():
        return DemandPaths(np.zeros((n_paths, len(steps))), "zero forecast", 0, 0.0)
    pool = library.find(segment, forecast, needed)
    is_new = np.isfinite(level_variation)
    noise = 1.0 if is_new else pool.spread.noise * dispersion
    units = np.zeros((n_paths, len(steps)))
    for start in range(0, len(forecast), pool.steps):
        stretch = slice(start * parts, (start + pool.steps) * parts)
        mean = steps[stretch]
        if is_new:
            total = counts(
                generator,
                np.full(n_paths, mean.sum()),
                dispersion=noise,
                level_variation=level_variation**2,
            )
        else:
            total = _totals(generator, mean.sum(), dispersion, pool, library)
        units[:, stretch] = split(generator, total, mean, noise)
    if is_new:
        return DemandPaths(units, "new product", 0, 0.0)
    chained = ", chained" if pool.steps < needed else ""
    trust = _trust(pool, library)
    return DemandPaths(units, pool.name + chained, pool.n_independent, trust)


def _trust(pool: Pool, library: ErrorLibrary) -> float:
    """What lasted must have been seen in stretches of time that do not overlap."""
    return pool.n_blocks / (pool.n_blocks + library.settings.bias_blocks)


def review_demand(
    generator: np.random.Generator, mean: float, dispersion: float, n_draws: int
) -> Floats:
    """Demand of review intervals of an item whose forecast is right.

    Args:
        generator: Source of the draws.
        mean: Forecast of a review. Units, zero or more.
        dispersion: Index of dispersion of the item's demand.
        n_draws: Number of draws.

    Returns:
        Units, shape (draws,).
    """
    return counts(
        generator, np.full(n_draws, mean), dispersion=dispersion, level_variation=0.0
    )


def _totals(
    generator: np.random.Generator,
    forecast: float,
    dispersion: float,
    pool: Pool,
    library: ErrorLibrary,
) -> Floats:
    """Sums over a stretch, from errors and from counts, in random order."""
    settings = library.settings
    n_paths, n_errors = settings.n_paths, pool.n_independent
    n_counts = round(
        n_paths * settings.count_errors / (settings.count_errors + n_errors)
    )
    if not len(pool.errors) or forecast <= 0:
        n_counts = n_paths
    deviation = float(pool.spread.deviation(np.array(forecast), np.array(dispersion)))
    mean, laid = forecast, np.empty(0)
    if n_counts < n_paths:
        free = forecast + deviation * pool.errors
        trust = _trust(pool, library)
        most = settings.most_bias * forecast
        mean = forecast + float(np.clip(trust * (free.mean() - forecast), -most, most))
        free = cut_at_zero(free, mean)
        drawn = _evenly(generator, len(free), n_paths - n_counts)
        laid = np.round(free[drawn])
    counted = counts(
        generator,
        np.full(n_counts, mean),
        dispersion=pool.spread.noise * dispersion,
        level_variation=pool.spread.level_variation,
    )
    return generator.permutation(np.concatenate([laid, counted]))


def cut_at_zero(free: Floats, mean: float) -> Floats:
    """Cut at zero without lifting the mean: what is left moves down.

    Args:
        free: Units, shape (n,), some below zero.
        mean: Mean wanted. Units, zero or more.

    Returns:
        Units, shape (n,), zero or more.

    Examples:
        >>> cut_at_zero(np.array([-2.0, 1.0, 7.0]), 2.0).round(6)
        array([0., 0., 6.])
    """
    shift = free.mean() - mean
    cut = np.maximum(free - shift, 0.0)
    for _ in range(_SHIFTS):
        excess = cut.mean() - mean
        share = (cut > 0).mean()
        if abs(excess) < _NEGLIGIBLE_UNITS or share == 0:
            break
        shift += excess / share
        cut = np.maximum(free - shift, 0.0)
    return cut


def split(
    generator: np.random.Generator, total: Floats, mean: Floats, noise: float
) -> Floats:
    r"""Split sums over time at random, in whole units.

    The shares are Dirichlet with the forecast as mean and a concentration that gives
    the part with a share s the variance :math:`s (1 - s)\,\phi F` around its share of
    the sum, which is what independent demand of that noise has. One random offset per
    path rounds the running sum, so that units stay whole and none is lost.

    Args:
        generator: Source of the draws.
        total: Sum of each path. Units, shape (paths,), zero or more.
        mean: Forecast of each step. Units, shape (steps,), zero or more.
        noise: Variance over mean of a step's demand at a given level, above zero.

    Returns:
        Units, shape (paths, steps), with the given sums.

    Examples:
        Hardly any noise, and a forecast of a third and two thirds:

        >>> split(
        ...     np.random.default_rng(1), np.array([9.0]), np.array([1.0, 2.0]), 1e-9
        ... )
        array([[3., 6.]])
    """
    expected = mean.sum()
    if expected <= 0:
        return np.zeros((len(total), len(mean)))
    share = mean / expected
    concentration = max(float((total**2).mean()) / (noise * expected) - 1.0, 0.0)
    is_used = share > 0
    concentration = min(concentration, _LARGEST_CONCENTRATION)
    shape = np.maximum(concentration * share[is_used], _LEAST_SHAPE)
    weight = np.zeros((len(total), len(mean)))
    weight[:, is_used] = generator.standard_gamma(
        shape.astype(np.float32), size=(len(total), len(shape)), dtype=np.float32
    )
    running = np.cumsum(weight, axis=1)
    running = running / np.maximum(running[:, -1:], np.finfo(float).tiny)
    offset = generator.random((len(total), 1))
    whole = np.floor(running * total[:, None] + offset)
    # The last is the sum itself, whatever fraction it has.
    whole[:, -1] = np.maximum(total, whole[:, -2] if len(mean) > 1 else total)
    return np.diff(whole, axis=1, prepend=0.0)


def _evenly(generator: np.random.Generator, size: int, count: int) -> npt.NDArray:
    """Places of a pool, each drawn equally often up to one."""
    if size >= count:
        return generator.choice(size, size=count, replace=False)
    return generator.permutation(size)[np.arange(count) % size]
