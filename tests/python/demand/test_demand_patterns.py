import numpy as np
import pytest
from golden import macros
from golden.compare import mismatches, plain
from hypothesis import given, settings
from hypothesis import strategies as st
from oracles import censored_demand
from oracles import demand_classes as classification
from oracles import intermittent_demand as intermittent
from scipy import optimize, stats

SERIES = st.lists(st.sampled_from([0, 0, 0, 1, 2, 5, 30]), max_size=30)


@settings(deadline=None, max_examples=60)
@given(SERIES)
def test_class_macro_agrees(series):
    found = classification.demand_class(series)
    expected = {
        "adi": found.average_demand_interval,
        "cv2": found.cv_squared,
        "class": found.demand_class,
    }
    actual = macros.evaluate("demand_class_sbc", {"series": series})
    assert not mismatches(plain(expected), actual, relative=1e-9)


def test_single_demand_is_intermittent():
    assert classification.demand_class([0, 0, 7, 0]) == (4.0, 0.0, "intermittent")


def test_cuts_belong_to_the_class_above():
    # 33 periods with 25 sales are 1.32; sizes 3, 10, 17 have 7 / 10, squared 0.49.
    assert classification.demand_class([1] * 25 + [0] * 8).demand_class == (
        "intermittent"
    )
    assert classification.demand_class([3, 10, 17]).demand_class == "erratic"
    found = macros.column("demand_class", [1.32, 1.3199], y=[0.49, 0.4899])
    assert found == ["lumpy", "smooth"]


def test_returns_are_no_demand():
    assert classification.demand_class([-4, 2, 2]).average_demand_interval == 1.5


def test_croston_by_hand():
    # Sizes 2, 8, 4: 2, 2.6, 2.74. Intervals 1, 3, 2: 1, 1.2, 1.28.
    found = intermittent.intermittent_demand_rates([2, 0, 0, 8, 0, 4])
    assert found.croston_units == pytest.approx(2.74 / 1.28)
    assert found.sba_units == pytest.approx(0.95 * 2.74 / 1.28)


def test_only_tsb_forgets():
    alive = intermittent.intermittent_demand_rates([5, 5, 5])
    dead = intermittent.intermittent_demand_rates([5, 5, 5] + [0] * 50)
    assert dead.croston_units == alive.croston_units
    assert dead.tsb_units < 0.01 * alive.tsb_units


def test_empty_series_has_no_rate():
    assert np.isnan(list(intermittent.intermittent_demand_rates([]))).all()


def test_weight_above_one_is_refused():
    with pytest.raises(ValueError, match=r"got 1\.5"):
        intermittent.intermittent_demand_rates([1], smoothing=1.5)


COUNTS = st.lists(st.integers(0, 40), min_size=1, max_size=8)


@settings(deadline=None, max_examples=60)
@given(COUNTS, st.lists(st.integers(0, 40), max_size=8))
def test_censored_mean_is_the_likeliest(observed, cut_off):
    found = censored_demand.censored_poisson_mean(
        in_stock_sales_units=observed, stockout_sales_units=cut_off
    ).poisson_mean_units

    def minus_log_likelihood(mean):
        seen = stats.poisson.logpmf(observed, mean).sum()
        return -(seen + stats.poisson.logsf(np.array(cut_off) - 1, mean).sum())

    if found > 0.01:
        best = minus_log_likelihood(found)
        for other in (found * 0.999, found * 1.001):
            assert best <= minus_log_likelihood(other) + 1e-9


def test_zeros_of_empty_shelves_do_not_count():
    found = censored_demand.censored_poisson_mean(
        in_stock_sales_units=[4, 6, 5], stockout_sales_units=[0, 0, 0]
    )
    assert found == (2.5, 5.0, 5.0)


def test_far_censoring_agrees_with_a_search():
    found = censored_demand.censored_poisson_mean(
        in_stock_sales_units=[0, 0, 1], stockout_sales_units=[300]
    ).poisson_mean_units
    search = optimize.minimize_scalar(
        lambda mean: (
            -stats.poisson.logpmf([0, 0, 1], mean).sum()
            - stats.poisson.logsf(299, mean)
        ),
        bounds=(1, 299),
        method="bounded",
        options={"xatol": 1e-9},
    )
    assert found == pytest.approx(search.x, rel=1e-6)


def test_sold_out_days_alone_say_nothing():
    found = censored_demand.censored_poisson_mean(
        in_stock_sales_units=[], stockout_sales_units=[3]
    )
    assert found.naive_mean_units == 3
    assert np.isnan(found.poisson_mean_units)
