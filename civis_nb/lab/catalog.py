"""Databases, tables and columns of the account, as SQL cells need them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from civis_nb import config
from civis_nb.lab.account import Account, Connection
from civis_nb.lab.cache import Cache
from civis_nb.lab.names import get_ready
from civis_nb.lab.versions import told_as_version
from civis_nb.sql_literals import DIALECTS

__all__ = ["Catalog", "Column", "Database", "Table"]

_NAMES_FRESH_S = 60.0
_COLUMNS_FRESH_S = 300.0
_PAGE = 1000


@dataclass(frozen=True)
class Database:
    """A database: its id, its name, and the dialect of its SQL."""

    id: int
    name: str
    dialect: str


@dataclass(frozen=True)
class Table:
    """A table or view of a database."""

    id: int
    schema: str
    name: str
    is_view: bool = False


@dataclass(frozen=True)
class Column:
    """A column: its name, its type in SQL, and what the platform says of it."""

    name: str
    type: str = ""
    description: str = ""


class Catalog:
    """What there is on the platform, by the key of the server's environment; kept between calls.

    Parameters
    ----------
    account
        Whose databases they are.
    """

    def __init__(self, account: Account) -> None:
        self._account = account
        self._databases = Cache(self._load_databases, _NAMES_FRESH_S)
        self._tables = Cache(self._load_tables, _NAMES_FRESH_S)
        self._schemas = Cache(self._load_schemas, _NAMES_FRESH_S)
        self._columns = Cache(self._load_columns, _COLUMNS_FRESH_S)

    def databases(self, wait_s: float) -> list[Database]:
        """Return the databases, in the order of their names."""
        return self._databases.get(self._account.connection(), wait_s)

    def database(self, name_or_id: str | None, wait_s: float) -> Database | None:
        """Return the database that a cell means; None where that is not clear.

        Without a name it is the one of the setting ``database``, else the only one there is.
        """
        return self.meant(name_or_id, self.databases(wait_s))

    def meant(self, name_or_id: str | None, known: list[Database]) -> Database | None:
        """Return which one of the databases a cell means, as `database`."""
        wanted = name_or_id or config.get("database")
        if wanted is None:
            return known[0] if len(known) == 1 else None
        return next((one for one in known if str(wanted) in (one.name, str(one.id))), None)

    def tables(self, database_id: int, wait_s: float) -> list[Table]:
        """Return the tables and views of a database."""
        return self._tables.get((self._account.connection(), database_id), wait_s)

    def schemas(self, database_id: int, wait_s: float) -> list[str]:
        """Return the names of a database's schemas, also of those without tables."""
        return self._schemas.get((self._account.connection(), database_id), wait_s)

    def columns(self, table_id: int, wait_s: float) -> list[Column]:
        """Return the columns of a table, in their order."""
        return self._columns.get((self._account.connection(), table_id), wait_s)

    def forget(self) -> None:
        """Forget all that is kept: the next call for something asks the platform."""
        for cache in (self._databases, self._tables, self._schemas, self._columns):
            cache.forget()

    @told_as_version(keys=True)
    def _load_databases(self, connection: Connection) -> list[Database]:
        found = [
            Database(one["id"], one["name"], _dialect(one))
            for one in connection.client().databases.list()
        ]
        return sorted(found, key=lambda one: one.name)

    @told_as_version(keys=True)
    def _load_tables(self, key: tuple[Connection, int]) -> list[Table]:
        # The names are waited for anyway; else the first completion would wait for it.
        get_ready()
        connection, database_id = key
        pages = connection.client().tables.list(database_id=database_id, limit=_PAGE, iterator=True)
        return [Table(t["id"], t["schema"], t["name"], bool(t.get("is_view"))) for t in pages]

    @told_as_version(keys=True)
    def _load_schemas(self, key: tuple[Connection, int]) -> list[str]:
        connection, database_id = key
        found = connection.client().databases.list_schemas(database_id)
        return sorted(one["schema"] for one in found)

    @told_as_version(keys=True)
    def _load_columns(self, key: tuple[Connection, int]) -> list[Column]:
        connection, table_id = key
        columns = sorted(
            connection.client().tables.get(table_id)["columns"],
            key=lambda one: one.get("order") or 0,
        )
        return [
            Column(one["name"], one.get("sql_type") or "", one.get("description") or "")
            for one in columns
        ]


def _dialect(database: Any) -> str:
    """Return the dialect of a database of the API; most are Redshift's."""
    kind = database.get("dialect") or database.get("adapter") or ""
    return DIALECTS.get(str(kind).lower(), "redshift")
