"""SQL that is formatted: its lines change, its tokens and comments never do."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from civis_nb.errors import CivisInputError
from civis_nb.lab.formatting.cell import format_sql
from civis_nb.lab.formatting.lexemes import code_and_comments

pytestmark = pytest.mark.exhaustive

#: As analysts write them, one of each kind.
QUERIES = (Path(__file__).parent / "queries.txt").read_text("utf-8").rstrip("\n").split("\n====\n")
TEXTS = [
    ("select 1", "select 1"),
    ("", ""),
    ("-- only a comment", "-- only a comment"),
    (
        "SELECT id,count(*) FROM people p JOIN orders o ON o.person_id=p.id WHERE p.state='IL' "
        "GROUP BY 1",
        "SELECT id, count(*)\nFROM people p\nJOIN orders o ON o.person_id = p.id\n"
        "WHERE p.state = 'IL'\nGROUP BY 1",
    ),
    (
        "with x as (select 1 as a) select a from x",
        "with x as (\n    select 1 as a\n)\nselect a\nfrom x",
    ),
    # Commas go to the ends of their lines, in front of comments.
    (
        "select a -- the a\n, b -- the b\n, c from t",
        "select\n    a,  -- the a\n    b,  -- the b\n    c\nfrom t",
    ),
    # A comment on a line of its own keeps it.
    (
        "select a\n-- of last year\nfrom t where b and\n\n/* why\n   not */ c",
        "select a\n-- of last year\nfrom t\nwhere\n    b\n    and\n    /* why\n   not */\n    c",
    ),
    # Keywords are of the case that most of them have; names keep theirs.
    ("SELECT Id from T WHERE Left_Side", "SELECT Id FROM T WHERE Left_Side"),
    ("select Id FROM T where 'FROM' = \"SELECT\"", "select Id from T where 'FROM' = \"SELECT\""),
    # What neither reads nor changes rows is taken over as it is.
    ("copy t  from 's3://b'   csv;select  1", "copy t  from 's3://b'   csv;\nselect 1"),
    ("vacuum  t -- why\n ;\n\n\nselect 1", "vacuum  t -- why\n ;\n\nselect 1"),
    (
        "insert into t (a,b) values (%(a)s,%s) on conflict (a) do update set b=excluded.b "
        "returning *",
        "insert into t (a, b)\nvalues (%(a)s, %s)\non conflict (a) do update set b = excluded.b\n"
        "returning *",
    ),
    # Values of many rows fill their lines.
    (
        "select a from t where id in (" + ", ".join(str(n) for n in range(100000, 100014)) + ")",
        "select a\nfrom t\nwhere id in (\n"
        "    100000, 100001, 100002, 100003, 100004, 100005, 100006, 100007, 100008, 100009,\n"
        "    100010, 100011, 100012, 100013\n)",
    ),
    (
        "select case when a between 1 and 2 and b then 'a rather long text' when c or d then "
        "'another rather long text' else 'no text' end as text from t",
        "select\n    case\n        when a between 1 and 2 and b then 'a rather long text'\n"
        "        when c or d then 'another rather long text'\n        else 'no text'\n"
        "    end as text\nfrom t",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("sql", "wanted"), TEXTS)
def test_lines_are_where_a_reader_looks_for_them(sql, wanted):
    assert format_sql(sql, "redshift") == wanted


@pytest.mark.parametrize("dialect", ["redshift", "postgres", "duckdb"])
@pytest.mark.parametrize("sql", QUERIES)
def test_what_is_formatted_stays_the_same_sql(sql, dialect):
    backslashes = dialect == "redshift"
    found = format_sql(sql, dialect)
    assert code_and_comments(found, backslashes) == code_and_comments(sql, backslashes)
    assert format_sql(found, dialect) == found
    # The line of a query is short, unless a word, a text or a comment is long.
    if "statement" not in sql and not re.match(r"unload|copy|create|grant", sql):
        assert max(len(line) for line in found.split("\n")) <= 100


@pytest.mark.parametrize("sql", QUERIES)
def test_blanks_and_line_ends_do_not_matter(sql):
    # Within a text they do, and a comment ends with its line.
    if re.search(r"--|'|\$\$|\{\{", sql) or not sql.startswith(("select", "with")):
        return
    spread = re.sub(r" +", "\n   ", sql)
    assert format_sql(spread, "redshift") == format_sql(sql, "redshift")


@pytest.mark.parametrize(
    ("sql", "reason"),
    [
        ("select 'a", "a quote that begins on line 1 of the SQL is not closed"),
        ("select 1,\n(2", "the ( on line 2 of the SQL is not closed"),
        ("select 1)", "the ) on line 1 of the SQL closes nothing"),
        ("select [1)", "the ) on line 1"),
        ("select 1 /* a", "a comment that begins on line 1"),
        ("select {{ a", "a template that begins on line 1"),
        ("select " + "(" * 200 + "1" + ")" * 200, "nested more than 60 deep"),
    ],
)
def test_what_is_not_closed_is_refused(sql, reason):
    with pytest.raises(CivisInputError, match=re.escape(reason)):
        format_sql(sql, "redshift")


_PIECES = sorted(
    {piece for sql in QUERIES for piece in code_and_comments(sql, True) if piece[:2] != "--"}
    | {"{% if x %}", "{{ a }}", ":x", "::int", "-- c\n", "/* b */", "/* m\n m */", "case", "end"}
)
_SOUP = st.lists(
    st.tuples(st.sampled_from(_PIECES), st.sampled_from([" ", "", "\n", "\n\n"])), max_size=20
).map(lambda pairs: "".join(piece + blank for piece, blank in pairs))


@given(sql=st.one_of(_SOUP, st.tuples(_SOUP, st.sampled_from(QUERIES)).map(" ".join)))
@settings(deadline=None, max_examples=300)
def test_any_text_is_formatted_without_a_change_or_refused(sql):
    try:
        found = format_sql(sql, "redshift")
    except CivisInputError:
        return
    assert code_and_comments(found, True) == code_and_comments(sql, True)
    assert format_sql(found, "redshift") == found
