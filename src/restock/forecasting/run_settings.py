"""What the warehouse hands a forecasting model: tables, settings, hyperparameters."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple, Protocol

import pandas as pd

from restock.forecasting.dense_panel import KEYS
from restock.forecasting.signals import (
    SIGNAL_COLUMNS,
    hiding,
    with_signals,
    without_hidden,
)


class Relation(Protocol):
    """A table of the warehouse that is read when asked for."""

    def filter(self, condition: str) -> Relation:
        """Rows for which a SQL condition holds."""
        ...

    def max(self, column: str) -> Relation:
        """One row with the largest value of a column."""
        ...

    def fetchone(self) -> tuple[Any, ...]:
        """The first row."""
        ...

    def df(self) -> pd.DataFrame:
        """All rows as a frame."""
        ...


class Run(NamedTuple):
    """What every family of models is run with.

    Attributes:
        panel: Functions that each read one part of the panel.
        calendar: Calendar of the panel.
        cutoffs: Folds to forecast.
        horizon: Steps to forecast. Periods, from 1.
        season_length: Periods in a season.
        average_window: Periods behind the moving average.
        max_rows: Most training rows of a regression or forest at a cutoff. Count.
        seed: Seed of every random draw.
        lstm_epochs: Most passes of an LSTM over its windows. Count.
        lstm_max_windows: Most windows that an LSTM learns from. Count.
        lstm_retrain_every: Periods between trainings of an LSTM.
        hyperparameters: Found by the search, by model and parameter.
        backtest_horizon: Steps that a backtest looks ahead. Periods, from 1.
        families_cut: Families that the CPU budget leaves out.
    """

    panel: list[Callable[[], pd.DataFrame]]
    calendar: pd.DataFrame
    cutoffs: pd.DataFrame
    horizon: int
    season_length: int
    average_window: int
    max_rows: int
    seed: int
    lstm_epochs: int
    lstm_max_windows: int
    lstm_retrain_every: int
    hyperparameters: dict[str, dict[str, Any]]
    backtest_horizon: int = 1
    families_cut: tuple[str, ...] = ()

    def data(self) -> dict[str, Any]:
        """Arguments that say what is forecast: panel, calendar, cutoffs, horizon."""
        return {
            "panel": self.panel,
            "calendar": self.calendar,
            "cutoffs": self.cutoffs,
            "horizon": self.horizon,
        }

    def tables(self) -> dict[str, Any]:
        """Arguments that all families share: the data, the seed and the season."""
        return {
            **self.data(),
            "seed": self.seed,
            "season_length": self.season_length,
        }

    def of_baselines(self) -> dict[str, Any]:
        """Arguments of `baselines.forecast`."""
        own = {
            model: self.hyperparameters.get(model, {}).get(
                "average_window", self.average_window
            )
            for model in ("moving_average", "moving_average_seasonal")
        }
        return {
            **self.tables(),
            "average_window": own["moving_average"],
            "seasonal_average_window": own["moving_average_seasonal"],
        }

    def of_lstm(self) -> dict[str, Any]:
        """Arguments of `lstm.forecast` and `lstm.weights_table`."""
        return {
            **self.tables(),
            "every": self.lstm_retrain_every,
            "epochs": self.lstm_epochs,
            "max_windows": self.lstm_max_windows,
            "hyperparameters": self.hyperparameters,
        }

    def of_family(self) -> dict[str, Any]:
        """Arguments of the `forecast` of a family with several searched models."""
        return {
            **self.tables(),
            "max_rows": self.max_rows,
            "hyperparameters": self.hyperparameters,
        }

    def of_global_model(self, model: str) -> dict[str, Any]:
        """Arguments of a global model's `forecast`.

        Args:
            model: Name under which the search keeps its hyperparameters.
        """
        return {
            **self.tables(),
            "max_rows": self.max_rows,
            **self.hyperparameters.get(model, {}),
        }


def read(
    settings: Relation,
    panel: Relation,
    calendar: Relation,
    cutoffs: Relation,
    hyperparameters: Relation,
    signals: Relation | None = None,
    hidden: Relation | None = None,
    *,
    family: str | None = None,
) -> Run:
    """Read what a run needs; the panel itself is read part by part later.

    Args:
        settings: The one row of `int_forecast_settings`. No row, as
            `dbt build --empty` leaves it, gives settings under which an empty panel
            can be forecast.
        panel: `int_forecast_panel`.
        calendar: `int_forecast_calendar`.
        cutoffs: `int_forecast_folds`.
        hyperparameters: The seed `model_hyperparameters`.
        signals: `int_forecast_signals_used`; left out where no signal is used.
        hidden: `int_signals_hidden`; left out where every series is shown what is
            built in.
        family: Family that asks. One that the CPU budget cuts (`families_cut` of the
            settings, names parted by commas) is given an empty panel.

    Returns:
        The run.

    Raises:
        ValueError: There is more than one row of settings, a hyperparameter is no
            number, or a signal is named after an outcome.
    """
    table = settings.df()
    if len(table) > 1:
        raise ValueError(f"expected one row of settings, got {len(table)}")
    folds = cutoffs.df()
    if table.empty:
        return Run(
            panel=[panel.df],
            calendar=calendar.df(),
            cutoffs=folds,
            horizon=1,
            season_length=1,
            average_window=1,
            max_rows=1,
            seed=0,
            lstm_epochs=1,
            lstm_max_windows=1,
            lstm_retrain_every=1,
            hyperparameters={},
        )
    row = table.iloc[0]
    cut = row.get("families_cut")
    families_cut = tuple(cut.split(",")) if isinstance(cut, str) else ()
    last_part = panel.max("partition_number").fetchone()[0]
    outside = pd.DataFrame(columns=SIGNAL_COLUMNS) if signals is None else signals.df()
    unseen = pd.DataFrame(columns=["signal", *KEYS]) if hidden is None else hidden.df()
    planning_period = "week" if int(row["period_days"]) == 7 else "day"
    return Run(
        panel=(
            [panel.filter("1 = 0").df]
            if family in families_cut
            else [
                hiding(
                    with_signals(
                        panel.filter(f"partition_number = {part}").df, outside
                    ),
                    unseen,
                )
                for part in range(1 + int(last_part or 0))
            ]
        ),
        calendar=without_hidden(calendar.df(), unseen),
        cutoffs=folds,
        horizon=int(row["horizon_periods"]),
        season_length=int(row["season_length_periods"]),
        average_window=int(row["average_window_periods"]),
        max_rows=int(row["max_training_rows"]),
        seed=int(row["random_seed"]),
        lstm_epochs=int(row["lstm_epochs"]),
        lstm_max_windows=int(row["lstm_max_windows"]),
        lstm_retrain_every=int(row["lstm_retrain_every_periods"]),
        hyperparameters=searched(hyperparameters.df(), planning_period),
        backtest_horizon=int(row["backtest_horizon_periods"]),
        families_cut=families_cut,
    )


def searched(table: pd.DataFrame, planning_period: str) -> dict[str, dict[str, Any]]:
    """Hyperparameters of each model for a length of period.

    Args:
        table: The seed: `model`, `planning_period`, `parameter`, `value`.
        planning_period: `week` or `day`.

    Returns:
        Values by model and parameter, as `typed` reads them.

    Examples:
        >>> table = pd.DataFrame(
        ...     {
        ...         "model": ["random_forest"],
        ...         "planning_period": ["week"],
        ...         "parameter": ["n_trees"],
        ...         "value": ["200"],
        ...     }
        ... )
        >>> searched(table, "week")
        {'random_forest': {'n_trees': 200}}
        >>> searched(table, "day")
        {}
    """
    found: dict[str, dict[str, Any]] = {}
    for row in table.itertuples():
        if row.planning_period == planning_period:
            found.setdefault(row.model, {})[row.parameter] = typed(str(row.value))
    return found


def typed(text: str) -> int | float | str | tuple[int, ...]:
    """Read a hyperparameter as the seed spells it.

    Args:
        text: A number, whole numbers parted by blanks, or a word.

    Returns:
        The number, a tuple of the numbers, or the word.

    Examples:
        >>> [typed(text) for text in ("200", "0.05", "4 13 52", "tweedie")]
        [200, 0.05, (4, 13, 52), 'tweedie']
    """
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    parts = text.split()
    if len(parts) > 1 and all(part.isdecimal() for part in parts):
        return tuple(int(part) for part in parts)
    return text
