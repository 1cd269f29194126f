import numpy as np

from restock.statistics import arrays


def test_zero_over_zero_is_null():
    assert np.isnan(arrays.ratio(0.0, 0.0))


def test_none_is_nan():
    (found,) = arrays.floats(None)
    assert np.isnan(found)
