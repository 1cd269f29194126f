"""Search hyperparameters on the select folds of built databases.

    make tune MODEL=boosting_l2 STRATEGY=bayesian TRIALS=30
    make tune MODEL=boosting_l2 DATA_SETS="sample=restock.duckdb store=store.duckdb"

Trials are kept in target/tuning as they finish. Ctrl-C ends the search; the same
command takes it up again, and more TRIALS add to those there. Every trial is a row of
seeds/parameters/hyperparameter_trials.csv, so of fct_hyperparameter_trials after the
next build; `make tune-apply` decides what comes into force.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import duckdb
import optuna
import pandas as pd
from optuna.storages import JournalStorage
from optuna.storages.journal import JournalFileBackend

from restock.forecasting import (
    tuning,
    tuning_folds,
    tuning_spaces,
    tuning_verdicts,
)
from restock.forecasting.tuning_folds import Fold
from restock.forecasting.tuning_spaces import STRATEGIES, Conditions

ROOT = Path(__file__).parents[2]
TRIALS = ROOT / "seeds" / "parameters" / "hyperparameter_trials.csv"
KEPT = ROOT / "target" / "tuning"


def main(arguments: list[str] | None = None) -> None:
    """Search, write the trials, say what was found."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "--model", required=True, choices=sorted(tuning_spaces.families(52))
    )
    parser.add_argument("--strategy", default="bayesian", choices=STRATEGIES)
    parser.add_argument("--trials", type=int, default=30, help="finished ones wanted")
    parser.add_argument(
        "--database",
        nargs="+",
        default=["sample=restock.duckdb"],
        metavar="NAME=PATH",
        help="built databases of one planning period; trials are scored on all",
    )
    parser.add_argument("--max-rows", type=int, default=50_000)
    parser.add_argument("--lstm-epochs", type=int, default=5)
    parser.add_argument("--lstm-max-windows", type=int, default=4_000)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--trials-csv", type=Path, default=TRIALS)
    parser.add_argument("--kept", type=Path, default=KEPT, help="folder of the storage")
    given = parser.parse_args(arguments)
    named = [_named(text) for text in given.database]
    read = [read_folds(name, path) for name, path in named]
    seasons = {season_length for _, season_length in read}
    if len(seasons) > 1:
        parser.error("the databases have different planning periods")
    season_length = seasons.pop()
    planning_period = "day" if season_length == 7 else "week"
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    given.kept.mkdir(parents=True, exist_ok=True)
    journal = given.kept / f"{given.model}_{planning_period}.journal"
    trials = tuning.search(
        given.model,
        tuning_spaces.families(season_length)[given.model],
        tuning_folds.in_turns(*(folds for folds, _ in read)),
        Conditions(
            seed=given.seed,
            season_length=season_length,
            max_rows=given.max_rows,
            lstm_epochs=given.lstm_epochs,
            lstm_max_windows=given.lstm_max_windows,
        ),
        strategy=given.strategy,
        n_trials=given.trials,
        planning_period=planning_period,
        tuned_on=" + ".join(name for name, _ in named),
        storage=JournalStorage(JournalFileBackend(str(journal))),
        is_shown=True,
    )
    merge(trials, given.trials_csv)
    states = trials["state"].value_counts()
    best = trials[trials["state"] == "complete"].nsmallest(1, "loss").iloc[0]
    sys.stdout.write(
        f"{given.model}, {planning_period}, {given.strategy}: "
        + ", ".join(f"{count} {state}" for state, count in sorted(states.items()))
        + f"; least loss {best['loss']:.4f} of the default's: {best['parameters']}\n"
    )


def read_folds(name: str, path: Path) -> tuple[list[Fold], int]:
    """Select folds of a database and its season length.

    Args:
        name: What to call the data set.
        path: DuckDB file that a build has filled.

    Returns:
        Folds of the first part of the panel, and periods in a season.
    """
    with duckdb.connect(str(path), read_only=True) as connection:

        def table(model: str, condition: str = "true") -> pd.DataFrame:
            query = f"select * from intermediate.{model} where {condition}"
            return connection.sql(query).df()

        settings = table("int_forecast_settings").iloc[0]
        horizon = int(settings["horizon_periods"])
        folds = tuning_folds.select_folds(
            name,
            table("int_forecast_panel", "partition_number = 0"),
            table("int_forecast_calendar"),
            table("int_forecast_folds"),
            horizon,
            n_steps=min(int(settings["backtest_horizon_periods"]), horizon),
        )
    return folds, int(settings["season_length_periods"])


def merge(trials: pd.DataFrame, path: Path) -> None:
    """Write trials into the seed, in place of those they cannot stand beside.

    Args:
        trials: Rows of `tuning.TRIAL_COLUMNS`.
        path: The seed.
    """
    earlier = pd.read_csv(path) if path.exists() else trials.head(0)
    together = tuning_verdicts.beside(earlier, trials)
    together.to_csv(path, index=False, lineterminator="\n")
    n_gone = len(earlier) + len(trials) - len(together)
    if n_gone:
        sys.stdout.write(
            f"{n_gone} earlier trials gave way, of this search or other folds\n"
        )


def _named(text: str) -> tuple[str, Path]:
    name, separator, path = text.partition("=")
    return (name, Path(path)) if separator else (Path(text).stem, Path(text))


if __name__ == "__main__":
    main()
