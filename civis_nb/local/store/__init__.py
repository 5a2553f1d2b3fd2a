"""Where the local platform keeps its records: SQLAlchemy Core, on SQLite by default."""

from civis_nb.local.store.clock import from_wire, in_future, to_wire, utc_now
from civis_nb.local.store.store import Store

__all__ = ["Store", "from_wire", "in_future", "to_wire", "utc_now"]
