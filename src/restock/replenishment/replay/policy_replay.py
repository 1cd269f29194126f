"""Replay of ordering policies over the backtest: what each would have cost.

Each series starts from the stock and the open orders it had at its first cutoff. From
there to the last known period a policy decides at every review, sees the forecast of
the latest cutoff, the errors known by then and its own stock, and is charged with the
demand that came. All policies and models meet the same demand and the same lead times.
The rule that ships is the one that is replayed: `rule_policy`.

References:
    Petropoulos, Wang and Disney, The inventory performance of forecasting methods:
    evidence from the M3 competition data, International Journal of Forecasting 35,
    2019. Silver, Pyke and Thomas, Inventory and Production Management in Supply
    Chains, 4th ed., 2017, chapters 6 and 7.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd
import pyarrow as pa

from restock import frames, parallel
from restock.replenishment.demand import lead_time_draws
from restock.replenishment.demand.error_pools import KEYS, ErrorLibrary, Settings
from restock.replenishment.demand.requirements import parts_of
from restock.replenishment.levels.order_rule import OrderRule
from restock.replenishment.replay import ordering_policies
from restock.replenishment.replay.foresight import Foresight, foresight_of
from restock.replenishment.replay.own_purchases import OwnPurchases, as_purchased
from restock.replenishment.replay.perfect_foresight import perfect_orders
from restock.replenishment.replay.replay_tables import Series, Tables, read
from restock.replenishment.replay.rule_policy import (
    FORECAST,
    RULES,
    TEXTBOOK,
    RuleKind,
    ask_textbook,
    rule_policies,
)
from restock.replenishment.replay.simulator import (
    OpenOrders,
    Outcome,
    Policy,
    Setting,
    UnknownQuantityError,
    costs,
    simulate,
)
from restock.statistics.arrays import Booleans, Floats

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

# Model of the policy that needs no forecast, and the one that orders follow.
NO_MODEL = "none"
CHAMPION = "champion"

SHIPPED = "shipped"

# What the shop did, and the shipped rule on the same pairs.
_AS_PURCHASED = "as_purchased"
_SHIPPED_TWIN = "shipped_where_purchased"

# What is added to the textbook's z, until it serves as much as the shipped rule.
_RAISED_Z = (0.0, 0.25, 0.5, 0.75, 1.0, 1.5, 2.0, 3.0, 4.0, 6.0)
_RAISED = "textbook_raised"

_CHUNK_VALUES = 20_000_000
# Arrays of a decision's windows and levels, each of a value per path.
_WINDOW_ARRAYS = 7


@dataclass(frozen=True)
class ReplaySettings:
    """How a replay is run.

    Attributes:
        n_paths: Paths behind each forecast distribution.
        period_days: Days in a period.
        seed: Seed of the run.
    """

    n_paths: int
    period_days: int
    seed: int


def replay(
    forecasts: pd.DataFrame,
    demand: pd.DataFrame,
    states: pd.DataFrame,
    open_orders: pd.DataFrame,
    lead_times: pd.DataFrame,
    rule_texts: pd.DataFrame,
    rules_in_force: pd.DataFrame,
    *,
    n_paths: int,
    cover_days: float,
    period_days: int,
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
            the period after the cutoff; null where never), `promised_periods` (null
            where unknown).
        lead_times: Lead times seen: `lead_time_source`, `lead_time_periods`.
        rule_texts: See `order_rule.OrderRule`.
        rules_in_force: `segment`, `target`, `order_rule`.
        n_paths: Paths behind each forecast distribution.
        cover_days: Days that the fixed cover holds, above zero.
        period_days: Days in a period.
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
    settings = ReplaySettings(n_paths, period_days, seed)
    cover_periods = math.ceil(cover_days / period_days)
    tables = read(forecasts, demand, states, open_orders, lead_times)
    found = parallel.in_order(
        _policies_of,
        [
            (
                *(of_model, rule_texts, settings, rules_in_force),
                *(cover_periods, excess_holding_periods),
            )
            for of_model in tables.by_model()
        ],
    )
    parts = [part for of_model in found for part in of_model]
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


def _policies_of(
    tables: Tables,
    rule_texts: pd.DataFrame,
    settings: ReplaySettings,
    rules_in_force: pd.DataFrame,
    cover_periods: int,
    excess_holding_periods: float,
) -> list[pd.DataFrame]:
    """Rows of every policy on one model; arguments as for `replay`."""
    parts = []
    for scene in scenes(tables, OrderRule(rule_texts), settings):
        kinds = {
            SHIPPED: RuleKind(in_force(scene.series, rules_in_force)),
            **{name: scene.all_on(name) for name in RULES},
        }
        if scene.model == CHAMPION:
            kinds |= {
                _raised_name(number): scene.all_on(TEXTBOOK, raised_z=more)
                for number, more in enumerate(_RAISED_Z)
            }
        parts += scene.charged_rules(kinds, excess_holding_periods)
        cover = ordering_policies.fixed_cover(scene.foresight, cover_periods)
        parts.append(scene.charged("fixed_cover", cover))
    return parts


def _forecast_rule_of(
    tables: Tables,
    rule_texts: pd.DataFrame,
    settings: ReplaySettings,
) -> list[pd.DataFrame]:
    """Rows of the rule that follows the forecast, on one model."""
    parts = []
    for scene in scenes(tables, OrderRule(rule_texts), settings):
        parts += scene.charged_rules({FORECAST: scene.all_on(FORECAST)})
    return parts


def replay_forecast_rule(
    forecasts: pd.DataFrame,
    demand: pd.DataFrame,
    states: pd.DataFrame,
    open_orders: pd.DataFrame,
    lead_times: pd.DataFrame,
    rule_texts: pd.DataFrame,
    *,
    n_paths: int,
    period_days: int,
    seed: int,
) -> pd.DataFrame:
    """Replay the rule that follows the forecast, to compare the models behind it.

    Args:
        forecasts: Backtests; see `replay`. What is given is what may have a say.
        demand: See `replay`.
        states: See `replay`.
        open_orders: See `replay`.
        lead_times: See `replay`.
        rule_texts: See `replay`.
        n_paths: Paths behind each forecast distribution.
        period_days: Days in a period.
        seed: Seed of the run, zero or more.

    Returns:
        Rows of `OUTPUT_SCHEMA`, see `replay`.

    Raises:
        KeyError: A column is missing.
        ValueError: See `replay`.
    """
    settings = ReplaySettings(n_paths, period_days, seed)
    tables = read(forecasts, demand, states, open_orders, lead_times)
    found = parallel.in_order(
        _forecast_rule_of,
        [(of_model, rule_texts, settings) for of_model in tables.by_model()],
    )
    return _in_order([part for of_model in found for part in of_model])


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
    foresight: Foresight
    rule: OrderRule

    def all_on(self, order_rule: str, *, raised_z: float = 0.0) -> RuleKind:
        """One rule for all series."""
        rules = np.full(len(self.series), order_rule, dtype=object)
        return RuleKind(rules, raised_z)

    def charged_rules(
        self, kinds: dict[str, RuleKind], excess_holding_periods: float = 1.0
    ) -> list[pd.DataFrame]:
        """Rows of `OUTPUT_SCHEMA` of several rules by name, run side by side."""
        levels = {}
        for decision in range(self.world.setting.demand_units.shape[1]):
            rows = np.flatnonzero(self.world.setting.is_decided(decision))
            if len(rows):
                found = self.foresight.levels(decision, rows, excess_holding_periods)
                levels[decision] = rows, found
        ask_textbook(self.rule, [found for _, found in levels.values()])
        policy = rule_policies(levels.__getitem__, self.rule, list(kinds.values()))
        setting = self.world.setting.copies(len(kinds))
        run = _simulated(setting, policy, list(kinds), self.model, self.series)
        return [
            summed_by_cutoff(
                name,
                self.model,
                self.series,
                self.world,
                run.part(np.arange(len(self.series)) + number * len(self.series)),
            )
            for number, name in enumerate(kinds)
        ]

    def charged(self, policy_name: str, policy: Policy) -> pd.DataFrame:
        """Rows of `OUTPUT_SCHEMA` of a policy."""
        return charged_by_cutoff(
            policy_name, self.model, self.series, self.world, self.world.setting, policy
        )


def scenes(
    tables: Tables, rule: OrderRule, settings: ReplaySettings
) -> Iterator[Scene]:
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
                foresight = foresight_of(
                    series,
                    library_by_cutoff,
                    rule,
                    period_days=settings.period_days,
                    oldest=tables.oldest_forecast,
                    seed=settings.seed,
                )
                world = world_of(series, tables, settings)
                yield Scene(model, series, world, foresight, rule)


def in_force(series: Series, rules_in_force: pd.DataFrame) -> np.ndarray:
    """Order rule of each series; the textbook where none is given.

    Args:
        series: Series of a replay.
        rules_in_force: See `replay`.

    Returns:
        Rules, shape (series,).
    """
    by_kind = rules_in_force.set_index(["segment", "target"])["order_rule"].to_dict()
    kinds = series.terms[["segment", "target"]].itertuples(index=False, name=None)
    return np.array([by_kind.get(kind, TEXTBOOK) for kind in kinds], dtype=object)


@dataclass(frozen=True)
class World:
    """A setting and what it takes to charge for it."""

    setting: Setting
    is_charged: Booleans


def world_of(series: Series, tables: Tables, settings: ReplaySettings) -> World:
    """Demand, lead times and opening state of some series."""
    demand = series.demand_units
    happened = lead_time_draws.happened(
        series.ids,
        series.column("lead_time_mean_periods"),
        series.column("lead_time_sd_periods"),
        [tables.lead_times_of(source) for source in series.terms["lead_time_source"]],
        n_decisions=demand.shape[1],
        seed=settings.seed,
        tail=Settings().lead_time_tail,
    )
    # An order that comes after the last known period could change nothing.
    n_decisions = demand.shape[1] - np.ceil(
        series.column("lead_time_mean_periods") - lead_time_draws.PERIOD_SLACK
    ).astype(int)
    setting = Setting(
        demand_units=demand,
        lead_time_periods=happened.astype(float),
        on_hand_units=series.on_hand_units,
        review_periods=series.column("review_periods").astype(np.int64),
        pack_size_units=series.column("pack_size_units"),
        min_order_units=series.column("min_order_units"),
        decisions=np.maximum(n_decisions, 0),
        open_orders=OpenOrders(
            series.open_units,
            series.open_due,
            series.open_age_periods,
            series.open_promised,
        ),
    )
    periods = np.arange(demand.shape[1])
    arrivals = np.where(
        np.stack([setting.is_decided(period) for period in periods], axis=1),
        periods + setting.whole_lead_time,
        demand.shape[1],
    )
    is_charged = periods >= arrivals.min(axis=1, keepdims=True)
    return World(setting, is_charged)


def chunks(
    series: Series, tables: Tables, settings: ReplaySettings
) -> Iterator[Series]:
    """Series in parts whose paths fit into memory.

    Those of like lead times go together: a part is as slow as its longest.
    """
    protection = series.column("lead_time_mean_periods") + series.column(
        "review_periods"
    )
    by_length = np.argsort(protection, kind="stable")
    days = np.full(len(series), float(settings.period_days))
    needs = series.terms.assign(elapsed_periods=0.0)
    parts = int(parts_of(needs, days).max(initial=1))
    steps = (protection.max(initial=1) + tables.oldest_forecast) * parts
    values = settings.n_paths * int(
        steps * len(series.cutoffs) + _WINDOW_ARRAYS * series.demand_units.shape[1]
    )
    step = max(1, _CHUNK_VALUES // values)
    for start in range(0, len(series), step):
        yield series[by_length[start : start + step]]


def _as_much_served(rows: pd.DataFrame) -> pd.DataFrame:
    """Of the raised textbooks of each model keep the first that serves enough.

    Enough is the fill rate of the shipped rule over all series; where even the highest
    serves less, it stays.
    """
    is_raised = rows["policy"].str.startswith(_RAISED)
    kept = [rows[~is_raised]]
    for _, of_model in rows[is_raised | (rows["policy"] == SHIPPED)].groupby(
        "model", sort=True
    ):
        if not of_model["policy"].str.startswith(_RAISED).any():
            continue
        units = of_model.groupby("policy")[["sold_units", "demand_units"]].sum()
        fill = units["sold_units"] / units["demand_units"]
        names = [_raised_name(number) for number in range(len(_RAISED_Z))]
        enough = [name for name in names if fill[name] >= fill[SHIPPED]]
        chosen = of_model[of_model["policy"] == (enough or names[-1:])[0]]
        kept.append(chosen.assign(policy=_RAISED))
    return pd.concat(kept, ignore_index=True)


def _raised_name(number: int) -> str:
    return f"{_RAISED} {number}"


def _perfect_part(
    series: Series, tables: Tables, settings: ReplaySettings
) -> pd.DataFrame:
    """The lower bound: demand and lead times known, no packs, no minimums."""
    world = world_of(series, tables, settings)
    perfect = perfect_orders(
        world.setting,
        holding_cost_per_unit_period=series.column("holding_cost_per_unit_period"),
        shortage_cost_per_unit=series.column("shortage_cost_per_unit"),
        order_cost=series.column("order_cost"),
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
        is_shipped = (replayed["policy"] == SHIPPED) & (replayed["model"] == CHAMPION)
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
    run = _simulated(setting, policy, [policy_name], model, series)
    return summed_by_cutoff(policy_name, model, series, world, run)


def _simulated(
    setting: Setting, policy: Policy, names: list[str], model: str, series: Series
) -> Outcome:
    """Run policies on a copy of the series each; say whose quantity is unknown."""
    try:
        return simulate(setting, policy)
    except UnknownQuantityError as error:
        copies, rows = np.divmod(error.series, len(series))
        rows = rows[copies == copies[0]]
        ids = ", ".join("|".join(series.ids[row]) for row in rows[:5])
        raise ValueError(
            f"policy {names[copies[0]]} on {model} wants an unknown quantity of"
            f" {len(rows)} series at decision {error.decision}: {ids}"
        ) from error


def summed_by_cutoff(
    policy_name: str, model: str, series: Series, world: World, run: Outcome
) -> pd.DataFrame:
    """Rows of `OUTPUT_SCHEMA`: what a run is charged with, summed by cutoff."""
    money = costs(
        run,
        holding_cost_per_unit_period=series.column("holding_cost_per_unit_period"),
        shortage_cost_per_unit=series.column("shortage_cost_per_unit"),
        order_cost=series.column("order_cost"),
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
            "segment": np.repeat(
                series.terms["segment"].to_numpy(dtype=object), n_cutoffs
            ),
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
