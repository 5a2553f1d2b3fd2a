"""DuckDB's names of column types, and the API's."""

from __future__ import annotations

from civis_nb.local.warehouse.sqltypes import standard_type

__all__ = ["is_nested", "is_text", "native_type", "sql_type"]

#: The types that DuckDB calls otherwise.
_NATIVE = {"REAL": "FLOAT", "DOUBLE PRECISION": "DOUBLE", "SUPER": "JSON", "VARBYTE": "BLOB"}

#: DuckDB's name of a type -> Redshift's.
_SQL_TYPES = {
    "TINYINT": "SMALLINT",
    "UTINYINT": "SMALLINT",
    "SMALLINT": "SMALLINT",
    "USMALLINT": "INTEGER",
    "INTEGER": "INTEGER",
    "UINTEGER": "BIGINT",
    "BIGINT": "BIGINT",
    "UBIGINT": "DECIMAL(20,0)",
    "HUGEINT": "DECIMAL(38,0)",
    "UHUGEINT": "DECIMAL(38,0)",
    "FLOAT": "REAL",
    "DOUBLE": "DOUBLE PRECISION",
    "BOOLEAN": "BOOLEAN",
    "DATE": "DATE",
    "TIME": "TIME",
    "TIME WITH TIME ZONE": "TIMETZ",
    "TIMETZ": "TIMETZ",
    "TIMESTAMP": "TIMESTAMP",
    "TIMESTAMP_S": "TIMESTAMP",
    "TIMESTAMP_MS": "TIMESTAMP",
    "TIMESTAMP_NS": "TIMESTAMP",
    "TIMESTAMP WITH TIME ZONE": "TIMESTAMPTZ",
    "TIMESTAMPTZ": "TIMESTAMPTZ",
    "BLOB": "VARBYTE",
    "JSON": "SUPER",
}


def native_type(sql_type: str) -> str:
    """Return DuckDB's name of a type of the API.

    Raises
    ------
    WarehouseError
        If the type is unknown.

    Examples
    --------
    >>> native_type("numeric(12, 2)"), native_type("VARCHAR(MAX)"), native_type("FLOAT8")
    ('DECIMAL(12,2)', 'VARCHAR', 'DOUBLE')
    """
    name = standard_type(sql_type)
    return _NATIVE.get(name, name)


def sql_type(native: str) -> str:
    """Return Redshift's name of a type of DuckDB; VARCHAR where Redshift has no such type.

    Examples
    --------
    >>> sql_type("DOUBLE"), sql_type("DECIMAL(18,3)"), sql_type("INTEGER[]"), sql_type("UUID")
    ('DOUBLE PRECISION', 'DECIMAL(18,3)', 'SUPER', 'VARCHAR')
    """
    name = native.upper()
    if name in _SQL_TYPES:
        return _SQL_TYPES[name]
    if is_nested(native):
        return "SUPER"
    if name.startswith("DECIMAL"):
        return name.replace(" ", "")
    return "VARCHAR"


def is_nested(native: str) -> bool:
    """Return whether values of a type of DuckDB hold others: lists, structs, maps, unions."""
    name = native.upper()
    return name.endswith("]") or name.startswith(("STRUCT", "MAP", "UNION", "ROW("))


def is_text(native: str) -> bool:
    """Return whether an empty text is a value of the type, apart from NULL."""
    return native.upper() in ("VARCHAR", "BLOB")
