"""An analyst edits one line of the order rule: plan, scenarios, ledger, replay move."""

import json
import shutil

import handmade
import numpy as np
import pandas as pd
import pytest
import warehouse

WEEKS = 60
SUNDAYS = pd.date_range("2023-01-08", periods=WEEKS, freq="7D").date
PRODUCTS = [f"P{number}" for number in range(6)]
CHEAP = json.dumps(
    {
        "forecast_cpu_budget_seconds": 0.5,
        "simulation_paths": 200,
        "policy_replay_paths": 60,
        "champion_replay_paths": 60,
        "backtest_folds": 6,
    }
)
RULE = handmade.Path("macros") / "replenishment" / "order_rule.sql"
MODELS = handmade.Path("models") / "intermediate" / "replenishment"
LINE = "reorder_point_units + cycle_stock_units as order_up_to_units"
NEEDS = (
    handmade.Path("models") / "intermediate" / "replenishment" / "int_order_needs.sql"
)
TEST = "assert_the_replayed_rule_is_the_shipped_one"
MORE = 24


def chain(folder):
    """Weekly demand of one store, delivered within a week and a half."""
    generator = np.random.default_rng(11)
    units = {
        product: generator.poisson(4 + 6 * number, WEEKS)
        for number, product in enumerate(PRODUCTS)
    }
    return handmade.weekly_store(folder, units, SUNDAYS, stock=3, lead_time_days=10)


def rebuilt(folder, before, project, *selected):
    """Rebuild some models on a copy of a finished build."""
    folder.mkdir(parents=True)
    shutil.copy(before.database, folder / before.database.name)
    return warehouse.run_build(
        folder,
        before.database.parent / "raw",
        *("--vars", CHEAP, "--indirect-selection", "empty", "--select", *selected),
        project=project,
        source_system="generic",
    )


@pytest.fixture(scope="module")
def before(tmp_path_factory):
    folder = tmp_path_factory.mktemp("one_rule")
    return warehouse.build(
        folder / "before",
        chain(tmp_path_factory.mktemp("raw")),
        *warehouse.MODELS_ONLY,
        *("--vars", CHEAP, "--select", "+fct_scenario_orders", "+fct_policy_backtests"),
        *("+fct_decision_ledger", "+int_first_decisions_replayed"),
        source_system="generic",
    )


@pytest.fixture(scope="module")
def after(before, tmp_path_factory):
    """The same chain with a line of the rule that orders two dozen more."""
    folder = tmp_path_factory.mktemp("edited")
    project = handmade.project_copy(folder / "project")
    rule = project / RULE
    edited = rule.read_text().replace(LINE, LINE.replace(" as ", f" + {MORE} as "))
    assert edited != rule.read_text()
    rule.write_text(edited)
    done = rebuilt(
        folder / "build",
        before,
        project,
        *("int_order_rules", "int_policy_replays", "fct_policy_backtests"),
        *("int_order_needs", "int_first_decisions_replayed", "int_price_break_orders"),
        *("int_recommended_orders", "int_scenario_quantities", "fct_scenario_orders"),
        *("int_purchase_list_ranked", "int_decisions", "int_decision_ledger"),
        *("int_decisions_latest", "fct_decision_ledger", TEST),
    )
    assert done.returncode == 0, done.stdout[-4000:]
    return warehouse.Warehouse(folder / "build" / "restock.duckdb")


def levels(build, table, where="true"):
    return build.query(
        "select location_id, product_id, order_up_to_units, order_qty_units"
        f" from {table} where {where} order by location_id, product_id"
    )


@pytest.mark.parametrize(
    ("table", "where"),
    [
        ("intermediate.int_order_needs", "scenario = 'base'"),
        ("marts.fct_scenario_orders", "scenario = 'slow_vendors'"),
        ("marts.fct_decision_ledger", "true"),
    ],
)
def test_what_is_ordered_moves_with_the_line(before, after, table, where):
    was, now = levels(before, table, where), levels(after, table, where)
    assert len(was) == len(PRODUCTS)
    gap = now["order_up_to_units"] - was["order_up_to_units"]
    assert (gap == MORE).all()
    assert (now["order_qty_units"] >= was["order_qty_units"]).all()
    assert (now["order_qty_units"] > was["order_qty_units"]).any()


@pytest.mark.parametrize("policy", ["shipped", "forecast", "textbook"])
def test_its_money_moves_with_the_line(before, after, policy):
    cost = (
        "select holding_cost, total_cost from marts.fct_policy_backtests"
        f" where policy = '{policy}' and model = 'champion' and segment = 'all'"
    )
    assert after.row(cost)["holding_cost"] > before.row(cost)["holding_cost"] * 1.2


def test_a_quantity_edited_beside_the_rule_is_told(before, tmp_path):
    project = handmade.project_copy(tmp_path / "project")
    needs = project / MODELS / "int_order_needs.sql"
    edited = needs.read_text().replace(
        "\nselect * from added",
        "\nselect * replace (order_qty_units + 1 as order_qty_units) from added",
    )
    assert edited != needs.read_text()
    needs.write_text(edited)
    done = rebuilt(tmp_path / "build", before, project, "int_order_needs", TEST)
    assert done.returncode != 0
    assert TEST in done.stdout
