from __future__ import annotations

import chains
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from oracles.intermittent_demand import intermittent_demand_rates
from statsmodels.tsa.holtwinters import SimpleExpSmoothing

from restock.forecasting import intermittent, routing

METHODS = {
    "croston": intermittent.croston,
    "imapa": intermittent.imapa,
    "sba": intermittent.sba,
    "tsb": intermittent.tsb,
}
DEMAND = st.lists(st.integers(0, 60), min_size=1, max_size=60).map(
    lambda values: np.array(values, dtype=float)
)


def test_rates_by_hand():
    demand = np.array([0.0, 5.0, 0.0, 0.0, 5.0, 0.0, 0.0, 5.0])
    # Sizes are all 5. Intervals 2, 3, 3: 2, then 2.1, then 2.1 + 0.1 x 0.9 = 2.19.
    assert intermittent.croston(demand) == pytest.approx(5 / 2.19)
    assert intermittent.sba(demand) == pytest.approx(0.95 * 5 / 2.19)
    # Probability: 0, .1, .09, .081, .1729, .15561, .140049, .2260441.
    assert intermittent.tsb(demand) == pytest.approx(5 * 0.2260441)
    # A sale of 6 every second period: sums of pairs are 6 throughout, so 3 a period;
    # alone they swing between 0 and 6.
    paired = np.tile([0.0, 6.0], 20)
    single = SimpleExpSmoothing(
        paired, initialization_method="known", initial_level=0.0
    ).fit(smoothing_level=0.1, optimized=False)
    expected = (single.forecast(1)[0] + 3.0) / 2
    assert intermittent.imapa(paired) == pytest.approx(expected, rel=0.01)


@settings(deadline=None)
@given(DEMAND, st.floats(0.01, 1.0), st.floats(0.01, 1.0))
def test_rates_agree_with_the_reference_formulas(demand, smoothing, probability):
    reference = intermittent_demand_rates(demand)
    assert intermittent.croston(demand) == pytest.approx(reference.croston_units)
    assert intermittent.sba(demand) == pytest.approx(reference.sba_units)
    other = intermittent_demand_rates(
        demand, smoothing=smoothing, probability_smoothing=probability
    )
    rate = intermittent.tsb(
        demand, smoothing=smoothing, probability_smoothing=probability
    )
    assert rate == pytest.approx(other.tsb_units)


def reference_imapa(demand: np.ndarray) -> float:
    """IMAPA written out: levels by a fine grid of weights instead of a search."""
    periods = np.flatnonzero(demand > 0) + 1
    if not len(periods):
        return 0.0
    weights = np.linspace(0.1, 0.3, 2001)
    levels = []
    for size in range(1, round(np.diff(periods, prepend=0).mean()) + 1):
        sums = demand[len(demand) % size :].reshape(-1, size).sum(axis=1)
        level, errors = np.full(len(weights), sums[0]), np.zeros(len(weights))
        for value in sums[1:]:
            errors += (value - level) ** 2
            level = level + weights * (value - level)
        levels.append(level[np.argmin(errors)] / size)
    return float(np.mean(levels))


@pytest.mark.parametrize("seed", range(8))
def test_imapa_agrees_with_its_definition(seed):
    generator = np.random.default_rng(seed)
    demand = generator.poisson(5, 80) * (generator.random(80) < 0.3) * 1.0
    assert intermittent.imapa(demand) == pytest.approx(
        reference_imapa(demand), rel=0.01
    )


@settings(deadline=None)
@given(DEMAND, st.integers(-3, 10))
def test_rates_scale_and_lie_between_zero_and_the_largest(demand, power):
    # Powers of two round alike, so the search of IMAPA takes the same turns.
    factor = 2.0**power
    for rate in METHODS.values():
        units = rate(demand)
        assert 0 <= units <= demand.max() * (1 + 1e-9)
        assert rate(factor * demand) == pytest.approx(factor * units)


@pytest.mark.parametrize("method", sorted(METHODS))
def test_a_series_that_never_sold_has_a_rate_of_zero(method):
    for n_periods in (1, 2, 3, 50):
        assert METHODS[method](np.zeros(n_periods)) == 0.0


def test_tsb_fades_when_sales_stop_and_croston_does_not():
    sold = np.tile([0.0, 6.0], 20)
    stopped = np.concatenate([sold, np.zeros(20)])
    assert intermittent.croston(stopped) == intermittent.croston(sold)
    assert intermittent.tsb(stopped) == pytest.approx(0.9**20 * intermittent.tsb(sold))


@settings(deadline=None)
@given(DEMAND, st.data())
def test_unknown_periods_are_as_if_they_had_not_been(demand, data):
    gaps = data.draw(st.lists(st.integers(0, len(demand)), max_size=9))
    gapped = np.insert(demand, gaps, np.nan)[None]
    for rate in METHODS.values():
        found = intermittent.rates(gapped, rate, window=500)
        assert found.tolist() == [rate(demand)]


def test_rates_of_nothing_known_are_unknown():
    values = np.array([[np.nan, np.nan], [np.nan, 3.0]])
    found = intermittent.rates(values, intermittent.croston, window=5)
    assert found.tolist() == pytest.approx([np.nan, 3.0], nan_ok=True)
    nothing = intermittent.rates(np.empty((0, 4)), intermittent.croston, window=5)
    assert nothing.shape == (0,)


def test_only_the_window_counts_and_returns_are_no_negative_demand():
    values = np.array([900.0, np.nan, 2.0, -3.0, np.nan])
    assert routing.known_tail(values, 2).tolist() == [2.0, 0.0]


def test_a_season_is_learned_from_the_chain_and_put_back():
    n_periods, horizon = 130, 26
    calendar = chains.calendar_of(n_periods + horizon)
    season = 1 + 0.8 * calendar["calendar_sin"].to_numpy()
    demand = np.outer(np.linspace(20, 60, 40), season)
    demand[:, n_periods:] = np.nan
    rows = intermittent.forecast(
        chains.panel_of(demand, calendar),
        calendar,
        chains.cutoffs_of([n_periods - 1], calendar),
        horizon,
        seed=0,
        season_length=52,
    )
    rows = rows[rows["model"] == "tsb"]
    truth = np.outer(np.linspace(20, 60, 40), season[n_periods:])
    # Series are ordered by location, then product.
    order = np.lexsort((np.arange(40), np.arange(40) % 5))
    error = rows["forecast_units"].to_numpy().reshape(40, horizon) / truth[order] - 1
    assert abs(error).max() < 0.2
    flat = truth.mean(axis=1, keepdims=True) / truth - 1
    assert abs(error).mean() < 0.2 * abs(flat).mean()


@pytest.mark.parametrize("weight", [0.0, -0.1, 1.1])
def test_weights_outside_their_range_are_refused(weight):
    calendar = chains.calendar_of(4)
    panel = chains.panel_of(np.ones((1, 4)), calendar)
    cutoffs = chains.cutoffs_of([2], calendar)
    for name in ("smoothing", "probability_smoothing"):
        with pytest.raises(ValueError, match="weight must lie in"):
            intermittent.forecast(
                panel, calendar, cutoffs, 1, seed=0, season_length=52, **{name: weight}
            )
