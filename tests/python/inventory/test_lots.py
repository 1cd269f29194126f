import numpy as np
import pytest
from golden import macros
from hypothesis import given, settings
from hypothesis import strategies as st
from oracles import eoq, eoq_variants, feasible_lots
from oracles import inventory_budget as budget
from stockpyl import eoq as stockpyl_eoq

from restock.inventory import packs, quantity_discounts

POSITIVE = st.floats(0.01, 1e6)


@settings(deadline=None, max_examples=60)
@given(POSITIVE, POSITIVE, POSITIVE)
def test_eoq_agrees_with_stockpyl(demand, order_cost, holding):
    quantity, cost = stockpyl_eoq.economic_order_quantity(order_cost, holding, demand)
    basics = {
        "annual_demand_units": demand,
        "order_cost": order_cost,
        "holding_cost_per_unit_year": holding,
    }
    assert eoq.eoq_units(**basics) == pytest.approx(quantity)
    assert eoq.eoq_annual_cost(**basics) == pytest.approx(cost)


@settings(deadline=None, max_examples=60)
@given(POSITIVE, POSITIVE, POSITIVE, st.floats(0.1, 10))
def test_no_lot_costs_less_than_the_eoq(demand, order_cost, holding, multiple):
    basics = {
        "annual_demand_units": demand,
        "order_cost": order_cost,
        "holding_cost_per_unit_year": holding,
    }
    quantity = multiple * eoq.eoq_units(**basics)
    cost = eoq.lot_annual_cost(order_qty_units=quantity, **basics)
    best = eoq.eoq_annual_cost(**basics)
    assert cost >= best * (1 - 1e-12)
    assert cost / best == pytest.approx(eoq.lot_cost_ratio(multiple))


def test_eoq_is_zero_without_demand_and_null_without_holding_cost():
    found = eoq.eoq_units(
        annual_demand_units=np.array([0.0, -5.0, 100.0, 100.0, 0.0]),
        order_cost=10.0,
        holding_cost_per_unit_year=np.array([2.0, 2.0, 0.0, np.nan, np.nan]),
    )
    np.testing.assert_array_equal(found, [0, 0, np.nan, np.nan, np.nan])


def test_holding_cost_is_rate_times_cost_not_the_rate():
    # sqrt(2 x 12000 x 4000 / (0.2 x 500)) is 980; with 0.2 alone it is 21,909.
    basics = {"annual_demand_units": 12000, "order_cost": 4000}
    right = eoq.eoq_units(**basics, holding_cost_per_unit_year=0.2 * 500)
    wrong = eoq.eoq_units(**basics, holding_cost_per_unit_year=0.2)
    assert right == pytest.approx(979.7959, abs=1e-4)
    assert wrong / right == pytest.approx(np.sqrt(500))


def feasible(**changes):
    values = {
        "annual_demand_units": 1000.0,
        "order_cost": 50.0,
        "holding_cost_per_unit_year": 2.0,
        "pack_size_units": 1.0,
        "min_order_units": np.nan,
        "max_order_units": np.nan,
    } | changes
    return feasible_lots.order_qty_feasible(**values)


FEASIBLE_INPUTS = st.fixed_dictionaries(
    {
        "annual_demand": st.floats(0, 5000),
        "order_cost": st.floats(0, 500),
        "holding_cost_per_unit_year": st.floats(0.01, 50),
        "pack": st.sampled_from([0.1, 0.3, 1.0, 6.0, 12.0, 144.0]),
        "moq": st.none() | st.floats(0, 500),
        "max_qty": st.none() | st.floats(0, 1000),
    }
)


@settings(deadline=None, max_examples=60)
@given(FEASIBLE_INPUTS)
def test_feasible_lot_is_the_cheapest_multiple(row):
    lot = feasible_lots.order_qty_feasible(
        annual_demand_units=row["annual_demand"],
        order_cost=row["order_cost"],
        holding_cost_per_unit_year=row["holding_cost_per_unit_year"],
        pack_size_units=row["pack"],
        min_order_units=row["moq"],
        max_order_units=row["max_qty"],
    )
    multiples = row["pack"] * np.arange(1, 20000)
    slack = 1e-9 * np.maximum(1, multiples)
    allowed = multiples[
        (multiples >= (row["moq"] or 0) - slack)
        & (multiples <= (np.inf if row["max_qty"] is None else row["max_qty"]) + slack)
    ]
    if row["annual_demand"] == 0:
        assert lot.order_qty_units == 0
        return
    assert bool(lot.is_feasible) == bool(allowed.size)
    if allowed.size:
        costs = eoq.lot_annual_cost(
            order_qty_units=allowed,
            annual_demand_units=row["annual_demand"],
            order_cost=row["order_cost"],
            holding_cost_per_unit_year=row["holding_cost_per_unit_year"],
        )
        assert lot.annual_cost <= costs.min() * (1 + 1e-9)
        packed = lot.order_qty_units / row["pack"]
        assert packed == pytest.approx(round(packed))
        assert lot.order_qty_units >= (row["moq"] or 0) * (1 - 1e-9)
    macro = macros.evaluate("eoq_pack_moq", row)["q"]
    if allowed.size:
        assert macro == pytest.approx(float(lot.order_qty_units))
    else:
        assert macro is None


def test_of_two_equally_cheap_lots_the_smaller():
    # D = 12, K = 50, h = 2: 20 costs 30 + 20, 30 costs 20 + 30.
    lot = feasible(annual_demand_units=12.0, pack_size_units=10.0)
    assert lot.order_qty_units == 20


def test_no_lot_fits():
    lot = feasible(pack_size_units=50.0, min_order_units=60.0, max_order_units=80.0)
    assert not lot.is_feasible
    assert np.isnan(lot.order_qty_units)


def test_minimum_below_a_pack_and_maximum_below_the_minimum():
    assert feasible(min_order_units=0.0, pack_size_units=500.0).order_qty_units == 500
    assert not feasible(min_order_units=300.0, max_order_units=200.0).is_feasible


def test_free_holding_takes_the_maximum_or_has_no_answer():
    free = {"holding_cost_per_unit_year": 0.0, "pack_size_units": 12.0}
    assert feasible(**free, max_order_units=100.0).order_qty_units == 96
    assert not feasible(**free).is_feasible


@settings(deadline=None, max_examples=60)
@given(st.integers(0, 10**6), st.sampled_from([0.1, 0.3, 0.7, 1.1, 12.0]))
def test_whole_packs_stay_whole(count, pack):
    # count x pack is not exact in binary; the count must come back all the same.
    units = count * pack
    assert packs.packs_up(units, pack) == count
    assert packs.packs_down(units, pack) == count


def test_pack_macros_agree():
    # 3 x 0.1 / 0.1 is 3.0000000000000004 in binary, 0.7 / 0.1 is 6.999999999999999.
    units = [3 * 0.1, 0.7, 0.29, 0.31, 5.0, 0.0]
    up = macros.column("packs_up", units, y=[0.1] * 6)
    down = macros.column("packs_down", units, y=[0.1] * 6)
    assert up == [3, 7, 3, 4, 50, 0]
    assert down == [3, 7, 2, 3, 50, 0]


DISCOUNTS = [[0, 200, 500], [0, 100, 1000], [0, 5, 10]]


@settings(deadline=None, max_examples=60)
@given(
    st.floats(1, 20000),
    st.floats(1, 500),
    st.floats(0.01, 1),
    st.sampled_from(DISCOUNTS),
    st.lists(st.floats(1, 50), min_size=3, max_size=3, unique=True),
)
def test_discounts_agree_with_stockpyl(demand, order_cost, rate, breaks, prices):
    prices = sorted(prices, reverse=True)
    arguments = {
        "annual_demand_units": demand,
        "order_cost": order_cost,
        "holding_rate_per_year": rate,
        "breakpoints_units": breaks,
        "unit_prices": prices,
    }
    _, _, all_units = stockpyl_eoq.economic_order_quantity_with_all_units_discounts(
        order_cost, rate, demand, breaks, prices
    )
    _, _, incremental = stockpyl_eoq.economic_order_quantity_with_incremental_discounts(
        order_cost, rate, demand, breaks, prices
    )
    found = quantity_discounts.all_unit_discount_lot(**arguments)
    assert found.annual_total_cost == pytest.approx(all_units)
    found = quantity_discounts.incremental_discount_lot(**arguments)
    assert found.annual_total_cost == pytest.approx(incremental)


def test_dearer_second_band_stops_at_its_break():
    # Units above 100 cost 20 instead of 10: the kink at 100 is the best quantity.
    lot = quantity_discounts.incremental_discount_lot(
        annual_demand_units=10000,
        order_cost=100,
        holding_rate_per_year=0.2,
        breakpoints_units=[0, 100],
        unit_prices=[10, 20],
    )
    assert lot.order_qty_units == 100


def test_breakpoints_must_increase():
    with pytest.raises(ValueError, match="must increase"):
        quantity_discounts.all_unit_discount_lot(
            annual_demand_units=1,
            order_cost=1,
            holding_rate_per_year=0.1,
            breakpoints_units=[0, 5, 5],
            unit_prices=[3, 2, 1],
        )


@settings(deadline=None, max_examples=60)
@given(POSITIVE, POSITIVE, POSITIVE, POSITIVE)
def test_backorders_agree_with_stockpyl(demand, order_cost, holding, backorder):
    quantity, share, cost = stockpyl_eoq.economic_order_quantity_with_backorders(
        order_cost, holding, backorder, demand
    )
    lot = eoq_variants.eoq_with_backorders(
        annual_demand_units=demand,
        order_cost=order_cost,
        holding_cost_per_unit_year=holding,
        backorder_cost_per_unit_year=backorder,
    )
    assert lot.order_qty_units == pytest.approx(quantity, rel=1e-6)
    assert lot.backordered_fraction == pytest.approx(share, rel=1e-6)
    assert lot.annual_cost == pytest.approx(cost, rel=1e-6)


def test_production_slower_than_demand_has_no_lot():
    lot = eoq_variants.economic_production_quantity(
        annual_demand_units=np.array([1000.0, 1000.0]),
        setup_cost=50.0,
        holding_cost_per_unit_year=2.0,
        annual_production_units=np.array([1000.0, 900.0]),
    )
    assert np.isnan(lot.order_qty_units).all()


ITEMS = st.lists(
    st.tuples(
        st.floats(1, 1e4), st.floats(1, 500), st.floats(0.5, 100), st.floats(0.05, 0.5)
    ),
    min_size=1,
    max_size=6,
)


def lots_within(amount, items):
    demand, order_cost, cost, rate = np.array(items).T
    return budget.eoq_within_budget(
        budget=amount,
        annual_demand_units=demand,
        order_cost=order_cost,
        unit_cost=cost,
        holding_rate_per_year=rate,
    )


@settings(deadline=None, max_examples=60)
@given(ITEMS, st.floats(0.05, 0.95))
def test_budget_binds_and_its_price_is_the_slope_of_the_cost(items, share):
    free = lots_within(1e12, items)
    assert free.shadow_price_per_year == 0
    amount = share * free.unconstrained_investment
    found = lots_within(amount, items)
    demand, order_cost, cost, rate = np.array(items).T
    assert (found.order_qty_units @ cost) / 2 == pytest.approx(amount)

    def total(lots):
        return float(
            np.sum(
                eoq.lot_annual_cost(
                    order_qty_units=lots.order_qty_units,
                    annual_demand_units=demand,
                    order_cost=order_cost,
                    holding_cost_per_unit_year=rate * cost,
                )
            )
        )

    step = 1e-4 * amount
    slope = (total(lots_within(amount - step, items)) - total(found)) / step
    assert slope == pytest.approx(found.shadow_price_per_year, rel=2e-2, abs=1e-4)
    assert total(found) >= total(free) * (1 - 1e-12)


def test_no_budget_buys_nothing():
    found = lots_within(0.0, [(100.0, 10.0, 5.0, 0.2)])
    assert found.order_qty_units == [0.0]
    assert found.shadow_price_per_year is None
