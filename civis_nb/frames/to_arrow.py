"""Frames of any library as Arrow tables."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["arrow_of", "arrow_of_rows"]


def arrow_of(data: Any) -> pa.Table:
    """Return a pandas or polars frame, or what else has an Arrow stream, as an Arrow table.

    A column of pandas that holds objects of several types becomes one of texts.

    Examples
    --------
    >>> import polars as pl
    >>> arrow_of(pl.DataFrame({"n": [1, None]}))["n"].to_pylist()
    [1, None]
    """
    import pyarrow as pa

    library = type(data).__module__.partition(".")[0]
    if library == "pandas":
        names = [str(name) for name in data.columns]
        arrays = [_pandas_array(data.iloc[:, index]) for index in range(len(names))]
        return pa.Table.from_arrays(arrays, names=names)
    if library == "polars":
        return data.to_arrow()
    return data if isinstance(data, pa.Table) else pa.table(data)


def _pandas_array(series: Any) -> Any:
    """Return a column of pandas as an Arrow array."""
    import pyarrow as pa

    try:
        return pa.Array.from_pandas(series)
    except (pa.ArrowInvalid, pa.ArrowTypeError, pa.ArrowNotImplementedError):
        missing = series.isna()
        return _array(
            [None if gone else str(value) for value, gone in zip(series, missing, strict=True)]
        )


def arrow_of_rows(names: list[str], rows: list[tuple[Any, ...]]) -> pa.Table:
    """Return rows of Python's values as an Arrow table.

    Examples
    --------
    >>> arrow_of_rows(["n", "code"], [(1, "00501"), (None, "")]).to_pydict()
    {'n': [1, None], 'code': ['00501', '']}
    """
    import pyarrow as pa

    columns = [[row[at] if at < len(row) else None for row in rows] for at in range(len(names))]
    return pa.Table.from_arrays([_array(values) for values in columns], names=names)


def _array(values: list[Any]) -> Any:
    """Return values as an Arrow array; values of several types as texts."""
    import pyarrow as pa

    if all(value is None for value in values):
        return pa.array(values, pa.string())
    try:
        return pa.array(values)
    except (pa.ArrowInvalid, pa.ArrowTypeError):
        return pa.array([None if value is None else str(value) for value in values])
