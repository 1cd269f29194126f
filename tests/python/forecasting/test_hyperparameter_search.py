from __future__ import annotations

import importlib.util
import inspect
import itertools
import json
from pathlib import Path

import chains
import numpy as np
import optuna
import pandas as pd
import pytest

from restock.forecasting import (
    baselines,
    boosting,
    dense_panel,
    features,
    forest,
    linear,
    lstm_network,
    panel_rows,
    protocol,
    run_settings,
    tuning,
    tuning_folds,
)
from restock.forecasting.history import History
from restock.forecasting.linear import ScaledRegression
from restock.forecasting.tuning_spaces import (
    STRATEGIES,
    Conditions,
    Family,
    Parameter,
    families,
)
from restock.forecasting.tuning_verdicts import (
    HYPERPARAMETER_COLUMNS,
    beside,
    hyperparameters,
    verdicts,
)

ROOT = Path(__file__).parents[3]
HORIZON = 4
CONDITIONS = Conditions(seed=3, season_length=52, max_rows=2_000)

# Forecast = level x factor: the right factor is 1 on demand without noise.
TOY = Family(
    {
        "factor": Parameter(0.5, (0.5, 0.8, 1.0, 1.5), 0.1, 3.0, is_log=True),
        "shift": Parameter(0, (0, 1), 0, 2),
    },
    lambda values, conditions: protocol.per_series(
        lambda history: np.repeat(
            history.level[:, None] * values["factor"] + values["shift"],
            history.horizon,
            axis=1,
        )
    ),
)


@pytest.fixture(autouse=True)
def quiet():
    optuna.logging.set_verbosity(optuna.logging.WARNING)


def inputs():
    calendar = chains.calendar_of(40 + HORIZON)
    generator = np.random.default_rng(1)
    demand = np.full((12, 40 + HORIZON), np.nan)
    demand[:, :40] = generator.poisson(20, size=(12, 40))
    cutoffs = chains.cutoffs_of([20, 24, 28, 30, 34], calendar)
    cutoffs["fold_role"] = ["calib", "select", "select", "select", "test"]
    return chains.panel_of(demand, calendar), calendar, cutoffs


def folds_of(panel, calendar, cutoffs, *, n_steps=3):
    return tuning_folds.select_folds(
        "toy", panel, calendar, cutoffs, HORIZON, n_steps=n_steps
    )


def searched(family=TOY, folds=None, **changes):
    given = {
        "strategy": "bayesian",
        "n_trials": 12,
        "planning_period": "week",
        "tuned_on": "toy",
        **changes,
    }
    conditions = given.pop("conditions", CONDITIONS)
    if folds is None:
        folds = folds_of(*inputs())
    return tuning.search("toy", family, folds, conditions, **given)


def journal(path):
    backend = optuna.storages.journal.JournalFileBackend(str(path))
    return optuna.storages.JournalStorage(backend)


def same(left, right):
    drop = ["cpu_seconds"]
    pd.testing.assert_frame_equal(left.drop(columns=drop), right.drop(columns=drop))


@pytest.mark.parametrize(("strategy", "near"), [("bayesian", 0.15), ("random", 0.25)])
def test_search_finds_the_optimum_of_a_toy(strategy, near):
    trials = searched(strategy=strategy, n_trials=40)
    best = json.loads(trials.loc[trials["loss"].idxmin(), "parameters"])
    # 20 units a period: the best factor is (20 - shift) / 20.
    assert best["factor"] + best["shift"] / 20 == pytest.approx(1.0, abs=near)
    assert trials["loss"].min() < 0.5


def test_a_fold_loss_is_the_scaled_error_of_the_sum():
    calendar = chains.calendar_of(14)
    demand = np.array([[1.0, 3.0] * 7, [10.0, 14.0] * 7])
    cutoffs = chains.cutoffs_of([9], calendar)
    panel = chains.panel_of(demand, calendar)
    panel["weight_value"] = np.repeat([2.0, 1.0], 14)
    fold = folds_of(panel, calendar, cutoffs, n_steps=2)[0]
    # Sums 4 and 24; forecasts 8 and 16: errors 4 and 8. Steps are 2 and 4, over two
    # periods sqrt(2) as much: scaled sqrt(2) both. Weights 2 x 2 and 1 x 12.
    units = np.array([[4.0, 4.0, 9.0, 9.0], [8.0, 8.0, 9.0, 9.0]])
    assert fold.weight == pytest.approx([4.0, 12.0])
    assert fold.loss(units) == pytest.approx(np.sqrt(2))
    # The first one right: sqrt(12 / 16 x 2).
    units[0] = 2.0
    assert fold.loss(units) == pytest.approx(np.sqrt(1.5))


def test_the_grid_covers_the_product():
    trials = searched(strategy="grid", n_trials=100)
    tried = sorted(tuple(json.loads(text).values()) for text in trials["parameters"])
    assert tried == sorted(itertools.product((0.5, 0.8, 1.0, 1.5), (0, 1)))
    assert trials["is_default"].sum() == 1


def test_the_default_comes_first_and_is_the_unit_of_loss():
    trials = searched()
    assert trials["is_default"].tolist() == [True] + [False] * 12
    assert json.loads(trials["parameters"][0]) == TOY.defaults
    assert trials["loss"][0] == 1.0


def test_hopeless_trials_are_cut_short_and_are_rows():
    trials = searched(n_trials=25, strategy="random")
    pruned = trials[trials["state"] == "pruned"]
    assert len(trials) == 26
    assert len(pruned)
    assert pruned["loss"].isna().all()
    n_folds = [len(json.loads(text)) for text in pruned["fold_losses"]]
    assert set(n_folds) == {2}


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_same_seed_same_trials(strategy):
    one = searched(strategy=strategy)
    same(one, searched(strategy=strategy))
    other = searched(strategy=strategy, conditions=CONDITIONS._replace(seed=4))
    assert one["parameters"].tolist() != other["parameters"].tolist()


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_a_resumed_search_is_the_uninterrupted_one(tmp_path, strategy):
    path = tmp_path / "toy.journal"
    first = searched(strategy=strategy, n_trials=3, storage=journal(path))
    resumed = searched(strategy=strategy, n_trials=7, storage=journal(path))
    same(first, resumed.head(4))
    same(resumed, searched(strategy=strategy, n_trials=7))
    same(resumed, searched(strategy=strategy, n_trials=7, storage=journal(path)))


def test_an_interrupted_trial_is_a_row_and_costs_nothing_else(tmp_path):
    calls = itertools.count()

    def learner(values, conditions):
        if next(calls) == 4:
            raise KeyboardInterrupt
        return TOY.learner(values, conditions)

    path = tmp_path / "toy.journal"
    broken = Family(TOY.space, learner)
    cut = searched(broken, n_trials=8, storage=journal(path), is_shown=True)
    assert cut["state"].tolist()[-1] == "failed"
    resumed = searched(n_trials=8, storage=journal(path))
    assert resumed["trial_number"].tolist() == list(range(10))
    finished = resumed[resumed["state"] != "failed"]
    whole = searched(n_trials=8)
    assert finished["parameters"].tolist() == whole["parameters"].tolist()


def test_a_storage_of_other_data_is_refused(tmp_path):
    path = tmp_path / "toy.journal"
    searched(n_trials=1, storage=journal(path))
    panel, calendar, cutoffs = inputs()
    panel["demand_units"] *= 2
    with pytest.raises(ValueError, match="other conditions"):
        searched(
            folds=folds_of(panel, calendar, cutoffs),
            n_trials=2,
            storage=journal(path),
        )


@pytest.mark.parametrize("model", ["linear_regression", "moving_average"])
def test_nothing_after_the_first_test_cutoff_moves_a_trial(model):
    panel, calendar, cutoffs = inputs()
    changed = panel.copy()
    is_later = changed["period_index"] > 34
    measured = ["demand_units", "scale_units", "weight_value"]
    measured += [name for name in panel.columns if name.startswith("lag_")]
    changed.loc[is_later, measured] = 1e6
    family = families(52)[model]
    # The last select fold forecasts four steps, two of them behind the wall.
    cutoffs["cutoff_index"] = [20, 24, 28, 32, 34]
    results = [
        searched(
            family,
            folds_of(given, calendar, cutoffs, n_steps=HORIZON),
            strategy="random",
            n_trials=3,
        )
        for given in (panel, changed)
    ]
    same(*results)


def test_targets_end_at_the_first_test_cutoff():
    panel, calendar, cutoffs = inputs()
    cutoffs["cutoff_index"] = [20, 24, 31, 33, 34]
    folds = folds_of(panel, calendar, cutoffs)
    assert [fold.n_steps for fold in folds] == [3, 3, 1]


def test_a_late_demand_within_the_wall_does_move_trials():
    panel, calendar, cutoffs = inputs()
    changed = panel.copy()
    changed.loc[changed["period_index"] == 33, "demand_units"] = 1e3
    one = searched(folds=folds_of(panel, calendar, cutoffs), n_trials=1)
    other = searched(folds=folds_of(changed, calendar, cutoffs), n_trials=1)
    assert one["fold_losses"][0] != other["fold_losses"][0]


@pytest.mark.parametrize("model", sorted(set(families(52)) - {"lstm_tuned"}))
@pytest.mark.parametrize("season_length", [52, 7])
def test_each_space_reaches_its_model(model, season_length):
    """Lowest and highest values run; what the seed would spell is what was tried."""
    family = families(season_length)[model]
    trials = searched(
        family,
        strategy="random",
        n_trials=2,
        conditions=CONDITIONS._replace(season_length=season_length),
    )
    assert (trials["state"] != "failed").all()
    for text in trials["parameters"]:
        for name, value in json.loads(text).items():
            spelt = run_settings.typed(str(value))
            if isinstance(spelt, tuple):
                assert " ".join(map(str, spelt)) == value
            else:
                assert (name, spelt) == (name, value)


def test_a_space_only_names_arguments_of_the_warehouse():
    functions = {
        "boosting_l2": boosting.grow,
        "boosting_tweedie": boosting.grow,
        "linear_regression": linear.regress,
        "random_forest": forest.grow,
        "moving_average": baselines.forecast,
        "moving_average_seasonal": baselines.forecast,
    }
    for model, family in families(52).items():
        if model in functions:
            signature = inspect.signature(functions[model]).parameters
            assert set(family.space) <= set(signature)
            for name, parameter in family.space.items():
                own = signature[name].default
                if own not in (None, inspect.Parameter.empty):
                    assert run_settings.typed(str(parameter.default)) == own
    defaults = families(52)["lstm_tuned"].defaults
    assert (
        lstm_network.architectures({"lstm_tuned": defaults})["lstm_tuned"]
        == lstm_network.TUNED
    )


def trials_of(ratios, *, data="toy"):
    names = [f"fold {position}" for position in range(len(ratios[0]))]
    return pd.DataFrame(
        [
            {
                "model": "toy",
                "planning_period": "week",
                "strategy": "random",
                "trial_number": number,
                "state": "complete",
                "is_default": number == 0,
                "parameters": json.dumps({"factor": 0.5 + number, "shift": 0}),
                "loss": float(np.mean(row)),
                "fold_losses": json.dumps(
                    {name: 2.0 * loss for name, loss in zip(names, row, strict=True)}
                ),
                "cpu_seconds": 0.0,
                "random_seed": 7,
                "tuned_on": data,
            }
            for number, row in enumerate(ratios)
        ]
    )


def test_apply_writes_a_gain_and_refuses_luck(tmp_path):
    path = ROOT / "benchmarks" / "forecasting" / "tune_apply.py"
    spec = importlib.util.spec_from_file_location("tune_apply", path)
    tune_apply = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(tune_apply)

    def applied(ratios):
        trials_of(ratios).to_csv(tmp_path / "trials.csv", index=False)
        tune_apply.main(
            [
                *("--trials-csv", str(tmp_path / "trials.csv")),
                *("--output", str(tmp_path / "out.csv")),
            ]
        )
        return pd.read_csv(tmp_path / "out.csv")

    # Gains 0.1, 0.2, 0.15: mean 0.15, standard error 0.05 / sqrt(3) = 0.0289.
    found = applied([[1.0, 1.0, 1.0], [0.9, 0.8, 0.85]])
    assert found.columns.tolist() == HYPERPARAMETER_COLUMNS
    assert found.to_dict("records") == [
        {
            "model": "toy",
            "planning_period": "week",
            "parameter": "factor",
            "value": 1.5,
            "default_value": 0.5,
            "loss_gain": 0.15,
            "loss_gain_standard_error": 0.0289,
            "n_trials": 1,
            "tuned_on": "toy",
        }
    ]
    read_back = found.astype({"value": str})
    assert run_settings.searched(read_back, "week") == {"toy": {"factor": 1.5}}
    # The best of three, each lucky on one fold: on the others it loses.
    luck = applied([[1.0] * 3, [0.5, 1.1, 1.1], [1.1, 0.5, 1.1], [1.1, 1.1, 0.5]])
    assert luck.empty
    assert luck.columns.tolist() == HYPERPARAMETER_COLUMNS
    # Better on one fold by chance, within its standard error.
    assert applied([[1.0, 1.0, 1.0], [0.7, 1.0, 1.05]]).empty
    # One fold cannot tell.
    assert applied([[1.0], [0.5]]).empty


def test_the_best_of_pure_noise_is_not_applied_much():
    generator = np.random.default_rng(5)
    n_applied = 0
    for _ in range(200):
        noise = 1 + 0.05 * generator.standard_normal((30, 8))
        noise[0] = 1.0
        n_applied += bool(verdicts(trials_of(noise.tolist()))["is_applied"][0])
    # A gain above one standard error comes by chance in one of six; the best of the
    # trials on the folds that chose it would always seem to gain.
    assert n_applied < 60


def test_trials_on_different_folds_are_not_compared():
    mixed = pd.concat([trials_of([[1.0, 1.0]]), trials_of([[0.9, 0.9, 0.9]])])
    with pytest.raises(ValueError, match="different folds"):
        verdicts(mixed)
    with pytest.raises(ValueError, match="different data"):
        verdicts(pd.concat([trials_of([[1.0]]), trials_of([[0.9]], data="other")]))


def test_trials_on_other_data_or_folds_give_way_to_new_ones():
    earlier = pd.concat(
        [
            trials_of([[1.0], [0.8]]).assign(strategy="grid"),
            trials_of([[1.0], [0.7]]).assign(model="another"),
        ]
    )
    same = beside(earlier, trials_of([[1.0], [0.9]]))
    assert same.groupby(["model", "strategy"]).size().tolist() == [2, 2, 2]
    again = beside(same, trials_of([[1.0], [0.9], [0.95]]))
    assert len(again) == 7
    elsewhere = beside(same, trials_of([[1.0], [0.9]], data="mine"))
    assert sorted(set(elsewhere["model"])) == sorted(set(earlier["model"]))
    of_model = elsewhere[elsewhere["model"] != "another"]
    assert set(of_model["tuned_on"]) == {"mine"}
    assert len(verdicts(elsewhere)) == 2
    more_folds = beside(same, trials_of([[1.0, 1.0], [0.9, 0.8]]))
    assert len(verdicts(more_folds)) == 2


def test_the_committed_winners_are_what_the_committed_trials_say():
    parameters = ROOT / "seeds" / "parameters"
    trials = pd.read_csv(parameters / "hyperparameter_trials.csv")
    expected = hyperparameters(verdicts(trials))
    committed = pd.read_csv(
        parameters / "model_hyperparameters.csv",
        dtype={"value": str, "default_value": str},
    )
    pd.testing.assert_frame_equal(committed, expected, check_dtype=False)
    week = run_settings.searched(committed, "week")
    day = run_settings.searched(committed, "day")
    assert set(week) | set(day) <= set(families(52))


def test_the_network_is_trained_once_per_panel_and_scored_at_all_folds():
    panel, calendar = chains.retail_chain(14, 70, horizon=HORIZON)
    cutoffs = chains.cutoffs_of([50, 56], calendar)
    trials = searched(
        families(52)["lstm_tuned"],
        folds_of(panel, calendar, cutoffs),
        strategy="grid",
        n_trials=0,
        conditions=CONDITIONS._replace(lstm_epochs=1, lstm_max_windows=300),
    )
    losses = json.loads(trials["fold_losses"][0])
    assert len(losses) == 2
    assert all(0 < loss < 10 for loss in losses.values())


def test_lags_are_the_latest_periods_over_scale():
    calendar = chains.calendar_of(6)
    demand = np.array([[2.0, 4.0, 6.0, 8.0, np.nan, np.nan]])
    dense = dense_panel.read(
        chains.panel_of(demand, calendar),
        calendar,
        chains.cutoffs_of([3], calendar),
        2,
    )
    history = History(dense, cutoff=3, horizon=2)
    design = features.Design.learn(history, season_length=52, windows=(2,), n_lags=5)
    rows = panel_rows.forecast_rows(history, np.array([0]))
    # Scale is the mean, 5; no season yet. Five lags of four periods: one is missing.
    shown = design.values(history, rows)[0, -8:-2]
    assert shown == pytest.approx([1.4, 1.6, 1.2, 0.8, 0.4, np.nan], nan_ok=True)


def test_a_ridge_penalty_per_row_halves_a_normalised_coefficient():
    x = np.tile([-1.0, 1.0], 20)[:, None]
    weights = np.full(40, 3.0)
    plain = ScaledRegression.fit(x, 5 + 2 * x[:, 0], weights)
    # (X'WX + total weight) b = X'Wy with X'WX = total weight: b = 2 / 2.
    ridge = ScaledRegression.fit(x, 5 + 2 * x[:, 0], weights, ridge_penalty=1.0)
    assert plain.predict(np.array([[1.0]])) == pytest.approx([7.0])
    assert ridge.predict(np.array([[1.0]])) == pytest.approx([6.0])


@pytest.mark.parametrize("family", [linear, forest])
def test_searched_features_do_not_look_ahead(family):
    panel, calendar = chains.retail_chain(8, 60, horizon=HORIZON)
    changed = panel.copy()
    is_later = changed["period_index"] > 50
    changed.loc[is_later, ["demand_units", "scale_units", "weight_value"]] = 1e9
    cutoffs = chains.cutoffs_of([50], calendar)
    given = {"seed": 3, "season_length": 52, "windows": (2, 9), "n_lags": 6}
    one = family.forecast(panel, calendar, cutoffs, HORIZON, **given)
    other = family.forecast(changed, calendar, cutoffs, HORIZON, **given)
    pd.testing.assert_frame_equal(one, other, check_exact=True)
    given["n_lags"] = 0
    without = family.forecast(panel, calendar, cutoffs, HORIZON, **given)
    assert (one["forecast_units"] != without["forecast_units"]).any()
