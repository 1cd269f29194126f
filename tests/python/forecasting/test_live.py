"""The live forecast fits what champions need and says what the models say."""

from __future__ import annotations

import chains
import numpy as np
import pandas as pd
import pytest

from restock.forecasting import (
    baselines,
    combination,
    intermittent,
    linear,
    live,
    run_settings,
)

HORIZON = 4
KEYS = ["location_id", "product_id"]


@pytest.fixture(scope="module")
def chain():
    """A run over three parts of a chain, with two segments of which one is judged."""
    panel, calendar = chains.retail_chain(30, 60, horizon=HORIZON)
    cutoffs = chains.cutoffs_of([59], calendar)
    part = panel.groupby(KEYS).ngroup() % 3
    run = run_settings.Run(
        panel=[lambda of=of: panel[part == of] for of in range(3)],
        calendar=calendar,
        cutoffs=cutoffs,
        horizon=HORIZON,
        season_length=52,
        average_window=13,
        max_rows=5_000,
        seed=3,
        lstm_epochs=1,
        lstm_max_windows=100,
        lstm_retrain_every=26,
        hyperparameters={},
    )
    segments = panel[KEYS].drop_duplicates(ignore_index=True)
    segments["segment"] = np.where(np.arange(len(segments)) % 2, "A", "B")
    return run, segments


def said(chain, champions: dict[str, str], judged: int = 0) -> pd.DataFrame:
    run, segments = chain
    weights = pd.DataFrame(
        [
            ("2016-01-01", "all", "naive", 1.0),
            ("2017-02-19", "A", "sba", 0.25),
            ("2017-02-19", "A", "linear_regression", 0.75),
            ("2017-02-19", "all", "moving_average", 1.0),
        ],
        columns=combination.WEIGHTS_SCHEMA.names,
    )
    parts = live.forecast(
        run,
        segments,
        segments.head(judged),
        pd.DataFrame(champions.items(), columns=["segment", "model"]),
        weights,
        orders=pd.DataFrame(),
        networks=pd.DataFrame(),
        max_series=10,
        max_interval=1.32,
    )
    return pd.concat(parts, ignore_index=True)


def of_family(chain, family, name: str, arguments: dict) -> pd.DataFrame:
    rows = family.forecast(**arguments)
    return rows[rows["model"] == name].set_index([*KEYS, "horizon"])["forecast_units"]


def test_every_series_has_its_champion_and_the_naive(chain):
    _, segments = chain
    rows = said(chain, {"A": "moving_average", "B": "sba"})
    models = rows.groupby(KEYS)["model"].agg(lambda of: tuple(sorted(set(of))))
    expected = segments.set_index(KEYS)["segment"].map(
        {"A": ("moving_average", "seasonal_naive"), "B": ("sba", "seasonal_naive")}
    )
    assert models.to_dict() == expected.reindex(models.index).to_dict()
    assert (rows.groupby([*KEYS, "model"]).size() == HORIZON).all()


def test_it_says_what_the_model_says_in_a_backtest(chain):
    run, segments = chain
    rows = said(chain, {"A": "moving_average", "B": "sba"})
    found = rows.set_index([*KEYS, "horizon"])
    for segment, family, name, arguments in (
        ("A", baselines, "moving_average", run.of_baselines()),
        ("B", intermittent, "sba", run.tables()),
    ):
        own = found[found["model"] == name]["forecast_units"]
        expected = of_family(chain, family, name, arguments).reindex(own.index)
        assert own.tolist() == expected.tolist()
        inside = segments.loc[segments["segment"] == segment, "product_id"]
        assert set(own.index.get_level_values("product_id")) == set(inside)


def test_a_combination_is_the_weighted_mean_by_the_newest_weights(chain):
    run, segments = chain
    rows = said(chain, {"A": "combination", "B": "combination"})
    found = rows[rows["model"] == "combination"].set_index([*KEYS, "horizon"])
    members = {
        name: of_family(chain, family, name, arguments).reindex(found.index)
        for family, name, arguments in (
            (intermittent, "sba", run.tables()),
            (linear, "linear_regression", run.of_global_model("linear_regression")),
            (baselines, "moving_average", run.of_baselines()),
        )
    }
    is_a = (
        segments.set_index(KEYS)["segment"]
        .reindex(found.reset_index().set_index(KEYS).index)
        .eq("A")
        .to_numpy()
    )
    expected = np.where(
        is_a,
        0.25 * members["sba"] + 0.75 * members["linear_regression"],
        members["moving_average"],
    )
    np.testing.assert_allclose(found["forecast_units"], expected, atol=1e-9)


def test_what_is_judged_shows_every_model_that_was_fitted(chain):
    rows = said(chain, {"A": "combination", "B": "sba"}, judged=1)
    models = rows.groupby(KEYS)["model"].nunique()
    # Three members, the naive and the combination.
    assert models.iloc[0] == 5
    assert models.iloc[1:].max() == 2


def test_only_what_is_needed_is_fitted(chain):
    run, _ = chain
    needed = live.learners(
        run,
        {"sba"},
        orders=pd.DataFrame(),
        networks=pd.DataFrame(),
        max_series=1,
        max_interval=1.0,
        foundation_folder=None,
    )
    assert set(needed) == {"sba"}
