"""What the shop did: its purchase lines through the replay, worked out by hand."""

import numpy as np
import pandas as pd
import pytest
from oracles.order_rule_texts import order_rule_texts
from test_policy_replay import CUTOFFS, IN_FORCE, KEYS, LAST, chain

from restock.replenishment.replay import (
    ordering_policies,
    own_purchases,
    policy_replay,
    replay_intervals,
    replay_tables,
)

SETTINGS = {
    "n_paths": 20,
    "cover_days": 21,
    "period_days": 7,
    "seed": 3,
    "rule_texts": order_rule_texts(),
    "rules_in_force": IN_FORCE,
}


def line(product, ordered, received, units, *, came=None, known=10):
    """A line, by days after the known cutoff; all of it came where it ever did."""
    return {
        "location_id": "L1",
        "product_id": product,
        "stock_known_index": known,
        "ordered_day": ordered,
        "received_day": received,
        "ordered_units": units,
        "received_units": came or (None if received is None else units),
    }


def every_other(n_series):
    return [line(f"P{n:02d}", 10, 20, 10) for n in range(0, n_series, 2)]


def replay(tables, lines):
    purchases = pd.DataFrame(lines, columns=own_purchases.COLUMNS)
    return policy_replay.replay(**tables, purchases=purchases, **SETTINGS)


def of_policy(rows, policy):
    return rows[rows["policy"] == policy]


def test_a_shop_by_hand():
    # Demand of 5 a week in the periods 11 to 19, 5 on hand before, charged from 12 on.
    rows = replay(
        chain(6, noise=False),
        [
            # In the stock by the cutoff; ordered before it and on its way to 12.
            line("P00", -9, 0, 50),
            line("P00", -3, 7, 8),
            # One order of two lines in period 11, one for period 13, one still open.
            line("P00", 2, 14, 10),
            line("P00", 2, None, 4),
            # 20 of 22 came on Friday of period 15, sold from Saturday on.
            line("P00", 18, 33, 22, came=20),
            # In period 18, where policies decide last; in 19, where none does.
            line("P00", 52, 56, 3),
            line("P00", 57, 63, 30),
        ],
    )
    found = of_policy(rows, "as_purchased").set_index("cutoff_index")
    assert found["product_id"].unique().tolist() == ["P00"]
    assert found["model"].unique().tolist() == ["none"]
    assert found["charged_periods"].tolist() == [1, 2, 5]
    # Closing stock of 3, 8 and 3 in the periods 12 to 14. In 15 the three last until
    # Friday, when 25 / 7 were asked for: 4 / 7 are lost. Of 20 then 10 / 7 are sold,
    # five a week after it, and three come.
    stock = [130 / 7, 95 / 7, 60 / 7, 25 / 7, 25 / 7 + 3 - 5]
    assert found["stock_unit_periods"].tolist() == pytest.approx([3, 11, sum(stock)])
    assert found["holding_cost"].tolist() == pytest.approx([3, 11, sum(stock)])
    assert found["lost_units"].tolist() == pytest.approx([0, 0, 4 / 7])
    assert found["shortage_cost"].tolist() == pytest.approx([0, 0, 36 / 7])
    assert found["sold_units"].tolist() == pytest.approx([5, 10, 25 - 4 / 7])
    assert found["order_count"].tolist() == [1, 1, 1]
    assert found["ordering_cost"].tolist() == [2, 2, 2]
    assert found["ordered_units"].tolist() == [14, 22, 3]
    # Own receipts in 13, 15 and 19: of the two cycles one was short.
    assert found["cycle_count"].tolist() == [0, 0, 2]
    assert found["short_cycle_count"].tolist() == [0, 0, 1]
    # Period 13 rests on an estimate.
    assert found["estimated_cost"].tolist() == pytest.approx([0, 8, 0])


def test_who_bought_and_whose_stock_is_known():
    tables = chain(6, noise=False)
    rows = replay(
        tables,
        [
            line("P00", -60, -50, 10),
            line("P01", 1, 5, 10, known=12),
            line("P02", 7 * (LAST - CUTOFFS[0]) + 1, 80, 10),
            line("P09", 10, 20, 10),
        ],
    )
    shop = of_policy(rows, "as_purchased")
    # P00 bought nothing of late: that is what it did. P01's stock is known too late.
    assert shop["product_id"].unique().tolist() == ["P00"]
    assert (shop["order_count"] == 0).all()
    # 5 on hand are gone in the first period, which is not charged.
    assert shop["lost_units"].tolist() == pytest.approx([5, 10, 25])
    nobody = replay(tables, [])
    assert set(rows["policy"]) - set(nobody["policy"]) == {
        "as_purchased",
        "shipped_where_purchased",
    }
    pd.testing.assert_frame_equal(
        rows[rows["policy"].isin(nobody["policy"])].reset_index(drop=True), nobody
    )


def test_the_shipped_rule_is_there_on_the_same_pairs():
    rows = replay(chain(12), [line(f"P{n:02d}", 10, 20, 10) for n in range(0, 12, 2)])
    keys = [*KEYS, "cutoff_index"]
    shop = of_policy(rows, "as_purchased").set_index(keys).sort_index()
    twin = of_policy(rows, "shipped_where_purchased").set_index(keys).sort_index()
    shipped = of_policy(rows, "shipped").query("model == 'champion'").set_index(keys)
    assert len(twin) == 6 * len(CUTOFFS)
    for name in ("charged_periods", "demand_units", "estimated_periods"):
        assert shop[name].tolist() == twin[name].tolist()
    columns = twin.columns.drop("policy")
    pd.testing.assert_frame_equal(twin[columns], shipped.loc[twin.index, columns])


def test_gaps_and_intervals_are_of_the_same_pairs():
    rows = replay(chain(24), [line(f"P{n:02d}", 10, 20, 10) for n in range(0, 24, 2)])
    found = replay_intervals.intervals(
        rows, reference_policy="shipped", reference_model="champion", seed=1
    ).set_index(["segment", "policy", "model"])
    costs = ["holding_cost", "shortage_cost", "ordering_cost"]
    total = rows.assign(cost=rows[costs].sum(axis=1)).groupby("policy")["cost"].sum()
    shop = found.loc[("all", "as_purchased", "none")]
    twin = found.loc[("all", "shipped_where_purchased", "champion")]
    gap = total["as_purchased"] - total["shipped_where_purchased"]
    assert shop["cost_gap"] == pytest.approx(gap)
    assert shop["cost_gap_low"] < gap < shop["cost_gap_high"]
    assert twin[["cost_gap", "cost_gap_low", "cost_gap_high"]].tolist() == [0, 0, 0]
    assert twin["total_cost_low"] < total["shipped_where_purchased"]
    # The others are drawn as they were without the shop.
    policies = rows[~rows["policy"].isin(["as_purchased", "shipped_where_purchased"])]
    alone = replay_intervals.intervals(
        policies, reference_policy="shipped", reference_model="champion", seed=1
    ).set_index(["segment", "policy", "model"])
    pd.testing.assert_frame_equal(found.loc[alone.index], alone)


def test_days_count_from_the_cutoff_of_the_series():
    tables = chain(6)
    forecasts = tables["forecasts"]
    is_first = (forecasts["product_id"] == "P00") & (forecasts["cutoff_index"] < 12)
    tables["forecasts"] = forecasts[~is_first]
    # P00 starts at 12: the same lines, counted from 10 and from 12.
    one = replay(tables, [line("P00", 20, 30, 9), line("P00", 9, 13, 7)])
    other = replay(
        tables,
        [line("P00", 6, 16, 9, known=12), line("P00", -5, -1, 7, known=12)],
    )
    pd.testing.assert_frame_equal(one, other)
    assert of_policy(one, "as_purchased")["order_count"].tolist() == [1, 0]


def test_a_segment_without_purchases_has_no_row_of_the_shop():
    tables = chain(12)
    rows = tables["forecasts"]
    rows.loc[rows["product_id"] >= "P06", "segment"] = "C lumpy"
    found = replay_intervals.intervals(
        replay(tables, [line("P00", 10, 20, 10)]),
        reference_policy="shipped",
        reference_model="champion",
        seed=1,
    )
    shop = found[found["policy"] == "as_purchased"]
    assert sorted(shop["segment"]) == ["A smooth", "all"]
    assert shop["total_cost_low"].isna().all()


def test_a_column_that_is_missing_is_named():
    purchases = pd.DataFrame([line("P00", 10, 20, 10)]).drop(columns="ordered_day")
    with pytest.raises(KeyError, match="purchases lacks the columns"):
        policy_replay.replay(**chain(2), purchases=purchases, **SETTINGS)


def test_a_policy_that_wants_something_unknown_is_named_with_its_series():
    tables = replay_tables.read(**chain(3))
    (series,) = tables.series_of("champion")
    settings = policy_replay.ReplaySettings(20, 7, 3)
    world = policy_replay.world_of(series, tables, settings)
    orders = np.zeros(series.demand_units.shape)
    orders[1, 4] = np.nan
    with pytest.raises(
        ValueError, match=r"policy broken on naive .* 1 series at decision 4: L1\|P01"
    ):
        policy_replay.charged_by_cutoff(
            "broken",
            "naive",
            series,
            world,
            world.setting,
            ordering_policies.planned_orders(orders),
        )


def test_free_holding_is_bought_by_every_policy():
    tables = chain(6)
    states = tables["states"]
    states["holding_cost_per_unit_period"] = 0.0
    states["target"] = "cost"
    states["eoq_units"] = states["max_lot_units"]
    rows = replay(tables, [])
    ordered = rows.groupby(["policy", "model", *KEYS])["ordered_units"].sum()
    assert (ordered > 0).all()
