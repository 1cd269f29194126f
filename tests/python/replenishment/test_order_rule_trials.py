"""Order rules and the time that a unit too many is held: found by replay."""

import numpy as np
import pandas as pd
import pytest
from oracles.order_rule_texts import order_rule_texts

from restock.replenishment.replay import order_rule_trials

KEYS = ["location_id", "product_id"]
OPEN_ORDER_NUMBERS = ["units", "age_periods", "due_periods", "promised_periods"]
CUTOFFS = [10, 12, 14, 16]
LAST = 21
HORIZON = 3


def chain(forecast_at, *, n_series=40, target="cost"):
    """Poisson demand of 4 by week; lead time and review of a week."""
    generator = np.random.default_rng(5)
    demand, states, forecasts = [], [], []
    for number in range(n_series):
        ids = {"location_id": "L1", "product_id": f"P{number:02d}"}
        units = generator.poisson(4.0, LAST + 1).astype(float)
        demand += [
            {
                **ids,
                "period_index": t,
                "demand_units": units[t],
                "is_estimated": False,
            }
            for t in range(CUTOFFS[0] + 1, LAST + 1)
        ]
        for cutoff in CUTOFFS:
            states.append(
                {
                    **ids,
                    "cutoff_index": cutoff,
                    "target": target,
                    "service_level": 0.9,
                    "holding_cost_per_unit_period": 1.0,
                    "shortage_cost_per_unit": 9.0,
                    "order_cost": 0.0,
                    "lead_time_mean_periods": 1.0,
                    "lead_time_sd_periods": 0.0,
                    "lead_time_source": None,
                    "review_periods": 1.0,
                    "pack_size_units": 1.0,
                    "min_order_units": 0.0,
                    "on_hand_units": 8.0,
                    "demand_mean_units": 8.0,
                    "shelf_life_days": None,
                    "unit_cost": 2.0,
                    "unit_price": 11.0,
                    "demand_dispersion": 1.0,
                    "eoq_units": 0.0,
                    "max_lot_units": 416.0,
                }
            )
            forecasts += [
                {
                    **ids,
                    "model": "champion",
                    "segment": "A smooth",
                    "cutoff_index": cutoff,
                    "target_index": cutoff + step,
                    "horizon": step,
                    "forecast_units": forecast_at(number, cutoff),
                    "actual_units": units[cutoff + step],
                }
                for step in range(1, HORIZON + 1)
            ]
    return {
        "forecasts": pd.DataFrame(forecasts),
        "demand": pd.DataFrame(demand),
        "states": pd.DataFrame(states),
        "open_orders": pd.DataFrame(
            columns=[
                *KEYS,
                "cutoff_index",
                "units",
                "age_periods",
                "due_periods",
                "promised_periods",
            ]
        ),
        "lead_times": pd.DataFrame(columns=["lead_time_source", "lead_time_periods"]),
    }


def compare(tables, candidates=(1, 2, 4)):
    return order_rule_trials.compare(
        **tables,
        rule_texts=order_rule_texts(),
        candidates=candidates,
        n_paths=60,
        period_days=7,
        seed=3,
    )


def forecast_rule(table):
    return table[table["order_rule"] == "forecast"].reset_index(drop=True)


def test_a_dearer_excess_holds_less_and_loses_more():
    table = forecast_rule(compare(chain(lambda number, cutoff: 4.0)))
    assert table["excess_holding_periods"].tolist() == [1, 2, 4]
    assert table["series_count"].tolist() == [40] * 3
    assert table["holding_cost"].is_monotonic_decreasing
    assert table["shortage_cost"].is_monotonic_increasing
    assert (table["ordering_cost"] == 0).all()


def test_a_forecast_that_jumps_makes_excess_stay():
    steady = forecast_rule(compare(chain(lambda number, cutoff: 4.0)))
    # High at every other cutoff, so that what was ordered then is too much after.
    jumpy = forecast_rule(
        compare(
            chain(lambda number, cutoff: 7.0 if (cutoff // 2 + number) % 2 else 1.5)
        )
    )

    def gain(table):
        total = table[["holding_cost", "shortage_cost"]].sum(axis=1)
        return total.iloc[0] - total.iloc[1]

    assert gain(jumpy) > gain(steady)


@pytest.mark.parametrize("target", ["cycle_service", "fill_rate"])
def test_a_promised_service_is_not_traded_for_cost(target):
    table = compare(chain(lambda number, cutoff: 4.0, target=target))
    assert set(table["excess_holding_periods"]) == {1.0}
    assert table["asked_service_level"].tolist() == pytest.approx([0.9] * 3)


def test_every_rule_is_tried_and_the_textbook_once():
    table = compare(chain(lambda number, cutoff: 4.0))
    tried = table.groupby("order_rule")["excess_holding_periods"].apply(list).to_dict()
    assert tried == {
        "forecast": [1.0, 2.0, 4.0],
        "forecast_lots": [1.0, 2.0, 4.0],
        "textbook": [1.0],
    }


def test_two_replays_are_equal():
    tables = chain(lambda number, cutoff: 4.0)
    pd.testing.assert_frame_equal(compare(tables), compare(tables))


def test_less_than_a_period_is_refused():
    with pytest.raises(ValueError, match="1 or more"):
        compare(chain(lambda number, cutoff: 4.0), candidates=(0.5, 1))
