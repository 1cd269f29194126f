from __future__ import annotations

import json
import subprocess
import sys

import chains
import numpy as np
import pytest

from restock.forecasting import foundation
from restock.forecasting.keras_runtime import repeatable_keras

# Keras reads its own files in a way that numpy is to forbid.
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation")


@pytest.fixture
def folder(tmp_path):
    """A tiny network: one linear layer that repeats the last period twice."""
    keras = repeatable_keras()
    last = keras.layers.Dense(2, use_bias=False)
    network = keras.Sequential([keras.Input((4, 1)), keras.layers.Flatten(), last])
    kernel = np.zeros((4, 2), dtype=np.float32)
    kernel[3] = 1
    last.set_weights([kernel])
    network.save(tmp_path / "model.keras")
    contract = {"context": 4, "horizon": 2, "scale": "mean"}
    (tmp_path / "contract.json").write_text(json.dumps(contract))
    return tmp_path


def forecast(folder):
    demand = np.array([[1.0, 2.0, 3.0, 6.0, 0, 0, 0], [5.0, 5.0, np.nan, 5.0, 0, 0, 0]])
    demand[:, 4:] = np.nan
    calendar = chains.calendar_of(7)
    panel = chains.panel_of(demand, calendar)
    cutoffs = chains.cutoffs_of([3], calendar)
    return foundation.forecast(
        panel, calendar, cutoffs, 3, folder=folder, seed=1, season_length=52
    )


def test_a_network_of_the_users_forecasts(folder):
    rows = forecast(folder)
    # Beyond its two periods the last one is repeated.
    assert rows["forecast_units"].tolist() == pytest.approx([6.0] * 3 + [5.0] * 3)
    assert set(rows["model"]) == {"foundation"}


def test_a_wrong_folder_is_named(folder, tmp_path_factory):
    empty = tmp_path_factory.mktemp("empty")
    with pytest.raises(FileNotFoundError, match=r"contract\.json is not there"):
        forecast(empty)
    (folder / "contract.json").write_text('{"context": 4, "horizon": 2}')
    with pytest.raises(ValueError, match=r"lacks \['scale'\]"):
        forecast(folder)
    contract = {"context": 4, "horizon": 3, "scale": "none"}
    (folder / "contract.json").write_text(json.dumps(contract))
    with pytest.raises(ValueError, match="its contract says"):
        forecast(folder)


def test_a_network_is_built_after_one_of_the_users_was_read(folder):
    # In a process of its own: this one has long asked for Keras.
    script = (
        "import sys\n"
        "from restock.forecasting import foundation, lstm_network\n"
        "foundation.load(sys.argv[1])\n"
        "small = lstm_network.Architecture(window=4, units=(2,))\n"
        "print(lstm_network.build(small, seed=1).count_params() > 0)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, str(folder)],
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.split()[-1] == "True"
