"""LSTM networks: the reference architecture and a searched one, built and trained."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
from tqdm import tqdm

from restock.forecasting import sequences
from restock.forecasting.keras_runtime import repeatable_keras

# What the reference architecture has with one input feature, whatever the window.
REFERENCE_PARAMETERS = 119_269

# Latest share of windows, by time, that training does not see and stops on.
VALIDATION_SHARE = 0.2
PATIENCE = 3

# Fewest windows per step of training: a step costs the same with fewer.
LEAST_BATCH = 64

# Share of a running mean of weights that a step leaves as it is.
EMA_MOMENTUM = 0.98

# Steps of all layers up to which each is traced on its own: half the time of a loop,
# once they are traced, and that takes as long as some epochs.
MOST_UNROLLED = 60


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


REFERENCE = Architecture(window=13, learning_rate=3e-3)
DAILY_REFERENCE = replace(REFERENCE, window=26)
TUNED = Architecture(units=(32,), dense_units=16, dropout=0.1, loss="tweedie")
MODELS = {"lstm_reference": REFERENCE, "lstm_tuned": TUNED}


def architectures(
    hyperparameters: dict[str, dict[str, Any]] | None = None,
    *,
    is_daily: bool = False,
) -> dict[str, Architecture]:
    """Architecture of each model; the search changes only the tuned one.

    Args:
        hyperparameters: For `lstm_tuned` fields of `Architecture`; `layers` layers of
            `layer_units` units stand for `units`; a batch is `LEAST_BATCH` or more.
        is_daily: Whether periods are days: a quarter of a year is too few of them.

    Returns:
        Architecture by model.
    """
    given = dict((hyperparameters or {}).get("lstm_tuned", {}))
    if "layer_units" in given or "layers" in given:
        n_layers = int(given.pop("layers", len(TUNED.units)))
        given["units"] = (int(given.pop("layer_units", TUNED.units[0])),) * n_layers
    if "batch_size" in given:
        given["batch_size"] = max(given["batch_size"], LEAST_BATCH)
    return {
        "lstm_reference": DAILY_REFERENCE if is_daily else REFERENCE,
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
    keras = repeatable_keras()
    seeds = iter(np.random.default_rng(seed).integers(2**31, size=32).tolist())
    layers: list[Any] = [keras.Input((architecture.window, 1))]
    for depth, units in enumerate(architecture.units):
        layers += [
            keras.layers.LSTM(
                units,
                return_sequences=depth + 1 < len(architecture.units),
                kernel_initializer=keras.initializers.GlorotUniform(next(seeds)),
                recurrent_initializer=keras.initializers.Orthogonal(seed=next(seeds)),
                unroll=architecture.window * len(architecture.units) <= MOST_UNROLLED,
            ),
            keras.layers.Dropout(architecture.dropout, seed=next(seeds)),
        ]
    for units, activation in ((architecture.dense_units, "relu"), (1, None)):
        start = keras.initializers.GlorotUniform(next(seeds))
        layers.append(
            keras.layers.Dense(units, activation=activation, kernel_initializer=start)
        )
    network = keras.Sequential(layers)
    if (
        architecture in (REFERENCE, DAILY_REFERENCE)
        and network.count_params() != REFERENCE_PARAMETERS
    ):
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
        optimizer=keras.optimizers.Adam(
            architecture.learning_rate,
            clipnorm=1.0,
            use_ema=True,
            ema_momentum=EMA_MOMENTUM,
        ),
        loss=loss,
    )
    return network


def rewinder(network: Any) -> Callable[[], Any]:
    """Let a network be trained from where it stands as often as asked.

    TensorFlow traces a network when it first trains, which takes as long as some
    epochs; put back, it trains again without.

    Args:
        network: Compiled Keras model.

    Returns:
        Function that puts weights, optimizer and dropout's draws back to where they
        are now and returns the network.
    """
    network.optimizer.build(network.trainable_variables)
    variables = [*network.variables, *network.optimizer.variables]
    start = [variable.numpy() for variable in variables]

    def rewind() -> Any:
        for variable, value in zip(variables, start, strict=True):
            variable.assign(value)
        return network

    return rewind


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
    network: Any | None = None,
) -> Trained:
    """Train on early windows, stop on late ones, keep the best weights.

    Args:
        windows: Windows in the order of their close, `lstm.MIN_WINDOWS` or more.
        architecture: Network and training.
        epochs: Most passes over the windows, one or more.
        seed: Seed of weights, dropout and shuffling.
        name: What the progress bar says.
        network: Untrained network of the architecture and seed; None to build it.

    Returns:
        The trained network.
    """
    keras = repeatable_keras()
    import tensorflow

    network = build(architecture, seed=seed) if network is None else network
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
    learned = (
        tensorflow.data.Dataset.from_tensor_slices(
            (inputs[train_rows], target[train_rows], weight[train_rows])
        )
        .cache()
        .shuffle(len(train_rows), seed=seed)
        .batch(architecture.batch_size)
    )
    with tqdm(total=epochs, desc=name, unit="epoch", leave=False) as bar:
        fitted = network.fit(
            learned,
            validation_data=(inputs[late_rows], target[late_rows], weight[late_rows]),
            validation_batch_size=4096,
            epochs=epochs,
            shuffle=False,
            callbacks=[
                # Judged and kept are running means of the weights: less by chance.
                keras.callbacks.SwapEMAWeights(swap_on_epoch=True),
                keras.callbacks.EarlyStopping(
                    patience=PATIENCE, restore_best_weights=True
                ),
                keras.callbacks.LambdaCallback(on_epoch_end=lambda *_: bar.update()),
            ],
            verbose=0,
        )
    losses = list(zip(fitted.history["loss"], fitted.history["val_loss"], strict=True))
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


def set_flat_weights(network: Any, flat: np.ndarray) -> None:
    """Set all weights of a network from one vector.

    Args:
        network: Keras model.
        flat: Weights one after the other, shape (weights,).
    """
    shapes = [weights.shape for weights in network.get_weights()]
    sizes = np.cumsum([int(np.prod(shape)) for shape in shapes])
    pieces = np.split(flat, sizes[:-1])
    network.set_weights(
        [piece.reshape(shape) for piece, shape in zip(pieces, shapes, strict=True)]
    )


def _tweedie(actual: Any, raw: Any) -> Any:
    """Tweedie deviance of power 1.3, up to a constant; softplus of the output."""
    keras = repeatable_keras()
    mean = keras.ops.softplus(raw) + 1e-4
    actual = keras.ops.cast(actual, mean.dtype)
    power = 1.3
    deviance = mean ** (2 - power) / (2 - power) - actual * mean ** (1 - power) / (
        1 - power
    )
    return keras.ops.mean(deviance, axis=-1)
