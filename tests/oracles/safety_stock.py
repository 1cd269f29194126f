"""Safety stock and reorder points under normal forecast errors."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from oracles.normal import (
    normal_cdf,
    normal_loss_inverse,
    normal_quantile,
)
from restock.statistics.arrays import Numbers, floats, ratio


class ContinuousReviewStock(NamedTuple):
    """Safety stock for a cycle service level under continuous review.

    Attributes:
        safety_factor: Standard deviations held.
        sigma_lead_time_units: Deviation of the error over the lead time.
        safety_stock_units: Safety stock; negative below a service level of one half.
        reorder_point_units: Mean demand over the lead time plus safety stock.
    """

    safety_factor: Numbers
    sigma_lead_time_units: Numbers
    safety_stock_units: Numbers
    reorder_point_units: Numbers


class PeriodicReviewStock(NamedTuple):
    """Safety stock for a cycle service level under periodic review.

    Attributes:
        sigma_protection_units: Deviation of the error over lead time plus review.
        safety_stock_units: Safety stock.
        order_up_to_units: Mean demand over lead time plus review, plus safety stock.
        safety_stock_without_review_units: What forgetting the review period would
            hold, for comparison.
    """

    sigma_protection_units: Numbers
    safety_stock_units: Numbers
    order_up_to_units: Numbers
    safety_stock_without_review_units: Numbers


class VariableLeadTimeStock(NamedTuple):
    """Safety stock where the lead time varies too.

    Attributes:
        sigma_lead_time_demand_units: Deviation of demand over a lead time.
        safety_stock_units: Safety stock, demand and lead time independent.
        reorder_point_units: Mean demand over the mean lead time plus that stock.
        safety_stock_dependent_units: Upper bound, for lead times that grow with
            demand.
    """

    sigma_lead_time_demand_units: Numbers
    safety_stock_units: Numbers
    reorder_point_units: Numbers
    safety_stock_dependent_units: Numbers


class FillRateStock(NamedTuple):
    """Safety stock for a fill rate under continuous review.

    Attributes:
        loss_target: Shortage allowed per cycle, in deviations; NaN without deviation.
        safety_factor: Standard deviations held; may be negative.
        safety_stock_units: Safety stock; may be negative.
        safety_stock_floored_units: Safety stock, at least zero.
        cycle_service_level: Probability of no shortage in a cycle.
    """

    loss_target: Numbers
    safety_factor: Numbers
    safety_stock_units: Numbers
    safety_stock_floored_units: Numbers
    cycle_service_level: Numbers


class ShortageCostStock(NamedTuple):
    """Safety stock that balances holding against a cost per unit short.

    Attributes:
        stockout_probability: Best probability of a stock-out per cycle, at most 1.
        safety_factor: Standard deviations held; NaN if infeasible.
        safety_stock_units: Safety stock; NaN if infeasible.
        is_feasible: Whether holding pays at all. If not, use the lowest factor that
            management allows.
    """

    stockout_probability: Numbers
    safety_factor: Numbers
    safety_stock_units: Numbers
    is_feasible: bool | npt.NDArray[np.bool_]


def _held(factor: Numbers, sigma: Numbers) -> Numbers:
    """Factor times deviation; nothing is held against no deviation."""
    safe = np.where(np.isfinite(factor), factor, np.nan)
    return np.where(sigma == 0, 0.0, safe * sigma)[()]


def _null_if_infinite(values: Numbers) -> Numbers:
    return np.where(np.isfinite(values), values, np.nan)[()]


def safety_stock_continuous(
    *,
    mean_units: Numbers,
    sigma_units: Numbers,
    lead_time_periods: Numbers,
    cycle_service_level: Numbers,
) -> ContinuousReviewStock:
    r"""Safety stock :math:`z \sigma \sqrt L` and its reorder point.

    Args:
        mean_units: Forecast. Units per period, any shape.
        sigma_units: Deviation of the one-period *forecast error*, taken as
            independent between periods. Units.
        lead_time_periods: Lead time L.
        cycle_service_level: Probability of no stock-out in a cycle, in [0, 1].

    Returns:
        Factor, deviation, safety stock and reorder point, of the broadcast shape.

    Raises:
        ValueError: A service level is outside [0, 1]: 97.5 is refused.

    Examples:
        >>> float(
        ...     safety_stock_continuous(
        ...         mean_units=100,
        ...         sigma_units=20,
        ...         lead_time_periods=4,
        ...         cycle_service_level=0.5,
        ...     ).reorder_point_units
        ... )
        400.0

    References:
        Silver, Pyke and Thomas, Inventory and Production Management in Supply
        Chains, 4th ed., 2017, chapter 6.
    """
    mean, sigma, lead_time = floats(mean_units, sigma_units, lead_time_periods)
    factor = normal_quantile(cycle_service_level)
    sigma_lead_time = sigma * np.sqrt(lead_time)
    held = _held(factor, sigma_lead_time)
    return ContinuousReviewStock(
        _null_if_infinite(factor),
        sigma_lead_time[()],
        held,
        (mean * lead_time + held)[()],
    )


def safety_stock_periodic(
    *,
    mean_units: Numbers,
    sigma_units: Numbers,
    lead_time_periods: Numbers,
    review_periods: Numbers,
    cycle_service_level: Numbers,
) -> PeriodicReviewStock:
    r"""Safety stock :math:`z \sigma \sqrt{L+R}` and its order-up-to level.

    Args:
        mean_units: Forecast. Units per period, any shape.
        sigma_units: Deviation of the one-period forecast error. Units.
        lead_time_periods: Lead time L.
        review_periods: Time R between orders; zero is continuous review. A daily run
            reviews with R = 1 day.
        cycle_service_level: Probability of no stock-out in a cycle, in [0, 1].

    Returns:
        Deviation, safety stock and level, of the broadcast shape.

    Raises:
        ValueError: A service level is outside [0, 1].

    References:
        Silver, Pyke and Thomas, Inventory and Production Management in Supply
        Chains, 4th ed., 2017, chapter 7. Vandeput, Inventory Optimization, 2020.
    """
    mean, sigma, lead_time, review = floats(
        mean_units, sigma_units, lead_time_periods, review_periods
    )
    factor = normal_quantile(cycle_service_level)
    protected = lead_time + review
    sigma_protection = sigma * np.sqrt(protected)
    held = _held(factor, sigma_protection)
    return PeriodicReviewStock(
        sigma_protection[()],
        held,
        (mean * protected + held)[()],
        _held(factor, sigma * np.sqrt(lead_time)),
    )


def safety_stock_variable_lead_time(
    *,
    mean_units: Numbers,
    sigma_units: Numbers,
    lead_time_periods: Numbers,
    lead_time_sd_periods: Numbers,
    cycle_service_level: Numbers,
) -> VariableLeadTimeStock:
    r"""Safety stock with :math:`\sigma_{LTD} = \sqrt{L \sigma^2 + d^2 s_L^2}`.

    Args:
        mean_units: Demand d. Units per period, any shape.
        sigma_units: Deviation of the one-period forecast error. Units.
        lead_time_periods: Mean lead time L.
        lead_time_sd_periods: Deviation s_L of the lead time, in the same periods.
        cycle_service_level: Probability of no stock-out in a cycle, in [0, 1].

    Returns:
        Deviation, safety stock, reorder point and the upper bound
        :math:`z \sigma \sqrt L + z d s_L`, of the broadcast shape.

    Raises:
        ValueError: A service level is outside [0, 1].

    References:
        Hadley and Whitin, Analysis of Inventory Systems, 1963. King, Crack the code:
        understanding safety stock and mastering its equations, 2011.
    """
    mean, sigma, lead_time, lead_time_sd = floats(
        mean_units, sigma_units, lead_time_periods, lead_time_sd_periods
    )
    factor = normal_quantile(cycle_service_level)
    from_demand = sigma * np.sqrt(lead_time)
    from_lead_time = mean * lead_time_sd
    sigma_demand = np.hypot(from_demand, from_lead_time)
    held = _held(factor, sigma_demand)
    return VariableLeadTimeStock(
        sigma_demand[()],
        held,
        (mean * lead_time + held)[()],
        _held(factor, from_demand + from_lead_time),
    )


def safety_stock_fill_rate(
    *,
    order_qty_units: Numbers,
    target_fill_rate: Numbers,
    sigma_lead_time_units: Numbers,
) -> FillRateStock:
    r"""Safety stock at which :math:`\sigma_L G(k) = (1 - P_2) Q`.

    Args:
        order_qty_units: Order quantity Q. Units, any shape.
        target_fill_rate: Share of demand to serve from stock, in [0, 1].
        sigma_lead_time_units: Deviation of the error over the lead time. Units.

    Returns:
        Factor, safety stock and cycle service, of the broadcast shape. A big lot
        needs a negative factor: the stock is given as it is and floored at zero.
        Without deviation it is the limit, minus the shortage allowed. A target of 1
        has no finite answer, hence NaN.

    Raises:
        ValueError: A target is outside [0, 1].

    References:
        Silver, Pyke and Thomas, Inventory and Production Management in Supply
        Chains, 4th ed., 2017, section 6.7.
    """
    quantity, target, sigma = floats(
        order_qty_units, target_fill_rate, sigma_lead_time_units
    )
    if ((target < 0) | (target > 1)).any():
        raise ValueError(f"a fill rate must lie in [0, 1]; got {target}")
    allowed = (1 - target) * quantity
    loss = ratio(allowed, sigma)
    factor = _null_if_infinite(normal_loss_inverse(loss))
    stock = np.where(sigma == 0, -allowed, factor * sigma)
    certain = np.where(allowed > 0, 0.0, 1.0)
    service = np.where(sigma == 0, certain, normal_cdf(factor))
    return FillRateStock(
        loss, factor, stock[()], np.maximum(stock, 0.0)[()], service[()]
    )


def safety_stock_shortage_cost(
    *,
    holding_cost_per_unit_year: Numbers,
    order_qty_units: Numbers,
    shortage_cost_per_unit: Numbers,
    annual_demand_units: Numbers,
    sigma_lead_time_units: Numbers,
) -> ShortageCostStock:
    r"""Safety stock with the least cost where each unit short costs B.

    .. math:: P(\text{stock-out per cycle}) = \frac{h Q}{B D}

    Args:
        holding_cost_per_unit_year: Holding cost h. Currency per unit and year.
        order_qty_units: Order quantity Q. Units. A bigger lot is exposed less often.
        shortage_cost_per_unit: Cost B of a unit short. Currency.
        annual_demand_units: Demand D. Units per year.
        sigma_lead_time_units: Deviation of the error over the lead time. Units.

    Returns:
        Probability, factor, safety stock and feasibility, of the broadcast shape.

    References:
        Silver, Pyke and Thomas, Inventory and Production Management in Supply
        Chains, 4th ed., 2017, section 6.8, cost per unit short.
    """
    holding, quantity, shortage, demand, sigma = floats(
        holding_cost_per_unit_year,
        order_qty_units,
        shortage_cost_per_unit,
        annual_demand_units,
        sigma_lead_time_units,
    )
    at_stake = shortage * np.maximum(demand, 0.0)
    known = ~np.isnan(holding + quantity + at_stake)
    share = np.where(known & (at_stake <= 0), 1.0, ratio(holding * quantity, at_stake))
    share = np.minimum(share, 1.0)
    feasible = (share > 0) & (share < 1 - 1e-12)
    # From the upper tail: 1 - share would round away a small probability.
    factor = np.where(
        feasible, -normal_quantile(np.where(feasible, share, 0.5)), np.nan
    )
    return ShortageCostStock(share[()], factor[()], (factor * sigma)[()], feasible[()])
