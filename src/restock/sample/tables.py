"""A simulated chain as Arrow tables, in the six-file and in the generic format."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute

from restock.sample import catalogue, environment
from restock.sample.catalogue import CATEGORIES, REGIONS
from restock.sample.commerce import Promotions
from restock.sample.simulation import FORECAST_DAYS, Chain, StoreHistory
from restock.sample.streams import Purpose, stream

PRICE_LIST = "2017PurchasePricesDec"
OPENING_COUNT = "BegInvFINAL12312016"
CLOSING_COUNT = "EndInvFINAL12312016"
PURCHASES = "PurchasesFINAL12312016"
INVOICES = "InvoicePurchases12312016"
SALES = "SalesFINAL12312016"
BIBITOR_TABLES = (PRICE_LIST, OPENING_COUNT, CLOSING_COUNT, PURCHASES, INVOICES, SALES)
OPTIONAL_TABLES = ("promotions", "price_breaks", "signals")
GENERIC_TABLES = (
    "products",
    "locations",
    "vendors",
    "sales",
    "stock_counts",
    "purchase_order_lines",
    "invoices",
    *OPTIONAL_TABLES,
)
ORDERS_PER_STORE = 1_000_000
VENDOR_NAME_WIDTH = 27
DEPOSIT_CENTS = 5
CYCLE_COUNT_DAYS = 182
# Units from which a break applies, in days of a store's mean demand, and its discount.
BREAK_TIERS = ((45, 0.03), (90, 0.06))
DISPLAY_STAND_NUMBER = 999

_Ints = npt.NDArray[np.int64]


def _texts(values: tuple[str, ...] | list[str], index: npt.NDArray) -> pa.Array:
    return pa.array(values, pa.string()).take(pa.array(index))


def _ids(numbers: npt.NDArray) -> list[str]:
    return [str(number) for number in numbers]


def _dates(chain: Chain, days: npt.NDArray) -> pa.Array:
    """Turn days since the start into dates."""
    first = np.datetime64(chain.start_date, "D")
    return pa.array(first + np.asarray(days, dtype=np.int64))


def _money(cents: npt.NDArray) -> pa.Array:
    return pa.array(np.asarray(cents) / 100.0)


def _vendor_names(chain: Chain) -> list[str]:
    """Return vendor names padded with blanks, as the case study exports them."""
    return [name.ljust(VENDOR_NAME_WIDTH) for name in chain.vendors.name]


def _inventory_ids(chain: Chain, store: int) -> list[str]:
    city = catalogue.city(store)
    return [f"{store}_{city}_{number}" for number in chain.products.number]


def _sold_cents(chain: Chain, history: StoreHistory) -> _Ints:
    """Return the price paid on each day. Cents, shape (products, days)."""
    days = chain.played_days
    price = chain.prices.price_cents[:, :days]
    paid = price * (1.0 - history.discount_rate[:, :days])
    return np.round(paid).astype(np.int64)


def price_list(chain: Chain) -> pa.Table:
    """Make the price list of the day of the closing count, in the six-file format.

    One row, a display stand that is never stocked, has no price.

    Args:
        chain: The chain.

    Returns:
        One row per product, and the display stand.
    """
    products, last = chain.products, chain.played_days - 1
    names = _vendor_names(chain)
    stand = (
        [DISPLAY_STAND_NUMBER],
        ["Store Display Stand"],
        [0.0],
        ["Unknown"],
        ["Unknown"],
        [CATEGORIES[0]],
        [0.0],
        [int(chain.vendors.number[0])],
        [names[0]],
    )
    columns = (
        products.number.tolist(),
        list(products.description),
        (chain.prices.price_cents[:, last] / 100.0).tolist(),
        list(products.size),
        list(products.volume),
        [CATEGORIES[c] for c in products.category],
        (chain.prices.cost_cents[:, last] / 100.0).tolist(),
        chain.vendors.number[products.vendor].tolist(),
        [names[v] for v in products.vendor],
    )
    header = (
        "Brand",
        "Description",
        "Price",
        "Size",
        "Volume",
        "Classification",
        "PurchasePrice",
        "VendorNumber",
        "VendorName",
    )
    merged = (one + two for one, two in zip(stand, columns, strict=True))
    return pa.table(dict(zip(header, merged, strict=True)))


def bibitor_counts(
    chain: Chain, history: StoreHistory, *, is_closing: bool
) -> pa.Table:
    """Make a store's opening or closing count, in the six-file format.

    Args:
        chain: The chain.
        history: What happened in the store.
        is_closing: The count at the close of the last played day, not that at the
            opening of the first.

    Returns:
        One row per product that the store lists; nothing for products that are not
        yet introduced or are sold out and discontinued.
    """
    products = chain.products
    day = chain.played_days - 1 if is_closing else 0
    if is_closing:
        units = history.closing_units[day].astype(np.int64)
        row = np.flatnonzero(history.is_listed[day] | (units > 0))
    else:
        units = history.opening_units
        row = np.flatnonzero(history.is_carried & (products.introduced_day == 0))
    store = np.full(len(row), history.store)
    city = catalogue.city(history.store)
    return pa.table(
        {
            "InventoryId": _texts(_inventory_ids(chain, history.store), row),
            "Store": store,
            "City": pa.array([city or None] * len(row), pa.string()),
            "Brand": products.number[row],
            "Description": _texts(products.description, row),
            "Size": _texts(products.size, row),
            "onHand": units[row],
            "Price": _money(chain.prices.price_cents[row, day]),
            "endDate" if is_closing else "startDate": _dates(
                chain, np.full(len(row), day)
            ),
        }
    )


def bibitor_sales(chain: Chain, history: StoreHistory) -> pa.Table:
    """Make a store's sales lines, in the six-file format.

    Args:
        chain: The chain.
        history: What happened in the store.

    Returns:
        One row per product and day with sales within the sales window.
    """
    products = chain.products
    units_by_product = history.sold_units[: chain.days].T
    row, day = np.nonzero(units_by_product)
    units = units_by_product[row, day].astype(np.int64)
    cents = _sold_cents(chain, history)[row, day]
    is_liquid = np.array([size.endswith(("L", "+ 2/")) for size in products.size])
    names = _vendor_names(chain)
    return pa.table(
        {
            "InventoryId": _texts(_inventory_ids(chain, history.store), row),
            "Store": np.full(len(row), history.store),
            "Brand": products.number[row],
            "Description": _texts(products.description, row),
            "Size": _texts(products.size, row),
            "SalesQuantity": units,
            "SalesDollars": _money(units * cents),
            "SalesPrice": _money(cents),
            "SalesDate": _dates(chain, day),
            "Volume": _texts(products.volume, row),
            "Classification": _texts(CATEGORIES, products.category[row]),
            "ExciseTax": _money(DEPOSIT_CENTS * units * is_liquid[row]),
            "VendorNo": chain.vendors.number[products.vendor[row]],
            "VendorName": _texts(names, products.vendor[row]),
        }
    )


def _invoice_days(
    chain: Chain, history: StoreHistory
) -> tuple[_Ints, _Ints, npt.NDArray[np.float64]]:
    """Return, per order of a store, the days of invoice and payment, and freight.

    Freight is a factor on the vendor's usual rate. The first entry belongs to no
    order, so that an order's number is its index.
    """
    lines = history.lines
    orders = int(lines.order.max(initial=0)) + 1
    draws = stream(chain.seed, Purpose.INVOICE, history.store).random((orders, 3))
    last = np.full(orders, -1)
    np.maximum.at(last, lines.order, lines.received_day)
    invoiced = last + 1 + np.floor(6 * draws[:, 0]).astype(np.int64)
    paid = invoiced + 30 + np.floor(15 * draws[:, 1]).astype(np.int64)
    return invoiced, paid, 0.8 + 0.4 * draws[:, 2]


def bibitor_purchases(chain: Chain, history: StoreHistory) -> pa.Table:
    """Make a store's receipts, in the six-file format.

    Args:
        chain: The chain.
        history: What happened in the store.

    Returns:
        One row per delivery of an order line, in order of receipt; cancelled lines
        are absent. Receipts run on after the sales window.
    """
    products, lines = chain.products, history.lines
    kept = np.flatnonzero(~lines.is_cancelled)
    kept = kept[np.argsort(lines.received_day[kept], kind="stable")]
    product, order = lines.product[kept], lines.order[kept]
    vendor = products.vendor[product]
    invoiced, paid, _ = _invoice_days(chain, history)
    units, cents = lines.received_units[kept], lines.cost_cents[kept]
    return pa.table(
        {
            "InventoryId": _texts(_inventory_ids(chain, history.store), product),
            "Store": np.full(len(kept), history.store),
            "Brand": products.number[product],
            "Description": _texts(products.description, product),
            "Size": _texts(products.size, product),
            "VendorNumber": chain.vendors.number[vendor],
            "VendorName": _texts(_vendor_names(chain), vendor),
            "PONumber": history.store * ORDERS_PER_STORE + order,
            "PODate": _dates(chain, lines.ordered_day[kept]),
            "ReceivingDate": _dates(chain, lines.received_day[kept]),
            "InvoiceDate": _dates(chain, invoiced[order]),
            "PayDate": _dates(chain, paid[order]),
            "PurchasePrice": _money(cents),
            "Quantity": units,
            "Dollars": _money(units * cents),
            "Classification": _texts(CATEGORIES, products.category[product]),
        }
    )


def _orders(chain: Chain, history: StoreHistory) -> dict[str, npt.NDArray]:
    """Add up the deliveries of each order that was invoiced."""
    lines = history.lines
    kept = ~lines.is_cancelled
    order, first = np.unique(lines.order[kept], return_index=True)
    vendor = chain.products.vendor[lines.product[kept][first]]
    invoiced, paid, freight = _invoice_days(chain, history)
    size = int(lines.order.max(initial=0)) + 1
    units = np.zeros(size, dtype=np.int64)
    cents = np.zeros(size, dtype=np.int64)
    np.add.at(units, lines.order[kept], lines.received_units[kept])
    np.add.at(cents, lines.order[kept], (lines.received_units * lines.cost_cents)[kept])
    rate = chain.vendors.freight_rate[vendor] * freight[order]
    return {
        "po": history.store * ORDERS_PER_STORE + order,
        "vendor": vendor,
        "ordered_day": lines.ordered_day[kept][first],
        "invoiced_day": invoiced[order],
        "paid_day": paid[order],
        "units": units[order],
        "cents": cents[order],
        "freight_cents": np.round(rate * cents[order]),
    }


def bibitor_invoices(chain: Chain, history: StoreHistory) -> pa.Table:
    """Make a store's invoices, in the six-file format.

    Args:
        chain: The chain.
        history: What happened in the store.

    Returns:
        One row per order of which anything was delivered.
    """
    orders = _orders(chain, history)
    is_approved = orders["cents"] > 150_000
    return pa.table(
        {
            "VendorNumber": chain.vendors.number[orders["vendor"]],
            "VendorName": _texts(_vendor_names(chain), orders["vendor"]),
            "InvoiceDate": _dates(chain, orders["invoiced_day"]),
            "PONumber": orders["po"],
            "PODate": _dates(chain, orders["ordered_day"]),
            "PayDate": _dates(chain, orders["paid_day"]),
            "Quantity": orders["units"],
            "Dollars": _money(orders["cents"]),
            "Freight": _money(orders["freight_cents"]),
            "Approval": _texts(["None", "Robin Marlowe"], is_approved.astype(int)),
        }
    )


def generic_products(chain: Chain) -> pa.Table:
    """Make the table of products, with the prices of the last day.

    Args:
        chain: The chain.

    Returns:
        One row per product.
    """
    products, last = chain.products, chain.played_days - 1
    shelf = [int(days) or None for days in products.shelf_life_days]
    return pa.table(
        {
            "product_id": _ids(products.number),
            "description": list(products.description),
            "vendor_id": _ids(chain.vendors.number[products.vendor]),
            "unit_cost": _money(chain.prices.cost_cents[:, last]),
            "unit_price": _money(chain.prices.price_cents[:, last]),
            "category": [CATEGORIES[c] for c in products.category],
            "pack_size_units": products.pack_units,
            "min_order_units": products.pack_units,
            "shelf_life_days": pa.array(shelf, pa.int64()),
        }
    )


def generic_locations(stores: int) -> pa.Table:
    """Make the table of stores.

    Args:
        stores: Number of stores.

    Returns:
        One row per store.
    """
    numbers = range(1, stores + 1)
    return pa.table(
        {
            "location_id": [str(store) for store in numbers],
            "location_name": [
                f"{catalogue.city(store).title() or 'Store'} {store}"
                for store in numbers
            ],
            "region": [REGIONS[catalogue.region(store)] for store in numbers],
        }
    )


def generic_vendors(chain: Chain) -> pa.Table:
    """Make the table of vendors, with the lead times that they promise.

    Args:
        chain: The chain.

    Returns:
        One row per vendor.
    """
    vendors = chain.vendors
    return pa.table(
        {
            "vendor_id": _ids(vendors.number),
            "vendor_name": list(vendors.name),
            "lead_time_days": np.ceil(vendors.lead_time_days).astype(np.int64),
            "review_days": vendors.review_days,
            "min_order_value": vendors.min_order_value,
            "order_cost": vendors.order_cost,
        }
    )


def generic_sales(chain: Chain, history: StoreHistory) -> pa.Table:
    """Make a store's sales, in the generic format.

    Args:
        chain: The chain.
        history: What happened in the store.

    Returns:
        One row per product and day with sales within the sales window.
    """
    units_by_product = history.sold_units[: chain.days].T
    row, day = np.nonzero(units_by_product)
    units = units_by_product[row, day].astype(np.int64)
    cents = _sold_cents(chain, history)[row, day]
    return pa.table(
        {
            "location_id": _texts([str(history.store)], np.zeros(len(row), dtype=int)),
            "product_id": _texts(_ids(chain.products.number), row),
            "sale_date": _dates(chain, day),
            "units": units,
            "revenue": _money(units * cents),
        }
    )


def generic_stock_counts(chain: Chain, history: StoreHistory) -> pa.Table:
    """Make a store's counts, in the generic format.

    Products are counted at the close of the day before the first, every half year
    and at the end. A new product is counted, at zero, on the eve of its launch.

    Args:
        chain: The chain.
        history: What happened in the store.

    Returns:
        One row per product and count.
    """
    products, last = chain.products, chain.played_days - 1
    starts = np.flatnonzero(history.is_carried & (products.introduced_day == 0))
    launches = np.flatnonzero(history.is_carried & (products.introduced_day > 0))
    parts = [
        (starts, np.full(len(starts), -1), history.opening_units[starts]),
        (
            launches,
            products.introduced_day[launches] - 1,
            np.zeros(len(launches), dtype=np.int64),
        ),
    ]
    for day in sorted({*range(CYCLE_COUNT_DAYS - 1, last, CYCLE_COUNT_DAYS), last}):
        row = np.flatnonzero(history.is_listed[day] | (history.closing_units[day] > 0))
        parts.append((row, np.full(len(row), day), history.closing_units[day, row]))
    row, day, units = (np.concatenate(part) for part in zip(*parts, strict=True))
    rank = np.lexsort((day, row))
    return pa.table(
        {
            "location_id": _texts([str(history.store)], np.zeros(len(row), dtype=int)),
            "product_id": _texts(_ids(products.number), row[rank]),
            "count_date": _dates(chain, day[rank]),
            "units": units[rank].astype(np.int64),
        }
    )


def generic_purchase_order_lines(chain: Chain, history: StoreHistory) -> pa.Table:
    """Make a store's order lines as they stood on the day of the closing count.

    Args:
        chain: The chain.
        history: What happened in the store.

    Returns:
        One row per delivery of an order line. A line that is cancelled, or still
        open on that day, has no receipt.
    """
    products, lines = chain.products, history.lines
    is_here = ~lines.is_cancelled & (lines.received_day < chain.played_days)
    missing = pa.array(~is_here)
    received_date = _dates(chain, lines.received_day)
    count = len(lines.order)
    return pa.table(
        {
            "po_id": _texts(
                _ids(history.store * ORDERS_PER_STORE + lines.order), np.arange(count)
            ),
            "vendor_id": _texts(
                _ids(chain.vendors.number), products.vendor[lines.product]
            ),
            "location_id": _texts([str(history.store)], np.zeros(count, dtype=int)),
            "product_id": _texts(_ids(products.number), lines.product),
            "ordered_date": _dates(chain, lines.ordered_day),
            "units": lines.ordered_units,
            "unit_cost": _money(lines.cost_cents),
            "expected_date": _dates(chain, lines.expected_day),
            "received_date": pa.compute.if_else(missing, None, received_date),
            "received_units": pa.array(lines.received_units, mask=~is_here),
            "is_cancelled": lines.is_cancelled,
        }
    )


def generic_invoices(chain: Chain, history: StoreHistory) -> pa.Table:
    """Make a store's invoices up to the day of the closing count.

    Args:
        chain: The chain.
        history: What happened in the store.

    Returns:
        One row per invoiced order.
    """
    orders = _orders(chain, history)
    kept = orders["invoiced_day"] < chain.played_days
    orders = {name: values[kept] for name, values in orders.items()}
    return pa.table(
        {
            "po_id": pa.array(_ids(orders["po"]), pa.string()),
            "vendor_id": _texts(_ids(chain.vendors.number), orders["vendor"]),
            "invoice_date": _dates(chain, orders["invoiced_day"]),
            "units": orders["units"],
            "amount": _money(orders["cents"]),
            "freight": _money(orders["freight_cents"]),
        }
    )


def promotions(chain: Chain, found: Promotions, store: int | None) -> pa.Table:
    """Make the table of promotions, planned ones included.

    Args:
        chain: The chain.
        found: Promotions of all stores, or of one.
        store: Number of the store, none for promotions of all stores.

    Returns:
        One row per promotion; the last day is included.
    """
    location = None if store is None else str(store)
    return pa.table(
        {
            "product_id": _texts(_ids(chain.products.number), found.product),
            "start_date": _dates(chain, found.first_day),
            "end_date": _dates(chain, found.last_day),
            "discount_rate": found.discount_rate,
            "location_id": pa.array([location] * len(found.product), pa.string()),
        }
    )


def price_breaks(chain: Chain) -> pa.Table:
    """Make the quantity discounts that are offered from the last day on.

    Args:
        chain: The chain.

    Returns:
        One row per product with breaks and tier, in whole packs.
    """
    products, last = chain.products, chain.played_days - 1
    row = np.repeat(np.flatnonzero(products.has_price_break), len(BREAK_TIERS))
    tiers = np.tile(np.array(BREAK_TIERS), (len(row) // len(BREAK_TIERS), 1))
    pack = products.pack_units[row]
    cost = chain.prices.cost_cents[row, last] * (1.0 - tiers[:, 1])
    packs = np.ceil(tiers[:, 0] * products.units_per_day[row] / pack)
    # Tiers of a slow product would fall on the same pack.
    packs = np.maximum(packs, 2.0 + np.tile(np.arange(len(BREAK_TIERS)), len(row) // 2))
    return pa.table(
        {
            "product_id": _texts(_ids(products.number), row),
            "vendor_id": _texts(_ids(chain.vendors.number), products.vendor[row]),
            "min_units": packs.astype(np.int64) * pack,
            "unit_cost": _money(np.round(cost)),
        }
    )


def macro_signals(chain: Chain) -> pa.Table:
    """Make the signal of the chain: the consumer index published until the last day.

    Args:
        chain: The chain.

    Returns:
        One row per month, without a location.
    """
    last = chain.calendar.dates[chain.days - 1]
    kept = chain.macro_dates <= last
    count = int(kept.sum())
    return pa.table(
        {
            "signal": pa.array(["macro_index"] * count, pa.string()),
            "signal_date": pa.array(chain.macro_dates[kept]),
            "value": chain.macro_values[kept],
            "location_id": pa.nulls(count, pa.string()),
        }
    )


def weather_signals(chain: Chain, history: StoreHistory) -> pa.Table:
    """Make a store's weather: as it was until the last sale, then a forecast.

    The forecast loses itself in the climate: its error grows with the horizon.

    Args:
        chain: The chain.
        history: What happened in the store.

    Returns:
        One row per signal and day, three weeks of forecast included.
    """
    days, total = chain.days, chain.days + FORECAST_DAYS
    ahead = np.arange(1, FORECAST_DAYS + 1)
    skill = np.exp(-ahead / 8.0)
    usual = environment.climate_c(chain.calendar.year_angle[days:total])
    usual = usual + 1.5 * catalogue.region(history.store)
    noise = stream(chain.seed, Purpose.FORECAST, history.store).standard_normal(
        FORECAST_DAYS
    )
    temperature = history.weather.temperature_c[:total].copy()
    temperature[days:] = usual + skill * (temperature[days:] - usual + 0.5 * noise)
    rain = history.weather.rain_mm[:total].copy()
    rain[days:] = skill * rain[days:] + (1.0 - skill) * rain[:days].mean()
    return pa.table(
        {
            "signal": pa.array(
                ["temperature_c"] * total + ["rain_mm"] * total, pa.string()
            ),
            "signal_date": _dates(chain, np.tile(np.arange(total), 2)),
            "value": np.round(np.concatenate([temperature, rain]), 1),
            "location_id": pa.array([str(history.store)] * (2 * total), pa.string()),
        }
    )


def true_demand(chain: Chain, history: StoreHistory) -> pa.Table:
    """Make a store's demand before stock-outs, which no retailer can see.

    Args:
        chain: The chain.
        history: What happened in the store.

    Returns:
        One row per product and day on which the store lists the product, zeros
        included, within the sales window.
    """
    row, day = np.nonzero(history.is_listed[: chain.days].T)
    return pa.table(
        {
            "location_id": _texts([str(history.store)], np.zeros(len(row), dtype=int)),
            "product_id": _texts(_ids(chain.products.number), row),
            "date": _dates(chain, day),
            "demand_units": history.demand_units[day, row].astype(np.int64),
        }
    )
