"""What every forecaster shares: how it is asked, and the rows it gives.

A family of models is one module with a function
`forecast(panel, calendar, cutoffs, horizon, *, seed, ...)`. It hands `run` one
learner per model: a function of the `History` to learn from that returns a model, a
function of a `History` that returns forecasts; reading,
checking, hiding the future, falling back and laying out rows happen here, once.
A backtest and the live run are the same call with other rows in `cutoffs`.

`dense_panel` reads and checks the inputs; `history` is the wall at the cutoff.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa

from restock import frames
from restock.forecasting.dense_panel import read
from restock.forecasting.history import History
from restock.statistics.arrays import Floats

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


Model = Callable[[History], Floats | Forecasts]
Learner = Callable[[History], Model]


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
        ValueError: An input breaks its contract; see `dense_panel.read`.
    """
    pieces = []
    for said in by_part(panel, calendar, cutoffs, horizon, models):
        rows = [
            rows_of(of, name, of.units[name], of.is_fallback[name])
            for of in said
            for name in of.units
        ]
        if rows:
            pieces.append(
                pd.concat(rows, ignore_index=True).sort_values(
                    ["series", "fold", "model", "horizon"], ignore_index=True
                )[OUTPUT_SCHEMA.names]
            )
    if not pieces:
        return frames.empty(OUTPUT_SCHEMA)
    return pd.concat(pieces, ignore_index=True)


class Said(NamedTuple):
    """What models say of one part of the panel at one cutoff.

    Attributes:
        fold: Row of the cutoff, in order of `cutoff_index`.
        cutoff_date: Its date.
        history: What was known.
        units: By model, units per period of the series with `History.is_forecast`,
            shape (n, horizon).
        is_fallback: By model, whether each comes from a simpler method, same shape.
    """

    fold: int
    cutoff_date: pd.Timestamp
    history: History
    units: dict[str, Floats]
    is_fallback: dict[str, npt.NDArray[np.bool_]]


def by_part(
    panel: Panel,
    calendar: pd.DataFrame,
    cutoffs: pd.DataFrame,
    horizon: int,
    models: Mapping[str, Learner],
) -> Iterator[list[Said]]:
    """Forecast part by part; see `run` for the arguments.

    Yields:
        For each part what is said of it at each cutoff, cutoffs at which none of its
        series is forecast left out.
    """
    parts = [lambda: panel] if isinstance(panel, pd.DataFrame) else panel
    folds = cutoffs.assign(
        cutoff_date=pd.to_datetime(cutoffs["cutoff_date"])
    ).sort_values("cutoff_index", ignore_index=True)
    learned: dict[tuple[int, str], Model] = {}
    for part in parts:
        dense = read(part(), calendar, cutoffs, horizon)
        said = []
        for fold, cutoff_index in enumerate(folds["cutoff_index"]):
            cutoff = int(cutoff_index) - dense.first_index
            if cutoff < 0 or dense.keys.empty:
                continue
            history = History(dense, cutoff, horizon)
            if not history.is_forecast.any():
                continue
            units, flags = {}, {}
            for name in sorted(models):
                if (fold, name) not in learned:
                    learned[fold, name] = models[name](history)
                units[name], flags[name] = complete(
                    history, name, learned[fold, name](history)
                )
            said.append(Said(fold, folds["cutoff_date"][fold], history, units, flags))
        yield said


def rows_of(
    said: Said, name: str, units: Floats, is_fallback: npt.NDArray[np.bool_]
) -> pd.DataFrame:
    """Rows of `OUTPUT_SCHEMA` for one model of one cutoff, with what to sort by.

    Args:
        said: Part and cutoff.
        name: Name of the model.
        units: Of the series with `History.is_forecast`, shape (n, horizon); a row all
            NaN is left out.
        is_fallback: Same shape.

    Returns:
        The rows, with `series` (row of the panel) and `fold`.
    """
    kept = np.isfinite(units[:, 0])
    at = np.flatnonzero(said.history.is_forecast)[kept]
    series = np.repeat(at, units.shape[1])
    horizon = np.tile(np.arange(1, units.shape[1] + 1, dtype=np.int32), len(at))
    keys = said.history.keys
    return pd.DataFrame(
        {
            "series": series,
            "fold": said.fold,
            "location_id": keys["location_id"].to_numpy()[series],
            "product_id": keys["product_id"].to_numpy()[series],
            "cutoff_date": said.cutoff_date,
            "forecast_date": said.history.dates_ahead()[horizon - 1],
            "horizon": horizon,
            "model": name,
            "forecast_units": units[kept].ravel(),
            "is_fallback": is_fallback[kept].ravel(),
        }
    )


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
