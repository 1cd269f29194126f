"""Comparison of a result with the expected value of a golden row."""

import math
from collections.abc import Mapping, Sequence

import numpy as np

RELATIVE = 1e-5
# Expected numbers are written with six decimals: half a unit of the last one.
ABSOLUTE = 5.0001e-7


def plain(value):
    """Python value of a library or database result: NaN and infinity are None."""
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, np.ndarray | list | tuple):
        return [plain(item) for item in value]
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value


def mismatches(expected, actual, where="", *, relative=RELATIVE):
    """Sentences on each place where two plain values differ, empty if they agree."""
    if isinstance(expected, Mapping):
        if not isinstance(actual, Mapping):
            return [f"{where}: expected {expected}, got {actual!r}"]
        lines = []
        for key, value in expected.items():
            place = f"{where}.{key}" if where else key
            if key not in actual:
                lines.append(f"{place}: expected {value!r}, got no such key")
            else:
                lines += mismatches(value, actual[key], place, relative=relative)
        return lines
    if isinstance(expected, Sequence) and not isinstance(expected, str):
        if not isinstance(actual, list) or len(actual) != len(expected):
            return [f"{where}: expected {expected}, got {actual!r}"]
        return [
            line
            for index, value in enumerate(expected)
            for line in mismatches(
                value, actual[index], f"{where}[{index}]", relative=relative
            )
        ]
    is_number = isinstance(expected, int | float) and not isinstance(expected, bool)
    if is_number and isinstance(actual, int | float) and not isinstance(actual, bool):
        close = math.isclose(actual, expected, rel_tol=relative, abs_tol=ABSOLUTE)
        return [] if close else [f"{where}: expected {expected}, got {actual}"]
    same = type(expected) is type(actual) and expected == actual
    return [] if same else [f"{where}: expected {expected!r}, got {actual!r}"]
