"""How much of the demand behind empty shelves is recovered, on the sample's truth."""

import os
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import warehouse

SAMPLE = warehouse.REPOSITORY / "data" / "sample"
# What may be left of the bias and of the root mean squared error of plain sales. The
# shelf empties when demand is above what went before (promotions, weather, a bulk
# buyer), so a rate of the days before stays below it, and more so on the day itself;
# and the estimate of a day is a mean, around which demand scatters by the root of it
# and more. Lumpy slow movers keep more than half of the bias.
LEFT_ON_EMPTY_DAYS = (0.25, 0.75)
LEFT_ON_SOLD_OUT_DAYS = (0.75, 0.90)
LEFT_ON_ALL_DAYS = (0.33, 0.75)
BIAS_LEFT_BY_LEVEL = 0.75


@pytest.fixture(scope="module")
def sample_build(tmp_path_factory):
    built = os.environ.get("RESTOCK_TEST_DATABASE")
    if built:
        return warehouse.Warehouse(Path(built).resolve(strict=True))
    return warehouse.build(
        tmp_path_factory.mktemp("sample"),
        SAMPLE,
        *("--select", "+int_demand_unconstrained"),
        *warehouse.MODELS_ONLY,
    )


@pytest.fixture(scope="module")
def days(sample_build):
    truth = pd.read_parquet(SAMPLE / "truth" / "true_demand.parquet")
    truth["bucket_date"] = pd.to_datetime(truth.pop("date"))
    found = sample_build.table("intermediate.int_demand_unconstrained")
    return found.merge(truth, on=["location_id", "product_id", "bucket_date"])


def errors(days, column):
    error = days[column] - days["demand_units"]
    return error.sum() / days["demand_units"].sum(), np.sqrt((error**2).mean())


def compare(days, bias_left, rmse_left):
    sold_bias, sold_rmse = errors(days, "sold_units")
    bias, rmse = errors(days, "unconstrained_units")
    message = (
        f"{len(days)} days, bias {bias:+.3f} (sales {sold_bias:+.3f}),"
        f" rmse {rmse:.3f} units (sales {sold_rmse:.3f})"
    )
    assert abs(bias) < bias_left * abs(sold_bias), message
    assert rmse < rmse_left * sold_rmse, message


def test_truth_covers_the_observed_days(days):
    assert len(days) > 100_000
    assert (days["demand_units"] >= days["sold_units"]).all()


def test_days_with_stock_are_left_as_they_were_sold(days):
    whole = days[~days["is_empty"] & ~days["is_sold_out"]]
    assert (whole["unconstrained_units"] == whole["sold_units"]).all()
    assert (whole["sold_units"] == whole["demand_units"]).mean() > 0.99


def test_empty_days_are_recovered(days):
    compare(days[days["is_empty"]], *LEFT_ON_EMPTY_DAYS)


def test_days_that_sold_out_are_recovered(days):
    compare(days[days["is_sold_out"]], *LEFT_ON_SOLD_OUT_DAYS)


def test_all_censored_days_are_recovered(days):
    compare(days[days["is_empty"] | days["is_sold_out"]], *LEFT_ON_ALL_DAYS)


def test_slow_and_fast_demand_both_gain(days):
    cut = days[days["is_empty"] | days["is_sold_out"]]
    level = days.groupby(["location_id", "product_id"])["demand_units"]
    bands = pd.cut(level.transform("mean").loc[cut.index], [0, 1, 4, np.inf])
    for band, part in cut.groupby(bands, observed=True):
        bias, _ = errors(part, "unconstrained_units")
        sold_bias, _ = errors(part, "sold_units")
        message = f"{band}: bias {bias:+.3f}, sales {sold_bias:+.3f}, {len(part)} days"
        assert abs(bias) < BIAS_LEFT_BY_LEVEL * abs(sold_bias), message
