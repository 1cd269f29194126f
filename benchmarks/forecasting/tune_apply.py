"""Write the winners of the search into the seed that the models read.

    make tune-apply

A model's best trial comes into force where its gain over the default, on folds that had
no vote in the choice, is above its standard error; else the default stays. The table
says which and why.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import pandas as pd

from restock.forecasting import tuning_verdicts

PARAMETERS = Path(__file__).parents[2] / "seeds" / "parameters"


def main(arguments: list[str] | None = None) -> None:
    """Judge all trials, write the seed, print the verdicts."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "--trials-csv", type=Path, default=PARAMETERS / "hyperparameter_trials.csv"
    )
    parser.add_argument(
        "--output", type=Path, default=PARAMETERS / "model_hyperparameters.csv"
    )
    given = parser.parse_args(arguments)
    judged = tuning_verdicts.verdicts(pd.read_csv(given.trials_csv))
    tuning_verdicts.hyperparameters(judged).to_csv(
        given.output, index=False, lineterminator="\n"
    )
    lines = []
    for verdict in judged.itertuples():
        lines.append(
            f"{verdict.model:<24} {verdict.planning_period:<5}"
            f" {verdict.n_trials:>4} trials {verdict.n_folds:>3} folds"
            f"  best {1 - verdict.loss:+.4f}  held out {verdict.loss_gain:+.4f}"
            f" +- {verdict.loss_gain_standard_error:.4f}  "
            + ("applied" if verdict.is_applied else "the default stays")
        )
    sys.stdout.write("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
