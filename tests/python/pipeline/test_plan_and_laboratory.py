"""The plan is a function of the files and of the laboratory's verdicts."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

import duckdb
import pandas as pd
import pytest
import warehouse

# What the plan takes from the laboratory (decision 0047).
VERDICTS = {
    "int_arima_orders",
    "int_champion_backtests",
    "int_combination_weights",
    "int_excess_holding",
    "int_forecast_champions",
    "int_forecast_error_quantiles",
    "int_forecast_folds",
    "int_lstm_weights",
    "int_order_rules_in_force",
    "int_signal_uses",
}
PLAN = ("--selector", "plan", "--exclude-resource-type", "test")


@pytest.fixture(scope="module")
def nodes(six_file_build):
    """Models of the project by name, as dbt sees them."""
    target = (
        six_file_build.database.parent.parent / f"target_{warehouse.REPOSITORY.name}"
    )
    manifest = json.loads((target / "manifest.json").read_text())
    return {
        node["name"]: node
        for node in manifest["nodes"].values()
        if node["resource_type"] == "model"
    }


def test_the_laboratory_is_what_lies_in_its_folders(nodes):
    for name, node in nodes.items():
        is_lab = "lab" in Path(node["original_file_path"]).parts
        assert is_lab == ("lab" in node["tags"]), name


def test_the_plan_takes_the_verdicts_and_nothing_else(nodes):
    lab = {name for name, node in nodes.items() if "lab" in node["tags"]}
    taken = {
        parent.split(".")[-1]
        for name, node in nodes.items()
        if name not in lab
        for parent in node["depends_on"]["nodes"]
    }
    assert taken & lab == VERDICTS


def edited(folder: Path, name: str, edit) -> None:
    """Write a file anew; what was a link becomes a file."""
    path = folder / name
    table = edit(pd.read_csv(path, dtype=str))
    path.unlink()
    table.to_csv(path, index=False)


def tomorrow(files: Path, folder: Path, days: int) -> Path:
    """Files some days later: new sales, a late row, a new price, a lost receipt."""
    folder.mkdir()
    for path in files.iterdir():
        if path.is_file():
            os.symlink(path, folder / path.name)

    def sell_on(sales: pd.DataFrame) -> pd.DataFrame:
        date = pd.to_datetime(sales["SalesDate"])
        last = sales[date > date.max() - pd.Timedelta(days=days)]
        later = pd.to_datetime(last["SalesDate"]) + pd.Timedelta(days=days)
        new = last.assign(SalesDate=later.dt.strftime("%Y-%m-%d"))
        late = sales.iloc[[len(sales) // 2]].assign(SalesQuantity="9")
        # A product of one store is sold in another as well, and a store is new.
        spread = new.head(3).assign(Store="9", InventoryId="9_NEW_" + new["Brand"])
        return pd.concat([sales, new, late.assign(SalesDate=date.iloc[40]), spread])

    edited(folder, "SalesFINAL12312016.csv.gz", sell_on)
    edited(
        folder,
        "2017PurchasePricesDec.csv.gz",
        lambda prices: prices.assign(
            PurchasePrice=(prices["PurchasePrice"].astype(float) * 1.1).round(2)
        ),
    )
    edited(
        folder,
        "PurchasesFINAL12312016.csv.gz",
        lambda lines: lines.drop(index=lines.index[len(lines) // 3]),
    )
    return folder


def only_verdicts(database: Path, into: Path) -> None:
    """Database that holds what the laboratory said and nothing else."""
    with duckdb.connect(str(into)) as connection:
        connection.execute(f"attach '{database}' as kept (read_only)")
        connection.execute("create schema intermediate")
        there = {
            name
            for (name,) in connection.sql(
                "select table_name from information_schema.tables"
                " where table_catalog = 'kept' and table_schema = 'intermediate'"
            ).fetchall()
        }
        for name in sorted(VERDICTS & there):
            connection.execute(
                f"create table intermediate.{name} as from kept.intermediate.{name}"
            )


@pytest.fixture(scope="module")
def nights(tmp_path_factory, six_file_build, six_file_chain):
    """Plans of today, of 3 and of 8 days later, and that of the last from verdicts."""
    top = tmp_path_factory.mktemp("nights")
    files = {
        0: six_file_chain,
        3: tomorrow(six_file_chain, top / "files_3", 3),
        8: tomorrow(six_file_chain, top / "files_8", 8),
    }
    built = {}
    before = six_file_build.database
    for days, raw in files.items():
        folder = top / f"night_{days}"
        folder.mkdir()
        shutil.copy(before, folder / "restock.duckdb")
        built[days] = warehouse.build(folder, raw, *PLAN)
        before = built[days].database
    folder = top / "verdicts"
    folder.mkdir()
    only_verdicts(six_file_build.database, folder / "restock.duckdb")
    built["verdicts"] = warehouse.build(folder, files[8], *PLAN)
    return built


ORDERS = """
    select * exclude (explanation)
    from marts.fct_reorder_recommendations
    order by location_id, product_id
"""


def test_a_plan_of_the_same_files_leaves_the_orders(nights, six_file_build):
    pd.testing.assert_frame_equal(
        nights[0].query(ORDERS), six_file_build.query(ORDERS), check_exact=True
    )


def test_a_row_of_nights_is_one_plan_from_the_verdicts(nights):
    pd.testing.assert_frame_equal(
        nights[8].query(ORDERS), nights["verdicts"].query(ORDERS), check_exact=True
    )


def test_the_nights_were_days_apart(nights):
    dates = [
        nights[days].row("select as_of_date as date from inputs.input_as_of")["date"]
        for days in (0, 3, 8)
    ]
    assert [(date - dates[0]).days for date in dates] == [0, 3, 8]
    units = [
        nights[days].row(
            "select sum(order_qty_units) as units"
            " from marts.fct_reorder_recommendations"
        )["units"]
        for days in (0, 3, 8)
    ]
    assert len(set(units)) == 3


def test_a_plan_without_a_laboratory_says_what_to_run(tmp_path, six_file_chain):
    done = warehouse.run_build(tmp_path / "empty", six_file_chain, *PLAN)
    assert done.returncode
    assert "Run make build once" in done.stdout
