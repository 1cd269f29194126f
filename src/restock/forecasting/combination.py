"""Combination of models, weights learned per segment on closed select folds."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

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

# Weight of the wish that shares add up to one, in squared forecasts.
SUM_TO_ONE = 1e6

# Cutoffs from which on a rule of weighing is tried on those it has not seen.
MIN_CUTOFFS = 2


def combine(
    forecasts: pd.DataFrame, *, exclude: frozenset[str], prior: frozenset[str]
) -> pd.DataFrame:
    """Combine forecasts of the same series, cutoff and step.

    At each cutoff the weights come from select folds whose targets were known by
    then, drawn towards the prior: equal weights of the prior models. Where that does no
    better on folds left out than the model that was best on the others, or than the
    prior, those are used instead (`best_rule`). Where there are no such folds the prior
    itself serves. Weights are zero or more and add up to one, so a combination lies
    between its members.

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
    cutoff_date = pd.to_datetime(rows["cutoff_date"]).to_numpy()
    segment = rows["segment"].to_numpy()
    before = prior_weights(list(wide.columns), prior)
    found = {
        key: Evidence.of(values[at], actual[at], scale[at])
        for key, at in rows[is_evidence]
        .groupby(["cutoff_date", "segment", "known_date"])
        .groups.items()
    }
    units = np.empty(len(rows))
    for cutoff in np.unique(cutoff_date):
        asked = cutoff_date == cutoff
        parts: dict[tuple[Any, Any], list[Evidence]] = {}
        for (of_cutoff, of_segment, known), part in found.items():
            if np.datetime64(known) <= cutoff:
                parts.setdefault((of_cutoff, of_segment), []).append(part)
        seen = {key: Evidence.total(listed) for key, listed in parts.items()}
        rule = best_rule(seen, before)
        overall = rule(Evidence.total(seen.values()), before)
        for name in np.unique(segment[asked]):
            inside = asked & (segment == name)
            own = Evidence.total(e for (_, of), e in seen.items() if of == name)
            chosen = rule(own, before) if own.n_rows >= MIN_ROWS else overall
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


class Evidence(NamedTuple):
    """What is left of forecasts and what came of them.

    Errors count by 1 / sqrt(scale), so neither slow nor fast sellers decide alone.

    Attributes:
        gram: Sums of products of forecasts over scale, shape (models, models).
        moment: Sums of forecast times demand over scale, shape (models,).
        square: Sum of squared demand over scale.
        n_rows: Rows behind them. Count.
    """

    gram: np.ndarray
    moment: np.ndarray
    square: float
    n_rows: int

    @classmethod
    def of(cls, values: np.ndarray, actual: np.ndarray, scale: np.ndarray) -> Evidence:
        """Sum up rows.

        Args:
            values: Forecasts in units, shape (rows, models).
            actual: Demand in units, shape (rows,).
            scale: Units per period, shape (rows,), above zero.

        Returns:
            The evidence.
        """
        weighted = values / scale[:, None]
        return cls(
            weighted.T @ values,
            weighted.T @ actual,
            float((actual**2 / scale).sum()),
            len(values),
        )

    @classmethod
    def total(cls, parts: Iterable[Evidence]) -> Evidence:
        """Add up evidence; of nothing there is none."""
        listed = list(parts)
        if not listed:
            return cls(np.zeros((0, 0)), np.zeros(0), 0.0, 0)
        return cls(*(sum(column) for column in zip(*listed, strict=True)))

    def loss(self, shares: np.ndarray) -> float:
        """Squared error over scale of a weighted mean of the models, summed."""
        return float(
            shares @ self.gram @ shares - 2 * shares @ self.moment + self.square
        )


Rule = Callable[[Evidence, np.ndarray], np.ndarray]


def best_rule(seen: dict[tuple[Any, Any], Evidence], prior: np.ndarray) -> Rule:
    """Rule of weighing that would have done best on cutoffs it had not seen.

    Each cutoff in turn is left out, the rules weigh by the others, and the error of
    each on it is added up. A weighted mean is thus used where it beat the model that
    was best so far, which is used otherwise.

    Args:
        seen: Evidence by cutoff and segment.
        prior: Weights before there is evidence, with sum one.

    Returns:
        One of `weights`, `best_member` and the prior; the prior where fewer than two
        cutoffs are known.
    """
    cutoffs = sorted({cutoff for cutoff, _ in seen})
    if len(cutoffs) < MIN_CUTOFFS:
        return weights if cutoffs else prior_only
    by_cutoff = {
        cutoff: Evidence.total(e for (of, _), e in seen.items() if of == cutoff)
        for cutoff in cutoffs
    }
    loss = dict.fromkeys(RULES, 0.0)
    for cutoff in cutoffs:
        others = Evidence.total(e for of, e in by_cutoff.items() if of != cutoff)
        for rule in RULES:
            loss[rule] += by_cutoff[cutoff].loss(rule(others, prior))
    return min(RULES, key=loss.__getitem__)


def prior_only(evidence: Evidence, prior: np.ndarray) -> np.ndarray:
    """The prior, whatever came."""
    _ = evidence
    return prior


def best_member(evidence: Evidence, prior: np.ndarray) -> np.ndarray:
    """All weight on the model of least error; the prior where nothing is known."""
    if evidence.n_rows < MIN_ROWS:
        return prior
    alone = np.eye(len(prior))
    return alone[int(np.argmin([evidence.loss(shares) for shares in alone]))]


def weights(evidence: Evidence, prior: np.ndarray) -> np.ndarray:
    """Weights of least squared error, drawn to a prior, zero or more, with sum one.

    Args:
        evidence: What is known of the models.
        prior: Weights with sum one, shape (models,).

    Returns:
        Weights, shape (models,); the prior where there are fewer rows than
        `MIN_ROWS`.

    Examples:
        >>> truth = np.arange(1.0, 501.0)
        >>> forecasts = np.column_stack([truth, 3 * truth[::-1]])
        >>> evidence = Evidence.of(forecasts, truth, np.ones(500))
        >>> weights(evidence, np.full(2, 0.5)).round(2).tolist()
        [0.94, 0.06]
    """
    n_models = len(prior)
    if evidence.n_rows < MIN_ROWS:
        return prior
    size = float(np.trace(evidence.gram)) / n_models
    if size == 0:
        return prior
    pull = PRIOR_ROWS / evidence.n_rows * size
    gram = evidence.gram + pull * np.eye(n_models) + SUM_TO_ONE * size
    moment = evidence.moment + pull * prior + SUM_TO_ONE * size
    factor = np.linalg.cholesky(gram + 1e-9 * np.trace(gram) * np.eye(n_models))
    found, _ = nnls(factor.T, np.linalg.solve(factor, moment))
    return found / found.sum() if found.sum() > 0 else prior


# Of rules that do alike the first is taken.
RULES: tuple[Rule, ...] = (weights, prior_only, best_member)
