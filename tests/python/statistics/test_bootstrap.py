from __future__ import annotations

import numpy as np
import pytest

from restock.statistics import bootstrap


def drawn(values, seed=1, n_draws=20_000):
    return bootstrap.sums_drawn_anew(
        np.array(values, dtype=float),
        generator=np.random.default_rng(seed),
        n_draws=n_draws,
    )


def test_sums_of_two_clusters_by_hand():
    # Of 1 and 3, two are drawn: 2 and 6 once in four, 4 twice.
    sums = drawn([[1.0], [3.0]])[:, 0]
    found, counts = np.unique(sums, return_counts=True)
    assert found.tolist() == [2, 4, 6]
    assert counts / len(sums) == pytest.approx([0.25, 0.5, 0.25], abs=0.02)


def test_columns_are_summed_over_the_same_draws():
    sums = drawn([[1.0, 10.0], [2.0, 20.0], [4.0, 40.0]])
    assert (sums[:, 1] == 10 * sums[:, 0]).all()


def test_the_interval_holds_what_a_normal_mean_does():
    values = np.random.default_rng(2).normal(5, 2, size=(400, 1))
    low, high = bootstrap.interval(drawn(values, n_draws=4_000))[:, 0] / 400
    error = 1.96 * values.std() / np.sqrt(400)
    assert [low, high] == pytest.approx(
        [values.mean() - error, values.mean() + error], abs=0.1 * error
    )


def test_draws_in_parts_are_the_same_draws(monkeypatch):
    whole = drawn(np.arange(30.0)[:, None], n_draws=50)
    monkeypatch.setattr(bootstrap, "DRAWN_AT_A_TIME", 600)
    assert drawn(np.arange(30.0)[:, None], n_draws=50).tolist() == whole.tolist()
