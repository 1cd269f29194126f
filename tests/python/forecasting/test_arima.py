from __future__ import annotations

import chains
import numpy as np
import pandas as pd
import pytest
from statsforecast.models import ARIMA
from statsmodels.tsa.statespace.sarimax import SARIMAX

from restock import frames
from restock.forecasting import arima, arima_orders

HORIZON = 4
KEYS = ["location_id", "product_id"]


def simulated(kind: str, seed: int, n_periods: int = 104) -> np.ndarray:
    noise = np.random.default_rng(seed).normal(size=n_periods + 50)
    if kind == "random walk":
        return 50 + np.cumsum(noise)[50:]
    if kind == "moving average":
        return 20 + noise[50:] + 0.8 * noise[49:-1]
    values = np.zeros(n_periods + 50)
    for period in range(1, len(values)):
        values[period] = 0.6 * values[period - 1] + noise[period]
    return 20 + values[50:]


def smooth_chain(n_series: int = 4, n_periods: int = 60):
    generator = np.random.default_rng(5)
    calendar = chains.calendar_of(n_periods + HORIZON)
    demand = np.full((n_series, n_periods + HORIZON), np.nan)
    level = 10.0 * np.arange(1, n_series + 1)[:, None]
    demand[:, :n_periods] = generator.poisson(level, size=(n_series, n_periods))
    return demand, calendar


def searched(demand, calendar, cutoff=59, **changes):
    return arima_orders.search(
        chains.panel_of(demand, calendar),
        calendar,
        chains.cutoffs_of([cutoff], calendar),
        HORIZON,
        **{"season_length": 52, "search_every": 26, "max_series": 9, **changes},
    )


@pytest.mark.parametrize(
    ("kind", "differences"),
    [("random walk", 1), ("moving average", 0), ("autoregression", 0)],
)
def test_the_search_recovers_the_differences_and_whitens(kind, differences):
    found = [arima_orders.find(simulated(kind, seed), 1) for seed in range(5)]
    # KPSS at 5 % errs now and then: four of five.
    assert sum(orders["d"] == differences for orders in found) >= 4
    assert np.median([orders["ljung_box_p_value"] for orders in found]) > 0.05
    if differences == 0:
        assert all(orders["p"] + orders["q"] >= 1 for orders in found)
        assert all(orders["has_constant"] for orders in found if orders["d"] == 0)


def test_the_search_finds_a_season_of_days():
    generator = np.random.default_rng(1)
    week = np.tile([5.0, 5, 6, 7, 12, 20, 15], 20)
    orders = arima_orders.find(week + generator.normal(size=140), 7)
    assert orders["seasonal_d"] == 1


@pytest.mark.parametrize(
    ("kind", "order", "has_constant"),
    [
        ("autoregression", (1, 0, 0), True),
        ("autoregression", (1, 0, 1), True),
        ("random walk", (0, 1, 1), False),
        ("moving average", (0, 0, 1), True),
    ],
)
def test_fixed_orders_agree_with_statsmodels(kind, order, has_constant):
    values = simulated(kind, seed=3)
    orders = arima.Orders(order, (0, 0, 0), 1, has_constant, "none")
    units = arima.fit_and_forecast(values, orders, HORIZON)
    # statsmodels writes a mean as a regression on ones, as the engine does, and
    # drops the first value of a differenced series likewise.
    reference = SARIMAX(
        values,
        exog=np.ones(len(values)) if has_constant else None,
        order=order,
        simple_differencing=order[1] > 0,
    ).fit(disp=False, maxiter=200)
    ahead = reference.forecast(
        HORIZON, exog=np.ones((HORIZON, 1)) if has_constant else None
    )
    if order[1] > 0:
        ahead = values[-1] + np.cumsum(ahead)
    assert units == pytest.approx(ahead, abs=0.02)
    engine = ARIMA(order=order, include_mean=has_constant).fit(values)
    assert engine.model_["loglik"] == pytest.approx(reference.llf, abs=0.1)
    assert engine.model_["aicc"] == pytest.approx(reference.aicc, abs=0.2)


def test_a_season_of_days_agrees_with_statsmodels():
    noise = np.random.default_rng(2).normal(size=200)
    values = np.zeros(200)
    for day in range(8, 200):
        values[day] = (
            0.4 * values[day - 1]
            + 0.6 * values[day - 7]
            - 0.24 * values[day - 8]
            + noise[day]
        )
    values = 20 + values[50:]
    orders = arima.Orders((1, 0, 0), (1, 0, 0), 7, True, "none")
    reference = SARIMAX(
        values,
        exog=np.ones(len(values)),
        order=(1, 0, 0),
        seasonal_order=(1, 0, 0, 7),
    ).fit(disp=False, maxiter=200)
    assert arima.fit_and_forecast(values, orders, 7) == pytest.approx(
        reference.forecast(7, exog=np.ones((7, 1))), abs=0.02
    )


def test_the_log_scale_gives_the_mean_not_the_median():
    values = np.exp(np.random.default_rng(4).normal(3, 0.6, size=400)) - 1
    orders = arima.Orders((0, 0, 0), (0, 0, 0), 1, True, "log1p")
    # By hand: the forecast is exp(m + s^2 / 2 (1 + 1 / n)) - 1.
    logs = np.log1p(values)
    expected = np.expm1(logs.mean() + logs.var() / 2)
    units = arima.fit_and_forecast(values, orders, 2)
    assert units == pytest.approx(expected, rel=0.01)
    assert expected > 1.1 * np.expm1(logs.mean())


def test_the_scale_follows_the_data():
    generator = np.random.default_rng(6)
    assert arima_orders.transform_of(generator.lognormal(3, 0.6, 104)) == "log1p"
    assert arima_orders.transform_of(generator.normal(50, 5, 104)) == "none"


def test_orders_are_kept_while_what_the_search_saw_is_the_same(monkeypatch):
    demand, calendar = smooth_chain()
    first = searched(demand, calendar)
    assert first["is_routed"].all()
    calls = []
    find = arima_orders.find
    monkeypatch.setattr(
        arima_orders, "find", lambda *given: calls.append(1) or find(*given)
    )
    # As the warehouse hands them back: plain columns, no nullable types.
    table = frames.to_table(first, arima_orders.SCHEMA)
    again = searched(demand, calendar, cached=table.to_pandas())
    assert not calls
    assert frames.to_table(again, arima_orders.SCHEMA).equals(table)
    changed = demand.copy()
    changed[0, 30] += 40
    other = searched(changed, calendar, cached=first)
    assert calls
    pd.testing.assert_frame_equal(other, searched(changed, calendar))
    # The grid's date is before week 59: what came after it is not seen.
    calls.clear()
    later = demand.copy()
    later[:, 53:] += 40
    pd.testing.assert_frame_equal(searched(later, calendar, cached=first), first)
    assert not calls


def test_searches_lie_at_or_before_the_cutoff():
    demand, calendar = smooth_chain()
    assert searched(demand, calendar, 59)["searched_index"].unique().tolist() == [52]
    assert searched(demand, calendar, 51)["searched_index"].unique().tolist() == [26]
    # Week 20 has no date on the grid with history enough.
    early = searched(demand, calendar, 20)
    assert early["searched_index"].unique().tolist() == [20]
    assert early["reason"].unique().tolist() == ["fewer than 26 known periods"]
    ends = calendar.set_index("period_index")["period_end_date"]
    assert (early["searched_date"] == ends[20]).all()


def test_the_rest_falls_back_and_says_why():
    demand, calendar = smooth_chain(6)
    demand[0, :60] = 7.0
    demand[1, :60] = 0.0
    demand[2, 1:60:2] = 0.0
    demand[3, :45] = np.nan
    orders = searched(demand, calendar, max_series=1)
    orders = orders.set_index("product_id").sort_index()
    assert orders["reason"].fillna("").tolist() == [
        "demand never changed",
        "demand interval of 1.32 periods or more",
        "demand interval of 1.32 periods or more",
        "fewer than 26 known periods",
        "not among the 1 of most value",
        "",
    ]
    rows = arima.forecast(
        chains.panel_of(demand, calendar),
        calendar,
        chains.cutoffs_of([59], calendar),
        HORIZON,
        seed=1,
        season_length=52,
        orders=orders.reset_index(),
    )
    by_product = rows.groupby("product_id")
    assert by_product["is_fallback"].all().tolist() == [True] * 5 + [False]
    # The season pooled from the others' noise moves the constant a little.
    assert by_product["forecast_units"].mean().iloc[:2].tolist() == pytest.approx(
        [7.0, 0.0], rel=0.05
    )


def test_a_series_that_cannot_be_fitted_falls_back(monkeypatch):
    def fail(*_):
        raise np.linalg.LinAlgError("singular")

    demand, calendar = smooth_chain()
    orders = searched(demand, calendar)
    monkeypatch.setattr(arima_orders, "find", fail)
    reasons = searched(demand, calendar)["reason"]
    assert (reasons == "no model could be fitted").all()
    monkeypatch.setattr(arima, "fit_and_forecast", fail)
    rows = arima.forecast(
        chains.panel_of(demand, calendar),
        calendar,
        chains.cutoffs_of([59], calendar),
        HORIZON,
        seed=1,
        season_length=52,
        orders=orders,
    )
    assert rows["is_fallback"].all()


def test_an_explosion_is_capped():
    values = np.append(np.full(40, 1.0), np.cumprod(np.full(12, 1.6)))
    orders = arima.Orders((0, 2, 0), (0, 0, 0), 1, False, "log1p")
    units = arima.fit_and_forecast(values, orders, 60)
    assert units.max() == pytest.approx(3 * values.max())
    assert units.min() >= 0


@pytest.mark.parametrize("deviation", [0.4, 1.2])
def test_what_comes_back_from_a_logarithm_is_a_mean(deviation):
    # Half of the weeks small, half large: log errors that are far from normal.
    generator = np.random.default_rng(4)
    sizes = np.where(generator.random((60, 104)) < 0.5, 1.0, 30.0)
    noise = generator.lognormal(-(deviation**2) / 2, deviation, (60, 104))
    values = np.round(sizes * noise)
    orders = arima.Orders((0, 0, 0), (0, 0, 0), 1, True, "log1p")
    units = [arima.fit_and_forecast(row, orders, 4).mean() for row in values]
    assert np.mean(units) / values.mean() == pytest.approx(1.0, abs=0.03)
