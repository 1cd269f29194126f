"""A signal that drives demand is found, a random one is not, none reaches too far."""

from __future__ import annotations

import pathlib

import chains
import numpy as np
import pandas as pd
import pytest

from restock.forecasting import (
    ablation,
    boosting,
    dense_panel,
    features,
    forest,
    linear,
    panel_rows,
    signals,
)
from restock.forecasting.history import History

HORIZON = 3
PERIODS = 90
REACH = 2


def signal_rows(values: np.ndarray, name: str, *, reach: int) -> pd.DataFrame:
    """The same values at each of the five locations."""
    index = np.arange(len(values))
    return pd.concat(
        pd.DataFrame(
            {
                "signal": name,
                "location_id": f"L{location}",
                "period_index": index,
                "period_value": values,
                "observed_value": values,
                "reach_periods": reach,
            }
        )
        for location in range(5)
    )


def weather_chain(seed: int = 5, n_series: int = 40):
    """Half the products sell with the weather, half against it."""
    generator = np.random.default_rng(seed)
    calendar = chains.calendar_of(PERIODS + HORIZON)
    weather = generator.normal(size=PERIODS + HORIZON)
    noise = generator.normal(size=PERIODS + HORIZON)
    answer = np.where(np.arange(n_series) % 2 == 0, 0.4, -0.4)
    level = generator.uniform(20, 60, size=(n_series, 1))
    mean = level * np.clip(1 + answer[:, None] * weather, 0.05, None)
    demand = generator.poisson(mean).astype(float)
    demand[:, PERIODS:] = np.nan
    return chains.panel_of(demand, calendar), calendar, weather, noise


def folds_of(calendar: pd.DataFrame) -> pd.DataFrame:
    cutoffs = chains.cutoffs_of([60, 64, 68, 72, 76, 82, 89], calendar)
    roles = ["calib", "calib", "select", "select", "select", "test", "live"]
    return cutoffs.assign(fold_role=roles)


def history_with(rows: pd.DataFrame, cutoff: int, *, future: float | None = None):
    panel, calendar, *_ = weather_chain()
    if future is not None:
        panel.loc[panel["period_index"] > cutoff, "demand_units"] = future
    dense = dense_panel.read(
        signals.with_signals(lambda: panel, rows)(),
        calendar,
        folds_of(calendar),
        HORIZON,
    )
    return History(dense, cutoff, HORIZON)


def ablated(rows: pd.DataFrame) -> pd.DataFrame:
    panel, calendar, *_ = weather_chain()
    return ablation.ablate(
        [lambda: panel],
        calendar,
        folds_of(calendar),
        HORIZON,
        rows,
        seed=1,
        season_length=52,
    )


@pytest.fixture(scope="module")
def judged():
    """Gain of each signal over its standard error, over folds."""
    panel, _, weather, noise = weather_chain()
    generator = np.random.default_rng(99)
    others = [generator.normal(size=np.shape(noise)) for _ in range(4)]
    rows = pd.concat(
        [
            signal_rows(weather, "weather", reach=HORIZON),
            signal_rows(noise, "noise", reach=HORIZON),
            *(
                signal_rows(values, f"noise_{number}", reach=HORIZON)
                for number, values in enumerate(others)
            ),
        ]
    )
    table = ablated(rows).merge(
        panel[["location_id", "product_id", "period_date", "demand_units"]].rename(
            columns={"period_date": "forecast_date"}
        )
    )
    table["gain"] = (table["demand_units"] - table["forecast_without_units"]) ** 2 - (
        table["demand_units"] - table["forecast_with_units"]
    ) ** 2
    by_fold = table.groupby(["signal", "cutoff_date"])["gain"].sum()
    folds = by_fold.groupby("signal")
    return table, folds.sum() / np.sqrt(folds.size() * folds.var())


def test_a_planted_signal_pays_and_random_ones_do_not(judged):
    table, strength = judged
    loss = (table["demand_units"] - table["forecast_without_units"]) ** 2
    sums = table.assign(loss=loss).groupby(["signal", "cutoff_date"])
    share = (sums["gain"].sum() / sums["loss"].sum()).loc["weather"]
    # A fifth of the loss or more in each fold, and beyond noise by the rule in force.
    assert share.min() > 0.2
    assert strength["weather"] > 2.5
    # Of five draws of noise none passes that rule.
    noises = strength[strength.index.str.startswith("noise")]
    assert noises.max() < 2.0


def test_the_ablation_uses_nothing_after_the_first_test_cutoff(judged):
    table, _ = judged
    _, calendar, *_ = weather_chain()
    last = calendar.set_index("period_index")["period_date"].loc[82]
    assert table["forecast_date"].max() <= last
    assert table["cutoff_date"].nunique() == 5


def test_the_answer_of_a_series_has_its_sign_and_size():
    _, _, weather, _ = weather_chain()
    history = history_with(signal_rows(weather, "weather", reach=REACH), 80)
    slopes = signals.responses(history, 0)[:, -1]
    # Shrunk towards a category whose mean answer is nought, by 13 in 80 weeks.
    is_even = history.keys["product_id"].str[1:].astype(int) % 2 == 0
    assert slopes[is_even] == pytest.approx(0.35, abs=0.12)
    assert slopes[~is_even] == pytest.approx(-0.35, abs=0.12)


def test_answers_change_nothing_when_the_future_does():
    _, _, weather, _ = weather_chain()
    rows = signal_rows(weather, "weather", reach=REACH)
    other = rows.copy()
    is_future = other["period_index"] > 70 + REACH
    other.loc[is_future, ["period_value", "observed_value"]] = 1e6
    before, after = history_with(rows, 70), history_with(other, 70, future=1e6)
    drawn = panel_rows.training_rows(before, max_rows=2000, seed=1)
    ahead = panel_rows.forecast_rows(before, np.arange(5))
    design = features.Design.learn(before, season_length=52)
    for chosen in (drawn, ahead):
        np.testing.assert_array_equal(
            design.values(before, chosen),
            design.values(after, chosen),
        )


def test_answers_as_of_a_close_do_not_know_what_came_later():
    _, _, weather, _ = weather_chain()
    rows = signal_rows(weather, "weather", reach=REACH)
    early = signals.responses(history_with(rows, 50), 0)
    late = signals.responses(history_with(rows, 80), 0)
    np.testing.assert_allclose(early, late[:, :51], rtol=0, atol=0)


@pytest.mark.parametrize(("reach", "n_known"), [(1, 1), (2, 2), (99, 3)])
def test_a_signal_is_known_no_further_than_it_reaches(reach, n_known):
    _, _, weather, _ = weather_chain()
    history = history_with(signal_rows(weather, "weather", reach=reach), 70)
    series, steps = np.zeros(HORIZON, dtype=int), np.arange(1, HORIZON + 1)
    known = history.known_features(series, 70 + steps)[:, -1]
    assert np.isfinite(known).sum() == n_known
    # In training too: what a row of the past may see ends as early.
    closes = np.full(HORIZON, 40)
    taught = signals.effects(history, series, closes, steps)[:, 0]
    assert np.isfinite(taught).sum() == n_known


def test_an_observed_signal_enters_as_of_the_close():
    values = np.arange(PERIODS + HORIZON, dtype=float)
    history = history_with(signal_rows(values, "index", reach=0), 70)
    closes = np.full(HORIZON, 70)
    ahead = history.signals_ahead(
        np.zeros(HORIZON, dtype=int), closes + np.arange(1, 4), closes
    )
    assert ahead[:, 0].tolist() == [70.0, 70.0, 70.0]


def test_recent_mean_asks_for_half_of_the_periods():
    values = np.full((1, 12), np.nan)
    values[0, 2:6] = (1.0, 2.0, 3.0, 6.0)
    means = signals.recent_mean(values)[0]
    # Eight periods back from 5 to 9 hold all four; at 10 the first has left.
    assert means[5:10].tolist() == [3.0] * 5
    assert np.isnan(means[[4, 10]]).all()


def test_signals_that_name_an_outcome_are_refused_by_name():
    rows = signal_rows(np.zeros(5), "footfall_sales", reach=0)
    with pytest.raises(ValueError, match=r"footfall_sales.*Rename"):
        signals.with_signals(pd.DataFrame, rows)


def test_a_signal_may_not_take_the_name_of_a_built_in_one():
    rows = signal_rows(np.zeros(5), "holidays", reach=0)
    with pytest.raises(ValueError, match=r"holidays.*Rename"):
        signals.with_signals(pd.DataFrame, rows)


def test_no_signal_leaves_forecasts_as_they_were():
    panel, *_ = weather_chain(n_series=10)
    reader = signals.with_signals(
        lambda: panel, pd.DataFrame(columns=signals.SIGNAL_COLUMNS)
    )
    pd.testing.assert_frame_equal(reader(), panel)


def test_no_fold_gives_a_typed_empty_ablation():
    panel, calendar, *_ = weather_chain(n_series=10)
    live = folds_of(calendar).tail(1)
    result = ablation.ablate(
        [lambda: panel],
        calendar,
        live,
        HORIZON,
        pd.DataFrame(columns=signals.SIGNAL_COLUMNS),
        seed=1,
        season_length=52,
    )
    assert result.empty
    assert list(result.columns) == ablation.OUTPUT_SCHEMA.names


def test_boosting_forecasts_the_weather_and_runs_alike_twice():
    panel, calendar, weather, _ = weather_chain()
    rows = signal_rows(weather, "weather", reach=HORIZON)
    part = signals.with_signals(lambda: panel, rows)
    cutoffs = folds_of(calendar).iloc[[3]]
    settings = {"seed": 3, "season_length": 52}
    first = boosting.forecast([part], calendar, cutoffs, HORIZON, **settings)
    second = boosting.forecast([part], calendar, cutoffs, HORIZON, **settings)
    pd.testing.assert_frame_equal(first, second, check_exact=True)


HOLIDAYS = signals.BUILT_IN["holidays"]


@pytest.fixture(scope="module")
def promoted():
    """Promotions double demand, holidays do nothing."""
    generator = np.random.default_rng(11)
    calendar = chains.calendar_of(PERIODS + HORIZON)
    n_series = 40
    shape = (n_series, PERIODS + HORIZON)
    promotion = (generator.random(shape) < 0.15).astype(float)
    level = generator.uniform(20, 60, size=(n_series, 1))
    demand = generator.poisson(level * (1 + promotion)).astype(float)
    demand[:, PERIODS:] = np.nan
    for column in HOLIDAYS:
        calendar[column] = generator.integers(0, 3, size=len(calendar)).astype(float)
    return chains.panel_of(demand, calendar, promotion=promotion), calendar


def hidden_rows(*pairs: tuple[str, str | None, str | None]) -> pd.DataFrame:
    return pd.DataFrame(list(pairs), columns=["signal", *dense_panel.KEYS])


def test_a_promotion_pays_where_it_touches_and_an_idle_holiday_does_not(promoted):
    panel, calendar = promoted
    table = ablation.ablate(
        [lambda: panel],
        calendar,
        folds_of(calendar),
        HORIZON,
        pd.DataFrame(columns=signals.SIGNAL_COLUMNS),
        seed=1,
        season_length=52,
    ).merge(
        panel[["location_id", "product_id", "period_date", "demand_units"]].rename(
            columns={"period_date": "forecast_date"}
        )
    )
    table["without"] = (table["demand_units"] - table["forecast_without_units"]) ** 2
    table["with_it"] = (table["demand_units"] - table["forecast_with_units"]) ** 2
    table["gain"] = table["without"] - table["with_it"]

    def strength(rows: pd.DataFrame) -> float:
        folds = rows.groupby("cutoff_date")["gain"].sum()
        return folds.sum() / np.sqrt(len(folds) * folds.var())

    of = dict(list(table.groupby("signal")))
    touched = of["promotions"][of["promotions"]["is_touched"]]
    assert strength(touched) > 2.5
    # Most of what is lost without it is the demand that doubles.
    assert touched["gain"].sum() > 0.7 * touched["without"].sum()
    assert strength(of["holidays"]) < 1
    assert strength(of["holidays"][of["holidays"]["is_touched"]]) < 1


def test_a_signal_that_no_series_is_shown_is_gone(promoted):
    panel, calendar = promoted
    hidden = hidden_rows(("promotions", None, None), ("holidays", None, None))
    shown = signals.hiding(lambda: panel, hidden)()
    assert set(panel) - set(shown) == {"known_promotion_share"}
    assert set(calendar) - set(signals.without_hidden(calendar, hidden)) == set(
        HOLIDAYS
    )


def test_a_signal_is_hidden_from_the_series_named_and_from_no_other(promoted):
    panel, calendar = promoted
    rows = signal_rows(np.arange(PERIODS + HORIZON, dtype=float), "rain", reach=REACH)
    hidden = hidden_rows(
        *((name, "L0", "P0000") for name in ("promotions", "holidays", "rain"))
    )
    part = signals.hiding(signals.with_signals(lambda: panel, rows), hidden)
    # Nothing of the calendar goes while one series sees it.
    assert signals.without_hidden(calendar, hidden).equals(calendar)
    dense = dense_panel.read(part(), calendar, folds_of(calendar), HORIZON)
    history = History(dense, 70, HORIZON)
    both, target = np.array([0, 1]), np.array([71, 71])
    assert history.keys["product_id"].tolist()[0] == "P0000"
    known = history.known_features(both, target)
    assert np.isnan(known[0]).all()
    assert np.isfinite(known[1]).all()
    names = history.feature_names("calendar_")
    seen = history.calendar_features(target, both)
    is_holiday = np.isin(names, HOLIDAYS)
    assert is_holiday.sum() == len(HOLIDAYS)
    assert np.isnan(seen[0, is_holiday]).all()
    assert np.isfinite(seen[1]).all()
    assert np.isfinite(seen[0, ~is_holiday]).all()
    assert np.isfinite(history.calendar_features(target)).all()


@pytest.mark.parametrize("family", [boosting, forest, linear])
def test_what_is_hidden_moves_no_forecast_and_what_is_shown_does(promoted, family):
    """The promotion of a series that is not shown it may be anything."""
    panel, calendar = promoted
    names = panel["product_id"].unique()[::2]
    pairs = panel.loc[panel["product_id"].isin(names), dense_panel.KEYS]
    hidden = hidden_rows(
        *(
            (name, *pair)
            for name in ("promotions", "holidays")
            for pair in pairs.drop_duplicates().itertuples(index=False)
        )
    )
    other = panel.copy()
    is_hidden = other["product_id"].isin(names)
    other.loc[is_hidden, "known_promotion_share"] = (
        1 - other.loc[is_hidden, "known_promotion_share"]
    )
    cutoffs = folds_of(calendar).iloc[[3]]

    def forecast(frame: pd.DataFrame) -> pd.DataFrame:
        part = signals.hiding(lambda: frame, hidden)
        return family.forecast(
            [part], calendar, cutoffs, HORIZON, seed=3, season_length=52
        )

    pd.testing.assert_frame_equal(forecast(panel), forecast(other), check_exact=True)
    assert np.isfinite(forecast(panel)["forecast_units"]).all()
    # A promotion of a series that is shown it lifts its forecast.
    merged = forecast(panel).merge(
        panel[["location_id", "product_id", "period_date", "known_promotion_share"]],
        left_on=["location_id", "product_id", "forecast_date"],
        right_on=["location_id", "product_id", "period_date"],
    )
    merged["level"] = merged.groupby("product_id")["forecast_units"].transform("min")
    ratio = merged["forecast_units"] / merged["level"]
    sees = ~merged["product_id"].isin(names) & (merged["known_promotion_share"] == 1)
    blind = merged["product_id"].isin(names) & (merged["known_promotion_share"] == 1)
    assert ratio[sees].mean() > 1.3
    assert ratio[blind].mean() < 1.15


def test_the_names_of_what_is_built_in_are_those_of_the_warehouse():
    macro = (
        pathlib.Path(__file__).parents[3] / "macros/forecasting/built_in_signals.sql"
    )
    assert f"return({list(signals.BUILT_IN)})" in macro.read_text()
