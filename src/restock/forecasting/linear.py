"""Global linear regression, fitted anew at each cutoff."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LinearRegression, Ridge
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler
from threadpoolctl import threadpool_limits

from restock.forecasting import features, panel_rows, protocol
from restock.forecasting.history import History
from restock.forecasting.protocol import Model
from restock.forecasting.step_buckets import Ratios, check_bucket_ends, fit_by_bucket
from restock.statistics.arrays import Floats

MODELS = ("linear_regression",)

# Sums in one order, so that two machines with other numbers of threads agree.
ONE_THREAD = threadpool_limits.wrap(limits=1, user_api="blas")

# Last steps of the buckets whose steps share coefficients.
BUCKET_ENDS = (1, 3, 7, 14, 28)

# Bound of a z-score: one wild value (a new item's first week over a tiny mean) must
# not steer a linear model.
Z_LIMIT = 5.0

# Fewer rows than this per coefficient give a mean, not a regression.
MIN_ROWS_PER_COLUMN = 5


@dataclass(frozen=True)
class ScaledRegression:
    """Least squares on imputed, standardised features.

    Attributes:
        scaling: Fills gaps with the training median, adds a flag for each column that
            had gaps, and turns columns into weighted z-scores; None for a constant
            model.
        regression: The fitted regression; None for a constant model.
        lowest: Least normalised value of each column in training; None for a
            constant model.
        highest: Largest of the same.
        constant: Weighted mean of the training targets.
        ceiling: Largest training target: no forecast goes above what was seen.
    """

    scaling: Pipeline | None
    regression: LinearRegression | Ridge | None
    lowest: Floats | None
    highest: Floats | None
    constant: float
    ceiling: float

    @classmethod
    @ONE_THREAD
    def fit(
        cls,
        values: Floats,
        targets: Floats,
        weights: Floats,
        *,
        ridge_penalty: float = 0.0,
    ) -> ScaledRegression:
        """Fit by weighted least squares, with a ridge penalty if one is given.

        The singular value decomposition behind it gives the shortest of all best
        coefficient vectors, so columns that repeat one another do no harm.

        Args:
            values: Feature values, shape (rows, columns), NaN where missing.
            targets: Ratio to scale, shape (rows,).
            weights: Weights, shape (rows,), above zero.
            ridge_penalty: Penalty on squared coefficients of normalised columns, as a
                fraction of the rows' total weight, zero or more.

        Returns:
            The regression; the weighted mean of the targets where there are fewer
            than `MIN_ROWS_PER_COLUMN` rows per column; a ratio of one where there
            is no row at all.

        Examples:
            >>> x = np.arange(20.0)[:, None]
            >>> fitted = ScaledRegression.fit(x, 1 + 2 * x[:, 0], np.ones(20))
            >>> fitted.predict(np.array([[3.0]])).round(9).tolist()
            [7.0]
        """
        if not len(targets):
            return cls(None, None, None, None, constant=1.0, ceiling=1.0)
        constant = float(weights @ targets / weights.sum())
        ceiling = float(targets.max())
        if len(targets) < MIN_ROWS_PER_COLUMN * values.shape[1]:
            return cls(None, None, None, None, constant=constant, ceiling=ceiling)
        scaling = make_pipeline(
            SimpleImputer(
                strategy="median", add_indicator=True, keep_empty_features=True
            ),
            StandardScaler(),
        )
        # By rounding the variance of a constant column may fall below zero.
        with np.errstate(invalid="ignore"):
            scores = scaling.fit_transform(
                _finite(values), standardscaler__sample_weight=weights
            )
        normalised = _bounded(scores)
        regression = (
            Ridge(alpha=ridge_penalty * weights.sum())
            if ridge_penalty > 0
            else LinearRegression()
        ).fit(normalised, targets, sample_weight=weights)
        return cls(
            scaling,
            regression,
            normalised.min(axis=0),
            normalised.max(axis=0),
            constant,
            ceiling,
        )

    @ONE_THREAD
    def predict(self, values: Floats) -> Floats:
        """Predict ratios to scale.

        Args:
            values: Feature values, shape (rows, columns), NaN where missing.

        Returns:
            Ratios between zero and the largest training target, shape (rows,).
        """
        if self.regression is None:
            return np.full(len(values), max(self.constant, 0.0))
        normalised = _bounded(self.scaling.transform(_finite(values)))
        # A few weeks of history show a sliver of the year: followed beyond it, the
        # line of the season ends up anywhere.
        seen = np.clip(normalised, self.lowest, self.highest)
        predicted = self.regression.predict(seen)
        return np.clip(predicted, 0.0, max(self.ceiling, 0.0))


def _finite(values: Floats) -> Floats:
    """What is infinite is as missing as what is not a number."""
    return np.where(np.isfinite(values), values, np.nan)


def _bounded(scores: Floats) -> Floats:
    return np.clip(scores, -Z_LIMIT, Z_LIMIT)


def forecast(
    panel: protocol.Panel,
    calendar: pd.DataFrame,
    cutoffs: pd.DataFrame,
    horizon: int,
    *,
    seed: int,
    season_length: int,
    max_rows: int = 200_000,
    bucket_ends: tuple[int, ...] = BUCKET_ENDS,
    **hyperparameters: Any,
) -> pd.DataFrame:
    """Forecast with one linear regression per cutoff and bucket of steps.

    Args:
        panel: See `protocol.run`.
        calendar: See `protocol.run`.
        cutoffs: See `protocol.run`.
        horizon: Number of periods to forecast.
        seed: Seed of the draw of training rows, zero or more.
        season_length: Periods in a season: 52 for weeks, 7 for days.
        max_rows: Cap on training rows per cutoff.
        bucket_ends: Last step of each bucket, rising. Steps of a bucket share
            coefficients; the last bucket goes on to the horizon.
        **hyperparameters: Further arguments of `regress`.

    Returns:
        Rows of `protocol.OUTPUT_SCHEMA` for the model of `MODELS`.

    Raises:
        KeyError: A column is missing.
        ValueError: An input breaks its contract, or buckets do not rise.

    References:
        Montero-Manso and Hyndman, Principles and algorithms for forecasting groups
        of time series: locality and globality, 2021. Direct steps instead of
        recursion: Ben Taieb et al., A review and comparison of strategies for
        multi-step ahead time series forecasting, 2012.
    """
    return protocol.run(
        panel,
        calendar,
        cutoffs,
        horizon,
        learners(
            seed=seed,
            season_length=season_length,
            max_rows=max_rows,
            bucket_ends=bucket_ends,
            **hyperparameters,
        ),
    )


def learners(
    *, bucket_ends: tuple[int, ...] = BUCKET_ENDS, **arguments: Any
) -> dict[str, protocol.Learner]:
    """Learner of the model of `MODELS`; further arguments of `regress`."""
    check_bucket_ends(bucket_ends)
    return {MODELS[0]: partial(regress, bucket_ends=bucket_ends, **arguments)}


def regress(
    history: History,
    *,
    seed: int,
    season_length: int,
    max_rows: int,
    bucket_ends: tuple[int, ...] = BUCKET_ENDS,
    by_value: bool = False,
    ridge_penalty: float = 0.0,
    windows: tuple[int, ...] | None = None,
    n_lags: int = 0,
) -> Model:
    """Fit on what is known at a cutoff.

    Args:
        history: What is known at the cutoff.
        seed: Seed of the draw of training rows.
        season_length: Periods in a season.
        max_rows: Cap on training rows.
        bucket_ends: Last step of each bucket.
        by_value: Weigh errors in money instead of units.
        ridge_penalty: See `ScaledRegression.fit`.
        windows: See `features.Design.learn`.
        n_lags: See `features.Design.learn`.

    Returns:
        Function of a history at the same cutoff that returns units per period,
        shape (series, horizon); NaN for series that are not forecast.
    """
    lesson = features.lesson(
        history,
        seed=seed,
        season_length=season_length,
        max_rows=max_rows,
        windows=windows,
        n_lags=n_lags,
    )
    weights = panel_rows.training_weights(history, lesson.rows, by_value=by_value)

    def fit(taught: npt.NDArray[np.bool_]) -> Ratios:
        return ScaledRegression.fit(
            lesson.shown[taught],
            lesson.targets[taught],
            weights[taught],
            ridge_penalty=ridge_penalty,
        ).predict

    predict = fit_by_bucket(
        fit,
        lesson.rows.step,
        horizon=history.horizon,
        ends=bucket_ends,
        min_rows=MIN_ROWS_PER_COLUMN * len(lesson.names),
    )
    return features.ModelOfRatios(predict, lesson.design)
