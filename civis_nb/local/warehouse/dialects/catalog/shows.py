"""SHOW of Redshift and PostgreSQL: the catalog, tables, views and settings, as queries."""

from __future__ import annotations

from collections.abc import Callable

from civis_nb.local.warehouse.dialects.catalog.system_views import system_view, table_text
from civis_nb.local.warehouse.dialects.rules import CATALOG, Dialect, UnsupportedSqlError
from civis_nb.local.warehouse.dialects.tokens import NUMBER, STRING, Tokens
from civis_nb.table_names import literal

__all__ = ["show"]

# ruff: noqa: S608 - names are literals

_REFUSED = {
    "procedure": "stored procedures", "procedures": "stored procedures",
    "external": "external tables", "model": "models", "grants": "grants",
    "datashares": "datashares", "column": "grants of columns", "functions": "functions",
    "parameters": "parameters of functions", "constraints": "constraints",
}  # fmt: skip
#: Settings that are only read here, and their values in Redshift and PostgreSQL.
_SETTINGS = {
    "server_version": ("8.0.2", "15.0"), "standard_conforming_strings": ("on", "on"),
    "datestyle": ("ISO, MDY", "ISO, MDY"), "client_encoding": ("UTF8", "UTF8"),
    "server_encoding": ("UNICODE", "UTF8"), "statement_timeout": ("0", "0"),
    "transaction_isolation": ("serializable", "read committed"),
    "transaction_read_only": ("off", "off"), "query_group": ("default", ""),
    "is_superuser": ("on", "on"), "integer_datetimes": ("on", "on"),
    "intervalstyle": ("postgres", "postgres"), "extra_float_digits": ("0", "1"),
    "enable_case_sensitive_identifier": ("off", "off"),
    "max_identifier_length": ("127", "63"), "wlm_query_slot_count": ("1", ""),
}  # fmt: skip


class _Reader:
    """What follows SHOW, word by word."""

    def __init__(self, tokens: Tokens) -> None:
        self.tokens = tokens
        self.at = 1

    def takes(self, *words: str) -> bool:
        """Return whether the words come next, and pass them then."""
        found = self.tokens.matches(self.at, *words)
        self.at += len(words) if found else 0
        return found

    def path(self) -> list[str]:
        """Pass a dotted name; return its parts as they are stored."""
        path, self.at = self.tokens.path(self.at)
        return path

    def rest(self, name: str) -> str:
        """Return the conditions of LIKE and LIMIT at the end."""
        condition = limit = ""
        tokens = self.tokens
        if self.takes("like") and tokens.kinds[self.at] == STRING:
            condition = f" AND {name} ILIKE {tokens.texts[self.at]}"
            self.at += 1
        if self.takes("limit") and tokens.kinds[self.at] == NUMBER:
            limit = f" LIMIT {tokens.texts[self.at]}"
            self.at += 1
        if self.at < tokens.count:
            raise UnsupportedSqlError(
                f'syntax error at or near "{tokens.texts[self.at]}"', tokens.starts[self.at]
            )
        return f"{condition} ORDER BY ALL{limit}"


def show(tokens: Tokens, dialect: Dialect) -> str | None:
    """Return the query for a SHOW statement; None if DuckDB's own SHOW is meant.

    Parameters
    ----------
    tokens
        The statement.
    dialect
        ``redshift`` or ``postgres``.

    Raises
    ------
    UnsupportedSqlError
        If it asks for what the local database does not have.
    """
    word = tokens.words[1]
    if (word in _REFUSED and dialect == "redshift" and tokens.count > 2) or word == "grants":
        raise UnsupportedSqlError(
            f"SHOW {word.upper()} is not supported: the local database has no {_REFUSED[word]}"
            if word not in ("functions", "constraints", "parameters")
            else f"SHOW {word.upper()} is not supported",
            tokens.starts[1],
        )
    if tokens.count == 2 and word:
        return _setting(word, dialect)
    rule = _RULES.get(word) if dialect == "redshift" else None
    return rule(_Reader(tokens)) if rule is not None else None


def _setting(word: str, dialect: Dialect) -> str | None:
    if word in ("search_path", "timezone"):
        setting = "TimeZone" if word == "timezone" else word
        return f"SELECT current_setting('{setting}') AS \"{setting}\""
    if word == "databases" and dialect == "redshift":
        return system_view("", "svv_redshift_databases", dialect)
    if word in _SETTINGS:
        value = _SETTINGS[word][dialect == "postgres"]
        return f'SELECT {literal(value)} AS "{word}"'
    return None


def _databases(reader: _Reader) -> str | None:
    reader.at = 2
    view = system_view("", "svv_redshift_databases", "redshift")
    return f"SELECT * FROM ({view}) WHERE true{reader.rest('database_name')}"


def _schemas(reader: _Reader) -> str | None:
    return _in_one("database", "svv_all_schemas", "schema_name", reader)


def _tables(reader: _Reader) -> str | None:
    return _in_one("schema", "svv_all_tables", "table_name", reader)


def _in_one(place: str, view: str, name: str, reader: _Reader) -> str | None:
    """Return the query for what is in one database or schema; None if none is named."""
    reader.at = 2
    if not reader.takes("from", place):
        return None
    rows, wanted = system_view("", view, "redshift"), literal(reader.path()[-1])
    return f"SELECT * FROM ({rows}) WHERE lower({place}_name) = lower({wanted}){reader.rest(name)}"


def _columns(reader: _Reader) -> str | None:
    reader.at = 2
    if not reader.takes("from", "table"):
        return None
    path = reader.path()
    view = system_view("", "svv_all_columns", "redshift")
    return (f"SELECT * FROM ({view}) WHERE {_is_table(path)}{reader.rest('column_name')}").replace(
        "ORDER BY ALL", "ORDER BY ordinal_position"
    )


def _table(reader: _Reader) -> str | None:
    reader.at = 2
    path = reader.path()
    reader.rest("")
    return _one(table_text("redshift"), "sql", path, "Table")


def _view(reader: _Reader) -> str | None:
    reader.at = 2
    path = reader.path()
    reader.rest("")
    view = system_view("", "pg_views", "redshift")
    renamed = f"SELECT schemaname AS schema_name, viewname AS table_name, definition FROM ({view})"
    return _one(f"({renamed})", "definition", path, "View")


def _one(source: str, column: str, path: list[str], kind: str) -> str:
    """Return a query of one definition, which fails where there is none."""
    missing = f"{kind} with name {'.'.join(path)} does not exist!"
    return (
        f"SELECT coalesce((SELECT {column} FROM {source} AS found WHERE {_is_table(path)} "
        "ORDER BY list_position(current_schemas(true), schema_name) LIMIT 1), "
        f'{CATALOG}.fail_text({literal(missing)})) AS "Show {kind} DDL statement"'
    )


def _is_table(path: list[str]) -> str:
    """Return the condition that a row is of the table of that name."""
    if len(path) > 1:
        schema = f"lower(schema_name) = lower({literal(path[-2])})"
    else:
        schema = "list_contains(current_schemas(true), schema_name)"
    return f"{schema} AND lower(table_name) = lower({literal(path[-1])})"


_RULES: dict[str, Callable[[_Reader], str | None]] = {
    "databases": _databases,
    "schemas": _schemas,
    "tables": _tables,
    "columns": _columns,
    "table": _table,
    "view": _view,
}
