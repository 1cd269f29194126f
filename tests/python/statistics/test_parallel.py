from __future__ import annotations

import pytest

from restock import parallel


def times(number: int, factor: int) -> int:
    return number * factor


@pytest.mark.parametrize("cores", ["1", "2"])
def test_results_come_in_the_order_of_the_parts(monkeypatch, cores):
    monkeypatch.setenv("RESTOCK_THREADS", cores)
    found = list(parallel.in_order(times, [(number, 3) for number in range(20)]))
    assert found == [3 * number for number in range(20)]


def test_nothing_to_do_is_nothing_done():
    assert list(parallel.in_order(times, [])) == []


@pytest.mark.parametrize("stated", ["0", "two", "-1", "1.5"])
def test_cores_that_are_no_number_are_refused(monkeypatch, stated):
    monkeypatch.setenv("RESTOCK_THREADS", stated)
    with pytest.raises(ValueError, match="RESTOCK_THREADS"):
        parallel.cores()
