"""What clients such as dbt and SQLAlchemy ask pg_catalog for."""

from __future__ import annotations

import pytest

from civis_nb.cancellation import CancelToken
from civis_nb.local.warehouse.base import ignore_log
from civis_nb.local.warehouse.duckdb.warehouse import open_duckdb

SETUP = """
    CREATE SCHEMA s;
    CREATE TABLE people (
        id INT NOT NULL PRIMARY KEY, name VARCHAR(20) DEFAULT 'x', paid NUMERIC(10, 2), c CHAR(3),
        seen TIMESTAMP, f FLOAT
    );
    CREATE TABLE s.other (a INT);
    CREATE TABLE orders (o BIGINT, p INT REFERENCES people (id), UNIQUE (o, p));
    CREATE VIEW v AS SELECT id, name FROM people;
    COMMENT ON TABLE people IS 'all of them';
    COMMENT ON COLUMN people.id IS 'their number';
"""


@pytest.fixture(scope="module", params=["redshift", "postgres"])
def rows(request):
    warehouse = open_duckdb(":memory:", request.param)

    def run(sql):
        return warehouse.preview(sql, 100, CancelToken(), ignore_log).rows

    run(SETUP)
    yield run
    warehouse.close()


def test_columns_have_their_types_defaults_and_comments(rows):
    found = rows("""
        SELECT col.attname, pg_catalog.format_type(col.atttypid, col.atttypmod), col.attnotnull,
               pg_catalog.pg_get_expr(def.adbin, def.adrelid),
               pg_catalog.col_description(col.attrelid, col.attnum)
        FROM pg_catalog.pg_class AS tab
        JOIN pg_catalog.pg_namespace AS sch ON sch.oid = tab.relnamespace
        JOIN pg_catalog.pg_attribute AS col ON col.attrelid = tab.oid
        LEFT JOIN pg_catalog.pg_attrdef AS def
            ON (col.attrelid, col.attnum) = (def.adrelid, def.adnum)
        WHERE sch.nspname !~ '^pg_' AND tab.relname = 'people' AND col.attnum > 0
            AND NOT col.attisdropped AND tab.relkind IN ('r', 'v')
        ORDER BY col.attnum
    """)
    assert found == [
        ["id", "integer", "true", None, "their number"],
        ["name", "character varying(20)", "false", "'x'", None],
        ["paid", "numeric(10,2)", "false", None, None],
        ["c", "character(3)", "false", None, None],
        ["seen", "timestamp without time zone", "false", None, None],
        ["f", "double precision", "false", None, None],
    ]


def test_relations_have_their_kinds_and_comments(rows):
    found = rows("""
        SELECT pg_namespace.nspname, pg_class.relname, relkind, description
        FROM pg_class LEFT JOIN pg_namespace ON pg_class.relnamespace = pg_namespace.oid
        LEFT JOIN pg_description ON objoid = pg_class.oid AND objsubid = 0
        ORDER BY 1, 2
    """)
    assert found == [
        ["public", "orders", "r", None],
        ["public", "people", "r", "all of them"],
        ["public", "v", "v", None],
        ["s", "other", "r", None],
    ]


def test_keys_have_their_columns_and_texts(rows):
    found = rows("""
        SELECT c.relname, t.contype, a.attname, pg_catalog.pg_get_constraintdef(t.oid, true)
        FROM pg_catalog.pg_class AS c
        JOIN pg_catalog.pg_constraint AS t ON t.conrelid = c.oid
        JOIN pg_catalog.pg_attribute AS a ON t.conrelid = a.attrelid AND a.attnum = ANY(t.conkey)
        ORDER BY 1, 2, 3
    """)
    assert [row[:3] for row in found] == [
        ["orders", "f", "p"], ["orders", "u", "o"], ["orders", "u", "p"], ["people", "p", "id"],
    ]  # fmt: skip
    assert found[1][3] == "UNIQUE (o, p)"
    assert found[3][3] == "PRIMARY KEY (id)"
    assert found[0][3].startswith("FOREIGN KEY (p) REFERENCES people")


def test_a_view_has_its_text(rows):
    found = rows("""
        SELECT relname, pg_catalog.pg_get_viewdef(oid, true) FROM pg_class WHERE relkind = 'v'
    """)
    assert found == [["v", "SELECT id, name FROM people"]]


def test_a_table_of_the_users_own_may_have_such_a_name(rows):
    assert rows("SELECT a FROM (SELECT 1 AS a) AS pg_class") == [["1"]]
    assert rows("WITH pg_class AS (SELECT 2 AS a) SELECT a FROM pg_class") == [["2"]]
    assert rows("SELECT 'pg_catalog.format_type(1)' AS t") == [["pg_catalog.format_type(1)"]]


def test_there_are_no_groups_but_scripts_can_look_for_them(rows):
    rows("CREATE GROUP readers")
    assert rows("SELECT groname FROM pg_group WHERE groname = 'readers'") == []
    assert rows(
        "SELECT u.usename, g.groname FROM pg_user AS u"
        " LEFT JOIN pg_catalog.pg_group AS g ON u.usesysid = ANY (g.grolist)"
    ) == [["local", None]]


def test_all_belongs_to_the_current_user(rows):
    assert rows("SELECT current_user") == [["local"]]
    for view in ("pg_tables WHERE tableowner", "pg_views WHERE viewowner", "pg_user WHERE usename"):
        assert rows(f"SELECT * FROM {view} = current_user"), view
    assert rows("SELECT DISTINCT schema_owner FROM information_schema.schemata") == [["local"]]


def test_the_user_has_all_privileges(rows):
    # As a PostgreSQL 15 server lists those of the owner, and as dbt asks for what others have.
    asked = "SELECT {} FROM information_schema.role_table_grants WHERE table_name = 'v'"
    found = rows(
        asked.format("privilege_type, is_grantable, with_hierarchy") + " ORDER BY privilege_type"
    )
    assert ["SELECT", "YES", "YES"] in found
    assert {row[0] for row in found} >= {"DELETE", "INSERT", "REFERENCES", "UPDATE"}
    assert rows(asked.format("grantee") + " AND grantee <> current_user") == []


@pytest.mark.parametrize("rows", ["postgres"], indirect=True)
def test_tables_views_and_materialized_views_are_listed_together(rows):
    assert rows("""
        SELECT tablename AS name, 'table' AS kind FROM pg_tables WHERE schemaname ILIKE 's'
        UNION ALL SELECT viewname, 'view' FROM pg_views WHERE schemaname ILIKE 's'
        UNION ALL SELECT matviewname, 'materialized_view' FROM pg_matviews
    """) == [["other", "table"]]
    assert rows("SELECT rolcanlogin FROM pg_roles WHERE rolname = current_user") == [["true"]]


@pytest.mark.parametrize("rows", ["redshift"], indirect=True)
def test_there_are_no_materialized_views_in_redshift(rows):
    for view in ("stv_mv_info", "svv_mv_info"):
        assert rows(f"SELECT name, state, autorefresh FROM {view} WHERE is_stale = 'f'") == []
