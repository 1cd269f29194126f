from __future__ import annotations

import itertools

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from simulated_series import requirement, residuals_of, steady

from restock import frames
from restock.replenishment.orders import transfers as tr

LINE_COLUMNS = ["location_id", "product_id", "open_units", "receipt_periods"]


def stock(location: str, product: str = "P", **changes) -> dict:
    return {
        "location_id": location,
        "product_id": product,
        "on_hand_units": 0.0,
        "surplus_units": 0.0,
        "order_qty_units": 0.0,
        "demand_per_day_units": 1.0,
        "holding_cost_per_unit_year": 3.65,
        "shortage_cost_per_unit": 2.0,
        "order_cost": 4.0,
        "order_receipt_periods": 2.0,
        "transfer_periods": 0.5,
        "cost_per_line": 5.0,
        "cost_per_unit": 0.1,
        **changes,
    }


GIVER = stock("L1", on_hand_units=90.0, surplus_units=40.0)
TAKER = stock("L2", order_qty_units=20.0)


def proposed(*rows: dict, lines=()) -> pd.DataFrame:
    """Transfers where every series sells 8 a period for certain."""
    actual = np.full((39, 4), 8.0)
    table = pd.DataFrame(rows, columns=list(stock("L1")))
    locations = table["location_id"].unique()
    forecasts = pd.concat(
        [
            steady({p: [8.0] * 4 for p in table["product_id"].unique()}).assign(
                location_id=location
            )
            for location in locations
        ]
    )
    needs = [
        requirement(row["product_id"], location_id=row["location_id"])
        for row in table.to_dict("records")
    ]
    return tr.transfer_proposals(
        forecasts,
        residuals_of(actual, actual).assign(demand_dispersion=0.0),
        pd.DataFrame(needs, columns=list(requirement())),
        table,
        pd.DataFrame(lines, columns=LINE_COLUMNS),
        n_paths=100,
        seed=1,
    )


def test_a_transfer_sells_what_comes_too_late_by_hand():
    # L2 has nothing: 12 are lost between half a period and the order's two. Moving all
    # 20 of the order saves these at 2, its line of 4, and at L1 20 units that lie 30
    # days on average at .01 a day: 24 + 4 + 6 - 5 - 2.
    (row,) = proposed(GIVER, TAKER).to_dict("records")
    assert (row["from_location_id"], row["to_location_id"]) == ("L1", "L2")
    assert row["transfer_units"] == 20
    assert row["short_units_saved"] == pytest.approx(12, rel=0.02)
    assert row["shortage_saved_value"] == pytest.approx(24, rel=0.02)
    assert row["holding_saved_value"] == pytest.approx(6)
    assert row["order_cost_saved"] == 4
    assert row["transfer_cost"] == 7


def test_an_open_line_that_comes_in_time_leaves_nothing_to_save():
    taker = stock("L2", on_hand_units=4.0)
    in_time = {
        "location_id": "L2",
        "product_id": "P",
        "open_units": 30.0,
        "receipt_periods": 0.5,
    }
    assert proposed(GIVER, taker, lines=[in_time]).empty
    late = {**in_time, "receipt_periods": 3.0}
    (row,) = proposed(GIVER, taker, lines=[late]).to_dict("records")
    assert row["short_units_saved"] == pytest.approx(20, rel=0.02)


def test_what_comes_before_the_transfer_serves_first():
    # 4 come at once and are sold by half a period, when the transfer comes: all 12
    # until the order's two periods are lost, as if they had not come. 6 leave 2.
    early = {
        "location_id": "L2",
        "product_id": "P",
        "open_units": 4.0,
        "receipt_periods": 0.0,
    }
    (row,) = proposed(GIVER, TAKER, lines=[early]).to_dict("records")
    assert row["short_units_saved"] == pytest.approx(12, rel=0.02)
    more = {**early, "open_units": 6.0}
    (row,) = proposed(GIVER, TAKER, lines=[more]).to_dict("records")
    assert row["short_units_saved"] == pytest.approx(10, rel=0.02)
    # Of 10 that come with the transfer nothing is sold before.
    with_it = {**early, "open_units": 10.0, "receipt_periods": 0.5}
    (row,) = proposed(GIVER, TAKER, lines=[with_it]).to_dict("records")
    assert row["short_units_saved"] == pytest.approx(2, rel=0.05)


def test_nothing_moves_that_costs_more_than_it_saves():
    assert proposed(GIVER, {**TAKER, "shortage_cost_per_unit": 0.0}).empty is False
    dear = [{**row, "cost_per_line": 99.0} for row in (GIVER, TAKER)]
    assert proposed(*dear).empty


def test_no_unit_is_moved_twice():
    found = proposed(
        {**GIVER, "surplus_units": 25.0}, TAKER, stock("L3", order_qty_units=20.0)
    )
    assert found["transfer_units"].sum() <= 25
    assert found["transfer_units"].max() == 20
    two = proposed(GIVER, {**GIVER, "location_id": "L0"}, TAKER)
    assert two["transfer_units"].sum() == 20


def test_products_do_not_mix_and_unknown_stock_takes_no_part():
    rows = [
        GIVER,
        stock("L2", "Q", order_qty_units=20.0),
        stock("L3", on_hand_units=None, order_qty_units=20.0),
        stock("L4", order_qty_units=20.0, shortage_cost_per_unit=None),
    ]
    assert proposed(*rows).empty


@settings(deadline=None, max_examples=60)
@given(st.integers(0, 2**32 - 1))
def test_no_other_quantity_between_two_saves_more(seed):
    numbers = np.random.default_rng(seed)
    giver = stock(
        "L1",
        surplus_units=float(numbers.integers(1, 25)),
        demand_per_day_units=float(numbers.choice([0.0, 0.1, 2.0])),
    )
    taker = stock("L2", order_qty_units=float(numbers.integers(0, 15)))
    taker["lost"] = np.sort(numbers.integers(0, 20, 7).astype(float))

    def net(units: int) -> float:
        saved = np.minimum(taker["lost"], units).mean() * 2.0
        heights = giver["surplus_units"] - units + (np.arange(units * 200) + 0.5) / 200
        rate = giver["demand_per_day_units"]
        days = np.minimum(heights / rate, 365) if rate else np.full(len(heights), 365)
        line = 4.0 if 0 < taker["order_qty_units"] <= units else 0.0
        return saved + 0.01 * days.sum() / 200 + line - 5 - 0.1 * units

    need = max(taker["order_qty_units"], np.ceil(taker["lost"].mean()))
    most = int(min(need, giver["surplus_units"]))
    best = max((net(units) for units in range(1, most + 1)), default=0.0)
    found = tr._moves([giver], [taker])
    # The sum over slices of a unit is as exact as that.
    if abs(best) < 2e-3:
        return
    if best < 0:
        assert not found
        return
    (move,) = found
    saved = (
        move["shortage_saved_value"]
        + move["holding_saved_value"]
        + move["order_cost_saved"]
        - move["transfer_cost"]
    )
    assert saved == pytest.approx(best, abs=2e-3)


def test_greedy_moves_are_not_far_from_the_best_plan():
    # Two senders, two receivers, few units: every plan is tried.
    givers = [
        stock(location, surplus_units=3.0, demand_per_day_units=rate)
        for location, rate in (("L1", 0.1), ("L2", 1.0))
    ]
    takers = [
        stock(location, order_qty_units=3.0) | {"lost": np.array([lost])}
        for location, lost in (("L3", 3.0), ("L4", 2.0))
    ]

    def total(plan) -> float:
        value = 0.0
        for giver, units in zip(givers, plan.sum(axis=1), strict=True):
            value += 3.65 * float(
                tr.holding_saved(
                    3.0,
                    np.array(units),
                    demand_per_day_units=giver["demand_per_day_units"],
                )
            )
        for taker, units in zip(takers, plan.sum(axis=0), strict=True):
            value += 2 * min(units, taker["lost"][0]) + 4 * (units >= 3)
        return value - 5 * (plan > 0).sum() - 0.1 * plan.sum()

    plans = (
        np.array(units).reshape(2, 2) for units in itertools.product(range(4), repeat=4)
    )
    legal = [
        plan
        for plan in plans
        if (plan.sum(axis=0) <= 3).all() and (plan.sum(axis=1) <= 3).all()
    ]
    moves = tr._moves(givers, takers)
    found = np.zeros((2, 2))
    for move in moves:
        row = ["L1", "L2"].index(move["from_location_id"])
        found[row, ["L3", "L4"].index(move["to_location_id"])] = move["transfer_units"]
    assert total(found) == pytest.approx(max(total(plan) for plan in legal))


def test_nothing_spare_is_an_empty_typed_table():
    assert frames.to_table(proposed(TAKER), tr.OUTPUT_SCHEMA).num_rows == 0


def rivals(count: int, seed: int = 5) -> tuple[list[dict], list[dict]]:
    """So many senders and receivers of one product, each with numbers of its own."""
    numbers = np.random.default_rng(seed)
    givers = [
        stock(
            f"G{place:03}",
            surplus_units=float(numbers.integers(1, 40)),
            demand_per_day_units=float(numbers.choice([0.0, 0.1, 2.0])),
        )
        for place in range(count)
    ]
    takers = [
        stock(f"T{place:03}", order_qty_units=float(numbers.integers(0, 25)))
        | {"lost": np.sort(numbers.integers(0, 30, 7).astype(float))}
        for place in range(count)
    ]
    return givers, takers


def every_route_each_time(givers: list[dict], takers: list[dict]) -> list[dict]:
    """The same moves, by looking at every route after each of them."""
    spare = {giver["location_id"]: giver["surplus_units"] for giver in givers}
    moved = {taker["location_id"]: 0.0 for taker in takers}
    taken, routes = [], set()
    while True:
        found = []
        for giver, taker in itertools.product(givers, takers):
            ids = giver["location_id"], taker["location_id"]
            move = tr._best_move(giver, taker, spare[ids[0]], moved[ids[1]])
            if ids not in routes and move is not None:
                found.append((-round(move[0], 9), *ids, move[1]))
        if not found:
            return taken
        *_, move = min(found, key=lambda row: row[:3])
        taken.append(move)
        routes.add((move["from_location_id"], move["to_location_id"]))
        spare[move["from_location_id"]] -= move["transfer_units"]
        moved[move["to_location_id"]] += move["transfer_units"]


@settings(deadline=None, max_examples=25)
@given(st.integers(0, 2**32 - 1))
def test_the_heap_finds_the_moves_that_looking_everywhere_finds(seed):
    givers, takers = rivals(5, seed)
    assert tr._moves(givers, takers) == every_route_each_time(givers, takers)


@pytest.mark.parametrize("count", [10, 20, 40])
def test_each_route_is_looked_at_about_once(monkeypatch, count):
    # Looking at all routes for each move takes count times as many.
    looked = []
    best_move = tr._best_move
    monkeypatch.setattr(
        tr, "_best_move", lambda *args: looked.append(1) or best_move(*args)
    )
    moves = tr._moves(*rivals(count))
    assert len(moves) > count / 3
    assert len(looked) < 2.5 * count * count
