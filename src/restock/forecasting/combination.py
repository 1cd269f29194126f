"""Combination of models, weights learned per segment on closed select folds."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import pyarrow as pa
from scipy.optimize import nnls

from restock import frames
from restock.forecasting.dense_panel import KEYS

WEIGHTS_SCHEMA = pa.schema(
    [
        ("cutoff_date", pa.date32()),
        ("segment", pa.string()),
        ("model", pa.string()),
        ("weight", pa.float64()),
    ]
)

MODEL = "combination"

# Segment of the weights that serve where a segment has none of its own.
ALL = "all"

# Least weight of a member.
LEAST_WEIGHT = 0.05

# Rows behind a segment's own weights; with fewer those of all segments serve.
MIN_ROWS = 200

# Ridge towards the prior weights, of as much as so many rows' squared forecasts: models
# that say nearly the same must not split the weight by luck.
PRIOR_ROWS = 50

# Weight of the wish that shares add up to one, in squared forecasts.
SUM_TO_ONE = 1e6

# Cutoffs from which on a rule of weighing is tried on those it has not seen.
MIN_CUTOFFS = 2


def weights_table(
    compared: Sequence[Callable[[], pd.DataFrame]],
    cutoffs: pd.DataFrame,
    *,
    models: pd.DataFrame,
    exclude: frozenset[str],
    prior: frozenset[str],
) -> pd.DataFrame:
    """Weights of a combination at each cutoff, by segment.

    At each cutoff the weights come from select folds whose targets were known by
    then, drawn towards the prior: equal weights of the prior models. Where that does no
    better on folds left out than the model that was best on the others, or than the
    prior, those are used instead (`best_rule`). Where there are no such folds the prior
    itself serves. Weights are zero or more and add up to one, so a combination lies
    between its members.

    Args:
        compared: Functions that each read a part of what the weights are learned from,
            one row per series, model, select cutoff and step whose actual is known:
            `location_id`, `product_id`, `cutoff_date`, `known_date` (day at whose close
            the actual is known), `horizon`, `model`, `segment`, `forecast_units`,
            `actual_units`, `scale_units` above zero. Rows of a cutoff, known date and
            segment lie in one part; every part has the same models.
        cutoffs: One row per cutoff to weigh at: `cutoff_date`.
        models: The models there are, one row per `model`.
        exclude: Models that take no part.
        prior: Models that weigh the same before there is evidence; all of them where
            none of these takes part.

    Returns:
        Rows of `WEIGHTS_SCHEMA`, for each cutoff the segments of which something is
        known and `ALL` for the others; empty where there is nothing to combine.

    References:
        Timmermann, Forecast combinations, Handbook of Economic Forecasting 1, 2006;
        Diebold and Pauly, The use of prior information in forecast combination,
        International Journal of Forecasting 6, 1990 (weights drawn to a prior);
        Granger and Ramanathan, Improved methods of combining forecasts, Journal of
        Forecasting 3, 1984.
    """
    found: dict[tuple[Any, Any, Any], Evidence] = {}
    members = sorted(set(models["model"]) - exclude)
    for part in compared:
        evidence, seen = _evidence(part(), exclude)
        found |= evidence
        # A model whose rows cover only a part is not in the evidence.
        members = seen or members
    if not members:
        return frames.empty(WEIGHTS_SCHEMA)
    before = prior_weights(members, prior)
    pieces = []
    for cutoff in np.unique(pd.to_datetime(cutoffs["cutoff_date"]).to_numpy()):
        parts: dict[tuple[Any, Any], list[Evidence]] = {}
        for (of_cutoff, of_segment, known), part in found.items():
            if np.datetime64(known) <= cutoff:
                parts.setdefault((of_cutoff, of_segment), []).append(part)
        seen_then = {key: Evidence.total(listed) for key, listed in parts.items()}
        rule = best_rule(seen_then, before)
        chosen = {ALL: worth_fitting(rule(Evidence.total(seen_then.values()), before))}
        for name in sorted({segment for _, segment in seen_then}):
            own = Evidence.total(e for (_, of), e in seen_then.items() if of == name)
            if own.n_rows >= MIN_ROWS:
                chosen[name] = worth_fitting(rule(own, before))
        pieces += [
            pd.DataFrame(
                {
                    "cutoff_date": cutoff,
                    "segment": segment,
                    "model": members,
                    "weight": shares,
                }
            )
            for segment, shares in chosen.items()
        ]
    if not pieces:
        return frames.empty(WEIGHTS_SCHEMA)
    weighed = pd.concat(pieces, ignore_index=True)
    return weighed[weighed["weight"] > 0].reset_index(drop=True)


def _evidence(
    rows: pd.DataFrame, exclude: frozenset[str]
) -> tuple[dict[tuple[Any, Any, Any], Evidence], list[str]]:
    """Evidence by cutoff, segment and known date, and the models that it compares."""
    used = rows[~rows["model"].isin(exclude)]
    if used.empty:
        return {}, []
    index = [*KEYS, "cutoff_date", "known_date", "horizon", "segment"]
    wide = used.pivot_table(
        index=index, columns="model", values="forecast_units", aggfunc="first"
    )
    facts = (
        used.drop_duplicates(index)
        .set_index(index)[["actual_units", "scale_units"]]
        .reindex(wide.index)
    )
    labels = wide.index.to_frame(index=False)
    values = wide.to_numpy(dtype=float)
    actual = frames.floats(facts, "actual_units")
    scale = frames.floats(facts, "scale_units")
    groups = labels.groupby(["cutoff_date", "segment", "known_date"]).groups
    evidence = {
        key: Evidence.of(values[at], actual[at], scale[at])
        for key, at in groups.items()
    }
    return evidence, list(wide.columns)


def worth_fitting(shares: np.ndarray) -> np.ndarray:
    """Leave out members that hardly count: each is fitted to every series for it.

    Args:
        shares: Weights with sum one, shape (models,).

    Returns:
        Weights with sum one, those below `LEAST_WEIGHT` zero, shape (models,).

    Examples:
        >>> worth_fitting(np.array([0.58, 0.38, 0.04])).round(3).tolist()
        [0.604, 0.396, 0.0]
    """
    kept = np.where(shares < min(LEAST_WEIGHT, shares.max()), 0.0, shares)
    return kept / kept.sum()


class Shares(NamedTuple):
    """Weights of one cutoff as a table of segments and models.

    Attributes:
        models: Names of the models, in order.
        segments: Names of the segments, in order; `ALL` among them.
        weights: Shape (segments, models).
    """

    models: list[str]
    segments: list[str]
    weights: np.ndarray

    @classmethod
    def of(cls, table: pd.DataFrame) -> Shares:
        """Lay out the rows of one cutoff of `weights_table`."""
        wide = table.pivot_table(
            index="segment", columns="model", values="weight", aggfunc="first"
        ).fillna(0.0)
        return cls(list(wide.columns), list(wide.index), wide.to_numpy(dtype=float))

    def combine(self, units: dict[str, np.ndarray], segments: np.ndarray) -> np.ndarray:
        """Weighted mean of what the models say.

        Args:
            units: By model, shape (series, steps).
            segments: Segment of each series, shape (series,). One without weights of
                its own takes those of all.

        Returns:
            Shape (series, steps), rounded to nine decimals; NaN where no weight is
            known. Models that say nothing share their weight out.
        """
        row_of = {segment: row for row, segment in enumerate(self.segments)}
        at = np.array([row_of.get(s, row_of.get(ALL, -1)) for s in segments], dtype=int)
        present = [name for name in self.models if name in units]
        total = np.zeros((len(segments), 1))
        combined = np.zeros((len(segments), next(iter(units.values())).shape[1]))
        if not present:
            return np.full_like(combined, np.nan)
        for name in present:
            share = self.weights[at, self.models.index(name)][:, None]
            says = (at[:, None] >= 0) & np.isfinite(units[name])
            share = np.where(says, share, 0.0)
            total = total + share
            combined += share * np.where(says, units[name], 0.0)
        known = np.where(total > 0, total, np.nan)
        return np.round(combined / known, 9)


def combine(
    parts: Sequence[Callable[[], pd.DataFrame]],
    weights: pd.DataFrame,
    segments: pd.DataFrame,
) -> Iterator[pd.DataFrame]:
    """Combine forecasts of the same series, cutoff and step.

    Args:
        parts: Functions that each read the forecasts of one cutoff, rows of
            `protocol.OUTPUT_SCHEMA`.
        weights: `weights_table`.
        segments: One row per `location_id` and `product_id`: `segment`.

    Yields:
        For each part rows of `protocol.OUTPUT_SCHEMA` for the model `MODEL`.
    """
    for part in parts:
        rows = part()
        cutoff = rows["cutoff_date"].iloc[0]
        shares = Shares.of(weights[weights["cutoff_date"] == cutoff])
        rows = rows[rows["model"].isin(shares.models)]
        if rows.empty:
            continue
        index = [*KEYS, "cutoff_date", "forecast_date", "horizon"]
        wide = rows.pivot_table(
            index=index, columns="model", values="forecast_units", aggfunc="first"
        )
        labels = wide.index.to_frame(index=False)
        of = labels[KEYS].merge(segments, on=KEYS, how="left", validate="many_to_one")
        units = {name: wide[name].to_numpy(dtype=float)[:, None] for name in wide}
        labels["horizon"] = labels["horizon"].astype(np.int32)
        yield labels.assign(
            model=MODEL,
            forecast_units=shares.combine(units, of["segment"].to_numpy())[:, 0],
            is_fallback=False,
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
