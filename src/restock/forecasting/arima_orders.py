"""Orders of ARIMA models: searched at dates on a grid, kept, reused between them."""

from __future__ import annotations

import contextlib
import hashlib
import warnings
from collections.abc import Iterator
from importlib.metadata import version
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
from statsforecast.models import AutoARIMA
from statsmodels.stats.diagnostic import acorr_ljungbox

from restock import frames
from restock.forecasting import dense_panel, protocol
from restock.forecasting.dense_panel import DensePanel
from restock.forecasting.history import History
from restock.forecasting.known_means import filled
from restock.forecasting.seasonal_index import SeasonalIndex
from restock.statistics.arrays import Floats

MODEL = "arima"

SCHEMA = pa.schema(
    [
        ("model", pa.string()),
        ("location_id", pa.string()),
        ("product_id", pa.string()),
        ("searched_index", pa.int32()),
        ("searched_date", pa.date32()),
        ("is_routed", pa.bool_()),
        ("reason", pa.string()),
        ("transform", pa.string()),
        ("p", pa.int32()),
        ("d", pa.int32()),
        ("q", pa.int32()),
        ("seasonal_p", pa.int32()),
        ("seasonal_d", pa.int32()),
        ("seasonal_q", pa.int32()),
        ("season_length", pa.int32()),
        ("has_constant", pa.bool_()),
        ("observation_count", pa.int32()),
        ("aicc", pa.float64()),
        ("residual_sd", pa.float64()),
        ("residual_autocorrelation", pa.float64()),
        ("ljung_box_p_value", pa.float64()),
        ("fingerprint", pa.string()),
    ]
)
FOUND = (
    "p",
    "d",
    "q",
    "seasonal_p",
    "seasonal_d",
    "seasonal_q",
    "has_constant",
    "aicc",
    "residual_sd",
    "residual_autocorrelation",
    "ljung_box_p_value",
)

# Mean interval between periods with demand up to which a series is smooth.
MAX_DEMAND_INTERVAL = 1.32

# Bounds of the search. A straight line through two years of demand ends up
# anywhere, so no drift.
BOUNDS: dict[str, Any] = {
    "max_p": 2,
    "max_q": 2,
    "max_P": 1,
    "max_Q": 1,
    "max_d": 1,
    "max_D": 1,
    "max_order": 3,
    "nmodels": 20,
    "approximation": True,
    "allowdrift": False,
}

# What the engine raises on a series that it cannot fit.
FIT_ERRORS = (ValueError, IndexError, ArithmeticError, np.linalg.LinAlgError)


class Window(NamedTuple):
    """Periods that a fit looks at, for one length of season.

    Attributes:
        periods: Most periods. Count.
        least: Fewest known periods. Count.
        season_length: Season left to the model; 1 where demand is deseasonalised.
    """

    periods: int
    least: int
    season_length: int


def window_of(season_length: int) -> Window:
    """Window of a fit: two years of weeks, or one of days.

    Args:
        season_length: 7 for days; anything else is weeks.

    Returns:
        The window. A week of days is a season that ARIMA can carry; a year of
        weeks is not and comes from the pooled index.

    Examples:
        >>> window_of(52)
        Window(periods=104, least=26, season_length=1)
    """
    return Window(365, 56, 7) if season_length == 7 else Window(104, 26, 1)


def searched_index(cutoff_index: int, *, every: int, earliest: int) -> int:
    """Period at whose close the orders for a cutoff are searched.

    Args:
        cutoff_index: Period index of the cutoff.
        every: Periods between searches, one or more.
        earliest: First period with history enough.

    Returns:
        Last multiple of `every` at or before the cutoff; the cutoff itself where
        that lies before `earliest`.

    Examples:
        >>> [searched_index(c, every=26, earliest=27) for c in (40, 77, 78)]
        [40, 52, 78]
    """
    on_grid = cutoff_index // every * every
    return on_grid if on_grid >= earliest else cutoff_index


def search(
    panel: protocol.Panel,
    calendar: pd.DataFrame,
    cutoffs: pd.DataFrame,
    horizon: int,
    *,
    season_length: int,
    search_every: int,
    max_series: int,
    cached: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """Search the orders that the cutoffs need; carry over those already searched.

    Args:
        panel: See `protocol.run`.
        calendar: See `protocol.run`.
        cutoffs: See `protocol.run`.
        horizon: Number of periods to forecast.
        season_length: Periods in a season: 52 for weeks, 7 for days.
        search_every: Periods between searches, one or more.
        max_series: Series searched at each date, those of most value.
        cached: An earlier result. A row is reused where series, date and
            fingerprint are the same.

    Returns:
        Rows of `SCHEMA`: every series that has started, at every date searched,
        ordered by date and ids.

    Raises:
        KeyError: A column is missing.
        ValueError: An input breaks its contract, or a count is below its least.
    """
    if search_every < 1 or max_series < 0:
        raise ValueError(
            f"search_every must be 1 or more and max_series 0 or more, got "
            f"{search_every} and {max_series}"
        )
    parts = [lambda: panel] if isinstance(panel, pd.DataFrame) else panel
    window = window_of(season_length)
    rows: dict[int, list[dict[str, Any]]] = {}
    earliest: int | None = None
    indices: dict[int, SeasonalIndex] = {}
    for part in parts:
        dense = dense_panel.read(part(), calendar, cutoffs, horizon)
        if earliest is None:
            earliest = _first_known(dense) + window.least
        dates = {
            searched_index(int(cutoff), every=search_every, earliest=earliest)
            for cutoff in cutoffs["cutoff_index"]
        }
        for date in sorted(dates):
            if date < dense.first_index or dense.keys.empty:
                continue
            history = History(dense, date - dense.first_index, horizon)
            if date not in indices:
                indices[date] = SeasonalIndex.learn(
                    history, season_length=season_length
                )
            kept = rows.setdefault(date, [])
            kept.extend(_candidates(history, indices[date], window))
            _keep_most_valuable(kept, max_series)
    reusable = _reusable(cached)
    found = []
    for date in sorted(rows):
        for row in sorted(
            rows[date], key=lambda row: (row["location_id"], row["product_id"])
        ):
            found.append(_searched(row, window, reusable))
    return _typed(found)


def adjusted(history: History, index: SeasonalIndex, window: Window) -> Floats:
    """Demand that a fit sees: deseasonalised weeks, or days as they are.

    Args:
        history: What is known at the cutoff.
        index: Pooled season.
        window: Window of a fit.

    Returns:
        Units per period, shape (series, at most `window.periods`), NaN where
        unknown; rounded, so that the last bit of a sum cannot change an order.
    """
    demand = history.demand
    if window.season_length == 1:
        demand = index.deseasonalised(history)
    return np.round(demand[:, -window.periods :], 9)


def never_changed(history: History, window: Window) -> npt.NDArray[np.bool_]:
    """Series whose known demand is the same in every period of the window.

    Args:
        history: What is known at the cutoff.
        window: Window of a fit.

    Returns:
        Flag, shape (series,). Judged before the season is taken out, which no
        constant has.
    """
    recent = history.demand[:, -window.periods :]
    known = np.isfinite(recent)
    highest = np.where(known, recent, -np.inf).max(axis=1)
    lowest = np.where(known, recent, np.inf).min(axis=1)
    return highest <= lowest


def without_gaps(values: Floats) -> list[Floats]:
    """Each series from its first known period on, stock-outs filled.

    Args:
        values: Units per period, shape (series, periods), NaN where unknown.

    Returns:
        Units per period of each series, without NaN; see `known_means.filled`.
    """
    return [row[np.isfinite(row)] for row in filled(values)]


def transform_of(values: Floats) -> str:
    """Scale on which demand is nearest to a normal AR(1).

    Args:
        values: Units per period, zero or more, shape (periods,).

    Returns:
        `log1p` or `none`, whichever has the greater profile likelihood; the
        Jacobian makes the two comparable.

    References:
        Box and Cox, An analysis of transformations, Journal of the Royal
        Statistical Society B 26, 1964.
    """
    plain = _ar1_deviance(values)
    logged = _ar1_deviance(np.log1p(values)) + 2 * np.log1p(values[1:]).sum()
    return "log1p" if logged < plain else "none"


def to_scale(values: Floats, transform: str) -> Floats:
    """Units on the scale of a transform, `log1p` or `none`."""
    return np.log1p(values) if transform == "log1p" else values


def find(values: Floats, season_length: int) -> dict[str, Any]:
    """Search the orders of one series.

    Args:
        values: Transformed demand without NaN, shape (periods,).
        season_length: Season of the model, 1 for none.

    Returns:
        Values of the columns of `FOUND`.

    Raises:
        ValueError: No model of the bounds can be fitted. So may the others of
            `FIT_ERRORS`.

    References:
        Hyndman and Khandakar, Automatic time series forecasting: the forecast
        package for R, Journal of Statistical Software 27, 2008: KPSS for d,
        seasonal strength for D, stepwise AICc.
    """
    with quiet_engine():
        fitted = AutoARIMA(season_length=season_length, **BOUNDS).fit(values).model_
    p, q, seasonal_p, seasonal_q, _, d, seasonal_d = map(int, fitted["arma"])
    residuals = np.asarray(fitted["residuals"], dtype=float)[
        d + seasonal_d * season_length :
    ]
    residuals = residuals[np.isfinite(residuals)]
    if not np.isfinite(fitted["aicc"]) or len(residuals) < 3:
        raise ValueError("no finite likelihood")
    coefficients = p + q + seasonal_p + seasonal_q
    lags = max(
        min(2 * season_length if season_length > 1 else 10, len(residuals) // 5),
        coefficients + 1,
    )
    tested = acorr_ljungbox(residuals, lags=[lags], model_df=coefficients)
    centred = residuals - residuals.mean()
    spread = float(centred @ centred)
    return {
        "p": p,
        "d": d,
        "q": q,
        "seasonal_p": seasonal_p,
        "seasonal_d": seasonal_d,
        "seasonal_q": seasonal_q,
        "has_constant": "intercept" in fitted["coef"],
        "aicc": float(fitted["aicc"]),
        "residual_sd": float(residuals.std()),
        "residual_autocorrelation": (
            float(centred[1:] @ centred[:-1]) / spread if spread > 0 else 0.0
        ),
        "ljung_box_p_value": float(tested["lb_pvalue"].iloc[0]),
    }


@contextlib.contextmanager
def quiet_engine() -> Iterator[None]:
    """Silence the engine where a step of its optimiser goes astray.

    What comes of such a step is judged by its likelihood and its forecasts, not by
    the warning.
    """
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.filterwarnings("ignore", message="possible convergence problem")
        warnings.simplefilter("ignore", RuntimeWarning)
        yield


def _candidates(
    history: History, index: SeasonalIndex, window: Window
) -> list[dict[str, Any]]:
    """Row of each started series, with what it is routed by."""
    seen = adjusted(history, index, window)
    known = np.isfinite(seen)
    n_known = known.sum(axis=1)
    n_active = (known & (seen > 0)).sum(axis=1)
    series = np.arange(len(seen))
    worth = history.scale[series, history.origin]
    worth = worth * history.unit_values[series, history.origin]
    is_flat = never_changed(history, window)
    locations = history.keys["location_id"].to_numpy()
    products = history.keys["product_id"].to_numpy()
    rows = []
    complete = without_gaps(seen)
    for position in np.flatnonzero(history.is_started):
        values = complete[position]
        reason = None
        if n_known[position] < window.least:
            reason = f"fewer than {window.least} known periods"
        elif n_known[position] >= MAX_DEMAND_INTERVAL * n_active[position]:
            reason = f"demand interval of {MAX_DEMAND_INTERVAL} periods or more"
        elif is_flat[position]:
            reason = "demand never changed"
        rows.append(
            {
                "model": MODEL,
                "location_id": locations[position],
                "product_id": products[position],
                "searched_index": history.cutoff_index,
                "searched_date": _last_day(history),
                "is_routed": reason is None,
                "reason": reason,
                "season_length": window.season_length,
                "observation_count": int(n_known[position]),
                "fingerprint": _fingerprint(values, window),
                "values": values if reason is None else None,
                "worth": float(np.nan_to_num(worth[position])),
            }
        )
    return rows


def _keep_most_valuable(rows: list[dict[str, Any]], max_series: int) -> None:
    """Leave the budget to the series of most value; forget the values of others."""
    routed = [row for row in rows if row["is_routed"]]
    routed.sort(key=lambda row: (-row["worth"], row["location_id"], row["product_id"]))
    for row in routed[max_series:]:
        row["is_routed"] = False
        row["reason"] = f"not among the {max_series} of most value"
        row["values"] = None


def _searched(
    row: dict[str, Any],
    window: Window,
    reusable: dict[tuple[str, str, int, str], dict[str, Any]],
) -> dict[str, Any]:
    """Row with its orders, reused or searched; not routed where none is found."""
    values = row.pop("values")
    row.pop("worth")
    if not row["is_routed"]:
        return row
    key = tuple(row[name] for name in _CACHE_KEYS)
    if key in reusable:
        return {**row, **reusable[key]}
    transform = transform_of(values)
    try:
        return {
            **row,
            "transform": transform,
            **find(to_scale(values, transform), window.season_length),
        }
    except FIT_ERRORS:
        return {**row, "is_routed": False, "reason": "no model could be fitted"}


_CACHE_KEYS = ("location_id", "product_id", "searched_index", "fingerprint")


def _reusable(
    cached: pd.DataFrame | None,
) -> dict[tuple[Any, ...], dict[str, Any]]:
    if cached is None or not set(SCHEMA.names) <= set(cached.columns):
        return {}
    found = cached[cached["is_routed"].astype(bool)]
    return {
        tuple(row[name] for name in _CACHE_KEYS): {
            name: row[name] for name in ("transform", *FOUND)
        }
        for row in found.to_dict("records")
    }


def _fingerprint(values: Floats, window: Window) -> str:
    """Hash of all that an order depends on."""
    settings = f"{window} {sorted(BOUNDS.items())} {version('statsforecast')}"
    digest = hashlib.sha256(settings.encode())
    digest.update(np.ascontiguousarray(values, dtype="<f8").tobytes())
    return digest.hexdigest()[:32]


def _typed(rows: list[dict[str, Any]]) -> pd.DataFrame:
    """Frame of rows, integers and flags nullable."""
    if not rows:
        return frames.empty(SCHEMA)
    frame = pd.DataFrame(rows, columns=SCHEMA.names)
    kinds: dict[Any, str] = {pa.int32(): "Int32", pa.bool_(): "boolean"}
    kinds[pa.float64()] = "float64"
    for field in SCHEMA:
        if field.type in kinds:
            frame[field.name] = frame[field.name].astype(kinds[field.type])
    return frame


def _first_known(dense: DensePanel) -> int:
    known = np.isfinite(dense.demand).any(axis=0)
    return dense.first_index + (int(np.argmax(known)) if known.any() else 0)


def _last_day(history: History) -> np.datetime64:
    """Last day of the last closed period."""
    return history.dates_ahead()[0] - np.timedelta64(1, "D")


def _ar1_deviance(values: Floats) -> float:
    """Count times log of the residual variance of an AR(1) with a mean."""
    before, after = values[:-1], values[1:]
    design = np.column_stack([np.ones(len(before)), before])
    coefficients = np.linalg.lstsq(design, after, rcond=None)[0]
    variance = np.mean((after - design @ coefficients) ** 2)
    return len(after) * float(np.log(max(variance, 1e-12)))
