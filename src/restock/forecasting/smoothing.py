"""Exponential smoothing, Theta and CES of deseasonalised demand, times the season."""

from __future__ import annotations

from typing import Protocol

import numpy as np
import pandas as pd
from statsforecast.models import AutoCES, AutoETS, Theta

from restock.forecasting import intermittent, protocol, routing
from restock.forecasting.history import History
from restock.forecasting.protocol import Forecasts
from restock.forecasting.seasonal_index import SeasonalIndex
from restock.statistics.arrays import Floats

MODELS = ("ces", "ets", "ses_seasonal", "theta")

# Known periods below which a trend is a line through noise.
MIN_KNOWN_PERIODS = 20

# Average demand interval from which demand is intermittent.
MAX_INTERVAL_PERIODS = 1.32

# Weights of the newest period that simple smoothing chooses from.
WEIGHTS = np.array([0.01, 0.02, 0.04, 0.07, 0.1, 0.15, 0.2, 0.3, 0.4, 0.55, 0.7, 0.9])

# Known periods whose mean simple smoothing starts from.
START_PERIODS = 13

# A level beyond so many times the largest period of the fit is a fit gone astray.
MAX_GROWTH = 2.0

# The library raises a bare Exception with this text, and NotImplementedError on a
# series too short for the number of its parameters.
NOTHING_FITS = "no model able to be fitted"


class Engine(Protocol):
    """A model of statsforecast."""

    def forecast(self, y: Floats, h: int) -> dict[str, Floats]:
        """Fit and forecast: `mean` has shape (h,)."""
        ...


def forecast(
    panel: protocol.Panel,
    calendar: pd.DataFrame,
    cutoffs: pd.DataFrame,
    horizon: int,
    *,
    seed: int,
    season_length: int,
    max_series: int = 2_000,
    max_interval: float = MAX_INTERVAL_PERIODS,
) -> pd.DataFrame:
    """Forecast with SES, ETS, Theta and CES, each series for itself.

    Demand is divided by the pooled seasonal index of its period, the model is fitted to
    what is left, and its forecast is multiplied by the index of the target: one series
    is too short to learn 52 weeks from, and a season of one is quick to fit. The trend
    of ETS is always damped, error and trend additive or multiplicative by AICc.

    ETS, Theta and CES are fitted to the most valuable series that sell in most periods
    and have `MIN_KNOWN_PERIODS` known ones. The others fall back, and say so: to TSB
    where they are intermittent, else to SES.

    Args:
        panel: See `protocol.run`.
        calendar: See `protocol.run`.
        cutoffs: See `protocol.run`.
        horizon: Number of periods to forecast.
        seed: Not used: nothing here is random. Part of the common signature.
        season_length: Periods in a season: 52 for weeks, 7 for days.
        max_series: Most series that each of ETS, Theta and CES is fitted to at a
            cutoff, zero or more.
        max_interval: Average demand interval at and above which a series is
            intermittent. Periods.

    Returns:
        Rows of `protocol.OUTPUT_SCHEMA` for the models of `MODELS`.

    Raises:
        KeyError: A column is missing.
        ValueError: An input breaks its contract, or `max_series` is below zero.

    References:
        Hyndman, Koehler, Ord and Snyder, Forecasting with exponential smoothing, 2008.
        Gardner and McKenzie, Forecasting trends in time series, 1985 (damped trends).
        Assimakopoulos and Nikolopoulos, The theta model, 2000. Svetunkov, Kourentzes
        and Ord, Complex exponential smoothing, 2022.
    """
    _ = seed
    return protocol.run(
        panel,
        calendar,
        cutoffs,
        horizon,
        learners(
            season_length=season_length,
            n_parts=1 if isinstance(panel, pd.DataFrame) else len(panel),
            max_series=max_series,
            max_interval=max_interval,
        ),
    )


def learners(
    *,
    season_length: int,
    n_parts: int = 1,
    max_series: int = 2_000,
    max_interval: float = MAX_INTERVAL_PERIODS,
) -> dict[str, protocol.Learner]:
    """Learners of the models of `MODELS`; see `forecast` for the arguments.

    `n_parts` is the number of parts of the panel, which share `max_series`.
    """
    cap = routing.share_of_part(max_series, n_parts)
    window = intermittent.fit_window(season_length)

    def learner(engine: Engine | None) -> protocol.Learner:
        def learn(history: History) -> protocol.Model:
            index = SeasonalIndex.learn(history, season_length=season_length)

            def model(history: History) -> Forecasts:
                levels = index.deseasonalised(history)
                if engine is None:
                    simple = smoothed_levels(np.maximum(levels, 0.0))
                    return Forecasts(
                        simple[:, None] * index.ahead(history),
                        np.zeros(len(simple), dtype=bool),
                    )
                fitted = _routed(
                    history,
                    levels,
                    engine,
                    window=window,
                    max_series=cap,
                    max_interval=max_interval,
                )
                return Forecasts(
                    fitted.units * index.ahead(history), fitted.is_fallback
                )

            return model

        return learn

    return {"ses_seasonal": learner(None)} | {
        name: learner(engine) for name, engine in engines().items()
    }


class DampedEts:
    """ETS with a damped trend, projected from the states that the library finds.

    Its own projection (statsforecast 2.1.1) adds up phi, phi, phi^2, phi^3 ... where
    phi, phi^2, phi^3 ... are due: too much trend from the second step on.
    """

    def forecast(self, y: Floats, h: int) -> dict[str, Floats]:
        """Fit and forecast.

        Args:
            y: Units per period, shape (n,), none missing.
            h: Number of periods to forecast.

        Returns:
            `mean`, shape (h,).
        """
        fitted = AutoETS(season_length=1, damped=True).fit(y).model_
        states = fitted["states"][-1]
        if fitted["components"][1] == "N":
            return {"mean": np.full(h, states[0])}
        phi = fitted["par"][3]
        return {"mean": states[0] + states[1] * np.cumsum(phi ** np.arange(1, h + 1))}


def engines() -> dict[str, Engine]:
    """Models of the library behind CES, ETS and Theta, none with a season.

    Returns:
        Engine by model name.
    """
    return {
        "ces": AutoCES(season_length=1),
        "ets": DampedEts(),
        "theta": Theta(season_length=1),
    }


def ses(values: Floats) -> float:
    """Level of one series; see `smoothed_levels`.

    Args:
        values: Units per period, shape (n,), n of one or more.

    Returns:
        Units per period.

    Examples:
        >>> ses(np.array([5.0]))
        5.0
    """
    return float(smoothed_levels(values[None, :])[0])


def smoothed_levels(demand: Floats) -> Floats:
    """Simple exponential smoothing, its weight of least squared error per series.

    A period whose demand is unknown leaves the level as it was. The level starts at
    the mean of the first `START_PERIODS` known periods: where demand is lumpy the first
    one alone, which libraries start from, is luck, and a low weight keeps it for years.

    Args:
        demand: Units per period, shape (series, periods), NaN where unknown.

    Returns:
        Level at the end, shape (series,), of the weight of `WEIGHTS` with the least
        squared one-step error; NaN where nothing is known.

    Examples:
        >>> smoothed_levels(np.array([[3.0, np.nan, 3.0], [np.nan, np.nan, np.nan]]))
        array([ 3., nan])

    References:
        Hyndman and Athanasopoulos, Forecasting: Principles and Practice, 3rd ed.,
        2021, section 8.1.
    """
    known = np.isfinite(demand)
    is_first = known & (np.cumsum(known, axis=1) <= START_PERIODS)
    count = is_first.sum(axis=1)
    start = np.divide(
        np.where(is_first, demand, 0.0).sum(axis=1),
        count,
        out=np.full(len(demand), np.nan),
        where=count > 0,
    )
    levels = np.repeat(start[:, None], len(WEIGHTS), axis=1)
    squares = np.zeros_like(levels)
    for period in range(demand.shape[1]):
        error = np.where(known[:, period, None], demand[:, period, None] - levels, 0.0)
        squares += error**2
        levels = levels + WEIGHTS * error
    return levels[np.arange(len(demand)), np.argmin(squares, axis=1)]


def fit(engine: Engine, values: Floats, horizon: int) -> Floats | None:
    """Forecast one series with a model of the library, if it can.

    Args:
        engine: Model of statsforecast.
        values: Units per period, shape (n,), none missing.
        horizon: Number of periods to forecast.

    Returns:
        Units per period, shape (horizon,); None where the library has no model for the
        series, or one that runs away: not finite, or above `MAX_GROWTH` times the
        largest value.
    """
    try:
        # Of the candidates of a search some divide by zero; they lose, and need no
        # warning.
        with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
            units = engine.forecast(y=values, h=horizon)["mean"]
    except NotImplementedError:
        return None
    except Exception as error:
        if str(error) != NOTHING_FITS:
            raise
        return None
    if not np.isfinite(units).all() or units.max() > MAX_GROWTH * values.max():
        return None
    return units


def _routed(
    history: History,
    levels: Floats,
    engine: Engine,
    *,
    window: int,
    max_series: int,
    max_interval: float,
) -> Forecasts:
    """Levels ahead of each series, by the engine or by what stands in for it."""
    is_fitted = routing.is_worth_a_fit(
        history,
        window=window,
        min_known=MIN_KNOWN_PERIODS,
        max_interval=max_interval,
        max_series=max_series,
    )
    is_intermittent = routing.mean_interval(history.demand, window) >= max_interval
    units = np.full((len(levels), history.horizon), np.nan)
    is_fallback = np.ones(len(levels), dtype=bool)
    for series, row in enumerate(levels):
        values = routing.known_tail(row, window)
        if not len(values):
            continue
        own = fit(engine, values, history.horizon) if is_fitted[series] else None
        if own is not None:
            units[series] = own
            is_fallback[series] = False
        else:
            stand_in = intermittent.tsb if is_intermittent[series] else ses
            units[series] = stand_in(values)
    return Forecasts(units, is_fallback)
