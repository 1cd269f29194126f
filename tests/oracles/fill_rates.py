"""Service that a policy gives under normal demand."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from oracles.normal import normal_cdf, normal_loss
from restock.statistics.arrays import Numbers, floats, ratio


class ContinuousReviewService(NamedTuple):
    """Service of a reorder point and order quantity.

    Attributes:
        safety_factor: Safety stock in deviations; NaN without deviation.
        cycle_service_level: Probability of no stock-out in a cycle.
        expected_shortage_units: Mean units short per cycle.
        fill_rate: Share of demand served from stock.
    """

    safety_factor: Numbers
    cycle_service_level: Numbers
    expected_shortage_units: Numbers
    fill_rate: Numbers


class PeriodicReviewService(NamedTuple):
    """Service of an order-up-to level.

    Attributes:
        shortage_end_units: Mean shortage at the end of a review cycle.
        shortage_begin_units: Mean shortage left over from the cycle before.
        fill_rate: Share of demand served from stock.
        fill_rate_uncorrected: The same without the shortage left over, which
            understates service where it is low.
    """

    shortage_end_units: Numbers
    shortage_begin_units: Numbers
    fill_rate: Numbers
    fill_rate_uncorrected: Numbers


def expected_shortage_units(
    *, mean_units: Numbers, sigma_units: Numbers, level_units: Numbers
) -> Numbers:
    """Mean units by which normal demand exceeds a level.

    Args:
        mean_units: Mean demand. Units, any shape.
        sigma_units: Deviation of demand. Units, zero or more.
        level_units: Stock that meets it. Units.

    Returns:
        Units, of the broadcast shape.

    Examples:
        >>> float(expected_shortage_units(mean_units=7, sigma_units=0, level_units=5))
        2.0
    """
    mean, sigma, level = floats(mean_units, sigma_units, level_units)
    factor = ratio(level - mean, sigma)
    certain = np.maximum(mean - level, 0.0)
    return np.where(sigma == 0, certain, sigma * normal_loss(factor))[()]


def service_continuous(
    *,
    order_qty_units: Numbers,
    safety_stock_units: Numbers,
    sigma_lead_time_units: Numbers,
) -> ContinuousReviewService:
    r"""Cycle service and fill rate of a continuous-review policy.

    .. math:: ESC = \sigma_L G(k), \quad P_2 = 1 - ESC / Q

    Demand that finds no stock waits; with lost sales the rate is
    :math:`1 - ESC/(Q + ESC)`. Undershoot of the reorder point is left out.

    Args:
        order_qty_units: Order quantity Q. Units, any shape, above zero.
        safety_stock_units: Safety stock. Units, any sign.
        sigma_lead_time_units: Deviation of demand over the lead time. Units.

    Returns:
        Factor, cycle service, shortage and fill rate, of the broadcast shape.

    References:
        Silver, Pyke and Thomas, Inventory and Production Management in Supply
        Chains, 4th ed., 2017, chapter 6.
    """
    quantity, safety, sigma = floats(
        order_qty_units, safety_stock_units, sigma_lead_time_units
    )
    factor = ratio(safety, sigma)
    service = np.where(sigma == 0, np.where(safety >= 0, 1.0, 0.0), normal_cdf(factor))
    shortage = expected_shortage_units(
        mean_units=0.0, sigma_units=sigma, level_units=safety
    )
    return ContinuousReviewService(
        factor, service[()], shortage, 1 - ratio(shortage, quantity)
    )


def service_periodic(
    *,
    mean_units: Numbers,
    sigma_units: Numbers,
    lead_time_periods: Numbers,
    review_periods: Numbers,
    order_up_to_units: Numbers,
) -> PeriodicReviewService:
    r"""Fill rate of a periodic-review policy.

    .. math:: P_2 = 1 - \frac{E[(X_{L+R}-S)^+] - E[(X_L-S)^+]}{d R}

    Args:
        mean_units: Demand d. Units per period, any shape.
        sigma_units: Deviation of demand per period. Units.
        lead_time_periods: Lead time L.
        review_periods: Review period R, above zero.
        order_up_to_units: Order-up-to level S. Units.

    Returns:
        Shortages and fill rates, of the broadcast shape; NaN without demand or
        review period.

    References:
        Silver, Pyke and Thomas, Inventory and Production Management in Supply
        Chains, 4th ed., 2017, chapter 7. Van Donselaar and Broekmeulen,
        Determination of safety stocks in a lost sales inventory system, 2013.
    """
    mean, sigma, lead_time, review, level = floats(
        mean_units, sigma_units, lead_time_periods, review_periods, order_up_to_units
    )
    end, begin = (
        expected_shortage_units(
            mean_units=mean * periods,
            sigma_units=sigma * np.sqrt(periods),
            level_units=level,
        )
        for periods in (lead_time + review, lead_time)
    )
    per_cycle = mean * review
    return PeriodicReviewService(
        end,
        begin,
        1 - ratio(end - begin, per_cycle),
        1 - ratio(end, per_cycle),
    )
