"""Raw files of every kind, good and bad, through the real build."""

import os
import re
import subprocess
import sys
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import duckdb
import pytest

ROOT = Path(__file__).resolve().parents[3]
REAL_STORE = ROOT.parent / "shared" / "data" / "bibitor_store1"

INPUTS = [path.stem for path in sorted((ROOT / "models" / "inputs").glob("*.sql"))]
# These tell of the rows that are not used.
ABOUT_ALL_ROWS = {
    "input_rejects",
    "input_row_counts",
    "input_ignored_rows",
    "input_sale_dates",
}


@dataclass
class Build:
    """A finished dbt process and its database."""

    database: Path
    status: int
    output: str

    def rows(self, query):
        with duckdb.connect(str(self.database), read_only=True) as connection:
            return connection.execute(query).fetchall()


@pytest.fixture(scope="module")
def build(tmp_path_factory):
    """Build staging and inputs of a folder of raw files."""

    def run(folder, *, source="bibitor", select=(), **settings):
        work = tmp_path_factory.mktemp("build")
        environment = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith("RESTOCK_")
        }
        environment |= {
            "RESTOCK_DATABASE": str(work / "restock.duckdb"),
            "RESTOCK_RAW_DATA_DIR": str(folder),
            "RESTOCK_SOURCE_SYSTEM": source,
            "NO_COLOR": "1",
            **{f"RESTOCK_{name.upper()}": value for name, value in settings.items()},
        }
        process = subprocess.run(
            [
                sys.executable,
                "-m",
                "dbt.cli.main",
                "build",
                "--select",
                *(select or ("path:models/staging", "path:models/inputs")),
                "--exclude",
                "test_type:unit",
                # A test that also needs models further on is not for here.
                "--indirect-selection",
                "cautious",
                "--profiles-dir",
                str(ROOT),
                "--target-path",
                str(work / "target"),
                "--log-path",
                str(work / "logs"),
            ],
            cwd=ROOT,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        return Build(
            work / "restock.duckdb",
            process.returncode,
            # dbt wraps and indents long messages.
            re.sub(r"\s+", " ", process.stdout + process.stderr),
        )

    return run


def write(folder, files):
    """Write text files, by name, into a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        content = content if isinstance(content, bytes) else content.encode()
        (folder / name).write_bytes(content)
    return folder


SALES_HEADER = (
    "InventoryId,Store,Brand,VendorNo,VendorName,SalesDate,SalesQuantity,SalesDollars\n"
)
PURCHASES_HEADER = (
    "Store,Brand,VendorNumber,VendorName,PONumber,PODate,ReceivingDate,"
    "PurchasePrice,Quantity\n"
)
INVOICES_HEADER = (
    "VendorNumber,VendorName,InvoiceDate,PONumber,Quantity,Dollars,Freight\n"
)

DIRTY = {
    # Byte-order mark, another case, blanks, another order, a column of no interest.
    "2017PurchasePricesDec.csv": b"\xef\xbb\xbf"
    b'"BRAND", description ,Volume,purchaseprice,Price,Classification,'
    b"VendorNumber,VendorName\n"
    b'1,"Oak, red",Unknown,9.28,12.99,1,10,"ACME    "\n'
    b'2,"Say ""hi""",750,4,8,2,10,ACME\n'
    b"1,Again,750,1,2,1,10,ACME\n"
    b",Nameless,750,1,2,1,10,ACME\n"
    b"3,Zero and less,750,-1,0,1,10,ACME\n"
    b"4,Words,750,abc,2,1,10,ACME\n"
    b"\n"
    b'5,"Open quote,750,1,2,1,10,ACME\n'
    b"6,Short,750\n"
    b"7,Long,750,1,2,1,10,ACME,more\n"
    b"8,Not a number,750,NaN,2,1,10,ACME,\n"
    b'9,"12"" board",750,3,6,1,11,\xc3\x89COLE\n',
    "BegInvFINAL12312016.csv": (
        "Store,City,Brand,onHand,startDate\n"
        "1,OAKTOWN,1,10,2016-01-01\n"
        "1,OAKTOWN,2,abc,2016-01-01\n"
        "1,OAKTOWN,3,-4,2016-01-01\n"
        "1,OAKTOWN,1,11,2016-01-01\n"
        "2,,1,5,2016-01-01\n"
    ),
    "EndInvFINAL12312016.csv": (
        "Store,City,Brand,onHand,endDate\n1,OAKTOWN,1,3,2016-12-31\n"
    ),
    "PurchasesFINAL12312016.csv": (
        PURCHASES_HEADER + "1,1,10,ACME  ,100,2015-12-20,2016-01-04,9.5,12\n"
        "1,1,10,ACME  ,101,2016-01-04,2016-01-12,9.9,6\n"
        "1,1,10,ACME,102,2016-01-04,2016-01-03,9.5,6\n"
        "1,1,10,ACME,103,2016-01-04,2016-01-05,9.5,-6\n"
        "1,1,10,ACME,104,2016-01-04,soon,9.5,6\n"
        "1,1,10,ACME,105,2016-01-04,,dear,6\n"
        "3,4,12,NEWCO,106,2016-01-05,2016-01-06,2,24\n"
        "1,1,10,ACME,107,2016-01-20,2016-01-25,11,6\n"
    ).replace("\n", "\r\n"),
    "InvoicePurchases12312016.csv": (
        INVOICES_HEADER + "10,ACME  ,2016-01-05,100,12,114,3.5\n"
        "10,ACME,2016-01-06,101,6,words,3.5\n"
        "10,ACME,2016-01-06,102,6,57,\n"
        "10,ACME,2016-01-06,103,6,57,-1\n"
    ),
    "SalesFINAL12312016.csv": (
        SALES_HEADER + "i,1,1,10,ACME,2016-01-01,2,25.98\n"
        "i,1,1,10,ACME,2016-01-02 00:00:00,-1,-12.99\n"
        "i,1,1,10,ACME,2016-01-03,0,0\n"
        'i,1,1,10,ACME,2016-01-03,"1,000",1\n'
        "i,1,1,10,ACME,2016-02-30,1,1\n"
        "i,1,1,10,ACME,03/04/2016,1,1\n"
        "i,1,1,10,ACME,2016-1-5,1,1\n"
        "i,1,1,10,ACME,2016-01-04,inf,1\n"
        "i,1,1,10,ACME,2016-01-04,1_000,1\n"
        "i,1,1,10,ACME,,,1\n"
        "  \n"
        "i,9,99,13,LATECO,2016-01-04,3,much\n"
        "i,1,2,10,ACME,2016-01-04,1,\n"
        "i, 1 , 7 ,10,ACME, 2016-01-05 , 4 ,8\n"
        "i,1,1,10,ACME,2016-01-10,7,70"
    ),
    "promotions.csv": (
        "product_id,start_date,end_date,discount_rate,location_id\n"
        "1,2016-01-01,2016-01-07,0.2,\n"
        "1,2016-01-07,2016-01-01,0.2,\n"
        "1,2016-01-01,2016-01-07,20,\n"
        "1,2016-02-01,2016-02-07,0,1\n"
    ),
    "signals.csv": (
        "value,signal,signal_date\n"
        "3.5,rain,2016-01-01\n4,rain,2016-01-01\n5,rain,2017-01-01\n"
    ),
    "price_breaks.csv": (
        "product_id,vendor_id,min_units,unit_cost\n1,10,24,8\n1,10,24.0,7\n1,10,48,0\n"
    ),
    "availability.csv": (
        "location_id,product_id,period_date,is_in_stock\n"
        "1,1,2016-01-01,YES\n1,1,2016-01-02,maybe\n1,1,2016-01-03,0\n"
    ),
    "overrides.csv": (
        "location_id,product_id,order_qty_units,reason,override_date\n"
        "1,1,24,fair,2016-01-10\n1,1,36,again,2016-01-10\n1,2,-1,below,\n"
        "1,2,0,,\n1,1,12,later,2016-01-17\n"
    ),
}

# The rest of DIRTY is read; this is what is not, and why.
ISO = "not an ISO date (YYYY-MM-DD)"
COMMA = "not a number: a comma in it; write 1299.50"
THOUSANDS = "not a number: a point that parts thousands; write 1299.50"
REFUSED = {
    ("products", 4, "Brand", "1", "duplicate key of line 2", True),
    ("products", 5, "Brand", "", "blank", True),
    ("products", 6, "PurchasePrice", "-1", "not above 0", False),
    ("products", 6, "Price", "0", "not above 0", False),
    ("products", 7, "PurchasePrice", "abc", "not a number", False),
    (
        "products",
        9,
        "*",
        '5,"Open quote,750,1,2,1,10,ACME',
        "a quote is not closed on its line",
        True,
    ),
    ("products", 10, "*", "6,Short,750", "has 3 of 8 cells", True),
    (
        "products",
        11,
        "*",
        "7,Long,750,1,2,1,10,ACME,more",
        "has 9 cells, the header 8",
        True,
    ),
    ("products", 12, "PurchasePrice", "NaN", "not a number", False),
    ("opening_counts", 3, "onHand", "abc", "not a number", True),
    (
        "opening_counts",
        5,
        "Store, Brand, startDate",
        "1, 1, 2016-01-01",
        "duplicate key of line 2",
        True,
    ),
    (
        "purchase_order_lines",
        4,
        "ReceivingDate",
        "2016-01-03",
        "before ordered_date",
        True,
    ),
    ("purchase_order_lines", 5, "Quantity", "-6", "below 0", True),
    ("purchase_order_lines", 6, "ReceivingDate", "soon", ISO, True),
    ("purchase_order_lines", 7, "PurchasePrice", "dear", "not a number", False),
    ("invoices", 3, "Dollars", "words", "not a number", True),
    ("invoices", 5, "Freight", "-1", "below 0", False),
    ("sales", 5, "SalesQuantity", "1,000", COMMA, True),
    ("sales", 6, "SalesDate", "2016-02-30", ISO, True),
    ("sales", 7, "SalesDate", "03/04/2016", ISO, True),
    ("sales", 8, "SalesDate", "2016-1-5", ISO, True),
    ("sales", 9, "SalesQuantity", "inf", "not a number", True),
    ("sales", 10, "SalesQuantity", "1_000", "not a number", True),
    ("sales", 11, "SalesDate", "", "blank", True),
    ("sales", 11, "SalesQuantity", "", "blank", True),
    ("sales", 13, "SalesDollars", "much", "not a number", False),
    ("promotions", 3, "end_date", "2016-01-01", "before start_date", True),
    ("promotions", 4, "discount_rate", "20", "not below 1", True),
    (
        "signals",
        3,
        "signal, signal_date",
        "rain, 2016-01-01",
        "duplicate key of line 2",
        True,
    ),
    (
        "price_breaks",
        3,
        "product_id, vendor_id, min_units",
        "1, 10, 24.0",
        "duplicate key of line 2",
        True,
    ),
    ("price_breaks", 4, "unit_cost", "0", "not above 0", True),
    ("availability", 3, "is_in_stock", "maybe", "not true or false", True),
    (
        "overrides",
        3,
        "location_id, product_id, override_date",
        "1, 1, 2016-01-10",
        "duplicate key of line 2",
        True,
    ),
    ("overrides", 4, "order_qty_units", "-1", "below 0", True),
}


@pytest.fixture(scope="module")
def dirty(build, tmp_path_factory):
    folder = write(tmp_path_factory.mktemp("dirty"), DIRTY)
    built = build(folder, as_of_date="2016-01-10")
    assert built.status == 0, built.output
    return built


def test_every_refused_cell_is_named_with_its_reason(dirty):
    rejects = dirty.rows(
        "select entity, line_number, column_name, rejected_value, reason, "
        "is_row_rejected from inputs.input_rejects"
    )
    assert set(rejects) == REFUSED
    assert len(rejects) == len(REFUSED)


def test_rows_read_are_rows_kept_and_rows_refused(dirty):
    counts = dirty.rows(
        "select entity, rows_read, rows_kept, rows_rejected, rows_after_as_of "
        "from inputs.input_row_counts"
    )
    # Sales: 15 lines of which one is blank; 7 are refused.
    assert set(counts) == {
        ("products", 11, 6, 5, 0),
        ("opening_counts", 5, 3, 2, 0),
        ("closing_counts", 1, 1, 0, 1),
        ("purchase_order_lines", 8, 5, 3, 1),
        ("invoices", 4, 3, 1, 0),
        ("sales", 14, 7, 7, 0),
        ("promotions", 4, 2, 2, 0),
        ("signals", 3, 2, 1, 0),
        ("price_breaks", 3, 1, 2, 0),
        ("availability", 3, 2, 1, 0),
        ("overrides", 5, 3, 2, 1),
    }


def test_kept_rows_keep_their_cells(dirty):
    assert dirty.rows(
        "select location_id, product_id, sale_date, units, revenue, "
        "source_line_number from inputs.input_sales order by source_line_number"
    ) == [
        ("1", "1", date(2016, 1, 1), 2, 25.98, 2),
        ("1", "1", date(2016, 1, 2), -1, -12.99, 3),
        ("1", "1", date(2016, 1, 3), 0, 0, 4),
        ("9", "99", date(2016, 1, 4), 3, None, 13),
        ("1", "2", date(2016, 1, 4), 1, None, 14),
        ("1", "7", date(2016, 1, 5), 4, 8, 15),
        ("1", "1", date(2016, 1, 10), 7, 70, 16),
    ]
    assert dirty.rows(
        "select product_id, description, unit_price, is_in_master "
        "from inputs.input_products order by cast(product_id as int)"
    ) == [
        ("1", "Oak, red", 12.99, True),
        ("2", 'Say "hi"', 8, True),
        ("3", "Zero and less", None, True),
        ("4", "Words", 2, True),
        # 7 and 99 are sold: a refused master row must not lose their sales.
        ("7", None, None, False),
        ("8", "Not a number", 2, True),
        ("9", '12" board', 6, True),
        ("99", None, None, False),
    ]


def test_cost_is_that_of_the_latest_receipt_by_the_as_of_date(dirty):
    # 1: received 4 January at 9.5; the receipts of 12 and 25 January are not known yet.
    # 4: the list is unreadable, the receipt says 2.
    assert dirty.rows(
        "select product_id, unit_cost from inputs.input_products "
        "where unit_cost is not null order by product_id"
    ) == [("1", 9.5), ("2", 4), ("4", 2), ("9", 3)]


def test_lines_received_later_or_never_are_open(dirty):
    assert dirty.rows(
        "select po_line_id, po_id, units, unit_cost, received_date, received_units "
        "from inputs.input_purchase_order_lines order by po_line_id"
    ) == [
        ("2", "100", 12, 9.5, date(2016, 1, 4), 12),
        ("3", "101", 6, 9.9, None, None),
        ("7", "105", 6, None, None, None),
        ("8", "106", 24, 2, date(2016, 1, 6), 24),
    ]


def test_an_unreadable_count_is_unknown_and_not_zero(dirty):
    # Store 1 lists 1, 2 (unreadable) and 3, and also sells 7. Stores 3 and 9 were not
    # counted.
    assert dirty.rows(
        "select location_id, product_id, units, count_date, is_implied "
        "from inputs.input_stock_counts order by location_id, product_id"
    ) == [
        ("1", "1", 10, date(2015, 12, 31), False),
        ("1", "3", -4, date(2015, 12, 31), False),
        ("1", "7", 0, date(2015, 12, 31), True),
        ("2", "1", 5, date(2015, 12, 31), False),
    ]


def test_locations_and_vendors_are_never_lost(dirty):
    assert dirty.rows(
        "select location_id, location_name from inputs.input_locations order by all"
    ) == [("1", "OAKTOWN"), ("2", "Store 2"), ("3", "Store 3"), ("9", "Store 9")]
    assert dirty.rows(
        "select vendor_id, vendor_name from inputs.input_vendors order by all"
    ) == [("10", "ACME"), ("11", "ÉCOLE"), ("12", "NEWCO"), ("13", "LATECO")]


def test_optional_files_are_live_beside_the_six(dirty):
    assert dirty.rows("select * from inputs.input_promotions order by all") == [
        ("1", date(2016, 1, 1), date(2016, 1, 7), 0.2, None),
        ("1", date(2016, 2, 1), date(2016, 2, 7), 0, "1"),
    ]
    assert dirty.rows("select * from inputs.input_signals order by all") == [
        ("rain", date(2016, 1, 1), 3.5, None),
        ("rain", date(2017, 1, 1), 5, None),
    ]
    assert dirty.rows("select * from inputs.input_price_breaks") == [("1", "10", 24, 8)]
    assert dirty.rows(
        "select period_date, is_in_stock from inputs.input_availability order by all"
    ) == [(date(2016, 1, 1), True), (date(2016, 1, 3), False)]
    assert dirty.rows("select * from inputs.input_overrides order by all") == [
        ("1", "1", date(2016, 1, 10), 24, "fair", None),
        ("1", "2", None, 0, None, None),
    ]


def test_what_the_as_of_date_hides_is_told(dirty):
    assert dirty.rows(
        "select entity, n_rows, first_date, last_date from inputs.input_ignored_rows "
        "where n_rows > 0 order by entity"
    ) == [
        ("closing_counts", 1, date(2016, 12, 31), date(2016, 12, 31)),
        ("overrides", 1, date(2016, 1, 17), date(2016, 1, 17)),
        ("purchase_order_lines", 1, date(2016, 1, 20), date(2016, 1, 20)),
        ("receipts", 1, date(2016, 1, 12), date(2016, 1, 12)),
    ]


def test_nothing_dated_later_changes_an_input(build, dirty, tmp_path):
    files = dict(DIRTY)
    files["SalesFINAL12312016.csv"] += (
        "\ni,1,1,10,RENAMED,2016-01-11,500,5000"
        "\ni,8,88,14,NOBODY,2016-03-01,5,50"
        "\ni,1,4,10,ACME,2016-03-01,5,50\n"
    )
    files["EndInvFINAL12312016.csv"] = (
        "Store,City,Brand,onHand,endDate\n"
        "1,RENAMED,1,999,2016-12-31\n7,NOWHERE,77,999,2016-12-31\n"
    )
    files["PurchasesFINAL12312016.csv"] = (
        files["PurchasesFINAL12312016.csv"]
        .replace("101,2016-01-04,2016-01-12", "101,2016-01-04,2016-06-30")
        .replace("107,2016-01-20,2016-01-25,11,6", "107,2016-02-20,2016-02-25,99,1")
        + "6,66,15,NOBODY,108,2016-01-11,2016-01-12,1,1\r\n"
    )
    files["InvoicePurchases12312016.csv"] += "16,NOBODY,2016-01-11,109,1,1,1\n"
    files["availability.csv"] += "1,1,2016-01-11,no\n"
    changed = build(write(tmp_path / "changed", files), as_of_date="2016-01-10")
    assert changed.status == 0, changed.output

    for name in set(INPUTS) - ABOUT_ALL_ROWS:
        query = f"select * from inputs.{name} order by all"
        assert changed.rows(query) == dirty.rows(query), name


GENERIC = {
    "products": (
        "product_id,description,vendor_id,unit_cost,unit_price,pack_size_units\n"
        "58,Oak,7,2.5,4,6\n60,Elm,7,,4,\n61,Ash,8,3,,1\n"
    ),
    "locations": "location_id,location_name,region\n1,North,A\n2,,B\n",
    "vendors": "vendor_id,vendor_name,lead_time_days\n7,Acme,14\n8,Bolt,\n",
    "sales": (
        "location_id,product_id,sale_date,units\n"
        "1,58,2024-01-01,3\n1,60,2024-01-08,2.5\n2,62,2024-01-15,1\n"
        "2,58,2024-01-22,4\n"
    ),
    "stock_counts": (
        "location_id,product_id,count_date,units\n1,58,2023-12-31,9\n"
        "2,58,2024-01-22,8\n1,58,2024-01-23,7\n"
    ),
    "purchase_order_lines": (
        "po_id,vendor_id,location_id,product_id,ordered_date,units,unit_cost,"
        "received_date,received_units,is_cancelled\n"
        "1,7,1,58,2024-01-02,6,2.75,2024-01-09,6,false\n"
        "2,7,1,60,2024-01-02,6,1.5,2024-01-10,,false\n"
        "3,9,1,61,2024-01-16,6,,,,true\n"
    ),
    "invoices": (
        "po_id,vendor_id,invoice_date,units,amount,freight\n1,7,2024-01-09,6,16.5,2\n"
    ),
}


@pytest.fixture(scope="module")
def generic(build, tmp_path_factory):
    folder = tmp_path_factory.mktemp("generic")
    write(folder, {f"{name}.csv": text for name, text in GENERIC.items()})
    built = build(folder, source="generic")
    assert built.status == 0, built.output
    return built


def test_generic_files_fill_the_inputs(generic):
    # Four Mondays: weekly sales, dated in the week that ends on 28 January.
    assert generic.rows("select * from inputs.input_as_of") == [
        (
            date(2024, 1, 22),
            date(2024, 1, 1),
            date(2024, 1, 28),
            date(2024, 1, 28),
            "week",
            7,
            0,
            True,
        )
    ]
    # The master's cost stands; the latest receipt stands in for a blank one.
    assert generic.rows(
        "select product_id, vendor_id, unit_cost, pack_size_units, is_in_master "
        "from inputs.input_products order by product_id"
    ) == [
        ("58", "7", 2.5, 6, True),
        ("60", "7", 1.5, None, True),
        ("61", "8", 3, 1, True),
        ("62", None, None, None, False),
    ]
    # Nothing is implied, and the count of 23 January is not known yet.
    assert generic.rows(
        "select location_id, count_date, units, is_implied "
        "from inputs.input_stock_counts order by all"
    ) == [
        ("1", date(2023, 12, 31), 9, False),
        # Counted on the Tuesday of the week that the last Monday stands for.
        ("1", date(2024, 1, 23), 7, False),
        ("2", date(2024, 1, 22), 8, False),
    ]
    assert generic.rows(
        "select vendor_id, vendor_name, lead_time_days from inputs.input_vendors "
        "order by all"
    ) == [("7", "Acme", 14), ("8", "Bolt", None), ("9", "Vendor 9", None)]
    assert generic.rows(
        "select received_units, is_cancelled from inputs.input_purchase_order_lines "
        "order by po_line_id"
    ) == [(6, False), (6, False), (None, True)]


def test_compressed_and_parquet_files_say_the_same(build, generic, tmp_path):
    # Numbers for ids, dates and timestamps for dates: parquet has its own types.
    types = {
        "sales": "location_id double, product_id decimal(9,2), sale_date timestamp, "
        "units double",
        "stock_counts": "location_id bigint, product_id integer, count_date date, "
        "units integer",
        "purchase_order_lines": "po_id bigint, vendor_id double, location_id integer, "
        "product_id integer, ordered_date date, units integer, "
        "unit_cost decimal(9,2), received_date date, received_units float, "
        "is_cancelled boolean",
    }
    with duckdb.connect() as connection:
        for name, text in GENERIC.items():
            source = tmp_path / "written.csv"
            source.write_text(text)
            if name in types:
                connection.execute(f"create or replace table t ({types[name]})")
                connection.execute(f"copy t from '{source}' (header)")
                connection.execute(f"copy t to '{tmp_path / name}.parquet'")
            else:
                connection.execute(
                    f"copy (from read_csv('{source}', all_varchar = true)) "
                    f"to '{tmp_path / name}.csv.gz' (header)"
                )
            source.unlink()
    other = build(tmp_path, source="generic")
    assert other.status == 0, other.output

    for name in set(INPUTS) - {"input_row_counts"}:
        query = f"select * from inputs.{name} order by all"
        assert other.rows(query) == generic.rows(query), name
    assert other.rows(
        "select entity, rows_read from inputs.input_row_counts order by all"
    ) == generic.rows(
        "select entity, rows_read from inputs.input_row_counts order by all"
    )


# What spreadsheets, shops and tills write: each of these is read.
ODD = {
    # A cell goes on over lines, one of them blank; quotes within quotes; two that are
    # never closed; an inch mark that opens nothing; a record after all of it.
    "products.csv": (
        b"\xef\xbb\xbf"
        b'product_id,description,vendor_id,unit_cost,unit_price,"Remark\r\n(ours)"\r\n'
        b'MUG,"Mug, white\nholds 0.3 l",V1,2,5,\r\n'
        b'JAR,"Jar\n\nsays ""hi"",\nat ""noon""",V1,3,6,"a\nb"\r\n'
        b'BAD,"Never closed,V1,1,2,\r\n'
        b'CUP,"Cup",V1,-1,2,\r\n'
        b'PAN,12" pan,V1,4,8,\r\n'
        b'WORSE,"Nor this,V1,1,2,\r\n'
        b'TWO,"Two\nlines","V\n1",1,2,\r\n'
        b"TEE,T\xc3\xa9e \xe2\x85\x93,V1,1,dear,\r\n"
    ),
    "locations.csv": "location_id,location_name\nNYC,Café\n".encode("utf-16-le"),
    "vendors.csv": "vendor_id,vendor_name\r\nV1,Łódź\r\n".encode("utf-16"),
    "sales.csv": (
        "location_id,product_id,sale_date,units\n"
        "NYC,TEE,2024-03-30 21:30:00 -0400,1\n"
        "NYC,TEE,2024-03-30 23:30:00-04:00,2\n"
        "NYC,TEE,2024-03-31T00:30:00+02:00,4\n"
        "NYC,TEE,2024-03-31T00:30:00.123Z,8\n"
        "NYC,TEE,2024-03-31 23:59:59 UTC,16\n"
        "NYC,TEE,2024-03-31 23:59,32\n"
        "NYC,TEE,2024-03-31 23:59:59+02,64\n"
        "NYC,TEE,2024-03-31 25:00:00,1\n"
        "NYC,TEE,2024-03-31 noon,1\n"
        "NYC,TEE,2024-02-30 10:00:00Z,1\n"
        "NYC,TEE,1970-01-01,1\n"
        "NYC,TEE,9999-12-31,1\n"
    ),
    "stock_counts.csv": (
        "location_id,product_id,count_date,units\n"
        "NYC,TEE,2024-03-31,50\nNYC,TEE,0001-01-01,1\nNYC,TEE,1899-12-30,2\n"
        "NYC,TEE,1989-12-31 00:00:00Z,3\nNYC,TEE,0000-00-00,4\n"
        "NYC,TEE,1990-01-01,5\n"
    ),
    "purchase_order_lines.csv": (
        "po_id,vendor_id,location_id,product_id,ordered_date,units,unit_cost,"
        "expected_date,received_date\n"
        "1,V1,NYC,TEE,2024-03-01,6,1,9999-12-31,\n"
        "2,V1,NYC,TEE,2024-03-01,6,1,,1753-01-01\n"
    ),
    # With decimal commas in a file a point may part thousands; without, it does not.
    "price_breaks.csv": (
        "product_id,vendor_id,min_units,unit_cost\n"
        'TEE,V1,24,"1,50"\nTEE,V1,1.200,3\nTEE,V1,12.50,2\nTEE,V1,"1.200,5",2\n'
    ),
    "signals.csv": "signal,signal_date,value\nrain,2024-01-01,1.200\n",
    "promotions.csv": (
        "product_id,start_date,end_date,discount_rate\nTEE,2024-01-01,9999-12-31,0.1\n"
        "MUG,2024-01-01,1900-01-01,0.1\n"
    ),
}
EARLY = "before 1990-01-01, the earliest plausible date"
LATE = "after 2099-12-31, the latest plausible date"


@pytest.fixture(scope="module")
def odd(build, tmp_path_factory):
    built = build(write(tmp_path_factory.mktemp("odd"), ODD), source="generic")
    assert built.status == 0, built.output
    return built


def test_a_cell_in_quotes_may_go_on_over_lines(odd):
    assert odd.rows(
        "select product_id, description, vendor_id, unit_cost, unit_price "
        "from inputs.input_products order by product_id"
    ) == [
        ("CUP", "Cup", "V1", None, 2),
        ("JAR", 'Jar\nsays "hi",\nat "noon"', "V1", 3, 6),
        ("MUG", "Mug, white\nholds 0.3 l", "V1", 2, 5),
        ("PAN", '12" pan', "V1", 4, 8),
        ("TEE", "Tée ⅓", "V1", 1, None),
        ("TWO", "Two\nlines", "V\n1", 1, 2),
    ]
    # The header has two lines, the mug two, the jar five.
    assert odd.rows(
        "select line_number, column_name, rejected_value, reason "
        "from inputs.input_rejects where entity = 'products' order by all"
    ) == [
        (
            10,
            "*",
            'BAD,"Never closed,V1,1,2,',
            "a quote is not closed on its line",
        ),
        (11, "unit_cost", "-1", "not above 0"),
        (13, "*", 'WORSE,"Nor this,V1,1,2,', "a quote is not closed on its line"),
        (17, "unit_price", "dear", "not a number"),
    ]


def test_files_in_utf_16_are_read(odd):
    assert odd.rows("select * from inputs.input_locations") == [("NYC", "Café", None)]
    assert odd.rows(
        "select vendor_name from inputs.input_vendors where vendor_id = 'V1'"
    ) == [("Łódź",)]


def test_the_day_of_a_till_is_the_day_as_written(odd):
    assert odd.rows(
        "select sale_date, sum(units) from inputs.input_sales group by all order by all"
    ) == [(date(2024, 3, 30), 1 + 2), (date(2024, 3, 31), 4 + 8 + 16 + 32 + 64)]


def test_dates_that_stand_for_none_are_refused_and_named(odd):
    assert odd.rows(
        "select file_name, line_number, column_name, rejected_value, reason, "
        "is_row_rejected from inputs.input_rejects where entity <> 'products' "
        "order by all"
    ) == [
        ("price_breaks.csv", 2, "unit_cost", "1,50", COMMA, True),
        ("price_breaks.csv", 3, "min_units", "1.200", THOUSANDS, True),
        ("price_breaks.csv", 5, "min_units", "1.200,5", COMMA, True),
        ("promotions.csv", 3, "end_date", "1900-01-01", EARLY, True),
        (
            "purchase_order_lines.csv",
            2,
            "expected_date",
            "9999-12-31",
            LATE,
            False,
        ),
        (
            "purchase_order_lines.csv",
            3,
            "received_date",
            "1753-01-01",
            EARLY,
            False,
        ),
        ("sales.csv", 9, "sale_date", "2024-03-31 25:00:00", ISO, True),
        ("sales.csv", 10, "sale_date", "2024-03-31 noon", ISO, True),
        ("sales.csv", 11, "sale_date", "2024-02-30 10:00:00Z", ISO, True),
        ("sales.csv", 12, "sale_date", "1970-01-01", EARLY, True),
        ("sales.csv", 13, "sale_date", "9999-12-31", LATE, True),
        ("stock_counts.csv", 3, "count_date", "0001-01-01", EARLY, True),
        ("stock_counts.csv", 4, "count_date", "1899-12-30", EARLY, True),
        ("stock_counts.csv", 5, "count_date", "1989-12-31 00:00:00Z", EARLY, True),
        ("stock_counts.csv", 6, "count_date", "0000-00-00", ISO, True),
    ]
    assert odd.rows("select min_units from inputs.input_price_breaks") == [(12.5,)]
    assert odd.rows("select value from inputs.input_signals") == [(1.2,)]
    # Without an end is no slip.
    assert odd.rows("select end_date from inputs.input_promotions") == [
        (date(9999, 12, 31),)
    ]


@pytest.mark.parametrize(
    ("name", "content", "found"),
    [
        (
            "sales.csv",
            "é\n".encode("cp1252"),
            "not UTF-8 on line 14, so of a code page",
        ),
        (
            "locations.csv",
            "x,y\n".encode("utf-16-be"),
            "UTF-16 with the high byte first",
        ),
        (
            "vendors.csv",
            b"\xfe\xff" + "x,y\n".encode("utf-16-be"),
            "UTF-16 with the high byte first",
        ),
        ("products.csv", b"PK\x03\x04\x14\x00\x08\x08\xff", "a workbook"),
    ],
)
def test_other_encodings_are_refused_in_words(build, tmp_path, name, content, found):
    files = dict(ODD)
    if name == "sales.csv":
        content = files[name].encode() + content
    files[name] = content
    built = build(
        write(tmp_path / "odd", files), source="generic", select=["input_as_of"]
    )
    assert built.status != 0
    assert f"{name}' is {found}" in built.output
    assert "Save it as UTF-8" in built.output
    assert "Possible Solution" not in built.output


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        (
            "SalesFINAL12312016.csv",
            None,
            "has no file SalesFINAL12312016.csv or SalesFINAL12312016.csv.gz or "
            "SalesFINAL12312016.parquet. Put it there, or set",
        ),
        (
            "2017PurchasePricesDec.csv",
            "Brand;Description;Price\n",
            "2017PurchasePricesDec.csv' lacks the column Brand, Description, "
            "Classification, VendorNumber, PurchasePrice, Price. Its header has: "
            "Brand;Description;Price.",
        ),
        (
            "PurchasesFINAL12312016.csv.gz",
            b"",
            "holds more than one candidate for 'PurchasesFINAL12312016'",
        ),
        (
            "InvoicePurchases12312016.csv",
            "",
            "InvoicePurchases12312016.csv' is empty",
        ),
        (
            "BegInvFINAL12312016.csv",
            "Store,Brand,onHand,startDate,store\n",
            "has the column 'Store' 2 times",
        ),
    ],
)
def test_a_folder_that_cannot_be_read_says_why(build, tmp_path, name, text, message):
    files = {key: value for key, value in DIRTY.items() if key != name}
    if text is not None:
        files[name] = text
    built = build(write(tmp_path / "lacking", files), select=["path:models/staging"])
    assert built.status != 0
    assert message in built.output
    # Said once, before any model runs.
    assert built.output.count("restock: ") == 1


def test_an_as_of_date_before_the_first_sale_is_refused(build, tmp_path):
    folder = write(tmp_path / "early", DIRTY)
    built = build(
        folder,
        as_of_date="2015-12-31",
        select=["stg_bibitor__sales", "input_sale_dates", "input_as_of"],
    )
    assert built.status != 0
    assert "as_of_date 2015-12-31 is before the first sale, 2016-01-01" in built.output


@pytest.mark.skipif(not REAL_STORE.exists(), reason="the real store is not here")
def test_a_real_store(build):
    built = build(REAL_STORE)
    assert built.status == 0, built.output
    assert built.rows("select count(*), sum(units) from inputs.input_sales") == [
        (34975, 82750)
    ]
    assert built.rows("select as_of_date from inputs.input_as_of") == [
        (date(2016, 2, 29),)
    ]
    assert built.rows(
        "select count(*) from inputs.input_purchase_order_lines "
        "where received_date is null"
    ) == [(941,)]
    assert built.rows(
        "select sum(rows_read), sum(rows_rejected) from inputs.input_row_counts"
    ) == [(12261 + 3255 + 3192 + 20457 + 5543 + 34975, 0)]
    # Two prices and one cost of zero or less are unknown, not zero.
    assert built.rows(
        "select column_name, count(*) from inputs.input_rejects "
        "group by all order by all"
    ) == [("Price", 2), ("PurchasePrice", 1)]
