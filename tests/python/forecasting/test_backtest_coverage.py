"""From panel to reorder point: is demand of later folds covered as promised?"""

from __future__ import annotations

import chains
import numpy as np
import pandas as pd
import pytest

from restock.forecasting import linear
from restock.replenishment.levels import lead_time_demand

HORIZON = 5
KEYS = ["location_id", "product_id"]


def demand_of(kind: str, n_series: int, n_periods: int) -> np.ndarray:
    generator = np.random.default_rng(11)
    level = generator.gamma(1.0, 8.0, size=(n_series, 1)) + 0.2
    shape = (n_series, n_periods)
    if kind == "independent":
        return generator.poisson(level, size=shape).astype(float)
    if kind == "autocorrelated":
        drift = np.zeros(shape)
        for period in range(1, n_periods):
            shock = generator.normal(0, 0.25, size=n_series)
            drift[:, period] = 0.8 * drift[:, period - 1] + shock
        return generator.poisson(level * np.exp(drift)).astype(float)
    sizes = generator.geometric(0.3, size=shape) * np.ceil(level / 10)
    return (generator.random(shape) < 0.2) * sizes


@pytest.mark.parametrize("kind", ["independent", "autocorrelated", "intermittent"])
def test_sums_of_unseen_folds_are_covered(kind):
    demand = demand_of(kind, 250, 100)
    calendar = chains.calendar_of(100)
    panel = chains.panel_of(demand, calendar)
    folds = chains.cutoffs_of([70, 73, 76, 79, 82, 88, 94], calendar)
    rows = linear.forecast(panel, calendar, folds, HORIZON, seed=0, season_length=52)
    truth = panel[[*KEYS, "period_date", "demand_units"]].set_axis(
        [*KEYS, "forecast_date", "actual_units"], axis=1
    )
    rows = rows.merge(truth, on=[*KEYS, "forecast_date"]).assign(segment="all")
    unseen = folds["cutoff_date"].tail(2)
    residuals = rows[~rows["cutoff_date"].isin(unseen)]
    needs = (
        panel[KEYS]
        .drop_duplicates()
        .assign(
            segment="all",
            elapsed_periods=0.0,
            lead_time_mean_periods=2.0,
            lead_time_sd_periods=0.0,
            review_periods=1.0,
            target="cycle_service",
            service_level=0.95,
            holding_cost_per_unit_period=0.1,
            shortage_cost_per_unit=1.0,
            lot_units=None,
            economic_lot_units=None,
            inventory_position_units=0.0,
            on_hand_units=0.0,
            unit_margin=1.0,
        )
    )
    covered = []
    for cutoff in unseen:
        live = rows[rows["cutoff_date"] == cutoff]
        simulated = lead_time_demand.simulate(live, residuals, needs, seed=1)
        sums = live[live["horizon"] <= 3].groupby(KEYS)["actual_units"].sum()
        covered.append(simulated.merge(sums.reset_index(), on=KEYS))
    result = pd.concat(covered)
    assert len(result) == 500
    for name, level in (("q80_units", 0.80), ("q95_units", 0.95)):
        actual, quantile = result["actual_units"], result[name]
        assert (actual <= quantile + 1e-9).mean() > level - 0.05
        assert (actual < quantile - 1e-9).mean() < level + 0.05
    mean = result["lead_time_demand_units"].sum() / result["actual_units"].sum()
    assert mean == pytest.approx(1, abs=0.15)
