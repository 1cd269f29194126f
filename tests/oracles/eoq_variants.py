"""Economic order quantity with planned backorders or a finite production rate."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from oracles.eoq import eoq_annual_cost, eoq_units
from restock.statistics.arrays import Numbers, floats, ratio


class BackorderLot(NamedTuple):
    """Economic order quantity with planned backorders.

    Attributes:
        order_qty_units: Units per order.
        backordered_fraction: Share of demand that waits, in [0, 1].
        annual_cost: Ordering, holding and backorder cost. Currency per year.
    """

    order_qty_units: Numbers
    backordered_fraction: Numbers
    annual_cost: Numbers


class ProductionLot(NamedTuple):
    """Economic production quantity.

    Attributes:
        order_qty_units: Units per production run.
        annual_cost: Set-up plus holding cost. Currency per year.
    """

    order_qty_units: Numbers
    annual_cost: Numbers


def eoq_with_backorders(
    *,
    annual_demand_units: Numbers,
    order_cost: Numbers,
    holding_cost_per_unit_year: Numbers,
    backorder_cost_per_unit_year: Numbers,
) -> BackorderLot:
    r"""Order quantity where customers may be made to wait at a price.

    .. math:: Q^* = \sqrt{2KD(h+p)/(hp)}, \quad x^* = h/(h+p)

    Args:
        annual_demand_units: Demand D. Units per year, any shape.
        order_cost: Cost K. Currency per order.
        holding_cost_per_unit_year: Holding cost h. Currency per unit and year.
        backorder_cost_per_unit_year: Backorder cost p. Currency per unit and *year*.

    Returns:
        Quantity, share backordered and cost, of the broadcast shape; NaN where h or
        p is not above zero, quantity and cost zero without demand.

    References:
        Snyder and Shen, Fundamentals of Supply Chain Theory, 2nd ed., 2019,
        section 3.5.
    """
    demand, order, holding, backorder = floats(
        annual_demand_units,
        order_cost,
        holding_cost_per_unit_year,
        backorder_cost_per_unit_year,
    )
    backorder = np.where(backorder > 0, backorder, np.nan)
    positive_holding = np.where(holding > 0, holding, np.nan)
    fraction = positive_holding / (positive_holding + backorder)
    # Backorders act as a holding cost of h p / (h + p).
    effective = positive_holding * (1 - fraction)
    return BackorderLot(
        eoq_units(
            annual_demand_units=demand,
            order_cost=order,
            holding_cost_per_unit_year=effective,
        ),
        fraction[()],
        eoq_annual_cost(
            annual_demand_units=demand,
            order_cost=order,
            holding_cost_per_unit_year=effective,
        ),
    )


def economic_production_quantity(
    *,
    annual_demand_units: Numbers,
    setup_cost: Numbers,
    holding_cost_per_unit_year: Numbers,
    annual_production_units: Numbers,
) -> ProductionLot:
    r"""Production run with the least set-up plus holding cost.

    .. math:: Q^* = \sqrt{2KD / (h (1 - D/P))}

    Args:
        annual_demand_units: Demand D. Units per year, any shape.
        setup_cost: Cost K. Currency per run.
        holding_cost_per_unit_year: Holding cost h. Currency per unit and year.
        annual_production_units: Production rate P. Units per year.

    Returns:
        Quantity and cost, of the broadcast shape; NaN where production does not
        exceed demand.

    References:
        Taft, The most economical production lot, 1918. Snyder and Shen, Fundamentals
        of Supply Chain Theory, 2nd ed., 2019, section 3.6.
    """
    demand, setup, holding, production = floats(
        annual_demand_units,
        setup_cost,
        holding_cost_per_unit_year,
        annual_production_units,
    )
    slack = 1 - ratio(np.maximum(demand, 0.0), production)
    effective = holding * np.where((slack > 0) & (production > 0), slack, np.nan)
    return ProductionLot(
        eoq_units(
            annual_demand_units=demand,
            order_cost=setup,
            holding_cost_per_unit_year=effective,
        ),
        eoq_annual_cost(
            annual_demand_units=demand,
            order_cost=setup,
            holding_cost_per_unit_year=effective,
        ),
    )
