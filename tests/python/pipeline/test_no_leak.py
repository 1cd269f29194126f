"""What happens after the as-of date, and in which order it was written, is nothing."""

import datetime

import duckdb
import numpy as np
import pandas as pd
import pytest
import warehouse

from restock.sample.writing import write_sample

# Thursday in the middle: an open week, open orders, counts and invoices to come.
AS_OF = "2021-07-08"
CHAIN = {
    "stores": 2,
    "products": 8,
    "days": 200,
    "start_date": datetime.date(2021, 3, 3),
    "seed": 5,
}
SCHEMAS = ("inputs", "intermediate", "marts")
# These report on the rows that were ignored, and on nothing else.
REPORTS_OF_THE_FUTURE = {
    "inputs.input_row_counts",
    "inputs.input_ignored_rows",
    "inputs.input_sale_dates",
}
# Rows of other tables that do the same.
REPORTING_RULES = {
    "marts.fct_data_exceptions": "where rule <> 'dated after the as-of date'"
}
# Where a row stands in its file, and what is named after it.
LINE_NUMBERS = (
    "source_line_number",
    "po_line_id",
    "line_number",
    "first_line_number",
    "exception_id",
    "entity_key",
)


def read(folder, stem):
    return pd.read_csv(folder / f"{stem}.csv.gz", dtype=str, keep_default_na=False)


def write(frame, folder, stem):
    frame.to_csv(folder / f"{stem}.csv.gz", index=False)


def times(column, factor):
    """Multiply a column of texts."""
    return (column.astype(float) * factor).astype(int).astype(str)


def later(column, days):
    """Move a column of ISO dates."""
    return (pd.to_datetime(column) + pd.Timedelta(days=days)).dt.strftime("%Y-%m-%d")


def change_sales(frame):
    future = frame["SalesDate"] > AS_OF
    for column in ("SalesQuantity", "SalesDollars", "SalesPrice"):
        frame.loc[future, column] = times(frame.loc[future, column], 10)
    frame.loc[future, "VendorName"] = "RENAMED LATER"
    # A store and a product that nobody has heard of yet.
    news = (
        frame[future].head(20).assign(Store="9", Brand="5555", InventoryId="9_X_5555")
    )
    return pd.concat([frame, news]), future.sum()


def change_purchases(frame):
    future = frame["PODate"] > AS_OF
    frame.loc[future, "Quantity"] = times(frame.loc[future, "Quantity"], 3)
    frame.loc[future, "PurchasePrice"] = "99.5"
    frame.loc[future, "VendorName"] = "RENAMED LATER"
    frame.loc[future, "ReceivingDate"] = later(frame.loc[future, "ReceivingDate"], 4)
    # Ordered by then and received later: the order is known, the receipt is not.
    is_open = ~future & (frame["ReceivingDate"] > AS_OF)
    assert is_open.any()
    frame.loc[is_open, "ReceivingDate"] = later(frame.loc[is_open, "ReceivingDate"], 9)
    changed = (future | is_open).sum()
    return frame.drop(index=frame.index[future][-1:]), changed


def change_closing_counts(frame):
    future = frame["endDate"] > AS_OF
    assert future.all()
    frame["onHand"] = times(frame["onHand"], 2)
    frame["City"] = "RENAMED LATER"
    return frame.iloc[:-3], len(frame)


def change_invoices(frame):
    future = frame["InvoiceDate"] > AS_OF
    for column in ("Quantity", "Dollars", "Freight"):
        frame.loc[future, column] = times(frame.loc[future, column], 5)
    frame.loc[future, "VendorName"] = "RENAMED LATER"
    return frame, future.sum()


CHANGES = {
    "SalesFINAL12312016": change_sales,
    "PurchasesFINAL12312016": change_purchases,
    "EndInvFINAL12312016": change_closing_counts,
    "InvoicePurchases12312016": change_invoices,
}


@pytest.fixture(scope="module")
def chain(tmp_path_factory):
    folder = tmp_path_factory.mktemp("chain")
    write_sample(folder, **CHAIN)
    # The price list is today's, whatever the day: it stays as it is.
    opening = read(folder, "BegInvFINAL12312016")
    assert (opening["startDate"] <= AS_OF).all()
    return folder


@pytest.fixture(scope="module")
def with_another_future(chain, tmp_path_factory):
    folder = tmp_path_factory.mktemp("another_future")
    for path in chain.glob("*.csv.gz"):
        stem = path.name.removesuffix(".csv.gz")
        frame = read(chain, stem)
        if stem in CHANGES:
            frame, changed = CHANGES[stem](frame)
            assert changed > 10, stem
        write(frame, folder, stem)
    return folder


@pytest.fixture(scope="module")
def shuffled(chain, tmp_path_factory):
    folder = tmp_path_factory.mktemp("shuffled")
    generator = np.random.default_rng(3)
    for path in sorted(chain.glob("*.csv.gz")):
        stem = path.name.removesuffix(".csv.gz")
        frame = read(chain, stem)
        write(frame.iloc[generator.permutation(len(frame))], folder, stem)
    return folder


def build(tmp_path_factory, raw):
    return warehouse.build(
        tmp_path_factory.mktemp("build"),
        raw,
        *warehouse.MODELS_ONLY,
        as_of_date=AS_OF,
    )


@pytest.fixture(scope="module")
def known(tmp_path_factory, chain):
    return build(tmp_path_factory, chain)


@pytest.fixture(scope="module")
def known_with_another_future(tmp_path_factory, with_another_future):
    return build(tmp_path_factory, with_another_future)


@pytest.fixture(scope="module")
def known_shuffled(tmp_path_factory, shuffled):
    return build(tmp_path_factory, shuffled)


def rows_that_differ(one, other, name):
    """Count the rows of a table that only one of two builds has, bit by bit."""
    rows = f"{name} {REPORTING_RULES.get(name, '')}"
    with duckdb.connect() as connection:
        for alias, side in (("one", one), ("other", other)):
            connection.execute(f"attach '{side.database}' as {alias} (read_only)")
        (count,) = connection.execute(
            f"select count(*) from ((from one.{rows} except all from other.{rows})"
            f" union all (from other.{rows} except all from one.{rows}))"
        ).fetchone()
    return count


def test_the_reports_of_the_future_differ(known, known_with_another_future):
    # So the two builds did read different files.
    for name in REPORTS_OF_THE_FUTURE:
        assert rows_that_differ(known, known_with_another_future, name)


def test_nothing_else_differs(known, known_with_another_future):
    names = known.names(*SCHEMAS)
    assert names == known_with_another_future.names(*SCHEMAS)
    assert len(names) > 60
    for name in names:
        if name not in REPORTS_OF_THE_FUTURE:
            same_rows(known_with_another_future, known, name)


def test_two_builds_give_the_same_bytes(known, known_with_another_future):
    # What is known is the same for both.
    differing = {
        name: count
        for name in known.names("marts")
        if (count := rows_that_differ(known, known_with_another_future, name))
    }
    assert not differing


def test_the_builds_forecast_and_recommend(known):
    # An empty table would leak nothing either.
    for name in ("fct_forecasts", "fct_forecast_backtests", "fct_forecast_accuracy"):
        assert len(known.table(f"marts.{name}")), name
    recommended = known.table("marts.fct_reorder_recommendations")
    assert (recommended["order_qty_units"] > 0).any()
    assert (recommended["as_of_date"] == pd.Timestamp(AS_OF)).all()


def in_order(frame, *, without=()):
    """Rows in an order that does not depend on how they came."""
    frame = frame.drop(columns=[name for name in without if name in frame])
    floats = [name for name in frame if frame[name].dtype.kind == "f"]
    exact = [name for name in frame if name not in floats]
    rank = frame.assign(**{name: frame[name].round(6) for name in floats})
    rank = rank.astype(dict.fromkeys(exact, str))
    rank = rank.sort_values([*exact, *floats], kind="stable")
    return frame.loc[rank.index].reset_index(drop=True)


def same_rows(one, other, name, *, without=()):
    """Compare a table of two builds but for the last digits of floats."""
    found, expected = (
        in_order(side.table(f"{name} {REPORTING_RULES.get(name, '')}"), without=without)
        for side in (one, other)
    )
    pd.testing.assert_frame_equal(found, expected, rtol=1e-9, atol=1e-9, obj=name)


def test_order_of_raw_rows_does_not_matter(known, known_shuffled):
    for name in known.names("inputs", "marts"):
        same_rows(known_shuffled, known, name, without=LINE_NUMBERS)
