"""Levels of the ordering policies, from one forecast distribution.

What the plan computes for a live run (`lead_time_demand`, `int_reorder_points`),
here for any forecast and for several policies side by side, so that they can be
replayed. Time counts in whole periods: lead times are rounded up.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

from restock.replenishment.demand.simulated_demand import (
    ROUNDING,
    order_cycle,
    quantile,
)
from restock.replenishment.levels.reorder_points import reorder_points
from restock.replenishment.levels.safety_stock import safety_stock_continuous
from restock.statistics.arrays import Floats, Integers, ratio

# Stock that costs nothing to hold is promised never to run out, and what is not missed
# never to be there: the textbook's z is infinite. It takes 3.7 instead.
_LEAST_SERVICE = 1e-4


@dataclass(frozen=True)
class Terms:
    """What a planner or the data fix for each series, shape (series,) each.

    Attributes:
        target: cost, cycle_service or fill_rate.
        service_level: Wanted level, in (0, 1]; NaN where the target needs none.
        holding_cost_per_unit_period: Currency.
        shortage_cost_per_unit: Currency.
        order_cost: Currency per order.
        review_periods: Whole periods between two decisions.
    """

    target: npt.NDArray[np.object_]
    service_level: Floats
    holding_cost_per_unit_period: Floats
    shortage_cost_per_unit: Floats
    order_cost: Floats
    review_periods: Integers

    def __getitem__(self, rows: npt.NDArray[np.intp]) -> Terms:
        """Terms of some series."""
        return Terms(**{name: value[rows] for name, value in vars(self).items()})

    def needs(self) -> pd.DataFrame:
        """Columns that `reorder_points` reads."""
        return pd.DataFrame(
            {
                "target": self.target,
                "service_level": self.service_level,
                "holding_cost_per_unit_period": self.holding_cost_per_unit_period,
                "shortage_cost_per_unit": self.shortage_cost_per_unit,
            }
        )


class Levels(NamedTuple):
    """Levels of each series at one decision. Units, shape (series,) each.

    Attributes:
        reorder_point_units: Shipped reorder point s, for the series' own target.
        order_up_to_units: Shipped order-up-to level S.
        lot_units: Lot Q: the larger of the economic one and a review's demand.
        textbook_lot_units: The same of the past year's economic lot.
        cycle_stock_units: S less s.
        base_stock_units: Order-up-to level of every review, for the own target.
        least_cost_units: Order-up-to level of every review, of least cost.
        textbook_reorder_point_units: Mean over the lead time plus z sigma sqrt(L).
        textbook_sigma_units: Its sigma sqrt(L): what z more of one adds.
        cover_units: Forecast of the fixed cover.
        lot_share: Demand of a review over the lot, at most one.
        fractile: Share of paths that s covers, as the target asks.
    """

    reorder_point_units: Floats
    order_up_to_units: Floats
    lot_units: Floats
    textbook_lot_units: Floats
    cycle_stock_units: Floats
    base_stock_units: Floats
    least_cost_units: Floats
    textbook_reorder_point_units: Floats
    textbook_sigma_units: Floats
    cover_units: Floats
    lot_share: Floats
    fractile: Floats


def levels(
    demand_paths: Floats,
    reviews: Floats,
    lead_times: Integers,
    terms: Terms,
    *,
    level_trust: Floats,
    forecast_units: Floats,
    economic_lot_units: Floats,
    textbook_lot_units: Floats,
    demand_sd_units: Floats,
    cover_periods: int,
) -> Levels:
    r"""Levels of all policies at one decision.

    The shipped policy orders up to S at or below s: s is what the target asks for of
    the demand of an order cycle, rounded up, and S adds what the lot exceeds a
    review's demand by. The textbook's reorder point knows neither the
    review nor the errors of the forecast: it is d L + z sigma sqrt(L), with sigma
    of past demand.

    Args:
        demand_paths: Paths from the decision on, shape (series, paths, periods).
        reviews: Demand of reviews around the forecast, shape (series, paths); see
            `simulated_demand.order_cycle`.
        lead_times: Whole periods of each path, shape (series, paths).
        terms: What is fixed.
        level_trust: Trust in errors of the level, shape (series,); see `order_cycle`.
        forecast_units: Forecast from the decision on, shape (series, periods).
        economic_lot_units: Economic lot, at most what the shelf life allows; NaN
            and zero are none. Shape (series,).
        textbook_lot_units: Economic lot at the past year's demand, likewise.
        demand_sd_units: Deviation of past demand per period, shape (series,).
        cover_periods: Periods of the fixed cover.

    Returns:
        The levels; NaN where a parameter of a level is unknown.

    Raises:
        ValueError: A path or the forecast is shorter than lead time plus review, or
            the forecast than the cover.
    """
    _, _, n_periods = demand_paths.shape
    review = terms.review_periods
    longest = int((lead_times.max(axis=1) + review).max(initial=0))
    if max(longest, cover_periods) > min(n_periods, forecast_units.shape[1]):
        raise ValueError(
            f"a forecast of {min(n_periods, forecast_units.shape[1])} periods is"
            f" shorter than lead time plus review, {longest}, or the cover,"
            f" {cover_periods}"
        )
    lead_time = sum_of_first(demand_paths, lead_times)
    protection = sum_of_first(demand_paths, lead_times + review[:, None])
    protection = np.maximum(protection, lead_time)
    first_review = sum_of_first(
        demand_paths, np.broadcast_to(review[:, None], lead_times.shape)
    )
    mean = protection.mean(axis=1)
    mean_lead_time = lead_times.mean(axis=1)
    rate = mean / (mean_lead_time + review)
    review_demand = rate * review
    economic = np.nan_to_num(economic_lot_units)
    lot = np.maximum(economic, review_demand)
    is_zero = mean == 0

    def points(lot_units: Floats, gap: Floats) -> tuple[Floats, Floats]:
        cycle = order_cycle(
            protection,
            lead_time,
            first_review,
            reviews=reviews,
            review_units=review_demand,
            order_gap=gap,
            level_trust=level_trust,
        )
        fractile, point, _ = reorder_points(
            terms.needs(),
            np.sort(cycle.demand, axis=1),
            cycle.before,
            np.where(cycle.order_units > 0, cycle.order_units, 1.0),
            mean=mean,
            rate=rate,
            lot=lot_units,
            is_zero=is_zero,
        )
        return fractile, whole_units(point, terms.target)

    gap = lot - review_demand
    fractile, reorder_point = points(lot, gap)
    base_stock = reorder_point
    if (gap > 0).any():
        _, base_stock = points(review_demand, np.zeros(len(gap)))
    ratio_cost = ratio(
        terms.shortage_cost_per_unit,
        terms.shortage_cost_per_unit + terms.holding_cost_per_unit_period * review,
    )
    least_cost = np.where(
        ratio_cost > 0, quantile(np.sort(protection, axis=1), ratio_cost), 0.0
    )
    cycle_stock = np.floor(0.5 + np.maximum(economic - review_demand, 0.0))
    service = np.where(terms.target == "cost", fractile, terms.service_level)
    own_periods = lead_times.max(axis=1) + review
    horizon_mean = (
        sum_of_first(forecast_units[:, None, :], own_periods[:, None])[:, 0]
        / own_periods
    )
    textbook = safety_stock_continuous(
        mean_units=horizon_mean,
        sigma_units=demand_sd_units,
        lead_time_periods=mean_lead_time,
        cycle_service_level=np.where(
            is_zero, 0.5, np.clip(service, _LEAST_SERVICE, 1 - _LEAST_SERVICE)
        ),
    )
    return Levels(
        reorder_point_units=reorder_point,
        order_up_to_units=reorder_point + cycle_stock,
        lot_units=np.maximum(np.floor(0.5 + lot), 1.0),
        textbook_lot_units=np.maximum(
            np.floor(0.5 + np.fmax(textbook_lot_units, review_demand)), 1.0
        ),
        cycle_stock_units=cycle_stock,
        base_stock_units=base_stock,
        least_cost_units=np.ceil(least_cost - ROUNDING),
        textbook_reorder_point_units=np.ceil(textbook.reorder_point_units - ROUNDING),
        textbook_sigma_units=demand_sd_units * np.sqrt(mean_lead_time),
        cover_units=np.ceil(forecast_units[:, :cover_periods].sum(axis=1) - ROUNDING),
        lot_share=np.minimum(ratio(review_demand, np.where(lot > 0, lot, 1.0)), 1.0),
        fractile=fractile,
    )


def whole_units(level: Floats, target: npt.NDArray[np.object_]) -> Floats:
    """Whole units of a level: a promised service is kept, a least cost is nearest.

    Args:
        level: Units, shape (series,).
        target: cost, cycle_service or fill_rate, shape (series,).

    Returns:
        Units, shape (series,): rounded to the nearest for cost, up for the others.

    Examples:
        >>> whole_units(np.array([2.4, 2.4]), np.array(["cost", "fill_rate"]))
        array([2., 3.])
    """
    return np.where(target == "cost", np.floor(level + 0.5), np.ceil(level - ROUNDING))


def sum_of_first(demand_paths: Floats, periods: Integers) -> Floats:
    """Demand of the first periods of each path.

    Args:
        demand_paths: Units, shape (series, paths, periods).
        periods: Periods to sum, shape (series, paths), at most as many as there are.

    Returns:
        Units, shape (series, paths).

    Examples:
        >>> sum_of_first(np.array([[[1.0, 2.0, 4.0]]]), np.array([[2]]))
        array([[3.]])
    """
    total = np.cumsum(demand_paths, axis=2)
    last = np.maximum(periods - 1, 0)[:, :, None]
    return np.where(periods > 0, np.take_along_axis(total, last, axis=2)[:, :, 0], 0.0)
