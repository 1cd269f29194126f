from __future__ import annotations

import chains
import duckdb
import pytest

from restock.forecasting import baselines, intermittent, run_settings

HORIZON = 4

SETTINGS = """
    select
        7 as period_days, 4 as horizon_periods, 52 as season_length_periods,
        13 as average_window_periods, 1000 as max_training_rows, 3 as random_seed,
        1 as lstm_epochs, 100 as lstm_max_windows, 26 as lstm_retrain_every_periods,
        4 as backtest_horizon_periods, {cut} as families_cut
"""


@pytest.fixture
def read():
    """Read the run of a family under a list of families that are cut."""
    panel, calendar = chains.retail_chain(6, 40, horizon=HORIZON)
    cutoffs = chains.cutoffs_of([30, 39], calendar)
    series = panel.groupby(["location_id", "product_id"]).ngroup()
    panel["partition_number"] = series % 2
    with duckdb.connect() as connection:
        connection.register("panel_frame", panel)
        connection.register("calendar_frame", calendar)
        connection.register("cutoffs_frame", cutoffs)

        def of(cut: str, **family: str) -> run_settings.Run:
            return run_settings.read(
                settings=connection.sql(SETTINGS.format(cut=cut)),
                panel=connection.table("panel_frame"),
                calendar=connection.table("calendar_frame"),
                cutoffs=connection.table("cutoffs_frame"),
                hyperparameters=connection.sql(
                    "select '' as model, '' as planning_period, '' as parameter,"
                    " '' as value where false"
                ),
                **family,
            )

        yield of


def test_a_family_that_is_cut_forecasts_nothing(read):
    run = read("'intermittent,lstm'", family="intermittent")
    assert intermittent.forecast(**run.tables()).empty


def test_the_others_run_on(read):
    cut = read("'intermittent,lstm'", family="baselines")
    uncut = read("null", family="baselines")
    found = baselines.forecast(**cut.of_baselines())
    assert len(found)
    assert found.equals(baselines.forecast(**uncut.of_baselines()))


def test_a_name_within_a_name_is_not_cut(read):
    assert len(read("'lstm_big'", family="lstm").panel) == 2


def test_who_names_no_family_is_never_cut(read):
    assert len(read("'lstm'").panel) == 2


def test_a_run_of_several_families_knows_which_are_cut(read):
    run = read("'forest,lstm'")
    assert run.families_cut == ("forest", "lstm")
    assert len(run.panel[0]())
    assert read("null").families_cut == ()
