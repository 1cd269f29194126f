"""Demand rates of items that do not sell in every period."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt


class IntermittentRates(NamedTuple):
    """Demand rates, in units per period.

    Attributes:
        croston_units: Croston's size over interval.
        sba_units: The same with the Syntetos-Boylan bias correction.
        tsb_units: Size times probability, which decays when sales stop.
    """

    croston_units: float
    sba_units: float
    tsb_units: float


def _smoothed(values: npt.NDArray[np.float64], weight: float) -> float:
    """Exponentially smoothed level that starts at the first value."""
    level = float(values[0])
    for value in values[1:]:
        level += weight * (float(value) - level)
    return level


def intermittent_demand_rates(
    series_units: npt.NDArray[np.float64],
    *,
    smoothing: float = 0.1,
    probability_smoothing: float = 0.1,
) -> IntermittentRates:
    r"""Mean demand per period by Croston, SBA and TSB.

    With z the smoothed size, p the smoothed interval and :math:`\pi` the smoothed
    probability of a sale, the rates are :math:`z/p`, :math:`(1-\alpha/2)z/p` and
    :math:`\pi z`. Smoothing starts at the first value; the first interval counts from
    the start of the series. They are rates: safety stock needs a distribution too.

    Args:
        series_units: Demand per period with its zeros, shape (n,).
        smoothing: Weight of the newest size and interval, in [0, 1].
        probability_smoothing: Weight of the newest period in the probability, in
            [0, 1].

    Returns:
        The three rates. Zero for a series of zeros, NaN for an empty one.

    Raises:
        ValueError: A weight is outside [0, 1].

    Examples:
        >>> intermittent_demand_rates(np.array([4.0, 4.0])).croston_units
        4.0

    References:
        Croston, Forecasting and stock control for intermittent demands, 1972.
        Syntetos and Boylan, The accuracy of intermittent demand estimates, 2005.
        Teunter, Syntetos and Babai, Intermittent demand: linking forecasting to
        inventory obsolescence, 2011.
    """
    for weight in (smoothing, probability_smoothing):
        if not 0 <= weight <= 1:
            raise ValueError(f"a smoothing weight must lie in [0, 1]; got {weight}")
    series = np.asarray(series_units, dtype=float)
    if not series.size:
        return IntermittentRates(float("nan"), float("nan"), float("nan"))
    periods = np.flatnonzero(series > 0)
    if not periods.size:
        return IntermittentRates(0.0, 0.0, 0.0)
    size = _smoothed(series[periods], smoothing)
    interval = _smoothed(np.diff(periods + 1, prepend=0).astype(float), smoothing)
    probability = _smoothed((series > 0).astype(float), probability_smoothing)
    croston = size / interval
    return IntermittentRates(croston, (1 - smoothing / 2) * croston, probability * size)
