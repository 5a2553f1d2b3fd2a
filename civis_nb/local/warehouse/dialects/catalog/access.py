"""The catalog's views of who may do what: there is one user, who owns everything.

Groups and grants are accepted and not kept, so no group is listed.
"""

from __future__ import annotations

from civis_nb.local.warehouse.dialects.rules import USER, Dialect
from civis_nb.table_names import literal

__all__ = ["access_views", "empty"]

# ruff: noqa: S608 - the queries are made of constants

#: What the owner of a table may do with it.
_PRIVILEGES = {
    "redshift": ("DELETE", "INSERT", "REFERENCES", "SELECT", "UPDATE"),
    "postgres": (
        "DELETE", "INSERT", "REFERENCES", "SELECT", "TRIGGER", "TRUNCATE", "UPDATE",
    ),
}  # fmt: skip


def access_views(relations: str, dialect: Dialect) -> dict[str, str]:
    """Return queries of users, groups and privileges by the names of their views.

    Parameters
    ----------
    relations
        A query in brackets of all tables and views.
    dialect
        Whose views they are.
    """
    names = ", ".join(f"'{privilege}'" for privilege in _PRIVILEGES[dialect])
    privileges = f"""
        SELECT {literal(USER)} AS grantor, {literal(USER)} AS grantee,
               database_name AS table_catalog, schema_name AS table_schema, table_name,
               privilege_type, 'YES' AS is_grantable,
               CASE privilege_type WHEN 'SELECT' THEN 'YES' ELSE 'NO' END AS with_hierarchy
        FROM {relations} AS relations
        CROSS JOIN (SELECT unnest(list_value({names})) AS privilege_type) AS privileges"""
    views = {
        "pg_user": f"""
            SELECT {literal(USER)} AS usename, 1 AS usesysid, true AS usecreatedb,
                   true AS usesuper, false AS usecatupd, '********' AS passwd,
                   NULL::TIMESTAMP AS valuntil, NULL::VARCHAR AS useconfig""",
        "pg_group": empty("groname, grosysid INTEGER, grolist INTEGER[]"),
        "information_schema.table_privileges": privileges,
        "information_schema.role_table_grants": privileges,
    }
    if dialect == "redshift":
        return views
    return views | {
        "pg_roles": f"""
            SELECT {literal(USER)} AS rolname, true AS rolsuper, true AS rolinherit,
                   true AS rolcreaterole, true AS rolcreatedb, true AS rolcanlogin,
                   false AS rolreplication, -1 AS rolconnlimit, '********' AS rolpassword,
                   NULL::TIMESTAMPTZ AS rolvaliduntil, true AS rolbypassrls,
                   NULL::VARCHAR[] AS rolconfig, 1 AS oid""",
        "pg_matviews": empty(
            'schemaname, matviewname, matviewowner, "tablespace", hasindexes BOOLEAN,'
            " ispopulated BOOLEAN, definition"
        ),
    }


def empty(columns: str) -> str:
    """Return a query without rows, of columns that are texts unless a type is told.

    Examples
    --------
    >>> empty("a, b INTEGER")
    'SELECT NULL::VARCHAR AS a, NULL::INTEGER AS b WHERE false'
    """
    parts = [column.split() for column in columns.split(",")]
    each = (f"NULL::{part[1] if part[1:] else 'VARCHAR'} AS {part[0]}" for part in parts)
    return f"SELECT {', '.join(each)} WHERE false"
