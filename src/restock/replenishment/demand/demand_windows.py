"""Simulated demand over lead time and review, a few series at a time.

Period h covers the time [h - 1, h) counted from the start of the first forecast
period. Where a window begins or ends inside a period, paths have a step for each of its
days, so that part of a week varies as a part does and not as the week pro rata.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
import pandas as pd

from restock import parallel
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

    def part(self, rows: Indices) -> Windows:
        """Windows of some of the series."""
        chosen = {
            field.name: getattr(self, field.name)[rows]
            for field in fields(self)
            if field.name not in ("needs", "parts", "cycle", "methods")
        }
        return Windows(
            needs=self.needs.iloc[rows],
            parts=self.parts,
            cycle=OrderCycle(*(part[rows] for part in self.cycle)),
            methods=[self.methods[row] for row in rows],
            **chosen,
        )

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
    only_needed: bool = False,
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
        only_needed: See `windows_of`.

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
        library = ErrorLibrary(residuals, settings)
        yield from windows_of(plan, library, seed, only_needed=only_needed)


def over_blocks(
    function: Callable[..., pd.DataFrame],
    forecasts: pd.DataFrame,
    residuals: pd.DataFrame,
    requirements: pd.DataFrame,
    tables: Sequence[pd.DataFrame],
    given: Sequence[Any] = (),
    *,
    n_paths: int,
    seed: int,
    only_needed: bool = False,
) -> Iterator[pd.DataFrame]:
    """What a function makes of simulated demand, blocks of series on all cores.

    Args:
        function: Function of a module, called with `Windows`, the rows of each table
            that are of the series of a block, and what else is given.
        forecasts: As for `lead_time_demand.simulate`.
        residuals: As for `lead_time_demand.simulate`.
        requirements: As for `lead_time_demand.simulate`.
        tables: Frames with `location_id` and `product_id`.
        given: Further arguments, the same for all.
        n_paths: Simulated paths per series.
        seed: Seed of the run, zero or more.
        only_needed: See `windows_of`.

    Yields:
        Results, ordered by the ids of the series.

    Raises:
        KeyError: A column is missing.
        ValueError: See `lead_time_demand.simulate`.
    """
    settings = Settings(n_paths=n_paths)
    plan = plan_simulation(forecasts, requirements, settings)
    library = ErrorLibrary(residuals, settings)
    blocks = []
    for at in plan.blocks():
        part = plan.part(at)
        own = [table.merge(part.needs[KEYS], on=KEYS) for table in tables]
        blocks.append((function, part, library, seed, only_needed, own, given))
    for found in parallel.in_order(_of_block, blocks):
        yield from found


def _of_block(
    function: Callable[..., pd.DataFrame],
    plan: Plan,
    library: ErrorLibrary,
    seed: int,
    only_needed: bool,
    tables: Sequence[pd.DataFrame],
    given: Sequence[Any],
) -> list[pd.DataFrame]:
    """Results of one block; arguments as for `over_blocks`."""
    return [
        function(windows, *tables, *given)
        for windows in windows_of(plan, library, seed, only_needed=only_needed)
    ]


def windows_of(
    plan: Plan, library: ErrorLibrary, seed: int, *, only_needed: bool = False
) -> Iterator[Windows]:
    """Draw the series that can be simulated, so many at a time as memory holds.

    Args:
        plan: What is asked.
        library: Error paths and the settings of the pools.
        seed: Seed of the run.
        only_needed: Whether paths end with the protection interval of each series, and
            not with its forecast; what they share is the same.

    Yields:
        Windows of some series, in the order of the plan.
    """
    ready = np.flatnonzero(plan.obstacle == "")
    reach = plan.needed[ready].max(initial=1) if only_needed else plan.live.shape[1]
    n_steps = int(reach) * int(plan.parts.max(initial=1))
    chunk = max(1, _CHUNK_VALUES // (library.settings.n_paths * max(n_steps, 1)))
    for start in range(0, len(ready), chunk):
        chosen = ready[start : start + chunk]
        drawn = draw(plan, chosen, library, seed, only_needed=only_needed)
        yield drawn.windows(
            np.arange(len(drawn.needs)), drawn.column("elapsed_periods")
        )


@dataclass(frozen=True)
class Draws:
    """Simulated demand and lead times of some series, from one forecast.

    Attributes:
        needs: Requirements of the series, indexed by their place among all.
        cumulative: As in `Windows`.
        parts: Steps of a period.
        lead_times: Lead time of each path. Periods, shape (series, paths).
        reviews: Demand of reviews around the forecast, shape (series, paths); see
            `simulated_demand.order_cycle`.
        level_trust: See `demand_paths.DemandPaths`, shape (series,).
        methods: Pool that the errors came from.
        n_errors: Error paths in it, shape (series,).
    """

    needs: pd.DataFrame
    cumulative: Floats
    parts: int
    lead_times: Floats
    reviews: Floats
    level_trust: Floats
    methods: list[str]
    n_errors: Indices

    def column(self, name: str) -> Floats:
        """A number of the requirements, shape (series,)."""
        return self.needs[name].to_numpy(dtype=float)

    def windows(self, rows: Indices, start: Floats) -> Windows:
        """Demand of some series over lead time and review from a time on.

        Args:
            rows: Places of the series among the draws.
            start: Time of the decision. Periods since the forecast begins, shape
                (rows,).

        Returns:
            Windows of these series.
        """
        needs = self.needs.iloc[rows]
        cumulative, lead_times = self.cumulative[rows], self.lead_times[rows]
        review = needs["review_periods"].to_numpy(dtype=float)
        begins = np.broadcast_to(start[:, None], lead_times.shape)

        def until(time: Floats) -> Floats:
            return cumulative_at(cumulative, time * self.parts)

        lead_time, protection, rate = _sums(until, begins, lead_times, review)
        review_units = rate * review
        lot = np.fmax(needs["economic_lot_units"].to_numpy(dtype=float), review_units)
        return Windows(
            needs=needs,
            cumulative=cumulative,
            parts=self.parts,
            start=begins,
            lead_times=lead_times,
            lead_time=lead_time,
            protection=protection,
            rate=rate,
            lot=lot,
            cycle=order_cycle(
                protection,
                lead_time,
                until(begins + review[:, None]) - until(begins),
                reviews=self.reviews[rows],
                review_units=review_units,
                order_gap=lot - review_units,
                level_trust=self.level_trust[rows],
            ),
            methods=[self.methods[row] for row in rows],
            n_errors=self.n_errors[rows],
        )


def draw(
    plan: Plan,
    chosen: Indices,
    library: ErrorLibrary,
    seed: int,
    *,
    n_periods: int | None = None,
    only_needed: bool = False,
) -> Draws:
    """Draw demand and lead times of some series of a plan.

    Random numbers depend on the seed and on the ids of a series alone.

    Args:
        plan: What is asked.
        chosen: Places of the series, none with an obstacle.
        library: Error paths and the settings of the pools.
        seed: Seed of the run.
        n_periods: Periods to draw; None draws as far as the forecast reaches.
        only_needed: See `windows_of`; the paths are NaN beyond.

    Returns:
        The draws, in the order of the places.
    """
    needs = plan.needs.iloc[chosen].set_index(chosen)
    n_paths = library.settings.n_paths
    whole = plan.live.shape[1] if n_periods is None else n_periods
    reaches = np.full(len(chosen), whole)
    if only_needed:
        reaches = np.minimum(reaches, plan.needed[chosen].astype(int))
    reach = int(reaches.max(initial=1))
    parts = int(plan.parts[chosen].max(initial=1))
    cumulative = np.full((len(chosen), n_paths, reach * parts + 1), np.nan)
    cumulative[:, :, 0] = 0.0
    lead_times = np.empty((len(chosen), n_paths))
    trust, methods, n_errors = np.empty(len(chosen)), [], []
    for place, row in enumerate(chosen):
        paths, lead_times[place] = _draw_series(
            plan, row, reaches[place], library, seed
        )
        # A series of whole periods needs no days, and its draws no others' days.
        finer = parts // plan.parts[row]
        units = np.repeat(paths.units / finer, finer, axis=1)
        ends = slice(1, units.shape[1] + 1)
        np.cumsum(units, axis=1, out=cumulative[place, :, ends])
        trust[place] = paths.level_trust
        methods.append(paths.method + (", extended" if plan.is_extended[row] else ""))
        n_errors.append(paths.n_errors)
    review = needs["review_periods"].to_numpy(dtype=float)
    elapsed = needs["elapsed_periods"].to_numpy(dtype=float)
    begins = np.broadcast_to(elapsed[:, None], lead_times.shape)
    _, _, rate = _sums(
        lambda time: cumulative_at(cumulative, time * parts),
        begins,
        lead_times,
        review,
    )
    reviews = np.empty((len(chosen), n_paths))
    for place, (row, ids) in enumerate(
        zip(chosen, needs[KEYS].itertuples(index=False), strict=True)
    ):
        generator = series_generator(seed, *ids, purpose="reviews")
        mean = rate[place] * review[place]
        reviews[place] = review_demand(generator, mean, plan.dispersion[row], n_paths)
    return Draws(
        needs,
        cumulative,
        parts,
        lead_times,
        reviews,
        trust,
        methods,
        np.array(n_errors, dtype=np.int64),
    )


def _sums(
    until: Callable[[Floats], Floats],
    start: Floats,
    lead_times: Floats,
    review: Floats,
) -> tuple[Floats, Floats, Floats]:
    """Demand over lead time, over lead time and review, and its rate per period."""
    begun = until(start)
    lead_time = until(start + lead_times) - begun
    # The paths' own rounding must not put demand over L above demand over L + R.
    protection = until(start + lead_times + review[:, None]) - begun
    protection = np.maximum(protection, lead_time)
    length = lead_times.mean(axis=1) + review
    mean = protection.mean(axis=1)
    rate = np.divide(mean, length, out=np.zeros(len(mean)), where=length > 0)
    return lead_time, protection, rate


def _draw_series(
    plan: Plan, row: int, reach: int, library: ErrorLibrary, seed: int
) -> tuple[DemandPaths, Floats]:
    """Demand paths over the forecast horizon, and a lead time for each."""
    # A row of a frame is slow to cut, and a replay cuts thousands.
    need = {
        name: plan.needs[name].to_numpy()[row]
        for name in (
            *KEYS,
            "segment",
            "lead_time_mean_periods",
            "lead_time_sd_periods",
        )
    }
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
        plan.live[row, : min(plan.available[row], reach)],
        int(plan.needed[row]),
        library,
        dispersion=plan.dispersion[row],
        level_variation=plan.variation[row],
        parts=int(plan.parts[row]),
    )
    return paths, lead_times
