"""The order rule, run as the SQL that the plan is built with.

The rule is written once, in the dbt macros `order_lots` and `order_rule`; the model
`int_order_rules` keeps their text. An analyst who changes a line there changes the
plan and what the replay charges for it.
"""

from __future__ import annotations

import duckdb
import numpy as np
import pandas as pd

from restock import frames
from restock.replenishment.demand.error_pools import require_columns
from restock.statistics.arrays import Floats

_RELATION = "decisions"
_PLACE = "decision_place"


class OrderRule:
    """The text of the rule, ready to be asked.

    Args:
        texts: Rows of `int_order_rules`: `step` (lots, orders) and `rule_sql`, a query
            on a relation named decisions that keeps its columns.

    Raises:
        KeyError: A column is missing.
        ValueError: A step is missing.
    """

    def __init__(self, texts: pd.DataFrame) -> None:
        """Open a database for it."""
        require_columns("texts", texts, ["step", "rule_sql"])
        self._texts = dict(zip(texts["step"], texts["rule_sql"], strict=True))
        missing = {"lots", "orders"} - set(self._texts)
        if missing:
            raise ValueError(f"the order rule lacks the steps {sorted(missing)}")
        # One thread: sums and order of rows are the same each time.
        self._database = duckdb.connect(config={"threads": 1})

    def lots(self, decisions: pd.DataFrame) -> tuple[Floats, Floats]:
        """Lots at the demand that is forecast and at that of the year.

        Args:
            decisions: The columns that the macro `order_lots` reads, one row per
                series.

        Returns:
            Economic lot and lot of the year. Units, shape (series,) each.
        """
        found = self._run("lots", decisions)
        return (
            frames.floats(found, "economic_lot_units"),
            frames.floats(found, "annual_lot_units"),
        )

    def orders(self, decisions: pd.DataFrame) -> Floats:
        """Quantity of each decision.

        Args:
            decisions: The columns that the macro `order_rule` reads, one row per
                series.

        Returns:
            Units, shape (series,); NaN where stock or level is unknown.
        """
        return frames.floats(self._run("orders", decisions), "order_qty_units")

    def _run(self, step: str, decisions: pd.DataFrame) -> pd.DataFrame:
        numbered = decisions.assign(**{_PLACE: np.arange(len(decisions))})
        self._database.register(_RELATION, numbered)
        query = f"select * from ({self._texts[step]}) as ruled order by {_PLACE}"
        return self._database.execute(query).df()
