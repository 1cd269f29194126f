"""Economic order quantity and what it costs to order something else."""

from __future__ import annotations

import numpy as np

from restock.statistics.arrays import Numbers, floats, ratio

DAYS_PER_YEAR = 365


def eoq_units(
    *,
    annual_demand_units: Numbers,
    order_cost: Numbers,
    holding_cost_per_unit_year: Numbers,
) -> Numbers:
    r"""Order quantity with the least ordering plus holding cost.

    .. math:: Q^* = \sqrt{2 D K / h}

    Args:
        annual_demand_units: Demand D. Units per year, any shape.
        order_cost: Cost K of one order line. Currency per order.
        holding_cost_per_unit_year: Holding cost h, that is the yearly rate times the
            unit cost, never the bare rate. Currency per unit and year.

    Returns:
        Units per order, of the broadcast shape. Zero where there is no demand, NaN
        where holding costs nothing (no finite quantity is best) or an input is NaN.

    Examples:
        >>> float(
        ...     eoq_units(
        ...         annual_demand_units=100,
        ...         order_cost=10,
        ...         holding_cost_per_unit_year=5,
        ...     )
        ... )
        20.0

    References:
        Harris, How many parts to make at once, 1913. Snyder and Shen, Fundamentals
        of Supply Chain Theory, 2nd ed., 2019, section 3.2.
    """
    demand, order, holding = floats(
        annual_demand_units, order_cost, holding_cost_per_unit_year
    )
    known = ~(np.isnan(demand) | np.isnan(order) | np.isnan(holding))
    usable = known & (demand > 0) & (holding > 0) & (order >= 0)
    squared = np.where(usable, 2 * demand * order, np.nan) / np.where(
        usable, holding, np.nan
    )
    return np.where(known & (demand <= 0), 0.0, np.sqrt(squared))[()]


def lot_annual_cost(
    *,
    order_qty_units: Numbers,
    annual_demand_units: Numbers,
    order_cost: Numbers,
    holding_cost_per_unit_year: Numbers,
) -> Numbers:
    r"""Ordering plus holding cost per year of a fixed order quantity.

    .. math:: TC(Q) = K D / Q + h Q / 2

    Args:
        order_qty_units: Order quantity Q. Units, any shape.
        annual_demand_units: Demand D. Units per year.
        order_cost: Cost K of one order line. Currency per order.
        holding_cost_per_unit_year: Holding cost h. Currency per unit and year.

    Returns:
        Currency per year, of the broadcast shape. An order quantity of zero costs
        nothing where nothing has to be ordered or an order is free, else NaN.

    References:
        Snyder and Shen, Fundamentals of Supply Chain Theory, 2nd ed., 2019,
        section 3.2.
    """
    quantity, demand, order, holding = floats(
        order_qty_units, annual_demand_units, order_cost, holding_cost_per_unit_year
    )
    yearly = np.maximum(demand, 0.0) * order
    ordering = np.where(yearly == 0, 0.0 * yearly, ratio(yearly, quantity))
    return (ordering + holding * quantity / 2)[()]


def eoq_annual_cost(
    *,
    annual_demand_units: Numbers,
    order_cost: Numbers,
    holding_cost_per_unit_year: Numbers,
) -> Numbers:
    r"""Ordering plus holding cost per year at the economic order quantity.

    .. math:: TC(Q^*) = \sqrt{2 K D h}

    Args:
        annual_demand_units: Demand D. Units per year, any shape.
        order_cost: Cost K of one order line. Currency per order.
        holding_cost_per_unit_year: Holding cost h. Currency per unit and year.

    Returns:
        Currency per year, of the broadcast shape. Zero without demand, NaN where
        `eoq_units` is NaN.

    References:
        Snyder and Shen, Fundamentals of Supply Chain Theory, 2nd ed., 2019,
        section 3.2.
    """
    quantity = eoq_units(
        annual_demand_units=annual_demand_units,
        order_cost=order_cost,
        holding_cost_per_unit_year=holding_cost_per_unit_year,
    )
    (holding,) = floats(holding_cost_per_unit_year)
    return (quantity * holding)[()]


def orders_per_year(
    *, annual_demand_units: Numbers, order_qty_units: Numbers
) -> Numbers:
    """Orders per year that a fixed order quantity leads to.

    Args:
        annual_demand_units: Units per year, any shape.
        order_qty_units: Units per order.

    Returns:
        Orders per year, of the broadcast shape; zero without demand, NaN where the
        quantity is zero or NaN.
    """
    demand, quantity = floats(annual_demand_units, order_qty_units)
    return np.where(demand <= 0, 0.0 * demand, ratio(demand, quantity))[()]


def order_cycle_days(
    *, annual_demand_units: Numbers, order_qty_units: Numbers
) -> Numbers:
    """Days that one order quantity lasts.

    Args:
        annual_demand_units: Units per year of 365 days, any shape.
        order_qty_units: Units per order.

    Returns:
        Days, of the broadcast shape; NaN without demand.
    """
    demand, quantity = floats(annual_demand_units, order_qty_units)
    return ratio(quantity * DAYS_PER_YEAR, np.maximum(demand, 0.0))


def lot_cost_ratio(q_over_eoq: Numbers) -> Numbers:
    r"""Cost of an order quantity relative to the cost at the optimum.

    .. math:: TC(Q) / TC(Q^*) = (Q / Q^* + Q^* / Q) / 2

    Args:
        q_over_eoq: Order quantity as a multiple of the optimum, any shape.

    Returns:
        Ratio, same shape, one or more; NaN at a multiple of zero.

    Examples:
        Twenty percent too much costs 1.7 percent:

        >>> round(float(lot_cost_ratio(1.2)), 4)
        1.0167

    References:
        Snyder and Shen, Fundamentals of Supply Chain Theory, 2nd ed., 2019,
        theorem 3.2.
    """
    (multiple,) = floats(q_over_eoq)
    return ((multiple + ratio(1.0, multiple)) / 2)[()]
