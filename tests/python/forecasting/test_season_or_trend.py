"""What is a trend is no season, what is a season is used, and a target is not shown."""

from __future__ import annotations

import chains
import numpy as np
import pytest

from restock.forecasting import (
    baselines,
    dense_panel,
    features,
    panel_rows,
    seasonal_shape,
    smoothing,
)
from restock.forecasting.history import History
from restock.forecasting.seasonal_index import SeasonalIndex, TrainingSeason

AHEAD = 13
N_SERIES = 100


def chain(n_periods, *, growth=0.0, amplitude=0.0, phase=0.0, seed=0):
    """Demand with noise, and its mean, history and horizon."""
    generator = np.random.default_rng(seed)
    weeks = np.arange(n_periods + AHEAD)
    year = weeks / 52.18
    level = generator.gamma(1.0, 8.0, (N_SERIES, 1)) + 0.5
    season = 1 + amplitude * np.sin(2 * np.pi * year + phase)
    mean = level * (1 + growth) ** year * season
    return generator.negative_binomial(1.5, 1.5 / (1.5 + mean)).astype(float), mean


def learned(demand):
    """Calendar, panel and history at the last period before the horizon."""
    n_periods = demand.shape[1] - AHEAD
    calendar = chains.calendar_of(n_periods + AHEAD)
    panel = chains.panel_of(demand, calendar)
    cutoffs = chains.cutoffs_of([n_periods - 1], calendar)
    dense = dense_panel.read(panel, calendar, cutoffs, AHEAD)
    return History(dense, n_periods - 1, AHEAD), (panel, calendar, cutoffs)


def bias(units, mean):
    return units.sum() / mean[:, -AHEAD:].sum() - 1


@pytest.mark.parametrize("n_periods", [53, 80, 104, 156])
@pytest.mark.parametrize("growth", [-0.3, -0.15, 0.0, 0.15, 0.3])
def test_growth_is_no_season(n_periods, growth):
    gaps = []
    for seed in range(3):
        demand, mean = chain(n_periods, growth=growth, seed=seed)
        history, _ = learned(demand)
        plain = baselines.moving_average(history.demand, horizon=AHEAD, window=13)
        index = SeasonalIndex.learn(history, season_length=52)
        seasonal = baselines.seasonal_average(index, 13)(history)
        gaps.append(bias(seasonal, mean) - bias(plain, mean))
    assert np.abs(gaps).max() < 0.03


@pytest.mark.parametrize("n_periods", [53, 80, 104, 156])
@pytest.mark.parametrize("growth", [-0.3, 0.0, 0.3])
def test_a_season_is_found_beside_growth(n_periods, growth):
    errors = []
    for phase in (0.0, 1.57, 3.14, 4.71):
        demand, mean = chain(n_periods, growth=growth, amplitude=0.4, phase=phase)
        history, _ = learned(demand)
        plain = baselines.moving_average(history.demand, horizon=AHEAD, window=13)
        index = SeasonalIndex.learn(history, season_length=52)
        seasonal = baselines.seasonal_average(index, 13)(history)
        truth = mean[:, -AHEAD:].sum(axis=0)
        errors.append(
            [np.abs(units.sum(axis=0) - truth).mean() for units in (plain, seasonal)]
        )
    plain, seasonal = np.sum(errors, axis=0)
    assert seasonal < 0.5 * plain


def test_ses_keeps_the_bias_of_its_plain_form_under_growth():
    demand, mean = chain(104, growth=0.3)
    history, (panel, calendar, cutoffs) = learned(demand)
    result = smoothing.forecast(
        panel, calendar, cutoffs, AHEAD, seed=0, season_length=52, max_series=0
    )
    result = result[result["model"] == "ses_seasonal"]
    plain = [smoothing.ses(row) * AHEAD for row in history.demand]
    total = mean[:, -AHEAD:].sum()
    gap = (result["forecast_units"].sum() - np.sum(plain)) / total
    assert abs(gap) < 0.03


def test_each_own_growth_is_no_season():
    generator = np.random.default_rng(4)
    weeks = np.arange(104 + AHEAD)
    growth = generator.choice([0.6, 1.6], size=(N_SERIES, 1))
    mean = 10 * growth ** (weeks / 52.18)
    demand = generator.poisson(mean).astype(float)
    history, _ = learned(demand)
    index = SeasonalIndex.learn(history, season_length=52)
    assert index.overall == pytest.approx(np.ones(53), abs=0.04)


def test_noise_has_no_season_in_any_category():
    generator = np.random.default_rng(6)
    demand = generator.negative_binomial(0.3, 0.05, (60, 105 + AHEAD)).astype(float)
    history, _ = learned(demand)
    history.keys["category"] = [f"C{number % 6}" for number in range(60)]
    index = SeasonalIndex.learn(history, season_length=52)
    for own in index.by_category.values():
        assert own == pytest.approx(np.ones(53), abs=0.15)


def test_one_giant_order_makes_no_season():
    demand = np.random.default_rng(8).poisson(5, (40, 104 + AHEAD)).astype(float)
    demand[0, 70] = 5_000
    history, _ = learned(demand)
    index = SeasonalIndex.learn(history, season_length=52)
    assert index.overall == pytest.approx(np.ones(53), abs=0.1)


def test_path_is_level_free():
    demand = np.array([[1.0, 2.0, 3.0, 2.0], [100.0, 200.0, 300.0, np.nan]])
    path = seasonal_shape.common_path(demand, np.ones((2, 4)))
    assert path.factor == pytest.approx([0.5, 1.0, 1.5, 1.0])
    assert path.variance[3] > path.variance[0]


def slope(target, ratio, index):
    """Slope of a ratio on an index over target periods, and its standard error."""
    count = np.bincount(target)
    used = count > 0
    x = np.bincount(target, index)[used] / count[used]
    y = np.bincount(target, ratio)[used] / count[used]
    x, y = x - x.mean(), y - y.mean()
    fitted = (x @ y) / (x @ x)
    return fitted, np.sqrt(((y - fitted * x) ** 2).mean() / (x @ x))


def test_training_learns_no_more_of_the_index_than_holds_afterwards():
    # Periods that all series share and that never come back: no season, but an index
    # in which a row's own target has a part would follow them.
    generator = np.random.default_rng(12)
    shared = generator.lognormal(0.0, 0.3, size=118 + AHEAD)
    demand = shared * generator.gamma(2.0, 5.0, size=(40, 118 + AHEAD))
    history, _ = learned(demand)
    design = features.Design.learn(history, season_length=52)
    rows = panel_rows.training_rows(history, max_rows=100_000, seed=1)
    columns = design.columns(history, rows)
    index = columns.values[:, columns.names.index("seasonal_index")]
    target = rows.close + rows.step
    ratio = panel_rows.scaled_targets(history, rows)
    found, error = slope(target, ratio, index)
    assert abs(found) < 2.5 * error
    # With its own target in the index the same slope is far above one.
    own = design.season.at(history, history.period_dates)[rows.series, target]
    with_own, error = slope(target, ratio, own)
    assert with_own > 1 + 2 * error


def test_no_row_is_given_an_index_where_the_forecast_has_none():
    demand = np.random.default_rng(14).gamma(2.0, 5.0, size=(30, 48 + AHEAD))
    history, _ = learned(demand)
    season = TrainingSeason.learn(history, season_length=52)
    assert all((index.overall == 1).all() for index in season.indices)


def test_a_target_has_no_part_in_the_index_of_its_row():
    demand = np.random.default_rng(13).gamma(2.0, 5.0, size=(6, 130 + AHEAD))
    rows = panel_rows.Rows(
        series=np.array([2, 2]),
        origin=np.array([60, 120]),
        close=np.array([60, 120]),
        step=np.array([5, 5]),
        scale=np.array([10.0, 10.0]),
    )
    found = []
    for factor in (1.0, 50.0):
        values = demand.copy()
        values[:, [65, 125]] *= factor
        history, _ = learned(values)
        design = features.Design.learn(history, season_length=52)
        columns = design.columns(history, rows)
        found.append(columns.values[:, columns.names.index("seasonal_index")])
        season = TrainingSeason.learn(history, season_length=52)
        assert season.span_of(np.array([65, 125])).tolist() == [2, 0]
    # Each row sees the other's target, not its own: the spans differ.
    assert found[0][0] != found[1][0]
    assert found[0][1] != found[1][1]
    history, _ = learned(demand)
    own = demand.copy()
    own[:, 125] *= 50.0
    changed, _ = learned(own)
    kept = [
        features.Design.learn(h, season_length=52).columns(h, rows.take(np.array([1])))
        for h in (history, changed)
    ]
    position = kept[0].names.index("seasonal_index")
    assert kept[0].values[0, position] == kept[1].values[0, position]


def calendar_names(demand):
    """Calendar features that a global model is shown."""
    history, (panel, calendar, cutoffs) = learned(demand)
    calendar = calendar.rename(columns={"calendar_sin": "calendar_year_sine"})
    cutoff = int(cutoffs["cutoff_index"].iloc[0])
    dense = dense_panel.read(panel, calendar, cutoffs, AHEAD)
    history = History(dense, cutoff, AHEAD)
    design = features.Design.learn(history, season_length=52)
    rows = panel_rows.forecast_rows(history, np.array([0]))
    names = design.columns(history, rows).names
    return [name for name in names if name.startswith("calendar_")]


def test_the_year_is_shown_only_where_it_has_a_season():
    noise, _ = chain(104)
    assert calendar_names(noise) == ["calendar_cos"]
    swinging, _ = chain(104, amplitude=0.4)
    assert calendar_names(swinging) == ["calendar_cos", "calendar_year_sine"]
