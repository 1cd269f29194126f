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

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa

from restock import frames
from restock.forecasting.dense_panel import DensePanel, read
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
