"""What an import is going to do, worked out before it changes anything.

Pure functions over frozen records: which columns a file has, which column of the table each of
them fills, and which columns a new table gets. Nothing here depends on the database.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from civis_nb.errors import WarehouseError
from civis_nb.local.warehouse.base import DELIMITERS, ImportOptions
from civis_nb.local.warehouse.csv.text import CsvFormat
from civis_nb.local.warehouse.sqltypes import TextLimit
from civis_nb.table_names import qualified

__all__ = [
    "ColumnType",
    "FileLoad",
    "ImportPlan",
    "TableColumn",
    "TargetTable",
    "check_options",
    "csv_format",
    "file_columns",
    "find_columns",
    "match_columns",
    "new_columns",
    "plan_target",
    "refuse_gaps",
]

_MODES = ("fail", "truncate", "append", "drop", "upsert")


@dataclass(frozen=True)
class ColumnType:
    """A type of a column.

    Attributes
    ----------
    native
        Its name in the database.
    sql_type
        Its name in the API.
    is_text
        Whether an empty text is a value of it, apart from NULL.
    limit
        How long a text may be.
    """

    native: str
    sql_type: str
    is_text: bool = False
    limit: TextLimit | None = None


@dataclass(frozen=True)
class TableColumn:
    """A column of the table.

    An ``exact`` type was inferred from all values, so that a plain cast converts each of them.
    """

    name: str
    type: ColumnType
    required: bool = False
    has_default: bool = False
    exact: bool = False


@dataclass(frozen=True)
class TargetTable:
    """The table that rows go to; without columns when it does not exist yet."""

    schema: str
    table: str
    columns: tuple[TableColumn, ...] = ()

    @property
    def sql_name(self) -> str:
        """Return the quoted name."""
        return qualified(self.schema, self.table)


@dataclass(frozen=True)
class FileLoad:
    """One plain CSV file, and the table's column that each of its columns fills."""

    path: Path
    name: str
    columns: tuple[TableColumn, ...]


@dataclass(frozen=True)
class ImportPlan:
    """One import: files into one table, as the table was when the plan was made."""

    target: TargetTable
    loads: tuple[FileLoad, ...]
    options: ImportOptions
    creates: bool
    drops: bool


def csv_format(options: ImportOptions) -> CsvFormat:
    """Return the format of the files of an import."""
    return CsvFormat(
        DELIMITERS[options.column_delimiter], options.first_row_is_header, options.escaped
    )


def check_options(options: ImportOptions, files: Sequence[Path]) -> None:
    """Check what can be checked without the table.

    Raises
    ------
    WarehouseError
        If there is no file, or an option has an impossible value.
    """
    if not files:
        raise WarehouseError("there is no file to import")
    if options.existing_table_rows not in _MODES:
        raise WarehouseError(
            f'existing_table_rows can\'t be "{options.existing_table_rows}"; '
            f"it is one of {', '.join(_MODES)}"
        )
    if options.column_delimiter not in DELIMITERS:
        raise WarehouseError(
            f'column_delimiter can\'t be "{options.column_delimiter}"; '
            f"it is one of {', '.join(DELIMITERS)}"
        )
    if options.existing_table_rows == "upsert" and not options.primary_keys:
        raise WarehouseError("upsert needs primary_keys: the columns that tell rows apart")


def plan_target(found: TargetTable, options: ImportOptions) -> tuple[TargetTable, bool, bool]:
    """Decide what happens to the table.

    Returns
    -------
    tuple
        The table, without columns if it is to be created; whether it is created; and whether one
        of its name is dropped before.

    Raises
    ------
    WarehouseError
        If the options don't allow it.
    """
    mode = options.existing_table_rows
    if found.columns and mode == "fail":
        raise WarehouseError(
            f"the table {found.sql_name} exists; existing_table_rows says to fail then. "
            "Choose append, truncate, drop or upsert"
        )
    drops = bool(found.columns) and mode == "drop"
    creates = drops or not found.columns
    if creates and mode == "upsert" and not options.last_modified_keys:
        raise WarehouseError(
            f"the table {found.sql_name} is new: upsert needs last_modified_keys then, "
            "besides primary_keys"
        )
    return (replace(found, columns=()) if drops else found), creates, drops


def new_columns(
    names: Sequence[str],
    declared: Mapping[str, str | None],
    types: Mapping[str, ColumnType],
    *,
    loosen: bool,
) -> tuple[TableColumn, ...]:
    """Return the columns of a new table.

    Parameters
    ----------
    names
        Of the columns, in their order.
    declared
        The declared types, as the API names them; None or missing where a type was inferred.
    types
        The type of each column, declared or inferred.
    loosen
        Whether texts may be longer than their type says.

    Raises
    ------
    WarehouseError
        If a name occurs twice.
    """
    _refuse_duplicates(names)
    columns = []
    for name in names:
        kind = replace(types[name], limit=None) if loosen else types[name]
        columns.append(TableColumn(name, kind, exact=not declared.get(name)))
    return tuple(columns)


def refuse_gaps(loads: Sequence[FileLoad], target: TargetTable) -> None:
    """Check that every file fills all columns of a new table.

    Raises
    ------
    WarehouseError
        If one does not.
    """
    for load in loads:
        if len(load.columns) != len(target.columns):
            raise WarehouseError(
                f"{load.name} has {len(load.columns)} of the {len(target.columns)} columns that "
                "the new table gets from the first file; all files must have the same"
            )


def file_columns(
    first: Sequence[str], options: ImportOptions, target: TargetTable, name: str
) -> list[str]:
    """Return the name of each column of a file, in the file's order.

    Parameters
    ----------
    first
        The file's first row: its header, if it has one.
    name
        Of the file, for messages.

    Raises
    ------
    WarehouseError
        If the file is empty, or has another number of columns than was described.
    """
    if not first:
        raise WarehouseError(f"{name} is empty: it has neither a header nor rows")
    header = [title or f"column_{i}" for i, title in enumerate(first)]
    if options.table_columns:
        described = [column for column, _ in options.table_columns]
        if options.first_row_is_header and _folded(header) == _folded(described):
            known = _Names(described)
            return [known.same(title) or title for title in header]
        if len(described) == len(header):
            return described
        raise WarehouseError(
            f"{name} has {len(header)} columns, but {len(described)} are described in "
            "table_columns; is the column delimiter right?"
        )
    if options.first_row_is_header:
        return header
    if not target.columns:
        return [f"column_{i}" for i in range(len(header))]
    if len(header) != len(target.columns):
        raise WarehouseError(
            f"{name} has {len(header)} columns, but the table {target.sql_name} has "
            f"{len(target.columns)}; without a header they must be the same, in the same order"
        )
    return [column.name for column in target.columns]


def match_columns(
    columns: Sequence[str], target: TargetTable, name: str
) -> tuple[TableColumn, ...]:
    """Return the table's column that each column of a file fills, matched by name.

    Raises
    ------
    WarehouseError
        If a column is unknown, comes twice, or is missing though the table needs it.
    """
    _refuse_duplicates(columns)
    known = _Names([column.name for column in target.columns])
    by_name = {column.name: column for column in target.columns}
    found: list[TableColumn] = []
    unknown: list[str] = []
    for column in columns:
        same = known.same(column) or known.same(column.strip())
        if same is None:
            unknown.append(column)
        else:
            found.append(by_name[same])
    if unknown:
        raise WarehouseError(
            f"{name} has the column {_listed(unknown)}, which the table {target.sql_name} has not; "
            f"it has: {_listed(list(by_name))}"
        )
    present = {column.name for column in found}
    missing = [
        c.name for c in target.columns if c.name not in present and c.required and not c.has_default
    ]
    if missing:
        raise WarehouseError(
            f"{name} lacks the column {_listed(missing)}, which may not be NULL in the table "
            f"{target.sql_name}"
        )
    return tuple(found)


def find_columns(names: Sequence[str], target: TargetTable, what: str) -> list[TableColumn]:
    """Return the columns of the table that an option names.

    Raises
    ------
    WarehouseError
        If the table has no such column.
    """
    by_name = {column.name: column for column in target.columns}
    known = _Names(list(by_name))
    found = []
    for name in names:
        same = known.same(name)
        if same is None:
            raise WarehouseError(
                f'{what} names "{name}", which is no column of the table; it has: '
                f"{_listed(list(by_name))}"
            )
        found.append(by_name[same])
    return found


class _Names:
    """Names of columns, to be found in any case."""

    def __init__(self, names: Sequence[str]) -> None:
        self._exact = set(names)
        self._folded: dict[str, str] = {}
        for name in names:
            self._folded.setdefault(name.lower(), name)

    def same(self, name: str) -> str | None:
        """Return the name that is the same, else one that differs in case only."""
        return name if name in self._exact else self._folded.get(name.lower())


def _folded(names: Sequence[str]) -> list[str]:
    return sorted(name.lower() for name in names)


def _refuse_duplicates(names: Sequence[str]) -> None:
    """Raise when names differ in case only, or not at all."""
    seen: set[str] = set()
    for name in names:
        if name.lower() in seen:
            raise WarehouseError(
                f'the column "{name}" comes twice (names differ by more than case in a table); '
                "rename one"
            )
        seen.add(name.lower())


def _listed(names: Sequence[str]) -> str:
    return ", ".join(f'"{name}"' for name in names)
