"""What completes the SQL of ``%%civis_sql`` cells and ``%civis_sql`` lines."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import TimeoutError as StillLoading
from dataclasses import replace
from itertools import islice
from typing import Final, TypeVar

from civis_nb.errors import CivisError
from civis_nb.lab.catalog import Catalog, Column, Database, Table
from civis_nb.lab.cells.functions import functions
from civis_nb.lab.cells.items import Completion, Item
from civis_nb.lab.cells.magic_line import complete_line, magic_at
from civis_nb.lab.cells.scopes import Place, Source, place_at, sources_of
from civis_nb.lab.cells.words import Case, case_at, keywords, types
from civis_nb.lab.names import sql_name

__all__ = ["Completer"]

#: JupyterLab waits a second for a completion, and what is late is not shown.
_WAIT_S: Final = 0.7
#: More proposals than this help nobody; what was typed has narrowed them before. A page needs a
#: tenth of a millisecond for each, with each letter that is typed.
_MOST: Final = 500
#: How deep subqueries are followed for their columns.
_DEEPEST: Final = 8
_DEFAULT_DIALECT: Final = "redshift"

Value = TypeVar("Value")


class Completer:
    """Completes SQL cells with what a catalog knows.

    Parameters
    ----------
    catalog
        Databases, tables and columns.
    """

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog

    def complete(
        self,
        cell: str,
        offset: int,
        variables: Mapping[str, str] | None = None,
        database: str | None = None,
    ) -> Completion:
        """Return what may be written at a place of a cell.

        Parameters
        ----------
        cell
            The cell, with its magic.
        offset
            The place, in characters.
        variables
            The variables of the kernel, with their types.
        database
            The database that the kernel uses where the cell names none.
        """
        magic = magic_at(cell, offset)
        if magic is None or offset < magic.start:
            return Completion("")
        known = _Known(self._catalog)
        if magic.sql_start is None or offset < magic.sql_start:
            databases: list[Database] = known.get(self._catalog.databases, [])
            names = [one.name for one in databases]
            typed, items = complete_line(magic, offset - magic.start, names)
            return Completion(typed, _matching(items, typed.strip("\"'")), known.problem)
        known.find(magic.database or database)
        sql, at = magic.sql, offset - magic.sql_start
        place = place_at(sql, at, backslashes=known.dialect == "redshift")
        case = case_at(place.typed, sql[: at - len(place.typed)], sql)
        items = _proposals(place, known, variables or {}, case)
        return Completion(place.typed, _matching(items, place.typed), known.problem)


class _Known:
    """What is known of the database of one cell, and why something is not."""

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog
        self._database: Database | None = None
        self._deadline = time.monotonic() + _WAIT_S
        self.problem = ""

    def get(self, load: Callable[..., Value], nothing: Value, *args: object) -> Value:
        """Return what a method of the catalog returns, or `nothing`, and note why."""
        try:
            return load(*args, wait_s=max(0.0, self._deadline - time.monotonic()))
        except StillLoading:
            self.problem = self.problem or "The names of tables and columns are still being loaded."
        except CivisError as error:
            self.problem = self.problem or str(error)
        return nothing

    def find(self, name: str | None) -> None:
        """Find the database."""
        self._database = self.get(self._catalog.database, None, name)

    @property
    def database_name(self) -> str:
        return self._database.name if self._database else ""

    @property
    def dialect(self) -> str:
        return self._database.dialect if self._database else _DEFAULT_DIALECT

    @property
    def tables(self) -> list[Table]:
        if self._database is None:
            return []
        return self.get(self._catalog.tables, [], self._database.id)

    def columns(self, source: Source, depth: int = 0) -> list[Column]:
        """Return the columns of what a FROM clause names."""
        if not source.query:
            table = self._table(source.path)
            return self.get(self._catalog.columns, [], table.id) if table else []
        found = self._returned(source, depth)
        if source.names:
            types = [column.type for column in found] + [""] * len(source.names)
            return [Column(*pair) for pair in zip(source.names, types, strict=False)]
        return found

    def _table(self, path: tuple[str, ...]) -> Table | None:
        """Return the table of a name with or without a schema."""
        names = [part.lower() for part in path[-2:]]
        found = [
            table
            for table in self.tables
            if [table.schema.lower(), table.name.lower()][-len(names) :] == names
        ]
        # A bare name is looked up in the schema public first, as the database does.
        return min(found, key=lambda table: table.schema != "public", default=None)

    def _returned(self, source: Source, depth: int) -> list[Column]:
        """Return what a subquery returns, as sqlglot reads it."""
        from sqlglot import exp, parse_one
        from sqlglot.errors import SqlglotError

        if depth > _DEEPEST:
            return []
        try:
            query = parse_one(source.query, dialect=self.dialect)
        except SqlglotError:
            return []  # it is being written
        if not isinstance(query, exp.Query):
            return []
        inner = sources_of(source.query, source.ctes, self.dialect == "redshift")
        found: list[Column] = []
        for selected in query.selects:
            if selected.is_star:
                of = selected.table if isinstance(selected, exp.Column) else ""
                for one in inner:
                    if not of or one.alias.lower() == of.lower():
                        found += self.columns(one, depth + 1)
            elif selected.alias_or_name:
                found.append(Column(selected.alias_or_name))
        return found


def _proposals(place: Place, known: _Known, variables: Mapping[str, str], case: Case) -> list[Item]:
    """Return what may stand at a place, the likeliest first; keywords in a case."""
    if place.wants == "variable":
        return [Item(name, "variable", kind) for name, kind in variables.items()]
    if not place.wants:
        return []
    # Who has begun with a quote gets a name in quotes, and nothing that is no name.
    quoted = place.typed.startswith('"')
    if place.path:
        return _behind_dot(place, known, quoted)
    if place.wants == "table":
        schemas = dict.fromkeys(table.schema for table in known.tables)
        return [
            *(_name_item(cte.alias, "table", "CTE", quoted) for cte in place.ctes),
            *_table_items(known.tables, place.typed, quoted, with_schema=True),
            *(_name_item(schema, "schema", "", quoted) for schema in schemas),
        ]
    names = _names(place, known, quoted)
    if quoted or place.wants == "columns":
        return names
    likely, others = keywords(known.dialect, place.likely, case)
    if place.wants == "type":
        return types(known.dialect, case)
    if place.wants == "keyword":
        return [*likely, *others]
    is_upper = case is str.upper and place.typed != ""
    of_dialect = [
        replace(one, insert=(one.insert or one.label).upper()) if is_upper else one
        for one in functions(known.dialect)
    ]
    if place.is_after_value:
        return [*likely, *names, *of_dialect, *others]
    return [*names, *of_dialect, *likely, *others]


def _names(place: Place, known: _Known, quoted: bool) -> list[Item]:
    """Return the columns and aliases that are in sight at a place."""
    items = [_name_item(name, "column", "of this query", quoted) for name in place.outputs]
    taken = {name.lower() for name in place.taken}
    for source in place.sources:
        alias = "" if place.wants == "columns" else source.alias
        found = [one for one in known.columns(source) if one.name.lower() not in taken]
        items += _column_items(found, alias, quoted)
    if place.wants == "expression":
        items += [_name_item(name, "variable", kind, quoted) for name, kind in place.variables]
        for source in place.sources:
            if source.alias:
                items.append(_name_item(source.alias, "alias", ".".join(source.path), quoted))
    return items


def _behind_dot(place: Place, known: _Known, quoted: bool) -> list[Item]:
    """Return what may stand behind names and a dot: columns of an alias or table, or tables."""
    path = [part.lower() for part in place.path]
    for source in place.sources if place.wants == "expression" else ():
        if path == [source.alias.lower()] or path == [part.lower() for part in source.path]:
            return _column_items(known.columns(source), source.alias, quoted)
    is_database = len(path) == 2 and path[0] == known.database_name.lower()
    if len(path) == 1 or (is_database and place.wants == "table"):
        of_it = [table for table in known.tables if table.schema.lower() == path[-1]]
        if of_it:
            return _table_items(of_it, place.typed, quoted, with_schema=False)
    return _column_items(known.columns(Source("", place.path)), "", quoted)


def _name_item(name: str, kind: str, detail: str, quoted: bool) -> Item:
    return Item(name, kind, detail, sql_name(name, quoted))


def _column_items(columns: Iterable[Column], alias: str, quoted: bool) -> list[Item]:
    return [
        Item(
            column.name, "column", " · ".join(filter(None, (column.type.lower(), alias))),
            sql_name(column.name, quoted), column.description,
        )
        for column in columns
    ]  # fmt: skip


def _table_items(
    tables: Sequence[Table], typed: str, quoted: bool, with_schema: bool
) -> list[Item]:
    """Return those of many tables that `_matching` would leave."""
    wanted = typed.strip('"').lower()
    near: Iterable[tuple[str, Table]] = (
        (f"{one.schema}.{one.name}" if with_schema else one.name, one) for one in tables
    )
    if wanted:
        near = sorted(
            ((name, one) for name, one in near if wanted in name.lower()),
            key=lambda pair: not _begins(pair[0].lower(), wanted),
        )
    schemas = {name: f"{sql_name(name, quoted)}." for name in {one.schema for one in tables}}
    return [
        Item(
            name,
            "view" if one.is_view else "table",
            insert=f"{schemas[one.schema] if with_schema else ''}{sql_name(one.name, quoted)}",
        )
        for name, one in islice(near, _MOST)
    ]


def _matching(items: Iterable[Item], typed: str) -> list[Item]:
    """Return the proposals that what is typed can become: those that begin with it first."""
    wanted = typed.strip('"').lower()
    found = {(one.kind in ("keyword", "function"), one.insert or one.label): one for one in items}
    if not wanted:
        return list(islice(found.values(), _MOST))
    near = [one for one in found.values() if wanted in one.label.lower()]
    near.sort(key=lambda one: not _begins(one.label.lower(), wanted))
    return near[:_MOST]


def _begins(label: str, wanted: str) -> bool:
    return label.startswith(wanted) or label.rpartition(".")[2].startswith(wanted)
