"""The projected-stock order against the simulator, path by path."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from restock.replenishment.replay import ordering_policies, projected_stock, simulator


def brute_cost(state, demand, lead_time, review, quantities, holding, shortage):
    """Mean cost of each quantity from arrival to the next, each path simulated."""
    n_paths, _ = demand.shape
    on_hand, open_units, open_due = state
    means = []
    for quantity in quantities:
        horizon = lead_time + review
        plan = np.zeros((n_paths, horizon))
        plan[:, 0] = quantity
        run = simulator.simulate(
            simulator.Setting(
                demand_units=demand[:, :horizon],
                lead_time_periods=np.full((1, 1), float(lead_time)),
                on_hand_units=np.full(n_paths, on_hand),
                review_periods=np.ones(n_paths, dtype=int),
                open_orders=simulator.OpenOrders(
                    np.tile(open_units, (n_paths, 1)),
                    np.tile(open_due, (n_paths, 1)),
                    np.tile(lead_time - open_due, (n_paths, 1)),
                ),
            ),
            ordering_policies.planned_orders(plan),
        )
        window = slice(lead_time, horizon)
        means.append(
            (
                holding * run.stock_unit_periods[:, window].sum(axis=1)
                + shortage * run.unmet_units[:, window].sum(axis=1)
            ).mean()
        )
    return np.array(means)


@settings(deadline=None, max_examples=40)
@given(
    st.integers(0, 10**6), st.integers(0, 3), st.integers(1, 3), st.floats(0.5, 30.0)
)
def test_cost_and_quantity_are_those_of_simulated_paths(
    seed, lead_time, review, shortage
):
    generator = np.random.default_rng(seed)
    demand = generator.poisson(3, (15, lead_time + review)).astype(float)
    on_hand = float(generator.integers(0, 8))
    # An open order may come after the new one would: an earlier one that is late.
    due = generator.integers(0, lead_time + 1, 2)
    units = generator.integers(0, 6, 2).astype(float)
    quantities = np.arange(0.0, 25.0)
    expected = brute_cost(
        (on_hand, units, due), demand, lead_time, review, quantities, 1.0, shortage
    )
    one = np.array([1.0])
    costs = projected_stock.Costs(one, shortage * one, 0 * one)
    needs = projected_stock.net_requirements(
        np.array([on_hand]),
        units[None, :],
        lead_time - due[None, :],
        demand[None],
        np.full((1, 15), lead_time),
        np.array([review]),
    )
    found = np.array(
        [
            projected_stock.expected_cost(
                np.array([quantity]), needs, np.array([review]), costs
            )[0]
            for quantity in quantities
        ]
    )
    assert np.allclose(np.diff(found), np.diff(expected))
    best = projected_stock.least_cost_units(needs, np.array([review]), costs)[0]
    assert expected[int(best)] == pytest.approx(expected.min())


def test_open_orders_come_after_the_lead_times_that_are_left():
    # Lead times 1, 2, 3, 4; the order is two periods old, so 0, 1 or 2 are left.
    ((slot, times),) = projected_stock._arrival_times(
        np.array([[0.0, 5.0]]), np.array([[0, 2]]), np.tile([1, 2, 3, 4], (1, 300))
    )
    assert slot == 1
    assert np.bincount(times[0]) / 1200 == pytest.approx([1 / 3] * 3, abs=0.01)
    # One that is older than all of them comes next.
    ((_, times),) = projected_stock._arrival_times(
        np.array([[5.0]]), np.array([[9]]), np.array([[1, 2]])
    )
    assert times.tolist() == [[0, 0]]


def policy(**more):
    one = np.array([1.0])
    arguments = {
        "lead_times": np.zeros((1, 10), dtype=int),
        "review_periods": np.array([1]),
        "costs": projected_stock.Costs(one, 4 * one, 0 * one),
        "cycle_stock_units": 0 * one,
        "pack_size_units": one,
        "min_order_units": 0 * one,
    } | more
    paths = np.arange(1.0, 11.0).reshape(1, 10, 1)
    return projected_stock.projected_stock(lambda decision: paths, **arguments)


def state(on_hand=0.0):
    return simulator.VisibleState(
        0,
        np.array([on_hand]),
        np.zeros((1, 1)),
        np.zeros((1, 1), dtype=int),
        np.array([on_hand]),
    )


def test_packs_minimum_lot_and_what_waiting_saves():
    one = np.array([1.0])
    assert policy()(state()).tolist() == [8.0]
    assert policy()(state(3.0)).tolist() == [5.0]
    # 7 or 14: seven cost 2.1 + 4 x 0.6, fourteen 8.5.
    assert policy(pack_size_units=7 * one)(state()).tolist() == [7.0]
    assert policy(min_order_units=9 * one)(state()).tolist() == [9.0]
    # A lot is wanted whole; it is judged by what it brings until the next review.
    assert policy(cycle_stock_units=20 * one)(state()).tolist() == [28.0]
    # Nothing costs 4 x 5.5 = 22, eight 2.8 + 4 x 0.3 = 4: the order saves 18.
    for waiting, expected in ((17.9, 8.0), (18.1, 0.0)):
        costs = projected_stock.Costs(one, 4 * one, waiting * one)
        assert policy(costs=costs)(state()).tolist() == [expected]


def test_a_shortage_that_costs_nothing_is_worth_no_order():
    one = np.array([1.0])
    costs = projected_stock.Costs(one, 0 * one, 0 * one)
    assert policy(costs=costs)(state()).tolist() == [0.0]


def test_paths_must_reach_the_next_arrival():
    with pytest.raises(ValueError, match="paths reach 1 periods, lead time plus"):
        policy(lead_times=np.ones((1, 10), dtype=int))(state())


def test_the_shipped_rule_needs_no_stock_for_what_is_lost():
    # Nothing there, lead time one: 5 are lost, 6 are asked of the order.
    paths = np.array([[[5.0, 6.0]]])

    def shipped(target, on_hand):
        rule = projected_stock.projected_min_max(
            lambda decision: paths,
            lead_times=np.array([[1]]),
            review_periods=np.array([1]),
            fractile=np.array([[1.0]]),
            target=np.array([target]),
            reorder_point_units=np.array([11.0]),
            cycle_stock_units=np.array([2.0]),
        )
        return rule(state(on_hand)).tolist()

    assert shipped("cost", 0.0) == [8.0]
    # 11 serve all: at the reorder point the economic part is still ordered.
    assert shipped("cost", 11.0) == [2.0]
    assert shipped("cost", 12.0) == [0.0]
    # A promised service is ordered in full.
    assert shipped("cycle_service", 0.0) == [13.0]
