"""``%%civis_sql`` and its relatives in a shell, against a local platform."""

from __future__ import annotations

import _thread
import threading
import time
from decimal import Decimal

import pyarrow as pa
import pytest

import civis_nb
from civis_nb.display.tables import ResultTable
from civis_nb.errors import (
    CivisConfigError,
    CivisInputError,
    CivisMagicError,
    CivisSQLError,
    CivisTimeoutError,
)
from civis_nb.magics.history import History
from civis_nb.magics.sql.background import FrameFuture
from tests.magics.sent import sent_exactly

SLOW = "select count(*) from generate_series(0, 99999999999) a(range) where sqrt(a.range) > 0"


def test_the_extension_loads_and_unloads(shell):
    magics = shell.ip.magics_manager.magics
    assert {"civis_sql", "civisquery"} <= set(magics["cell"])
    assert {"civis_sql", "civisquery", "civis_run", "civis_config"} <= set(magics["line"])
    import civis_nb

    civis_nb.unload_ipython_extension(shell.ip)
    assert not [name for kind in magics.values() for name in kind if "civis" in name]


def test_help_shows_the_options(shell):
    info = shell.ip.object_inspect("%%civis_sql")
    assert info["found"]
    assert "--max-rows N" in info["docstring"]


def test_a_cell_without_a_variable_has_a_table_as_its_value(shell):
    table = shell.cell("%%civis_sql\nselect 1 as n, null as nothing, '00501' as code")
    assert isinstance(table, ResultTable)
    assert shell.ns["_"] is table
    assert table.rows == [("1", None, "00501")]
    assert table.caption == "1 of 1 row"
    assert shell.outputs == []
    assert "NULL" in shell.stdout


def test_a_long_result_is_a_preview_and_says_so(shell):
    table = shell.cell("%%civis_sql -n 3\nselect * from generate_series(0, 4999) t(range)")
    assert table.caption == "3 of the first 1,000 rows; the total is not known"
    assert len(table.to_polars()) == 5000


def test_a_whole_preview_is_never_run_again(shell, magics_client):
    table = shell.cell("%%civis_sql\nselect 7::smallint as n, 1.50::decimal(4,2) as d, '' as s")
    before = sent_exactly(magics_client)
    assert list(table) == [(7, Decimal("1.50"), "")]
    assert [str(kind) for kind in table.to_pandas().dtypes][:2] == ["int64", "float64"]
    assert [str(kind) for kind in pa.table(table).schema.types] == [
        "int16", "decimal128(4, 2)", "string",
    ]  # fmt: skip
    assert sent_exactly(magics_client) == before


def test_the_database_counts_the_rows_of_a_preview(shell):
    table = shell.cell(
        "%%civis_sql\nselect range as n from generate_series(0, 2999) t(range) -- all of them\n;"
    )
    assert table.caption == "20 of the first 1,000 rows; the total is not known"
    assert table.count_rows() == 3000
    assert table.caption == "20 of 3,000 rows"
    assert not table.complete
    assert (
        shell.cell(
            "%civis_sql --max-rows 5 select range from generate_series(0, 8) t(range)"
        ).count_rows()
        == 5
    )
    assert shell.cell("%civis_sql select 1").count_rows() == 1


@pytest.mark.parametrize("source", ["%%civis_sql", "%%civis_sql\n", "%%civis_sql df -n 3\n\n  \n"])
def test_a_cell_without_sql_is_an_error_that_runners_see(shell, source):
    error, text = shell.failing(source)
    assert isinstance(error, CivisMagicError)
    assert "there is no SQL. Write it below this line" in text


def test_sql_behind_the_cell_magic_is_told_where_it_belongs(shell):
    error, _ = shell.failing("%%civis_sql select 'it''s' as \"x\"")
    assert "begins on the next line" in str(error)
    assert "%civis_sql with one percent sign" in str(error)


def test_cells_of_others_are_left_alone(shell):
    text = "get_ipython().run_cell_magic('civis_sql', '', '')"
    shell.cell(f'x = "{text}"')
    assert shell.ns["x"] == text
    civis_nb.unload_ipython_extension(shell.ip)
    assert not shell.ip.input_transformers_post


def test_a_statement_without_a_result_is_an_empty_table(shell):
    sql = "drop table if exists nothing_back; create table nothing_back (a int)"
    assert shell.cell(f"%%civis_sql\n{sql}").columns == []


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT 1 << 3 AS x",
        "SELECT JSON_EXTRACT_PATH_TEXT('{\"a\": 1}', 'a') AS \"Quoted  Name\" -- {x} $y %z\n",
        "  SELECT 'it''s', '  two  spaces', 100 % 7, $$ :x $$ ;  \n\n",
        "SELECT '{braces} $dollar $$HOME', '[1, 2][1:1]' AS l\r\n",
        "SELECT 'é日本🙂\t'",
    ],
)
def test_sql_reaches_the_server_to_the_byte(shell, magics_client, sql):
    shell.ns.update(x=1, y=2, dollar="no", braces="no")
    shell.ip.run_cell_magic("civis_sql", "", sql)
    assert sent_exactly(magics_client)[-1] == sql
    shell.ip.run_cell_magic("civis_sql", "df", sql)
    assert sent_exactly(magics_client)[-1] == sql
    one_line = sql.strip()
    shell.ip.run_line_magic("civis_sql", one_line)
    assert sent_exactly(magics_client)[-1] == one_line


def test_values_come_from_options_dictionary_and_variables(shell):
    shell.ns.update(a=1, b=1, c=1, extra={"b": 2, "c": 2})
    table = shell.cell("%%civis_sql -p c=3 --params extra\nselect :a, :b, :c, 'x:a' -- :zzz")
    assert table.rows == [("1", "2", "3", "x:a")]


def test_values_come_from_the_calling_function(shell):
    shell.cell(
        "def f(local):\n    return get_ipython().run_line_magic('civis_sql', 'select :local')"
    )
    assert shell.cell("f(7)").rows == [("7",)]


def test_lists_expand(shell):
    shell.ns["ids"] = [1, 3]
    shell.cell("%%civis_sql df\nselect * from generate_series(0, 4) t(range) where range in (:ids)")
    assert list(shell.ns["df"]["range"]) == [1, 3]


@pytest.mark.parametrize(
    ("source", "kind", "said"),
    [
        ("%%civis_sql\nselect :nowhere", CivisMagicError, ":nowhere has no value"),
        ("%%civis_sql\nselect :empty", CivisInputError, "an empty list"),
        ("%%civis_sql --params nowhere\nselect :a", CivisMagicError, "nowhere is not set"),
        ("%%civis_sql --bgg\nselect 1", CivisMagicError, "Did you mean --bg"),
        ("%%civis_sql -d sampel\nselect 1", CivisMagicError, "Did you mean sample"),
        ("%%civis_sql -d zzz\nselect 1", CivisMagicError, "There are: sample"),
        ("%civis_sql -d sample", CivisMagicError, "there is no SQL"),
        ("%%civis_sql df\n\n", CivisMagicError, "there is no SQL"),
        ("%civis_config databse x", CivisConfigError, "database"),
    ],
)
def test_what_is_wrong_is_said_and_nothing_is_sent(shell, magics_client, source, kind, said):
    shell.ns["empty"] = []
    before = sent_exactly(magics_client)
    error, text = shell.failing(source)
    assert isinstance(error, kind)
    assert said in text
    assert "Traceback" not in text
    assert sent_exactly(magics_client) == before


def test_a_failed_query_shows_its_place_and_leaves_the_variable(shell):
    shell.ns["df"] = "old"
    for line in ("df", ""):
        error, text = shell.failing(
            f"%%civis_sql {line}\nselect 1,\n  nosuch\nfrom generate_series(1, 3)\n"
        )
        assert isinstance(error, CivisSQLError)
        assert (error.line, error.column) == (3, 3)
        lines = text.strip().splitlines()
        assert "     3 |   nosuch".strip() in text
        assert len(lines) <= 15
        assert "Traceback" not in text
    assert shell.ns["df"] == "old"


def test_unknown_tables_and_syntax_errors_are_told(shell):
    _, text = shell.failing("%%civis_sql\nselect * from no_such_table")
    assert "no_such_table" in text
    _, text = shell.failing("%%civis_sql\nselec 1")
    assert "Did you mean SELECT?" in text


def test_max_rows_cuts_and_says_so(shell):
    shell.cell("%%civis_sql df --max-rows 10\nselect * from generate_series(0, 49) t(range)")
    assert len(shell.ns["df"]) == 10
    assert "5 of the first 10 rows; the total is not known" in shell.outputs[0]["text/plain"]
    assert shell.cell(
        "%%civis_sql --max-rows 10\nselect * from generate_series(0, 49) t(range)"
    ).caption == ("10 of the first 10 rows; the total is not known")


def test_quiet_shows_nothing(shell):
    assert shell.cell("%%civis_sql df -q\nselect 1 as n") is None
    assert shell.outputs == []
    assert len(shell.ns["df"]) == 1
    assert shell.cell("%%civis_sql -q\nselect 1 as n") is None


def test_no_run_shows_the_sql_and_sends_nothing(shell, magics_client):
    before = sent_exactly(magics_client)
    assert shell.cell('%%civis_sql --no-run -p "x=it\'s"\nselect :x') is None
    assert "select 'it''s'" in shell.outputs[0]["text/plain"]
    assert sent_exactly(magics_client) == before


def test_line_magic_gives_its_value(shell):
    shell.cell("x = %civis_sql -d sample select 1 << 3 as n")
    assert shell.ns["x"].rows == [("8",)]
    shell.cell("y = %civis_sql --as polars select 1 << 3 as n")
    assert shell.ns["y"]["n"].to_list() == [8]


def test_older_names(shell):
    assert shell.cell("%%civisquery sample\nselect 1 as n").rows == [("1",)]
    shell.cell("df = %civisquery sample select 1 as n")
    assert list(shell.ns["df"]["n"]) == [1]


def test_static_mode_shows_one_display_and_text_mode_text_only(shell):
    shell.cell("%civis_config display static")
    shell.cell("%%civis_sql df\nselect 1 as n")
    static = shell.outputs
    assert len(static) == 1
    shell.cell("%civis_config display text")
    shell.cell("%%civis_sql df\nselect 1 as n")
    assert shell.outputs == [{"text/plain": static[0]["text/plain"]}]


def test_background_gives_a_future_of_the_frame(shell):
    shell.cell("%%civis_sql later --bg\nselect 1 as n")
    future = shell.ns["later"]
    assert isinstance(future, FrameFuture)
    assert "later.result()" in shell.outputs[0]["text/plain"]
    assert list(future.result(timeout=60)["n"]) == [1]
    assert "✓" in repr(future)


def test_background_failure_is_raised_by_the_result(shell):
    future = shell.cell("%%civis_sql --bg\nselect nosuch")
    assert isinstance(future.exception(timeout=60), CivisSQLError)
    assert "nosuch" in repr(future)


def test_background_can_be_cancelled(shell):
    shell.cell(f"%%civis_sql later --bg\n{SLOW}")
    future = shell.ns["later"]
    assert future.cancel()
    deadline = time.monotonic() + 60
    while not future.done():
        assert time.monotonic() < deadline
        time.sleep(0.05)
    assert future.cancelled()
    assert future.state == "cancelled"


@pytest.mark.parametrize("line", ["", "df"])
def test_interrupt_cancels_the_remote_run_and_says_so(shell, magics_client, line):
    before = sent_exactly(magics_client)

    def interrupt():
        deadline = time.monotonic() + 60
        while sent_exactly(magics_client) == before and time.monotonic() < deadline:
            time.sleep(0.05)
        _thread.interrupt_main()

    shell.ns["df"] = "old"
    thread = threading.Thread(target=interrupt)
    thread.start()
    error, text = shell.failing(f"%%civis_sql {line}\n{SLOW}")
    thread.join()
    assert isinstance(error, KeyboardInterrupt)
    assert "is cancelled" in text or "was asked to stop" in text
    assert "Traceback" not in text
    assert shell.ns["df"] == "old"


@pytest.mark.parametrize("line", ["", "df"])
def test_an_interrupt_while_a_run_is_remembered_cancels_it(shell, magics_client, monkeypatch, line):
    add, known = History.add, []

    def interrupted(self, *args, **values):
        known.append(values["job_id"])
        _thread.interrupt_main()
        return add(self, *args, **values)

    monkeypatch.setattr(History, "add", interrupted)
    error, text = shell.failing(f"%%civis_sql {line}\n{SLOW}")
    assert isinstance(error, KeyboardInterrupt)
    assert "is cancelled" in text or "was asked to stop" in text
    assert "Traceback" not in text
    (job_id,) = known
    deadline = time.monotonic() + 60
    while magics_client.jobs.get(job_id).state != "cancelled":
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_timeout_cancels_the_remote_run_and_says_so(shell):
    error, text = shell.failing(f"%%civis_sql --timeout 0.5\n{SLOW}")
    assert isinstance(error, CivisTimeoutError)
    assert "Not done within 0.5 s" in text
    assert "is cancelled" in text or "was asked to stop" in text


def test_without_a_key_the_error_names_both_ways_out(shell, monkeypatch):
    monkeypatch.delenv("CIVIS_API_KEY")
    monkeypatch.delenv("CIVIS_API_ENDPOINT")
    _, text = shell.failing("%%civis_sql\nselect 1")
    assert "CIVIS_API_KEY" in text
    assert "CIVIS_NB_BACKEND=local" in text
    assert "Traceback" not in text
