"""Global random forest, fitted anew at each cutoff."""

from __future__ import annotations

from functools import partial
from typing import Any

import lightgbm
import numpy as np
import pandas as pd

from restock.forecasting import features, panel_rows, protocol
from restock.forecasting.history import History
from restock.forecasting.protocol import Model

MODELS = ("random_forest",)

N_TREES = 100
MIN_LEAF_ROWS = 10
N_LEAVES = 200

# Values of a feature that are told apart: the mean of many trees blurs more.
MAX_BINS = 31

# More rows than the trees see between them say nothing new and cost: every tree is
# asked for the rows that it did not see.
MAX_ROWS = 30_000

# A tree sees a quarter of the rows, but never so few that it could not split, and
# never more than a tree gains from.
TREE_SHARE = 0.25
MIN_TREE_ROWS = 1_000
MAX_TREE_ROWS = 10_000

# Share of distinct rows in a sample with replacement: a tree never sees more.
BOOTSTRAP_SHARE = 0.632


def forecast(
    panel: protocol.Panel,
    calendar: pd.DataFrame,
    cutoffs: pd.DataFrame,
    horizon: int,
    *,
    seed: int,
    season_length: int,
    max_rows: int = 200_000,
    **hyperparameters: Any,
) -> pd.DataFrame:
    """Forecast with one random forest per cutoff over all series and steps.

    Args:
        panel: See `protocol.run`.
        calendar: See `protocol.run`.
        cutoffs: See `protocol.run`.
        horizon: Number of periods to forecast.
        seed: Seed of the draw of training rows and of the trees, zero or more.
        season_length: Periods in a season: 52 for weeks, 7 for days.
        max_rows: Cap on training rows per cutoff.
        **hyperparameters: Further arguments of `grow`.

    Returns:
        Rows of `protocol.OUTPUT_SCHEMA` for the model of `MODELS`.

    Raises:
        KeyError: A column is missing.
        ValueError: An input breaks its contract.

    References:
        Breiman, Random Forests, Machine Learning 45, 2001. On bins: Ke et al.,
        LightGBM: a highly efficient gradient boosting decision tree, NeurIPS 2017.
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
            **hyperparameters,
        ),
    )


def learners(**arguments: Any) -> dict[str, protocol.Learner]:
    """Learner of the model of `MODELS`; arguments of `grow`."""
    return {MODELS[0]: partial(grow, **arguments)}


def grow(
    history: History,
    *,
    seed: int,
    season_length: int,
    max_rows: int,
    n_trees: int = N_TREES,
    by_value: bool = False,
    min_leaf_rows: int = MIN_LEAF_ROWS,
    feature_share: float = 1 / 3,
    tree_share: float = TREE_SHARE,
    windows: tuple[int, ...] | None = None,
    n_lags: int = 0,
) -> Model:
    """Fit on what is known at a cutoff.

    Args:
        history: What is known at the cutoff.
        seed: Seed of the draw of training rows and of the trees.
        season_length: Periods in a season.
        max_rows: Cap on training rows; the lower of it and `MAX_ROWS` holds.
        n_trees: Number of trees, one or more.
        by_value: Weigh errors in money instead of units.
        min_leaf_rows: Fewest rows of a leaf.
        feature_share: Share of the features that a split may use, in (0, 1].
        tree_share: Share of the rows that a tree is grown on; see `tree_rows`.
        windows: See `features.Design.learn`.
        n_lags: See `features.Design.learn`.

    Returns:
        Function of a history at the same cutoff that returns units per period,
        shape (series, horizon); NaN, so the level of the series, where there are
        too few rows for two leaves or the series is not forecast.
    """
    lesson = features.lesson(
        history,
        seed=seed,
        season_length=season_length,
        max_rows=min(max_rows, MAX_ROWS),
        windows=windows,
        n_lags=n_lags,
    )
    n_rows = len(lesson.targets)
    if n_rows < 2 * min_leaf_rows:
        return protocol.no_word
    parameters = {
        "boosting": "rf",
        "objective": "regression",
        "num_leaves": N_LEAVES,
        "min_data_in_leaf": min_leaf_rows,
        "min_sum_hessian_in_leaf": 0.0,
        "feature_fraction_bynode": feature_share,
        "bagging_fraction": tree_rows(n_rows, tree_share) / n_rows,
        "bagging_freq": 1,
        # One thread: sums in one order, so that two runs agree to the last bit.
        "num_threads": 1,
        "deterministic": True,
        "force_row_wise": True,
        "max_bin": MAX_BINS,
        "verbosity": -1,
        "seed": int(history.generator(seed).integers(2**31)),
    }
    weights = panel_rows.training_weights(history, lesson.rows, by_value=by_value)
    # A tree that finds no split says zero: so it is asked for the gap to the mean.
    mean = np.average(lesson.targets, weights=weights)
    data = lightgbm.Dataset(lesson.shown, lesson.targets - mean, weight=weights)
    trees = lightgbm.train(parameters, data, num_boost_round=n_trees)
    return features.ModelOfRatios(
        lambda rows, values: mean + trees.predict(values, num_threads=1), lesson.design
    )


def tree_rows(n_rows: int, tree_share: float = TREE_SHARE) -> int:
    """Number of rows that one tree is grown on.

    Args:
        n_rows: Training rows, one or more.
        tree_share: Share of them, in (0, 1].

    Returns:
        That share of the rows within [`MIN_TREE_ROWS`, `MAX_TREE_ROWS`], at most
        `BOOTSTRAP_SHARE` of all.

    Examples:
        >>> [tree_rows(n) for n in (40, 5_000, 50_000, 1_000_000)]
        [25, 1250, 10000, 10000]
    """
    wanted = int(np.clip(tree_share * n_rows, MIN_TREE_ROWS, MAX_TREE_ROWS))
    return min(wanted, int(BOOTSTRAP_SHARE * n_rows))
