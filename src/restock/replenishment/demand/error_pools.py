r"""Standardised errors of a backtest, pooled by segment and forecast level.

The error of a forecast over n steps is divided by the deviation that the item's own
noise and the level of its forecast let expect (`demand_spread`),

.. math:: z = \frac{\sum_h (y_h - f_h)}{\sigma(\sum_h f_h)}

so that items of one level share the shape of the tail, and how wide it is stays each
one's own. It is the error of the sum, because the errors of neighbouring periods go
together.

References:
    Vovk, Gammerman and Shafer, Algorithmic Learning in a Random World, 2005
    (calibration by pooled errors, within categories: Mondrian, and normalised).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

from restock import frames
from restock.replenishment.demand.demand_spread import Spread, fit_spreads
from restock.statistics.arrays import Floats, Indices

KEYS = ["location_id", "product_id"]

# n errors support quantiles up to n / (n + 1).
PATHS_FOR_95_PERCENT = 19
PATHS_FOR_975_PERCENT = 39

# Keeps the ratio of two levels finite.
_RATIO_OFFSET_UNITS = 0.1

# Keeps a deviation above zero where a history has no noise at all.
LEAST_DISPERSION = 1e-3

ROUNDING = 1e-9


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
        min_pool_paths: Paths that any pool needs; below it the counts stand alone.
        count_errors: Independent errors that the count distribution counts for: with
            as many in a pool, half of the paths are counts.
        bias_blocks: Stretches of time without overlap that must have shown a bias for
            half of it to be taken over.
        most_bias: Share of the forecast that a bias may move it by at most.
        lead_time_tail: Quantile at which random lead times are cut, in (0, 1): a
            gamma distribution has no end, a forecast has one.
    """

    n_paths: int = 1000
    min_nearest_paths: int = 100
    max_nearest_paths: int = 2000
    nearest_share: float = 0.25
    min_segment_paths: int = PATHS_FOR_975_PERCENT
    min_pool_paths: int = PATHS_FOR_95_PERCENT
    count_errors: float = 150.0
    bias_blocks: float = 4.0
    most_bias: float = 0.5
    lead_time_tail: float = 0.99

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
        for name in ("count_errors", "bias_blocks", "most_bias"):
            if not getattr(self, name) >= 0:
                raise ValueError(f"{name} must be 0 or more, got {getattr(self, name)}")
        if not 0 < self.nearest_share <= 1:
            raise ValueError(
                f"nearest_share must be in (0, 1], got {self.nearest_share}"
            )
        if not 0 < self.lead_time_tail < 1:
            raise ValueError(
                f"lead_time_tail must be in (0, 1), got {self.lead_time_tail}"
            )


class Pool(NamedTuple):
    """Errors to lay on a live forecast.

    Attributes:
        errors: Standardised errors of the sum over `steps`, shape (errors,); none
            where even the pool of everything is too small.
        steps: Steps that are summed.
        name: What they have in common.
        n_independent: Errors among them that do not overlap.
        n_blocks: Stretches of time that do not overlap.
        spread: Variance that they were standardised with.
    """

    errors: Floats
    steps: int
    name: str
    n_independent: int
    n_blocks: int
    spread: Spread


class ErrorLibrary:
    """Standardised errors of a backtest, pooled by segment and forecast level.

    Attributes:
        settings: Thresholds of the pools.
    """

    def __init__(self, residuals: pd.DataFrame, settings: Settings) -> None:
        """Read a backtest.

        Args:
            residuals: See `lead_time_demand.simulate`. Rows in any order.
            settings: Thresholds of the pools.

        Raises:
            KeyError: A column is missing.
            ValueError: A step occurs twice, is below one, or a forecast is
                negative.
        """
        self.settings = settings
        self._paths = _read(residuals)
        self._common, self._by_segment = self._fit()
        self._pools: dict[int, dict[str, _Sorted]] = {}

    def find(self, segment: str, forecast: Floats, needed: int) -> Pool:
        """Choose the errors to lay on a live forecast.

        Args:
            segment: Segment of the series.
            forecast: Live forecast. Units per period, shape (periods,).
            needed: Steps to sum, or as many as enough backtests are complete over.

        Returns:
            The pool.
        """
        spread = self._by_segment.get(segment, self._common)
        steps = self._longest_steps(needed)
        if steps == 0:
            return Pool(np.empty(0), needed, "counts", 0, 0, spread)
        pools = self._pools.setdefault(steps, {})
        if not pools:
            pools.update(self._build(steps))
        pool, name = pools.get(f"={segment}"), "errors of the segment"
        if pool is None or len(pool.rows) < self.settings.min_segment_paths:
            pool, name = pools[""], "errors of all segments"
        chosen = slice(None)
        wanted = int(
            np.clip(
                self.settings.nearest_share * len(pool.rows),
                self.settings.min_nearest_paths,
                self.settings.max_nearest_paths,
            )
        )
        if wanted < len(pool.rows):
            chosen = pool.nearest(float(forecast[:steps].mean()), wanted)
            name = f"{name} and level"
        rows = pool.rows[chosen]
        return Pool(
            pool.errors[chosen],
            steps,
            name,
            len(np.unique(self._paths.stretch_of_series[rows])),
            len(np.unique(self._paths.stretch[rows])),
            spread,
        )

    def _fit(self) -> tuple[Spread, dict[str, Spread]]:
        """Variance of the sums over each path's window, where it is complete."""
        paths = self._paths
        used = np.flatnonzero((paths.complete >= paths.window) & (paths.window > 0))
        _, stretch, count = np.unique(
            paths.stretch_of_series[used], return_inverse=True, return_counts=True
        )
        last = paths.window[used] - 1
        return fit_spreads(
            paths.forecast_sums[used, last],
            paths.actual_sums[used, last],
            paths.dispersion[used],
            paths.segments[used],
            1.0 / count[stretch],
        )

    def _longest_steps(self, needed: int) -> int:
        """Most steps up to `needed` that enough paths are complete over."""
        complete = self._paths.complete
        for steps in range(min(needed, self._paths.forecast_sums.shape[1]), 0, -1):
            if (complete >= steps).sum() >= self.settings.min_pool_paths:
                return steps
        return 0

    def _build(self, steps: int) -> dict[str, _Sorted]:
        """Pools of the paths complete over a number of steps; "" is everything."""
        paths = self._paths
        rows = np.flatnonzero(paths.complete >= steps)
        forecast = paths.forecast_sums[rows, steps - 1]
        error = paths.actual_sums[rows, steps - 1] - forecast
        names = paths.segments[rows].astype(str)
        pools = {}
        spreads = np.empty(len(rows))
        for segment in np.unique(names):
            inside = names == segment
            spread = self._by_segment.get(segment, self._common)
            spreads[inside] = spread.deviation(
                forecast[inside], paths.dispersion[rows[inside]]
            )
            pools[f"={segment}"] = _Sorted.of(
                rows[inside],
                forecast[inside] / steps,
                error[inside] / spreads[inside],
            )
        pools[""] = _Sorted.of(rows, forecast / steps, error / spreads)
        return pools


class _Paths(NamedTuple):
    """A backtest, one row per series and cutoff, ordered by both.

    Attributes:
        forecast_sums: Sums of the first steps. Units, shape (paths, steps).
        actual_sums: The same of what came; NaN from the first unknown step on.
        complete: Leading steps without a gap, shape (paths,).
        window: Steps that the series' protection interval reaches, shape (paths,).
        dispersion: Index of dispersion at the cutoff, shape (paths,).
        segments: Segment, shape (paths,).
        stretch: Number of the stretch of time that a cutoff lies in, each as long as
            the window, shape (paths,).
        stretch_of_series: The same, other numbers for each series.
    """

    forecast_sums: Floats
    actual_sums: Floats
    complete: Indices
    window: Indices
    dispersion: Floats
    segments: npt.NDArray[np.object_]
    stretch: Indices
    stretch_of_series: Indices


def _read(residuals: pd.DataFrame) -> _Paths:
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
    n_paths, n_steps = grouped.ngroups, int(step.max()) if len(step) else 0

    def by_step(values: Floats) -> Floats:
        result = np.full((n_paths, n_steps), np.nan)
        result[path, step - 1] = values
        return np.cumsum(result, axis=1)

    first = np.zeros(n_paths, dtype=np.intp)
    first[path] = np.arange(len(residuals))
    own = residuals.iloc[first]
    forecast_sums = by_step(forecast)
    actual_sums = by_step(frames.floats(residuals, "actual_units"))
    complete = np.isfinite(actual_sums - forecast_sums).sum(axis=1)
    reach = np.ceil(numbers(own, "protection_periods") - ROUNDING)
    window = np.where(np.isfinite(reach), np.clip(reach, 1, n_steps), complete)
    if "cutoff_index" in own.columns:
        stretch = own["cutoff_index"].to_numpy(dtype=int)
        stretch = (stretch - stretch.min(initial=0)) // np.maximum(window, 1)
    else:
        # Without the index every cutoff is a stretch of its own.
        stretch = pd.factorize(own["cutoff_date"], sort=True)[0]
    series = own.groupby(KEYS, sort=True).ngroup().to_numpy()
    stretch = stretch.astype(np.intp)
    return _Paths(
        forecast_sums,
        actual_sums,
        complete,
        window.astype(np.intp),
        dispersion_of(own),
        segments_of(own),
        stretch,
        series * (stretch.max(initial=0) + 1) + stretch,
    )


@dataclass(frozen=True)
class _Sorted:
    """Paths in the order of the forecast level they were made at."""

    rows: Indices
    levels: Floats
    errors: Floats

    @classmethod
    def of(cls, rows: Indices, levels: Floats, errors: Floats) -> _Sorted:
        """The given paths, sorted."""
        order = np.argsort(levels, kind="stable")
        return cls(rows[order], levels[order], errors[order])

    def nearest(self, level: float, count: int) -> slice:
        """Places of the levels nearest in ratio, all of the outermost levels.

        The errors of a slow and of a fast seller differ in more than scale: laid on
        each other they would clip at zero and lift the mean.
        """
        place = int(np.searchsorted(self.levels, level))
        around = self.levels[max(place - count, 0) : place + count]
        distance = np.abs(
            np.log(around + _RATIO_OFFSET_UNITS) - np.log(level + _RATIO_OFFSET_UNITS)
        )
        farthest = np.partition(distance, count - 1)[count - 1]
        near = around[distance <= farthest]
        return slice(
            int(np.searchsorted(self.levels, near.min())),
            int(np.searchsorted(self.levels, near.max(), side="right")),
        )


def dispersion_of(frame: pd.DataFrame) -> Floats:
    """Index of dispersion of each row's item; one where nothing is known of it."""
    given = numbers(frame, "demand_dispersion")
    if (given < 0).any() or np.isinf(given).any():
        raise ValueError("demand_dispersion must be finite and zero or more")
    return np.maximum(np.where(np.isfinite(given), given, 1.0), LEAST_DISPERSION)


def numbers(frame: pd.DataFrame, name: str) -> Floats:
    """A column that may be absent; then NaN."""
    if name not in frame.columns:
        return np.full(len(frame), np.nan)
    return frames.floats(frame, name)


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
