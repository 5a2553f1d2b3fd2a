"""What is known of SQL without a database: its tokens, and whether it only reads."""

from __future__ import annotations

from itertools import takewhile

import duckdb
import pytest
from hypothesis import given
from hypothesis import strategies as st

from civis_nb.sql_text import (
    only_place,
    only_reads,
    split_statements,
    tokenize,
    without_terminator,
)

_PIECES = st.sampled_from(
    ["'", '"', "\\", "$$", "$a$", "--", "/*", "*/", ";", "\n", " ", "E", "e'", "select", "1", "x"]
)


@pytest.mark.parametrize(
    ("sql", "reads"),
    [
        ("select 1", True),
        ("select 1;", True),
        ("-- all\nselect 1 ; ; -- done", True),
        ("select 'drop; delete' -- update", True),
        ("select $$ ; delete from t $$", True),
        (r"select 'a\b'", True),
        ("/* x; */ with a as (select ';' as x) select * from a; ", True),
        ("(select 1) union (select 2)", True),
        ("select sum(load), set, t.call, copy from t", True),
        ("table t", True),
        ("explain select 1", True),
        ("", False),
        ("-- select 1", False),
        ("select 1; select 2", False),
        ("delete from a", False),
        ("-- select\nupdate a set b = 1", False),
        ("select * into b from a", False),
        ("select * from a for update", False),
        ("with x as (delete from t returning *) select * from x", False),
        ("with x as (select 1) insert into y select * from x", False),
        ("explain analyze create table a as select 1", False),
        (r"select '\'; delete from t; --'", False),
        (r"select '\'' ; delete from t; --'", False),
        ("select 1 /* /* */ ' */ ; delete from t; --'", False),
        ("select 'open", False),
        ('select "open', False),
        ("select $$ open $", False),
        ("select '\\", False),
    ],
)
def test_only_one_statement_that_surely_reads_may_run_again(sql, reads):
    assert only_reads(sql) is reads


def test_backslashes_count_as_the_database_reads_them():
    sql = r"select '\'"
    assert only_reads(sql, backslashes=False)
    assert not only_reads(sql, backslashes=True)


@given(st.lists(_PIECES, max_size=12).map("".join), st.booleans())
def test_tokens_are_the_whole_text(sql, backslashes):
    found = list(tokenize(sql, backslashes))
    assert "".join(token.text for token in found) == sql
    assert all(sql[token.start : token.end] == token.text for token in found)


@given(st.lists(_PIECES, max_size=12).map("".join))
def test_statements_are_split_as_duckdb_does(sql):
    try:
        expected = duckdb.extract_statements(sql)
    except duckdb.Error:
        return
    assert len(split_statements(sql)) == len(expected)


@pytest.mark.parametrize(
    ("sql", "name", "place"),
    [
        ("select X from t", "x", 7),
        ('select "x" from t', "X", 7),
        ("select 'x', x /* x */ -- x", "x", 12),
        (r"select '\'x', x", "x", 14),
        ("select x, x", "x", None),
        ("select 1", "x", None),
    ],
)
def test_a_name_is_found_where_it_is_once_in_the_code(sql, name, place):
    assert only_place(sql, name) == place


def _by_tokens(sql):
    """Return the statements of a text, told by its tokens."""
    pieces, start, has_code = [], 0, False
    for token in [*tokenize(sql), None]:
        if token is None or token.kind == "semicolon":
            end = len(sql) if token is None else token.end
            if has_code:
                pieces.append((sql[start:end], start))
            start, has_code = end, False
        else:
            has_code |= token.kind not in ("space", "comment")
    return pieces


@given(st.text(alphabet="selctE'\"$;-/*\\ 1\n", max_size=25))
def test_a_text_is_split_where_its_tokens_tell(sql):
    pieces = _by_tokens(sql)
    assert [(p.text, p.start) for p in split_statements(sql)] == pieces
    if len(pieces) == 1 and not pieces[0][1]:
        statement = pieces[0][0]
        assert without_terminator(statement) == "".join(
            t.text for t in takewhile(lambda t: t.kind != "semicolon", tokenize(statement))
        )


@given(st.text(alphabet="into'E\"$;-/*\\ 1\n", max_size=25), st.booleans())
def test_a_text_reads_where_its_tokens_tell(rest, backslashes):
    sql = f"select {rest}"
    code = [t for t in tokenize(sql, backslashes) if t.kind not in ("space", "comment")]
    while code[-1].kind == "semicolon":
        code.pop()
    reads = all(t.closed and t.kind != "semicolon" for t in code)
    reads &= all(t.text.lower() != "into" for t in code if t.kind == "word")
    assert only_reads(sql, backslashes) == reads
