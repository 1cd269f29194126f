"""Windows of a series for a network: gaps filled, scaled, no target past the cutoff."""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np

from restock.forecasting.history import History
from restock.forecasting.known_means import filled, trailing_mean
from restock.forecasting.seasonal_index import SeasonalIndex, TrainingSeason
from restock.statistics.arrays import Floats, Indices

# A window's own mean is its scale, but never less than this share of the scale of the
# year: a window that happens to be empty must not blow its target up.
LOWEST_SCALE_SHARE = 0.2

# Targets above this many times the scale say nothing of the usual.
HIGHEST_RATIO = 10.0


@dataclass(frozen=True)
class Windows:
    """Sequences with what followed them.

    Attributes:
        inputs: log(1 + level over scale), shape (windows, length).
        scale: Deseasonalised units per period, shape (windows,), above zero.
        target: Mean of the periods that followed over scale, shape (windows,); NaN
            where fewer than half of them are known.
        series: Row of the panel, shape (windows,).
        close: Column of the last period of each window, shape (windows,).
    """

    inputs: Floats
    scale: Floats
    target: Floats
    series: Indices
    close: Indices


def levels(history: History, season: SeasonalIndex) -> Floats:
    """Deseasonalised demand up to the cutoff.

    Args:
        history: What is known at the cutoff.
        season: Pooled seasonal index, learned at the cutoff.

    Returns:
        Units per period, shape (series, periods), NaN where unknown.
    """
    return season.deseasonalised(history)


def windows_at(
    level: Floats, series: Indices, close: Indices, *, length: int, ahead: int
) -> Windows:
    """Cut windows that end at given periods.

    A missing period is filled with the mean of those before it (`filled`);
    what lies before a series began is zero. Targets use known periods only.

    Args:
        level: Deseasonalised demand, shape (series, periods), NaN where unknown.
        series: Rows, shape (n,).
        close: Columns of the last period of each window, shape (n,).
        length: Periods in a window, one or more.
        ahead: Periods whose mean is the target, one or more.

    Returns:
        The windows.

    Raises:
        ValueError: A length is below one.

    Examples:
        >>> level = np.array([[2.0, np.nan, 4.0, 8.0]])
        >>> one = windows_at(
        ...     level, np.array([0]), np.array([2]), length=3, ahead=1
        ... )
        >>> one.scale.round(2).tolist(), one.target.round(2).tolist()
        ([2.67], [3.0])
    """
    if length < 1 or ahead < 1:
        raise ValueError(f"length and ahead must be 1 or more, got {length}, {ahead}")
    n_periods = level.shape[1]
    complete = np.nan_to_num(filled(level))
    padded = np.hstack([np.zeros((len(level), length)), complete])
    columns = close[:, None] + 1 + np.arange(length)[None, :]
    values = padded[series[:, None], columns]
    usual = np.nan_to_num(trailing_mean(level, window=max(n_periods, 1)))[series, close]
    scale = np.maximum(values.mean(axis=1), LOWEST_SCALE_SHARE * usual)
    scale = np.where(scale > 0, scale, 1.0)
    future = close[:, None] + 1 + np.arange(ahead)[None, :]
    is_inside = future < n_periods
    following = np.where(
        is_inside, level[series[:, None], np.minimum(future, n_periods - 1)], np.nan
    )
    known = np.isfinite(following)
    count = known.sum(axis=1)
    mean = np.divide(
        np.where(known, following, 0.0).sum(axis=1),
        count,
        out=np.full(len(series), np.nan),
        where=(count >= ahead / 2) & is_inside.all(axis=1),
    )
    return Windows(
        inputs=np.log1p(values / scale[:, None]),
        scale=scale,
        target=np.minimum(mean / scale, HIGHEST_RATIO),
        series=series,
        close=close,
    )


def training_windows(
    history: History,
    season: TrainingSeason,
    *,
    length: int,
    ahead: int,
    max_windows: int,
    seed: int,
) -> Windows:
    """Draw the windows that a network may learn from at a cutoff.

    A window that ends at t is legal when t + ahead is at or before the cutoff (the
    embargo), half of its periods lie after the series began, it holds a sale, and
    its target is known. Its season is the one learned without its target.

    Args:
        history: What is known at the cutoff.
        season: Pooled seasonal indices, learned at the cutoff for targets of `ahead`.
        length: Periods in a window.
        ahead: Periods whose mean is the target.
        max_windows: Cap on the number of windows, one or more.
        seed: Seed of the draw.

    Returns:
        Legal windows in the order of their close.
    """
    known = np.isfinite(history.demand)
    n_periods = known.shape[1]
    began = np.where(known.any(axis=1), np.argmax(known, axis=1), n_periods)
    closes = np.arange(n_periods)
    can_close = (closes[None, :] >= began[:, None] + length // 2) & (
        closes[None, :] + ahead < n_periods
    )
    series, close = np.nonzero(can_close)
    if len(series) > 4 * max_windows:
        # Not all of a large panel is cut before the draw.
        drawn = history.generator(seed).choice(len(series), 4 * max_windows, False)
        series, close = series[np.sort(drawn)], close[np.sort(drawn)]
    found = _in_their_seasons(
        history, season, series, close, length=length, ahead=ahead
    )
    legal = np.flatnonzero(np.isfinite(found.target) & (found.inputs.max(axis=1) > 0))
    if len(legal) > max_windows:
        legal = history.generator(seed + 1).choice(legal, max_windows, False)
    order = legal[np.lexsort((found.series[legal], found.close[legal]))]
    return Windows(
        inputs=found.inputs[order],
        scale=found.scale[order],
        target=found.target[order],
        series=found.series[order],
        close=found.close[order],
    )


def _in_their_seasons(
    history: History,
    season: TrainingSeason,
    series: Indices,
    close: Indices,
    *,
    length: int,
    ahead: int,
) -> Windows:
    """Windows, each deseasonalised by the index of the span of its target."""
    span = season.span_of(close + 1)
    order = np.argsort(span, kind="stable")
    cut = [
        windows_at(
            levels(history, season.indices[found]),
            series[span == found],
            close[span == found],
            length=length,
            ahead=ahead,
        )
        for found in np.unique(span)
    ]
    if not cut:
        level = history.demand
        return windows_at(level, series, close, length=length, ahead=ahead)
    back = np.argsort(order)
    return Windows(
        **{
            field.name: np.concatenate([getattr(part, field.name) for part in cut])[
                back
            ]
            for field in fields(Windows)
        }
    )
