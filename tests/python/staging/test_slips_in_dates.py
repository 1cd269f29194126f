"""A slip in a date, in each date column of each file: it is named, and moves nothing.

Each source is built once, with all the slips, and compared with the rows that were
written without them. Everything further on reads the inputs, so what is the same there
is the same in every order.
"""

from collections import Counter

import numpy as np
import pandas as pd
import pytest
import warehouse

ZERO_DATES = ("1753-01-01", "1900-01-01", "1970-01-01", "9999-12-31")
SELECTED = (
    "path:models/inputs",
    "int_lead_times",
    "int_dates",
    "int_location_products",
)
# What is compared of a file: the input, and its columns in the file's order.
COMPARED = {
    "generic": {
        "sales": ("sales", "location_id,product_id,sale_date"),
        "stock_counts": ("stock_counts", "location_id,product_id,count_date"),
        "purchase_order_lines": ("purchase_order_lines", "po_id"),
        "invoices": ("invoices", "po_id,invoice_date"),
        "availability": ("availability", "location_id,product_id,period_date"),
        "promotions": ("promotions", "product_id,start_date,end_date"),
        "signals": ("signals", "signal,signal_date"),
        "overrides": ("overrides", "location_id,product_id,override_date"),
    },
    "bibitor": {
        "SalesFINAL12312016": ("sales", "location_id,product_id,sale_date"),
        "InvoicePurchases12312016": ("invoices", "vendor_id,,invoice_date,po_id"),
    },
}

# Weekly, dated by the Sunday, to 2026-11-22; the clock stands a week later.
SUNDAYS = pd.date_range("2025-05-04", "2026-11-22", freq="7D").strftime("%Y-%m-%d")
GENERIC = {
    "products": "product_id,description,vendor_id,unit_cost,unit_price",
    "locations": "location_id,location_name",
    "vendors": "vendor_id,vendor_name,lead_time_days,review_days",
    "sales": "location_id,product_id,sale_date,units",
    "stock_counts": "location_id,product_id,count_date,units",
    "purchase_order_lines": (
        "po_id,vendor_id,location_id,product_id,ordered_date,units,unit_cost,"
        "expected_date,received_date,received_units"
    ),
    "invoices": "po_id,vendor_id,invoice_date,units,amount,freight",
    "availability": "location_id,product_id,period_date,is_in_stock",
    "promotions": "product_id,start_date,end_date,discount_rate",
    "signals": "signal,signal_date,value",
    "overrides": "location_id,product_id,order_qty_units,reason,override_date",
}
GENERIC_PAIRS = [(f"S{s}", f"P{p}") for s in (1, 2) for p in range(10)]

# Daily, to 2016-04-30; the clock stands two months later.
DAYS = pd.date_range("2016-01-01", "2016-04-30").strftime("%Y-%m-%d")
BIBITOR = {
    "2017PurchasePricesDec": (
        "Brand,Description,Classification,VendorNumber,PurchasePrice,Price"
    ),
    "BegInvFINAL12312016": "Store,City,Brand,onHand,startDate",
    "EndInvFINAL12312016": "Store,City,Brand,onHand,endDate",
    "PurchasesFINAL12312016": (
        "Store,Brand,VendorNumber,VendorName,PONumber,PODate,ReceivingDate,"
        "PurchasePrice,Quantity"
    ),
    "InvoicePurchases12312016": (
        "VendorNumber,VendorName,InvoiceDate,PONumber,Quantity,Dollars,Freight"
    ),
    "SalesFINAL12312016": "Store,Brand,SalesDate,SalesQuantity,SalesDollars",
}
BIBITOR_PAIRS = [(str(s), str(p)) for s in (1, 2) for p in range(1, 11)]


def generic_rows():
    units = np.random.default_rng(5).poisson(9, (len(GENERIC_PAIRS), len(SUNDAYS))) + 1
    orders = [
        (f"PO{index}-{number}", "V1", *pair, ordered, 60, 5, received, received, 60)
        for index, pair in enumerate(GENERIC_PAIRS)
        for number, (ordered, received) in enumerate(
            [("2025-10-06", "2025-10-20"), ("2026-03-02", "2026-03-16")]
        )
    ]
    return {
        "products": [(f"P{p}", f"Item {p}", "V1", 5, 9) for p in range(10)],
        "locations": [("S1", "First"), ("S2", "Second")],
        "vendors": [("V1", "Ordinary", 14, 7)],
        "sales": [
            (*pair, day, units[row, column])
            for row, pair in enumerate(GENERIC_PAIRS)
            for column, day in enumerate(SUNDAYS)
        ],
        "stock_counts": [(*pair, "2026-11-22", 5) for pair in GENERIC_PAIRS],
        "purchase_order_lines": orders,
        "invoices": [("PO1-0", "V1", "2025-10-20", 60, 300, 10)],
        "availability": [("S1", "P1", "2026-03-01", "true")],
        "promotions": [("P1", "2026-12-07", "9999-12-31", 0.1)],
        "signals": [("rain", "2027-06-01", 1)],
        "overrides": [("S1", "P1", 7, "said so", "2026-11-22")],
    }


def bibitor_rows():
    rng = np.random.default_rng(6)
    units = rng.poisson(2, (len(BIBITOR_PAIRS), len(DAYS)))
    return {
        "2017PurchasePricesDec": [(p, f"Item {p}", 1, 10, 5, 9) for p in range(1, 11)],
        "BegInvFINAL12312016": [
            (store, "OAK", brand, 40, "2016-01-01")
            for store, brand in BIBITOR_PAIRS
            if brand != "9"
        ],
        "EndInvFINAL12312016": [("1", "OAK", "2", 7, "2016-04-29")],
        "PurchasesFINAL12312016": [
            (*pair, 10, "ACME", 100 + number, ordered, received, 5, 60)
            for pair in BIBITOR_PAIRS
            for number, (ordered, received) in enumerate(
                [("2016-01-04", "2016-01-18"), ("2016-03-01", "2016-03-15")]
            )
        ],
        "InvoicePurchases12312016": [(10, "ACME", "2016-01-18", 100, 60, 300, 9)],
        "SalesFINAL12312016": [
            (*pair, day, units[row, column], 9)
            for row, pair in enumerate(BIBITOR_PAIRS)
            for column, day in enumerate(DAYS)
            if units[row, column]
        ],
    }


def order(number, ordered, expected="", received="", units=""):
    return (f"BAD{number}", "V1", "S1", "P0", ordered, 60, 5, expected, received, units)


def receipt(number, ordered, received):
    return ("1", "1", 10, "ACME", 900 + number, ordered, received, 5, 60)


# File, row, what becomes of it: row or cell refused, ignored, or kept.
GENERIC_SLIPS = [
    ("sales", ("S1", "P0", "2027-11-22", 5), "row"),
    # A year back is a Saturday. A Sunday is no other than a sale.
    ("sales", ("S1", "P0", "2025-11-22", 5), "ignored"),
    ("sales", ("S1", "P0", "2025-11-23", 5), "kept"),
    ("sales", ("S1", "P0", "2026-11-27", 5), "ignored"),
    ("sales", ("S1", "P0", "2023-11-22", 5), "ignored"),
    ("stock_counts", ("S1", "P0", "2027-11-22", 5), "row"),
    ("stock_counts", ("S1", "P0", "2020-11-22", 5), "ignored"),
    ("purchase_order_lines", order(1, "2027-03-02", "", "2026-03-16"), "row"),
    ("purchase_order_lines", order(2, "2025-03-02", "", "2026-03-16"), "row"),
    ("purchase_order_lines", order(3, "2024-11-02"), "kept"),
    ("purchase_order_lines", order(4, "2026-03-02", "", "2027-03-16"), "row"),
    ("purchase_order_lines", order(5, "2026-03-02", "", "2025-03-16"), "row"),
    ("purchase_order_lines", order(6, "2026-11-02", "", "2027-01-16"), "cell"),
    (
        "purchase_order_lines",
        order(7, "2026-03-02", "2027-03-16", "2026-03-16"),
        "cell",
    ),
    (
        "purchase_order_lines",
        order(8, "2026-03-02", "2025-03-16", "2026-03-16"),
        "cell",
    ),
    ("invoices", ("PO1-1", "V1", "2027-03-16", 60, 300, 99), "row"),
    ("availability", ("S1", "P0", "2027-03-01", "false"), "ignored"),
    ("overrides", ("S1", "P0", 99, "later", "2027-11-22"), "ignored"),
    *[
        slip
        for number, day in enumerate(ZERO_DATES)
        for slip in (
            ("sales", ("S1", "P0", day, 5), "row"),
            ("stock_counts", ("S1", "P0", day, 5), "row"),
            ("purchase_order_lines", order(10 + number, day), "row"),
            (
                "purchase_order_lines",
                order(20 + number, "2026-03-02", day, "2026-03-16"),
                "cell",
            ),
            ("purchase_order_lines", order(30 + number, "2026-11-09", "", day), "cell"),
            ("invoices", ("PO1-1", "V1", day, 60, 300, 99), "row"),
            ("availability", ("S1", "P0", day, "false"), "row"),
            ("signals", ("rain", day, 9), "row"),
            ("overrides", ("S1", "P0", 99, "no date", day), "row"),
        )
    ],
    *[("promotions", ("P0", day, "2026-12-13", 0.5), "row") for day in ZERO_DATES],
    *[("promotions", ("P0", "2026-12-07", day, 0.5), "row") for day in ZERO_DATES[:3]],
]
BIBITOR_SLIPS = [
    ("SalesFINAL12312016", ("1", "1", "2017-04-30", 5, 9), "row"),
    ("SalesFINAL12312016", ("1", "1", "2016-05-20", 5, 9), "ignored"),
    ("SalesFINAL12312016", ("1", "1", "2016-06-25", 5, 9), "ignored"),
    ("SalesFINAL12312016", ("1", "1", "2015-01-02", 5, 9), "ignored"),
    # One line of the list under another date is no count of the whole shelf, and what
    # has a line on it was there: it is not implied to be zero.
    ("BegInvFINAL12312016", ("1", "OAK", "9", 8, "2016-03-01"), "kept"),
    ("BegInvFINAL12312016", ("1", "OAK", "1", 5, "2017-01-01"), "row"),
    ("BegInvFINAL12312016", ("1", "OAK", "1", 5, "2015-01-01"), "ignored"),
    ("EndInvFINAL12312016", ("1", "OAK", "1", 5, "2017-04-29"), "row"),
    ("PurchasesFINAL12312016", receipt(1, "2017-03-01", "2016-03-15"), "row"),
    ("PurchasesFINAL12312016", receipt(2, "2015-03-01", "2016-03-15"), "row"),
    ("PurchasesFINAL12312016", receipt(3, "2016-03-01", "2017-03-15"), "row"),
    ("InvoicePurchases12312016", (10, "ACME", "2017-03-15", 101, 60, 300, 99), "row"),
    *[
        slip
        for number, day in enumerate(ZERO_DATES)
        for slip in (
            ("SalesFINAL12312016", ("1", "1", day, 5, 9), "row"),
            ("BegInvFINAL12312016", ("1", "OAK", "1", 5, day), "row"),
            ("EndInvFINAL12312016", ("1", "OAK", "1", 5, day), "row"),
            ("PurchasesFINAL12312016", receipt(10 + number, day, "2016-03-15"), "row"),
            ("PurchasesFINAL12312016", receipt(20 + number, "2016-04-25", day), "cell"),
            ("InvoicePurchases12312016", (10, "ACME", day, 101, 60, 300, 99), "row"),
        )
    ],
]


def write(folder, headers, tables, slips=()):
    folder.mkdir()
    for stem, header in headers.items():
        rows = tables[stem] + [row for file, row, _ in slips if file == stem]
        lines = [",".join(str(cell) for cell in row) for row in rows]
        (folder / f"{stem}.csv").write_text("\n".join([header, *lines]) + "\n")
    return folder


class Planted:
    """A source with slips, and what was written without them."""

    def __init__(self, folder, source, headers, tables, slips, clock):
        self.source, self.headers, self.tables = source, headers, tables
        self.slips = slips
        self.lines = {}
        seen = {stem: len(rows) + 1 for stem, rows in tables.items()}
        for number, (stem, _, _) in enumerate(slips):
            seen[stem] += 1
            self.lines[number] = (f"{stem}.csv", seen[stem])
        self.built = warehouse.build(
            folder / "planted",
            write(folder / "raw", headers, tables, slips),
            *("--select", *(f"+{model}" for model in SELECTED)),
            *warehouse.MODELS_ONLY,
            *("--vars", f"{{clock_date: '{clock}'}}"),
            source_system=source,
        )

    def rows_added(self, stem):
        """Keys that an input has beside those written without slips; none is gone."""
        entity, listed = COMPARED[self.source][stem]
        columns = listed.split(",")
        if self.source == "generic":
            places = [self.headers[stem].split(",").index(name) for name in columns]
        else:
            places = [place for place, name in enumerate(columns) if name]
            columns = [columns[place] for place in places]
        found = self.built.query(
            f"select {', '.join(f'cast({name} as varchar)' for name in columns)}"
            f" from inputs.input_{entity}"
        )
        found = Counter(found.itertuples(index=False, name=None))
        written = Counter(
            tuple(str(row[place]) for place in places) for row in self.tables[stem]
        )
        assert not written - found
        return found - written


@pytest.fixture(scope="module")
def generic(tmp_path_factory):
    return Planted(
        tmp_path_factory.mktemp("generic"),
        "generic",
        GENERIC,
        generic_rows(),
        GENERIC_SLIPS,
        "2026-11-29",
    )


@pytest.fixture(scope="module")
def bibitor(tmp_path_factory):
    return Planted(
        tmp_path_factory.mktemp("bibitor"),
        "bibitor",
        BIBITOR,
        bibitor_rows(),
        BIBITOR_SLIPS,
        "2016-06-30",
    )


@pytest.fixture(params=["generic", "bibitor"])
def planted(request):
    return request.getfixturevalue(request.param)


def test_each_slip_is_named_by_file_and_line_or_counted(planted):
    rejects = planted.built.table("inputs.input_rejects")
    found = {
        (row.file_name, row.line_number): "row" if row.is_row_rejected else "cell"
        for row in rejects.itertuples()
    }
    expected = {
        planted.lines[number]: fate
        for number, (_, _, fate) in enumerate(planted.slips)
        if fate in ("row", "cell")
    }
    assert found == expected
    ignored = planted.built.row(
        "select sum(n_rows) as n from inputs.input_ignored_rows"
        " where entity <> 'receipts'"
    )
    assert ignored["n"] == sum(fate == "ignored" for _, _, fate in planted.slips)


@pytest.mark.parametrize(
    ("source", "as_of", "known_from", "first_day", "last_day"),
    [
        # The week of the first sale, 26 weeks ahead and one.
        ("generic", "2026-11-22", "2025-05-04", "2025-04-28", "2027-05-30"),
        # The week of the opening count.
        ("bibitor", "2016-04-30", "2016-01-01", "2015-12-28", "2016-11-05"),
    ],
)
def test_as_of_date_calendar_and_lead_times_are_as_without_them(
    request, source, as_of, known_from, first_day, last_day
):
    built = request.getfixturevalue(source).built
    found = built.row("select * from inputs.input_as_of")
    assert found["as_of_date"] == pd.Timestamp(as_of)
    assert found["known_from_date"] == pd.Timestamp(known_from)
    assert found["is_weekly_source"] == (source == "generic")
    days = built.row(
        "select min(date_day) as first, max(date_day) as last"
        " from intermediate.int_dates"
    )
    assert days["first"] == pd.Timestamp(first_day)
    assert days["last"] == pd.Timestamp(last_day)
    lead_times = built.table("intermediate.int_lead_times")
    assert len(lead_times) == 20
    assert (lead_times["lead_time_mean_days"] == 14).all()
    assert (lead_times["lead_time_sd_days"] == 0).all()


@pytest.mark.parametrize("stem", ["invoices", "availability", "promotions", "signals"])
def test_what_is_refused_or_ignored_is_in_no_input(generic, stem):
    assert not generic.rows_added(stem)


def test_only_what_cannot_be_told_from_a_fact_is_added(generic, bibitor):
    assert generic.rows_added("sales") == {("S1", "P0", "2025-11-23"): 1}
    assert not generic.rows_added("stock_counts")
    assert not generic.rows_added("overrides")
    assert not bibitor.rows_added("SalesFINAL12312016")
    assert not bibitor.rows_added("InvoicePurchases12312016")


def test_a_line_of_the_opening_list_under_another_date_empties_no_shelf(bibitor):
    # Brand 9 is on no list of the opening: zero at the second store. Its line of March
    # says that the first store had it, at an unknown number. All others are as listed.
    counts = bibitor.built.query(
        "select location_id, product_id, cast(count_date as varchar) as day, units"
        " from inputs.input_stock_counts where count_date < '2016-04-01'"
    )
    expected = [(*pair, "2015-12-31", 40) for pair in BIBITOR_PAIRS if pair[1] != "9"]
    expected += [("2", "9", "2015-12-31", 0), ("1", "9", "2016-02-29", 8)]
    assert sorted(counts.itertuples(index=False, name=None)) == sorted(expected)


def test_orders_without_a_date_of_receipt_are_open(generic, bibitor):
    for source, open_ids in (
        (generic, {"BAD3", "BAD6", "BAD30", "BAD31", "BAD32", "BAD33"}),
        (bibitor, {"920", "921", "922", "923"}),
    ):
        lines = source.built.table("inputs.input_purchase_order_lines")
        assert set(lines.loc[lines["open_units"] == 60, "po_id"]) == open_ids
        refused = lines.loc[lines["is_receipt_date_refused"], "po_id"]
        assert set(refused) == open_ids - {"BAD3"}
    # The others were received, whatever was promised.
    added = generic.rows_added("purchase_order_lines")
    received = {"BAD7", "BAD8", "BAD20", "BAD21", "BAD22", "BAD23"}
    assert {po_id for (po_id,) in added} - {
        "BAD3",
        "BAD6",
        "BAD30",
        "BAD31",
        "BAD32",
        "BAD33",
    } == received
