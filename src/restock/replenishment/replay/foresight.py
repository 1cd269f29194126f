"""What one model says at each decision of a replay, read as the plan reads it."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from restock.replenishment.demand.demand_windows import Draws, draw
from restock.replenishment.demand.error_pools import ErrorLibrary
from restock.replenishment.demand.requirements import Plan, parts_of, plan_of
from restock.replenishment.levels.order_levels import OrderLevels, order_levels
from restock.replenishment.levels.order_rule import OrderRule
from restock.replenishment.replay.replay_tables import Series
from restock.statistics.arrays import Floats, Indices, Integers


@dataclass(frozen=True)
class Foresight:
    """Forecasts of several cutoffs, each serving until the next.

    Attributes:
        cutoff_decisions: Decision at which each forecast is new, shape (cutoffs,),
            rising from 0.
        forecasts: Units, shape (cutoffs, series, horizon).
        draws: Demand around each forecast, by cutoff.
    """

    cutoff_decisions: Integers
    forecasts: Floats
    draws: list[Draws]
    _levels: dict[tuple[int, float], OrderLevels] = field(default_factory=dict)

    def serving(self, decision: int) -> tuple[int, int]:
        """Cutoff that serves a decision, and how many periods old it is."""
        cutoff = int(np.searchsorted(self.cutoff_decisions, decision, "right")) - 1
        return cutoff, decision - int(self.cutoff_decisions[cutoff])

    def levels(
        self, decision: int, rows: Indices, excess_holding_periods: float
    ) -> OrderLevels:
        """Levels at a decision, the same for each policy that asks.

        Args:
            decision: Number of the decision.
            rows: Series that decide then.
            excess_holding_periods: See `order_levels`.

        Returns:
            Levels of these series.
        """
        key = (decision, excess_holding_periods)
        if key not in self._levels:
            like = next(
                (
                    found
                    for (other, _), found in self._levels.items()
                    if other == decision
                ),
                None,
            )
            if like is None:
                cutoff, age = self.serving(decision)
                draws = self.draws[cutoff]
                start = draws.column("elapsed_periods")[rows] + age
                windows = draws.windows(rows, start)
            else:
                windows = like.windows
            self._levels[key] = order_levels(
                windows, excess_holding_periods=excess_holding_periods
            )
            if like is not None:
                self._levels[key].kept.update(like.kept)
        return self._levels[key]

    def cover_units(self, decision: int, n_periods: int) -> Floats:
        """Forecast of the periods after a decision; its mean where it ends.

        Args:
            decision: Number of the decision.
            n_periods: Periods.

        Returns:
            Units, shape (series,).
        """
        cutoff, age = self.serving(decision)
        known = self.forecasts[cutoff, :, age : age + n_periods]
        lacking = n_periods - known.shape[1]
        return known.sum(axis=1) + lacking * self.forecasts[cutoff].mean(axis=1)


def foresight_of(
    series: Series,
    library_by_cutoff: dict[int, ErrorLibrary],
    rule: OrderRule,
    *,
    period_days: int,
    oldest: int,
    seed: int,
) -> Foresight:
    """Draw the forecasts of all cutoffs, far enough for every decision.

    Args:
        series: Series with the forecasts of a model.
        library_by_cutoff: Errors known at each cutoff.
        rule: The order rule, for the lots.
        period_days: Days in a period.
        oldest: Periods that a forecast gets old at most.
        seed: Seed of the run.

    Returns:
        The forecasts and draws of these series.
    """
    draws = []
    for number, cutoff in enumerate(series.cutoffs):
        library = library_by_cutoff[cutoff]
        plan = _plan(
            series, number, library, rule, period_days=period_days, oldest=oldest
        )
        reach = int(plan.needed.max(initial=1)) + oldest
        everyone = np.arange(len(series.terms))
        draws.append(draw(plan, everyone, library, seed, n_periods=reach))
    decisions = np.array(series.cutoffs) - series.cutoffs[0]
    return Foresight(decisions, series.forecasts, draws)


def _plan(
    series: Series,
    number: int,
    library: ErrorLibrary,
    rule: OrderRule,
    *,
    period_days: int,
    oldest: int,
) -> Plan:
    """What the plan would have read at a cutoff."""
    state = {name: values[number] for name, values in series.states.items()}
    forecast = series.forecasts[number]
    n_series = len(forecast)
    needs = series.terms.assign(
        elapsed_periods=0.0, period_days=float(period_days), **state
    )
    needs["economic_lot_units"] = rule.lots(
        pd.DataFrame(
            {
                "eoq_units": state["eoq_units"],
                "max_lot_units": state["max_lot_units"],
                "pack_size_units": needs["pack_size_units"],
                "min_order_units": needs["min_order_units"],
                "forecast_mean_units": forecast.mean(axis=1),
                "past_mean_units": state["demand_mean_units"],
            }
        )
    )
    return plan_of(
        needs,
        # A decision between two cutoffs may look further ahead than the forecast.
        np.hstack(
            [forecast, np.repeat(forecast.mean(axis=1)[:, None], oldest, axis=1)]
        ),
        np.full(n_series, np.nan),
        state["demand_dispersion"],
        library.settings,
        parts=parts_of(needs, needs["period_days"].to_numpy(dtype=float)),
    )
