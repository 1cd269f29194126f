"""The chains that the calibration is judged on: their truth is the law that sold."""

import importlib.util
import sys

import numpy as np
import pandas as pd
import pytest
import warehouse

PATH = warehouse.REPOSITORY / "benchmarks" / "calibration" / "chains.py"


def load():
    spec = importlib.util.spec_from_file_location("calibration_chains", PATH)
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


chains = load()
STATIONARY = ["independent", "weekday", "heavy"]


@pytest.mark.parametrize("law", STATIONARY)
def test_truth_has_the_mean_of_what_sold(law):
    chain = chains.make(law, n_items=57, length="3y", lead_time_variation=0.3)
    days = chains.LENGTHS["3y"]
    sold = chain.tables["sales"].groupby("product_id")["units"].sum() / days
    true = pd.Series(
        {
            item.product_id: item.protection_demand(2000).mean()
            / (item.lead_time_days + item.review_days)
            for item in chain.items
        }
    )
    # 57 items and three years leave some 2 % of chance in the sum.
    assert true.sum() == pytest.approx(sold.sum(), rel=0.06)
    assert np.corrcoef(true, sold.reindex(true.index))[0, 1] > 0.99


@pytest.mark.parametrize(
    ("counts", "settings", "variance"),
    [
        # Poisson: variance 2 a day; negative binomial: 6 x 2; geometric sizes of mean
        # 4 on half of the days: .5 (var 12 + 16) - 4 = 10.
        ("poisson", {}, 2),
        ("negative_binomial", {"variance_ratio": 6}, 12),
        ("intermittent", {"size": 4}, 10),
    ],
)
def test_a_sum_of_independent_days_has_the_variance_of_its_law(
    counts, settings, variance
):
    law = chains.Law("one", counts, 2, **settings)
    item = chains.Item(
        product_id="P",
        law=law,
        lead_time_days=5,
        lead_time_sd_days=0,
        review_days=7,
        as_of=pd.Timestamp("2024-06-04"),
        state=law.start(np.random.default_rng(1)),
        seed=np.random.SeedSequence(2),
    )
    sums = item.protection_demand(100_000)
    assert sums.mean() == pytest.approx(12 * 2, rel=0.01)
    assert sums.var() == pytest.approx(12 * variance, rel=0.03)


def test_a_trend_is_at_its_level_today_and_a_promotion_goes_on():
    generator = np.random.default_rng(3)
    growing = chains.Law("up", "poisson", 100, growth=np.log(1.3))
    later = chains.State(365, 0.0, np.zeros(6))
    demand, _ = growing.draw(generator, later, pd.Timestamp("2024-01-01"), 1, 20_000)
    assert demand.mean() == pytest.approx(130, rel=0.01)
    promoted = chains.Law("p", "poisson", 100, promotion_factor=3)
    # It began two days ago: five days of seven are left.
    begun = chains.State(0, 0.0, np.array([0, 0, 0, 0, 1, 0]))
    demand, after = promoted.draw(generator, begun, pd.Timestamp("2024-01-01"), 7, 4000)
    expected = [300] * 5 + [100] * 2
    assert demand.mean(axis=0) == pytest.approx(expected, rel=0.01)
    assert after.promotion_starts.sum() == 0


@pytest.mark.parametrize("law", list(chains.LAWS))
def test_no_shelf_is_ever_empty_and_nothing_is_open(law):
    chain = chains.make(law, n_items=12, length="1y", lead_time_variation=0.3)
    tables = chain.tables
    lines = tables["purchase_order_lines"]
    assert (lines["received_date"] <= chain.as_of).all()
    assert tables["sales"]["sale_date"].max() <= chain.as_of
    dates = pd.date_range(tables["stock_counts"]["count_date"].min(), chain.as_of)
    for item in chain.items:
        of_item = {
            name: frame[frame["product_id"] == item.product_id]
            for name, frame in tables.items()
            if "product_id" in frame
        }
        moved = [
            -of_item["sales"].groupby("sale_date")["units"].sum(),
            of_item["purchase_order_lines"].groupby("received_date")["units"].sum(),
        ]
        sold, received = (part.reindex(dates, fill_value=0).cumsum() for part in moved)
        opening = of_item["stock_counts"]["units"].iloc[0]
        # Even before the day's receipt there is something left at its close.
        assert (opening + sold + received.shift(fill_value=0) > 0).all()


def test_lead_times_are_those_of_the_vendor():
    chain = chains.make("independent", n_items=57, length="1y")
    lines = chain.tables["purchase_order_lines"]
    days = (lines["received_date"] - lines["ordered_date"]).dt.days
    by_product = {item.product_id: item.lead_time_days for item in chain.items}
    assert (days == lines["product_id"].map(by_product)).all()
    assert set(by_product.values()) == set(range(3, 22))
