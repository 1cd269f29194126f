"""Simulated demand over lead time and review, a few series at a time.

Period h covers the time [h - 1, h) counted from the start of the first forecast
period; parts of a period count pro rata.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from restock.replenishment.demand_paths import demand_paths
from restock.replenishment.error_paths import PathLibrary, Settings
from restock.replenishment.lead_time_draws import draw_lead_times
from restock.replenishment.requirements import Plan, plan_simulation
from restock.replenishment.series_generator import series_generator
from restock.replenishment.simulated_demand import (
    OrderCycle,
    demand_between,
    order_cycle,
)

Floats = npt.NDArray[np.float64]
Indices = npt.NDArray[np.intp]

_CHUNK_VALUES = 4_000_000


@dataclass(frozen=True)
class Windows:
    """Simulated demand of some series over their windows of time.

    Attributes:
        needs: Requirements of the series, indexed by their place among all.
        cumulative: Cumulative demand, shape (series, paths, periods + 1).
        start: Time from which demand counts. Periods, shape (series, paths).
        lead_times: Lead time. Periods, shape (series, paths).
        lead_time: Demand X_L over the lead time. Units, shape (series, paths).
        protection: Demand X over lead time plus review, nowhere below X_L. Units,
            shape (series, paths).
        rate: Mean demand of a period in the protection interval. Units, shape
            (series,).
        lot: Larger of the economic lot and a review's demand. Units, shape (series,).
        cycle: What an order cycle asks of the reorder point.
        methods: Pool that the errors came from.
        n_errors: Error paths in it, shape (series,).
    """

    needs: pd.DataFrame
    cumulative: Floats
    start: Floats
    lead_times: Floats
    lead_time: Floats
    protection: Floats
    rate: Floats
    lot: Floats
    cycle: OrderCycle
    methods: list[str]
    n_errors: Indices

    def column(self, name: str) -> Floats:
        """A number of the requirements, shape (series,)."""
        return self.needs[name].to_numpy(dtype=float)


def demand_windows(
    forecasts: pd.DataFrame,
    residuals: pd.DataFrame,
    requirements: pd.DataFrame,
    *,
    n_paths: int = 1000,
    seed: int,
) -> Iterator[Windows]:
    """Simulated demand itself, for what `lead_time_demand.simulate` does not measure.

    The same seed gives the paths that `lead_time_demand.simulate` measured, whichever
    of its series are asked for.

    Args:
        forecasts: As for `lead_time_demand.simulate`.
        residuals: As for `lead_time_demand.simulate`.
        requirements: As for `lead_time_demand.simulate`.
        n_paths: Simulated paths per series.
        seed: Seed of the run, zero or more.

    Yields:
        Windows of some series at a time, ordered by ids; a series that cannot be
        simulated is in none.

    Raises:
        KeyError: A column is missing.
        ValueError: See `lead_time_demand.simulate`.
    """
    settings = Settings(n_paths=n_paths)
    plan = plan_simulation(forecasts, requirements, settings)
    if len(plan.needs):
        yield from windows_of(plan, PathLibrary(residuals, settings), seed)


def windows_of(plan: Plan, library: PathLibrary, seed: int) -> Iterator[Windows]:
    """Draw the series that can be simulated, so many at a time as memory holds.

    Args:
        plan: What is asked.
        library: Error paths and the settings of the pools.
        seed: Seed of the run.

    Yields:
        Windows of some series, in the order of the plan.
    """
    ready = np.flatnonzero(plan.obstacle == "")
    n_periods = plan.live.shape[1]
    chunk = max(1, _CHUNK_VALUES // (library.settings.n_paths * max(n_periods, 1)))
    for start in range(0, len(ready), chunk):
        chosen = ready[start : start + chunk]
        draws = [
            _draw_series(
                plan.needs.iloc[row],
                plan.live[row, : plan.available[row]],
                plan.variation[row],
                int(plan.needed[row]),
                plan.longest[row],
                library,
                seed,
                is_extended=plan.is_extended[row],
            )
            for row in chosen
        ]
        yield _window(plan.needs.iloc[chosen].set_index(chosen), draws, n_periods)


@dataclass(frozen=True)
class _Draw:
    """Simulated paths of one series."""

    demand: Floats
    method: str
    n_errors: int
    lead_times: Floats


def _draw_series(
    need: pd.Series,
    forecast: Floats,
    variation: float,
    needed: int,
    longest: float,
    library: PathLibrary,
    seed: int,
    *,
    is_extended: bool,
) -> _Draw:
    """Demand paths over the forecast horizon, and a lead time for each."""
    settings = library.settings
    generator = series_generator(seed, need["location_id"], need["product_id"])
    lead_times = draw_lead_times(
        generator,
        need["lead_time_mean_periods"],
        need["lead_time_sd_periods"],
        longest,
        settings.n_paths,
    )
    demand, method, n_errors = demand_paths(
        generator, need["segment"], forecast, needed, library, variation=variation
    )
    extended = ", extended" if is_extended else ""
    return _Draw(demand, method + extended, n_errors, lead_times)


def _window(needs: pd.DataFrame, draws: list[_Draw], n_periods: int) -> Windows:
    """Sum the paths of a chunk of series over their windows."""
    n_series = len(draws)
    n_paths = len(draws[0].lead_times)
    cumulative = np.full((n_series, n_paths, n_periods + 1), np.nan)
    cumulative[:, :, 0] = 0.0
    for place, draw in enumerate(draws):
        width = draw.demand.shape[1]
        np.cumsum(draw.demand, axis=1, out=cumulative[place, :, 1 : width + 1])
    lead_times = np.stack([draw.lead_times for draw in draws])
    review = needs["review_periods"].to_numpy(dtype=float)
    elapsed = needs["elapsed_periods"].to_numpy(dtype=float)
    start = np.broadcast_to(elapsed[:, None], lead_times.shape)
    lead_time = demand_between(cumulative, start, start + lead_times)
    protection = demand_between(cumulative, start, start + lead_times + review[:, None])
    # The paths' own rounding must not put demand over L above demand over L + R.
    protection = np.maximum(protection, lead_time)
    length = lead_times.mean(axis=1) + review
    rate = np.divide(
        protection.mean(axis=1), length, out=np.zeros(n_series), where=length > 0
    )
    review_demand = rate * review
    lot = np.fmax(needs["economic_lot_units"].to_numpy(dtype=float), review_demand)
    first_review = demand_between(cumulative, start, start + review[:, None])
    return Windows(
        needs=needs,
        cumulative=cumulative,
        start=start,
        lead_times=lead_times,
        lead_time=lead_time,
        protection=protection,
        rate=rate,
        lot=lot,
        cycle=order_cycle(
            protection,
            lead_time,
            np.minimum(first_review, protection),
            lot - review_demand,
        ),
        methods=[draw.method for draw in draws],
        n_errors=np.array([draw.n_errors for draw in draws]),
    )
