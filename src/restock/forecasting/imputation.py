"""Missing feature values: fill with a training median and say so."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt


@dataclass(frozen=True)
class Imputation:
    """Medians and flags learned on training rows, applied to any rows.

    A missing value is replaced by the median of its training column, and a flag
    column of 0 and 1 is added for each column that had gaps in training, so a
    model can tell a filled value from a measured one. Nothing of the rows that
    are forecast enters the medians.

    Attributes:
        medians: Fill value of each column, shape (columns,). Zero where a
            column had no value at all.
        flagged: Columns that get a flag, indices of shape (flags,).
    """

    medians: npt.NDArray[np.float64]
    flagged: npt.NDArray[np.intp]

    @classmethod
    def fit(cls, values: npt.NDArray[np.float64]) -> Imputation:
        """Learn medians and which columns have gaps.

        Args:
            values: Training rows, shape (rows, columns). NaN and infinity are
                missing.

        Returns:
            The imputation.

        Raises:
            ValueError: `values` is not two-dimensional.

        Examples:
            >>> values = np.array([[1.0, 5.0], [np.nan, 6.0], [3.0, 7.0]])
            >>> imputation = Imputation.fit(values)
            >>> imputation.medians.tolist(), imputation.flagged.tolist()
            ([2.0, 6.0], [0])
            >>> imputation.apply(np.array([[np.nan, np.inf]]))
            array([[2., 6., 1.]])
        """
        if values.ndim != 2:
            raise ValueError(f"expected rows and columns, got {values.ndim} dimensions")
        known = np.isfinite(values)
        medians = np.array(
            [
                np.median(column[is_known]) if is_known.any() else 0.0
                for column, is_known in zip(values.T, known.T, strict=True)
            ]
        )
        return cls(medians=medians, flagged=np.flatnonzero(~known.all(axis=0)))

    def apply(self, values: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        """Fill gaps and append the flags.

        Args:
            values: Rows with the columns of training, shape (rows, columns).

        Returns:
            Finite values, shape (rows, columns + flags).

        Raises:
            ValueError: The number of columns differs from training.
        """
        if values.shape[1] != len(self.medians):
            raise ValueError(
                f"expected {len(self.medians)} columns, got {values.shape[1]}"
            )
        known = np.isfinite(values)
        filled = np.where(known, values, self.medians)
        return np.hstack([filled, ~known[:, self.flagged]])
