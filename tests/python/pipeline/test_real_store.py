"""A real store's six files: sales of two months, receipts of six, counts of a year."""

import oracle
import pandas as pd
import pytest
import warehouse

PAIR = oracle.PAIR
STORE = warehouse.SHARED_DATA / "bibitor_store1"
AS_OF = pd.Timestamp("2016-02-29")

pytestmark = pytest.mark.skipif(not STORE.exists(), reason="no real store's files here")


@pytest.fixture(scope="module")
def facts():
    return oracle.six_files(STORE)


@pytest.fixture(scope="module", params=["day", "week"])
def store(request, tmp_path_factory):
    return warehouse.build(
        tmp_path_factory.mktemp(f"store_by_{request.param}"),
        STORE,
        # Nothing below depends on how often, and on how many pairs, models are judged.
        *("--vars", "{backtest_folds: 2, lab_max_series: 400}"),
        *warehouse.MODELS_ONLY,
        planning_period=request.param,
    )


def test_sales(store):
    found = store.row(
        "select sum(units) as units, sum(revenue) as revenue from marts.fct_sales_daily"
    )
    assert found["units"] == 82_750
    assert found["revenue"] == pytest.approx(975_115.86, abs=1e-6)
    assert store.row("select * from inputs.input_as_of")["as_of_date"] == AS_OF


def test_stock(store, facts):
    stock = store.table("marts.fct_stock_daily")
    assert (stock["closing_units"] >= 0).all()
    assert (stock["adjusted_units"] == 0).all()
    last = stock[stock["stock_date"] == AS_OF].set_index(PAIR)["closing_units"]
    assert last.sum() == 71_144
    # Counted at the opening of January, or not there; nothing lost in two months.
    start = facts.counts[facts.counts["count_date"] < "2016-02-01"]
    parts = [
        start.groupby(PAIR)["units"].sum(),
        facts.receipts.groupby(PAIR)["units"].sum(),
        -facts.sales.groupby(PAIR)["units"].sum(),
    ]
    expected = pd.concat(parts).groupby(level=PAIR).sum()
    assert last.astype(int).to_dict() == expected.to_dict()


def test_brand_days_that_end_at_zero(store):
    """657 of 45,434 brand-days: those with a count, a sale or a receipt.

    The opening count lists 3,255 brands, 277 of them at zero; 42,179 brand-days have
    sales or receipts, and 380 of those end at zero.
    """
    moved = store.row(
        "select count(*) as n, count(*) filter (where closing_units = 0) as zero"
        " from marts.fct_stock_daily where sold_units <> 0 or received_units <> 0"
    )
    counted = store.row(
        "select count(*) as n, count(*) filter (where units = 0) as zero"
        " from inputs.input_stock_counts where not is_implied"
    )
    assert moved["n"] + counted["n"] == 45_434
    assert moved["zero"] + counted["zero"] == 657


def test_lines_received_after_the_as_of_date_are_on_order(store, facts):
    assert len(facts.open_lines) == 941
    lines = store.table("marts.fct_purchase_order_lines")
    assert lines["is_open"].sum() == 941
    recommended = store.table("marts.fct_reorder_recommendations").set_index(PAIR)
    on_order = recommended["on_order_units"]
    expected = facts.open_lines.groupby(PAIR)["units"].sum()
    assert on_order[on_order > 0].astype(int).to_dict() == expected.to_dict()
    assert on_order.sum() == facts.open_lines["units"].sum()


def test_lead_times_come_from_receipts_up_to_the_as_of_date(store, facts):
    found = store.table("marts.fct_vendor_scorecards").set_index("vendor_id")
    found = found.loc[facts.lead_times.index, list(facts.lead_times)].astype(float)
    expected = facts.lead_times.astype(float)
    pd.testing.assert_frame_equal(found, expected, rtol=1e-9, atol=1e-9)
    assert (
        found["n_receipt_lines"].sum() == (facts.lines["received_date"] <= AS_OF).sum()
    )


@pytest.mark.parametrize(
    ("table", "date"),
    [
        ("inputs.input_sales", "sale_date"),
        ("inputs.input_stock_counts", "count_date"),
        ("inputs.input_purchase_order_lines", "ordered_date"),
        ("inputs.input_purchase_order_lines", "received_date"),
        ("inputs.input_invoices", "invoice_date"),
        ("marts.fct_sales_daily", "sale_date"),
        ("marts.fct_stock_daily", "stock_date"),
        ("marts.fct_purchase_order_lines", "received_date"),
        ("marts.fct_stock_reconciliation", "interval_end_date"),
    ],
)
def test_nothing_is_dated_after_the_as_of_date(store, table, date):
    found = store.row(f"select max({date}) as last, count(*) as n from {table}")
    assert found["n"] > 0
    assert found["last"] <= AS_OF


def test_every_pair_has_a_recommendation_and_many_an_order(store, facts):
    recommended = store.table("marts.fct_reorder_recommendations").set_index(PAIR)
    handled = facts.counts[facts.counts["count_date"] <= AS_OF][PAIR]
    assert set(recommended.index) == set(handled.itertuples(index=False, name=None))
    assert (recommended["order_qty_units"] > 0).sum() > 500
    assert recommended["explanation"].notna().all()
    # What cannot be planned is an exception, not a zero.
    unknown = recommended[recommended["order_qty_units"].isna()]
    exceptions = store.table("marts.fct_data_exceptions")
    unplanned = exceptions[exceptions["rule"] == "no reorder point"]
    assert set(unplanned.set_index(PAIR).index) == set(unknown.index)
    assert len(unknown) < 0.02 * len(recommended)


def test_every_row_is_accounted_for(store):
    counts = store.table("inputs.input_row_counts").set_index("entity")
    assert (counts["rows_read"] == counts["rows_kept"] + counts["rows_rejected"]).all()
    read = {
        "products": 12_261,
        "invoices": 5_543,
        "opening_counts": 3_255,
        "closing_counts": 3_192,
        "sales": 34_975,
        "purchase_order_lines": 20_457,
    }
    assert counts["rows_read"].reindex(list(read)).to_dict() == read
    assert counts.loc["closing_counts", "rows_after_as_of"] == 3_192
    # Three prices of the list are zero: cells, not rows.
    rejects = store.table("inputs.input_rejects")
    assert len(rejects) == 3
    assert not rejects["is_row_rejected"].any()
    assert not counts["rows_rejected"].any()


def test_what_was_ignored_is_said(store):
    ignored = store.table("inputs.input_ignored_rows").set_index("entity")
    assert ignored.loc["receipts", "n_rows"] == 941
    assert ignored.loc["closing_counts", "n_rows"] == 3_192
    assert (ignored["n_rows"] > 0).sum() == 4
    dated = ignored[ignored["n_rows"] > 0]
    assert (dated["first_date"] > AS_OF).all()
    assert dated["reason"].str.len().min() > 10
