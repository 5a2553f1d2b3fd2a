"""``%%civis_sql`` and its relatives in a shell, against a local platform."""

from __future__ import annotations

import _thread
import threading
import time
from decimal import Decimal

import pandas as pd
import polars as pl
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
from civis_nb.magics.background import FrameFuture

TEXT = "str" if int(pd.__version__.split(".")[0]) >= 3 else "object"
SLOW = "select count(*) from range(100000000000) a where sqrt(a.range) > 0"


def sent(client):
    """Return the SQL of the newest queries and scripts, newest last."""
    newest = {"limit": 3, "hidden": True, "order": "created_at", "order_dir": "desc"}
    found = [(one.id, one.sql) for one in client.queries.list(**newest)]
    for one in client.scripts.list(type="sql", **newest):
        found.append((one.id, client.scripts.get_sql(one.id).sql))
    return [sql for _, sql in sorted(found)]


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
    table = shell.cell("%%civis_sql -n 3\nselect * from range(5000)")
    assert table.caption == "3 of the first 1,000 rows; the total is not known"
    assert len(table.to_polars()) == 5000


def test_a_variable_gets_the_whole_result_exactly(shell):
    assert shell.cell(
        "%%civis_sql df\n"
        "select range as n, range::varchar as code, 1.10::decimal(5,2) as d from range(5000)"
    ) is None  # fmt: skip
    df = shell.ns["df"]
    assert isinstance(df, pd.DataFrame)
    assert len(df) == 5000
    assert df["code"][7] == "7"
    assert df["d"][0] == 1.1
    assert len(shell.outputs) == 1
    assert shell.outputs[0]["text/plain"].startswith("df: 5 of 5,000 rows\n")
    assert "decimal(5,2)" in shell.outputs[0]["text/plain"]


TYPED = "select 1.10::decimal(5,2) as d, date '2020-02-29' as day, 7::smallint as n"


@pytest.mark.parametrize(
    ("types", "expected"),
    [
        ("", ["float64", "datetime64[us]", "int64"]),
        ("--types native", ["float64", "datetime64[us]", "int64"]),
        ("--types exact", ["decimal128(5, 2)[pyarrow]", "date32[day][pyarrow]", "int16"]),
        ("--types infer", ["float64", TEXT, "int64"]),
    ],
)
def test_the_types_of_a_frame_are_chosen(shell, types, expected):
    shell.cell(f"%%civis_sql df {types}\n{TYPED}")
    assert [str(kind) for kind in shell.ns["df"].dtypes] == expected
    frame = shell.cell(f"%civis_sql {types} --as pandas {TYPED}")
    assert [str(kind) for kind in frame.dtypes] == expected
    future = shell.cell(f"%%civis_sql {types} --bg\n{TYPED}")
    assert [str(kind) for kind in future.result(timeout=60).dtypes] == expected
    shell.cell(f"%civis_config types {types.split()[-1] if types else 'native'}")
    shell.cell(f"%%civis_sql df\n{TYPED}")
    assert [str(kind) for kind in shell.ns["df"].dtypes] == expected


def test_types_of_polars_and_arrow(shell):
    shell.cell(f"%%civis_sql df --as polars\n{TYPED}")
    assert shell.ns["df"].dtypes == [pl.Float64, pl.Date, pl.Int64]
    shell.cell(f"%%civis_sql df --as arrow --types exact\n{TYPED}")
    assert [str(kind) for kind in shell.ns["df"].schema.types] == [
        "decimal128(5, 2)", "date32[day]", "int16",
    ]  # fmt: skip


LOSING = "select 0.12345678901234567891::decimal(38,20) as d"


def test_a_column_that_would_lose_digits_stays_exact_and_says_so(shell):
    note = "d stays decimal(38,20): a double would lose digits. Cast it"
    shell.cell(f"%%civis_sql df\n{LOSING}")
    assert shell.ns["df"]["d"][0] == Decimal("0.12345678901234567891")
    assert shell.outputs[0]["text/plain"].splitlines()[-1].startswith(note)
    assert "--types exact" in shell.outputs[0]["text/plain"]
    shell.cell(f"x = %civis_sql --as polars {LOSING}")
    assert shell.outputs[0]["text/plain"].startswith(note)
    shell.cell(f"%%civis_sql df -q\n{LOSING}")
    assert shell.outputs == []
    shell.cell(f"%%civis_sql df --types exact\n{LOSING}")
    assert note not in shell.outputs[0]["text/plain"]
    future = shell.cell(f"%%civis_sql --bg\n{LOSING}")
    future.result(timeout=60)
    assert note in repr(future)


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("--types infer --as arrow", "only pandas and polars infer types"),
        ("--types infer", "name a VAR"),
        ("--types nativ", "Did you mean native?"),
        ("--profile --bg", "--profile and --bg do not go together"),
        ("--plot bar:n --as lazy", "--plot and --as lazy do not go together"),
        ("--plot pie:n", "KIND is one of hist, bar, line, box"),
        ("--plot hist:n,m", "hist:X, with one column"),
        ("--plot bar:", "KIND:X or KIND:X,Y"),
    ],
)
def test_views_and_types_that_can_not_be_are_refused(shell, magics_client, line, said):
    before = sent(magics_client)
    error, _ = shell.failing(f"%%civis_sql {line}\nselect 1 as n")
    assert isinstance(error, CivisMagicError)
    assert said in str(error)
    assert sent(magics_client) == before


def test_a_whole_preview_is_never_run_again(shell, magics_client):
    table = shell.cell("%%civis_sql\nselect 7::smallint as n, 1.50::decimal(4,2) as d, '' as s")
    before = sent(magics_client)
    assert list(table) == [(7, Decimal("1.50"), "")]
    assert [str(kind) for kind in table.to_pandas().dtypes][:2] == ["int64", "float64"]
    assert [str(kind) for kind in pa.table(table).schema.types] == [
        "int16", "decimal128(4, 2)", "string",
    ]  # fmt: skip
    assert sent(magics_client) == before


def test_a_profile_is_the_value_of_a_cell(shell):
    profile = shell.cell(
        "%%civis_sql --profile\nselect i as n, i % 3 = 0 as ok from range(2000) t(i)"
    )
    assert len(profile) == 2
    assert (profile["n"].distinct, profile["n"].min, profile["n"].max) == (2000, 0, 1999)
    assert profile["ok"].top == ((False, 1333), (True, 667))
    shell.cell("%%civis_sql df --profile\nselect 1 as n, 'x' as s")
    assert shell.outputs[0]["text/plain"].startswith("df: profile of 1 row, 2 columns\n")
    assert list(shell.ns["df"]["n"]) == [1]


@pytest.mark.parametrize(("kind", "frame"), [("polars", pl.DataFrame), ("arrow", pa.Table)])
def test_frames_of_other_kinds(shell, kind, frame):
    shell.cell(f"%%civis_sql df --as {kind}\nselect 9007199254740993 as n union all select null")
    assert isinstance(shell.ns["df"], frame)
    assert sorted(shell.ns["df"]["n"].to_pylist() if kind == "arrow" else shell.ns["df"]["n"],
                  key=str)[0] == 9007199254740993  # fmt: skip


def test_a_lazy_result_holds_the_first_rows_and_fetches_the_rest_when_asked(shell, magics_client):
    shell.cell("%%civis_sql t --as lazy -n 2\nselect range as n from range(3000)")
    assert shell.outputs[0]["text/plain"].startswith("t: 2 of the first 1,000 rows; the total")
    table = shell.ns["t"]
    assert len(table.rows) == 1000
    assert table.to_polars().height == len(table) == 3000
    assert shell.cell("%civis_sql --as lazy select 1 as n").rows == [("1",)]
    assert shell.cell("%%civis_sql --as lazy -q\nselect 1 as n") is None
    error, _ = shell.failing("%%civis_sql t --as lazy\nset TimeZone = 'UTC'")
    assert "gave no result to keep. Leave the variable out" in str(error)
    assert shell.ns["t"] is table
    error, _ = shell.failing("%%civis_sql --profile\nset TimeZone = 'UTC'")
    assert "or what else wants a result: --as, --profile, --plot" in str(error)
    error, _ = shell.failing("%%civis_sql t --as lazy --bg\nselect 1")
    assert "--bg fetches a whole result" in str(error)


def test_the_database_counts_the_rows_of_a_preview(shell):
    table = shell.cell("%%civis_sql\nselect range as n from range(3000) -- all of them\n;")
    assert table.caption == "20 of the first 1,000 rows; the total is not known"
    assert table.count_rows() == 3000
    assert table.caption == "20 of 3,000 rows"
    assert not table.complete
    assert shell.cell("%civis_sql --max-rows 5 select range from range(9)").count_rows() == 5
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


def test_the_setting_frame_is_heeded(shell):
    shell.cell("%civis_config frame polars")
    shell.cell("%%civis_sql df\nselect 1 as n")
    assert isinstance(shell.ns["df"], pl.DataFrame)


@pytest.mark.parametrize("kind", ["pandas", "polars", "arrow"])
def test_no_rows_keep_their_columns(shell, kind):
    shell.cell(f"%%civis_sql df --as {kind}\nselect 1 as a, 'x' as b where false;\n")
    names = shell.ns["df"].column_names if kind == "arrow" else list(shell.ns["df"].columns)
    assert names == ["a", "b"]
    assert shell.outputs[0]["text/plain"].startswith("df: no rows\n")


def test_no_rows_keep_their_types(shell):
    shell.cell("%%civis_sql df --as arrow\nselect 1::bigint as a, true as b where false")
    assert [str(kind) for kind in shell.ns["df"].schema.types] == ["int64", "bool"]


def test_a_statement_without_a_result_leaves_the_variable(shell):
    shell.ns["df"] = "old"
    error, text = shell.failing("%%civis_sql df\ncreate or replace table nothing_back (a int)")
    assert isinstance(error, CivisMagicError)
    assert "no result" in text
    assert shell.ns["df"] == "old"
    assert shell.cell("%%civis_sql\ncreate or replace table nothing_back (a int)").columns == []


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT 1 << 3 AS x",
        "SELECT '{\"a\": 1}'::json->>'a' AS \"Quoted  Name\" -- {x} $y %z\n",
        "  SELECT 'it''s', '  two  spaces', 100 % 7, $$ :x $$ ;  \n\n",
        "SELECT '{braces} $dollar $$HOME', '[1, 2][1:1]' AS l\r\n",
        "SELECT 'é日本🙂\t'",
    ],
)
def test_sql_reaches_the_server_to_the_byte(shell, magics_client, sql):
    shell.ns.update(x=1, y=2, dollar="no", braces="no")
    shell.ip.run_cell_magic("civis_sql", "", sql)
    assert sent(magics_client)[-1] == sql
    shell.ip.run_cell_magic("civis_sql", "df", sql)
    assert sent(magics_client)[-1] == sql
    one_line = sql.strip()
    shell.ip.run_line_magic("civis_sql", one_line)
    assert sent(magics_client)[-1] == one_line


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
    shell.cell("%%civis_sql df\nselect * from range(5) where range in (:ids)")
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
    before = sent(magics_client)
    error, text = shell.failing(source)
    assert isinstance(error, kind)
    assert said in text
    assert "Traceback" not in text
    assert sent(magics_client) == before


def test_a_failed_query_shows_its_place_and_leaves_the_variable(shell):
    shell.ns["df"] = "old"
    for line in ("df", ""):
        error, text = shell.failing(f"%%civis_sql {line}\nselect 1,\n  nosuch\nfrom range(3)\n")
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
    shell.cell("%%civis_sql df --max-rows 10\nselect * from range(50)")
    assert len(shell.ns["df"]) == 10
    assert "5 of the first 10 rows; the total is not known" in shell.outputs[0]["text/plain"]
    assert shell.cell("%%civis_sql --max-rows 10\nselect * from range(50)").caption == (
        "10 of the first 10 rows; the total is not known"
    )


def test_quiet_shows_nothing(shell):
    assert shell.cell("%%civis_sql df -q\nselect 1 as n") is None
    assert shell.outputs == []
    assert len(shell.ns["df"]) == 1
    assert shell.cell("%%civis_sql -q\nselect 1 as n") is None


def test_no_run_shows_the_sql_and_sends_nothing(shell, magics_client):
    before = sent(magics_client)
    assert shell.cell('%%civis_sql --no-run -p "x=it\'s"\nselect :x') is None
    assert "select 'it''s'" in shell.outputs[0]["text/plain"]
    assert sent(magics_client) == before


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
    before = sent(magics_client)

    def interrupt():
        deadline = time.monotonic() + 60
        while sent(magics_client) == before and time.monotonic() < deadline:
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
