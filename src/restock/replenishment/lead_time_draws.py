"""Lead times in whole periods, drawn as they were seen or as they are planned."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from restock.replenishment.lead_time_demand import (
    draw_lead_times,
    longest_lead_time,
    series_generator,
)
from restock.replenishment.simulator import PERIOD_SLACK

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]


def whole_periods(lead_times: Floats) -> Integers:
    """Lead times rounded up: a part of a period is a period.

    Args:
        lead_times: Periods, any shape.

    Returns:
        Whole periods, same shape.

    Examples:
        >>> whole_periods(np.array([0.0, 1.0, 1.2, 2.0000000001]))
        array([0, 1, 2, 2])
    """
    return np.ceil(lead_times - PERIOD_SLACK).astype(np.int64)


def planned(
    ids: list[tuple[str, str]],
    mean: Floats,
    sd: Floats,
    *,
    n_paths: int,
    seed: int,
    tail: float,
) -> Integers:
    """Lead times as the plan expects them: gamma, cut at a quantile.

    Args:
        ids: Location and product of each series.
        mean: Periods, shape (series,), zero or more.
        sd: Standard deviation. Periods, shape (series,), zero or more.
        n_paths: Draws per series.
        seed: Seed of the run.
        tail: Quantile at which they are cut, in (0, 1).

    Returns:
        Whole periods, shape (series, n_paths).
    """
    longest = longest_lead_time(mean, sd, tail=tail)
    return np.stack(
        [
            whole_periods(
                draw_lead_times(
                    series_generator(seed, *ids[row], purpose="planned lead times"),
                    mean[row],
                    sd[row],
                    longest[row],
                    n_paths,
                )
            )
            for row in range(len(ids))
        ]
    )


def happened(
    ids: list[tuple[str, str]],
    observed: list[Floats],
    otherwise: Integers,
    *,
    n_decisions: int,
    seed: int,
) -> Integers:
    """Lead times that orders turn out to have: drawn from those observed.

    Args:
        ids: Location and product of each series.
        observed: Lead times seen for each series. Periods; none where there are
            none.
        otherwise: Whole periods to draw from where none was seen, shape (series,
            draws).
        n_decisions: Draws per series.
        seed: Seed of the run.

    Returns:
        Whole periods, shape (series, n_decisions).
    """
    return np.stack(
        [
            series_generator(seed, *ids[row], purpose="lead times").choice(
                whole_periods(observed[row]) if len(observed[row]) else otherwise[row],
                size=n_decisions,
            )
            for row in range(len(ids))
        ]
    )
