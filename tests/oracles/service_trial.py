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

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from oracles.order_rule_texts import order_rule_texts
from restock.replenishment.demand.demand_paths import demand_paths, review_demand
from restock.replenishment.demand.demand_windows import Draws
from restock.replenishment.demand.error_pools import ErrorLibrary, Settings
from restock.replenishment.demand.series_generator import series_generator
from restock.replenishment.demand.simulated_demand import ROUNDING, fill_rate
from restock.replenishment.levels.order_levels import OrderLevels, order_levels
from restock.replenishment.levels.order_rule import OrderRule
from restock.replenishment.replay.rule_policy import (
    FORECAST,
    TEXTBOOK,
    ask_textbook,
    rule_policy,
)
from restock.replenishment.replay.simulator import Setting, simulate
from restock.statistics.arrays import Floats

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
    paths, reviews, trust, n_errors = [], [], [], []
    for decision in decisions:
        for row in range(trial.n_series):
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
            n_errors.append(drawn.n_errors)
            reviews.append(
                review_demand(own, review_units, dispersion[row], trial.n_paths)
            )
    lead_times = generator.choice(trial.lead_times, (len(paths), trial.n_paths))
    lot = trial.lot_periods * past.mean(axis=1)
    draws = Draws(
        needs=_needs(trial, lot, dispersion),
        cumulative=np.pad(np.cumsum(np.stack(paths), axis=2), [(0, 0), (0, 0), (1, 0)]),
        parts=1,
        lead_times=lead_times.astype(float),
        reviews=np.stack(reviews),
        level_trust=np.array(trust),
        methods=[""] * len(paths),
        n_errors=np.array(n_errors),
    )
    rows = []
    for target in TARGETS:
        for service_level in SERVICE_LEVELS:
            needs = draws.needs.assign(target=target, service_level=service_level)
            asked = replace(draws, needs=needs)
            rows.append(
                {
                    "target": target,
                    "service_level": service_level,
                    "promised": _promised(target, _levels(asked, None, trial)),
                    **_delivered(trial, target, asked, units[:, n_history:]),
                }
            )
    return pd.DataFrame(rows)


def _levels(draws: Draws, decision: int | None, trial: Trial) -> OrderLevels:
    """Levels of one decision, or of all."""
    n_rows = len(draws.needs)
    rows = (
        np.arange(n_rows)
        if decision is None
        else decision * trial.n_series + np.arange(trial.n_series)
    )
    return order_levels(draws.windows(rows, np.zeros(len(rows))))


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


def _needs(trial: Trial, lot: Floats, dispersion: Floats) -> pd.DataFrame:
    """Requirements of each series at each decision, decision by decision."""
    series = pd.DataFrame(
        {
            "location_id": "L",
            "product_id": np.arange(trial.n_series).astype(str),
            "lead_time_mean_periods": np.mean(trial.lead_times),
            "lead_time_sd_periods": np.std(trial.lead_times),
            "review_periods": float(REVIEW_PERIODS),
            "period_days": 7.0,
            "holding_cost_per_unit_period": 1.0,
            "shortage_cost_per_unit": 1.0,
            "pack_size_units": 1.0,
            "min_order_units": 0.0,
            "shelf_life_days": np.nan,
            "unit_cost": 1.0,
            "unit_price": 1.0,
            "order_cost": 0.0,
            "demand_dispersion": dispersion,
            "economic_lot_units": lot,
        }
    )
    return pd.concat([series] * trial.n_periods, ignore_index=True)


def _promised(target: str, levels: OrderLevels) -> float:
    """What the paths say of the reorder points, over all decisions."""
    cycle = levels.windows.cycle
    point = np.ceil(levels.reorder_point_units - ROUNDING)
    if target == "cycle_service":
        return float((cycle.demand <= point[:, None]).mean())
    orders = np.maximum(cycle.order_units, 1e-9)
    filled = fill_rate(point, cycle.demand, cycle.before, orders)
    return float((filled * orders).sum() / orders.sum())


def _delivered(
    trial: Trial, target: str, draws: Draws, units: Floats
) -> dict[str, float]:
    """What came of the levels, where demand waits and where it is lost."""
    lead_times = np.random.default_rng(trial.seed).choice(trial.lead_times, units.shape)
    levels = [_levels(draws, decision, trial) for decision in range(trial.n_periods)]
    everyone = np.arange(trial.n_series)
    rule = OrderRule(order_rule_texts())
    ask_textbook(rule, levels)
    result = {}
    for name, order_rule, unmet in (
        ("delivered", FORECAST, "waits"),
        ("delivered_lost", FORECAST, "lost"),
        ("textbook_delivered", TEXTBOOK, "waits"),
    ):
        setting = Setting(
            demand_units=units,
            lead_time_periods=lead_times.astype(float),
            on_hand_units=np.ceil(levels[0].reorder_point_units),
            review_periods=np.full(trial.n_series, REVIEW_PERIODS),
            unmet=unmet,
        )
        policy = rule_policy(
            lambda decision: (everyone, levels[decision]),
            rule,
            np.full(trial.n_series, order_rule, dtype=object),
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
