import numpy as np
import pytest
from golden import library, macros
from golden.compare import mismatches, plain
from hypothesis import given, settings
from hypothesis import strategies as st
from oracles import fill_rates as fill_rate
from oracles import lead_time_errors, safety_stock
from scipy import integrate, stats


def agree(kpi, row, relative=1e-9):
    """Differences between the library and the macros on one row."""
    expected = plain(library.evaluate(kpi, row))
    actual = macros.evaluate(kpi, row)
    covered = {key: expected[key] for key in actual}
    return mismatches(covered, actual, relative=relative)


LEVELS = st.floats(0.001, 0.9999)


@settings(deadline=None, max_examples=25)
@given(st.floats(0, 1e4), st.floats(0, 1e3), st.floats(0, 60), st.floats(0, 9), LEVELS)
def test_type_1_macros_agree(mean, sigma, lead_time, spread, level):
    row = {
        "mean_per_period": mean,
        "sigma_per_period": sigma,
        "sigma_error_per_period": sigma,
        "lead_time": lead_time,
        "lead_time_periods": lead_time,
        "lead_time_mean": lead_time,
        "lead_time_sd": spread,
        "review_period": spread,
        "cycle_service_level": level,
    }
    assert not agree("safety_stock_type1", row)
    assert not agree("safety_stock_lead_time_var", row)
    assert not agree("safety_stock_periodic", row)


def test_lead_time_variability_is_squared_not_xored():
    # In Python 2^2 is 0. sqrt(12 x 22^2 + 100^2 x 3^2) = 309.53, not 19.03.
    found = safety_stock.safety_stock_variable_lead_time(
        mean_units=100,
        sigma_units=22,
        lead_time_periods=12,
        lead_time_sd_periods=3,
        cycle_service_level=0.95,
    )
    assert found.sigma_lead_time_demand_units == pytest.approx(309.5287, abs=1e-4)


def test_review_period_is_protected():
    # z(0.9) x 500 x sqrt(2 + 4) = 1569.6; forgetting the review gives 906.2.
    found = safety_stock.safety_stock_periodic(
        mean_units=2500,
        sigma_units=500,
        lead_time_periods=2,
        review_periods=4,
        cycle_service_level=0.9,
    )
    assert found.safety_stock_units == pytest.approx(1569.5737, abs=1e-4)
    assert found.safety_stock_without_review_units == pytest.approx(906.1938, abs=1e-4)


def test_service_level_in_percent_is_refused():
    with pytest.raises(ValueError, match=r"97\.5"):
        safety_stock.safety_stock_continuous(
            mean_units=1, sigma_units=1, lead_time_periods=1, cycle_service_level=97.5
        )


def test_certain_service_has_no_finite_stock_unless_nothing_varies():
    found = safety_stock.safety_stock_continuous(
        mean_units=10,
        sigma_units=np.array([1.0, 0.0]),
        lead_time_periods=4,
        cycle_service_level=1.0,
    )
    np.testing.assert_array_equal(found.safety_stock_units, [np.nan, 0.0])


@settings(deadline=None, max_examples=60)
@given(st.floats(1, 1e4), st.floats(0.2, 0.99999), st.floats(0.5, 1e3))
def test_fill_rate_of_its_safety_stock_is_the_target(quantity, target, sigma):
    found = safety_stock.safety_stock_fill_rate(
        order_qty_units=quantity,
        target_fill_rate=target,
        sigma_lead_time_units=sigma,
    )
    service = fill_rate.service_continuous(
        order_qty_units=quantity,
        safety_stock_units=found.safety_stock_units,
        sigma_lead_time_units=sigma,
    )
    assert service.fill_rate == pytest.approx(target, abs=1e-9)
    assert service.cycle_service_level == pytest.approx(found.cycle_service_level)
    row = {
        "order_qty": quantity,
        "target_fill_rate": target,
        "sigma_lead_time": sigma,
    }
    assert not agree("safety_stock_type2", row, relative=1e-7)


def test_big_lot_needs_a_negative_factor_and_full_service_has_none():
    found = safety_stock.safety_stock_fill_rate(
        order_qty_units=500,
        target_fill_rate=np.array([0.9, 1.0]),
        sigma_lead_time_units=np.array([50.0, 50.0]),
    )
    # (1 - 0.9) x 500 / 50 = 1 = G(-0.8995).
    np.testing.assert_allclose(found.safety_factor, [-0.899472, np.nan], atol=1e-6)
    np.testing.assert_allclose(found.safety_stock_floored_units, [0.0, np.nan])


def test_no_deviation_may_run_short_by_what_the_target_allows():
    found = safety_stock.safety_stock_fill_rate(
        order_qty_units=100, target_fill_rate=0.9, sigma_lead_time_units=0
    )
    assert found.safety_stock_units == pytest.approx(-10)
    assert found.safety_stock_floored_units == 0


@settings(deadline=None, max_examples=40)
@given(
    st.floats(0.1, 100),
    st.just(0.0) | st.floats(1e-6, 60),
    st.floats(0, 20),
    st.floats(0.1, 10),
    st.floats(0, 3),
)
def test_periodic_fill_rate_macro_agrees(mean, sigma, lead_time, review, cover):
    row = {
        "mean_per_period": mean,
        "sigma_per_period": sigma,
        "lead_time": lead_time,
        "review_period": review,
        "order_up_to": cover * mean * (lead_time + review),
    }
    assert not agree("fill_rate_periodic", row)


@settings(deadline=None, max_examples=40)
@given(st.floats(1, 1e3), st.floats(-500, 500), st.just(0.0) | st.floats(1e-6, 200))
def test_continuous_fill_rate_macro_agrees(quantity, stock, sigma):
    expected = fill_rate.service_continuous(
        order_qty_units=quantity, safety_stock_units=stock, sigma_lead_time_units=sigma
    )
    row = {"order_qty": quantity, "safety_stock": stock, "sigma_lead_time": sigma}
    assert macros.evaluate("fill_rate_rq", row)["fill_rate"] == pytest.approx(
        expected.fill_rate, rel=1e-9, abs=1e-9
    )


def test_shortage_is_the_integral_of_the_tail():
    expected, _ = integrate.quad(stats.norm(100, 30).sf, 150, 500)
    found = fill_rate.expected_shortage_units(
        mean_units=100, sigma_units=30, level_units=150
    )
    # An integral from the 5 % to the 95 % quantile alone gives 0.
    assert found == pytest.approx(expected)
    assert found == pytest.approx(0.595, abs=1e-3)


def test_periodic_fill_rate_by_simulation():
    # Normal demand, L = 2, R = 3, backorders: shortage that arises per cycle.
    rng = np.random.default_rng(1)
    demand = rng.normal(20, 6, size=(200_000, 5))
    begin = np.maximum(demand[:, :2].sum(axis=1) - 95, 0)
    end = np.maximum(demand.sum(axis=1) - 95, 0)
    expected = 1 - (end - begin).mean() / 60
    found = fill_rate.service_periodic(
        mean_units=20,
        sigma_units=6,
        lead_time_periods=2,
        review_periods=3,
        order_up_to_units=95,
    )
    assert found.fill_rate == pytest.approx(expected, abs=5e-4)


def test_no_lead_time_leaves_no_shortage_over():
    found = fill_rate.service_periodic(
        mean_units=5,
        sigma_units=3,
        lead_time_periods=0,
        review_periods=2,
        order_up_to_units=8,
    )
    assert found.shortage_begin_units == 0


@settings(deadline=None, max_examples=50)
@given(st.floats(0, 20), st.floats(0, 500), st.floats(0, 50), st.floats(0, 5000))
def test_shortage_cost_macros_agree(holding, quantity, shortage, demand):
    row = {
        "holding_cost_per_unit_year": holding,
        "order_qty": quantity,
        "cost_per_unit_short": shortage,
        "annual_demand": demand,
        "sigma_lead_time": 5.0,
    }
    assert not agree("k_cost_per_unit_short", row)


def test_shortage_cost_stock_minimises_the_cost():
    # Yearly cost of a factor k: h k sigma + B (D / Q) sigma G(k).
    found = safety_stock.safety_stock_shortage_cost(
        holding_cost_per_unit_year=2,
        order_qty_units=200,
        shortage_cost_per_unit=20,
        annual_demand_units=2600,
        sigma_lead_time_units=40,
    )
    factors = np.linspace(0, 4, 4001)
    shortage = fill_rate.expected_shortage_units(
        mean_units=0, sigma_units=40, level_units=40 * factors
    )
    costs = 2 * 40 * factors + 20 * 2600 / 200 * shortage
    assert found.safety_factor == pytest.approx(factors[costs.argmin()], abs=1e-3)


@pytest.mark.parametrize("shortage", [1.0, 0.5, 0.0])
def test_shortage_that_costs_less_than_holding_is_infeasible(shortage):
    found = safety_stock.safety_stock_shortage_cost(
        holding_cost_per_unit_year=3,
        order_qty_units=100,
        shortage_cost_per_unit=shortage,
        annual_demand_units=300,
        sigma_lead_time_units=25,
    )
    assert found.stockout_probability == 1
    assert not found.is_feasible
    assert np.isnan(found.safety_stock_units)


@settings(deadline=None, max_examples=30)
@given(st.floats(0, 1), st.integers(1, 40))
def test_smoothing_error_is_the_sum_of_its_terms(alpha, periods):
    expected = np.sqrt(sum((1 + lag * alpha) ** 2 for lag in range(periods)))
    found = lead_time_errors.smoothing_lead_time_error(
        smoothing=alpha, lead_time_periods=periods, sigma_units=1.0
    )
    assert found.sigma_units == pytest.approx(expected)


def test_smoothing_error_by_simulation():
    # Local level with alpha = 0.3: the sum of the next 8 less 8 x the level.
    rng = np.random.default_rng(7)
    shocks = rng.normal(size=(200_000, 8))
    level = np.cumsum(0.3 * shocks, axis=1) - 0.3 * shocks
    total = (level + shocks).sum(axis=1)
    found = lead_time_errors.smoothing_lead_time_error(
        smoothing=0.3, lead_time_periods=8, sigma_units=1.0
    )
    assert total.std() == pytest.approx(found.sigma_units, rel=0.01)


def test_lead_time_longer_than_the_series_has_no_error():
    found = lead_time_errors.lead_time_error(
        actual_units=[1, 3], forecast_units=2, lead_time_periods=3
    )
    assert np.isnan(found.rmse_units)
    assert found.rmse_period_units == 1


def test_short_horizon_is_null_never_what_is_there():
    row = {"forecast": [10.0, 20.0], "lead_time_periods": 3, "safety_stock": 5.0}
    found = library.evaluate("rop_forecast_vector", row)
    assert np.isnan(found["lead_time_demand"])
    assert np.isnan(found["reorder_point"])
    assert macros.evaluate("rop_forecast_vector", row) == {"lead_time_demand": None}


def test_missing_forecast_within_the_lead_time_is_null_and_beyond_it_is_not():
    for forecast, demand in (([10.0, None, 30.0], None), ([10.0, 20.0, None], 30.0)):
        row = {"forecast": forecast, "lead_time_periods": 2, "safety_stock": 0.0}
        found = plain(
            lead_time_errors.forecast_reorder_point(
                forecast_units=forecast, lead_time_periods=2, safety_stock_units=0
            ).lead_time_demand_units
        )
        assert found == demand
        assert macros.evaluate("rop_forecast_vector", row)["lead_time_demand"] == demand


@settings(deadline=None, max_examples=40)
@given(st.lists(st.floats(0, 100), max_size=10), st.floats(0, 12))
def test_forecast_macro_agrees(forecast, lead_time):
    row = {
        "forecast": forecast,
        "lead_time_periods": lead_time,
        "safety_stock": 0.0,
    }
    assert not agree("rop_forecast_vector", row)


@settings(deadline=None, max_examples=60)
@given(st.lists(st.integers(-20, 20), min_size=1, max_size=40), st.floats(0, 1))
def test_empirical_quantile_covers_its_level(errors, level):
    found = lead_time_errors.empirical_reorder_point(
        lead_time_errors_units=errors, lead_time_forecast_units=0, service_level=level
    )
    errors = np.array(errors)
    assert (errors <= found.safety_stock_units).mean() >= level - 1e-9
    assert (errors < found.safety_stock_units).mean() < level + 1e-9


def test_rank_of_a_level_that_is_not_binary():
    # 0.55 x 20 is 11.000000000000002 in binary: the 11th error, not the 12th.
    found = lead_time_errors.empirical_reorder_point(
        lead_time_errors_units=np.arange(1, 21),
        lead_time_forecast_units=0,
        service_level=0.55,
    )
    assert found.safety_stock_units == 11


def test_no_error_supports_no_service_level():
    found = lead_time_errors.empirical_reorder_point(
        lead_time_errors_units=[], lead_time_forecast_units=5, service_level=0.9
    )
    assert np.isnan(found.reorder_point_units)
    assert found.max_service_level == 0
