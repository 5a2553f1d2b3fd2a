from __future__ import annotations

import pytest

from civis_nb.cancellation import CancelToken
from civis_nb.errors import StateInUseError, WarehouseError
from civis_nb.local.warehouse.base import ignore_log
from civis_nb.local.warehouse.duckdb.warehouse import open_duckdb


def failure(bench, sql, export=False):
    with pytest.raises(WarehouseError) as caught:
        (bench.export if export else bench.sql)(sql)
    return caught.value


@pytest.mark.parametrize(
    ("sql", "line", "column", "words"),
    [
        ("SELECT nope", 1, 8, "nope"),
        ("SELECT 1;\n\n  SELECT 'é', tall FROM u", 3, 15, 'Did you mean "tal"'),
        ("selec 1", 1, 1, 'syntax error at or near "selec"'),
        ("SELECT 1; selec 1", 1, 11, "selec"),
        ("SELECT a,\n       b +\nFROM t", 3, 1, "syntax error"),
        ("SELECT *\nFROM nowhere", 2, 6, 'relation "nowhere" does not exist'),
        ("SELECT 'x'::INT", 1, 8, 'invalid input syntax for type integer: "x"'),
        ("SELECT a,\n 'x'::INT FROM t", 2, 2, 'invalid input syntax for type integer: "x"'),
        ("SELECT GETDATE(),\n nope FROM t", 2, 2, "nope"),
        ("SELECT 1; SELECT TOP 5 nope FROM t", 1, 24, "nope"),
        ("INSERT INTO t SELECT nope FROM t", 1, 22, "nope"),
        ("SELECT uper('a')", 1, 8, 'Did you mean "upper"?'),
        ("SELECT 'é' || unknown_name FROM t", 1, 15, "unknown_name"),
    ],
)
def test_errors_tell_the_place_in_the_whole_text(bench, sql, line, column, words):
    bench.sql("CREATE TABLE t (a INT, b INT); INSERT INTO t VALUES (1, 2)")
    bench.sql("CREATE TABLE u (tal INT)")
    error = failure(bench, sql)
    assert (error.line, error.column) == (line, column)
    assert words in str(error)
    drawn = str(error).splitlines()
    assert drawn[-2] == f"LINE {line}: " + sql.splitlines()[line - 1]
    assert drawn[-1].index("^") == len(f"LINE {line}: ") + column - 1


@pytest.mark.parametrize("dialect", ["redshift", "postgres"])
@pytest.mark.parametrize(
    ("sql", "word"),
    [
        ("SELECT s\nFROM t\nwher s = 'é'", "s"),
        ("SELECT s FROM t x \"n\" = 1 AND s = 'b'", '"n"'),
        ("DELETE FROM t wher s = 'b'", "s"),
        ("SELECT s FROM t x 'a' = s", "'a'"),
    ],
)
def test_what_stands_behind_a_misspelt_word_is_named_as_it_is_written(dialect, sql, word):
    warehouse = open_duckdb(":memory:", dialect)
    warehouse.preview("CREATE TABLE t (s VARCHAR(9), n INT)", 0, CancelToken(), ignore_log)
    with pytest.raises(WarehouseError) as caught:
        warehouse.preview(sql, 10, CancelToken(), ignore_log)
    warehouse.close()
    error = caught.value
    assert f'syntax error at or near "{word}"' in str(error)
    assert "civis_sql" not in str(error)
    assert str(error).splitlines()[-1].count("^") == len(word)


def test_exports_tell_the_place_as_well(bench):
    bench.sql("CREATE TABLE t AS SELECT 'x' AS a")
    error = failure(bench, "SELECT 1;\nSELECT a,\n a::INT FROM t", export=True)
    assert (error.line, error.column) == (3, 3)


@pytest.mark.parametrize(
    ("sql", "column"),
    [
        ("SELECT 1/0", 9),
        ("SELECT '1/0', 2 /* / */ / (1 - 1)", 25),
        ("SELECT 5 % 0", 10),
        ("SELECT mod(5, 0)", 8),
        ("SELECT 4 / 2, 1 / 0", 17),
        ("SELECT a / b, b / a FROM (SELECT 1 AS a, 0 AS b) AS t", 1),
    ],
)
def test_a_division_by_zero_is_shown_where_it_can_be_known(bench, sql, column):
    error = failure(bench, sql)
    assert "division by zero" in str(error)
    assert (error.line, error.column) == (1, column)


def test_the_caret_of_a_long_line_is_in_sight(bench):
    error = failure(bench, "SELECT " + "1 + " * 100 + "nope")
    text, caret = str(error).splitlines()[-2:]
    assert text.startswith("LINE 1: ...")
    assert text[caret.index("^") :].startswith("nope")
    assert error.column == 408


def test_a_translation_that_gets_further_tells_its_error(bench):
    bench.sql("CREATE TABLE t (a INT)")
    assert 'relation "t" already exists' in str(failure(bench, "CREATE TABLE t (a INT) DISTKEY(a)"))
    assert '"missing_table" does not exist' in str(
        failure(bench, "SELECT NVL(a, 0) FROM missing_table")
    )


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT * FROM read_csv('/etc/passwd')",
        "SELECT * FROM read_text('/etc/hostname')",
        "SELECT * FROM glob('/etc/*')",
        "COPY (SELECT 1) TO '/tmp/civis-nb-should-not-be.csv'",
        "ATTACH '/tmp/civis-nb-should-not-be.db' AS q",
        "INSTALL httpfs",
        "LOAD httpfs",
        "EXPORT DATABASE '/tmp/civis-nb-should-not-be'",
        "SET allowed_directories = ['/']",
        "SET enable_external_access = true",
    ],
)
def test_the_files_of_the_machine_are_out_of_reach(bench, sql):
    with pytest.raises(WarehouseError):
        bench.sql("CREATE TABLE t (a INT);" + sql)


def test_what_to_do_instead_of_reading_a_file_is_said(bench):
    assert "Upload the data" in str(failure(bench, "SELECT * FROM read_csv('/etc/passwd')"))


def test_python_variables_are_out_of_reach(bench):
    frame = {"a": [1]}
    assert '"frame" does not exist' in str(failure(bench, "SELECT * FROM frame"))
    assert frame


def test_no_path_of_the_machine_is_shown(tmp_path):
    warehouse = open_duckdb(tmp_path / "secret-place.duckdb", "duckdb")
    try:
        with pytest.raises(WarehouseError) as caught:
            warehouse.preview(
                "SELECT path::int FROM duckdb_databases() WHERE path IS NOT NULL",
                1,
                CancelToken(),
                ignore_log,
            )
        assert "secret-place" not in str(caught.value)
    finally:
        warehouse.close()


def test_a_statement_for_redshift_only_says_what_to_do(bench):
    assert "INSERT INTO target" in str(failure(bench, "ALTER TABLE a APPEND FROM b"))
    assert "export" in str(failure(bench, "UNLOAD ('SELECT 1') TO 's3://b/k'"))
    assert "import" in str(failure(bench, "COPY t FROM 's3://b/k' IAM_ROLE 'x' CSV"))


def test_a_file_opened_twice_by_two_processes_is_refused(tmp_path):
    import subprocess
    import sys

    warehouse = open_duckdb(tmp_path / "w.duckdb")
    try:
        code = (
            "import sys; from pathlib import Path\n"
            "from civis_nb.errors import StateInUseError\n"
            "from civis_nb.local.warehouse.duckdb.warehouse import open_duckdb\n"
            "try:\n    open_duckdb(Path(sys.argv[1]))\n"
            "except StateInUseError as error:\n    print('in use')\n"
        )
        done = subprocess.run(
            [sys.executable, "-c", code, str(tmp_path / "w.duckdb")],
            capture_output=True,
            text=True,
            check=True,
        )
        assert done.stdout.strip() == "in use", done.stderr
    finally:
        warehouse.close()
    assert StateInUseError is not None


def test_what_was_committed_is_there_after_closing(tmp_path):
    path = tmp_path / "kept.duckdb"
    first = open_duckdb(path)
    first.preview("CREATE TABLE t AS SELECT 42 AS a", 0, CancelToken(), ignore_log)
    first.close()
    first.close()
    second = open_duckdb(path)
    try:
        assert second.preview("SELECT a FROM t", 1, CancelToken(), ignore_log).rows == [["42"]]
    finally:
        second.close()
    assert sorted(p.name for p in tmp_path.iterdir()) == ["kept.duckdb", "kept.duckdb.reserve"]


@pytest.mark.parametrize("checkpoint", [True, False])
def test_changes_are_in_the_file_or_in_the_log_beside_it(tmp_path, checkpoint):
    path = tmp_path / "w.duckdb"
    warehouse = open_duckdb(path)
    warehouse.preview("CREATE TABLE t AS SELECT 7 AS a", 0, CancelToken(), ignore_log)
    warehouse.close(checkpoint=checkpoint)
    assert (tmp_path / "w.duckdb.wal").exists() != checkpoint
    again = open_duckdb(path)
    assert again.preview("SELECT a FROM t", 1, CancelToken(), ignore_log).rows == [["7"]]
    again.close()


def test_errors_are_never_shown_in_their_json_form(bench):
    for sql in ("CREATE SECRET a (TYPE s3)", "SELECT * FROM read_csv('s3://b/k')"):
        assert "exception_type" not in str(failure(bench, sql))


@pytest.mark.parametrize("sql", ["SELECT nope FROM t", "SELECT foobar(1)", "SELECT * FROM beyond"])
def test_names_that_are_far_off_are_not_proposed(bench, sql):
    bench.sql("CREATE TABLE t (a INT, n INT)")
    assert "Did you mean" not in str(failure(bench, sql))


@pytest.mark.parametrize("dialect", ["redshift", "postgres"])
@pytest.mark.parametrize("value", [":n", ":n::int", "(:n)::bigint", ":n::int + :n::int"])
def test_a_name_without_a_value_is_told_as_it_was_written(dialect, value):
    warehouse = open_duckdb(":memory:", dialect)
    with pytest.raises(WarehouseError) as caught:
        warehouse.preview(f"SELECT {value}", 10, CancelToken(), ignore_log)
    warehouse.close()
    first, _, hint = str(caught.value).partition("\n\n")
    assert first == "Values were not provided for the following parameters: n"
    assert caught.value.column == len("SELECT ") + value.index("n") + 1
    assert hint.startswith(":n stands for the value of a variable")
    assert "a parameter is written {{n}}" in hint
