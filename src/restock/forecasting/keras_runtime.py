"""Keras, imported when a network is built, so nothing else pays for it."""

from __future__ import annotations

import functools
import os
from typing import Any


@functools.cache
def repeatable_keras() -> Any:
    """Keras on TensorFlow, one thread, repeatable to the last bit.

    TensorFlow takes these settings before its first use only: whoever needs Keras asks
    here, and nobody imports it.

    Returns:
        The module `keras`.
    """
    # Its C++ parts write notes on each other's attributes to the terminal as errors.
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

    import keras
    import tensorflow

    tensorflow.config.threading.set_intra_op_parallelism_threads(1)
    tensorflow.config.threading.set_inter_op_parallelism_threads(1)
    tensorflow.config.experimental.enable_op_determinism()
    return keras
