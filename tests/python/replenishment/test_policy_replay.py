"""Replay of policies: what is charged, what is known, who depends on whom."""

import numpy as np
import pandas as pd
import pytest

from restock import frames
from restock.replenishment.demand import error_pools, lead_time_draws
from restock.replenishment.levels import lead_time_demand
from restock.replenishment.replay import (
    forecast_views,
    policy_levels,
    policy_replay,
    replay_intervals,
    replay_tables,
)

CUTOFFS = [10, 12, 14]
LAST = 19
HORIZON = 3
KEYS = ["location_id", "product_id"]


def chain(n_series=25, *, seed=0, noise=True, models=("champion", "naive")):
    """Tables of a small chain: weekly, lead time one week, review each week."""
    generator = np.random.default_rng(seed)
    demand = []
    forecasts = []
    states = []
    for number in range(n_series):
        ids = {"location_id": "L1", "product_id": f"P{number:02d}"}
        level = 5.0 + number % 3
        units = np.full(LAST + 1, level)
        if noise:
            units = generator.poisson(level, LAST + 1).astype(float)
        demand += [
            {
                **ids,
                "period_index": t,
                "demand_units": units[t],
                "is_estimated": t == 13,
            }
            for t in range(CUTOFFS[0] + 1, LAST + 1)
        ]
        for cutoff in CUTOFFS:
            states.append(
                {
                    **ids,
                    "cutoff_index": cutoff,
                    "target": ["cycle_service", "fill_rate", "cost"][number % 3],
                    "service_level": 0.95,
                    "holding_cost_per_unit_period": 1.0,
                    "shortage_cost_per_unit": 9.0,
                    "order_cost": 2.0,
                    "lead_time_mean_periods": 1.0,
                    "lead_time_sd_periods": 0.0,
                    "demand_dispersion": 1.0 if noise else 0.0,
                    "lead_time_source": None,
                    "review_periods": 1.0,
                    "pack_size_units": 1.0,
                    "min_order_units": 0.0,
                    "on_hand_units": level,
                    "demand_mean_units": level,
                    "demand_sd_units": 2.0,
                    "eoq_units": 0.0,
                    "max_lot_units": 52 * level,
                }
            )
            for model in models:
                for step in range(1, HORIZON + 1):
                    known = cutoff + step <= LAST
                    forecasts.append(
                        {
                            **ids,
                            "model": model,
                            "segment": "A smooth",
                            "cutoff_index": cutoff,
                            "target_index": cutoff + step,
                            "horizon": step,
                            "forecast_units": level + (model == "naive"),
                            "actual_units": units[cutoff + step] if known else np.nan,
                        }
                    )
    columns = [*KEYS, "cutoff_index", "units", "age_periods", "due_periods"]
    lead_times = pd.DataFrame(columns=["lead_time_source", "lead_time_periods"])
    return {
        "forecasts": pd.DataFrame(forecasts),
        "demand": pd.DataFrame(demand),
        "states": pd.DataFrame(states),
        "open_orders": pd.DataFrame(columns=columns),
        "lead_times": lead_times,
    }


def replay(tables):
    return policy_replay.replay(
        **tables, n_paths=60, cover_days=21, period_days=7, season_length=52, seed=3
    )


def total_cost(rows):
    return rows["holding_cost"] + rows["shortage_cost"] + rows["ordering_cost"]


def test_steady_demand_is_met_from_nothing_left_over():
    rows = replay(chain(noise=False))
    # Errors are first known at the second cutoff: from there all is certain.
    later = rows[(rows["cutoff_index"] == 14) & (rows["model"] == "champion")]
    for policy in ("base_stock", "min_max", "shipped", "projected_stock"):
        of_policy = later[later["policy"] == policy]
        assert len(of_policy) == 25
        assert (of_policy["lost_units"] == 0).all()
        # A few still sell off what was bought before any error was known.
        assert of_policy["stock_unit_periods"].median() <= 1
        # Periods 15 to 19; the last decision is the one before period 18.
        assert (of_policy["charged_periods"] == 5).all()
        assert of_policy["ordering_cost"].median() == 2.0 * 4


def test_costs_follow_from_the_counts():
    rows = replay(chain())
    assert np.allclose(rows["holding_cost"], rows["stock_unit_periods"])
    assert np.allclose(rows["shortage_cost"], 9 * rows["lost_units"])
    assert np.allclose(rows["ordering_cost"], 2 * rows["order_count"])
    assert np.allclose(rows["sold_units"] + rows["lost_units"], rows["demand_units"])
    # Of the first stretch only period 12 is charged, of the second 13 and 14.
    counts = rows.groupby("cutoff_index")[["charged_periods", "estimated_periods"]]
    assert counts.min().to_numpy().tolist() == [[1, 0], [2, 1], [5, 0]]
    assert (counts.min() == counts.max()).all(axis=None)
    assert (rows["estimated_cost"] > 0).any()
    by_cutoff = rows.groupby("cutoff_index")["estimated_cost"].max()
    assert by_cutoff[10] == by_cutoff[14] == 0


def test_the_raised_textbook_serves_as_much_and_no_more_than_it_must():
    rows = replay(chain())
    units = rows.groupby(["model", "policy"])[["sold_units", "demand_units"]].sum()
    fill = units["sold_units"] / units["demand_units"]
    for model in ("champion", "naive"):
        assert fill[model, "textbook_raised"] >= fill[model, "shipped"]
        assert fill[model, "textbook"] <= fill[model, "textbook_raised"]
    assert not rows["policy"].str.contains(" ").any()


def test_no_policy_costs_less_than_perfect_foresight():
    rows = replay(chain())
    cost = (
        rows.assign(cost=total_cost(rows))
        .groupby(["policy", "model", *KEYS])["cost"]
        .sum()
    )
    least = cost["perfect_foresight", "none"]
    assert cost.index.get_level_values("policy").nunique() == 10
    for key in {key[:2] for key in cost.index}:
        assert (cost[key] >= least - 1e-9).all(), key


def test_the_future_changes_nothing_that_was_decided():
    tables = chain()
    before = replay(tables)
    changed = {name: frame.copy() for name, frame in tables.items()}
    is_future = changed["demand"]["period_index"] > 14
    changed["demand"].loc[is_future, "demand_units"] *= 7
    rows = changed["forecasts"]
    rows.loc[rows["target_index"] > 14, "actual_units"] *= 7
    rows.loc[rows["cutoff_index"] == 14, "forecast_units"] += 40
    states = changed["states"]
    states.loc[states["cutoff_index"] == 14, "eoq_units"] = 90
    after = replay(changed)
    # Two yardsticks know the future: the lower bound, and the z that served as much.
    sees_nothing = ~before["policy"].isin(["perfect_foresight", "textbook_raised"])
    early = sees_nothing & (before["cutoff_index"] < 14)
    pd.testing.assert_frame_equal(before[early], after[early])
    late = sees_nothing & (before["cutoff_index"] == 14)
    assert (before[late]["ordered_units"] != after[late]["ordered_units"]).any()


def test_errors_are_known_when_their_period_has_ended():
    tables = chain(3)
    known = replay_tables.read(**tables).errors_known("champion", 14)
    assert sorted(known["cutoff_date"].unique()) == [10, 12]
    is_known = known["actual_units"].notna()
    assert (is_known == (known["target_index"] <= 14)).all()
    assert not is_known.all()


def test_a_cutoff_of_the_season_ahead_lends_its_errors_and_is_not_followed():
    tables = chain(n_series=4)
    year_ago = tables["forecasts"].query("cutoff_index == 10").copy()
    year_ago["cutoff_index"] -= 52
    year_ago["target_index"] -= 52
    tables["forecasts"] = pd.concat([year_ago, tables["forecasts"]])
    read = replay_tables.read(**tables)
    assert read.cutoffs == CUTOFFS
    # Decisions until the last period known, not over the months between.
    assert read.oldest_forecast == 4
    assert (read.errors_known("champion", 10)["cutoff_date"] == 10 - 52).all()
    assert len(read.errors_known("champion", 10)) == 4 * HORIZON


def test_a_series_does_not_depend_on_the_others_nor_on_the_order_of_rows():
    tables = chain()
    tables["states"].loc[
        tables["states"]["product_id"] == "P03", "lead_time_mean_periods"
    ] = 2.5
    everything = replay(tables)
    shuffled = {
        name: frame.sample(frac=1, random_state=5) for name, frame in tables.items()
    }
    pd.testing.assert_frame_equal(replay(shuffled), everything)
    # The errors are pooled, so they stay; the others are not replayed.
    states = tables["states"].copy()
    states.loc[states["product_id"] != "P01", "shortage_cost_per_unit"] = None
    alone = replay(tables | {"states": states})
    wanted = everything[everything["product_id"] == "P01"]
    pd.testing.assert_frame_equal(alone, wanted.reset_index(drop=True))


def test_who_lacks_something_is_left_out_or_starts_later():
    tables = chain(6)
    states = tables["states"]
    states.loc[states["product_id"] == "P00", "shortage_cost_per_unit"] = None
    states.loc[states["product_id"] == "P01", "service_level"] = None
    states.loc[states["product_id"] == "P02", "service_level"] = None
    forecasts = tables["forecasts"]
    is_late = (forecasts["product_id"] == "P04") & (forecasts["cutoff_index"] < 12)
    is_late &= forecasts["model"] == "naive"
    rows = replay(tables | {"forecasts": forecasts[~is_late]})
    # P02 aims at least cost and needs no service level.
    assert sorted(rows["product_id"].unique()) == ["P02", "P03", "P04", "P05"]
    assert rows[rows["product_id"] == "P04"]["cutoff_index"].min() == 12
    assert rows[rows["product_id"] == "P05"]["cutoff_index"].min() == 10


def test_open_orders_and_lead_times_seen_are_used():
    tables = chain(25, noise=False)
    tables["states"]["on_hand_units"] = 0.0
    tables["states"]["lead_time_source"] = "vendor V"
    tables["lead_times"] = pd.DataFrame(
        {"lead_time_source": ["vendor V"], "lead_time_periods": [2.2]}
    )
    ids = {"location_id": ["L1"], "product_id": ["P00"], "cutoff_index": [10]}
    tables["open_orders"] = pd.DataFrame(
        {**ids, "units": [500.0], "age_periods": [0], "due_periods": [4]}
    )
    rows = replay(tables)
    first = rows[rows["product_id"] == "P00"]
    # A lead time of three periods: the first order sells from period 14 on.
    assert first.groupby("cutoff_index")["charged_periods"].max().tolist() == [0, 1, 5]
    stock = first[first["cutoff_index"] == 14].set_index("policy")
    # The 500 come in period 15 and are held from then on.
    held = 5 * 500 - 5 * (1 + 2 + 3 + 4 + 5)
    assert (stock["stock_unit_periods"] >= held).all()


def test_an_empty_replay_has_its_columns():
    tables = {name: frame.head(0) for name, frame in chain(1).items()}
    rows = replay(tables)
    assert rows.empty
    table = frames.to_table(rows, policy_replay.OUTPUT_SCHEMA)
    assert table.schema == policy_replay.OUTPUT_SCHEMA
    nothing = replay_intervals.intervals(
        rows, reference_policy="shipped", reference_model="champion", seed=1
    )
    assert nothing.empty


def test_what_makes_no_sense_is_refused():
    tables = chain(2)
    with pytest.raises(KeyError, match="demand lacks the columns"):
        replay(tables | {"demand": tables["demand"].drop(columns="is_estimated")})
    with pytest.raises(ValueError, match="occurs twice in states"):
        replay(tables | {"states": pd.concat([tables["states"]] * 2)})
    with pytest.raises(ValueError, match="target must be one of"):
        replay(tables | {"states": tables["states"].assign(target="profit")})
    with pytest.raises(ValueError, match="demand_units must be zero or more"):
        replay(tables | {"demand": tables["demand"].assign(demand_units=-1.0)})


@pytest.mark.parametrize("target", ["cycle_service", "fill_rate", "cost"])
def test_the_replayed_level_is_the_shipped_one(target):
    tables = chain()
    errors = tables["forecasts"]
    errors = errors.assign(cutoff_date=errors["cutoff_index"], protection_periods=3)
    errors = errors[errors["model"] == "champion"]
    live = np.array([[6.0, 7.0, 8.0, 9.0, 5.0]])
    need = {
        "location_id": ["L1"],
        "product_id": ["P01"],
        "segment": ["A smooth"],
        "target": [target],
        "service_level": [0.93],
        "elapsed_periods": [0.0],
        "lead_time_mean_periods": [2.0],
        "lead_time_sd_periods": [0.0],
        "review_periods": [1.0],
        "holding_cost_per_unit_period": [1.0],
        "shortage_cost_per_unit": [9.0],
        "lot_units": [20.0],
        "economic_lot_units": [20.0],
        "inventory_position_units": [0.0],
        "on_hand_units": [0.0],
        "unit_margin": [1.0],
    }
    shipped = lead_time_demand.simulate(
        pd.DataFrame(
            {
                "location_id": "L1",
                "product_id": "P01",
                "horizon": np.arange(1, 6),
                "forecast_units": live[0],
            }
        ),
        errors,
        pd.DataFrame(need),
        n_paths=60,
        seed=3,
    )
    library = error_pools.ErrorLibrary(errors, error_pools.Settings(n_paths=60))
    paths, reviews, trust = forecast_views.draw_paths(
        [("L1", "P01")],
        np.array(["A smooth"], dtype=object),
        live,
        np.array([1.0]),
        library,
        needed=np.array([3]),
        review_periods=np.array([1]),
        oldest=2,
        seed=3,
    )
    found = policy_levels.levels(
        paths,
        reviews,
        np.full((1, 60), 2),
        policy_levels.Terms(
            target=np.array([target], dtype=object),
            service_level=np.array([0.93]),
            holding_cost_per_unit_period=np.array([1.0]),
            shortage_cost_per_unit=np.array([9.0]),
            order_cost=np.array([2.0]),
            review_periods=np.array([1]),
        ),
        level_trust=trust,
        forecast_units=live,
        economic_lot_units=np.array([20.0]),
        textbook_lot_units=np.array([30.0]),
        demand_sd_units=np.array([2.0]),
        cover_periods=4,
    )
    point = np.ceil(shipped["reorder_point_units"][0] - 1e-9)
    assert found.reorder_point_units[0] == point
    rate = shipped["lead_time_demand_units"][0] / 3
    assert found.order_up_to_units[0] == point + np.floor(0.5 + 20 - rate)
    assert found.lot_units[0] == 20
    assert found.textbook_lot_units[0] == 30
    assert found.cover_units[0] == 30
    # 7 a week over two weeks and 1.4758 x 2 x sqrt(2): 18.17.
    if target != "cost":
        assert found.textbook_reorder_point_units[0] == 19


def test_a_forecast_too_short_is_refused():
    with pytest.raises(ValueError, match="a forecast of 2 periods is shorter"):
        policy_levels.levels(
            np.ones((1, 3, 2)),
            np.ones((1, 3)),
            np.full((1, 3), 2),
            policy_levels.Terms(
                target=np.array(["cost"], dtype=object),
                service_level=np.array([np.nan]),
                holding_cost_per_unit_period=np.ones(1),
                shortage_cost_per_unit=np.ones(1),
                order_cost=np.ones(1),
                review_periods=np.array([1]),
            ),
            level_trust=np.ones(1),
            forecast_units=np.ones((1, 5)),
            economic_lot_units=np.zeros(1),
            textbook_lot_units=np.zeros(1),
            demand_sd_units=np.ones(1),
            cover_periods=1,
        )


def test_lead_times_are_those_seen_or_planned():
    ids = [("L1", "A"), ("L1", "B")]
    planned = lead_time_draws.planned(
        ids, np.array([2.0, 1.5]), np.array([0.0, 0.5]), n_paths=2000, seed=1, tail=0.99
    )
    assert set(planned[0]) == {2}
    assert set(planned[1]) == {1, 2, 3}
    happened = lead_time_draws.happened(
        ids,
        [np.array([0.4, 3.0]), np.empty(0)],
        planned,
        n_decisions=400,
        seed=1,
    )
    assert set(happened[0]) == {1, 3}
    assert set(happened[1]) == {1, 2, 3}


def costs_of(values, policy):
    return pd.DataFrame(
        {
            "segment": "A smooth",
            "policy": policy,
            "model": "champion",
            "location_id": "L1",
            "product_id": [f"P{number}" for number in range(len(values))],
            "holding_cost": values,
            "shortage_cost": 0.0,
            "ordering_cost": 1.0,
        }
    )


def bounds(replays):
    table = replay_intervals.intervals(
        replays, reference_policy="a", reference_model="champion", seed=1
    )
    return table.set_index(["segment", "policy"]).sort_index()


def test_intervals_are_of_sums_over_series_drawn_anew():
    values = np.random.default_rng(2).gamma(2, 10, 60)
    table = bounds(pd.concat([costs_of(values, "a"), costs_of(values + 3, "b")]))
    error = np.sqrt(60) * values.std()
    row = table.loc[("all", "a")]
    assert row["total_cost_low"] == pytest.approx(
        values.sum() + 60 - 1.96 * error, abs=0.25 * error
    )
    assert row["total_cost_high"] == pytest.approx(
        values.sum() + 60 + 1.96 * error, abs=0.25 * error
    )
    # The same series, each dearer by three: the gap is certain.
    gap = table.loc[("A smooth", "b"), ["cost_gap", "cost_gap_low", "cost_gap_high"]]
    assert gap.tolist() == pytest.approx([180.0, 180.0, 180.0])
    assert (table.loc[(slice(None), "a"), "cost_gap_high"] == 0).all()


def test_four_series_say_nothing_about_the_spread():
    table = bounds(costs_of(np.arange(4.0), "a"))
    assert table["total_cost_low"].isna().all()
    assert (table["cost_gap"] == 0).all()
