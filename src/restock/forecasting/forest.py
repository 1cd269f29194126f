"""Global random forest, fitted anew at each cutoff."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
import pandas as pd
from sklearn.ensemble import RandomForestRegressor

from restock.forecasting import features, panel_rows, protocol
from restock.forecasting.history import History
from restock.forecasting.imputation import Imputation
from restock.forecasting.protocol import Model

MODELS = ("random_forest",)

N_TREES = 100
MIN_LEAF_ROWS = 10

# A tree sees a tenth of the rows, as measured to be both fastest and best, but
# never so few that it could not split, and never more than a tree gains from.
TREE_SHARE = 0.1
MIN_TREE_ROWS = 1_000
MAX_TREE_ROWS = 10_000


def forecast(
    panel: protocol.Panel,
    calendar: pd.DataFrame,
    cutoffs: pd.DataFrame,
    horizon: int,
    *,
    seed: int,
    season_length: int,
    max_rows: int = 200_000,
    n_jobs: int = 2,
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
        n_jobs: Threads that grow trees. The result does not depend on it.
        **hyperparameters: Further arguments of `grow`.

    Returns:
        Rows of `protocol.OUTPUT_SCHEMA` for the model of `MODELS`.

    Raises:
        KeyError: A column is missing.
        ValueError: An input breaks its contract.

    References:
        Breiman, Random Forests, Machine Learning 45, 2001.
    """
    learn = partial(
        grow,
        seed=seed,
        season_length=season_length,
        max_rows=max_rows,
        n_jobs=n_jobs,
        **hyperparameters,
    )
    return protocol.run(panel, calendar, cutoffs, horizon, {MODELS[0]: learn})


def grow(
    history: History,
    *,
    seed: int,
    season_length: int,
    max_rows: int,
    n_trees: int = N_TREES,
    n_jobs: int = 1,
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
        max_rows: Cap on training rows.
        n_trees: Number of trees, one or more.
        n_jobs: Threads that grow trees.
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
        max_rows=max_rows,
        windows=windows,
        n_lags=n_lags,
    )
    n_rows = len(lesson.targets)
    if n_rows < 2 * min_leaf_rows:
        return protocol.no_word
    imputation = Imputation.fit(lesson.shown)
    forest = RandomForestRegressor(
        n_estimators=n_trees,
        min_samples_leaf=min_leaf_rows,
        max_features=feature_share,
        max_samples=tree_rows(n_rows, tree_share),
        n_jobs=n_jobs,
        random_state=int(history.generator(seed).integers(2**32)),
    ).fit(
        imputation.apply(lesson.shown),
        lesson.targets,
        sample_weight=panel_rows.training_weights(
            history, lesson.rows, by_value=by_value
        ),
    )
    # Threads add the trees' votes in the order they finish: one thread, so that
    # two runs agree to the last bit.
    forest.set_params(n_jobs=1)
    return features.ModelOfRatios(
        lambda rows, values: forest.predict(imputation.apply(values)), lesson.design
    )


def tree_rows(n_rows: int, tree_share: float = TREE_SHARE) -> int:
    """Number of rows that one tree is grown on.

    Args:
        n_rows: Training rows, one or more.
        tree_share: Share of them, in (0, 1].

    Returns:
        That share of the rows within [`MIN_TREE_ROWS`, `MAX_TREE_ROWS`], at most all.

    Examples:
        >>> [tree_rows(n) for n in (40, 5_000, 50_000, 1_000_000)]
        [40, 1000, 5000, 10000]
    """
    wanted = int(np.clip(tree_share * n_rows, MIN_TREE_ROWS, MAX_TREE_ROWS))
    return min(wanted, n_rows)
