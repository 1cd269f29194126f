"""LSTM networks over all series: the reference architecture and a searched one.

TensorFlow is imported when a network is built, so nothing else pays for it.
"""

from __future__ import annotations

import functools
import hashlib
import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
from tqdm import tqdm

from restock import frames
from restock.forecasting import dense_panel, protocol, sequences
from restock.forecasting.dense_panel import WEEK_DAYS, Floats
from restock.forecasting.history import History
from restock.forecasting.seasonal_index import SeasonalIndex

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

# What the reference architecture has with one input feature, whatever the window.
REFERENCE_PARAMETERS = 119_269

# Fewest windows from which a network is trained.
MIN_WINDOWS = 200

# Latest share of windows, by time, that training does not see and stops on.
VALIDATION_SHARE = 0.2
PATIENCE = 3


@dataclass(frozen=True)
class Architecture:
    """A network and how it is trained.

    Attributes:
        window: Periods in a sequence.
        units: Units of each LSTM layer.
        dense_units: Units of the dense layer before the output.
        dropout: Share of outputs dropped after each LSTM layer, in [0, 1).
        learning_rate: Step of Adam.
        batch_size: Windows per step.
        loss: `squared` or `tweedie`, of the ratio to scale.
    """

    window: int = 26
    units: tuple[int, ...] = (128, 64)
    dense_units: int = 50
    dropout: float = 0.3
    learning_rate: float = 2e-3
    batch_size: int = 64
    loss: str = "squared"


REFERENCE = Architecture()
TUNED = Architecture(units=(32,), dense_units=16, dropout=0.1, loss="tweedie")
MODELS = {"lstm_reference": REFERENCE, "lstm_tuned": TUNED}


def architectures(
    hyperparameters: dict[str, dict[str, Any]] | None = None,
) -> dict[str, Architecture]:
    """Architecture of each model; the search changes only the tuned one.

    Args:
        hyperparameters: For `lstm_tuned` fields of `Architecture`; `layers` layers of
            `layer_units` units stand for `units`.

    Returns:
        Architecture by model.
    """
    given = dict((hyperparameters or {}).get("lstm_tuned", {}))
    if "layer_units" in given or "layers" in given:
        n_layers = int(given.pop("layers", len(TUNED.units)))
        given["units"] = (int(given.pop("layer_units", TUNED.units[0])),) * n_layers
    return {
        "lstm_reference": REFERENCE,
        "lstm_tuned": Architecture(**{**asdict(TUNED), **given}),
    }


def build(architecture: Architecture, *, seed: int) -> Any:
    """Build an untrained network.

    Args:
        architecture: Layers and training.
        seed: Seed of the initial weights and of dropout.

    Returns:
        A compiled Keras model: shape (windows, window, 1) in, (windows, 1) out.

    Raises:
        ValueError: The loss is unknown, or the reference architecture does not have
            the number of parameters it is known by.
    """
    keras = _keras()
    seeds = iter(np.random.default_rng(seed).integers(2**31, size=32).tolist())
    layers: list[Any] = [keras.Input((architecture.window, 1))]
    for depth, units in enumerate(architecture.units):
        layers += [
            keras.layers.LSTM(
                units,
                return_sequences=depth + 1 < len(architecture.units),
                kernel_initializer=keras.initializers.GlorotUniform(next(seeds)),
                recurrent_initializer=keras.initializers.Orthogonal(seed=next(seeds)),
            ),
            keras.layers.Dropout(architecture.dropout, seed=next(seeds)),
        ]
    for units, activation in ((architecture.dense_units, "relu"), (1, None)):
        start = keras.initializers.GlorotUniform(next(seeds))
        layers.append(
            keras.layers.Dense(units, activation=activation, kernel_initializer=start)
        )
    network = keras.Sequential(layers)
    if architecture == REFERENCE and network.count_params() != REFERENCE_PARAMETERS:
        raise ValueError(
            f"the reference has {network.count_params()} trainable parameters, "
            f"not {REFERENCE_PARAMETERS}"
        )
    if architecture.loss == "tweedie":
        loss = _tweedie
    elif architecture.loss == "squared":
        loss = "mean_squared_error"
    else:
        raise ValueError(f"loss must be squared or tweedie, got {architecture.loss}")
    network.compile(
        optimizer=keras.optimizers.Adam(architecture.learning_rate, clipnorm=1.0),
        loss=loss,
    )
    return network


@dataclass(frozen=True)
class Trained:
    """A trained network.

    Attributes:
        network: Keras model with the best weights.
        losses: Training and validation loss of each epoch.
        naive_loss: Validation loss of the window's own mean.
        n_windows: Windows learned from.
    """

    network: Any
    losses: list[tuple[float, float]]
    naive_loss: float
    n_windows: int


def train(
    windows: sequences.Windows,
    architecture: Architecture,
    *,
    epochs: int,
    seed: int,
    name: str = "lstm",
) -> Trained:
    """Train on early windows, stop on late ones, keep the best weights.

    Args:
        windows: Windows in the order of their close, `MIN_WINDOWS` or more.
        architecture: Network and training.
        epochs: Most passes over the windows, one or more.
        seed: Seed of weights, dropout and shuffling.
        name: What the progress bar says.

    Returns:
        The trained network.
    """
    network = build(architecture, seed=seed)
    generator = np.random.default_rng(seed)
    n_train = int(len(windows.target) * (1 - VALIDATION_SHARE))
    # Windows of one close belong to one side.
    border = windows.close[n_train]
    is_train = windows.close < border if border > windows.close[0] else None
    train_rows = (
        np.flatnonzero(is_train) if is_train is not None else np.arange(n_train)
    )
    late_rows = np.setdiff1d(np.arange(len(windows.target)), train_rows)
    inputs = windows.inputs[:, :, None].astype(np.float32)
    target = windows.target.astype(np.float32)[:, None]
    # Errors count in units; the root keeps a few giants from deciding all.
    weight = np.sqrt(windows.scale / windows.scale.mean()).astype(np.float32)
    losses: list[tuple[float, float]] = []
    best, best_loss = network.get_weights(), np.inf
    for _ in tqdm(range(epochs), desc=name, unit="epoch", leave=False):
        order = generator.permutation(train_rows)
        fitted = network.fit(
            inputs[order],
            target[order],
            sample_weight=weight[order],
            batch_size=architecture.batch_size,
            epochs=1,
            shuffle=False,
            verbose=0,
        )
        late = float(
            network.evaluate(
                inputs[late_rows],
                target[late_rows],
                sample_weight=weight[late_rows],
                batch_size=4096,
                verbose=0,
            )
        )
        losses.append((float(fitted.history["loss"][0]), late))
        if late < best_loss:
            best, best_loss = network.get_weights(), late
        elif np.argmin([loss for _, loss in losses]) < len(losses) - PATIENCE:
            break
    network.set_weights(best)
    ones = np.zeros((len(late_rows), 1), dtype=np.float32)
    if architecture.loss == "squared":
        ones += 1
        naive = float(
            (weight[late_rows] * (target[late_rows] - ones)[:, 0] ** 2).mean()
        )
    else:
        start = np.log(np.expm1(1.0))
        found = np.asarray(_tweedie(target[late_rows], ones + start))
        naive = float((weight[late_rows] * found).mean())
    return Trained(network, losses, naive, len(train_rows))


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
        hyperparameters: See `architectures`.
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
        trained = train(windows, architecture, epochs=epochs, seed=seed, name=name)
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
    ahead = periods_ahead(horizon, season_length)
    trained_at = _trained_at(cutoffs, every)
    networks: dict[tuple[str, int], Any] = {}
    for row in table.itertuples():
        fields = json.loads(row.architecture)
        architecture = Architecture(**{**fields, "units": tuple(fields["units"])})
        network = build(architecture, seed=seed)
        _set_flat(network, np.frombuffer(row.weights, dtype="<f4"))
        networks[row.model, row.trained_index] = (network, architecture)

    def learner(name: str) -> protocol.Learner:
        def learn(history: History) -> protocol.Model:
            found = networks.get((name, trained_at[history.cutoff_index]))
            if found is None:
                return protocol.no_word
            season = SeasonalIndex.learn(history, season_length=season_length)
            return lambda asked: predict(*found, asked, season, ahead=ahead)

        return learn

    return protocol.run(
        panel, calendar, cutoffs, horizon, {name: learner(name) for name in MODELS}
    )


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
        season = SeasonalIndex.learn(history, season_length=season_length)
        for name, architecture in architectures(hyperparameters).items():
            windows = sequences.training_windows(
                history,
                season,
                length=architecture.window,
                ahead=periods_ahead(horizon, season_length),
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


def _set_flat(network: Any, flat: np.ndarray) -> None:
    """Set all weights of a network from one vector."""
    shapes = [weights.shape for weights in network.get_weights()]
    sizes = np.cumsum([int(np.prod(shape)) for shape in shapes])
    pieces = np.split(flat, sizes[:-1])
    network.set_weights(
        [piece.reshape(shape) for piece, shape in zip(pieces, shapes, strict=True)]
    )


def _tweedie(actual: Any, raw: Any) -> Any:
    """Tweedie deviance of power 1.3, up to a constant; softplus of the output."""
    keras = _keras()
    mean = keras.ops.softplus(raw) + 1e-4
    actual = keras.ops.cast(actual, mean.dtype)
    power = 1.3
    deviance = mean ** (2 - power) / (2 - power) - actual * mean ** (1 - power) / (
        1 - power
    )
    return keras.ops.mean(deviance, axis=-1)


@functools.cache
def _keras() -> Any:
    """Keras on TensorFlow, one thread, repeatable to the last bit."""
    import keras
    import tensorflow

    tensorflow.config.threading.set_intra_op_parallelism_threads(1)
    tensorflow.config.threading.set_inter_op_parallelism_threads(1)
    tensorflow.config.experimental.enable_op_determinism()
    return keras
