r"""Demand over the protection interval, and the stock that it asks for.

The way: forecast and own history (`demand_spread`, `error_pools`), the distribution of
demand over what an order needs and its paths (`demand_paths`), sums over the window
(`demand_windows`), what is left to serve (`lost_before_arrival`), the level
(`reorder_points`). Quantiles are taken of the sum: adding quantiles of single periods,
or multiplying a one-period deviation by the root of the lead time, answers another
question.

References:
    Prak, Teunter and Syntetos, On the calculation of safety stocks when demand is
    forecasted, European Journal of Operational Research 256, 2017.
    Saoud, Kourentzes and Boylan, Approximations for the lead time variance, 2022.
    Silver, Pyke and Thomas, Inventory and Production Management in Supply Chains,
    4th ed., 2017, chapters 6 and 7.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
import pyarrow as pa
from scipy import stats

from restock import frames, parallel
from restock.replenishment.demand.demand_windows import Windows, windows_of
from restock.replenishment.demand.error_pools import (
    KEYS,
    ErrorLibrary,
    Settings,
    require_columns,
)
from restock.replenishment.demand.requirements import (
    OPTIONAL_REQUIREMENTS,
    REQUIREMENTS,
    Plan,
    plan_simulation,
)
from restock.replenishment.demand.simulated_demand import (
    cumulative_at,
    fill_rate,
    quantile,
)
from restock.replenishment.levels.lost_before_arrival import Receipts, receipts_of
from restock.replenishment.levels.order_levels import OrderLevels, order_levels
from restock.statistics.arrays import Floats

QUANTILES = {
    "q05_units": 0.05,
    "q10_units": 0.10,
    "q20_units": 0.20,
    "q25_units": 0.25,
    "q50_units": 0.50,
    "q75_units": 0.75,
    "q80_units": 0.80,
    "q90_units": 0.90,
    "q95_units": 0.95,
    "q975_units": 0.975,
    "q99_units": 0.99,
}

# Scenario that changes nothing.
PLAN = "base"

# Counts of the own history are a little wider than Poisson.
_OWN_DISPERSION = 1.2

_MEASURES = [
    "horizon_needed_periods",
    "lead_time_demand_units",
    "lead_time_demand_sd_units",
    "demand_during_lead_time_units",
    *QUANTILES,
    "fractile",
    "reorder_point_units",
    "safety_stock_units",
    "lost_before_arrival_units",
    "achieved_cycle_service",
    "achieved_fill_rate",
    "stockout_probability",
    "expected_short_units",
    "expected_lost_margin",
    "expected_stockout_periods",
    "max_service_supported",
    "own_history_units",
]

OUTPUT_SCHEMA = pa.schema(
    [
        ("scenario", pa.string()),
        ("location_id", pa.string()),
        ("product_id", pa.string()),
        ("segment", pa.string()),
        ("target", pa.string()),
        *((name, pa.float64()) for name in _MEASURES),
        ("method", pa.string()),
        ("n_errors", pa.int32()),
        ("n_paths", pa.int32()),
    ]
)


def simulate(
    forecasts: pd.DataFrame,
    residuals: pd.DataFrame,
    requirements: pd.DataFrame,
    open_lines: pd.DataFrame | None = None,
    *,
    n_paths: int = 1000,
    seed: int,
    excess_holding_periods: float = 1.0,
    settings: Settings | None = None,
) -> pd.DataFrame:
    """Distribution of demand until the next delivery but one, and what it asks for.

    With lead time L, review period R and the fraction e of the first forecast
    period already gone, an order must last over the protection interval
    [e, e + L + R). L is drawn per path from a gamma distribution with the given
    mean and deviation. Random numbers depend on the seed and on the ids of a
    series only, so other series may come and go.

    A series without a history, which says so by a `level_variation`, has no errors
    like its own: its demand is Poisson around a gamma-distributed level of that
    variation ("new product").

    Errors are taken from the first pool that is large enough: the segment's made at
    a similar forecast level, the segment's, those of all segments; where there are
    hardly any, counts alone. They must be known over the steps that a series needs;
    where too few are, or the backtest looked less far ahead, shorter stretches are
    drawn one after the other ("chained"). Where the interval outlasts the forecast,
    the mean of the forecast goes on ("extended").

    Args:
        forecasts: Live forecast of the champion: `location_id`, `product_id`,
            `horizon` (1..H), `forecast_units` (zero or more), `demand_dispersion`
            (index of dispersion of the item's demand; null or absent counts as one)
            and `level_variation` (coefficient of variation of the level, above zero;
            null or absent for a series with a history).
        residuals: Backtest of the champion: `location_id`, `product_id`,
            `cutoff_date`, `horizon`, `forecast_units`, `actual_units` (null where
            unknown), `segment`; and where known `cutoff_index`, `protection_periods`
            and `demand_dispersion` at the cutoff.
        requirements: One row per `scenario` (absent is the plan) and series:
            `location_id`, `product_id`, `segment`,
            `elapsed_periods` (e, in [0, 1)), `lead_time_mean_periods`,
            `lead_time_sd_periods` (null counts as zero), `review_periods`,
            `target` (cost, cycle_service or fill_rate), `service_level` (in
            (0, 1]), `holding_cost_per_unit_period`, `shortage_cost_per_unit`,
            `economic_lot_units` (null and zero are none; what sells between two
            reviews is ordered anyway),
            `inventory_position_units`, `on_hand_units`, `unit_margin`, and
            `period_days` (absent counts as one), `own_demand_units` and
            `demand_dispersion` of the past (absent is unknown).
        open_lines: Orders on their way: `location_id`, `product_id`, `open_units`,
            `receipt_periods` from the as-of date. None where there are none.
        n_paths: Simulated paths per series; overrides `settings`.
        seed: Seed of the run, zero or more.
        excess_holding_periods: Periods that a unit too many is held, for the target
            of least cost; one or more. See `replay.order_rule_trials`.
        settings: How errors are pooled.

    Returns:
        One row per requirement with the columns of `OUTPUT_SCHEMA`, ordered by
        scenario and ids. Scenarios that ask the same are simulated once, and those
        with the same lead times meet the same demand. `method` names the pool, and
        what could not be computed and why; what could not be computed is null.
        `expected_stockout_periods` counts from the as-of date. `own_history_units` is
        what counts of each item's own past ask for
        at the same share. `safety_stock_units` is the reorder point less
        `lead_time_demand_units`, the mean over the protection interval.

    Raises:
        KeyError: A column is missing.
        ValueError: A key occurs twice, or a value is outside its range: a service
            level above one or not above zero, an unknown target, a negative
            forecast, lead time, review period or holding cost, less than one period
            of holding.
    """
    settings = settings or Settings()
    settings = Settings(**{**vars(settings), "n_paths": n_paths})
    if not excess_holding_periods >= 1:
        raise ValueError(
            f"excess_holding_periods must be 1 or more, got {excess_holding_periods}"
        )
    require_columns("requirements", requirements, REQUIREMENTS)
    if "scenario" not in requirements.columns:
        requirements = requirements.assign(scenario=PLAN)
    library = ErrorLibrary(residuals, settings)
    asked_before: list[tuple[pd.DataFrame, pd.DataFrame]] = []
    measured = []
    for scenario, own in requirements.groupby("scenario", sort=True):
        given = [name for name in OPTIONAL_REQUIREMENTS if name in own.columns]
        asked = own[[*REQUIREMENTS, *given]].sort_values(KEYS, ignore_index=True)
        found = next((made for same, made in asked_before if same.equals(asked)), None)
        if found is None:
            found = _simulated(
                plan_simulation(forecasts, asked, settings),
                library,
                open_lines,
                seed=seed,
                excess_holding_periods=excess_holding_periods,
            )
            asked_before.append((asked, found))
        measured.append(found.assign(scenario=scenario))
    if not measured:
        return frames.empty(OUTPUT_SCHEMA)
    return pd.concat(measured, ignore_index=True)[OUTPUT_SCHEMA.names]


def _simulated(
    plan: Plan,
    library: ErrorLibrary,
    open_lines: pd.DataFrame | None,
    *,
    seed: int,
    excess_holding_periods: float,
) -> pd.DataFrame:
    """Measures of the series of one plan."""
    needs = plan.needs
    receipts = receipts_of(open_lines, needs)
    result = needs[[*KEYS, "segment", "target"]].copy()
    result[_MEASURES] = np.nan
    result["horizon_needed_periods"] = plan.needed
    result["method"] = plan.obstacle
    result["n_errors"] = np.int32(0)
    result["n_paths"] = np.int32(0)
    blocks = plan.blocks()
    measured = parallel.in_order(
        _measured,
        [
            (
                plan.part(rows),
                receipts.part(rows),
                library,
                seed,
                excess_holding_periods,
            )
            for rows in blocks
        ],
    )
    for rows, table in zip(blocks, measured, strict=True):
        result.loc[rows, table.columns] = table.set_axis(rows)
    return result.astype({"n_errors": np.int32, "n_paths": np.int32})


def _measured(
    plan: Plan,
    receipts: Receipts,
    library: ErrorLibrary,
    seed: int,
    excess_holding_periods: float,
) -> pd.DataFrame:
    """Measures of a block of series that can be simulated, in order."""
    return pd.concat(
        _measure(
            order_levels(windows, excess_holding_periods=excess_holding_periods),
            receipts.part(windows.needs.index),
            plan.live[windows.needs.index],
        )
        for windows in windows_of(plan, library, seed, only_needed=True)
    )


def _measure(levels: OrderLevels, receipts: Receipts, live: Floats) -> pd.DataFrame:
    """Measures of a chunk of series with their forecasts, one row per series."""
    windows, mean = levels.windows, levels.mean
    needs, protection, cycle = windows.needs, windows.protection, windows.cycle
    n_series, n_paths = protection.shape
    column = windows.column
    ordered = np.sort(protection, axis=1)
    known = ~np.isnan(levels.reorder_point_units)
    safe_stock = np.where(known, levels.reorder_point_units, 0.0)
    position = column("inventory_position_units")
    has_position = ~np.isnan(position)
    short = np.maximum(protection - np.where(has_position, position, 0.0)[:, None], 0.0)
    expected_short = np.where(has_position, short.mean(axis=1), np.nan)
    n_errors = windows.n_errors
    # Nothing was ever short of a demand of zero, whatever a cycle is.
    has_cycle = cycle.order_units > 0
    filled = np.where(
        has_cycle | levels.is_zero,
        fill_rate(
            safe_stock,
            cycle.demand,
            cycle.before,
            np.where(has_cycle, cycle.order_units, 1.0),
        ),
        np.nan,
    )
    return pd.DataFrame(
        {
            "lead_time_demand_units": mean,
            "lead_time_demand_sd_units": protection.std(axis=1, ddof=1),
            "demand_during_lead_time_units": windows.lead_time.mean(axis=1),
            **{
                name: quantile(ordered, np.full(n_series, level))
                for name, level in QUANTILES.items()
            },
            "fractile": levels.fractile,
            "reorder_point_units": levels.reorder_point_units,
            "safety_stock_units": levels.reorder_point_units - mean,
            "lost_before_arrival_units": levels.lost_units(position, receipts),
            "achieved_cycle_service": np.where(
                known, (cycle.demand <= safe_stock[:, None]).mean(axis=1), np.nan
            ),
            "achieved_fill_rate": np.where(known, filled, np.nan),
            "stockout_probability": np.where(
                has_position, (short > 0).mean(axis=1), np.nan
            ),
            "expected_short_units": expected_short,
            "expected_lost_margin": expected_short * column("unit_margin"),
            "expected_stockout_periods": _stockout_times(windows, live),
            "max_service_supported": n_errors / (n_errors + 1),
            "own_history_units": _of_own_history(windows, levels.fractile),
            "method": [
                "; ".join([method, *filter(None, note)])
                for method, note in zip(windows.methods, levels.notes, strict=True)
            ],
            "n_errors": n_errors.astype(np.int32),
            "n_paths": np.full(n_series, n_paths, dtype=np.int32),
        },
        index=needs.index,
    )


def _of_own_history(windows: Windows, share: Floats) -> Floats:
    """Quantile of counts with the mean and the noise of each item's own past.

    What a reorder point is held against: it knows neither forecast nor lot. NaN where
    the history or the share is unknown.
    """
    length = windows.column("lead_time_mean_periods") + windows.column("review_periods")
    mean = windows.column("own_demand_units") * length
    variance = np.maximum(windows.column("demand_dispersion"), _OWN_DISPERSION) * mean
    is_known = (mean > 0) & (share > 0) & (share < 1)
    mean, variance = np.where(is_known, mean, 1.0), np.where(is_known, variance, 2.0)
    found = stats.nbinom.ppf(
        np.where(is_known, share, 0.5),
        mean**2 / (variance - mean),
        mean / variance,
    )
    return np.where(is_known, found, np.nan)


def _stockout_times(windows: Windows, live: Floats) -> Floats:
    """Median time from now at which demand exceeds stock; NaN beyond the horizon.

    Paths end with the protection interval: what lasts longer goes by the forecast.
    """
    cumulative, start = windows.cumulative, windows.start
    on_hand = windows.column("on_hand_units")
    stock = windows.until(start) + np.maximum(np.nan_to_num(on_hand), 0.0)[:, None]
    exceeds = cumulative > stock[:, :, None]
    runs_out = exceeds.any(axis=2)
    knot = np.where(runs_out, np.argmax(exceeds, axis=2), 1)[:, :, None]
    after = np.take_along_axis(cumulative, knot, axis=2)[:, :, 0]
    before = np.take_along_axis(cumulative, knot - 1, axis=2)[:, :, 0]
    part = np.divide(
        stock - before, after - before, out=np.zeros_like(stock), where=runs_out
    )
    # A window that starts inside a step cannot end before it starts.
    time = np.maximum((knot[:, :, 0] - 1 + part) / windows.parts - start, 0.0)
    time[~runs_out] = np.inf
    # The upper of the two middle paths: a median must be a time that was simulated.
    middle = np.sort(time, axis=1)[:, time.shape[1] // 2]
    middle = np.where(np.isfinite(middle), middle, _forecast_end(live, start, on_hand))
    return np.where(np.isnan(on_hand), np.nan, middle)


def _forecast_end(live: Floats, start: Floats, on_hand: Floats) -> Floats:
    """Time from now at which the forecast has used up the stock; NaN beyond it."""
    begin = start[:, 0]
    demand = np.hstack([np.zeros((len(live), 1)), np.cumsum(live, axis=1)])
    stock = cumulative_at(demand, begin) + np.maximum(np.nan_to_num(on_hand), 0.0)
    exceeds = demand > stock[:, None]
    knot = np.maximum(np.argmax(exceeds, axis=1), 1)
    rows = np.arange(len(live))
    before, after = demand[rows, knot - 1], demand[rows, knot]
    part = np.divide(
        stock - before, after - before, out=np.zeros(len(live)), where=after > before
    )
    return np.where(exceeds.any(axis=1), knot - 1 + part - begin, np.nan)
