from __future__ import annotations

import gzip
import io
import zipfile

import pytest

from civis_nb.errors import WarehouseError

pytestmark = pytest.mark.exhaustive


def types(bench, table="t"):
    return {c.name: c.sql_type for c in bench.warehouse.table("public", table).columns}


def test_null_and_the_empty_text_stay_apart(bench):
    report = bench.load('a,b\n1,x\n2,""\n3,\n')
    assert report.created
    assert report.row_count == 3
    assert bench.rows("SELECT * FROM t") == [["1", "x"], ["2", ""], ["3", None]]


@pytest.mark.parametrize("mode", ["append", "truncate"])
def test_columns_are_matched_by_name(bench, mode):
    bench.load("a,b\n1,x\n")
    bench.load("B,A\ny,2\n", existing_table_rows=mode)
    assert bench.rows("SELECT a, b FROM t ORDER BY a")[-1] == ["2", "y"]
    assert bench.value("SELECT count(*) FROM t") == ("2" if mode == "append" else "1")


def test_table_columns_name_the_columns_of_the_file(bench):
    bench.load("x,y\n1,2\n", table_columns=(("one", "INT"), ("two", "INT")))
    assert bench.rows("SELECT one, two FROM t") == [["1", "2"]]
    told = {"table_columns": (("one", None), ("two", None)), "existing_table_rows": "append"}
    bench.load("two,one\n3,4\n", **told)
    bench.load("5,6\n", first_row_is_header=False, **told)
    assert bench.rows("SELECT one, two FROM t") == [["1", "2"], ["4", "3"], ["5", "6"]]


def test_a_missing_column_is_null_or_its_default(bench):
    bench.sql("CREATE TABLE t (a INT NOT NULL, b INT, c INT DEFAULT 7)")
    bench.load("a\n1\n", existing_table_rows="append")
    assert bench.rows("SELECT * FROM t") == [["1", None, "7"]]


@pytest.mark.parametrize(
    ("content", "options", "words"),
    [
        ("b,zz\n1,2\n", {"existing_table_rows": "append"}, 'has the column "zz"'),
        ("b\n1\n", {"existing_table_rows": "append"}, 'lacks the column "a"'),
        ("1\n", {"existing_table_rows": "append", "first_row_is_header": False}, "has 1 columns"),
        ("a,a\n1,2\n", {"existing_table_rows": "append"}, "comes twice"),
        ("a,b\n1,2\n", {}, "exists"),
        ("a\n1\n", {"table": "v", "existing_table_rows": "append"}, "is a view"),
        ("a\n1\n", {"schema": "nowhere"}, 'no schema "nowhere"; there is: public'),
        ("", {"table": "new"}, "is empty"),
        ("\n\r\n", {"table": "new"}, "is empty"),
        ("\n\n", {"existing_table_rows": "append", "first_row_is_header": False}, "is empty"),
        ("a\n1\n", {"table": "new", "table_columns": (("a", "FANCY"),)}, "no column type"),
        (
            "a\n1\n",
            {"table": "new", "table_columns": (("a", "SUPER"),)},
            "no values of the type SUPER",
        ),
        ("a,b\n1,2\n", {"table": "new", "table_columns": (("a", "INT"),)}, "2 columns, but 1"),
        ("a\n1\n", {"column_delimiter": "semicolon"}, "column_delimiter"),
        ("a\n1\n", {"existing_table_rows": "replace"}, "existing_table_rows"),
        (b"a\ncaf\xe9\n", {"table": "new"}, "not UTF-8"),
        (b"caf\xe9\n1\n", {"table": "new"}, "not UTF-8"),
        ("a,b\n1\n", {"table": "new"}, "row 1: 1 cells instead of 2"),
        (
            "a,b\n1,2\n3,x\n",
            {"existing_table_rows": "append"},
            'row 2, column "b": "x" is no INTEGER',
        ),
        ("a,b\n1,2\n,3\n", {"existing_table_rows": "append"}, 'row 2, column "a": NULL is not'),
        ("a,b\n1,2\n2,1.5\n", {"existing_table_rows": "append"}, '"1.5" is no INTEGER'),
        ("a,b\n1,2\n2,1e2\n", {"existing_table_rows": "append"}, '"1e2" is no INTEGER'),
        ("a,b\n1,2\n2,1_0\n", {"existing_table_rows": "append"}, '"1_0" is no INTEGER'),
        ("a,b\n1,2\n2,99999999999\n", {"existing_table_rows": "append"}, "is no INTEGER"),
        ('a,b\n1,"open\n', {"existing_table_rows": "append"}, "quote"),
    ],
)
def test_what_does_not_fit_is_refused_and_changes_nothing(bench, content, options, words):
    bench.sql("CREATE TABLE t (a INT NOT NULL, b INT); INSERT INTO t VALUES (7, 8)")
    bench.sql("CREATE VIEW v AS SELECT 1 AS a")
    with pytest.raises(WarehouseError) as caught:
        bench.load(content, **options)
    assert words in str(caught.value)
    assert "scratch" not in str(caught.value)
    assert "/" not in str(caught.value)
    assert bench.rows("SELECT * FROM t") == [["7", "8"]]
    assert [t.name for t in bench.warehouse.tables()] == ["t", "v"]


@pytest.mark.parametrize("mode", ["truncate", "drop", "append"])
def test_a_failed_import_keeps_the_old_rows(bench, mode):
    bench.sql("CREATE TABLE t (a INT, b INT); INSERT INTO t VALUES (7, 8)")
    with pytest.raises(WarehouseError):
        bench.load("a,b\n1,2\n", "a,b\n1,2\n1\n", existing_table_rows=mode)
    assert bench.rows("SELECT * FROM t") == [["7", "8"]]


def test_drop_makes_the_table_anew(bench):
    bench.load("a\n1\n")
    report = bench.load("z\nx\n", existing_table_rows="drop")
    assert report.created
    assert bench.sql("SELECT * FROM t").columns == ("z",)


BAD = 'a,b\n1,x\n1.5,y\n2,z,3\n"",w\nq,v\n6,"mul\nti"\n7\n 8 ,s\n9.0,s\n'


def test_wrong_rows_are_skipped_with_a_reason(bench):
    bench.sql("CREATE TABLE t (a INT, b VARCHAR)")
    report = bench.load(BAD, existing_table_rows="append", max_errors=4)
    assert report.skipped == [
        'row 2, column "a": "1.5" is no INTEGER',
        "row 3: 3 cells instead of 2",
        'row 5, column "a": "q" is no INTEGER',
        "row 7: 1 cells instead of 2",
    ]
    assert report.row_count == 5
    assert bench.rows("SELECT * FROM t") == [
        ["1", "x"],
        [None, "w"],
        ["6", "mul\nti"],
        ["8", "s"],
        ["9", "s"],
    ]


@pytest.mark.parametrize("allowed", [None, 0, 3])
def test_one_wrong_row_more_fails(bench, allowed):
    bench.sql("CREATE TABLE t (a INT, b VARCHAR)")
    with pytest.raises(WarehouseError, match="row 2"):
        bench.load(BAD, existing_table_rows="append", max_errors=allowed)
    assert bench.value("SELECT count(*) FROM t") == "0"


def test_wrong_rows_are_counted_over_all_files(bench):
    files = ["a\n1\nx\n", "a\ny\n2\n"]
    options = {"table_columns": (("a", "INT"),)}
    with pytest.raises(WarehouseError, match="file 2, row 1"):
        bench.load(*files, max_errors=1, **options)
    assert bench.load(*files, max_errors=2, **options).skipped == [
        'file 1, row 2, column "a": "x" is no INTEGER',
        'file 2, row 1, column "a": "y" is no INTEGER',
    ]


def test_types_in_the_words_of_redshift(bench):
    kinds = {
        "a": "INT4", "b": "BOOL", "c": "NUMERIC(10,2)", "d": "TIMESTAMPTZ", "e": "DATE",
        "f": "VARBYTE", "g": "FLOAT8", "h": "VARCHAR(256)", "i": "timestamp without time zone",
        "j": "INT8",
        "k": "double precision", "l": "CHARACTER VARYING(10)", "m": "TIMESTAMP WITH TIME ZONE",
    }  # fmt: skip
    row = "7,t,1.25,2024-01-01 10:00:00+02,2024-01-01,\\x61,1e5,00501,2024-01-01 10:00"
    row += ",9,0.1,x,2024-01-01T00:00:00Z"
    bench.load(",".join(kinds) + "\n" + row + "\n", table_columns=tuple(kinds.items()))
    assert list(types(bench).values()) == [
        "INTEGER", "BOOLEAN", "DECIMAL(10,2)", "TIMESTAMPTZ", "DATE", "VARBYTE", "DOUBLE PRECISION",
        "VARCHAR", "TIMESTAMP", "BIGINT", "DOUBLE PRECISION", "VARCHAR", "TIMESTAMPTZ",
    ]  # fmt: skip
    assert bench.rows("SELECT * FROM t") == [
        ["7", "true", "1.25", "2024-01-01 08:00:00+00", "2024-01-01", "61", "100000",
         "00501",
         "2024-01-01 10:00:00", "9", "0.1", "x", "2024-01-01 00:00:00+00"]
    ]  # fmt: skip


@pytest.mark.parametrize("text", ["t", "true", "TRUE", "1", "yes", "Y"])
def test_words_for_true(bench, text):
    bench.load(f"a\n{text}\n", table_columns=(("a", "BOOLEAN"),))
    assert bench.value("SELECT a FROM t") == "true"


def test_empty_quoted_cells_are_null_where_the_column_is_no_text(bench):
    bench.load('a,b\n"",""\n"1","x"\n', table_columns=(("a", "INT"), ("b", "VARCHAR")))
    assert bench.rows("SELECT * FROM t") == [[None, ""], ["1", "x"]]


def test_types_are_found_when_none_are_told(bench):
    bench.load(
        "id,zip,big,m,f,b,d,t,e\n"
        "1,00501,99999999999999999999,1.50,1e-07,true,2024-01-01,2024-01-01 10:00:00,1E5\n"
    )
    assert types(bench) == {
        "id": "BIGINT", "zip": "VARCHAR", "big": "DECIMAL(20,0)", "m": "DECIMAL(3,2)",
        "f": "DOUBLE PRECISION", "b": "BOOLEAN", "d": "DATE", "t": "TIMESTAMP", "e": "VARCHAR",
    }  # fmt: skip


@pytest.mark.parametrize("rows", [3, 3000])
def test_rows_that_are_none_do_not_count_for_types(bench, rows):
    text = "a,b\n" + '1,""\n' * rows + "2,z,3\n" + '-7,""\n'
    report = bench.load(text, max_errors=1)
    assert report.skipped == [f"row {rows + 1}: 3 cells instead of 2"]
    assert types(bench) == {"a": "BIGINT", "b": "VARCHAR"}
    assert bench.rows("SELECT sum(a), count(b) FROM t") == [[str(rows - 7), str(rows + 1)]]


@pytest.mark.parametrize("last", ['""', ""])
def test_empty_cells_of_found_types_are_null(bench, last):
    values = {"i": "5", "n": "1.50", "f": "1e-07", "b": "true", "d": "2024-01-01"}
    row = ",".join(values.values()) + "\n"
    bench.load(",".join(values) + "\n" + row * 2500 + ",".join([last] * len(values)) + "\n")
    assert "VARCHAR" not in types(bench).values()
    counts = ", ".join(f"count({name})" for name in values)
    assert bench.rows(f"SELECT count(*), {counts} FROM t") == [["2501"] + ["2500"] * len(values)]


def test_types_of_several_files_hold_the_values_of_all(bench):
    bench.load("a,b,c\n1,1,\n", "c,b,a\n5,x,2.5\n")
    assert types(bench) == {"a": "DECIMAL(20,1)", "b": "VARCHAR", "c": "BIGINT"}
    assert bench.rows("SELECT * FROM t") == [["1.0", "1", None], ["2.5", "x", "5"]]


def test_a_header_alone_makes_an_empty_table(bench):
    assert bench.load("a,b\n").row_count == 0
    assert types(bench) == {"a": "VARCHAR", "b": "VARCHAR"}


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
@pytest.mark.parametrize("bom", ["", "\ufeff"])
@pytest.mark.parametrize("end", [True, False])
def test_line_ends_byte_order_marks_and_cells_of_many_lines(bench, newline, bom, end):
    text = newline.join(["a,b", '1,"x', 'y"', "2,z"]) + (newline if end else "")
    bench.load(bom + text)
    assert bench.rows("SELECT * FROM t") == [["1", f"x{newline}y"], ["2", "z"]]


def test_names_with_commas_quotes_spaces_and_capitals(bench):
    bench.load('"last,first",Mixed Case,"q""r",select\n1,2,3,4\n', table="My, Table")
    assert bench.sql('SELECT * FROM "My, Table"').columns == (
        "last,first", "Mixed Case", 'q"r', "select",
    )  # fmt: skip


@pytest.mark.parametrize("header", [True, False])
def test_long_cells(bench, header):
    cells = "x" * 200_000 + ',"' + 'y,"" ' * 600_000 + '"\n'
    bench.load(("a,b\n" if header else "") + cells, first_row_is_header=header)
    (name, other) = bench.sql("SELECT * FROM t", 0).columns
    assert bench.rows(f"SELECT length({name}), length({other}) FROM t") == [["200000", "2400000"]]


def test_backslashes_escape_quotes_when_told(bench):
    bench.load('a|b\n1|"x\\"y"\n', column_delimiter="pipe", escaped=True)
    assert bench.rows("SELECT * FROM t") == [["1", 'x"y']]


def test_tabs_divide(bench):
    bench.load("a\tb\n1\tx,y\n", column_delimiter="tab")
    assert bench.rows("SELECT * FROM t") == [["1", "x,y"]]


def test_gzip_of_many_members(bench):
    data = gzip.compress(b"a\n1\n") + gzip.compress(b"2\n") + b"\0" * 512
    bench.load(data, compression="gzip")
    assert bench.rows("SELECT * FROM t") == [["1"], ["2"]]


def test_zip(bench):
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        archive.writestr("x.csv", "a\n1\n")
    bench.load(target.getvalue(), compression="zip")
    assert bench.rows("SELECT * FROM t") == [["1"]]


@pytest.mark.parametrize("damage", ["short", "trailer", "member", "sum", "plain"])
def test_damaged_gzip_is_refused(bench, damage):
    rows = b"a\n" + b"".join(b"%d\n" % i for i in range(50_000))
    data = gzip.compress(rows)
    damaged = {
        "short": data[: len(data) // 2],
        "trailer": data[:-4],
        "member": data + gzip.compress(b"5\n")[:-9],
        "sum": data[:-8] + bytes(4) + data[-4:],
        "plain": rows,
    }[damage]
    with pytest.raises(WarehouseError, match="gzip"):
        bench.load(damaged, compression="gzip")
    assert bench.warehouse.tables() == []


def test_gzip_that_was_said_to_be_plain_is_inflated(bench):
    bench.load(gzip.compress(b"a\n1\n"), compression="none")
    assert bench.rows("SELECT * FROM t") == [["1"]]


def test_many_rows_in_their_order(bench):
    text = "i,s\n" + "".join(f'{i},"a{i}"\n' for i in range(200_000))
    assert bench.load(gzip.compress(text.encode(), 1), compression="gzip").row_count == 200_000
    assert bench.text("SELECT i, s FROM t", include_header=True) == '"i","s"' + text[3:]


def test_the_drop_of_a_table_that_others_refer_to_fails_whole(bench):
    bench.warehouse.run_native(
        "CREATE TABLE public.t (id INT PRIMARY KEY); INSERT INTO public.t VALUES (1);"
        "CREATE TABLE public.child (id INT REFERENCES public.t (id))"
    )
    with pytest.raises(WarehouseError, match="child"):
        bench.load("id\n5\n", existing_table_rows="drop")
    assert bench.rows("SELECT * FROM t") == [["1"]]


def test_a_wide_file_is_converted_as_a_narrow_one_is(bench):
    kinds = ["BIGINT", "VARCHAR(3)", "DATE", "VARCHAR", "DECIMAL(4,2)"]
    columns = tuple((f"c{i}", kinds[i % len(kinds)]) for i in range(500))
    cells = ["1", "abc", "2024-01-02", '""', "1.50", "", "", "", "", ""]
    row = ",".join(cells[i % len(cells)] for i in range(500))
    header = ",".join(name for name, _ in columns)
    bench.load(f"{header}\n{row}\n{row}\n", table_columns=columns)
    wanted = ["1", "abc", "2024-01-02", "", "1.50", None, None, None, None, None] * 50
    assert bench.rows("SELECT * FROM t") == [wanted, wanted]
    wrong = row.replace("abc", "abcd", 1)
    with pytest.raises(WarehouseError, match='row 2, column "c1"'):
        bench.load(
            f"{header}\n{row}\n{wrong}\n", table_columns=columns, existing_table_rows="append"
        )
    report = bench.load(
        f"{header}\n{row}\n{wrong}\n",
        table_columns=columns,
        existing_table_rows="append",
        max_errors=1,
    )
    assert report.row_count == 1


def test_a_wide_file_of_many_rows_gets_types_of_all_of_them(bench):
    header = ",".join(f"c{i}" for i in range(210))
    rows = [",".join(str(i + k) for i in range(210)) for k in range(2100)]
    bench.load(f"{header}\n" + "\n".join([*rows, "1.5," + "x," * 208 + "3"]) + "\n")
    kinds = [kind for (kind,) in bench.native_rows("SELECT type FROM pragma_table_info('t')")]
    assert kinds[0] != "VARCHAR"
    assert set(kinds[1:209]) == {"VARCHAR"}
    assert kinds[209] == "BIGINT"


def test_blanks_around_quoted_cells_are_ignored_as_by_copy(bench):
    text = '"a" , "b"\n "1, 2" ,x \n 3,"y"\t\n'
    bench.load(text)
    assert bench.rows("SELECT a, b FROM t") == [["1, 2", "x "], [" 3", "y"]]
    with pytest.raises(WarehouseError, match="no proper end"):
        bench.load('a,b\n"x" z,1\n', existing_table_rows="append")
