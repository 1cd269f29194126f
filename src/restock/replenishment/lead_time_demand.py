r"""Demand over the protection interval, simulated from the errors of backtests.

The forecast of each step is wrong, and the errors of neighbouring steps are wrong
together. So whole error *paths* of past forecasts are laid on the live forecast and
summed path by path; quantiles are taken of the sum. Adding quantiles of single
periods, or multiplying a one-period deviation by the root of the lead time, answers
another question.

An error is scaled by the level it was made at, in units

.. math:: e_h = \frac{y_h - f_h}{s_h}, \qquad
          y^*_h = \max\left(0,\ f_h + e_h s_h\right), \qquad
          s_h = \sqrt{(f_h + \bar f) / 2 + 0.1}

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
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
from scipy.special import gammaincinv

from restock import frames
from restock.replenishment.error_paths import (
    KEYS,
    PathLibrary,
    Settings,
    error_scale,
    leading_run,
    require_columns,
    segments_of,
)
from restock.replenishment.simulated_demand import (
    ROUNDING,
    OrderCycle,
    cumulative_at,
    demand_between,
    fill_rate,
    order_cycle,
    quantile,
    stock_for_fill_rate,
)

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
    "lost_before_arrival_units",
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

_NUMBERS = [
    "service_level",
    "elapsed_periods",
    "lead_time_mean_periods",
    "lead_time_sd_periods",
    "review_periods",
    "holding_cost_per_unit_period",
    "shortage_cost_per_unit",
    "economic_lot_units",
    "inventory_position_units",
    "on_hand_units",
    "unit_margin",
]

_CHUNK_VALUES = 4_000_000

# Outside these a gamma distribution is a point in floating point.
_MIN_LEAD_TIME_CV = 1e-6
_MAX_LEAD_TIME_CV = 1e3


def simulate(
    forecasts: pd.DataFrame,
    residuals: pd.DataFrame,
    requirements: pd.DataFrame,
    open_lines: pd.DataFrame | None = None,
    *,
    n_paths: int = 1000,
    seed: int,
    excess_holding_periods: float = 1.0,
    settings: Settings | None = None,
) -> pd.DataFrame:
    """Distribution of demand until the next delivery but one, and what it asks for.

    With lead time L, review period R and the fraction e of the first forecast
    period already gone, an order must last over the protection interval
    [e, e + L + R). L is drawn per path from a gamma distribution with the given
    mean and deviation. Random numbers depend on the seed and on the ids of a
    series only, so other series may come and go.

    A series without a history, which says so by a `level_variation`, has no errors
    like its own: its demand is Poisson around a gamma-distributed level of that
    variation ("new product").

    Errors are taken from the first pool that is large enough: the segment's paths
    made at a similar forecast level, the segment, all segments; where there are
    hardly any, the negative binomial described in `Settings`. A path must be
    complete over the steps that a series needs; where too few are, or the backtest
    looked less far ahead, shorter paths are drawn one after the other ("chained").
    Where the interval outlasts the forecast, the mean of the forecast goes on
    ("extended").

    Args:
        forecasts: Live forecast of the champion: `location_id`, `product_id`,
            `horizon` (1..H), `forecast_units` (zero or more), and `level_variation`
            (coefficient of variation of the level, above zero; null or absent for
            a series with a history).
        residuals: Backtest of the champion: `location_id`, `product_id`,
            `cutoff_date`, `horizon`, `forecast_units`, `actual_units` (null where
            unknown), `segment`.
        requirements: One row per series: `location_id`, `product_id`, `segment`,
            `elapsed_periods` (e, in [0, 1)), `lead_time_mean_periods`,
            `lead_time_sd_periods` (null counts as zero), `review_periods`,
            `target` (cost, cycle_service or fill_rate), `service_level` (in
            (0, 1]), `holding_cost_per_unit_period`, `shortage_cost_per_unit`,
            `economic_lot_units` (null and zero are none; what sells between two
            reviews is ordered anyway),
            `inventory_position_units`, `on_hand_units`, `unit_margin`.
        open_lines: Orders on their way: `location_id`, `product_id`, `open_units`,
            `receipt_periods` from the as-of date. None where there are none.
        n_paths: Simulated paths per series; overrides `settings`.
        seed: Seed of the run, zero or more.
        excess_holding_periods: Periods that a unit too many is held, for the target
            of least cost; one or more. See `excess_holding`.
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
            forecast, lead time, review period or holding cost, less than one period
            of holding.
    """
    settings = settings or Settings()
    settings = Settings(**{**vars(settings), "n_paths": n_paths})
    if not excess_holding_periods >= 1:
        raise ValueError(
            f"excess_holding_periods must be 1 or more, got {excess_holding_periods}"
        )
    plan = _plan(forecasts, requirements, settings)
    needs = plan.needs
    if needs.empty:
        return frames.empty(OUTPUT_SCHEMA)
    needs["excess_holding_periods"] = excess_holding_periods
    receipts = _receipts(open_lines, needs)
    result = needs[[*KEYS, "segment", "target"]].copy()
    result[_MEASURES] = np.nan
    result["horizon_needed_periods"] = plan.needed
    result["method"] = plan.obstacle
    result["n_errors"] = np.int32(0)
    result["n_paths"] = np.int32(0)
    measured = [
        _measure(windows, receipts)
        for windows in _windows(plan, PathLibrary(residuals, settings), seed)
    ]
    if measured:
        table = pd.concat(measured)
        result.loc[table.index, table.columns] = table
    typed = {"n_errors": np.int32, "n_paths": np.int32}
    return result.astype(typed)[OUTPUT_SCHEMA.names]


def demand_windows(
    forecasts: pd.DataFrame,
    residuals: pd.DataFrame,
    requirements: pd.DataFrame,
    *,
    n_paths: int = 1000,
    seed: int,
) -> Iterator[Windows]:
    """Simulated demand itself, for what `simulate` does not measure.

    The same seed gives the paths that `simulate` measured, whichever of its series
    are asked for.

    Args:
        forecasts: As for `simulate`.
        residuals: As for `simulate`.
        requirements: As for `simulate`.
        n_paths: Simulated paths per series.
        seed: Seed of the run, zero or more.

    Yields:
        Windows of some series at a time, ordered by ids; a series that cannot be
        simulated is in none.

    Raises:
        KeyError: A column is missing.
        ValueError: See `simulate`.
    """
    settings = Settings(n_paths=n_paths)
    plan = _plan(forecasts, requirements, settings)
    if len(plan.needs):
        yield from _windows(plan, PathLibrary(residuals, settings), seed)


@dataclass(frozen=True)
class _Plan:
    """What is asked, and what stands in the way.

    Attributes:
        needs: Requirements in order of ids.
        live: Live forecasts, shape (series, steps).
        variation: Variation of the level of a series without a history, shape
            (series,); NaN for the others.
        available: Leading steps with a forecast, or its mean, shape (series,).
        is_extended: Whether the mean goes on where the forecast ends, shape (series,).
        needed: Steps that the protection interval reaches, shape (series,).
        longest: Lead time that random ones are cut at. Periods, shape (series,).
        obstacle: Why a series cannot be simulated; empty if it can.
    """

    needs: pd.DataFrame
    live: Floats
    variation: Floats
    available: Indices
    is_extended: npt.NDArray[np.bool_]
    needed: Floats
    longest: Floats
    obstacle: npt.NDArray[np.str_]


def _plan(
    forecasts: pd.DataFrame, requirements: pd.DataFrame, settings: Settings
) -> _Plan:
    needs = _read_requirements(requirements)
    live, variation = _pivot_forecasts(forecasts, needs)
    longest = longest_lead_time(
        needs["lead_time_mean_periods"].to_numpy(),
        needs["lead_time_sd_periods"].to_numpy(),
        tail=settings.lead_time_tail,
    )
    elapsed = needs["elapsed_periods"].to_numpy()
    needed = np.maximum(
        np.ceil(elapsed + longest + needs["review_periods"].to_numpy() - ROUNDING),
        1.0,
    )
    available = leading_run(np.isfinite(live))
    n_steps = available
    live, available = _extended(live, available, needed)
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
    return _Plan(
        needs,
        live,
        variation,
        available,
        available > n_steps,
        needed,
        longest,
        obstacle,
    )


def _extended(
    live: Floats, available: Indices, needed: Floats
) -> tuple[Floats, Indices]:
    """Let a forecast without a gap go on at its mean, as far as it is needed."""
    n_steps = live.shape[1]
    is_short = (available == n_steps) & (needed > n_steps) & (n_steps > 0)
    if not is_short.any():
        return live, available
    wanted = np.where(is_short, needed, available).astype(available.dtype)
    longer = np.full((len(live), wanted.max()), np.nan)
    longer[:, :n_steps] = live
    step = np.arange(longer.shape[1])
    is_beyond = is_short[:, None] & (step >= n_steps) & (step < wanted[:, None])
    return np.where(is_beyond, live.mean(axis=1, keepdims=True), longer), wanted


@dataclass(frozen=True)
class Windows:
    """Simulated demand of some series over their windows of time.

    Attributes:
        needs: Requirements of the series, indexed by their place among all.
        cumulative: Cumulative demand, shape (series, paths, periods + 1).
        start: Time from which demand counts. Periods, shape (series, paths).
        lead_times: Lead time. Periods, shape (series, paths).
        lead_time: Demand X_L over the lead time. Units, shape (series, paths).
        protection: Demand X over lead time plus review, nowhere below X_L. Units,
            shape (series, paths).
        rate: Mean demand of a period in the protection interval. Units, shape
            (series,).
        lot: Larger of the economic lot and a review's demand. Units, shape (series,).
        cycle: What an order cycle asks of the reorder point.
        methods: Pool that the errors came from.
        n_errors: Error paths in it, shape (series,).
    """

    needs: pd.DataFrame
    cumulative: Floats
    start: Floats
    lead_times: Floats
    lead_time: Floats
    protection: Floats
    rate: Floats
    lot: Floats
    cycle: OrderCycle
    methods: list[str]
    n_errors: Indices

    def column(self, name: str) -> Floats:
        """A number of the requirements, shape (series,)."""
        return self.needs[name].to_numpy(dtype=float)


def _windows(plan: _Plan, library: PathLibrary, seed: int) -> Iterator[Windows]:
    """Draw the series that can be simulated, so many at a time as memory holds."""
    ready = np.flatnonzero(plan.obstacle == "")
    n_periods = plan.live.shape[1]
    chunk = max(1, _CHUNK_VALUES // (library.settings.n_paths * max(n_periods, 1)))
    for start in range(0, len(ready), chunk):
        chosen = ready[start : start + chunk]
        draws = [
            _draw_series(
                plan.needs.iloc[row],
                plan.live[row, : plan.available[row]],
                plan.variation[row],
                int(plan.needed[row]),
                plan.longest[row],
                library,
                seed,
                is_extended=plan.is_extended[row],
            )
            for row in chosen
        ]
        yield _window(plan.needs.iloc[chosen].set_index(chosen), draws, n_periods)


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


@dataclass(frozen=True)
class _Draw:
    """Simulated paths of one series."""

    demand: Floats
    method: str
    n_errors: int
    lead_times: Floats


def _draw_series(
    need: pd.Series,
    forecast: Floats,
    variation: float,
    needed: int,
    longest: float,
    library: PathLibrary,
    seed: int,
    *,
    is_extended: bool,
) -> _Draw:
    """Demand paths over the forecast horizon, and a lead time for each."""
    settings = library.settings
    generator = series_generator(seed, need["location_id"], need["product_id"])
    lead_times = draw_lead_times(
        generator,
        need["lead_time_mean_periods"],
        need["lead_time_sd_periods"],
        longest,
        settings.n_paths,
    )
    demand, method, n_errors = demand_paths(
        generator, need["segment"], forecast, needed, library, variation=variation
    )
    extended = ", extended" if is_extended else ""
    return _Draw(demand, method + extended, n_errors, lead_times)


def demand_paths(
    generator: np.random.Generator,
    segment: str,
    forecast: Floats,
    needed: int,
    library: PathLibrary,
    *,
    variation: float = np.nan,
) -> tuple[Floats, str, int]:
    """Lay past error paths on a forecast.

    Args:
        generator: Source of the draws.
        segment: Segment of the series.
        forecast: Units per period, shape (periods,), zero or more.
        needed: Periods that a path should be complete over; shorter ones are
            chained.
        library: Error paths and the settings of the pools.
        variation: Coefficient of variation of the level of a series without a
            history; NaN where errors like its own are known.

    Returns:
        Demand in units, shape (paths, periods), how it was made, and the number of
        error paths behind it.
    """
    settings = library.settings
    shape = (settings.n_paths, len(forecast))
    if not forecast[:needed].any():
        return np.zeros(shape), "zero forecast", 0
    if np.isfinite(variation):
        demand = _negative_binomial(generator, forecast, variation, settings.n_paths)
        return demand, "new product", 0
    rows, steps, method = library.find(segment, forecast, needed)
    if not len(rows):
        demand = _negative_binomial(
            generator, forecast, settings.fallback_level_cv, settings.n_paths
        )
        return demand, method, 0
    errors = np.empty(shape)
    for start in range(0, len(forecast), steps):
        width = min(steps, len(forecast) - start)
        drawn = _draw_rows(generator, rows, settings.n_paths)
        errors[:, start : start + width] = library.errors[drawn, :width]
    free = forecast + errors * error_scale(forecast[None, :])
    demand = _keep_mean(np.maximum(free, 0.0), free, forecast)
    chained = ", chained" if steps < needed else ""
    return demand, method + chained, len(rows)


def _negative_binomial(
    generator: np.random.Generator, forecast: Floats, level_cv: float, n_paths: int
) -> Floats:
    """Poisson demand around one gamma-distributed level per path."""
    level = generator.gamma(level_cv**-2, level_cv**2, size=n_paths)
    return generator.poisson(level[:, None] * forecast).astype(float)


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


def series_generator(
    seed: int, location_id: str, product_id: str, purpose: str = ""
) -> np.random.Generator:
    """Random numbers of one series, whatever the other series are.

    Args:
        seed: Seed of the run.
        location_id: Location.
        product_id: Product.
        purpose: Parts the draws of one series from each other.

    Returns:
        A generator that no other series or purpose has.
    """
    label = f"{seed}|{len(location_id)}|{location_id}|{product_id}"
    if purpose:
        label = f"{purpose}|{label}"
    digest = hashlib.blake2b(label.encode(), digest_size=16).digest()
    key = np.frombuffer(digest, dtype="<u8")
    return np.random.Generator(np.random.Philox(key=key))


def _is_random(mean: Floats, sd: Floats) -> npt.NDArray[np.bool_]:
    """Whether a deviation is neither negligible nor beyond all sense."""
    return (sd > mean * _MIN_LEAD_TIME_CV) & (sd < mean * _MAX_LEAD_TIME_CV)


def draw_lead_times(
    generator: np.random.Generator,
    mean: float,
    sd: float,
    longest: float,
    n_paths: int,
) -> Floats:
    """Lead times of a gamma distribution, cut at the longest.

    Args:
        generator: Source of the draws.
        mean: Periods, zero or more.
        sd: Standard deviation. Periods; what `longest_lead_time` calls fixed is.
        longest: Of `longest_lead_time`. Periods.
        n_paths: Number of draws.

    Returns:
        Periods, shape (n_paths,).
    """
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


def _window(needs: pd.DataFrame, draws: list[_Draw], n_periods: int) -> Windows:
    """Sum the paths of a chunk of series over their windows."""
    n_series = len(draws)
    n_paths = len(draws[0].lead_times)
    cumulative = np.full((n_series, n_paths, n_periods + 1), np.nan)
    cumulative[:, :, 0] = 0.0
    for place, draw in enumerate(draws):
        width = draw.demand.shape[1]
        np.cumsum(draw.demand, axis=1, out=cumulative[place, :, 1 : width + 1])
    lead_times = np.stack([draw.lead_times for draw in draws])
    review = needs["review_periods"].to_numpy(dtype=float)
    elapsed = needs["elapsed_periods"].to_numpy(dtype=float)
    start = np.broadcast_to(elapsed[:, None], lead_times.shape)
    lead_time = demand_between(cumulative, start, start + lead_times)
    protection = demand_between(cumulative, start, start + lead_times + review[:, None])
    # The paths' own rounding must not put demand over L above demand over L + R.
    protection = np.maximum(protection, lead_time)
    length = lead_times.mean(axis=1) + review
    rate = np.divide(
        protection.mean(axis=1), length, out=np.zeros(n_series), where=length > 0
    )
    review_demand = rate * review
    lot = np.fmax(needs["economic_lot_units"].to_numpy(dtype=float), review_demand)
    first_review = demand_between(cumulative, start, start + review[:, None])
    return Windows(
        needs=needs,
        cumulative=cumulative,
        start=start,
        lead_times=lead_times,
        lead_time=lead_time,
        protection=protection,
        rate=rate,
        lot=lot,
        cycle=order_cycle(
            protection,
            lead_time,
            np.minimum(first_review, protection),
            lot - review_demand,
        ),
        methods=[draw.method for draw in draws],
        n_errors=np.array([draw.n_errors for draw in draws]),
    )


@dataclass(frozen=True)
class _Receipts:
    """Orders on their way, shape (series, orders), soonest first; zero units pad."""

    units: Floats
    periods: Floats


def _receipts(open_lines: pd.DataFrame | None, needs: pd.DataFrame) -> _Receipts:
    """Open lines of each requirement, in order of receipt."""
    if open_lines is None or open_lines.empty:
        return _Receipts(*(np.zeros((len(needs), 0)) for _ in range(2)))
    require_columns("open_lines", open_lines, [*KEYS, "open_units", "receipt_periods"])
    row = pd.MultiIndex.from_frame(needs[KEYS]).get_indexer(
        pd.MultiIndex.from_frame(open_lines[KEYS])
    )
    lines = pd.DataFrame(
        {
            "row": row,
            "units": frames.floats(open_lines, "open_units"),
            "periods": frames.floats(open_lines, "receipt_periods"),
        }
    )
    lines = lines[lines["row"] >= 0].groupby(["row", "periods"], as_index=False).sum()
    place = lines.groupby("row").cumcount().to_numpy()
    shape = (len(needs), int(place.max(initial=-1)) + 1)
    units, periods = np.zeros(shape), np.zeros(shape)
    units[lines["row"], place] = lines["units"]
    periods[lines["row"], place] = lines["periods"]
    return _Receipts(units, periods)


def lost_before(windows: Windows, units: Floats, periods: Floats) -> Floats:
    r"""Demand that finds the shelf empty before a new order can be sold.

    With demand D, shelf stock I and receipts A, what is lost by the time a is the
    highest that demand stood above what had come,

    .. math:: \max\Bigl(0,\ \max_{s \le a} D(s) - I - A(s^-)\Bigr)

    and receipts jump, so only the moments before each and the end need a look.

    Args:
        windows: Simulated demand; `inventory_position_units` is the shelf and all
            receipts together.
        units: Receipts, shape (series, orders), soonest first.
        periods: When each can be sold, from the as-of date, same shape.

    Returns:
        Units, shape (series, paths); NaN where the position is unknown.
    """
    shelf = windows.column("inventory_position_units") - units.sum(axis=1)
    there = np.maximum(shelf, 0.0)[:, None]
    begun = cumulative_at(windows.cumulative, windows.start)
    arrival = windows.start + windows.lead_times
    most = np.zeros(arrival.shape)
    for order in range(units.shape[1]):
        moment = np.minimum(windows.start + periods[:, [order]], arrival)
        demand = cumulative_at(windows.cumulative, moment) - begun
        most = np.maximum(most, demand - there)
        # What comes after the new order has no part in it.
        is_before = windows.start + periods[:, [order]] <= arrival
        there = there + np.where(is_before, units[:, [order]], 0.0)
    return np.maximum(most, windows.lead_time - there)


def _measure(windows: Windows, receipts: _Receipts) -> pd.DataFrame:
    """Measures of a chunk of series, one row per series."""
    needs, protection, lead_time = windows.needs, windows.protection, windows.lead_time
    n_series, n_paths = protection.shape
    column, rate = windows.column, windows.rate
    ordered = np.sort(protection, axis=1)
    mean = protection.mean(axis=1)
    cycle = windows.cycle
    has_cycle = cycle.order_units > 0
    safe_cycle = np.where(has_cycle, cycle.order_units, 1.0)

    is_zero = mean == 0
    fractile, reorder_point, notes = reorder_points(
        needs,
        np.sort(cycle.demand, axis=1),
        cycle.before,
        safe_cycle,
        mean=mean,
        rate=rate,
        lot=windows.lot,
        is_zero=is_zero,
    )
    known = ~np.isnan(reorder_point)
    safe_stock = np.where(known, reorder_point, 0.0)
    position = column("inventory_position_units")
    has_position = ~np.isnan(position)
    short = np.maximum(protection - np.where(has_position, position, 0.0)[:, None], 0.0)
    expected_short = np.where(has_position, short.mean(axis=1), np.nan)
    # What is lost before an order can come needs no stock: the quantile without it.
    # Where a service is promised the order is the full one.
    is_cost = (needs["target"] == "cost").to_numpy()
    lost = lost_before(
        windows, receipts.units[needs.index], receipts.periods[needs.index]
    )
    to_serve = cycle.demand - np.where(has_position[:, None], lost, 0.0)
    share = np.where(np.isnan(fractile), 1.0, fractile)
    needed, served = (
        np.where(share > 0, quantile(np.sort(demand, axis=1), share), 0.0)
        for demand in (cycle.demand, to_serve)
    )
    counts = is_cost & known & has_position & ~is_zero
    unneeded = np.where(counts, needed - served, 0.0)
    n_errors = windows.n_errors
    # Nothing was ever short of a demand of zero, whatever a cycle is.
    filled = np.where(
        has_cycle | is_zero,
        fill_rate(safe_stock, cycle.demand, cycle.before, safe_cycle),
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
            "lost_before_arrival_units": unneeded,
            "achieved_cycle_service": np.where(
                known, (cycle.demand <= safe_stock[:, None]).mean(axis=1), np.nan
            ),
            "achieved_fill_rate": np.where(known, filled, np.nan),
            "stockout_probability": np.where(
                has_position, (short > 0).mean(axis=1), np.nan
            ),
            "expected_short_units": expected_short,
            "expected_lost_margin": expected_short * column("unit_margin"),
            "expected_stockout_periods": _stockout_times(
                windows.cumulative, windows.start, column("on_hand_units")
            ),
            "max_service_supported": n_errors / (n_errors + 1),
            "method": [
                "; ".join([method, *filter(None, note)])
                for method, note in zip(windows.methods, notes, strict=True)
            ],
            "n_errors": n_errors.astype(np.int32),
            "n_paths": np.full(n_series, n_paths, dtype=np.int32),
        },
        index=needs.index,
    )


def reorder_points(
    needs: pd.DataFrame,
    ordered: Floats,
    before: Floats,
    cycle_demand: Floats,
    *,
    mean: Floats,
    rate: Floats,
    lot: Floats,
    is_zero: npt.NDArray[np.bool_],
) -> tuple[Floats, Floats, list[tuple[str, str]]]:
    """Fractile and reorder point of each series, with what there is to say.

    Args:
        needs: `target`, `service_level`, `holding_cost_per_unit_period`,
            `shortage_cost_per_unit` and, if wanted, `excess_holding_periods` of
            each series, as for `simulate`.
        ordered: Demand of an order cycle in rising order, see
            `simulated_demand.OrderCycle`. Units, shape (series, paths).
        before: Its part that was short before. Units, shape (series, paths).
        cycle_demand: Mean order. Units, shape (series,), above zero.
        mean: Mean demand over lead time plus review, below which no fill rate takes
            the reorder point. Units, shape (series,).
        rate: Mean demand. Units per period, shape (series,).
        lot: Lot. Units, shape (series,).
        is_zero: Whether no demand is expected at all, shape (series,).

    Returns:
        Fractile, reorder point in units (NaN where something is missing), and by
        series what is missing and what was done.
    """
    target = needs["target"].to_numpy(dtype=object)
    level = needs["service_level"].to_numpy(dtype=float)
    holding = needs["holding_cost_per_unit_period"].to_numpy(dtype=float)
    if "excess_holding_periods" in needs.columns:
        holding = holding * needs["excess_holding_periods"].to_numpy(dtype=float)
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

    # A unit too many is held until it is missed, which can take several periods.
    # Unmet demand is lost: 1 - P1 = h Q / (h Q + B D), the newsvendor's ratio where a
    # lot is one review's demand. A shortage that costs nothing is worth no stock.
    exposure = np.where(shortage > 0, shortage * rate, 0.0)
    cost = holding * lot + exposure
    ratio = np.divide(exposure, cost, out=np.zeros(len(needs)), where=cost > 0)
    fractile = np.where(is_cost, ratio, np.where(is_cycle, level, np.nan))
    fractile[is_zero & is_cost] = np.nan
    point = np.where(fractile > 0, quantile(ordered, fractile), 0.0)

    stock = np.zeros(len(needs))
    if is_fill.any():
        stock = stock_for_fill_rate(
            np.where(is_fill & usable & ~is_zero, level, 0.5),
            ordered,
            before,
            cycle_demand,
        )
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
    begin = cumulative_at(cumulative, start)
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


def _pivot_forecasts(
    forecasts: pd.DataFrame, needs: pd.DataFrame
) -> tuple[Floats, Floats]:
    """Live forecasts, one row per requirement and one column per step.

    Also the variation of the level, one per requirement, NaN where there is a history.
    """
    require_columns("forecasts", forecasts, [*KEYS, "horizon", "forecast_units"])
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
    variation = np.full(len(needs), np.nan)
    if "level_variation" in forecasts.columns:
        given = frames.floats(forecasts, "level_variation")
        if (given <= 0).any() or np.isinf(given).any():
            raise ValueError("level_variation must be finite and above zero")
        variation[row[row >= 0]] = given[row >= 0]
    return live, variation


def _read_requirements(requirements: pd.DataFrame) -> pd.DataFrame:
    """Check the requirements and order them by ids."""
    require_columns(
        "requirements", requirements, [*KEYS, "segment", "target", *_NUMBERS]
    )
    if requirements.duplicated(KEYS).any():
        raise ValueError("a location_id, product_id occurs twice in requirements")
    needs = requirements[[*KEYS, "target"]].assign(
        segment=segments_of(requirements),
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
    _refuse(needs, "economic_lot_units", lambda v: v < 0, "zero or more")
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
