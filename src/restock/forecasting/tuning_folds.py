"""Folds that a hyperparameter search is scored on.

A fold's loss is the root of the weighted mean squared error of the sum over the
protection interval, errors over what each series moves in a period.

**The wall.** Only select folds are read, and of their targets only periods up to the
first test cutoff: whatever comes later cannot move a trial.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from restock.forecasting import dense_panel
from restock.forecasting.history import History
from restock.statistics.arrays import Floats


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
