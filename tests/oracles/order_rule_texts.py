"""The order rule as dbt renders it, without dbt: the macros in one Jinja template."""

from __future__ import annotations

import functools
from pathlib import Path

import jinja2
import pandas as pd

MACROS = Path(__file__).parents[2] / "macros"
TOPICS = ("inventory", "replenishment", "statistics")
STEPS = {"lots": "order_lots", "textbook": "textbook_levels", "orders": "order_rule"}


@functools.cache
def order_rule_texts(macros: Path = MACROS) -> pd.DataFrame:
    """Rows of `int_order_rules`.

    Args:
        macros: Folder of the macros.

    Returns:
        `step` and `rule_sql`, as `OrderRule` reads them.
    """
    definitions = "".join(
        path.read_text(encoding="utf-8")
        for topic in TOPICS
        for path in sorted((macros / topic).glob("*.sql"))
    )
    environment = jinja2.Environment(
        extensions=["jinja2.ext.do"], undefined=jinja2.ChainableUndefined
    )
    texts = {
        step: environment.from_string(
            f"{definitions}\n=====\n{{{{ {macro}('decisions') }}}}"
        )
        .render()
        .split("=====\n")[-1]
        for step, macro in STEPS.items()
    }
    return pd.DataFrame({"step": list(texts), "rule_sql": list(texts.values())})
