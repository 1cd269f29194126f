"""What every forecaster shares: inputs, the wall at the cutoff, output rows.

A family of models is one module with a function
`forecast(panel, calendar, cutoffs, horizon, *, seed, ...)`. It hands `run` one
learner per model: a function of the `History` to learn from that returns a model, a
function of a `History` that returns forecasts; reading,
checking, hiding the future, falling back and laying out rows happen here, once.
A backtest and the live run are the same call with other rows in `cutoffs`.

**The wall.** A `History` holds array slices that end at the cutoff, so a later
demand, scale or weight cannot be reached by a wrong index, and it refuses to read
`lag_` features of a row after the cutoff. Of later periods only `known_` and
`calendar_` columns can be read, and `check_features` refuses those whose names
say that they are outcomes.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa

from restock import frames

OUTPUT_SCHEMA = pa.schema(
    [
        ("location_id", pa.string()),
        ("product_id", pa.string()),
        ("cutoff_date", pa.date32()),
        ("forecast_date", pa.date32()),
        ("horizon", pa.int32()),
        ("model", pa.string()),
        ("forecast_units", pa.float64()),
        ("is_fallback", pa.bool_()),
    ]
)

KEYS = ["location_id", "product_id"]

# Calendar features repeat yearly, but for those of the weekday.
WEEK_DAYS = 7.0
YEAR_DAYS = 364.0

FOLD_ROLES = frozenset({"calib", "select", "test", "live"})

# Words of columns that are measured when a period closes. Found in a column that
# claims to be known ahead, they are a copy of the target or of its consequence.
OUTCOME_WORDS = frozenset(
    {
        "actual",
        "closing",
        "cogs",
        "demand",
        "inventory",
        "profit",
        "receipts",
        "received",
        "revenue",
        "sales",
        "sold",
        "stock",
        "stockout",
        "target",
        "turnover",
    }
)

# Outcomes of a period, yet fair attributes of a product: the volume of a bottle,
# the margin and tax of a price list, the units of a pack.
PERIOD_OUTCOME_WORDS = OUTCOME_WORDS | {
    "excise",
    "margin",
    "quantity",
    "tax",
    "units",
    "volume",
}

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

Floats = npt.NDArray[np.float64]
Indices = npt.NDArray[np.intp]
Panel = pd.DataFrame | Sequence[Callable[[], pd.DataFrame]]


class Forecasts(NamedTuple):
    """What a model says of the series of a history.

    Attributes:
        units: Units per period, shape (series, horizon). NaN where the model has no
            word of its own; the level of the series then stands in.
        is_fallback: Series whose numbers come from a simpler method than the model
            is named after, shape (series,).
    """

    units: Floats
    is_fallback: npt.NDArray[np.bool_]


Model = Callable[["History"], Floats | Forecasts]
Learner = Callable[["History"], Model]


def per_series(model: Model) -> Learner:
    """Learner of a model that has nothing to learn from other series.

    Args:
        model: Function of a history.

    Returns:
        A learner that returns the model, whatever it is shown.
    """
    return lambda history: model


def no_word(history: History) -> Floats:
    """Model that leaves every series to its level.

    Args:
        history: What is known at the cutoff.

    Returns:
        NaN, shape (series, horizon).
    """
    return np.full((len(history.level), history.horizon), np.nan)


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
    names: Mapping[str, tuple[str, ...]]


class History:
    """What is known at the close of one period, and what is known ahead.

    Attributes:
        cutoff: Column of the last closed period in the dense panel.
        cutoff_index: Its `period_index`.
        horizon: Number of periods to forecast.
        keys: `location_id`, `product_id` and `category`, one row per series.
        demand: Units per period up to the cutoff, shape (series, cutoff + 1).
        scale: Scale as of each close, shape (series, cutoff + 1).
        unit_values: Value of one unit, shape (series, cutoff + 1).
        has_row: Whether the series has a panel row, shape (series, cutoff + 1).
        period_dates: First days of the periods up to the cutoff.
        is_started: Whether a series has a row at or before the cutoff, shape
            (series,).
        origin: Last column with a row at or before the cutoff, shape (series,);
            0 where a series has not started.
        level: Units per period to fall back on, shape (series,); see
            `fallback_level`.
    """

    def __init__(self, dense: DensePanel, cutoff: int, horizon: int) -> None:
        """Cut the panel at a period.

        Args:
            dense: The whole panel.
            cutoff: Column of the last closed period.
            horizon: Number of periods to forecast.
        """
        known_columns = slice(0, cutoff + 1)
        self._dense = dense
        self.cutoff = cutoff
        self.cutoff_index = dense.first_index + cutoff
        self.horizon = horizon
        self.keys = dense.keys
        self.demand = dense.demand[:, known_columns]
        self.scale = dense.scale[:, known_columns]
        self.unit_values = dense.unit_values[:, known_columns]
        self.has_row = dense.row_of[:, known_columns] >= 0
        self.period_dates = dense.period_dates[known_columns]
        seen = self.period_dates[self.has_row.any(axis=0)]
        seen_days = (seen[-1] - seen[0]) / np.timedelta64(1, "D") if len(seen) else 0.0
        self._is_cycle_complete = dense.calendar_cycle_days <= seen_days
        self.is_started = self.has_row.any(axis=1)
        self.origin = np.where(
            self.is_started, cutoff - np.argmax(self.has_row[:, ::-1], axis=1), 0
        )
        products = dense.keys["product_id"].to_numpy()
        self.level = fallback_level(
            self.scale[np.arange(len(products)), self.origin],
            self.demand,
            products,
            is_started=self.is_started,
        )

    @property
    def is_forecast(self) -> npt.NDArray[np.bool_]:
        """Series to forecast: started, and with a level to stand on."""
        return self.is_started & np.isfinite(self.level)

    def lag_features(self, series: Indices, periods: Indices) -> Floats:
        """Features known at the close of the given periods.

        Args:
            series: Rows of the panel, shape (n,).
            periods: Columns, shape (n,), none after the cutoff.

        Returns:
            `lag_` features, shape (n, columns); NaN where the panel has no row.

        Raises:
            ValueError: A period lies after the cutoff.
        """
        self._refuse_future(periods)
        return _rows(self._dense.lag, self._dense.row_of[series, periods])

    def static_features(self, series: Indices, periods: Indices) -> Floats:
        """Attributes of the series, read at the given periods.

        Args:
            series: Rows of the panel, shape (n,).
            periods: Columns, shape (n,), none after the cutoff.

        Returns:
            `static_` features, shape (n, columns).

        Raises:
            ValueError: A period lies after the cutoff.
        """
        self._refuse_future(periods)
        return _rows(self._dense.static, self._dense.row_of[series, periods])

    def known_features(
        self, series: Indices, periods: Indices, closes: Indices | None = None
    ) -> Floats:
        """Plans and signals for any period, as far ahead as each is known.

        Args:
            series: Rows of the panel, shape (n,).
            periods: Columns, shape (n,), before or after the cutoff.
            closes: Columns of the periods at whose close the features are read,
                shape (n,); the cutoff where left out.

        Returns:
            `known_` features, shape (n, columns); NaN where nothing is planned and
            where a signal does not reach that far beyond the close.

        Raises:
            ValueError: A close lies after the cutoff.
        """
        if closes is None:
            closes = np.full(len(periods), self.cutoff)
        self._refuse_future(closes)
        values = _rows(self._dense.known, self._dense.row_of[series, periods])
        values[(periods - closes)[:, None] > self._dense.known_reach] = np.nan
        return values

    @cached_property
    def signals(self) -> Floats:
        """What was known of each signal for each period of the past.

        Returns:
            Shape (series, cutoff + 1, signals), NaN where unknown: signals known
            ahead, in name order, at the period itself; then signals that are only
            observed, as of the close of the period.
        """
        rows = self._dense.row_of[:, : self.cutoff + 1]
        shape = (*rows.shape, -1)
        ahead = _rows(self._dense.known[:, self._dense.known_signals], rows.ravel())
        observed = _rows(self._dense.lag[:, self._dense.lag_signals], rows.ravel())
        return np.concatenate([ahead.reshape(shape), observed.reshape(shape)], axis=2)

    def signals_ahead(
        self, series: Indices, periods: Indices, closes: Indices
    ) -> Floats:
        """Signals for a period as known at the close of another.

        Args:
            series: Rows of the panel, shape (n,).
            periods: Columns of the targets, shape (n,).
            closes: Columns of the closes, shape (n,), none after the cutoff.

        Returns:
            Shape (n, signals), in the order of `signals`: those known ahead at the
            target, as far as they reach; those only observed as of the close.

        Raises:
            ValueError: A close lies after the cutoff.
        """
        known = self.known_features(series, periods, closes)
        lagged = self.lag_features(series, closes)
        return np.hstack(
            [known[:, self._dense.known_signals], lagged[:, self._dense.lag_signals]]
        )

    @property
    def signal_names(self) -> tuple[str, ...]:
        """Columns of the signals, in the order of `signals`."""
        known, lagged = self._dense.names["known_"], self._dense.names["lag_"]
        return (
            *(known[column] for column in self._dense.known_signals),
            *(lagged[column] for column in self._dense.lag_signals),
        )

    @property
    def n_signals_ahead(self) -> int:
        """How many of the signals are known ahead."""
        return len(self._dense.known_signals)

    def dates_ahead(self) -> npt.NDArray[np.datetime64]:
        """First days of the periods to forecast.

        Returns:
            Dates, shape (horizon,).
        """
        return self._dense.period_dates[
            self.cutoff + 1 : self.cutoff + 1 + self.horizon
        ]

    def calendar_features(self, periods: Indices) -> Floats:
        """Calendar of any period.

        Args:
            periods: Columns, shape (n,), before or after the cutoff.

        Returns:
            `calendar_` features, shape (n, columns), without those whose cycle the
            history up to the cutoff has not once come round: a few weeks teach
            nothing of the year, and a line drawn through them ends up anywhere.
        """
        return self._dense.calendar[periods][:, self._is_cycle_complete]

    def feature_names(self, prefix: str) -> tuple[str, ...]:
        """Names of the features of a prefix, in the order of their columns.

        Args:
            prefix: `lag_`, `static_`, `known_` or `calendar_`.

        Returns:
            As many names as the method that reads the features returns columns.
        """
        names = self._dense.names[prefix]
        if prefix != "calendar_":
            return names
        return tuple(np.array(names, dtype=object)[self._is_cycle_complete])

    def generator(self, seed: int) -> np.random.Generator:
        """Random numbers of this cutoff, the same whatever other folds run.

        Args:
            seed: Seed of the run, zero or more.

        Returns:
            A generator that depends on the seed and on the cutoff only.
        """
        return np.random.default_rng([seed, self.cutoff_index % 2**32])

    def _refuse_future(self, periods: Indices) -> None:
        if periods.size and periods.max() > self.cutoff:
            raise ValueError(
                f"period {int(periods.max()) + self._dense.first_index} lies after "
                f"the cutoff {self.cutoff_index}"
            )


def run(
    panel: Panel,
    calendar: pd.DataFrame,
    cutoffs: pd.DataFrame,
    horizon: int,
    models: Mapping[str, Learner],
) -> pd.DataFrame:
    """Forecast every cutoff with every model and lay out the rows.

    A large panel comes in parts of whole series. At each cutoff a learner is shown
    the first part, and the model it returns forecasts all parts, one in memory at a
    time. Parts are drawn by a hash of the ids, so the first is a fair sample.

    A value that a model leaves NaN is replaced by the level of the series.
    Negative values become zero. Series that have no row at or before the cutoff,
    or of which nothing at all is known, are not forecast.

    Args:
        panel: One row per `location_id`, `product_id` and `period_index`, history
            and future: `period_date`, `demand_units` (null is unknown, never
            zero), `scale_units`, `weight_value`, features with the prefixes
            `lag_`, `known_` and `static_`, and `category`, which may be absent. A
            column `known_NAME` with a companion `reach_NAME` is known that many
            periods after a close only. Or a sequence of functions, each of which
            reads one part of it.
        calendar: One row per `period_index`, consecutive: `period_date` and
            features with the prefix `calendar_`.
        cutoffs: One row per fold: `cutoff_index`, `cutoff_date`, `fold_role`.
        horizon: Number of periods H to forecast, one or more.
        models: For each model name a learner: a function of the `History` to learn
            from that returns a model, a function of a `History` that returns units
            of shape (series, H) or `Forecasts`.

    Returns:
        One row per series, cutoff, model and step 1..H, with the columns of
        `OUTPUT_SCHEMA`, ordered by part, ids, cutoff, model and step; empty and
        typed where there is nothing to forecast.

    Raises:
        KeyError: A column is missing.
        ValueError: An input breaks its contract; see `read`.
    """
    parts = [lambda: panel] if isinstance(panel, pd.DataFrame) else panel
    folds = cutoffs.assign(
        cutoff_date=pd.to_datetime(cutoffs["cutoff_date"])
    ).sort_values("cutoff_index", ignore_index=True)
    learned: dict[tuple[int, str], Model] = {}
    pieces = []
    for part in parts:
        dense = read(part(), calendar, cutoffs, horizon)
        rows = _forecast_part(dense, folds, horizon, models, learned)
        if rows is not None:
            pieces.append(rows)
    if not pieces:
        return frames.empty(OUTPUT_SCHEMA)
    return pd.concat(pieces, ignore_index=True)


def _forecast_part(
    dense: DensePanel,
    folds: pd.DataFrame,
    horizon: int,
    models: Mapping[str, Learner],
    learned: dict[tuple[int, str], Model],
) -> pd.DataFrame | None:
    """Rows of one part; a model not yet learned at a cutoff is learned from it."""
    names = sorted(models)
    pieces = []
    for fold, cutoff_index in enumerate(folds["cutoff_index"]):
        cutoff = int(cutoff_index) - dense.first_index
        if cutoff < 0 or dense.keys.empty:
            continue
        history = History(dense, cutoff, horizon)
        if not history.is_forecast.any():
            continue
        for rank, name in enumerate(names):
            if (fold, name) not in learned:
                learned[fold, name] = models[name](history)
            units, is_fallback = complete(history, name, learned[fold, name](history))
            series, steps = np.indices(units.shape)
            pieces.append(
                pd.DataFrame(
                    {
                        "series": np.flatnonzero(history.is_forecast)[series.ravel()],
                        "fold": fold,
                        "model": rank,
                        "horizon": steps.ravel() + 1,
                        "target": cutoff + 1 + steps.ravel(),
                        "forecast_units": units.ravel(),
                        "is_fallback": is_fallback.ravel(),
                    }
                )
            )
    if not pieces:
        return None
    rows = pd.concat(pieces, ignore_index=True)
    rows = rows.sort_values(["series", "fold", "model", "horizon"], ignore_index=True)
    return pd.DataFrame(
        {
            "location_id": dense.keys["location_id"].to_numpy()[rows["series"]],
            "product_id": dense.keys["product_id"].to_numpy()[rows["series"]],
            "cutoff_date": folds["cutoff_date"].to_numpy()[rows["fold"]],
            "forecast_date": dense.period_dates[rows["target"]],
            "horizon": rows["horizon"].astype(np.int32),
            "model": np.array(names, dtype=object)[rows["model"]],
            "forecast_units": rows["forecast_units"],
            "is_fallback": rows["is_fallback"],
        }
    )


def read(
    panel: pd.DataFrame, calendar: pd.DataFrame, cutoffs: pd.DataFrame, horizon: int
) -> DensePanel:
    """Check the inputs and lay the panel out as arrays.

    Args:
        panel: See `run`. Rows in any order.
        calendar: See `run`. Rows in any order.
        cutoffs: See `run`.
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
        names={
            "lag_": _names(panel, "lag_"),
            "static_": _names(panel, "static_"),
            "known_": _names(panel, "known_"),
            "calendar_": _names(calendar, "calendar_"),
        },
    )


def check_features(columns: list[str]) -> None:
    """Refuse features that claim to be known ahead but name an outcome.

    Args:
        columns: Column names of the panel and of the calendar. Only the prefixes
            `known_`, `calendar_` and `static_` are judged: other columns are
            never read for a period after the cutoff.

    Raises:
        ValueError: A column names an outcome.

    Examples:
        >>> check_features(["known_promotion_share", "lag_revenue_mean"])
        >>> check_features(["known_sales_dollars"])
        Traceback (most recent call last):
        ValueError: not known before the period closes: ['known_sales_dollars']
    """
    banned = {
        "known_": PERIOD_OUTCOME_WORDS,
        "calendar_": PERIOD_OUTCOME_WORDS,
        "static_": OUTCOME_WORDS,
    }
    leaks = [
        column
        for column in columns
        for prefix, words in banned.items()
        if column.startswith(prefix)
        and words & set(column.removeprefix(prefix).lower().split("_"))
    ]
    if leaks:
        raise ValueError(f"not known before the period closes: {leaks}")


def target_copies(panel: pd.DataFrame, *, limit: float = 0.99) -> list[str]:
    """Find features known ahead that follow the demand of their own period.

    A name can hide what a column is; its values cannot. A plan explains a part of
    demand, never all of it, so a correlation near one is a copy of the target.

    Args:
        panel: See `run`.
        limit: Absolute correlation from which a column is reported, in (0, 1].

    Returns:
        Names of the `known_` and `static_` columns at or above the limit, judged
        on ten rows or more, raw and divided by `scale_units`.

    Raises:
        ValueError: The limit is outside (0, 1].
    """
    if not 0 < limit <= 1:
        raise ValueError(f"limit must be in (0, 1], got {limit}")
    demand = frames.floats(panel, "demand_units")
    scale = frames.floats(panel, "scale_units")
    scaled = np.divide(demand, scale, out=np.full_like(demand, np.nan), where=scale > 0)
    found = []
    for column in panel.columns:
        if column.startswith(("known_", "static_")):
            values = frames.floats(panel, column)
            strength = max(_correlation(values, demand), _correlation(values, scaled))
            if strength >= limit:
                found.append(column)
    return found


def fallback_level(
    scale: Floats,
    demand: Floats,
    products: npt.NDArray[np.object_],
    *,
    is_started: npt.NDArray[np.bool_],
) -> Floats:
    """Units per period of each series, from the most specific source there is.

    In this order: the scale of the series, the mean of its own known demand, the
    mean level of the same product elsewhere, the mean level of all series. New
    series thus start at their product's level instead of at zero.

    Args:
        scale: Scale of each series at its last row, shape (series,); NaN where
            unknown.
        demand: Known demand, shape (series, periods), NaN where unknown.
        products: Product of each series, shape (series,).
        is_started: Series that may lend their level, shape (series,).

    Returns:
        Level, shape (series,), zero or more; NaN where nothing is known at all.

    Examples:
        The second shop has never had product A on its shelf:

        >>> fallback_level(
        ...     np.array([4.0, np.nan, np.nan]),
        ...     np.array([[4.0, 4.0], [np.nan, np.nan], [1.0, 2.0]]),
        ...     np.array(["A", "A", "B"], dtype=object),
        ...     is_started=np.array([True, True, True]),
        ... ).tolist()
        [4.0, 4.0, 1.5]
    """
    known = np.isfinite(demand)
    counts = known.sum(axis=1)
    means = np.divide(
        np.where(known, demand, 0.0).sum(axis=1),
        counts,
        out=np.full(len(scale), np.nan),
        where=counts > 0,
    )
    own = np.maximum(np.where(np.isfinite(scale), scale, means), 0.0)
    lent = pd.Series(np.where(is_started, own, np.nan))
    of_product = lent.groupby(products).transform("mean").to_numpy()
    return np.where(
        np.isfinite(own),
        own,
        np.where(np.isfinite(of_product), of_product, lent.mean()),
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


def _rows(table: Floats, rows: npt.NDArray[np.int64]) -> Floats:
    """Rows of a table, NaN for the row -1."""
    if not len(table):
        return np.full((len(rows), table.shape[1]), np.nan)
    values = table[rows]
    values[rows < 0] = np.nan
    return values


def _correlation(first: Floats, second: Floats) -> float:
    """Absolute correlation over rows where both are known; zero if there is none."""
    both = np.isfinite(first) & np.isfinite(second)
    if both.sum() < 10:
        return 0.0
    first, second = first[both], second[both]
    if np.ptp(first) == 0 or np.ptp(second) == 0:
        return 0.0
    return float(abs(np.corrcoef(first, second)[0, 1]))


def complete(
    history: History, model: str, result: Floats | Forecasts
) -> tuple[Floats, npt.NDArray[np.bool_]]:
    """Check a model's array; fill, floor and keep the series to forecast.

    Args:
        history: What the model was asked about.
        model: Its name, for messages.
        result: What it said.

    Returns:
        Units per period of the series with `History.is_forecast`, shape (n, horizon),
        and whether each comes from a simpler method, of the same shape.

    Raises:
        ValueError: The shape is wrong or a forecast is infinite.
    """
    if isinstance(result, Forecasts):
        units, is_fallback = result
    else:
        units, is_fallback = result, np.zeros(len(result), dtype=bool)
    expected = (len(history.level), history.horizon)
    if units.shape != expected:
        raise ValueError(f"{model} returned shape {units.shape}, expected {expected}")
    is_missing = np.isnan(units)
    filled = np.where(is_missing, history.level[:, None], units)
    filled = filled[history.is_forecast]
    if not np.isfinite(filled).all():
        raise ValueError(f"{model} returned an infinite forecast")
    flags = (is_missing | is_fallback[:, None])[history.is_forecast]
    return np.maximum(filled, 0.0), flags
