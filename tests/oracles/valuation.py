"""What inventory costs and what it earns."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from restock.statistics.arrays import Numbers, floats, ratio

DAYS_PER_YEAR = 365


class TurnoverSummary(NamedTuple):
    """Turnover of one item over the days of its ledger.

    Attributes:
        average_inventory_value: Mean daily closing stock at cost. Currency.
        inventory_turnover: Turns per year of 365 days.
        days_on_hand: Days that the average inventory lasts.
        begin_end_inventory_value: Mean of the first and last closing, for comparison.
            Currency.
        begin_end_turnover: Turns per year with that mean.
    """

    average_inventory_value: float
    inventory_turnover: float
    days_on_hand: float
    begin_end_inventory_value: float
    begin_end_turnover: float


class GrossMarginReturn(NamedTuple):
    """Gross margin and its return on the inventory behind it.

    Attributes:
        gross_margin: Currency over the days observed.
        gross_margin_rate: Share of net sales.
        gmroi: Yearly gross margin per currency unit of average inventory at cost.
    """

    gross_margin: Numbers
    gross_margin_rate: Numbers
    gmroi: Numbers


class HoldingCost(NamedTuple):
    """Cost of holding an inventory for some days.

    Attributes:
        holding_cost_rate_per_year: Sum of the component rates. Share per year.
        holding_cost: Currency over the days.
        by_component: Currency over the days, by component.
        is_negative_value: Whether the value was below zero and counted as zero.
    """

    holding_cost_rate_per_year: float
    holding_cost: float
    by_component: dict[str, float]
    is_negative_value: bool


def inventory_turnover(
    *, cogs: Numbers, average_inventory_value: Numbers, ledger_days: Numbers
) -> Numbers:
    """Turns per year of an inventory.

    Args:
        cogs: Cost of goods sold over the ledger days. Currency, any shape.
        average_inventory_value: Mean daily closing stock at cost. Currency.
        ledger_days: Days that both are taken over.

    Returns:
        Turns per year of 365 days, of the broadcast shape. Zero where nothing was
        sold, NaN where there was no inventory.

    References:
        Chopra and Meindl, Supply Chain Management, chapter on performance drivers.
    """
    cogs, average, days = floats(cogs, average_inventory_value, ledger_days)
    stocked = np.where(average > 0, average, np.nan)
    return ratio(cogs * DAYS_PER_YEAR, days * stocked)


def days_on_hand(
    *, cogs: Numbers, average_inventory_value: Numbers, ledger_days: Numbers
) -> Numbers:
    """Days that the average inventory lasts at the rate of the past.

    Args:
        cogs: Cost of goods sold over the ledger days. Currency, any shape.
        average_inventory_value: Mean daily closing stock at cost. Currency.
        ledger_days: Days that both are taken over.

    Returns:
        Days, of the broadcast shape: 365 over the turnover. NaN where nothing was
        sold or there was no inventory.

    References:
        Chopra and Meindl, Supply Chain Management, chapter on performance drivers.
    """
    return ratio(
        DAYS_PER_YEAR,
        inventory_turnover(
            cogs=cogs,
            average_inventory_value=average_inventory_value,
            ledger_days=ledger_days,
        ),
    )


def turnover_from_ledger(
    *,
    unit_cost: float,
    daily_closing_units: npt.NDArray[np.float64],
    cogs: float,
) -> TurnoverSummary:
    """Turnover of an item from its daily closing stock.

    The mean of first and last closing is returned beside the mean of all days: it
    hides the path, and is zero for stock that came and went in between.

    Args:
        unit_cost: Currency per unit.
        daily_closing_units: One closing stock per day, shape (days,). Negative stock
            is a data exception and counts as zero.
        cogs: Cost of goods sold over those days. Currency.

    Returns:
        Averages and turns, NaN where there is no inventory or no day.

    References:
        Chopra and Meindl, Supply Chain Management, chapter on performance drivers.
    """
    closing = np.maximum(np.asarray(daily_closing_units, dtype=float), 0.0)
    days = closing.size
    average = float(closing.mean()) * unit_cost if days else np.nan
    ends = float(closing[0] + closing[-1]) / 2 * unit_cost if days else np.nan
    return TurnoverSummary(
        average,
        inventory_turnover(
            cogs=cogs, average_inventory_value=average, ledger_days=days
        ),
        days_on_hand(cogs=cogs, average_inventory_value=average, ledger_days=days),
        ends,
        inventory_turnover(cogs=cogs, average_inventory_value=ends, ledger_days=days),
    )


def gross_margin_return(
    *,
    net_sales: Numbers,
    cogs: Numbers,
    average_inventory_value: Numbers,
    days: Numbers,
) -> GrossMarginReturn:
    """Yearly gross margin per currency unit of inventory (GMROI).

    Args:
        net_sales: Revenue over the days. Currency, any shape.
        cogs: Cost of goods sold over the days. Currency.
        average_inventory_value: Mean daily stock at *cost*. Currency.
        days: Days observed; the margin is brought to 365 of them.

    Returns:
        Margin, its share of sales (NaN without sales) and the return (NaN without
        inventory), of the broadcast shape.

    References:
        Levy and Weitz, Retailing Management, chapter on merchandise planning.
    """
    sales, cogs, average, days = floats(net_sales, cogs, average_inventory_value, days)
    margin = sales - cogs
    stocked = np.where(average > 0, average, np.nan)
    return GrossMarginReturn(
        margin[()],
        ratio(margin, sales),
        ratio(margin * DAYS_PER_YEAR, days * stocked),
    )


def holding_cost(
    *,
    average_inventory_value: float,
    annual_rates: Mapping[str, float],
    days: float,
    days_per_year: float = DAYS_PER_YEAR,
) -> HoldingCost:
    """Cost of holding an inventory, in total and by component.

    Args:
        average_inventory_value: Mean stock at cost, not at retail. Currency. Below
            zero it is a data exception and counts as zero.
        annual_rates: Share of the value per year, by component (capital, storage,
            insurance, obsolescence ...).
        days: Days held.
        days_per_year: Days that the yearly rates are meant for.

    Returns:
        Total rate, cost, cost by component and the flag.

    Raises:
        ValueError: The days of a year are not above zero.

    Examples:
        >>> holding_cost(
        ...     average_inventory_value=73000, annual_rates={"capital": 0.1}, days=1
        ... ).holding_cost
        20.0

    References:
        Chopra and Meindl, Supply Chain Management, chapter on cycle inventory.
    """
    if days_per_year <= 0:
        raise ValueError(f"a year must have days; got {days_per_year}")
    value = max(average_inventory_value, 0.0)
    by_component = {
        component: value * rate * days / days_per_year
        for component, rate in annual_rates.items()
    }
    total_rate = float(sum(annual_rates.values()))
    return HoldingCost(
        total_rate,
        value * total_rate * days / days_per_year,
        by_component,
        average_inventory_value < 0,
    )
