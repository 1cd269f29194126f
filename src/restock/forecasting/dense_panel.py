"""The panel as arrays: inputs checked, series by periods."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from restock import frames
from restock.forecasting.leakage import check_features
from restock.statistics.arrays import Booleans, Floats, Indices

KEYS = ["location_id", "product_id"]

# Calendar features repeat yearly, but for those of the weekday.
WEEK_DAYS = 7.0
YEAR_DAYS = 364.0

FOLD_ROLES = frozenset({"calib", "select", "test", "live"})

# Prefix of a panel column that says which series are not shown a calendar feature.
HIDES = "hides_"

_PANEL_COLUMNS = [
    *KEYS,
    "period_index",
    "period_date",
    "demand_units",
    "scale_units",
    "weight_value",
]
_CALENDAR_COLUMNS = ["period_index", "period_date"]
_CUTOFF_COLUMNS = ["cutoff_index", "cutoff_date", "fold_role"]


@dataclass(frozen=True)
class DensePanel:
    """The panel as arrays: axis 0 is series in id order, axis 1 is periods.

    Attributes:
        keys: `location_id`, `product_id` and `category`, one row per series.
        first_index: `period_index` of column 0.
        period_dates: First day of each period, shape (periods,).
        row_of: Row of the feature tables, shape (series, periods); -1 where the
            panel has no row.
        demand: Units per period, shape (series, periods). NaN where unknown.
        scale: Mean units per period over the last year, as known at the close of
            the period, shape (series, periods).
        unit_values: Value of one unit, shape (series, periods).
        lag: `lag_` features, shape (rows, columns).
        static: `static_` features, shape (rows, columns).
        known: `known_` features, shape (rows, columns).
        known_reach: Periods after a close up to which each `known_` column is
            known at that close, shape (columns,); infinite for plans.
        known_signals: Columns of `known` that are signals, shape (signals,).
        lag_signals: Columns of `lag` that are signals, shape (signals,).
        calendar: `calendar_` features, shape (periods, columns).
        calendar_cycle_days: Days after which a calendar feature repeats, shape
            (columns,).
        calendar_hidden: Series that are not shown a calendar feature, shape (series,
            columns).
        names: Names of the columns of `lag`, `static`, `known` and `calendar`, by
            prefix.
    """

    keys: pd.DataFrame
    first_index: int
    period_dates: npt.NDArray[np.datetime64]
    row_of: npt.NDArray[np.int64]
    demand: Floats
    scale: Floats
    unit_values: Floats
    lag: Floats
    static: Floats
    known: Floats
    known_reach: Floats
    known_signals: Indices
    lag_signals: Indices
    calendar: Floats
    calendar_cycle_days: Floats
    calendar_hidden: Booleans
    names: Mapping[str, tuple[str, ...]]


def read(
    panel: pd.DataFrame, calendar: pd.DataFrame, cutoffs: pd.DataFrame, horizon: int
) -> DensePanel:
    """Check the inputs and lay the panel out as arrays.

    Args:
        panel: See `protocol.run`. Rows in any order.
        calendar: See `protocol.run`. Rows in any order.
        cutoffs: See `protocol.run`.
        horizon: Number of periods to forecast.

    Returns:
        The dense panel, series ordered by `location_id`, `product_id`.

    Raises:
        KeyError: A column is missing.
        ValueError: The horizon is below one, a key occurs twice, the calendar has
            gaps or does not reach the last target, a `fold_role` is unknown, a
            demand is infinite, or a feature known ahead is an outcome.
    """
    for name, frame, columns in (
        ("panel", panel, _PANEL_COLUMNS),
        ("calendar", calendar, _CALENDAR_COLUMNS),
        ("cutoffs", cutoffs, _CUTOFF_COLUMNS),
    ):
        missing = [column for column in columns if column not in frame.columns]
        if missing:
            raise KeyError(f"{name} lacks the columns {missing}")
    if horizon < 1:
        raise ValueError(f"horizon must be 1 or more, got {horizon}")
    check_features([*panel.columns, *calendar.columns])
    unknown_roles = set(cutoffs["fold_role"]) - FOLD_ROLES
    if unknown_roles:
        raise ValueError(
            f"fold_role must be one of {sorted(FOLD_ROLES)}, got "
            f"{sorted(map(str, unknown_roles))}"
        )
    if cutoffs["cutoff_index"].duplicated().any():
        raise ValueError("a cutoff_index occurs twice in cutoffs")

    calendar = calendar.sort_values("period_index", kind="stable")
    periods = calendar["period_index"].to_numpy(dtype=np.int64)
    if (np.diff(periods) != 1).any():
        raise ValueError("period_index of the calendar must be consecutive")
    first_index = int(periods[0]) if len(periods) else 0

    keys, series_of, columns = _positions(panel, first_index, len(periods))
    if len(cutoffs) and len(keys):
        last_target = int(cutoffs["cutoff_index"].max()) + horizon
        if last_target > periods[-1]:
            raise ValueError(
                f"the calendar ends at period {periods[-1]}, the last target is "
                f"period {last_target}"
            )

    shape = (len(keys), len(periods))
    row_of = np.full(shape, -1, dtype=np.int64)
    row_of[series_of, columns] = np.arange(len(panel))

    def dense(column: str) -> Floats:
        values = np.full(shape, np.nan)
        values[series_of, columns] = frames.floats(panel, column)
        return values

    demand = dense("demand_units")
    if np.isinf(demand).any():
        raise ValueError("demand_units holds an infinite value")
    return DensePanel(
        keys=keys,
        first_index=first_index,
        period_dates=pd.to_datetime(calendar["period_date"]).to_numpy(),
        row_of=row_of,
        demand=demand,
        scale=dense("scale_units"),
        unit_values=dense("weight_value"),
        lag=_features(panel, "lag_"),
        static=_features(panel, "static_"),
        known=_features(panel, "known_"),
        known_reach=_reach(panel),
        known_signals=_signal_columns(panel, "known_"),
        lag_signals=_signal_columns(panel, "lag_"),
        calendar=_features(calendar, "calendar_"),
        calendar_cycle_days=np.array(
            [
                WEEK_DAYS if name.startswith("calendar_weekday_") else YEAR_DAYS
                for name in _names(calendar, "calendar_")
            ]
        ),
        calendar_hidden=_hidden(panel, series_of, len(keys), calendar),
        names={
            "lag_": _names(panel, "lag_"),
            "static_": _names(panel, "static_"),
            "known_": _names(panel, "known_"),
            "calendar_": _names(calendar, "calendar_"),
        },
    )


def _positions(
    panel: pd.DataFrame, first_index: int, n_periods: int
) -> tuple[pd.DataFrame, Indices, Indices]:
    """Series and period column of each panel row, after checking the keys."""
    if panel[[*KEYS, "period_index"]].isna().any(axis=None):
        raise ValueError("a panel row lacks location_id, product_id or period_index")
    columns = panel["period_index"].to_numpy(dtype=np.int64) - first_index
    if len(panel) and (columns.min() < 0 or columns.max() >= n_periods):
        raise ValueError("the panel has a period that the calendar lacks")
    locations, location_ids = pd.factorize(panel["location_id"], sort=True)
    products, product_ids = pd.factorize(panel["product_id"], sort=True)
    pairs = locations.astype(np.int64) * max(len(product_ids), 1) + products
    unique_pairs, series_of = np.unique(pairs, return_inverse=True)
    if len(np.unique(series_of * max(n_periods, 1) + columns)) < len(panel):
        raise ValueError("a location_id, product_id, period_index occurs twice")
    category = np.full(len(unique_pairs), "", dtype=object)
    if "category" in panel.columns:
        category[series_of] = panel["category"].fillna("").astype(str)
    keys = pd.DataFrame(
        {
            "location_id": np.asarray(location_ids, dtype=object)[
                unique_pairs // max(len(product_ids), 1)
            ],
            "product_id": np.asarray(product_ids, dtype=object)[
                unique_pairs % max(len(product_ids), 1)
            ],
            "category": category,
        }
    )
    return keys, series_of, columns


def _names(frame: pd.DataFrame, prefix: str) -> tuple[str, ...]:
    """Columns of a prefix, in the order in which they are read."""
    return tuple(sorted(name for name in frame.columns if name.startswith(prefix)))


def _features(frame: pd.DataFrame, prefix: str) -> Floats:
    """Columns of a prefix in name order, shape (rows, columns)."""
    values = [frames.floats(frame, name) for name in _names(frame, prefix)]
    return np.column_stack(values) if values else np.empty((len(frame), 0))


def _hidden(
    panel: pd.DataFrame, series_of: Indices, n_series: int, calendar: pd.DataFrame
) -> Booleans:
    """Series that are not shown a calendar feature, shape (series, columns)."""
    names = _names(calendar, "calendar_")
    hidden = np.zeros((n_series, len(names)), dtype=bool)
    for number, name in enumerate(names):
        if HIDES + name in panel.columns:
            hides = panel[HIDES + name].to_numpy(dtype=bool)
            hidden[series_of[hides], number] = True
    return hidden


def _reach(panel: pd.DataFrame) -> Floats:
    """Reach of each `known_` column in name order, shape (columns,)."""
    reach = []
    for name in _names(panel, "known_"):
        column = f"reach_{name.removeprefix('known_')}"
        if column not in panel.columns:
            reach.append(np.inf)
        else:
            reach.append(frames.floats(panel, column).min() if len(panel) else 0.0)
    return np.array(reach, dtype=float)


def _signal_columns(panel: pd.DataFrame, prefix: str) -> Indices:
    is_signal = [name.startswith(f"{prefix}signal_") for name in _names(panel, prefix)]
    return np.flatnonzero(np.array(is_signal, dtype=bool))
