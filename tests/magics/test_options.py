"""The options of magics: what they read, what they refuse, and how they help."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from civis_nb.errors import CivisMagicError
from civis_nb.magics import settings, tablelist, watch
from civis_nb.magics.jobs import list as joblist
from civis_nb.magics.jobs import logs as loglist
from civis_nb.magics.jobs import run as job
from civis_nb.magics.jobs import script
from civis_nb.magics.sql import options as sql_options
from civis_nb.magics.sql.call import SqlCall
from civis_nb.magics.words import tokens

CELL_BODY = "SELECT 1\n"


def cell(line, body=CELL_BODY):
    return SqlCall.parse(sql_options.CELL, line, body)


def line(text):
    return SqlCall.parse(sql_options.LINE, text, None)


def test_a_cell_with_everything():
    call = cell("""df -d "My DB" --credential 7 -p x=5 --param 'name=a b' --params extra --as polars
                   -n 3 --max-rows 100 --bg --timeout 2.5 --no-run -q --ident t --ident u=a.b
                   --jinja --save kept --with a --with b --static""")
    assert call == SqlCall(
        sql=CELL_BODY, whole_cell=True, var="df", database="My DB", credential=7,
        given={"x": 5, "name": "a b"}, params="extra", kind="polars", rows=3, max_rows=100,
        bg=True, timeout=2.5, no_run=True, quiet=True, idents={"t": None, "u": "a.b"}, jinja=True,
        saved_as="kept", with_saved=("a", "b"), static=True,
    )  # fmt: skip


def test_variable_may_stand_behind_the_options():
    assert cell("-d sample df").var == "df"
    assert cell("--as=polars -n5 df").rows == 5


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT 1 << 3",
        "SELECT data->>'a', \"Quoted  Name\" FROM t -- comment",
        "SELECT 'it''s', $$ ' $$, {x}, $y, 100 % 7; ",
        "SELECT * FROM t WHERE a = '-d' AND b < -5",
        "with x as (select '  two  spaces ') select --as\t'x' from x",
        "'unclosed",
        'DELETE FROM t WHERE \\ "',
    ],
)
def test_line_sql_is_kept_to_the_letter(sql):
    assert line(f"-d sample  -n 5 {sql}").sql == sql
    assert line(sql).sql == sql


def test_two_dashes_end_the_options():
    assert line("-d sample -- -1").sql == "-1"


@given(st.text(min_size=1).filter(lambda text: text.strip() and text[0] not in "-'\" \t\n\r\x0b"
                                  and not text[0].isspace()))  # fmt: skip
def test_any_sql_is_kept_to_the_letter(sql):
    assert line(f"-d sample {sql}").sql == sql
    assert cell("-d sample", sql).sql == sql


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("x=5", 5), ("x=-5", -5), ("x=0", 0), ("x=00501", "00501"), ("x=1E5", "1E5"),
        ("x=1.10", Decimal("1.10")), ("x='5'", "5"), ('x="True"', "True"), ("x=True", True),
        ("x=None", None), ("x=", ""), ("x=a=b", "a=b"), ("'x=a b'", "a b"), ("x=1_000", "1_000"),
    ],
)  # fmt: skip
def test_parameters_are_typed_only_where_they_read_so(written, value):
    assert cell(f"-p {written}").given == {"x": value}
    assert type(cell(f"-p {written}").given["x"]) is type(value)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("df --bgg", "no option --bgg. Did you mean --bg"),
        ("df -z", "no option -z. "),
        ("--help", "%%civis_sql? in a cell of its own shows what it does."),
        ("df -h", "%%civis_sql? in a cell of its own shows what it does."),
        ("df --database", "--database needs a value: --database DB"),
        ("df -d -n 5", "-d needs a value"),
        ("df -n 0", "-n must be a whole number of at least 1, and not '0'"),
        ("df -n many", "not 'many'"),
        ("df --timeout nan", "seconds greater than 0"),
        (
            "--cache 10 minutes",
            "--cache must be one word, such as 90 (seconds), 15m, 2h or 1d, and not '10 minutes'",
        ),
        ("df --cache=2 h", "and not '2 h'"),
        ("--timeout 30 s", "--timeout must be a number of seconds, such as 90, and not '30 s'"),
        ("df --as pandsa", "Did you mean pandas"),
        ("df --as pyarrow", "Did you mean arrow?"),
        ("--to s.t --if-exists replace", "append, truncate, drop. Did you mean drop?"),
        ("df -d a -d b", "-d is given twice"),
        ("df -p 5", "-p must be NAME=VALUE"),
        ("df -p a-b=5", "-p must be NAME=VALUE"),
        ("df other", "'other' is one word too many"),
        ("class", "the name of a variable"),
        ("--params $p", "the name of a variable, without $ or braces, and not '$p'"),
        ("--params {'n':1}", "without $ or braces"),
        ("df.x", "the name of a variable"),
        ("--save 'a b'", "--save must be one word of letters, digits and _, such as recent_orders"),
        ("--with a.b", "--with must be one word of letters, digits and _"),
        ("df 'open", "The quote ' is not closed"),
        ("--bg=yes", "--bg takes no value"),
        ("select 1", "the SQL begins on the next line"),
    ],
)
def test_what_cant_be_read_says_what_to_write(text, said):
    with pytest.raises(CivisMagicError, match=r"^%%civis_sql|quote") as caught:
        cell(text)
    assert said in str(caught.value)


def test_an_empty_cell_or_line_is_refused():
    with pytest.raises(CivisMagicError, match="there is no SQL"):
        cell("df", "  \n")
    with pytest.raises(CivisMagicError, match="%civis_sql: there is no SQL"):
        line("-d sample")


def test_older_names_take_the_database_first():
    call = SqlCall.parse_query(sql_options.QUERY_CELL, "my-database;", CELL_BODY)
    assert (call.database, call.kind, call.sql) == ("my-database", None, CELL_BODY)
    call = SqlCall.parse_query(sql_options.QUERY_LINE, "'my db' SELECT ';'", None)
    assert (call.database, call.kind, call.sql) == ("my db", "pandas", "SELECT ';'")
    with pytest.raises(CivisMagicError, match="needs DATABASE"):
        SqlCall.parse_query(sql_options.QUERY_CELL, "", CELL_BODY)


def test_job_line():
    call = job.JobCall.parse("'Nightly load' --bg --tail 5 -o out --timeout 60 --no-raise")
    assert call == job.JobCall(
        call.job, bg=True, tail=5, outputs="out", timeout=60.0, no_raise=True
    )
    assert (call.job.text, call.job.raw) == ("Nightly load", "'Nightly load'")
    with pytest.raises(CivisMagicError, match="one word too many"):
        job.JobCall.parse("Nightly load")


@pytest.mark.parametrize(
    "syntax",
    [sql_options.CELL, sql_options.LINE, sql_options.QUERY_CELL, sql_options.QUERY_LINE,
     job.SYNTAX, script.SYNTAX, joblist.SYNTAX, loglist.SYNTAX, tablelist.SYNTAX, watch.SYNTAX,
     settings.SYNTAX], ids=lambda syntax: syntax.magic,
)  # fmt: skip
def test_help_names_every_option(syntax):
    for option in syntax.options:
        for flag in option.flags:
            assert flag in syntax.help
        assert option.help.split()[0] in syntax.help
    for word in syntax.positionals:
        assert word.name in syntax.help
    assert max(map(len, syntax.help.splitlines())) <= 100


def test_words_keep_what_quotes_hold():
    assert [token.text for token in tokens(r'''a "b \"c\" \\d" 'e\f' g'h'i''')] == [
        "a", 'b "c" \\d', "e\\f", "ghi",
    ]  # fmt: skip
