from __future__ import annotations

import itertools

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from simulated_series import KEYS, forecasts_of, requirement, residuals_of

from restock import frames
from restock.inventory import quantity_discounts
from restock.replenishment.levels import lead_time_demand
from restock.replenishment.orders import prioritised_purchase
from restock.replenishment.orders import purchase_list as pl

PROTECT = {
    "holding_cost": 0.5,
    "lot_periods": 2.0,
    "point_units": 99.0,
    "economic_lot_units": np.nan,
    "rate": 3.0,
    "review_units": 3.0,
}


def history(seed: int = 0, mean: float = 8.0) -> pd.DataFrame:
    """Sixty paths of independent Poisson demand, forecast by its mean."""
    actual = np.random.default_rng(seed).poisson(mean, size=(60, 4)).astype(float)
    return residuals_of(np.full(4, mean), actual)


def order(product: str = "P", **changes) -> dict:
    return {
        "location_id": "L1",
        "product_id": product,
        "order_qty_units": 6.0,
        "pack_size_units": 1.0,
        "min_order_units": 0.0,
        "reorder_point_units": 16.0,
        "order_value": 12.0,
        "price_break_units": 0.0,
        "price_break_saving_value": 0.0,
        **changes,
    }


def ranked(needs: list[dict], orders: list[dict], *, budget=None, bands=None, seed=1):
    requirements = pd.DataFrame(needs).assign(
        economic_lot_units=lambda frame: frame.get("economic_lot_units", np.nan)
    )
    products = {need["product_id"]: [8.0] * 4 for need in needs}
    return pl.purchase_list(
        forecasts_of(products),
        history(),
        requirements,
        pd.DataFrame(orders, columns=list(order())),
        budget=budget,
        bands=bands,
        n_paths=200,
        seed=seed,
    )


def test_a_unit_is_worth_what_it_saves_by_hand():
    # Demand 0, 1, 1 or 3. Unit 1 sells in 3 of 4: 4 x .75 - .5 x 2 x .25 = 2.75;
    # unit 2 and 3 in 1 of 4: 4 x .25 - 1 x .75 = .25; unit 4 never: -1.
    sold, value = pl.step_values(
        np.array([1.0, 2.0, 3.0, 4.0]),
        np.array([0.0, 1.0, 1.0, 3.0]),
        shortage_cost=4.0,
        **PROTECT,
    )
    assert sold == pytest.approx([0.75, 0.25, 0.25, 0.0])
    assert value == pytest.approx([2.75, 0.25, 0.25, -1.0])


def test_units_beyond_the_reorder_point_save_orders_until_the_lot_is_economic():
    # Nothing sells before the next order. Point after 2 units, a review takes 3, the
    # lot is 5: units 3 and 4 of the order are units 4 and 5 of the lot, worth
    # .5 x (5 - 3.5) / 3 and .5 x (5 - 4.5) / 3; the next one costs as much as that.
    terms = {**PROTECT, "point_units": 2.0, "economic_lot_units": 5.0}
    _, value = pl.step_values(
        np.arange(1.0, 6.0), np.zeros(4), shortage_cost=4.0, **terms
    )
    assert value == pytest.approx([-1.0, -1.0, 0.25, 0.5 / 6, -0.5 / 6])


@given(
    st.lists(st.integers(0, 9), min_size=1, max_size=12),
    st.floats(0.1, 9),
    st.floats(0.01, 2),
)
@settings(max_examples=60, deadline=None)
def test_whole_units_are_worth_the_marginal_analysis(demand, shortage, holding):
    demand = np.sort(np.array(demand, dtype=float))
    ranks = np.arange(1.0, 11.0)
    _, value = pl.step_values(
        ranks,
        demand,
        shortage_cost=shortage,
        **{**PROTECT, "holding_cost": holding, "lot_periods": 1.0},
    )
    reached = (demand >= ranks[:, None]).mean(axis=1)
    assert value == pytest.approx(shortage * reached - holding * (1 - reached))


@given(st.lists(st.tuples(st.floats(-5, 5), st.floats(0.5, 3)), min_size=1, max_size=9))
@settings(max_examples=80, deadline=None)
def test_pooled_values_fall_and_keep_the_total(steps):
    values, weights = np.array(steps).T
    pooled = pl.pooled_values(values, weights)
    assert (np.diff(pooled) <= 1e-9).all()
    assert pooled @ weights == pytest.approx(values @ weights)
    # No first steps are worth more than pooling promises.
    assert (np.cumsum(values * weights) <= np.cumsum(pooled * weights) + 1e-9).all()


@given(st.lists(st.tuples(st.floats(-5, 5), st.floats(0.5, 3)), min_size=1, max_size=9))
@settings(max_examples=80, deadline=None)
def test_pooled_values_are_those_of_the_best_and_worst_stretches(steps):
    # The least, over where a stretch begins, of the most, over where it ends.
    values, weights = np.array(steps).T
    n = len(values)
    by_hand = [
        min(
            max(
                np.average(values[first:last], weights=weights[first:last])
                for last in range(step + 1, n + 1)
            )
            for first in range(step + 1)
        )
        for step in range(n)
    ]
    assert pl.pooled_values(values, weights) == pytest.approx(by_hand, abs=1e-9)


@given(
    starts=st.lists(st.integers(2, 60), max_size=4, unique=True),
    prices=st.lists(st.integers(1, 400), min_size=5, max_size=5),
    pack=st.sampled_from([1.0, 2.0, 5.0, 0.5]),
    packs=st.integers(1, 40),
    is_incremental=st.booleans(),
)
@settings(max_examples=200, deadline=None)
def test_costs_by_break_point_are_those_unit_by_unit(
    starts, prices, pack, packs, is_incremental
):
    ladder = pd.DataFrame(
        {
            "min_units": [0, *sorted(starts)],
            "unit_cost": np.array(prices[: len(starts) + 1]) / 8,
            "is_incremental": is_incremental,
        }
    )
    ends = np.arange(1, packs + 1) * pack
    one_by_one = [
        quantity_discounts.order_value(
            units,
            breakpoints_units=ladder["min_units"].tolist(),
            unit_prices=ladder["unit_cost"].tolist(),
            is_incremental=is_incremental,
        )
        for units in ends
    ]
    costs = pl.purchase_costs(ends, one_by_one[-1], ladder.sample(frac=1))
    # Prices in eighths: sums are exact, and so is what costs the same.
    assert costs.tolist() == one_by_one


@given(st.data())
@settings(max_examples=30, deadline=None)
def test_no_other_purchase_for_the_same_money_is_worth_more(data):
    # Where the pooled value falls the list is cut without remainder: there it must
    # beat every combination of quantities that costs no more.
    n_items = data.draw(st.integers(2, 3))
    numbers = np.random.default_rng(data.draw(st.integers(0, 10**6)))
    values = [numbers.uniform(-1, 5, size=numbers.integers(1, 5)) for _ in range(3)]
    prices = numbers.integers(1, 5, size=3)
    steps = pd.concat(
        [
            pd.DataFrame(
                {
                    "location_id": "L1",
                    "product_id": f"P{item}",
                    "unit_rank": np.arange(1.0, len(values[item]) + 1),
                    "step_units": 1.0,
                    "step_cost": float(prices[item]),
                    "expected_sold_units": 0.0,
                    "expected_value": values[item],
                    "value_per_currency": pl.pooled_values(
                        values[item], np.ones(len(values[item]))
                    )
                    / prices[item],
                    "is_free": False,
                }
            )
            for item in range(n_items)
        ]
    )
    listed = pl._ranked(steps, None)
    ratio = listed["value_per_currency"].to_numpy()
    spend = listed["step_cost"].cumsum().to_numpy()
    gain = listed["expected_value"].cumsum().to_numpy()
    ends = np.append(ratio[:-1] > ratio[1:] + 1e-9, True) & (ratio >= 0)
    for place in np.flatnonzero(ends):
        best = max(
            sum(values[item][:count].sum() for item, count in enumerate(counts))
            for counts in itertools.product(
                *(range(len(values[item]) + 1) for item in range(n_items))
            )
            if np.dot(counts, prices[:n_items]) <= spend[place]
        )
        assert gain[place] == pytest.approx(best)


def test_the_list_is_the_order_and_its_units_keep_their_order():
    listed = ranked(
        [requirement("P"), requirement("Q")],
        [order("P"), order("Q", order_qty_units=24.0, pack_size_units=5.0)],
    )
    total = listed.groupby("product_id")["step_units"].sum()
    assert total.to_dict() == {"P": 6.0, "Q": 24.0}
    assert listed["is_within_budget"].all()
    assert (listed["value_per_currency"].diff().dropna() <= 1e-12).all()
    for _, steps in listed.groupby("product_id"):
        assert steps["unit_rank"].is_monotonic_increasing


def test_the_first_step_is_the_smallest_order():
    listed = ranked(
        [requirement()],
        [order(order_qty_units=20.0, pack_size_units=4.0, min_order_units=10.0)],
    )
    assert listed["step_units"].tolist() == [12.0, 4.0, 4.0]


def test_least_cost_orders_every_unit_that_is_worth_its_money():
    # No lead time, so no demand is lost before the order arrives.
    need = requirement(
        target="cost",
        lead_time_mean_periods=0.0,
        inventory_position_units=0.0,
        lot_units=8.0,
    )
    arguments = forecasts_of({"P": [8.0] * 4}), history(), pd.DataFrame([need])
    (point,) = lead_time_demand.simulate(*arguments, n_paths=200, seed=1)[
        "reorder_point_units"
    ]
    listed = ranked([need], [order(order_qty_units=30.0, reorder_point_units=99.0)])
    worth = listed["unit_rank"][listed["expected_value"] > 0].max()
    # The order rounds the point up; the part of a unit that is too much decides.
    assert worth in (np.floor(point), np.ceil(point))


def test_units_for_a_lower_price_share_what_it_saves():
    raised = order(price_break_units=2.0, price_break_saving_value=3.0)
    values = ranked([requirement()], [raised]).sort_values("unit_rank")
    plain = ranked([requirement()], [order()]).sort_values("unit_rank")
    assert values["expected_value"].tolist() == pytest.approx(
        [*plain["expected_value"].tolist()[:4], 1.5, 1.5]
    )


def bands_of(prices: dict[float, float], *, is_incremental: bool) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "product_id": "P",
            "min_units": list(prices),
            "unit_cost": list(prices.values()),
            "is_incremental": is_incremental,
        }
    )


def test_a_part_of_an_order_pays_the_price_of_the_part():
    # Six at 2, and 1.5 from the fifth on. All units: four cost 8 and five 7.5, so
    # units 4 and 5 are one step of 1.5 after 6. Incremental: the sixth costs 1.5.
    raised = order(order_value=9.0)
    listed = ranked(
        [requirement()], [raised], bands=bands_of({0: 2, 5: 1.5}, is_incremental=False)
    )
    assert listed["unit_rank"].tolist() == [1, 2, 3, 5, 6]
    assert listed["step_cost"].tolist() == pytest.approx([2, 2, 2, 1.5, 1.5])
    assert listed["step_units"].sum() == 6
    plain = ranked([requirement()], [order()])
    assert listed["expected_value"].sum() == pytest.approx(
        plain["expected_value"].sum()
    )
    listed = ranked(
        [requirement()],
        [order(order_value=11.5)],
        bands=bands_of({0: 2, 5: 1.5}, is_incremental=True),
    )
    assert listed["step_cost"].sum() == pytest.approx(11.5)
    assert listed["step_cost"].tolist() == pytest.approx([2, 2, 2, 2, 2, 1.5])


@pytest.mark.parametrize("is_incremental", [False, True])
@pytest.mark.parametrize("budget", [0.0, 3.0, 6.5, 7.5, 8.0, 9.0, 99.0])
def test_a_budget_pays_for_what_it_buys(budget, is_incremental):
    bands = bands_of({0: 2, 5: 1.5}, is_incremental=is_incremental)
    value = 11.5 if is_incremental else 9.0
    listed = ranked(
        [requirement()], [order(order_value=value)], bands=bands, budget=budget
    )
    bought = listed[listed["is_within_budget"]]
    units = bought["step_units"].sum()
    lower, upper = min(units, 5), max(units - 5, 0)
    paid = (
        2 * lower + 1.5 * upper
        if is_incremental
        else units * (1.5 if units >= 5 else 2)
    )
    assert bought["step_cost"].sum() == pytest.approx(paid)
    assert paid <= budget + 1e-9


def test_units_that_are_given_away_come_first():
    # Four for nothing, then six at 1.5 each: one free step, one of 7.5, one of 1.5.
    bands = bands_of({0: 0, 5: 1.5}, is_incremental=False)
    listed = ranked([requirement()], [order(order_value=9.0)], bands=bands)
    assert listed["unit_rank"].tolist() == [4, 5, 6]
    assert listed["step_cost"].tolist() == pytest.approx([0.0, 7.5, 1.5])
    assert np.isfinite(listed["value_per_currency"]).all()


def test_a_value_that_the_prices_do_not_give_is_one_price():
    bands = bands_of({0: 2, 5: 1.5}, is_incremental=False)
    listed = ranked([requirement()], [order(order_value=12.0)], bands=bands)
    assert listed["step_cost"].tolist() == pytest.approx([2.0] * 6)


def test_what_is_lost_before_an_order_arrives_is_not_its_value():
    late = ranked([requirement(inventory_position_units=0.0)], [order()])
    covered = ranked([requirement(inventory_position_units=16.0)], [order()])
    # With nothing on the way all of lead time is lost: a review's demand is left.
    assert late["expected_sold_units"].sum() < 6
    assert late["expected_sold_units"].sum() > covered["expected_sold_units"].sum()


@pytest.mark.parametrize("budget", [0.0, 5.0, 11.99, 12.0, 1e9])
def test_a_budget_is_kept_and_the_list_does_not_depend_on_it(budget):
    needs, orders = [requirement("P"), requirement("Q")], [order("P"), order("Q")]
    free, cut = ranked(needs, orders), ranked(needs, orders, budget=budget)
    spend = cut["step_cost"][cut["is_within_budget"]].sum()
    assert spend <= budget
    assert spend == pytest.approx(min(budget // 2 * 2, 24.0))
    pd.testing.assert_frame_equal(
        free.drop(columns="is_within_budget"), cut.drop(columns="is_within_budget")
    )


def test_what_is_unknown_in_money_comes_last_and_no_budget_buys_it():
    listed = ranked(
        [requirement("P", shortage_cost_per_unit=None), requirement("Q")],
        [order("P"), order("Q", order_value=None)],
        budget=12.0,
    )
    assert listed["value_per_currency"].isna().all()
    bought = listed[listed["is_within_budget"]]
    assert set(bought["product_id"]) == {"P"}
    assert listed.loc[listed["product_id"] == "Q", "step_cost"].isna().all()


def test_what_costs_nothing_is_bought_first():
    listed = ranked(
        [requirement("P"), requirement("Q")], [order("P"), order("Q", order_value=0.0)]
    )
    assert listed["product_id"].iloc[0] == "Q"


def test_other_series_do_not_move_a_value():
    alone = ranked([requirement("Q")], [order("Q")])
    among = ranked([requirement("P"), requirement("Q")], [order("P"), order("Q")])
    columns = [*KEYS, "unit_rank", "expected_value"]
    pd.testing.assert_frame_equal(
        alone[columns],
        among.loc[among["product_id"] == "Q", columns].reset_index(drop=True),
    )


def test_nothing_to_order_is_an_empty_typed_table():
    listed = ranked([requirement()], [])
    table = frames.to_table(listed, pl.OUTPUT_SCHEMA)
    assert table.num_rows == 0
    assert table.schema == pl.OUTPUT_SCHEMA


def test_a_negative_budget_is_refused():
    with pytest.raises(ValueError, match="zero or more; got -1"):
        ranked([requirement()], [order()], budget=-1)
    with pytest.raises(ValueError, match="zero or more; got -1"):
        prioritised_purchase.affordable(np.ones(1), np.zeros(1, dtype=int), budget=-1)
