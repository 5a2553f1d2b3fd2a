"""CREATE: types that DuckDB has otherwise, lengths, keys, LIKE, texts of views."""

from __future__ import annotations

from dataclasses import dataclass, field

from civis_nb.local.warehouse.dialects.catalog.notes import (
    json_check,
    key_note,
    length_check,
    like_note,
    view_note,
)
from civis_nb.local.warehouse.dialects.clauses import Parser
from civis_nb.local.warehouse.dialects.operators.collations import check_collation
from civis_nb.local.warehouse.dialects.rules import Dialect, UnsupportedSqlError
from civis_nb.local.warehouse.dialects.statements.alter_table import CONSTRAINT_WORDS, alter
from civis_nb.local.warehouse.dialects.tokens import NAME, WORD, Tokens
from civis_nb.local.warehouse.dialects.types.assigned import check_default
from civis_nb.local.warehouse.dialects.types.columns import write_type
from civis_nb.local.warehouse.dialects.types.names import type_at
from civis_nb.local.warehouse.sqltypes import TextLimit
from civis_nb.table_names import quoted

__all__ = ["define"]

_KEYS = frozenset(["primary", "foreign", "unique"])
_TABLE_CLAUSES = CONSTRAINT_WORDS | {"like"}
#: What LIKE can copy -> its letter in the note; what has no letter does not exist here.
_LIKE_OPTIONS = {
    "defaults": "d", "constraints": "c", "indexes": "k", "all": "dck", "identity": "d",
    "generated": "", "comments": "", "storage": "", "statistics": "", "compression": "",
}  # fmt: skip
#: What Redshift can't create, and what to do instead.
_NOT_IN_REDSHIFT = {
    "index": "Redshift has no indexes; leave the statement out",
    "sequence": "Redshift has no sequences; use a column of the type BIGINT IDENTITY(1, 1)",
    "type": "Redshift has no types of users; use one of its own",
    "domain": "Redshift has no domains; use a type of its own",
    "trigger": "Redshift has no triggers",
    "rule": "Redshift has no rules",
    "extension": "Redshift has no extensions",
    "tablespace": "Redshift has no tablespaces",
}


def define(tokens: Tokens, parser: Parser, dialect: Dialect) -> int:
    """Edit the definitions of a statement; return where its other expressions begin."""
    words = tokens.words
    at = 0
    if words[0] == "create":
        at = 1
        while words[at] in ("temp", "temporary", "local", "global", "or", "replace", "unlogged"):
            at += 1
        if words[at] == "table":
            if "replace" in words[1:at]:
                server = "Redshift" if dialect == "redshift" else "PostgreSQL"
                raise UnsupportedSqlError(
                    f"CREATE OR REPLACE TABLE is not supported by {server}: write DROP TABLE IF "
                    "EXISTS …; CREATE TABLE …",
                    tokens.starts[words.index("or")],
                )
            return _table(tokens, parser, dialect, at + 1)
        if words[at] in ("view", "materialized", "recursive"):
            return _view(tokens, parser, at)
        at += words[at] in ("unique", "constraint")
        if dialect == "redshift" and words[at] in _NOT_IN_REDSHIFT:
            raise UnsupportedSqlError(
                f"CREATE {words[at].upper()} is not supported: {_NOT_IN_REDSHIFT[words[at]]}",
                tokens.starts[at],
            )
        if words[at] == "index":
            _name_index(tokens, at + 1)
        return tokens.count
    if words[0] == "copy":
        raise UnsupportedSqlError(
            "COPY from S3 or a file can't be done here; upload the data as a file and import it "
            "into the table, or export the result of a query",
            tokens.starts[0],
        )
    if words[0] == "alter":
        return alter(tokens, parser, dialect)
    if words[0] in ("insert", "update", "delete"):
        return _behind_target(tokens)
    return 0


def _name_index(tokens: Tokens, at: int) -> None:
    """Name an index that has no name: by its table and columns, as PostgreSQL does.

    A second one like it changes nothing, so that it may be left out; but one that is unique must
    be there.
    """
    words = tokens.words
    at += words[at] == "concurrently"
    if words[at] != "on":
        return
    path, behind = tokens.path(at + 1 + (words[at + 1] == "only"))
    opened = next((i for i in range(behind, tokens.count) if words[i] == "("), behind)
    columns = [
        tokens.name(place) if behind == place + 1 or words[place + 1] != "(" else "expr"
        for place, behind in tokens.items(opened + 1, tokens.partners.get(opened, opened))
    ]
    is_unique = words[1] == "unique"
    name = "_".join([path[-1], *columns, "key" if is_unique else "idx"])
    tokens.insert_before(at, f"{'' if is_unique else 'IF NOT EXISTS '}{quoted(name)} ")


def _behind_as(tokens: Tokens, at: int) -> int:
    while at < tokens.count and tokens.words[at] != "as":
        at = tokens.partners.get(at, at) + 1
    return at + 1


def _behind_target(tokens: Tokens) -> int:
    """Return the place behind the table that a statement changes, and its columns."""
    words, at = tokens.words, 1
    while words[at] in ("into", "from", "only"):
        at += 1
    at = tokens.path(at)[1]
    if words[0] == "insert":
        while at < tokens.count and words[at] not in (
            "select",
            "values",
            "with",
            "default",
            "returning",
            "(",
        ):
            at += 1
        if words[at] == "(" and words[at + 1] not in ("select", "with", "values", "("):
            at = tokens.partners.get(at, at) + 1
    return at


def _view(tokens: Tokens, parser: Parser, at: int) -> int:
    """Edit the query of a view, and note the user's text of it."""
    words = tokens.words
    is_materialized = words[at] == "materialized"
    first, end = _behind_as(tokens, at), tokens.count
    if first >= end:
        return end
    is_late = end > 4 and words[end - 4 : end] == ["with", "no", "schema", "binding"]
    if is_late:
        end -= 4
        tokens.drop(end, end + 4)
    parser.region(first, end)
    note = view_note(tokens.original(0 if is_late or is_materialized else first, tokens.count))
    while words[first] == "(" and tokens.partners[first] == end - 1:
        first, end = first + 1, end - 1
    if words[first] == "with":
        recursive = words[first + 1] == "recursive"
        tokens.insert_after(first + recursive, f" {note},")
    else:
        tokens.insert_before(first, f"WITH {note} ")
    return tokens.count


# -- CREATE TABLE ------------------------------------------------------------------------------


@dataclass
class _Table:
    """A table being defined.

    ``columns`` holds the last token of each column's definition by its name, ``notes`` the notes of
    the keys that are not enforced, and ``required`` the columns of the primary key.
    """

    tokens: Tokens
    parser: Parser
    dialect: Dialect
    columns: dict[str, int] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    required: list[str] = field(default_factory=list)
    has_like: bool = False


def _table(tokens: Tokens, parser: Parser, dialect: Dialect, at: int) -> int:
    words = tokens.words
    while words[at] in ("if", "not", "exists"):
        at += 1
    at = tokens.path(at)[1]
    if words[at] == "(" and at in tokens.partners:
        close = tokens.partners[at]
        table = _Table(tokens, parser, dialect)
        for place, behind in tokens.items(at + 1, close):
            if words[place] == "like":
                _like(table, place, behind)
            elif words[place] in _TABLE_CLAUSES:
                _constraint(table, place, behind)
            else:
                _column(table, place, behind)
        for name in table.required:
            last = table.columns.get(name)
            if last is not None:
                tokens.insert_after(last, " NOT NULL")
            elif not table.has_like:
                raise UnsupportedSqlError(
                    f'column "{name}" named in key does not exist', tokens.starts[at]
                )
        if table.notes:
            tokens.insert_after(close - 1, ", " + ", ".join(table.notes))
        at = close + 1
    return _behind_as(tokens, at)


def _names(tokens: Tokens, at: int) -> list[str]:
    """Return the names in the parentheses that open at a place."""
    close = tokens.partners.get(at, at)
    return [tokens.name(i) for i in range(at + 1, close) if tokens.kinds[i] in (NAME, WORD)]


def _like(table: _Table, place: int, behind: int) -> None:
    """Put a note in the place of LIKE, which is resolved when the statement runs."""
    tokens, words = table.tokens, table.tokens.words
    path_end = tokens.path(place + 1)[1]
    copied: set[str] = set()
    for at in range(path_end, behind, 2):
        option = _LIKE_OPTIONS.get(words[at + 1])
        known = words[at] in ("including", "excluding") and option is not None
        if not known or (table.dialect == "redshift" and words[at + 1] != "defaults"):
            raise UnsupportedSqlError(
                f"LIKE … {tokens.texts[at]} {tokens.texts[at + 1]} is not supported",
                tokens.starts[at],
            )
        letters = set(option or "")
        copied = copied | letters if words[at] == "including" else copied - letters
    path = ".".join(tokens.texts[place + 1 : path_end : 2])
    tokens.rewrite(place, behind, like_note(path, "".join(sorted(copied))))
    table.has_like = True


def _constraint(table: _Table, place: int, behind: int) -> None:
    """Edit a constraint of the table: in Redshift, a key is noted and not enforced."""
    tokens, words = table.tokens, table.tokens.words
    at = place + 2 if words[place] == "constraint" else place
    if words[at] == "check":
        table.parser.rules.clause(at, "check")
        table.parser.region(at + 1, behind)
    elif words[at] in _KEYS and table.dialect == "redshift":
        name = tokens.name(place + 1) if at > place else ""
        tokens.rewrite(place, behind, _key_note(table, at, name))


def _key_note(table: _Table, at: int, name: str) -> str:
    """Return the note of the key that a constraint of a table declares."""
    tokens, words = table.tokens, table.tokens.words
    kind = "unique" if words[at] == "unique" else f"{words[at]} key"
    opened = at + 1 if kind == "unique" else at + 2
    columns = _names(tokens, opened)
    if kind == "primary key":
        _require(table, at, columns)
    references = ""
    after = tokens.partners.get(opened, opened) + 1
    if words[after] == "references":
        references = _references(tokens, after)[0]
    return key_note(kind, columns, references, name)


def _require(table: _Table, at: int, columns: list[str]) -> None:
    if table.required:
        raise UnsupportedSqlError(
            "multiple primary keys for one table are not allowed", table.tokens.starts[at]
        )
    table.required = columns


def _references(tokens: Tokens, at: int) -> tuple[str, int]:
    """Return the table and columns behind REFERENCES, and the place behind the clause."""
    words = tokens.words
    behind = tokens.path(at + 1)[1]
    text = "".join(tokens.texts[at + 1 : behind])
    if words[behind] == "(":
        text += f" ({', '.join(_names(tokens, behind))})"
        behind = tokens.partners.get(behind, behind) + 1
    while words[behind] in ("on", "match"):
        behind += 2 if words[behind] == "match" else 3
        behind += words[behind - 1] in ("set", "no")
    return text, behind


def _column(table: _Table, at: int, end: int) -> None:
    """Edit the definition of a column."""
    tokens, words = table.tokens, table.tokens.words
    if tokens.kinds[at] not in (WORD, NAME):
        return
    name, length, behind = write_type(tokens, table.dialect, at + 1)
    check_collation(tokens, behind, end, table.dialect)
    column = tokens.name(at)
    table.columns[column] = end - 1
    if table.dialect == "redshift":
        _column_keys(table, column, behind, end)
        if "identity" in words[behind:end]:
            tokens.insert_after(end - 1, " NOT NULL")
    written = tokens.texts[at] if tokens.kinds[at] == NAME else column
    if name == "json":
        tokens.insert_after(end - 1, f" {json_check(written)}")
    if length is not None and name:
        limit = TextLimit(length, in_bytes=table.dialect == "redshift", fixed=name == "bpchar")
        tokens.insert_after(end - 1, f" {length_check(written, limit)}")
    for place in range(behind, end):
        if words[place] in ("default", "check"):
            if "check" in words[place:end]:
                table.parser.rules.clause(words.index("check", place), "check")
            if words[place] == "default":
                check_default(tokens, place + 1, column, type_at(tokens, at + 1)[0])
            table.parser.region(place + 1, end)
            break


def _column_keys(table: _Table, column: str, at: int, end: int) -> None:
    """Note the keys in the definition of a column instead of enforcing them."""
    tokens, words = table.tokens, table.tokens.words
    while at < end:
        first = at - 2 if words[at - 2] == "constraint" else at
        name = tokens.name(at - 1) if first < at else ""
        if words[at] == "primary" and words[at + 1] == "key":
            _require(table, at, [column])
            table.notes.append(key_note("primary key", [column], name=name))
            tokens.drop(first, at + 2)
        elif words[at] == "unique":
            table.notes.append(key_note("unique", [column], name=name))
            tokens.drop(first, at + 1)
        elif words[at] == "references":
            references, behind = _references(tokens, at)
            table.notes.append(key_note("foreign key", [column], references, name))
            tokens.drop(first, min(behind, end))
        at = tokens.partners.get(at, at) + 1
