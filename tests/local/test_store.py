from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from sqlalchemy import event, select, text

from civis_nb._version import __version__
from civis_nb.compression import crc32
from civis_nb.errors import CivisLocalError
from civis_nb.local.files.run_logs import RunLogs
from civis_nb.local.store import Store
from civis_nb.local.store.migrations import SCHEMA_VERSION
from civis_nb.local.store.schema import platform_facts

#: The tables of every earlier state of the schema; the first digit of a name is its number.
SCHEMAS = sorted((Path(__file__).parent / "schemas").glob("*.sql"))

NOW = {"created_at": "2026-01-01T00:00:00.000Z", "updated_at": "2026-01-01T00:00:00.000Z"}
ROWS = {
    "users": {"id": 1, "username": "ann", "name": "Ann", "email": "a@localhost", "initials": "A"},
    "api_keys": {"id": 3, "user_id": 1, "name": "k", "token": "t"},
    "jobs": {"id": 7, "type": "JobTypes::Query", "name": "q", "user_id": 1, "body": "{}"},
    "job_runs": {"id": 9, "job_id": 7, "state": "succeeded", "is_cancel_requested": 0},
    "files": {"id": 5, "name": "f", "user_id": 1, "size_bytes": 7, "blob": "abc", "md5": "0f"},
    "records": {"id": 11, "kind": "projects", "user_id": 1, "name": "p", "body": "{}"},
    "project_items": {"project_id": 11, "object_kind": "jobs", "object_id": 7},
}


def _old_store(folder: Path, schema: Path) -> Path:
    """Return a store as an earlier version left it, with rows and a content."""
    (folder / "blobs").mkdir()
    (folder / "blobs" / "abc").write_bytes(b"content")
    path = folder / "platform.sqlite"
    with sqlite3.connect(path) as connection:
        connection.executescript(schema.read_text(encoding="utf-8"))
        facts = {"schema_version": schema.name[0], "secret": "s"}
        connection.executemany("INSERT INTO platform_facts VALUES (?, ?)", facts.items())
        for table, given in ROWS.items():
            columns = {row[1] for row in connection.execute(f"PRAGMA table_info({table})")}
            flags = {"hidden": 0, "archived": 0}
            row = {k: v for k, v in {**NOW, **flags, **given}.items() if k in columns}
            if row:
                marks = ", ".join("?" * len(row))
                connection.execute(
                    f"INSERT INTO {table} ({', '.join(row)}) VALUES ({marks})", list(row.values())
                )
        # The row with the highest id is gone; its id must not come again.
        connection.execute("UPDATE sqlite_sequence SET seq = 50")
    connection.close()
    return path


def _described(path: Path) -> dict[str, object]:
    """Return columns, foreign keys and indices of all tables."""
    with sqlite3.connect(path) as connection:
        tables = [
            name
            for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
        ]
        found: dict[str, object] = {}
        for table in tables:
            if not table.startswith("sqlite_"):
                columns = connection.execute(f"PRAGMA table_info({table})").fetchall()
                keys = connection.execute(f"PRAGMA foreign_key_list({table})").fetchall()
                found[table] = (
                    sorted(column[1:] for column in columns),
                    sorted(key[2:] for key in keys),
                )
    connection.close()
    return found


def _indices(store: Store) -> set[str]:
    with store.read() as connection:
        rows = connection.execute(text("SELECT name FROM sqlite_master WHERE type = 'index'"))
        return {row.name for row in rows}


def test_a_state_folder_without_an_index_gets_it(tmp_path):
    path = tmp_path / "platform.sqlite"
    store = Store(path)
    all_of_them = _indices(store)
    assert "jobs_listed" in all_of_them
    with store.begin() as connection:
        connection.execute(text("DROP INDEX jobs_listed"))
    store.close()
    again = Store(path)
    assert _indices(again) == all_of_them
    again.close()


@pytest.mark.parametrize("path", ["/jobs", "/jobs?order_dir=asc&page_num=2", "/queries"])
def test_lists_come_in_the_order_of_an_index(bare_platform, http, path):
    engine = bare_platform._context.store.engine
    plans: list[str] = []

    def explain(_connection, cursor, statement, parameters, _context, _many):
        if "LIMIT" in statement:
            plan = cursor.connection.execute(f"EXPLAIN QUERY PLAN {statement}", parameters)
            plans.extend(row[3] for row in plan.fetchall())

    event.listen(engine, "before_cursor_execute", explain)
    try:
        http.json("GET", path)
    finally:
        event.remove(engine, "before_cursor_execute", explain)
    assert any("USING INDEX jobs_" in step for step in plans)
    assert not any("TEMP B-TREE" in step for step in plans)


def test_the_schemas_of_all_numbers_are_there():
    assert {schema.name[0] for schema in SCHEMAS} == {str(n) for n in range(1, SCHEMA_VERSION)}


@pytest.mark.parametrize("schema", SCHEMAS, ids=lambda schema: schema.stem)
def test_the_store_of_an_earlier_version_opens(tmp_path, schema):
    (tmp_path / "new").mkdir()
    Store(tmp_path / "new" / "platform.sqlite").close()
    path = _old_store(tmp_path, schema)
    store = Store(path)
    try:
        assert store.fact("schema_version") == str(SCHEMA_VERSION)
        assert store.fact("written_by") == __version__
        assert store.fact("secret") == "s"
        with store.begin() as connection:
            file = connection.execute(text("SELECT * FROM files")).one()
            expected = crc32(b"content") if schema.name[0] == "1" else None
            assert (file.id, file.name, file.crc32) == (5, "f", expected)
            assert connection.scalar(text("SELECT token FROM api_keys")) == "t"
            assert connection.scalar(text("SELECT state FROM job_runs")) == "succeeded"
            records = connection.execute(text("SELECT id, name FROM records")).fetchall()
            assert [tuple(row) for row in records] in ([], [(11, "p")])
            connection.execute(
                text(
                    "INSERT INTO records (kind, user_id, name, body, hidden, archived, created_at,"
                    " updated_at) VALUES ('x', 1, 'n', '{}', 0, 0, '', '')"
                )
            )
            new_id = connection.scalar(text("SELECT max(id) FROM records"))
            assert new_id == (51 if records else 1)
            # References are enforced again, and parts go with their record.
            connection.execute(text("DELETE FROM records"))
            assert connection.scalar(text("SELECT count(*) FROM project_items")) == 0
    finally:
        store.close()
    assert _described(path) == _described(tmp_path / "new" / "platform.sqlite")


def _with_logs(folder: Path, entries: int, message_chars: int) -> Path:
    """Return a store that has the log of run 9 in rows, and that of run 10 without its middle."""
    path = _old_store(folder, Path(__file__).parent / "schemas" / "4-logs-in-rows.sql")
    time = NOW["created_at"]
    with sqlite3.connect(path) as connection:
        connection.execute(
            "INSERT INTO job_runs SELECT 10, * FROM (SELECT job_id, state,"
            " created_at, started_at, finished_at, error, is_cancel_requested, process_id,"
            " process_started_at, result FROM job_runs)"
        )
        rows = [
            (9, i, time, "info", f"{i} \\ \n {'é' * message_chars}") for i in range(1, entries + 1)
        ]
        rows += [(10, i, time, "error", str(i)) for i in (1, 2, 3, 8, 9)]
        rows.append((10, 7, time, "warn", "[4 lines were left out]"))
        connection.executemany("INSERT INTO logs VALUES (?, ?, ?, ?, ?)", rows)
        connection.execute("INSERT INTO log_sizes VALUES (10, 700, 3, 7, 4, 44)")
    connection.close()
    return path


def _check_logs(folder: Path, entries: int) -> None:
    logs = RunLogs(folder / "logs")
    found = list(logs.after(9, 0))
    assert [entry.id for entry in found] == list(range(1, entries + 1))
    assert all(entry.message.startswith(f"{entry.id} \\ \n é") for entry in found)
    assert [entry.id for entry in logs.after(9, entries - 2)] == [entries - 1, entries]
    shortened = list(logs.after(10, 0))
    assert [entry.id for entry in shortened] == [1, 2, 3, 7, 8, 9]
    assert shortened[3].message.startswith("[4 lines with 44 bytes were left out here")
    assert (shortened[4].level, shortened[4].message) == ("error", "8")
    logs.append(10, [("info", "new", NOW["created_at"])])
    assert logs.highest_id(10) == 10


def test_logs_in_rows_move_to_files_and_give_their_space_back(tmp_path):
    path = _with_logs(tmp_path, 6000, 2000)
    assert path.stat().st_size > 20 << 20
    store = Store(path)
    _check_logs(tmp_path, 6000)
    store.close()
    assert path.stat().st_size < 1 << 20
    # Opened once more, nothing moves.
    Store(path).close()
    assert RunLogs(tmp_path / "logs").highest_id(9) == 6000


#: Opens a store; the process is killed within the last migration, after it has made its changes.
_KILLED = """
import os, signal, sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from civis_nb.local.store import Store, migrations
last = migrations.MIGRATIONS[-1]
def killed(connection, state):
    last(connection, state)
    os.kill(os.getpid(), signal.SIGKILL)
migrations.MIGRATIONS[-1] = killed
Store(Path(sys.argv[1]))
"""


@pytest.mark.skipif(os.name == "nt", reason="kills a process as POSIX does")
@pytest.mark.parametrize("name", ["1-first", "2-records"])
def test_a_process_killed_within_a_migration_leaves_a_store_that_opens(tmp_path, name):
    path = _old_store(tmp_path, Path(__file__).parent / "schemas" / f"{name}.sql")
    ended = subprocess.run([sys.executable, "-c", _KILLED, str(path)], check=False)
    assert ended.returncode == -signal.SIGKILL
    with sqlite3.connect(path) as connection:
        query = "SELECT value FROM platform_facts WHERE key = 'schema_version'"
        assert connection.execute(query).fetchone() == (str(SCHEMA_VERSION - 1),)
        columns = {row[1] for row in connection.execute("PRAGMA table_info(files)")}
        assert "crc32" in columns
    connection.close()
    store = Store(path)
    assert store.fact("schema_version") == str(SCHEMA_VERSION)
    with store.read() as connection:
        assert connection.scalar(text("SELECT count(*) FROM jobs")) == 1
    store.close()


@pytest.mark.skipif(os.name == "nt", reason="kills a process as POSIX does")
def test_a_process_killed_while_logs_move_loses_none(tmp_path):
    path = _with_logs(tmp_path, 200, 10)
    ended = subprocess.run([sys.executable, "-c", _KILLED, str(path)], check=False)
    assert ended.returncode == -signal.SIGKILL
    Store(path).close()
    _check_logs(tmp_path, 200)


def test_a_newer_store_is_refused_with_the_version_that_made_it(tmp_path):
    path = tmp_path / "platform.sqlite"
    store = Store(path)
    store.set_fact("schema_version", str(SCHEMA_VERSION + 1))
    store.set_fact("written_by", "99.1")
    store.close()
    before = path.read_bytes()
    with pytest.raises(CivisLocalError, match=r"written by civis_nb 99\.1 .*Use civis_nb 99\.1"):
        Store(path)
    assert path.read_bytes() == before


def test_a_database_of_another_program_is_refused(tmp_path):
    path = tmp_path / "platform.sqlite"
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE mine (a)")
    connection.close()
    with pytest.raises(CivisLocalError, match="another program"):
        Store(path)


@pytest.mark.parametrize("folder", ["blobs", "logs"])
def test_a_missing_store_beside_contents_is_refused(tmp_path, folder):
    (tmp_path / folder).mkdir()
    Store(tmp_path / "platform.sqlite").close()
    (tmp_path / "platform.sqlite").unlink()
    (tmp_path / folder / "abc").write_bytes(b"content")
    with pytest.raises(CivisLocalError, match="missing"):
        Store(tmp_path / "platform.sqlite")
    assert not (tmp_path / "platform.sqlite").exists()


def test_writers_wait_for_each_other_not_for_sqlites_lock(tmp_path):
    store = Store(tmp_path / "platform.sqlite")

    @event.listens_for(store.engine, "begin")
    def wait_for_nothing(connection):
        connection.exec_driver_sql("PRAGMA busy_timeout=0")

    def count(_number):
        with store.begin() as connection:
            row = connection.scalar(select(platform_facts.c.value).where(is_counter))
            connection.execute(platform_facts.update().where(is_counter).values(value=int(row) + 1))

    is_counter = platform_facts.c.key == "counter"
    store.set_fact("counter", "0")
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(count, range(200)))
    assert store.fact("counter") == "200"
    store.close()
