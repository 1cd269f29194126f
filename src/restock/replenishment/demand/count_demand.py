r"""Demand as counts: negative binomial around a level that is itself uncertain.

The demand of a period with mean m has the variance

.. math:: \sigma^2 = \phi\, m + b\, m^2

The first part is noise from period to period, with the index of dispersion
:math:`\phi` of the item; the second says how far the level itself is off, which all
periods of a path share. So the sum of n like periods has the variance
:math:`n \phi m + n^2 b m^2`: noise averages out, a wrong level does not.

References:
    Syntetos, Babai and Altay, On the demand distributions of spare parts, International
    Journal of Production Research 50, 2012. Snyder, Ord and Beaumont, Forecasting the
    intermittent demand for slow-moving inventories, International Journal of
    Forecasting 28, 2012.
"""

from __future__ import annotations

import numpy as np
from scipy.special import gammaln

from restock.statistics.arrays import Floats

# Nearer to one than this, counts are Poisson.
_POISSON_SLACK = 1e-6


def counts(
    generator: np.random.Generator,
    mean: Floats,
    *,
    dispersion: float,
    level_variation: float,
) -> Floats:
    """Draw whole units of demand.

    Args:
        generator: Source of the draws.
        mean: Units, shape (draws,), zero or more.
        dispersion: Variance over mean at a given level, zero or more: above one
            negative binomial, one Poisson, below one binomial.
        level_variation: Squared coefficient of variation of the level, zero or more.

    Returns:
        Units, shape (draws,).

    Examples:
        Demand without any spread is its mean:

        >>> counts(
        ...     np.random.default_rng(1),
        ...     np.array([7.0, 3.0]),
        ...     dispersion=0.0,
        ...     level_variation=0.0,
        ... )
        array([7., 3.])
    """
    if level_variation > 0:
        mean = mean * generator.gamma(
            1 / level_variation, level_variation, size=mean.shape
        )
    if dispersion > 1 + _POISSON_SLACK:
        excess = dispersion - 1
        return generator.poisson(generator.gamma(mean / excess, excess)).astype(float)
    if dispersion >= 1 - _POISSON_SLACK:
        return generator.poisson(mean).astype(float)
    share = 1 - dispersion
    chances = np.floor(mean / share + generator.random(mean.shape))
    return generator.binomial(chances.astype(np.int64), share).astype(float)


def log_likelihood(units: Floats, mean: Floats, variance: Floats) -> Floats:
    """Logarithm of the negative binomial's probability, for any real number of units.

    Args:
        units: Demand, zero or more, any shape.
        mean: Its mean, above zero.
        variance: Its variance; not above the mean counts as barely above it.

    Returns:
        Log-probabilities of the broadcast shape.

    Examples:
        A variance of twice a mean of one is the geometric distribution:

        >>> units, mean, variance = np.array(2.0), np.array(1.0), np.array(2.0)
        >>> round(float(np.exp(log_likelihood(units, mean, variance))), 6)
        0.125
    """
    variance = np.maximum(variance, mean * (1 + 1e-3))
    size = mean**2 / (variance - mean)
    share = mean / variance
    return (
        gammaln(units + size)
        - gammaln(size)
        - gammaln(units + 1)
        + size * np.log(share)
        + units * np.log1p(-share)
    )
