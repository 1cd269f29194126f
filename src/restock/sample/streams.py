"""Random streams: one per purpose and store, so that none disturbs another."""

from __future__ import annotations

from enum import IntEnum

import numpy as np


class Purpose(IntEnum):
    """What a stream is drawn for. The numbers are part of the sample's identity."""

    PRODUCT = 1
    PRICE = 2
    PROMOTION = 3
    MACRO = 4
    WEATHER = 5
    STORE = 6
    PAIR = 7
    LOCAL_PROMOTION = 8
    DEMAND = 9
    LEVEL = 10
    LEAD_TIME = 11
    ORDER_LINE = 12
    SHRINKAGE = 13
    INVOICE = 14
    VENDOR = 15
    FORECAST = 16
    TRAFFIC = 17


def stream(seed: int, purpose: Purpose, *key: int) -> np.random.Generator:
    """Return the random stream of a purpose, and of a store or region.

    Args:
        seed: Seed of the whole sample, zero or more.
        purpose: What the stream is drawn for.
        *key: Further numbers, such as a store's, each zero or more.

    Returns:
        A generator that depends on the arguments alone.

    Raises:
        ValueError: The seed or a key is below zero.

    Examples:
        >>> first = stream(7, Purpose.STORE, 1).random()
        >>> bool(first == stream(7, Purpose.STORE, 1).random())
        True
        >>> bool(first == stream(7, Purpose.STORE, 2).random())
        False
    """
    sequence = np.random.SeedSequence(seed, spawn_key=(int(purpose), *key))
    return np.random.default_rng(sequence)
