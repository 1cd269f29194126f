from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from restock.replenishment.demand.count_demand import counts, log_likelihood
from restock.replenishment.demand.demand_paths import cut_at_zero, split
from restock.replenishment.demand.demand_spread import DEFAULT_SPREAD, fit_spreads


@pytest.mark.parametrize("dispersion", [0.0, 0.4, 1.0, 3.0])
@pytest.mark.parametrize("level_variation", [0.0, 0.2])
def test_counts_have_the_variance_asked_for(dispersion, level_variation):
    # phi m + b m^2, up to what rounding to whole units leaves.
    drawn = counts(
        np.random.default_rng(1),
        np.full(200_000, 6.0),
        dispersion=dispersion,
        level_variation=level_variation,
    )
    assert drawn.mean() == pytest.approx(6, rel=0.01)
    wanted = dispersion * 6 + level_variation * 36
    assert drawn.var() == pytest.approx(wanted, rel=0.03, abs=0.3)
    assert (drawn == np.round(drawn)).all()


def test_the_likelihood_is_that_of_scipy():
    units = np.arange(30.0)
    mean, variance = 6.0, 15.0
    size = mean**2 / (variance - mean)
    wanted = stats.nbinom(size, mean / variance).logpmf(units)
    assert log_likelihood(units, mean, variance) == pytest.approx(wanted)


def test_cutting_at_zero_keeps_the_mean():
    free = np.random.default_rng(2).normal(3.0, 5.0, 1_000)
    cut = cut_at_zero(free, 3.0)
    assert cut.min() == 0
    assert cut.mean() == pytest.approx(3.0, abs=1e-3)


@settings(max_examples=60, deadline=None)
@given(
    total=st.lists(st.integers(0, 500), min_size=1, max_size=20),
    mean=st.lists(st.floats(0, 20), min_size=1, max_size=30),
    noise=st.floats(1e-3, 50),
)
def test_a_split_loses_nothing_and_is_whole(total, mean, noise):
    total, mean = np.array(total, dtype=float), np.array(mean)
    units = split(np.random.default_rng(3), total, mean, noise)
    assert (units >= 0).all()
    assert (units == np.round(units)).all()
    if mean.sum() > 0:
        assert units.sum(axis=1) == pytest.approx(total)
    else:
        assert not units.any()


@pytest.mark.parametrize("noise", [1.0, 4.0])
def test_part_of_a_sum_varies_as_its_part_of_independent_demand(noise):
    # Three weeks of 10 a week: two sevenths of one have the variance of that time, not
    # the square of the share of a week's.
    generator = np.random.default_rng(4)
    mean = np.full(21, 10 / 7)
    total = counts(
        generator, np.full(40_000, 30.0), dispersion=noise, level_variation=0.0
    )
    part = split(generator, total, mean, noise)[:, :2].sum(axis=1)
    assert part.mean() == pytest.approx(20 / 7, rel=0.02)
    assert part.var() == pytest.approx(noise * 20 / 7, rel=0.12)


def test_the_spread_of_sums_is_found_again():
    generator = np.random.default_rng(5)
    n = 6_000
    mean = generator.gamma(2.0, 20.0, n) + 1
    noise = generator.uniform(1.2, 4.0, n)
    level = generator.gamma(1 / 0.1, 0.1, n)
    excess = 1.5 * noise - 1
    units = generator.poisson(generator.gamma(mean * level / excess, excess))
    common, by_segment = fit_spreads(
        mean, units.astype(float), noise, np.full(n, "A", dtype=object), np.ones(n)
    )
    assert common.noise == 1.5
    assert common.level_variation == 0.1
    assert by_segment["A"] == common


def test_a_segment_of_few_sums_is_like_all():
    generator = np.random.default_rng(6)
    mean = np.full(2_003, 20.0)
    units = generator.poisson(mean).astype(float)
    units[-3:] = [0.0, 60.0, 40.0]
    segments = np.array(["A"] * 2_000 + ["B"] * 3, dtype=object)
    _, by_segment = fit_spreads(mean, units, np.ones(2_003), segments, np.ones(2_003))
    assert by_segment["A"].noise <= 1.2
    # Three odd sums widen it, but by no more than three of forty can.
    assert by_segment["B"].level_variation < 0.4


def test_without_a_sum_the_default_stands():
    nothing = np.empty(0)
    common, by_segment = fit_spreads(
        nothing, nothing, nothing, np.empty(0, dtype=object), nothing
    )
    assert common == DEFAULT_SPREAD
    assert by_segment == {}
