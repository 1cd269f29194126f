r"""Demand paths of a series: error paths of past forecasts, laid on a live one.

The forecast of each step is wrong, and the errors of neighbouring steps are wrong
together: so whole paths are drawn, not single errors. An error is scaled by the level
it was made at, in units

.. math:: e_h = \frac{y_h - f_h}{s_h}, \qquad
          y^*_h = \max\left(0,\ f_h + e_h s_h\right), \qquad
          s_h = \sqrt{(f_h + \bar f) / 2 + 0.1}

jointly in the steps h = 1..H, so that a path of one series can serve another.

References:
    Vovk, Gammerman and Shafer, Algorithmic Learning in a Random World, 2005
    (calibration by pooled errors, within categories: Mondrian).
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from restock.replenishment.error_paths import PathLibrary, error_scale

Floats = npt.NDArray[np.float64]
Indices = npt.NDArray[np.intp]


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


def _draw_rows(generator: np.random.Generator, rows: Indices, n_paths: int) -> Indices:
    """Draw paths so that each one serves equally often, up to one."""
    if len(rows) >= n_paths:
        return rows[generator.choice(len(rows), size=n_paths, replace=False)]
    repeated = generator.permutation(rows)[np.arange(n_paths) % len(rows)]
    # Shuffled again: two blocks of a chained path must not walk in step.
    return generator.permutation(repeated)
