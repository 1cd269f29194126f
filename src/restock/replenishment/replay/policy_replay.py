"""Replay of ordering policies over the backtest: what each would have cost.

Each series starts from the stock and the open orders it had at its first cutoff. From
there to the last known period a policy decides at every review, sees the forecast of
the latest cutoff, the errors known by then and its own stock, and is charged with the
demand that came. All policies and models meet the same demand and the same lead times.

References:
    Petropoulos, Wang and Disney, The inventory performance of forecasting methods:
    evidence from the M3 competition data, International Journal of Forecasting 35,
    2019. Silver, Pyke and Thomas, Inventory and Production Management in Supply
    Chains, 4th ed., 2017, chapters 6 and 7.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa

from restock import frames
from restock.replenishment.demand import lead_time_draws
from restock.replenishment.demand.error_pools import KEYS, ErrorLibrary, Settings
from restock.replenishment.levels.lot_sizing import current_lot
from restock.replenishment.replay import ordering_policies
from restock.replenishment.replay.forecast_views import (
    ForecastViews,
    draw_paths,
    extend,
)
from restock.replenishment.replay.own_purchases import OwnPurchases, as_purchased
from restock.replenishment.replay.perfect_foresight import perfect_orders
from restock.replenishment.replay.policy_levels import Levels, Terms, levels
from restock.replenishment.replay.projected_stock import (
    Costs,
    projected_min_max,
    projected_stock,
)
from restock.replenishment.replay.replay_tables import Series, Tables, read
from restock.replenishment.replay.simulator import (
    OpenOrders,
    Outcome,
    Policy,
    Setting,
    UnknownQuantityError,
    costs,
    simulate,
)
from restock.statistics.arrays import Floats, Integers

OUTPUT_SCHEMA = pa.schema(
    [
        ("policy", pa.string()),
        ("model", pa.string()),
        ("location_id", pa.string()),
        ("product_id", pa.string()),
        ("segment", pa.string()),
        ("cutoff_index", pa.int32()),
        ("charged_periods", pa.int32()),
        ("estimated_periods", pa.int32()),
        *(
            (name, pa.float64())
            for name in (
                "demand_units",
                "sold_units",
                "lost_units",
                "ordered_units",
                "order_count",
                "stock_unit_periods",
                "cycle_count",
                "short_cycle_count",
                "holding_cost",
                "shortage_cost",
                "ordering_cost",
                "estimated_cost",
            )
        ),
    ]
)

# Model of a policy that needs no forecast.
NO_MODEL = "none"

# What the shop did, and the shipped rule on the same pairs.
_AS_PURCHASED = "as_purchased"
_SHIPPED_TWIN = "shipped_where_purchased"

# What is added to the textbook's z, until it serves as much as the shipped rule.
_RAISED_Z = (0.0, 0.25, 0.5, 0.75, 1.0, 1.5, 2.0, 3.0, 4.0, 6.0)
_RAISED = "textbook_raised"

_CHUNK_VALUES = 20_000_000


@dataclass(frozen=True)
class ReplaySettings:
    """How a replay is run.

    Attributes:
        n_paths: Paths behind each forecast distribution.
        cover_periods: Periods of the fixed cover.
        season_length: Periods of a season.
        seed: Seed of the run.
        excess_holding_periods: Periods that the shipped rule counts a unit too many
            as held.
    """

    n_paths: int
    cover_periods: int
    season_length: int
    seed: int
    excess_holding_periods: float = 1.0


def replay(
    forecasts: pd.DataFrame,
    demand: pd.DataFrame,
    states: pd.DataFrame,
    open_orders: pd.DataFrame,
    lead_times: pd.DataFrame,
    *,
    n_paths: int,
    cover_days: float,
    period_days: int,
    season_length: int,
    seed: int,
    excess_holding_periods: float = 1.0,
    purchases: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """Replay all policies on all models.

    Args:
        forecasts: Backtest: `location_id`, `product_id`, `model`, `segment`,
            `cutoff_index`, `target_index`, `horizon`, `forecast_units`,
            `actual_units` (null where unknown).
        demand: Demand to be charged with: `location_id`, `product_id`,
            `period_index`, `demand_units`, `is_estimated`.
        states: What was known of a series at each cutoff: see `replay_tables.read`.
        open_orders: Orders open at a cutoff: `location_id`, `product_id`,
            `cutoff_index`, `units`, `age_periods`, `due_periods` (from the start of
            the period after the cutoff; null where never).
        lead_times: Lead times seen: `lead_time_source`, `lead_time_periods`.
        n_paths: Paths behind each forecast distribution.
        cover_days: Days that the fixed cover holds, above zero.
        period_days: Days in a period.
        season_length: Periods of a season.
        seed: Seed of the run, zero or more.
        excess_holding_periods: Periods that the shipped rule counts a unit too many
            as held, for the target of least cost; one or more.
        purchases: The shop's own order lines, see `own_purchases.OwnPurchases`; None
            where none are known.

    Returns:
        Rows of `OUTPUT_SCHEMA`: one per policy, model, series and cutoff, for the
        periods and decisions from that cutoff to the next. Periods before any order
        could come are not charged: they are the same for every policy.

    Raises:
        KeyError: A column is missing.
        ValueError: A key occurs twice, or a value is outside its range.
    """
    settings = ReplaySettings(
        n_paths,
        math.ceil(cover_days / period_days),
        season_length,
        seed,
        excess_holding_periods,
    )
    tables = read(forecasts, demand, states, open_orders, lead_times)
    parts = [_replay_scene(scene, settings) for scene in scenes(tables, settings)]
    if parts:
        parts = [_as_much_served(pd.concat(parts, ignore_index=True))]
    if tables.models:
        for series in tables.series_of(tables.models[0]):
            parts.append(_perfect_part(series, tables, settings))
        if parts and purchases is not None:
            parts += _as_purchased_parts(
                parts[0], purchases, tables, settings, period_days
            )
    return _in_order(parts)


def replay_shipped(
    forecasts: pd.DataFrame,
    demand: pd.DataFrame,
    states: pd.DataFrame,
    open_orders: pd.DataFrame,
    lead_times: pd.DataFrame,
    *,
    n_paths: int,
    season_length: int,
    seed: int,
) -> pd.DataFrame:
    """Replay the shipped rule alone, to compare the models it could follow.

    Args:
        forecasts: Backtests; see `replay`. What is given is what may have a say.
        demand: See `replay`.
        states: See `replay`.
        open_orders: See `replay`.
        lead_times: See `replay`.
        n_paths: Paths behind each forecast distribution.
        season_length: Periods of a season.
        seed: Seed of the run, zero or more.

    Returns:
        Rows of `OUTPUT_SCHEMA`, see `replay`.

    Raises:
        KeyError: A column is missing.
        ValueError: See `replay`.
    """
    settings = ReplaySettings(n_paths, 1, season_length, seed)
    tables = read(forecasts, demand, states, open_orders, lead_times)
    return _in_order(
        [
            scene.charged("shipped", shipped_policy(scene, settings))
            for scene in scenes(tables, settings)
        ]
    )


def _in_order(parts: list[pd.DataFrame]) -> pd.DataFrame:
    """One table of all parts."""
    if not parts:
        return frames.empty(OUTPUT_SCHEMA)
    result = pd.concat(parts, ignore_index=True)
    keys = ["policy", "model", *KEYS, "cutoff_index"]
    return result.sort_values(keys, ignore_index=True)[OUTPUT_SCHEMA.names]


@dataclass(frozen=True)
class Scene:
    """Some series, what they meet and what one model foresaw of it."""

    model: str
    series: Series
    world: World
    views: ForecastViews

    def charged(self, policy_name: str, policy: Policy) -> pd.DataFrame:
        """Rows of `OUTPUT_SCHEMA` of a policy."""
        return charged_by_cutoff(
            policy_name, self.model, self.series, self.world, self.world.setting, policy
        )


def scenes(tables: Tables, settings: ReplaySettings) -> Iterator[Scene]:
    """Each model's forecasts of all series, so many at a time as memory holds."""
    for model in tables.models:
        library_by_cutoff = {
            cutoff: ErrorLibrary(
                tables.errors_known(model, cutoff), Settings(n_paths=settings.n_paths)
            )
            for cutoff in tables.cutoffs
        }
        for block in tables.series_of(model):
            for series in chunks(block, tables, settings):
                world = world_of(series, tables, settings)
                views = views_of(series, tables, world, library_by_cutoff, settings)
                yield Scene(model, series, world, views)


@dataclass(frozen=True)
class World:
    """A setting and what it takes to charge for it."""

    setting: Setting
    is_charged: npt.NDArray[np.bool_]
    planned_lead_times: Integers


def world_of(series: Series, tables: Tables, settings: ReplaySettings) -> World:
    """Demand, lead times and opening state of some series."""
    ids = series.ids
    demand = series.demand_units
    planned = lead_time_draws.planned(
        ids,
        series.lead_time_mean_periods,
        series.lead_time_sd_periods,
        n_paths=settings.n_paths,
        seed=settings.seed,
        tail=Settings().lead_time_tail,
    )
    happened = lead_time_draws.happened(
        ids,
        [tables.lead_times_of(source) for source in series.lead_time_source],
        planned,
        n_decisions=demand.shape[1],
        seed=settings.seed,
    )
    # An order that comes after the last known period could change nothing.
    n_decisions = demand.shape[1] - lead_time_draws.whole_periods(
        series.lead_time_mean_periods
    )
    setting = Setting(
        demand_units=demand,
        lead_time_periods=happened.astype(float),
        on_hand_units=series.on_hand_units,
        review_periods=series.terms.review_periods,
        pack_size_units=series.pack_size_units,
        min_order_units=series.min_order_units,
        decisions=np.maximum(n_decisions, 0),
        open_orders=OpenOrders(
            series.open_units, series.open_due, series.open_age_periods
        ),
    )
    periods = np.arange(demand.shape[1])
    arrivals = np.where(
        np.stack([setting.is_decided(period) for period in periods], axis=1),
        periods + setting.whole_lead_time,
        demand.shape[1],
    )
    is_charged = periods >= arrivals.min(axis=1, keepdims=True)
    return World(setting, is_charged, planned)


def chunks(
    series: Series, tables: Tables, settings: ReplaySettings
) -> Iterator[Series]:
    """Series in parts whose paths fit into memory.

    Those of like lead times go together: a part is as slow as its longest.
    """
    length = series.forecasts.shape[2] + tables.oldest_forecast
    values = settings.n_paths * max(length, 1) * len(series.cutoffs)
    step = max(1, _CHUNK_VALUES // values)
    by_length = np.argsort(
        series.lead_time_mean_periods + series.terms.review_periods, kind="stable"
    )
    for start in range(0, len(series.ids), step):
        yield series[by_length[start : start + step]]


def _replay_scene(scene: Scene, settings: ReplaySettings) -> pd.DataFrame:
    by_decision = levels_by_decision(scene, scene.series.terms, settings)
    policies = _policies(scene, by_decision)
    policies["shipped"] = shipped_policy(scene, settings)
    return pd.concat(
        [scene.charged(name, policy) for name, policy in policies.items()],
        ignore_index=True,
    )


def views_of(
    series: Series,
    tables: Tables,
    world: World,
    library_by_cutoff: dict[int, ErrorLibrary],
    settings: ReplaySettings,
) -> ForecastViews:
    """Forecast distributions of all cutoffs, long enough for every decision."""
    needed = world.planned_lead_times.max(axis=1) + series.terms.review_periods
    n_periods = max(int(needed.max(initial=1)), settings.cover_periods)
    length = n_periods + tables.oldest_forecast
    forecasts = np.stack(
        [
            extend(forecast, length, settings.season_length)
            for forecast in series.forecasts
        ]
    )
    drawn = [
        draw_paths(
            series.ids,
            series.segments,
            forecast,
            dispersion,
            library_by_cutoff[cutoff],
            needed=needed,
            review_periods=series.terms.review_periods,
            oldest=tables.oldest_forecast,
            seed=settings.seed,
        )
        for cutoff, forecast, dispersion in zip(
            series.cutoffs, forecasts, series.demand_dispersion, strict=True
        )
    ]
    paths, reviews, trust = (np.stack(part) for part in zip(*drawn, strict=True))
    decisions = np.array(series.cutoffs) - series.cutoffs[0]
    return ForecastViews(decisions, forecasts, paths, reviews, trust, n_periods)


def levels_by_decision(scene: Scene, terms: Terms, settings: ReplaySettings) -> Levels:
    """Levels of every decision on some terms, each of shape (series, decisions)."""
    series, world, views = scene.series, scene.world, scene.views
    n_series, n_periods = series.demand_units.shape
    result = Levels(*(np.zeros((n_series, n_periods)) for _ in Levels._fields))
    for decision in range(n_periods):
        decides = np.flatnonzero(world.setting.is_decided(decision))
        if not len(decides):
            continue
        cutoff, _ = views.serving(decision)
        forecast_units = views.forecast_at(decision)[decides]
        eoq_units = series.eoq_units[cutoff, decides]
        max_lot_units = series.max_lot_units[cutoff, decides]
        found = levels(
            views.paths_at(decision)[decides],
            views.reviews_at(decision)[decides],
            world.planned_lead_times[decides],
            terms[decides],
            level_trust=views.level_trust_at(decision)[decides],
            forecast_units=forecast_units,
            economic_lot_units=current_lot(
                eoq_units,
                max_lot_units,
                demand_mean_units=series.demand_mean_units[cutoff, decides],
                forecast_mean_units=forecast_units.mean(axis=1),
                pack_size_units=series.pack_size_units[decides],
                min_order_units=series.min_order_units[decides],
            ),
            textbook_lot_units=np.minimum(eoq_units, max_lot_units),
            demand_sd_units=series.demand_sd_units[cutoff, decides],
            cover_periods=settings.cover_periods,
        )
        for level, value in zip(result, found, strict=True):
            level[decides, decision] = value
    return result


def shipped_policy(scene: Scene, settings: ReplaySettings) -> Policy:
    """The rule behind the recommendations.

    Args:
        scene: Series that decide, what they meet and foresee.
        settings: Of the replay; its `excess_holding_periods` makes holding dearer.

    Returns:
        The policy.
    """
    terms = scene.series.terms
    dearer = replace(
        terms,
        holding_cost_per_unit_period=settings.excess_holding_periods
        * terms.holding_cost_per_unit_period,
    )
    level = levels_by_decision(scene, dearer, settings)
    return projected_min_max(
        scene.views.paths_at,
        lead_times=scene.world.planned_lead_times,
        review_periods=terms.review_periods,
        fractile=level.fractile,
        target=terms.target,
        reorder_point_units=level.reorder_point_units,
        cycle_stock_units=level.cycle_stock_units,
    )


def _as_much_served(rows: pd.DataFrame) -> pd.DataFrame:
    """Of the raised textbooks of each model keep the first that serves enough.

    Enough is the fill rate of the shipped rule over all series; where even the highest
    serves less, it stays.
    """
    is_raised = rows["policy"].str.startswith(_RAISED)
    kept = [rows[~is_raised]]
    for _, of_model in rows.groupby("model", sort=True):
        units = of_model.groupby("policy")[["sold_units", "demand_units"]].sum()
        fill = units["sold_units"] / units["demand_units"]
        names = [_raised_name(number) for number in range(len(_RAISED_Z))]
        enough = [name for name in names if fill[name] >= fill["shipped"]]
        chosen = of_model[of_model["policy"] == (enough or names[-1:])[0]]
        kept.append(chosen.assign(policy=_RAISED))
    return pd.concat(kept, ignore_index=True)


def _raised_name(number: int) -> str:
    return f"{_RAISED} {number}"


def _policies(scene: Scene, level: Levels) -> dict[str, Policy]:
    """Policies that follow a forecast, by name."""
    series = scene.series
    raised = {
        _raised_name(number): ordering_policies.reorder_point_lots(
            np.ceil(
                level.textbook_reorder_point_units + more * level.textbook_sigma_units
            ),
            level.textbook_lot_units,
        )
        for number, more in enumerate(_RAISED_Z)
    }
    return raised | {
        "textbook": ordering_policies.reorder_point_lots(
            level.textbook_reorder_point_units, level.textbook_lot_units
        ),
        "fixed_cover": ordering_policies.base_stock(level.cover_units),
        "reorder_point_lots": ordering_policies.reorder_point_lots(
            level.reorder_point_units, level.lot_units
        ),
        "min_max": ordering_policies.min_max(
            level.reorder_point_units, level.order_up_to_units
        ),
        "base_stock": ordering_policies.base_stock(level.base_stock_units),
        "base_stock_least_cost": ordering_policies.base_stock(level.least_cost_units),
        "projected_stock": projected_stock(
            scene.views.paths_at,
            lead_times=scene.world.planned_lead_times,
            review_periods=series.terms.review_periods,
            costs=Costs(
                series.terms.holding_cost_per_unit_period,
                series.terms.shortage_cost_per_unit,
                series.terms.order_cost[:, None] * level.lot_share,
            ),
            cycle_stock_units=level.cycle_stock_units,
            pack_size_units=series.pack_size_units,
            min_order_units=series.min_order_units,
        ),
    }


def _perfect_part(
    series: Series, tables: Tables, settings: ReplaySettings
) -> pd.DataFrame:
    """The lower bound: demand and lead times known, no packs, no minimums."""
    world = world_of(series, tables, settings)
    perfect = perfect_orders(
        world.setting,
        holding_cost_per_unit_period=series.terms.holding_cost_per_unit_period,
        shortage_cost_per_unit=series.terms.shortage_cost_per_unit,
        order_cost=series.terms.order_cost,
    )
    return charged_by_cutoff(
        "perfect_foresight",
        NO_MODEL,
        series,
        world,
        perfect.setting,
        ordering_policies.planned_orders(perfect.order_units),
    )


def _as_purchased_parts(
    replayed: pd.DataFrame,
    purchases: pd.DataFrame,
    tables: Tables,
    settings: ReplaySettings,
    period_days: int,
) -> list[pd.DataFrame]:
    """What the shop did, and of the rows replayed the shipped rule on its pairs."""
    parts = []
    for block in tables.series_of(tables.models[0]):
        buyers = OwnPurchases.of(purchases, block, period_days).buyers
        if len(buyers):
            series = block[buyers]
            world = world_of(series, tables, settings)
            bought = OwnPurchases.of(purchases, series, period_days)
            run = as_purchased(world.setting, bought)
            parts.append(summed_by_cutoff(_AS_PURCHASED, NO_MODEL, series, world, run))
    if parts:
        is_shipped = (replayed["policy"] == "shipped") & (
            replayed["model"] == "champion"
        )
        pairs = pd.concat(parts)[KEYS].drop_duplicates()
        twin = replayed[is_shipped].merge(pairs, on=KEYS)
        parts.append(twin.assign(policy=_SHIPPED_TWIN))
    return parts


def charged_by_cutoff(
    policy_name: str,
    model: str,
    series: Series,
    world: World,
    setting: Setting,
    policy: Policy,
) -> pd.DataFrame:
    """Run a policy and sum what it is charged with by cutoff.

    Raises:
        ValueError: It wants an unknown quantity; the message names policy and series.
    """
    try:
        run = simulate(setting, policy)
    except UnknownQuantityError as error:
        names = ", ".join("|".join(series.ids[row]) for row in error.series[:5])
        raise ValueError(
            f"policy {policy_name} on {model} wants an unknown quantity of"
            f" {len(error.series)} series at decision {error.decision}: {names}"
        ) from error
    return summed_by_cutoff(policy_name, model, series, world, run)


def summed_by_cutoff(
    policy_name: str, model: str, series: Series, world: World, run: Outcome
) -> pd.DataFrame:
    """Rows of `OUTPUT_SCHEMA`: what a run is charged with, summed by cutoff."""
    money = costs(
        run,
        holding_cost_per_unit_period=series.terms.holding_cost_per_unit_period,
        shortage_cost_per_unit=series.terms.shortage_cost_per_unit,
        order_cost=series.terms.order_cost,
    )
    starts = np.array(series.cutoffs) - series.cutoffs[0]
    charged = world.is_charged
    estimated = charged & series.is_estimated

    def by_cutoff(values: Floats) -> Floats:
        return np.add.reduceat(values, starts, axis=1).ravel()

    n_cutoffs = len(starts)
    return pd.DataFrame(
        {
            "policy": policy_name,
            "model": model,
            "location_id": np.repeat([ids[0] for ids in series.ids], n_cutoffs),
            "product_id": np.repeat([ids[1] for ids in series.ids], n_cutoffs),
            "segment": np.repeat(series.segments, n_cutoffs),
            "cutoff_index": np.tile(np.int32(series.cutoffs), len(series.ids)),
            "charged_periods": by_cutoff(charged.astype(np.int32)),
            "estimated_periods": by_cutoff(estimated.astype(np.int32)),
            "demand_units": by_cutoff(run.demand_units * charged),
            "sold_units": by_cutoff(run.sold_units * charged),
            "lost_units": by_cutoff(run.unmet_units * charged),
            "ordered_units": by_cutoff(run.ordered_units),
            "order_count": by_cutoff(run.order_count),
            "stock_unit_periods": by_cutoff(run.stock_unit_periods * charged),
            "cycle_count": by_cutoff(run.cycle_count),
            "short_cycle_count": by_cutoff(run.short_cycle_count),
            "holding_cost": by_cutoff(money.holding_cost * charged),
            "shortage_cost": by_cutoff(money.shortage_cost * charged),
            "ordering_cost": by_cutoff(money.ordering_cost),
            "estimated_cost": by_cutoff(
                (money.holding_cost + money.shortage_cost) * estimated
            ),
        }
    )
