"""Public holidays over the calendar. Grain: one row per holiday_date."""

from restock import frames
from restock.core import holiday_calendar


def model(dbt, session):
    """Read the dates, call the library, return a typed table."""
    dates = dbt.ref("int_dates").select("date_day").df()
    result = holiday_calendar.public_holidays(
        dates,
        country=dbt.config.meta_get("country"),
        subdivision=dbt.config.meta_get("subdivision"),
    )
    return frames.to_table(result, holiday_calendar.OUTPUT_SCHEMA)
