"""Is the champion better than another model, or was it luck?"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
from scipy import stats

from restock import frames
from restock.statistics.bootstrap import MIN_CLUSTERS, interval, sums_drawn_anew

OUTPUT_SCHEMA = pa.schema(
    [
        ("segment", pa.string()),
        ("comparison", pa.string()),
        ("loss", pa.string()),
        ("model", pa.string()),
        ("opponent_model", pa.string()),
        ("n_series", pa.int32()),
        ("n_folds", pa.int32()),
        ("overlapping_folds", pa.int32()),
        ("mean_gap", pa.float64()),
        ("gap_low", pa.float64()),
        ("gap_high", pa.float64()),
        ("mean_gap_test", pa.float64()),
        ("gap_low_test", pa.float64()),
        ("gap_high_test", pa.float64()),
        ("bootstrap_p_value", pa.float64()),
        ("diebold_mariano", pa.float64()),
        ("diebold_mariano_p_value", pa.float64()),
    ]
)

# Loss by the column that holds its gap.
LOSSES = {
    "gap_cost": "cycle_cost",
    "gap_squared_scaled_error": "squared_scaled_error",
    "gap_replayed_cost": "replayed_cost",
}

# Folds behind a Diebold-Mariano statistic.
MIN_FOLDS = 4


def compare(gaps: pd.DataFrame, *, seed: int, n_draws: int = 1000) -> pd.DataFrame:
    """Test the gap in loss between the champion of each segment and its opponents.

    Args:
        gaps: One row per `segment`, `comparison`, series and `cutoff_date`: `model`,
            `opponent_model`, `location_id`, `product_id`, `fold_role`,
            `overlapping_folds`, and by loss the opponent's less the champion's:
            `gap_cost`, `gap_squared_scaled_error` and, of test folds alone,
            `gap_replayed_cost`; NaN where a loss is unknown.
        seed: Seed of the bootstrap.
        n_draws: Draws of the bootstrap, one or more.

    Returns:
        Rows of `OUTPUT_SCHEMA`, one per segment, comparison and loss. The interval
        holds 95 % of the mean gaps when series are drawn anew, each with all its
        folds: errors of one series go together. Those of `_test` are of the test
        folds, which chose nothing. Unknown where there are too few series or folds.
    """
    if gaps.empty:
        return frames.empty(OUTPUT_SCHEMA)
    rows = []
    keys = ["segment", "comparison", "model", "opponent_model"]
    # Floats are added in one order, whatever that of the rows.
    gaps = gaps.sort_values([*keys, "location_id", "product_id", "cutoff_date"])
    for number, (names, all_rows) in enumerate(gaps.groupby(keys, sort=True)):
        segment, comparison, model, opponent = names
        for loss_number, (column, loss) in enumerate(LOSSES.items()):
            known = all_rows.assign(gap=frames.floats(all_rows, column))
            known = known[np.isfinite(known["gap"])]
            if known.empty:
                continue
            overlapping = math.ceil(known["overlapping_folds"].median())
            sums, counts = _by_series(known)
            tested = known[known["fold_role"] == "test"]
            low_test, high_test, _ = bootstrap(
                *_by_series(tested),
                generator=np.random.default_rng([seed, number, loss_number, 1]),
                n_draws=n_draws,
            )
            per_fold = known.groupby("cutoff_date", sort=True)["gap"].mean().to_numpy()
            low, high, p_value = bootstrap(
                sums,
                counts,
                generator=np.random.default_rng([seed, number, loss_number]),
                n_draws=n_draws,
            )
            statistic, dm_p_value = diebold_mariano(per_fold, overlapping)
            rows.append(
                (
                    segment,
                    comparison,
                    loss,
                    model,
                    opponent,
                    len(sums),
                    len(per_fold),
                    overlapping,
                    float(sums.sum() / counts.sum()),
                    low,
                    high,
                    float(tested["gap"].mean()),
                    low_test,
                    high_test,
                    p_value,
                    statistic,
                    dm_p_value,
                )
            )
    return pd.DataFrame(rows, columns=OUTPUT_SCHEMA.names)


def _by_series(
    gaps: pd.DataFrame,
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.int64]]:
    """Sum and number of the gaps of each series, in id order."""
    by_series = gaps.groupby(["location_id", "product_id"], sort=True)["gap"]
    return by_series.sum().to_numpy(), by_series.size().to_numpy()


def bootstrap(
    sums: npt.NDArray[np.float64],
    counts: npt.NDArray[np.int64],
    *,
    generator: np.random.Generator,
    n_draws: int,
) -> tuple[float, float, float]:
    """Interval and p-value of a mean whose observations come in clusters.

    Args:
        sums: Sum of the observations of each cluster, shape (clusters,).
        counts: Number of observations of each cluster, shape (clusters,).
        generator: Source of the draws.
        n_draws: Draws, one or more.

    Returns:
        2.5 % and 97.5 % quantile of the mean and the two-sided p-value of a mean of
        zero; NaN with fewer than `MIN_CLUSTERS` clusters.
    """
    if len(sums) < MIN_CLUSTERS:
        return math.nan, math.nan, math.nan
    drawn = sums_drawn_anew(
        np.stack([sums, counts], axis=1), generator=generator, n_draws=n_draws
    )
    means = drawn[:, 0] / drawn[:, 1]
    low, high = interval(means)
    share = min((means <= 0).mean(), (means >= 0).mean())
    return float(low), float(high), float(min(2 * max(share, 1 / n_draws), 1.0))


def diebold_mariano(
    differences: npt.NDArray[np.float64], overlapping: int = 1
) -> tuple[float, float]:
    """Diebold-Mariano statistic of loss differences by fold, for small samples.

    Args:
        differences: Mean loss difference of each fold in time order, shape (folds,).
        overlapping: Consecutive folds whose targets share a period, 1 where each
            target ends before the next begins. So many less one autocovariances
            enter the variance; where that variance is not above zero, none does.

    Returns:
        The statistic and its two-sided p-value of the t distribution; NaN with fewer
        than `MIN_FOLDS` folds, no more folds than overlap, or no variation.

    Raises:
        ValueError: `overlapping` is below one.

    References:
        Diebold and Mariano, Journal of Business and Economic Statistics 13, 1995;
        small samples: Harvey, Leybourne and Newbold, International Journal of
        Forecasting 13, 1997. A variance below zero is met as in `dm.test` of the R
        package forecast.

    Examples:
        >>> statistic, p_value = diebold_mariano(np.array([1.0, 2.0, 3.0, 2.0]))
        >>> round(statistic, 3), round(p_value, 3)
        (4.899, 0.016)
    """
    if overlapping < 1:
        raise ValueError(f"overlapping must be 1 or more, got {overlapping}")
    n = len(differences)
    if n < MIN_FOLDS or n <= overlapping or np.ptp(differences) == 0:
        return math.nan, math.nan
    centred = differences - differences.mean()
    covariances = [
        float((centred[lag:] * centred[: n - lag]).sum() / n)
        for lag in range(overlapping)
    ]
    variance = covariances[0] + 2 * sum(covariances[1:])
    h = overlapping
    if variance <= 0:
        variance, h = covariances[0], 1
    correction = math.sqrt((n + 1 - 2 * h + h * (h - 1) / n) / n)
    statistic = correction * float(differences.mean()) / math.sqrt(variance / n)
    return statistic, float(2 * stats.t.sf(abs(statistic), df=n - 1))
