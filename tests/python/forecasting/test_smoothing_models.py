from __future__ import annotations

import chains
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from statsforecast.models import AutoETS
from statsmodels.tsa.exponential_smoothing.ets import ETSModel
from statsmodels.tsa.forecasting.theta import ThetaModel
from statsmodels.tsa.holtwinters import SimpleExpSmoothing

from restock.forecasting import dense_panel, intermittent, routing, smoothing
from restock.forecasting.history import History

COSTLY = ["ces", "ets", "theta"]
ENGINES = smoothing.engines()
KEYS = ["location_id", "product_id"]


def history_of(demand: np.ndarray, *, values: np.ndarray | None = None):
    """History at the last column but one, which is the horizon."""
    calendar = chains.calendar_of(demand.shape[1])
    panel = chains.panel_of(demand, calendar)
    if values is not None:
        panel["weight_value"] = np.repeat(values, demand.shape[1])
    cutoffs = chains.cutoffs_of([demand.shape[1] - 2], calendar)
    dense = dense_panel.read(panel, calendar, cutoffs, 1)
    return History(dense, demand.shape[1] - 2, 1)


def forecast_of(demand: np.ndarray, horizon: int, **settings_):
    n_periods = demand.shape[1]
    calendar = chains.calendar_of(n_periods + horizon)
    ahead = np.full((len(demand), horizon), np.nan)
    ids = [("L", f"P{i:03d}") for i in range(len(demand))]
    panel = chains.panel_of(np.hstack([demand, ahead]), calendar, ids=ids)
    cutoffs = chains.cutoffs_of([n_periods - 1], calendar)
    return smoothing.forecast(
        panel, calendar, cutoffs, horizon, seed=0, season_length=52, **settings_
    )


def noisy(seed: int, n_periods: int = 60, level: float = 9.0) -> np.ndarray:
    return np.random.default_rng(seed).poisson(level, n_periods).astype(float)


@pytest.mark.parametrize("seed", range(4))
def test_ses_agrees_with_statsmodels_and_no_other_weight_is_better(seed):
    demand = noisy(seed) + 4 * (np.arange(60) > 30)

    def reference(weight: float):
        model = SimpleExpSmoothing(
            demand, initialization_method="known", initial_level=demand[:13].mean()
        )
        return model.fit(smoothing_level=weight, optimized=False)

    chosen = min((reference(w) for w in smoothing.WEIGHTS), key=lambda fit: fit.sse)
    assert smoothing.ses(demand) == pytest.approx(chosen.forecast(1)[0])
    others = [reference(other).sse for other in np.linspace(0.01, 0.99, 50)]
    assert chosen.sse <= min(others) * 1.02


def test_ses_does_not_start_from_one_lucky_period():
    # A giant first sale, then 5 a period: the library's level starts at 400.
    demand = np.append(400.0, np.random.default_rng(1).poisson(5.0, 103))
    assert smoothing.ses(demand) == pytest.approx(5.0, abs=1.0)


def test_smoothing_agrees_with_a_loop():
    demand = np.array([[3.0, np.nan, 5.0, 8.0, 2.0, 4.0]])
    scores = []
    for weight in smoothing.WEIGHTS:
        level, square = 4.4, 0.0
        for value in (3.0, 5.0, 8.0, 2.0, 4.0):
            square += (value - level) ** 2
            level += weight * (value - level)
        scores.append((square, level))
    assert smoothing.smoothed_levels(demand)[0] == pytest.approx(min(scores)[1])


@pytest.mark.parametrize("seed", range(4))
def test_ets_agrees_with_statsmodels_at_the_same_parameters(seed):
    # A zero leaves only additive errors: multiplicative ones need positive demand.
    demand = noisy(seed) * 1.1 + 0.2 * np.arange(60)
    demand[7] = 0.0
    fitted = AutoETS(season_length=1, damped=True).fit(demand)
    assert fitted.model_["method"] == "ETS(A,Ad,N)"
    alpha, beta, _, phi, level, trend = fitted.model_["par"]
    reference = ETSModel(demand, error="add", trend="add", damped_trend=True)
    expected = reference.smooth([alpha, beta, phi, level, trend]).forecast(6)
    found = smoothing.fit(ENGINES["ets"], demand, 6)
    assert found == pytest.approx(expected, rel=1e-6)


@pytest.mark.parametrize("seed", range(4))
def test_the_drift_of_theta_is_half_the_slope(seed):
    demand = noisy(seed) + 0.3 * np.arange(60)
    found = smoothing.fit(ENGINES["theta"], demand, 6)
    slope = np.polyfit(np.arange(60), demand, 1)[0]
    assert np.diff(found) == pytest.approx(np.full(5, slope / 2))
    reference = ThetaModel(demand, period=1, deseasonalize=False).fit()
    assert np.diff(found) == pytest.approx(np.diff(reference.forecast(6)))


@pytest.mark.parametrize("model", COSTLY)
def test_a_level_is_found_and_a_trend_followed(model):
    level = [smoothing.fit(ENGINES[model], noisy(seed), 4) for seed in range(6)]
    assert np.mean(level) == pytest.approx(9.0, rel=0.1)
    rising = noisy(3, 80, level=30.0) + np.arange(80.0)
    assert smoothing.fit(ENGINES[model], rising, 4).mean() > 100


def shapes_of(n: int, seed: int) -> list[np.ndarray]:
    generator = np.random.default_rng(seed)
    spike = np.zeros(n)
    spike[-1] = 9.0
    return [
        np.zeros(n),
        np.full(n, 5.0),
        spike,
        spike[::-1],
        np.arange(n) * 1.0,
        generator.poisson(0.2, n) * 1.0,
        generator.gamma(0.1, 1e6, n),
        np.exp(np.minimum(np.arange(n), 30.0)),
    ]


@pytest.mark.parametrize("n_periods", [1, 2, 3, 19, 20, 60])
def test_no_history_is_too_odd(n_periods):
    demand = np.array(shapes_of(n_periods, 1) + shapes_of(n_periods, 2))
    rows = forecast_of(demand, 5, max_interval=np.inf)
    assert len(rows) == len(demand) * 5 * len(smoothing.MODELS)
    assert np.isfinite(rows["forecast_units"]).all()
    assert (rows["forecast_units"] >= 0).all()
    is_costly = rows["model"].isin(COSTLY)
    assert not rows.loc[~is_costly, "is_fallback"].any()
    if n_periods < smoothing.MIN_KNOWN_PERIODS:
        assert rows.loc[is_costly, "is_fallback"].all()
    if n_periods > 52:
        # The season of so odd a chain is odd too.
        return
    flat = rows[rows["product_id"].isin(["P001", "P009"])]
    assert flat["forecast_units"].to_numpy() == pytest.approx(5.0)


@settings(deadline=None, max_examples=40)
@given(
    st.lists(st.one_of(st.none(), st.integers(0, 40)), min_size=1, max_size=40),
    st.integers(1, 4),
)
def test_any_history_is_forecast_between_zero_and_a_bound(values, horizon):
    demand = np.array([values, [3] * len(values)], dtype=float)
    rows = forecast_of(demand, horizon, max_interval=np.inf)
    assert len(rows) == 2 * horizon * len(smoothing.MODELS)
    largest = np.nanmax(demand)
    assert rows["forecast_units"].between(0, 2 * largest).all()


def test_library_errors_that_mean_no_model_are_a_fallback_others_are_raised():
    class Failing:
        def __init__(self, error: Exception) -> None:
            self.error = error

        def forecast(self, y, h):
            raise self.error

    demand = noisy(0)
    for error in (
        NotImplementedError("tiny datasets"),
        Exception(smoothing.NOTHING_FITS),
    ):
        assert smoothing.fit(Failing(error), demand, 3) is None
    with pytest.raises(ZeroDivisionError):
        smoothing.fit(Failing(ZeroDivisionError()), demand, 3)


@pytest.mark.parametrize("answer", [np.nan, np.inf, 1e9])
def test_a_fit_that_runs_away_is_no_fit(answer):
    class Astray:
        def forecast(self, y, h):
            return {"mean": np.full(h, answer)}

    assert smoothing.fit(Astray(), noisy(0), 3) is None


def test_a_series_too_short_for_the_library_has_no_fit():
    assert smoothing.fit(ENGINES["ets"], np.array([1.0, 4.0, 2.0]), 3) is None


def test_costly_models_fall_back_and_say_so():
    demand = np.full((4, 40), np.nan)
    demand[0] = noisy(0, 40)
    # Too young, intermittent, unknown for more than half of the time.
    demand[1, -19:] = noisy(1, 19)
    demand[2] = np.tile([0.0, 5.0], 20)
    demand[3, ::3] = noisy(3, 14)
    rows = forecast_of(demand, 2)
    costly = rows[rows["model"].isin(COSTLY)]
    flags = costly.groupby("product_id")["is_fallback"].agg(["min", "max"])
    assert flags.to_numpy().tolist() == [
        [False, False],
        [True, True],
        [True, True],
        [True, True],
    ]
    units = costly.groupby("product_id")["forecast_units"]
    young, odd, gapped = (units.get_group(f"P00{i}").to_numpy() for i in (1, 2, 3))
    assert young == pytest.approx(smoothing.ses(demand[1, -19:]))
    assert odd == pytest.approx(intermittent.tsb(demand[2]))
    assert gapped == pytest.approx(smoothing.ses(demand[3, ::3]))


def test_the_cap_keeps_the_most_valuable_series():
    demand = np.tile(noisy(0, 31), (4, 1))
    # Value is scale times unit value: the third sells more of the cheaper.
    demand[2] *= 3
    history = history_of(demand, values=np.array([2.0, 5.0, 4.0, 1.0]))
    kept = [
        routing.is_worth_a_fit(
            history, window=104, min_known=20, max_interval=1.32, max_series=cap
        ).tolist()
        for cap in (0, 1, 2, 9)
    ]
    assert kept == [
        [False, False, False, False],
        [False, False, True, False],
        [False, True, True, False],
        [True, True, True, True],
    ]
    with pytest.raises(ValueError, match="max_series must be 0 or more, got -1"):
        routing.is_worth_a_fit(
            history, window=104, min_known=20, max_interval=1.32, max_series=-1
        )


def test_intermittent_series_take_no_place_under_the_cap():
    demand = np.tile(noisy(0, 31) + 1, (2, 1))
    demand[0, ::3] = 0
    demand[0] *= 100
    history = history_of(demand)
    kept = routing.is_worth_a_fit(
        history, window=104, min_known=20, max_interval=1.32, max_series=1
    )
    assert kept.tolist() == [False, True]


def test_the_mean_interval_by_hand():
    demand = np.array(
        [
            # Four known, two sold.
            [9.0, 0.0, 3.0, np.nan, 2.0, 0.0],
            [0.0, 0.0, 0.0, 0.0, 0.0, 0.0],
            [5.0, np.nan, np.nan, np.nan, np.nan, np.nan],
        ]
    )
    found = routing.mean_interval(demand, window=5)
    assert found.tolist() == pytest.approx([2.0, np.inf, np.nan], nan_ok=True)


def test_parts_share_the_cap():
    assert [routing.share_of_part(7, parts) for parts in (0, 1, 2, 3)] == [7, 7, 4, 3]
    demand = np.stack([noisy(seed, 40) for seed in range(8)])
    calendar = chains.calendar_of(42)
    full = np.hstack([demand, np.full((8, 2), np.nan)])
    panel = chains.panel_of(full, calendar)
    inputs = calendar, chains.cutoffs_of([39], calendar), 2
    ids = sorted(panel["product_id"].unique())
    parts = [
        lambda kept=kept: panel[panel["product_id"].isin(kept)]
        for kept in (ids[:4], ids[4:])
    ]
    given_ = {"seed": 0, "season_length": 52, "max_series": 2}
    for source in (panel, parts):
        rows = smoothing.forecast(source, *inputs, **given_)
        own = rows[(rows["model"] == "ets") & ~rows["is_fallback"]]
        assert own.groupby(KEYS).ngroups == 2


def test_the_season_of_the_chain_is_put_back():
    n_periods, horizon = 130, 26
    calendar = chains.calendar_of(n_periods + horizon)
    season = 1 + 0.8 * calendar["calendar_sin"].to_numpy()
    truth = np.outer(np.linspace(20, 60, 12), season)
    rows = forecast_of(truth[:, :n_periods], horizon)
    for model in smoothing.MODELS:
        found = rows.loc[rows["model"] == model, "forecast_units"]
        error = found.to_numpy().reshape(12, horizon) / truth[:, n_periods:] - 1
        assert abs(error).mean() < 0.15, model
