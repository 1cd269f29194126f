"""Lead times drawn at random: gamma as they are planned, or as they were seen."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy.special import gammaincinv

from restock.replenishment.demand.series_generator import series_generator
from restock.statistics.arrays import Floats, Integers

# A lead time of 2.0000000001 periods is two periods.
PERIOD_SLACK = 1e-9

# Outside these a gamma distribution is a point in floating point.
_MIN_LEAD_TIME_CV = 1e-6
_MAX_LEAD_TIME_CV = 1e3


def longest_lead_time(mean: Floats, sd: Floats, *, tail: float) -> Floats:
    """Lead time that random lead times are cut at.

    Args:
        mean: Mean lead time. Periods, shape (n,), zero or more.
        sd: Standard deviation. Periods, shape (n,), zero or more. Zero, and less
            than a millionth or more than a thousand times the mean, is a fixed
            lead time.
        tail: Quantile of the gamma distribution, in (0, 1).

    Returns:
        Periods, shape (n,): the mean where it is fixed, else the quantile but not
        less than the mean. NaN where the mean is NaN.

    Examples:
        A gamma distribution with mean 2 and deviation 2 is exponential, so its 99 %
        quantile is 2 ln(100):

        >>> longest_lead_time(
        ...     np.array([2.0, 2.0]), np.array([0.0, 2.0]), tail=0.99
        ... ).round(6)
        array([2.     , 9.21034])
    """
    is_random = _is_random(mean, sd)
    safe_mean = np.where(is_random, mean, 1.0)
    safe_sd = np.where(is_random, sd, 1.0)
    quantile = gammaincinv((safe_mean / safe_sd) ** 2, tail) * safe_sd**2 / safe_mean
    return np.where(is_random, np.maximum(quantile, mean), mean)


def draw_lead_times(
    generator: np.random.Generator,
    mean: float,
    sd: float,
    longest: float,
    n_paths: int,
) -> Floats:
    """Lead times of a gamma distribution, cut at the longest.

    Args:
        generator: Source of the draws.
        mean: Periods, zero or more.
        sd: Standard deviation. Periods; what `longest_lead_time` calls fixed is.
        longest: Of `longest_lead_time`. Periods.
        n_paths: Number of draws.

    Returns:
        Periods, shape (n_paths,).
    """
    if not _is_random(mean, sd):
        return np.full(n_paths, mean)
    drawn = generator.gamma((mean / sd) ** 2, sd**2 / mean, size=n_paths)
    return np.minimum(drawn, longest)


def happened(
    ids: list[tuple[str, str]],
    mean: Floats,
    sd: Floats,
    observed: list[Floats],
    *,
    n_decisions: int,
    seed: int,
    tail: float,
) -> Integers:
    """Lead times that orders turn out to have: drawn from those observed.

    Where none were seen they are as planned. A part of a period is a period with that
    probability, so that the mean stays.

    Args:
        ids: Location and product of each series.
        mean: Periods, shape (series,), zero or more.
        sd: Standard deviation. Periods, shape (series,), zero or more.
        observed: Lead times seen for each series. Periods; none where there are
            none.
        n_decisions: Draws per series.
        seed: Seed of the run.
        tail: Quantile at which planned ones are cut, in (0, 1).

    Returns:
        Whole periods, shape (series, n_decisions).
    """
    longest = longest_lead_time(mean, sd, tail=tail)
    result = np.empty((len(ids), n_decisions), dtype=np.int64)
    for row, keys in enumerate(ids):
        generator = series_generator(seed, *keys, purpose="lead times")
        drawn = (
            generator.choice(observed[row], size=n_decisions)
            if len(observed[row])
            else draw_lead_times(
                generator, mean[row], sd[row], longest[row], n_decisions
            )
        )
        result[row] = whole_at_random(generator, drawn)
    return result


def whole_at_random(generator: np.random.Generator, periods: Floats) -> Integers:
    """Whole periods with the same mean: up with the probability of the fraction.

    Args:
        generator: Source of the draws.
        periods: Zero or more, any shape.

    Returns:
        Whole periods, same shape.

    Examples:
        >>> whole_at_random(np.random.default_rng(1), np.array([2.0, 2.0000000001]))
        array([2, 2])
    """
    fraction = periods - np.floor(periods + PERIOD_SLACK)
    is_up = generator.random(periods.shape) < fraction - PERIOD_SLACK
    return (np.floor(periods + PERIOD_SLACK) + is_up).astype(np.int64)


def _is_random(mean: Floats, sd: Floats) -> npt.NDArray[np.bool_]:
    """Whether a deviation is neither negligible nor beyond all sense."""
    return (sd > mean * _MIN_LEAD_TIME_CV) & (sd < mean * _MAX_LEAD_TIME_CV)
