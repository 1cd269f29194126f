"""How well a supplier keeps its word on time, quantity and price."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from restock.statistics.arrays import floats, ratio


class SupplierScorecard(NamedTuple):
    """Scorecard of a supplier's order lines; NaN where there is nothing to divide by.

    Attributes:
        n_lines: Order lines.
        on_time_rate: Share of lines received by the promised day.
        in_full_rate: Share of lines received in at least the ordered quantity.
        otif_rate: Share of lines on time and in full.
        fill_rate: Units received over units ordered, over-receipts capped.
        price_variance: Invoiced minus standard cost of what was received. Currency.
        price_variance_rate: Price variance over the standard cost of what was
            invoiced.
    """

    n_lines: int
    on_time_rate: float
    in_full_rate: float
    otif_rate: float
    fill_rate: float
    price_variance: float
    price_variance_rate: float


def supplier_scorecard(
    *,
    ordered_units: npt.NDArray[np.float64],
    received_units: npt.NDArray[np.float64],
    promised_day: npt.NDArray[np.float64],
    received_day: npt.NDArray[np.float64],
    standard_unit_cost: npt.NDArray[np.float64],
    invoiced_unit_cost: npt.NDArray[np.float64],
) -> SupplierScorecard:
    """Delivery and price performance over order lines.

    Args:
        ordered_units: Units ordered, one per line, shape (n,).
        received_units: Units received; NaN counts as none.
        promised_day: Day number promised.
        received_day: Day number on which the line was complete; NaN is not on time.
        standard_unit_cost: Currency per unit expected.
        invoiced_unit_cost: Currency per unit charged; NaN where not invoiced, which
            carries no variance.

    Returns:
        The scorecard.

    References:
        SCOR, Perfect order fulfilment. AWS Supply Chain, On time in full.
    """
    ordered, received, promised, arrived, standard, invoiced = floats(
        ordered_units,
        received_units,
        promised_day,
        received_day,
        standard_unit_cost,
        invoiced_unit_cost,
    )
    lines = ordered.size
    nan = float("nan")
    if not lines:
        return SupplierScorecard(0, nan, nan, nan, nan, nan, nan)
    received = np.nan_to_num(received)
    on_time = arrived <= promised
    in_full = received >= ordered
    variance = np.nan_to_num((invoiced - standard) * received)
    standard_cost = np.where(np.isnan(invoiced), 0.0, standard * received)
    return SupplierScorecard(
        lines,
        float(on_time.mean()),
        float(in_full.mean()),
        float((on_time & in_full).mean()),
        float(ratio(np.minimum(received, ordered).sum(), ordered.sum())),
        float(variance.sum()),
        float(ratio(variance.sum(), standard_cost.sum())),
    )
