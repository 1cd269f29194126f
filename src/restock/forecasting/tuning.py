"""Hyperparameter search: trials drawn from a space, scored fold by fold.

One trial is one set of values, fitted and scored at every select fold of one or more
data sets; its loss is the mean over folds of its loss over that of the default values,
so one is no gain and data sets of any unit weigh alike. `tuning_spaces` says what can
be searched, `tuning_folds` what a trial is scored on, `tuning_verdicts` who wins.
"""

from __future__ import annotations

import hashlib
import itertools
import json
import time
from collections.abc import Sequence

import numpy as np
import optuna
import pandas as pd
from optuna.distributions import BaseDistribution
from optuna.trial import TrialState
from tqdm import tqdm

from restock.forecasting import protocol, run_settings
from restock.forecasting.tuning_folds import Fold
from restock.forecasting.tuning_spaces import (
    STRATEGIES,
    Conditions,
    Family,
    Parameter,
    Value,
    Values,
)

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

# Trials that run to the end before one may be cut short, and folds that each may see.
PRUNER_TRIALS = 5
PRUNER_FOLDS = 2

# Digits of a drawn number: more would be noise that a reader has to carry.
DIGITS = 3


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
        folds: What to score on; see `tuning_folds.select_folds`.
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
