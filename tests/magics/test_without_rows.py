"""Statements without a result, where something was to be made of one; names of Python's own."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from civis_nb.errors import CivisMagicError
from civis_nb.magics.sql.call import SqlCall
from civis_nb.magics.sql.with_rows import check_rows_are_given, gives_rows
from tests.magics.sent import sent_exactly


@pytest.fixture
def table(shell):
    shell.cell(
        "%civis_sql drop table if exists public.changed; "
        "create table public.changed (a int, b text)"
    )
    return "public.changed"


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        ("select 1", True),
        ("(select 1) union all (select 2)", True),
        ("with n as (select 1) select * from n", True),
        ("with recursive n(a) as (select 1), m as not materialized (select 2) table n", True),
        ("with update as (select 1) select * from update", True),
        ("values (1)", True),
        ("show tables", True),
        ("explain insert into t values (1)", True),
        ("explain create table t as select 1", True),
        ("insert into t values (1) returning a", True),
        ("with n as (select 1) insert into t select * from n returning *", True),
        ("select 1 as into, t.into from t", True),
        ("select 1; drop table t", True),
        ("begin; select 1; commit", True),
        ("insert into t select * from u", False),
        ("insert into t (\"returning\") values ('returning')", False),
        ("with n as (select 1) insert into t select * from n", False),
        ("with gone as (delete from t returning *) insert into u select * from gone", False),
        ("select a into u from t", False),
        ("create table t as select 1", False),
        ("-- why\ntruncate t;", False),
        ("begin; delete from t; commit;", False),
        ("set search_path to x", False),
        ("copy t from 's3://b/k' iam_role default", False),
        ("call refresh()", None),
        ("execute prepared", None),
        ("insert into t select 1; call refresh()", None),
        ("", False),
    ],
)
def test_what_the_text_tells_of_rows(sql, expected):
    assert gives_rows(sql) is expected


@pytest.mark.parametrize(
    ("cell", "said"),
    [
        ("%%civis_sql df\ninsert into {} values (1, 'x')",
         "INSERT gives no rows, so there is nothing to assign to df. Leave df out"),
        ("%%civis_sql df\nwith n as (select 2 as a) insert into {} select a, 'y' from n",
         "INSERT gives no rows"),
        ("%%civis_sql df\nselect 1 as a into public.never", "SELECT … INTO gives no rows"),
        ("%%civis_sql df\nbegin; delete from {}; commit", "none of the statements gives rows"),
        ("%%civis_sql df --as lazy\nupdate {} set a = 1", "UPDATE gives no rows"),
        ("%%civis_sql --as polars\ndelete from {}", "nothing for --as polars. Leave --as out."),
        ("%%civis_sql --profile\ntruncate {}", "nothing for --profile. Leave --profile out."),
        ("%civis_sql --as pandas --bg delete from {}", "nothing for --as pandas"),
        ("%civisquery sample --as pandas delete from {}", "nothing for --as pandas"),
    ],
)  # fmt: skip
def test_what_needs_rows_is_refused_before_it_is_sent(shell, magics_client, table, cell, said):
    shell.ns["df"] = "old"
    before = sent_exactly(magics_client)
    error, text = shell.failing(cell.format(table))
    assert isinstance(error, CivisMagicError)
    assert said in text
    assert text.rstrip().endswith("Nothing was sent.")
    assert sent_exactly(magics_client) == before
    assert shell.ns["df"] == "old"


def test_returning_is_proposed_where_the_database_has_it():
    call = SqlCall("delete from t", True, var="df")
    for dialect in ("postgres", "duckdb"):
        with pytest.raises(CivisMagicError, match="end the statement with RETURNING"):
            check_rows_are_given(call, call.sql, dialect)
    with pytest.raises(CivisMagicError, match=r"the first line\. Nothing was sent"):
        check_rows_are_given(call, call.sql, "redshift")


def test_changes_that_give_rows_are_assigned(shell, table):
    shell.cell(f"%%civis_sql df\ninsert into {table} values (1, 'x') returning a, b")
    assert shell.ns["df"].to_dict("list") == {"a": [1], "b": ["x"]}
    shell.cell(f"%%civis_sql df\nwith n as (select 2 as a) insert into {table} select a, 'y' "
               "from n returning a")  # fmt: skip
    assert list(shell.ns["df"]["a"]) == [2]
    assert shell.cell(f"%civis_sql --as pandas select count(*) n from {table}")["n"][0] == 2


@pytest.mark.parametrize("options", ["", "--as lazy", "--types infer", "--profile"])
def test_a_statement_of_which_only_its_run_tells_that_it_has_no_rows(shell, options):
    shell.ns["df"] = "old"
    assert gives_rows("checkpoint") is None
    shell.cell(f"%%civis_sql df {options}\ncheckpoint")
    assert shell.ns["df"] is None
    assert [one["text/plain"] for one in shell.outputs] == [
        "Query on sample: the statement has run and gives no rows. df is None."
    ]
    shell.cell(f"%%civis_sql df {options} -q\ncheckpoint")
    assert shell.outputs == []


def test_changes_in_the_background_are_no_failures(shell, table):
    insert = f"insert into {table} values (3, 'z')"
    notes = {insert: "INSERT: 1 row.", "checkpoint": "the statement has run and gives no rows."}
    for statement, note in notes.items():
        shell.cell(f"%%civis_sql f --bg\n{statement}")
        assert shell.ns["f"].result(timeout=60) is None
        assert repr(shell.ns["f"]).endswith(note)
        future = shell.cell(f"%%civis_sql --bg\n{statement}")
        shell.cell("%civis_wait")
        assert future.exception() is None


def test_the_older_name_of_the_line_magic_runs_changes(shell, table):
    assert repr(shell.cell(f"%civisquery sample delete from {table}")) == "DELETE: 0 rows"


def test_an_inferred_frame_without_rows_has_its_columns(shell):
    shell.cell("%%civis_sql df --types infer\nselect 1 as a, 'x' as b where false")
    assert list(shell.ns["df"].columns) == ["a", "b"]
    assert len(shell.ns["df"]) == 0


@pytest.mark.parametrize(
    "cell",
    ["%%civis_sql {}\nselect 1 as a", "%civis_logs -o {}", "%%civis_run python -o {}\npass",
     "%civis_run 1 -o {}", "%%civis_workflow {}\nversion: '2.0'"],
)  # fmt: skip
@pytest.mark.parametrize("name", ["print", "list", "id", "open", "Out", "get_ipython"])
def test_names_of_python_and_ipython_are_no_variables(shell, magics_client, cell, name):
    before = sent_exactly(magics_client)
    known = shell.ns.get(name, "not there")
    error, text = shell.failing(cell.format(name))
    owner = "IPython" if name in ("Out", "get_ipython") else "Python"
    assert isinstance(error, CivisMagicError)
    assert f"{name} is a name of {owner}'s own" in text
    assert f"such as {name}_result" in text
    assert shell.ns.get(name, "not there") is known
    assert sent_exactly(magics_client) == before


def test_the_notebook_s_own_variable_is_assigned_whatever_its_name(shell):
    shell.ns["sum"] = SimpleNamespace()
    shell.cell("%%civis_sql sum\nselect 1 as a")
    shell.cell("%%civis_sql sum\nselect 2 as a")
    assert list(shell.ns["sum"]["a"]) == [2]
    shell.cell("%%civis_sql _\nselect 3 as a")
    assert list(shell.ns["_"]["a"]) == [3]
