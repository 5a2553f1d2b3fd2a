"""Frames, profiles and their types, from ``%%civis_sql`` in a shell."""

from __future__ import annotations

from decimal import Decimal

import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from civis_nb.errors import (
    CivisMagicError,
)
from tests.magics.sent import sent_exactly

TEXT = "str" if int(pd.__version__.split(".")[0]) >= 3 else "object"


def test_a_variable_gets_the_whole_result_exactly(shell):
    assert shell.cell(
        "%%civis_sql df\n"
        "select range as n, range::varchar as code, 1.10::decimal(5,2) as d "
        "from generate_series(0, 4999) t(range)"
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
        ("--plot hits:n", "(did you mean hist?), and not 'hits:n'"),
        ("--plot hist:n,m", "hist:X, with one column"),
        ("--plot bar:", "KIND:X or KIND:X,Y"),
    ],
)
def test_views_and_types_that_can_not_be_are_refused(shell, magics_client, line, said):
    before = sent_exactly(magics_client)
    error, _ = shell.failing(f"%%civis_sql {line}\nselect 1 as n")
    assert isinstance(error, CivisMagicError)
    assert said in str(error)
    assert sent_exactly(magics_client) == before


def test_a_profile_is_the_value_of_a_cell(shell):
    profile = shell.cell(
        "%%civis_sql --profile\nselect i as n, i % 3 = 0 as ok from generate_series(0, 1999) t(i)"
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
    shell.cell(
        "%%civis_sql t --as lazy -n 2\nselect range as n from generate_series(0, 2999) t(range)"
    )
    assert shell.outputs[0]["text/plain"].startswith("t: 2 of the first 1,000 rows; the total")
    table = shell.ns["t"]
    assert len(table.rows) == 1000
    assert table.to_polars().height == len(table) == 3000
    assert shell.cell("%civis_sql --as lazy select 1 as n").rows == [("1",)]
    assert shell.cell("%%civis_sql --as lazy -q\nselect 1 as n") is None
    error, _ = shell.failing("%%civis_sql t --as lazy --bg\nselect 1")
    assert "--bg fetches a whole result" in str(error)


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
