"""ARIMA with stored orders for smooth, valuable series; smoothing for the rest."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd
from statsforecast.models import ARIMA

from restock.forecasting import arima_orders, protocol
from restock.forecasting.arima_orders import MODEL
from restock.forecasting.history import History
from restock.forecasting.protocol import Forecasts
from restock.forecasting.seasonal_index import SeasonalIndex
from restock.forecasting.smoothing import smoothed_levels
from restock.statistics.arrays import Floats

MODELS = (MODEL,)

# A forecast above this multiple of the most that was ever seen is an explosion.
MAX_OF_SEEN = 3.0


class Orders(NamedTuple):
    """Orders of one model.

    Attributes:
        order: p, d, q.
        seasonal_order: P, D, Q.
        season_length: Periods in a season, 1 for none.
        has_constant: Whether a mean is estimated.
        transform: `log1p` or `none`.
    """

    order: tuple[int, int, int]
    seasonal_order: tuple[int, int, int]
    season_length: int
    has_constant: bool
    transform: str


def forecast(
    panel: protocol.Panel,
    calendar: pd.DataFrame,
    cutoffs: pd.DataFrame,
    horizon: int,
    *,
    seed: int,
    season_length: int,
    orders: pd.DataFrame,
) -> pd.DataFrame:
    """Forecast with the latest orders searched at or before each cutoff.

    Args:
        panel: See `protocol.run`.
        calendar: See `protocol.run`.
        cutoffs: See `protocol.run`.
        horizon: Number of periods to forecast.
        seed: Not used: nothing here is random. Part of the common signature.
        season_length: Periods in a season: 52 for weeks, 7 for days.
        orders: Result of `arima_orders.search`.

    Returns:
        Rows of `protocol.OUTPUT_SCHEMA` for the models of `MODELS`. Series that are
        not routed to ARIMA, or whose fit fails, come from simple exponential
        smoothing and say so in `is_fallback`.

    Raises:
        KeyError: A column is missing.
        ValueError: An input breaks its contract.
    """
    _ = seed
    return protocol.run(
        panel,
        calendar,
        cutoffs,
        horizon,
        learners(season_length=season_length, orders=orders),
    )


def learners(
    *, season_length: int, orders: pd.DataFrame
) -> dict[str, protocol.Learner]:
    """Learner of the model; see `forecast` for the arguments."""
    routed = orders[orders["is_routed"].astype(bool)]

    def learner(history: History) -> protocol.Model:
        index = SeasonalIndex.learn(history, season_length=season_length)
        past = orders["searched_index"].astype(float)
        latest = past[past <= history.cutoff_index].max()
        in_force = {
            (row.location_id, row.product_id): Orders(
                (int(row.p), int(row.d), int(row.q)),
                (int(row.seasonal_p), int(row.seasonal_d), int(row.seasonal_q)),
                int(row.season_length),
                bool(row.has_constant),
                row.transform,
            )
            for row in routed[routed["searched_index"] == latest].itertuples()
        }
        return lambda shown: _forecast(shown, index, in_force, season_length)

    return {MODEL: learner}


def fit_and_forecast(values: Floats, orders: Orders, horizon: int) -> Floats:
    """Fit fixed orders to one series and forecast its mean.

    The mean of a logarithm is no mean of units, and exp(mu + variance / 2) is one only
    of normal errors, which lumpy demand has not: what comes back from the log scale is
    multiplied by demand over fitted units of the past.

    Args:
        values: Units per period without NaN, zero or more, shape (periods,).
        orders: Orders of the model.
        horizon: Periods to forecast.

    Returns:
        Units per period, shape (horizon,), between 0 and `MAX_OF_SEEN` times the
        most seen.

    Raises:
        ValueError: The fit gives no finite forecast. The engine may raise the
            others of `arima_orders.FIT_ERRORS`.

    References:
        Hyndman and Athanasopoulos, Forecasting: Principles and Practice, 3rd ed.,
        2021, section 9. Ratio of sums as retransformation: Snowdon, A ratio estimator
        for bias correction in logarithmic regressions, 1991.
    """
    engine = ARIMA(
        order=orders.order,
        seasonal_order=orders.seasonal_order,
        season_length=orders.season_length,
        include_mean=orders.has_constant,
    )
    scaled = arima_orders.to_scale(values, orders.transform)
    with arima_orders.quiet_engine():
        engine.fit(scaled)
        mean = np.asarray(engine.predict(horizon)["mean"], dtype=float)
        if orders.transform == "log1p":
            residuals = np.asarray(engine.model_["residuals"], dtype=float)
            fitted = np.expm1(np.maximum(scaled - residuals, 0.0))
            mean = np.expm1(mean) * values.sum() / fitted.sum()
    if np.isnan(mean).any():
        raise ValueError("the fit gives no forecast")
    return np.clip(mean, 0.0, MAX_OF_SEEN * values.max())


def _forecast(
    history: History,
    index: SeasonalIndex,
    in_force: dict[tuple[str, str], Orders],
    season_length: int,
) -> Forecasts:
    window = arima_orders.window_of(season_length)
    ahead = index.ahead(history)
    seen = arima_orders.without_gaps(arima_orders.adjusted(history, index, window))
    is_flat = arima_orders.never_changed(history, window)
    recent = index.deseasonalised(history)[:, -window.periods :]
    units = smoothed_levels(recent)[:, None] * ahead
    is_fallback: npt.NDArray[np.bool_] = np.ones(len(units), dtype=bool)
    pairs = zip(history.keys["location_id"], history.keys["product_id"], strict=True)
    for position, pair in enumerate(pairs):
        if pair not in in_force or not history.is_forecast[position]:
            continue
        if is_flat[position]:
            continue
        try:
            fitted = fit_and_forecast(seen[position], in_force[pair], history.horizon)
        except arima_orders.FIT_ERRORS:
            continue
        # Deseasonalised weeks take their season back; days carry it themselves.
        units[position] = fitted * (ahead[position] if window.season_length == 1 else 1)
        is_fallback[position] = False
    return Forecasts(units, is_fallback)
