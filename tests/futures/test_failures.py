from __future__ import annotations

import pickle

import duckdb
import pytest
from civis.tests import create_client_mock

from civis_nb.client.response import Response
from civis_nb.errors import CivisJobFailure, CivisSQLError
from civis_nb.futures import CivisFuture, sql_position

FAST = 0.01


def fail(fake, poller, ids=(1, 2)):
    future = CivisFuture(poller, ids, client=fake, polling_interval=FAST)
    with pytest.raises(CivisJobFailure) as caught:
        future.result(timeout=20)
    return caught.value


@pytest.mark.contract("C31")
@pytest.mark.parametrize("error", [None, "", "None"])
def test_empty_error_falls_back_to_the_log(fake, make, error):
    fake.states("jobs.get_runs", "failed", error=error)
    fake.script["jobs.list_runs_logs"] = [make.logs("reading", "disk full")]
    assert "reading\ndisk full" in str(fail(fake, fake.jobs.get_runs))
    assert fake.called("jobs.list_runs_logs") == [(1, 2)]


def test_log_newest_first_is_put_in_order(fake, make):
    entries = make.logs("first", "second")
    fake.states("jobs.get_runs", "failed")
    fake.script["jobs.list_runs_logs"] = [list(reversed(entries))]
    assert "first\nsecond" in str(fail(fake, fake.jobs.get_runs))


def test_log_that_lags_is_read_again(fake, make):
    fake.states("jobs.get_runs", "failed")
    fake.script["jobs.list_runs_logs"] = [make.logs(complete=False), make.logs("late words")]
    assert "late words" in str(fail(fake, fake.jobs.get_runs))


@pytest.mark.contract("D19")
def test_no_error_and_no_log_says_so(fake, make):
    fake.states("jobs.get_runs", "failed")
    fake.script["jobs.list_runs_logs"] = [make.StatusError(500)]
    assert "neither its record nor its log" in str(fail(fake, fake.jobs.get_runs))


@pytest.mark.contract("C31")
def test_empty_error_of_a_query_never_asks_for_run_none(fake, make):
    fake.states("queries.get", "failed")
    fake.script["jobs.list_runs"] = [[]]
    error = fail(fake, fake.queries.get, (7,))
    assert isinstance(error, CivisSQLError)
    assert not fake.called("jobs.list_runs_logs")


def test_exception_field_of_a_query_counts(fake):
    fake.states("queries.get", "failed", exception="no such table")
    assert "no such table" in str(fail(fake, fake.queries.get, (7,)))


@pytest.mark.parametrize("where", ["error", "log"])
def test_out_of_memory_is_a_memory_error_too(fake, make, where):
    text = "Process ran out of its allotted 16 MiB of memory"
    fake.states("jobs.get_runs", "failed", error=text if where == "error" else None)
    fake.script["jobs.list_runs_logs"] = [make.logs("reading", text, level="error")]
    error = fail(fake, fake.jobs.get_runs)
    assert isinstance(error, MemoryError)
    assert error.platform_message == text
    with pytest.warns(DeprecationWarning, match="use platform_message"):
        assert error.said == text
    assert error.error_message == str(error) == f"(From job 1 / run 2) {text}"
    assert pickle.loads(pickle.dumps(error)).job_id == 1


@pytest.mark.parametrize("resource", ["scripts.get_sql_runs", "queries.get_runs", "queries.get"])
def test_sql_runs_fail_with_line_and_column(fake, resource):
    text = 'syntax error at or near "FORM"\nLINE 2:   FORM t\n          ^'
    fake.states(resource, "failed", error=text)
    owner, method = resource.split(".")
    error = fail(fake, getattr(getattr(fake, owner), method))
    assert isinstance(error, CivisSQLError)
    assert (error.line, error.column) == (2, 3)


def test_sql_is_known_by_its_answer_where_the_poller_has_no_name(fake):
    answer = Response({"state": "failed", "error": "bad", "resultColumns": []})
    assert isinstance(fail(fake, lambda *_: answer), CivisSQLError)


def test_sql_is_known_by_its_mock():
    client = create_client_mock()
    client.scripts.get_sql_runs.return_value = {"state": "failed", "error": "bad"}
    future = CivisFuture(client.scripts.get_sql_runs, (1, 2), client=client)
    assert isinstance(future.exception(20), CivisSQLError)


def test_other_runs_do_not_fail_as_sql(fake):
    fake.states("jobs.get_runs", "failed", error="exit code 1")
    assert type(fail(fake, fake.jobs.get_runs)) is CivisJobFailure


def test_sql_run_as_a_job_fails_with_its_place(fake):
    fake.states("jobs.get_runs", "failed", error="bad\nLINE 2:   FORM t\n          ^")
    error = fail(fake, fake.jobs.get_runs)
    assert isinstance(error, CivisSQLError)
    assert (error.line, error.column) == (2, 3)


def test_position_is_told_by_the_sql_of_the_script(fake):
    fake.states("scripts.get_sql_runs", "failed", error="syntax error Position: 12")
    fake.script["scripts.get_sql"] = [Response({"sql": "SELECT *\nFORM t"})]
    error = fail(fake, fake.scripts.get_sql_runs)
    assert (error.line, error.column) == (2, 3)


def test_position_without_the_sql_is_no_line(fake, make):
    fake.states("scripts.get_sql_runs", "failed", error="syntax error Position: 12")
    fake.script["scripts.get_sql"] = [make.StatusError(403)]
    assert fail(fake, fake.scripts.get_sql_runs).line is None


@pytest.mark.parametrize(
    ("sql", "at"),
    [
        ("SELECT 1, nope FROM (SELECT 1 AS a)", "nope"),
        ("SELECT\n  1,\n  'ä漢字', nope FROM (SELECT 1 AS a)", "nope"),
        ("SELECT '\t', nope FROM (SELECT 1 AS a)", "nope"),
        (
            "SELECT " + "1," * 100 + " nope FROM (SELECT 1 AS a) WHERE " + "1=1 AND " * 50 + "1=1",
            "nope",
        ),
        ("SELECT 1 FROM no_such_table", "no_such_table"),
        ("SELECT 1\nFROM (SELECT 1) WHRE 1", "1"),
        ("nonsense 1", "nonsense"),
    ],
)
def test_position_in_duckdbs_words_is_where_the_error_is(sql, at):
    with pytest.raises(duckdb.Error) as caught:
        duckdb.connect().execute(sql)
    line, column = sql_position(str(caught.value), sql)
    assert sql.split("\n")[line - 1][column - 1 :].startswith(at)


@pytest.mark.parametrize(
    ("text", "sql", "position"),
    [
        ("no such database", None, (None, None)),
        ("", None, (None, None)),
        ("LINE 3: SELECT", None, (3, None)),
        ("LINE 3: SELECT\nHINT: try again", None, (3, None)),
        ("LINE 1: ...abc nope...\n               ^", None, (1, None)),
        ("ERROR: bad\nLINE 2: FORM t\r\n        ^\r\n", None, (2, 1)),
        ("Position: 1", "x", (1, 1)),
        ("Position: 99", "SELECT 1", (None, None)),
        ("Position: 3", None, (None, None)),
    ],
)
def test_position_says_only_what_it_knows(text, sql, position):
    assert sql_position(text, sql) == position
