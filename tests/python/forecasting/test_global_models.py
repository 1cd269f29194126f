from __future__ import annotations

import chains
import numpy as np
import pandas as pd
import pytest

from restock.forecasting import (
    boosting,
    dense_panel,
    features,
    forest,
    linear,
    panel_rows,
)
from restock.forecasting.history import History
from restock.forecasting.linear import ScaledRegression
from restock.forecasting.panel_rows import Rows


def history_of(demand: np.ndarray, *, cutoff: int, horizon: int) -> History:
    calendar = chains.calendar_of(demand.shape[1])
    panel = chains.panel_of(demand, calendar)
    cutoffs = chains.cutoffs_of([cutoff], calendar)
    dense = dense_panel.read(panel, calendar, cutoffs, horizon)
    return History(dense, cutoff=cutoff, horizon=horizon)


def test_regression_agrees_with_weighted_least_squares():
    generator = np.random.default_rng(0)
    x = generator.normal(size=(40, 3))
    y = 3 + x @ [0.4, -0.2, 0.1] + generator.normal(scale=0.1, size=40)
    weights = generator.uniform(0.5, 2.0, size=40)
    root = np.sqrt(weights)[:, None]
    design = np.column_stack([np.ones(40), x])
    expected, *_ = np.linalg.lstsq(design * root, y * root[:, 0])
    fitted = ScaledRegression.fit(x, y, weights)
    assert fitted.predict(x) == pytest.approx(design @ expected, abs=1e-9)


def test_regression_survives_repeated_constant_and_empty_columns():
    x = np.arange(60.0)
    values = np.column_stack([x, x, 2 * x, np.full(60, 4.0), np.full(60, np.nan)])
    fitted = ScaledRegression.fit(values, 5 + 0.5 * x, np.ones(60))
    assert fitted.predict(values) == pytest.approx(5 + 0.5 * x)
    # A value where training had none is no information, not an extrapolation.
    odd = np.array([[10.0, 10.0, 20.0, 99.0, 1e12]])
    assert fitted.predict(odd) == pytest.approx([10.0])


def test_regression_stays_inside_what_it_has_seen():
    x = np.arange(30.0)[:, None]
    fitted = ScaledRegression.fit(x, x[:, 0], np.ones(30))
    assert fitted.predict(np.array([[1e9], [-1e9]])) == pytest.approx([29.0, 0.0])


def test_a_line_is_not_followed_beyond_the_features_it_was_drawn_through():
    # Falling in the first column, rising in the second: far outside, the sum of
    # both would be anything; inside the corner it is 10 - 9 + 18 = 19.
    grid = np.array([[i, j] for i in range(10) for j in range(10)], dtype=float)
    fitted = ScaledRegression.fit(grid, 10 - grid[:, 0] + 2 * grid[:, 1], np.ones(100))
    assert fitted.predict(np.array([[1e3, 1e3]])) == pytest.approx([19.0])


def test_too_few_rows_give_the_weighted_mean():
    # Nine rows for two columns: (8 x 1 + 1 x 4 x 2) / (8 + 2) = 1.6.
    targets = np.array([1.0] * 8 + [4.0])
    weights = np.array([1.0] * 8 + [2.0])
    fitted = ScaledRegression.fit(np.ones((9, 2)), targets, weights)
    assert fitted.predict(np.ones((1, 2))) == pytest.approx([1.6])


def test_regression_finds_a_planted_promotion_effect():
    generator = np.random.default_rng(1)
    calendar = chains.calendar_of(84)
    promotion = (generator.random((30, 84)) < 0.3).astype(float)
    level = generator.uniform(5, 50, size=(30, 1))
    demand = level * (1 + promotion)
    # Scale of a half-promoted past is 1.3 x level: ratios are 1 and 2 over 1.3.
    panel = chains.panel_of(demand, calendar, promotion=promotion)
    panel["scale_units"] = np.repeat(level[:, 0], 84)
    panel["lag_last"] = panel["lag_mean_4"] = 1.0
    cutoffs = chains.cutoffs_of([79], calendar)
    rows = linear.forecast(panel, calendar, cutoffs, 4, seed=0, season_length=200)
    truth = panel.rename(columns={"period_date": "forecast_date"})
    keys = ["location_id", "product_id", "forecast_date"]
    joined = rows.merge(truth[[*keys, "demand_units"]], on=keys)
    assert len(joined) == 120
    assert joined["forecast_units"].to_numpy() == pytest.approx(
        joined["demand_units"].to_numpy()
    )


def test_forest_depends_on_nothing_but_its_seed():
    panel, calendar = chains.retail_chain(15, 60, horizon=4)
    cutoffs = chains.cutoffs_of([59], calendar)
    one, again, other = (
        forest.forecast(
            panel, calendar, cutoffs, 4, seed=seed, season_length=52, n_trees=7
        )
        for seed in (5, 5, 6)
    )
    pd.testing.assert_frame_equal(one, again, check_exact=True)
    assert (one["forecast_units"] != other["forecast_units"]).any()


def test_models_of_a_cutoff_share_a_lesson_and_another_draw_replaces_it():
    history = history_of(np.ones((3, 30)), cutoff=25, horizon=4)
    settings_ = {"seed": 1, "season_length": 52}
    first = features.lesson(history, max_rows=40, **settings_)
    assert features.lesson(history, max_rows=40, **settings_) is first
    other = features.lesson(history, max_rows=30, **settings_)
    assert len(first.targets) == 40
    assert len(other.targets) == 30
    assert other.design is first.design
    again = features.lesson(history, max_rows=40, **settings_)
    np.testing.assert_array_equal(again.shown, first.shown)


def test_a_feature_left_out_is_as_good_as_not_there():
    panel, calendar = chains.retail_chain(15, 60, horizon=4)
    cutoffs = chains.cutoffs_of([55], calendar)
    promotion = sorted(name for name in panel.columns if name.startswith("known_"))
    settings_ = {"seed": 0, "season_length": 52, "bucket_ends": (), "n_trees": 9}

    def units(panel: pd.DataFrame, *variants: frozenset[str]) -> list[np.ndarray]:
        history = History(dense_panel.read(panel, calendar, cutoffs, 4), 55, 4)
        return [
            boosting.grow(
                history,
                objective="regression",
                feature_share=1.0,
                without=without,
                **settings_,
            )(history)
            for without in variants
        ]

    # The second variant grows on the bins of the first.
    whole, less = units(panel, frozenset(), frozenset(promotion))
    (absent,) = units(panel.drop(columns=promotion), frozenset())
    np.testing.assert_array_equal(less, absent)
    assert (less != whole).any()


def test_global_models_beat_the_level_on_seasonal_promoted_demand():
    panel, calendar = chains.retail_chain(60, 110, horizon=8)
    cutoffs = chains.cutoffs_of([90, 100], calendar)
    settings_ = {"seed": 0, "season_length": 52}
    truth = panel.rename(columns={"period_date": "forecast_date"})
    keys = ["location_id", "product_id", "forecast_date"]
    error = {}
    for family in (linear, forest):
        rows = family.forecast(panel, calendar, cutoffs, 8, **settings_)
        joined = rows.merge(truth[[*keys, "demand_units"]], on=keys).dropna()
        miss = (joined["forecast_units"] - joined["demand_units"]).abs().sum()
        error[family.MODELS[0]] = miss / joined["demand_units"].sum()
    # The mean of the last year misses 0.50 of demand here, last season 0.48.
    assert max(error.values()) < 0.33


def test_last_season_by_hand():
    # Season of 4, close at column 5; step 1 targets column 6, a season ago 2,
    # neighbours 1 and 3: (10 + 20 + 30) / 3 = 20. Step 4 targets 9, ago 5, its
    # right neighbour 6 is unknown: (50 + 60) / 2. Step 5 goes back two seasons.
    demand = np.array([[0.0, 10.0, 20.0, 30.0, 50.0, 60.0]])
    rows = Rows(
        series=np.zeros(3, dtype=int),
        origin=np.full(3, 5),
        close=np.full(3, 5),
        step=np.array([1, 4, 5]),
        scale=np.full(3, 10.0),
    )
    season = features.last_season(demand, rows, season_length=4)
    assert season.tolist() == [[2.0, 2.0], [6.0, 5.5], [2.0, 2.0]]


def test_last_season_never_reads_after_the_close():
    history = history_of(np.arange(40.0).reshape(1, 40) + 1, cutoff=30, horizon=6)
    rows = panel_rows.training_rows(history, max_rows=10**6, seed=0)
    before = features.last_season(history.demand, rows, season_length=3)
    chosen = rows.close == 20
    changed = history.demand.copy()
    changed[:, 21:] = 1e9
    after = features.last_season(changed, rows, season_length=3)
    np.testing.assert_array_equal(before[chosen], after[chosen])


def test_weights_are_scale_times_age():
    # One series, 160 weeks, scale 1 (constant demand). Targets younger than 365
    # days, 730 days and older weigh 1, 0.5 and 0.25 before normalising.
    history = history_of(np.ones((1, 162)), cutoff=159, horizon=1)
    rows = panel_rows.training_rows(history, max_rows=10**6, seed=0)
    weights = panel_rows.training_weights(history, rows)
    age_weeks = 159 - (rows.origin + 1)
    assert weights.mean() == pytest.approx(1)
    newest = weights[age_weeks == 0][0]
    ratio = weights / newest
    assert ratio[age_weeks == 52].tolist() == [1.0]  # 364 days
    assert ratio[age_weeks == 53].tolist() == [0.5]
    assert ratio[age_weeks == 105].tolist() == [0.25]  # 735 days
    assert ratio[age_weeks == 158].tolist() == [0.25]


def test_weights_follow_scale_and_value():
    demand = np.array([[1.0] * 12, [5.0] * 12])
    history = history_of(demand, cutoff=10, horizon=1)
    rows = panel_rows.training_rows(history, max_rows=10**6, seed=0)

    def ratio(weights):
        return weights[rows.series == 1][0] / weights[rows.series == 0][0]

    by_units = panel_rows.training_weights(history, rows)
    assert ratio(by_units) == pytest.approx(5)
    # A value of 8 a unit against an unknown one, which counts as the mean known.
    history.unit_values[0], history.unit_values[1] = 8.0, np.nan
    by_value = panel_rows.training_weights(history, rows, by_value=True)
    assert ratio(by_value) == pytest.approx(5)
    history.unit_values[1] = 2.0
    by_value = panel_rows.training_weights(history, rows, by_value=True)
    assert ratio(by_value) == pytest.approx(1.25)


def test_buckets_must_rise():
    panel, calendar = chains.retail_chain(2, 10, horizon=2)
    cutoffs = chains.cutoffs_of([9], calendar)
    with pytest.raises(ValueError, match="bucket_ends must rise"):
        linear.forecast(
            panel, calendar, cutoffs, 2, seed=0, season_length=52, bucket_ends=(3, 1)
        )


def test_gaps_take_the_median_and_say_so():
    # 10 + x, and 3 more where x is missing; the median of 1 to 9 is 5.
    x = np.append(np.tile(np.arange(1.0, 10.0), 5), [np.nan, np.inf, -np.inf])
    targets = np.where(np.isfinite(x), 10 + x, 18.0)
    fitted = ScaledRegression.fit(x[:, None], targets, np.ones(len(x)))
    assert fitted.predict(x[:, None]) == pytest.approx(targets)
    names = fitted.scaling.get_feature_names_out(["x"])
    assert names.tolist() == ["x", "missingindicator_x"]


def test_a_column_that_never_changed_or_was_never_known_says_nothing():
    x = np.column_stack([np.arange(30.0), np.full(30, 1e6 / 3), np.full(30, np.nan)])
    fitted = ScaledRegression.fit(x, 1 + x[:, 0], np.linspace(0.1, 2, 30))
    asked = np.array([[3.0, 0.0, 8.0], [3.0, 1e9, np.nan]])
    assert fitted.predict(asked) == pytest.approx([4.0, 4.0])


def test_one_wild_value_does_not_steer_the_line():
    # A hundred rows on a line and one a thousand deviations away: bounded at five.
    x = np.append(np.tile([-1.0, 1.0], 50), 1e4)[:, None]
    fitted = ScaledRegression.fit(x, np.append(np.full(100, 2.0), 3.0), np.ones(101))
    scores = fitted.scaling.transform(x)
    assert scores.max() > 9
    assert fitted.highest == pytest.approx([linear.Z_LIMIT])


@pytest.mark.parametrize("n_periods", [6, 8, 11])
def test_a_few_weeks_do_not_teach_a_year(n_periods):
    # Demand is level but for good and bad weeks of the whole chain, which a few
    # yearly columns can follow exactly, and mean nothing for the weeks to come.
    generator = np.random.default_rng(3)
    horizon = 5
    calendar = chains.calendar_of(n_periods + horizon)
    angle = 4 * np.pi * calendar["period_index"] / 52
    calendar["calendar_half_year_sin"] = np.sin(angle)
    calendar["calendar_half_year_cos"] = np.cos(angle)
    calendar["calendar_holiday_days"] = (calendar["period_index"] % 4 == 1) * 1.0
    week = generator.normal(1.0, 0.1, size=n_periods + horizon)
    demand = generator.poisson(20.0 * week, size=(300, len(week))).astype(float)
    demand[:, n_periods:] = np.nan
    panel = chains.panel_of(demand, calendar)
    cutoffs = chains.cutoffs_of([n_periods - 1], calendar)
    rows = linear.forecast(panel, calendar, cutoffs, horizon, seed=1, season_length=52)
    by_step = rows.groupby("horizon")["forecast_units"].mean()
    assert by_step.between(15.0, 25.0).all()


def test_calendar_features_wait_for_their_cycle_to_come_round():
    calendar = chains.calendar_of(60)
    calendar["calendar_weekday_1"] = 1.0
    panel = chains.panel_of(np.ones((1, 60)), calendar)
    cutoffs = chains.cutoffs_of([10, 51, 52], calendar)
    dense = dense_panel.read(panel, calendar, cutoffs, 1)
    widths = [
        History(dense, cutoff, 1).calendar_features(np.array([0])).shape[1]
        for cutoff in (0, 10, 51, 52)
    ]
    # 52 weeks after the first one the year has come round; a week after one week.
    assert widths == [0, 1, 1, 3]
