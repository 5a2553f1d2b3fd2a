from __future__ import annotations

import gzip
import zipfile

import pytest

from civis_nb.cancellation import CancelToken
from civis_nb.errors import WarehouseError
from civis_nb.local.warehouse.base import CsvSettings, ignore_log


def test_default_is_gzip_with_header(bench):
    export = bench.export("SELECT i AS n, 'é' AS s FROM generate_series(0, 2) AS r(i)")
    (part,) = export.parts
    assert part.name == "out.csv.gz"
    assert part.size_bytes == part.path.stat().st_size
    assert gzip.decompress(part.path.read_bytes()).decode() == '"n","s"\n0,"é"\n1,"é"\n2,"é"\n'
    assert export.row_count == 3


def test_zip_holds_one_member(bench):
    export = bench.export("SELECT * FROM generate_series(1, 100000)", compression="zip")
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


def test_the_order_is_kept_over_many_rows(bench):
    text = bench.text(
        "SELECT i FROM generate_series(0, 299999) AS r(i) ORDER BY i DESC", include_header=False
    )
    assert text.split() == [str(i) for i in range(299_999, -1, -1)]


def test_a_failing_query_leaves_no_file(bench, tmp_path):
    with pytest.raises(Exception, match="invalid input syntax"):
        bench.export(
            "SELECT CASE WHEN i < 250000 THEN i ELSE ('x' || i)::INT END "
            "FROM generate_series(0, 299999) AS r(i)"
        )
    assert list(tmp_path.iterdir()) == []


def test_a_failure_behind_the_result_leaves_no_file(bench, tmp_path):
    with pytest.raises(Exception, match="nowhere"):
        bench.export("SELECT 1; DROP TABLE nowhere")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("unquoted", [False, True])
def test_parts_end_with_a_row_and_are_the_whole_together(bench, unquoted):
    cell = "'a' || i" if unquoted else "'line\n\"' || i || '\"\n\n'"
    sql = f"SELECT i, {cell} AS s FROM generate_series(0, 119999) AS r(i)"
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
    export = bench.export(
        "SELECT * FROM generate_series(0, 299999)", force_multifile=True, max_file_size_mb=1
    )
    rows = [row for part in export.parts for row in gzip.decompress(part.path.read_bytes()).split()]
    assert rows == [str(i).encode() for i in range(300_000)]


def test_a_long_cell_is_written_whole(bench):
    assert len(bench.text("SELECT repeat('x,\"', 1000000) AS s", include_header=False)) == 4_000_003


def test_a_folder_that_can_not_be_written_is_an_error(bench, tmp_path):
    with pytest.raises(WarehouseError, match="could not be written"):
        bench.warehouse.export_csv(
            "SELECT 1", tmp_path / "missing", "x", CsvSettings(), CancelToken(), ignore_log
        )
