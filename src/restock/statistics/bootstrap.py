"""How sure a sum or a mean is whose observations come in clusters: drawn anew."""

from __future__ import annotations

import numpy as np

from restock.statistics.arrays import Floats

# Clusters from which their spread says something.
MIN_CLUSTERS = 5

# Clusters drawn at a time, whatever the number of draws: bounds the memory.
DRAWN_AT_A_TIME = 2_000_000

_QUANTILES = [0.025, 0.975]


def sums_drawn_anew(
    values: Floats, *, generator: np.random.Generator, n_draws: int
) -> Floats:
    """Sums over as many clusters as there are, drawn with replacement.

    All columns are summed over the same draws, so that their differences and ratios
    are those of one sample.

    Args:
        values: What each cluster adds, in any unit, shape (clusters, columns).
        generator: Source of the draws.
        n_draws: Draws, one or more.

    Returns:
        Sums in the unit of the values, shape (draws, columns).

    References:
        Cameron, Gelbach and Miller, Bootstrap-based improvements for inference with
        clustered errors, Review of Economics and Statistics 90, 2008.

    Examples:
        One cluster can only be drawn again:

        >>> sums_drawn_anew(
        ...     np.array([[2.0, 5.0]]), generator=np.random.default_rng(1), n_draws=2
        ... )
        array([[2., 5.],
               [2., 5.]])
    """
    n = len(values)
    shares = np.full(n, 1 / n)
    at_a_time = max(DRAWN_AT_A_TIME // n, 1)
    return np.concatenate(
        [
            generator.multinomial(n, shares, size=min(at_a_time, n_draws - start))
            @ values
            for start in range(0, n_draws, at_a_time)
        ]
    )


def interval(drawn: Floats) -> Floats:
    """What 95 % of the draws lie between.

    Args:
        drawn: Of each draw, shape (draws, ...).

    Returns:
        Lower and upper end, shape (2, ...).
    """
    return np.quantile(drawn, _QUANTILES, axis=0)
