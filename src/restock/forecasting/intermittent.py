"""Intermittent demand, series by series: Croston, SBA, TSB and IMAPA."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
from statsforecast.models import IMAPA, TSB, CrostonClassic, CrostonSBA

from restock.forecasting import protocol
from restock.forecasting.history import History
from restock.forecasting.routing import known_tail
from restock.forecasting.seasonal_index import SeasonalIndex
from restock.statistics.arrays import Floats

MODELS = ("croston", "imapa", "sba", "tsb")

# Periods that a fit sees, by the length of the season: two years of weeks, a year of
# days.
FIT_WINDOWS = {7: 365}
FIT_WINDOW = 104


def forecast(
    panel: protocol.Panel,
    calendar: pd.DataFrame,
    cutoffs: pd.DataFrame,
    horizon: int,
    *,
    seed: int,
    season_length: int,
    smoothing: float = 0.1,
    probability_smoothing: float = 0.1,
) -> pd.DataFrame:
    """Forecast with the methods for items that do not sell in every period.

    Demand is divided by the pooled seasonal index of its period before the fit and the
    rate is multiplied by that of the target: a rate knows no season of its own.

    Args:
        panel: See `protocol.run`.
        calendar: See `protocol.run`.
        cutoffs: See `protocol.run`.
        horizon: Number of periods to forecast.
        seed: Not used: nothing here is random. Part of the common signature.
        season_length: Periods in a season: 52 for weeks, 7 for days.
        smoothing: Weight of the newest size in TSB, in (0, 1]. The library holds those
            of Croston and SBA at 0.1.
        probability_smoothing: Weight of the newest period in the probability of TSB,
            in (0, 1].

    Returns:
        Rows of `protocol.OUTPUT_SCHEMA` for the models of `MODELS`.

    Raises:
        KeyError: A column is missing.
        ValueError: An input breaks its contract, or a weight is outside (0, 1].

    References:
        Croston, Forecasting and stock control for intermittent demands, 1972.
        Syntetos and Boylan, The accuracy of intermittent demand estimates, 2005.
        Teunter, Syntetos and Babai, Intermittent demand: linking forecasting to
        inventory obsolescence, 2011. Petropoulos and Kourentzes, Forecast combinations
        for intermittent demand, 2015.
    """
    _ = seed
    return protocol.run(
        panel,
        calendar,
        cutoffs,
        horizon,
        learners(
            season_length=season_length,
            smoothing=smoothing,
            probability_smoothing=probability_smoothing,
        ),
    )


def learners(
    *,
    season_length: int,
    smoothing: float = 0.1,
    probability_smoothing: float = 0.1,
) -> dict[str, protocol.Learner]:
    """Learners of the models of `MODELS`; see `forecast` for the arguments."""
    for weight in (smoothing, probability_smoothing):
        if not 0 < weight <= 1:
            raise ValueError(f"a smoothing weight must lie in (0, 1], got {weight}")
    window = fit_window(season_length)

    def learner(rate: Callable[[Floats], float]) -> protocol.Learner:
        def learn(history: History) -> protocol.Model:
            index = SeasonalIndex.learn(history, season_length=season_length)

            def model(history: History) -> Floats:
                values = index.deseasonalised(history)
                units = rates(values, rate, window=window)
                return units[:, None] * index.ahead(history)

            return model

        return learn

    methods = {
        "croston": croston,
        "imapa": imapa,
        "sba": sba,
        "tsb": lambda values: tsb(
            values,
            smoothing=smoothing,
            probability_smoothing=probability_smoothing,
        ),
    }
    return {name: learner(methods[name]) for name in MODELS}


def fit_window(season_length: int) -> int:
    """Latest known periods that a fit sees.

    Args:
        season_length: Periods in a season.

    Returns:
        Periods: 365 days, or 104 weeks.
    """
    return FIT_WINDOWS.get(season_length, FIT_WINDOW)


def rates(values: Floats, rate: Callable[[Floats], float], *, window: int) -> Floats:
    """Demand rate of each series.

    Args:
        values: Units per period up to the cutoff, shape (series, periods), NaN where
            unknown. Unknown periods are left out.
        rate: Function of known units, shape (n,) with n of one or more, to a rate.
        window: Latest known periods to look at.

    Returns:
        Units per period, shape (series,); NaN where nothing is known.
    """
    tails = (known_tail(row, window) for row in values)
    return np.array([rate(tail) if len(tail) else np.nan for tail in tails], float)


def croston(values: Floats) -> float:
    """Smoothed size over smoothed interval, both with a weight of 0.1.

    Args:
        values: Units per period with its zeros, shape (n,), n of one or more.

    Returns:
        Units per period. Zero for a series of zeros.

    Examples:
        A sale of 4 every second period:

        >>> croston(np.array([0.0, 4.0, 0.0, 4.0]))
        2.0
    """
    return float(CrostonClassic().forecast(y=values, h=1)["mean"][0])


def sba(values: Floats) -> float:
    """Croston's rate times 1 - 0.1 / 2: the bias correction of Syntetos and Boylan.

    Args:
        values: Units per period with its zeros, shape (n,), n of one or more.

    Returns:
        Units per period. On demand in every period it is a twentieth too low: the
        correction is meant for intervals above one.
    """
    return float(CrostonSBA().forecast(y=values, h=1)["mean"][0])


def tsb(
    values: Floats, *, smoothing: float = 0.1, probability_smoothing: float = 0.1
) -> float:
    """Smoothed size times smoothed probability, which fades when sales stop.

    Args:
        values: Units per period with its zeros, shape (n,), n of one or more.
        smoothing: Weight of the newest size, in (0, 1].
        probability_smoothing: Weight of the newest period, in (0, 1].

    Returns:
        Units per period. Zero for a series of zeros.
    """
    model = TSB(alpha_d=smoothing, alpha_p=probability_smoothing)
    return float(model.forecast(y=values, h=1)["mean"][0])


def imapa(values: Floats) -> float:
    """Mean of smoothed levels at aggregations of 1 period to the mean interval.

    Args:
        values: Units per period with its zeros, shape (n,), n of one or more.

    Returns:
        Units per period. Zero for a series of zeros.
    """
    return float(IMAPA().forecast(y=values, h=1)["mean"][0])
