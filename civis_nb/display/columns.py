"""The first rows of any kind of table, as columns of text ready to be shown."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from civis_nb.display.values import exact_texts, looks_numeric, number_text, texts, type_name
from civis_nb.errors import CivisInputError
from civis_nb.frames.from_arrow import python_values

__all__ = [
    "Column",
    "column_texts",
    "columns_of_rows",
    "head_columns",
    "is_numeric",
    "row_count",
    "short_type",
]

_NUMERIC = ("tinyint", "smallint", "integer", "bigint", "uint", "float", "real", "double", "dec")


@dataclass(frozen=True)
class Column:
    """A column to show.

    Attributes
    ----------
    name
        Its name, as it is.
    type
        The short name of its type; None where nobody knows.
    right
        Whether its cells stand on the right, as numbers do.
    cells
        The text of each cell, None for NULL.
    bars
        Whether its cells are bars of block characters, which are small on a page.
    """

    name: str
    type: str | None
    right: bool
    cells: tuple[str | None, ...]
    bars: bool = False


def row_count(data: Any) -> int:
    """Return the rows of a pandas or polars frame or an Arrow table."""
    return int(data.num_rows) if _library(data) == "pyarrow" else len(data)


def head_columns(data: Any, limit: int) -> list[Column]:
    """Return the first `limit` rows of a pandas or polars frame or an Arrow table.

    Raises
    ------
    CivisInputError
        When `data` is none of these.
    """
    library = _library(data)
    if library == "pyarrow":
        head = data.slice(0, limit)
        return [
            _arrow_column(name, head.column(index)) for index, name in enumerate(head.column_names)
        ]
    if library == "polars":
        head = data.head(limit)
        return [
            _arrow_column(name, head.to_series(index).to_arrow())
            for index, name in enumerate(head.columns)
        ]
    if library == "pandas":
        head = data.head(limit)
        return [
            _pandas_column(str(name), head.iloc[:, index])
            for index, name in enumerate(data.columns)
        ]
    raise CivisInputError(
        f"A {type(data).__name__} can't be shown as a table: give a pandas or polars frame or an "
        "Arrow table."
    )


def columns_of_rows(
    names: Sequence[str],
    rows: Sequence[Sequence[Any]],
    limit: int,
    types: Sequence[str | None] | None = None,
) -> list[Column]:
    """Return the first `limit` of rows that hold what the API sent, mostly text."""
    shown = rows[:limit]
    columns = []
    for index, name in enumerate(names):
        cells = texts([row[index] if index < len(row) else None for row in shown])
        kind = short_type(types[index]) if types else None
        if kind in ("double", "real"):
            cells = [None if cell is None else number_text(cell) for cell in cells]
        right = is_numeric(kind) if kind else looks_numeric(cells)
        columns.append(Column(str(name), kind, right, tuple(cells)))
    return columns


#: What databases call types -> the word that the same column has when it comes as a frame.
_SHORT_TYPES = {
    "bool": "boolean",
    "bpchar": "text",
    "char": "text",
    "character varying": "text",
    "double precision": "double",
    "float": "double",
    "float4": "real",
    "float8": "double",
    "int": "integer",
    "int2": "smallint",
    "int4": "integer",
    "int8": "bigint",
    "numeric": "decimal",
    "timestamp with time zone": "timestamptz",
    "timestamp without time zone": "timestamp",
    "varchar": "text",
}


def short_type(sql_type: str | None) -> str | None:
    """Return a SQL type as the displays of frames write it.

    Examples
    --------
    >>> short_type("VARCHAR(20)"), short_type("NUMERIC(18,2)"), short_type("INTEGER")
    ('text', 'decimal(18,2)', 'integer')
    """
    if not sql_type:
        return None
    name, bracket, rest = sql_type.lower().partition("(")
    short = _SHORT_TYPES.get(name.strip(), name.strip())
    return short if short == "text" else short + bracket + rest


def _library(data: Any) -> str:
    """Return the name of the library that `data` comes from, without importing any."""
    return type(data).__module__.partition(".")[0]


def is_numeric(kind: str) -> bool:
    """Return whether cells of a type, by its short name, stand on the right."""
    return kind.startswith(_NUMERIC)


def column_texts(
    values: Any, decimals: int | None = None, *, exact: bool = False
) -> list[str | None]:
    """Return the values of an Arrow array as texts, None for NULL.

    Parameters
    ----------
    values
        The array.
    decimals
        The decimals of doubles; None: what these values need.
    exact
        Whether doubles keep every digit.
    """
    import pyarrow as pa

    # Python's datetime ends at microseconds; Arrow's own text keeps the nanoseconds.
    if pa.types.is_temporal(values.type) and getattr(values.type, "unit", "") == "ns":
        values = values.cast(pa.string())
    found = _with_objects(values) if "map<" in str(values.type) else python_values(values)
    return exact_texts(found) if exact else texts(found, decimals)


def _with_objects(values: Any) -> list[Any]:
    """Return an Arrow array of maps as Python's dictionaries; with a key twice, as pairs."""
    try:
        found: list[Any] = values.to_pylist(maps_as_pydicts="strict")
    except (KeyError, ValueError):
        return python_values(values)
    return found


def _arrow_column(name: str, values: Any) -> Column:
    kind = type_name(values.type)
    return Column(name, kind, is_numeric(kind), tuple(column_texts(values)))


def _pandas_column(name: str, series: Any) -> Column:
    """Return a column of a pandas frame; its texts where Arrow has no type for its objects."""
    import pyarrow as pa

    try:
        return _arrow_column(name, pa.Array.from_pandas(series))
    except (pa.ArrowInvalid, pa.ArrowTypeError, pa.ArrowNotImplementedError):
        # A column of mixed Python objects has no Arrow type; its values have a text all the same.
        missing = series.isna()
        cells = [None if gone else value for value, gone in zip(series, missing, strict=True)]
        return Column(name, str(series.dtype), False, tuple(texts(cells)))
