import numpy as np
import pytest
from golden import macros
from hypothesis import given, settings
from hypothesis import strategies as st
from oracles import normal
from scipy import integrate, stats

GRID = np.linspace(-8, 8, 4001)
PROBABILITIES = np.concatenate(
    [
        np.logspace(-12, -1, 400),
        np.linspace(0.1, 0.9, 801),
        1 - np.logspace(-1, -12, 400),
    ]
)
LOSSES = np.concatenate([np.logspace(-9, 1, 4001), np.linspace(0.39, 0.41, 401)])


@pytest.mark.parametrize("k", [-6.0, -1.0, 0.0, 0.5, 2.0, 5.0])
def test_loss_is_the_expected_shortfall(k):
    expected, _ = integrate.quad(
        lambda z: (z - k) * stats.norm.pdf(z), k, 40, epsabs=1e-15, epsrel=1e-12
    )
    assert normal.normal_loss(k) == pytest.approx(expected, rel=1e-10)


@pytest.mark.parametrize("k", [-3.0, 0.0, 1.0, 4.0])
def test_second_order_loss_is_the_integral_of_the_loss(k):
    expected, _ = integrate.quad(normal.normal_loss, k, 40, epsabs=1e-15, epsrel=1e-11)
    assert normal.normal_loss_second_order(k) == pytest.approx(expected, rel=1e-8)


@settings(deadline=None, max_examples=60)
@given(st.floats(-30, 30))
def test_loss_inverse_undoes_the_loss(k):
    inverse = normal.normal_loss_inverse(normal.normal_loss(k))
    assert inverse == pytest.approx(k, rel=1e-12, abs=1e-12)


@settings(deadline=None, max_examples=60)
@given(st.floats(-30, 29), st.floats(1e-3, 1))
def test_loss_falls(k, step):
    assert normal.normal_loss(k + step) < normal.normal_loss(k)


def test_loss_inverse_at_the_ends():
    found = normal.normal_loss_inverse(np.array([0.0, -1.0, np.nan]))
    np.testing.assert_array_equal(found, [np.inf, np.nan, np.nan])


def test_probability_of_975_is_refused():
    with pytest.raises(ValueError, match=r"97\.5"):
        normal.normal_quantile(97.5)


def test_macro_cdf():
    found = macros.column("normal_cdf", GRID)
    np.testing.assert_allclose(found, stats.norm.cdf(GRID), rtol=1e-11, atol=0)


def test_macro_pdf():
    found = macros.column("normal_pdf", GRID)
    np.testing.assert_allclose(found, stats.norm.pdf(GRID), rtol=1e-13, atol=0)


def test_macro_quantile():
    found = macros.column("normal_quantile", PROBABILITIES)
    expected = stats.norm.ppf(PROBABILITIES)
    np.testing.assert_allclose(found, expected, rtol=1e-13, atol=1e-14)


def test_macro_quantile_is_null_outside_its_range():
    found = macros.column("normal_quantile", [0.0, 1.0, -0.1, 97.5, None])
    assert found == [None] * 5


def test_macro_loss():
    found = macros.column("normal_loss", GRID)
    np.testing.assert_allclose(found, normal.normal_loss(GRID), rtol=1e-10, atol=0)


def test_macro_loss_inverse():
    found = macros.column("normal_loss_inverse", LOSSES)
    expected = normal.normal_loss_inverse(LOSSES)
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-11)


def test_macro_loss_inverse_far_out():
    losses = np.array([1e-80, 1e-30, 7.999, 8.0, 8.001, 1e6])
    found = macros.column("normal_loss_inverse", losses)
    expected = normal.normal_loss_inverse(losses)
    np.testing.assert_allclose(found, expected, rtol=1e-11)


def test_macro_loss_inverse_has_no_answer_at_zero():
    assert macros.column("normal_loss_inverse", [0.0, -1.0, None]) == [None] * 3


def test_macros_nest():
    ks = np.linspace(-5, 6, 111)
    found = macros.column("normal_round_trip", ks)
    np.testing.assert_allclose(found, ks, rtol=0, atol=1e-9)


def test_macros_keep_null():
    for name in ("normal_cdf", "normal_pdf", "normal_loss"):
        assert macros.column(name, [None]) == [None]


def test_macros_hold_far_beyond_their_grid():
    assert macros.column("normal_cdf", [-1e300, 1e300]) == [0, 1]
    assert macros.column("normal_loss", [-1e300, 50.0, 1e300]) == [1e300, 0, 0]
