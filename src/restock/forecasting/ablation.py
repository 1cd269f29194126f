"""What a signal is worth: the same small model with it and without it.

A signal that is not yet used is added to the model that has none; what is in the panel
and the calendar anyway, promotions and holidays, is taken out. One model, so that the
difference is the signal's and not the model's; small, so that it can run at every
build. Only folds before the first test cutoff have a say, and of those only targets
that were known by then.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

import numpy as np
import pandas as pd
import pyarrow as pa

from restock import frames
from restock.forecasting import boosting, dense_panel, protocol, signals
from restock.forecasting.dense_panel import KEYS
from restock.forecasting.history import History

OUTPUT_SCHEMA = pa.schema(
    [
        ("signal", pa.string()),
        ("location_id", pa.string()),
        ("product_id", pa.string()),
        ("cutoff_date", pa.date32()),
        ("forecast_date", pa.date32()),
        ("horizon", pa.int32()),
        ("forecast_without_units", pa.float64()),
        ("forecast_with_units", pa.float64()),
        ("is_touched", pa.bool_()),
    ]
)

BUILT_IN = signals.BUILT_IN

# Share of series, those that answered most up to the cutoff, that a signal touches.
TOUCHED_SHARE = 0.2

# Small, and without draws of rows or columns: less noise between two variants.
SMALL_TREES = {
    "objective": "regression",
    "bucket_ends": (),
    "n_trees": 80,
    "n_leaves": 15,
    "feature_share": 1.0,
    "row_share": 1.0,
}

# Variant that has what is built in and no signal.
BASE = "base"

_ROW = [*KEYS, "cutoff_date", "forecast_date", "horizon"]

Part = Callable[[], pd.DataFrame]


def ablate(
    panel: Sequence[Part],
    calendar: pd.DataFrame,
    cutoffs: pd.DataFrame,
    horizon: int,
    signal_rows: pd.DataFrame,
    *,
    seed: int,
    season_length: int,
    max_rows: int = 20_000,
) -> pd.DataFrame:
    """Forecast with and without each signal.

    Args:
        panel: Functions that read the parts; the first, a fair sample, is used.
        calendar: See `protocol.run`.
        cutoffs: See `protocol.run`; live and test folds are left out.
        horizon: Steps to forecast. Periods, from 1.
        signal_rows: See `signals.with_signals`.
        seed: Seed of the draw of training rows, zero or more.
        season_length: Periods in a season.
        max_rows: Cap on training rows per cutoff.

    Returns:
        Rows of `OUTPUT_SCHEMA`; none with a target after the first test cutoff.

    Raises:
        KeyError: A column is missing.
        ValueError: An input breaks its contract; see `dense_panel.read`.
    """
    folds = cutoffs[cutoffs["fold_role"].isin(["calib", "select"])]
    part = panel[0]()
    if folds.empty or part.empty:
        return frames.empty(OUTPUT_SCHEMA)

    outside = sorted(signal_rows["signal"].unique())
    every_signal = frozenset().union(*map(_columns_of, outside))
    hidden = {BASE: every_signal}
    hidden |= {name: every_signal.union(BUILT_IN[name]) for name in BUILT_IN}
    hidden |= {f"signal {name}": every_signal - _columns_of(name) for name in outside}
    part = signals.with_signals(lambda: part, signal_rows)()
    grow = partial(
        boosting.grow,
        **SMALL_TREES,
        seed=seed,
        season_length=season_length,
        max_rows=max_rows,
    )
    learners = {name: partial(grow, without=left) for name, left in hidden.items()}
    rows = protocol.run(part, calendar, folds, horizon, learners)
    forecasts = {
        name: rows[rows["model"] == name].set_index(_ROW)["forecast_units"]
        for name in hidden
    }
    pieces = [
        _paired(
            name,
            without=forecasts[name],
            with_it=forecasts[BASE],
            touched=_planned(part, calendar, columns[:2]),
        )
        for name, columns in BUILT_IN.items()
    ]
    responsive = _responsive(part, calendar, folds, horizon)
    pieces += [
        _paired(
            name,
            without=forecasts[BASE],
            with_it=forecasts[f"signal {name}"],
            touched=responsive[name],
        )
        for name in outside
    ]
    result = pd.concat(pieces, ignore_index=True)
    is_test = cutoffs["fold_role"] == "test"
    if is_test.any():
        first_test = cutoffs.loc[is_test, "cutoff_index"].min()
        dates = calendar.set_index("period_index")["period_date"]
        last_target = pd.to_datetime(dates.loc[first_test])
        result = result[pd.to_datetime(result["forecast_date"]) <= last_target]
    return result[OUTPUT_SCHEMA.names].reset_index(drop=True)


def _columns_of(signal: str) -> frozenset[str]:
    """Features that a signal may enter by."""
    return frozenset(
        f"{prefix}signal_{signal}"
        for prefix in ("known_", "lag_", "effect_known_", "effect_lag_")
    )


def _paired(
    name: str, *, without: pd.Series, with_it: pd.Series, touched: pd.DataFrame
) -> pd.DataFrame:
    """Both forecasts of each row side by side."""
    table = pd.DataFrame(
        {"forecast_without_units": without, "forecast_with_units": with_it}
    ).reset_index()
    on = [column for column in touched.columns if column != "is_touched"]
    table = table.merge(touched, on=on, how="left", validate="many_to_one")
    return table.assign(
        signal=name, is_touched=table["is_touched"].eq(other=True).to_numpy(dtype=bool)
    )


def _planned(
    part: pd.DataFrame, calendar: pd.DataFrame, columns: Sequence[str]
) -> pd.DataFrame:
    """Targets where something is planned: a promotion, a holiday."""
    source = part if any(name in part for name in columns) else calendar
    keys = KEYS if source is part else []
    present = [name for name in columns if name in source]
    touched = (source[present].fillna(0) > 0).any(axis=1)
    table = source[[*keys, "period_date"]].assign(is_touched=touched)
    dates = pd.to_datetime(table["period_date"]).astype("datetime64[ns]")
    return table.assign(forecast_date=dates).drop(columns="period_date")


def _responsive(
    part: pd.DataFrame, calendar: pd.DataFrame, folds: pd.DataFrame, horizon: int
) -> dict[str, pd.DataFrame]:
    """By signal, the series that answered it most up to each cutoff."""
    dense = dense_panel.read(part, calendar, folds, horizon)
    pieces: dict[str, list[pd.DataFrame]] = {}
    for fold in folds.itertuples():
        cutoff = int(fold.cutoff_index) - dense.first_index
        history = History(dense, cutoff, horizon)
        for number, column in enumerate(history.signal_names):
            strength = np.abs(signals.responses(history, number)[:, -1])
            # A tie or a series without history is not touched.
            limit = np.quantile(strength, 1 - TOUCHED_SHARE)
            pieces.setdefault(column.partition("signal_")[2], []).append(
                history.keys[KEYS].assign(
                    cutoff_date=pd.Timestamp(fold.cutoff_date),
                    is_touched=strength > limit,
                )
            )
    return {name: pd.concat(own, ignore_index=True) for name, own in pieces.items()}
