"""Arrow tables as pandas and polars frames and as lists."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from civis_nb.errors import CivisInputError

if TYPE_CHECKING:
    import pandas as pd
    import polars as pl
    import pyarrow as pa

__all__ = [
    "check_names",
    "converted",
    "list_from_arrow",
    "pandas_from_arrow",
    "polars_from_arrow",
    "python_values",
    "rows_of",
]


def converted(table: pa.Table, return_as: str, *, native: bool = False) -> Any:
    """Return an Arrow table as what ``return_as`` names.

    Parameters
    ----------
    table
        The table.
    return_as
        ``"list"``, ``"pandas"``, ``"polars"``, ``"arrow"`` or ``"lazy"``.
    native
        As for `pandas_from_arrow`; the others have one type for each of Arrow's.

    Examples
    --------
    >>> import pyarrow as pa
    >>> converted(pa.table({"n": [1, None]}), "list")
    [['n'], [1], [None]]
    """
    if return_as == "list":
        return list_from_arrow(table)
    if return_as == "pandas":
        return pandas_from_arrow(table, native=native)
    if return_as == "arrow":
        return table
    frame = polars_from_arrow(table)
    return frame.lazy() if return_as == "lazy" else frame


def pandas_from_arrow(table: pa.Table, *, native: bool = False) -> pd.DataFrame:
    """Return an Arrow table as a pandas frame.

    Numbers and booleans have numpy's types, and pandas' nullable ones where there are NULLs;
    text is pandas' text; timestamps are datetime64[us], with the zone UTC where they have
    one; decimals, dates and times keep their Arrow types.

    Parameters
    ----------
    table
        The table.
    native
        Dates become datetime64[us] ([s] where years are too far for that), times Python's
        objects, and before pandas 3 texts Python's as well: what pandas itself works with.

    Examples
    --------
    >>> import pyarrow as pa
    >>> pandas_from_arrow(pa.table({"n": [1, None], "b": [True, False]})).dtypes.to_dict()
    {'n': Int64Dtype(), 'b': dtype('bool')}
    """
    import pandas as pd

    to_pandas = _native_column if native else _pandas_column
    columns = {at: to_pandas(column) for at, column in enumerate(table.columns)}
    frame = pd.DataFrame(columns, index=pd.RangeIndex(table.num_rows), copy=False)
    frame.columns = pd.Index(table.column_names)
    return frame


def _pandas_column(column: Any) -> Any:
    """Return a column as pandas holds it without loss."""
    import pandas as pd
    import pyarrow as pa

    kind = column.type
    if pa.types.is_decimal(kind) or pa.types.is_date(kind) or pa.types.is_time(kind):
        return pd.arrays.ArrowExtensionArray(column)
    if column.null_count and (pa.types.is_integer(kind) or pa.types.is_boolean(kind)):
        name = "boolean" if pa.types.is_boolean(kind) else _capitalised(str(kind))
        dtype: Any = pd.api.types.pandas_dtype(name)
        return dtype.__from_arrow__(column)
    if pa.types.is_string(kind) or pa.types.is_large_string(kind):
        dtype = pd.api.types.pandas_dtype(_text_dtype())
        return dtype.__from_arrow__(column)
    return column.to_pandas()


def _native_column(column: Any) -> Any:
    """Return a column as pandas reads it: dates as timestamps, times as objects, texts with NaN."""
    import numpy as np
    import pandas as pd
    import pyarrow as pa

    kind = column.type
    if pa.types.is_date(kind):
        seconds = column.cast(pa.timestamp("s"))
        try:
            return seconds.cast(pa.timestamp("us")).to_pandas()
        except pa.ArrowInvalid:
            return seconds.to_pandas()
    if pa.types.is_time(kind):
        return pd.Series(python_values(column), dtype=object)
    is_text = pa.types.is_string(kind) or pa.types.is_large_string(kind)
    if is_text and _text_dtype() != "str":
        texts = column.to_pandas()
        return texts.where(texts.notna(), np.nan) if column.null_count else texts
    return _pandas_column(column)


def _capitalised(name: str) -> str:
    """Return the name of pandas' nullable type: ``Int64`` for ``int64``."""
    return (
        name.replace("uint", "UInt").replace("int", "Int")
        if name[0] == "i"
        else name.replace("uint", "UInt")
    )


def _text_dtype() -> str:
    """Return the name of pandas' type of text, which depends on its version."""
    import pandas as pd

    return "str" if int(pd.__version__.split(".")[0]) >= 3 else "string"


def polars_from_arrow(table: pa.Table) -> pl.DataFrame:
    """Return an Arrow table as a polars frame.

    Raises
    ------
    CivisInputError
        When a column's name comes twice.
    """
    import polars as pl

    check_names(table.column_names)
    frame = pl.from_arrow(table)
    assert isinstance(frame, pl.DataFrame)  # noqa: S101 - a table never gives a series
    return frame


def check_names(names: list[str]) -> None:
    """Refuse names of which one comes twice, for frames that can't hold them.

    Raises
    ------
    CivisInputError
        When one does.
    """
    twice = [name for name, count in Counter(names).items() if count > 1]
    if twice:
        raise CivisInputError(
            f"The result has more than one column called {', '.join(map(repr, twice))}, which "
            "a polars frame can't hold. Name them apart in the SQL (a.id AS a_id), or read "
            "with return_as='pandas'."
        )


def list_from_arrow(table: pa.Table) -> list[list[Any]]:
    """Return an Arrow table as rows of Python values, the names first; NULL is None."""
    rows: list[list[Any]] = [list(table.column_names)]
    columns = [python_values(column) for column in table.columns]
    rows.extend(map(list, zip(*columns, strict=True)))
    return rows


def python_values(column: Any) -> list[Any]:
    """Return an Arrow column as a list of Python's values, NULL as None."""
    import pyarrow as pa

    try:
        values: list[Any] = column.to_pylist()
    except (OverflowError, ValueError):
        # A day that Python's calendar does not reach: the column as text.
        values = column.cast(pa.string()).to_pylist()
    return values


def rows_of(table: pa.Table) -> Iterator[tuple[Any, ...]]:
    """Yield the rows of an Arrow table as Python's values, a batch at a time."""
    for batch in table.to_batches(max_chunksize=4096):
        yield from zip(*(python_values(column) for column in batch.columns), strict=True)
