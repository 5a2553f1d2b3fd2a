"""Column types: Redshift's words on the wire, DuckDB's words inside."""

from __future__ import annotations

import re

from civis_nb.errors import WarehouseError

__all__ = ["declared_length", "is_bare", "is_text", "to_duckdb", "to_wire", "widened"]

_TYPE = re.compile(
    r"\s*([A-Za-z_][\w ]*?)\s*(?:\(\s*([^)]*?)\s*\))?\s*((?:with|without)[\w ]*)?\s*$"
)

#: Redshift's and PostgreSQL's words -> DuckDB's. FLOAT has eight bytes there, four in DuckDB.
_TO_DUCKDB = {
    "SMALLINT": "SMALLINT",
    "INT2": "SMALLINT",
    "INTEGER": "INTEGER",
    "INT": "INTEGER",
    "INT4": "INTEGER",
    "BIGINT": "BIGINT",
    "INT8": "BIGINT",
    "HUGEINT": "HUGEINT",
    "TINYINT": "TINYINT",
    "UTINYINT": "UTINYINT",
    "USMALLINT": "USMALLINT",
    "UINTEGER": "UINTEGER",
    "UBIGINT": "UBIGINT",
    "REAL": "FLOAT",
    "FLOAT4": "FLOAT",
    "DOUBLE": "DOUBLE",
    "DOUBLE PRECISION": "DOUBLE",
    "FLOAT8": "DOUBLE",
    "FLOAT": "DOUBLE",
    "BOOLEAN": "BOOLEAN",
    "BOOL": "BOOLEAN",
    "CHAR": "VARCHAR",
    "CHARACTER": "VARCHAR",
    "NCHAR": "VARCHAR",
    "BPCHAR": "VARCHAR",
    "VARCHAR": "VARCHAR",
    "NVARCHAR": "VARCHAR",
    "CHARACTER VARYING": "VARCHAR",
    "TEXT": "VARCHAR",
    "STRING": "VARCHAR",
    "DATE": "DATE",
    "TIME": "TIME",
    "TIMETZ": "TIMETZ",
    "TIMESTAMP": "TIMESTAMP",
    "DATETIME": "TIMESTAMP",
    "TIMESTAMPTZ": "TIMESTAMPTZ",
    "INTERVAL": "INTERVAL",
    "UUID": "UUID",
    "SUPER": "JSON",
    "JSON": "JSON",
    "JSONB": "JSON",
    "VARBYTE": "BLOB",
    "VARBINARY": "BLOB",
    "BINARY VARYING": "BLOB",
    "BYTEA": "BLOB",
    "BLOB": "BLOB",
}

#: What DuckDB calls a type -> Redshift's word.
_TO_WIRE = {
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


def to_duckdb(sql_type: str) -> str:
    """Translate a type of the wire into DuckDB's word for it.

    The length of a VARCHAR is dropped: DuckDB keeps texts of any length.

    Raises
    ------
    WarehouseError
        If the type is unknown.

    Examples
    --------
    >>> to_duckdb("numeric(12, 2)"), to_duckdb("VARCHAR(MAX)"), to_duckdb("FLOAT8")
    ('DECIMAL(12,2)', 'VARCHAR', 'DOUBLE')
    """
    match = _TYPE.match(sql_type)
    if match is None:
        raise _unknown(sql_type)
    word = " ".join(match.group(1).upper().split())
    arguments, zone = match.group(2), (match.group(3) or "").lower()
    if not zone:
        for ending, says in ((" WITHOUT TIME ZONE", "without"), (" WITH TIME ZONE", "with ")):
            if word.endswith(ending):
                word, zone = word.removesuffix(ending), says
    if word in ("DECIMAL", "NUMERIC", "DEC"):
        return _decimal(sql_type, arguments)
    if word in ("TIMESTAMP", "TIME") and zone and not zone.startswith("without"):
        return word + "TZ"
    if word not in _TO_DUCKDB:
        raise _unknown(sql_type)
    return _TO_DUCKDB[word]


def _decimal(sql_type: str, arguments: str | None) -> str:
    numbers = [part.strip() for part in (arguments or "18,0").split(",")]
    if len(numbers) == 1:
        numbers.append("0")
    if len(numbers) != 2 or not all(part.isdecimal() for part in numbers):
        raise _unknown(sql_type)
    precision, scale = int(numbers[0]), int(numbers[1])
    if not 1 <= precision <= 38 or scale > precision:
        raise WarehouseError(
            f"the type {sql_type} can't be had: a decimal has 1 to 38 digits, "
            "and not more of them behind the point than in all"
        )
    return f"DECIMAL({precision},{scale})"


def _unknown(sql_type: str) -> WarehouseError:
    return WarehouseError(
        f'"{sql_type}" is no column type that this database knows; use one of SMALLINT, INTEGER, '
        "BIGINT, DECIMAL(p,s), REAL, DOUBLE PRECISION, BOOLEAN, VARCHAR, DATE, TIME, TIMETZ, "
        "TIMESTAMP, TIMESTAMPTZ, SUPER, VARBYTE"
    )


def to_wire(duckdb_type: str) -> str:
    """Translate a type of DuckDB into Redshift's word for it.

    Examples
    --------
    >>> to_wire("DOUBLE"), to_wire("DECIMAL(18,3)"), to_wire("INTEGER[]"), to_wire("UUID")
    ('DOUBLE PRECISION', 'DECIMAL(18,3)', 'SUPER', 'VARCHAR')
    """
    name = duckdb_type.upper()
    if name in _TO_WIRE:
        return _TO_WIRE[name]
    if name.endswith("]") or name.startswith(("STRUCT", "MAP", "UNION", "ROW(")):
        return "SUPER"
    if name.startswith("DECIMAL"):
        return name.replace(" ", "")
    return "VARCHAR"


def is_bare(duckdb_type: str) -> bool:
    """Return whether values of the type stand without quotes in an export.

    Examples
    --------
    >>> is_bare("DECIMAL(18,3)"), is_bare("UUID"), is_bare("DECIMAL(18,3)[]")
    (True, False, False)
    """
    name = duckdb_type.upper()
    if name.endswith("]"):
        return False
    if name.startswith("DECIMAL"):
        return True
    return name in _TO_WIRE and name not in ("BLOB", "JSON")


def is_text(duckdb_type: str) -> bool:
    """Return whether an empty text is a value of the type, apart from NULL."""
    return duckdb_type.upper() in ("VARCHAR", "BLOB")


def declared_length(sql_type: str) -> int | None:
    """Return the number of characters that a text type allows, or None if it doesn't say.

    Examples
    --------
    >>> declared_length("VARCHAR(20)"), declared_length("VARCHAR(MAX)"), declared_length("INT")
    (20, None, None)
    """
    match = _TYPE.match(sql_type)
    if match is None or not (match.group(2) or "").isdecimal():
        return None
    word = " ".join(match.group(1).upper().split())
    return int(match.group(2)) if _TO_DUCKDB.get(word) == "VARCHAR" else None


def widened(types: set[str]) -> str:
    """Return the one DuckDB type that holds the values of all the given ones.

    Examples
    --------
    >>> widened({"BIGINT", "DECIMAL(5,2)"}), widened({"DATE", "BIGINT"})
    ('DECIMAL(21,2)', 'VARCHAR')
    """
    if len(types) == 1:
        return next(iter(types))
    if not all(t == "BIGINT" or t.startswith("DECIMAL") for t in types):
        return "VARCHAR"
    sizes = [(19, 0) if t == "BIGINT" else _size(t) for t in types]
    scale = max(s for _, s in sizes)
    precision = scale + max(p - s for p, s in sizes)
    return f"DECIMAL({precision},{scale})" if precision <= 38 else "VARCHAR"


def _size(decimal: str) -> tuple[int, int]:
    precision, scale = decimal.removeprefix("DECIMAL(").removesuffix(")").split(",")
    return int(precision), int(scale)
