"""Combination of models, weights learned per segment on closed select folds."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy.optimize import nnls

from restock import frames
from restock.forecasting.dense_panel import KEYS
from restock.forecasting.protocol import OUTPUT_SCHEMA

MODEL = "combination"

# Rows behind a segment's own weights; with fewer those of all segments serve.
MIN_ROWS = 200

# Ridge towards the prior weights, of as much as so many rows' squared forecasts: models
# that say nearly the same must not split the weight by luck.
PRIOR_ROWS = 50


def combine(
    forecasts: pd.DataFrame, *, exclude: frozenset[str], prior: frozenset[str]
) -> pd.DataFrame:
    """Combine forecasts of the same series, cutoff and step.

    At each cutoff the weights come from select folds whose targets were known by
    then, drawn towards the prior: equal weights of the prior models. Where there are
    no such folds the prior itself serves. Weights are zero or more and add up to one,
    so a combination lies between its members.

    Args:
        forecasts: One row per series, model, cutoff and step: `location_id`,
            `product_id`, `cutoff_date`, `forecast_date`, `known_date` (day at whose
            close the actual is known), `horizon`, `model`, `segment`, `fold_role`,
            `forecast_units`, `actual_units` (null where unknown), `scale_units`.
        exclude: Models that take no part.
        prior: Models that weigh the same before there is evidence; all of them where
            none of these takes part.

    Returns:
        Rows of `protocol.OUTPUT_SCHEMA` for the model `combination`; empty where
        there is nothing to combine.

    References:
        Timmermann, Forecast combinations, Handbook of Economic Forecasting 1, 2006;
        Diebold and Pauly, The use of prior information in forecast combination,
        International Journal of Forecasting 6, 1990 (weights drawn to a prior);
        Granger and Ramanathan, Improved methods of combining forecasts, Journal of
        Forecasting 3, 1984.
    """
    used = forecasts[~forecasts["model"].isin(exclude)]
    if used.empty:
        return frames.empty(OUTPUT_SCHEMA)
    index = [
        *KEYS,
        "cutoff_date",
        "forecast_date",
        "known_date",
        "horizon",
        "segment",
        "fold_role",
    ]

    wide = used.pivot_table(
        index=index, columns="model", values="forecast_units", aggfunc="first"
    )
    # A family whose rows cover only a part cannot take part.
    wide = wide.dropna(axis=1)
    facts = (
        used.drop_duplicates(index)
        .set_index(index)[["actual_units", "scale_units"]]
        .reindex(wide.index)
    )
    rows = wide.index.to_frame(index=False)
    values = wide.to_numpy(dtype=float)
    actual = frames.floats(facts, "actual_units")
    scale = frames.floats(facts, "scale_units")
    is_evidence = (
        (rows["fold_role"] == "select").to_numpy()
        & np.isfinite(actual)
        & np.isfinite(scale)
        & (scale > 0)
    )
    known_date = pd.to_datetime(rows["known_date"]).to_numpy()
    cutoff_date = pd.to_datetime(rows["cutoff_date"]).to_numpy()
    segment = rows["segment"].to_numpy()
    before = prior_weights(list(wide.columns), prior)
    units = np.empty(len(rows))
    for cutoff in np.unique(cutoff_date):
        asked = cutoff_date == cutoff
        seen = is_evidence & (known_date <= cutoff)
        overall = weights(values[seen], actual[seen], scale[seen], before)
        for name in np.unique(segment[asked]):
            inside = asked & (segment == name)
            own = seen & (segment == name)
            chosen = (
                weights(values[own], actual[own], scale[own], before)
                if own.sum() >= MIN_ROWS
                else overall
            )
            units[inside] = values[inside] @ chosen
    return pd.DataFrame(
        {
            **{column: rows[column] for column in [*KEYS, "cutoff_date"]},
            "forecast_date": rows["forecast_date"],
            "horizon": rows["horizon"].astype(np.int32),
            "model": MODEL,
            "forecast_units": units,
            "is_fallback": False,
        }
    )


def prior_weights(models: list[str], prior: frozenset[str]) -> np.ndarray:
    """Weights before there is evidence.

    Args:
        models: Names of the models, in order.
        prior: Models that weigh the same.

    Returns:
        Weights with sum one, shape (models,).

    Examples:
        >>> prior_weights(["arima", "forest", "linear"], frozenset({"forest"})).tolist()
        [0.0, 1.0, 0.0]
        >>> prior_weights(["arima", "theta"], frozenset({"forest"})).tolist()
        [0.5, 0.5]
    """
    chosen = np.array([model in prior for model in models], dtype=float)
    if not chosen.any():
        chosen = np.ones(len(models))
    return chosen / chosen.sum()


def weights(
    values: np.ndarray, actual: np.ndarray, scale: np.ndarray, prior: np.ndarray
) -> np.ndarray:
    """Weights of least squared error, drawn to a prior, zero or more, with sum one.

    Args:
        values: Forecasts in units, shape (rows, models).
        actual: Demand in units, shape (rows,).
        scale: Units per period, shape (rows,), above zero. Errors count by
            1 / sqrt(scale), so neither slow nor fast sellers decide alone.
        prior: Weights with sum one, shape (models,).

    Returns:
        Weights, shape (models,); the prior where there are fewer rows than
        `MIN_ROWS`.

    Examples:
        >>> truth = np.arange(1.0, 501.0)
        >>> forecasts = np.column_stack([truth, 3 * truth[::-1]])
        >>> weights(forecasts, truth, np.ones(500), np.full(2, 0.5)).round(2).tolist()
        [0.94, 0.06]
    """
    n_models = values.shape[1]
    if len(values) < MIN_ROWS:
        return prior
    root = np.sqrt(scale)
    left = values / root[:, None]
    right = actual / root
    size = float(np.sqrt((left**2).mean() * len(left)))
    if size == 0:
        return prior
    pull = np.sqrt(PRIOR_ROWS / len(values)) * size
    left = np.vstack([left, pull * np.eye(n_models), 1e3 * size * np.ones(n_models)])
    right = np.concatenate([right, pull * prior, [1e3 * size]])
    gram = left.T @ left
    factor = np.linalg.cholesky(gram + 1e-9 * np.trace(gram) * np.eye(n_models))
    found, _ = nnls(factor.T, np.linalg.solve(factor, left.T @ right))
    return found / found.sum() if found.sum() > 0 else prior
