"""The standard normal distribution and its loss functions."""

from __future__ import annotations

import numpy as np
from scipy.special import erfcx, ndtr, ndtri

from restock.statistics.arrays import Numbers, floats

SQRT_TWO_PI = np.sqrt(2 * np.pi)
# The density, and with it the loss, is zero in double precision beyond this.
UNDERFLOW_K = 40.0


def normal_pdf(x: Numbers) -> Numbers:
    """Density of the standard normal distribution.

    Args:
        x: Standard deviations from the mean, any shape.

    Returns:
        Density, same shape, in (0, 0.3990).

    Examples:
        >>> round(float(normal_pdf(0.0)), 6)
        0.398942
    """
    (x,) = floats(x)
    return (np.exp(-x * x / 2) / SQRT_TWO_PI)[()]


def normal_cdf(x: Numbers) -> Numbers:
    """Probability that a standard normal variable is at most x.

    Args:
        x: Standard deviations from the mean, any shape.

    Returns:
        Probability, same shape, in [0, 1].

    Examples:
        >>> float(normal_cdf(0.0))
        0.5
    """
    return ndtr(x)


def normal_quantile(probability: Numbers) -> Numbers:
    """Value that a standard normal variable stays at or below with a probability.

    Args:
        probability: In [0, 1], any shape.

    Returns:
        Standard deviations from the mean, same shape; infinite at 0 and 1.

    Raises:
        ValueError: A probability is outside [0, 1]: 97.5 is not 0.975.

    Examples:
        >>> round(float(normal_quantile(0.95)), 6)
        1.644854
    """
    (probability,) = floats(probability)
    if ((probability < 0) | (probability > 1)).any():
        raise ValueError(
            f"a probability must lie in [0, 1]; got up to {np.nanmax(probability)}"
            f" and down to {np.nanmin(probability)}"
        )
    return ndtri(probability)[()]


def normal_loss(k: Numbers) -> Numbers:
    r"""Expected shortfall of k below a standard normal variable.

    .. math:: G(k) = E[(Z - k)^+] = \varphi(k) - k\,(1 - \Phi(k))

    Args:
        k: Safety factor, any shape, any sign.

    Returns:
        Loss in standard deviations, same shape, above zero. Relative accuracy about
        1e-12, also far in the tail.

    Examples:
        >>> round(float(normal_loss(0.0)), 6)
        0.398942

    References:
        Silver, Pyke and Thomas, Inventory and Production Management in Supply
        Chains, 4th ed., 2017, appendix on the unit normal distribution.
    """
    (k,) = floats(k)
    z = np.minimum(np.abs(k), UNDERFLOW_K)
    upper = normal_pdf(z) * (1 - z * np.sqrt(np.pi / 2) * erfcx(z / np.sqrt(2)))
    return (np.maximum(-k, 0.0) + upper)[()]


def normal_loss_second_order(k: Numbers) -> Numbers:
    r"""Integral of the loss function from k to infinity.

    .. math:: \tfrac12 E[((Z - k)^+)^2]
        = \tfrac12 [(k^2 + 1)(1 - \Phi(k)) - k\,\varphi(k)]

    Args:
        k: Safety factor, any shape, any sign.

    Returns:
        Second-order loss, same shape, zero or more. Absolute accuracy 1e-15 above
        k = 0.

    Examples:
        >>> float(normal_loss_second_order(0.0))
        0.25

    References:
        Snyder and Shen, Fundamentals of Supply Chain Theory, 2nd ed., 2019,
        appendix on loss functions.
    """
    (k,) = floats(k)
    raw = ((k * k + 1) * ndtr(-k) - k * normal_pdf(k)) / 2
    return np.maximum(raw, 0.0)[()]


def normal_loss_inverse(loss: Numbers) -> Numbers:
    """Safety factor whose expected shortfall is a given loss.

    Newton's method, on the logarithm above k = 0 and on the loss itself below: both
    are one-sided, hence monotone, from the starting points used.

    Args:
        loss: Loss in standard deviations, any shape, zero or more. A loss above
            0.3989 asks for a negative factor.

    Returns:
        Safety factor, same shape; infinite at a loss of zero, NaN below zero.

    Examples:
        >>> round(float(normal_loss_inverse(1.0)), 6)
        -0.899472

    References:
        Silver, Pyke and Thomas, Inventory and Production Management in Supply
        Chains, 4th ed., 2017, safety stock for a specified fill rate.
    """
    (loss,) = floats(loss)
    loss_at_zero = 1 / SQRT_TWO_PI
    small = np.clip(loss, 1e-300, loss_at_zero)
    positive = np.sqrt(-2 * np.log(small / 2))
    large = np.maximum(np.nan_to_num(loss, nan=loss_at_zero), loss_at_zero)
    negative = -large
    for _ in range(40):
        value = normal_loss(positive)
        step = value * np.log(value / small) / ndtr(-positive)
        positive = np.maximum(positive + step, 0.0)
        negative = negative + (normal_loss(negative) - large) / ndtr(-negative)
    inverse = np.where(loss < loss_at_zero, positive, np.minimum(negative, 0.0))
    inverse = np.where(loss == 0, np.inf, inverse)
    return np.where(loss >= 0, inverse, np.nan)[()]
