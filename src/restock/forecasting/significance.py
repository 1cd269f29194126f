"""Is the champion better than the runner-up, or was it luck?"""

from __future__ import annotations

import numpy as np
import pandas as pd
import pyarrow as pa
from scipy import stats

from restock import frames

OUTPUT_SCHEMA = pa.schema(
    [
        ("segment", pa.string()),
        ("model", pa.string()),
        ("runner_up_model", pa.string()),
        ("n_series", pa.int32()),
        ("n_folds", pa.int32()),
        ("mean_gap_cost", pa.float64()),
        ("gap_low_cost", pa.float64()),
        ("gap_high_cost", pa.float64()),
        ("bootstrap_p_value", pa.float64()),
        ("diebold_mariano", pa.float64()),
        ("diebold_mariano_p_value", pa.float64()),
    ]
)

# Series behind a bootstrap, and folds behind a Diebold-Mariano statistic.
MIN_SERIES = 5
MIN_FOLDS = 4


def compare(gaps: pd.DataFrame, *, seed: int, n_draws: int = 1000) -> pd.DataFrame:
    """Test the gap in cost between champion and runner-up of each segment.

    Args:
        gaps: One row per `segment`, series and `cutoff_date`: `model`,
            `runner_up_model`, `location_id`, `product_id`, `gap_cost`, the cost of
            the runner-up less that of the champion.
        seed: Seed of the bootstrap.
        n_draws: Draws of the bootstrap, one or more.

    Returns:
        Rows of `OUTPUT_SCHEMA`, one per segment. The interval holds 95 % of the mean
        gaps when series are drawn anew, each with all its folds: errors of one series
        go together. Unknown where there are too few series or folds.

    References:
        Diebold and Mariano, Journal of Business and Economic Statistics 13, 1995;
        small samples: Harvey, Leybourne and Newbold, International Journal of
        Forecasting 13, 1997. Cluster bootstrap: Cameron, Gelbach and Miller, Review of
        Economics and Statistics 90, 2008.
    """
    if gaps.empty:
        return frames.empty(OUTPUT_SCHEMA)
    rows = []
    keys = ["segment", "model", "runner_up_model"]
    for number, (names, rows_of) in enumerate(gaps.groupby(keys, sort=True)):
        by_series = rows_of.groupby(["location_id", "product_id"], sort=True)
        sums = by_series["gap_cost"].sum().to_numpy()
        counts = by_series["gap_cost"].size().to_numpy()
        per_fold = rows_of.groupby("cutoff_date", sort=True)["gap_cost"].mean()
        generator = np.random.default_rng([seed, number])
        statistic, dm_p_value = diebold_mariano(per_fold.to_numpy())
        low = high = p_value = np.nan
        if len(sums) >= MIN_SERIES:
            drawn = generator.integers(len(sums), size=(n_draws, len(sums)))
            means = sums[drawn].sum(axis=1) / counts[drawn].sum(axis=1)
            low, high = np.quantile(means, [0.025, 0.975])
            share = min((means <= 0).mean(), (means >= 0).mean())
            p_value = min(2 * max(share, 1 / n_draws), 1.0)
        rows.append(
            (
                *names,
                len(sums),
                len(per_fold),
                float(sums.sum() / counts.sum()),
                float(low),
                float(high),
                float(p_value),
                statistic,
                dm_p_value,
            )
        )
    return pd.DataFrame(rows, columns=OUTPUT_SCHEMA.names)


def diebold_mariano(differences: np.ndarray) -> tuple[float, float]:
    """Diebold-Mariano statistic of loss differences by fold, for small samples.

    Folds lie a protection interval or more apart, so no autocovariance enters.

    Args:
        differences: Mean loss difference of each fold in time order, shape (folds,).

    Returns:
        The statistic and its two-sided p-value; NaN with fewer than `MIN_FOLDS` or
        without any variation.

    Examples:
        >>> statistic, p_value = diebold_mariano(np.array([1.0, 2.0, 3.0, 2.0]))
        >>> round(statistic, 3), round(p_value, 3)
        (4.899, 0.016)
    """
    n = len(differences)
    if n < MIN_FOLDS or np.ptp(differences) == 0:
        return float("nan"), float("nan")
    # With one step the correction turns the population variance into the sample's.
    error = differences.std(ddof=1) / np.sqrt(n)
    statistic = float(differences.mean() / error)
    return statistic, float(2 * stats.t.sf(abs(statistic), df=n - 1))
