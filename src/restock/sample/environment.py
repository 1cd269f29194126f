"""What acts on demand from outside: calendar, holidays, weather and economy."""

from __future__ import annotations

import datetime
from dataclasses import dataclass

import holidays
import numpy as np
import numpy.typing as npt
from scipy.signal import lfilter

from restock.sample.catalogue import CATEGORIES
from restock.sample.streams import Purpose, stream

_Floats = npt.NDArray[np.float64]

# Monday to Sunday, mean 1, by category.
WEEK_SHAPE = np.array(
    [
        [0.88, 0.84, 0.88, 0.96, 1.14, 1.28, 1.02],
        [0.68, 0.66, 0.72, 0.82, 1.10, 1.66, 1.36],
        [0.66, 0.66, 0.74, 0.92, 1.32, 1.60, 1.10],
        [0.96, 0.92, 0.94, 0.98, 1.04, 1.18, 0.98],
        [0.80, 0.78, 0.84, 0.94, 1.12, 1.40, 1.12],
    ]
)
# Extra on the logarithm of demand on the three days before and on the day itself.
HOLIDAY_LIFT = {
    "Memorial Day": (0.15, 0.30, 0.50, 0.10, 0.20),
    "Independence Day": (0.25, 0.10, 0.60, 0.10, 0.30),
    "Labor Day": (0.15, 0.15, 0.45, 0.10, 0.15),
    "Thanksgiving": (0.40, -0.10, -0.10, 0.15, 0.20),
    "Christmas Day": (0.40, -0.20, 0.00, 0.15, 0.35),
    "New Year's Day": (0.15, -0.20, -0.20, 0.00, 0.00),
}
CLOSED_ON = ("Thanksgiving", "Christmas Day")
MACRO_EFFECT = np.array([0.2, 0.8, 1.6, 0.5, 1.2])
DAYS_PER_YEAR = 365.25


@dataclass(frozen=True)
class Calendar:
    """Days of the simulation; the first is day zero."""

    dates: npt.NDArray[np.datetime64]
    weekday: npt.NDArray[np.int64]
    year_angle: _Floats
    holiday_effect: _Floats
    is_open: npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Weather:
    """Weather of a store, one entry per day."""

    temperature_c: _Floats
    rain_mm: _Floats


def build_calendar(start_date: datetime.date, days: int) -> Calendar:
    """Lay out the calendar of the simulation.

    Args:
        start_date: First day.
        days: Number of days, one or more.

    Returns:
        Calendar with `holiday_effect` of shape (categories, days) on the logarithm
        of demand, and `is_open` false where all stores are closed.
    """
    dates = np.datetime64(start_date, "D") + np.arange(days)
    ordinal = dates.astype(np.int64)
    years = dates.astype("datetime64[Y]")
    day_of_year = (dates - years.astype("datetime64[D]")).astype(np.int64) + 1
    effect = np.zeros((len(CATEGORIES), days))
    is_open = np.ones(days, dtype=bool)
    last_year = start_date.year + days // 365 + 1
    named = holidays.US(years=range(start_date.year, last_year + 1), observed=False)
    for date, name in sorted(named.items()):
        day = (date - start_date).days
        for key, lift in HOLIDAY_LIFT.items():
            if not any(part.startswith(key) for part in name.split("; ")):
                continue
            before = slice(max(day - 3, 0), max(day + 1, 0))
            effect[:, before] += np.array(lift)[:, None]
            if key in CLOSED_ON and 0 <= day < days:
                is_open[day] = False
    return Calendar(
        dates=dates,
        # 1970-01-01 was a Thursday.
        weekday=(ordinal + 3) % 7,
        year_angle=2 * np.pi * day_of_year / DAYS_PER_YEAR,
        holiday_effect=effect,
        is_open=is_open,
    )


def autoregressive(noise: _Floats, persistence: float) -> _Floats:
    """Turn noise into a first-order autoregressive series of unit variance.

    Args:
        noise: Independent standard normal draws, shape (..., periods).
        persistence: Correlation of neighbours, in [0, 1).

    Returns:
        Series of the same shape, stationary from its first period.

    Examples:
        >>> autoregressive(np.array([1.0, 0.0, 0.0]), 0.5)
        array([1.  , 0.5 , 0.25])
    """
    scaled = noise * np.sqrt(1 - persistence**2)
    scaled[..., 0] = noise[..., 0]
    return lfilter([1.0], [1.0, -persistence], scaled, axis=-1)


def climate_c(year_angle: _Floats) -> _Floats:
    """Return the temperature that is usual for the time of year.

    Args:
        year_angle: Day of the year as an angle. Radians.

    Returns:
        Usual temperature. Degrees Celsius.
    """
    return 12.0 + 10.5 * np.cos(year_angle - 2 * np.pi * 200 / DAYS_PER_YEAR)


def build_weather(*, seed: int, store: int, region: int, calendar: Calendar) -> Weather:
    """Simulate the weather of a store: its region's, with a little of its own.

    Args:
        seed: Seed of the sample.
        store: Number of the store.
        region: Index of its region.
        calendar: Days to simulate.

    Returns:
        Temperature to 0.1 degrees Celsius and rain to 0.1 mm.
    """
    days = len(calendar.dates)
    shared = stream(seed, Purpose.WEATHER, region, 0).standard_normal((2, days))
    own = stream(seed, Purpose.WEATHER, region, store).standard_normal((2, days))
    wetness = autoregressive(shared[0], 0.5) + 0.25 * own[0]
    rain = np.maximum(wetness - 0.5, 0.0) * 9.0
    warmth = autoregressive(shared[1], 0.75)
    usual = climate_c(calendar.year_angle) + 1.5 * region
    temperature = usual + 3.2 * warmth - 0.15 * rain + 0.6 * own[1]
    return Weather(np.round(temperature, 1), np.round(rain, 1))


def heat_effect(temperature_c: _Floats) -> _Floats:
    """Return how hot it feels to shoppers: zero at 13 degrees, bounded.

    Args:
        temperature_c: Temperature. Degrees Celsius.

    Returns:
        Effect, in [-1.2, 2].
    """
    return np.clip((temperature_c - 13.0) / 9.0, -1.2, 2.0)


def rain_effect(rain_mm: _Floats) -> _Floats:
    """Return how wet a day is: zero when dry, one at 10 mm, at most 1.5.

    Args:
        rain_mm: Rain of the day. Millimetres.

    Returns:
        Effect, in [0, 1.5].
    """
    return np.minimum(np.log1p(rain_mm) / np.log(11.0), 1.5)


def build_macro(
    *, seed: int, calendar: Calendar
) -> tuple[npt.NDArray[np.datetime64], _Floats, _Floats]:
    """Simulate the consumer index, published on the first of each month.

    Args:
        seed: Seed of the sample.
        calendar: Days to simulate.

    Returns:
        Publication dates, shape (months,); index values, shape (months,), about
        100; and the value in force on each day, shape (days,).
    """
    months = np.unique(calendar.dates.astype("datetime64[M]"))
    steps = stream(seed, Purpose.MACRO).standard_normal(len(months))
    values = np.round(100.0 + np.cumsum(0.15 + 0.8 * steps), 1)
    position = np.searchsorted(months, calendar.dates.astype("datetime64[M]"))
    return months.astype("datetime64[D]"), values, values[position]
