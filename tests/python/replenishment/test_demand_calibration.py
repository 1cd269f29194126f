from __future__ import annotations

import numpy as np
import pytest
from scipy import stats
from simulated_series import forecasts_of, requirement, residuals_of, simulate


def protection_sums(actual: np.ndarray) -> np.ndarray:
    return actual[:, :3].sum(axis=1)


def coverage(past, past_forecast, later, later_forecast) -> dict[str, float]:
    """Share of later sums at or below, and below, the quantiles."""
    residuals = residuals_of(past_forecast, past)
    products = [f"P{i:04d}" for i in range(len(later))]
    live = forecasts_of(
        {
            product: list(path)
            for product, path in zip(
                products, np.broadcast_to(later_forecast, later.shape), strict=True
            )
        }
    )
    rows = simulate(live, residuals, *(requirement(p) for p in products), seed=3)
    sums = protection_sums(later)
    result = {}
    for name in ("q80_units", "q95_units"):
        quantile = rows[name].to_numpy()
        result[name] = (
            float((sums < quantile - 1e-9).mean()),
            float((sums <= quantile + 1e-9).mean()),
        )
    return result


def assert_calibrated(covered, *, within: float) -> None:
    for name, level in (("q80_units", 0.80), ("q95_units", 0.95)):
        below, at_or_below = covered[name]
        assert at_or_below >= level - within, (name, covered)
        # An atom may lift the share at or below, never the share below.
        assert below <= level + within, (name, covered)


def test_independent_demand_is_covered():
    generator = np.random.default_rng(4)
    level = generator.gamma(2.0, 10.0, size=(900, 1)) + 1
    actual = generator.poisson(level, size=(900, 3)).astype(float)
    forecast = np.repeat(level, 3, axis=1)
    covered = coverage(actual[:500], forecast[:500], actual[500:], forecast[500:])
    assert_calibrated(covered, within=0.04)


def test_autocorrelated_demand_is_covered_where_root_of_time_is_not():
    generator = np.random.default_rng(5)
    n_series, horizon = 1_000, 3
    shocks = generator.normal(scale=8, size=(n_series, 60 + horizon))
    noise = np.zeros_like(shocks)
    for period in range(1, shocks.shape[1]):
        noise[:, period] = 0.9 * noise[:, period - 1] + shocks[:, period]
    actual = 200 + noise[:, 60:]
    forecast = np.full_like(actual, 200.0)
    covered = coverage(actual[:600], forecast[:600], actual[600:], forecast[600:])
    assert_calibrated(covered, within=0.04)
    one_period = actual[:600, 0].std()
    by_root = 600 + stats.norm.ppf(0.95) * one_period * np.sqrt(3)
    assert (protection_sums(actual[600:]) <= by_root).mean() < 0.90


def test_intermittent_demand_is_covered():
    generator = np.random.default_rng(6)
    chance = generator.uniform(0.05, 0.4, size=(1_400, 1))
    size = generator.geometric(0.3, size=(1_400, 3))
    actual = (generator.random((1_400, 3)) < chance) * size * 1.0
    forecast = np.repeat(chance / 0.3, 3, axis=1)
    covered = coverage(actual[:800], forecast[:800], actual[800:], forecast[800:])
    assert_calibrated(covered, within=0.05)


@pytest.mark.parametrize("lead_days", [3.0, 7.0, 17.0])
@pytest.mark.parametrize("kind", ["poisson", "erratic", "intermittent"])
def test_a_plan_made_in_mid_week_is_covered(kind, lead_days):
    """Daily demand of a known law, planned by week with two days of it gone."""
    generator = np.random.default_rng(17)
    n_series, n_weeks = 300, 6
    level = generator.gamma(2.0, 0.8, size=(2 * n_series, 1)) + 0.1
    shape = (2 * n_series, 7 * n_weeks)
    if kind == "poisson":
        days, dispersion = generator.poisson(level, shape), np.ones(len(level))
    elif kind == "erratic":
        days = generator.negative_binomial(0.4, 0.4 / (0.4 + level), shape)
        dispersion = 1 + level[:, 0] / 0.4
    else:
        days = (generator.random(shape) < 0.08) * generator.geometric(0.25, shape)
        level = np.full_like(level, 0.08 / 0.25)
        # Mean 4 and second moment 28 of a size: 28 / 4 - 0.32.
        dispersion = np.full(len(level), 28 / 4 - 0.32)
    weeks = days.reshape(2 * n_series, n_weeks, 7).sum(axis=2).astype(float)
    forecast = np.repeat(7.0 * level, n_weeks, axis=1)
    past = residuals_of(forecast[:n_series], weeks[:n_series]).assign(
        demand_dispersion=np.repeat(dispersion[:n_series], n_weeks),
        protection_periods=(lead_days + 7) / 7,
    )
    products = [f"P{i:04d}" for i in range(n_series)]
    live = forecasts_of(dict(zip(products, forecast[n_series:].tolist(), strict=True)))
    live["demand_dispersion"] = np.repeat(dispersion[n_series:], n_weeks)
    needs = [
        requirement(
            product,
            elapsed_periods=2 / 7,
            lead_time_mean_periods=lead_days / 7,
            period_days=7,
        )
        for product in products
    ]
    rows = simulate(live, past, *needs, seed=3)
    # Twenty futures of each item, so that chance is small.
    futures = np.stack(
        [
            generator.permuted(days[n_series:], axis=1)[:, : int(lead_days + 7)].sum(
                axis=1
            )
            for _ in range(20)
        ]
    )
    for name, wanted in (("q90_units", 0.90), ("q95_units", 0.95)):
        quantile = rows[name].to_numpy()
        below = (futures < quantile - 1e-9).mean()
        at_or_below = (futures <= quantile + 1e-9).mean()
        # Counts have atoms: the level lies between the two, within a point and a half.
        assert at_or_below >= wanted - 0.015, (name, at_or_below)
        assert below <= wanted + 0.015, (name, below)
