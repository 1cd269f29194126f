"""The simulator against closed forms, exact chains, another simulator, invariants."""

import dataclasses
import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from oracles import (
    continuous_review,
    min_max_policies,
    newsvendor,
    ordering_policies,
)
from stockpyl.sim import simulation as stockpyl_simulation
from stockpyl.supply_chain_network import single_stage_system

from restock.replenishment.replay import perfect_foresight, simulator
from restock.replenishment.replay.ordering_policies import planned_orders


def world(demand, lead_time=0.0, on_hand=0.0, review=1, **more):
    demand = np.atleast_2d(np.asarray(demand, dtype=float))
    n_series = len(demand)
    lead_time = np.asarray(lead_time, dtype=float)
    return simulator.Setting(
        demand_units=demand,
        lead_time_periods=lead_time if lead_time.ndim == 2 else lead_time.reshape(1, 1),
        on_hand_units=np.full(n_series, on_hand, dtype=float),
        review_periods=np.full(n_series, review),
        **more,
    )


def order_at_first(units):
    return lambda state: np.full(
        len(state.position_units), units if state.decision == 0 else 0.0
    )


@pytest.mark.parametrize(
    ("lead_time", "arrival"), [(0, 0), (1, 1), (2, 2), (1.14, 2), (2.0000000001, 2)]
)
def test_an_order_is_sold_from_the_start_of_the_period_after_its_lead_time(
    lead_time, arrival
):
    # Decided at the close of t = -1: sold from the start of t + L + 1 = L.
    run = simulator.simulate(world([[1.0] * 4], lead_time), order_at_first(9.0))
    assert run.received_units[0].tolist() == [9.0 * (k == arrival) for k in range(4)]
    assert run.unmet_units[0].tolist() == [1.0 * (k < arrival) for k in range(4)]


def test_an_order_crosses_one_that_takes_longer():
    run = simulator.simulate(
        world([[0.0] * 5], [[3.0, 1.0, 1.0, 1.0, 1.0]]),
        lambda state: np.array([[4.0, 6.0, 0.0, 0.0, 0.0][state.decision]]),
    )
    assert run.received_units[0].tolist() == [0.0, 0.0, 6.0, 4.0, 0.0]


def test_open_orders_come_when_due_and_count_in_the_position():
    seen = []

    def policy(state):
        seen.append(
            (
                float(state.position_units[0]),
                state.outstanding_age_periods[0, :2].tolist(),
            )
        )
        return np.zeros(1)

    start = world(
        [[2.0, 2.0, 2.0]],
        on_hand=1.0,
        open_orders=simulator.OpenOrders(
            np.array([[5.0, 7.0]]), np.array([[1, 2]]), np.array([[3, 0]])
        ),
    )
    run = simulator.simulate(start, policy)
    assert run.received_units[0].tolist() == [0.0, 5.0, 7.0]
    assert run.sold_units[0].tolist() == [1.0, 2.0, 2.0]
    assert [position for position, _ in seen] == [13.0, 12.0, 10.0]
    assert [age for _, age in seen] == [[3, 0], [4, 1], [5, 2]]


def test_reviews_packs_minimum_and_the_last_decision():
    run = simulator.simulate(
        world(
            [[1.0] * 7],
            on_hand=0.0,
            review=2,
            pack_size_units=np.array([6.0]),
            min_order_units=np.array([13.0]),
            decisions=np.array([5]),
        ),
        lambda state: np.array([1.0]),
    )
    # Decisions 0, 2 and 4; 13 at least, so 18 in packs of six.
    assert run.ordered_units[0].tolist() == [18.0, 0.0, 18.0, 0.0, 18.0, 0.0, 0.0]


def test_a_cycle_runs_from_receipt_to_receipt():
    # Receipts of 3 in periods 0, 2, 4; demand 1, 1 | 2, 2 | 1, 1: the second is short.
    run = simulator.simulate(
        world([[1.0, 1.0, 2.0, 5.0, 1.0, 1.0, 0.0]], review=2),
        lambda state: np.array([3.0]),
    )
    assert run.cycle_count.sum() == 3
    assert run.short_cycle_count[0].tolist() == [0, 0, 0, 0, 1, 0, 0]


def test_buckets_sum_the_periods():
    generator = np.random.default_rng(3)
    start = world(generator.poisson(4, (5, 12)), 2.0, 6.0)
    policy = ordering_policies.base_stock(np.full(5, 14.0))
    fine = simulator.simulate(start, policy)
    coarse = simulator.simulate(
        start, policy, bucket_of_period=np.repeat([0, 1, 2], [3, 4, 5])
    )
    for name in vars(fine):
        found, parts = getattr(coarse, name), getattr(fine, name)
        if parts.ndim == 2:
            parts = np.add.reduceat(parts, [0, 3, 7], axis=1)
        assert np.allclose(found, parts), name


UNKNOWN = np.array([np.nan, 5.0])
KNOWN = np.array([5.0, 5.0])


@pytest.mark.parametrize(
    "policy",
    [
        ordering_policies.base_stock(UNKNOWN),
        ordering_policies.min_max(UNKNOWN, KNOWN),
        ordering_policies.min_max(KNOWN, UNKNOWN),
        ordering_policies.reorder_point_lots(UNKNOWN, KNOWN),
        ordering_policies.reorder_point_lots(KNOWN, UNKNOWN),
    ],
)
def test_an_unknown_level_does_not_mean_never_order(policy):
    setting = world([[1.0], [1.0]])
    with pytest.raises(simulator.UnknownQuantityError, match="at decision 0") as error:
        simulator.simulate(setting, policy)
    assert error.value.series.tolist() == [0]
    # Who does not decide is not asked.
    waits = dataclasses.replace(setting, decisions=np.array([0, 1]))
    assert simulator.simulate(waits, policy).order_count.tolist() == [[0.0], [1.0]]


def test_what_makes_no_sense_is_refused():
    with pytest.raises(ValueError, match="demand_units must be known"):
        world([[1.0, np.nan]])
    with pytest.raises(ValueError, match="lead_time_periods must be known"):
        world([[1.0]], -1.0)
    with pytest.raises(ValueError, match="review_periods must be one or more"):
        world([[1.0]], review=0)
    with pytest.raises(ValueError, match="pack_size_units must be above zero"):
        world([[1.0]], pack_size_units=np.zeros(1))
    with pytest.raises(ValueError, match="unmet must be lost or waits"):
        world([[1.0]], unmet="sold")
    with pytest.raises(ValueError, match=r"series \[0\] want an unknown quantity"):
        simulator.simulate(world([[1.0]]), lambda state: np.array([np.nan]))


STOCKPYL = {
    "BS": (
        {"base_stock_level": 17},
        ordering_policies.base_stock(np.array([17.0])),
    ),
    "sS": (
        {"reorder_point": 9, "order_up_to_level": 21},
        ordering_policies.min_max(np.array([9.0]), np.array([21.0])),
    ),
    "rQ": (
        {"reorder_point": 12, "order_quantity": 15},
        ordering_policies.reorder_point_lots(np.array([12.0]), np.array([15.0])),
    ),
}


@pytest.mark.parametrize("kind", STOCKPYL)
@pytest.mark.parametrize("lead_time", [0, 1, 2])
def test_stock_is_that_of_stockpyl_period_by_period(kind, lead_time):
    levels, policy = STOCKPYL[kind]
    demand = np.random.default_rng(5).integers(0, 10, 60)
    # stockpyl orders within a period, after its demand: its L is our L + 1.
    network = single_stage_system(
        holding_cost=1,
        stockout_cost=10,
        demand_type="D",
        demand_list=demand.tolist(),
        shipment_lead_time=lead_time + 1,
        policy_type=kind,
        initial_inventory_level=18,
        **levels,
    )
    stockpyl_simulation(network, len(demand), progress_bar=False)
    states = network.nodes[0].state_vars[: len(demand)]
    theirs = [float(next(iter(state.inventory_level.values()))) for state in states]
    # There the first order is placed after the first demand.
    first = simulator.simulate(
        world(demand, lead_time, 18.0, unmet="waits"),
        lambda state: policy(state) if state.decision else np.zeros(1),
    )
    ours = first.stock_unit_periods - first.backlog_unit_periods
    assert ours[0].tolist() == theirs


def mean_and_error(per_series):
    return per_series.mean(), per_series.std(ddof=1) / np.sqrt(len(per_series))


def assert_is_mean(per_series, expected, slack=0.0):
    mean, error = mean_and_error(per_series)
    assert abs(mean - expected) < 4 * error + slack, (mean, expected, error)


def long_run(demand, policy, lead_time, *, cost, warm_up=100, unmet="waits", **more):
    n_series, n_periods = demand.shape
    run = simulator.simulate(
        world(demand, lead_time, **more, unmet=unmet),
        policy,
        bucket_of_period=(np.arange(n_periods) >= warm_up).astype(int),
    )
    money = simulator.costs(
        run, **{name: np.full(n_series, value) for name, value in cost.items()}
    )
    return run, money.total_cost[:, 1] / (n_periods - warm_up)


def cost_of(holding, shortage, order):
    return {
        "holding_cost_per_unit_period": holding,
        "shortage_cost_per_unit": shortage,
        "order_cost": order,
    }


@pytest.mark.parametrize("lead_time", [0, 2])
def test_base_stock_costs_what_the_newsvendor_says(lead_time):
    mean = 3.2
    best = newsvendor.newsvendor_poisson(
        overage_cost=0.2, underage_cost=1, mean_units=mean * (lead_time + 1)
    )
    demand = np.random.default_rng(1).poisson(mean, (300, 600))
    _, cost = long_run(
        demand,
        ordering_policies.base_stock(np.full(300, best.order_up_to_units)),
        lead_time,
        cost=cost_of(0.2, 1.0, 0.0),
    )
    assert_is_mean(cost, best.expected_cost)


@pytest.mark.parametrize(("holding", "shortage", "order"), [(1, 4, 5), (1, 9, 64)])
def test_min_max_costs_what_renewal_reward_says(holding, shortage, order):
    best = min_max_policies.optimal_min_max_poisson(
        holding_cost_per_unit_period=holding,
        shortage_cost_per_unit_period=shortage,
        order_cost=order,
        mean_units=6,
    )
    demand = np.random.default_rng(2).poisson(6, (300, 700))
    _, cost = long_run(
        demand,
        ordering_policies.min_max(
            np.full(300, best.reorder_level_units),
            np.full(300, best.order_up_to_units),
        ),
        0,
        cost=cost_of(holding, shortage, order),
    )
    assert_is_mean(cost, best.cost)


def test_min_max_under_any_discrete_demand():
    # The case that stockpyl's own formula gets wrong (METHODS): 4.09375 exactly.
    demand = np.random.default_rng(4).integers(0, 4, (300, 700))
    _, cost = long_run(
        demand,
        ordering_policies.min_max(np.zeros(300), np.full(300, 3.0)),
        0,
        cost=cost_of(1.0, 4.0, 5.0),
    )
    assert_is_mean(cost, 4.09375)


def test_reorder_point_lots_cost_what_the_exact_formula_says():
    # Continuous review is a review every twentieth of a period.
    fine = 20
    best = continuous_review.optimal_reorder_policy_poisson(
        holding_cost_per_unit_year=20,
        shortage_cost_per_unit_year=150,
        order_cost=100,
        annual_mean_units=1.5,
        lead_time_years=2,
    )
    assert best.cost == pytest.approx(107.923581)
    n_series, n_periods = 150, 4000
    demand = np.random.default_rng(6).poisson(1.5 / fine, (n_series, n_periods))
    _, cost = long_run(
        demand,
        ordering_policies.reorder_point_lots(
            np.full(n_series, best.reorder_point_units),
            np.full(n_series, best.order_qty_units),
        ),
        # Closing stock is position less demand of lead time plus one interval.
        2 * fine - 1,
        cost=cost_of(20 / fine, 150 / fine, 100.0),
        warm_up=400,
    )
    assert_is_mean(cost * fine, best.cost, slack=0.01 * best.cost)


def stationary_chain(pmf, decide, lead_time, review, start):
    """Long-run means of a lost-sales system, by its exact Markov chain.

    A state is the stock before a decision, what comes in each period to come, and
    the phase of the review; nothing of the simulator is used.
    """

    def step(state):
        stock, coming, phase = state
        quantity = decide(stock + sum(coming)) if phase == 0 else 0
        arriving = [*coming, quantity] if lead_time else [quantity]
        shelf = stock + arriving[0]
        for demand, probability in enumerate(pmf):
            sold = min(shelf, demand)
            yield (
                (shelf - sold, tuple(arriving[1:]), (phase + 1) % review),
                probability,
                (shelf - sold, demand - sold, float(quantity > 0)),
            )

    index = {start: 0}
    rows = []
    todo = [start]
    while todo:
        state = todo.pop()
        transitions = list(step(state))
        for following, _, _ in transitions:
            if following not in index:
                index[following] = len(index)
                todo.append(following)
        rows.append((index[state], transitions))
    size = len(index)
    matrix = np.zeros((size, size))
    reward = np.zeros((size, 3))
    for row, transitions in rows:
        for following, probability, gain in transitions:
            matrix[row, index[following]] += probability
            reward[row] += probability * np.array(gain)
    equations = np.vstack([matrix.T - np.eye(size), np.ones(size)])
    share = np.linalg.lstsq(equations, np.r_[np.zeros(size), 1.0], rcond=None)[0]
    return share @ reward


@pytest.mark.parametrize(
    ("lead_time", "review", "pack", "levels"),
    [
        (0, 1, 1, (2, 2)),
        (1, 1, 1, (5, 5)),
        (2, 1, 1, (8, 8)),
        (1, 2, 1, (7, 7)),
        (2, 1, 2, (4, 9)),
        (1, 3, 4, (5, 11)),
    ],
)
def test_lost_sales_are_those_of_the_exact_chain(lead_time, review, pack, levels):
    pmf = np.array([0.3, 0.25, 0.2, 0.15, 0.1])
    low, high = levels

    def decide(position):
        if position > low:
            return 0
        return -(-(high - position) // pack) * pack

    stock, lost, orders = stationary_chain(
        pmf, decide, lead_time, review, (high, (0,) * lead_time, 0)
    )
    n_series, n_periods, warm_up = 400, 600, 60
    demand = np.random.default_rng(7).choice(5, (n_series, n_periods), p=pmf)
    run, _ = long_run(
        demand,
        # Up to S at or below s: a position of S itself lacks nothing.
        ordering_policies.min_max(
            np.full(n_series, float(low)), np.full(n_series, float(high))
        ),
        lead_time,
        cost=cost_of(1.0, 1.0, 1.0),
        warm_up=warm_up,
        unmet="lost",
        review=review,
        on_hand=float(high),
        pack_size_units=np.full(n_series, float(pack)),
    )
    length = n_periods - warm_up
    assert_is_mean(run.stock_unit_periods[:, 1] / length, stock)
    assert_is_mean(run.unmet_units[:, 1] / length, lost)
    assert_is_mean(run.order_count[:, 1] / length, orders)


SIZES = st.tuples(st.integers(1, 4), st.integers(1, 14))


@st.composite
def worlds(draw):
    n_series, n_periods = draw(SIZES)
    generator = np.random.default_rng(draw(st.integers(0, 10**6)))
    return (
        simulator.Setting(
            demand_units=generator.poisson(
                draw(st.floats(0, 9)), (n_series, n_periods)
            ).astype(float),
            lead_time_periods=generator.integers(0, 4, (n_series, n_periods)).astype(
                float
            ),
            on_hand_units=generator.integers(0, 20, n_series).astype(float),
            review_periods=generator.integers(1, 4, n_series),
            pack_size_units=generator.integers(1, 7, n_series).astype(float),
            min_order_units=generator.integers(0, 9, n_series).astype(float),
            decisions=generator.integers(0, n_periods + 1, n_series),
            open_orders=simulator.OpenOrders(
                generator.integers(0, 9, (n_series, 2)).astype(float),
                generator.integers(0, n_periods + 2, (n_series, 2)),
                generator.integers(0, 3, (n_series, 2)),
            ),
            unmet=draw(st.sampled_from(["lost", "waits"])),
        ),
        generator,
    )


def some_policy(generator, n_series):
    low = generator.integers(0, 20, n_series).astype(float)
    more = generator.integers(1, 30, n_series).astype(float)
    return [
        ordering_policies.base_stock(low + more),
        ordering_policies.min_max(low, low + more),
        ordering_policies.reorder_point_lots(low, more),
        lambda state: generator.uniform(-5, 25, n_series),
    ][generator.integers(4)]


@settings(deadline=None, max_examples=80)
@given(worlds())
def test_units_are_conserved_and_costs_are_not_negative(case):
    setting, generator = case
    n_series = len(setting.on_hand_units)
    run = simulator.simulate(setting, some_policy(generator, n_series))
    waiting = run.backlog_unit_periods[:, -1]
    served = run.demand_units.sum(axis=1) - (
        run.unmet_units.sum(axis=1) if setting.unmet == "lost" else 0.0
    )
    begin = setting.on_hand_units + setting.open_orders.units.sum(axis=1)
    assert np.allclose(
        begin + run.ordered_units.sum(axis=1),
        served + run.closing_units + run.outstanding_units,
    )
    assert np.allclose(run.sold_units + run.unmet_units, run.demand_units)
    assert np.allclose(np.maximum(-run.closing_units, 0), waiting)
    assert (run.closing_units >= 0).all() or setting.unmet == "waits"
    assert (run.short_cycle_count <= run.cycle_count).all()
    packs = run.ordered_units / setting.pack_size_units[:, None]
    assert np.allclose(packs, np.round(packs))
    is_ordered = run.ordered_units > 0
    least = np.broadcast_to(setting.min_order_units[:, None], is_ordered.shape)
    assert (run.ordered_units[is_ordered] >= least[is_ordered]).all()
    money = simulator.costs(
        run,
        holding_cost_per_unit_period=generator.uniform(0, 2, n_series),
        shortage_cost_per_unit=generator.uniform(0, 9, n_series),
        order_cost=generator.uniform(0, 20, n_series),
    )
    assert all((part >= 0).all() for part in money)


def priced(generator, n_series):
    return {
        "holding_cost_per_unit_period": generator.uniform(0, 2, n_series),
        "shortage_cost_per_unit": generator.uniform(0, 9, n_series),
        "order_cost": generator.uniform(0, 20, n_series) * generator.integers(2),
    }


@settings(deadline=None, max_examples=100)
@given(worlds())
def test_perfect_foresight_is_a_lower_bound(case):
    setting, generator = case
    setting = dataclasses.replace(setting, unmet="lost")
    cost = priced(generator, len(setting.on_hand_units))
    perfect = perfect_foresight.perfect_orders(setting, **cost)
    least = simulator.costs(
        simulator.simulate(perfect.setting, planned_orders(perfect.order_units)),
        **cost,
    ).total_cost.sum(axis=1)
    for _ in range(4):
        policy = some_policy(generator, len(setting.on_hand_units))
        other = simulator.costs(simulator.simulate(setting, policy), **cost)
        assert (least <= other.total_cost.sum(axis=1) + 1e-6).all()


@settings(deadline=None, max_examples=25)
@given(st.integers(0, 10**6))
def test_perfect_foresight_is_reached_by_no_other_orders(seed):
    generator = np.random.default_rng(seed)
    n_periods = 4
    demand = generator.integers(0, 4, n_periods)
    plans = np.array(list(itertools.product(range(int(demand.sum()) + 1), repeat=3)))
    plans = np.c_[plans, np.zeros(len(plans))].astype(float)
    lead_time = np.tile(generator.integers(0, 2, n_periods).astype(float), (1, 1))
    cost = priced(generator, 1)
    every = simulator.costs(
        simulator.simulate(
            world(
                np.tile(demand, (len(plans), 1)),
                np.tile(lead_time, (len(plans), 1)),
                1.0,
                decisions=np.full(len(plans), 3),
            ),
            planned_orders(plans),
        ),
        **{name: np.repeat(value, len(plans)) for name, value in cost.items()},
    )
    perfect = perfect_foresight.perfect_orders(
        world(demand, lead_time, 1.0, decisions=np.array([3])), **cost
    )
    found = simulator.costs(
        simulator.simulate(perfect.setting, planned_orders(perfect.order_units)),
        **cost,
    )
    assert found.total_cost.sum() == pytest.approx(
        every.total_cost.sum(axis=1).min(), abs=1e-9
    )


def test_perfect_foresight_knows_lost_demand_only():
    with pytest.raises(ValueError, match="lost demand only"):
        perfect_foresight.perfect_orders(
            world([[1.0]], unmet="waits"),
            holding_cost_per_unit_period=np.ones(1),
            shortage_cost_per_unit=np.ones(1),
            order_cost=np.ones(1),
        )
