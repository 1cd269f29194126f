"""The order rule, run as the SQL that the plan is built with.

The rule is written once, in the dbt macros `order_lots`, `textbook_levels` and
`order_rule`; the model `int_order_rules` keeps their text. An analyst who changes a
line there changes the plan and what the replay charges for it.
"""

from __future__ import annotations

import duckdb
import numpy as np
import pandas as pd

from restock.replenishment.demand.error_pools import require_columns
from restock.statistics.arrays import Floats

_STEPS = ("lots", "textbook", "orders")
_RELATION = "decisions"
_PLACE = "decision_place"


class OrderRule:
    """The text of the rule, ready to be asked.

    Args:
        texts: Rows of `int_order_rules`: `step` (lots, textbook, orders) and
            `rule_sql`, a query on a relation named decisions that keeps its columns.

    Raises:
        KeyError: A column is missing.
        ValueError: A step is missing.
    """

    def __init__(self, texts: pd.DataFrame) -> None:
        """Open a database for it."""
        require_columns("texts", texts, ["step", "rule_sql"])
        self._texts = dict(zip(texts["step"], texts["rule_sql"], strict=True))
        missing = set(_STEPS) - set(self._texts)
        if missing and len(texts):
            raise ValueError(f"the order rule lacks the steps {sorted(missing)}")
        # One thread: the order of rows is the same each time.
        self._database = duckdb.connect(config={"threads": 1})

    def lots(self, decisions: pd.DataFrame) -> Floats:
        """Lot at the demand that is forecast.

        Args:
            decisions: The columns that the macro `order_lots` reads, one row per
                series.

        Returns:
            Units, shape (series,).
        """
        name = "economic_lot_units"
        return self._run("lots", decisions, [name])[name]

    def textbook(self, decisions: pd.DataFrame) -> pd.DataFrame:
        """Decisions with what the textbook says of them.

        Args:
            decisions: The columns that the macro `textbook_levels` reads, one row per
                series.

        Returns:
            These columns and those that `order_rule` reads of the textbook.
        """
        added = [
            "protection_periods",
            "demand_per_period_units",
            "textbook_sigma_units",
            "textbook_safety_stock_units",
        ]
        return decisions.assign(**self._run("textbook", decisions, added))

    def orders(self, decisions: pd.DataFrame) -> Floats:
        """Quantity of each decision.

        Args:
            decisions: Of `textbook`, with the other columns that the macro
                `order_rule` reads.

        Returns:
            Units, shape (series,); NaN where stock or level is unknown.
        """
        return self._run("orders", decisions, ["order_qty_units"])["order_qty_units"]

    def _run(
        self, step: str, decisions: pd.DataFrame, columns: list[str]
    ) -> dict[str, Floats]:
        """Ask a step."""
        self._database.register(
            _RELATION, decisions.assign(**{_PLACE: np.arange(len(decisions))})
        )
        found = self._database.execute(
            f"select {', '.join(columns)} from ({self._texts[step]}) as ruled"
            f" order by {_PLACE}"
        ).fetchnumpy()
        return {
            name: np.ma.filled(values.astype(float), np.nan)
            for name, values in found.items()
        }
