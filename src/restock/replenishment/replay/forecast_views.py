"""Forecast distributions as they were known at each decision of a replay."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from restock.replenishment.demand.demand_paths import demand_paths, review_demand
from restock.replenishment.demand.error_pools import ErrorLibrary
from restock.replenishment.demand.series_generator import series_generator
from restock.statistics.arrays import Floats, Integers


@dataclass(frozen=True)
class ForecastViews:
    """Forecasts of several cutoffs, each serving until the next.

    Attributes:
        cutoff_decisions: Decision at which each forecast is new, shape (cutoffs,),
            rising from 0.
        forecasts: Units, shape (cutoffs, series, periods).
        paths: Paths laid on each, shape (cutoffs, series, paths, periods).
        reviews: Demand of reviews around each, shape (cutoffs, series, paths).
        level_trust: See `demand_paths.DemandPaths`, shape (cutoffs, series).
        n_periods: Periods that every decision may look ahead.
    """

    cutoff_decisions: Integers
    forecasts: Floats
    paths: Floats
    reviews: Floats
    level_trust: Floats
    n_periods: int

    def serving(self, decision: int) -> tuple[int, int]:
        """Cutoff that serves a decision, and how many periods old it is."""
        cutoff = int(np.searchsorted(self.cutoff_decisions, decision, "right")) - 1
        return cutoff, decision - int(self.cutoff_decisions[cutoff])

    def forecast_at(self, decision: int) -> Floats:
        """Forecast from a decision on, shape (series, n_periods)."""
        cutoff, age = self.serving(decision)
        return self.forecasts[cutoff, :, age : age + self.n_periods]

    def paths_at(self, decision: int) -> Floats:
        """Paths from a decision on, shape (series, paths, n_periods)."""
        cutoff, age = self.serving(decision)
        return self.paths[cutoff, :, :, age : age + self.n_periods]

    def reviews_at(self, decision: int) -> Floats:
        """Demand of reviews as foreseen at a decision, shape (series, paths)."""
        return self.reviews[self.serving(decision)[0]]

    def level_trust_at(self, decision: int) -> Floats:
        """Trust in errors of the level at a decision, shape (series,)."""
        return self.level_trust[self.serving(decision)[0]]


def extend(forecast: Floats, n_periods: int, season_length: int) -> Floats:
    """Repeat the end of a forecast until it is long enough.

    Args:
        forecast: Units per period, shape (series, periods), one or more.
        n_periods: Periods wanted.
        season_length: Periods of a season; a forecast that holds one repeats the
            last one, another its last period.

    Returns:
        Units per period, shape (series, n_periods).

    Examples:
        >>> extend(np.array([[1.0, 2.0, 3.0]]), 5, 2)
        array([[1., 2., 3., 2., 3.]])
        >>> extend(np.array([[1.0, 2.0, 3.0]]), 5, 52)
        array([[1., 2., 3., 3., 3.]])
    """
    known = forecast.shape[1]
    block = season_length if known >= season_length else 1
    place = np.arange(n_periods)
    beyond = known - block + (place - known) % block
    return forecast[:, np.where(place < known, place, beyond)]


def draw_paths(
    ids: list[tuple[str, str]],
    segments: npt.NDArray[np.object_],
    forecast: Floats,
    dispersion: Floats,
    library: ErrorLibrary,
    *,
    needed: Integers,
    review_periods: Integers,
    oldest: int,
    seed: int,
) -> tuple[Floats, Floats, Floats]:
    """Paths of each series, on the random numbers of the series alone.

    Every cutoff and model starts from the same seed, and the length of one series'
    paths does not change another's.

    Args:
        ids: Location and product of each series.
        segments: Segment of each series, shape (series,).
        forecast: Units per period, shape (series, periods).
        dispersion: Index of dispersion of each series, shape (series,).
        library: Errors known at the cutoff.
        needed: Periods that each series looks ahead, shape (series,).
        review_periods: Periods between two decisions, shape (series,).
        oldest: Periods that a forecast gets old at most.
        seed: Seed of the run.

    Returns:
        Units, shape (series, paths, periods), zero beyond what a series needs, and
        demand of reviews (`demand_paths.review_demand`), shape (series, paths), and
        trust in errors of the level, shape (series,).
    """
    n_periods, n_paths = forecast.shape[1], library.settings.n_paths
    result = np.zeros((len(ids), n_paths, n_periods))
    reviews = np.zeros((len(ids), n_paths))
    level_trust = np.zeros(len(ids))
    for row, keys in enumerate(ids):
        length = min(int(needed[row]) + oldest, n_periods)
        drawn = demand_paths(
            series_generator(seed, *keys),
            segments[row],
            forecast[row, :length],
            int(needed[row]),
            library,
            dispersion=dispersion[row],
        )
        result[row, :, :length] = drawn.units
        level_trust[row] = drawn.level_trust
        soon = drawn.units[:, : int(needed[row])]
        reviews[row] = review_demand(
            series_generator(seed, *keys, purpose="reviews"),
            float(soon.sum(axis=1).mean() / soon.shape[1] * review_periods[row]),
            dispersion[row],
            n_paths,
        )
    return result, reviews, level_trust
