"""Forecast errors over a lead time, and reorder points from them."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from restock.statistics.arrays import Numbers, floats, ratio

HORIZON_SLACK = 1e-9
RANK_SLACK = 1e-9


class LeadTimeError(NamedTuple):
    """Error of a forecast summed over the lead time.

    Attributes:
        bias_units: Mean of actual minus forecast over the lead time.
        rmse_period_units: Root mean squared error of one period.
        rmse_scaled_units: The same times the root of the lead time, which holds for
            independent errors only.
        rmse_units: Root mean squared error of the sum over the lead time.
    """

    bias_units: float
    rmse_period_units: float
    rmse_scaled_units: float
    rmse_units: float


class SmoothingError(NamedTuple):
    """Error over the lead time of exponential smoothing.

    Attributes:
        sigma_units: Deviation of the error over the lead time.
        sigma_scaled_units: One-step deviation times the root of the lead time.
        understatement: Share by which the second falls short of the first.
    """

    sigma_units: Numbers
    sigma_scaled_units: Numbers
    understatement: Numbers


class EmpiricalReorderPoint(NamedTuple):
    """Reorder point from past errors.

    Attributes:
        reorder_point_units: Forecast plus the inverse-distribution quantile.
        reorder_point_interpolated_units: Forecast plus the interpolated quantile.
        safety_stock_units: The inverse-distribution quantile.
        safety_stock_interpolated_units: The interpolated quantile.
        max_service_level: Highest service level that so many errors support.
    """

    reorder_point_units: float
    reorder_point_interpolated_units: float
    safety_stock_units: float
    safety_stock_interpolated_units: float
    max_service_level: float


class ForecastReorderPoint(NamedTuple):
    """Reorder point from a forecast per period.

    Attributes:
        lead_time_demand_units: Forecast over the lead time; NaN where the horizon is
            shorter.
        reorder_point_units: That plus safety stock.
        reorder_point_from_mean_units: Mean forecast times lead time plus safety
            stock, wrong where the forecast is not level; for comparison.
    """

    lead_time_demand_units: float
    reorder_point_units: float
    reorder_point_from_mean_units: float


def lead_time_error(
    *,
    actual_units: npt.NDArray[np.float64],
    forecast_units: float,
    lead_time_periods: int,
) -> LeadTimeError:
    r"""Error of a level forecast over overlapping lead times.

    Args:
        actual_units: Demand per period, shape (n,).
        forecast_units: The forecast of every period. Units.
        lead_time_periods: Whole periods, zero or more.

    Returns:
        Bias, one-period error, that times :math:`\sqrt L`, and the error of the sum;
        NaN where no lead time fits into the series.

    Raises:
        ValueError: The lead time is not a whole number of periods.

    References:
        Prak, Teunter and Syntetos, On the calculation of safety stocks when demand is
        forecasted, 2017.
    """
    if lead_time_periods != int(lead_time_periods) or lead_time_periods < 0:
        raise ValueError(
            f"a lead time must be whole periods from 0; got {lead_time_periods}"
        )
    periods = int(lead_time_periods)
    errors = np.asarray(actual_units, dtype=float) - forecast_units
    rmse_period = float(np.sqrt(np.mean(errors**2))) if errors.size else float("nan")
    scaled = rmse_period * float(np.sqrt(periods))
    if periods > errors.size or not errors.size:
        return LeadTimeError(float("nan"), rmse_period, scaled, float("nan"))
    if periods == 0:
        return LeadTimeError(0.0, rmse_period, scaled, 0.0)
    sums = np.convolve(errors, np.ones(periods), mode="valid")
    return LeadTimeError(
        float(sums.mean()), rmse_period, scaled, float(np.sqrt(np.mean(sums**2)))
    )


def smoothing_lead_time_error(
    *, smoothing: Numbers, lead_time_periods: Numbers, sigma_units: Numbers
) -> SmoothingError:
    r"""Error over the lead time of simple exponential smoothing.

    In the local level model :math:`\sigma_L^2 = \sigma^2 \sum_{j<L} (1 + j\alpha)^2`,
    because an error in the level is repeated in every period to come. The sum is
    taken in closed form, which also serves fractions of periods.

    Args:
        smoothing: Weight alpha of the newest period, in [0, 1], any shape.
        lead_time_periods: Lead time L.
        sigma_units: Deviation of the one-step error. Units.

    Returns:
        Deviation, the scaled deviation and the shortfall, of the broadcast shape; the
        shortfall is NaN at a lead time of zero.

    References:
        Graves, A single-item inventory model for a nonstationary demand process,
        1999. Hyndman, Koehler, Ord and Snyder, Forecasting with Exponential
        Smoothing, 2008, chapter 6.
    """
    alpha, periods, sigma = floats(smoothing, lead_time_periods, sigma_units)
    weights = (
        periods
        + alpha * periods * (periods - 1)
        + alpha**2 * periods * (periods - 1) * (2 * periods - 1) / 6
    )
    return SmoothingError(
        (sigma * np.sqrt(weights))[()],
        (sigma * np.sqrt(periods))[()],
        1 - np.sqrt(ratio(periods, weights)),
    )


def empirical_reorder_point(
    *,
    lead_time_errors_units: npt.NDArray[np.float64],
    lead_time_forecast_units: float,
    service_level: float,
) -> EmpiricalReorderPoint:
    """Reorder point as forecast plus a quantile of past lead-time errors.

    Args:
        lead_time_errors_units: Actual minus forecast over past lead times, shape
            (n,). Overlapping lead times are not independent.
        lead_time_forecast_units: Forecast over the coming lead time. Units.
        service_level: Quantile, in [0, 1].

    Returns:
        Reorder points and safety stocks by the inverse distribution and interpolated,
        and the service level that n errors support, n / (n + 1).

    Raises:
        ValueError: The service level is outside [0, 1].

    References:
        Vandeput, Inventory Optimization, 2020. Hyndman and Fan, Sample quantiles in
        statistical packages, 1996, definitions 1 and 7.
    """
    if not 0 <= service_level <= 1:
        raise ValueError(f"a service level must lie in [0, 1]; got {service_level}")
    errors = np.sort(np.asarray(lead_time_errors_units, dtype=float))
    if not errors.size:
        nan = float("nan")
        return EmpiricalReorderPoint(nan, nan, nan, nan, 0.0)
    rank = int(np.ceil(errors.size * service_level - RANK_SLACK))
    inverse = float(errors[max(rank, 1) - 1])
    interpolated = float(np.quantile(errors, service_level))
    return EmpiricalReorderPoint(
        lead_time_forecast_units + inverse,
        lead_time_forecast_units + interpolated,
        inverse,
        interpolated,
        errors.size / (errors.size + 1),
    )


def forecast_reorder_point(
    *,
    forecast_units: npt.NDArray[np.float64],
    lead_time_periods: float,
    safety_stock_units: float,
) -> ForecastReorderPoint:
    """Reorder point from the forecasts of the coming periods.

    Args:
        forecast_units: Forecast of each coming period, shape (horizon,).
        lead_time_periods: Lead time; its last period counts pro rata.
        safety_stock_units: Units.

    Returns:
        Lead-time demand and reorder point. A horizon shorter than the lead time gives
        NaN, never a sum of what is there.

    Raises:
        ValueError: The lead time is below zero.

    Examples:
        >>> forecast_reorder_point(
        ...     forecast_units=np.array([100.0, 80.0, 60.0]),
        ...     lead_time_periods=1.25,
        ...     safety_stock_units=10,
        ... ).reorder_point_units
        130.0
    """
    if lead_time_periods < 0:
        raise ValueError(f"a lead time must be zero or more; got {lead_time_periods}")
    forecast = np.asarray(forecast_units, dtype=float)
    share = np.clip(lead_time_periods - np.arange(forecast.size), 0.0, 1.0)
    is_covered = lead_time_periods <= forecast.size + HORIZON_SLACK
    needed = np.where(share > 0, forecast, 0.0)
    demand = float(needed @ share) if is_covered else float("nan")
    mean = float(forecast.mean()) if forecast.size else float("nan")
    return ForecastReorderPoint(
        demand,
        demand + safety_stock_units,
        mean * lead_time_periods + safety_stock_units,
    )
