"""Hyperparameter search: spaces, objective on select folds, and who wins.

One trial is one set of values, fitted and scored at every select fold of one or more
data sets. A fold's loss is the root of the weighted mean squared error of the sum over
the protection interval, errors over what each series moves in a period; a trial's loss
is the mean over folds of its loss over that of the default values, so one is no gain
and data sets of any unit weigh alike.

**The wall.** Only select folds are read, and of their targets only periods up to the
first test cutoff: whatever comes later cannot move a trial.
"""

from __future__ import annotations

import hashlib
import itertools
import json
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import optuna
import pandas as pd
from optuna.distributions import (
    BaseDistribution,
    CategoricalDistribution,
    FloatDistribution,
    IntDistribution,
)
from optuna.trial import TrialState
from tqdm import tqdm

from restock.forecasting import (
    baselines,
    boosting,
    dense_panel,
    features,
    forest,
    linear,
    lstm,
    protocol,
    run_settings,
    sequences,
)
from restock.forecasting.dense_panel import Floats
from restock.forecasting.history import History
from restock.forecasting.protocol import Learner, Model
from restock.forecasting.seasonal_index import SeasonalIndex

STRATEGIES = ("grid", "random", "bayesian")

TRIAL_COLUMNS = [
    "model",
    "planning_period",
    "strategy",
    "trial_number",
    "state",
    "is_default",
    "parameters",
    "loss",
    "fold_losses",
    "cpu_seconds",
    "random_seed",
    "tuned_on",
]
HYPERPARAMETER_COLUMNS = [
    "model",
    "planning_period",
    "parameter",
    "value",
    "default_value",
    "loss_gain",
    "loss_gain_standard_error",
    "n_trials",
    "tuned_on",
]

# Trials that run to the end before one may be cut short, and folds that each may see.
PRUNER_TRIALS = 5
PRUNER_FOLDS = 2

# Digits of a drawn number: more would be noise that a reader has to carry.
DIGITS = 3

Value = int | float | str
Values = dict[str, Value]


@dataclass(frozen=True)
class Parameter:
    """One hyperparameter.

    Attributes:
        default: What the model's function has of itself.
        grid: Values of the grid search; without a range, of the others too. Several
            whole numbers are a text, parted by blanks.
        low: Least value of the range that random and Bayesian search draw from.
        high: Largest value of it.
        is_log: Whether values are drawn by their logarithm.
    """

    default: Value
    grid: tuple[Value, ...]
    low: float | None = None
    high: float | None = None
    is_log: bool = False

    def distribution(self, strategy: str) -> BaseDistribution:
        """What values may be drawn, the default among them.

        Args:
            strategy: One of `STRATEGIES`.

        Returns:
            The distribution for Optuna.
        """
        if strategy == "grid" or self.low is None or self.high is None:
            return CategoricalDistribution(
                tuple(dict.fromkeys((self.default, *self.grid)))
            )
        if isinstance(self.default, int):
            return IntDistribution(int(self.low), int(self.high), log=self.is_log)
        return FloatDistribution(self.low, self.high, log=self.is_log)


class Conditions(NamedTuple):
    """What holds for all trials of a search.

    Attributes:
        seed: Seed of draws of rows, of trees and of networks.
        season_length: Periods in a season.
        max_rows: Most training rows at a cutoff. Count.
        lstm_epochs: Most passes of a network. Count.
        lstm_max_windows: Most windows that a network learns from. Count.
    """

    seed: int
    season_length: int
    max_rows: int = 50_000
    lstm_epochs: int = 5
    lstm_max_windows: int = 4_000


@dataclass(frozen=True)
class Family:
    """A model that can be searched.

    Attributes:
        space: Its parameters.
        learner: Function of values, as the warehouse would read them from the seed,
            and conditions that returns a learner.
    """

    space: Mapping[str, Parameter]
    learner: Callable[[dict[str, Any], Conditions], Learner]

    @property
    def defaults(self) -> Values:
        """Value that each parameter has of itself."""
        return {name: parameter.default for name, parameter in self.space.items()}


@dataclass(frozen=True)
class Fold:
    """One select cutoff of one data set.

    Attributes:
        name: Data set and cutoff date.
        history: What is known at the cutoff.
        actual: Units that came in the scored steps, shape (series,), NaN if unknown.
        n_steps: Scored steps: the protection interval, cut at the first test cutoff.
        weight: Value of a usual period's demand, shape (series,).
        step_rms: Root mean squared change from one period to the next before the
            cutoff, units, shape (series,).
    """

    name: str
    history: History
    actual: Floats
    n_steps: int
    weight: Floats
    step_rms: Floats

    def loss(self, units: Floats) -> float:
        """Loss of a forecast.

        Args:
            units: Units per period of the series to forecast, shape (n, horizon).

        Returns:
            Root of the weighted mean of squared scaled errors of the sum.
        """
        asked = self.history.is_forecast
        actual, weight = self.actual[asked], self.weight[asked]
        scale = self.step_rms[asked] * np.sqrt(self.n_steps)
        is_scored = np.isfinite(actual) & (weight > 0) & (scale > 0)
        error = actual - units[:, : self.n_steps].sum(axis=1)
        scaled = error[is_scored] / scale[is_scored]
        return float(np.sqrt(np.average(scaled**2, weights=weight[is_scored])))


def families(season_length: int) -> dict[str, Family]:
    """Models that can be searched, with their spaces.

    A new model is one more entry: parameters named as the arguments that the seed
    `model_hyperparameters` reaches, and a learner.

    Args:
        season_length: Periods in a season, which some defaults follow.

    Returns:
        Family by model name.
    """
    is_daily = season_length == features.DAYS_PER_WEEK
    usual = " ".join(map(str, features.usual_windows(season_length)))
    windows = Parameter(
        usual,
        ("7 28", "14 56", "3 7 28 91") if is_daily else ("4 13", "2 8 26", "8 26 52"),
    )
    shared = {
        "windows": windows,
        "n_lags": Parameter(0, (0, 4), 0, 14 if is_daily else 8),
        "by_value": Parameter(0, (0, 1)),
    }
    trees = {
        "n_trees": Parameter(100, (50, 100, 200), 30, 300, is_log=True),
        "n_leaves": Parameter(31, (7, 15, 31), 4, 63, is_log=True),
        "learning_rate": Parameter(0.07, (0.03, 0.07), 0.01, 0.2, is_log=True),
        "min_leaf_rows": Parameter(40, (40,), 10, 400, is_log=True),
        "feature_share": Parameter(0.5, (0.5,), 0.2, 1.0),
        "row_share": Parameter(0.5, (0.5,), 0.3, 1.0),
        "l2_penalty": Parameter(1.0, (1.0,), 0.01, 100.0, is_log=True),
    }
    window = 28 if is_daily else 13
    averages = {
        "average_window": Parameter(
            window,
            (7, 14, 21, 28, 42, 56) if is_daily else (4, 6, 8, 10, 13, 18, 26),
            3,
            91 if is_daily else 52,
        )
    }
    searched = {
        "boosting_l2": Family({**trees, **_narrow(shared)}, _boosting("boosting_l2")),
        "boosting_tweedie": Family(
            {
                **trees,
                "tweedie_power": Parameter(1.2, (1.2,), 1.05, 1.8),
                **_narrow(shared),
            },
            _boosting("boosting_tweedie"),
        ),
        "linear_regression": Family(
            {
                "bucket_ends": Parameter(
                    "1 3 7 14 28", ("1 3 7 14 28", "2 5 13 28", "4 13")
                ),
                "ridge_penalty": Parameter(0.0, (0.0, 0.001, 0.01, 0.1, 1.0, 10.0)),
                **shared,
            },
            _linear,
        ),
        "random_forest": Family(
            {
                "n_trees": Parameter(forest.N_TREES, (100,), 50, 200),
                "min_leaf_rows": Parameter(
                    forest.MIN_LEAF_ROWS, (5, 10, 20), 3, 60, is_log=True
                ),
                "feature_share": Parameter(1 / 3, (0.2, 1 / 3, 0.6), 0.1, 1.0),
                "tree_share": Parameter(forest.TREE_SHARE, (0.1,), 0.03, 0.5),
                **_narrow(shared),
            },
            _forest,
        ),
        "moving_average": Family(averages, _average),
        "moving_average_seasonal": Family(averages, _seasonal_average),
        "lstm_tuned": Family(
            {
                "window": Parameter(
                    lstm.TUNED.window, (28, 56) if is_daily else (13, 26, 39)
                ),
                "layers": Parameter(len(lstm.TUNED.units), (1, 2)),
                "layer_units": Parameter(
                    lstm.TUNED.units[0], (32,), 8, 96, is_log=True
                ),
                "dense_units": Parameter(lstm.TUNED.dense_units, (16,), 4, 64),
                "dropout": Parameter(lstm.TUNED.dropout, (0.1,), 0.0, 0.5),
                "learning_rate": Parameter(
                    lstm.TUNED.learning_rate, (0.002,), 3e-4, 2e-2, is_log=True
                ),
                "batch_size": Parameter(lstm.TUNED.batch_size, (32, 64, 128)),
                "loss": Parameter(lstm.TUNED.loss, ("squared", "tweedie")),
            },
            _lstm,
        ),
    }
    return searched


def select_folds(
    data_set: str,
    panel: pd.DataFrame,
    calendar: pd.DataFrame,
    cutoffs: pd.DataFrame,
    horizon: int,
    *,
    n_steps: int,
) -> list[Fold]:
    """Folds that a search may see.

    Args:
        data_set: Name of the data.
        panel: See `protocol.run`.
        calendar: See `protocol.run`.
        cutoffs: See `protocol.run`, with all roles.
        horizon: Periods that models forecast.
        n_steps: Periods whose sum is scored, the protection interval.

    Returns:
        One fold per select cutoff that has a known target before the first test
        cutoff and a series to score, in order of time.

    Raises:
        KeyError: A column is missing.
        ValueError: An input breaks its contract.
    """
    tests = cutoffs.loc[cutoffs["fold_role"] == "test", "cutoff_index"]
    chosen = cutoffs[cutoffs["fold_role"] == "select"].sort_values("cutoff_index")
    dense = dense_panel.read(panel, calendar, chosen, horizon)
    wall = int(tests.min()) - dense.first_index if len(tests) else None
    folds = []
    for row in chosen.itertuples():
        cutoff = int(row.cutoff_index) - dense.first_index
        steps = min(n_steps, horizon)
        if wall is not None:
            steps = min(steps, wall - cutoff)
        if steps < 1 or cutoff < 0:
            continue
        history = History(dense, cutoff, horizon)
        values = history.unit_values[
            np.arange(len(history.origin)), history.origin
        ] * np.nan_to_num(history.level)
        change = np.diff(history.demand, axis=1)
        n_known = np.isfinite(change).sum(axis=1)
        fold = Fold(
            name=f"{data_set} {pd.Timestamp(row.cutoff_date).date()}",
            history=history,
            actual=dense.demand[:, cutoff + 1 : cutoff + 1 + steps].sum(axis=1),
            n_steps=steps,
            weight=np.maximum(np.nan_to_num(values), 0.0),
            step_rms=np.sqrt(
                np.nansum(change**2, axis=1) / np.where(n_known > 0, n_known, np.inf)
            ),
        )
        is_scored = (
            history.is_forecast
            & np.isfinite(fold.actual)
            & (fold.weight > 0)
            & (fold.step_rms > 0)
        )
        if is_scored.any():
            folds.append(fold)
    return folds


def in_turns(*data_sets: Sequence[Fold]) -> list[Fold]:
    """Folds of several data sets in turns, so that a pruner soon sees each.

    Args:
        data_sets: Folds of each.

    Returns:
        First folds of all, then second ones, and so on.
    """
    rounds = itertools.zip_longest(*data_sets)
    return [fold for folds in rounds for fold in folds if fold is not None]


def search(
    model: str,
    family: Family,
    folds: Sequence[Fold],
    conditions: Conditions,
    *,
    strategy: str,
    n_trials: int,
    planning_period: str,
    tuned_on: str,
    storage: optuna.storages.BaseStorage | None = None,
    is_shown: bool = False,
) -> pd.DataFrame:
    """Try values until there are enough finished trials.

    Trial 0 is the default. What the n-th trial draws depends on the seed and on the
    finished trials before it, so a search that was interrupted and resumed finds what
    one in a single run would have.

    Args:
        model: Name of the model.
        family: Its space and learner.
        folds: What to score on; see `select_folds`.
        conditions: What holds for all trials.
        strategy: `grid` (all combinations of the grids, in drawn order, or the first
            n), `random`, or `bayesian` (tree-structured Parzen estimator).
        n_trials: Finished trials wanted besides the default, those of earlier runs
            in the storage included.
        planning_period: `week` or `day`.
        tuned_on: Names of the data sets.
        storage: Where trials are kept; None for memory.
        is_shown: Whether a progress bar with the time left goes to stderr. A key
            interrupt then ends the search and keeps what is finished.

    Returns:
        One row per trial with the columns of `TRIAL_COLUMNS`, those of earlier runs
        included.

    Raises:
        ValueError: The strategy is unknown, there is no fold, or the storage holds a
            search under other conditions.

    References:
        Random search: Bergstra and Bengio, Journal of Machine Learning Research 13,
        2012. Tree-structured Parzen estimator: Bergstra et al., Algorithms for
        hyper-parameter optimization, NeurIPS 2011. Akiba et al., Optuna, KDD 2019.
    """
    if strategy not in STRATEGIES:
        raise ValueError(f"strategy must be one of {STRATEGIES}, got {strategy}")
    if not folds:
        raise ValueError("there is no select fold to score on")
    distributions = {
        name: parameter.distribution(strategy)
        for name, parameter in family.space.items()
    }
    study = optuna.create_study(
        study_name=f"{model} {planning_period} {strategy}",
        storage=storage,
        load_if_exists=True,
        direction="minimize",
        pruner=optuna.pruners.MedianPruner(
            n_startup_trials=PRUNER_TRIALS, n_warmup_steps=PRUNER_FOLDS - 1
        ),
    )
    _refuse_other_search(study, family, folds, conditions)
    for trial in study.get_trials(states=(TrialState.RUNNING,)):
        study.tell(trial.number, state=TrialState.FAIL)
    grid = _grid(family, conditions.seed) if strategy == "grid" else None
    wanted = 1 + (n_trials if grid is None else min(n_trials, len(grid)))
    done = _finished(study)
    with tqdm(
        total=wanted,
        initial=min(len(done), wanted),
        desc=f"{model} {strategy}",
        unit="trial",
        disable=not is_shown,
    ) as progress:
        while len(done) < wanted:
            try:
                _run_trial(study, family, folds, conditions, distributions, grid, done)
            except KeyboardInterrupt:
                if not is_shown:
                    raise
                break
            done = _finished(study)
            progress.update()
    return _trials_table(
        study, conditions, (model, planning_period, strategy), tuned_on
    )


def verdicts(trials: pd.DataFrame) -> pd.DataFrame:
    """Best trial of each model and whether its gain can be told from noise.

    The best of many trials on the same folds flatters itself. So the gain is measured
    on folds that had no vote: for each fold the trial that is best on all others is
    scored on this one. Its mean over folds has to be above its standard error.

    Args:
        trials: Rows of `TRIAL_COLUMNS`, several strategies together.

    Returns:
        One row per `model` and `planning_period`: `parameters` of the trial with the
        least loss, `loss` of it, `loss_gain` and `loss_gain_standard_error` (fractions
        of the default's loss), `n_trials`, `n_folds`, `tuned_on`, `default_parameters`
        and `is_applied`. Folds weigh alike; pruned trials do not compete.

    Raises:
        ValueError: Trials of one model were scored on different folds, or there is no
            default among them.
    """
    rows = []
    for (model, planning_period), group in trials.groupby(
        ["model", "planning_period"], sort=True
    ):
        defaults = group[group["is_default"]]
        if defaults.empty:
            raise ValueError(f"{model} has no trial of its defaults")
        complete = group[group["state"] == "complete"].sort_values(
            ["loss", "strategy", "trial_number"], kind="stable"
        )
        losses = [json.loads(text) for text in complete["fold_losses"]]
        names = list(losses[0])
        if any(list(found) != names for found in losses):
            raise ValueError(f"trials of {model} were scored on different folds")
        if len(set(group["tuned_on"])) > 1:
            raise ValueError(f"trials of {model} were scored on different data")
        default = json.loads(defaults["fold_losses"].iloc[0])
        ratios = np.array(
            [[found[name] / default[name] for name in names] for found in losses]
        )
        gain, standard_error = held_out_gain(ratios)
        best = complete.iloc[0]
        rows.append(
            {
                "model": model,
                "planning_period": planning_period,
                "parameters": best["parameters"],
                "default_parameters": defaults["parameters"].iloc[0],
                "loss": float(best["loss"]),
                "loss_gain": gain,
                "loss_gain_standard_error": standard_error,
                "n_trials": int(
                    (~group["is_default"] & (group["state"] != "failed")).sum()
                ),
                "n_folds": len(names),
                "tuned_on": best["tuned_on"],
                "is_applied": bool(
                    not best["is_default"] and gain > max(standard_error, 0.0)
                ),
            }
        )
    return pd.DataFrame(rows)


def held_out_gain(ratios: Floats) -> tuple[float, float]:
    """Gain on folds that did not choose.

    Args:
        ratios: Loss over that of the default, shape (trials, folds); of trials that
            are equally good the first is taken.

    Returns:
        Mean over folds of one less the ratio of the trial that is best on the others,
        and its standard error; infinite where there are fewer than two folds.

    Examples:
        Trial 1 is lucky on the first fold. Seen from the others it is the best, and
        loses there:

        >>> ratios = np.array([[1.0, 1.0, 1.0], [0.6, 1.1, 1.1], [0.9, 0.9, 0.9]])
        >>> round(held_out_gain(ratios)[0], 3)
        -0.033
    """
    n_folds = ratios.shape[1]
    if n_folds < 2:
        return 0.0, float("inf")
    others = ratios.sum(axis=1, keepdims=True) - ratios
    chosen = others.argmin(axis=0)
    gains = 1 - ratios[chosen, np.arange(n_folds)]
    return float(gains.mean()), float(gains.std(ddof=1) / np.sqrt(n_folds))


def hyperparameters(judged: pd.DataFrame) -> pd.DataFrame:
    """Rows of the seed `model_hyperparameters`.

    Args:
        judged: Rows of `verdicts`.

    Returns:
        One row per applied model, planning period and parameter that differs from its
        default, with the columns of `HYPERPARAMETER_COLUMNS`.
    """
    rows = []
    for verdict in judged.itertuples():
        if not verdict.is_applied:
            continue
        defaults = json.loads(verdict.default_parameters)
        for name, value in json.loads(verdict.parameters).items():
            if value != defaults[name]:
                rows.append(
                    {
                        "model": verdict.model,
                        "planning_period": verdict.planning_period,
                        "parameter": name,
                        "value": str(value),
                        "default_value": str(defaults[name]),
                        "loss_gain": round(verdict.loss_gain, 4),
                        "loss_gain_standard_error": round(
                            verdict.loss_gain_standard_error, 4
                        ),
                        "n_trials": verdict.n_trials,
                        "tuned_on": verdict.tuned_on,
                    }
                )
    return pd.DataFrame(rows, columns=HYPERPARAMETER_COLUMNS)


def _run_trial(
    study: optuna.Study,
    family: Family,
    folds: Sequence[Fold],
    conditions: Conditions,
    distributions: dict[str, BaseDistribution],
    grid: list[Values] | None,
    done: list[optuna.trial.FrozenTrial],
) -> None:
    """Draw one set of values, score it fold by fold and tell the study."""
    is_default = not done
    fixed = family.defaults if is_default else None
    if grid is not None and not is_default:
        tried = [trial.params for trial in done[1:]]
        fixed = next(values for values in grid if values not in tried)
    study.sampler = _sampler(study.study_name, conditions.seed, len(done))
    if fixed is not None and not study.get_trials(states=(TrialState.WAITING,)):
        study.enqueue_trial(fixed)
    trial = study.ask(distributions)
    values = {
        name: _rounded(value, family.space[name])
        for name, value in trial.params.items()
    }
    trial.set_user_attr("parameters", values)
    started = time.process_time()
    losses: dict[str, float] = {}
    default = None if is_default else done[0].user_attrs["fold_losses"]
    state = TrialState.COMPLETE
    try:
        learn = family.learner(
            {name: run_settings.typed(str(value)) for name, value in values.items()},
            conditions,
        )
        for step, fold in enumerate(folds):
            units, _ = protocol.complete(
                fold.history, study.study_name, learn(fold.history)(fold.history)
            )
            losses[fold.name] = fold.loss(units)
            if default is not None:
                trial.report(_relative(losses, default), step)
                if step + 1 < len(folds) and trial.should_prune():
                    state = TrialState.PRUNED
                    break
    except BaseException:
        study.tell(trial, state=TrialState.FAIL)
        raise
    trial.set_user_attr("fold_losses", losses)
    trial.set_user_attr("cpu_seconds", time.process_time() - started)
    if state == TrialState.COMPLETE:
        study.tell(trial, _relative(losses, default or losses))
    else:
        study.tell(trial, state=state)


def _relative(losses: dict[str, float], default: dict[str, float]) -> float:
    return float(np.mean([loss / default[name] for name, loss in losses.items()]))


def _rounded(value: Value, parameter: Parameter) -> Value:
    """A drawn number with few digits; what the space names itself stays as it is."""
    if not isinstance(value, float) or value in (parameter.default, *parameter.grid):
        return value
    return float(f"{value:.{DIGITS}g}")


def _sampler(name: str, seed: int, n_done: int) -> optuna.samplers.BaseSampler:
    """Sampler of the next trial, whose seed knows how many trials came before."""
    words = np.random.SeedSequence([seed, n_done]).generate_state(1)
    if name.endswith("bayesian"):
        return optuna.samplers.TPESampler(seed=int(words[0]))
    return optuna.samplers.RandomSampler(seed=int(words[0]))


def _grid(family: Family, seed: int) -> list[Values]:
    """All combinations but the default, in an order drawn with the seed."""
    names = list(family.space)
    product = itertools.product(*(family.space[name].grid for name in names))
    points = [dict(zip(names, values, strict=True)) for values in product]
    points = [values for values in points if values != family.defaults]
    order = np.random.default_rng(seed).permutation(len(points))
    return [points[position] for position in order]


def _finished(study: optuna.Study) -> list[optuna.trial.FrozenTrial]:
    return study.get_trials(states=(TrialState.COMPLETE, TrialState.PRUNED))


def _trials_table(
    study: optuna.Study, conditions: Conditions, keys: tuple[str, str, str], data: str
) -> pd.DataFrame:
    """All trials of a study, laid out; the unfinished ones are failed."""
    rows = []
    first = next(iter(_finished(study)), None)
    for trial in study.get_trials():
        losses = trial.user_attrs.get("fold_losses", {})
        rows.append(
            [
                *keys,
                trial.number,
                {"COMPLETE": "complete", "PRUNED": "pruned"}.get(
                    trial.state.name, "failed"
                ),
                first is not None and trial.number == first.number,
                json.dumps(trial.user_attrs.get("parameters", {})),
                round(trial.value, 6)
                if trial.state == TrialState.COMPLETE
                else float("nan"),
                json.dumps({name: round(loss, 6) for name, loss in losses.items()}),
                round(trial.user_attrs.get("cpu_seconds", 0.0), 2),
                conditions.seed,
                data,
            ]
        )
    return pd.DataFrame(rows, columns=TRIAL_COLUMNS)


def _refuse_other_search(
    study: optuna.Study,
    family: Family,
    folds: Sequence[Fold],
    conditions: Conditions,
) -> None:
    """Mark a new study with what it depends on; refuse one with another mark."""
    digest = hashlib.sha256()
    digest.update(repr((dict(family.space), tuple(conditions))).encode())
    for fold in folds:
        digest.update(f"{fold.name} {fold.n_steps}".encode())
        for values in (fold.history.demand, fold.actual, fold.weight):
            digest.update(np.ascontiguousarray(values, dtype="<f8").tobytes())
    mark = digest.hexdigest()
    known = study.user_attrs.get("fingerprint")
    if known is None:
        study.set_user_attr("fingerprint", mark)
    elif known != mark:
        raise ValueError(
            f"the storage holds a search '{study.study_name}' under other conditions "
            "(data, folds, space, seed or budget): move it away to start anew"
        )


def _narrow(shared: Mapping[str, Parameter]) -> dict[str, Parameter]:
    """Shared parameters, with one value in the grid of a model that has many."""
    return {
        name: Parameter(
            parameter.default,
            (parameter.default,),
            parameter.low,
            parameter.high,
        )
        if parameter.low is not None
        else parameter
        for name, parameter in shared.items()
    }


def _boosting(model: str) -> Callable[[dict[str, Any], Conditions], Learner]:
    def learner(values: dict[str, Any], conditions: Conditions) -> Learner:
        return lambda history: boosting.grow(
            history,
            objective=boosting.OBJECTIVES[model],
            seed=conditions.seed,
            season_length=conditions.season_length,
            bucket_ends=boosting.BUCKET_ENDS,
            max_rows=min(conditions.max_rows, boosting.MAX_ROWS),
            **values,
        )

    return learner


def _linear(values: dict[str, Any], conditions: Conditions) -> Learner:
    return lambda history: linear.regress(
        history,
        seed=conditions.seed,
        season_length=conditions.season_length,
        max_rows=conditions.max_rows,
        **values,
    )


def _forest(values: dict[str, Any], conditions: Conditions) -> Learner:
    return lambda history: forest.grow(
        history,
        seed=conditions.seed,
        season_length=conditions.season_length,
        max_rows=conditions.max_rows,
        **values,
    )


def _average(values: dict[str, Any], conditions: Conditions) -> Learner:
    _ = conditions
    return protocol.per_series(
        lambda history: baselines.moving_average(
            history.demand, horizon=history.horizon, window=values["average_window"]
        )
    )


def _seasonal_average(values: dict[str, Any], conditions: Conditions) -> Learner:
    return lambda history: baselines.seasonal_average(
        SeasonalIndex.learn(history, season_length=conditions.season_length),
        values["average_window"],
    )


def _lstm(values: dict[str, Any], conditions: Conditions) -> Learner:
    """Learner that trains at the first cutoff of a panel; weights serve later ones."""
    architecture = lstm.architectures({"lstm_tuned": values})["lstm_tuned"]
    networks: dict[int, Any] = {}

    def learn(history: History) -> Model:
        season = SeasonalIndex.learn(history, season_length=conditions.season_length)
        ahead = lstm.periods_ahead(history.horizon, conditions.season_length)
        panel = id(history.keys)
        if panel not in networks:
            windows = sequences.training_windows(
                history,
                season,
                length=architecture.window,
                ahead=ahead,
                max_windows=conditions.lstm_max_windows,
                seed=conditions.seed,
            )
            networks[panel] = (
                lstm.train(
                    windows,
                    architecture,
                    epochs=conditions.lstm_epochs,
                    seed=conditions.seed,
                ).network
                if len(windows.target) >= lstm.MIN_WINDOWS
                else None
            )
        if networks[panel] is None:
            return protocol.no_word
        return lambda asked: lstm.predict(
            networks[panel], architecture, asked, season, ahead=ahead
        )

    return learn
