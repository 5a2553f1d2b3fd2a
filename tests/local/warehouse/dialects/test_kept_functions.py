"""Functions that views and defaults in files of databases call: they outlive a version."""

from __future__ import annotations

from pathlib import Path

import duckdb

from civis_nb.cancellation import CancelToken
from civis_nb.local.warehouse.base import ignore_log
from civis_nb.local.warehouse.dialects import CATALOG, create_computed
from civis_nb.local.warehouse.dialects.functions import attach_functions
from civis_nb.local.warehouse.duckdb.warehouse import open_duckdb

#: Their names and numbers of arguments.
KEPT = Path(__file__).with_name("kept_functions.txt")
#: As earlier versions wrote to_jsonb(d) into a view and a default.
EARLIER = (
    "CREATE TABLE t (d TIMESTAMP, j JSON DEFAULT civis_sql.jsonb_of(json_object('a', 1)))",
    "CREATE VIEW v AS SELECT j, civis_sql.jsonb_of(civis_sql.in_json(d, d)) AS made FROM t",
)


def test_no_function_is_gone_and_new_ones_are_noted():
    with duckdb.connect() as connection:
        attach_functions(connection)
        found = connection.execute(
            "SELECT DISTINCT function_name || '/' || len(parameters) FROM duckdb_functions() "
            "WHERE database_name = $1",
            [CATALOG],
        ).fetchall()
    names, kept = {name for (name,) in found}, set(KEPT.read_text().split())
    assert kept - names == set(), "databases may call them: move them to dialects/earlier.sql"
    assert names - kept == set(), f"write them into {KEPT.name}: databases will call them"


def test_views_and_defaults_of_an_earlier_version_are_read(tmp_path):
    path = str(tmp_path / "warehouse.duckdb")
    made = open_duckdb(path, "postgres")
    with made.engine(CancelToken(), ignore_log) as engine:
        create_computed(engine.cursor)
        for sql in EARLIER:
            engine.cursor.execute(sql)
    made.close()
    opened = open_duckdb(path, "postgres")
    script = "insert into t (d) values ('2024-01-02 03:04:05'), (null); select * from v"
    rows = opened.preview(script, 10, CancelToken(), ignore_log).rows
    opened.close()
    assert rows == [['{"a": 1}', '"2024-01-02T03:04:05"'], ['{"a": 1}', None]]
