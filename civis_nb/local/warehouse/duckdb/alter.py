"""ALTER TABLE where DuckDB can't change a table in place: lengths of texts, keys and checks."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace

import duckdb

from civis_nb.errors import WarehouseError
from civis_nb.local.warehouse.dialects import CATALOG, Dialect
from civis_nb.local.warehouse.dialects.catalog.notes import (
    CONSTRAINT,
    key_note,
    length_check,
    text_limits,
)
from civis_nb.local.warehouse.dialects.tokens import Tokens
from civis_nb.local.warehouse.dialects.types.names import SqlType, type_at
from civis_nb.local.warehouse.duckdb.table_text import TableText, read_table, rebuild
from civis_nb.local.warehouse.sqltypes import TextLimit
from civis_nb.table_names import quoted

__all__ = ["alter"]

_KEYS = ("primary", "unique", "foreign")
_CONSTRAINTS = (*_KEYS, "check", "constraint", "references")


def alter(cursor: duckdb.DuckDBPyConnection, sql: str, dialect: Dialect) -> bool:
    """Recreate a table if an ALTER TABLE needs it; return whether that was so.

    Parameters
    ----------
    cursor
        Runs the statements, in a transaction.
    sql
        The ALTER TABLE, with lengths of texts in its types.
    dialect
        Of the database: Redshift enforces no keys.

    Raises
    ------
    WarehouseError
        If what it names does not exist.
    """
    tokens = Tokens(sql)
    words = tokens.words
    if not tokens.matches(0, "alter", "table"):
        return False
    at = 2
    while words[at] in ("if", "exists", "only"):
        at += 1
    path, at = tokens.path(at)
    change = _change(tokens, at)
    if change is None:
        return False
    table = read_table(cursor, path)
    if table is None:
        return False  # DuckDB tells
    return _Change(cursor, tokens, table, dialect).apply(change, at)


def _change(tokens: Tokens, at: int) -> str | None:
    """Return the kind of a change that may need the table anew; None for all others."""
    words = tokens.words
    if words[at] == "add" and words[at + 1] in (*_KEYS, "check", "constraint"):
        return "constraint"
    if words[at] == "add":
        return "column"
    if words[at] == "drop" and any(
        text.startswith(f'"{CONSTRAINT}') for text in tokens.texts[at : at + 5]
    ):
        return "drop constraint"
    return "type" if words[at] == "alter" and "type" in words[at:] else None


class _Change:
    """One change of one table."""

    def __init__(
        self,
        cursor: duckdb.DuckDBPyConnection,
        tokens: Tokens,
        table: TableText,
        dialect: Dialect,
    ) -> None:
        self._cursor = cursor
        self._tokens = tokens
        self._table = table
        self._dialect = dialect
        self._same = {name: quoted(name) for name in table.columns}

    def apply(self, change: str, at: int) -> bool:
        """Apply the change whose first word stands at a place; return whether it was needed."""
        if change == "constraint":
            return self._add_constraint(at + 1)
        if change == "column":
            return self._add_column(at + 1 + (self._tokens.words[at + 1] == "column"))
        if change == "type":
            return self._change_type(at + 1 + (self._tokens.words[at + 1] == "column"))
        return self._drop_constraint(at + 2)

    def _rebuild(self, new: TableText, values: dict[str, str] | None = None) -> bool:
        rebuild(self._cursor, self._table, new, values or self._same)
        return True

    def _known(self, column: str) -> str:
        """Return the name of a column as it is stored."""
        for name in self._table.columns:
            if name.lower() == column.lower():
                return name
        raise WarehouseError(f'column "{column}" of relation "{self._table.name}" does not exist')

    def _names(self, opened: int) -> list[str]:
        tokens = self._tokens
        inside = range(opened + 1, tokens.partners.get(opened, opened), 2)
        return [self._known(tokens.name(i)) for i in inside]

    def _add_constraint(self, at: int) -> bool:
        tokens, words = self._tokens, self._tokens.words
        given = ""
        if words[at] == "constraint":
            given, at = tokens.name(at + 1), at + 2
        text = tokens.original(at, tokens.count)
        columns = dict(self._table.columns)
        if words[at] in _KEYS:
            kind = "unique" if words[at] == "unique" else f"{words[at]} key"
            opened = at + 1 + (kind != "unique")
            names = self._names(opened)
            if kind == "primary key" and self._has("primary key"):
                raise WarehouseError(
                    f'multiple primary keys for table "{self._table.name}" are not allowed'
                )
            if self._dialect == "redshift":
                behind = tokens.partners.get(opened, opened) + 1
                references = ""
                if words[behind] == "references":
                    references = tokens.original(behind + 1, tokens.count)
                text = key_note(kind, names, references, given)
            if kind == "primary key":
                for name in names:
                    if "not null" not in columns[name].lower():
                        columns[name] += " NOT NULL"
        constraints = (*self._table.constraints, text)
        return self._rebuild(replace(self._table, columns=columns, constraints=constraints))

    def _has(self, kind: str) -> bool:
        return any(_describes(text)[0] == kind for text in self._table.constraints)

    def _add_column(self, at: int) -> bool:
        tokens, words = self._tokens, self._tokens.words
        if words[at : at + 3] == ["if", "not", "exists"]:
            at += 3
            if tokens.name(at).lower() in (name.lower() for name in self._table.columns):
                return False
        check, behind = self._length(at)
        rest = words[behind : tokens.count]
        if check is None and not any(word in _CONSTRAINTS for word in rest):
            return False
        name = tokens.name(at)
        if name.lower() in (known.lower() for known in self._table.columns):
            return False  # DuckDB tells
        constraints = list(self._table.constraints)
        end = tokens.count
        if self._dialect == "redshift":
            constraints += self._notes_of(name, behind)
            end = min([behind + rest.index(w) for w in _CONSTRAINTS if w in rest], default=end)
        kind = "VARCHAR" if check else tokens.original(at + 1, behind)
        definition = f"{quoted(name)} {kind} {tokens.original(behind, end)}"
        columns = {**self._table.columns, name: definition}
        constraints += [check] if check else []
        return self._rebuild(replace(self._table, columns=columns, constraints=tuple(constraints)))

    def _notes_of(self, name: str, at: int) -> Iterable[str]:
        """Return the notes of the keys in a column's definition."""
        tokens, words = self._tokens, self._tokens.words
        for place in range(at, tokens.count):
            if words[place] == "unique":
                yield key_note("unique", [name])
            elif words[place] == "references":
                yield key_note("foreign key", [name], tokens.original(place + 1, tokens.count))
            elif words[place] == "primary":
                raise WarehouseError("ADD COLUMN … PRIMARY KEY is not supported by Redshift")

    def _length(self, at: int) -> tuple[str | None, int]:
        """Return the check of the length of a column's type, and the place behind the type."""
        to, behind = type_at(self._tokens, at + 1)
        if to is None or to.name not in ("varchar", "bpchar") or not to.arguments:
            return None, behind
        return self._check(self._tokens.name(at), to), behind

    def _check(self, column: str, to: SqlType) -> str:
        """Return the check of the length of a column."""
        in_bytes = self._dialect == "redshift"
        limit = TextLimit(to.arguments[0], in_bytes, fixed=to.name == "bpchar")
        return length_check(quoted(column), limit)

    def _change_type(self, at: int) -> bool:
        tokens, words = self._tokens, self._tokens.words
        kind = words.index("type", at)
        if kind not in (at + 1, at + 3):
            return False
        column = self._known(tokens.name(at))
        to, behind = type_at(tokens, kind + 1)
        if to is None:
            return False
        constraints = tuple(c for c in self._table.constraints if _length_of(c) != column)
        had_length = len(constraints) < len(self._table.constraints)
        is_sized = to.name in ("varchar", "bpchar") and bool(to.arguments)
        if not had_length and not is_sized:
            return False
        if is_sized:
            constraints += (self._check(column, to),)
        native = "VARCHAR" if is_sized else tokens.original(kind + 1, behind)
        value = f"CAST({quoted(column)} AS {native})"
        if words[behind] == "using":
            value = tokens.original(behind + 1, tokens.count)
        definition = Tokens(self._table.columns[column])
        _, after = type_at(definition, 1)
        rest = definition.original(after, definition.count)
        columns = {**self._table.columns, column: f"{quoted(column)} {native} {rest}"}
        new = replace(self._table, columns=columns, constraints=constraints)
        return self._rebuild(new, {**self._same, column: value})

    def _drop_constraint(self, at: int) -> bool:
        words = self._tokens.words
        if_exists = words[at : at + 2] == ["if", "exists"]
        name = self._tokens.name(at + 2 if if_exists else at).removeprefix(CONSTRAINT)
        kept = tuple(c for c in self._table.constraints if self._name_of(c) != name)
        if kept == self._table.constraints:
            if if_exists:
                return True
            raise WarehouseError(
                f'constraint "{name}" of relation "{self._table.name}" does not exist'
            )
        return self._rebuild(replace(self._table, constraints=kept))

    def _name_of(self, constraint: str) -> str:
        """Return the name of a constraint: the user's, else that which PostgreSQL gives it."""
        given = re.search(r" named ([^']*)' IS NOT NULL", constraint)
        if given is not None:
            return given.group(1)
        kind, columns = _describes(constraint)
        if kind == "primary key":
            return f"{self._table.name}_pkey"
        behind = {"unique": "key", "foreign key": "fkey"}.get(kind, "check")
        return "_".join([self._table.name, *columns, behind])


def _describes(constraint: str) -> tuple[str, list[str]]:
    """Return the kind of a constraint of DuckDB's catalog, and its columns."""
    found = re.search(
        rf"(?i)'{CATALOG} ([a-z ]+) \(([^()]*)\)|^(\w+(?: key)?) ?\(([^()]*)\)", constraint
    )
    if found is None:
        return "check", []
    kind = (found[1] or found[3]).lower()
    return kind, [name.strip().strip('"') for name in (found[2] or found[4] or "").split(",")]


def _length_of(constraint: str) -> str | None:
    """Return the column whose length a constraint limits; None for other constraints."""
    return next(iter(text_limits(constraint)), None)
