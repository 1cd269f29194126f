"""A planted feature ranks first, noise is worth nothing, no future moves either."""

from __future__ import annotations

import chains
import numpy as np
import pandas as pd
import pytest

from restock.forecasting import (
    dense_panel,
    feature_importance,
    features,
    linear,
    panel_rows,
    signals,
)
from restock.forecasting.history import History

HORIZON = 4
PERIODS = 70
ROLES = ["calib", "select", "select", "test", "live"]
CUTOFFS = [55, 58, 60, 62, 69]
MODELS = ["boosting_l2", "boosting_tweedie", "linear_regression", "random_forest"]


def promoted_chain(n_series: int = 60, seed: int = 11):
    """Demand that trebles under a promotion; a column of noise beside it."""
    generator = np.random.default_rng(seed)
    calendar = chains.calendar_of(PERIODS + HORIZON)
    shape = (n_series, PERIODS + HORIZON)
    promotion = (generator.random(shape) < 0.3).astype(float)
    level = generator.uniform(20, 60, size=(n_series, 1))
    demand = generator.poisson(level * (1 + 2 * promotion)).astype(float)
    demand[:, PERIODS:] = np.nan
    panel = chains.panel_of(demand, calendar, promotion=promotion)
    return panel.assign(known_noise=generator.normal(size=len(panel))), calendar


def folds_of(calendar: pd.DataFrame) -> pd.DataFrame:
    return chains.cutoffs_of(CUTOFFS, calendar).assign(fold_role=ROLES)


def permuted(
    panel: pd.DataFrame,
    calendar: pd.DataFrame,
    *,
    cutoffs: pd.DataFrame | None = None,
    **settings,
) -> pd.DataFrame:
    folds = folds_of(calendar) if cutoffs is None else cutoffs
    given = {
        "seed": 3,
        "season_length": 52,
        "max_rows": 5_000,
        "hyperparameters": {"random_forest": {"n_trees": 20}},
        **settings,
    }
    return feature_importance.permute(
        [lambda: panel], calendar, folds, HORIZON, **given
    )


def rises(table: pd.DataFrame) -> pd.DataFrame:
    """Rise of the squared error over scale, and its standard error over series."""
    error = (table["actual_units"] - table["forecast_units"]) ** 2
    rise = (table["permuted_squared_error"] - error) / table["scale_units"]
    keys = [table["model"], table["feature"]]
    by_series = rise.groupby([*keys, table["location_id"], table["product_id"]]).sum()
    groups = by_series.groupby(["model", "feature"])
    return pd.DataFrame(
        {"rise": groups.sum(), "error": np.sqrt(groups.size() * groups.var())}
    )


@pytest.fixture(scope="module")
def measured():
    panel, calendar = promoted_chain()
    return permuted(panel, calendar, n_folds=2)


def test_a_planted_feature_ranks_first_and_noise_is_worth_nothing(measured):
    table = rises(measured)
    assert list(table.index.unique("model")) == MODELS
    for model in MODELS:
        of_model = table.loc[model]
        assert of_model["rise"].idxmax() == "promotions"
        planted, noise = of_model.loc["promotions"], of_model.loc["noise"]
        assert planted["rise"] > 10 * planted["error"]
        # Not significant, and of four models no luck beyond three errors.
        assert noise["rise"] < 2 * noise["error"]
        assert noise["rise"] > -3 * noise["error"]
        assert noise["rise"] < 0.01 * planted["rise"]


def test_two_runs_are_equal(measured):
    again = permuted(*promoted_chain(), n_folds=2)
    pd.testing.assert_frame_equal(measured, again, check_exact=True)


def test_targets_end_at_the_first_test_cutoff_and_are_scored_once(measured):
    _, calendar = promoted_chain()
    dates = calendar.set_index("period_index")["period_date"]
    assert measured["forecast_date"].max() == dates.loc[62]
    assert sorted(measured["cutoff_date"].unique()) == sorted(
        folds_of(calendar)["cutoff_date"].iloc[1:3]
    )
    keys = ["model", "feature", "location_id", "product_id", "cutoff_date", "horizon"]
    assert not measured.duplicated(keys).any()
    assert np.isfinite(measured.select_dtypes(float)).all(axis=None)


@pytest.mark.parametrize(("last", "is_same"), [(62, True), (58, False)])
def test_what_comes_later_moves_no_number(measured, last, is_same):
    panel, calendar = promoted_chain()
    is_later = panel["period_index"] > last
    for column in ("demand_units", "scale_units", "lag_last", "lag_mean_4"):
        panel.loc[is_later, column] = 1e6
    table = permuted(panel, calendar, n_folds=2)
    # After the first fold's cutoff what came may move its errors, never its models.
    first = slice(None) if is_same else table["cutoff_date"] == "2017-02-19"
    columns = (
        list(table.columns)
        if is_same
        else ["model", "feature", "product_id", "horizon", "forecast_units"]
    )
    assert len(table.loc[first])
    pd.testing.assert_frame_equal(
        table.loc[first, columns], measured.loc[first, columns], check_exact=True
    )


def test_the_model_is_the_one_that_forecasts(measured):
    panel, calendar = promoted_chain()
    cutoffs = folds_of(calendar).iloc[[1]]
    published = linear.forecast(
        panel, calendar, cutoffs, HORIZON, seed=3, season_length=52, max_rows=5_000
    )
    keys = ["model", "location_id", "product_id", "cutoff_date", "horizon"]
    joined = measured.merge(published, on=keys, suffixes=("", "_published"))
    assert len(joined)
    assert joined["forecast_units"].tolist() == (
        joined["forecast_units_published"].tolist()
    )


def test_the_mean_over_permutations_is_that_over_all_pairs_of_rows():
    panel, calendar = promoted_chain(n_series=8)
    cutoffs = folds_of(calendar).iloc[[1]]
    table = permuted(
        panel,
        calendar,
        cutoffs=cutoffs,
        families_cut=("boosting", "forest"),
        n_repeats=400,
    )
    dense = dense_panel.read(panel, calendar, cutoffs, HORIZON)
    history = History(dense, 58, HORIZON)
    rows = panel_rows.forecast_rows(history, np.arange(8))
    model = linear.regress(history, seed=3, season_length=52, max_rows=5_000)
    names, values = model.design.columns(history, rows)
    actual = dense.demand[rows.series, rows.close + rows.step]
    for feature in ("promotions", "noise", "recent_demand"):
        found = table[table["feature"] == feature]
        moved = found["feature_columns"].iloc[0].split(", ")
        positions = [names.index(name) for name in moved]
        squares = []
        for donor in range(len(actual)):
            dealt = values.copy()
            dealt[:, positions] = values[donor, positions]
            squares.append((actual - model.units(rows, dealt)) ** 2)
        expected = np.mean(squares, axis=0)
        errors = found["permuted_squared_error"].to_numpy()
        assert errors == pytest.approx(expected, rel=0.4)
        assert errors.mean() == pytest.approx(expected.mean(), rel=0.03)
    assert moved == ["lag_mean_4", *(f"seasonal_mean_{n}" for n in (4, 13, 52))]


def test_rows_are_drawn_down_to_the_cap():
    panel, calendar = promoted_chain(n_series=20)
    table = permuted(
        panel, calendar, n_folds=2, max_scored_rows=50, families_cut=("boosting",)
    )
    counts = table.groupby(["model", "feature", "cutoff_date"]).size()
    assert counts.unique().tolist() == [25]


def test_a_series_without_a_level_is_not_scored():
    panel, calendar = promoted_chain(n_series=10)
    is_dead = panel["product_id"] == "P0000"
    panel.loc[is_dead, ["demand_units", "scale_units"]] = 0.0
    table = permuted(panel, calendar, families_cut=("boosting", "forest"))
    assert table["product_id"].nunique() == 9


def test_a_family_that_is_cut_has_no_rows():
    panel, calendar = promoted_chain(n_series=10)
    table = permuted(panel, calendar, families_cut=("forest", "boosting"))
    assert table["model"].unique().tolist() == ["linear_regression"]


def test_too_short_a_history_gives_no_rows_or_no_importance():
    panel, calendar = promoted_chain(n_series=1)
    cutoffs = chains.cutoffs_of([3], calendar)
    table = permuted(panel, calendar, cutoffs=cutoffs)
    # Boosting and forest say nothing, the regression the mean of its targets.
    assert table["model"].unique().tolist() == ["linear_regression"]
    assert rises(table)["rise"].to_numpy() == pytest.approx(0)


def test_nothing_to_score_gives_a_typed_empty_table():
    panel, calendar = promoted_chain(n_series=3)
    folds = folds_of(calendar)
    no_select = folds.assign(fold_role="live")
    unknown = panel.assign(demand_units=np.nan)
    for table in (
        permuted(panel, calendar, cutoffs=no_select),
        permuted(panel.head(0), calendar),
        permuted(panel.head(0), calendar.head(0), cutoffs=folds.head(0)),
        permuted(unknown, calendar),
    ):
        assert table.empty
        assert list(table.columns) == feature_importance.OUTPUT_SCHEMA.names


@pytest.mark.parametrize("n_lags", [0, 2])
@pytest.mark.parametrize("cutoff", [10, 60])
@pytest.mark.parametrize("with_signals", [False, True])
def test_every_column_has_a_name_of_its_own(n_lags, cutoff, with_signals):
    panel, calendar = promoted_chain(n_series=5)
    index = np.arange(PERIODS + HORIZON)
    outside = pd.concat(
        pd.DataFrame(
            {
                "signal": name,
                "location_id": f"L{location}",
                "period_index": index,
                "period_value": np.sin(index),
                "observed_value": np.cos(index),
                "reach_periods": reach,
            }
        )
        for location in range(5)
        for name, reach in (("rain", 2), ("mood", 0), ("heat", 3))
    )
    part = signals.with_signals(
        lambda: panel, outside if with_signals else outside.head(0)
    )
    dense = dense_panel.read(part(), calendar, folds_of(calendar), HORIZON)
    history = History(dense, cutoff, HORIZON)
    design = features.Design.learn(history, season_length=52, n_lags=n_lags)
    for rows in (
        panel_rows.forecast_rows(history, np.arange(5)),
        panel_rows.training_rows(history, max_rows=50, seed=1),
    ):
        names, values = design.columns(history, rows)
        assert values.shape == (len(rows.series), len(names))
        assert len(set(names)) == len(names)
        target = rows.close + rows.step
        promotion = panel["known_promotion_share"].to_numpy().reshape(5, -1)
        column = dict(zip(names, values.T, strict=True))
        assert column["known_promotion_share"].tolist() == (
            promotion[rows.series, target].tolist()
        )
        assert column["log_scale"].tolist() == np.log1p(rows.scale).tolist()
        assert ("calendar_sin" in names) == (cutoff == 60)
        assert ("seasonal_lag_1" in names) == (n_lags == 2)
        if with_signals:
            # Rain does not reach beyond two periods; mood is that of the close.
            far = rows.step > 2
            assert np.isnan(column["known_signal_rain"][far]).all()
            assert column["known_signal_rain"][~far].tolist() == (
                np.sin(target[~far]).tolist()
            )
            assert column["lag_signal_mood"].tolist() == np.cos(rows.origin).tolist()
            effects = [name for name in names if name.startswith("effect_")]
            assert effects == [
                "effect_known_signal_heat",
                "effect_known_signal_rain",
                "effect_lag_signal_mood",
            ]
            np.testing.assert_array_equal(
                np.column_stack([column[name] for name in effects]),
                signals.effects(history, rows.series, rows.close, rows.step),
            )


def test_columns_of_one_thing_are_one_feature():
    found = {}
    for column in (
        "known_discount_rate",
        "known_promotion_share",
        "calendar_year_sine",
        "calendar_half_year_cosine",
        "calendar_weekday_3",
        "calendar_days_to_holiday",
        "lag_mean_short_ratio",
        "seasonal_mean_13",
        "seasonal_index",
        "last_season",
        "lag_last_year_ratio",
        "static_pack_size_units",
        "known_signal_basin",
        "effect_known_signal_basin",
    ):
        found.setdefault(feature_importance.feature_of(column), []).append(column)
    assert {feature: len(columns) for feature, columns in found.items()} == {
        "promotions": 2,
        "year_cycle": 2,
        "weekday": 1,
        "holidays": 1,
        "recent_demand": 2,
        "seasonal_index": 1,
        "demand_last_year": 2,
        "pack_size_units": 1,
        "signal_basin": 2,
    }
