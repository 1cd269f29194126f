"""Print the service that the shipped policy is asked for and delivers.

`.venv/bin/python benchmarks/policy_service.py`; demand is made by known processes, so
nothing else is needed. Demand is lost in the last column and waits in the others, as
the formulas assume.
"""

from __future__ import annotations

import sys

from restock.replenishment import service_trial
from restock.replenishment.service_trial import KINDS, Trial

COLUMNS = [
    "demand",
    "autocorrelation",
    "lot, periods",
    "target",
    "asked",
    "promised",
    "delivered",
    "textbook",
    "delivered, lost sales",
]


def main() -> None:
    """Print one line per process, target and service level."""
    sys.stdout.write(f"| {' | '.join(COLUMNS)} |\n{'|---' * len(COLUMNS)}|\n")
    for lot_periods in (0.0, 4.0):
        for autocorrelation in (0.0, 0.8):
            for kind in KINDS:
                trial = Trial(kind, autocorrelation, lot_periods=lot_periods)
                for row in service_trial.run(trial).itertuples():
                    cells = [
                        kind,
                        f"{autocorrelation}",
                        f"{lot_periods:.0f}",
                        row.target,
                        f"{row.service_level:.2f}",
                        f"{row.promised:.3f}",
                        f"{row.delivered:.3f}",
                        f"{row.textbook_delivered:.3f}",
                        f"{row.delivered_lost:.3f}",
                    ]
                    sys.stdout.write(f"| {' | '.join(cells)} |\n")
                    sys.stdout.flush()


if __name__ == "__main__":
    main()
