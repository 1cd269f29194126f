from __future__ import annotations

import numpy as np
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
