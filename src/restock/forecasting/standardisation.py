"""Normalisation: columns to weighted z-scores, bounded by what training saw."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt


@dataclass(frozen=True)
class Standardisation:
    """Weighted mean and deviation per column, learned on training rows.

    Attributes:
        means: Weighted training mean, shape (columns,).
        deviations: Weighted training standard deviation, shape (columns,).
            Zero marks a column without information; it becomes all zeros.
        limit: Bound of a z-score. One wild value (a new item's first week over
            a tiny mean) then cannot steer a linear model or be extrapolated.
    """

    means: npt.NDArray[np.float64]
    deviations: npt.NDArray[np.float64]
    limit: float

    @classmethod
    def fit(
        cls,
        values: npt.NDArray[np.float64],
        weights: npt.NDArray[np.float64],
        *,
        limit: float = 5.0,
    ) -> Standardisation:
        """Learn means and deviations.

        Args:
            values: Finite training rows, shape (rows, columns), one row or more.
            weights: Weight of each row, shape (rows,), zero or more, not all
                zero.
            limit: Bound of a z-score, above zero.

        Returns:
            The standardisation.

        Raises:
            ValueError: No row has a weight, or the limit is not above zero.

        Examples:
            >>> values = np.array([[0.0, 7.0], [2.0, 7.0]])
            >>> fitted = Standardisation.fit(values, np.array([1.0, 1.0]))
            >>> fitted.apply(np.array([[1.0, 9.0], [99.0, 7.0]])).tolist()
            [[0.0, 0.0], [5.0, 0.0]]
        """
        if not weights.sum() > 0:
            raise ValueError("no training row has a weight above zero")
        if not limit > 0:
            raise ValueError(f"limit must be above zero, got {limit}")
        shares = weights / weights.sum()
        means = shares @ values
        deviations = np.sqrt(shares @ (values - means) ** 2)
        # Rounding leaves about 1e-16 of the mean in a constant column.
        is_constant = deviations <= 1e-10 * np.maximum(np.abs(means), 1.0)
        return cls(
            means=means, deviations=np.where(is_constant, 0.0, deviations), limit=limit
        )

    def apply(self, values: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        """Turn values into bounded z-scores.

        Args:
            values: Finite rows with the columns of training, shape
                (rows, columns).

        Returns:
            Values in [-limit, limit], shape (rows, columns).
        """
        divisors = np.where(self.deviations > 0, self.deviations, np.inf)
        return np.clip((values - self.means) / divisors, -self.limit, self.limit)
