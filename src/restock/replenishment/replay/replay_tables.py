"""Tables of a policy replay, read into arrays: one block of series per first cutoff."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace

import numpy as np
import pandas as pd

from restock import frames
from restock.replenishment.demand.error_pools import (
    KEYS,
    dispersion_of,
    require_columns,
    segments_of,
)
from restock.replenishment.demand.lead_time_draws import PERIOD_SLACK
from restock.replenishment.levels.reorder_points import TARGETS
from restock.statistics.arrays import Booleans, Floats, Indices, Integers

# What is fixed of a series, and what was known of it at each cutoff; the optional ones
# may be null.
_TERMS = [
    "holding_cost_per_unit_period",
    "shortage_cost_per_unit",
    "order_cost",
    "review_periods",
    "lead_time_mean_periods",
    "pack_size_units",
]
_OPTIONAL_TERMS = [
    "service_level",
    "lead_time_sd_periods",
    "min_order_units",
    "shelf_life_days",
    "unit_cost",
    "unit_price",
]
_STATES = ["on_hand_units", "demand_mean_units"]
_OPTIONAL_STATES = ["eoq_units", "max_lot_units", "demand_dispersion"]
_BY_CUTOFF = ["demand_mean_units", *_OPTIONAL_STATES]

# No period of a replay is this far away.
NEVER = 10**6


@dataclass(frozen=True)
class Series:
    """Series that start at the same cutoff.

    Attributes:
        terms: What is fixed, one row per series: ids, `segment`, `target`,
            `lead_time_source` and numbers; its review is one or more whole periods,
            since a replay decides at their ends.
        cutoffs: Cutoffs from the first on; decision 0 is at the first.
        demand_units: Demand after the first cutoff, shape (series, periods).
        is_estimated: Whether a period's demand rests on an estimate, same shape.
        forecasts: Units, shape (cutoffs, series, horizon).
        states: What was known at each cutoff, by name: mean demand of the year before,
            economic and largest lot at that demand (NaN where there is none) and index
            of dispersion, shape (cutoffs, series) each.
        on_hand_units: Stock at the first cutoff, shape (series,).
        open_units: Orders open then, shape (series, orders).
        open_due: Period in which each comes, same shape.
        open_age_periods: Periods since each was decided, same shape.
        open_promised: Periods until each was promised, NaN where unknown, same shape.
    """

    terms: pd.DataFrame
    cutoffs: list[int]
    demand_units: Floats
    is_estimated: Booleans
    forecasts: Floats
    states: dict[str, Floats]
    on_hand_units: Floats
    open_units: Floats
    open_due: Integers
    open_age_periods: Integers
    open_promised: Floats

    def __getitem__(self, rows: Indices) -> Series:
        """Some of the series."""
        of_series = {
            field.name: getattr(self, field.name)[rows]
            for field in fields(self)
            if field.name not in ("terms", "cutoffs", "forecasts", "states")
        }
        return Series(
            terms=self.terms.iloc[rows].reset_index(drop=True),
            cutoffs=self.cutoffs,
            forecasts=self.forecasts[:, rows],
            states={name: units[:, rows] for name, units in self.states.items()},
            **of_series,
        )

    def __len__(self) -> int:
        """Number of series."""
        return len(self.terms)

    def column(self, name: str) -> Floats:
        """A number of the terms, shape (series,)."""
        return self.terms[name].to_numpy(dtype=float)

    @property
    def ids(self) -> list[tuple[str, str]]:
        """Location and product of each."""
        return list(self.terms[KEYS].itertuples(index=False, name=None))


@dataclass(frozen=True)
class Tables:
    """All that a replay reads.

    Attributes:
        models: Models to replay, in order.
        cutoffs: Cutoffs, rising.
        oldest_forecast: Periods that a forecast gets old at most.
    """

    models: list[str]
    cutoffs: list[int]
    oldest_forecast: int
    _blocks: list[Series]
    _forecasts: dict[str, list[Floats]]
    _errors: dict[str, pd.DataFrame]
    _lead_times: dict[str, Floats]

    def by_model(self) -> list[Tables]:
        """The same of one model each."""
        return [
            replace(
                self,
                models=[model],
                _forecasts={model: self._forecasts[model]},
                _errors={model: self._errors[model]},
            )
            for model in self.models
        ]

    def series_of(self, model: str) -> list[Series]:
        """Blocks of series with the forecasts of a model."""
        return [
            replace(block, forecasts=forecasts)
            for block, forecasts in zip(
                self._blocks, self._forecasts[model], strict=True
            )
        ]

    def errors_known(self, model: str, cutoff: int) -> pd.DataFrame:
        """Backtest of earlier cutoffs, with the demand known at a cutoff.

        Args:
            model: Model.
            cutoff: Cutoff. What comes later is null.

        Returns:
            Frame for `error_pools.ErrorLibrary`.
        """
        rows = self._errors[model]
        earlier = rows[rows["cutoff_index"] < cutoff]
        is_known = earlier["target_index"] <= cutoff
        return earlier.assign(actual_units=earlier["actual_units"].where(is_known))

    def lead_times_of(self, source: str) -> Floats:
        """Lead times seen of a source, in rising order. Periods."""
        return self._lead_times.get(source, np.empty(0))


def read(
    forecasts: pd.DataFrame,
    demand: pd.DataFrame,
    states: pd.DataFrame,
    open_orders: pd.DataFrame,
    lead_times: pd.DataFrame,
) -> Tables:
    """Read the tables of a replay.

    A series starts at the first cutoff from which on every model has a forecast,
    its state is known at each cutoff and its demand in each period. It is left out
    where there is none, or where a cost, a lead time or a service level is unknown.

    Args:
        forecasts: See `policy_replay.replay`.
        demand: See there.
        states: `location_id`, `product_id`, `cutoff_index`, what is fixed (`target`,
            `service_level`, `holding_cost_per_unit_period`,
            `shortage_cost_per_unit`, `order_cost`, `lead_time_mean_periods`,
            `lead_time_sd_periods`, `lead_time_source` (null where none were seen),
            `review_periods`, `pack_size_units`, `min_order_units`, `shelf_life_days`,
            `unit_cost`, `unit_price`) and what was known at the cutoff
            (`on_hand_units`, `demand_mean_units`, `eoq_units`, `max_lot_units`,
            `demand_dispersion`, one where it is null).
        open_orders: See there.
        lead_times: See there.

    Returns:
        Arrays.

    Raises:
        KeyError: A column is missing.
        ValueError: A key occurs twice, a target is unknown, or a forecast or demand
            is negative.
    """
    _check(forecasts, demand, states, open_orders, lead_times)
    models = sorted(forecasts["model"].unique())
    if not models or demand.empty or states.empty:
        return Tables([], [], 0, [], {}, {}, {})
    errors = _errors(forecasts, states)
    states = _usable(states)
    # Cutoffs without a state lend their errors and are not replayed.
    followed = set(states["cutoff_index"]) & set(forecasts["cutoff_index"])
    cutoffs = sorted(int(cutoff) for cutoff in followed)
    last = int(demand["period_index"].max())
    cutoffs = [cutoff for cutoff in cutoffs if cutoff < last]
    if not cutoffs:
        return Tables([], [], 0, [], {}, {}, {})
    pairs = pd.MultiIndex.from_frame(
        states[KEYS].drop_duplicates().sort_values(KEYS, ignore_index=True)
    )
    horizon = int(forecasts["horizon"].max())
    cubes = {
        model: _forecast_cube(
            forecasts[forecasts["model"] == model], pairs, cutoffs, horizon
        )
        for model in models
    }
    units, is_estimated = _demand_grid(demand, pairs, cutoffs[0] + 1, last)
    has_state = _grid(states, "demand_mean_units", pairs, cutoffs)
    is_ready = np.isfinite(has_state)
    for cube in cubes.values():
        is_ready &= np.isfinite(cube).all(axis=2)
    starts = np.array(cutoffs) - cutoffs[0]
    demand_known = np.isfinite(units)[:, ::-1].cumprod(axis=1)[:, ::-1]
    is_ready &= demand_known[:, starts].astype(bool).T
    from_here_on = is_ready[::-1].cumprod(axis=0)[::-1].astype(bool)
    first = np.where(from_here_on.any(axis=0), from_here_on.argmax(axis=0), -1)

    blocks = []
    by_model: dict[str, list[Floats]] = {model: [] for model in models}
    segment_of = _segments(forecasts)
    for number, cutoff in enumerate(cutoffs):
        rows = np.flatnonzero(first == number)
        if not len(rows):
            continue
        blocks.append(
            _block(
                pairs[rows],
                cutoffs[number:],
                units[rows, starts[number] :],
                is_estimated[rows, starts[number] :],
                states,
                open_orders[open_orders["cutoff_index"] == cutoff],
                segment_of,
            )
        )
        for model in models:
            by_model[model].append(cubes[model][number:, rows])
    gaps = np.diff([*cutoffs, last])
    return Tables(
        models,
        cutoffs,
        int(gaps.max()) - 1,
        blocks,
        by_model,
        {model: errors[errors["model"] == model] for model in models},
        {
            str(source): np.sort(frames.floats(rows, "lead_time_periods"))
            for source, rows in lead_times.groupby("lead_time_source", sort=True)
        },
    )


def _check(
    forecasts: pd.DataFrame,
    demand: pd.DataFrame,
    states: pd.DataFrame,
    open_orders: pd.DataFrame,
    lead_times: pd.DataFrame,
) -> None:
    at_cutoff = [*KEYS, "cutoff_index"]
    wanted = {
        "forecasts": (
            forecasts,
            [*at_cutoff, "model", "horizon"],
            ["segment", "target_index", "forecast_units", "actual_units"],
        ),
        "demand": (
            demand,
            [*KEYS, "period_index"],
            ["demand_units", "is_estimated"],
        ),
        "states": (
            states,
            at_cutoff,
            [
                "target",
                "lead_time_source",
                *_TERMS,
                *_OPTIONAL_TERMS,
                *_STATES,
                *_OPTIONAL_STATES,
            ],
        ),
        "open_orders": (
            open_orders,
            [],
            [*at_cutoff, "units", "age_periods", "due_periods", "promised_periods"],
        ),
        "lead_times": (lead_times, [], ["lead_time_source", "lead_time_periods"]),
    }
    for name, (frame, keys, columns) in wanted.items():
        require_columns(name, frame, [*keys, *columns])
        if keys and frame.duplicated(keys).any():
            raise ValueError(f"a {', '.join(keys)} occurs twice in {name}")
    for frame, column in ((forecasts, "forecast_units"), (demand, "demand_units")):
        if (frames.floats(frame, column) < 0).any():
            raise ValueError(f"{column} must be zero or more")
    unknown = set(states["target"]) - TARGETS
    if unknown:
        raise ValueError(
            f"target must be one of {sorted(TARGETS)}, got {sorted(map(str, unknown))}"
        )


def _usable(states: pd.DataFrame) -> pd.DataFrame:
    """States whose parameters are all known, as floats."""
    wanted = [*_TERMS, *_OPTIONAL_TERMS, *_STATES, *_OPTIONAL_STATES]
    typed = states[[*KEYS, "cutoff_index", "target", "lead_time_source"]].assign(
        **{name: frames.floats(states, name) for name in wanted}
    )
    typed["demand_dispersion"] = dispersion_of(states)
    for name in ("lead_time_sd_periods", "min_order_units"):
        typed[name] = typed[name].fillna(0.0)
    is_known = typed[[*_TERMS, *_STATES]].notna().all(axis=1)
    is_known &= (typed["target"] == "cost") | typed["service_level"].notna()
    return typed[is_known]


def _errors(forecasts: pd.DataFrame, states: pd.DataFrame) -> pd.DataFrame:
    """Backtest with what `error_pools` reads of each series and cutoff."""
    known = states[[*KEYS, "cutoff_index"]].assign(
        demand_dispersion=dispersion_of(states),
        protection_periods=frames.floats(states, "lead_time_mean_periods")
        + frames.floats(states, "review_periods"),
    )
    rows = forecasts.merge(known, on=[*KEYS, "cutoff_index"], how="left")
    return rows.assign(cutoff_date=rows["cutoff_index"])


def _forecast_cube(
    rows: pd.DataFrame, pairs: pd.MultiIndex, cutoffs: list[int], horizon: int
) -> Floats:
    """Forecasts, shape (cutoffs, series, horizon); NaN where there is none."""
    pair = pairs.get_indexer(pd.MultiIndex.from_frame(rows[KEYS]))
    cutoff = pd.Index(cutoffs).get_indexer(rows["cutoff_index"])
    step = rows["horizon"].to_numpy(dtype=int) - 1
    inside = (pair >= 0) & (cutoff >= 0)
    cube = np.full((len(cutoffs), len(pairs), horizon), np.nan)
    cube[cutoff[inside], pair[inside], step[inside]] = frames.floats(
        rows, "forecast_units"
    )[inside]
    return cube


def _grid(
    states: pd.DataFrame, column: str, pairs: pd.MultiIndex, cutoffs: list[int]
) -> Floats:
    """A column of the states, shape (cutoffs, series)."""
    pair = pairs.get_indexer(pd.MultiIndex.from_frame(states[KEYS]))
    cutoff = pd.Index(cutoffs).get_indexer(states["cutoff_index"])
    inside = (pair >= 0) & (cutoff >= 0)
    grid = np.full((len(cutoffs), len(pairs)), np.nan)
    grid[cutoff[inside], pair[inside]] = states[column].to_numpy(dtype=float)[inside]
    return grid


def _demand_grid(
    demand: pd.DataFrame, pairs: pd.MultiIndex, first: int, last: int
) -> tuple[Floats, Booleans]:
    """Demand by period, shape (series, periods), and whether it is an estimate."""
    period = demand["period_index"].to_numpy(dtype=int)
    pair = pairs.get_indexer(pd.MultiIndex.from_frame(demand[KEYS]))
    inside = (pair >= 0) & (period >= first) & (period <= last)
    shape = (len(pairs), last - first + 1)
    place = (pair[inside], period[inside] - first)
    units = np.full(shape, np.nan)
    units[place] = frames.floats(demand, "demand_units")[inside]
    is_estimated = np.zeros(shape, dtype=bool)
    is_estimated[place] = demand["is_estimated"].to_numpy(dtype=bool)[inside]
    return units, is_estimated


def _segments(forecasts: pd.DataFrame) -> dict[tuple[str, str], str]:
    one = forecasts.drop_duplicates(KEYS)
    ids = zip(*(one[key] for key in KEYS), strict=True)
    return dict(zip(ids, segments_of(one), strict=True))


def _block(
    pairs: pd.MultiIndex,
    cutoffs: list[int],
    units: Floats,
    is_estimated: Booleans,
    states: pd.DataFrame,
    open_orders: pd.DataFrame,
    segment_of: dict[tuple[str, str], str],
) -> Series:
    at_start = states[states["cutoff_index"] == cutoffs[0]].set_index(KEYS).loc[pairs]
    terms = at_start[
        ["target", "lead_time_source", *_TERMS, *_OPTIONAL_TERMS]
    ].reset_index()
    terms["segment"] = [segment_of[keys] for keys in pairs]
    terms["lead_time_source"] = terms["lead_time_source"].fillna("").astype(str)
    terms["review_periods"] = np.maximum(
        np.ceil(terms["review_periods"] - PERIOD_SLACK), 1.0
    )
    open_units, open_due, open_age, open_promised = _open_orders(open_orders, pairs)
    return Series(
        terms=terms,
        cutoffs=cutoffs,
        demand_units=units,
        is_estimated=is_estimated,
        forecasts=np.empty((len(cutoffs), len(terms), 0)),
        states={name: _grid(states, name, pairs, cutoffs) for name in _BY_CUTOFF},
        on_hand_units=np.maximum(at_start["on_hand_units"].to_numpy(dtype=float), 0.0),
        open_units=open_units,
        open_due=open_due,
        open_age_periods=open_age,
        open_promised=open_promised,
    )


def _open_orders(
    rows: pd.DataFrame, pairs: pd.MultiIndex
) -> tuple[Floats, Integers, Integers, Floats]:
    """Open orders, each of shape (series, orders)."""
    rows = rows.sort_values([*KEYS, "due_periods", "age_periods", "units"])
    pair = pairs.get_indexer(pd.MultiIndex.from_frame(rows[KEYS]))
    rows, pair = rows[pair >= 0], pair[pair >= 0]
    place = pd.Series(pair).groupby(pair).cumcount().to_numpy(dtype=int)
    shape = (len(pairs), int(place.max(initial=-1)) + 1)
    units = np.zeros(shape)
    due = np.full(shape, NEVER, dtype=np.int64)
    age = np.zeros(shape, dtype=np.int64)
    units[pair, place] = frames.floats(rows, "units")
    due[pair, place] = np.nan_to_num(
        frames.floats(rows, "due_periods"), nan=NEVER
    ).astype(np.int64)
    age[pair, place] = frames.floats(rows, "age_periods").astype(np.int64)
    promised = np.full(shape, np.nan)
    promised[pair, place] = frames.floats(rows, "promised_periods")
    return units, due, age, promised
