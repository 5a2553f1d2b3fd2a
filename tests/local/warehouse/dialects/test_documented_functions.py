"""Every function of Redshift's reference works as documented, or is refused by its name."""

from __future__ import annotations

from pathlib import Path

import pytest

from civis_nb.cancellation import CancelToken
from civis_nb.errors import WarehouseError
from civis_nb.local.warehouse.base import ignore_log
from civis_nb.local.warehouse.duckdb.warehouse import open_duckdb

#: A call, and its value: text, NULL, or "refused".
CALLS = [
    line.split("\t")
    for line in Path(__file__)
    .with_name("redshift_functions.tsv")
    .read_text(encoding="utf-8")
    .splitlines()
]


@pytest.fixture(scope="module")
def value_of():
    """Return a function that computes an expression on Redshift's dialect."""
    warehouse = open_duckdb(":memory:", "redshift")

    def value(expression):
        rows = warehouse.preview(f"SELECT {expression} AS x", 1, CancelToken(), ignore_log).rows
        return "NULL" if rows[0][0] is None else rows[0][0]

    yield value
    warehouse.close()


def test_documented_functions_work_or_are_refused_by_name(value_of):
    wrong = {}
    for call, expected in CALLS:
        name = call.split("(")[0]
        try:
            found = value_of(call)
        except WarehouseError as error:
            first = str(error).split("\n")[0]
            refusal = f"{name.upper()} is a function of Redshift that the local platform does not"
            is_named = first.startswith(refusal) or "Collation with name" in first
            found = "refused" if is_named and error.line == 1 else first
        if found != expected:
            wrong[call] = found
    assert wrong == {}


def test_a_function_of_the_users_own_may_have_the_name_of_one_that_is_not_there():
    warehouse = open_duckdb(":memory:", "redshift")
    warehouse.preview(
        "CREATE FUNCTION farmfingerprint64 (VARCHAR) RETURNS INT IMMUTABLE AS $$ SELECT len($1) $$ "
        "LANGUAGE sql",
        1,
        CancelToken(),
        ignore_log,
    )
    found = warehouse.preview("SELECT farmfingerprint64('abc')", 1, CancelToken(), ignore_log)
    assert found.rows == [["3"]]
    warehouse.close()
