"""Small synthetic panels in the shape that the SQL features deliver."""

from __future__ import annotations

import numpy as np
import pandas as pd


def calendar_of(n_periods: int, *, season_length: int = 52) -> pd.DataFrame:
    index = np.arange(n_periods)
    start = pd.Timestamp("2016-01-04")
    angle = 2 * np.pi * index / season_length
    return pd.DataFrame(
        {
            "period_index": index,
            "period_date": start + pd.to_timedelta(7 * index, unit="D"),
            "period_end_date": start + pd.to_timedelta(7 * index + 6, unit="D"),
            "calendar_sin": np.sin(angle),
            "calendar_cos": np.cos(angle),
        }
    )


def cutoffs_of(indices: list[int], calendar: pd.DataFrame) -> pd.DataFrame:
    ends = calendar.set_index("period_index")["period_end_date"]
    return pd.DataFrame(
        {
            "cutoff_index": indices,
            "cutoff_date": [ends[index] for index in indices],
            "fold_role": "select",
        }
    )


def panel_of(
    demand: np.ndarray,
    calendar: pd.DataFrame,
    *,
    promotion: np.ndarray | None = None,
    ids: list[tuple[str, str]] | None = None,
) -> pd.DataFrame:
    """Panel with features as of each close, NaN demand where it is unknown.

    `demand` has shape (series, periods) and covers the whole calendar.
    """
    n_series, n_periods = demand.shape
    if promotion is None:
        promotion = np.zeros_like(demand)
    if ids is None:
        ids = [(f"L{i % 5}", f"P{i:04d}") for i in range(n_series)]
    wide = pd.DataFrame(demand.T)
    scale = wide.rolling(52, min_periods=1).mean()
    recent = wide.rolling(4, min_periods=1).mean()
    positive = scale.where(scale > 0)
    frame = pd.DataFrame(
        {
            "location_id": np.repeat([pair[0] for pair in ids], n_periods),
            "product_id": np.repeat([pair[1] for pair in ids], n_periods),
            "period_index": np.tile(calendar["period_index"], n_series),
            "period_date": np.tile(calendar["period_date"], n_series),
            "demand_units": demand.ravel(),
            "scale_units": scale.to_numpy().T.ravel(),
            "weight_value": 2.0,
            "lag_last": (wide / positive).to_numpy().T.ravel(),
            "lag_mean_4": (recent / positive).to_numpy().T.ravel(),
            "known_promotion_share": promotion.ravel(),
            "static_pack_size_units": np.repeat(
                np.arange(n_series) % 3 + 1.0, n_periods
            ),
        }
    )
    return frame


def retail_chain(
    n_series: int, n_periods: int, *, horizon: int, seed: int = 7
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Seasonal, promoted Poisson demand with gaps and late starts."""
    generator = np.random.default_rng(seed)
    calendar = calendar_of(n_periods + horizon)
    season = 1 + 0.5 * calendar["calendar_sin"].to_numpy()
    level = generator.gamma(1.0, 8.0, size=(n_series, 1)) + 0.2
    shape = (n_series, n_periods + horizon)
    promotion = (generator.random(shape) < 0.1).astype(float)
    demand = generator.poisson(level * season * (1 + promotion)).astype(float)
    demand[generator.random(shape) < 0.05] = np.nan
    demand[:, n_periods:] = np.nan
    panel = panel_of(demand, calendar, promotion=promotion)
    started = generator.integers(0, n_periods // 2, size=n_series) * (
        generator.random(n_series) < 0.2
    )
    is_kept = panel["period_index"].to_numpy() >= np.repeat(started, shape[1])
    return panel[is_kept].reset_index(drop=True), calendar
