"""Settings of a forecasting run, as the warehouse hands them over."""

from __future__ import annotations

from typing import NamedTuple

import pandas as pd


class RunSettings(NamedTuple):
    """What every family of models is run with.

    Attributes:
        horizon: Steps to forecast. Periods, from 1.
        season_length: Periods in a season.
        average_window: Periods behind the moving average.
        max_rows: Most training rows of a regression or forest at a cutoff. Count.
        seed: Seed of every random draw.
    """

    horizon: int
    season_length: int
    average_window: int
    max_rows: int
    seed: int

    def of_baselines(self) -> dict[str, int]:
        """Arguments of `baselines.forecast` beside its tables."""
        return {
            "horizon": self.horizon,
            "seed": self.seed,
            "season_length": self.season_length,
            "average_window": self.average_window,
        }

    def of_global_model(self) -> dict[str, int]:
        """Arguments of `linear.forecast` and `forest.forecast` beside their tables."""
        return {
            "horizon": self.horizon,
            "seed": self.seed,
            "season_length": self.season_length,
            "max_rows": self.max_rows,
        }


def read(table: pd.DataFrame) -> RunSettings:
    """Settings from the one row of `int_forecast_settings`.

    Args:
        table: The table, with the columns `horizon_periods`,
            `season_length_periods`, `average_window_periods`,
            `max_training_rows` and `random_seed`. No row, as `dbt build --empty`
            leaves it, gives settings under which an empty panel can be forecast.

    Returns:
        The settings.

    Raises:
        ValueError: The table has more than one row.
    """
    if len(table) > 1:
        raise ValueError(f"expected one row of settings, got {len(table)}")
    if table.empty:
        return RunSettings(1, 1, 1, 1, 0)
    row = table.iloc[0]
    return RunSettings(
        horizon=int(row["horizon_periods"]),
        season_length=int(row["season_length_periods"]),
        average_window=int(row["average_window_periods"]),
        max_rows=int(row["max_training_rows"]),
        seed=int(row["random_seed"]),
    )
