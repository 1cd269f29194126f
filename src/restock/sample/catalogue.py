"""Products, vendors and stores of the simulated chain, before any day is played."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from restock.sample.streams import Purpose, stream

CATEGORIES = ("Grocery", "Garden", "Outdoor", "Household", "Seasonal")
REGIONS = ("North", "Coast", "South")
PATTERNS = ("smooth", "erratic", "intermittent", "lumpy")

FIRST_PRODUCT_NUMBER = 1001
FIRST_VENDOR_NUMBER = 210
VENDOR_NUMBER_STEP = 35
STORE_WITHOUT_CITY = 4
PRODUCTS_PER_VENDOR = 25
NEVER = np.iinfo(np.int64).max

_Ints = npt.NDArray[np.int64]
_Floats = npt.NDArray[np.float64]


class Archetype(NamedTuple):
    """What makes a kind of product sell as it does.

    `units_per_day` is the mean over a year in a store of average size.
    `season_peak_day` is a day of the year; `season_strength` is the concentration of
    a von Mises curve, 0 for none. `heat` and `rain` are effects on the logarithm of
    demand. `promotion_rate` is the chance of a promotion in eight weeks.
    """

    name: str
    size: str
    volume: str
    unit_price: float
    units_per_day: float
    pattern: str
    pack_units: int
    season_strength: float
    season_peak_day: int
    heat: float
    rain: float
    promotion_rate: float
    shelf_life_days: int


# One row per category in turn, so that the first five products span the categories.
ARCHETYPES = (
    Archetype(
        "Whole Milk", "2L", "2000", 2.19, 21.0, "smooth", 12, 0, 1, 0, 0, 0.15, 14
    ),
    Archetype(
        "Potting Soil",
        "20L",
        "20000",
        9.99,
        4.5,
        "smooth",
        6,
        1,
        125,
        0.3,
        -0.3,
        0.5,
        0,
    ),
    Archetype(
        "Charcoal", "5kg", "5000", 8.49, 5.0, "smooth", 6, 0.4, 190, 0.7, -0.5, 0.5, 0
    ),
    Archetype(
        "Laundry Liquid", "1.5L", "1500", 8.99, 6.0, "smooth", 6, 0, 1, 0, 0, 0.6, 0
    ),
    Archetype(
        "Sunscreen",
        "200mL",
        "200",
        11.99,
        2.5,
        "smooth",
        6,
        0.4,
        185,
        0.9,
        -0.5,
        0.3,
        0,
    ),
    Archetype(
        "Sourdough Loaf", "800g", "800", 3.49, 13.0, "smooth", 8, 0, 1, 0, 0, 0.1, 5
    ),
    Archetype(
        "Tomato Seedling",
        "6 + 1/",
        "7",
        4.99,
        3.0,
        "erratic",
        6,
        2.2,
        135,
        0,
        0,
        0.3,
        21,
    ),
    Archetype(
        "Insect Repellent",
        "100mL",
        "100",
        6.99,
        2.2,
        "smooth",
        6,
        0.5,
        195,
        0.8,
        0.2,
        0.25,
        0,
    ),
    Archetype("Paper Towels", "6pk", "6", 6.49, 8.0, "smooth", 8, 0, 1, 0, 0, 0.6, 0),
    Archetype(
        "Ice Melt Salt",
        "10kg",
        "10000",
        7.99,
        2.0,
        "erratic",
        6,
        0.8,
        20,
        -1,
        0.3,
        0.1,
        0,
    ),
    Archetype(
        "Sparkling Water",
        "750mL + 2/",
        "750",
        1.79,
        11.0,
        "smooth",
        12,
        0,
        1,
        0.45,
        -0.1,
        0.5,
        0,
    ),
    Archetype(
        "Garden Hose",
        "15m",
        "15",
        24.99,
        0.7,
        "intermittent",
        2,
        0.6,
        170,
        0.5,
        -0.7,
        0.3,
        0,
    ),
    Archetype(
        "Gas Cartridge",
        "450g",
        "450",
        5.49,
        2.6,
        "erratic",
        12,
        0.6,
        200,
        0.3,
        -0.2,
        0.2,
        0,
    ),
    Archetype(
        "Umbrella", "Each", "Unknown", 12.99, 1.2, "erratic", 4, 0, 1, 0, 1.5, 0.1, 0
    ),
    Archetype(
        "String Lights", "10m", "10", 16.99, 1.1, "erratic", 4, 2.4, 340, 0, 0, 0.3, 0
    ),
    Archetype(
        "Ice Cream Tub", "1L", "1000", 4.99, 7.5, "smooth", 6, 0, 1, 0.8, -0.3, 0.5, 180
    ),
    Archetype(
        "Slug Pellets",
        "500g",
        "500",
        5.99,
        1.6,
        "erratic",
        6,
        1,
        140,
        0.1,
        1.1,
        0.15,
        0,
    ),
    Archetype(
        "Folding Chair",
        "Each",
        "Unknown",
        29.99,
        0.6,
        "intermittent",
        2,
        1,
        185,
        0.3,
        0,
        0.4,
        0,
    ),
    Archetype(
        "Batteries AA", "8pk", "8", 7.99, 3.8, "smooth", 10, 0.2, 355, 0, 0, 0.35, 0
    ),
    Archetype("Gift Wrap", "5m", "5", 3.99, 2.0, "erratic", 12, 2.6, 345, 0, 0, 0.3, 0),
    Archetype(
        "Ground Coffee", "500g", "500", 7.99, 6.5, "smooth", 6, 0, 1, -0.1, 0, 0.55, 270
    ),
    Archetype(
        "Lawn Fertiliser",
        "5kg",
        "5000",
        18.99,
        1.1,
        "erratic",
        4,
        1.6,
        110,
        0,
        0.3,
        0.4,
        0,
    ),
    Archetype(
        "Cooler Box",
        "24L",
        "24000",
        39.99,
        0.35,
        "intermittent",
        1,
        1,
        190,
        0.6,
        0,
        0.3,
        0,
    ),
    Archetype(
        "Light Bulbs", "4pk", "4", 9.49, 2.4, "erratic", 6, 0.3, 350, 0, 0, 0.25, 0
    ),
    Archetype(
        "Firelighters",
        "48pk",
        "48",
        3.29,
        2.6,
        "smooth",
        12,
        0.5,
        10,
        -0.7,
        0.1,
        0.2,
        0,
    ),
    Archetype(
        "Tomato Soup",
        "400g",
        "400",
        1.99,
        6.0,
        "smooth",
        12,
        0.1,
        15,
        -0.4,
        0.15,
        0.4,
        540,
    ),
    Archetype(
        "Pruning Shears",
        "Each",
        "Unknown",
        21.99,
        0.4,
        "intermittent",
        2,
        0.6,
        90,
        0,
        0,
        0.2,
        0,
    ),
    Archetype(
        "Camp Stove",
        "Each",
        "1",
        49.99,
        0.16,
        "intermittent",
        1,
        1,
        180,
        0.2,
        0,
        0.25,
        0,
    ),
    Archetype("Dish Soap", "750mL", "750", 2.99, 7.0, "smooth", 12, 0, 1, 0, 0, 0.4, 0),
    Archetype(
        "Flower Bulbs", "25pk", "25", 8.99, 0.9, "lumpy", 6, 2.0, 285, 0, 0, 0.2, 60
    ),
    Archetype(
        "Maple Syrup",
        "250mL",
        "250",
        8.49,
        1.0,
        "intermittent",
        6,
        0.4,
        30,
        0,
        0,
        0.3,
        720,
    ),
    Archetype(
        "Wheelbarrow",
        "90L",
        "90000",
        64.99,
        0.12,
        "intermittent",
        1,
        1,
        120,
        0,
        0,
        0.15,
        0,
    ),
    Archetype(
        "Rain Poncho", "Each", "1", 5.99, 1.3, "erratic", 10, 0.2, 200, 0, 1.6, 0.1, 0
    ),
    Archetype(
        "Storage Box", "45L", "45000", 11.99, 0.9, "erratic", 4, 0.3, 15, 0, 0, 0.35, 0
    ),
    Archetype(
        "Pumpkin Kit", "12pc", "12", 6.99, 0.8, "erratic", 12, 3.0, 296, 0, 0, 0.15, 0
    ),
    Archetype(
        "Saffron Threads",
        "1g",
        "1",
        12.99,
        0.12,
        "intermittent",
        2,
        0,
        1,
        0,
        0,
        0.1,
        720,
    ),
    Archetype(
        "Cedar Raised Bed",
        "120x80cm",
        "1",
        89.99,
        0.2,
        "lumpy",
        1,
        1.2,
        105,
        0,
        0,
        0.2,
        0,
    ),
    Archetype(
        "Tent 3 Person",
        "3P",
        "3",
        129.99,
        0.14,
        "lumpy",
        1,
        1.3,
        175,
        0.2,
        -0.2,
        0.3,
        0,
    ),
    Archetype("Fuse Set", "10pc", "10", 4.49, 0.25, "lumpy", 5, 0, 1, 0, 0, 0.05, 0),
    Archetype(
        "Window Fan", "Each", "1", 44.99, 0.5, "erratic", 1, 0.6, 200, 1.2, 0, 0.2, 0
    ),
)

BRANDS = (
    "Fernhill",
    "Oakmere",
    "Larkfield",
    "Brightwater",
    "Thornbury",
    "Millrace",
    "Hartwell",
    "Copperleaf",
    "Stonegate",
    "Windrush",
    "Ashdown",
    "Meadowbank",
)
CITIES = (
    "ALDERWICK",
    "BRAMFORD",
    "COLDHARBOUR",
    "DUNMERE",
    "EASTHOLM",
    "FALLOWDALE",
    "GREYSTOKE",
    "HOLLOWAY",
    "IRONBRIDGE",
    "KESTREL BAY",
    "LINDEN HEATH",
    "MARROWGATE",
)
VENDOR_NAMES = (
    "VALLEY FRESH DAIRIES",
    "GREENACRE NURSERIES LTD",
    "TRAILHEAD OUTDOOR IMPORTS",
    "CLEARBROOK HOME CARE",
    "FOUR SEASONS TRADING CO",
    "PANTRY & MILL FOODS",
    "IRONWOOD GARDEN TOOLS",
    "SUMMIT LEISURE GOODS",
)


class VendorProfile(NamedTuple):
    """How a vendor delivers. Rates are chances per order or per line."""

    lead_time_days: float
    variation: float
    family: str
    late_rate: float
    split_rate: float
    short_rate: float
    review_days: int
    freight_rate: float


VENDOR_PROFILES = (
    VendorProfile(3, 0.10, "gamma", 0.00, 0.00, 0.000, 3, 0.006),
    VendorProfile(7, 0.20, "gamma", 0.03, 0.06, 0.010, 7, 0.009),
    VendorProfile(10, 0.35, "lognormal", 0.08, 0.15, 0.020, 14, 0.018),
    VendorProfile(5, 0.15, "gamma", 0.01, 0.03, 0.000, 7, 0.007),
    VendorProfile(11, 0.25, "lognormal", 0.06, 0.12, 0.030, 14, 0.014),
    VendorProfile(6, 0.45, "lognormal", 0.10, 0.10, 0.020, 7, 0.010),
    VendorProfile(8, 0.12, "gamma", 0.01, 0.05, 0.005, 14, 0.012),
    VendorProfile(4, 0.25, "gamma", 0.04, 0.08, 0.010, 7, 0.008),
)


@dataclass(frozen=True)
class Products:
    """Attributes of the products; every array has one entry per product."""

    number: _Ints
    description: tuple[str, ...]
    size: tuple[str, ...]
    volume: tuple[str, ...]
    category: _Ints
    vendor: _Ints
    pattern: _Ints
    pack_units: _Ints
    shelf_life_days: _Ints
    units_per_day: _Floats
    first_price: _Floats
    first_cost: _Floats
    season_strength: _Floats
    season_peak_day: _Floats
    heat: _Floats
    rain: _Floats
    promotion_rate: _Floats
    price_elasticity: _Floats
    growth_per_year: _Floats
    introduced_day: _Ints
    discontinued_day: _Ints
    has_price_break: npt.NDArray[np.bool_]

    @property
    def count(self) -> int:
        """Number of products."""
        return len(self.number)


@dataclass(frozen=True)
class Vendors:
    """Attributes of the vendors; every array has one entry per vendor."""

    number: _Ints
    name: tuple[str, ...]
    lead_time_days: _Floats
    variation: _Floats
    is_lognormal: npt.NDArray[np.bool_]
    late_rate: _Floats
    split_rate: _Floats
    short_rate: _Floats
    review_days: _Ints
    freight_rate: _Floats
    min_order_value: _Floats
    order_cost: _Floats

    @property
    def count(self) -> int:
        """Number of vendors."""
        return len(self.number)


def vendor_count(products: int) -> int:
    """Return how many vendors supply a number of products.

    Args:
        products: Number of products, one or more.

    Returns:
        Number of vendors, at least one per profile.

    Examples:
        >>> vendor_count(40), vendor_count(5000)
        (8, 200)
    """
    return max(len(VENDOR_PROFILES), round(products / PRODUCTS_PER_VENDOR))


def build_products(*, seed: int, products: int, days: int) -> Products:
    """Make the range of products.

    The first forty are the archetypes themselves; further ones are the same kinds
    under other brands, with other rates and prices. Some are introduced or
    discontinued between the first and the last quarter of the window.

    Args:
        seed: Seed of the sample.
        products: Number of products, one or more.
        days: Length of the sales window. Days.

    Returns:
        The products, ordered by number.

    Raises:
        ValueError: There are no products.
    """
    if products < 1:
        raise ValueError(f"products must be 1 or more, got {products}")
    index = np.arange(products)
    kinds = [ARCHETYPES[i % len(ARCHETYPES)] for i in index]
    generation = index // len(ARCHETYPES)
    rng = stream(seed, Purpose.PRODUCT)
    # Row by row, so that a longer range begins with the shorter one.
    draws = rng.random((products, 8))
    spread = np.where(generation == 0, 0.0, 1.0)

    def of(field: str) -> _Floats:
        return np.array([getattr(kind, field) for kind in kinds], dtype=float)

    rate = of("units_per_day") * np.exp(spread * 2.0 * (draws[:, 0] - 0.6))
    price = of("unit_price") * np.exp(spread * 0.8 * (draws[:, 1] - 0.5))
    price = np.round(price, 1) - 0.01
    cost = np.round(price * (0.55 + 0.17 * draws[:, 2]), 2)

    category = index % len(CATEGORIES)
    vendors = vendor_count(products)
    per_category = np.array(
        [len(range(c, vendors, len(CATEGORIES))) for c in range(len(CATEGORIES))]
    )
    rank = index // len(CATEGORIES)
    vendor = category + len(CATEGORIES) * (rank % per_category[category])

    moment = np.floor(days * (0.25 + 0.5 * draws[:, 3])).astype(np.int64)
    introduced = np.where(index % 9 == 7, moment, 0)
    is_dropped = (index % 13 == 10) & (introduced == 0)
    discontinued = np.where(is_dropped, moment, NEVER)
    return Products(
        number=FIRST_PRODUCT_NUMBER + index,
        description=tuple(
            f"{BRANDS[(i + g) % len(BRANDS)]} {kind.name}"
            + (f" {g // len(BRANDS) + 1}" if g >= len(BRANDS) else "")
            for i, g, kind in zip(index, generation, kinds, strict=True)
        ),
        size=tuple(kind.size for kind in kinds),
        volume=tuple(kind.volume for kind in kinds),
        category=category,
        vendor=vendor,
        pattern=np.array([PATTERNS.index(kind.pattern) for kind in kinds]),
        pack_units=of("pack_units").astype(np.int64),
        shelf_life_days=of("shelf_life_days").astype(np.int64),
        units_per_day=rate,
        first_price=price,
        first_cost=cost,
        season_strength=of("season_strength"),
        season_peak_day=of("season_peak_day"),
        heat=of("heat"),
        rain=of("rain"),
        promotion_rate=of("promotion_rate"),
        price_elasticity=1.6 + 1.8 * draws[:, 4],
        growth_per_year=0.03 + 0.36 * (draws[:, 5] - 0.5),
        introduced_day=introduced,
        discontinued_day=discontinued,
        has_price_break=index % 3 == 0,
    )


def build_vendors(*, seed: int, products: int) -> Vendors:
    """Make the vendors that supply a number of products.

    The first eight follow the profiles exactly; further ones vary them.

    Args:
        seed: Seed of the sample.
        products: Number of products, one or more.

    Returns:
        The vendors, ordered by number.
    """
    count = vendor_count(products)
    index = np.arange(count)
    profiles = [VENDOR_PROFILES[i % len(VENDOR_PROFILES)] for i in index]
    draws = stream(seed, Purpose.VENDOR).random((count, 4))
    is_copy = index >= len(VENDOR_PROFILES)

    def of(field: str) -> _Floats:
        return np.array([getattr(profile, field) for profile in profiles], dtype=float)

    lead = of("lead_time_days") * np.where(is_copy, 0.7 + 0.6 * draws[:, 0], 1.0)
    return Vendors(
        number=FIRST_VENDOR_NUMBER + VENDOR_NUMBER_STEP * index,
        name=tuple(
            VENDOR_NAMES[i % len(VENDOR_NAMES)]
            + (f" {i // len(VENDOR_NAMES) + 1}" if i >= len(VENDOR_NAMES) else "")
            for i in index
        ),
        lead_time_days=lead,
        variation=of("variation"),
        is_lognormal=np.array([profile.family == "lognormal" for profile in profiles]),
        late_rate=of("late_rate"),
        split_rate=of("split_rate"),
        short_rate=of("short_rate"),
        review_days=of("review_days").astype(np.int64),
        freight_rate=of("freight_rate"),
        min_order_value=np.round(50.0 + 150.0 * draws[:, 1], -1),
        order_cost=np.round(8.0 + 20.0 * draws[:, 2], 0),
    )


def city(store: int) -> str:
    """Return the city of a store, empty for the one whose city is not known.

    Args:
        store: Number of the store, one or more.

    Returns:
        City in capitals, or an empty text.

    Examples:
        >>> city(1), city(4)
        ('ALDERWICK', '')
    """
    return "" if store == STORE_WITHOUT_CITY else CITIES[(store - 1) % len(CITIES)]


def region(store: int) -> int:
    """Return the place of a store's region in `REGIONS`.

    Args:
        store: Number of the store, one or more.

    Returns:
        Index into `REGIONS`.
    """
    return (store - 1) % len(REGIONS)
