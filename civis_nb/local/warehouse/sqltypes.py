"""Column types in the words of the API, which are Redshift's; a database has its own words."""

from __future__ import annotations

import re
from dataclasses import dataclass

from civis_nb.errors import WarehouseError

__all__ = ["TextLimit", "declared_limit", "is_unquoted", "standard_type", "widened"]

_TYPE = re.compile(
    r"\s*([A-Za-z_][\w ]*?)\s*(?:\(\s*([^)]*?)\s*\))?\s*((?:with|without)[\w ]*)?\s*$"
)

#: Type -> its other names in Redshift, PostgreSQL and DuckDB. A FLOAT has eight bytes.
_ALIASES: dict[str, tuple[str, ...]] = {
    "SMALLINT": ("INT2",),
    "INTEGER": ("INT", "INT4"),
    "BIGINT": ("INT8",),
    "REAL": ("FLOAT4",),
    "DOUBLE PRECISION": ("DOUBLE", "FLOAT8", "FLOAT"),
    "BOOLEAN": ("BOOL",),
    "VARCHAR": (
        "CHAR", "CHARACTER", "NCHAR", "BPCHAR", "NVARCHAR", "CHARACTER VARYING", "TEXT", "STRING",
    ),
    "DATE": (),
    "TIME": (),
    "TIMETZ": (),
    "TIMESTAMP": ("DATETIME",),
    "TIMESTAMPTZ": (),
    "INTERVAL": (),
    "UUID": (),
    "SUPER": ("JSON", "JSONB"),
    "VARBYTE": ("VARBINARY", "BINARY VARYING", "BYTEA", "BLOB"),
    # Not of Redshift; a database that lacks one has to choose the next wider type.
    "HUGEINT": (),
    "TINYINT": (),
    "UTINYINT": (),
    "USMALLINT": (),
    "UINTEGER": (),
    "UBIGINT": (),
}  # fmt: skip
_STANDARD = {alias: name for name, aliases in _ALIASES.items() for alias in (name, *aliases)}
#: The texts of a fixed length, which is 1 where none is told.
_FIXED = ("CHAR", "CHARACTER", "NCHAR", "BPCHAR")


@dataclass(frozen=True)
class TextLimit:
    """How long the texts of a column may be.

    Attributes
    ----------
    length
        The most bytes or characters.
    in_bytes
        Whether bytes are counted, as in Redshift.
    fixed
        Whether the type is CHAR: blanks at the end do not count, and on Redshift each character
        must be a single byte.
    """

    length: int
    in_bytes: bool
    fixed: bool

    @property
    def sql_type(self) -> str:
        """Return the type that has the limit."""
        return f"{'CHAR' if self.fixed else 'VARCHAR'}({self.length})"


def standard_type(sql_type: str) -> str:
    """Return the one name of a type that has several, without the length of a text.

    Raises
    ------
    WarehouseError
        If the type is unknown.

    Examples
    --------
    >>> standard_type("numeric(12, 2)"), standard_type("VARCHAR(MAX)"), standard_type("FLOAT8")
    ('DECIMAL(12,2)', 'VARCHAR', 'DOUBLE PRECISION')
    """
    match = _TYPE.match(sql_type)
    if match is None:
        raise _unknown(sql_type)
    word = " ".join(match.group(1).upper().split())
    arguments, zone = match.group(2), (match.group(3) or "").lower()
    if not zone:
        for ending, kind in ((" WITHOUT TIME ZONE", "without"), (" WITH TIME ZONE", "with ")):
            if word.endswith(ending):
                word, zone = word.removesuffix(ending), kind
    if word in ("DECIMAL", "NUMERIC", "DEC"):
        return _decimal(sql_type, arguments)
    if word in ("TIMESTAMP", "TIME") and zone and not zone.startswith("without"):
        return word + "TZ"
    if word not in _STANDARD:
        raise _unknown(sql_type)
    return _STANDARD[word]


def _decimal(sql_type: str, arguments: str | None) -> str:
    """Return a DECIMAL with precision and scale; both are checked."""
    numbers = [part.strip() for part in (arguments or "18,0").split(",")]
    if len(numbers) == 1:
        numbers.append("0")
    if len(numbers) != 2 or not all(part.isdecimal() for part in numbers):
        raise _unknown(sql_type)
    precision, scale = int(numbers[0]), int(numbers[1])
    if not 1 <= precision <= 38 or scale > precision:
        raise WarehouseError(
            f"the type {sql_type} can't be used: a decimal has 1 to 38 digits, "
            "and not more of them behind the point than in all"
        )
    return f"DECIMAL({precision},{scale})"


def _unknown(sql_type: str) -> WarehouseError:
    return WarehouseError(
        f'"{sql_type}" is no column type that this database knows; use one of SMALLINT, INTEGER, '
        "BIGINT, DECIMAL(p,s), REAL, DOUBLE PRECISION, BOOLEAN, VARCHAR, DATE, TIME, TIMETZ, "
        "TIMESTAMP, TIMESTAMPTZ, SUPER, VARBYTE"
    )


def is_unquoted(sql_type: str) -> bool:
    """Return whether values of a type stand without quotes in an export: numbers and times.

    Examples
    --------
    >>> is_unquoted("DECIMAL(18,3)"), is_unquoted("VARCHAR"), is_unquoted("SUPER")
    (True, False, False)
    """
    return sql_type not in ("VARCHAR", "SUPER", "VARBYTE")


def declared_limit(sql_type: str, *, in_bytes: bool) -> TextLimit | None:
    """Return the limit of a text type as it is declared; None where it has none.

    Examples
    --------
    >>> declared_limit("VARCHAR(20)", in_bytes=True)
    TextLimit(length=20, in_bytes=True, fixed=False)
    >>> declared_limit("CHAR", in_bytes=False)
    TextLimit(length=1, in_bytes=False, fixed=True)
    >>> declared_limit("VARCHAR(MAX)", in_bytes=True), declared_limit("INT", in_bytes=True)
    (None, None)
    """
    match = _TYPE.match(sql_type)
    if match is None:
        return None
    word, written = " ".join(match.group(1).upper().split()), match.group(2) or ""
    fixed = word in _FIXED
    if fixed and word != "BPCHAR" and not written:
        written = "1"
    if _STANDARD.get(word) != "VARCHAR" or not written.isdecimal():
        return None
    return TextLimit(int(written), in_bytes, fixed)


def widened(types: set[str]) -> str:
    """Return the narrowest type that holds the values of all the given ones.

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
    """Return precision and scale of a DECIMAL."""
    precision, scale = decimal.removeprefix("DECIMAL(").removesuffix(")").split(",")
    return int(precision), int(scale)
