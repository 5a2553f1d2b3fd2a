"""Redshift's system views that notebooks query, as queries on DuckDB's catalog."""

# ruff: noqa: S608 - the queries are made of constants

from __future__ import annotations

__all__ = ["SYSTEM_VIEWS"]

_COLUMNS = "(SELECT * FROM duckdb_columns() WHERE NOT internal)"
_TABLES = "(SELECT * FROM duckdb_tables() WHERE NOT internal)"

#: View -> DuckDB query with the view's most used columns.
SYSTEM_VIEWS: dict[str, str] = {
    "pg_table_def": f"""
        SELECT schema_name AS schemaname, table_name AS tablename, column_name AS "column",
               lower(data_type) AS type, 'none' AS encoding, false AS distkey, 0 AS sortkey,
               NOT is_nullable AS "notnull"
        FROM {_COLUMNS} ORDER BY schema_name, table_name, column_index""",
    "svv_tables": """
        SELECT table_catalog, table_schema, table_name, table_type, NULL AS remarks
        FROM information_schema.tables""",
    "svv_all_tables": """
        SELECT table_catalog AS database_name, table_schema AS schema_name, table_name,
               CASE table_type WHEN 'VIEW' THEN 'VIEW' ELSE 'TABLE' END AS table_type,
               NULL AS table_acl, NULL AS remarks
        FROM information_schema.tables""",
    "svv_columns": """
        SELECT table_catalog, table_schema, table_name, column_name, ordinal_position,
               column_default, is_nullable, lower(data_type) AS data_type,
               character_maximum_length, numeric_precision, numeric_scale, NULL AS remarks
        FROM information_schema.columns""",
    "svv_all_columns": """
        SELECT table_catalog AS database_name, table_schema AS schema_name, table_name,
               column_name, ordinal_position, column_default, is_nullable,
               lower(data_type) AS data_type, character_maximum_length, numeric_precision,
               numeric_scale, NULL AS remarks
        FROM information_schema.columns""",
    "svv_all_schemas": """
        SELECT catalog_name AS database_name, schema_name, 1 AS schema_owner,
               'local' AS schema_type, NULL AS schema_acl, NULL AS source_database,
               NULL AS schema_option
        FROM information_schema.schemata""",
    "svv_table_info": f"""
        SELECT database_name AS "database", schema_name AS schema, table_oid AS table_id,
               table_name AS "table", 'N' AS encoded, 'EVEN' AS diststyle, NULL AS sortkey1,
               NULL AS max_varchar, 0 AS sortkey_num, NULL AS size, NULL AS pct_used,
               0 AS unsorted, 0 AS stats_off, estimated_size AS tbl_rows, NULL AS skew_rows
        FROM {_TABLES}""",
    "pg_user": """
        SELECT current_user AS usename, 1 AS usesysid, true AS usecreatedb, true AS usesuper,
               false AS usecatupd, '********' AS passwd, NULL::TIMESTAMP AS valuntil,
               NULL AS useconfig""",
    "stv_recents": """
        SELECT 1 AS userid, 'Done' AS status, now()::TIMESTAMP AS starttime, 0 AS duration,
               NULL AS user_name, current_database() AS db_name, NULL AS query, 0 AS pid
        WHERE false""",
}
