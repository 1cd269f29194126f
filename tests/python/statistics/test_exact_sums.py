import math
import random

import numpy as np
import pytest
from golden import macros
from hypothesis import given, settings
from hypothesis import strategies as st


def over_all(name, values):
    """Value of an aggregate over rows in the order given."""
    text = {name: macros.rendered()[name]}
    rows = [{"x": value} for value in values]
    (row,) = macros.select(text, {"x": "double"}, rows, is_aggregate=True)
    return row[name]


def money(seed, count=2000):
    """Amounts of cents and of ninths of a cent, from a cent to a million."""
    draw = random.Random(seed)
    return [
        10 ** draw.uniform(-2, 6) if n % 2 else round(10 ** draw.uniform(-2, 6), 2)
        for n in range(count)
    ]


def test_plain_sums_hang_on_the_order():
    values = money(1)
    assert sum(values) != sum(reversed(values))


@pytest.mark.parametrize(
    "name", ["exact_sum", "exact_mean", "exact_variance", "exact_deviation"]
)
@settings(deadline=None, max_examples=15)
@given(st.integers(0, 10**6))
def test_the_order_of_the_rows_moves_nothing(name, seed):
    values = money(seed, count=300)
    mixed = random.Random(seed).sample(values, len(values))
    assert over_all(name, values) == over_all(name, mixed)


def test_tenths_add_up():
    assert sum([0.1] * 3) != 0.3
    assert over_all("exact_sum", [0.1] * 3) == 0.3
    assert over_all("exact_mean", [0.1] * 3) == 0.1


def test_they_are_sum_mean_and_sample_spread():
    values = money(3)
    assert over_all("exact_sum", values) == pytest.approx(math.fsum(values), rel=1e-15)
    assert over_all("exact_mean", values) == pytest.approx(np.mean(values), rel=1e-14)
    assert over_all("exact_variance", values) == pytest.approx(
        np.var(values, ddof=1), rel=1e-12
    )
    assert over_all("exact_deviation", values) == pytest.approx(
        np.std(values, ddof=1), rel=1e-12
    )


def test_a_chain_of_25_million_dear_lines_fits():
    assert over_all("exact_sum", [4e17, 6e17, 1e-9]) == 1e18
    # Squares of a million units on each of a million rows.
    assert over_all("exact_variance", [1e12, 1e12]) == 0


def test_equal_values_do_not_vary():
    # 0.7 squared and summed leaves rounding: 1e-17 of variance, 3e-9 of deviation.
    assert over_all("exact_variance", [0.7] * 7) == 0
    assert over_all("exact_deviation", [1234.567] * 11) == 0


@pytest.mark.parametrize("name", ["exact_variance", "exact_deviation"])
def test_one_value_has_no_spread(name):
    assert over_all(name, [3.0]) is None
    assert over_all(name, [3.0, None]) is None


@pytest.mark.parametrize(
    "name", ["exact_sum", "exact_mean", "exact_variance", "exact_deviation"]
)
def test_unknown_values_count_for_nothing(name):
    assert over_all(name, [1.0, None, 4.0, 4.0]) == over_all(name, [1.0, 4.0, 4.0])
    assert over_all(name, [None, None]) is None
    assert over_all(name, []) is None


def test_filter_and_window_go_inside():
    found = macros.column("exact_sum_before", [1.0, 2.0, 4.0, 8.0], y=[1, 0, 1, 1])
    # Before each row, of those with y above 0: none, 1, 1, 1 + 4.
    assert found == [None, 1, 1, 5]
