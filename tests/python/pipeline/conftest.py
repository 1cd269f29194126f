import datetime

import pandas as pd
import pytest
import warehouse

from restock.sample.writing import write_sample

# Another size, seed and season than data/sample; it begins within a week and a month.
CHAIN = {
    "stores": 2,
    "products": 12,
    "days": 200,
    "start_date": datetime.date(2019, 2, 13),
    "seed": 11,
}


@pytest.fixture(scope="session")
def six_file_chain(tmp_path_factory):
    folder = tmp_path_factory.mktemp("six_files")
    write_sample(folder, **CHAIN)
    # A list that is dearer than the last receipts: the receipts have the say.
    path = folder / "2017PurchasePricesDec.csv.gz"
    prices = pd.read_csv(path)
    prices.loc[::3, "PurchasePrice"] *= 1.25
    prices.to_csv(path, index=False)
    return folder


@pytest.fixture(scope="session")
def generic_chain(tmp_path_factory):
    folder = tmp_path_factory.mktemp("generic_files")
    write_sample(folder, **CHAIN, source_system="generic")
    return folder


@pytest.fixture(scope="session")
def six_file_build(tmp_path_factory, six_file_chain):
    # On one thread: test_threads builds the same on two.
    return warehouse.build(
        tmp_path_factory.mktemp("six_file_build"),
        six_file_chain,
        *warehouse.MODELS_ONLY,
        threads="1",
    )


@pytest.fixture(scope="session")
def generic_build(tmp_path_factory, generic_chain):
    return warehouse.build(
        tmp_path_factory.mktemp("generic_build"),
        generic_chain,
        *("--select", "+fct_stock_daily"),
        *warehouse.MODELS_ONLY,
        source_system="generic",
    )
