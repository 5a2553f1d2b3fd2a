"""CSV as an Arrow table in which nothing is lost: types="exact"."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

from civis_nb.errors import CivisDownloadError
from civis_nb.frames.sql_types import DeclaredTypes, arrow_type
from civis_nb.frames.typed import TypedTable
from civis_nb.io.reading.blocks import map_blocks, split_ahead, tables_of_rows
from civis_nb.io.reading.header import column_names
from civis_nb.io.reading.parsers.arrow_csv import exact_schema, mismatched_column, parse_block
from civis_nb.io.reading.parsers.arrow_types import infer_column

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["exact_table", "sql_types_of", "table_of_texts", "types_of_columns"]

_BLOCK_BYTES = 1024 * 1024
_ROWS_AT_ONCE = 128 * 1024
_INFER_WORKERS = 4


def exact_table(
    chunks: Iterable[bytes], declared_types: DeclaredTypes | None, what: str
) -> pa.Table:
    """Read a CSV with a header into an Arrow table.

    Parameters
    ----------
    chunks
        The content in UTF-8, comma separated, cut anywhere; something that can be iterated
        a second time.
    declared_types
        The (name, SQL type) of each column; None: not declared.
    what
        What is read, for errors.

    Returns
    -------
    pa.Table
        With the header's names, also where one comes twice. A column of unknown type gets one
        by `infer_column`.

    Raises
    ------
    CivisDownloadError
        When it is no such CSV.
    """
    import pyarrow as pa

    types: list[Any] | None = None
    while True:
        with split_ahead(chunks, _BLOCK_BYTES, what) as (header, blocks):
            names = column_names(header, what)
            types = types_of_columns(names, declared_types) if types is None else types
            try:
                columns = _read(blocks, types).columns
                break
            except pa.ArrowInvalid as error:
                # A value that its type can't hold ('infinity' in a timestamp): that column as text.
                mismatch = mismatched_column(error)
                if mismatch is None or types[mismatch] is None:
                    raise CivisDownloadError(f"{what} can't be read as CSV: {error}") from None
                types[mismatch] = None
    if declared_types is None or not _have_names(declared_types, names):
        # Only where no type of any column is declared.
        with ThreadPoolExecutor(_INFER_WORKERS, thread_name_prefix="civis-infer") as pool:
            columns = list(pool.map(infer_column, columns))
    return pa.Table.from_arrays(columns, names=names)


def table_of_texts(
    names: Sequence[str], rows: Iterable[Sequence[Any]], sql_types: Sequence[str | None] | None
) -> TypedTable:
    """Return rows of texts, as a query's preview has them, as the table that an export gives.

    Parameters
    ----------
    names
        The columns.
    rows
        Texts as an export writes them; None is NULL.
    sql_types
        The SQL type of each column; None where they are not declared.

    Examples
    --------
    >>> table_of_texts(["n", "code"], [["1", "00501"], [None, ""]], ["INTEGER", "TEXT"]).table[0]
    <pyarrow.lib.ChunkedArray object at ...>
    [
      [
        1,
        null
      ]
    ]
    """
    declared = None
    if sql_types and all(sql_types):
        declared = [(name, str(kind)) for name, kind in zip(names, sql_types, strict=True)]
    lines = [",".join(map(_field, record)) for record in (names, *rows)]
    content = "".join(f"{line}\n" for line in lines).encode()
    table = exact_table([content], declared, "the first rows of the result")
    return TypedTable(table, sql_types_of(names, declared))


def _field(value: Any) -> str:
    """Return a text as a field of a CSV, in quotes; NULL without."""
    if value is None:
        return ""
    text = str(value).lower() if isinstance(value, bool) else str(value)
    return '"' + text.replace('"', '""') + '"'


def sql_types_of(names: Sequence[str], declared_types: DeclaredTypes | None) -> list[str] | None:
    """Return the SQL types that are declared of columns; None where they are of others."""
    if declared_types is None or not _have_names(declared_types, names):
        return None
    return [sql_type for _, sql_type in declared_types]


def types_of_columns(names: Sequence[str], declared_types: DeclaredTypes | None) -> list[Any]:
    """Return the Arrow type of each column; None for text, and where no type is declared.

    The declared types of a table may be older than its columns: they count when the names agree.
    """
    sql_types = sql_types_of(names, declared_types)
    return [None] * len(names) if sql_types is None else [arrow_type(kind) for kind in sql_types]


def _have_names(declared_types: DeclaredTypes, names: Sequence[str]) -> bool:
    """Return whether types are declared of the columns of these names, in any case."""
    return [name.casefold() for name in names] == [name.casefold() for name, _ in declared_types]


def _read(blocks: Iterable[bytes], types: Sequence[Any]) -> Any:
    """Return the table of blocks of records, of columns of these types."""
    import pyarrow as pa

    def parsed(block: bytes) -> Any:
        return parse_block(block, types)

    tables = list(tables_of_rows(map_blocks(blocks, parsed), _ROWS_AT_ONCE))
    return pa.concat_tables(tables) if tables else exact_schema(types).empty_table()
