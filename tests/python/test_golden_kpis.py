"""Each row of the golden file, by the library and by the SQL macros."""

import csv
import json
import os
from pathlib import Path

import pytest
from golden import library, macros
from golden.compare import mismatches, plain

FIXTURE = Path(__file__).parents[1] / "fixtures" / "golden_kpis.csv"
GOLDEN = Path(os.environ.get("RESTOCK_GOLDEN_KPIS") or FIXTURE)


def golden_rows():
    with GOLDEN.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


ROWS = golden_rows()


@pytest.mark.parametrize("row", ROWS, ids=[row["case"] for row in ROWS])
def test_library(row):
    actual = plain(library.evaluate(row["kpi"], json.loads(row["inputs"])))
    wrong = mismatches(json.loads(row["expected"]), actual)
    assert not wrong, "; ".join(wrong) + f" [{row['source']}]"


SQL_ROWS = [row for row in ROWS if row["kpi"] in macros.MACROS]


@pytest.mark.parametrize("row", SQL_ROWS, ids=[row["case"] for row in SQL_ROWS])
def test_macros(row):
    actual = macros.evaluate(row["kpi"], json.loads(row["inputs"]))
    expected = json.loads(row["expected"])
    covered = {key: expected[key] for key in macros.keys(row["kpi"], expected)}
    if not covered:
        pytest.skip(f"no macro gives any of {sorted(expected)}")
    wrong = mismatches(covered, actual)
    assert not wrong, "; ".join(wrong) + f" [{row['source']}]"


def test_every_kpi_of_the_fixture_is_registered():
    with FIXTURE.open(newline="", encoding="utf-8") as file:
        kpis = {row["kpi"] for row in csv.DictReader(file)}
    assert kpis == set(library.LIBRARY)


def test_unknown_kpi_is_named():
    with pytest.raises(LookupError, match="no function is registered for kpi 'nope'"):
        library.evaluate("nope", {})
