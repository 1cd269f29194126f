"""Buckets of steps: near and far steps are learned apart, neighbours together."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from restock.forecasting.panel_rows import Rows
from restock.statistics.arrays import Floats, Indices

Ratios = Callable[[Floats], Floats]


def check_bucket_ends(ends: tuple[int, ...]) -> None:
    """Refuse buckets that do not follow one another.

    Args:
        ends: Last step of each bucket.

    Raises:
        ValueError: They do not rise from 1 or more.

    Examples:
        >>> check_bucket_ends((4, 13))
        >>> check_bucket_ends((4, 4))
        Traceback (most recent call last):
        ValueError: bucket_ends must rise from 1 or more, got (4, 4)
    """
    if list(ends) != sorted({end for end in ends if end >= 1}):
        raise ValueError(f"bucket_ends must rise from 1 or more, got {ends}")


def fit_by_bucket(
    fit: Callable[[npt.NDArray[np.bool_]], Ratios],
    steps: Indices,
    *,
    horizon: int,
    ends: tuple[int, ...],
    min_rows: int,
) -> Callable[[Rows, Floats], Floats]:
    """Fit every bucket that the horizon reaches.

    Args:
        fit: Function of the training rows to learn from, shape (rows,), that returns
            a function of feature values to ratios.
        steps: Step of each training row, shape (rows,), from 1.
        horizon: Number of steps to forecast.
        ends: Last step of each bucket, rising; the last bucket goes on to the horizon.
        min_rows: Rows below which a bucket borrows those of all steps.

    Returns:
        Function of rows and their feature values that asks the bucket of each row;
        see `features.ModelOfRatios`.
    """
    bucket_of_row = _bucket(steps, ends)
    fitted = {}
    for bucket in np.unique(_bucket(np.arange(1, horizon + 1), ends)):
        taught = bucket_of_row == bucket
        # A bucket that history is too short for borrows the rows of all steps.
        if taught.sum() < min_rows:
            taught = np.ones(len(steps), dtype=bool)
        fitted[bucket] = fit(taught)

    def predict(rows: Rows, values: Floats) -> Floats:
        ratios = np.empty(len(rows.series))
        bucket_ahead = _bucket(rows.step, ends)
        for bucket in np.unique(bucket_ahead):
            asked = bucket_ahead == bucket
            ratios[asked] = fitted[bucket](values[asked])
        return ratios

    return predict


def _bucket(steps: Indices, ends: tuple[int, ...]) -> Indices:
    return np.searchsorted(np.array(ends[:-1], dtype=int), steps, side="left")
