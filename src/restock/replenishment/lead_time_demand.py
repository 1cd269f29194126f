r"""Demand over the protection interval, simulated from the errors of backtests.

The forecast of each step is wrong, and the errors of neighbouring steps are wrong
together. So whole error *paths* of past forecasts are laid on the live forecast and
summed path by path; quantiles are taken of the sum. Adding quantiles of single
periods, or multiplying a one-period deviation by the root of the lead time, answers
another question.

An error is scaled by the level it was made at, in units

.. math:: e_h = \frac{y_h - f_h}{\sqrt{f_h + 0.1}}, \qquad
          y^*_h = \max\left(0,\ f_h + e_h \sqrt{f_h + 0.1}\right)

jointly in the steps h = 1..H, so that a path of one series can serve another.
Period h covers the time [h - 1, h) counted from the start of the first forecast
period; parts of a period count pro rata.

References:
    Vovk, Gammerman and Shafer, Algorithmic Learning in a Random World, 2005
    (calibration by pooled errors, within categories: Mondrian).
    Prak, Teunter and Syntetos, On the calculation of safety stocks when demand is
    forecasted, European Journal of Operational Research 256, 2017.
    Saoud, Kourentzes and Boylan, Approximations for the lead time variance, 2022.
    Silver, Pyke and Thomas, Inventory and Production Management in Supply Chains,
    4th ed., 2017, chapters 6 and 7.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
from scipy.special import gammaincinv

from restock import frames

Floats = npt.NDArray[np.float64]
Indices = npt.NDArray[np.intp]

QUANTILES = {
    "q05_units": 0.05,
    "q10_units": 0.10,
    "q20_units": 0.20,
    "q25_units": 0.25,
    "q50_units": 0.50,
    "q75_units": 0.75,
    "q80_units": 0.80,
    "q90_units": 0.90,
    "q95_units": 0.95,
    "q975_units": 0.975,
    "q99_units": 0.99,
}

_MEASURES = [
    "horizon_needed_periods",
    "lead_time_demand_units",
    "lead_time_demand_sd_units",
    "demand_during_lead_time_units",
    *QUANTILES,
    "fractile",
    "reorder_point_units",
    "safety_stock_units",
    "achieved_cycle_service",
    "achieved_fill_rate",
    "stockout_probability",
    "expected_short_units",
    "expected_lost_margin",
    "expected_stockout_periods",
    "max_service_supported",
]

OUTPUT_SCHEMA = pa.schema(
    [
        ("location_id", pa.string()),
        ("product_id", pa.string()),
        ("segment", pa.string()),
        ("target", pa.string()),
        *((name, pa.float64()) for name in _MEASURES),
        ("method", pa.string()),
        ("n_errors", pa.int32()),
        ("n_paths", pa.int32()),
    ]
)

TARGETS = frozenset({"cost", "cycle_service", "fill_rate"})

KEYS = ["location_id", "product_id"]

_NUMBERS = [
    "service_level",
    "elapsed_periods",
    "lead_time_mean_periods",
    "lead_time_sd_periods",
    "review_periods",
    "holding_cost_per_unit_period",
    "shortage_cost_per_unit",
    "lot_units",
    "inventory_position_units",
    "on_hand_units",
    "unit_margin",
]

# Keeps an error finite where nothing was forecast, and is too small to matter
# where something was.
LEVEL_OFFSET_UNITS = 0.1

# n errors support quantiles up to n / (n + 1).
PATHS_FOR_95_PERCENT = 19
PATHS_FOR_975_PERCENT = 39

_CHUNK_VALUES = 4_000_000
_BISECTIONS = 50
_ROUNDING = 1e-9

# Outside these a gamma distribution is a point in floating point.
_MIN_LEAD_TIME_CV = 1e-6
_MAX_LEAD_TIME_CV = 1e3


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


def simulate(
    forecasts: pd.DataFrame,
    residuals: pd.DataFrame,
    requirements: pd.DataFrame,
    *,
    n_paths: int = 1000,
    seed: int,
    settings: Settings | None = None,
) -> pd.DataFrame:
    """Distribution of demand until the next delivery but one, and what it asks for.

    With lead time L, review period R and the fraction e of the first forecast
    period already gone, an order must last over the protection interval
    [e, e + L + R). L is drawn per path from a gamma distribution with the given
    mean and deviation. Random numbers depend on the seed and on the ids of a
    series only, so other series may come and go.

    Errors are taken from the first pool that is large enough: the segment's paths
    made at a similar forecast level, the segment, all segments; where there are
    hardly any, the negative binomial described in `Settings`. A path must be
    complete over the steps that a series needs; where too few are, or the backtest
    looked less far ahead, shorter paths are drawn one after the other ("chained").

    Args:
        forecasts: Live forecast of the champion: `location_id`, `product_id`,
            `horizon` (1..H), `forecast_units` (zero or more).
        residuals: Backtest of the champion: `location_id`, `product_id`,
            `cutoff_date`, `horizon`, `forecast_units`, `actual_units` (null where
            unknown), `segment`.
        requirements: One row per series: `location_id`, `product_id`, `segment`,
            `elapsed_periods` (e, in [0, 1)), `lead_time_mean_periods`,
            `lead_time_sd_periods` (null counts as zero), `review_periods`,
            `target` (cost, cycle_service or fill_rate), `service_level` (in
            (0, 1]), `holding_cost_per_unit_period`, `shortage_cost_per_unit`,
            `lot_units` (above zero; null is the demand of a review period),
            `inventory_position_units`, `on_hand_units`, `unit_margin`.
        n_paths: Simulated paths per series; overrides `settings`.
        seed: Seed of the run, zero or more.
        settings: How errors are pooled.

    Returns:
        One row per requirement with the columns of `OUTPUT_SCHEMA`, ordered by
        ids. `method` names the pool, and what could not be computed and why; what
        could not be computed is null. `expected_stockout_periods` counts from the
        as-of date. `safety_stock_units` is the reorder point less
        `lead_time_demand_units`, the mean over the protection interval.

    Raises:
        KeyError: A column is missing.
        ValueError: A key occurs twice, or a value is outside its range: a service
            level above one or not above zero, an unknown target, a negative
            forecast, lead time, review period or holding cost.
    """
    settings = settings or Settings()
    settings = Settings(**{**vars(settings), "n_paths": n_paths})
    needs = _read_requirements(requirements)
    if needs.empty:
        return frames.empty(OUTPUT_SCHEMA)
    live = _pivot_forecasts(forecasts, needs)
    library = PathLibrary(residuals, settings)

    elapsed = needs["elapsed_periods"].to_numpy()
    longest = longest_lead_time(
        needs["lead_time_mean_periods"].to_numpy(),
        needs["lead_time_sd_periods"].to_numpy(),
        tail=settings.lead_time_tail,
    )
    needed = np.maximum(
        np.ceil(elapsed + longest + needs["review_periods"].to_numpy() - _ROUNDING),
        1.0,
    )
    available = _leading_run(np.isfinite(live))
    obstacle = np.select(
        [
            needs["lead_time_mean_periods"].isna(),
            needs["review_periods"].isna(),
            available == 0,
            needed > available,
        ],
        [
            "missing lead time",
            "missing review period",
            "no forecast",
            "horizon too short",
        ],
        default="",
    )

    result = needs[[*KEYS, "segment", "target"]].copy()
    result[_MEASURES] = np.nan
    result["horizon_needed_periods"] = needed
    result["method"] = obstacle
    result["n_errors"] = np.int32(0)
    result["n_paths"] = np.int32(0)
    measured = []
    ready = np.flatnonzero(obstacle == "")
    chunk = max(1, _CHUNK_VALUES // (settings.n_paths * max(live.shape[1], 1)))
    for start in range(0, len(ready), chunk):
        chosen = ready[start : start + chunk]
        draws = [
            _draw_series(
                needs.iloc[row],
                live[row, : available[row]],
                int(needed[row]),
                longest[row],
                library,
                seed,
            )
            for row in chosen
        ]
        measured.append(
            _measure(needs.iloc[chosen], draws, live.shape[1]).set_index(chosen)
        )
    if measured:
        table = pd.concat(measured)
        result.loc[table.index, table.columns] = table
    typed = {"n_errors": np.int32, "n_paths": np.int32}
    return result.astype(typed)[OUTPUT_SCHEMA.names]


def longest_lead_time(mean: Floats, sd: Floats, *, tail: float) -> Floats:
    """Lead time that random lead times are cut at.

    Args:
        mean: Mean lead time. Periods, shape (n,), zero or more.
        sd: Standard deviation. Periods, shape (n,), zero or more. Zero, and less
            than a millionth or more than a thousand times the mean, is a fixed
            lead time.
        tail: Quantile of the gamma distribution, in (0, 1).

    Returns:
        Periods, shape (n,): the mean where it is fixed, else the quantile but not
        less than the mean. NaN where the mean is NaN.

    Examples:
        A gamma distribution with mean 2 and deviation 2 is exponential, so its 99 %
        quantile is 2 ln(100):

        >>> longest_lead_time(
        ...     np.array([2.0, 2.0]), np.array([0.0, 2.0]), tail=0.99
        ... ).round(6)
        array([2.     , 9.21034])
    """
    is_random = _is_random(mean, sd)
    safe_mean = np.where(is_random, mean, 1.0)
    safe_sd = np.where(is_random, sd, 1.0)
    quantile = gammaincinv((safe_mean / safe_sd) ** 2, tail) * safe_sd**2 / safe_mean
    return np.where(is_random, np.maximum(quantile, mean), mean)


def demand_between(cumulative: Floats, start: Floats, end: Floats) -> Floats:
    """Demand in a window of time, parts of periods pro rata.

    Args:
        cumulative: Cumulative demand at the start of period 1, 2, .. and at the end
            of the last, shape (..., periods + 1), first value zero.
        start: Start of the window. Periods, shape (...), zero or more.
        end: End of the window. Periods, shape (...), at most `periods`.

    Returns:
        Units, shape (...).

    Examples:
        Demand 10, 20, 40; from the middle of the first period to a quarter of the
        third: 5 + 20 + 10.

        >>> demand_between(
        ...     np.array([[0.0, 10.0, 30.0, 70.0]]), np.array([0.5]), np.array([2.25])
        ... )
        array([35.])
    """
    return _at(cumulative, end) - _at(cumulative, start)


def quantile(ordered: Floats, level: Floats) -> Floats:
    """Smallest simulated value that a share of the paths does not exceed.

    Args:
        ordered: Values in rising order, shape (series, paths).
        level: Share, shape (series,), in [0, 1]; NaN gives NaN.

    Returns:
        Value, shape (series,).

    Examples:
        >>> quantile(np.array([[1.0, 2.0, 3.0, 4.0]] * 2), np.array([0.5, 0.51]))
        array([2., 3.])
    """
    n_paths = ordered.shape[1]
    # 0.95 * 1000 is 950.0000000000001 in floating point.
    rank = np.ceil(np.nan_to_num(level) * n_paths - _ROUNDING).astype(int) - 1
    picked = ordered[np.arange(len(ordered)), np.clip(rank, 0, n_paths - 1)]
    return np.where(np.isnan(level), np.nan, picked)


def fill_rate(
    stock: Floats, protection: Floats, lead_time: Floats, cycle_demand: Floats
) -> Floats:
    r"""Share of demand met from stock under periodic review.

    .. math:: 1 - \frac{E[(X_{L+R} - S)^+] - E[(X_L - S)^+]}{\max(D R, Q)}

    Args:
        stock: Order-up-to position S. Units, shape (series,).
        protection: Demand over L + R of each path, shape (series, paths).
        lead_time: Demand over L of each path, shape (series, paths).
        cycle_demand: Demand of a replenishment cycle, the larger of D R and Q.
            Units, shape (series,), above zero.

    Returns:
        Fill rate, shape (series,), at most one; below zero only if the cycle demand
        is smaller than what the paths hold.

    References:
        Silver, Pyke and Thomas 2017, chapter 7, on (R, S) systems.
    """
    position = stock[:, None]
    short = np.maximum(protection - position, 0.0).mean(axis=1)
    short_before = np.maximum(lead_time - position, 0.0).mean(axis=1)
    return 1.0 - (short - short_before) / cycle_demand


def stock_for_fill_rate(
    level: Floats, protection: Floats, lead_time: Floats, cycle_demand: Floats
) -> Floats:
    """Smallest stock, zero or more, whose fill rate reaches a level.

    Args:
        level: Fill rate wanted, shape (series,), in (0, 1].
        protection: Demand over L + R of each path, shape (series, paths).
        lead_time: Demand over L of each path, shape (series, paths), nowhere above
            `protection`: the fill rate then rises with the stock.
        cycle_demand: See `fill_rate`.

    Returns:
        Units, shape (series,), within 1e-12 of the largest path.
    """
    low = np.zeros(len(protection))
    high = protection.max(axis=1)
    enough_at_zero = fill_rate(low, protection, lead_time, cycle_demand) >= level
    for _ in range(_BISECTIONS):
        middle = (low + high) / 2
        reached = fill_rate(middle, protection, lead_time, cycle_demand) >= level
        low = np.where(reached, low, middle)
        high = np.where(reached, middle, high)
    return np.where(enough_at_zero, 0.0, high)


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
        _require(
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
        spread = np.sqrt(self.forecasts + LEVEL_OFFSET_UNITS)
        self.errors = (actual - self.forecasts) / spread
        self.segments = np.empty(shape[0], dtype=object)
        self.segments[path] = _segments(residuals)
        self.complete_steps = _leading_run(np.isfinite(self.errors))
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


@dataclass(frozen=True)
class _Draw:
    """Simulated paths of one series."""

    demand: Floats
    lead_times: Floats
    method: str
    n_errors: int


def _draw_series(
    need: pd.Series,
    forecast: Floats,
    needed: int,
    longest: float,
    library: PathLibrary,
    seed: int,
) -> _Draw:
    """Demand paths over the forecast horizon, and a lead time for each."""
    settings = library.settings
    generator = _generator(seed, need["location_id"], need["product_id"])
    lead_times = _draw_lead_times(
        generator,
        need["lead_time_mean_periods"],
        need["lead_time_sd_periods"],
        longest,
        settings.n_paths,
    )
    shape = (settings.n_paths, len(forecast))
    if not forecast[:needed].any():
        return _Draw(np.zeros(shape), lead_times, "zero forecast", 0)
    rows, steps, method = library.find(need["segment"], forecast, needed)
    if not len(rows):
        level = generator.gamma(
            settings.fallback_level_cv**-2,
            settings.fallback_level_cv**2,
            size=settings.n_paths,
        )
        demand = generator.poisson(level[:, None] * forecast).astype(float)
        return _Draw(demand, lead_times, method, 0)
    errors = np.empty(shape)
    for start in range(0, len(forecast), steps):
        width = min(steps, len(forecast) - start)
        drawn = _draw_rows(generator, rows, settings.n_paths)
        errors[:, start : start + width] = library.errors[drawn, :width]
    free = forecast + errors * np.sqrt(forecast + LEVEL_OFFSET_UNITS)
    demand = _keep_mean(np.maximum(free, 0.0), free, forecast)
    chained = ", chained" if steps < needed else ""
    return _Draw(demand, lead_times, method + chained, len(rows))


def _keep_mean(demand: Floats, free: Floats, forecast: Floats) -> Floats:
    """Scale paths back to the mean that cutting them at zero has lifted.

    The mean is that of the uncut paths, forecast and bias together, within a factor
    of two of the forecast.

    Args:
        demand: Paths cut at zero. Units, shape (paths, periods).
        free: The same, uncut.
        forecast: Units per period, shape (periods,).

    Returns:
        Units, shape (paths, periods).
    """
    total = forecast.sum()
    wanted = np.clip(free.sum(axis=1).mean(), total / 2, 2 * total)
    lifted = demand.sum(axis=1).mean()
    return demand * (wanted / lifted) if lifted > 0 else demand


def _generator(seed: int, location_id: str, product_id: str) -> np.random.Generator:
    """Random numbers of one series, whatever the other series are."""
    label = f"{seed}|{len(location_id)}|{location_id}|{product_id}"
    digest = hashlib.blake2b(label.encode(), digest_size=16).digest()
    key = np.frombuffer(digest, dtype="<u8")
    return np.random.Generator(np.random.Philox(key=key))


def _is_random(mean: Floats, sd: Floats) -> npt.NDArray[np.bool_]:
    """Whether a deviation is neither negligible nor beyond all sense."""
    return (sd > mean * _MIN_LEAD_TIME_CV) & (sd < mean * _MAX_LEAD_TIME_CV)


def _draw_lead_times(
    generator: np.random.Generator,
    mean: float,
    sd: float,
    longest: float,
    n_paths: int,
) -> Floats:
    if not _is_random(mean, sd):
        return np.full(n_paths, mean)
    drawn = generator.gamma((mean / sd) ** 2, sd**2 / mean, size=n_paths)
    return np.minimum(drawn, longest)


def _draw_rows(generator: np.random.Generator, rows: Indices, n_paths: int) -> Indices:
    """Draw paths so that each one serves equally often, up to one."""
    if len(rows) >= n_paths:
        return rows[generator.choice(len(rows), size=n_paths, replace=False)]
    repeated = generator.permutation(rows)[np.arange(n_paths) % len(rows)]
    # Shuffled again: two blocks of a chained path must not walk in step.
    return generator.permutation(repeated)


def _measure(needs: pd.DataFrame, draws: list[_Draw], n_periods: int) -> pd.DataFrame:
    """Measures of a chunk of series, one row per series."""
    n_series = len(draws)
    n_paths = len(draws[0].lead_times)
    cumulative = np.full((n_series, n_paths, n_periods + 1), np.nan)
    cumulative[:, :, 0] = 0.0
    for place, draw in enumerate(draws):
        width = draw.demand.shape[1]
        np.cumsum(draw.demand, axis=1, out=cumulative[place, :, 1 : width + 1])
    lead_times = np.stack([draw.lead_times for draw in draws])

    def column(name: str) -> Floats:
        return needs[name].to_numpy(dtype=float)

    review = column("review_periods")
    start = np.broadcast_to(column("elapsed_periods")[:, None], lead_times.shape)
    lead_time = demand_between(cumulative, start, start + lead_times)
    protection = demand_between(cumulative, start, start + lead_times + review[:, None])
    # The paths' own rounding must not put demand over L above demand over L + R.
    protection = np.maximum(protection, lead_time)
    ordered = np.sort(protection, axis=1)
    mean = protection.mean(axis=1)

    length = lead_times.mean(axis=1) + review
    rate = np.divide(mean, length, out=np.zeros(n_series), where=length > 0)
    lot = column("lot_units")
    review_demand = rate * review
    cycle_demand = np.fmax(review_demand, lot)
    has_cycle = cycle_demand > 0
    safe_cycle = np.where(has_cycle, cycle_demand, 1.0)

    is_zero = mean == 0
    fractile, reorder_point, notes = _reorder_points(
        needs,
        ordered,
        lead_time,
        safe_cycle,
        rate=rate,
        lot=np.where(np.isnan(lot), review_demand, lot),
        is_zero=is_zero,
    )
    known = ~np.isnan(reorder_point)
    safe_stock = np.where(known, reorder_point, 0.0)
    position = column("inventory_position_units")
    has_position = ~np.isnan(position)
    short = np.maximum(protection - np.where(has_position, position, 0.0)[:, None], 0.0)
    expected_short = np.where(has_position, short.mean(axis=1), np.nan)
    n_errors = np.array([draw.n_errors for draw in draws])
    # Nothing was ever short of a demand of zero, whatever a cycle is.
    filled = np.where(
        has_cycle | is_zero,
        fill_rate(safe_stock, protection, lead_time, safe_cycle),
        np.nan,
    )
    return pd.DataFrame(
        {
            "lead_time_demand_units": mean,
            "lead_time_demand_sd_units": protection.std(axis=1, ddof=1),
            "demand_during_lead_time_units": lead_time.mean(axis=1),
            **{
                name: quantile(ordered, np.full(n_series, level))
                for name, level in QUANTILES.items()
            },
            "fractile": fractile,
            "reorder_point_units": reorder_point,
            "safety_stock_units": reorder_point - mean,
            "achieved_cycle_service": np.where(
                known, (protection <= safe_stock[:, None]).mean(axis=1), np.nan
            ),
            "achieved_fill_rate": np.where(known, filled, np.nan),
            "stockout_probability": np.where(
                has_position, (short > 0).mean(axis=1), np.nan
            ),
            "expected_short_units": expected_short,
            "expected_lost_margin": expected_short * column("unit_margin"),
            "expected_stockout_periods": _stockout_times(
                cumulative, start, column("on_hand_units")
            ),
            "max_service_supported": n_errors / (n_errors + 1),
            "method": [
                "; ".join([draw.method, *filter(None, note)])
                for draw, note in zip(draws, notes, strict=True)
            ],
            "n_errors": n_errors.astype(np.int32),
            "n_paths": np.full(n_series, n_paths, dtype=np.int32),
        }
    )


def _reorder_points(
    needs: pd.DataFrame,
    ordered: Floats,
    lead_time: Floats,
    cycle_demand: Floats,
    *,
    rate: Floats,
    lot: Floats,
    is_zero: npt.NDArray[np.bool_],
) -> tuple[Floats, Floats, list[tuple[str, str]]]:
    """Fractile and reorder point of each series, with what there is to say."""
    target = needs["target"].to_numpy(dtype=object)
    level = needs["service_level"].to_numpy(dtype=float)
    holding = needs["holding_cost_per_unit_period"].to_numpy(dtype=float)
    shortage = needs["shortage_cost_per_unit"].to_numpy(dtype=float)
    is_cost, is_cycle, is_fill = (
        target == name for name in ("cost", "cycle_service", "fill_rate")
    )
    has_lot = lot > 0
    missing = np.select(
        [
            is_zero,
            is_cost & np.isnan(holding),
            is_cost & np.isnan(shortage),
            ~is_cost & np.isnan(level),
            ~is_cycle & ~has_lot,
        ],
        [
            "",
            "missing holding cost",
            "missing shortage cost",
            "missing service level",
            "missing lot size",
        ],
        default="",
    )
    usable = missing == ""

    # A shortage that costs nothing is worth no stock.
    exposure = np.where(shortage > 0, shortage * rate, 0.0)
    ratio = np.divide(
        holding * lot, exposure, out=np.ones(len(needs)), where=exposure > 0
    )
    fractile = np.where(
        is_cost, np.maximum(1.0 - ratio, 0.0), np.where(is_cycle, level, np.nan)
    )
    fractile[is_zero & is_cost] = np.nan
    point = np.where(fractile > 0, quantile(ordered, fractile), 0.0)

    stock = stock_for_fill_rate(
        np.where(is_fill & usable & ~is_zero, level, 0.5),
        ordered,
        lead_time,
        cycle_demand,
    )
    mean = ordered.mean(axis=1)
    point = np.where(is_fill, np.maximum(stock, mean), point)
    point = np.where(is_zero, 0.0, np.where(usable, point, np.nan))
    # The fill rate has no closed fractile: report the one its stock amounts to.
    reached = (ordered <= point[:, None]).mean(axis=1)
    fractile = np.where(is_fill & ~is_zero, reached, fractile)
    fractile = np.where(usable, fractile, np.nan)
    note = np.select(
        [
            usable & ~is_zero & is_cost & (fractile <= 0),
            usable & ~is_zero & is_fill & (stock < mean),
        ],
        ["stock costs more than shortages", "safety stock floored at zero"],
        default="",
    )
    return fractile, point, list(zip(missing, note, strict=True))


def _stockout_times(cumulative: Floats, start: Floats, on_hand: Floats) -> Floats:
    """Median time from now at which demand exceeds stock; NaN beyond the horizon."""
    begin = _at(cumulative, start)
    stock = begin + np.maximum(np.nan_to_num(on_hand), 0.0)[:, None]
    exceeds = cumulative > stock[:, :, None]
    runs_out = exceeds.any(axis=2)
    knot = np.where(runs_out, np.argmax(exceeds, axis=2), 1)[:, :, None]
    after = np.take_along_axis(cumulative, knot, axis=2)[:, :, 0]
    before = np.take_along_axis(cumulative, knot - 1, axis=2)[:, :, 0]
    part = np.divide(
        stock - before, after - before, out=np.zeros_like(stock), where=runs_out
    )
    # A window that starts inside a period cannot end before it starts.
    time = np.maximum(knot[:, :, 0] - 1 + part - start, 0.0)
    time[~runs_out] = np.inf
    # The upper of the two middle paths: a median must be a time that was simulated.
    middle = np.sort(time, axis=1)[:, time.shape[1] // 2]
    return np.where(np.isfinite(middle) & ~np.isnan(on_hand), middle, np.nan)


def _at(cumulative: Floats, time: Floats) -> Floats:
    """Cumulative demand at a time, linear inside a period."""
    # A rounding error past the end of a period is still the end of that period.
    period = np.maximum(np.ceil(time - _ROUNDING).astype(int) - 1, 0)[..., None]
    before = np.take_along_axis(cumulative, period, axis=-1)[..., 0]
    after = np.take_along_axis(cumulative, period + 1, axis=-1)[..., 0]
    return before + (time - period[..., 0]) * (after - before)


def _leading_run(known: npt.NDArray[np.bool_]) -> npt.NDArray[np.int_]:
    """Number of leading True values of each row."""
    return np.cumprod(known, axis=1, dtype=int).sum(axis=1)


def _segments(frame: pd.DataFrame) -> npt.NDArray[np.object_]:
    """Segment names; a missing one is a segment of its own."""
    return frame["segment"].fillna("").astype(str).to_numpy(dtype=object)


def _pivot_forecasts(forecasts: pd.DataFrame, needs: pd.DataFrame) -> Floats:
    """Live forecasts, one row per requirement and one column per step."""
    _require("forecasts", forecasts, [*KEYS, "horizon", "forecast_units"])
    if forecasts.duplicated([*KEYS, "horizon"]).any():
        raise ValueError("a series, horizon occurs twice in forecasts")
    step = forecasts["horizon"].to_numpy(dtype=int)
    if len(step) and step.min() < 1:
        raise ValueError(f"horizon must be 1 or more, got {step.min()}")
    units = frames.floats(forecasts, "forecast_units")
    if (units < 0).any() or np.isinf(units).any():
        raise ValueError("forecast_units must be finite and zero or more")
    row = pd.MultiIndex.from_frame(needs[KEYS]).get_indexer(
        pd.MultiIndex.from_frame(forecasts[KEYS])
    )
    live = np.full((len(needs), int(step.max()) if len(step) else 0), np.nan)
    live[row[row >= 0], step[row >= 0] - 1] = units[row >= 0]
    return live


def _read_requirements(requirements: pd.DataFrame) -> pd.DataFrame:
    """Check the requirements and order them by ids."""
    _require("requirements", requirements, [*KEYS, "segment", "target", *_NUMBERS])
    if requirements.duplicated(KEYS).any():
        raise ValueError("a location_id, product_id occurs twice in requirements")
    needs = requirements[[*KEYS, "target"]].assign(
        segment=_segments(requirements),
        **{name: frames.floats(requirements, name) for name in _NUMBERS},
    )
    needs["lead_time_sd_periods"] = needs["lead_time_sd_periods"].fillna(0.0)
    unknown = set(needs["target"]) - TARGETS
    if unknown:
        raise ValueError(
            f"target must be one of {sorted(TARGETS)}, got {sorted(map(str, unknown))}"
        )
    _refuse(needs, "service_level", lambda v: (v <= 0) | (v > 1), "in (0, 1]")
    _refuse(needs, "elapsed_periods", lambda v: ~((v >= 0) & (v < 1)), "in [0, 1)")
    _refuse(needs, "lot_units", lambda v: v <= 0, "above zero")
    for name in (
        "lead_time_mean_periods",
        "lead_time_sd_periods",
        "review_periods",
        "holding_cost_per_unit_period",
    ):
        _refuse(needs, name, lambda v: (v < 0) | np.isinf(v), "finite and zero or more")
    return needs.sort_values(KEYS, ignore_index=True)


def _refuse(needs: pd.DataFrame, name: str, is_bad, allowed: str) -> None:
    bad = needs.loc[is_bad(needs[name])]
    if len(bad):
        first = bad.iloc[0]
        raise ValueError(
            f"{name} must be {allowed}, got {first[name]} for "
            f"{first['location_id']}, {first['product_id']}"
        )


def _require(name: str, frame: pd.DataFrame, columns: list[str]) -> None:
    missing = [column for column in columns if column not in frame.columns]
    if missing:
        raise KeyError(f"{name} lacks the columns {missing}")
