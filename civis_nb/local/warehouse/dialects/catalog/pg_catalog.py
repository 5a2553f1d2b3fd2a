"""The tables of pg_catalog that clients read to learn of schemas, tables, columns and keys."""

from __future__ import annotations

__all__ = ["catalog_tables", "constraint_text", "view_text_of"]

# ruff: noqa: S608 - the queries are made of constants

#: Names of types -> the numbers that PostgreSQL and Redshift have for them.
_NUMBERS = {
    "boolean": 16, "bytea": 17, "bigint": 20, "smallint": 21, "integer": 23, "text": 25,
    "json": 114, "real": 700, "double precision": 701, "character": 1042,
    "character varying": 1043, "date": 1082, "time without time zone": 1083,
    "timestamp without time zone": 1114, "timestamp with time zone": 1184, "interval": 1186,
    "time with time zone": 1266, "numeric": 1700, "uuid": 2950, "super": 4000,
    "binary varying": 6551,
}  # fmt: skip


def catalog_tables(columns: str, relations: str, schemas: str, keys: str) -> dict[str, str]:
    """Return queries for tables of pg_catalog by their names.

    Parameters
    ----------
    columns, relations, schemas, keys
        Queries in brackets of what there is.
    """
    number = " ".join(f"WHEN '{kind}' THEN {oid}" for kind, oid in _NUMBERS.items())
    place = "USING (database_name, schema_name)"
    columns = f"""(
        SELECT c.*, relations.table_oid, relations.relation_comment
        FROM {columns} AS c
        JOIN (SELECT database_name, schema_name, table_name, table_oid,
                     comment AS relation_comment FROM {relations} AS all_relations) AS relations
            USING (database_name, schema_name, table_name)
    )"""
    return {
        "pg_namespace": f"""
            SELECT oid, schema_name AS nspname, 1 AS nspowner, NULL::VARCHAR[] AS nspacl
            FROM {schemas} AS schemas""",
        "pg_class": f"""
            SELECT table_oid AS oid, table_name AS relname, schemas.oid AS relnamespace,
                   0 AS reltype, 1 AS relowner, 0 AS relam, table_oid AS relfilenode,
                   0 AS reltablespace, 0 AS relpages, coalesce(row_count, 0)::REAL AS reltuples,
                   false AS relhasindex, CASE kind WHEN 'VIEW' THEN 'v' ELSE 'r' END AS relkind,
                   NULL::VARCHAR[] AS relacl, 0 AS reldiststyle, 'p' AS relpersistence,
                   false AS relispartition
            FROM {relations} AS relations JOIN {schemas} AS schemas {place}""",
        "pg_attribute": f"""
            SELECT table_oid AS attrelid, column_name AS attname,
                   CASE kind {number} ELSE 25 END AS atttypid, column_index AS attnum,
                   CASE WHEN kind LIKE 'character%' AND length IS NOT NULL THEN length + 4
                        WHEN kind = 'numeric' THEN ("precision" * 65536 + scale) + 4
                        ELSE -1 END AS atttypmod,
                   NOT is_nullable AS attnotnull, column_default IS NOT NULL AS atthasdef,
                   false AS attisdropped, '' AS attidentity, 0 AS attencodingtype,
                   false AS attisdistkey, 0 AS attsortkeyord
            FROM {columns} AS columns""",
        "pg_attrdef": f"""
            SELECT table_oid * 10000 + column_index AS oid, table_oid AS adrelid,
                   column_index AS adnum, column_default AS adbin, column_default AS adsrc
            FROM {columns} AS columns WHERE column_default IS NOT NULL""",
        "pg_description": f"""
            SELECT table_oid AS objoid, 1259 AS classoid, 0 AS objsubid, comment AS description
            FROM {relations} AS relations WHERE comment IS NOT NULL
            UNION ALL
            SELECT table_oid, 1259, column_index, comment
            FROM {columns} AS columns WHERE comment IS NOT NULL""",
        "pg_constraint": _constraints(relations, schemas, keys),
        "pg_depend": _nothing("classid objid objsubid refclassid refobjid refobjsubid", "deptype"),
        "pg_rewrite": _nothing("oid ev_class", "rulename"),
        "pg_index": _nothing("indexrelid indrelid indnatts", "indkey"),
        "pg_inherits": _nothing("inhrelid inhparent inhseqno", ""),
    }


def _constraints(relations: str, schemas: str, keys: str) -> str:
    """Return the query of pg_constraint, which has the text of each as well."""
    return f"""
        SELECT (hash(schema_name, table_name, constraint_name) % 2147483647)::BIGINT AS oid,
               constraint_name AS conname, schemas.oid AS connamespace,
               CASE constraint_type WHEN 'PRIMARY KEY' THEN 'p' WHEN 'UNIQUE' THEN 'u'
                   ELSE 'f' END AS contype,
               table_oid AS conrelid,
               (SELECT list(column_index ORDER BY list_position(columns, column_name))
                FROM duckdb_columns() AS c
                WHERE c.table_oid = relations.table_oid AND c.database_name = keys.database_name
                  AND list_contains(columns, column_name)) AS conkey,
               constraint_type || ' (' || array_to_string(columns, ', ') || ')'
                   || coalesce(' REFERENCES ' || "references", '') AS condef
        FROM {keys} AS keys
        JOIN (SELECT database_name, schema_name, table_name, table_oid FROM {relations} AS r)
            AS relations USING (database_name, schema_name, table_name)
        JOIN {schemas} AS schemas USING (database_name, schema_name)"""


def _nothing(numbers: str, texts: str) -> str:
    """Return a query without rows: of columns of numbers and of texts."""
    each = [f"NULL::BIGINT AS {name}" for name in numbers.split()]
    each += [f"NULL::VARCHAR AS {name}" for name in texts.split()]
    return f"SELECT {', '.join(each)} WHERE false"


def constraint_text(constraints: str, oid: str) -> str:
    """Return the SQL of the text of a constraint, whose number is an expression."""
    return f"(SELECT condef FROM ({constraints}) AS constraints WHERE oid = {oid})"


def view_text_of(relations: str, oid: str) -> str:
    """Return the SQL of the query of a view, whose number is an expression."""
    return f"(SELECT text FROM {relations} AS relations WHERE table_oid = {oid} AND kind = 'VIEW')"
