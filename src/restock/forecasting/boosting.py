"""Global gradient boosting, direct by bucket of steps, fitted anew at each cutoff."""

from __future__ import annotations

from functools import partial
from typing import Any

import lightgbm
import numpy as np
import numpy.typing as npt
import pandas as pd

from restock.forecasting import features, panel_rows, protocol
from restock.forecasting.history import History
from restock.forecasting.protocol import Model
from restock.forecasting.step_buckets import Ratios, check_bucket_ends, fit_by_bucket

# The objective that each model is named after.
OBJECTIVES = {"boosting_l2": "regression", "boosting_tweedie": "tweedie"}
MODELS = tuple(OBJECTIVES)

MIN_TRAINING_ROWS = 100

# More rows of so few features gain a hundredth and cost in proportion.
MAX_ROWS = 90_000

# Last steps of the buckets whose steps share trees.
BUCKET_ENDS = (4, 13)

# Values of a feature that are told apart: ratios are too noisy to gain from more.
MAX_BINS = 63


def forecast(
    panel: protocol.Panel,
    calendar: pd.DataFrame,
    cutoffs: pd.DataFrame,
    horizon: int,
    *,
    seed: int,
    season_length: int,
    max_rows: int = 200_000,
    bucket_ends: tuple[int, ...] = BUCKET_ENDS,
    hyperparameters: dict[str, dict[str, Any]] | None = None,
) -> pd.DataFrame:
    """Forecast with gradient-boosted trees, one per cutoff, objective and bucket.

    Args:
        panel: See `protocol.run`.
        calendar: See `protocol.run`.
        cutoffs: See `protocol.run`.
        horizon: Number of periods to forecast.
        seed: Seed of the draw of training rows and of the trees, zero or more.
        season_length: Periods in a season: 52 for weeks, 7 for days.
        max_rows: Cap on training rows per cutoff.
        bucket_ends: Last step of each bucket, rising; the last bucket goes on to
            the horizon. Steps of a bucket share trees.
        hyperparameters: For each model of `MODELS` arguments of `grow`.

    Returns:
        Rows of `protocol.OUTPUT_SCHEMA` for the models of `MODELS`.

    Raises:
        KeyError: A column is missing.
        ValueError: An input breaks its contract, or buckets do not rise.

    References:
        Ke et al., LightGBM: a highly efficient gradient boosting decision tree,
        NeurIPS 2017. Tweedie loss of the M5 winners: Makridakis, Spiliotis and
        Assimakopoulos, International Journal of Forecasting 38, 2022.
    """
    return protocol.run(
        panel,
        calendar,
        cutoffs,
        horizon,
        learners(
            seed=seed,
            season_length=season_length,
            max_rows=max_rows,
            bucket_ends=bucket_ends,
            hyperparameters=hyperparameters,
        ),
    )


def learners(
    *,
    seed: int,
    season_length: int,
    max_rows: int = 200_000,
    bucket_ends: tuple[int, ...] = BUCKET_ENDS,
    hyperparameters: dict[str, dict[str, Any]] | None = None,
) -> dict[str, protocol.Learner]:
    """Learners of the models of `MODELS`; see `forecast` for the arguments."""
    check_bucket_ends(bucket_ends)
    given = hyperparameters or {}
    return {
        name: learner(
            name,
            seed=seed,
            season_length=season_length,
            max_rows=max_rows,
            bucket_ends=bucket_ends,
            hyperparameters=given.get(name, {}),
        )
        for name in MODELS
    }


def learner(
    name: str,
    *,
    seed: int,
    season_length: int,
    max_rows: int,
    bucket_ends: tuple[int, ...] = BUCKET_ENDS,
    hyperparameters: dict[str, Any],
) -> protocol.Learner:
    """Learner of one model.

    Args:
        name: Model of `MODELS`.
        seed: Seed of the draw of training rows and of the trees.
        season_length: Periods in a season.
        max_rows: Cap on training rows; the lower of it and its hyperparameter holds.
        bucket_ends: Last step of each bucket.
        hyperparameters: Further arguments of `grow`.

    Returns:
        Function of a history that returns a model.
    """
    own = hyperparameters.get("max_rows", MAX_ROWS)
    arguments = {**hyperparameters, "max_rows": min(own, max_rows)}
    return lambda history: grow(
        history,
        objective=OBJECTIVES[name],
        seed=seed,
        season_length=season_length,
        bucket_ends=bucket_ends,
        **arguments,
    )


def grow(
    history: History,
    *,
    objective: str,
    seed: int,
    season_length: int,
    bucket_ends: tuple[int, ...],
    max_rows: int = MAX_ROWS,
    n_trees: int = 100,
    n_leaves: int = 31,
    learning_rate: float = 0.07,
    min_leaf_rows: int = 40,
    feature_share: float = 0.5,
    row_share: float = 0.5,
    l2_penalty: float = 1.0,
    tweedie_power: float = 1.2,
    by_value: bool = False,
    windows: tuple[int, ...] | None = None,
    n_lags: int = 0,
    without: frozenset[str] = frozenset(),
) -> Model:
    """Fit on what is known at a cutoff.

    Args:
        history: What is known at the cutoff.
        objective: `regression` (squared error) or `tweedie`.
        seed: Seed of the draw of training rows and of the trees.
        season_length: Periods in a season.
        bucket_ends: Last step of each bucket.
        max_rows: Cap on training rows.
        n_trees: Trees of each bucket.
        n_leaves: Most leaves of a tree.
        learning_rate: Share of each tree's step that is taken, in (0, 1].
        min_leaf_rows: Fewest rows of a leaf.
        feature_share: Share of the features that a tree may use, in (0, 1].
        row_share: Share of the rows that a tree is grown on, in (0, 1].
        l2_penalty: Ridge penalty on leaves, zero or more.
        tweedie_power: Variance power of the Tweedie loss, in (1, 2).
        by_value: Weigh errors in money instead of units.
        windows: See `features.Design.learn`.
        n_lags: See `features.Design.learn`.
        without: Features that the trees are not shown, by name.

    Returns:
        Function of a history at the same cutoff that returns units per period,
        shape (series, horizon); NaN, so the level of the series, where there are
        fewer than `MIN_TRAINING_ROWS` rows.
    """
    lesson = features.lesson(
        history,
        seed=seed,
        season_length=season_length,
        max_rows=max_rows,
        windows=windows,
        n_lags=n_lags,
    )
    if len(lesson.targets) < MIN_TRAINING_ROWS:
        return protocol.no_word
    parameters = {
        "objective": objective,
        "num_leaves": n_leaves,
        "learning_rate": learning_rate,
        "min_data_in_leaf": min_leaf_rows,
        "feature_fraction": feature_share,
        "bagging_fraction": row_share,
        "bagging_freq": 1,
        "lambda_l2": l2_penalty,
        # One thread: sums in one order, so that two runs agree to the last bit.
        "num_threads": 1,
        "deterministic": True,
        "force_row_wise": True,
        "max_bin": MAX_BINS,
        "verbosity": -1,
        "seed": int(history.generator(seed).integers(2**31)),
    }
    if objective == "tweedie":
        parameters["tweedie_variance_power"] = tweedie_power
    if without:
        # One group of features that may meet in a tree; those outside are in none.
        parameters["interaction_constraints"] = [
            [place for place, name in enumerate(lesson.names) if name not in without]
        ]
    weights = panel_rows.training_weights(history, lesson.rows, by_value=by_value)
    # Rows of each bucket as bins: what all objectives and variants grow trees on.
    binned: dict[bytes, lightgbm.Dataset] = history.latest(
        "binned", (lesson, by_value, min_leaf_rows), dict
    )

    def fit(taught: npt.NDArray[np.bool_]) -> Ratios:
        bucket = taught.tobytes()
        if bucket not in binned:
            binned[bucket] = lightgbm.Dataset(
                lesson.shown[taught], lesson.targets[taught], weight=weights[taught]
            )
        trees = lightgbm.train(parameters, binned[bucket], num_boost_round=n_trees)
        return partial(trees.predict, num_threads=1)

    predict = fit_by_bucket(
        fit,
        lesson.rows.step,
        horizon=history.horizon,
        ends=bucket_ends,
        min_rows=MIN_TRAINING_ROWS,
    )
    return features.ModelOfRatios(predict, lesson.design)
