"""The catalog of functions that translations call: made once, and attached to every database."""

from __future__ import annotations

import functools
import hashlib
import re
import shutil
import tempfile
import time
from importlib.resources import files
from pathlib import Path

import duckdb

from civis_nb._cache_folder import default_folder, is_private_file
from civis_nb.local.warehouse.dialects.builtins import built_in
from civis_nb.local.warehouse.dialects.computed import create_computed
from civis_nb.local.warehouse.dialects.rules import CATALOG
from civis_nb.local.warehouse.dialects.types.zones import zone_functions
from civis_nb.table_names import literal

__all__ = ["attach_functions"]

_SOURCES = ("functions.sql", "earlier.sql", "types/decimals.sql", "types/checks.sql")
#: In these files.
_COMMENT = re.compile(r"(?m)^--.*$")
_FORGET_AFTER_S = 30 * 24 * 3600.0


def attach_functions(connection: duckdb.DuckDBPyConnection) -> None:
    """Attach the catalog of functions to a connection that has just been opened.

    Creating them takes longer than all else that opening a database needs. So they are kept in a
    file, which every database attaches; where there can be none, they are created in memory.
    """
    kept = _kept_file()
    if kept is not None:
        try:
            connection.execute(f"ATTACH {literal(str(kept))} AS {CATALOG} (READ_ONLY)")
        except duckdb.Error:
            kept.unlink(missing_ok=True)  # it is damaged: the next database makes it anew
        else:
            _create_for_views(connection)
            return
    connection.execute(f"ATTACH ':memory:' AS {CATALOG}")
    create_computed(connection)
    connection.execute(_definitions())


def _create_for_views(connection: duckdb.DuckDBPyConnection) -> None:
    """Create the functions in Python if a view may call one: it may be read by any statement."""
    views = "SELECT 1 FROM duckdb_views() WHERE NOT internal AND contains(sql, $1) LIMIT 1"
    if connection.execute(built_in(views), [f"{CATALOG}."]).fetchall():
        create_computed(connection)


@functools.cache
def _definitions() -> str:
    """Return the statements that create all functions in their catalog."""
    folder = files(__package__)
    text = "".join(folder.joinpath(name).read_text(encoding="utf-8") for name in _SOURCES)
    text = (_COMMENT.sub("", text) + zone_functions()).replace(
        "CREATE MACRO ", f"CREATE MACRO {CATALOG}."
    )
    return built_in(text)


def _kept_file() -> Path | None:
    """Return the file of these functions for this DuckDB; None where none can be trusted."""
    made_of = f"{duckdb.__version__}\0{_definitions()}"
    name = f"functions-{hashlib.sha256(made_of.encode()).hexdigest()[:20]}.duckdb"
    path = default_folder() / name
    try:
        if not path.exists():
            _write(path)
        return path if is_private_file(path) else None
    except (OSError, duckdb.Error):
        return None


def _write(path: Path) -> None:
    """Write the file, which has its name only when it is complete, and forget old ones."""
    path.parent.mkdir(parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(dir=path.parent, prefix=".functions-"))
    try:
        unfinished = folder / path.name
        with duckdb.connect() as connection:
            create_computed(connection)
            connection.execute(f"ATTACH {literal(str(unfinished))} AS {CATALOG}")
            connection.execute(f"{_definitions()}; CHECKPOINT {CATALOG}; DETACH {CATALOG}")
        unfinished.chmod(0o600)
        unfinished.replace(path)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    limit = time.time() - _FORGET_AFTER_S
    for old in path.parent.glob("functions-*.duckdb"):
        if old.stat().st_mtime < limit:
            old.unlink(missing_ok=True)
