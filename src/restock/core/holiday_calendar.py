"""Public holidays of a country, as a table."""

from __future__ import annotations

import datetime as dt

import holidays
import pandas as pd
import pyarrow as pa

OUTPUT_SCHEMA = pa.schema(
    [("holiday_date", pa.date32()), ("holiday_name", pa.string())]
)


def public_holidays(
    dates: pd.DataFrame, *, country: str, subdivision: str | None
) -> pd.DataFrame:
    """Public holidays between the first and the last date given.

    Args:
        dates: Any number of rows with a column `date_day`.
        country: ISO 3166-1 alpha-2 code, as python-holidays knows it.
        subdivision: ISO 3166-2 part after the country, or None for the holidays
            that the whole country keeps.

    Returns:
        One row per holiday, with the columns of `OUTPUT_SCHEMA`, by date. No
        rows where `dates` has none.

    Raises:
        NotImplementedError: python-holidays does not know the country or the
            subdivision.

    Examples:
        >>> days = pd.DataFrame({"date_day": ["2025-12-24", "2025-12-31"]})
        >>> found = public_holidays(days, country="US", subdivision=None)
        >>> found["holiday_name"].tolist()
        ['Christmas Day']
    """
    if dates.empty:
        return pd.DataFrame(columns=OUTPUT_SCHEMA.names)
    days = pd.to_datetime(dates["date_day"])
    first, last = days.min().date(), days.max().date()
    calendar = holidays.country_holidays(
        country, subdiv=subdivision, years=range(first.year, last.year + 1)
    )
    kept: list[tuple[dt.date, str]] = sorted(
        (day, name) for day, name in calendar.items() if first <= day <= last
    )
    return pd.DataFrame(kept, columns=OUTPUT_SCHEMA.names)
