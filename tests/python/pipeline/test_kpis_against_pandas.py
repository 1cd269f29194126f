"""Every number of a small chain against pandas on the raw files, to 1e-6."""

import numpy as np
import oracle
import pandas as pd
import pytest

PAIR = oracle.PAIR
LEDGER = [
    "opening_units",
    "received_units",
    "sold_units",
    "adjusted_units",
    "closing_units",
]
PERFORMANCE = [
    "ledger_days",
    "sold_units",
    "revenue",
    "unit_cost",
    "cogs",
    "gross_margin",
    "average_inventory_units",
    "average_inventory_value",
    "inventory_turnover",
    "days_on_hand",
    "holding_cost",
    "gmroi",
]
ADDENDS = [
    "addend_lead_time_demand_units",
    "addend_safety_stock_units",
    "addend_cycle_stock_units",
    "addend_on_hand_units",
    "addend_on_order_units",
    "addend_committed_units",
    "addend_rounding_units",
    "addend_shelf_life_units",
    "addend_price_break_units",
    "addend_not_needed_units",
]


@pytest.fixture(scope="module")
def facts(six_file_chain):
    return oracle.six_files(six_file_chain)


@pytest.fixture(scope="module")
def kpis(six_file_build):
    return six_file_build.table("marts.fct_inventory_kpis").set_index(PAIR).sort_index()


@pytest.fixture(scope="module")
def recommendations(six_file_build):
    frame = six_file_build.table("marts.fct_reorder_recommendations")
    return frame.set_index(PAIR).sort_index()


def same(found, expected, *, exact=False):
    """Compare two frames or series with the same keys, in any order, to 1e-6."""
    tolerance = {"rtol": 0, "atol": 0} if exact else {"rtol": 1e-9, "atol": 1e-6}
    frames = [
        (side.to_frame("value") if isinstance(side, pd.Series) else side)
        .sort_index()
        .astype(float)
        for side in (found, expected)
    ]
    pd.testing.assert_frame_equal(
        *frames, check_names=False, check_index_type=False, **tolerance
    )


def test_the_chain_holds_what_is_tested(facts):
    # Numbers that agree because nothing happened would prove nothing.
    assert (facts.ledger["adjusted_units"] != 0).sum() >= 3
    assert facts.observed["is_empty"].sum() > 50
    assert facts.observed["is_sold_out"].sum() > 20
    assert len(facts.open_lines) > 10
    cost = facts.products.set_index("product_id")["list_cost"].dropna()
    assert (facts.unit_cost.reindex(cost.index) != cost).sum() > 2
    parts = facts.receipts.groupby(["po_id", *PAIR]).size()
    assert (parts > 1).sum() > 5
    listed = facts.counts.drop_duplicates(PAIR)
    assert (listed["units"] == 0).sum() > 0


def test_ledger_of_every_day_is_exact(six_file_build, facts):
    key = [*PAIR, "stock_date"]
    found = six_file_build.table("marts.fct_stock_daily").set_index(key)
    same(found[LEDGER], facts.ledger.set_index(key)[LEDGER], exact=True)
    cost = found.index.get_level_values("product_id").map(facts.unit_cost)
    same(found["closing_value"], found["closing_units"] * cost)
    stockouts = facts.stockouts.set_index(key).index
    assert set(found.index[found["is_stockout"]]) == set(stockouts)


def test_ledger_meets_every_count(six_file_build, facts):
    found = six_file_build.table("marts.fct_stock_daily")
    closing = found.set_index([*PAIR, "stock_date"])["closing_units"]
    counted = facts.counts.set_index([*PAIR, "count_date"])["units"]
    later = counted[counted.index.isin(closing.index)]
    assert len(later) == len(pd.read_csv(_closing_count(facts)))
    same(closing.reindex(later.index), later, exact=True)


def _closing_count(facts):
    return facts.folder / "EndInvFINAL12312016.csv.gz"


def test_reconciliation_is_the_ledger_between_counts(six_file_build, facts):
    found = six_file_build.table("marts.fct_stock_reconciliation").set_index(PAIR)
    days = facts.ledger.groupby(PAIR)
    expected = pd.DataFrame(
        {
            "opening_units": days["opening_units"].first(),
            "received_units": days["received_units"].sum(),
            "sold_units": days["sold_units"].sum(),
            "adjusted_units": days["adjusted_units"].sum(),
            "closing_units": days["closing_units"].last(),
            "unexplained_units": days["adjusted_units"].sum(),
        }
    )
    # One interval each: the chain is counted at its two ends.
    same(found[list(expected)], expected, exact=True)
    cost = found.index.get_level_values("product_id").map(facts.unit_cost)
    same(found["unexplained_value"], found["adjusted_units"] * cost)


def test_sales_by_day(six_file_build, facts):
    key = [*PAIR, "sale_date"]
    found = six_file_build.table("marts.fct_sales_daily").set_index(key)
    expected = facts.sales.groupby(key)[["units", "revenue"]].sum()
    cost = expected.index.get_level_values("product_id").map(facts.unit_cost)
    expected["cogs"] = expected["units"] * cost
    expected["unit_price"] = expected["revenue"] / expected["units"]
    same(found[list(expected)], expected)


@pytest.mark.parametrize("column", PERFORMANCE)
def test_inventory_kpi(kpis, facts, column):
    same(kpis[column], facts.performance[column])


def test_unconstrained_demand_of_every_day(six_file_build, facts):
    key = [*PAIR, "bucket_date"]
    found = six_file_build.table("intermediate.int_demand_unconstrained")
    expected = facts.demand.rename(columns={"day": "bucket_date"}).set_index(key)
    found = found.set_index(key)
    same(found["unconstrained_units"], expected["unconstrained"])


def test_annual_demand_order_cost_and_economic_quantity(kpis, facts):
    same(kpis["annual_demand_units"], facts.annual_demand)
    order_cost = kpis["vendor_id"].map(facts.order_cost)
    same(kpis["order_cost"], order_cost)
    holding = oracle.HOLDING_RATE_PER_YEAR * kpis["unit_cost"]
    same(kpis["holding_cost_per_unit_year"], holding)
    quantity = np.sqrt(2 * facts.annual_demand * order_cost / holding)
    same(kpis["eoq_units"], quantity)
    assert (kpis["eoq_units"] > 0).all()


def test_best_whole_quantity_costs_least(kpis):
    # Packs of one: no neighbour of the quantity may cost less than it.
    def cost(units):
        ordering = kpis["annual_demand_units"] * kpis["order_cost"] / units
        return ordering + kpis["holding_cost_per_unit_year"] * units / 2

    units = kpis["order_qty_feasible_units"]
    assert (units == units.round()).all()
    assert (cost(units) <= cost(units + 1) + 1e-9).all()
    assert (cost(units) <= cost((units - 1).clip(lower=1)) + 1e-9).all()


def test_abc_class(kpis, facts):
    assert kpis["abc_class"].to_dict() == facts.abc_class.to_dict()
    assert set(kpis["abc_class"]) == {"A", "B", "C"}


def test_months_add_up_to_the_kpis(six_file_build, kpis, facts):
    key = ["month_start_date", "location_id", "category"]
    found = six_file_build.table("marts.fct_inventory_performance_monthly")
    found = found.set_index(key)
    days = facts.ledger.merge(facts.revenue, on=[*PAIR, "stock_date"], how="left")
    days["month_start_date"] = days["stock_date"].dt.to_period("M").dt.start_time
    category = facts.products.set_index("product_id")["category"]
    days["category"] = days["product_id"].map(category)
    cost = days["product_id"].map(facts.unit_cost)
    days["cogs"] = days["sold_units"] * cost
    days["value"] = days["closing_units"] * cost
    days["stockout_days"] = days.set_index([*PAIR, "stock_date"]).index.isin(
        facts.stockouts.set_index([*PAIR, "stock_date"]).index
    )
    expected = days.groupby(key)[
        ["sold_units", "revenue", "cogs", "stockout_days"]
    ].sum()
    # The mean of the month's daily closing values, over the days that have a ledger.
    passed = days.groupby("month_start_date")["stock_date"].nunique()
    value = days.groupby(key)["value"].sum()
    lengths = value.index.get_level_values("month_start_date").map(passed)
    expected["average_inventory_value"] = value / lengths
    expected["holding_cost"] = value * oracle.HOLDING_RATE_PER_YEAR / oracle.YEAR
    same(found[list(expected)], expected)
    for column in ("sold_units", "revenue", "cogs", "gross_margin", "holding_cost"):
        assert found[column].sum() == pytest.approx(kpis[column].sum(), rel=1e-9)
    components = [
        "capital_holding_cost",
        "storage_holding_cost",
        "insurance_and_shrinkage_holding_cost",
        "obsolescence_holding_cost",
    ]
    same(found[components].sum(axis=1), found["holding_cost"])


def test_lead_times_by_vendor(six_file_build, facts):
    found = six_file_build.table("marts.fct_vendor_scorecards").set_index("vendor_id")
    same(found[list(facts.lead_times)], facts.lead_times)


def test_lines_received_later_are_on_order(six_file_build, recommendations, facts):
    expected = facts.open_lines.groupby(PAIR)["units"].sum()
    expected = expected.reindex(recommendations.index, fill_value=0)
    same(recommendations["on_order_units"], expected, exact=True)
    found = six_file_build.table("marts.fct_purchase_order_lines")
    assert found["is_open"].sum() == len(facts.open_lines)
    assert found["open_units"].sum() == facts.open_lines["units"].sum()
    assert found.loc[found["is_open"], "received_date"].isna().all()


def test_order_quantity_follows_from_position_and_levels(recommendations, facts):
    closing = facts.ledger.groupby(PAIR)["closing_units"].last()
    on_hand = closing.clip(lower=0).reindex(recommendations.index)
    on_order = facts.open_lines.groupby(PAIR)["units"].sum()
    position = on_hand + on_order.reindex(recommendations.index, fill_value=0)
    same(recommendations["on_hand_units"], on_hand, exact=True)
    same(recommendations["inventory_position_units"], position, exact=True)
    trigger = recommendations["reorder_point_units"]
    level = recommendations["order_up_to_units"]
    # The six files know no packs and no minima: whole units.
    is_due = (position <= trigger) & (position < level)
    expected = np.ceil(level - position).where(is_due, 0)
    raised = recommendations["addend_price_break_units"]
    same(recommendations["order_qty_units"] - raised, expected)
    assert (raised[~is_due] == 0).all()
    assert (raised > 0).any()
    assert is_due.any()
    assert not is_due.all()


def test_order_value_and_addends(recommendations, facts):
    quantity = recommendations["order_qty_units"]
    same(recommendations["order_value"], quantity * facts.order_unit_cost(quantity))
    same(recommendations[ADDENDS].sum(axis=1), quantity)
    same(
        recommendations["reorder_point_units"],
        recommendations["lead_time_demand_units"]
        + recommendations["safety_stock_units"],
    )


def test_proposals_are_the_recommendations(six_file_build, recommendations):
    found = six_file_build.table("marts.fct_purchase_proposals")
    ordered = recommendations.reset_index()
    ordered = ordered[ordered["order_qty_units"] > 0]
    key = ["vendor_id", "location_id"]
    expected = ordered.groupby(key).agg(
        order_units=("order_qty_units", "sum"),
        order_value=("order_value", "sum"),
        line_count=("product_id", "size"),
    )
    same(found.set_index(key)[list(expected)], expected)


def test_generic_format_gives_the_ledger_of_its_own_files(generic_build, generic_chain):
    def read(table, *dates):
        frame = pd.read_csv(generic_chain / f"{table}.csv.gz", parse_dates=list(dates))
        names = [name for name in frame if name.endswith("_id")]
        return frame.astype(dict.fromkeys(names, str))

    lines = read("purchase_order_lines", "ordered_date", "received_date")
    sales = read("sales", "sale_date")
    expected = oracle.Facts(
        folder=generic_chain,
        products=None,
        counts=read("stock_counts", "count_date"),
        sales=sales,
        lines=lines[~lines["is_cancelled"]].assign(units=lines["received_units"]),
        invoices=None,
        as_of=sales["sale_date"].max(),
    )
    key = [*PAIR, "stock_date"]
    found = generic_build.table("marts.fct_stock_daily").set_index(key)
    same(found[LEDGER], expected.ledger.set_index(key)[LEDGER], exact=True)


def test_both_formats_give_the_same_ledger(six_file_build, generic_build):
    key = [*PAIR, "stock_date"]
    six = six_file_build.table("marts.fct_stock_daily").set_index(key)
    generic = generic_build.table("marts.fct_stock_daily").set_index(key)
    both = six.index.intersection(generic.index)
    assert len(both) > 0.9 * len(six)
    six, generic = six.loc[both], generic.loc[both]
    same(six["received_units"], generic["received_units"], exact=True)
    same(six["sold_units"], generic["sold_units"], exact=True)
    # The generic format also has a count in between, which finds what was lost by
    # then: the balances part there and meet again at the closing count.
    days = both.get_level_values("stock_date")
    counts = generic[generic["adjusted_units"] != 0]
    first_difference = counts.index.get_level_values("stock_date").min()
    assert first_difference < days.max()
    for within in (days < first_difference, days == days.max()):
        same(
            six.loc[within, "closing_units"],
            generic.loc[within, "closing_units"],
            exact=True,
        )
    lost, lost_generic = (
        side.groupby(PAIR)["adjusted_units"].sum() for side in (six, generic)
    )
    same(lost, lost_generic, exact=True)
