"""Inputs that went wrong for somebody, each with the values worked out by hand."""

from pathlib import Path

import pandas as pd
import pytest
import warehouse

CASES = Path(__file__).parent / "field_cases"
READING = ("path:models/staging", "path:models/inputs")
PLAN = ("+fct_reorder_recommendations", "+fct_purchase_proposals")
# The dearest families of models are not what these cases are about.
QUICK = ("--vars", "{forecast_cpu_budget_seconds: 10}")
# Ids that a reader takes for nothing, for numbers or for each other.
MISTAKEN_IDS = ["NA", "NULL", "nan", "007", "7", "1E5", "O'NEIL 5%", "Größe 41/½"]


def build(tmp_path_factory, case, *select, folder=None, **settings):
    return warehouse.build(
        tmp_path_factory.mktemp("field_case"),
        folder or CASES / case,
        *("--select", *select),
        *warehouse.MODELS_ONLY,
        source_system="generic",
        **settings,
    )


def refusal(tmp_path, case):
    """What a build prints that stops before its first model."""
    done = warehouse.run_build(
        tmp_path / "build",
        CASES / case,
        *("--select", "stg_generic__products"),
        source_system="generic",
    )
    assert done.returncode
    assert "Possible Solution" not in done.stdout
    return " ".join(done.stdout.split())


def rejects(built):
    frame = built.table("inputs.input_rejects")
    return frame[["file_name", "line_number", "column_name", "rejected_value"]]


@pytest.fixture(scope="module")
def planner_week(tmp_path_factory):
    return build(
        tmp_path_factory,
        "01_planner_week",
        *PLAN,
        "+fct_data_exceptions",
        *QUICK,
        as_of_date="2021-10-17",
    )


@pytest.fixture(scope="module")
def orders(planner_week):
    frame = planner_week.table("marts.fct_reorder_recommendations")
    return frame.set_index("product_id")


@pytest.fixture(scope="module")
def exceptions(planner_week):
    return planner_week.table("marts.fct_data_exceptions")


def test_01_a_pack_that_perishes_in_part_is_ordered_if_it_pays(orders):
    # 10 of 24 sell in 5 days, for 40; the pack costs 24 and its order less than 16.
    fresh = orders.loc["FRESH"]
    assert fresh["order_qty_units"] == 24
    addends = [name for name in fresh.index if name.startswith("addend_")]
    assert fresh[addends].sum() == pytest.approx(24)


def test_01_an_order_without_a_vendor_says_so(planner_week, orders, exceptions):
    assert orders.loc["NOVENDOR", "order_qty_units"] > 0
    proposed = planner_week.row(
        "select * from marts.fct_purchase_proposals where vendor_id = 'unknown'"
    )
    assert proposed["vendor_name"] == "vendor missing"
    assert proposed["decision"] == "no_vendor"
    assert proposed["reason"].startswith("Vendor missing for 1 lines")
    found = exceptions[exceptions["rule"] == "vendor unknown"]
    assert found["product_id"].tolist() == ["NOVENDOR"]


def test_01_ids_are_kept_as_they_are_written(orders):
    found = orders[orders["location_id"] == "NA"]
    assert sorted(found.index) == sorted(MISTAKEN_IDS)
    assert (found["on_hand_units"] == 4).all()


def test_01_returns_above_sales_are_no_negative_demand(planner_week, orders):
    least = planner_week.row(
        "select min(forecast_units) as least from intermediate.int_champion_forecasts"
    )
    assert least["least"] >= 0
    assert orders.loc["EMPTIES", "order_qty_units"] == 0


def test_01_constant_demand_is_foretold(orders):
    # 7 a week over a lead time of 14 days and a review of 7.
    assert orders.loc["CONST", "lead_time_demand_units"] == pytest.approx(21, abs=1)


@pytest.mark.parametrize(
    ("product", "pack", "least"),
    [("MOQ10_PACK6", 6, 10), ("THIRD", 0.333333, 0), ("NEED1_MOQ12", 1, 12)],
)
def test_01_orders_are_whole_packs_and_no_less_than_the_need(
    orders, product, pack, least
):
    found = orders.loc[product]
    need = found["order_up_to_units"] - found["inventory_position_units"]
    packs = found["order_qty_units"] / pack
    assert packs == pytest.approx(round(packs), abs=1e-3)
    if found["order_qty_units"] or product != "NEED1_MOQ12":
        assert found["order_qty_units"] >= max(need, least) - 1e-6


def test_01_the_second_lot_of_a_count_is_named(planner_week):
    found = rejects(planner_week)
    assert found.to_dict("records") == [
        {
            "file_name": "stock_counts.csv",
            "line_number": 45,
            "column_name": "location_id, product_id, count_date",
            "rejected_value": "S1, LOTS, 2021-10-17",
        }
    ]


def test_01_a_successor_is_ordered_instead_of_what_it_replaces(orders):
    # Its first seven weeks sold 12 to 28: 63 in three weeks.
    assert orders.loc["OLD_CODE", "order_qty_units"] == 0
    assert 40 <= orders.loc["NEW_CODE", "lead_time_demand_units"] <= 90
    assert orders.loc["NEW_CODE", "order_qty_units"] > 0


@pytest.fixture(scope="module")
def closed_sundays(tmp_path_factory):
    return build(
        tmp_path_factory,
        "02_closed_sundays",
        *PLAN,
        *QUICK,
        planning_period="day",
        as_of_date="2024-02-29",
    )


def test_02_nothing_is_foretold_for_a_closed_day(closed_sundays):
    frame = closed_sundays.query(
        "select cutoff_date, horizon, sum(forecast_units) as units"
        " from intermediate.int_champion_forecasts"
        " where fold_role = 'live' and product_id like 'DAILY%' group by all"
        " order by horizon"
    )
    assert (frame["cutoff_date"] == pd.Timestamp("2024-02-29")).all()
    assert frame["horizon"].tolist() == list(range(1, len(frame) + 1))
    days = frame["cutoff_date"] + pd.to_timedelta(frame["horizon"], unit="D")
    by_day = frame.groupby(days.dt.dayofweek)["units"].mean()
    assert by_day[6] <= 0.1 * by_day[:5].mean()


def test_02_a_lead_time_of_zero_is_planned(closed_sundays):
    frame = closed_sundays.table("marts.fct_reorder_recommendations")
    same_day = frame[frame["product_id"].str.startswith("SAME_DAY")]
    assert len(same_day)
    assert (same_day["reorder_point_units"] > 0).all()
    assert same_day["order_qty_units"].notna().all()


@pytest.mark.parametrize(
    ("case", "file_name", "line_number", "column_name", "value"),
    [
        (
            "03_order_dated_1753",
            "purchase_order_lines.csv",
            38,
            "ordered_date",
            "1753-01-01",
        ),
        ("04_count_dated_1900", "stock_counts.csv", 8, "count_date", "1900-01-01"),
        (
            "06_receipt_dated_next_year",
            "purchase_order_lines.csv",
            38,
            "received_date",
            "2027-03-16",
        ),
    ],
)
def test_03_04_06_a_slip_in_a_date_is_named_and_changes_nothing(
    tmp_path_factory, case, file_name, line_number, column_name, value
):
    built = build(tmp_path_factory, case, *READING, "+int_lead_times", "int_dates")
    (found,) = rejects(built).to_dict("records")
    assert found == {
        "file_name": file_name,
        "line_number": line_number,
        "column_name": column_name,
        "rejected_value": value,
    }
    # All that follows reads the inputs: they hold all lines but this one.
    lines = (CASES / case / file_name).read_text().splitlines()
    assert value in lines[line_number - 1]
    table = f"inputs.input_{file_name.removesuffix('.csv')}"
    assert len(built.table(table)) == len(lines) - 2
    assert built.table(table)[column_name].min() >= pd.Timestamp("2025-01-01")
    lead_times = built.table("intermediate.int_lead_times")
    assert (lead_times["lead_time_mean_days"] == 14).all()
    assert (lead_times["lead_time_sd_days"] == 0).all()
    assert built.row("select min(date_day) as first from intermediate.int_dates")[
        "first"
    ] >= pd.Timestamp("2024-01-01")


def test_05_the_list_of_the_morning_is_the_close_of_the_day_before(tmp_path_factory):
    built = build(
        tmp_path_factory, "05_stock_of_this_morning", *READING, "+int_stock_positions"
    )
    positions = built.table("intermediate.int_stock_positions")
    assert len(positions) == 6
    assert (positions["on_hand_units"] == 5).all()
    counts = built.table("inputs.input_stock_counts")
    assert (counts["count_date"] == pd.Timestamp("2026-11-22")).all()
    assert not built.row(
        "select sum(n_rows) as n from inputs.input_ignored_rows"
        " where entity = 'stock_counts'"
    )["n"]


def test_07_a_windows_code_page_is_refused_in_words(tmp_path):
    said = refusal(tmp_path, "07_windows_code_page")
    assert "products.csv' is not UTF-8 on line 2" in said
    assert "Windows-1252" in said
    assert "Save it as UTF-8" in said


def test_09_semicolons_are_refused_in_words(tmp_path):
    said = refusal(tmp_path, "09_semicolons")
    assert "products.csv' lacks the column product_id" in said
    assert "Its cells are parted by semicolons; the delimiter is a comma" in said


@pytest.mark.parametrize(
    ("case", "names"),
    [
        ("08_utf16", {"TEE": "Tee"}),
        (
            "10_line_break_in_quotes",
            {"MUG": "Mug, white\nholds 0.3 l", "TEE": "Tee"},
        ),
        ("11_cr_line_ends", {"TEE": "Tee", "MUG": "Mug"}),
    ],
)
def test_08_10_11_products_are_read(tmp_path_factory, case, names):
    built = build(tmp_path_factory, case, *READING)
    products = built.table("inputs.input_products").set_index("product_id")
    assert products["description"].to_dict() == names
    assert products["is_in_master"].all()
    assert rejects(built).empty


def test_12_the_day_of_a_till_is_the_day_as_written(tmp_path_factory):
    built = build(tmp_path_factory, "12_till_clock", *READING)
    sales = built.table("inputs.input_sales")
    lines = (CASES / "12_till_clock" / "sales.csv").read_text().splitlines()[1:]
    written = pd.Series(
        [line.split(",")[2][:10] for line in lines], dtype="datetime64[us]"
    )
    assert len(sales) == len(lines)
    assert sorted(sales["sale_date"]) == sorted(written)
    assert rejects(built).empty
