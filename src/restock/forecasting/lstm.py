"""Forecasts of LSTM networks over all series, trained at a grid of dates."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator
from dataclasses import asdict
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from restock import frames
from restock.forecasting import dense_panel, protocol, sequences
from restock.forecasting.dense_panel import WEEK_DAYS
from restock.forecasting.history import History
from restock.forecasting.lstm_network import (
    MODELS,
    Architecture,
    architectures,
    build,
    rewinder,
    set_flat_weights,
    train,
)
from restock.forecasting.seasonal_index import SeasonalIndex, TrainingSeason
from restock.statistics.arrays import Floats

WEIGHTS_SCHEMA = pa.schema(
    [
        ("model", pa.string()),
        ("trained_index", pa.int32()),
        ("trained_date", pa.date32()),
        ("parameter_count", pa.int32()),
        ("n_windows", pa.int32()),
        ("epochs", pa.int32()),
        ("budget_epochs", pa.int32()),
        ("budget_windows", pa.int32()),
        ("first_training_loss", pa.float64()),
        ("last_training_loss", pa.float64()),
        ("validation_loss", pa.float64()),
        ("naive_validation_loss", pa.float64()),
        ("loss_history", pa.string()),
        ("architecture", pa.string()),
        ("weights", pa.binary()),
        ("fingerprint", pa.string()),
    ]
)

# Fewest windows from which a network is trained.
MIN_WINDOWS = 200


def weights_table(
    panel: protocol.Panel,
    calendar: pd.DataFrame,
    cutoffs: pd.DataFrame,
    horizon: int,
    *,
    seed: int,
    season_length: int,
    every: int,
    epochs: int,
    max_windows: int,
    hyperparameters: dict[str, dict[str, Any]] | None = None,
    kept: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """Train each network at each training date, or take what was trained before.

    Args:
        panel: See `protocol.run`. Networks learn from the first part.
        calendar: See `protocol.run`.
        cutoffs: See `protocol.run`.
        horizon: Number of periods to forecast.
        seed: Seed of every random draw.
        season_length: Periods in a season.
        every: Periods between trainings.
        epochs: Most passes over the windows.
        max_windows: Most windows.
        hyperparameters: See `lstm_network.architectures`.
        kept: Rows of an earlier run. One whose fingerprint, a hash of demand and
            architecture, is the same and whose budget of epochs and windows was no
            smaller is taken as it is.

    Returns:
        Rows of `WEIGHTS_SCHEMA`; none where there are fewer than `MIN_WINDOWS`.

    Raises:
        KeyError: A column is missing.
        ValueError: An input breaks its contract.
    """
    rows = []
    untrained: dict[Architecture, Callable[[], Any]] = {}
    known = {} if kept is None else {row.fingerprint: row for row in kept.itertuples()}
    for history, windows, name, architecture in _trainings(
        panel,
        calendar,
        cutoffs,
        horizon,
        seed=seed,
        season_length=season_length,
        every=every,
        max_windows=max_windows,
        hyperparameters=hyperparameters,
    ):
        fingerprint = _fingerprint(history, architecture, season_length, seed)
        dates = {
            "model": name,
            "trained_index": history.cutoff_index,
            "trained_date": history.period_dates[-1],
        }
        same = known.get(fingerprint)
        if (
            same is not None
            and same.budget_epochs >= epochs
            and same.budget_windows >= max_windows
        ):
            rest = [c for c in WEIGHTS_SCHEMA.names if c not in dates]
            rows.append({**dates, **{c: getattr(same, c) for c in rest}})
            continue
        if architecture not in untrained:
            untrained[architecture] = rewinder(build(architecture, seed=seed))
        trained = train(
            windows,
            architecture,
            epochs=epochs,
            seed=seed,
            name=name,
            network=untrained[architecture](),
        )
        flat = np.concatenate([w.ravel() for w in trained.network.get_weights()])
        rows.append(
            {
                **dates,
                "parameter_count": trained.network.count_params(),
                "n_windows": trained.n_windows,
                "epochs": len(trained.losses),
                "budget_epochs": epochs,
                "budget_windows": max_windows,
                "first_training_loss": trained.losses[0][0],
                "last_training_loss": trained.losses[-1][0],
                "validation_loss": min(loss for _, loss in trained.losses),
                "naive_validation_loss": trained.naive_loss,
                "loss_history": json.dumps(trained.losses),
                "architecture": json.dumps(asdict(architecture)),
                "weights": flat.astype("<f4").tobytes(),
                "fingerprint": fingerprint,
            }
        )
    if not rows:
        return frames.empty(WEIGHTS_SCHEMA)
    return pd.DataFrame(rows, columns=WEIGHTS_SCHEMA.names)


def forecast(
    panel: protocol.Panel,
    calendar: pd.DataFrame,
    cutoffs: pd.DataFrame,
    horizon: int,
    *,
    seed: int,
    season_length: int,
    every: int,
    **training: Any,
) -> pd.DataFrame:
    """Forecast with the networks that were trained at or before each cutoff.

    A network says how much the next periods will be over the mean of the window; the
    pooled season of each period is put back.

    Args:
        panel: See `protocol.run`.
        calendar: See `protocol.run`.
        cutoffs: See `protocol.run`.
        horizon: Number of periods to forecast.
        seed: See `weights_table`.
        season_length: See `weights_table`.
        every: See `weights_table`.
        **training: Further arguments of `weights_table`.

    Returns:
        Rows of `protocol.OUTPUT_SCHEMA` for the models of `MODELS`. Without a trained
        network the level of the series serves, marked.

    References:
        Hochreiter and Schmidhuber, Long short-term memory, Neural Computation 9, 1997.
        One network over scaled series: Salinas et al., DeepAR, International Journal
        of Forecasting 36, 2020. Pooled deseasonalising first: Smyl, International
        Journal of Forecasting 36, 2020.
    """
    table = weights_table(
        panel,
        calendar,
        cutoffs,
        horizon,
        seed=seed,
        season_length=season_length,
        every=every,
        **training,
    )
    return protocol.run(
        panel,
        calendar,
        cutoffs,
        horizon,
        learners(table, season_length=season_length, horizon=horizon, seed=seed),
    )


def learners(
    table: pd.DataFrame, *, season_length: int, horizon: int, seed: int
) -> dict[str, protocol.Learner]:
    """Learners of `MODELS` that take the latest weights trained by each cutoff.

    Args:
        table: Rows of `WEIGHTS_SCHEMA`.
        season_length: Periods in a season.
        horizon: Number of periods to forecast.
        seed: Seed of every random draw.

    Returns:
        By model, a learner; of a model not trained by a cutoff nothing is said.
    """
    ahead = periods_ahead(horizon, season_length)
    networks: dict[Architecture, Any] = {}
    weights: dict[str, dict[int, tuple[Architecture, Floats]]] = {}
    for row in table.itertuples():
        fields = json.loads(row.architecture)
        architecture = Architecture(**{**fields, "units": tuple(fields["units"])})
        if architecture not in networks:
            networks[architecture] = build(architecture, seed=seed)
        weights.setdefault(row.model, {})[row.trained_index] = (
            architecture,
            np.frombuffer(row.weights, dtype="<f4"),
        )

    def learner(name: str) -> protocol.Learner:
        def learn(history: History) -> protocol.Model:
            trained = weights.get(name, {})
            closed = [index for index in trained if index <= history.cutoff_index]
            if not closed:
                return protocol.no_word
            architecture, flat = trained[max(closed)]
            season = SeasonalIndex.learn(history, season_length=season_length)

            def model(asked: History) -> Floats:
                # One network per architecture, traced once, takes turns.
                network = networks[architecture]
                set_flat_weights(network, flat)
                return predict(network, architecture, asked, season, ahead=ahead)

            return model

        return learn

    return {name: learner(name) for name in MODELS}


def predict(
    network: Any,
    architecture: Architecture,
    history: History,
    season: SeasonalIndex,
    *,
    ahead: int,
) -> Floats:
    """Forecast all series with a trained network.

    Args:
        network: Keras model.
        architecture: What it was built from.
        history: What is known at the cutoff.
        season: Pooled seasonal index, learned at the cutoff.
        ahead: Periods whose mean the network says.

    Returns:
        Units per period, shape (series, horizon); NaN for series not forecast.
    """
    series = np.flatnonzero(history.is_forecast)
    units = np.full((len(history.level), history.horizon), np.nan)
    if not len(series):
        return units
    windows = sequences.windows_at(
        sequences.levels(history, season),
        series,
        np.full(len(series), history.cutoff),
        length=architecture.window,
        ahead=ahead,
    )
    inputs = windows.inputs[:, :, None].astype(np.float32)
    raw = network.predict(inputs, batch_size=1024, verbose=0)[:, 0].astype(float)
    ratio = np.logaddexp(0.0, raw) if architecture.loss == "tweedie" else raw
    level = np.clip(ratio, 0.0, sequences.HIGHEST_RATIO) * windows.scale
    units[series] = level[:, None] * season.ahead(history)[series]
    return units


def periods_ahead(horizon: int, season_length: int) -> int:
    """Periods whose mean is the target: the horizon, two months at most."""
    longest = 56 if season_length == WEEK_DAYS else 8
    return min(horizon, longest)


def _trained_at(cutoffs: pd.DataFrame, every: int) -> dict[int, int]:
    """Period index at whose close the network of each cutoff was trained.

    A grid that does not move with the as-of date, so that weights serve until the next
    training is due; the first cutoff where the grid has no date before it.
    """
    if cutoffs.empty:
        return {}
    earliest = int(cutoffs["cutoff_index"].min())
    return {
        int(index): max(int(index) // every * every, earliest)
        for index in cutoffs["cutoff_index"]
    }


def _trainings(
    panel: protocol.Panel,
    calendar: pd.DataFrame,
    cutoffs: pd.DataFrame,
    horizon: int,
    *,
    seed: int,
    season_length: int,
    every: int,
    max_windows: int,
    hyperparameters: dict[str, dict[str, Any]] | None,
) -> Iterator[tuple[History, sequences.Windows, str, Architecture]]:
    """History, windows, name and architecture of each training that is possible."""
    parts = [lambda: panel] if isinstance(panel, pd.DataFrame) else panel
    dense = dense_panel.read(parts[0](), calendar, cutoffs, horizon)
    if dense.keys.empty:
        return
    for index in sorted(set(_trained_at(cutoffs, every).values())):
        column = index - dense.first_index
        if column < 0:
            continue
        history = History(dense, column, horizon)
        ahead = periods_ahead(horizon, season_length)
        season = TrainingSeason.learn(history, season_length=season_length, ahead=ahead)
        networks = architectures(hyperparameters, is_daily=season_length == WEEK_DAYS)
        for name, architecture in networks.items():
            windows = sequences.training_windows(
                history,
                season,
                length=architecture.window,
                ahead=ahead,
                max_windows=max_windows,
                seed=seed,
            )
            if len(windows.target) >= MIN_WINDOWS:
                yield history, windows, name, architecture


def _fingerprint(
    history: History, architecture: Architecture, season_length: int, seed: int
) -> str:
    """Hash of the data and of the network; not of the budget."""
    digest = hashlib.sha256(history.demand.astype("<f8").tobytes())
    digest.update(history.keys.to_csv(index=False).encode())
    fixed = [asdict(architecture), history.horizon, season_length, seed]
    digest.update(json.dumps(fixed).encode())
    return digest.hexdigest()
