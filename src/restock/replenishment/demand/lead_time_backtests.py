"""The distribution that orders are made of, at cutoffs of the past.

At every cutoff that had a say or was left to test, the demand paths of the plan are
laid on the champion's forecast of then, with the errors known by then, and their sum
over lead time plus review is put beside what came.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
import pyarrow as pa

from restock import frames
from restock.replenishment.demand.demand_paths import demand_paths
from restock.replenishment.demand.error_pools import (
    KEYS,
    ErrorLibrary,
    Settings,
    dispersion_of,
    require_columns,
)
from restock.replenishment.demand.series_generator import series_generator
from restock.replenishment.demand.simulated_demand import ROUNDING, quantile
from restock.statistics.arrays import Floats

QUANTILES = {
    "q025": 0.025,
    "q05": 0.05,
    "q10": 0.10,
    "q25": 0.25,
    "q50": 0.50,
    "q75": 0.75,
    "q90": 0.90,
    "q95": 0.95,
    "q975": 0.975,
}

OUTPUT_SCHEMA = pa.schema(
    [
        ("location_id", pa.string()),
        ("product_id", pa.string()),
        ("cutoff_date", pa.date32()),
        ("fold_role", pa.string()),
        ("segment", pa.string()),
        ("window_periods", pa.int32()),
        ("forecast_units", pa.float64()),
        ("mean_units", pa.float64()),
        ("actual_units", pa.float64()),
        *((name, pa.float64()) for name in QUANTILES),
    ]
)

_JUDGED = ("select", "test")


def backtest(
    forecasts: pd.DataFrame, *, n_paths: int, max_sums: int, seed: int
) -> pd.DataFrame:
    """Lay the plan's distribution on past forecasts.

    The interval is in whole periods, rounded up, from the cutoff on.

    Args:
        forecasts: Backtest of the champion as for `lead_time_demand.simulate`, with
            `cutoff_index`, `fold_role` and `protection_periods`.
        n_paths: Paths behind each distribution.
        max_sums: Sums of a cutoff that are judged, evenly over its series.
        seed: Seed of the run, zero or more.

    Returns:
        One row per series and cutoff whose interval is known, with the columns of
        `OUTPUT_SCHEMA`, ordered by cutoff and ids.

    Raises:
        KeyError: A column is missing.
        ValueError: See `lead_time_demand.simulate`.
    """
    require_columns(
        "forecasts",
        forecasts,
        [*KEYS, "cutoff_index", "cutoff_date", "fold_role", "protection_periods"],
    )
    found = [frames.empty(OUTPUT_SCHEMA)]
    is_judged = forecasts["fold_role"].isin(_JUDGED)
    for cutoff in np.sort(forecasts.loc[is_judged, "cutoff_index"].unique()):
        live = forecasts[forecasts["cutoff_index"] == cutoff]
        library = ErrorLibrary(_known(forecasts, cutoff), Settings(n_paths=n_paths))
        rows = [
            _judge(part, library, seed)
            for _, part in _evenly(live, max_sums).groupby(KEYS, sort=True)
        ]
        found += [pd.DataFrame(row, index=[0]) for row in rows if row]
    if len(found) == 1:
        return found[0]
    return pd.concat(found[1:], ignore_index=True)[OUTPUT_SCHEMA.names]


def _known(forecasts: pd.DataFrame, cutoff: int) -> pd.DataFrame:
    """Earlier backtests, with the demand known at a cutoff."""
    earlier = forecasts[forecasts["cutoff_index"] < cutoff]
    is_known = earlier["cutoff_index"] + earlier["horizon"] <= cutoff
    return earlier.assign(actual_units=earlier["actual_units"].where(is_known))


def _evenly(live: pd.DataFrame, most: int) -> pd.DataFrame:
    """Rows of so many series, evenly spread over their ids."""
    series = live.groupby(KEYS, sort=True).ngroup()
    n_series = int(series.max()) + 1 if len(series) else 0
    kept = np.linspace(0, n_series - 1, min(most, n_series)).astype(int)
    return live[series.isin(kept)]


def _judge(part: pd.DataFrame, library: ErrorLibrary, seed: int) -> dict | None:
    """One series at one cutoff; nothing where its interval is not known."""
    part = part.sort_values("horizon")
    first = part.iloc[0]
    window = max(int(np.ceil(first["protection_periods"] - ROUNDING)), 1)
    forecast = frames.floats(part, "forecast_units")[:window]
    actual = frames.floats(part, "actual_units")[:window]
    if len(forecast) < window or np.isnan(forecast).any() or np.isnan(actual).any():
        return None
    paths = demand_paths(
        series_generator(seed, *first[KEYS], purpose="backtest"),
        str(first["segment"]),
        forecast,
        window,
        library,
        dispersion=float(dispersion_of(part)[0]),
    )
    sums: Floats = paths.units.sum(axis=1)
    ordered = np.sort(sums)[None, :]
    return {
        **first[[*KEYS, "cutoff_date", "fold_role", "segment"]].to_dict(),
        "window_periods": np.int32(window),
        "forecast_units": forecast.sum(),
        "mean_units": sums.mean(),
        "actual_units": actual.sum(),
        **{
            name: quantile(ordered, np.array([level]))[0]
            for name, level in QUANTILES.items()
        },
    }
