"""The file of the functions that translations call."""

from __future__ import annotations

import pytest

from civis_nb.cancellation import CancelToken
from civis_nb.local.warehouse.base import ignore_log
from civis_nb.local.warehouse.dialects import CATALOG
from civis_nb.local.warehouse.duckdb.warehouse import open_duckdb

pytestmark = pytest.mark.exhaustive

ROUNDED = "SELECT round(2.5::float8), concat('a', NULL)"


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A folder of kept files that is empty."""
    monkeypatch.setenv("CIVIS_NB_CACHE_DIR", str(tmp_path / "cache"))
    return tmp_path / "cache"


def kept(folder):
    """Return the files in a folder with their times; a file that is made anew has another."""
    return {path: path.stat().st_mtime_ns for path in folder.glob("*")}


def path_of_functions(warehouse):
    """Return the path of a database's functions, and whether they can't be changed."""
    sql = f"SELECT path, readonly FROM duckdb_databases() WHERE database_name = '{CATALOG}'"
    with warehouse.engine(CancelToken(), ignore_log) as engine:
        return engine.cursor.execute(sql).fetchone()


def means_redshift(warehouse):
    rows = warehouse.preview(ROUNDED, 10, CancelToken(), ignore_log).rows
    return rows == [["2", None]]


def opened(path=":memory:"):
    return open_duckdb(path, "redshift")


def test_databases_share_functions_that_are_made_once(folder, tmp_path):
    first = opened()
    made = kept(folder)
    others = [opened(), opened(tmp_path / "a.duckdb")]
    assert len(made) == 1
    assert kept(folder) == made
    for warehouse in (first, *others):
        assert path_of_functions(warehouse) == (str(next(iter(made))), True)
        assert means_redshift(warehouse)
        warehouse.close()


@pytest.mark.parametrize("content", [b"", b"not a database" * 1000])
def test_a_damaged_file_is_made_anew(folder, content):
    opened().close()
    (path,) = kept(folder)
    path.write_bytes(content)
    damaged = opened()
    following = opened()
    assert means_redshift(damaged)
    assert path_of_functions(damaged)[0] is None
    assert path_of_functions(following) == (str(path), True)
    damaged.close()
    following.close()


def test_a_file_cut_short_is_made_anew(folder):
    opened().close()
    (path,) = kept(folder)
    path.write_bytes(path.read_bytes()[:20_000])
    damaged = opened()
    assert means_redshift(damaged)
    damaged.close()


def test_a_file_that_others_may_write_is_not_used(folder):
    opened().close()
    (path,) = kept(folder)
    path.chmod(0o666)
    warehouse = opened()
    assert path_of_functions(warehouse)[0] is None
    assert means_redshift(warehouse)
    warehouse.close()


def test_without_a_folder_the_functions_are_made_in_memory(tmp_path, monkeypatch):
    (tmp_path / "file").touch()
    monkeypatch.setenv("CIVIS_NB_CACHE_DIR", str(tmp_path / "file" / "folder"))
    warehouse = opened()
    assert path_of_functions(warehouse)[0] is None
    assert means_redshift(warehouse)
    warehouse.close()


def test_users_can_not_change_the_functions(folder):
    warehouse = open_duckdb(":memory:", "duckdb")
    with pytest.raises(Exception, match="read-only"):
        warehouse.preview(f"DROP MACRO {CATALOG}.div", 1, CancelToken(), ignore_log)
    warehouse.close()
