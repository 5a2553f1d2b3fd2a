"""Statements that DuckDB would carry out, to the harm of other runs and of the platform."""

from __future__ import annotations

import re

from civis_nb.errors import WarehouseError
from civis_nb.local.warehouse.dialects.tokens import Tokens
from civis_nb.local.warehouse.duckdb.failures import located_error
from civis_nb.local.warehouse.duckdb.statement import Statement

__all__ = ["check_allowed"]

#: Databases belong to all cursors of a process, the platform's own among them.
_DATABASES = {("attach",), ("detach",), ("alter", "database")}
_IDENTIFIER = re.compile(r'"?\w[\w ]*"?')
#: What DuckDB sets for the whole database unless SESSION says otherwise.
_SHARED_UNLESS_SESSION = frozenset({"default_null_order", "null_order"})


def check_allowed(statement: Statement) -> None:
    """Check that a statement leaves alone what all runs share.

    Raises
    ------
    WarehouseError
        If it attaches, detaches or renames a database, creates an operator, or sets for all runs
        what they may set for themselves.
    """
    if statement.kind == "SET":
        _check_setting(statement)
        return
    if statement.kind not in ("ATTACH", "DETACH", "ALTER", "CREATE", "CREATE_FUNC"):
        return
    tokens = Tokens(statement.text)
    words = tokens.words
    if tuple(words[:1]) in _DATABASES or tuple(words[:2]) in _DATABASES:
        raise located_error(
            WarehouseError(
                f"{' '.join(words[:2] if words[0] == 'alter' else words[:1]).upper()} is not "
                "possible: databases are shared by all runs. Create a schema, or temporary "
                "tables, which belong to the run"
            ),
            statement,
        )
    at = next((i for i, word in enumerate(words[:5]) if word in ("macro", "function")), None)
    if at is None or at + 1 >= tokens.count:
        return
    at += 4 if tokens.matches(at + 1, "if", "not", "exists") else 1
    path, _behind = tokens.path(at)
    if not _IDENTIFIER.fullmatch(path[-1]):
        raise located_error(
            WarehouseError(
                f'"{path[-1]}" is the name of an operator, which a function can\'t have; use '
                "letters, digits and _"
            ),
            statement,
        )


def _check_setting(statement: Statement) -> None:
    """Check that a setting is changed for this run alone."""
    tokens = Tokens(statement.text)
    verb, scope = tokens.words[:2]
    at = 2 if scope in ("global", "session") else 1
    name = tokens.path(at)[0][-1].strip('"')
    if scope == "global" or (scope != "session" and name.lower() in _SHARED_UNLESS_SESSION):
        verb = "RESET" if verb == "reset" else "SET"
        raise located_error(
            WarehouseError(
                f"{name} can't be changed for all runs, which share the database. "
                f"{verb} SESSION {name} changes it for this run"
            ),
            statement,
        )
