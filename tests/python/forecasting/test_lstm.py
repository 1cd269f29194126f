from __future__ import annotations

import chains
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from restock.forecasting import dense_panel, lstm, lstm_network, sequences
from restock.forecasting.history import History
from restock.forecasting.seasonal_index import TrainingSeason

HORIZON = 3
SETTINGS = {"seed": 3, "season_length": 52, "every": 26, "max_windows": 800}


def history_of(demand: np.ndarray, cutoff: int) -> History:
    calendar = chains.calendar_of(demand.shape[1])
    panel = chains.panel_of(demand, calendar)
    cutoffs = chains.cutoffs_of([cutoff], calendar)
    dense = dense_panel.read(panel, calendar, cutoffs, demand.shape[1] - 1 - cutoff)
    return History(dense, cutoff, HORIZON)


def test_windows_by_hand():
    level = np.array([[np.nan, 2.0, np.nan, 4.0, 6.0, 9.0]])
    found = sequences.windows_at(level, np.array([0]), np.array([3]), length=3, ahead=2)
    # The gap is filled with 2: (2 + 2 + 4) / 3 is the scale, (6 + 9) / 2 follows.
    assert found.scale == pytest.approx([8 / 3])
    assert found.inputs == pytest.approx(np.log1p(np.array([[2, 2, 4]]) / (8 / 3)))
    assert found.target == pytest.approx([7.5 / (8 / 3)])


def test_a_target_needs_half_of_its_periods():
    level = np.array([[3.0, 3.0, np.nan, 6.0], [3.0, 3.0, np.nan, np.nan]])
    found = sequences.windows_at(
        level, np.array([0, 1]), np.array([1, 1]), length=2, ahead=2
    )
    assert found.target[0] == pytest.approx(2)
    assert np.isnan(found.target[1])


@settings(deadline=None, max_examples=50)
@given(st.lists(st.floats(0.1, 1e4), min_size=4, max_size=12), st.floats(0.01, 100))
def test_scale_is_taken_out_of_inputs_and_target(values, factor):
    level = np.array([values])
    arguments = {"length": 2, "ahead": 1}
    close = np.array([2])
    one = sequences.windows_at(level, np.array([0]), close, **arguments)
    other = sequences.windows_at(factor * level, np.array([0]), close, **arguments)
    assert other.inputs == pytest.approx(one.inputs)
    assert other.target == pytest.approx(one.target)
    assert other.scale == pytest.approx(factor * one.scale)


def test_no_window_reaches_beyond_the_cutoff():
    generator = np.random.default_rng(0)
    demand = generator.poisson(5, size=(8, 70)).astype(float)
    history = history_of(demand, 60)
    season = TrainingSeason.learn(history, season_length=52, ahead=4)
    found = sequences.training_windows(
        history, season, length=13, ahead=4, max_windows=10_000, seed=1
    )
    assert found.close.max() == 60 - 4
    assert (np.diff(found.close) >= 0).all()
    few = sequences.training_windows(
        history, season, length=13, ahead=4, max_windows=50, seed=1
    )
    assert len(few.target) == 50


def test_the_reference_has_its_parameters():
    for window in (13, 26):
        network = lstm_network.build(lstm_network.Architecture(window=window), seed=1)
        assert network.count_params() == 119_269
    assert [
        type(layer).__name__
        for layer in lstm_network.build(lstm_network.REFERENCE, seed=1).layers
    ] == ["LSTM", "Dropout", "LSTM", "Dropout", "Dense", "Dense"]
    with pytest.raises(ValueError, match="loss must be squared or tweedie"):
        lstm_network.build(lstm_network.Architecture(loss="hinge"), seed=1)


def swinging(n_series: int, n_periods: int) -> np.ndarray:
    """High and low by turns of four periods: the mean of a window misses it."""
    generator = np.random.default_rng(5)
    phase = generator.integers(0, 8, size=(n_series, 1))
    is_high = (np.arange(n_periods) + phase) % 8 < 4
    return generator.poisson(np.where(is_high, 60, 10)).astype(float)


@pytest.fixture(scope="module")
def chain():
    demand = swinging(40, 80)
    calendar = chains.calendar_of(80)
    return chains.panel_of(demand, calendar), calendar


@pytest.fixture(scope="module")
def trained(chain):
    panel, calendar = chain
    cutoffs = chains.cutoffs_of([70, 74, 76], calendar)
    arguments = {**SETTINGS, "epochs": 15}
    table = lstm.weights_table(panel, calendar, cutoffs, HORIZON, **arguments)
    return cutoffs, arguments, table


def test_it_learns_and_beats_the_windows_mean(trained):
    _, _, table = trained
    assert table["trained_index"].tolist() == [70, 70]
    assert (table["last_training_loss"] < table["first_training_loss"]).all()
    reference = table.set_index("model").loc["lstm_reference"]
    assert reference["validation_loss"] < 0.7 * reference["naive_validation_loss"]
    assert reference["parameter_count"] == 119_269


def test_kept_weights_are_taken_again(chain, trained):
    panel, calendar = chain
    cutoffs, arguments, table = trained
    marked = table.assign(epochs=99)
    again = lstm.weights_table(
        panel, calendar, cutoffs, HORIZON, **arguments, kept=marked
    )
    assert again["epochs"].tolist() == [99, 99]
    # What was trained with a larger budget serves a build with a smaller one.
    smaller = lstm.weights_table(
        panel, calendar, cutoffs, HORIZON, **{**arguments, "epochs": 1}, kept=marked
    )
    assert smaller["epochs"].tolist() == [99, 99]
    poorer = marked.assign(budget_epochs=0)
    trained_anew = lstm.weights_table(
        panel, calendar, cutoffs, HORIZON, **{**arguments, "epochs": 1}, kept=poorer
    )
    assert trained_anew["epochs"].tolist() == [1, 1]


def test_two_trainings_are_equal_and_the_future_moves_nothing(chain, trained):
    panel, calendar = chain
    cutoffs, arguments, table = trained
    changed = panel.copy()
    changed.loc[changed["period_index"] > 70, "demand_units"] = 1e6
    again = lstm.weights_table(changed, calendar, cutoffs, HORIZON, **arguments)
    assert again["weights"].tolist() == table["weights"].tolist()
    before = lstm.forecast(panel, calendar, cutoffs, HORIZON, **arguments, kept=table)
    after = lstm.forecast(changed, calendar, cutoffs, HORIZON, **arguments, kept=table)
    first = before["cutoff_date"] == before["cutoff_date"].min()
    pd.testing.assert_frame_equal(before[first], after[first], check_exact=True)
    assert not before["is_fallback"].any()


SMALL = lstm_network.Architecture(window=8, units=(3,), dense_units=2)


def small_windows() -> sequences.Windows:
    history = history_of(swinging(12, 60), 50)
    return sequences.training_windows(
        history,
        TrainingSeason.learn(history, season_length=52, ahead=2),
        length=8,
        ahead=2,
        max_windows=300,
        seed=1,
    )


def test_a_network_put_back_trains_as_a_new_one_does():
    windows = small_windows()
    rewind = lstm_network.rewinder(lstm_network.build(SMALL, seed=1))
    losses = [
        lstm_network.train(windows, SMALL, epochs=2, seed=1, network=untrained()).losses
        for untrained in (lambda: None, rewind, rewind)
    ]
    assert losses[0] == losses[1]
    assert losses[1] == losses[2]


def test_running_means_of_the_weights_are_judged(monkeypatch):
    windows = small_windows()
    means = lstm_network.train(windows, SMALL, epochs=2, seed=1).losses
    # A mean that forgets at once is the last step's weights.
    monkeypatch.setattr(lstm_network, "EMA_MOMENTUM", 0.0)
    last = lstm_network.train(windows, SMALL, epochs=2, seed=1).losses
    assert means[0][0] == last[0][0]
    assert means[0][1] > 1.001 * last[0][1]


def test_steps_few_enough_are_traced_one_by_one():
    for window, is_unrolled in ((30, True), (39, False)):
        network = lstm_network.build(
            lstm_network.Architecture(window=window, units=(2, 2)), seed=1
        )
        assert network.layers[0].unroll is is_unrolled


def test_it_forecasts_the_turns(chain, trained):
    panel, calendar = chain
    cutoffs, arguments, table = trained
    rows = lstm.forecast(panel, calendar, cutoffs, HORIZON, **arguments, kept=table)
    truth = panel.rename(columns={"period_date": "forecast_date"})
    rows = rows.merge(truth, on=["location_id", "product_id", "forecast_date"])
    error = (rows["forecast_units"] - rows["demand_units"]).abs()
    by_model = error.groupby(rows["model"]).mean()
    mean_error = (rows["demand_units"] - rows["demand_units"].mean()).abs().mean()
    assert by_model["lstm_reference"] < 0.8 * mean_error


def test_a_short_history_falls_back_and_says_so():
    calendar = chains.calendar_of(12)
    panel = chains.panel_of(np.full((3, 12), 4.0), calendar)
    cutoffs = chains.cutoffs_of([8], calendar)
    rows = lstm.forecast(panel, calendar, cutoffs, HORIZON, **SETTINGS, epochs=1)
    assert rows["is_fallback"].all()
    assert rows["forecast_units"].tolist() == [4.0] * 18


def test_the_search_changes_the_tuned_network_only():
    found = lstm_network.architectures({"lstm_tuned": {"layers": 2, "layer_units": 8}})
    assert found["lstm_reference"] == lstm_network.REFERENCE
    assert found["lstm_tuned"].units == (8, 8)


def test_a_step_of_training_is_worth_its_cost():
    for batch_size, taken in ((32, 64), (128, 128)):
        found = lstm_network.architectures({"lstm_tuned": {"batch_size": batch_size}})
        assert found["lstm_tuned"].batch_size == taken


def test_days_are_read_further_back_than_weeks():
    assert lstm_network.architectures()["lstm_reference"].window == 13
    daily = lstm_network.architectures(is_daily=True)["lstm_reference"]
    assert daily.window == 26
    assert lstm_network.build(daily, seed=1).count_params() == 119_269


def test_the_target_of_a_window_has_no_part_in_its_season():
    demand = np.random.default_rng(3).gamma(2.0, 5.0, size=(6, 120))
    other = demand.copy()
    # Targets of the newest year, changed: their own windows keep their season.
    other[:, 90:98] *= 50
    found = []
    for values in (demand, other):
        history = history_of(values, 118)
        season = TrainingSeason.learn(history, season_length=52, ahead=8)
        span = season.span_of(np.array([90]))[0]
        found.append(season.indices[span].overall)
    assert (found[0] == found[1]).all()
