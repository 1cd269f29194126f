"""Border between the library's frames and the tables of the warehouse."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa


def to_table(frame: pd.DataFrame, schema: pa.Schema) -> pa.Table:
    """Cast a frame to the exact columns and types that a model promises.

    An empty frame keeps its types, so a table that `dbt build --empty` builds
    has the same columns as a full one.

    Args:
        frame: The columns of `schema`, in any order, and no others.
        schema: Names and types of the result.

    Returns:
        Table with the columns of `schema`, in its order.

    Raises:
        ValueError: A column is missing or unexpected.
        pyarrow.ArrowInvalid: A value does not fit its type without loss.

    Examples:
        >>> schema = pa.schema([("period_date", pa.date32()), ("units", pa.float64())])
        >>> frame = pd.DataFrame(
        ...     {"units": [2.0], "period_date": pd.to_datetime(["2016-01-04"])}
        ... )
        >>> to_table(frame, schema).to_pylist()
        [{'period_date': datetime.date(2016, 1, 4), 'units': 2.0}]
    """
    if sorted(frame.columns) != sorted(schema.names):
        raise ValueError(f"expected columns {schema.names}, got {list(frame.columns)}")
    ordered = frame[schema.names]
    return pa.Table.from_pandas(ordered, schema=schema, preserve_index=False)


def in_parts(
    session: Any, name: str, schema: pa.Schema, parts: Iterable[pd.DataFrame]
) -> Any:
    """Collect frames in a temporary table, one in memory at a time.

    Args:
        session: Connection of the warehouse.
        name: Name of the table.
        schema: Names and types of its columns, as for `to_table`.
        parts: Frames; none gives a table without rows.

    Returns:
        The table.

    Raises:
        ValueError: As `to_table`.
    """
    session.register("part_of_table", schema.empty_table())
    session.execute(f"create or replace temp table {name} as from part_of_table")
    for part in parts:
        session.register("part_of_table", to_table(part, schema))
        session.execute(f"insert into {name} from part_of_table")
    session.unregister("part_of_table")
    return session.table(name)


def empty(schema: pa.Schema) -> pd.DataFrame:
    """Frame of no rows with the columns and types of a schema.

    Args:
        schema: Names and types of the result.

    Returns:
        Frame without rows.

    Examples:
        >>> list(empty(pa.schema([("units", pa.float64())])).columns)
        ['units']
    """
    return schema.empty_table().to_pandas(date_as_object=False)


def floats(frame: pd.DataFrame, column: str) -> npt.NDArray[np.float64]:
    """Read a numeric column of any storage type as floats.

    Args:
        frame: Frame with the column.
        column: Its name. Integers, floats, decimals and booleans are numbers;
            null becomes NaN.

    Returns:
        Values, shape (rows,).

    Raises:
        KeyError: The column is missing.
        ValueError: A value is not a number.

    Examples:
        >>> floats(pd.DataFrame({"units": [1, None]}, dtype="Int64"), "units")
        array([ 1., nan])
    """
    try:
        numeric = pd.to_numeric(frame[column])
    except (TypeError, ValueError) as error:
        raise ValueError(f"column {column} is not numeric: {error}") from error
    return numeric.to_numpy(dtype=float, na_value=np.nan)


def single_value(frame: pd.DataFrame, column: str, otherwise: float) -> float:
    """Number of a table that has one row, or none as `dbt build --empty` leaves it.

    Args:
        frame: The table.
        column: Its column.
        otherwise: What an empty table or a missing value stands for.

    Returns:
        The number.

    Raises:
        KeyError: The column is missing.
        ValueError: There is more than one row.

    Examples:
        >>> single_value(pd.DataFrame({"period_days": [7]}), "period_days", 1)
        7.0
        >>> single_value(pd.DataFrame({"period_days": []}), "period_days", 1)
        1.0
    """
    values = floats(frame, column)
    if len(values) > 1:
        raise ValueError(f"expected one row with {column}, got {len(values)}")
    known = values[np.isfinite(values)]
    return float(known[0]) if len(known) else float(otherwise)
