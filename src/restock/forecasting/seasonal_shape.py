"""What many series share over time, parted into a trend and a season.

The common path of a group of series is one factor per period. On the logarithmic scale
it is a level, a slope, slow changes of level and a season of the year; how large each
is, the data say (empirical Bayes): what one year cannot tell apart is shared between
trend and season, and a season that the noise could have made is drawn to none.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from restock.statistics.arrays import Floats

PERIODS_PER_YEAR = 52.18

# Waves of the year: the last is two weeks up, two weeks down.
N_WAVES = 13

# Periods between two knots of the slow changes of level.
KNOT_PERIODS = 13

# Deviations tried, on the logarithmic scale: of the season; of a year's change of
# level beside a straight trend; of the slope of a year.
SEASON_DEVIATIONS = (0.06, 0.12, 0.25, 0.5, 1.0)
LEVEL_DEVIATIONS = (0.0, 0.1, 0.3)
SLOPE_DEVIATION = 0.4

# Belief before the data that there is no season at all.
NO_SEASON_PRIOR = 0.5

# Periods' worth of belief that the noise is what the spread between series says.
NOISE_PRIOR_PERIODS = 20.0

# Squared variation of a series below which it weighs no more.
LEAST_VARIATION = 0.1

# Periods' worth of the common variation in the variation of a series.
VARIATION_PRIOR_PERIODS = 5.0

# Least share of the mean that a working value is taken around.
LOWEST_FACTOR = 0.05

PATH_STEPS = 8
FIT_STEPS = 5


class Path(NamedTuple):
    """Common factor of a group of series.

    Attributes:
        factor: Demand over each series' own level, shape (periods,), mean about one;
            NaN where nothing is known.
        variance: Squared standard error of the factor, shape (periods,).
    """

    factor: Floats
    variance: Floats


def common_path(demand: Floats, known_factor: Floats) -> Path:
    """Factor that the series of a group share in each period.

    Demand is taken as level of the series x known factor x common factor. Series weigh
    by the inverse of their squared variation: what is lumpy says little.

    Args:
        demand: Units, shape (series, periods), NaN where unknown.
        known_factor: Factor already explained, of the same shape, above zero.

    Returns:
        The path.

    Examples:
        >>> demand = np.array([[1.0, 2.0, 3.0], [10.0, 20.0, np.nan]])
        >>> common_path(demand, np.ones((2, 3))).factor.round(2).tolist()
        [0.5, 1.0, 1.5]
    """
    known = np.isfinite(demand)
    units = np.where(known, demand, 0.0)
    explained = np.where(known, known_factor, 0.0)
    usable = (units.sum(axis=1) > 0) & (known.sum(axis=1) > 1)
    units, explained = units[usable], explained[usable]
    n_known = known[usable].sum(axis=1)
    n_periods = demand.shape[1]
    if not len(units):
        return Path(np.full(n_periods, np.nan), np.full(n_periods, np.nan))
    seen = (explained > 0).any(axis=0)
    factor = np.ones(n_periods)
    weight = np.ones(len(units))
    variation = np.ones(len(units))
    for _ in range(PATH_STEPS):
        level = units.sum(axis=1) / np.maximum(explained @ factor, 1e-12)
        expected = explained * level[:, None]
        squares = ((units - expected * factor) ** 2).sum(axis=1) / level**2
        usual = squares.sum() / n_known.sum()
        variation = np.maximum(
            (squares + VARIATION_PRIOR_PERIODS * usual)
            / (n_known + VARIATION_PRIOR_PERIODS),
            LEAST_VARIATION,
        )
        weight = 1 / (level * variation)
        factor = np.divide(
            weight @ units, weight @ expected, out=np.ones(n_periods), where=seen
        )
        factor = factor / factor[seen].mean()
    precision = (1 / variation) @ (explained > 0)
    variance = np.divide(1.0, precision, out=np.full(n_periods, np.nan), where=seen)
    return Path(np.where(seen, factor, np.nan), variance)


def season_of(path: Path, positions: npt.NDArray[np.intp], n_positions: int) -> Floats:
    """Season of a path, drawn to none by what the data support.

    A mean over models, from no season to a large one and from a straight trend to a
    wandering level, each weighed by how likely it makes the path.

    Args:
        path: Common path.
        positions: Position of each period in the year, shape (periods,).
        n_positions: Positions of a year.

    Returns:
        Logarithm of the season, shape (positions,), about zero.

    References:
        Trend and season as random effects with variances from the data: Harvey,
        Forecasting, structural time series models and the Kalman filter, 1989.
        Weighing by marginal likelihood: Hoeting et al., Bayesian model averaging,
        Statistical Science 14, 1999.
    """
    seen = np.isfinite(path.factor) & np.isfinite(path.variance)
    if seen.sum() < 3:
        return np.zeros(n_positions)
    factor, variance = path.factor[seen], path.variance[seen]
    time = np.flatnonzero(seen)
    trend = _trend(time, len(path.factor))
    waves = _waves(np.arange(n_positions))
    design = np.hstack([trend, waves[positions[seen]]])
    deviations, log_prior = _models(trend.shape[1] - 2)
    around = np.convolve(np.pad(factor, 2, mode="edge"), np.full(5, 0.2), "valid")
    mean = np.maximum((around + factor.mean()) / 2, LOWEST_FACTOR)
    coefficients = np.zeros(design.shape[1])
    for _ in range(FIT_STEPS):
        # Fisher scoring: the mean of the factor is modelled, not that of its logarithm.
        working = np.log(mean) + np.minimum((factor - mean) / mean, 2.0)
        coefficients = _posterior_mean(
            design, working, mean / variance, deviations, log_prior
        )
        mean = np.exp(np.clip(design @ coefficients, np.log(LOWEST_FACTOR), 3.0))
    return waves @ coefficients[trend.shape[1] :]


def _trend(time: npt.NDArray[np.intp], n_periods: int) -> Floats:
    """Level, slope per year, and steps of level that rise from knot to knot."""
    knots = np.arange(0, max(n_periods - 1, 1), KNOT_PERIODS)
    rises = np.clip((time[:, None] - knots[None, :]) / KNOT_PERIODS, 0.0, 1.0)
    years = (time - (n_periods - 1) / 2) / PERIODS_PER_YEAR
    return np.column_stack([np.ones(len(time)), years, rises])


def _waves(positions: npt.NDArray[np.intp]) -> Floats:
    """Sines and cosines of the year, shape (positions, 2 N_WAVES)."""
    angle = 2 * np.pi * (positions + 0.5)[:, None] / PERIODS_PER_YEAR
    angle = angle * np.arange(1, N_WAVES + 1)[None, :]
    return np.hstack([np.sin(angle), np.cos(angle)])


def _models(n_rises: int) -> tuple[Floats, Floats]:
    """Deviations of the coefficients, and log prior, of each model."""
    wave = np.arange(1, N_WAVES + 1)
    shapes = [wave**-3.0, 1 / (1 + (wave / 4.0) ** 2)]
    seasons = [(np.zeros(2 * N_WAVES), NO_SEASON_PRIOR)]
    share = (1 - NO_SEASON_PRIOR) / (len(SEASON_DEVIATIONS) * len(shapes))
    seasons += [
        (deviation * np.sqrt(np.tile(shape / shape.sum(), 2)), share)
        for deviation in SEASON_DEVIATIONS
        for shape in shapes
    ]
    per_knot = np.sqrt(KNOT_PERIODS / PERIODS_PER_YEAR)
    rows = [
        (
            np.concatenate(
                [[10.0, SLOPE_DEVIATION], np.full(n_rises, level * per_knot), season]
            ),
            np.log(prior),
        )
        for level in LEVEL_DEVIATIONS
        for season, prior in seasons
    ]
    deviations, log_prior = zip(*rows, strict=True)
    return np.stack(deviations), np.array(log_prior)


def _posterior_mean(
    design: Floats,
    working: Floats,
    precision: Floats,
    deviations: Floats,
    log_prior: Floats,
) -> Floats:
    """Coefficients, a mean over the models by their marginal likelihood."""
    weighted = design * precision[:, None]
    moment = deviations * (weighted.T @ working)
    gram = deviations[:, :, None] * (weighted.T @ design) * deviations[:, None, :]
    gram += np.eye(design.shape[1])
    solved = np.linalg.solve(gram, moment[:, :, None])[:, :, 0]
    _, log_determinant = np.linalg.slogdet(gram)
    # The noise that the spread between series tells has an inverse gamma factor around
    # one: what all series share in a single period is noise here too.
    squares = (precision * working**2).sum() - (moment * solved).sum(axis=1)
    log_weight = (
        log_prior
        - log_determinant / 2
        - (len(working) + NOISE_PRIOR_PERIODS)
        / 2
        * np.log(NOISE_PRIOR_PERIODS + np.maximum(squares, 0.0))
    )
    share = np.exp(log_weight - log_weight.max())
    return (share / share.sum()) @ (deviations * solved)
