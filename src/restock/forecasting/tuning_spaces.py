"""Models whose hyperparameters can be searched, and the values they may take."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from optuna.distributions import (
    BaseDistribution,
    CategoricalDistribution,
    FloatDistribution,
    IntDistribution,
)

from restock.forecasting import (
    baselines,
    boosting,
    features,
    forest,
    linear,
    lstm,
    lstm_network,
    protocol,
    sequences,
)
from restock.forecasting.history import History
from restock.forecasting.protocol import Learner, Model
from restock.forecasting.seasonal_index import SeasonalIndex, TrainingSeason

STRATEGIES = ("grid", "random", "bayesian")

Value = int | float | str
Values = dict[str, Value]


@dataclass(frozen=True)
class Parameter:
    """One hyperparameter.

    Attributes:
        default: What the model's function has of itself.
        grid: Values of the grid search; without a range, of the others too. Several
            whole numbers are a text, parted by blanks.
        low: Least value of the range that random and Bayesian search draw from.
        high: Largest value of it.
        is_log: Whether values are drawn by their logarithm.
    """

    default: Value
    grid: tuple[Value, ...]
    low: float | None = None
    high: float | None = None
    is_log: bool = False

    def distribution(self, strategy: str) -> BaseDistribution:
        """What values may be drawn, the default among them.

        Args:
            strategy: One of `STRATEGIES`.

        Returns:
            The distribution for Optuna.
        """
        if strategy == "grid" or self.low is None or self.high is None:
            return CategoricalDistribution(
                tuple(dict.fromkeys((self.default, *self.grid)))
            )
        if isinstance(self.default, int):
            return IntDistribution(int(self.low), int(self.high), log=self.is_log)
        return FloatDistribution(self.low, self.high, log=self.is_log)


class Conditions(NamedTuple):
    """What holds for all trials of a search.

    Attributes:
        seed: Seed of draws of rows, of trees and of networks.
        season_length: Periods in a season.
        max_rows: Most training rows at a cutoff. Count.
        lstm_epochs: Most passes of a network. Count.
        lstm_max_windows: Most windows that a network learns from. Count.
    """

    seed: int
    season_length: int
    max_rows: int = 50_000
    lstm_epochs: int = 5
    lstm_max_windows: int = 4_000


@dataclass(frozen=True)
class Family:
    """A model that can be searched.

    Attributes:
        space: Its parameters.
        learner: Function of values, as the warehouse would read them from the seed,
            and conditions that returns a learner.
    """

    space: Mapping[str, Parameter]
    learner: Callable[[dict[str, Any], Conditions], Learner]

    @property
    def defaults(self) -> Values:
        """Value that each parameter has of itself."""
        return {name: parameter.default for name, parameter in self.space.items()}


def families(season_length: int) -> dict[str, Family]:
    """Models that can be searched, with their spaces.

    A new model is one more entry: parameters named as the arguments that the seed
    `model_hyperparameters` reaches, and a learner.

    Args:
        season_length: Periods in a season, which some defaults follow.

    Returns:
        Family by model name.
    """
    is_daily = season_length == features.DAYS_PER_WEEK
    usual = " ".join(map(str, features.usual_windows(season_length)))
    windows = Parameter(
        usual,
        ("7 28", "14 56", "3 7 28 91") if is_daily else ("4 13", "2 8 26", "8 26 52"),
    )
    shared = {
        "windows": windows,
        "n_lags": Parameter(0, (0, 4), 0, 14 if is_daily else 8),
        "by_value": Parameter(0, (0, 1)),
    }
    trees = {
        "n_trees": Parameter(100, (50, 100, 200), 30, 300, is_log=True),
        "n_leaves": Parameter(31, (7, 15, 31), 4, 63, is_log=True),
        "learning_rate": Parameter(0.07, (0.03, 0.07), 0.01, 0.2, is_log=True),
        "min_leaf_rows": Parameter(40, (40,), 10, 400, is_log=True),
        "feature_share": Parameter(0.5, (0.5,), 0.2, 1.0),
        "row_share": Parameter(0.5, (0.5,), 0.3, 1.0),
        "l2_penalty": Parameter(1.0, (1.0,), 0.01, 100.0, is_log=True),
    }
    window = 28 if is_daily else 13
    averages = {
        "average_window": Parameter(
            window,
            (7, 14, 21, 28, 42, 56) if is_daily else (4, 6, 8, 10, 13, 18, 26),
            3,
            91 if is_daily else 52,
        )
    }
    searched = {
        "boosting_l2": Family({**trees, **_narrow(shared)}, _boosting("boosting_l2")),
        "boosting_tweedie": Family(
            {
                **trees,
                "tweedie_power": Parameter(1.2, (1.2,), 1.05, 1.8),
                **_narrow(shared),
            },
            _boosting("boosting_tweedie"),
        ),
        "linear_regression": Family(
            {
                "bucket_ends": Parameter(
                    "1 3 7 14 28", ("1 3 7 14 28", "2 5 13 28", "4 13")
                ),
                "ridge_penalty": Parameter(0.0, (0.0, 0.001, 0.01, 0.1, 1.0, 10.0)),
                **shared,
            },
            _global(linear.regress),
        ),
        "random_forest": Family(
            {
                "n_trees": Parameter(forest.N_TREES, (100,), 50, 200),
                "min_leaf_rows": Parameter(
                    forest.MIN_LEAF_ROWS, (5, 10, 20), 3, 60, is_log=True
                ),
                "feature_share": Parameter(1 / 3, (0.2, 1 / 3, 0.6), 0.1, 1.0),
                "tree_share": Parameter(
                    forest.TREE_SHARE, (forest.TREE_SHARE,), 0.03, 0.5
                ),
                **_narrow(shared),
            },
            _global(forest.grow),
        ),
        "moving_average": Family(averages, _average),
        "moving_average_seasonal": Family(averages, _seasonal_average),
        "lstm_tuned": Family(
            {
                "window": Parameter(
                    lstm_network.TUNED.window, (28, 56) if is_daily else (13, 26, 39)
                ),
                "layers": Parameter(len(lstm_network.TUNED.units), (1, 2)),
                "layer_units": Parameter(
                    lstm_network.TUNED.units[0], (32,), 8, 96, is_log=True
                ),
                "dense_units": Parameter(lstm_network.TUNED.dense_units, (16,), 4, 64),
                "dropout": Parameter(lstm_network.TUNED.dropout, (0.1,), 0.0, 0.5),
                "learning_rate": Parameter(
                    lstm_network.TUNED.learning_rate, (0.002,), 3e-4, 2e-2, is_log=True
                ),
                "batch_size": Parameter(lstm_network.TUNED.batch_size, (64, 128)),
                "loss": Parameter(lstm_network.TUNED.loss, ("squared", "tweedie")),
            },
            _lstm,
        ),
    }
    return searched


def _narrow(shared: Mapping[str, Parameter]) -> dict[str, Parameter]:
    """Shared parameters, with one value in the grid of a model that has many."""
    return {
        name: Parameter(
            parameter.default,
            (parameter.default,),
            parameter.low,
            parameter.high,
        )
        if parameter.low is not None
        else parameter
        for name, parameter in shared.items()
    }


def _boosting(model: str) -> Callable[[dict[str, Any], Conditions], Learner]:
    def learner(values: dict[str, Any], conditions: Conditions) -> Learner:
        return lambda history: boosting.grow(
            history,
            objective=boosting.OBJECTIVES[model],
            seed=conditions.seed,
            season_length=conditions.season_length,
            bucket_ends=boosting.BUCKET_ENDS,
            max_rows=min(conditions.max_rows, boosting.MAX_ROWS),
            **values,
        )

    return learner


def _global(
    fit: Callable[..., Model],
) -> Callable[[dict[str, Any], Conditions], Learner]:
    def learner(values: dict[str, Any], conditions: Conditions) -> Learner:
        return lambda history: fit(
            history,
            seed=conditions.seed,
            season_length=conditions.season_length,
            max_rows=conditions.max_rows,
            **values,
        )

    return learner


def _average(values: dict[str, Any], conditions: Conditions) -> Learner:
    _ = conditions
    return protocol.per_series(
        lambda history: baselines.moving_average(
            history.demand, horizon=history.horizon, window=values["average_window"]
        )
    )


def _seasonal_average(values: dict[str, Any], conditions: Conditions) -> Learner:
    return lambda history: baselines.seasonal_average(
        SeasonalIndex.learn(history, season_length=conditions.season_length),
        values["average_window"],
    )


def _lstm(values: dict[str, Any], conditions: Conditions) -> Learner:
    """Learner that trains at the first cutoff of a panel; weights serve later ones."""
    architecture = lstm_network.architectures({"lstm_tuned": values})["lstm_tuned"]
    networks: dict[int, Any] = {}

    def learn(history: History) -> Model:
        season = SeasonalIndex.learn(history, season_length=conditions.season_length)
        ahead = lstm.periods_ahead(history.horizon, conditions.season_length)
        panel = id(history.keys)
        if panel not in networks:
            windows = sequences.training_windows(
                history,
                TrainingSeason.learn(
                    history, season_length=conditions.season_length, ahead=ahead
                ),
                length=architecture.window,
                ahead=ahead,
                max_windows=conditions.lstm_max_windows,
                seed=conditions.seed,
            )
            networks[panel] = (
                lstm_network.train(
                    windows,
                    architecture,
                    epochs=conditions.lstm_epochs,
                    seed=conditions.seed,
                ).network
                if len(windows.target) >= lstm.MIN_WINDOWS
                else None
            )
        if networks[panel] is None:
            return protocol.no_word
        return lambda asked: lstm.predict(
            networks[panel], architecture, asked, season, ahead=ahead
        )

    return learn
