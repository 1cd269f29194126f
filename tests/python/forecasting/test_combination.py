from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from restock.forecasting import combination


def forecasts_of(n_series: int, roles: list[str], seed: int = 4) -> pd.DataFrame:
    """A model that knows the truth, one that is biased, and a copy of noise."""
    generator = np.random.default_rng(seed)
    pieces = []
    for fold, role in enumerate(roles):
        cutoff = pd.Timestamp("2024-01-07") + pd.Timedelta(weeks=4 * fold)
        actual = generator.gamma(2, 10, size=n_series)
        for model, units in {
            "good": actual * generator.normal(1, 0.05, size=n_series),
            "high": actual * 1.6,
            "noise": generator.gamma(2, 10, size=n_series),
            "naive": np.full(n_series, 1e6),
        }.items():
            pieces.append(
                pd.DataFrame(
                    {
                        "location_id": "L1",
                        "product_id": [f"P{i:04d}" for i in range(n_series)],
                        "cutoff_date": cutoff,
                        "forecast_date": cutoff + pd.Timedelta(days=1),
                        "known_date": cutoff + pd.Timedelta(days=7),
                        "horizon": 1,
                        "model": model,
                        "segment": "A smooth",
                        "fold_role": role,
                        "forecast_units": units,
                        "actual_units": actual if role != "live" else np.nan,
                        "scale_units": 20.0,
                    }
                )
            )
    return pd.concat(pieces, ignore_index=True)


def error_by_cutoff(rows: pd.DataFrame, result: pd.DataFrame) -> list[float]:
    truth = rows[rows["model"] == "good"].drop(columns=["model", "forecast_units"])
    both = result.merge(truth, on=["product_id", "cutoff_date"])
    error = (both["forecast_units"] - both["actual_units"]).abs()
    return error.groupby(both["cutoff_date"]).mean().tolist()


def weigh(rows: pd.DataFrame, prior=frozenset({"high", "noise"})) -> pd.DataFrame:
    known = rows[(rows["fold_role"] == "select") & rows["actual_units"].notna()]
    parts = [part for _, part in known.groupby("cutoff_date")]
    return combination.weights_table(
        [lambda part=part: part for part in parts],
        rows[["cutoff_date"]].drop_duplicates(),
        models=rows[["model"]].drop_duplicates(),
        exclude=frozenset({"naive"}),
        prior=prior,
    )


def combine(rows: pd.DataFrame, prior=frozenset({"high", "noise"})) -> pd.DataFrame:
    segments = rows[["location_id", "product_id", "segment"]].drop_duplicates()
    parts = [part for _, part in rows.groupby("cutoff_date")]
    return pd.concat(
        combination.combine(
            [lambda part=part: part for part in parts], weigh(rows, prior), segments
        ),
        ignore_index=True,
    )


def test_the_prior_serves_until_something_is_known():
    rows = forecasts_of(300, ["calib", "live"])
    by_model = rows[rows["model"].isin(["high", "noise"])]
    keys = ["product_id", "cutoff_date"]
    expected = by_model.groupby(keys)["forecast_units"].mean()
    found = combine(rows).set_index(keys)["forecast_units"]
    pd.testing.assert_series_equal(found.sort_index(), expected.sort_index())
    alone = combine(rows, frozenset({"good"})).set_index(keys)["forecast_units"]
    good = rows[rows["model"] == "good"].set_index(keys)["forecast_units"]
    pd.testing.assert_series_equal(alone.sort_index(), good.sort_index())


def test_weights_are_learned_on_closed_select_folds():
    rows = forecasts_of(9_000, ["calib", "select", "select", "test"])
    result = combine(rows)
    errors = error_by_cutoff(rows, result)
    # Nothing known yet at the first two cutoffs: the prior. Then the good one.
    assert errors[0] > 3
    assert errors[1] > 3
    assert errors[2] < 1.5
    assert errors[3] < 1.5


def test_test_folds_have_no_say():
    rows = forecasts_of(300, ["select", "test", "test"])
    before = combine(rows)
    is_test = rows["fold_role"] == "test"
    changed = rows.assign(actual_units=rows["actual_units"].where(~is_test, 1e6))
    after = combine(changed)
    pd.testing.assert_frame_equal(before, after, check_exact=True)


def test_what_hardly_weighs_is_left_out():
    # Each member is fitted to every series of the chain: a hundredth is not worth it.
    rows = forecasts_of(3_000, ["select", "select", "live"])
    found = weigh(rows, frozenset({"good", "high", "noise"}))
    assert found["weight"].min() >= combination.LEAST_WEIGHT
    sums = found.groupby(["cutoff_date", "segment"])["weight"].sum()
    assert sums.to_numpy() == pytest.approx(1)


def test_a_segment_without_weights_takes_those_of_all():
    shares = combination.Shares.of(
        pd.DataFrame(
            [
                ("all", "slow", 0.25),
                ("all", "quick", 0.75),
                ("A smooth", "quick", 1.0),
            ],
            columns=["segment", "model", "weight"],
        )
    )
    units = {"slow": np.array([[8.0], [8.0]]), "quick": np.array([[4.0], [4.0]])}
    segments = np.array(["A smooth", "C lumpy"], dtype=object)
    assert shares.combine(units, segments).ravel().tolist() == [4.0, 5.0]
    # A member that says nothing of a series leaves the others their shares of one.
    units["slow"][1] = np.nan
    assert shares.combine(units, segments).ravel().tolist() == [4.0, 4.0]


@settings(deadline=None, max_examples=25)
@given(st.integers(0, 10_000), st.integers(2, 6))
def test_weights_are_shares(seed, n_models):
    generator = np.random.default_rng(seed)
    values = generator.gamma(1, 5, size=(250, n_models))
    equal = np.full(n_models, 1 / n_models)
    evidence = combination.Evidence.of(values, values[:, 0], np.ones(250))
    found = combination.weights(evidence, equal)
    assert (found >= 0).all()
    assert found.sum() == pytest.approx(1)
    assert found[0] == found.max()


def test_few_rows_leave_the_prior():
    prior = np.array([0.5, 0.5, 0.0, 0.0])
    evidence = combination.Evidence.of(np.ones((10, 4)), np.ones(10), np.ones(10))
    found = combination.weights(evidence, prior)
    assert found.tolist() == prior.tolist()


def errors_of(actual: np.ndarray, errors: np.ndarray) -> combination.Evidence:
    return combination.Evidence.of(
        actual[:, None] + errors, actual, np.full(len(actual), 10.0)
    )


def test_a_mean_that_loses_to_its_best_member_is_not_used():
    # The second model is good by turns; weights learned where it was miss the rest.
    generator = np.random.default_rng(9)
    equal = np.array([0.5, 0.5])
    seen = {}
    for fold in range(4):
        actual = generator.gamma(2.0, 10.0, 400)
        spread = np.array([3.0, 1.0 if fold == 0 else 30.0])
        errors = generator.normal(0.0, 1.0, (400, 2)) * spread
        errors[:, 1] += 0.0 if fold == 0 else 40.0
        seen[fold, "A"] = errors_of(actual, errors)
    rule = combination.best_rule(seen, equal)
    total = combination.Evidence.total(seen.values())
    loss = total.loss(rule(total, equal))
    assert loss <= total.loss(np.array([1.0, 0.0])) * 1.01


def test_a_mean_that_beats_its_members_is_used():
    generator = np.random.default_rng(10)
    seen = {}
    for fold in range(3):
        actual = generator.gamma(2.0, 10.0, 2_000)
        seen[fold, "A"] = errors_of(actual, generator.normal(0.0, 5.0, (2_000, 2)))
    rule = combination.best_rule(seen, np.array([1.0, 0.0]))
    total = combination.Evidence.total(seen.values())
    assert rule(total, np.array([1.0, 0.0])) == pytest.approx([0.5, 0.5], abs=0.1)
    alone = [total.loss(shares) for shares in np.eye(2)]
    assert total.loss(rule(total, np.array([1.0, 0.0]))) < 0.6 * min(alone)


def test_a_biased_prior_gives_way_to_the_best_member():
    # Two folds, each with as few rows as barely count: what the mean of two high
    # models would say is left for the one that is right.
    generator = np.random.default_rng(11)
    prior = np.array([0.5, 0.5, 0.0])
    seen = {}
    for fold in range(2):
        actual = generator.gamma(2.0, 10.0, 250)
        errors = generator.normal(0.0, 4.0, (250, 3)) + np.array([8.0, 8.0, 0.0])
        seen[fold, "A"] = errors_of(actual, errors)
    rule = combination.best_rule(seen, prior)
    total = combination.Evidence.total(seen.values())
    assert rule is not combination.prior_only
    assert rule(total, prior)[2] > 0.8


def test_nothing_to_combine_is_an_empty_typed_frame():
    rows = forecasts_of(5, ["live"]).head(0)
    found = weigh(rows)
    assert found.empty
    assert list(found.columns) == combination.WEIGHTS_SCHEMA.names
