from __future__ import annotations

import chains
import numpy as np
import pytest

from restock.forecasting import dense_panel
from restock.forecasting.history import History
from restock.forecasting.seasonal_index import SeasonalIndex, position_of


def history_of(demand, categories, *, cutoff):
    calendar = chains.calendar_of(demand.shape[1])
    panel = chains.panel_of(demand, calendar)
    names = dict(
        zip((f"P{i:04d}" for i in range(len(demand))), categories, strict=True)
    )
    panel["category"] = panel["product_id"].map(names)
    cutoffs = chains.cutoffs_of([cutoff], calendar)
    horizon = demand.shape[1] - 1 - cutoff
    dense = dense_panel.read(panel, calendar, cutoffs, horizon)
    return History(dense, cutoff, horizon)


def test_a_shape_of_the_year_is_found_by_category():
    weeks = np.arange(160)
    shape = 1 + 0.5 * np.sin(2 * np.pi * weeks / 52)
    level = np.linspace(5, 50, 40)[:, None]
    summer = np.tile([True, False], 20)[:, None]
    demand = np.where(summer, level * shape, level)
    categories = ["summer" if is_summer else "steady" for is_summer in summer[:, 0]]
    history = history_of(demand, categories, cutoff=155)
    season = SeasonalIndex.learn(history, season_length=52)
    ahead = season.ahead(history)
    kinds = history.keys["category"].to_numpy()
    truth = shape[156:160] / shape[:156].mean()
    assert ahead[kinds == "summer"][0] == pytest.approx(truth, rel=0.1)
    assert ahead[kinds == "steady"][0] == pytest.approx(np.ones(4), rel=0.1)


def test_less_than_a_season_has_no_index():
    history = history_of(np.ones((3, 40)), ["a", "b", "c"], cutoff=35)
    season = SeasonalIndex.learn(history, season_length=52)
    assert (season.ahead(history) == 1).all()


def test_what_comes_after_the_cutoff_is_not_learned():
    demand = np.random.default_rng(2).poisson(9, size=(6, 120)).astype(float)
    other = demand.copy()
    other[:, 101:] = 1e6
    index = [
        SeasonalIndex.learn(
            history_of(values, ["a"] * 6, cutoff=100), season_length=52
        ).overall
        for values in (demand, other)
    ]
    assert (index[0] == index[1]).all()


def test_an_unseen_category_has_the_index_of_all():
    season = SeasonalIndex({"a": np.full(53, 2.0)}, np.full(53, 3.0), 52)
    history = history_of(np.ones((2, 10)), ["a", "new"], cutoff=8)
    assert season.ahead(history)[:, 0].tolist() == [2.0, 3.0]


def test_weekdays_are_positions_of_a_week():
    # 2016-01-04 was a Monday.
    dates = np.array(["2016-01-04", "2016-01-10", "2016-01-11"], "datetime64[D]")
    assert position_of(dates, 7).tolist() == [0, 6, 0]
