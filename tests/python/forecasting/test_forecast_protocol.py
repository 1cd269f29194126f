from __future__ import annotations

import chains
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from restock import frames
from restock.forecasting import (
    arima,
    arima_orders,
    baselines,
    boosting,
    dense_panel,
    forest,
    intermittent,
    leakage,
    linear,
    panel_rows,
    protocol,
    smoothing,
)
from restock.forecasting.history import History

HORIZON = 6
KEYS = ["location_id", "product_id", "cutoff_date", "model", "horizon"]


def searched_arima(*inputs):
    orders = arima_orders.search(
        *inputs, season_length=52, search_every=26, max_series=3
    )
    return arima.forecast(*inputs, seed=3, season_length=52, orders=orders)


FAMILIES = {
    "arima": searched_arima,
    "baselines": lambda *inputs: baselines.forecast(
        *inputs, seed=3, season_length=52, average_window=13
    ),
    "linear": lambda *inputs: linear.forecast(*inputs, seed=3, season_length=52),
    "boosting": lambda *inputs: boosting.forecast(
        *inputs,
        seed=3,
        season_length=52,
        hyperparameters={name: {"n_trees": 10} for name in boosting.MODELS},
    ),
    "forest": lambda *inputs: forest.forecast(
        *inputs, seed=3, season_length=52, n_trees=10
    ),
    "intermittent": lambda *inputs: intermittent.forecast(
        *inputs, seed=3, season_length=52
    ),
    "smoothing": lambda *inputs: smoothing.forecast(
        *inputs, seed=3, season_length=52, max_series=6
    ),
}


@pytest.fixture(scope="module")
def chain():
    panel, calendar = chains.retail_chain(20, 70, horizon=HORIZON)
    return panel, calendar, chains.cutoffs_of([45, 58, 69], calendar)


@pytest.fixture(params=sorted(FAMILIES))
def forecast(request):
    return FAMILIES[request.param]


def with_other_future(panel: pd.DataFrame, cutoff: int) -> pd.DataFrame:
    """Everything measured after the cutoff replaced, known plans kept."""
    changed = panel.copy()
    is_future = changed["period_index"] > cutoff
    measured = ["demand_units", "scale_units", "weight_value"]
    measured += [name for name in panel.columns if name.startswith("lag_")]
    # Huge values where there were nulls too: neither may be seen.
    changed.loc[is_future, measured] = 1e9
    return changed


def test_a_changed_future_changes_nothing(chain, forecast):
    panel, calendar, cutoffs = chain
    before = forecast(panel, calendar, cutoffs, HORIZON)
    for cutoff in cutoffs["cutoff_index"]:
        changed = with_other_future(panel, cutoff)
        after = forecast(changed, calendar, cutoffs, HORIZON)
        date = cutoffs.set_index("cutoff_index").loc[cutoff, "cutoff_date"]
        pd.testing.assert_frame_equal(
            before[before["cutoff_date"] == date],
            after[after["cutoff_date"] == date],
            check_exact=True,
        )


def test_a_changed_past_does_change_forecasts(chain, forecast):
    panel, calendar, cutoffs = chain
    before = forecast(panel, calendar, cutoffs, HORIZON)
    after = forecast(with_other_future(panel, 5), calendar, cutoffs, HORIZON)
    assert (before["forecast_units"] != after["forecast_units"]).all()


@pytest.mark.parametrize("family", ["linear", "forest"])
def test_known_plans_of_the_future_are_used(chain, family):
    panel, calendar, cutoffs = chain
    planned = panel.copy()
    planned.loc[planned["period_index"] > 69, "known_promotion_share"] = 1.0
    plain = panel.copy()
    plain.loc[plain["period_index"] > 69, "known_promotion_share"] = 0.0
    last = cutoffs.tail(1)
    more = FAMILIES[family](planned, calendar, last, HORIZON)
    less = FAMILIES[family](plain, calendar, last, HORIZON)
    assert more["forecast_units"].sum() > 1.2 * less["forecast_units"].sum()


def test_a_fold_is_forecast_alike_alone_and_among_others(chain, forecast):
    panel, calendar, cutoffs = chain
    together = forecast(panel, calendar, cutoffs, HORIZON)
    alone = forecast(panel, calendar, cutoffs.iloc[[1]], HORIZON)
    date = cutoffs["cutoff_date"].iloc[1]
    pd.testing.assert_frame_equal(
        together[together["cutoff_date"] == date].reset_index(drop=True),
        alone,
        check_exact=True,
    )


def test_the_order_of_rows_does_not_matter(chain, forecast):
    panel, calendar, cutoffs = chain
    shuffled = panel.sample(frac=1, random_state=1)
    pd.testing.assert_frame_equal(
        forecast(panel, calendar, cutoffs, HORIZON),
        forecast(shuffled, calendar.iloc[::-1], cutoffs.iloc[::-1], HORIZON),
        check_exact=True,
    )


def test_rows_are_complete_and_typed(chain, forecast):
    panel, calendar, cutoffs = chain
    rows = forecast(panel, calendar, cutoffs, HORIZON)
    table = frames.to_table(rows, protocol.OUTPUT_SCHEMA)
    assert table.schema.equals(protocol.OUTPUT_SCHEMA)
    assert not rows.duplicated(KEYS).any()
    assert (rows["forecast_units"] >= 0).all()
    dates = calendar.set_index("period_index")["period_date"]
    ends = calendar.set_index("period_end_date")["period_index"]
    target = rows["cutoff_date"].map(ends) + rows["horizon"]
    assert (target.map(dates) == rows["forecast_date"]).all()
    counts = rows.groupby(KEYS[:-1])["horizon"].agg(["min", "max", "size"])
    assert (counts.to_numpy() == [1, HORIZON, HORIZON]).all()


def test_series_that_have_not_started_are_not_forecast(chain, forecast):
    panel, calendar, cutoffs = chain
    first = panel.groupby(["location_id", "product_id"])["period_index"].min()
    late = first.index[0]
    is_late = (panel["product_id"] == late[1]) & (panel["period_index"] <= 50)
    rows = forecast(panel[~is_late], calendar, cutoffs, HORIZON)
    dates = rows.loc[rows["product_id"] == late[1], "cutoff_date"].unique()
    assert set(dates) == set(cutoffs["cutoff_date"].iloc[1:])


def test_no_rows_give_a_typed_empty_result(chain, forecast):
    panel, calendar, cutoffs = chain
    for inputs in (
        (panel.head(0), calendar, cutoffs),
        (panel, calendar, cutoffs.head(0)),
        (panel.head(0), calendar.head(0), cutoffs.head(0)),
    ):
        rows = forecast(*inputs, HORIZON)
        table = frames.to_table(rows, protocol.OUTPUT_SCHEMA)
        assert table.num_rows == 0
        assert table.schema.equals(protocol.OUTPUT_SCHEMA)


@pytest.mark.parametrize("n_periods", [1, 2, 3])
def test_a_few_periods_of_history_are_enough(forecast, n_periods):
    calendar = chains.calendar_of(n_periods + HORIZON)
    demand = np.full((4, n_periods + HORIZON), np.nan)
    demand[:, :n_periods] = np.arange(1.0, 5.0)[:, None]
    panel = chains.panel_of(demand, calendar)
    cutoffs = chains.cutoffs_of([n_periods - 1], calendar)
    rows = forecast(panel, calendar, cutoffs, HORIZON)
    # Four series that sold 1, 2, 3 and 4 units every week go on doing so. SBA corrects
    # a bias that demand in every week does not have.
    rows.loc[rows["model"] == "sba", "forecast_units"] /= 0.95
    by_series = rows.groupby(["model", "product_id"])["forecast_units"]
    assert by_series.mean().to_numpy().reshape(-1, 4) == pytest.approx(
        np.tile([1.0, 2.0, 3.0, 4.0], (len(rows["model"].unique()), 1))
    )


def test_a_shelf_that_was_always_empty_borrows_its_products_level(forecast):
    calendar = chains.calendar_of(8 + HORIZON)
    demand = np.full((3, 8 + HORIZON), np.nan)
    demand[0, :8], demand[1, :8] = 6.0, 1.0
    ids = [("L1", "A"), ("L1", "B"), ("L2", "A")]
    panel = chains.panel_of(demand, calendar, ids=ids)
    cutoffs = chains.cutoffs_of([7], calendar)
    rows = forecast(panel, calendar, cutoffs, HORIZON).query("location_id == 'L2'")
    assert rows["forecast_units"].to_numpy() == pytest.approx(6.0)


def test_a_chain_of_which_nothing_is_known_is_not_forecast(forecast):
    calendar = chains.calendar_of(4 + HORIZON)
    panel = chains.panel_of(np.full((2, 4 + HORIZON), np.nan), calendar)
    cutoffs = chains.cutoffs_of([3], calendar)
    assert forecast(panel, calendar, cutoffs, HORIZON).empty


def test_masked_periods_are_not_zeros(forecast):
    calendar = chains.calendar_of(40 + HORIZON)
    demand = np.full((12, 40 + HORIZON), 8.0)
    demand[:, 40:] = np.nan
    masked = np.random.default_rng(0).random((12, 40)) < 0.3
    demand[:, :40][masked] = np.nan
    panel = chains.panel_of(demand, calendar)
    cutoffs = chains.cutoffs_of([39], calendar)
    rows = forecast(panel, calendar, cutoffs, HORIZON)
    rows.loc[rows["model"] == "sba", "forecast_units"] /= 0.95
    assert rows["forecast_units"].to_numpy() == pytest.approx(8.0)


def test_dates_may_be_date_objects(chain):
    panel, calendar, cutoffs = chain
    as_objects = [frame.copy() for frame in (panel, calendar, cutoffs)]
    for frame in as_objects:
        for column in frame.columns:
            if column.endswith("_date"):
                frame[column] = pd.to_datetime(frame[column]).dt.date
    pd.testing.assert_frame_equal(
        FAMILIES["baselines"](panel, calendar, cutoffs, HORIZON),
        FAMILIES["baselines"](*as_objects, HORIZON),
    )


def test_training_rows_keep_the_embargo(chain):
    panel, calendar, cutoffs = chain
    dense = dense_panel.read(panel, calendar, cutoffs, HORIZON)
    history = History(dense, cutoff=45, horizon=HORIZON)
    rows = panel_rows.training_rows(history, max_rows=10**9, seed=0)
    assert (rows.origin + rows.step).max() == 45
    # Second implementation, row by row.
    expected = {
        (series, origin, step)
        for series in range(dense.demand.shape[0])
        for step in range(1, HORIZON + 1)
        for origin in range(46 - step)
        if dense.row_of[series, origin] >= 0
        and dense.scale[series, origin] > 0
        and np.isfinite(dense.demand[series, origin + step])
    }
    assert expected == set(
        zip(rows.series.tolist(), rows.origin.tolist(), rows.step.tolist(), strict=True)
    )


def test_a_cap_on_training_rows_holds_and_is_shared_by_steps(chain):
    panel, calendar, cutoffs = chain
    dense = dense_panel.read(panel, calendar, cutoffs, HORIZON)
    history = History(dense, cutoff=69, horizon=HORIZON)
    rows = panel_rows.training_rows(history, max_rows=600, seed=0)
    assert np.bincount(rows.step).tolist() == [0, 100, 100, 100, 100, 100, 100]
    drawn = pd.DataFrame({"s": rows.series, "o": rows.origin, "h": rows.step})
    assert not drawn.duplicated().any()
    again = panel_rows.training_rows(history, max_rows=600, seed=0)
    assert (rows.origin == again.origin).all()
    other = panel_rows.training_rows(history, max_rows=600, seed=1)
    assert (rows.origin != other.origin).any()


def test_history_refuses_features_of_the_future(chain):
    panel, calendar, cutoffs = chain
    dense = dense_panel.read(panel, calendar, cutoffs, HORIZON)
    history = History(dense, cutoff=45, horizon=HORIZON)
    assert history.demand.shape[1] == 46
    series = np.array([0])
    history.lag_features(series, np.array([45]))
    for read in (history.lag_features, history.static_features):
        with pytest.raises(ValueError, match="period 46 lies after the cutoff 45"):
            read(series, np.array([46]))


@pytest.mark.parametrize(
    "column",
    [
        "known_sales_dollars",
        "known_revenue",
        "known_excise_tax",
        "known_margin_rate",
        "known_volume",
        "known_closing_units",
        "calendar_demand_total",
        "static_mean_demand",
    ],
)
def test_planted_leaks_are_refused(chain, column):
    panel, calendar, cutoffs = chain
    leaky = panel.assign(**{column: panel["demand_units"]})
    with pytest.raises(ValueError, match=column):
        FAMILIES["baselines"](leaky, calendar, cutoffs, HORIZON)


@pytest.mark.parametrize(
    "column",
    [
        "lag_revenue_mean",
        "known_promotion_share",
        "known_planned_price_ratio",
        "static_volume_ml",
        "static_pack_size_units",
        "calendar_is_holiday",
        "revenue",
    ],
)
def test_fair_features_pass(column):
    leakage.check_features([column])


def test_a_copy_of_the_target_is_found_under_any_name(chain):
    panel, _, _ = chain
    leaky = panel.assign(
        known_footfall=3 * panel["demand_units"] + 1,
        known_ratio=panel["demand_units"] / panel["scale_units"],
    )
    assert leakage.target_copies(panel) == []
    assert leakage.target_copies(leaky) == ["known_footfall", "known_ratio"]


def test_inputs_that_break_the_contract_are_refused(chain):
    panel, calendar, cutoffs = chain
    forecast = FAMILIES["baselines"]
    with pytest.raises(KeyError, match="scale_units"):
        forecast(panel.drop(columns="scale_units"), calendar, cutoffs, HORIZON)
    with pytest.raises(ValueError, match="occurs twice"):
        forecast(pd.concat([panel, panel.head(1)]), calendar, cutoffs, HORIZON)
    with pytest.raises(ValueError, match="consecutive"):
        forecast(panel, calendar.drop(index=5), cutoffs, HORIZON)
    with pytest.raises(ValueError, match="calendar lacks"):
        forecast(panel, calendar.iloc[5:], cutoffs, HORIZON)
    with pytest.raises(ValueError, match="the last target is period 76"):
        forecast(panel, calendar, cutoffs, HORIZON + 1)
    with pytest.raises(ValueError, match="horizon must be 1 or more, got 0"):
        forecast(panel, calendar, cutoffs, 0)
    with pytest.raises(ValueError, match="fold_role"):
        forecast(panel, calendar, cutoffs.assign(fold_role="train"), HORIZON)
    with pytest.raises(ValueError, match="infinite"):
        forecast(panel.assign(demand_units=np.inf), calendar, cutoffs, HORIZON)
    with pytest.raises(ValueError, match="lag_last is not numeric"):
        forecast(panel.assign(lag_last="much"), calendar, cutoffs, HORIZON)


@settings(max_examples=25, deadline=None)
@given(data=st.data())
def test_any_history_gives_finite_forecasts_of_every_started_series(data):
    n_series = data.draw(st.integers(1, 4))
    n_periods = data.draw(st.integers(1, 12))
    horizon = data.draw(st.integers(1, 5))
    cells = st.one_of(st.none(), st.integers(0, 50))
    demand = np.full((n_series, n_periods + horizon), np.nan)
    for series in range(n_series):
        drawn = data.draw(st.lists(cells, min_size=n_periods, max_size=n_periods))
        demand[series, :n_periods] = np.array(drawn, dtype=float)
    calendar = chains.calendar_of(n_periods + horizon)
    panel = chains.panel_of(demand, calendar)
    cutoffs = chains.cutoffs_of([n_periods - 1], calendar)
    for family in ("baselines", "linear"):
        rows = FAMILIES[family](panel, calendar, cutoffs, horizon)
        models = len(baselines.MODELS) if family == "baselines" else 1
        is_known = np.isfinite(demand).any()
        assert len(rows) == n_series * horizon * models * is_known
        assert np.isfinite(rows["forecast_units"]).all()
        assert (rows["forecast_units"] >= 0).all()
