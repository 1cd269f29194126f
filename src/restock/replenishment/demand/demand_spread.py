r"""How far demand strays from its forecast: by the item's own noise and a wrong level.

Demand of a period with forecast f is given the variance

.. math:: \sigma^2 = a\,\phi\, f + b\, f^2

The index of dispersion :math:`\phi` is the item's own, from its history; how much
forecasts add to it (a), and how far their level is off (b), is common to a segment and
learned from the sums of past forecasts over the interval that an order protects.
Sums, because the errors of neighbouring periods go together.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from restock.replenishment.demand.count_demand import log_likelihood
from restock.statistics.arrays import Floats

# Keeps a deviation above zero where nothing was forecast, and is too small to matter
# where something was.
LEVEL_OFFSET_UNITS = 0.05

# What is tried: noise over that of the history, squared variation of the level.
_NOISE = np.array([0.02, 0.2, 0.5, 0.7, 0.85, 1.0, 1.2, 1.5, 2.0, 3.0, 4.5])
_LEVEL = np.array([0, 0.001, 0.003, 0.01, 0.03, 0.06, 0.1, 0.16, 0.25, 0.4, 0.7, 1])

# Before anything is known the noise is that of the history. Logarithm's deviation.
_NOISE_PRIOR_SD = 0.7
# The same of the squared variation, a mean.
_LEVEL_PRIOR = 0.5
# Independent errors that all segments together count for in each of them.
_COMMON_ERRORS = 40.0
# Sums behind a fit: more do not change it. A prime, so that a sample of them falls in
# step with no number of cutoffs.
_MAX_SUMS = 2999


@dataclass(frozen=True)
class Spread:
    """What the errors of a segment say of the variance.

    Attributes:
        noise: Factor a on the item's own noise.
        level_variation: Squared coefficient of variation b of the level.
    """

    noise: float
    level_variation: float

    def deviation(self, forecast: Floats, dispersion: Floats) -> Floats:
        """Standard deviation of demand over some periods.

        Args:
            forecast: Units, any shape, zero or more.
            dispersion: Index of dispersion of the item, of a shape that fits.

        Returns:
            Units, of the broadcast shape, above zero.

        Examples:
            >>> Spread(1.0, 0.01).deviation(np.array([8.95]), np.array([1.0])).round(2)
            array([3.13])
        """
        level = forecast + LEVEL_OFFSET_UNITS
        return np.sqrt(
            self.noise * dispersion * level + self.level_variation * level**2
        )


# Noise as in the history, a level that may be off by a quarter.
DEFAULT_SPREAD = Spread(1.0, 0.06)


def fit_spreads(
    forecast_sums: Floats,
    actual_sums: Floats,
    dispersion: Floats,
    segments: npt.NDArray[np.object_],
    n_independent: Floats,
) -> tuple[Spread, dict[str, Spread]]:
    """Learn the variance of sums, of all segments and of each.

    The two numbers are those of greatest likelihood of the negative binomial. A
    segment's own errors are weighed with those of all, which count as much as forty
    independent ones.

    Args:
        forecast_sums: Units, shape (sums,), zero or more.
        actual_sums: Units, shape (sums,).
        dispersion: Index of dispersion of each sum's item, shape (sums,), above zero.
        segments: Segment of each, shape (sums,).
        n_independent: Share of an independent error that each sum is, in (0, 1]:
            sums that overlap say the same again. Shape (sums,).

    Returns:
        The spread of all segments, and by segment. The default where there is no sum.
    """
    if not len(forecast_sums):
        return DEFAULT_SPREAD, {}
    actual = np.maximum(actual_sums, 0.0)
    everything = _likelihoods(forecast_sums, actual, dispersion)
    prior = -0.5 * (np.log(_NOISE)[:, None] / _NOISE_PRIOR_SD) ** 2
    prior = prior - _LEVEL[None, :] / _LEVEL_PRIOR
    common = _best(n_independent.sum() * everything + prior)
    by_segment = {}
    for segment in np.unique(segments.astype(str)):
        inside = segments == segment
        own = _likelihoods(forecast_sums[inside], actual[inside], dispersion[inside])
        weight = n_independent[inside].sum()
        by_segment[segment] = _best(weight * own + _COMMON_ERRORS * everything + prior)
    return common, by_segment


def _likelihoods(forecast: Floats, actual: Floats, dispersion: Floats) -> Floats:
    """Mean log-likelihood of every pair that is tried, shape (noise, level)."""
    n_used = min(len(forecast), _MAX_SUMS)
    rows = np.linspace(0, len(forecast) - 1, n_used).astype(np.intp)
    units, noise = actual[rows], dispersion[rows]
    mean = forecast[rows] + LEVEL_OFFSET_UNITS
    return np.array(
        [
            [
                log_likelihood(units, mean, a * noise * mean + b * mean**2).mean()
                for b in _LEVEL
            ]
            for a in _NOISE
        ]
    )


def _best(score: Floats) -> Spread:
    """The pair with the highest score."""
    noise, level = np.unravel_index(np.argmax(score), score.shape)
    return Spread(float(_NOISE[noise]), float(_LEVEL[level]))
