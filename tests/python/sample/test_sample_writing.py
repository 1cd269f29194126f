import datetime
import gzip
import hashlib
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet
import pytest

from restock.sample import tables
from restock.sample.__main__ import main
from restock.sample.writing import write_sample

COMMITTED = Path(__file__).parents[3] / "data" / "sample"
CASE_STUDY = Path(__file__).parents[4] / "shared" / "data" / "bibitor_store1"
MADE_WITH_NUMPY = "2.4"
DEFAULTS = {
    "stores": 5,
    "products": 40,
    "days": 730,
    "start_date": datetime.date(2024, 1, 1),
    "seed": 7,
}
HEADERS = {
    tables.PRICE_LIST: "Brand,Description,Price,Size,Volume,Classification,"
    "PurchasePrice,VendorNumber,VendorName",
    tables.OPENING_COUNT: "InventoryId,Store,City,Brand,Description,Size,onHand,Price,"
    "startDate",
    tables.CLOSING_COUNT: "InventoryId,Store,City,Brand,Description,Size,onHand,Price,"
    "endDate",
    tables.PURCHASES: "InventoryId,Store,Brand,Description,Size,VendorNumber,"
    "VendorName,PONumber,PODate,ReceivingDate,InvoiceDate,PayDate,PurchasePrice,"
    "Quantity,Dollars,Classification",
    tables.INVOICES: "VendorNumber,VendorName,InvoiceDate,PONumber,PODate,PayDate,"
    "Quantity,Dollars,Freight,Approval",
    tables.SALES: "InventoryId,Store,Brand,Description,Size,SalesQuantity,SalesDollars,"
    "SalesPrice,SalesDate,Volume,Classification,ExciseTax,VendorNo,VendorName",
    "promotions": "product_id,start_date,end_date,discount_rate,location_id",
    "price_breaks": "product_id,vendor_id,min_units,unit_cost",
    "signals": "signal,signal_date,value,location_id",
}
SMALL = DEFAULTS | {"stores": 2, "products": 12, "days": 120}


def small(folder, **changes):
    write_sample(folder, **(SMALL | changes))
    return folder


def read(folder, table):
    """Read a table, whichever its format, with dates as timestamps."""
    (path,) = folder.glob(f"{table}.*")
    if path.suffix == ".parquet":
        frame = pd.read_parquet(path)
    else:
        ids = {"location_id": str, "product_id": str}
        frame = pd.read_csv(path, dtype=ids, keep_default_na=False, na_values=[""])
    for column in frame.columns:
        if column.lower().endswith("date"):
            frame[column] = pd.to_datetime(frame[column])
    return frame


def digests(folder):
    return {
        path.relative_to(folder): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*.*"))
    }


@pytest.fixture(scope="module")
def six_files(tmp_path_factory):
    return small(tmp_path_factory.mktemp("bibitor"))


@pytest.fixture(scope="module")
def generic(tmp_path_factory):
    return small(
        tmp_path_factory.mktemp("generic"), source_system="generic", fmt="parquet"
    )


def test_same_seed_same_bytes_other_seed_other_bytes(six_files, tmp_path):
    assert digests(six_files) == digests(small(tmp_path / "again"))
    other = digests(small(tmp_path / "other", seed=8))
    same = {
        name for name, digest in digests(six_files).items() if digest == other[name]
    }
    assert not same


def test_compressed_files_carry_no_time(six_files):
    # Bytes 4 to 7 of a gzip header are the time of writing.
    for path in six_files.glob("*.gz"):
        assert path.read_bytes()[4:8] == bytes(4)


def test_one_more_store_leaves_the_lines_of_the_others(six_files, tmp_path):
    wider = small(tmp_path, stores=3)
    for table, column in (
        (tables.SALES, "Store"),
        (tables.PURCHASES, "Store"),
        (tables.CLOSING_COUNT, "Store"),
        ("true_demand", "location_id"),
    ):
        folder = Path("truth") if table == "true_demand" else Path()
        frame = read(wider / folder, table)
        kept = frame[frame[column].astype(int) <= 2].reset_index(drop=True)
        pd.testing.assert_frame_equal(kept, read(six_files / folder, table))


@pytest.mark.parametrize("table", HEADERS)
def test_headers_are_those_of_the_formats(six_files, table):
    with gzip.open(six_files / f"{table}.csv.gz", "rt") as lines:
        assert lines.readline().rstrip("\n") == HEADERS[table]


@pytest.mark.parametrize("table", tables.BIBITOR_TABLES)
def test_headers_are_those_of_the_case_study(table):
    path = CASE_STUDY / f"{table}.csv"
    if not path.exists():
        pytest.skip("the case study is not here")
    with path.open() as lines:
        assert lines.readline().strip().replace('"', "") == HEADERS[table]


@pytest.mark.parametrize("fmt", ["csv", "parquet"])
def test_every_format_holds_the_same_rows(six_files, tmp_path, fmt):
    folder = small(tmp_path, fmt=fmt)
    for table in HEADERS:
        pd.testing.assert_frame_equal(
            read(folder, table).astype(str).replace("None", "nan"),
            read(six_files, table).astype(str).replace("None", "nan"),
        )


def test_six_files_balance(six_files):
    last = pd.Timestamp("2024-01-01") + pd.Timedelta(days=SMALL["days"] - 1)
    key = ["Store", "Brand"]
    purchases = read(six_files, tables.PURCHASES)
    received = purchases[purchases["ReceivingDate"] <= last]
    sales = read(six_files, tables.SALES)
    begin = read(six_files, tables.OPENING_COUNT).groupby(key)["onHand"].sum()
    end = read(six_files, tables.CLOSING_COUNT).groupby(key)["onHand"].sum()
    book = begin.add(received.groupby(key)["Quantity"].sum(), fill_value=0).sub(
        sales.groupby(key)["SalesQuantity"].sum(), fill_value=0
    )
    shrunk = book.sub(end, fill_value=0)
    assert shrunk.between(0, 3).all()
    assert sales["SalesDate"].max() == last
    assert (sales["SalesQuantity"] > 0).all()
    assert not sales.duplicated([*key, "SalesDate"]).any()


def test_open_orders_are_receipts_after_the_last_sale(six_files):
    last = read(six_files, tables.SALES)["SalesDate"].max()
    purchases = read(six_files, tables.PURCHASES)
    assert purchases["PODate"].max() <= last
    late = purchases.loc[purchases["ReceivingDate"] > last, "ReceivingDate"]
    assert len(late)
    assert (late - last).dt.days.max() <= 26


def test_a_later_count_leaves_the_sales_window_as_it_is(tmp_path):
    folder = small(tmp_path, closing_count_days_later=30)
    assert read(folder, tables.SALES)["SalesDate"].max() == pd.Timestamp("2024-04-29")
    counted = read(folder, tables.CLOSING_COUNT)["endDate"].unique()
    assert counted == [pd.Timestamp("2024-05-29")]
    ordered = read(folder, tables.PURCHASES)["PODate"]
    assert ordered.max() > pd.Timestamp("2024-05-10")


def test_money_is_units_times_price_and_freight_is_a_small_share(six_files):
    sales = read(six_files, tables.SALES)
    dollars = (sales["SalesQuantity"] * sales["SalesPrice"]).round(2)
    np.testing.assert_allclose(sales["SalesDollars"], dollars, atol=1e-9)
    purchases = read(six_files, tables.PURCHASES)
    dollars = (purchases["Quantity"] * purchases["PurchasePrice"]).round(2)
    np.testing.assert_allclose(purchases["Dollars"], dollars, atol=1e-9)

    invoices = read(six_files, tables.INVOICES).set_index("PONumber")
    by_order = purchases.groupby("PONumber")
    assert (by_order["Quantity"].sum() == invoices["Quantity"].sort_index()).all()
    np.testing.assert_allclose(
        by_order["Dollars"].sum(), invoices["Dollars"].sort_index(), atol=0.005
    )
    assert invoices.index.is_unique
    assert 0.005 < invoices["Freight"].sum() / invoices["Dollars"].sum() < 0.02
    received = by_order["ReceivingDate"].max()
    assert (invoices["InvoiceDate"].sort_index() > received).all()


def test_generic_tables_tell_the_same_story(six_files, generic):
    sales = read(six_files, tables.SALES)
    lines = read(generic, "sales")
    assert lines["units"].tolist() == sales["SalesQuantity"].tolist()
    assert lines["product_id"].tolist() == sales["Brand"].astype(str).tolist()
    assert lines["revenue"].sum() == pytest.approx(sales["SalesDollars"].sum())

    last = sales["SalesDate"].max()
    purchases = read(six_files, tables.PURCHASES)
    orders = read(generic, "purchase_order_lines")
    here = purchases["ReceivingDate"] <= last
    assert orders["received_units"].sum() == purchases.loc[here, "Quantity"].sum()
    assert orders["received_date"].max() <= last
    is_open = orders["received_date"].isna() & ~orders["is_cancelled"]
    assert is_open.sum() == (~here).sum()
    assert orders.loc[orders["is_cancelled"], "received_units"].isna().all()
    for name in ("promotions", "price_breaks", "signals"):
        assert len(read(generic, name)) == len(read(six_files, name))


def test_generic_columns_are_those_of_the_format(generic):
    expected = {
        "products": "product_id description vendor_id unit_cost unit_price category "
        "pack_size_units min_order_units shelf_life_days",
        "locations": "location_id location_name region",
        "vendors": "vendor_id vendor_name lead_time_days review_days min_order_value "
        "order_cost",
        "sales": "location_id product_id sale_date units revenue",
        "stock_counts": "location_id product_id count_date units",
        "purchase_order_lines": "po_id vendor_id location_id product_id ordered_date "
        "units unit_cost expected_date received_date received_units is_cancelled",
        "invoices": "po_id vendor_id invoice_date units amount freight",
    }
    for table, columns in expected.items():
        assert list(read(generic, table).columns) == columns.split()


def test_counts_start_every_pair_and_are_unique(generic):
    counts = read(generic, "stock_counts")
    key = ["location_id", "product_id"]
    assert not counts.duplicated([*key, "count_date"]).any()
    first_sale = read(generic, "sales").groupby(key)["sale_date"].min()
    first_count = counts.groupby(key)["count_date"].min()
    assert (first_count.reindex(first_sale.index) < first_sale).all()
    assert (counts["units"] == 0).any()


def test_truth_is_never_below_sales_and_above_on_some_days(six_files):
    truth = read(six_files / "truth", "true_demand")
    sales = read(six_files, tables.SALES).astype({"Store": str, "Brand": str})
    both = truth.merge(
        sales,
        how="outer",
        left_on=["location_id", "product_id", "date"],
        right_on=["Store", "Brand", "SalesDate"],
        indicator=True,
    )
    assert (both["_merge"] != "right_only").all()
    cut = both["demand_units"] - both["SalesQuantity"].fillna(0)
    assert cut.min() == 0
    assert (cut > 0).any()


def test_signals_reach_ahead_only_for_the_weather(six_files):
    last = read(six_files, tables.SALES)["SalesDate"].max()
    signals = read(six_files, "signals")
    assert not signals.duplicated(["signal", "signal_date", "location_id"]).any()
    ahead = (signals.groupby("signal")["signal_date"].max() - last).dt.days
    assert ahead["temperature_c"] == ahead["rain_mm"] == 21
    assert ahead["macro_index"] <= 0
    is_macro = signals["signal"] == "macro_index"
    assert signals.loc[is_macro, "location_id"].isna().all()
    assert (signals.loc[signals["signal"] == "rain_mm", "value"] >= 0).all()


def test_price_breaks_rise_in_units_and_fall_in_cost(six_files):
    breaks = read(six_files, "price_breaks")
    prices = read(six_files, tables.PRICE_LIST).astype({"Brand": str})
    costs = prices.set_index("Brand")["PurchasePrice"]
    by_product = breaks.groupby("product_id")
    assert (by_product["min_units"].diff().dropna() > 0).all()
    assert (by_product["unit_cost"].diff().dropna() <= 0).all()
    assert (breaks["unit_cost"] <= breaks["product_id"].map(costs)).all()


def test_smallest_chain_can_be_written(tmp_path):
    for source_system in ("bibitor", "generic"):
        rows = write_sample(
            tmp_path / source_system,
            **(DEFAULTS | {"stores": 1, "products": 1, "days": 2}),
            source_system=source_system,
        )
        assert rows["true_demand"] == 2


def test_a_table_in_two_formats_is_refused(tmp_path):
    small(tmp_path, days=10)
    with pytest.raises(FileExistsError, match=r"csv\.gz exists beside"):
        small(tmp_path, days=10, fmt="csv")


@pytest.mark.parametrize(
    "changes", [{"stores": 0}, {"fmt": "xls"}, {"source_system": "sap"}]
)
def test_bad_arguments_are_refused(tmp_path, changes):
    with pytest.raises(ValueError, match=next(iter(changes))):
        small(tmp_path, **changes)


def test_command_line_writes_and_reports(tmp_path, capsys):
    arguments = "--stores 1 --products 3 --days 20 --format csv --seed 5"
    assert main(["--out", str(tmp_path), *arguments.split()]) == 0
    assert "2017PurchasePricesDec: 4 rows" in capsys.readouterr().out
    assert (tmp_path / "SalesFINAL12312016.csv").exists()


def test_command_line_refuses_with_a_message(tmp_path, capsys):
    with pytest.raises(SystemExit):
        main(["--out", str(tmp_path), "--days", "1"])
    assert "days must be 2 or more" in capsys.readouterr().err


class TestCommitted:
    def test_size_and_files(self):
        files = [path for path in COMMITTED.rglob("*") if path.is_file()]
        names = {path.name for path in files}
        expected = {f"{table}.csv.gz" for table in HEADERS}
        assert names == expected | {"README.md", "true_demand.parquet"}
        assert sum(path.stat().st_size for path in files) < 6_000_000

    def test_traps_are_planted(self):
        prices = read(COMMITTED, tables.PRICE_LIST)
        assert (prices["VendorName"].str.len() == 27).all()
        assert prices["Size"].str.contains("+", regex=False).sum() == 2
        assert (prices["Volume"] == "Unknown").sum() > 1
        assert prices.loc[prices["Price"] <= 0, "Brand"].tolist() == [999]
        opening = read(COMMITTED, tables.OPENING_COUNT)
        assert opening.loc[opening["City"].isna(), "Store"].unique().tolist() == [4]
        assert opening["InventoryId"].str.startswith("4__").any()
        introduced = {1008, 1017, 1026, 1035}
        assert not introduced & set(opening["Brand"])
        assert introduced <= set(read(COMMITTED, tables.SALES)["Brand"])

    def test_they_are_what_the_generator_writes_now(self, tmp_path):
        if not np.__version__.startswith(f"{MADE_WITH_NUMPY}."):
            pytest.skip(f"streams may differ from those of numpy {MADE_WITH_NUMPY}")
        write_sample(tmp_path, **DEFAULTS)
        for table in HEADERS:
            old, new = (
                pa.csv.read_csv(folder / f"{table}.csv.gz")
                for folder in (COMMITTED, tmp_path)
            )
            assert new.equals(old), table
        old, new = (
            pa.parquet.read_table(folder / "truth" / "true_demand.parquet")
            for folder in (COMMITTED, tmp_path)
        )
        assert new.equals(old)
