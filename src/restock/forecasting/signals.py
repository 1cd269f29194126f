r"""Signals: weather, indices, sentiment and what each does to each series.

A hot week sells ice cream and no umbrellas, so the value of a signal says little to a
model that learns from all series together. What says more is the *effect*: how the
series answered the signal up to the close, times how far the signal will be from its
recent mean. With

.. math:: x_t = s_t - \bar s_{t-1}, \qquad y_t = \frac{d_t}{\bar d_{t-1}} - 1

(means over the last `RECENT_PERIODS` periods before t), the answer of series i as of
close t is a ridge regression through the origin on everything up to t, drawn towards
the answer of its category, which is drawn towards zero:

.. math:: b_{it} = \frac{\sum_{u \le t} x_u y_u + k\,b_{ct}\,\overline{x^2}}
                        {\sum_{u \le t} x_u^2 + k\,\overline{x^2}}

Differences from the recent past take the season out of both sides, so two years of
history are not needed to tell a warm week from a week in summer.

A signal known ahead enters at the target, and no further beyond a close than the live
run would know it. One that is only observed enters as of the close, and its answer is
the one of the period after.

References:
    Efron and Morris, Data analysis using Stein's estimator and its generalizations,
    Journal of the American Statistical Association 70, 1975 (shrinkage).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
import pandas as pd

from restock.forecasting.dense_panel import HIDES, KEYS
from restock.forecasting.history import History
from restock.forecasting.known_means import trailing_mean
from restock.forecasting.leakage import PERIOD_OUTCOME_WORDS
from restock.statistics.arrays import Floats, Indices

RECENT_PERIODS = 8

# Periods of its own that a series must show to count as much as its category, and a
# category to count as much as no effect at all.
SERIES_PRIOR_PERIODS = 13.0
CATEGORY_PRIOR_PERIODS = 26.0

# A ratio this far from one is a launch or a stock-out, not the weather.
LARGEST_CHANGE = 3.0

# What the panel and the calendar hold anyway, by the columns it is made of.
BUILT_IN: Mapping[str, tuple[str, ...]] = {
    "promotions": ("known_promotion_share", "known_discount_rate"),
    "holidays": (
        "calendar_holiday_days",
        "calendar_days_before_holiday",
        "calendar_days_to_holiday",
        "calendar_days_since_holiday",
    ),
}

SIGNAL_COLUMNS = [
    "signal",
    "location_id",
    "period_index",
    "period_value",
    "observed_value",
    "reach_periods",
]


def effects(
    history: History, series: Indices, closes: Indices, steps: Indices
) -> Floats:
    """Expected change of demand that each signal brings, as a ratio.

    Args:
        history: What is known at the cutoff.
        series: Rows of the panel, shape (n,).
        closes: Columns of the last closed period, shape (n,), none after the cutoff.
        steps: Periods from the close to the target, shape (n,), one or more.

    Returns:
        Shape (n, signals), in the order of `History.signals`; NaN where the signal
        or its recent mean is unknown at the close.

    Raises:
        ValueError: A close lies after the cutoff.
    """
    seen = history.signals
    if not seen.shape[2]:
        return np.empty((len(series), 0))
    ahead = history.signals_ahead(series, closes + steps, closes)
    columns = []
    for number in range(seen.shape[2]):
        is_ahead = number < history.n_signals_ahead
        slopes = responses(history, number)[series, closes]
        recent = recent_mean(seen[:, :, number])
        if is_ahead:
            usual = recent[series, closes]
        else:
            usual = np.where(
                closes > 0, recent[series, np.maximum(closes - 1, 0)], np.nan
            )
        columns.append(slopes * (ahead[:, number] - usual))
    return np.column_stack(columns)


def responses(history: History, number: int) -> Floats:
    """Answer of each series to a signal as of each close.

    Args:
        history: What is known at the cutoff.
        number: Which signal, in the order of `History.signals`.

    Returns:
        Change of demand as a ratio per unit of the signal, shape
        (series, cutoff + 1).
    """
    values = history.signals[:, :, number]
    change = _after(values - _before(recent_mean(values)), history, number)
    usual = _before(recent_mean(history.demand))
    ratio = np.divide(
        history.demand,
        usual,
        out=np.full_like(usual, np.nan),
        where=usual > 0,
    )
    answer = np.clip(ratio - 1, -1.0, LARGEST_CHANGE)
    both = np.isfinite(change) & np.isfinite(answer)
    x = np.where(both, change, 0.0)
    products = np.cumsum(x * np.where(both, answer, 0.0), axis=1)
    squares = np.cumsum(x * x, axis=1)
    counts = np.cumsum(both, axis=1)

    # As of each close, never over the whole history.
    total = counts.sum(axis=0)
    spread = np.divide(
        squares.sum(axis=0), total, out=np.zeros(len(total)), where=total > 0
    )
    group = pd.factorize(history.keys["category"])[0]
    of_category = np.zeros((group.max(initial=0) + 1, len(total)))
    in_category = np.zeros_like(of_category)
    np.add.at(of_category, group, products)
    np.add.at(in_category, group, squares)
    prior = CATEGORY_PRIOR_PERIODS * spread
    category = _ratio(of_category, in_category + prior)
    prior = SERIES_PRIOR_PERIODS * spread
    return _ratio(products + prior * category[group], squares + prior)


def recent_mean(values: Floats) -> Floats:
    """Mean of the known values among the last `RECENT_PERIODS`, itself included.

    Args:
        values: Shape (series, periods), NaN where unknown.

    Returns:
        Shape (series, periods); NaN where fewer than half of them are known.
    """
    return trailing_mean(values, window=RECENT_PERIODS, least=RECENT_PERIODS / 2)


def with_signals(
    part: Callable[[], pd.DataFrame], signals: pd.DataFrame
) -> Callable[[], pd.DataFrame]:
    """Reader of a part of the panel that adds the signals as columns.

    Args:
        part: Function that reads the part.
        signals: One row per signal, location and period: `SIGNAL_COLUMNS`. A
            signal with `reach_periods` above zero is known that many periods
            ahead; others enter as observed at the close.

    Returns:
        Function that reads the part with `known_signal_NAME` and
        `reach_signal_NAME`, or `lag_signal_NAME`, for each signal.

    Raises:
        KeyError: A column is missing.
        ValueError: A signal is named after an outcome or a built-in one.
    """
    missing = [name for name in SIGNAL_COLUMNS if name not in signals.columns]
    if missing:
        raise KeyError(f"signals lack the columns {missing}")
    if signals.empty:
        return part
    check_names(sorted(signals["signal"].unique()))

    def read() -> pd.DataFrame:
        panel = part()
        for name, rows in signals.groupby("signal", sort=True):
            reach = int(rows["reach_periods"].iloc[0])
            column = f"known_signal_{name}" if reach else f"lag_signal_{name}"
            source = "period_value" if reach else "observed_value"
            values = rows[["location_id", "period_index", source]]
            panel = panel.merge(
                values.rename(columns={source: column}),
                on=["location_id", "period_index"],
                how="left",
                validate="many_to_one",
            )
            if reach:
                panel[f"reach_signal_{name}"] = float(reach)
        return panel

    return read


def hiding(
    part: Callable[[], pd.DataFrame], hidden: pd.DataFrame
) -> Callable[[], pd.DataFrame]:
    """Reader of a part of the panel that hides signals where they do not pay.

    Args:
        part: Function that reads the part, signals included.
        hidden: One row per `signal`, `location_id` and `product_id` that is not shown
            it; without a location no series is.

    Returns:
        Function that reads the part: columns of a signal are unknown in the series
        that are not shown it, and left out where none is. What lies in the calendar
        is marked by a column `hides_NAME` instead.
    """
    if hidden.empty:
        return part

    def read() -> pd.DataFrame:
        panel = part()
        for name, pairs in hidden.groupby("signal", sort=True):
            own = _columns_of(str(name))
            present = [column for column in own if column in panel]
            if pairs["location_id"].isna().any():
                panel = panel.drop(columns=present)
                continue
            shown = (
                panel[KEYS]
                .merge(
                    pairs[KEYS],
                    on=KEYS,
                    how="left",
                    indicator=True,
                    validate="many_to_one",
                )["_merge"]
                .eq("left_only")
            )
            is_shown = shown.to_numpy()
            masked = {column: panel[column].where(is_shown) for column in present}
            marked = {
                f"{HIDES}{column}": ~is_shown
                for column in own
                if column.startswith("calendar_")
            }
            panel = panel.assign(**masked, **marked)
        return panel

    return read


def without_hidden(calendar: pd.DataFrame, hidden: pd.DataFrame) -> pd.DataFrame:
    """Calendar without the signals that no series is shown.

    Args:
        calendar: The calendar of the panel.
        hidden: See `hiding`.

    Returns:
        The calendar, less columns.
    """
    nowhere = hidden.loc[hidden["location_id"].isna(), "signal"]
    gone = [column for name in nowhere for column in _columns_of(str(name))]
    return calendar.drop(columns=gone, errors="ignore")


def check_names(names: list[str]) -> None:
    """Refuse signals named after an outcome, copies of the target, or a built-in one.

    Args:
        names: Names of signals.

    Raises:
        ValueError: A name holds a word of `leakage.PERIOD_OUTCOME_WORDS`, or is one
            of `BUILT_IN`.

    Examples:
        >>> check_names(["temperature_c"])
        >>> check_names(["footfall_sales"])
        Traceback (most recent call last):
        ValueError: signals named after an outcome, which only closes with the \
period: ['footfall_sales']. Rename what is known ahead; leave out what is not.
    """
    taken = [name for name in names if name in BUILT_IN]
    if taken:
        raise ValueError(f"signals named as what is built in: {taken}. Rename them.")
    leaks = [
        name for name in names if PERIOD_OUTCOME_WORDS & set(name.lower().split("_"))
    ]
    if leaks:
        raise ValueError(
            "signals named after an outcome, which only closes with the period: "
            f"{leaks}. Rename what is known ahead; leave out what is not."
        )


def _columns_of(name: str) -> tuple[str, ...]:
    """Columns of the panel or the calendar that a signal enters by."""
    own = (f"known_signal_{name}", f"lag_signal_{name}")
    return BUILT_IN.get(name, own)


def _after(change: Floats, history: History, number: int) -> Floats:
    """Change that a period answers to: its own, or that of the close before."""
    return change if number < history.n_signals_ahead else _before(change)


def _before(values: Floats) -> Floats:
    """Values one period later: what was known before the period."""
    moved = np.full_like(values, np.nan)
    moved[:, 1:] = values[:, :-1]
    return moved


def _ratio(numerator: Floats, denominator: Floats) -> Floats:
    return np.divide(
        numerator, denominator, out=np.zeros_like(numerator), where=denominator > 0
    )
