from __future__ import annotations

import datetime
from decimal import Decimal

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from restock import frames

SCHEMA = pa.schema(
    [("period_date", pa.date32()), ("horizon", pa.int32()), ("units", pa.float64())]
)


def test_dates_of_both_kinds_and_gaps_keep_their_types():
    day = datetime.date(2016, 1, 4)
    for value in (day, pd.Timestamp(day)):
        frame = pd.DataFrame(
            {"units": [np.nan], "horizon": [1], "period_date": [value]}
        )
        table = frames.to_table(frame, SCHEMA)
        assert table.schema.equals(SCHEMA)
        assert table.to_pylist() == [{"period_date": day, "horizon": 1, "units": None}]


def test_an_empty_frame_keeps_its_types():
    assert frames.to_table(frames.empty(SCHEMA), SCHEMA).schema.equals(SCHEMA)


def test_wrong_columns_and_values_are_refused():
    with pytest.raises(ValueError, match="expected columns"):
        frames.to_table(pd.DataFrame({"units": [1.0]}), SCHEMA)
    frame = pd.DataFrame(
        {"units": [1.0], "horizon": [1.5], "period_date": [pd.Timestamp("2016-01-04")]}
    )
    with pytest.raises(pa.ArrowInvalid):
        frames.to_table(frame, SCHEMA)


def test_numbers_of_any_storage_become_floats():
    frame = pd.DataFrame(
        {
            "decimal": [Decimal("1.5"), None],
            "flag": [True, False],
            "text": ["a", "b"],
        }
    )
    np.testing.assert_array_equal(frames.floats(frame, "decimal"), [1.5, np.nan])
    np.testing.assert_array_equal(frames.floats(frame, "flag"), [1.0, 0.0])
    with pytest.raises(ValueError, match="text is not numeric"):
        frames.floats(frame, "text")
