"""Scaled error paths of a backtest, pooled by segment and forecast level.

What `demand_paths` lays on a live forecast; the scaling is explained there.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from restock import frames

Floats = npt.NDArray[np.float64]
Indices = npt.NDArray[np.intp]

KEYS = ["location_id", "product_id"]

# Keeps an error finite where nothing was forecast, and is too small to matter
# where something was.
LEVEL_OFFSET_UNITS = 0.1

# n errors support quantiles up to n / (n + 1).
PATHS_FOR_95_PERCENT = 19
PATHS_FOR_975_PERCENT = 39


@dataclass(frozen=True)
class Settings:
    """How errors are pooled and tails are cut.

    Attributes:
        n_paths: Simulated paths per series, two or more.
        min_nearest_paths: Paths of the nearest forecast levels that are pooled at
            least; a segment with no more is not divided.
        max_nearest_paths: Paths of the nearest levels that are pooled at most.
        nearest_share: Share of a segment's paths that are pooled between the two,
            in (0, 1].
        min_segment_paths: Paths that a segment needs to stand alone.
        min_pool_paths: Paths that any pool needs; below it the parametric
            distribution is used.
        lead_time_tail: Quantile at which random lead times are cut, in (0, 1): a
            gamma distribution has no end, a forecast has one.
        fallback_level_cv: Coefficient of variation of the demand level where no
            error is known. Demand is then Poisson around a gamma-distributed
            level, so its sum is negative binomial.
    """

    n_paths: int = 1000
    min_nearest_paths: int = 100
    max_nearest_paths: int = 2000
    nearest_share: float = 0.25
    min_segment_paths: int = PATHS_FOR_975_PERCENT
    min_pool_paths: int = PATHS_FOR_95_PERCENT
    lead_time_tail: float = 0.99
    fallback_level_cv: float = 0.5

    def __post_init__(self) -> None:
        """Refuse settings outside their range."""
        if self.n_paths < 2:
            raise ValueError(f"n_paths must be 2 or more, got {self.n_paths}")
        for name in (
            "min_nearest_paths",
            "max_nearest_paths",
            "min_segment_paths",
            "min_pool_paths",
        ):
            if getattr(self, name) < 1:
                raise ValueError(f"{name} must be 1 or more, got {getattr(self, name)}")
        if not 0 < self.nearest_share <= 1:
            raise ValueError(
                f"nearest_share must be in (0, 1], got {self.nearest_share}"
            )
        if not 0 < self.lead_time_tail < 1:
            raise ValueError(
                f"lead_time_tail must be in (0, 1), got {self.lead_time_tail}"
            )
        if not self.fallback_level_cv > 0:
            raise ValueError(
                f"fallback_level_cv must be above 0, got {self.fallback_level_cv}"
            )


class PathLibrary:
    """Scaled error paths of a backtest, pooled by segment and forecast level.

    Attributes:
        settings: Thresholds of the pools.
        errors: Scaled errors, shape (paths, steps), NaN where unknown, ordered by
            location, product and cutoff.
        forecasts: Forecasts they were made with. Units, shape (paths, steps).
        segments: Segment of each path, shape (paths,).
        complete_steps: Leading steps without a gap, shape (paths,).
    """

    def __init__(self, residuals: pd.DataFrame, settings: Settings) -> None:
        """Read a backtest.

        Args:
            residuals: See `simulate`. Rows in any order.
            settings: Thresholds of the pools.

        Raises:
            KeyError: A column is missing.
            ValueError: A step occurs twice, is below one, or a forecast is
                negative.
        """
        columns = [*KEYS, "cutoff_date", "horizon"]
        require_columns(
            "residuals",
            residuals,
            [*columns, "forecast_units", "actual_units", "segment"],
        )
        if residuals[columns].isna().any(axis=None):
            raise ValueError("a residual lacks an id, its cutoff_date or its horizon")
        if residuals.duplicated(columns).any():
            raise ValueError("a series, cutoff_date, horizon occurs twice in residuals")
        step = residuals["horizon"].to_numpy(dtype=int)
        if len(step) and step.min() < 1:
            raise ValueError(f"horizon must be 1 or more, got {step.min()}")
        forecast = frames.floats(residuals, "forecast_units")
        if (forecast < 0).any():
            raise ValueError(f"forecast_units is negative: {np.nanmin(forecast)}")
        grouped = residuals.groupby(columns[:3], sort=True)
        path = grouped.ngroup().to_numpy()
        shape = (grouped.ngroups, int(step.max()) if len(step) else 0)
        self.settings = settings
        self.forecasts = np.full(shape, np.nan)
        self.forecasts[path, step - 1] = forecast
        actual = np.full(shape, np.nan)
        actual[path, step - 1] = frames.floats(residuals, "actual_units")
        self.errors = (actual - self.forecasts) / error_scale(self.forecasts)
        self.segments = np.empty(shape[0], dtype=object)
        self.segments[path] = segments_of(residuals)
        self.complete_steps = leading_run(np.isfinite(self.errors))
        self._pools: dict[int, dict[str, _Pool]] = {}

    def find(
        self, segment: str, forecast: Floats, needed: int
    ) -> tuple[Indices, int, str]:
        """Choose the paths to lay on a live forecast.

        Args:
            segment: Segment of the series.
            forecast: Live forecast. Units per period, shape (periods,).
            needed: Steps that the paths should be complete over.

        Returns:
            Rows of `errors`, the number of steps they are complete over, and the
            name of the pool. No rows where even the pool of everything is too
            small.
        """
        steps = self._longest_steps(needed)
        if steps == 0:
            return np.empty(0, dtype=np.intp), 0, "negative binomial"
        pools = self._pools.setdefault(steps, {})
        if not pools:
            pools.update(self._build(steps))
        everything = pools[""]
        own = pools.get(f"={segment}")
        if own is None or len(own.rows) < self.settings.min_segment_paths:
            return everything.rows, steps, "residual paths of all segments"
        wanted = int(
            np.clip(
                self.settings.nearest_share * len(own.rows),
                self.settings.min_nearest_paths,
                self.settings.max_nearest_paths,
            )
        )
        if wanted >= len(own.rows):
            return own.rows, steps, "residual paths of the segment"
        nearest = own.nearest(float(forecast[:steps].mean()), wanted)
        return nearest, steps, "residual paths of the segment and level"

    def _longest_steps(self, needed: int) -> int:
        """Most steps up to `needed` that enough paths are complete over."""
        for steps in range(min(needed, self.errors.shape[1]), 0, -1):
            if (self.complete_steps >= steps).sum() >= self.settings.min_pool_paths:
                return steps
        return 0

    def _build(self, steps: int) -> dict[str, _Pool]:
        """Pools of the paths complete over a number of steps; "" is everything."""
        rows = np.flatnonzero(self.complete_steps >= steps)
        levels = self.forecasts[rows, :steps].mean(axis=1)
        pools = {"": _Pool.sort(rows, levels)}
        for segment in np.unique(self.segments[rows].astype(str)):
            inside = self.segments[rows] == segment
            pools[f"={segment}"] = _Pool.sort(rows[inside], levels[inside])
        return pools


@dataclass(frozen=True)
class _Pool:
    """Paths of a segment in the order of the forecast level they were made at."""

    rows: Indices
    levels: Floats

    @classmethod
    def sort(cls, rows: Indices, levels: Floats) -> _Pool:
        """Pool of the given paths."""
        order = np.argsort(levels, kind="stable")
        return cls(rows[order], levels[order])

    def nearest(self, level: float, count: int) -> Indices:
        """Paths made at the levels nearest in ratio, all of the outermost levels.

        Errors of a slow and of a fast seller differ in more than scale: laid on
        each other they would clip at zero and lift the mean.
        """
        place = int(np.searchsorted(self.levels, level))
        around = self.levels[max(place - count, 0) : place + count]
        distance = np.abs(
            np.log(around + LEVEL_OFFSET_UNITS) - np.log(level + LEVEL_OFFSET_UNITS)
        )
        farthest = np.partition(distance, count - 1)[count - 1]
        near = around[distance <= farthest]
        return self.rows[
            np.searchsorted(self.levels, near.min()) : np.searchsorted(
                self.levels, near.max(), side="right"
            )
        ]


def error_scale(forecasts: Floats) -> Floats:
    r"""What the error of each step is divided by.

    .. math:: s_h = \sqrt{(f_h + \bar f) / 2 + 0.1}

    with the mean of the path's forecasts. The step's own forecast alone would make a
    giant of a usual error in a step for which a model happened to say zero, and that
    giant would be laid on series that sell.

    Args:
        forecasts: Units per period, shape (paths, steps), NaN where there is none.

    Returns:
        Root of units, same shape.

    Examples:
        >>> error_scale(np.array([[0.0, 7.8], [3.9, 3.9]])).round(2)
        array([[1.43, 2.44],
               [2.  , 2.  ]])
    """
    known = np.isfinite(forecasts)
    total = np.where(known, forecasts, 0.0).sum(axis=1, keepdims=True)
    mean = total / np.maximum(known.sum(axis=1, keepdims=True), 1)
    return np.sqrt((forecasts + mean) / 2 + LEVEL_OFFSET_UNITS)


def leading_run(known: npt.NDArray[np.bool_]) -> npt.NDArray[np.int_]:
    """Number of leading True values of each row."""
    return np.cumprod(known, axis=1, dtype=int).sum(axis=1)


def segments_of(frame: pd.DataFrame) -> npt.NDArray[np.object_]:
    """Segment names; a missing one is a segment of its own."""
    return frame["segment"].fillna("").astype(str).to_numpy(dtype=object)


def require_columns(name: str, frame: pd.DataFrame, columns: list[str]) -> None:
    """Refuse a frame that lacks a column.

    Raises:
        KeyError: A column is missing; the message names the frame and the columns.
    """
    missing = [column for column in columns if column not in frame.columns]
    if missing:
        raise KeyError(f"{name} lacks the columns {missing}")
