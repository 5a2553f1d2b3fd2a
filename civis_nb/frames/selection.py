"""Parts of a result, as brackets name them: a column, a row, some columns, some rows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final

from civis_nb.errors import CivisArgumentError, CivisLookupError
from civis_nb.frames.from_arrow import rows_of
from civis_nb.frames.typed import TypedTable
from civis_nb.near_names import did_you_mean

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["no_such_column", "part_of", "place_of"]

#: So many columns are named where none is near.
_MAX_NAMES: Final = 30


def part_of(result: TypedTable, key: Any) -> Any:
    """Return a part of a result, with exact types.

    Parameters
    ----------
    result
        The result.
    key
        What stands in the brackets: a name, a number, a slice, or a list of names.

    Returns
    -------
    polars.Series, tuple or TypedTable
        A column, a row, or some of the rows or columns.

    Raises
    ------
    CivisLookupError
        When there is no such column or row.
    CivisArgumentError
        When `key` is something else.

    Examples
    --------
    >>> import pyarrow as pa
    >>> result = TypedTable(pa.table({"n": [1, 2], "name": ["x", None]}))
    >>> part_of(result, -1), part_of(result, ["name"]).table.column_names
    ((2, None), ['name'])
    """
    table = result.table
    if isinstance(key, str):
        import polars as pl

        return pl.Series(key, table.column(place_of(table, key)))
    if isinstance(key, list):
        places = [place_of(table, name) for name in key]
        types = result.sql_types
        return TypedTable(table.select(places), types and [types[place] for place in places])
    if isinstance(key, slice):
        start, stop, step = key.indices(table.num_rows)
        rows = (
            table.slice(start, max(stop - start, 0))
            if step == 1
            else table.take(list(range(start, stop, step)))
        )
        return TypedTable(rows, result.sql_types)
    if isinstance(key, bool) or not isinstance(key, int):
        raise CivisArgumentError(
            "A result table takes the name of a column, the number of a row, a slice, or a "
            f"list of names in brackets, not {type(key).__name__}."
        )
    place = key + table.num_rows if key < 0 else key
    if not 0 <= place < table.num_rows:
        many = f"{table.num_rows:,} row{'' if table.num_rows == 1 else 's'}"
        raise CivisLookupError(f"There is no row {key}; there are {many}.")
    return next(rows_of(table.slice(place, 1)))


def place_of(table: pa.Table, name: str) -> int:
    """Return the position of a column.

    Raises
    ------
    CivisLookupError
        When there is none of that name, or several.
    """
    found = [at for at, one in enumerate(table.column_names) if one == name]
    if len(found) == 1:
        return found[0]
    if found:
        raise CivisLookupError(
            f"There are {len(found)} columns {name!r}: name them apart in the SQL."
        )
    raise CivisLookupError(no_such_column(name, table.column_names))


def no_such_column(name: object, columns: Sequence[str]) -> str:
    """Return what to say of a column that is not there: which one may be meant, or which there are.

    Examples
    --------
    >>> no_such_column("agee", ["age", "vote"])
    "There is no column 'agee'. Did you mean 'age'?"
    >>> no_such_column("x", ["age", "vote"])
    "There is no column 'x'. Columns: age, vote"
    """
    hint = did_you_mean(name, columns, 2, shown=repr)
    if hint:
        return f"There is no column {name!r}.{hint}"
    left = f" and {len(columns) - _MAX_NAMES} more" if len(columns) > _MAX_NAMES else ""
    return f"There is no column {name!r}. Columns: {', '.join(columns[:_MAX_NAMES])}{left}"
