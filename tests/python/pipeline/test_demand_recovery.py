"""How much of the demand behind empty shelves is recovered, on the sample's truth."""

import os
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import warehouse

SAMPLE = warehouse.REPOSITORY / "data" / "sample"
# The estimate of a day is a mean, and demand scatters around its mean by the root of
# it and more: only what the estimate leaves of the bias can go to zero. A third of the
# sales' own bias is what a change of level during a long stock-out still costs.
BIAS_LEFT = 1 / 3
RMSE_LEFT = 0.85


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


def compare(days):
    sold_bias, sold_rmse = errors(days, "sold_units")
    bias, rmse = errors(days, "unconstrained_units")
    message = (
        f"{len(days)} days, bias {bias:+.3f} (sales {sold_bias:+.3f}),"
        f" rmse {rmse:.3f} units (sales {sold_rmse:.3f})"
    )
    assert abs(bias) < BIAS_LEFT * abs(sold_bias), message
    assert rmse < RMSE_LEFT * sold_rmse, message


def test_truth_covers_the_observed_days(days):
    assert len(days) > 100_000
    assert (days["demand_units"] >= days["sold_units"]).all()


def test_days_with_stock_are_left_as_they_were_sold(days):
    whole = days[~days["is_empty"] & ~days["is_sold_out"]]
    assert (whole["unconstrained_units"] == whole["sold_units"]).all()
    assert (whole["sold_units"] == whole["demand_units"]).mean() > 0.99


def test_empty_days_are_recovered(days):
    compare(days[days["is_empty"]])


def test_days_that_sold_out_are_recovered(days):
    compare(days[days["is_sold_out"]])


def test_all_censored_days_are_recovered(days):
    compare(days[days["is_empty"] | days["is_sold_out"]])


def test_each_pattern_of_demand_gains(days):
    # Not only the fast ones: by the size of their demand.
    cut = days[days["is_empty"] | days["is_sold_out"]]
    level = days.groupby(["location_id", "product_id"])["demand_units"].transform(
        "mean"
    )
    for name, part in cut.groupby(pd.cut(level.loc[cut.index], [0, 1, 4, np.inf])):
        bias, _ = errors(part, "unconstrained_units")
        sold_bias, _ = errors(part, "sold_units")
        message = f"{name}: bias {bias:+.3f}, sales {sold_bias:+.3f}, {len(part)} days"
        assert abs(bias) < abs(sold_bias) / 2, message
