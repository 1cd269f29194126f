"""What a global model loses when a feature is taken from it: permutation importance.

At a select fold each model is fitted as the line-up fits it. On targets it has not
seen, the values of one feature are dealt to the rows at random, and the errors of the
model are set beside those it makes with the values in place. Nothing of the model is
looked into, so a regression and a forest are measured by the same rod; nothing is
fitted again, so it says what the model uses, not what could be learned without.

Columns that say the same thing are one feature and move together: permuted one by
one, each would stand in for the others and all would look idle. The permutations are
the same for every model and feature, so that features differ by what they are worth
and not by the draw.

References:
    Breiman, Random forests, Machine Learning 45, 2001, section 10. Fisher, Rudin and
    Dominici, All models are wrong, but many are useful, Journal of Machine Learning
    Research 20, 2019 (model reliance). Hooker, Mentch and Zhou, Unrestricted
    permutation forces extrapolation, Statistics and Computing 31, 2021 (what it does
    wrong where features are correlated).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from fnmatch import fnmatchcase
from functools import partial
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from restock import frames
from restock.forecasting import (
    ablation,
    boosting,
    dense_panel,
    forest,
    linear,
    panel_rows,
)
from restock.forecasting.features import ModelOfRatios
from restock.forecasting.history import History
from restock.forecasting.panel_rows import Rows
from restock.forecasting.protocol import Learner
from restock.statistics.arrays import Floats, Indices

OUTPUT_SCHEMA = pa.schema(
    [
        ("model", pa.string()),
        ("feature", pa.string()),
        ("location_id", pa.string()),
        ("product_id", pa.string()),
        ("cutoff_date", pa.date32()),
        ("forecast_date", pa.date32()),
        ("horizon", pa.int32()),
        ("feature_columns", pa.string()),
        ("scale_units", pa.float64()),
        ("actual_units", pa.float64()),
        ("forecast_units", pa.float64()),
        ("permuted_squared_error", pa.float64()),
        ("permuted_absolute_error_units", pa.float64()),
    ]
)

# Columns that move together, by the feature they describe; any other is a feature of
# its own. Promotions and holidays are those of the ablation.
GROUPS: Mapping[str, Sequence[str]] = {
    **ablation.BUILT_IN,
    "past_promotions": ("lag_promotion_share",),
    "year_cycle": ("calendar_year_*", "calendar_half_year_*"),
    "weekday": ("calendar_weekday_*",),
    "recent_demand": (
        "lag_last_ratio",
        "lag_previous_ratio",
        "lag_mean_*",
        "seasonal_mean_*",
        "seasonal_lag_*",
    ),
    "demand_last_year": ("lag_last_year_ratio", "last_season*"),
    "variation": ("lag_variation_ratio",),
    "intermittency": ("lag_active_share", "lag_periods_since_sale"),
    "sales_level": ("log_scale",),
    "steps_ahead": ("step_share",),
}

_PREFIXES = ("effect_", "lag_", "static_", "known_", "calendar_")
_WAVES = ("_sine", "_cosine", "_sin", "_cos")


def permute(
    panel: Sequence[Callable[[], pd.DataFrame]],
    calendar: pd.DataFrame,
    cutoffs: pd.DataFrame,
    horizon: int,
    *,
    seed: int,
    season_length: int,
    max_rows: int,
    hyperparameters: Mapping[str, dict[str, Any]],
    families_cut: Sequence[str] = (),
    n_folds: int = 2,
    n_repeats: int = 3,
    max_scored_rows: int = 6_000,
) -> pd.DataFrame:
    """Forecast select folds with each feature in place and permuted.

    Args:
        panel: Functions that read the parts; the first, a fair sample, is used.
        calendar: See `protocol.run`.
        cutoffs: See `protocol.run`, with all roles.
        horizon: Periods that the models forecast, from 1.
        seed: Seed of the models and of the permutations, zero or more.
        season_length: Periods in a season.
        max_rows: Cap on training rows per cutoff.
        hyperparameters: Found by the search, by model and parameter.
        families_cut: Families that the CPU budget leaves out.
        n_folds: Select folds, the earliest ones: most of their targets are known before
            the first test cutoff. From 1.
        n_repeats: Permutations whose errors are averaged, from 1.
        max_scored_rows: Cap on scored targets, in equal shares per fold.

    Returns:
        Rows of `OUTPUT_SCHEMA`, one per model, feature and scored target, ordered by
        model, fold, feature, ids and step. Targets are known, at or before the first
        test cutoff. A model with too little history to be fitted has no rows.

    Raises:
        KeyError: A column is missing.
        ValueError: An input breaks its contract; see `dense_panel.read`.
    """
    folds = (
        cutoffs[cutoffs["fold_role"] == "select"]
        .sort_values("cutoff_index")
        .head(n_folds)
    )
    part = panel[0]()
    if folds.empty or part.empty:
        return frames.empty(OUTPUT_SCHEMA)
    tests = cutoffs.loc[cutoffs["fold_role"] == "test", "cutoff_index"]
    dense = dense_panel.read(part, calendar, folds, horizon)
    n_periods = len(dense.period_dates)
    wall = int(tests.min()) - dense.first_index if len(tests) else n_periods - 1
    learners = _learners(
        seed=seed,
        season_length=season_length,
        max_rows=max_rows,
        hyperparameters=hyperparameters,
        families_cut=families_cut,
    )
    pieces = []
    for fold in folds.itertuples():
        cutoff = int(fold.cutoff_index) - dense.first_index
        history = History(dense, cutoff, horizon)
        generator = history.generator(seed)
        rows = _targets(
            history,
            dense.demand[:, : wall + 1],
            generator,
            max_rows=max_scored_rows // len(folds),
        )
        actual = dense.demand[rows.series, rows.close + rows.step]
        orders = [generator.permutation(len(actual)) for _ in range(n_repeats)]
        for name, learn in learners.items():
            model = learn(history)
            # Other models say that they have too little to learn from.
            if len(actual) and isinstance(model, ModelOfRatios):
                table = _errors(model, history, rows, actual, orders)
                pieces.append(
                    table.assign(
                        model=name,
                        cutoff_date=pd.Timestamp(fold.cutoff_date),
                        forecast_date=dense.period_dates[cutoff + table["horizon"]],
                    )
                )
    if not pieces:
        return frames.empty(OUTPUT_SCHEMA)
    result = pd.concat(pieces, ignore_index=True)
    return result.sort_values("model", kind="stable", ignore_index=True)[
        OUTPUT_SCHEMA.names
    ]


def feature_of(column: str) -> str:
    """Feature that a column of `features.Design` belongs to.

    Args:
        column: Name of the column.

    Returns:
        Name of its group; for a signal, its name after `signal_`, whether the column
        is the signal or its effect; for others the column without its prefix and
        without the end that tells a sine from a cosine.

    Examples:
        >>> [feature_of(name) for name in ("calendar_moon_sin", "calendar_moon_cos")]
        ['moon', 'moon']
        >>> [feature_of(name) for name in ("lag_signal_cpi", "effect_lag_signal_cpi")]
        ['signal_cpi', 'signal_cpi']
        >>> feature_of("known_discount_rate")
        'promotions'
    """
    for feature, patterns in GROUPS.items():
        if any(fnmatchcase(column, pattern) for pattern in patterns):
            return feature
    for prefix in _PREFIXES:
        column = column.removeprefix(prefix)
    if not column.startswith("signal_"):
        for ending in _WAVES:
            column = column.removesuffix(ending)
    return column


def _learners(
    *,
    seed: int,
    season_length: int,
    max_rows: int,
    hyperparameters: Mapping[str, dict[str, Any]],
    families_cut: Sequence[str],
) -> dict[str, Learner]:
    """Learners of the global models as the line-up runs them, in name order."""
    settings = {"seed": seed, "season_length": season_length, "max_rows": max_rows}

    def own(name: str) -> dict[str, Any]:
        return hyperparameters.get(name, {})

    by_family: dict[str, dict[str, Learner]] = {
        "boosting": {
            name: boosting.learner(name, hyperparameters=own(name), **settings)
            for name in boosting.MODELS
        },
        "forest": {
            name: partial(forest.grow, **{**settings, **own(name)})
            for name in forest.MODELS
        },
        "linear": {
            name: partial(linear.regress, **{**settings, **own(name)})
            for name in linear.MODELS
        },
    }
    found = {
        name: learn
        for family, learners in by_family.items()
        if family not in families_cut
        for name, learn in learners.items()
    }
    return dict(sorted(found.items()))


def _targets(
    history: History, demand: Floats, generator: np.random.Generator, *, max_rows: int
) -> Rows:
    """Draw rows ahead whose demand is known and whose series has a scale."""
    rows = panel_rows.forecast_rows(history, np.flatnonzero(history.is_forecast))
    target = rows.close + rows.step
    can_be_scored = (target < demand.shape[1]) & (rows.scale > 0)
    legal = np.flatnonzero(can_be_scored)
    legal = legal[np.isfinite(demand[rows.series[legal], target[legal]])]
    if len(legal) > max_rows:
        legal = np.sort(generator.choice(legal, size=max_rows, replace=False))
    return rows.take(legal)


def _errors(
    model: ModelOfRatios,
    history: History,
    rows: Rows,
    actual: Floats,
    orders: Sequence[Indices],
) -> pd.DataFrame:
    """Errors of one model at one fold, by feature and row."""
    names, values = model.design.columns(history, rows)
    columns: dict[str, list[int]] = {}
    for position, name in enumerate(names):
        columns.setdefault(feature_of(name), []).append(position)

    def forecast(values: Floats) -> Floats:
        return np.maximum(model.units(rows, values), 0.0)

    in_place = forecast(values)
    ids = history.keys.iloc[rows.series]
    pieces = []
    for feature in sorted(columns):
        chosen = columns[feature]
        errors = []
        for order in orders:
            dealt = values.copy()
            dealt[:, chosen] = values[np.ix_(order, chosen)]
            errors.append(actual - forecast(dealt))
        pieces.append(
            pd.DataFrame(
                {
                    "feature": feature,
                    "location_id": ids["location_id"].to_numpy(),
                    "product_id": ids["product_id"].to_numpy(),
                    "horizon": rows.step.astype(np.int32),
                    "feature_columns": ", ".join(names[column] for column in chosen),
                    "scale_units": rows.scale,
                    "actual_units": actual,
                    "forecast_units": in_place,
                    "permuted_squared_error": np.square(errors).mean(axis=0),
                    "permuted_absolute_error_units": np.abs(errors).mean(axis=0),
                }
            )
        )
    return pd.concat(pieces, ignore_index=True)
