"""Random numbers of one series, whatever the other series are."""

from __future__ import annotations

import hashlib

import numpy as np


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
