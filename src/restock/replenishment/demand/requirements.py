"""Requirements and live forecasts, checked and put in order for a simulation."""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np
import numpy.typing as npt
import pandas as pd

from restock import frames
from restock.replenishment.demand.error_pools import (
    KEYS,
    Settings,
    dispersion_of,
    leading_run,
    numbers,
    require_columns,
    segments_of,
)
from restock.replenishment.demand.lead_time_draws import longest_lead_time
from restock.replenishment.demand.simulated_demand import ROUNDING
from restock.replenishment.levels.reorder_points import TARGETS
from restock.statistics.arrays import Floats, Indices

_NUMBERS = [
    "service_level",
    "elapsed_periods",
    "lead_time_mean_periods",
    "lead_time_sd_periods",
    "review_periods",
    "holding_cost_per_unit_period",
    "shortage_cost_per_unit",
    "economic_lot_units",
    "inventory_position_units",
    "on_hand_units",
    "unit_margin",
]

# Series that one process takes at a time.
_BLOCK = 1024

_OF_HISTORY = ["own_demand_units", "demand_dispersion"]

# What a simulation of one series depends on, and what it may do without.
REQUIREMENTS = [*KEYS, "segment", "target", *_NUMBERS]
OPTIONAL_REQUIREMENTS = ["period_days", *_OF_HISTORY]


@dataclass(frozen=True)
class Plan:
    """What is asked, and what stands in the way.

    Attributes:
        needs: Requirements in order of ids.
        live: Live forecasts, shape (series, steps).
        variation: Variation of the level of a series without a history, shape
            (series,); NaN for the others.
        dispersion: Index of dispersion of demand, shape (series,).
        parts: Steps that a period is split into: its days where a window may begin or
            end inside one, else one, shape (series,).
        available: Leading steps with a forecast, or its mean, shape (series,).
        is_extended: Whether the mean goes on where the forecast ends, shape (series,).
        needed: Steps that the protection interval reaches, shape (series,).
        longest: Lead time that random ones are cut at. Periods, shape (series,).
        obstacle: Why a series cannot be simulated; empty if it can.
    """

    needs: pd.DataFrame
    live: Floats
    variation: Floats
    dispersion: Floats
    parts: Indices
    available: Indices
    is_extended: npt.NDArray[np.bool_]
    needed: Floats
    longest: Floats
    obstacle: npt.NDArray[np.str_]

    def blocks(self) -> list[Indices]:
        """Places of the series that can be simulated, so many as a process takes."""
        ready = np.flatnonzero(self.obstacle == "")
        return [ready[at : at + _BLOCK] for at in range(0, len(ready), _BLOCK)]

    def part(self, rows: Indices) -> Plan:
        """Plan of some of the series."""
        return Plan(
            self.needs.iloc[rows],
            *(
                getattr(self, field.name)[rows]
                for field in fields(self)
                if field.name != "needs"
            ),
        )


def plan_simulation(
    forecasts: pd.DataFrame, requirements: pd.DataFrame, settings: Settings
) -> Plan:
    """Read the requirements and say which of them can be simulated.

    Args:
        forecasts: As for `lead_time_demand.simulate`.
        requirements: As for `lead_time_demand.simulate`.
        settings: Where random lead times are cut.

    Returns:
        The requirements in order of ids with their live forecasts.

    Raises:
        KeyError: A column is missing.
        ValueError: See `lead_time_demand.simulate`.
    """
    needs = _read_requirements(requirements)
    live, variation, dispersion = _pivot_forecasts(forecasts, needs)
    parts = parts_of(needs, needs["period_days"].to_numpy(dtype=float))
    return plan_of(needs, live, variation, dispersion, settings, parts=parts)


def plan_of(
    needs: pd.DataFrame,
    live: Floats,
    variation: Floats,
    dispersion: Floats,
    settings: Settings,
    *,
    parts: Indices,
) -> Plan:
    """Say which of some requirements can be simulated.

    Args:
        needs: Requirements as `plan_simulation` orders them.
        live: Forecasts, shape (series, steps); NaN where there is none.
        variation: See `Plan`, shape (series,).
        dispersion: See `Plan`, shape (series,).
        settings: Where random lead times are cut.
        parts: Of `parts_of`.

    Returns:
        The requirements with what stands in the way.
    """
    longest = longest_lead_time(
        needs["lead_time_mean_periods"].to_numpy(),
        needs["lead_time_sd_periods"].to_numpy(),
        tail=settings.lead_time_tail,
    )
    elapsed = needs["elapsed_periods"].to_numpy()
    needed = np.maximum(
        np.ceil(elapsed + longest + needs["review_periods"].to_numpy() - ROUNDING),
        1.0,
    )
    available = leading_run(np.isfinite(live))
    n_steps = available
    live, available = _extended(live, available, needed)
    obstacle = np.select(
        [
            needs["lead_time_mean_periods"].isna(),
            needs["review_periods"].isna(),
            available == 0,
            needed > available,
        ],
        [
            "missing lead time",
            "missing review period",
            "no forecast",
            "horizon too short",
        ],
        default="",
    )
    return Plan(
        needs,
        live,
        variation,
        dispersion,
        parts,
        available,
        available > n_steps,
        needed,
        longest,
        obstacle,
    )


def parts_of(needs: pd.DataFrame, period_days: Floats) -> Indices:
    """Steps of a period: its days, or one where a window is of whole periods.

    Args:
        needs: Requirements.
        period_days: Days of a period, NaN where unknown, shape (series,).

    Returns:
        Steps, one or more, shape (series,).
    """
    times = needs[["elapsed_periods", "lead_time_mean_periods", "review_periods"]]
    is_whole = (times.fillna(0.0) % 1 == 0).all(axis=1)
    is_whole &= needs["lead_time_sd_periods"].fillna(0.0) == 0
    days = np.maximum(np.nan_to_num(period_days, nan=1.0), 1.0).astype(np.int64)
    return np.where(is_whole, 1, days)


def _extended(
    live: Floats, available: Indices, needed: Floats
) -> tuple[Floats, Indices]:
    """Let a forecast without a gap go on at its mean, as far as it is needed."""
    n_steps = live.shape[1]
    is_short = (available == n_steps) & (needed > n_steps) & (n_steps > 0)
    if not is_short.any():
        return live, available
    wanted = np.where(is_short, needed, available).astype(available.dtype)
    longer = np.full((len(live), wanted.max()), np.nan)
    longer[:, :n_steps] = live
    step = np.arange(longer.shape[1])
    is_beyond = is_short[:, None] & (step >= n_steps) & (step < wanted[:, None])
    return np.where(is_beyond, live.mean(axis=1, keepdims=True), longer), wanted


def _read_requirements(requirements: pd.DataFrame) -> pd.DataFrame:
    """Check the requirements and order them by ids."""
    require_columns("requirements", requirements, REQUIREMENTS)
    if requirements.duplicated(KEYS).any():
        raise ValueError("a location_id, product_id occurs twice in requirements")
    needs = requirements[[*KEYS, "target"]].assign(
        segment=segments_of(requirements),
        **{name: frames.floats(requirements, name) for name in _NUMBERS},
        **{name: numbers(requirements, name) for name in OPTIONAL_REQUIREMENTS},
    )
    needs["lead_time_sd_periods"] = needs["lead_time_sd_periods"].fillna(0.0)
    unknown = set(needs["target"]) - TARGETS
    if unknown:
        raise ValueError(
            f"target must be one of {sorted(TARGETS)}, got {sorted(map(str, unknown))}"
        )
    _refuse(needs, "service_level", lambda v: (v <= 0) | (v > 1), "in (0, 1]")
    _refuse(needs, "elapsed_periods", lambda v: ~((v >= 0) & (v < 1)), "in [0, 1)")
    _refuse(needs, "economic_lot_units", lambda v: v < 0, "zero or more")
    for name in (
        "lead_time_mean_periods",
        "lead_time_sd_periods",
        "review_periods",
        "holding_cost_per_unit_period",
    ):
        _refuse(needs, name, lambda v: (v < 0) | np.isinf(v), "finite and zero or more")
    return needs.sort_values(KEYS, ignore_index=True)


def _refuse(needs: pd.DataFrame, name: str, is_bad, allowed: str) -> None:
    bad = needs.loc[is_bad(needs[name])]
    if len(bad):
        first = bad.iloc[0]
        raise ValueError(
            f"{name} must be {allowed}, got {first[name]} for "
            f"{first['location_id']}, {first['product_id']}"
        )


def _pivot_forecasts(
    forecasts: pd.DataFrame, needs: pd.DataFrame
) -> tuple[Floats, Floats, Floats]:
    """Live forecasts, one row per requirement and one column per step.

    Also the variation of the level, one per requirement, NaN where there is a history,
    and the index of dispersion.
    """
    require_columns("forecasts", forecasts, [*KEYS, "horizon", "forecast_units"])
    if forecasts.duplicated([*KEYS, "horizon"]).any():
        raise ValueError("a series, horizon occurs twice in forecasts")
    step = forecasts["horizon"].to_numpy(dtype=int)
    if len(step) and step.min() < 1:
        raise ValueError(f"horizon must be 1 or more, got {step.min()}")
    units = frames.floats(forecasts, "forecast_units")
    if (units < 0).any() or np.isinf(units).any():
        raise ValueError("forecast_units must be finite and zero or more")
    row = pd.MultiIndex.from_frame(needs[KEYS]).get_indexer(
        pd.MultiIndex.from_frame(forecasts[KEYS])
    )
    live = np.full((len(needs), int(step.max()) if len(step) else 0), np.nan)
    live[row[row >= 0], step[row >= 0] - 1] = units[row >= 0]
    variation = np.full(len(needs), np.nan)
    if "level_variation" in forecasts.columns:
        given = frames.floats(forecasts, "level_variation")
        if (given <= 0).any() or np.isinf(given).any():
            raise ValueError("level_variation must be finite and above zero")
        variation[row[row >= 0]] = given[row >= 0]
    dispersion = np.ones(len(needs))
    dispersion[row[row >= 0]] = dispersion_of(forecasts)[row >= 0]
    return live, variation, dispersion
