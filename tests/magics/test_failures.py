"""Errors of SQL as a cell shows them."""

from __future__ import annotations

import pickle
import time

import duckdb
import pytest

from civis_nb._wire_text import masked_url
from civis_nb.errors import CivisMagicError, CivisSQLError
from civis_nb.magics.failures import (
    Origin,
    errors_without_traceback,
    place_in_cell,
    sql_failure,
    without_traceback,
)
from civis_nb.magics.sql.binding import bind


def shown(error):
    return error._render_traceback_()


def failed(sql, values=None, cell=None, *, whole_cell=True, url=None):
    """Run SQL on DuckDB and give what a cell would show of its error."""
    bound = bind(sql, "duckdb", values or {})
    with duckdb.connect() as connection:
        connection.execute("create table t as select 1 as age, 'x' as income")
        with pytest.raises(duckdb.Error) as caught:
            connection.execute(bound.sql)
    error = CivisSQLError(str(caught.value), None, 12, 34)
    cell = "%%civis_sql\n" + sql if cell is None else cell
    return sql_failure(error, bound, Origin.find(cell, sql, whole_cell), url)


def caret_is_under(error, word):
    lines = shown(error)
    at = next(index for index, line in enumerate(lines) if set(line.strip()) == {"^"})
    return lines[at - 1][lines[at].index("^") :].startswith(word) and lines[at].count("^") == len(
        word
    )


def test_an_error_in_a_cell_of_a_megabyte_is_placed_at_once():
    sql = f"select '{'q' * 1_000_000}' as a, nosuch from t"
    bound = bind(sql, "duckdb", {})
    error = CivisSQLError('column "nosuch" does not exist', None, 12, 34)
    begun = time.process_time()
    found = sql_failure(error, bound, Origin.find(sql, sql, False), None)
    # With a search that takes the square of the length: an hour.
    assert time.process_time() - begun < 10
    assert found.column == sql.index("nosuch") + 1


def test_long_texts_with_dots_are_masked_at_once():
    begun = time.process_time()
    masked_url("a." * 250_000)
    assert time.process_time() - begun < 10
    assert masked_url("postgresql+psycopg2://me:word@host") == "postgresql+psycopg2://***@host"


def test_unknown_column_is_pointed_at_in_the_cell():
    error = failed("SELECT age,\n       incme\nFROM t\n", url="https://platform.test/jobs/12")
    assert (error.line, error.column) == (3, 8)
    assert caret_is_under(error, "incme")
    text = "\n".join(shown(error))
    assert text.startswith("CivisSQLError: ")
    assert "income" in text
    assert "line 3, column 8 of the cell" in text
    assert "job 12, run 34, https://platform.test/jobs/12" in text
    assert "LINE " not in text
    assert len(shown(error)) <= 15


def test_syntax_error_suggests_the_keyword():
    error = failed("SELECT *\nFORM t")
    assert "Did you mean FROM?" in shown(error)
    assert not any("Did you mean" in line for line in shown(failed("SELECT 1 +")))
    assert "Did you mean SELECT?" in shown(failed("SELEC 1"))


def test_places_count_from_the_users_text_and_not_from_the_literals():
    sql = "SELECT :long, incme FROM t WHERE age IN (:ids)"
    error = failed(sql, {"long": "a\nb\n" + "c" * 200, "ids": list(range(100))})
    assert (error.line, error.column) == (2, sql.index("incme") + 1)
    assert caret_is_under(error, "incme")


def test_an_error_in_a_literal_points_at_its_name():
    error = failed("SELECT 1 +\n  CAST(:x AS INTEGER)", {"x": "abc"})
    assert error.line in (None, 3)
    if error.line:
        assert error.column <= len("  CAST(:x") + 1


def test_empty_lines_above_the_magic_and_the_statement_count():
    sql = "\n\nSELECT incme FROM t"
    error = failed(sql, cell="\n\n%%civis_sql x\n" + sql)
    assert (error.line, error.column) == (6, 8)


def test_line_magic_places_are_those_of_its_cell():
    sql = "SELECT incme FROM t"
    cell = f"a = 1\nx = %civis_sql -d sample {sql}\n"
    error = failed(sql, cell=cell, whole_cell=False)
    assert error.line == 2
    assert cell.splitlines()[1][error.column - 1 :].startswith("incme")
    assert "line 2" in "\n".join(shown(error))


def test_line_magic_in_an_unknown_cell_counts_in_the_statement():
    error = failed("SELECT incme FROM t", cell="", whole_cell=False)
    assert (error.line, error.column) == (1, 8)
    assert "line 1, column 8 of the statement" in shown(error)


def test_wide_characters_and_tabs_keep_the_caret_in_place():
    assert caret_is_under(failed("SELECT\t'é', incme FROM t"), "incme")


def test_long_lines_are_shown_around_the_place():
    error = failed("SELECT " + "age, " * 200 + "incme FROM t")
    assert caret_is_under(error, "incme")
    assert max(map(len, shown(error))) <= 170


def test_long_messages_are_cut_and_secrets_masked():
    message = "\n".join(f"detail {n} https://s3.test/x?Signature=abc" for n in range(100))
    error = sql_failure(CivisSQLError(message), bind("x", "duckdb", {}), Origin(), None)
    assert len(shown(error)) <= 15
    assert "abc" not in "\n".join(shown(error))


def test_hostile_messages_stay_text():
    message = "\x1b[31mred\x1b]0;x\x07\u202e"
    error = sql_failure(CivisSQLError(message), bind("x", "duckdb", {}), Origin(), None)
    assert "\x1b" not in "\n".join(shown(error))


def test_drawn_errors_can_be_pickled_and_are_ordinary():
    error = without_traceback(CivisMagicError("no"))
    assert shown(pickle.loads(pickle.dumps(error))) == ["CivisMagicError: no"]
    assert isinstance(error, Exception)


def test_only_our_own_errors_are_drawn_without_a_traceback():
    with pytest.raises(CivisMagicError) as caught, errors_without_traceback():
        raise CivisMagicError("no")
    assert shown(caught.value) == ["CivisMagicError: no"]
    with pytest.raises(ZeroDivisionError) as other, errors_without_traceback():
        raise ZeroDivisionError
    assert not hasattr(other.value, "_render_traceback_")


@pytest.mark.parametrize(
    ("message", "sql", "pointed", "span"),
    [
        ('relation "public.nope" does not exist', "select * from public.nope n", "public",
         "public.nope"),
        ('relation "nope" does not exist', "select * from public.nope n", "nope", "public.nope"),
        ('ERROR:  relation "a.b.c" does not exist', 'select * from a . "b".c', "a .", 'a . "b".c'),
        ("column t.nope does not exist", "select t.nope, 1 from t", "t.nope", "t.nope"),
        ("function public.f(integer) does not exist", "select public.f(1)", "public", "public.f"),
        ('schema "nosuch" does not exist', "create table nosuch.t (a int)", "nosuch", "nosuch"),
        ('missing FROM-clause entry for table "x"', "select x.a from t", "x", "x"),
        ('syntax error at or near "form"', "select a.b form t", "form", "form"),
        ('relation "s.t" does not exist', "select 'é', 1.5 from s.t", "s.t", "s.t"),
    ],
)  # fmt: skip
def test_carets_span_the_name_that_the_message_is_about(message, sql, pointed, span):
    column = sql.index(pointed) + 1
    error = CivisSQLError(message, None, 1, 2, line=1, column=column)
    found = sql_failure(error, bind(sql, "postgres", {}), Origin(2), None)
    assert caret_is_under(found, span)
    assert found.column == sql.index(span) + 1
    place = place_in_cell(found)
    assert (place.line, place.column, place.length) == (2, sql.index(span) + 1, len(span))
