import datetime

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from restock.sample import catalogue, commerce, environment, simulation
from restock.sample.streams import Purpose, stream

NEW_YEAR_2024 = datetime.date(2024, 1, 1)


def chain_of(**changes):
    sizes = {"seed": 7, "start_date": NEW_YEAR_2024, "days": 730, "products": 40}
    return simulation.build_chain(**(sizes | changes))


@pytest.fixture(scope="module")
def chain():
    return chain_of()


@pytest.fixture(scope="module")
def stores(chain):
    return [simulation.simulate_store(chain, store) for store in (1, 2, 3)]


def opening(history):
    return np.vstack([history.opening_units, history.closing_units[:-1]])


def product(chain, name):
    return next(i for i, d in enumerate(chain.products.description) if name in d)


def test_every_day_balances_and_no_stock_is_negative(stores):
    for history in stores:
        closing = (
            opening(history)
            - history.sold_units
            - history.shrunk_units
            + history.received_units
        )
        np.testing.assert_array_equal(closing, history.closing_units)
        assert history.closing_units.min() >= 0
        assert history.shrunk_units.sum() > 0


def test_sales_are_demand_cut_by_the_opening_stock(stores):
    for history in stores:
        served = np.minimum(history.demand_units, opening(history))
        np.testing.assert_array_equal(history.sold_units, served)


def test_three_to_seven_percent_of_days_begin_empty_and_lose_sales(stores):
    listed = sum(history.is_listed.sum() for history in stores)
    empty = sum(((opening(h) == 0) & h.is_listed).sum() for h in stores)
    assert 0.03 < empty / listed < 0.07
    wanted = sum(history.demand_units.sum() for history in stores)
    sold = sum(history.sold_units.sum() for history in stores)
    assert 0.02 < 1 - sold / wanted < 0.08


def test_nothing_is_wanted_of_what_is_not_listed(chain, stores):
    new = chain.products.introduced_day
    for history in stores:
        assert not history.demand_units[~history.is_listed].any()
        assert not history.is_listed[:, ~history.is_carried].any()
        first_listed = history.is_listed.argmax(axis=0)
        carried = history.is_carried
        assert (first_listed[carried] >= new[carried]).all()


def test_receipts_of_the_days_are_those_of_the_order_lines(chain, stores):
    for history in stores:
        lines = history.lines
        received = np.zeros_like(history.received_units)
        here = ~lines.is_cancelled & (lines.received_day < chain.days)
        at = (lines.received_day[here], lines.product[here])
        np.add.at(received, at, lines.received_units[here])
        np.testing.assert_array_equal(received, history.received_units)


def test_lines_are_in_packs_after_their_order_and_from_one_vendor(chain, stores):
    lines = stores[0].lines
    pack = chain.products.pack_units[lines.product]
    assert not (lines.ordered_units % pack).any()
    assert not (lines.received_units % pack).any()
    came = ~lines.is_cancelled
    assert (lines.received_day[came] > lines.ordered_day[came]).all()
    tail = lines.received_day - lines.ordered_day
    assert tail.max() <= simulation.RECEIPT_TAIL_DAYS
    vendor = chain.products.vendor[lines.product]
    pairs = np.unique(np.column_stack([lines.order, vendor]), axis=0)
    assert len(pairs) == lines.order.max()


def test_deliveries_are_split_cut_short_and_cancelled(stores):
    line = [
        np.column_stack(
            [h.lines.order, h.lines.product, np.full(len(h.lines.order), s)]
        )
        for s, h in enumerate(stores)
    ]
    _, parts = np.unique(np.vstack(line), axis=0, return_counts=True)
    assert parts.max() == 2
    assert 0.02 < (parts == 2).mean() < 0.08
    for history in stores:
        lines = history.lines
        assert lines.is_cancelled.any()
        is_short = (lines.received_units < lines.ordered_units) & ~lines.is_cancelled
        assert is_short.any()
        assert not lines.received_units[lines.is_cancelled].any()


def test_lead_times_differ_by_vendor_as_the_profiles_say(chain, stores):
    vendor = np.concatenate([chain.products.vendor[h.lines.product] for h in stores])
    days = np.concatenate([h.lines.received_day - h.lines.ordered_day for h in stores])
    came = ~np.concatenate([h.lines.is_cancelled for h in stores])
    mean = [days[came & (vendor == v)].mean() for v in range(8)]
    spread = [days[came & (vendor == v)].std(ddof=1) for v in range(8)]
    # Lateness, splits and whole days add to the mean of the profile, a cap takes off.
    profile = [p.lead_time_days for p in catalogue.VENDOR_PROFILES]
    np.testing.assert_allclose(mean, profile, rtol=0.25)
    # Vendor 0: 3 days x 0.10 is 0.3; vendor 5: 6 days x 0.45 is 2.7, and 10 % late.
    assert spread[0] < 0.5
    assert spread[5] > 2.5


def test_promotions_lift_demand_and_the_week_after_dips(chain, stores):
    ratio = {"during": [], "after": []}
    for history in stores:
        rates = history.discount_rate[:, : chain.days].T
        during = (rates > 0) & history.is_listed
        after = np.zeros_like(during)
        for lag in range(1, 8):
            after[lag:] |= during[:-lag]
        after &= ~during & history.is_listed
        calm = ~during & ~after & history.is_listed
        # Against the same product and month of the year, so season cancels.
        month = np.arange(chain.days) // 61
        for item in np.flatnonzero(chain.products.units_per_day > 2):
            for part in range(12):
                here = month == part
                base = history.demand_units[calm[:, item] & here, item]
                for name, mask in (("during", during), ("after", after)):
                    units = history.demand_units[mask[:, item] & here, item]
                    if len(base) and base.mean() > 0 and len(units):
                        ratio[name].append(units.mean() / base.mean())
    # Discounts of 10 to 30 % at elasticity 2.5 lift by 1.3 to 2.4.
    assert 1.4 < np.median(ratio["during"]) < 2.2
    assert 0.75 < np.median(ratio["after"]) < 0.98


@pytest.mark.parametrize(
    ("name", "signal", "least"),
    [
        ("Umbrella", "rain_mm", 0.3),
        ("Rain Poncho", "rain_mm", 0.3),
        ("Ice Cream", "temperature_c", 0.3),
        ("Sunscreen", "temperature_c", 0.2),
    ],
)
def test_driven_products_answer_to_the_day_s_weather(
    chain, stores, name, signal, least
):
    item = product(chain, name)
    found = []
    for history in stores:
        if not history.is_carried[item]:
            continue
        weather = getattr(history.weather, signal)[: chain.days].copy()
        demand = np.log1p(history.demand_units[:, item].astype(float))
        # What is left after four weeks' mean is the day, not the season.
        kernel = np.ones(29) / 29
        weather -= np.convolve(weather, kernel, mode="same")
        demand -= np.convolve(demand, kernel, mode="same")
        found.append(np.corrcoef(weather[30:-30], demand[30:-30])[0, 1])
    assert min(found) > least


def test_milk_does_not_care_about_rain(chain, stores):
    item = product(chain, "Milk")
    for history in stores:
        rain = history.weather.rain_mm[: chain.days]
        demand = history.demand_units[:, item]
        assert abs(np.corrcoef(rain, demand)[0, 1]) < 0.12


def test_week_and_year_have_their_shapes(chain, stores):
    weekday = chain.calendar.weekday[: chain.days]
    grocery = chain.products.category == 0
    units = sum(h.demand_units[:, grocery].sum(axis=1) for h in stores)
    by_weekday = np.array([units[weekday == day].mean() for day in range(7)])
    assert by_weekday.argmax() == 5
    wrap = product(chain, "Gift Wrap")
    month = chain.calendar.dates[: chain.days].astype("datetime64[M]").astype(int) % 12
    december = sum(h.demand_units[month == 11, wrap].sum() for h in stores)
    june = sum(h.demand_units[month == 5, wrap].sum() for h in stores)
    assert december > 20 * (june + 1)


def test_a_later_closing_count_plays_on(chain, stores):
    later = simulation.simulate_store(chain_of(closing_count_days_later=10), 1)
    assert len(later.closing_units) == 740
    assert later.sold_units[730:].sum() > 0


def test_a_store_does_not_depend_on_the_others(chain, stores):
    again = simulation.simulate_store(chain, 2)
    np.testing.assert_array_equal(again.sold_units, stores[1].sold_units)
    assert (stores[0].sold_units != stores[1].sold_units).any()


@pytest.mark.parametrize(
    "changes", [{"days": 1}, {"products": 0}, {"closing_count_days_later": -1}]
)
def test_sizes_out_of_range_are_refused(changes):
    with pytest.raises(ValueError, match=r"days|products"):
        chain_of(**changes)


def test_store_zero_is_refused(chain):
    with pytest.raises(ValueError, match="store must be 1 or more"):
        simulation.simulate_store(chain, 0)


@settings(max_examples=25, deadline=None)
@given(
    seed=st.integers(0, 2**32 - 1),
    days=st.integers(2, 60),
    products=st.integers(1, 45),
    store=st.integers(1, 30),
    later=st.integers(0, 5),
)
def test_any_chain_balances(seed, days, products, store, later):
    chain = chain_of(
        seed=seed, days=days, products=products, closing_count_days_later=later
    )
    history = simulation.simulate_store(chain, store)
    total = (
        history.opening_units
        - history.sold_units.sum(axis=0)
        - history.shrunk_units.sum(axis=0)
        + history.received_units.sum(axis=0)
    )
    np.testing.assert_array_equal(total, history.closing_units[-1])
    assert history.closing_units.min() >= 0
    assert (history.sold_units <= history.demand_units).all()


@pytest.mark.parametrize(
    ("pattern", "variance_to_mean"),
    [
        # Var(N)/E(N) of mixed Poisson shoppers with mean m = 6 / size and k shares is
        # 1 + m/k; sizes with mean s and variance s(s-1) make it s(1 + m/k) + s - 1.
        (0, 1.0 * (1 + 6.0 / 25) + 0.0),
        (1, 2.6 * (1 + 6.0 / 2.6 / 4) + 1.6),
        (2, 1.25 * (1 + 6.0 / 1.25 / 3) + 0.25),
        (3, 4.0 * (1 + 6.0 / 4 / 2) + 3.0),
    ],
)
def test_counts_have_the_moments_of_their_pattern(pattern, variance_to_mean):
    units = simulation.draw_units(
        np.random.default_rng(1),
        mean=np.full((1, 200_000), 6.0),
        pattern=np.array([pattern]),
    )
    assert units.mean() == pytest.approx(6.0, rel=0.02)
    assert units.var() / units.mean() == pytest.approx(variance_to_mean, rel=0.04)


def test_season_has_mean_one_and_its_peak():
    angle = 2 * np.pi * np.arange(1, 366) / 365.25
    curve = simulation.season_curve(angle, np.array([0.0, 2.0]), np.array([1.0, 200.0]))
    np.testing.assert_allclose(curve[0], 1.0)
    assert curve[1].mean() == pytest.approx(1.0, abs=0.01)
    assert curve[1].argmax() + 1 == 200


def test_calendar_knows_weekdays_and_closed_days():
    calendar = environment.build_calendar(NEW_YEAR_2024, 400)
    assert calendar.weekday[0] == 0  # 2024-01-01 was a Monday
    closed = calendar.dates[~calendar.is_open].astype(str).tolist()
    assert closed == ["2024-11-28", "2024-12-25"]
    juneteenth = (datetime.date(2024, 6, 19) - NEW_YEAR_2024).days
    assert not calendar.holiday_effect[:, juneteenth].any()
    fourth_of_july = (datetime.date(2024, 7, 4) - NEW_YEAR_2024).days
    outdoor = calendar.holiday_effect[2]
    assert outdoor[fourth_of_july - 4] == 0
    assert outdoor[fourth_of_july - 3] == outdoor[fourth_of_july] == 0.6


def test_weather_is_shared_within_a_region():
    calendar = environment.build_calendar(NEW_YEAR_2024, 730)
    north, also_north, south = (
        environment.build_weather(seed=7, store=store, region=region, calendar=calendar)
        for store, region in ((1, 0), (4, 0), (3, 2))
    )
    usual = environment.climate_c(calendar.year_angle)
    anomaly = [w.temperature_c - usual for w in (north, also_north, south)]
    assert np.corrcoef(anomaly[0], anomaly[1])[0, 1] > 0.9
    assert abs(np.corrcoef(anomaly[0], anomaly[2])[0, 1]) < 0.35
    assert 0.15 < (north.rain_mm > 0).mean() < 0.5


def test_autoregression_keeps_unit_variance_and_its_correlation():
    noise = np.random.default_rng(3).standard_normal(100_000)
    series = environment.autoregressive(noise, 0.8)
    assert series.std() == pytest.approx(1.0, abs=0.03)
    assert np.corrcoef(series[1:], series[:-1])[0, 1] == pytest.approx(0.8, abs=0.01)


def test_promotions_start_on_wednesdays_and_never_overlap(chain, stores):
    for history in stores:
        both = [chain.promotions, history.local_promotions]
        items = np.concatenate([p.product for p in both])
        first = np.concatenate([p.first_day for p in both])
        last = np.concatenate([p.last_day for p in both])
        assert (chain.calendar.weekday[first] == 2).all()
        rank = np.lexsort((first, items))
        same = items[rank][1:] == items[rank][:-1]
        assert (first[rank][1:] > last[rank][:-1])[same].all()
    assert (chain.promotions.first_day >= chain.days).any()
    assert sum(len(h.local_promotions.product) for h in stores) > 0


def test_prices_and_costs_change_for_some_products_and_end_in_nine(chain):
    prices = chain.prices
    assert (prices.price_cents % 10 == 9).all()
    assert (prices.cost_cents < prices.price_cents).all()
    changed = (np.diff(prices.cost_cents[:, : chain.days]) != 0).any(axis=1)
    assert 0.3 < changed.mean() < 0.7


def test_a_longer_range_begins_with_the_shorter_one():
    short, long = (
        catalogue.build_products(seed=7, products=n, days=730) for n in (40, 90)
    )
    np.testing.assert_array_equal(short.units_per_day, long.units_per_day[:40])
    np.testing.assert_array_equal(short.first_cost, long.first_cost[:40])
    assert len(set(long.description)) == 90


def test_streams_of_other_purpose_or_store_differ():
    draws = {
        stream(7, purpose, store).integers(2**60)
        for purpose in Purpose
        for store in (1, 2)
    }
    assert len(draws) == 2 * len(Purpose)


def test_no_promotion_means_no_effect():
    rates = np.zeros((2, 1))
    effect = commerce.promotion_effect(rates, np.array([2.0, 3.0]))
    np.testing.assert_array_equal(effect, np.ones((2, 1)))
