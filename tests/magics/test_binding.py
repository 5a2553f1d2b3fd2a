"""``:x`` in SQL: where it is one, what becomes of it, and that data stays data."""

from __future__ import annotations

import datetime as dt
import enum
import math
import re
import uuid
from decimal import Decimal

import duckdb
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from civis_nb.display.tables import ResultTable
from civis_nb.errors import CivisInputError, CivisMagicError
from civis_nb.magics.sql.binding import bind
from civis_nb.magics.sql.placeholders import placeholders
from civis_nb.sql_literals import literal

DIALECTS = ["duckdb", "postgres", "redshift"]

INJECTIONS = [
    "'", "''", "\\", "\\'", "\\\\'", "' OR '1'='1", "' OR 1=1 --", "'; DROP TABLE t; --",
    "\\' OR 1=1 --", "\\\\' OR 1=1 --", "'/*", "*/ OR 1=1 --", "$$ OR 1=1 $$", "$t$", "E'\\''",
    "a' UNION SELECT id, name FROM t --", "\n' OR 1=1", "x'\r\n--", '"', '" OR ""="', ":name",
    "%s", "{name}", "{{name}}", "{% raw %}", "U&'\\0027'", "\u02bc OR 1=1", "\uff07 OR 1=1",
    "'||(SELECT name FROM t LIMIT 1)||'", "%' OR name LIKE '%", "1; SELECT 1", "N'x'", "--", "/**/",
    "`", "\x1b[31m", "🙂'", "é' OR 'é'='é", "\\u0027 OR 1=1", "\\047 OR 1=1", "CHR(39)",
]  # fmt: skip


@pytest.fixture(scope="module")
def database():
    connection = duckdb.connect()
    connection.execute("create table t as select 1 as id, 'Ann' as name union all select 2, 'Bob'")
    yield connection
    connection.close()


def names(sql, dialect="duckdb"):
    return [found.name for found in placeholders(sql, dialect)]


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize(
    ("sql", "found"),
    [
        ("select :a, :b_2, :été", ["a", "b_2", "été"]),
        ("select ':a', 'it''s :a'", []),
        ("select 1 -- :a\n, :b", ["b"]),
        ("select /* :a */ :b", ["b"]),
        ('select ":a" from t', []),
        ("select x::int, :a::text, '1'::numeric(3,1)", ["a"]),
        ("select a[1:2], a[i:j], a[:j], [:x, :y]", ["x", "y"]),
        ("select f(x := 1, y := :a)", ["a"]),
        ("select $$ :a $$, $t$ :b $t$, :c", ["c"]),
        ("select * from t where a=:a and b<>:b and c<:c", ["a", "b", "c"]),
        ("select * from t where d between date :d1 and :d2 limit :n", ["d1", "d2", "n"]),
        ("select * from t where a in (:ids) and b in :more", ["ids", "more"]),
        ("select x at time zone :tz, interval :n day", ["tz", "n"]),
        ("select :order, :select, :end, :date", ["order", "select", "end", "date"]),
        ("select '12:30', 12:30, a : b", []),
        ("select j->>:key, j -> :key2", ["key", "key2"]),
        ("select E'\\':a', :b", ["b"]),
        ("select :a:b", ["a"]),
    ],
)
def test_a_placeholder_is_one_only_where_sql_has_none(sql, found, dialect):
    assert names(sql, dialect) == found


def test_struct_keys_and_prefix_aliases_belong_to_sql():
    assert names("select {'a':x, 'b': :y}, total: a + :z from t: tbl") == ["y", "z"]


def test_backslash_ends_a_text_where_the_dialect_says_so():
    assert names("select 'a\\', :b", "duckdb") == ["b"]
    assert names("select 'a\\', :b'", "redshift") == []


def test_what_cant_be_read_is_left_to_the_server():
    assert bind("select 'open, :x", "duckdb", {}).sql == "select 'open, :x"


@pytest.mark.parametrize("dialect", DIALECTS)
@given(text=st.text(alphabet="ab'\"\\:-/*$[]{}() \n;1", max_size=40))
def test_sql_without_values_is_untouched(dialect, text):
    found = names(text, dialect)
    bound = bind(text, dialect, dict.fromkeys(found, 1))
    if not found:
        assert bound.sql == text
    # What lies between the placeholders is the user's, letter by letter.
    at, sent_at = 0, 0
    for start, end, sent_start, sent_end in bound.splices:
        assert text[at:start] == bound.sql[sent_at:sent_start]
        assert bound.source_offset(sent_start) == start
        at, sent_at = end, sent_end
    assert text[at:] == bound.sql[sent_at:]


def _disguised(kind):
    """Return a subclass of which every text is an injection."""

    def text(*_args, **_kwargs):
        return "1' OR '1'='1"

    names = ("__str__", "__repr__", "__format__", "isoformat", "hex")
    return type("Disguised", (kind,), dict.fromkeys(names, text))


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize(
    ("kind", "arguments"),
    [
        (int, (-7,)),
        (float, (1.5,)),
        (str, ("it's",)),
        (bytes, (b"ab",)),
        (bytearray, (b"ab",)),
        (Decimal, ("-1.50",)),
        (dt.date, (2024, 2, 29)),
        (dt.datetime, (2024, 2, 29, 1, 2, 3)),
        (dt.time, (1, 2, 3)),
        (dt.timedelta, (-1, 3, 5)),
        (uuid.UUID, ("12345678123456781234567812345678",)),
    ],
)
def test_a_subclass_is_written_as_the_value_that_it_is(kind, arguments, dialect):
    assert literal(_disguised(kind)(*arguments), dialect, "x") == literal(
        kind(*arguments), dialect, "x"
    )


@pytest.mark.parametrize("value", INJECTIONS)
def test_injection_finds_no_row_and_comes_back_equal(value, database):
    bound = bind("select * from t where name = :x", "duckdb", {"x": value})
    assert database.execute(bound.sql).fetchall() == []
    bound = bind("select * from t where name in (:x)", "duckdb", {"x": [value, "Zoe"]})
    assert database.execute(bound.sql).fetchall() == []
    bound = bind("select :x, length(:x), 'a':x", "duckdb", {"x": value})
    with pytest.raises(duckdb.Error):
        # A text right beside another one is an error, not a longer text.
        database.execute(bound.sql)
    bound = bind("select :x as x, [:x] as y", "duckdb", {"x": value})
    assert database.execute(bound.sql).fetchall() == [(value, [value])]
    assert database.execute("select count(*) from t").fetchone() == (2,)


@pytest.mark.parametrize("value", INJECTIONS)
def test_postgres_literal_reads_the_same_with_and_without_backslash_escapes(value, database):
    text = literal(value, "postgres", "x")
    assert database.execute(f"select {text}").fetchone() == (value,)
    assert text.startswith("E'") or "\\" not in text


@pytest.mark.parametrize("value", INJECTIONS)
def test_redshift_literal_ends_where_it_should(value):
    assert _read_with_backslashes(literal(value, "redshift", "x")) == value


@pytest.mark.exhaustive
@settings(deadline=None)
@given(st.text().filter(lambda text: "\x00" not in text))
def test_any_text_survives(value):
    with duckdb.connect() as connection:
        for dialect in ("duckdb", "postgres"):
            got = connection.execute(f"select {literal(value, dialect, 'x')}").fetchone()
            assert got == (value,)
    assert _read_with_backslashes(literal(value, "redshift", "x")) == value


def _read_with_backslashes(text: str) -> str:
    """Read a literal as a server that takes a backslash for an escape."""
    assert text[0] == text[-1] == "'"
    value, at = [], 1
    while at < len(text) - 1:
        if text[at] == "\\" or text[at] == "'":
            assert text[at] == "\\" or text[at + 1] == "'", "the literal ends too early"
            at += 1
        assert at < len(text) - 1, "the literal does not end"
        value.append(text[at])
        at += 1
    return "".join(value)


class _Colour(enum.StrEnum):
    RED = "red"


class _Number(enum.IntEnum):
    TWO = 2


@pytest.mark.parametrize(
    "value",
    [
        0, -5, 2**62, True, False, None, "", "x", 0.1, -0.1, 1e300, 5e-324, math.inf, -math.inf,
        Decimal("1.10"), Decimal("-12345678901234567.89"), dt.date(2020, 2, 29),
        dt.datetime(2020, 1, 1, 12, 0, 0, 5), dt.time(1, 2, 3), b"", b"\x00'\xff",
        uuid.UUID(int=7), _Colour.RED, _Number.TWO, np.int64(-7), np.float64(0.1), np.bool_(True),
        np.str_("it's"), pd.Timestamp("2020-01-01 12:00"), pd.NA, pd.NaT,
    ],
    ids=repr,
)  # fmt: skip
def test_values_come_back_equal(value, database):
    (got,) = database.execute(bind("select :x", "duckdb", {"x": value}).sql).fetchone()
    expected = None if value is pd.NA or value is pd.NaT else value
    assert got == expected
    assert type(got) is type(expected) or not isinstance(value, (bool, int, float, str, Decimal)) \
        or isinstance(value, (np.generic, enum.Enum))  # fmt: skip


def test_nan_is_nan_and_aware_times_keep_their_instant(database):
    (got,) = database.execute(bind("select :x", "duckdb", {"x": math.nan}).sql).fetchone()
    assert math.isnan(got)
    at = dt.datetime(2020, 1, 1, 12, tzinfo=dt.timezone(dt.timedelta(hours=2)))
    sql = bind("select epoch(:x)", "duckdb", {"x": at}).sql
    assert database.execute(sql).fetchone() == (at.timestamp(),)
    assert database.execute(
        bind("select :x", "duckdb", {"x": np.datetime64("2020-01-01T12:00")}).sql
    ).fetchone() == (dt.datetime(2020, 1, 1, 12),)


@pytest.mark.parametrize(
    "ids",
    [[1, 2], (1, 2), {1, 2}, range(1, 3), np.array([1, 2]), pd.Series([1, 2]), pl.Series([1, 2]),
     pa.array([1, 2]), pd.Index([1, 2])],
    ids=lambda ids: type(ids).__module__ + "." + type(ids).__name__,
)  # fmt: skip
@pytest.mark.parametrize("clause", ["id in (:ids)", "id in :ids", "id = any([:ids])"])
def test_lists_expand_for_in(ids, clause, database):
    bound = bind(f"select count(*) from t where {clause}", "duckdb", {"ids": ids})
    assert database.execute(bound.sql).fetchone() == (2,)


def test_rows_and_missing_values_in_lists(database):
    sql = "select count(*) from t where (id, name) in (:pairs)"
    assert database.execute(bind(sql, "duckdb", {"pairs": [(1, "Ann"), (2, "x")]}).sql) \
        .fetchone() == (1,)  # fmt: skip
    assert bind("(:x)", "duckdb", {"x": pd.Series(["a", None])}).sql == "('a', NULL)"


def test_negative_numbers_never_begin_a_comment(database):
    bound = bind("select 1-:x, 1 -:x, -:x", "duckdb", {"x": -5})
    assert database.execute(bound.sql).fetchone() == (6, 6, 5)


def test_literals_do_not_grow_together_with_words():
    bound = bind("select:x from t where a=:x and b like:y||'%'", "postgres", {"x": 5, "y": "a\\"})
    assert bound.sql == "select 5 from t where a=5 and b like E'a\\\\' ||'%'"


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ([], "an empty list"),
        (pd.Series([], dtype=float), "an empty list"),
        ({"a": 1}, "a dict, which has no SQL literal. --params thing makes a :name of each"),
        (object(), "of type object,"),
        (lambda: 1, "of type function,"),
        (1j, "of type complex,"),
        ("a\x00b", "U+0000 at 1"),
        ("\ud800", "U+D800 at 0"),
        (Decimal("NaN"), "NaN"),
        (Decimal("1" * 39), "more than 38 digits"),
        (pd.DataFrame({"a": [1]}), "2 dimensions"),
        (np.zeros((2, 2)), "2 dimensions"),
        (pd.Timestamp("2020-01-01 00:00:00.000000001"), "nanoseconds"),
        (np.datetime64("2020-01-01T00:00:00.000000001"), "microsecond"),
        ([object()], "of type object,"),
    ],
)
def test_what_has_no_literal_is_refused_by_name(value, said):
    with pytest.raises(CivisInputError, match=":thing") as caught:
        bind("select :thing", "duckdb", {"thing": value})
    assert said in str(caught.value)


@pytest.mark.parametrize("part", [".year", "[0]", "['year']", '["year"]'])
@pytest.mark.parametrize("value", [dt.date(2024, 5, 1), {"year": 2024}, [2024], object()])
def test_a_part_of_a_value_is_told_to_need_a_variable(part, value):
    sql = f"select :thing{part}"
    with pytest.raises(CivisMagicError) as caught:
        bind(sql, "redshift", {"thing": value})
    assert f"Give thing{part} a variable of its own. Nothing was sent." in str(caught.value)
    bound = bind(f"select :t{part}", "redshift", {}, idents={"t": "tab"})
    assert bound.sql.replace('" ', '"') == f'select "tab"{part}'


def test_a_method_behind_a_value_is_one_in_duckdb():
    bound = bind("select :t.upper(), :t[1]", "duckdb", {"t": "a"})
    assert bound.sql == "select 'a' .upper(), 'a' [1]"


def test_names_without_a_value_are_all_named_with_near_ones():
    with pytest.raises(CivisMagicError) as caught:
        bind("select :min_agee, :zzz, :ok", "duckdb", {"ok": 1}, [{"min_age": 30}])
    said = str(caught.value)
    assert ":min_agee (did you mean :min_age?), :zzz have no value" in said
    assert "give -p min_agee=VALUE -p zzz=VALUE. Nothing was sent" in said


def test_an_identifier_without_a_text_is_told_how_it_gets_one():
    with pytest.raises(CivisMagicError) as caught:
        bind("from :tab", "redshift", {}, idents={"tab": None})
    assert "Set a variable of that name, or give --ident tab=SCHEMA.TABLE." in str(caught.value)


def test_functions_and_modules_are_no_near_names():
    with pytest.raises(CivisMagicError) as caught:
        bind("select :nope", "duckdb", {}, [{"open": open, "np": np, "scope": 1}])
    assert ":nope (did you mean :scope?) has no value" in str(caught.value)


def test_given_values_win_over_namespaces_in_order():
    bound = bind("select :a, :b, :c", "duckdb", {"a": 1}, [{"a": 9, "b": 2}, {"b": 9, "c": 3}])
    assert bound.sql == "select 1, 2, 3"


def test_places_lead_back_to_the_users_text():
    sql = "select :a, x,\n :b, y"
    bound = bind(sql, "duckdb", {"a": "multi\nline", "b": [1, 2, 3]})
    for marker in ("x,", "y"):
        assert bound.source_offset(bound.sql.index(marker)) == sql.index(marker)
    assert bound.source_offset(bound.sql.index("line")) == sql.index(":a")
    assert bound.source_offset(bound.sql.index("2,")) == sql.index(":b")


@pytest.mark.parametrize(
    ("sql", "values", "said"),
    [
        (
            "select * from t where a in :x",
            {"x": "1"},
            "IN :x needs a list, and x is of the type str",
        ),
        (
            "select * from t where a not in :x",
            {"x": 1},
            "IN :x needs a list, and x is of the type int",
        ),
        ("select * from t where a = :x", {"x": [1, 2]}, "Write IN :x"),
        ("select * from t where a <> :x", {"x": (1, 2)}, "Write NOT IN :x"),
        ("select * from t where a = any(:x)", {"x": [1, 2]}, "Write IN :x for = ANY"),
        ("select * from t where a <> ALL ( :x )", {"x": [1]}, "ALL(:x) needs an array"),
    ],
)
def test_a_list_and_one_value_are_not_compared(sql, values, said):
    with pytest.raises(CivisMagicError, match=re.escape(said)):
        bind(sql, "redshift", values)


@pytest.mark.parametrize(
    ("sql", "value", "dialect"),
    [
        ("select * from t where (a, b) = :x", [1, 2], "redshift"),
        ("select * from t where a = any(:x)", "{1,2}", "redshift"),
        ("select * from t where a = any(:x)", [1, 2], "duckdb"),
        ("select * from t where a in (:x)", 1, "redshift"),
        ("select 'a' in :x", "abc", "duckdb"),
    ],
)
def test_rows_and_texts_are_compared_as_they_may_be(sql, value, dialect):
    assert ":x" not in bind(sql, dialect, {"x": value}).sql


FRAMES = {
    "pandas": (pd.DataFrame({"a": [1]}), "df", 'duckdb.sql("…"), where it is called df'),
    "polars": (pl.DataFrame({"a": [1]}), "df", 'duckdb.sql("…"), where it is called df'),
    "lazy": (pl.LazyFrame({"a": [1]}), "df.collect()", 'duckdb.sql("…")'),
    "arrow": (pa.table({"a": [1]}), "df", 'duckdb.sql("…")'),
    "result": (ResultTable([["1"]], columns=["a"]), "df.to_arrow()",
               'df.sql("…"), where it is called self'),
}  # fmt: skip


@pytest.mark.parametrize("kind", FRAMES)
@pytest.mark.parametrize("sql", ["select * from :df", "select * from t join :df on true"])
def test_a_frame_in_the_place_of_a_table_is_told_how_it_can_be_queried(kind, sql):
    frame, loaded, local = FRAMES[kind]
    with pytest.raises(CivisMagicError, match=r"a (frame|result) in the notebook") as caught:
        bind(sql, "redshift", {}, [{"df": frame}])
    said = str(caught.value)
    assert f"Query it here: {local}" in said
    assert f'dataframe_to_civis({loaded}, DATABASE, "SCHEMA.TABLE")' in said
    assert said.endswith("Nothing was sent.")
    assert duckdb.sql("select count(*) as n from frame").fetchall() == [(1,)]


def test_a_list_is_no_table_either():
    with pytest.raises(CivisMagicError, match=":ids stands where a table's name is expected"):
        bind("select * from :ids", "redshift", {"ids": [1, 2]})
