"""Who wins a hyperparameter search, and whether the gain can be told from noise."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd

from restock.statistics.arrays import Floats

_SEARCH = ["model", "planning_period", "strategy"]

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


def verdicts(trials: pd.DataFrame) -> pd.DataFrame:
    """Best trial of each model and whether its gain can be told from noise.

    The best of many trials on the same folds flatters itself. So the gain is measured
    on folds that had no vote: for each fold the trial that is best on all others is
    scored on this one. Its mean over folds has to be above its standard error.

    Args:
        trials: Rows of `tuning.TRIAL_COLUMNS`, several strategies together.

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


def beside(earlier: pd.DataFrame, trials: pd.DataFrame) -> pd.DataFrame:
    """Earlier trials with those of a new search.

    A search takes the place of its own earlier trials. Trials of its model on other
    data or other folds give way too: their losses cannot be compared with the new ones.

    Args:
        earlier: Rows of `tuning.TRIAL_COLUMNS`.
        trials: The same, of one model, planning period and strategy.

    Returns:
        The rows, ordered by model, planning period, strategy and trial.
    """
    new_keys = set(trials[_SEARCH].itertuples(index=False, name=None))
    new_models = {keys[:2] for keys in new_keys}
    new_evidence = _evidence(trials)
    parts = [
        group
        for keys, group in earlier.groupby(_SEARCH, sort=False)
        if keys[:2] not in new_models
        or (keys not in new_keys and _evidence(group) == new_evidence)
    ]
    parts = [part for part in (*parts, trials) if not part.empty]
    together = pd.concat(parts) if parts else trials
    return together.sort_values([*_SEARCH, "trial_number"], ignore_index=True)


def _evidence(trials: pd.DataFrame) -> set[tuple[str, ...]]:
    """Data and folds that complete trials were scored on."""
    complete = trials[trials["state"] == "complete"]
    return {
        (data, *json.loads(losses))
        for data, losses in zip(
            complete["tuned_on"], complete["fold_losses"], strict=True
        )
    }


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
