import itertools

import numpy as np
import pytest
from golden import library, macros
from golden.compare import mismatches, plain
from hypothesis import given, settings
from hypothesis import strategies as st
from oracles import (
    continuous_review,
    ddmrp,
    lot_sizing,
    min_max_policies,
    newsvendor,
    order_proposal,
)
from scipy import integrate, stats
from stockpyl import newsvendor as stockpyl_newsvendor
from stockpyl import rq as stockpyl_rq
from stockpyl import ss as stockpyl_ss

from restock.replenishment.orders import joint_replenishment, prioritised_purchase

COSTS = st.floats(0.1, 50)


@settings(deadline=None, max_examples=40)
@given(COSTS, COSTS, st.floats(0.05, 60))
def test_poisson_newsvendor_agrees_with_stockpyl(overage, underage, mean):
    level, cost = stockpyl_newsvendor.newsvendor_poisson(overage, underage, mean)
    found = newsvendor.newsvendor_poisson(
        overage_cost=overage, underage_cost=underage, mean_units=mean
    )
    assert found.order_up_to_units == level
    assert found.expected_cost == pytest.approx(cost, rel=1e-6)


def test_poisson_cost_is_the_sum_over_demand():
    demand = np.arange(400)
    weight = stats.poisson.pmf(demand, 30)
    for level in (-3, 0, 25, 30, 60):
        short = np.maximum(demand - level, 0)
        left = np.maximum(level - demand, 0)
        found = newsvendor.poisson_cost(
            level, overage_cost=2.0, underage_cost=7.0, mean_units=30
        )
        assert found == pytest.approx(weight @ (2 * left + 7 * short))


PMF = st.dictionaries(
    st.integers(0, 30), st.integers(1, 20), min_size=1, max_size=6
).map(lambda weights: {k: v / sum(weights.values()) for k, v in weights.items()})


@settings(deadline=None, max_examples=60)
@given(COSTS, COSTS, PMF)
def test_discrete_newsvendor_has_the_least_cost(overage, underage, pmf):
    found = newsvendor.newsvendor_discrete(
        overage_cost=overage, underage_cost=underage, probabilities=pmf
    )
    costs = [
        sum(
            share * (overage * max(level - d, 0) + underage * max(d - level, 0))
            for d, share in pmf.items()
        )
        for level in range(31)
    ]
    assert found.expected_cost == pytest.approx(min(costs))


def test_ratio_met_up_to_rounding_takes_the_smaller_level():
    # 0.6 + 0.1 + 0.1 + 0.1 is 0.8999999999999999 in binary.
    found = newsvendor.newsvendor_discrete(
        overage_cost=1,
        underage_cost=9,
        probabilities={0: 0.6, 1: 0.1, 2: 0.1, 5: 0.1, 10: 0.1},
    )
    assert found.order_up_to_units == 5


def test_probabilities_must_add_to_one():
    with pytest.raises(ValueError, match="add to 1"):
        newsvendor.newsvendor_discrete(
            overage_cost=1, underage_cost=1, probabilities={0: 0.5}
        )


def test_profit_by_integration():
    found = newsvendor.newsvendor_profit(
        unit_price=10,
        unit_cost=4,
        salvage_value=1,
        mean_units=200,
        sigma_units=40,
        order_qty_units=230,
    )
    demand = stats.norm(200, 40)
    sold, _ = integrate.quad(lambda d: min(d, 230) * demand.pdf(d), -100, 500)
    assert found.expected_profit == pytest.approx(
        10 * sold + (230 - sold) * 1 - 4 * 230, rel=1e-8
    )


def test_unit_too_many_that_is_free_has_no_best_level():
    found = newsvendor.newsvendor_normal(
        overage_cost=0, underage_cost=1, mean_units=10, sigma_units=2
    )
    assert found.critical_ratio == 1
    assert np.isnan(found.order_up_to_units)


RQ = {
    "holding_cost_per_unit_year": 2.0,
    "shortage_cost_per_unit_year": 20.0,
    "annual_mean_units": 1000.0,
    "annual_sigma_units": 100.0,
    "lead_time_years": 0.1,
}


@pytest.mark.parametrize("point", [50.0, 100.0, 140.0, 400.0])
def test_cost_of_a_reorder_point_is_the_integral(point):
    demand = stats.norm(100, 100 * np.sqrt(0.1))

    def rate(position):
        short = integrate.quad(demand.sf, position, 600, limit=200)[0]
        return 2 * (position - 100) + 22 * short

    area, _ = integrate.quad(rate, point, point + 200)
    found = continuous_review.reorder_policy_cost_normal(
        reorder_point_units=point, order_qty_units=200.0, order_cost=50.0, **RQ
    )
    assert found == pytest.approx((50 * 1000 + area) / 200, rel=1e-8)


@settings(deadline=None, max_examples=40)
@given(st.floats(0.5, 500), st.floats(0.1, 30), st.floats(0.1, 100))
def test_best_reorder_point_has_the_least_cost(quantity, holding, shortage):
    changed = RQ | {
        "holding_cost_per_unit_year": holding,
        "shortage_cost_per_unit_year": shortage,
    }
    best = continuous_review.optimal_reorder_point_normal(
        order_qty_units=quantity, **changed
    )
    costs = [
        continuous_review.reorder_policy_cost_normal(
            reorder_point_units=best + step,
            order_qty_units=quantity,
            order_cost=0.0,
            **changed,
        )
        for step in (0.0, -0.5, 0.5)
    ]
    assert costs[0] == min(costs)


def test_known_demand_needs_no_integral():
    certain = RQ | {"annual_sigma_units": 0.0}
    point = continuous_review.optimal_reorder_point_normal(
        order_qty_units=110.0, **certain
    )
    # 100 over the lead time, less the planned backorders 2 / 22 x 110.
    assert point == pytest.approx(90)
    cost = continuous_review.reorder_policy_cost_normal(
        reorder_point_units=point, order_qty_units=110.0, order_cost=0.0, **certain
    )
    # Stock runs from 100 to -10: (2 x 100^2 + 20 x 10^2) / 2 / 110.
    assert cost == pytest.approx((2 * 100**2 + 20 * 10**2) / 2 / 110)


@settings(deadline=None, max_examples=15)
@given(COSTS, COSTS, st.floats(0.5, 60), st.floats(0.2, 8), st.floats(0.1, 4))
def test_poisson_policy_agrees_with_stockpyl(holding, shortage, order, mean, lead_time):
    _, _, cost = stockpyl_rq.r_q_poisson_exact(
        holding, shortage, order, mean, lead_time
    )
    found = continuous_review.optimal_reorder_policy_poisson(
        holding_cost_per_unit_year=holding,
        shortage_cost_per_unit_year=shortage,
        order_cost=order,
        annual_mean_units=mean,
        lead_time_years=lead_time,
    )
    assert found.cost == pytest.approx(cost, rel=1e-6)


@pytest.mark.parametrize(
    ("order_cost", "mean", "lead_time"), [(5, 2, 3), (0, 2, 1), (20, 4, 0), (1, 9, 2)]
)
def test_poisson_policy_is_the_best_of_all(order_cost, mean, lead_time):
    found = continuous_review.optimal_reorder_policy_poisson(
        holding_cost_per_unit_year=1,
        shortage_cost_per_unit_year=9,
        order_cost=order_cost,
        annual_mean_units=mean,
        lead_time_years=lead_time,
    )
    rates = {
        position: newsvendor.poisson_cost(
            position, overage_cost=1, underage_cost=9, mean_units=mean * lead_time
        )
        for position in range(-40, 120)
    }
    best = min(
        (order_cost * mean + sum(rates[y] for y in range(r + 1, r + q + 1))) / q
        for r, q in itertools.product(range(-30, 40), range(1, 60))
    )
    assert found.cost == pytest.approx(best)


def chain_cost(pmf, low, high, holding, shortage, order):
    """Cost per period from the stationary distribution of the position."""
    span = range(low + 1 - len(pmf), high + 1)
    index = {position: n for n, position in enumerate(span)}
    moves = np.zeros((len(span), len(span)))
    costs = np.zeros(len(span))
    for position in span:
        start = high if position <= low else position
        costs[index[position]] += order * (position <= low)
        for demand, share in enumerate(pmf):
            end = start - demand
            moves[index[position], index[end]] += share
            costs[index[position]] += share * max(holding * end, -shortage * end)
    system = np.vstack([moves.T - np.eye(len(span)), np.ones(len(span))])
    target = np.append(np.zeros(len(span)), 1.0)
    stationary = np.linalg.lstsq(system, target, rcond=None)[0]
    return stationary @ costs


PMFS = st.lists(st.integers(0, 9), min_size=2, max_size=5).filter(
    lambda weights: sum(weights[1:]) > 0
)


@settings(deadline=None, max_examples=60)
@given(PMFS, st.integers(-3, 4), st.integers(1, 7), COSTS, COSTS, COSTS)
def test_min_max_cost_agrees_with_the_chain(
    weights, low, width, holding, shortage, order
):
    pmf = np.array(weights) / sum(weights)
    found = min_max_policies.min_max_cost(
        holding_cost_per_unit_period=holding,
        shortage_cost_per_unit_period=shortage,
        order_cost=order,
        demand_probabilities=pmf,
        reorder_level_units=low,
        order_up_to_units=low + width,
    )
    expected = chain_cost(pmf, low, low + width, holding, shortage, order)
    assert found == pytest.approx(expected, rel=1e-8)


def test_last_probability_counts():
    # stockpyl 1.0.2 leaves it out: 3.406 for uniform demand 0 to 3 under (0, 3).
    found = min_max_policies.min_max_cost(
        holding_cost_per_unit_period=1,
        shortage_cost_per_unit_period=4,
        order_cost=5,
        demand_probabilities=np.full(4, 0.25),
        reorder_level_units=0,
        order_up_to_units=3,
    )
    assert found == pytest.approx(4.09375)


@pytest.mark.parametrize(
    ("holding", "shortage", "order", "mean"),
    [(1, 4, 5, 6), (1, 9, 24, 3), (2, 3, 0, 2), (1, 19, 64, 12), (5, 1, 10, 0.3)],
)
def test_best_min_max_agrees_with_stockpyl_and_a_search(holding, shortage, order, mean):
    found = min_max_policies.optimal_min_max_poisson(
        holding_cost_per_unit_period=holding,
        shortage_cost_per_unit_period=shortage,
        order_cost=order,
        mean_units=mean,
    )
    if order:
        _, _, cost = stockpyl_ss.s_s_discrete_exact(
            holding, shortage, order, True, mean
        )
        assert found.cost == pytest.approx(cost, rel=1e-6)
    best = min(
        min_max_policies.min_max_cost_poisson(
            holding_cost_per_unit_period=holding,
            shortage_cost_per_unit_period=shortage,
            order_cost=order,
            mean_units=mean,
            reorder_level_units=low,
            order_up_to_units=high,
        )
        for low in range(-8, 20)
        for high in range(low + 1, 60)
    )
    assert found.cost == pytest.approx(best)


def test_order_up_to_level_must_exceed_the_reorder_level():
    with pytest.raises(ValueError, match="must exceed"):
        min_max_policies.min_max_cost(
            holding_cost_per_unit_period=1,
            shortage_cost_per_unit_period=1,
            order_cost=1,
            demand_probabilities=[0.5, 0.5],
            reorder_level_units=3,
            order_up_to_units=3,
        )


DEMANDS = st.lists(st.sampled_from([0, 0, 5, 10, 40, 100]), max_size=8)


@settings(deadline=None, max_examples=60)
@given(DEMANDS, st.sampled_from([0, 10, 80, 500]), st.sampled_from([0, 0.5, 1, 3]))
def test_lot_plan_is_the_best_of_all(demand, order_cost, holding):
    plan = lot_sizing.wagner_whitin_lots(
        order_cost=order_cost,
        holding_cost_per_unit_period=holding,
        demand_units=demand,
    )

    def cost(orders):
        stock = np.cumsum(np.array(orders) - np.array(demand))
        return order_cost * np.count_nonzero(orders) + holding * stock.sum()

    best = np.inf
    for starts in itertools.product([False, True], repeat=len(demand)):
        orders = np.zeros(len(demand))
        last = None
        for period, (starting, units) in enumerate(zip(starts, demand, strict=True)):
            last = period if starting else last
            if last is not None:
                orders[last] += units
        if (np.cumsum(orders - np.array(demand)) >= 0).all():
            best = min(best, cost(orders))
    assert plan.cost == pytest.approx(best)
    assert cost(plan.order_qty_units) == pytest.approx(best)


FAMILY = st.lists(
    st.tuples(st.floats(0, 50), st.floats(0.1, 20), st.floats(1, 1e4)),
    min_size=1,
    max_size=6,
)


@settings(deadline=None, max_examples=60)
@given(st.floats(1, 500), FAMILY)
def test_joint_orders_cost_what_their_quantities_cost(shared, family):
    line, holding, demand = np.array(family).T
    arguments = {
        "shared_order_cost": shared,
        "line_order_cost": line,
        "holding_cost_per_unit_year": holding,
        "annual_demand_units": demand,
    }
    plan = joint_replenishment.joint_replenishment(**arguments)
    orders = shared / plan.base_cycle_years + np.sum(
        line * demand / plan.order_qty_units
    )
    assert plan.cost == pytest.approx(orders + holding @ plan.order_qty_units / 2)
    together = joint_replenishment.full_aggregation(**arguments)
    assert together.orders_per_year * together.base_cycle_years == pytest.approx(1)
    rate = np.sum(holding * demand)
    assert together.cost == pytest.approx(np.sqrt(2 * (shared + line.sum()) * rate))


def test_item_without_demand_is_left_out():
    found = joint_replenishment.joint_replenishment(
        shared_order_cost=100,
        line_order_cost=[10, 10],
        holding_cost_per_unit_year=[2, 2],
        annual_demand_units=[1000, 0],
    )
    np.testing.assert_array_equal(found.multiples, [1, 0])
    assert found.cost == pytest.approx(np.sqrt(2 * 110 * 2 * 1000))


PROPOSALS = st.fixed_dictionaries(
    {
        "on_hand": st.integers(-20, 120),
        "on_order": st.integers(0, 60),
        "backorders": st.integers(0, 40),
        "s": st.integers(0, 80),
        "S": st.integers(0, 150),
        "pack": st.sampled_from([0.1, 0.3, 1.0, 6.0, 24.0]),
        "moq": st.none() | st.integers(0, 60),
        "max_stock": st.none() | st.integers(0, 200),
    }
)


@settings(deadline=None, max_examples=100)
@given(PROPOSALS)
def test_order_fills_the_gap_in_packs(row):
    found = plain(library.evaluate("order_proposal", row))
    quantity, position = found["order_qty"], found["inventory_position"]
    assert position == max(row["on_hand"], 0) + row["on_order"] - row["backorders"]
    packs = quantity / row["pack"]
    assert packs == pytest.approx(round(packs))
    if position > row["s"] or position >= row["S"]:
        assert quantity == 0
    elif row["max_stock"] is None:
        assert quantity >= max(row["S"] - position, row["moq"] or 0) - 1e-6
        assert quantity - row["pack"] < max(row["S"] - position, row["moq"] or 0) + 1e-6
    if quantity and row["max_stock"] is not None:
        assert position + quantity <= row["max_stock"] + 1e-6
    if quantity:
        assert quantity >= (row["moq"] or 0) - 1e-6
    assert not mismatches(found, macros.evaluate("order_proposal", row), relative=1e-9)


def test_missing_stock_on_order_gives_no_order_rather_than_a_wrong_one():
    row = {
        "on_hand": 5,
        "on_order": None,
        "backorders": 0,
        "s": 10,
        "S": 20,
        "pack": 1,
        "moq": 1,
        "max_stock": None,
    }
    assert plain(library.evaluate("order_proposal", row))["order_qty"] is None
    assert macros.evaluate("order_proposal", row)["order_qty"] is None


def test_vectors_are_taken_row_by_row():
    found = order_proposal.order_proposal(
        on_hand_units=np.array([50.0, 61.0]),
        on_order_units=0.0,
        committed_units=0.0,
        reorder_point_units=60.0,
        order_up_to_units=100.0,
        pack_size_units=12.0,
        min_order_units=np.nan,
        max_stock_units=np.nan,
    )
    np.testing.assert_array_equal(found.order_qty_units, [60.0, 0.0])


def test_buffer_at_the_top_of_yellow_orders_nothing():
    # Red 75, yellow 100: a position of 175 is not below.
    zones = {
        "average_daily_usage_units": 10,
        "decoupled_lead_time_days": 10,
        "lead_time_factor": 0.5,
        "variability_factor": 0.5,
        "min_order_units": 0,
        "order_cycle_days": 0,
        "on_hand_units": np.array([175.0, 174.0]),
        "incoming_units": 0,
        "qualified_demand_units": 0,
    }
    found = ddmrp.buffer_zones(**zones)
    np.testing.assert_array_equal(found.order_qty_units, [0.0, 225.0 - 174.0])


def item(name="z", *, mean=6.0, position=0, underage=4.0, overage=1.0, cost=1.0):
    return prioritised_purchase.PurchaseItem(
        name, mean, position, underage, overage, cost
    )


@settings(deadline=None, max_examples=60)
@given(st.floats(0.1, 40), COSTS, COSTS, st.integers(-3, 20))
def test_unlimited_budget_buys_up_to_the_newsvendor_level(
    mean, underage, overage, position
):
    plan = prioritised_purchase.prioritised_purchase(
        [item(mean=mean, position=position, underage=underage, overage=overage)],
        budget=1e12,
    )
    level = newsvendor.newsvendor_poisson(
        overage_cost=overage, underage_cost=underage, mean_units=mean
    ).order_up_to_units
    assert plan.order_qty_units["z"] == max(level - position, 0)


@settings(deadline=None, max_examples=40)
@given(st.floats(0, 200), st.floats(0, 100))
def test_more_budget_is_never_worth_less(budget, more):
    items = [item("a", cost=5.0), item("b", mean=2.0, underage=9.0, cost=5.0)]
    plans = [
        prioritised_purchase.prioritised_purchase(items, budget=amount)
        for amount in (budget, budget + more)
    ]
    assert plans[0].spend <= budget + 1e-6
    assert plans[0].expected_value <= plans[1].expected_value + 1e-9


def test_equal_items_take_turns_from_the_first():
    plan = prioritised_purchase.prioritised_purchase([item("b"), item("a")], budget=3.0)
    assert plan.order_qty_units == {"b": 2.0, "a": 1.0}
