"""Each option of ``%%civis_sql`` in a real kernel."""

from __future__ import annotations

import time

import pytest

pytestmark = pytest.mark.exhaustive


@pytest.fixture(scope="module")
def people(live):
    live.text(
        "%civis_sql create or replace table public.people as "
        "select range as id, 'name ' || range as name from range(50)"
    )
    return "public.people"


def sent(client):
    """Return the SQL of the newest queries and scripts, newest last."""
    newest = {"limit": 3, "hidden": True, "order": "created_at", "order_dir": "desc"}
    found = [(one.id, one.sql) for one in client.queries.list(**newest)]
    for one in client.scripts.list(type="sql", **newest):
        found.append((one.id, client.scripts.get_sql(one.id).sql))
    return [sql.rstrip("\n") for _, sql in sorted(found)]


def test_the_credential_is_the_one_of_the_option(live, magics_client):
    """As a query, for a preview, and as a script, for a frame."""
    default = magics_client.credentials.list()[0]
    other = magics_client.credentials.post(
        default.type, "reader", "secret", name="Reader", remote_host_id=default.remote_host_id
    ).id
    assert other != default.id
    newest = {"limit": 1, "hidden": True, "order": "created_at", "order_dir": "desc"}
    for given, used in (("", default.id), (f"--credential {other}", other)):
        live.text(f"%civis_sql {given} select 1 as a")
        assert magics_client.queries.list(**newest)[0].credential == used
        live.text(f"%%civis_sql df {given}\nselect 1 as a")
        script = magics_client.scripts.list(type="sql", **newest)[0]
        assert magics_client.scripts.get_sql(script.id).credential_id == used
    assert "no credential 999999" in live.error("%civis_sql --credential 999999 select 1")


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
        assert f"civis_nb.io.dataframe_to_civis({name}, …)" in error
    assert 'result.sql("… FROM self")' in live.error("%civis_sql select * from result")
    assert live.value("result.sql('SELECT a + 1 FROM self').rows") == [(2,)]
    for name in ("text", "nosuch"):
        assert "variable" not in live.error(f"%civis_sql select * from {name}")


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


def test_what_is_said_of_a_statement_outlives_its_progress(live):
    live.run("from civis_nb.display import live as shown; after_s = shown.SHOWN_AFTER_S")
    live.run("shown.SHOWN_AFTER_S = 0.0; part = 'range > 0'")
    try:
        for option in ("", "--as pandas", "--profile"):
            said = live.text(
                f"%%civis_sql --jinja {option}\n"
                "select count(*) as n from range(20000000) where {{part|sqlsafe}}"
            )
            assert "as it is: 'range > 0'" in said
            assert "n" in said.split("'range > 0'")[1]
    finally:
        live.run("shown.SHOWN_AFTER_S = after_s")


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


def test_max_rows_limits_what_is_fetched(live, people, magics_client):
    shown = live.text(
        "%%civis_sql df --max-rows 10\nselect * from public.people order by id -- all"
    )
    assert "5 of the first 10 rows; the total is not known" in shown
    assert live.value("df['id'].tolist()") == list(range(10))
    assert sent(magics_client)[-1] == "select * from public.people order by id\nLIMIT 10 -- all"
    live.text("%%civis_sql df --max-rows 10\nselect * from public.people limit 3")
    assert len(live.value("df['id'].tolist()")) == 3
    # A text that can take no LIMIT: the download stops.
    shown = live.text("%%civis_sql df --max-rows 10\nselect 1; select * from range(20)")
    assert "5 of the first 10 rows; the total is not known" in shown
    shown = live.text("%%civis_sql df --max-rows 30\nselect 1; select * from range(20)")
    assert "5 of 20 rows" in shown


def test_cache_shows_the_age_of_what_it_has(live, people, magics_client):
    for line in ("df", ""):
        cell = f"%%civis_sql {line} --cache 1h\nselect id, {len(line)} as line from public.people"
        live.text(cell)
        before = sent(magics_client)
        assert "kept" in live.text(cell)
        assert sent(magics_client) == before
        assert "kept" not in live.text(cell.replace("--cache 1h", "--no-cache"))
        assert "kept" not in live.text(cell)
    assert len(live.value("df['id'].tolist()")) == 50
    assert "a time such as 90" in live.error("%%civis_sql --cache soon\nselect 1")
    live.text("%%civis_sql --cache 0.05\nselect 77 as n")
    time.sleep(0.1)
    assert "kept" not in live.text("%%civis_sql --cache 0.05\nselect 77 as n")


def test_saved_statements_stand_before_others(live, people, magics_client):
    live.text("%%civis_sql --save young --no-run\nselect * from public.people where id < 20;")
    live.text("%%civis_sql --save odd --with young -q\nselect * from young where id % 2 = 1 -- odd")
    assert "10" in live.text("%%civis_sql --with odd\nselect count(*) as n from odd")
    assert "30" in live.text(
        "%%civis_sql --with odd\nwith more as (select 3 as f)\nselect count(*) * f as n "
        "from odd, more group by f"
    )
    assert "line 3, column 3 of the cell" in live.error(
        "%%civis_sql --with odd\nselect 1,\n  nosuch\nfrom odd"
    )
    assert "No statement is saved as 'od'. Did you mean odd?" in live.error(
        "%%civis_sql --with od\nselect 1"
    )
    assert "10" in live.text("%civis_sql --again odd --max-rows 50")
    assert "must be one query" in live.error("%%civis_sql --with odd\ncreate table x (a int)")


def test_history_is_kept_and_can_be_run_again(live, people):
    live.text("%%civis_sql -q\nselect 'entry of the history' as what")
    shown = live.text("%civis_jobs --history 'entry of'")
    assert "entry of the history" in shown
    number = live.value("_.rows[0][0]")
    assert "entry of the history" in live.text(f"%civis_sql --again {number}")
    assert "no entry 99999" in live.error("%civis_sql --again 99999")
    assert "Save one with --save NAME." in live.error('%civis_sql --again "<b>x\'"')
    live.text("%%civis_sql\n/* why */ -- and so on\n\n  select 'titled'\n -- the end")
    assert "select 'titled'\n" not in (shown := live.text("%civis_jobs --history titled -n 1"))
    assert "select 'titled'" in shown


def test_a_cell_of_comments_runs_nothing(live, magics_client):
    before = sent(magics_client)
    cell = "%%civis_sql{}\n-- select 1\n/* nor this */;"
    assert "nothing but comments" in live.text(cell.format(""))
    for wants in (" df", " --to public.t", " --bg"):
        assert "nothing but comments" in live.error(cell.format(wants))
    assert sent(magics_client) == before


def test_no_run_and_explain(live, people, magics_client):
    before = sent(magics_client)
    assert "select 5" in live.text("%%civis_sql --no-run -p x=5\nselect :x")
    assert sent(magics_client) == before
    plan = live.text("%%civis_sql --explain\n-- why\nselect name from public.people")
    assert plan.startswith("Plan of sample:")
    assert "people" in plan
    assert sent(magics_client)[-1].startswith("-- why\nEXPLAIN select")
    assert "takes one statement" in live.error("%%civis_sql --explain\nselect 1; select 2")
    assert "not both" in live.error("%%civis_sql --explain --no-run\nselect 1")


def test_results_are_kept_in_a_table(live, people):
    live.run("%civis_sql drop table if exists public.kept")
    assert "public.kept: CREATE TABLE: 20 rows" in live.text(
        "%%civis_sql --to public.kept\nselect * from public.people where id < 20; -- some"
    )
    assert "--if-exists append, truncate or drop" in live.error(
        "%%civis_sql --to public.kept\nselect 1"
    )
    for how, rows in (("append", 25), ("truncate", 5), ("drop", 5)):
        live.text(
            f"%%civis_sql --to public.kept --if-exists {how}\n"
            "select * from public.people where id < 5"
        )
        assert live.text("%civis_sql select count(*) as n from public.kept").split()[-1] == str(
            rows
        )
    # A query that fails leaves the rows.
    live.error("%%civis_sql --to public.kept --if-exists truncate\nselect nosuch")
    assert live.text("%civis_sql select count(*) as n from public.kept").split()[-1] == "5"
    live.text("%%civis_sql --to public.newly --if-exists append\nselect 1 as a")
    assert "SCHEMA.TABLE" in live.error("%%civis_sql --to kept\nselect 1")
    assert "keeps the result of one query" in live.error("%%civis_sql --to a.b\ndrop table x")
    assert "--if-exists needs --to" in live.error("%%civis_sql --if-exists drop\nselect 1")


def test_a_table_that_cannot_be_made_says_what_to_do(live):
    error = live.error("%%civis_sql --to nosuch.kept\nselect 1 as a")
    assert "%civis_sql CREATE SCHEMA nosuch makes the schema." in error
    # What is wrong is not in the text of the cell.
    assert "line 2" not in error
    assert "^" not in error


def test_statements_say_what_they_did(live, people):
    assert "CREATE TABLE" in live.text("%civis_sql create or replace table told (a int)")
    assert "INSERT: 3 rows" in live.text("%civis_sql insert into told values (1), (2), (3)")
    assert "UPDATE: 2 rows" in live.text("%civis_sql update told set a = 9 where a > 1")
    assert "DELETE: 1 row" in live.text("%civis_sql delete from told where a = 1")


def test_several_statements_run_in_order(live):
    shown = live.text(
        "%%civis_sql\ncreate temp table several (a int);\ninsert into several values (1), (2);\n"
        "select sum(a) as total from several;"
    )
    assert "total" in shown
    assert "3" in shown
    live.text("%%civis_sql df\ncreate temp table several (a int);\n"
              "insert into several values (4);\nselect a from several")  # fmt: skip
    assert live.value("df['a'].tolist()") == [4]
    assert "line 3, column 8 of the cell" in live.error("%%civis_sql\nselect 1;\nselect nosuch;")


def test_options_behind_the_sql_are_told_to_be_comments(live):
    shown = live.text("%civis_sql select 1 as a --rows 2")
    assert "--rows stands behind the SQL, where it is a comment" in shown
    assert "stands behind" not in live.text("%civis_sql select '--rows' as a -- rows of one")


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


def test_line_of_the_aliases_is_expanded(live):
    live.run("base = 'sample'; n = 5")
    assert "7" in live.text("%%civisquery {base}\nselect 7 as n")
    assert "7" in live.text("%%civisquery $base\nselect 7 as n, '{base} $base' as text")
    live.text("df = %civisquery sample select {n} as n")
    assert live.value("df['n'].tolist()") == [5]


def test_static_and_quiet(live):
    assert live.text("%%civis_sql -q\nselect 1 as n") == ""
    cell = live.run("%%civis_sql --static\nselect 1 as n")
    assert len(cell.outputs) == 1
    assert {"text/plain", "text/html"} <= set(cell.outputs[0]["data"])
    assert not [kind for kind in cell.outputs[0]["data"] if "widget" in kind]
    # Also where a person would get a live view.
    live.client.kc.allow_stdin = True
    try:
        cells = [live.run(f"%%civis_sql {line}\nselect * from range(500)")
                 for line in ("--static", "")]  # fmt: skip
    finally:
        live.client.kc.allow_stdin = False
    views = [cell.outputs[0]["data"]["text/html"] for cell in cells]
    assert ["civis-live" in view for view in views] == [False, True]


@pytest.mark.parametrize(
    "sql",
    ["select '{', '%', '$', '\\'", "select 'NaN'::float8 as a, 'infinity'::float8 as b",
     "select date '1600-01-01' as a, date '9999-12-31' as b", "select 'x' as a where false",
     "select '\\x00ff'::varbyte as b"],
)  # fmt: skip
def test_values_out_of_the_ordinary_are_shown(live, sql):
    live.text(f"%%civis_sql\n{sql}")


@pytest.mark.exhaustive
def test_wide_and_long_results(live):
    columns = ", ".join(f"{n} as c{n}" for n in range(2000))
    live.text(f"%%civis_sql wide\nselect {columns}")
    assert live.value("wide.shape") == (1, 2000)
    live.text("%%civis_sql long\nselect repeat('x', 1000000) as a")
    assert live.value("len(long['a'][0])") == 1_000_000
    padding = "x" * 1_000_000
    assert live.text(f"%%civis_sql\nselect length('{padding}') as n").split()[-1] == "1000000"
