"""What a forecaster may see: everything up to a cutoff, and what is known ahead.

A `History` holds array slices that end at the cutoff, so a later demand, scale or
weight cannot be reached by a wrong index, and it refuses to read `lag_` features of a
row after the cutoff. Of later periods only `known_` and `calendar_` columns can be
read, and `leakage.check_features` refuses those whose names say that they are outcomes.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from functools import cached_property
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt
import pandas as pd

from restock.forecasting.dense_panel import DensePanel
from restock.statistics.arrays import Floats, Indices

Made = TypeVar("Made")


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
        memo: What was worked out from this history and several models need.
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
        self.memo: dict[tuple[Any, ...], Any] = {}
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

    def latest(self, name: str, key: Hashable, make: Callable[[], Made]) -> Made:
        """Make something large, or hand out what was made last under the name.

        One of a name is kept: models of a cutoff run one after another, and most ask
        for what the one before asked for.

        Args:
            name: What it is.
            key: What it depends on beside the history.
            make: Function that makes it.

        Returns:
            What `make` returns, which nobody may change.
        """
        kept = self.memo.get((name,))
        if kept is None or kept[0] != key:
            kept = self.memo[(name,)] = (key, make())
        return kept[1]

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

    def calendar_features(
        self, periods: Indices, series: Indices | None = None
    ) -> Floats:
        """Calendar of any period.

        Args:
            periods: Columns, shape (n,), before or after the cutoff.
            series: Rows of the panel, shape (n,), where what a series is not shown
                is to be NaN.

        Returns:
            `calendar_` features, shape (n, columns), without those whose cycle the
            history up to the cutoff has not once come round: a few weeks teach
            nothing of the year, and a line drawn through them ends up anywhere.
        """
        values = self._dense.calendar[periods]
        if series is not None and self._dense.calendar_hidden.any():
            values[self._dense.calendar_hidden[series]] = np.nan
        return values[:, self._is_cycle_complete]

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


def _rows(table: Floats, rows: npt.NDArray[np.int64]) -> Floats:
    """Rows of a table, NaN for the row -1."""
    if not len(table):
        return np.full((len(rows), table.shape[1]), np.nan)
    values = table[rows]
    values[rows < 0] = np.nan
    return values
