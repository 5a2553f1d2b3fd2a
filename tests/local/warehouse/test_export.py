from __future__ import annotations

import gzip
import zipfile

import pytest

MIXED = """
    SELECT 1 AS i, 1.50 AS m, 0.1::DOUBLE AS f, true AS b, 'x,"y' AS s, '' AS e, NULL::VARCHAR AS n,
           NULL::INT AS ni, DATE '2024-02-29' AS d, TIMESTAMP '2024-02-29 10:00:00.5' AS t,
           TIMESTAMPTZ '2024-02-29 10:00:00+02' AS tz, [1, 2] AS l, {'a': 1} AS st,
           MAP {'k': 'v'} AS mp,
           '{"a": 1}'::JSON AS j, 'ab'::BLOB AS bl, INTERVAL 1 DAY AS iv,
           123456789012345678901234567890::HUGEINT AS h,
           '00000000-0000-0000-0000-000000000001'::UUID AS u, 'p'::ENUM('p', 'q') AS en,
           TIME '10:00:00' AS ti
"""

NAMES = ["i", "m", "f", "b", "s", "e", "n", "ni", "d", "t", "tz", "l", "st", "mp", "j"]
NAMES += ["bl", "iv", "h", "u", "en", "ti"]


def test_texts_are_quoted_and_values_are_bare(bench):
    header, row = bench.text(MIXED).splitlines()
    assert header == ",".join(f'"{name}"' for name in NAMES)
    assert row == (
        '1,1.50,0.1,true,"x,""y","",,,2024-02-29,2024-02-29 10:00:00.5,2024-02-29 08:00:00+00,'
        '"[1, 2]","{\'a\': 1}","{k=v}","{""a"": 1}","ab","1 day",123456789012345678901234567890,'
        '"00000000-0000-0000-0000-000000000001","p",10:00:00'
    )


def test_cells_are_the_same_in_preview_and_export(bench):
    (shown,) = bench.rows(MIXED)
    import csv
    import io

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


def test_default_is_gzip_with_header(bench):
    export = bench.export("SELECT i AS n, 'é' AS s FROM range(3) AS r(i)")
    (part,) = export.parts
    assert part.name == "out.csv.gz"
    assert part.size_bytes == part.path.stat().st_size
    assert gzip.decompress(part.path.read_bytes()).decode() == '"n","s"\n0,"é"\n1,"é"\n2,"é"\n'
    assert export.row_count == 3


def test_zip_holds_one_member(bench):
    export = bench.export("SELECT * FROM range(100000)", compression="zip")
    (part,) = export.parts
    assert part.size_bytes == part.path.stat().st_size
    with zipfile.ZipFile(part.path) as archive:
        assert archive.testzip() is None
        assert archive.namelist() == ["out.csv"]
        assert len(archive.read("out.csv").splitlines()) == 100_001


@pytest.mark.parametrize(
    ("settings", "text"),
    [
        ({"include_header": False}, '1,"a|b"\n'),
        ({"column_delimiter": "tab"}, '"n"\t"s"\n1\t"a|b"\n'),
        ({"column_delimiter": "pipe"}, '"n"|"s"\n1|"a|b"\n'),
        ({"unquoted": True}, "n,s\n1,a|b\n"),
        ({"unquoted": True, "column_delimiter": "pipe"}, "n|s\n1|a|b\n"),
    ],
)
def test_settings_change_the_text(bench, settings, text):
    assert bench.text("SELECT 1 AS n, 'a|b' AS s;", **settings) == text


def test_unquoted_writes_no_quote_of_its_own(bench):
    assert (
        bench.text("SELECT 'a\"b' AS x, '' AS y, 'c,d' AS z", unquoted=True) == 'x,y,z\na"b,,c,d\n'
    )


def test_names_that_occur_twice_or_hold_quotes(bench):
    assert bench.text('SELECT 1 AS a, \'x\' AS a, 2 AS "q""r"') == '"a","a","q""r"\n1,"x",2\n'


@pytest.mark.parametrize(
    "sql", ["CREATE TABLE t (a INT)", "", "-- nothing", "SET TimeZone = 'UTC'"]
)
def test_no_result_set_is_no_export(bench, sql, tmp_path):
    assert bench.export(sql) is None
    assert list(tmp_path.iterdir()) == []


def test_no_rows_are_no_files_but_have_columns(bench, tmp_path):
    export = bench.export("SELECT 1::BIGINT AS a, 'x' AS b WHERE false")
    assert (export.row_count, export.parts) == (0, ())
    assert [(c.name, c.sql_type) for c in export.columns] == [("a", "BIGINT"), ("b", "VARCHAR")]
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "sql", ["EXPLAIN SELECT 1", "SHOW TABLES", "INSERT INTO t VALUES (1) RETURNING a"]
)
def test_other_statements_with_rows_are_exported(bench, sql):
    bench.sql("CREATE TABLE t (a INT)")
    assert bench.export(sql).row_count >= 1


def test_the_order_is_kept_over_many_rows(bench):
    text = bench.text("SELECT i FROM range(300000) AS r(i) ORDER BY i DESC", include_header=False)
    assert text.split() == [str(i) for i in range(299_999, -1, -1)]


def test_a_failing_query_leaves_no_file(bench, tmp_path):
    with pytest.raises(Exception, match="Could not convert"):
        bench.export(
            "SELECT CASE WHEN i < 250000 THEN i ELSE ('x' || i)::INT END FROM range(300000) AS r(i)"
        )
    assert list(tmp_path.iterdir()) == []


def test_a_failure_behind_the_result_leaves_no_file(bench, tmp_path):
    with pytest.raises(Exception, match="nowhere"):
        bench.export("SELECT 1; DROP TABLE nowhere")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("unquoted", [False, True])
def test_parts_end_with_a_row_and_are_the_whole_together(bench, unquoted):
    cell = "'a' || i" if unquoted else "'line\n\"' || i || '\"\n\n'"
    sql = f"SELECT i, {cell} AS s FROM range(120000) AS r(i)"
    whole = bench.text(sql, include_header=False, unquoted=unquoted)
    export = bench.export(
        sql, compression="none", force_multifile=True, max_file_size_mb=1, unquoted=unquoted
    )
    texts = [part.path.read_bytes().decode() for part in export.parts]
    assert len(texts) > 1
    assert "".join(texts) == whole
    assert all(len(text) <= 1_000_100 for text in texts)
    assert all(text.endswith('"\n') or unquoted for text in texts)
    assert all(text.split(",")[0].isdecimal() for text in texts)
    assert len({part.name for part in export.parts}) == len(texts)


def test_compressed_parts_can_each_be_read(bench):
    export = bench.export("SELECT * FROM range(300000)", force_multifile=True, max_file_size_mb=1)
    rows = [row for part in export.parts for row in gzip.decompress(part.path.read_bytes()).split()]
    assert rows == [str(i).encode() for i in range(300_000)]


def test_a_long_cell_is_written_whole(bench):
    assert len(bench.text("SELECT repeat('x,\"', 1000000) AS s", include_header=False)) == 4_000_003
