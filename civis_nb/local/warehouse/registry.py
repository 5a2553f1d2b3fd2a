"""The platform's databases by id; each is opened on first use."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import select

from civis_nb.errors import CivisLocalError
from civis_nb.local.errors import NotFound
from civis_nb.local.store import Store, utc_now
from civis_nb.local.store.schema import databases
from civis_nb.local.warehouse.dialects import DIALECTS, Dialect

if TYPE_CHECKING:
    from civis_nb.local.warehouse.base import Warehouse

__all__ = ["Warehouses"]

_DUCKDB = "duckdb:///"
#: The name of the fact that holds a database's own dialect, before its id.
_DIALECT = "dialect_of_database_"


class Warehouses:
    """All databases of one platform.

    Parameters
    ----------
    state
        The state folder, which holds the databases' files.
    store
        Lists the databases.
    """

    def __init__(self, state: Path, store: Store, dialect: Dialect = "redshift") -> None:
        self._dialect = dialect
        self._state = state
        self._store = store
        self._lock = threading.Lock()
        self._open: dict[int, Warehouse] = {}
        self._closed = False

    def get(self, database_id: int) -> Warehouse:
        """Return a database, open.

        Raises
        ------
        NotFound
            When there is no such database.
        CivisLocalError
            When the platform has been stopped, or can't open this kind of database.
        """
        found = self._open.get(database_id)
        if found is not None:
            return found
        with self._lock:
            if self._closed:
                raise CivisLocalError("The local platform has been stopped; start it again.")
            if database_id not in self._open:
                self._open[database_id] = self._opened(database_id)
            return self._open[database_id]

    def dialect(self, database_id: int) -> Dialect:
        """Return what SQL means in a database: its own dialect, else that of the platform."""
        own = self._store.fact(f"{_DIALECT}{database_id}")
        return next((known for known in DIALECTS if known == own), self._dialect)

    def add(self, name: str, dialect: Dialect | None = None) -> int:
        """Return the database of a name; create an empty DuckDB file if there is none.

        Returns
        -------
        int
            Its id.

        Raises
        ------
        CivisLocalError
            When the name is blank.
        """
        if not name.strip():
            raise CivisLocalError("A database needs a name that is not blank.")
        database_id = self._added(name)
        if dialect is not None:
            self._store.set_fact(f"{_DIALECT}{database_id}", dialect)
        return database_id

    def _added(self, name: str) -> int:
        now = utc_now()
        with self._store.begin() as connection:
            known = connection.scalar(select(databases.c.id).where(databases.c.name == name))
            if known is not None:
                return int(known)
            made = connection.execute(
                databases.insert().values(
                    name=name, adapter="duckdb", url="", created_at=now, updated_at=now
                )
            )
            database_id = int(made.inserted_primary_key[0])  # type: ignore[index]
            # By its id: a valid name of a database may be no valid name of a file.
            url = f"{_DUCKDB}warehouse/database_{database_id}.duckdb"
            mine = databases.update().where(databases.c.id == database_id)
            connection.execute(mine.values(url=url))
        return database_id

    def _opened(self, database_id: int) -> Warehouse:
        """Open a database by its URL."""
        with self._store.read() as connection:
            query = select(databases.c.url).where(databases.c.id == database_id)
            url = connection.scalar(query)
            names = list(connection.scalars(select(databases.c.name).order_by(databases.c.id)))
        if url is None:
            raise NotFound(f"Database {database_id}", f"There is: {', '.join(names)}.")
        if not url.startswith(_DUCKDB):
            raise CivisLocalError(
                f"The local platform can't open database {database_id}: it knows duckdb:/// URLs "
                f"only, not {url.partition(':')[0]}:."
            )
        # Imported here: DuckDB takes a while to load, and the first answer needs no data.
        from civis_nb.local.warehouse.duckdb.warehouse import open_duckdb

        path = self._state / url.removeprefix(_DUCKDB)
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        return open_duckdb(path, self.dialect(database_id))

    def paths(self) -> dict[int, Path]:
        """Return the files of all databases by id; a file appears when it is first needed."""
        with self._store.read() as connection:
            rows = connection.execute(select(databases.c.id, databases.c.url)).all()
        return {row.id: self._state / row.url.removeprefix(_DUCKDB) for row in rows}

    def release(self, database_id: int, *, checkpoint: bool = True) -> None:
        """Close a database until it is needed again; operations that run fail.

        Without `checkpoint` its latest changes need not be in its file afterwards.
        """
        with self._lock:
            warehouse = self._open.pop(database_id, None)
            if warehouse is not None:
                warehouse.close(checkpoint=checkpoint)

    def close(self) -> None:
        """Close all databases; afterwards none can be opened."""
        with self._lock:
            self._closed = True
            opened, self._open = self._open, {}
        for warehouse in opened.values():
            warehouse.close()
