"""Small forecasts, backtests and requirements to simulate demand from."""

from __future__ import annotations

import numpy as np
import pandas as pd

from restock.replenishment.levels import lead_time_demand

KEYS = ["location_id", "product_id"]


def forecasts_of(levels: dict[str, list[float]]) -> pd.DataFrame:
    return pd.DataFrame(
        [
            ("L1", product, step, units)
            for product, path in levels.items()
            for step, units in enumerate(path, start=1)
        ],
        columns=[*KEYS, "horizon", "forecast_units"],
    )


def steady(levels: dict[str, list[float]]) -> pd.DataFrame:
    """Forecasts of series without any noise of their own."""
    return forecasts_of(levels).assign(demand_dispersion=0.0)


def residuals_of(
    forecast: np.ndarray, actual: np.ndarray, *, segment: str = "A", prefix: str = "R"
) -> pd.DataFrame:
    """One path per row of the arrays, each from a series of its own."""
    n_paths, n_steps = actual.shape
    return pd.DataFrame(
        {
            "location_id": "L1",
            "product_id": np.repeat(
                [f"{prefix}{i:06d}" for i in range(n_paths)], n_steps
            ),
            "cutoff_date": pd.Timestamp("2016-06-05"),
            "horizon": np.tile(np.arange(1, n_steps + 1), n_paths),
            "forecast_units": np.broadcast_to(forecast, actual.shape).ravel(),
            "actual_units": actual.ravel(),
            "segment": segment,
        }
    )


def requirement(product: str = "P", **changes) -> dict:
    return {
        "location_id": "L1",
        "product_id": product,
        "segment": "A",
        "elapsed_periods": 0.0,
        "lead_time_mean_periods": 2.0,
        "lead_time_sd_periods": 0.0,
        "review_periods": 1.0,
        "target": "cycle_service",
        "service_level": 0.95,
        "holding_cost_per_unit_period": 0.2,
        "shortage_cost_per_unit": 1.0,
        "economic_lot_units": None,
        "inventory_position_units": 10.0,
        "on_hand_units": 5.0,
        "unit_margin": 3.0,
        **changes,
    }


def certain(n_steps: int = 4, *, segment: str = "A") -> pd.DataFrame:
    """Thirty-nine paths without any error."""
    actual = np.full((39, n_steps), 8.0)
    return residuals_of(actual, actual, segment=segment).assign(demand_dispersion=0.0)


def simulate(forecasts, residuals, *needs, seed=1, **options) -> pd.DataFrame:
    frame = pd.DataFrame(list(needs))
    return lead_time_demand.simulate(forecasts, residuals, frame, seed=seed, **options)


def one(*arguments, **options) -> pd.Series:
    return simulate(*arguments, **options).iloc[0]


def spread(n_steps: int = 3) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Poisson demand of mean 20, its forecast and 4,000 past paths of it."""
    generator = np.random.default_rng(7)
    actual = generator.poisson(20.0, size=(4_000, n_steps)).astype(float)
    return forecasts_of({"P": [20.0] * n_steps}), residuals_of(np.array(20.0), actual)
