"""Each option of ``%%civis_sql`` in a real kernel."""

from __future__ import annotations

import time

import pytest

from civis_nb.magics.views import Plan
from tests.magics.sent import sent

pytestmark = pytest.mark.exhaustive


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


def test_what_is_said_of_a_statement_outlives_its_progress(live):
    live.run("from civis_nb.display import live as shown; after_s = shown.SHOWN_AFTER_S")
    live.run("shown.SHOWN_AFTER_S = 0.0; part = 'range > 0'")
    try:
        for option in ("", "--as pandas", "--profile"):
            said = live.text(
                f"%%civis_sql --jinja {option}\n"
                "select count(*) as n from generate_series(0, 19999999) t(range) where "
                "{{part|sqlsafe}}"
            )
            assert "as it is: 'range > 0'" in said
            assert "n" in said.split("'range > 0'")[1]
    finally:
        live.run("shown.SHOWN_AFTER_S = after_s")


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
    shown = live.text(
        "%%civis_sql df --max-rows 10\nselect 1; select * from generate_series(0, 19) t(range)"
    )
    assert "5 of the first 10 rows; the total is not known" in shown
    shown = live.text(
        "%%civis_sql df --max-rows 30\nselect 1; select * from generate_series(0, 19) t(range)"
    )
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
    # As text, whoever writes the word: in a table's font the drawing falls apart.
    again = live.text("%%civis_sql\n-- why\nexplain select name from public.people")
    assert again == plan
    two = live.text("%%civis_sql\nexplain select 1; select 7 as seven")
    assert "1 of 1 row" in two
    live.run("%%civis_sql lines\nexplain select name from public.people")
    assert live.value("lines.columns.tolist()") == ["QUERY PLAN"]
    assert live.value("'\\n'.join(lines['QUERY PLAN'])") == plan.partition("\n")[2]
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
    assert "CREATE TABLE" in live.text(
        "%civis_sql drop table if exists told; create table told (a int)"
    )
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
        cells = [live.run(f"%%civis_sql {line}\nselect * from generate_series(0, 499) t(range)")
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


def test_a_plan_stands_in_characters_of_one_width():
    html = Plan([["a ─┐"], ["b ─┘"]], "sample")._repr_mimebundle_()["text/html"]
    assert "monospace" in html
    assert "a ─┐\nb ─┘" in html
