"""Does the shipped policy deliver the service it is asked for? A trial that knows.

Demand is made by a known process, forecast by exponential smoothing, and the errors of
a backtest are laid on each new forecast as the plan does. The reorder points that
follow are then run through the simulator on demand that came after.

References:
    Syntetos, Boylan and Croston, On the categorization of demand patterns, 2005.
    Prak, Teunter and Syntetos, On the calculation of safety stocks when demand is
    forecasted, 2017.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from restock.replenishment.demand.demand_paths import demand_paths, review_demand
from restock.replenishment.demand.error_pools import ErrorLibrary, Settings
from restock.replenishment.demand.series_generator import series_generator
from restock.replenishment.demand.simulated_demand import fill_rate, order_cycle
from restock.replenishment.replay import ordering_policies
from restock.replenishment.replay.policy_levels import (
    Levels,
    Terms,
    levels,
    sum_of_first,
)
from restock.replenishment.replay.simulator import Setting, simulate
from restock.statistics.arrays import Floats, Integers

KINDS = ("smooth", "erratic", "intermittent", "lumpy")
REVIEW_PERIODS = 1
BURN_IN_PERIODS = 60

TARGETS = ("cycle_service", "fill_rate")
SERVICE_LEVELS = (0.90, 0.95, 0.98)

# Mean of a period with demand, squared variation around it, share of such periods.
_SHAPES = {
    "smooth": (30.0, 0.0, 1.0),
    "erratic": (20.0, 0.7, 1.0),
    "intermittent": (4.0, 0.0, 0.4),
    "lumpy": (8.0, 0.8, 0.4),
}


@dataclass(frozen=True)
class Trial:
    """What is tried.

    Attributes:
        kind: One of `KINDS`.
        autocorrelation: First-order autocorrelation of the demand level's logarithm,
            in [0, 1); zero is independent demand.
        lead_times: Whole periods, each as likely.
        lot_periods: Lot in periods of mean demand; zero orders every review.
        n_series: Series.
        n_backtests: Cutoffs behind the errors.
        n_periods: Periods that the policy is run for.
        n_paths: Paths behind each reorder point.
        smoothing: Weight of the newest period in the forecast.
        level_sd: Deviation of the demand level's logarithm, if it moves.
        seed: Seed of everything.
    """

    kind: str
    autocorrelation: float = 0.0
    lead_times: tuple[int, ...] = (2,)
    lot_periods: float = 0.0
    n_series: int = 80
    n_backtests: int = 40
    n_periods: int = 40
    n_paths: int = 300
    smoothing: float = 0.2
    level_sd: float = 0.4
    seed: int = 1


def demand(trial: Trial, n_periods: int, generator: np.random.Generator) -> Floats:
    """Demand of a known process.

    Args:
        trial: What is tried.
        n_periods: Periods.
        generator: Source of the draws.

    Returns:
        Units, shape (series, periods).
    """
    mean, variation, share = _SHAPES[trial.kind]
    shape = (trial.n_series, n_periods)
    level = np.ones(shape)
    if trial.autocorrelation > 0:
        noise = generator.normal(size=shape)
        walk = np.empty(shape)
        walk[:, 0] = noise[:, 0]
        kept = trial.autocorrelation
        for period in range(1, n_periods):
            walk[:, period] = (
                kept * walk[:, period - 1] + np.sqrt(1 - kept**2) * noise[:, period]
            )
        level = np.exp(trial.level_sd * walk - trial.level_sd**2 / 2)
    # What moves is how much is asked for, and where demand is rare, how often.
    sizes = mean * (level if share == 1 else 1.0)
    if variation > 0:
        sizes = sizes * generator.gamma(1 / variation, variation, size=shape)
    happens = generator.random(shape) < np.minimum(share * level, 0.95)
    if share == 1:
        return generator.poisson(sizes).astype(float)
    return happens * (1.0 + generator.poisson(np.broadcast_to(sizes, shape)))


def smoothed(units: Floats, weight: float) -> Floats:
    """Forecast after each period by simple exponential smoothing.

    Args:
        units: Units per period, shape (series, periods).
        weight: Weight of the newest period, in (0, 1].

    Returns:
        Units per period to come, same shape.
    """
    level = units[:, 0].copy()
    result = np.empty_like(units)
    for period in range(units.shape[1]):
        level += weight * (units[:, period] - level)
        result[:, period] = level
    return result


def run(trial: Trial) -> pd.DataFrame:
    """Ask for each service level and see what is delivered.

    Args:
        trial: What is tried.

    Returns:
        One row per target and service level: `promised` is the mean of what the
        paths say of the rounded level; `delivered` what came where demand waits,
        as the formulas assume; `delivered_lost` where it is lost; and
        `textbook_delivered` what the textbook's d L + z sigma sqrt(L) gives.
        Cycle service is the share of periods that close without a shortage, or with
        lots the share of replenishment cycles.
    """
    generator = np.random.default_rng(trial.seed)
    horizon = max(trial.lead_times) + REVIEW_PERIODS
    n_history = BURN_IN_PERIODS + 2 * trial.n_backtests + horizon
    units = demand(trial, n_history + trial.n_periods, generator)
    forecast = smoothed(units, trial.smoothing)
    past = units[:, :n_history]
    dispersion = half_squared_steps(past)
    library = ErrorLibrary(
        _backtest(trial, past, forecast, dispersion, horizon),
        Settings(n_paths=trial.n_paths),
    )
    decisions = n_history - 1 + np.arange(trial.n_periods)
    paths, reviews, trust = [], [], []
    for row in range(trial.n_series):
        for decision in decisions:
            own = series_generator(trial.seed, str(row), str(decision))
            drawn = demand_paths(
                own,
                trial.kind,
                np.full(horizon, forecast[row, decision]),
                horizon,
                library,
                dispersion=dispersion[row],
            )
            review_units = drawn.units.mean() * REVIEW_PERIODS
            paths.append(drawn.units)
            trust.append(drawn.level_trust)
            reviews.append(
                review_demand(own, review_units, dispersion[row], trial.n_paths)
            )
    paths, reviews = np.stack(paths), np.stack(reviews)
    lead_times = generator.choice(trial.lead_times, (len(paths), trial.n_paths))
    lot = np.full(trial.n_series, trial.lot_periods) * past.mean(axis=1)
    rows = []
    for target in TARGETS:
        for service_level in SERVICE_LEVELS:
            terms = _terms(len(paths), target, service_level)
            found = levels(
                paths,
                reviews,
                lead_times,
                terms,
                level_trust=np.array(trust),
                forecast_units=paths.mean(axis=1),
                economic_lot_units=np.repeat(lot, trial.n_periods),
                textbook_lot_units=np.repeat(lot, trial.n_periods),
                demand_sd_units=np.repeat(past.std(axis=1, ddof=1), trial.n_periods),
                cover_periods=1,
            )
            rows.append(
                {
                    "target": target,
                    "service_level": service_level,
                    "promised": _promised(
                        target, found, paths, reviews, lead_times, np.array(trust)
                    ),
                    **_delivered(trial, target, found, units[:, n_history:]),
                }
            )
    return pd.DataFrame(rows)


def half_squared_steps(units: Floats) -> Floats:
    """Variance over mean of demand, as `int_demand_dispersions` has it without pooling.

    Args:
        units: Units per period, shape (series, periods).

    Returns:
        Index of dispersion, shape (series,).
    """
    squares = (np.diff(units, axis=1) ** 2 / 2).mean(axis=1)
    return squares / np.maximum(units.mean(axis=1), 1e-9)


def _backtest(
    trial: Trial, units: Floats, forecast: Floats, dispersion: Floats, horizon: int
):
    """Errors of earlier forecasts, as `ErrorLibrary` reads them."""
    cutoffs = BURN_IN_PERIODS + 2 * np.arange(trial.n_backtests) - 1
    row, cutoff, step = (
        part.ravel()
        for part in np.meshgrid(
            np.arange(trial.n_series),
            cutoffs,
            np.arange(1, horizon + 1),
            indexing="ij",
        )
    )
    return pd.DataFrame(
        {
            "location_id": "L",
            "product_id": row.astype(str),
            "cutoff_date": cutoff,
            "cutoff_index": cutoff,
            "protection_periods": horizon,
            "demand_dispersion": dispersion[row],
            "horizon": step,
            "forecast_units": forecast[row, cutoff],
            "actual_units": units[row, cutoff + step],
            "segment": trial.kind,
        }
    )


def _terms(n_rows: int, target: str, service_level: float) -> Terms:
    return Terms(
        target=np.full(n_rows, target, dtype=object),
        service_level=np.full(n_rows, service_level),
        holding_cost_per_unit_period=np.ones(n_rows),
        shortage_cost_per_unit=np.ones(n_rows),
        order_cost=np.zeros(n_rows),
        review_periods=np.full(n_rows, REVIEW_PERIODS),
    )


def _promised(
    target: str,
    found: Levels,
    paths: Floats,
    reviews: Floats,
    lead_times: Integers,
    level_trust: Floats,
) -> float:
    """What the paths say of the reorder points, over all decisions."""
    lead_time = sum_of_first(paths, lead_times)
    protection = sum_of_first(paths, lead_times + REVIEW_PERIODS)
    cycle = order_cycle(
        protection,
        lead_time,
        sum_of_first(paths, np.full_like(lead_times, REVIEW_PERIODS)),
        reviews=reviews,
        review_units=found.lot_units - found.cycle_stock_units,
        order_gap=found.cycle_stock_units,
        level_trust=level_trust,
    )
    point = found.reorder_point_units
    if target == "cycle_service":
        return float((cycle.demand <= point[:, None]).mean())
    orders = np.maximum(cycle.order_units, 1e-9)
    filled = fill_rate(point, cycle.demand, cycle.before, orders)
    return float((filled * orders).sum() / orders.sum())


def _delivered(
    trial: Trial, target: str, found: Levels, units: Floats
) -> dict[str, float]:
    """What came of the levels, where demand waits and where it is lost."""
    low, high, textbook, lot = (
        level.reshape(units.shape)
        for level in (
            found.reorder_point_units,
            found.order_up_to_units,
            found.textbook_reorder_point_units,
            found.lot_units,
        )
    )
    shipped = ordering_policies.min_max(low, high)
    plain = ordering_policies.reorder_point_lots(textbook, lot)
    lead_times = np.random.default_rng(trial.seed).choice(trial.lead_times, units.shape)
    result = {}
    for name, policy, unmet in (
        ("delivered", shipped, "waits"),
        ("delivered_lost", shipped, "lost"),
        ("textbook_delivered", plain, "waits"),
    ):
        setting = Setting(
            demand_units=units,
            lead_time_periods=lead_times.astype(float),
            on_hand_units=low[:, 0],
            review_periods=np.full(trial.n_series, REVIEW_PERIODS),
            unmet=unmet,
        )
        result[name] = _service(trial, target, setting, policy)
    return result


def _service(trial: Trial, target: str, setting: Setting, policy) -> float:
    outcome = simulate(setting, policy)
    begin = max(trial.lead_times) + REVIEW_PERIODS
    if target == "fill_rate":
        sold = outcome.sold_units[:, begin:].sum()
        return float(sold / outcome.demand_units[:, begin:].sum())
    if trial.lot_periods > 0:
        return float(1 - outcome.short_cycle_count.sum() / outcome.cycle_count.sum())
    short = outcome.backlog_unit_periods + (
        outcome.unmet_units if setting.unmet == "lost" else 0.0
    )
    return float((short[:, begin:] < 1e-9).mean())
