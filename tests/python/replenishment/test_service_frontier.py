from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from simulated_series import requirement, residuals_of, steady

from restock import frames
from restock.replenishment.levels import lead_time_demand
from restock.replenishment.levels import service_frontier as sf


def history(spread: bool = True) -> pd.DataFrame:
    shape = (99, 4)
    numbers = np.random.default_rng(3).poisson(8, size=shape).astype(float)
    return residuals_of(np.full(shape, 8.0), numbers if spread else np.full(shape, 8.0))


def point(product: str = "P", units: float | None = 30.0, cycle: float = 0.0) -> dict:
    return {
        "location_id": "L1",
        "product_id": product,
        "reorder_point_units": units,
        "cycle_stock_units": cycle,
    }


def measured(needs, points, levels=(0.5, 0.9), *, spread=True) -> pd.DataFrame:
    return sf.service_levels(
        steady({need["product_id"]: [8.0] * 4 for need in needs}),
        history(spread),
        pd.DataFrame(needs),
        pd.DataFrame(points, columns=list(point())),
        np.array(levels),
        n_paths=500,
        seed=1,
    )


def test_certain_demand_by_hand():
    # Lead time 2, review 1, 8 a period: 30 - 16 after a receipt, 30 - 24 before the
    # next; at any level the point is the demand of 24 itself.
    found = measured([requirement()], [point()], spread=False).set_index("is_current")
    assert found.loc[True, "average_stock_units"] == pytest.approx(10, rel=0.01)
    assert found.loc[True, "service_level"] == 0.95
    assert found.loc[False, "reorder_point_units"].tolist() == [24.0, 24.0]
    assert found.loc[False, "average_stock_units"].tolist() == pytest.approx(
        [4, 4], abs=0.5
    )
    assert found["fill_rate"].tolist() == pytest.approx([1, 1, 1], abs=0.01)


def test_half_of_the_cycle_stock_lies_on_the_shelf():
    (plain,) = measured([requirement()], [point()], ())["average_stock_units"]
    (lotted,) = measured([requirement()], [point(cycle=12.0)], ())[
        "average_stock_units"
    ]
    assert lotted - plain == pytest.approx(6, abs=0.05)


def test_more_service_takes_more_stock_and_serves_more():
    found = measured([requirement()], [point()], np.linspace(0.05, 0.99, 20))
    grid = found[~found["is_current"]]
    for column in ("reorder_point_units", "average_stock_units", "fill_rate"):
        assert (grid[column].diff().dropna() >= 0).all()
        assert grid[column].iloc[-1] > grid[column].iloc[0]


def test_the_current_row_is_that_of_its_own_level():
    arguments = (
        steady({"P": [8.0] * 4}),
        history(),
        pd.DataFrame([requirement(service_level=0.9)]),
    )
    plan = lead_time_demand.simulate(*arguments, n_paths=500, seed=1).iloc[0]
    whole = np.ceil(plan["reorder_point_units"])
    found = measured([requirement(service_level=0.9)], [point(units=whole)])
    same = found[found["service_level"] == 0.9].drop(columns="is_current")
    assert len(same) == 2
    assert same.iloc[0].to_list() == same.iloc[1].to_list()
    # Rounded up, the point serves what the plan promises or a little more.
    assert same.iloc[0]["fill_rate"] >= plan["achieved_fill_rate"] - 1e-12


@pytest.mark.parametrize("target", ["cost", "fill_rate"])
def test_other_targets_have_the_level_that_they_reach(target):
    found = measured([requirement(target=target)], [point(units=26.0)])
    (level,) = found.loc[found["is_current"], "service_level"]
    assert 0.5 < level < 0.98
    # The grid's level of that name asks for the same point.
    grid = measured([requirement()], [point()], [level])
    assert grid.loc[~grid["is_current"], "reorder_point_units"].tolist() == [26.0]


def test_what_has_no_point_is_left_out():
    found = measured(
        [requirement("P"), requirement("Q")], [point("P"), point("Q", None)]
    )
    assert set(found["product_id"]) == {"P"}


def test_without_demand_nothing_is_unserved():
    found = sf.service_levels(
        steady({"P": [0.0] * 4}),
        history(),
        pd.DataFrame([requirement()]),
        pd.DataFrame([point(units=0.0)]),
        np.array([0.9]),
        n_paths=50,
        seed=1,
    )
    assert found["fill_rate"].isna().all()
    assert (found["average_stock_units"] == 0).all()


def test_no_series_is_an_empty_typed_table():
    table = frames.to_table(measured([requirement()], []), sf.OUTPUT_SCHEMA)
    assert table.num_rows == 0


@pytest.mark.parametrize("level", [0.0, 1.0, 97.5])
def test_a_level_that_is_no_fraction_is_refused(level):
    with pytest.raises(ValueError, match="service levels must be in"):
        measured([requirement()], [point()], [level])
