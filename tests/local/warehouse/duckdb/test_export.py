from __future__ import annotations

import csv
import errno
import io
import os

import pytest

from civis_nb.local.warehouse.duckdb import result

MIXED = """
    SELECT 1 AS i, 1.50 AS m, 0.1::DOUBLE AS f, true AS b, 'x,"y' AS s, '' AS e, NULL::VARCHAR AS n,
           NULL::INT AS ni, DATE '2024-02-29' AS d, TIMESTAMP '2024-02-29 10:00:00.5' AS t,
           TIMESTAMPTZ '2024-02-29 10:00:00+02' AS tz, l, st, mp,
           '{"a": 1}'::JSON AS j, 'ab'::BLOB AS bl, INTERVAL '1 day' AS iv,
           123456789012345678901234567890::DECIMAL(38, 0) AS h,
           '00000000-0000-0000-0000-000000000001'::UUID AS u, en,
           TIME '10:00:00' AS ti
    FROM nested
"""
NESTED = """
    CREATE TABLE public.nested AS SELECT [1, 2] AS l, {'a': 1} AS st, MAP {'k': 'v'} AS mp,
        'p'::ENUM('p', 'q') AS en
"""


@pytest.fixture(autouse=True)
def nested(bench):
    """Create a table of what only DuckDB's own SQL can write."""
    bench.warehouse.run_native(NESTED)


NAMES = ["i", "m", "f", "b", "s", "e", "n", "ni", "d", "t", "tz", "l", "st", "mp", "j"]
NAMES += ["bl", "iv", "h", "u", "en", "ti"]


def test_texts_are_quoted_and_values_are_bare(bench):
    header, row = bench.text(MIXED).splitlines()
    assert header == ",".join(f'"{name}"' for name in NAMES)
    assert row == (
        '1,1.50,0.1,true,"x,""y","",,,2024-02-29,2024-02-29 10:00:00.5,2024-02-29 08:00:00+00,'
        '"[1,2]","{""a"":1}","{""k"":""v""}","{""a"": 1}","6162","1 day",'
        '123456789012345678901234567890,"00000000-0000-0000-0000-000000000001","p",10:00:00'
    )


def test_cells_are_the_same_in_preview_and_export(bench):
    (shown,) = bench.rows(MIXED)

    (exported,) = csv.reader(io.StringIO(bench.text(MIXED, include_header=False)))
    assert [cell or "" for cell in shown] == exported


def test_column_types_come_along(bench):
    export = bench.export(MIXED)
    types = {column.name: column.sql_type for column in export.columns}
    assert types["i"] == "INTEGER"
    assert types["m"] == "DECIMAL(3,2)"
    assert types["f"] == "DOUBLE PRECISION"
    assert types["tz"] == "TIMESTAMPTZ"
    assert types["l"] == types["j"] == types["u"] == types["s"] == "VARCHAR"


@pytest.mark.parametrize(
    "sql", ["EXPLAIN SELECT 1", "SHOW TABLES", "INSERT INTO t VALUES (1) RETURNING a"]
)
def test_other_statements_with_rows_are_exported(bench, sql):
    bench.sql("CREATE TABLE t (a INT)")
    assert bench.export(sql).row_count >= 1


def test_a_plan_has_a_line_in_each_row_as_in_postgresql_and_redshift(bench):
    bench.sql("CREATE TABLE t AS SELECT 4 AS a UNION ALL SELECT 6")
    for explain in ("EXPLAIN", "EXPLAIN ANALYZE", "explain verbose"):
        header, *lines = bench.text(f"{explain} SELECT a FROM t WHERE a > 5").splitlines()
        assert header == '"QUERY PLAN"'
        assert len(lines) > 3
        assert any("a>5" in line.replace(" ", "") for line in lines)
        assert lines[-1] != '""'


def test_floating_point_numbers_are_written_as_postgresql_writes_them(bench):
    rows = bench.rows("""
        SELECT '100'::float8, '1e15'::float8, '1234567890123456.5'::float8, '1e22'::float8,
               '0.00001'::float8, '-0'::float8, 'NaN'::float8, '-inf'::float8,
               '1000000'::real, '16777217'::real, '0.1'::real
    """)
    assert rows == [[
        "100", "1e+15", "1.2345678901234565e+15", "1e+22", "1e-05", "-0", "NaN", "-Infinity",
        "1e+06", "1.6777216e+07", "0.1",
    ]]  # fmt: skip


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="exports pass through a file there")
def test_a_pipe_that_can_not_be_opened_leaves_nothing(tmp_path, monkeypatch):
    opened = []
    real = os.open

    def scarce(path, flags):
        if opened:
            raise OSError(errno.EMFILE, "Too many open files")
        opened.append(real(path, flags))
        return opened[0]

    with monkeypatch.context() as patched:
        patched.setattr(os, "open", scarce)
        with pytest.raises(OSError, match="Too many open files"):
            result._opened(tmp_path / "pipe")
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(OSError, match="Bad file descriptor"):
        os.fstat(opened[0])
