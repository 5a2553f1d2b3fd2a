"""DROP of what views are made of: refused, or with CASCADE the views go as well."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import duckdb

from civis_nb.errors import WarehouseError
from civis_nb.local.warehouse.dialects.builtins import built_in
from civis_nb.local.warehouse.dialects.catalog.notes import view_text
from civis_nb.local.warehouse.dialects.tokens import Tokens
from civis_nb.local.warehouse.duckdb.table_text import find_relation
from civis_nb.table_names import qualified

__all__ = ["drop_dependents"]

_LATE = re.compile(r"(?is)\bwith\s+no\s+schema\s+binding\s*;?\s*$")


def drop_dependents(cursor: duckdb.DuckDBPyConnection, sqls: tuple[str, ...]) -> list[str]:
    """Drop the views that depend on what is dropped; return their names.

    Parameters
    ----------
    cursor
        Runs the statements.
    sqls
        DROP of one table or view each.

    Raises
    ------
    WarehouseError
        If there are such views, and the statements do not say CASCADE.
    """
    dropped: list[tuple[str, str]] = []
    cascades = False
    for sql in sqls:
        tokens = Tokens(sql)
        if not (tokens.matches(0, "drop", "table") or tokens.matches(0, "drop", "view")):
            return []
        at = 2
        while tokens.words[at] in ("if", "exists"):
            at += 1
        path, behind = tokens.path(at)
        cascades = tokens.words[behind] == "cascade"
        found = find_relation(cursor, path)
        if found is not None and found[0] != "temp":
            dropped.append((found[1], found[2]))
    gone = list(_dependents(cursor, dropped)) if dropped else []
    if gone and not cascades:
        shown = ", ".join(f"view {'.'.join(view)}" for view in gone)
        raise WarehouseError(
            f"cannot drop {dropped[0][1]} because other objects depend on it: {shown}. "
            "DROP … CASCADE drops them as well"
        )
    for view in reversed(gone):
        cursor.execute(f"DROP VIEW IF EXISTS {qualified(*view)}")
    return [".".join(view) for view in gone]


def _dependents(
    cursor: duckdb.DuckDBPyConnection, dropped: list[tuple[str, str]]
) -> Iterator[tuple[str, str]]:
    """Return the views that read the relations, directly or through one another."""
    views = cursor.execute(
        built_in(
            "SELECT schema_name, view_name, sql FROM duckdb_views() WHERE NOT internal "
            "AND database_name = current_database()"
        )
    ).fetchall()
    reads: dict[tuple[str, str], set[tuple[str, str]]] = {}
    for schema, name, sql in views:
        text = view_text(sql)
        if text is None or not _LATE.search(text):
            reads[(schema, name)] = set(_tables(cursor, sql))
    wanted = set(dropped)
    while True:
        more = {view for view, tables in reads.items() if tables & wanted and view not in wanted}
        if not more:
            return
        yield from sorted(more)
        wanted |= more


def _tables(cursor: duckdb.DuckDBPyConnection, sql: str) -> Iterator[tuple[str, str]]:
    """Return schema and name of all that a view reads."""
    query = re.sub(r'(?is)^CREATE\b.*? VIEW (?:"(?:[^"]|"")*"|[\w.$])+ (?:\(.*?\) )?AS ', "", sql)
    # Parsed and not bound: without types DuckDB can't choose between overloads, and its error would
    # end the transaction. Of a view that can't be read there are no tables.
    (tree,) = cursor.execute(built_in("SELECT json_serialize_sql(?::VARCHAR)"), [query]).fetchall()[
        0
    ]
    nodes = list(_nodes(json.loads(tree)))
    queries = {e["key"] for n in nodes for e in (n.get("cte_map") or {}).get("map", ())}
    for node in nodes:
        if node.get("type") == "BASE_TABLE":
            path = [node[f"{part}_name"] for part in ("catalog", "schema", "table")]
            named = [part for part in path if part]
            found = find_relation(cursor, named)
            if found is not None and not (len(named) == 1 and named[0] in queries):
                yield found[1], found[2]


def _nodes(tree: object) -> Iterator[dict[str, Any]]:
    """Return all objects of a JSON document, at any depth."""
    if isinstance(tree, dict):
        yield tree
        tree = list(tree.values())
    if isinstance(tree, list):
        for part in tree:
            yield from _nodes(part)
