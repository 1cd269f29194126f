"""Vintages survive what rebuilds everything else: one table, several runs."""

from __future__ import annotations

import json

import duckdb
import pytest
import warehouse

FORECASTS = """
    create or replace table intermediate.int_forecasts_planned as
    select
        'L1' as location_id, 'A' as product_id, model, '' as segment,
        cast('{origin}' as date) as cutoff_date,
        cast('{origin}' as date) + 1 as forecast_date, cast(1 as integer) as horizon,
        cast({units} as double) as forecast_units,
        1.0::double as q025, 1.0::double as q05, 1.0::double as q10,
        1.0::double as q25, 2.0::double as q50, 3.0::double as q75,
        3.0::double as q90, 3.0::double as q95, 3.0::double as q975,
        model = 'forest' as is_champion
    from (values ('forest'), ('seasonal_naive'), ('ets')) as models(model)
"""


@pytest.fixture(scope="module")
def vintages(tmp_path_factory):
    """Rows after each of four runs on hand-made forecasts."""
    folder = tmp_path_factory.mktemp("vintages") / "runs"
    folder.mkdir()
    sample = warehouse.REPOSITORY / "data" / "sample"
    (folder / "other").symlink_to(sample)

    def run(origin: str, units: float, *arguments: str) -> list[tuple]:
        with duckdb.connect(str(folder / "restock.duckdb")) as connection:
            connection.execute("create schema if not exists intermediate")
            connection.execute(FORECASTS.format(origin=origin, units=units))
        (folder / "raw").unlink(missing_ok=True)
        built = warehouse.build(
            folder,
            sample,
            *warehouse.MODELS_ONLY,
            *("--select", "int_forecast_vintages", *arguments),
        )
        rows = built.query(
            "select raw_data_dir, cast(origin_date as varchar) as origin_date, model,"
            " forecast_units from intermediate.int_forecast_vintages order by all"
        )
        return list(rows.itertuples(index=False, name=None))

    other = ("--vars", json.dumps({"raw_data_dir": "other"}))
    return {
        "first": run("2024-01-07", 5.0),
        "again": run("2024-01-07", 6.0, "--full-refresh"),
        "later": run("2024-01-14", 7.0),
        "elsewhere": run("2024-01-07", 8.0, *other),
    }


def rows(folder: str, origin: str, units: float) -> list[tuple]:
    return [(folder, origin, model, units) for model in ("forest", "seasonal_naive")]


def test_champion_and_naive_are_kept(vintages):
    assert vintages["first"] == rows("raw", "2024-01-07", 5.0)


def test_a_rerun_replaces_nothing_not_even_a_full_refresh(vintages):
    assert vintages["again"] == vintages["first"]


def test_a_later_origin_is_added(vintages):
    assert vintages["later"] == vintages["first"] + rows("raw", "2024-01-14", 7.0)


def test_another_chain_stays_apart(vintages):
    added = rows("other", "2024-01-07", 8.0)
    assert vintages["elsewhere"] == added + vintages["later"]
