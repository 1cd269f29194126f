"""The live forecast: what the champions say today, of every series."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from restock.forecasting import (
    arima,
    baselines,
    boosting,
    combination,
    forest,
    foundation,
    intermittent,
    linear,
    lstm,
    protocol,
    smoothing,
)
from restock.forecasting.dense_panel import KEYS
from restock.forecasting.protocol import OUTPUT_SCHEMA, Learner, Said
from restock.forecasting.run_settings import Run
from restock.statistics.arrays import Floats

# Every series has these beside its champion's: what it is held against.
ALWAYS = ("seasonal_naive",)


def forecast(
    run: Run,
    segments: pd.DataFrame,
    judged: pd.DataFrame,
    champions: pd.DataFrame,
    weights: pd.DataFrame,
    *,
    orders: pd.DataFrame,
    networks: pd.DataFrame,
    max_series: int,
    max_interval: float,
    foundation_folder: str | None = None,
) -> Iterator[pd.DataFrame]:
    """Forecast every series with what its champion needs, part by part.

    Only the models that are a champion, or weigh in the combination where that is one,
    are fitted. Parts of the panel are in memory one at a time.

    Args:
        run: Panel, calendar, the live cutoff and the settings.
        segments: One row per `location_id` and `product_id`: `segment`.
        judged: The pairs that the laboratory judges: `location_id`, `product_id`.
        champions: One row per `segment` of the pairs: `model`.
        weights: `combination.weights_table`; its last cutoff counts.
        orders: `arima_orders.search`.
        networks: `lstm.weights_table`.
        max_series: See `smoothing.forecast`.
        max_interval: See `smoothing.forecast`.
        foundation_folder: Pre-trained network; None leaves it out.

    Yields:
        Rows of `protocol.OUTPUT_SCHEMA` for each part: of series that are judged all
        models that were fitted and their combination, of the others the champion's and
        those of `ALWAYS`.
    """
    latest = weights[weights["cutoff_date"] == weights["cutoff_date"].max()]
    shares = combination.Shares.of(latest)
    names = set(champions["model"])
    wanted = (names - {combination.MODEL}) | set(ALWAYS)
    if combination.MODEL in names:
        wanted |= set(shares.models)
    known = learners(
        run,
        wanted,
        orders=orders,
        networks=networks,
        max_series=max_series,
        max_interval=max_interval,
        foundation_folder=foundation_folder,
    )
    by_segment = champions.set_index("segment")["model"]
    pairs = segments[[*KEYS, "segment"]].merge(
        judged[KEYS].assign(is_judged=True), on=KEYS, how="left", validate="one_to_one"
    )
    for part in protocol.by_part(**run.data(), models=known):
        for said in part:
            yield _of_part(said, pairs, by_segment, shares)


def learners(
    run: Run,
    wanted: set[str],
    *,
    orders: pd.DataFrame,
    networks: pd.DataFrame,
    max_series: int,
    max_interval: float,
    foundation_folder: str | Path | None,
) -> dict[str, Learner]:
    """Learners of the models that are wanted; the other arguments as for `forecast`.

    A family of which nothing is wanted is not touched: TensorFlow is not imported for
    nothing.
    """
    season = {"season_length": run.season_length}

    def own(arguments: dict[str, Any]) -> dict[str, Any]:
        return {k: v for k, v in arguments.items() if k not in run.data()}

    seasonal_and_average = own(run.of_baselines())
    seasonal_and_average.pop("seed")
    families = {
        arima.MODELS: lambda: arima.learners(**season, orders=orders),
        baselines.MODELS: lambda: baselines.learners(**seasonal_and_average),
        boosting.MODELS: lambda: boosting.learners(**own(run.of_family())),
        forest.MODELS: lambda: forest.learners(
            **own(run.of_global_model(forest.MODELS[0]))
        ),
        intermittent.MODELS: lambda: intermittent.learners(**season),
        linear.MODELS: lambda: linear.learners(
            **own(run.of_global_model(linear.MODELS[0]))
        ),
        tuple(lstm.MODELS): lambda: lstm.learners(
            networks, horizon=run.horizon, seed=run.seed, **season
        ),
        smoothing.MODELS: lambda: smoothing.learners(
            **season,
            n_parts=len(run.panel),
            max_series=max_series,
            max_interval=max_interval,
        ),
    }
    if foundation_folder is not None:
        families[foundation.MODELS] = lambda: foundation.learners(
            folder=foundation_folder
        )
    found: dict[str, Learner] = {}
    for models, family in families.items():
        if wanted & set(models):
            found |= {name: made for name, made in family().items() if name in wanted}
    return found


def _of_part(
    said: Said,
    pairs: pd.DataFrame,
    champions: pd.Series,
    shares: combination.Shares,
) -> pd.DataFrame:
    """Rows of one part; arguments as in `forecast`."""
    asked = said.history.keys[said.history.is_forecast]
    known = asked[KEYS].merge(pairs, on=KEYS, how="left", validate="one_to_one")
    segments = known["segment"].to_numpy(dtype=object)
    champion = champions.reindex(segments).to_numpy(dtype=object)
    judged = known["is_judged"].notna().to_numpy()
    units = dict(said.units)
    units[combination.MODEL] = shares.combine(said.units, segments)
    none = np.zeros(next(iter(units.values())).shape, dtype=bool)
    pieces = []
    for name in sorted(units):
        kept = judged | (champion == name) | (name in ALWAYS)
        shown: Floats = np.where(kept[:, None], units[name], np.nan)
        pieces.append(
            protocol.rows_of(said, name, shown, said.is_fallback.get(name, none))
        )
    rows = pd.concat(pieces, ignore_index=True)
    rows = rows.sort_values(["series", "model", "horizon"], ignore_index=True)
    return rows[OUTPUT_SCHEMA.names]
