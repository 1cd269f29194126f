"""Simulated demand over lead time and review, a few series at a time.

Period h covers the time [h - 1, h) counted from the start of the first forecast
period. Where a window begins or ends inside a period, paths have a step for each of its
days, so that part of a week varies as a part does and not as the week pro rata.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd

from restock.replenishment.demand.demand_paths import (
    DemandPaths,
    demand_paths,
    review_demand,
)
from restock.replenishment.demand.error_pools import KEYS, ErrorLibrary, Settings
from restock.replenishment.demand.lead_time_draws import draw_lead_times
from restock.replenishment.demand.requirements import Plan, plan_simulation
from restock.replenishment.demand.series_generator import series_generator
from restock.replenishment.demand.simulated_demand import (
    OrderCycle,
    cumulative_at,
    order_cycle,
)
from restock.statistics.arrays import Floats, Indices

_CHUNK_VALUES = 4_000_000


@dataclass(frozen=True)
class Windows:
    """Simulated demand of some series over their windows of time.

    Attributes:
        needs: Requirements of the series, indexed by their place among all.
        cumulative: Cumulative demand at the end of each step of time, shape (series,
            paths, periods x parts + 1), first value zero.
        parts: Steps of a period.
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
    parts: int
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

    def until(self, time: Floats) -> Floats:
        """Demand from the start of the first period on.

        Args:
            time: End. Periods, shape (series, paths).

        Returns:
            Units, shape (series, paths).
        """
        return cumulative_at(self.cumulative, time * self.parts)

    def between(self, place: int, start: Floats, end: Floats) -> Floats:
        """Demand of one series in a window of time.

        Args:
            place: Number of the series.
            start: Periods, shape (paths,), zero or more.
            end: Periods, shape (paths,), at most `horizon`.

        Returns:
            Units, shape (paths,).
        """
        cumulative = self.cumulative[place]
        return cumulative_at(cumulative, end * self.parts) - cumulative_at(
            cumulative, start * self.parts
        )

    def horizon(self, place: int) -> float:
        """Periods that the paths of a series reach."""
        known = np.isfinite(self.cumulative[place]).all(axis=0).sum()
        return (known - 1) / self.parts


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
        yield from windows_of(plan, ErrorLibrary(residuals, settings), seed)


def windows_of(plan: Plan, library: ErrorLibrary, seed: int) -> Iterator[Windows]:
    """Draw the series that can be simulated, so many at a time as memory holds.

    Args:
        plan: What is asked.
        library: Error paths and the settings of the pools.
        seed: Seed of the run.

    Yields:
        Windows of some series, in the order of the plan.
    """
    ready = np.flatnonzero(plan.obstacle == "")
    n_steps = plan.live.shape[1] * plan.parts
    chunk = max(1, _CHUNK_VALUES // (library.settings.n_paths * max(n_steps, 1)))
    for start in range(0, len(ready), chunk):
        chosen = ready[start : start + chunk]
        draws = [_draw_series(plan, row, library, seed) for row in chosen]
        yield _window(plan, chosen, draws, seed)


@dataclass(frozen=True)
class _Draw:
    """Simulated paths of one series."""

    paths: DemandPaths
    lead_times: Floats


def _draw_series(plan: Plan, row: int, library: ErrorLibrary, seed: int) -> _Draw:
    """Demand paths over the forecast horizon, and a lead time for each."""
    need = plan.needs.iloc[row]
    generator = series_generator(seed, need["location_id"], need["product_id"])
    lead_times = draw_lead_times(
        generator,
        need["lead_time_mean_periods"],
        need["lead_time_sd_periods"],
        plan.longest[row],
        library.settings.n_paths,
    )
    paths = demand_paths(
        generator,
        need["segment"],
        plan.live[row, : plan.available[row]],
        int(plan.needed[row]),
        library,
        dispersion=plan.dispersion[row],
        level_variation=plan.variation[row],
        parts=plan.parts,
    )
    return _Draw(paths, lead_times)


def _window(plan: Plan, chosen: Indices, draws: list[_Draw], seed: int) -> Windows:
    """Sum the paths of a chunk of series over their windows."""
    needs = plan.needs.iloc[chosen].set_index(chosen)
    n_series = len(draws)
    n_paths = len(draws[0].lead_times)
    n_steps = plan.live.shape[1] * plan.parts
    cumulative = np.full((n_series, n_paths, n_steps + 1), np.nan)
    cumulative[:, :, 0] = 0.0
    for place, draw in enumerate(draws):
        units = draw.paths.units
        np.cumsum(units, axis=1, out=cumulative[place, :, 1 : units.shape[1] + 1])
    lead_times = np.stack([draw.lead_times for draw in draws])
    review = needs["review_periods"].to_numpy(dtype=float)
    elapsed = needs["elapsed_periods"].to_numpy(dtype=float)
    start = np.broadcast_to(elapsed[:, None], lead_times.shape)

    def until(time: Floats) -> Floats:
        return cumulative_at(cumulative, time * plan.parts)

    begun = until(start)
    lead_time = until(start + lead_times) - begun
    protection = until(start + lead_times + review[:, None]) - begun
    # The paths' own rounding must not put demand over L above demand over L + R.
    protection = np.maximum(protection, lead_time)
    length = lead_times.mean(axis=1) + review
    rate = np.divide(
        protection.mean(axis=1), length, out=np.zeros(n_series), where=length > 0
    )
    review_units = rate * review
    lot = np.fmax(needs["economic_lot_units"].to_numpy(dtype=float), review_units)
    reviews = np.stack(
        [
            review_demand(
                series_generator(seed, *ids, purpose="reviews"),
                mean,
                dispersion,
                n_paths,
            )
            for ids, mean, dispersion in zip(
                needs[KEYS].itertuples(index=False),
                review_units,
                plan.dispersion[chosen],
                strict=True,
            )
        ]
    )
    extended = [", extended" if plan.is_extended[row] else "" for row in chosen]
    return Windows(
        needs=needs,
        cumulative=cumulative,
        parts=plan.parts,
        start=start,
        lead_times=lead_times,
        lead_time=lead_time,
        protection=protection,
        rate=rate,
        lot=lot,
        cycle=order_cycle(
            protection,
            lead_time,
            until(start + review[:, None]) - begun,
            reviews=reviews,
            review_units=review_units,
            order_gap=lot - review_units,
            level_trust=np.array([draw.paths.level_trust for draw in draws]),
        ),
        methods=[
            draw.paths.method + more for draw, more in zip(draws, extended, strict=True)
        ],
        n_errors=np.array([draw.paths.n_errors for draw in draws]),
    )
