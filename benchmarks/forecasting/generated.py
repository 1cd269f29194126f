"""Panels without a warehouse: generated ones, and the weekly grocery case.

The columns are those of `int_forecast_panel` and `int_forecast_calendar`, so that a
model of restock runs on them as it does in a build.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from restock.forecasting import run_settings

WEEKS = 52
FIRST_WEEK = "2021-01-04"

# Weeks before the last cutoff of the generated kinds.
N_WEEKS = 130
N_SERIES = 800

KINDS = ("lumpy", "seasonal", "growing")


def demand_of(kind: str, *, seed: int = 11, n_series: int = N_SERIES) -> np.ndarray:
    """Weekly demand of many series.

    Args:
        kind: `lumpy`: spare parts, two thirds of the weeks without a sale, sizes of
            long tails, levels that wander, no season. `seasonal`: the same with a
            season of +-40 % that half of the categories share and the others have
            the other way round. `growing`: no season, +20 % a year.
        seed: Seed of the draw.
        n_series: Number of series.

    Returns:
        Units, shape (series, weeks).

    Raises:
        ValueError: The kind is unknown.
    """
    if kind not in KINDS:
        raise ValueError(f"kind must be one of {KINDS}, got {kind}")
    generator = np.random.default_rng(seed)
    weeks = np.arange(N_WEEKS)
    probability = generator.beta(2.0, 4.0, (n_series, 1))
    size = generator.lognormal(1.2, 1.0, (n_series, 1))
    spread = generator.uniform(0.4, 1.1, (n_series, 1))
    steps = generator.normal(0.0, 0.04, (n_series, N_WEEKS))
    level = np.exp(np.cumsum(steps, axis=1))
    if kind == "seasonal":
        sign = np.where(np.arange(n_series) % 4 < 2, 1.0, -1.0)[:, None]
        level = level * (1 + 0.4 * sign * np.sin(2 * np.pi * weeks / 52.18))
    if kind == "growing":
        level = level * 1.2 ** (weeks / 52.18)
    sells = generator.random(level.shape) < np.minimum(probability * level**0.5, 0.97)
    units = (
        size * level**0.5 * generator.lognormal(-(spread**2) / 2, spread, level.shape)
    )
    return np.where(sells, np.ceil(units), 0.0)


def grocery(folder: Path) -> tuple[np.ndarray, pd.DataFrame, str]:
    """Demand of the weekly grocery case, NaN where the shelf was empty.

    Args:
        folder: Folder of its four files of week 0.

    Returns:
        Units, shape (series, weeks); `location_id`, `product_id` and `category` of
        the series; first Monday.
    """
    keys = ["Store", "Product"]
    files = {path.stem: path for path in folder.glob("Week 0*.csv")}

    def table(word: str) -> pd.DataFrame:
        (path,) = (path for stem, path in files.items() if stem.endswith(word))
        return pd.read_csv(path).set_index(keys).sort_index()

    sales, in_stock, master = table("Sales"), table("In Stock"), table("Master")
    units = sales.to_numpy(dtype=float)
    units[~in_stock[sales.columns].to_numpy(dtype=bool)] = np.nan
    index = sales.index.to_frame(index=False).astype(str)
    ids = pd.DataFrame(
        {
            "location_id": index["Store"],
            "product_id": index["Product"],
            "category": master.loc[sales.index, "Department"].astype(str).to_numpy(),
        }
    )
    return units, ids, str(sales.columns[0])


def ids_of(n_series: int) -> pd.DataFrame:
    """Ids and categories of generated series, four categories by turns."""
    number = np.arange(n_series)
    return pd.DataFrame(
        {
            "location_id": [f"L{i % 5}" for i in number],
            "product_id": [f"P{i:04d}" for i in number],
            "category": [f"C{i % 4}" for i in number],
        }
    )


def run_of(
    demand: np.ndarray, ids: pd.DataFrame, first_week: str, *, horizon: int
) -> run_settings.Run:
    """What `run_settings.read` gives of a warehouse, without its folds.

    Args:
        demand: Units, shape (series, weeks), NaN where unknown. A series begins at
            its first week with a sale.
        ids: `location_id`, `product_id` and `category`, one row per series.
        first_week: Monday of the first week.
        horizon: Weeks to forecast.

    Returns:
        The run, `cutoffs` empty.
    """
    calendar = calendar_of(demand.shape[1], horizon, first_week)
    panel = panel_of(demand, ids, calendar)
    return run_settings.Run(
        panel=[lambda: panel],
        calendar=calendar,
        cutoffs=pd.DataFrame(columns=["cutoff_index", "cutoff_date", "fold_role"]),
        horizon=horizon,
        season_length=WEEKS,
        average_window=13,
        max_rows=200_000,
        seed=42,
        lstm_epochs=6,
        lstm_max_windows=20_000,
        lstm_retrain_every=26,
        hyperparameters={},
        backtest_horizon=horizon,
    )


def calendar_of(n_weeks: int, horizon: int, first_week: str) -> pd.DataFrame:
    """Weeks of history and horizon with the waves of the year."""
    index = np.arange(n_weeks + horizon)
    start = pd.Timestamp(first_week) + pd.to_timedelta(7 * index, unit="D")
    angle = 2 * np.pi * start.dayofyear / 365.25
    return pd.DataFrame(
        {
            "period_index": index,
            "period_date": start,
            "period_end_date": start + pd.Timedelta(days=6),
            "is_complete_period": index < n_weeks,
            "calendar_year_sin": np.sin(angle),
            "calendar_year_cos": np.cos(angle),
            "calendar_half_year_sin": np.sin(2 * angle),
            "calendar_half_year_cos": np.cos(2 * angle),
        }
    )


def panel_of(
    demand: np.ndarray, ids: pd.DataFrame, calendar: pd.DataFrame
) -> pd.DataFrame:
    """Panel with the features of `int_forecast_panel` that need demand alone."""
    n_series, n_weeks = demand.shape
    n_periods = len(calendar)
    whole = np.full((n_series, n_periods), np.nan)
    whole[:, :n_weeks] = demand
    wide = pd.DataFrame(whole.T)
    scale = wide.rolling(WEEKS, min_periods=1).mean()
    positive = scale.where(scale > 0)

    def mean(window: int) -> pd.DataFrame:
        return wide.rolling(window, min_periods=1).mean()

    sold = (wide > 0).astype(float).where(wide.notna())
    number = np.arange(n_periods)[:, None]
    last_sale = pd.DataFrame(np.where(wide > 0, number, np.nan)).ffill()
    first = np.argmax(whole > 0, axis=1)
    columns = {
        "demand_units": wide,
        "scale_units": scale,
        "lag_last_ratio": wide / positive,
        "lag_previous_ratio": wide.shift(1) / positive,
        "lag_mean_short_ratio": mean(4) / positive,
        "lag_mean_middle_ratio": mean(13) / positive,
        "lag_mean_long_ratio": mean(26) / positive,
        "lag_variation_ratio": wide.rolling(13, min_periods=2).std() / positive,
        "lag_last_year_ratio": mean(4).shift(WEEKS - 4) / positive,
        "lag_active_share": sold.rolling(13, min_periods=1).mean(),
        "lag_periods_since_sale": number - last_sale,
        "lag_age_periods": pd.DataFrame(np.minimum(number - first[None, :], WEEKS)),
    }
    panel = pd.DataFrame(
        {
            **{
                name: np.repeat(ids[name].to_numpy(), n_periods)
                for name in ("location_id", "product_id", "category")
            },
            "period_index": np.tile(calendar["period_index"], n_series),
            "period_date": np.tile(calendar["period_date"], n_series),
            "weight_value": 1.0,
            **{name: values.to_numpy().T.ravel() for name, values in columns.items()},
        }
    )
    started = panel["period_index"].to_numpy() >= np.repeat(first, n_periods)
    return panel[started].reset_index(drop=True)
