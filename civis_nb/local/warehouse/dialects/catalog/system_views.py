"""The catalog's views of Redshift and PostgreSQL, as queries on DuckDB's catalog.

Names of types, lengths, keys and texts of views are those of the dialect. System views of Redshift
that are not here, such as those of its log, are refused by name.
"""

from __future__ import annotations

from functools import lru_cache

from civis_nb.local.warehouse.dialects.builtins import built_in
from civis_nb.local.warehouse.dialects.calls.times import NOW
from civis_nb.local.warehouse.dialects.catalog.access import access_views, empty
from civis_nb.local.warehouse.dialects.catalog.notes import KEYS, LENGTHS, VIEW_TEXT
from civis_nb.local.warehouse.dialects.catalog.pg_catalog import (
    catalog_tables,
    constraint_text,
    view_text_of,
)
from civis_nb.local.warehouse.dialects.rules import CATALOG, USER, Dialect
from civis_nb.table_names import literal

__all__ = ["columns_query", "definition_text", "system_view", "table_text"]

# ruff: noqa: S608 - the queries are made of constants

_HERE = "database_name IN (current_database(), 'temp')"
_HERE_ONLY = "database_name = current_database()"

#: DuckDB's name of a type -> that of Redshift and PostgreSQL.
_TYPES = """
    CASE array_extract(string_split(data_type, '('), 1)
        WHEN 'TINYINT' THEN 'smallint' WHEN 'UTINYINT' THEN 'smallint'
        WHEN 'SMALLINT' THEN 'smallint' WHEN 'USMALLINT' THEN 'integer'
        WHEN 'INTEGER' THEN 'integer' WHEN 'UINTEGER' THEN 'bigint' WHEN 'BIGINT' THEN 'bigint'
        WHEN 'UBIGINT' THEN 'numeric' WHEN 'HUGEINT' THEN 'numeric' WHEN 'UHUGEINT' THEN 'numeric'
        WHEN 'DECIMAL' THEN 'numeric' WHEN 'FLOAT' THEN 'real'
        WHEN 'DOUBLE' THEN 'double precision' WHEN 'BOOLEAN' THEN 'boolean'
        WHEN 'DATE' THEN 'date' WHEN 'TIME' THEN 'time without time zone'
        WHEN 'TIME WITH TIME ZONE' THEN 'time with time zone'
        WHEN 'TIMESTAMP' THEN 'timestamp without time zone'
        WHEN 'TIMESTAMP_S' THEN 'timestamp without time zone'
        WHEN 'TIMESTAMP_MS' THEN 'timestamp without time zone'
        WHEN 'TIMESTAMP_NS' THEN 'timestamp without time zone'
        WHEN 'TIMESTAMP WITH TIME ZONE' THEN 'timestamp with time zone'
        WHEN 'INTERVAL' THEN 'interval'
        WHEN 'VARCHAR' THEN CASE WHEN fixed THEN 'character' {unlimited}
                                 ELSE 'character varying' END
        WHEN '"NULL"' THEN '{text}' WHEN 'JSON' THEN '{json}' WHEN 'BLOB' THEN '{bytes}'
        ELSE CASE WHEN data_type LIKE '%]' THEN '{array}'
                  WHEN regexp_matches(data_type, '^(STRUCT|MAP|UNION|ROW)') THEN '{json}'
                  ELSE lower(data_type) END
    END"""
_WORDS = {
    "redshift": {
        "unlimited": "",
        "text": "character varying",
        "json": "super",
        "bytes": "binary varying",
        "array": "super",
    },
    "postgres": {
        "unlimited": "WHEN length IS NULL THEN 'text'",
        "text": "text",
        "json": "json",
        "bytes": "bytea",
        "array": "ARRAY",
    },
}
#: The length of a text that has none, in Redshift: that of VARCHAR(MAX).
_MAX_LENGTH = 65535


@lru_cache
def columns_query(dialect: Dialect) -> str:
    """Return a query of all columns, with the types as the dialect names them."""
    kind = _TYPES.format(**_WORDS[dialect])
    length = f"coalesce(length, {_MAX_LENGTH})" if dialect == "redshift" else "length"
    return f"""(
    SELECT database_name, schema_name, table_name, column_name, column_index, is_nullable, comment,
           {_default()} AS column_default, kind,
           CASE WHEN data_type = 'VARCHAR' THEN {length} END AS length,
           CASE kind WHEN 'smallint' THEN 16 WHEN 'integer' THEN 32 WHEN 'bigint' THEN 64
               WHEN 'real' THEN 24 WHEN 'double precision' THEN 53
               WHEN 'numeric' THEN coalesce(numeric_precision, 38) END AS "precision",
           CASE WHEN kind = 'numeric' THEN coalesce(numeric_scale, 0)
               WHEN kind IN ('smallint', 'integer', 'bigint') THEN 0 END AS scale,
           kind || CASE
               WHEN kind = 'numeric' THEN '(' || "precision" || ',' || scale || ')'
               WHEN kind LIKE 'character%' AND {length} IS NOT NULL THEN '(' || {length} || ')'
               ELSE '' END AS full_type
    FROM (
        SELECT c.*, sizes.length, sizes.fixed, {kind} AS kind
        FROM (SELECT * FROM duckdb_columns() WHERE NOT internal AND {_HERE}) AS c
        LEFT JOIN {LENGTHS} AS sizes USING (database_name, schema_name, table_name, column_name)
    )
)"""


def _default() -> str:
    """Return an expression of the text of a column's default, as the user wrote it."""
    text = f"replace(column_default, '{CATALOG}.', '')"
    for word, call in NOW.items():
        text = f"replace({text}, {literal(call)}, {literal(word)})"
    return text


_RELATIONS = f"""(
    SELECT database_name, schema_name, table_name, 'BASE TABLE' AS kind, temporary, table_oid,
           estimated_size AS row_count, comment, NULL AS text
    FROM duckdb_tables() WHERE NOT internal AND {_HERE}
    UNION ALL
    SELECT database_name, schema_name, view_name, 'VIEW', temporary, view_oid, NULL, comment,
           {VIEW_TEXT}
    FROM duckdb_views() WHERE NOT internal AND {_HERE}
)"""
_SCHEMAS = f"""(
    SELECT database_name, schema_name, oid, comment FROM duckdb_schemas()
    WHERE {_HERE_ONLY} AND schema_name <> 'main'
)"""
_TABLE_NAMES = "database_name AS table_catalog, schema_name AS table_schema, table_name"
_NAMED_KEYS = f"""(
    SELECT *, coalesce(name, table_name || CASE constraint_type WHEN 'PRIMARY KEY' THEN '_pkey'
        WHEN 'UNIQUE' THEN '_' || list_aggr(columns, 'string_agg', '_') || '_key'
        ELSE '_' || list_aggr(columns, 'string_agg', '_') || '_fkey' END) AS constraint_name
    FROM {KEYS} AS declared
)"""


@lru_cache
def _views(dialect: Dialect) -> dict[str, str]:
    """Return the views of a dialect by their names, with ``information_schema.`` where needed."""
    columns = columns_query(dialect)
    all_columns = f"""
        SELECT {_TABLE_NAMES}, column_name, column_index AS ordinal_position, column_default,
               CASE WHEN is_nullable THEN 'YES' ELSE 'NO' END AS is_nullable, kind AS data_type,
               length AS character_maximum_length, "precision" AS numeric_precision,
               scale AS numeric_scale{{more}}
        FROM {columns} AS columns"""
    relations = f"""
        SELECT {_TABLE_NAMES},
               CASE WHEN temporary THEN 'LOCAL TEMPORARY' ELSE kind END AS table_type{{more}}
        FROM {_RELATIONS} AS relations"""
    octets = ", length * 4 AS character_octet_length"
    shared = {
        "information_schema.tables": relations.format(more=""),
        "information_schema.columns": all_columns.format(
            more=octets + ", NULL::INTEGER AS datetime_precision, full_type AS udt_name"
        ),
        "information_schema.views": f"""
            SELECT {_TABLE_NAMES}, text AS view_definition, 'NONE' AS check_option,
                   'NO' AS is_updatable, 'NO' AS is_insertable_into
            FROM {_RELATIONS} AS relations WHERE kind = 'VIEW'""",
        "information_schema.schemata": f"""
            SELECT database_name AS catalog_name, schema_name, {literal(USER)} AS schema_owner
            FROM {_SCHEMAS} AS schemas""",
        "information_schema.table_constraints": f"""
            SELECT database_name AS constraint_catalog, schema_name AS constraint_schema,
                   constraint_name, {_TABLE_NAMES}, constraint_type, 'NO' AS is_deferrable,
                   'NO' AS initially_deferred
            FROM {_NAMED_KEYS} AS keys""",
        "information_schema.key_column_usage": f"""
            SELECT database_name AS constraint_catalog, schema_name AS constraint_schema,
                   constraint_name, {_TABLE_NAMES}, unnest(columns) AS column_name,
                   unnest(range(1, len(columns) + 1)) AS ordinal_position
            FROM {_NAMED_KEYS} AS keys""",
        "pg_tables": f"""
            SELECT schema_name AS schemaname, table_name AS tablename,
                   {literal(USER)} AS tableowner, NULL::VARCHAR AS "tablespace",
                   false AS hasindexes, false AS hasrules, false AS hastriggers
            FROM {_RELATIONS} AS relations WHERE kind <> 'VIEW'""",
        "pg_views": f"""
            SELECT schema_name AS schemaname, table_name AS viewname,
                   {literal(USER)} AS viewowner, text AS definition
            FROM {_RELATIONS} AS relations WHERE kind = 'VIEW'""",
        "pg_database": """
            SELECT current_database() AS datname, 1 AS datdba, 6 AS encoding,
                   false AS datistemplate, true AS datallowconn, -1 AS datconnlimit""",
    }
    shared |= catalog_tables(columns, _RELATIONS, _SCHEMAS, _NAMED_KEYS)
    shared |= access_views(_RELATIONS, dialect)
    if dialect == "redshift":
        return shared | _redshift_views(columns, all_columns, relations)
    return shared


def _redshift_views(columns: str, all_columns: str, relations: str) -> dict[str, str]:
    """Return the views that Redshift alone has."""
    of_all = _without_prefix(all_columns)
    all_tables = f"""
        SELECT database_name, schema_name, table_name,
               CASE kind WHEN 'VIEW' THEN 'VIEW' ELSE 'TABLE' END AS table_type,
               NULL::VARCHAR AS table_acl, comment AS remarks
        FROM {_RELATIONS} AS relations"""
    all_schemas = f"""
        SELECT database_name, schema_name, 1 AS schema_owner, 'local' AS schema_type,
               NULL::VARCHAR AS schema_acl, NULL::VARCHAR AS source_database,
               NULL::VARCHAR AS schema_option
        FROM {_SCHEMAS} AS schemas"""
    databases = """
        SELECT current_database() AS database_name, 1 AS database_owner,
               'local' AS database_type, NULL::VARCHAR AS database_acl,
               NULL::VARCHAR AS database_options,
               'Snapshot Isolation' AS database_isolation_level"""
    return {
        "pg_table_def": f"""
            SELECT schema_name AS schemaname, table_name AS tablename, column_name AS "column",
                   full_type AS type, 'none' AS encoding, false AS distkey, 0 AS sortkey,
                   NOT is_nullable AS "notnull"
            FROM {columns} AS columns ORDER BY schema_name, table_name, column_index""",
        "svv_tables": relations.format(more=", comment AS remarks"),
        "svv_columns": all_columns.format(more=", comment AS remarks"),
        "svv_all_tables": all_tables,
        "svv_redshift_tables": all_tables,
        "svv_all_columns": of_all,
        "svv_redshift_columns": of_all,
        "svv_all_schemas": all_schemas,
        "svv_redshift_schemas": all_schemas,
        "svv_redshift_databases": databases,
        "svv_table_info": f"""
            SELECT database_name AS "database", schema_name AS schema, table_oid AS table_id,
                   table_name AS "table", 'N' AS encoded, 'EVEN' AS diststyle,
                   NULL::VARCHAR AS sortkey1, widest AS max_varchar,
                   NULL::VARCHAR AS sortkey1_enc, 0 AS sortkey_num,
                   NULL::BIGINT AS size, NULL::DOUBLE AS pct_used, 0 AS empty, 0 AS unsorted,
                   0 AS stats_off, row_count AS tbl_rows, NULL::DOUBLE AS skew_sortkey1,
                   NULL::DOUBLE AS skew_rows, row_count AS estimated_visible_rows,
                   NULL::VARCHAR AS risk_event, NULL::DOUBLE AS vacuum_sort_benefit,
                   NULL::TIMESTAMP AS create_time
            FROM {_RELATIONS} AS relations
            LEFT JOIN (SELECT database_name, schema_name, table_name, max(length) AS widest
                       FROM {columns} AS columns GROUP BY ALL) AS lengths
                USING (database_name, schema_name, table_name)
            WHERE kind <> 'VIEW'""",
        "svv_external_schemas": empty("esoid INTEGER, eskind INTEGER, schemaname, esowner INTEGER,"
                                      " databasename, esoptions"),
        "svv_external_tables": empty("redshift_database_name, schemaname, tablename, tabletype,"
                                     " location, input_format, output_format, parameters"),
        "svv_external_columns": empty("redshift_database_name, schemaname, tablename, columnname,"
                                      " external_type, columnnum INTEGER, part_key INTEGER,"
                                      " is_nullable"),
        "stv_recents": empty("userid INTEGER, status, starttime TIMESTAMP, duration INTEGER,"
                             " user_name, db_name, query, pid INTEGER"),
        # There are no materialized views.
        "stv_mv_info": empty("db_name, schema, name, updated_upto_xid BIGINT, is_stale,"
                             " owner_user_name, state INTEGER, autorewrite, autorefresh"),
        "svv_mv_info": empty("database_name, schema_name, user_name, name, is_stale,"
                             " state INTEGER, autorewrite, autorefresh"),
    }  # fmt: skip


def _without_prefix(all_columns: str) -> str:
    """Return the query of columns with the names of SVV_ALL_COLUMNS."""
    names = _TABLE_NAMES.replace("AS table_catalog", "").replace("AS table_schema", "")
    return all_columns.format(more=", comment AS remarks").replace(_TABLE_NAMES, names)


def system_view(schema: str, name: str, dialect: Dialect) -> str | None:
    """Return the query of a system view; None if there is none of that name.

    Parameters
    ----------
    schema
        As written, in lower case; empty for none.
    name
        In lower case.
    dialect
        Whose view it is.

    Examples
    --------
    >>> system_view("public", "pg_tables", "redshift") is None
    True
    >>> "relations" in system_view("pg_catalog", "pg_tables", "postgres")
    True
    """
    prefix = "information_schema." if schema == "information_schema" else ""
    if schema not in ("", "pg_catalog", "information_schema"):
        return None
    query = _views(dialect).get(prefix + name)
    return None if query is None else built_in(query)


def definition_text(function: str, oid: str, dialect: Dialect) -> str:
    """Return the SQL of the text that pg_get_constraintdef or pg_get_viewdef gives."""
    if function == "pg_get_viewdef":
        return view_text_of(_RELATIONS, oid)
    return constraint_text(_views(dialect)["pg_constraint"], oid)


def table_text(dialect: Dialect) -> str:
    """Return a query of the CREATE TABLE of all tables, with the columns ``sql`` and names."""
    return f"""(
    SELECT database_name, schema_name, table_name,
           'CREATE TABLE ' || civis_sql.quoted_name(schema_name) || '.'
           || civis_sql.quoted_name(table_name) || chr(10) || '(' || chr(10)
           || list_aggr(
                  list_concat(lines, coalesce(keys, list_value())), 'string_agg', ',' || chr(10)
              ) || chr(10) || ');' AS sql
    FROM (
        SELECT database_name, schema_name, table_name,
               list('    ' || civis_sql.quoted_name(column_name) || ' ' || full_type
                    || CASE WHEN column_default IS NULL THEN ''
                            ELSE ' DEFAULT ' || column_default END
                    || CASE WHEN is_nullable THEN '' ELSE ' NOT NULL' END
                    ORDER BY column_index) AS lines
        FROM {columns_query(dialect)} AS columns GROUP BY ALL
    ) AS tables
    LEFT JOIN (
        SELECT database_name, schema_name, table_name,
               list('    ' || constraint_type
                    || ' (' || list_aggr(columns, 'string_agg', ', ') || ')'
                    || coalesce(' REFERENCES ' || "references", '')
                    ORDER BY constraint_type, columns) AS keys
        FROM {KEYS} AS declared GROUP BY ALL
    ) AS keys USING (database_name, schema_name, table_name)
)"""
