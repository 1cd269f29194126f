"""Adapter for a pre-trained network in a folder of the user's: never a dependency.

The folder holds `model.keras` (a Keras network from a context of past periods to
periods ahead) and `contract.json`: `context` (periods in), `horizon` (periods out) and
`scale` (`mean`: inputs are divided by the mean of the context, or `none`). Nothing is
trained and nothing is downloaded.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from restock.forecasting import protocol
from restock.forecasting.history import History
from restock.forecasting.keras_runtime import repeatable_keras
from restock.forecasting.known_means import filled
from restock.statistics.arrays import Floats

MODELS = ("foundation",)

SCALES = ("mean", "none")


class Pretrained(NamedTuple):
    """A network and what it expects.

    Attributes:
        network: Keras model: shape (series, context, 1) in, (series, horizon) out.
        context: Past periods that it reads.
        horizon: Periods ahead that it says.
        scale: `mean` or `none`.
    """

    network: Any
    context: int
    horizon: int
    scale: str


def load(folder: str | Path) -> Pretrained:
    """Load a network from a folder.

    Args:
        folder: Folder with `model.keras` and `contract.json`.

    Returns:
        The network.

    Raises:
        FileNotFoundError: A file is not there.
        ValueError: The contract lacks a field or names an unknown scale.
    """
    folder = Path(folder)
    contract_file = folder / "contract.json"
    for file in (contract_file, folder / "model.keras"):
        if not file.is_file():
            raise FileNotFoundError(
                f"{file} is not there: a pre-trained model is a folder with "
                "model.keras and contract.json"
            )
    contract = json.loads(contract_file.read_text())
    missing = {"context", "horizon", "scale"} - set(contract)
    if missing:
        raise ValueError(f"{contract_file} lacks {sorted(missing)}")
    if contract["scale"] not in SCALES:
        raise ValueError(
            f"{contract_file}: scale must be one of {SCALES}, got {contract['scale']}"
        )
    return Pretrained(
        repeatable_keras().saving.load_model(folder / "model.keras", compile=False),
        int(contract["context"]),
        int(contract["horizon"]),
        contract["scale"],
    )


def forecast(
    panel: protocol.Panel,
    calendar: pd.DataFrame,
    cutoffs: pd.DataFrame,
    horizon: int,
    *,
    folder: str | Path,
    seed: int,
    season_length: int,
) -> pd.DataFrame:
    """Forecast with a pre-trained network as it is.

    Args:
        panel: See `protocol.run`.
        calendar: See `protocol.run`.
        cutoffs: See `protocol.run`.
        horizon: Number of periods to forecast. Beyond the network's own horizon its
            last period is repeated.
        folder: See `load`.
        seed: Not used: nothing is trained. Part of the common signature.
        season_length: Not used: the network knows its seasons.

    Returns:
        Rows of `protocol.OUTPUT_SCHEMA` for the model of `MODELS`.

    Raises:
        KeyError: A column is missing.
        FileNotFoundError: See `load`.
        ValueError: An input breaks its contract, or the network's answer does.
    """
    _ = seed, season_length
    return protocol.run(panel, calendar, cutoffs, horizon, learners(folder=folder))


def learners(*, folder: str | Path) -> dict[str, protocol.Learner]:
    """Learner of the model of `MODELS`; see `forecast` for the argument."""
    pretrained = load(folder)
    return {
        MODELS[0]: protocol.per_series(lambda history: predict(pretrained, history))
    }


def predict(pretrained: Pretrained, history: History) -> Floats:
    """Forecast all series at a cutoff.

    Args:
        pretrained: The network.
        history: What is known at the cutoff. Gaps are filled with the mean before
            them; what lies before a series began is zero.

    Returns:
        Units per period, shape (series, horizon).

    Raises:
        ValueError: The network returns another shape than its contract says.
    """
    known = np.nan_to_num(filled(history.demand))
    padded = np.hstack([np.zeros((len(known), pretrained.context)), known])
    context = padded[:, -pretrained.context :]
    scale = np.ones(len(context))
    if pretrained.scale == "mean":
        mean = context.mean(axis=1)
        scale = np.where(mean > 0, mean, 1.0)
    inputs = (context / scale[:, None])[:, :, None].astype(np.float32)
    ahead = pretrained.network.predict(inputs, batch_size=1024, verbose=0)
    ahead = np.asarray(ahead, dtype=float)
    if ahead.shape != (len(context), pretrained.horizon):
        raise ValueError(
            f"the pre-trained model returned shape {ahead.shape}, its contract says "
            f"{(len(context), pretrained.horizon)}"
        )
    steps = np.minimum(np.arange(history.horizon), pretrained.horizon - 1)
    return ahead[:, steps] * scale[:, None]
