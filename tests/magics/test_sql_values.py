"""Values, names and templates in the SQL of ``%%civis_sql``, in a real kernel."""

from __future__ import annotations

import pytest

from tests.magics.sent import sent

pytestmark = pytest.mark.exhaustive


def test_ident_names_a_table(live, people, magics_client):
    live.run("tab = 'public.people'; tabs = ['public', 'people']")
    for source in (
        "%%civis_sql --ident tab -q\nselect count(*) as n from :tab",
        "%%civis_sql --ident tabs\nselect count(*) as n from :tabs",
        "%%civis_sql --ident t=public.people\nselect count(*) as n from :t",
        "%%civis_sql --ident t=public.people --ident c=id\nselect count(:c) as n from :t",
    ):
        live.text(source)
    assert sent(magics_client)[-1] == 'select count("id") as n from "public"."people"'
    assert "50" in live.text("%%civis_sql --ident tab\nselect count(*) as n from :tab")
    live.run("tab = 'people; drop table people'")
    assert "people; drop table people" in live.error("%%civis_sql --ident tab\nselect 1 from :tab")
    live.run("tab = 'a..b'")
    assert "is no identifier" in live.error("%%civis_sql --ident tab\nselect 1 from :tab")
    assert "--ident must be NAME or NAME=TEXT" in live.error("%%civis_sql --ident t=\nselect 1")


def test_a_value_in_a_tables_place_names_the_ways_out(live, people, magics_client):
    live.run("tab = 'public.people'")
    before = sent(magics_client)
    for sql in ("select * from :tab", "select 1 from people join :tab using (id)",
                "insert into :tab select 1"):  # fmt: skip
        error = live.error(f"%%civis_sql\n{sql}")
        assert "--ident tab" in error
        assert ":query" in error
        assert "pg_tables" not in error
    assert sent(magics_client) == before
    # FROM of a function is none of a query.
    live.text("%%civis_sql -p d=x\nselect 'a' is distinct from :d as other")


def test_a_frame_in_a_tables_place_names_the_way_to_query_it(live):
    live.run("import pandas as pd, polars as pl; few = pd.DataFrame({'a': [1]}); text = 'x'")
    live.run("other = pl.from_pandas(few)\nresult = %civis_sql select 1 as a")
    for name in ("few", "other"):
        error = live.error(f"%%civis_sql\nselect * from {name}")
        assert f'civis_nb.io.dataframe_to_civis({name}, DATABASE, "SCHEMA.TABLE")' in error
        assert f'Query it here: duckdb.sql("…"), where it is called {name}' in error
    assert 'result.sql("…"), where it is called self' in live.error(
        "%civis_sql select * from result"
    )
    assert live.value("result.sql('SELECT a + 1 FROM self').rows") == [(2,)]
    for name in ("text", "nosuch"):
        assert "in the notebook" not in live.error(f"%civis_sql select * from {name}")


@pytest.mark.parametrize("written", ["{num}", "${num}", "$num", "@num", "%(num)s"])
def test_values_as_other_tools_take_them_are_told(live, written):
    live.run("num = 3")
    error = live.error(f"%%civis_sql\nselect 1 as a where 2 < {written}")
    assert f"{written} is sent as it is" in error
    assert ":num binds the value of num" in error


def test_a_variable_or_a_file_holds_the_whole_statement(live, people):
    live.run("query = 'select count(*) as n from public.people where id < :most'; most = 7")
    assert "7" in live.text("%civis_sql :query")
    assert "7" in live.text("%%civis_sql\n:query\n")
    live.text("t = %civis_sql --as polars :query")
    assert live.value("t['n'].to_list()") == [7]
    live.run("query = 5")
    assert "query is no text but of type int" in live.error("%civis_sql :query")
    assert "nosuch is not set" in live.error("%civis_sql :nosuch")
    # "open" is in IPython's namespace twice, and is no text; "nobe" is in one of them.
    live.run("nobe = 'select 1'")
    assert "not set. Did you mean :nobe? Nothing" in live.error("%civis_sql :nope")
    (live.folder / "count.sql").write_text(
        "-- how many\nselect count(*) as n\nfrom public.people;\n"
    )
    assert "50" in live.text("%%civis_sql -f count.sql\n")
    assert "50" in live.text("%civis_sql -f count.sql")
    assert "Did you mean count.sql?" in live.error("%civis_sql -f cuont.sql")
    assert "brings its own SQL" in live.error("%%civis_sql -f count.sql\nselect 1")
    (live.folder / "wrong.sql").write_text("select 1,\n  nosuch\n")
    assert "line 2, column 3 of wrong.sql" in live.error("%civis_sql -f wrong.sql")
    (live.folder / "latin.sql").write_bytes("select 'é'".encode("latin-1"))
    assert "no UTF-8" in live.error("%civis_sql -f latin.sql")


def test_a_variable_without_its_colon_is_no_statement(live, people, magics_client):
    before = sent(magics_client)
    live.run("query = 'select 1 as one'")
    for word in ("query", "{query}", "$query", "query;"):
        assert ":query" in live.error(f"%civis_sql {word}")
    assert sent(magics_client) == before


def test_jinja_binds_values(live, people, magics_client):
    live.run("x = \"it's\"; ids = [1, 2]; tab = 'public.people'; part = 'id > 0'")
    live.text(
        "%%civis_sql df --jinja\nselect {{x}} as x, id from {{tab|ident}}\n"
        "where {% if ids %}id in ({{ids}}){% endif %} and {{ part|sqlsafe }}"
    )
    assert sent(magics_client)[-1] == (
        "select 'it''s' as x, id from \"public\".\"people\"\nwhere id in (1, 2) and id > 0"
    )
    assert live.value("sorted(df['id'].tolist())") == [1, 2]
    assert "as it is: 'id > 0'" in live.text(
        "%%civis_sql --jinja\nselect count(*) from people where {{part|sqlsafe}}"
    )


@pytest.mark.parametrize(
    ("sql", "said"),
    [
        ("select '{{x}}'", "stands inside quotes"),
        ('select "{{x}}"', "stands inside quotes"),
        ("select {{nosuch}}", "nosuch}} has no value"),
        ("select {{xx}}", "did you mean"),
        ("select {% if %}", "line 1 of the SQL: Expected an expression, got 'end of statement"),
        ("select {% if x y %}", "got 'y'. Nothing was sent."),
        ("select {% unknown %}", "unknown tag 'unknown'. Nothing was sent."),
        ("select {{x|sqlsafe}}{{5|sqlsafe}}", "sqlsafe takes text"),
        ("{% macro m(v) %}{{v}}{% endmacro %}select {{m(x)}}", "macro"),
        ("select {{1/0}}", "ZeroDivisionError"),
    ],
)
def test_jinja_refuses_what_would_not_be_a_value(live, magics_client, sql, said):
    live.run('x = "\'; drop table people; --"')
    before = sent(magics_client)
    assert said in live.error(f"%%civis_sql --jinja\n{sql}")
    assert sent(magics_client) == before


def test_an_error_in_a_template_shows_the_sql_that_was_sent(live):
    live.run("word = 'x'")
    sql = "select {{word}} as a,\n  {{word}}::int as b from nosuch"
    said = live.error(f"%%civis_sql --jinja\n{sql}")
    assert "   2 |   'x'::int as b from nosuch" in said
    assert "line 2, column 22 of the rendered SQL" in said


def test_a_name_in_quotes_is_said_to_be_text(live, magics_client):
    live.run("pat = 'A'; day = 'x'")
    shown = live.text("%%civis_sql\nselect '%:pat%' as a, '12:day' as b, ':nosuch' as c")
    assert "without quotes; to put text around it: '…' || :pat || '…'." in shown
    assert ":day stands" not in shown
    assert ":nosuch stands" not in shown
    assert sent(magics_client)[-1] == "select '%:pat%' as a, '12:day' as b, ':nosuch' as c"
    assert ":n stands in quotes" in live.text("%%civis_sql -p n=5\nselect ':n' as a")
    assert "stands" not in live.text("%%civis_sql\nselect '%' || :pat || ':pat' as a")
    assert "stands" not in live.text("%%civis_sql -q\nselect ':pat' as a")


def test_jinja_without_the_option_names_it(live, magics_client):
    before = sent(magics_client)
    assert "Add --jinja" in live.error("%%civis_sql\nselect {{x}}")
    assert "Add --jinja" in live.error("%%civis_sql\n{% if x %}select 1{% endif %}")
    assert sent(magics_client) == before
    assert "{{x}}" in live.text("%%civis_sql\nselect '{{x}}' as a -- {{x}}")


def test_suggestions_are_near(live):
    for typed, option in (
        ("--creds 5", "--credential"), ("--append", "--if-exists"),
        ("--lmit 5", "-n/--limit"), ("--databse x", "-d/--database"), ("--async", "--bg"),
        ("--dry-run", "--no-run"), ("--format pandas", "--as"), ("--silent", "-q/--quiet"),
        ("--max 5", "--max-rows"), ("--background", "--bg"), ("--templ", "--jinja"),
    ):  # fmt: skip
        assert option in live.error(f"%%civis_sql {typed}\nselect 1")
    error = live.error("%%civis_sql df << select 1\nselect 1")
    assert "%%civis_sql df\nselect 1" in error
    assert "df = %civis_sql select 1" in live.error("%civis_sql df << select 1")
    assert "df = %civisquery DATABASE select 1" in live.error("%civisquery sample df << select 1")


def test_names_that_are_local_are_found(live):
    live.run("run = get_ipython().run_line_magic")
    assert live.value(
        "(lambda: [int(run('civis_sql', 'select :i').rows[0][0]) for i in (3, 4)])()"
    ) == [3, 4]
    live.run(
        "def outer(wanted):\n    def inner():\n"
        "        return run('civis_sql', 'select :wanted').rows\n    return inner()\n"
    )
    assert live.value("outer(8)") == [("8",)]
    live.run("def magic(here):\n    found = %civis_sql select :here as n\n    return found.rows\n")
    assert live.value("magic(9)") == [("9",)]
