"""Buffer zones of demand-driven material requirements planning."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from restock.statistics.arrays import Numbers, floats

POSITION_SLACK = 1e-12


class BufferZones(NamedTuple):
    """Zones of a stock buffer and the order they call for, all in units.

    Attributes:
        red_units: Safety part of the buffer.
        yellow_units: Demand over the lead time.
        green_units: Typical order.
        top_of_green_units: Sum of the zones.
        spike_threshold_units: Single demand that counts as a spike.
        net_flow_position_units: On hand plus incoming less qualified demand.
        order_qty_units: Order to the top of green, when below the top of yellow.
    """

    red_units: Numbers
    yellow_units: Numbers
    green_units: Numbers
    top_of_green_units: Numbers
    spike_threshold_units: Numbers
    net_flow_position_units: Numbers
    order_qty_units: Numbers


def buffer_zones(
    *,
    average_daily_usage_units: Numbers,
    decoupled_lead_time_days: Numbers,
    lead_time_factor: Numbers,
    variability_factor: Numbers,
    min_order_units: Numbers,
    order_cycle_days: Numbers,
    on_hand_units: Numbers,
    incoming_units: Numbers,
    qualified_demand_units: Numbers,
) -> BufferZones:
    """Red, yellow and green zone, and the order that the net flow calls for.

    Args:
        average_daily_usage_units: Units per day, any shape.
        decoupled_lead_time_days: Days.
        lead_time_factor: Share of the lead-time demand that is buffered.
        variability_factor: Addition to that share for variability.
        min_order_units: Fewest units per order.
        order_cycle_days: Days between orders.
        on_hand_units: Units.
        incoming_units: Units due within the lead time.
        qualified_demand_units: Demand due today and spikes ahead. Units.

    Returns:
        Zones, position and order, of the broadcast shape.

    References:
        Ptak and Smith, Demand Driven Material Requirements Planning, 2016.
    """
    usage, lead_time, factor, variability, least, cycle, hand, incoming, demand = (
        floats(
            average_daily_usage_units,
            decoupled_lead_time_days,
            lead_time_factor,
            variability_factor,
            min_order_units,
            order_cycle_days,
            on_hand_units,
            incoming_units,
            qualified_demand_units,
        )
    )
    yellow = usage * lead_time
    base = yellow * factor
    red = base * (1 + variability)
    green = np.maximum(np.maximum(cycle * usage, base), least)
    top = red + yellow + green
    position = hand + incoming - demand
    is_below = position < (red + yellow) * (1 - POSITION_SLACK)
    return BufferZones(
        red[()],
        yellow[()],
        green[()],
        top[()],
        (0.5 * red)[()],
        position[()],
        np.where(is_below, top - position, 0.0)[()],
    )
