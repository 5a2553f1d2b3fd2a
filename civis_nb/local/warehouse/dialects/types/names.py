"""Names of column types in PostgreSQL and Redshift."""

from __future__ import annotations

from dataclasses import dataclass

from civis_nb.local.warehouse.dialects.tokens import NAME, NUMBER, WORD, Tokens

__all__ = ["NO_VALUES", "SqlType", "no_such_type", "no_values", "type_at"]

#: Words of a type -> PostgreSQL's own name of it.
_NAMES = {
    "int": "int4", "integer": "int4", "int4": "int4", "smallint": "int2", "int2": "int2",
    "bigint": "int8", "int8": "int8", "tinyint": "int1", "hugeint": "hugeint",
    "float": "float8", "float8": "float8", "double": "float8", "double precision": "float8",
    "real": "float4", "float4": "float4",
    "numeric": "numeric", "decimal": "numeric", "dec": "numeric",
    "bool": "bool", "boolean": "bool",
    "varchar": "varchar", "character varying": "varchar", "nvarchar": "varchar",
    "char varying": "varchar", "text": "text", "string": "text",
    "char": "bpchar", "character": "bpchar", "nchar": "bpchar", "bpchar": "bpchar",
    "date": "date", "time": "time", "timetz": "timetz", "timestamp": "timestamp",
    "datetime": "timestamp", "timestamptz": "timestamptz", "interval": "interval",
    "json": "json", "jsonb": "jsonb", "super": "super", "uuid": "uuid", "bytea": "bytea",
    "varbyte": "varbyte", "varbinary": "varbyte", "binary varying": "varbyte",
    "hllsketch": "hllsketch", "geometry": "geometry", "geography": "geography",
    "name": "name", "oid": "oid", "blob": "blob",
}  # fmt: skip

_FIELDS = frozenset(("year", "month", "day", "hour", "minute", "second"))

#: Types of Redshift that the local platform has no values of, and what to do instead.
NO_VALUES = {
    "super": "keep JSON as text in a VARCHAR, and read it with JSON_EXTRACT_PATH_TEXT",
    "hllsketch": "use APPROXIMATE COUNT(DISTINCT …)",
    "geometry": "keep longitude and latitude as numbers",
    "geography": "keep longitude and latitude as numbers",
}


#: Types that DuckDB has and PostgreSQL has not -> what to write instead.
_FOREIGN = {
    "hugeint": "numeric(38, 0)",
    "uhugeint": "numeric(38, 0)",
    "int128": "numeric(38, 0)",
    "uint128": "numeric(38, 0)",
    "int16": "smallint",
    "int32": "integer",
    "int64": "bigint",
    "uint8": "smallint",
    "uint16": "integer",
    "uint32": "bigint",
    "uint64": "numeric(20, 0)",
    "struct": "jsonb",
    "row": "jsonb",
    "union": "jsonb",
    "variant": "jsonb",
    "tinyint": "smallint",
    "int1": "smallint",
    "utinyint": "smallint",
    "usmallint": "integer",
    "uinteger": "bigint",
    "ubigint": "numeric(20, 0)",
    "signed": "integer",
    "long": "bigint",
    "short": "smallint",
    "string": "text",
    "nvarchar": "varchar",
    "blob": "bytea",
    "binary": "bytea",
    "varbinary": "bytea",
    "double": "double precision",
    "varint": "numeric",
    "bignum": "numeric",
    "integral": "integer",
    "logical": "boolean",
    "number": "numeric",
    "guid": "uuid",
    "datetime": "timestamp",
    "timestamp_s": "timestamp",
    "timestamp_ms": "timestamp",
    "timestamp_us": "timestamp",
    "timestamp_ns": "timestamp",
    "map": "jsonb",
    "enum": "text",
    "list": "jsonb",
    "tuple": "jsonb",
    "bitstring": "bit varying",
    "time_ns": "time",
    "timestamptz_ns": "timestamptz",
}
#: Those of them that Redshift has or takes.
_OF_REDSHIFT = frozenset(
    ("string", "nvarchar", "blob", "binary", "varbinary", "double", "number", "datetime", "guid")
)
#: What Redshift has instead.
_INSTEAD_ON_REDSHIFT = {"jsonb": "super", "text": "varchar", "bit varying": "varbyte"}


@dataclass(frozen=True)
class SqlType:
    """A type as written: PostgreSQL's name, the arguments, and whether it is an array.

    ``fields`` are those that an interval is restricted to, such as ``day to hour``.
    """

    name: str
    arguments: tuple[int, ...] = ()
    is_array: bool = False
    is_known: bool = True
    fields: str = ""


def no_values(name: str) -> str:
    """Return why there are no values of a type of Redshift."""
    return f"the local platform has no values of the type {name.upper()}: {NO_VALUES[name]}"


def no_such_type(tokens: Tokens, at: int, *, is_redshift: bool = False) -> str | None:
    """Return that the dialect has not the type at a place, and what to write; None for others.

    Examples
    --------
    >>> no_such_type(Tokens("1::hugeint"), 2)
    'type "hugeint" does not exist: write numeric(38, 0)'
    """
    written = tokens.words[at]
    instead = _FOREIGN.get(written)
    if instead is None or tokens.words[at + 1] == "precision":
        return None
    if is_redshift:
        if written in _OF_REDSHIFT:
            return None
        instead = _INSTEAD_ON_REDSHIFT.get(instead, instead)
    return f'type "{written}" does not exist: write {instead}'


def type_at(tokens: Tokens, at: int) -> tuple[SqlType | None, int]:
    """Read a type; return it and the place behind it."""
    words = tokens.words
    if tokens.kinds[at] not in (WORD, NAME):
        return None, at
    first = words[at]
    behind = at + 1
    for second in ("precision", "varying"):
        if first and words[behind] == second:
            first, behind = f"{first} {second}", behind + 1
    arguments: list[int] = []
    if words[behind] == "(" and behind in tokens.partners:
        close = tokens.partners[behind]
        arguments = [int(tokens.texts[i]) for i in range(behind + 1, close)
                     if tokens.kinds[i] == NUMBER and tokens.texts[i].isdecimal()]  # fmt: skip
        behind = close + 1
    name = _NAMES.get(first, first or tokens.texts[at])
    if name in ("timestamp", "time"):
        if words[behind : behind + 3] == ["with", "time", "zone"]:
            name, behind = name + "tz", behind + 3
        elif words[behind : behind + 3] == ["without", "time", "zone"]:
            behind += 3
    while words[behind] == "." and tokens.kinds[behind + 1] in (WORD, NAME):
        name, behind = tokens.texts[behind + 1], behind + 2
    fields = ""
    if name == "interval" and words[behind] in _FIELDS:
        first_field, behind = behind, behind + 1
        if words[behind] == "to" and words[behind + 1] in _FIELDS:
            behind += 2
        fields = " ".join(words[first_field:behind])
        if words[behind] == "(" and behind in tokens.partners:
            behind = tokens.partners[behind] + 1
    is_array = False
    while words[behind] == "[" and behind in tokens.partners:
        is_array, behind = True, tokens.partners[behind] + 1
    return SqlType(name, tuple(arguments), is_array, first in _NAMES, fields), behind
