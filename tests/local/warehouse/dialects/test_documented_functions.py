"""Every function of the references works as documented, or is refused by its name."""

from __future__ import annotations

from pathlib import Path

import pytest

from civis_nb.cancellation import CancelToken
from civis_nb.errors import WarehouseError
from civis_nb.local.warehouse.base import ignore_log
from civis_nb.local.warehouse.duckdb.warehouse import open_duckdb

pytestmark = pytest.mark.exhaustive

PRODUCTS = {"redshift": "Redshift", "postgres": "PostgreSQL"}


def calls(dialect):
    """Return the calls of a dialect: each with its values, or with "refused".

    The answers are those of Redshift's documents, and of a PostgreSQL 15.
    """
    path = Path(__file__).with_name(f"{dialect}_functions.tsv")
    return [line.split("\t") for line in path.read_text(encoding="utf-8").splitlines()]


@pytest.mark.parametrize("dialect", sorted(PRODUCTS))
def test_documented_functions_work_or_are_refused_by_name(dialect):
    warehouse = open_duckdb(":memory:", dialect)
    wrong = {}
    for call, expected in calls(dialect):
        name = call.split("(")[0].split()[0]
        sql = f"SELECT {call} AS x"
        try:
            rows = warehouse.preview(sql, 100, CancelToken(), ignore_log).rows
            found = "; ".join("NULL" if value is None else value for (value,) in rows)
        except WarehouseError as error:
            first = str(error).split("\n")[0]
            refusal = f"is a function of {PRODUCTS[dialect]} that the local platform does not have"
            is_named = refusal in first and first.split()[0].lower() in call.lower()
            found = "refused" if is_named or name == "collate" else first
            found = found if error.line == 1 else f"without a line: {found}"
        if found != expected:
            wrong[call] = found
    warehouse.close()
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
