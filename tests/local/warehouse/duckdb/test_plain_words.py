"""Mistakes are told in PostgreSQL's words, with their place."""

from __future__ import annotations

import pytest

from civis_nb.cancellation import CancelToken
from civis_nb.errors import WarehouseError
from civis_nb.local.warehouse.base import ignore_log
from civis_nb.local.warehouse.duckdb.warehouse import open_duckdb


@pytest.fixture(scope="module")
def message_of():
    """Return a function that runs SQL and returns the first line of its error, and its column."""
    warehouse = open_duckdb(":memory:", "redshift")
    setup = "CREATE TABLE t (a INT NOT NULL, b VARCHAR(3)); CREATE VIEW v AS SELECT a FROM t"
    warehouse.preview(setup, 1, CancelToken(), ignore_log)

    def message(sql):
        with pytest.raises(WarehouseError) as caught:
            warehouse.preview(sql, 1, CancelToken(), ignore_log)
        assert "Candidate" not in str(caught.value)
        assert "civis_sql" not in str(caught.value)
        return str(caught.value).split("\n")[0], caught.value.column

    yield message
    warehouse.close()


@pytest.mark.parametrize(
    ("sql", "message", "column"),
    [
        ("SELECT x FROM t", 'column "x" does not exist', 8),
        ("SELECT x", 'column "x" does not exist: there is no FROM', 8),
        ("SELECT t.zz FROM t", "column t.zz does not exist", 8),
        ("SELECT u.a FROM t", 'missing FROM-clause entry for table "u"', 8),
        ("SELECT a FROM nowhere", 'relation "nowhere" does not exist', 15),
        ("SELECT a FROM t, v", 'column reference "a" is ambiguous', 8),
        ("SELECT foo(a) FROM t", "function foo does not exist", 8),
        ("SELECT floor(b) FROM t", "function floor(text) does not exist: cast the arguments", 8),
        (
            "SELECT a * DATE '2024-01-01' FROM t",
            "operator does not exist: integer * date: cast the operands",
            8,
        ),
        (
            "SELECT '{}'::json - 2",
            "operator does not exist: json - integer: of JSON there are ->, ->>, #>, #>>, @>, "
            "<@, ?, ?|, ?&, ||, - and #-",
            19,
        ),
        (
            "SELECT '5' - '3'",
            "operator - is not unique for text, text: cast the operands",
            12,
        ),
        ("SELECT 'abc'::int", 'invalid input syntax for type integer: "abc"', 8),
        ("SELECT 9999999999::int", 'value "9999999999" is out of range for type integer', 18),
        ("SELECT a FROM t GROUP b", 'syntax error at or near "b"', 23),
        ("CREATE TABLE t (a INT)", 'relation "t" already exists', 14),
        ("CREATE TABLE w (a INT, a INT)", 'column "a" specified more than once', 17),
        ("INSERT INTO t (c) VALUES (1)", 'column "c" of relation "t" does not exist', 16),
        ("UPDATE t SET c = 1", 'column "c" does not exist', 14),
        (
            "INSERT INTO t VALUES (NULL, 'x')",
            'null value in column "a" violates not-null constraint',
            13,
        ),
        (
            "SELECT a, count(*) FROM t",
            'column "a" must appear in the GROUP BY clause or be used in an aggregate function',
            8,
        ),
    ],
)
def test_a_mistake_is_told_in_the_words_of_postgresql(message_of, sql, message, column):
    assert message_of(sql) == (message, column)


def test_what_may_be_meant_is_a_name_of_the_users():
    warehouse = open_duckdb(":memory:", "redshift")
    with pytest.raises(WarehouseError) as caught:
        warehouse.preview("SELECT a FROM nowhere", 1, CancelToken(), ignore_log)
    assert "Did you mean" not in str(caught.value)
    warehouse.preview("CREATE TABLE people (income INT)", 1, CancelToken(), ignore_log)
    with pytest.raises(WarehouseError, match='Did you mean "income"'):
        warehouse.preview("SELECT incme FROM people", 1, CancelToken(), ignore_log)
    warehouse.close()


def test_duckdbs_own_dialect_keeps_its_words():
    warehouse = open_duckdb(":memory:", "duckdb")
    with pytest.raises(WarehouseError, match="Catalog Error: Table with name nowhere"):
        warehouse.preview("SELECT a FROM nowhere", 1, CancelToken(), ignore_log)
    warehouse.close()


@pytest.mark.parametrize(
    ("sql", "message", "marked"),
    [
        ("SELECT a FROM s.nix", 'relation "s.nix" does not exist', "s.nix"),
        ("SELECT a FROM public.nix n", 'relation "public.nix" does not exist', "public.nix"),
        ('SELECT a FROM S . "Nix y"', 'relation "s.Nix y" does not exist', 'S . "Nix y"'),
        ('SELECT 1 FROM "no schema"."Nix"', 'relation "no schema.Nix" does not exist', '"no sch'),
        ("SELECT 'é', nvl(a, 1) FROM t, zz.nix", 'relation "zz.nix" does not exist', "zz.nix"),
        ("INSERT INTO s.nix VALUES (1)", 'relation "s.nix" does not exist', "s.nix"),
        ("DELETE FROM s.nix", 'relation "s.nix" does not exist', "s.nix"),
        ("UPDATE s.nix SET a = 1", 'relation "s.nix" does not exist', "s.nix"),
        ("TRUNCATE s.nix", 'relation "s.nix" does not exist', "s.nix"),
        ("ALTER TABLE s.nix ADD COLUMN b INT", 'relation "s.nix" does not exist', "s.nix"),
        ("CREATE TABLE u AS SELECT * FROM s.nix", 'relation "s.nix" does not exist', "s.nix"),
        ("CREATE VIEW s.w AS SELECT * FROM s.nix", 'relation "s.nix" does not exist', "s.nix"),
        ("CREATE TABLE u AS\nSELECT 'é', nope FROM t", 'column "nope" does not exist', "nope"),
        # PostgreSQL names what DROP does not find by its kind, and a missing schema alone.
        ("DROP TABLE s.nix", 'table "nix" does not exist', "nix"),
        ("DROP VIEW s.nix", 'view "nix" does not exist', "nix"),
        ("DROP TABLE zz.nix", 'schema "zz" does not exist', "nix"),
    ],
)
def test_a_missing_relation_has_its_schema_and_its_place(bench, sql, message, marked):
    bench.sql("CREATE SCHEMA s; CREATE TABLE t (a INT)")
    with pytest.raises(WarehouseError) as caught:
        bench.sql(sql)
    told = str(caught.value).split("\n")
    assert told[0] == message
    assert told[-2][told[-1].index("^") :].startswith(marked)


def test_a_name_near_that_of_a_missing_relation_is_proposed_with_its_schema_or_without(bench):
    bench.sql("CREATE SCHEMA s; CREATE TABLE s.votes (a INT)")
    for missing in ("s.vote", "votes"):
        with pytest.raises(WarehouseError, match=r'Did you mean "(s\.)?votes"\?'):
            bench.sql(f"SELECT * FROM {missing}")
