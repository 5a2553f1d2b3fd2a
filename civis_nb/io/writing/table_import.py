"""What is loaded where, and how: the checked options of every function that fills a table."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from typing import Any, Final

from civis_nb.errors import CivisArgumentError, CivisInputError
from civis_nb.io.arguments import check_interval, chosen, whole_from
from civis_nb.io.writing.table_names import check_text, schema_and_table

__all__ = ["TableImport"]

_EXISTING_TABLE_ROWS: Final = ("fail", "truncate", "append", "drop", "upsert")
_EXECUTIONS: Final = ("immediate", "delayed")
_COLUMN_KEYS: Final = frozenset({"name", "sql_type"})


@dataclass(frozen=True, kw_only=True)
class TableImport:
    """A table, and how rows are to be loaded into it.

    Attributes
    ----------
    table
        ``schema.table``.
    database
        Name or id of the database.
    existing_table_rows
        When the table exists: ``"fail"``, ``"truncate"``, ``"append"``, ``"drop"``, ``"upsert"``.
    table_columns
        Names and SQL types, or names alone; None: to be detected.
    primary_keys, last_modified_keys
        Columns, for ``"upsert"``.
    max_errors
        How many rows may be left out because they can't be loaded.
    diststyle, distkey, sortkey1, sortkey2
        Of a new table on Redshift.
    escaped
        Quotes in the files are escaped by a backslash.
    execution
        ``"immediate"`` or ``"delayed"``.
    credential_id
        By default the user's default database credential.
    polling_interval
        Seconds between polls; None: adaptive.
    hidden
        Leave the jobs out of lists.
    progress
        As for `civis_file_to_table`.
    schema, name
        The two parts of `table`.

    Raises
    ------
    CivisInputError
        When an attribute can't be what it is.

    Examples
    --------
    >>> target = TableImport(table='scratch."my.table"', database="redshift", primary_keys="id")
    >>> target.schema, target.name, target.primary_keys
    ('scratch', 'my.table', ['id'])
    """

    table: str
    database: str | int
    existing_table_rows: str = "fail"
    table_columns: list[dict[str, str]] | None = None
    primary_keys: list[str] | None = None
    last_modified_keys: list[str] | None = None
    max_errors: int | None = None
    diststyle: str | None = None
    distkey: str | None = None
    sortkey1: str | None = None
    sortkey2: str | None = None
    escaped: bool = False
    execution: str = "immediate"
    credential_id: int | None = None
    polling_interval: int | float | None = None
    hidden: bool = True
    progress: bool | None = None
    schema: str = field(init=False)
    name: str = field(init=False)

    def __post_init__(self) -> None:
        schema, name = schema_and_table(self.table)
        chosen("existing_table_rows", self.existing_table_rows, _EXISTING_TABLE_ROWS)
        chosen("execution", self.execution, _EXECUTIONS)
        if self.existing_table_rows == "upsert" and not self.primary_keys:
            raise CivisInputError("existing_table_rows='upsert' needs primary_keys.")
        whole_from("max_errors", self.max_errors, 0, missing=True)
        check_interval(self.polling_interval)
        columns = _checked_columns(self.table_columns)
        names = [column["name"] for column in columns] if columns else None
        checked = {
            "schema": schema,
            "name": name,
            "table_columns": columns,
            "primary_keys": _keys("primary_keys", self.primary_keys, names),
            "last_modified_keys": _keys("last_modified_keys", self.last_modified_keys, names),
        }
        for attribute, value in checked.items():
            object.__setattr__(self, attribute, value)

    @classmethod
    def of(cls, arguments: Mapping[str, Any]) -> TableImport:
        """Create a record of a function's arguments; those of other names are passed over.

        Examples
        --------
        >>> def load(file_id, table, database, hidden=True):
        ...     return TableImport.of(locals())
        >>> load(1, "public.t", "redshift", hidden=False).hidden
        False
        """
        names = [one.name for one in fields(cls) if one.init]
        return cls(**{name: arguments[name] for name in names if name in arguments})

    @property
    def has_types(self) -> bool:
        """Whether the columns' SQL types are given."""
        return self.table_columns is not None and "sql_type" in self.table_columns[0]

    def check_keys(self, columns: Sequence[str]) -> None:
        """Check that the keys are columns.

        Raises
        ------
        CivisInputError
            When one is not.
        """
        _keys("primary_keys", self.primary_keys, columns)
        _keys("last_modified_keys", self.last_modified_keys, columns)


def _checked_columns(columns: Any) -> list[dict[str, str]] | None:
    """Return ``table_columns`` as a list of dictionaries; None when there are none."""
    if columns is None or (isinstance(columns, list | tuple) and not columns):
        return None
    if not isinstance(columns, list | tuple):
        raise CivisInputError(
            "table_columns is a list of {'name': …, 'sql_type': …}, one for each column; "
            "leave it out to have them detected."
        )
    checked = [_checked_column(column) for column in columns]
    if len({"sql_type" in column for column in checked}) > 1:
        raise CivisInputError("table_columns gives sql_type for some columns and not for others.")
    folded = Counter(column["name"].lower() for column in checked)
    twice = [column["name"] for column in checked if folded[column["name"].lower()] > 1]
    if twice:
        raise CivisInputError(
            f"table_columns has names that a table can't keep apart: {', '.join(map(repr, twice))}."
        )
    return checked


def _checked_column(column: Any) -> dict[str, str]:
    """Check one item of ``table_columns``; return it without what is None."""
    if not isinstance(column, Mapping) or "name" not in column or set(column) - _COLUMN_KEYS:
        raise CivisInputError(
            f"table_columns holds {column!r}; each is {{'name': …, 'sql_type': …}}."
        )
    given = {key: value for key, value in column.items() if value is not None}
    if not all(isinstance(value, str) and value.strip() for value in given.values()):
        raise CivisInputError(f"table_columns holds {column!r}; names and types are texts.")
    if "name" not in given:
        raise CivisInputError(f"table_columns holds {column!r}; each has a name.")
    check_text("The name of a column", given["name"])
    return given


def _keys(name: str, keys: Any, columns: Sequence[str] | None = None) -> list[str] | None:
    """Return keys as a list of names, after a check that they are among `columns`, in any case."""
    if keys is None:
        return None
    listed = [keys] if isinstance(keys, str) else keys
    if not isinstance(listed, list | tuple) or not all(isinstance(key, str) for key in listed):
        raise CivisArgumentError(f"{name} is a list of names of columns, not {keys!r}.")
    if columns is not None:
        known = {column.lower() for column in columns}
        unknown = [key for key in listed if key.lower() not in known]
        if unknown:
            raise CivisInputError(
                f"{name} names {', '.join(map(repr, unknown))}; there are the columns "
                f"{', '.join(map(repr, columns))}. Nothing was sent."
            )
    return list(listed)
