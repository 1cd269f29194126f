"""The numbers of a chain, worked out a second time from its six raw files.

Plain pandas over day loops, written from the definitions and not from the SQL:
nothing of restock is imported.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import pandas as pd
from scipy import stats

PAIR = ["location_id", "product_id"]
DAY = pd.Timedelta(days=1)

# The parameters that the shipped seeds and vars.yml state.
HOLDING_RATE_PER_YEAR = 0.25
HANDLING_COST_PER_LINE = 4.0
RATE_WINDOW = 91 * DAY
LONGEST_OUTAGE_DAYS = 28
INDEX_WINDOW = 182 * DAY
YEAR = 365
ABC_CUTS = (0.80, 0.95)


def read_csv(folder: Path, stem: str, columns: dict[str, str]) -> pd.DataFrame:
    """Rename the columns of a raw file; ids are texts, what ends in date a date."""
    (path,) = folder.glob(f"{stem}.csv*")
    frame = pd.read_csv(path, usecols=list(columns))
    frame = frame.rename(columns=columns)[list(columns.values())]
    for name in frame.columns:
        if name.endswith("_id"):
            frame[name] = frame[name].astype(str)
        elif name.endswith("date"):
            frame[name] = pd.to_datetime(frame[name])
    return frame


@dataclass(frozen=True)
class Facts:
    """Raw facts in one vocabulary.

    Attributes:
        folder: Folder of the raw files.
        products: product_id, category, list_cost.
        counts: location_id, product_id, count_date (close of that day), units.
        sales: location_id, product_id, sale_date, units, revenue.
        lines: location_id, product_id, vendor_id, po_id, ordered_date,
            received_date, units, unit_cost.
        invoices: po_id, vendor_id, invoice_date, amount, freight.
        as_of: Last day that may be looked at.
    """

    folder: Path
    products: pd.DataFrame
    counts: pd.DataFrame
    sales: pd.DataFrame
    lines: pd.DataFrame
    invoices: pd.DataFrame
    as_of: pd.Timestamp

    @cached_property
    def receipts(self) -> pd.DataFrame:
        """Lines received up to the as-of date."""
        return self.lines[self.lines["received_date"] <= self.as_of]

    @cached_property
    def open_lines(self) -> pd.DataFrame:
        """Lines ordered up to the as-of date and received later, or never yet."""
        is_ordered = self.lines["ordered_date"] <= self.as_of
        is_received = self.lines["received_date"] <= self.as_of
        return self.lines[is_ordered & ~is_received]

    def order_unit_cost(self, quantity: pd.Series) -> pd.Series:
        """Price that orders of such sizes earn, on all their units."""
        products = quantity.index.get_level_values("product_id")
        cost = pd.Series(products.map(self.unit_cost), quantity.index, dtype=float)
        breaks = read_csv(
            self.folder,
            "price_breaks",
            {"product_id": "product_id", "min_units": "min", "unit_cost": "cost"},
        )
        for row in breaks.sort_values("min").itertuples():
            cost[(products == str(row.product_id)) & (quantity >= row.min)] = row.cost
        return cost

    @cached_property
    def unit_cost(self) -> pd.Series:
        """Price of the last receipt, by product; the price list's where none was."""
        latest = self.receipts.sort_values(
            ["received_date", "ordered_date", "po_id"], key=_as_numbers
        )
        latest = latest.groupby("product_id")["unit_cost"].last()
        listed = self.products.set_index("product_id")["list_cost"]
        return latest.reindex(listed.index.union(latest.index)).fillna(listed)

    @cached_property
    def ledger(self) -> pd.DataFrame:
        """One row per pair and day after its first count, played day by day."""
        sold = self.sales.groupby([*PAIR, "sale_date"])["units"].sum()
        received = self.receipts.groupby([*PAIR, "received_date"])["units"].sum()
        counted = self.counts[self.counts["count_date"] <= self.as_of]
        counted = counted.set_index([*PAIR, "count_date"])["units"]
        rows = []
        for pair, counts in counted.groupby(level=PAIR):
            day = counts.index.get_level_values("count_date").min()
            closing = float(counts[(*pair, day)])
            while day < self.as_of:
                day += DAY
                opening = closing
                came = float(received.get((*pair, day), 0))
                went = float(sold.get((*pair, day), 0))
                book = opening + came - went
                closing = float(counts.get((*pair, day), book))
                rows.append((*pair, day, opening, came, went, closing - book, closing))
        return pd.DataFrame(
            rows,
            columns=[
                *PAIR,
                "stock_date",
                "opening_units",
                "received_units",
                "sold_units",
                "adjusted_units",
                "closing_units",
            ],
        )

    @cached_property
    def stockouts(self) -> pd.DataFrame:
        """Days of the ledger that closed without stock, once the product was there."""
        starts = self.observed.groupby(PAIR)["day"].min().rename("start")
        days = self.ledger.merge(starts.reset_index(), on=PAIR)
        is_out = (days["closing_units"] <= 0) & (days["stock_date"] >= days["start"])
        return days.loc[is_out, [*PAIR, "stock_date"]]

    @cached_property
    def performance(self) -> pd.DataFrame:
        """By pair: what was sold, earned and held over the days of the ledger."""
        days = self.ledger.merge(self.revenue, on=[*PAIR, "stock_date"], how="left")
        summed = days.groupby(PAIR).agg(
            ledger_days=("stock_date", "size"),
            sold_units=("sold_units", "sum"),
            revenue=("revenue", "sum"),
            average_inventory_units=("closing_units", "mean"),
        )
        cost = summed.index.get_level_values("product_id").map(self.unit_cost)
        summed["unit_cost"] = cost
        summed["cogs"] = summed["sold_units"] * cost
        summed["gross_margin"] = summed["revenue"] - summed["cogs"]
        value = summed["average_inventory_units"] * cost
        summed["average_inventory_value"] = value
        has_stock = value > 0
        per_year = YEAR / summed["ledger_days"]
        summed["inventory_turnover"] = (summed["cogs"] * per_year / value).where(
            has_stock
        )
        summed["days_on_hand"] = (
            value * summed["ledger_days"] / summed["cogs"].where(summed["cogs"] != 0)
        ).where(has_stock)
        summed["holding_cost"] = value * HOLDING_RATE_PER_YEAR / per_year
        summed["gmroi"] = (summed["gross_margin"] * per_year / value).where(has_stock)
        return summed

    @cached_property
    def revenue(self) -> pd.DataFrame:
        """Revenue by pair and day."""
        summed = self.sales.groupby([*PAIR, "sale_date"])["revenue"].sum()
        return summed.rename_axis([*PAIR, "stock_date"]).reset_index()

    @cached_property
    def observed(self) -> pd.DataFrame:
        """By pair and day since its first life sign: sales, and what cut them."""
        found = self.counts[self.counts["units"] > 0]
        signs = pd.concat(
            [
                found[PAIR].assign(day=found["count_date"] + DAY),
                self.sales[PAIR].assign(day=self.sales["sale_date"]),
                self.receipts[PAIR].assign(day=self.receipts["received_date"]),
            ]
        )
        signs = signs[signs["day"] <= self.as_of + DAY]
        first = signs.groupby(PAIR)["day"].min()
        days = pd.concat(
            [
                pd.DataFrame({"day": pd.date_range(start, self.as_of)}).assign(
                    location_id=pair[0], product_id=pair[1]
                )
                for pair, start in first.items()
            ]
        )
        sold = self.sales.groupby([*PAIR, "sale_date"])["units"].sum()
        days["sold"] = sold.reindex(
            pd.MultiIndex.from_frame(days[[*PAIR, "day"]]), fill_value=0
        ).to_numpy(dtype=float)
        stock = self.ledger.rename(columns={"stock_date": "day"})
        days = days.merge(stock.drop(columns="sold_units"), "left", [*PAIR, "day"])
        sellable = days["opening_units"] + days["received_units"]
        days["is_empty"] = (days["sold"] <= 0) & (sellable <= 0)
        days["is_sold_out"] = (days["sold"] > 0) & (days["closing_units"] <= 0)
        category = self.products.set_index("product_id")["category"]
        days["category"] = days["product_id"].map(category)
        return days.sort_values([*PAIR, "day"], ignore_index=True)

    @cached_property
    def demand(self) -> pd.DataFrame:
        """`observed` with the demand there would have been with stock enough."""
        days = self.observed.copy()
        is_open = ~days["is_empty"] & ~days["is_sold_out"]
        shop = days[is_open].groupby(["category", "day"])["sold"].agg(["sum", "size"])
        keys = days[["category", "day"]].drop_duplicates()
        index = [_weekday_index(shop, *key) for key in keys.itertuples(index=False)]
        days = days.merge(keys.assign(index=index), on=["category", "day"])
        pairs = [_unconstrained(pair) for _, pair in days.groupby(PAIR)]
        return pd.concat(pairs).sort_values([*PAIR, "day"], ignore_index=True)

    @cached_property
    def annual_demand(self) -> pd.Series:
        """Units a year by pair, at the rate of the known of the last 365 days.

        Where less than half of the days are known, they are not scaled to the others.
        """
        recent = self.demand[self.demand["day"] > self.as_of - YEAR * DAY]
        units = recent.groupby(PAIR)["unconstrained"].agg(["sum", "count", "size"])
        is_known = 2 * units["count"] >= units["size"]
        days = units["count"].where(is_known, units["size"])
        return units["sum"].clip(lower=0) * YEAR / days

    @cached_property
    def order_cost(self) -> pd.Series:
        """Cost of an order line by vendor: handling, and freight by value."""
        lines = self.lines[self.lines["ordered_date"] <= self.as_of]
        value = (lines["units"] * lines["unit_cost"]).groupby(
            [lines[name] for name in ("po_id", "vendor_id", *PAIR)]
        )
        value = value.sum().rename("value").reset_index()
        known = self.invoices[self.invoices["invoice_date"] <= self.as_of]
        billed = known.groupby(["po_id", "vendor_id"])[["amount", "freight"]].sum()
        value = value.merge(billed.reset_index(), "left", ["po_id", "vendor_id"])
        value["freight"] *= value["value"] / value["amount"]
        return HANDLING_COST_PER_LINE + value.groupby("vendor_id")[
            "freight"
        ].mean().fillna(0)

    @cached_property
    def abc_class(self) -> pd.Series:
        """Class by pair: share of its location's value before the item."""
        value = self.annual_demand * self.annual_demand.index.get_level_values(
            "product_id"
        ).map(self.unit_cost)
        classes = {}
        for _, items in value.groupby(level="location_id"):
            before = 0.0
            for pair, worth in items.sort_values(ascending=False).items():
                share = before / items.sum()
                a_cut, b_cut = ABC_CUTS
                classes[pair] = "A" if share < a_cut else "B" if share < b_cut else "C"
                if worth <= 0:
                    classes[pair] = "C"
                before += worth
        return pd.Series(classes).rename_axis(PAIR)

    @cached_property
    def lead_times(self) -> pd.DataFrame:
        """Days from order to receipt by vendor, over receipt lines."""
        days = (self.receipts["received_date"] - self.receipts["ordered_date"]) / DAY
        grouped = days.groupby(self.receipts["vendor_id"])
        return pd.DataFrame(
            {
                "n_receipt_lines": grouped.size(),
                "lead_time_mean_days": grouped.mean(),
                "lead_time_sd_days": grouped.std(ddof=1),
                "lead_time_p50_days": grouped.quantile(0.5),
                "lead_time_p90_days": grouped.quantile(0.9),
            }
        )


def six_files(folder: Path, as_of: str | None = None) -> Facts:
    """Read a chain in the six-file format, up to its last sale unless told."""
    products = read_csv(
        folder,
        "2017PurchasePricesDec",
        {
            "Brand": "product_id",
            "Classification": "category",
            "PurchasePrice": "list_cost",
        },
    )
    products["list_cost"] = products["list_cost"].where(products["list_cost"] > 0)
    sales = read_csv(
        folder,
        "SalesFINAL12312016",
        {
            "Store": "location_id",
            "Brand": "product_id",
            "SalesDate": "sale_date",
            "SalesQuantity": "units",
            "SalesDollars": "revenue",
        },
    )
    lines = read_csv(
        folder,
        "PurchasesFINAL12312016",
        {
            "Store": "location_id",
            "Brand": "product_id",
            "VendorNumber": "vendor_id",
            "PONumber": "po_id",
            "PODate": "ordered_date",
            "ReceivingDate": "received_date",
            "Quantity": "units",
            "PurchasePrice": "unit_cost",
        },
    )
    invoices = read_csv(
        folder,
        "InvoicePurchases12312016",
        {
            "PONumber": "po_id",
            "VendorNumber": "vendor_id",
            "InvoiceDate": "invoice_date",
            "Dollars": "amount",
            "Freight": "freight",
        },
    )
    opening, closing = (
        read_csv(
            folder,
            f"{stem}FINAL12312016",
            {
                "Store": "location_id",
                "Brand": "product_id",
                date: "count_date",
                "onHand": "units",
            },
        )
        for stem, date in (("BegInv", "startDate"), ("EndInv", "endDate"))
    )
    # The opening of a day is the close of the day before.
    opening["count_date"] -= DAY
    as_of = pd.Timestamp(as_of) if as_of else sales["sale_date"].max()
    sales = sales[sales["sale_date"] <= as_of]
    ordered = lines[lines["ordered_date"] <= as_of]
    # A store that was counted had none of what was not on the list.
    handled = pd.concat([sales[PAIR], ordered[PAIR]]).drop_duplicates()
    starts = opening[["location_id", "count_date"]].drop_duplicates()
    listed = pd.MultiIndex.from_frame(opening[PAIR])
    missing = handled[~pd.MultiIndex.from_frame(handled).isin(listed)]
    implied = missing.merge(starts, on="location_id").assign(units=0)
    return Facts(
        folder=folder,
        products=products,
        counts=pd.concat([opening, implied, closing], ignore_index=True),
        sales=sales,
        lines=lines,
        invoices=invoices,
        as_of=as_of,
    )


def _as_numbers(column: pd.Series) -> pd.Series:
    return column.astype(int) if column.name == "po_id" else column


def _weekday_index(shop: pd.DataFrame, category: str, day: pd.Timestamp) -> float:
    """Sales of a day's weekday relative to all days, over the half year before."""
    if category not in shop.index:
        return 1.0
    past = shop.loc[category]
    past = past[(past.index >= day - INDEX_WINDOW) & (past.index < day)]
    same = past[past.index.weekday == day.weekday()].sum()
    every = past.sum()
    if not same["size"] or not every["sum"]:
        return 1.0
    return (same["sum"] / same["size"]) / (every["sum"] / every["size"])


def _unconstrained(pair: pd.DataFrame) -> pd.DataFrame:
    """Demand of one pair's days, `unconstrained`; NaN where it is unknown."""
    pair = pair.sort_values("day").reset_index(drop=True)
    stocked, sold = ~pair["is_empty"], pair["sold"].astype(float)

    def summed(column: pd.Series, first: pd.Timestamp, last: int) -> float:
        inside = (pair["day"] >= first) & (pair.index <= last) & stocked
        return column[inside].sum()

    units = sold
    for _ in range(2):
        expected = pd.Series(np.nan, index=pair.index)
        for place, day in pair["day"].items():
            index = summed(pair["index"], day - RATE_WINDOW, place - 1)
            if index > 0:
                rate = summed(units, day - RATE_WINDOW, place - 1) / index
                expected[place] = rate * pair["index"][place]
        cut = np.maximum(sold, _mean_at_least(expected, sold))
        units = sold.where(~pair["is_sold_out"], cut.fillna(sold))
    known = units.where(stocked)
    for _, outage in pair[pair["is_empty"]].groupby(stocked.cumsum()):
        before = outage.index[0] - 1
        if before < 0 or len(outage) > LONGEST_OUTAGE_DAYS:
            continue
        first = pair["day"][before] - RATE_WINDOW + DAY
        total = summed(units, first, before)
        if pair["is_sold_out"][before]:
            total = max(total - 1, 0.1)
        rate = max(total, 0) / summed(pair["index"], first, before)
        known[outage.index] = rate * pair["index"][outage.index]
    return pair.assign(unconstrained=known)


def _mean_at_least(expected: pd.Series, sold: pd.Series) -> pd.Series:
    """Mean of a normal demand with variance equal to its mean, given it reached sold.

    A unit is half a unit wide on either side; five deviations out the mean of the
    tail is its edge. At least one unit of Poisson demand has a mean of its own.
    """
    deviation = np.sqrt(expected.where(expected > 0))
    edge = (sold - 0.5 - expected) / deviation
    tail = expected + deviation * stats.norm.pdf(edge) / stats.norm.sf(edge)
    tail = tail.where(edge <= 5, sold).fillna(expected)
    return tail.where(sold != 1, -expected / np.expm1(-expected))
