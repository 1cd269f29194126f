"""Print the service that the shipped policy is asked for and delivers.

`.venv/bin/python benchmarks/policy_service.py`; demand is made by known processes, so
nothing else is needed. Demand is lost in the last column and waits in the others, as
the formulas assume.
The second table is the range over all processes.
"""

from __future__ import annotations

import sys

import pandas as pd
from oracles import service_trial
from oracles.service_trial import KINDS, Trial

DELIVERED = ["delivered", "textbook_delivered", "delivered_lost"]


def main() -> None:
    """Print one line per process, target and service level, then their range."""
    tables = []
    for lot_periods in (0.0, 4.0):
        for autocorrelation in (0.0, 0.8):
            for kind in KINDS:
                trial = Trial(kind, autocorrelation, lot_periods=lot_periods)
                table = service_trial.run(trial)
                table.insert(0, "demand", kind)
                table.insert(1, "autocorrelation", autocorrelation)
                table.insert(2, "lot_periods", lot_periods)
                tables.append(table)
    every = pd.concat(tables)
    asked = every.groupby(["target", "service_level"])
    ranges = asked[DELIVERED].agg(["min", "mean", "max"])
    ranges.columns = [" ".join(names) for names in ranges.columns]
    for frame in (every, ranges.reset_index()):
        _print(frame)


def _print(frame: pd.DataFrame) -> None:
    lines = [list(frame.columns), ["---"] * len(frame.columns)]
    lines += frame.to_numpy().tolist()
    for line in lines:
        cells = [f"{cell:.3f}" if isinstance(cell, float) else cell for cell in line]
        sys.stdout.write(f"| {' | '.join(cells)} |\n")
    sys.stdout.write("\n")


if __name__ == "__main__":
    main()
