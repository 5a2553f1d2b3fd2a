"""Types of columns in definitions, written as DuckDB has them."""

from __future__ import annotations

from civis_nb.local.warehouse.dialects.rules import Dialect, UnsupportedSqlError
from civis_nb.local.warehouse.dialects.tokens import Tokens
from civis_nb.local.warehouse.dialects.types.decimals import PLAIN_NUMERIC
from civis_nb.local.warehouse.dialects.types.names import no_such_type, no_values, type_at

__all__ = ["write_type"]

#: The length of VARCHAR in Redshift where none is given.
_DEFAULT_LENGTH = 256
#: Types whose number of digits DuckDB reads and leaves out.
_NOT_ROUNDED = frozenset(("time", "timetz", "timestamptz"))
_MICROSECONDS = 6


def write_type(tokens: Tokens, dialect: Dialect, at: int) -> tuple[str, int | None, int]:
    """Write a column's type for DuckDB; return its name, its length, and the place behind."""
    to, behind = type_at(tokens, at)
    if to is None:
        return "", None, at
    unknown = no_such_type(tokens, at, is_redshift=dialect == "redshift")
    if unknown is not None:
        raise UnsupportedSqlError(unknown, tokens.starts[at])
    if dialect == "redshift" and to.name in ("geometry", "geography"):
        raise UnsupportedSqlError(no_values(to.name), tokens.starts[at])
    if to.name in _NOT_ROUNDED and to.arguments and to.arguments[0] < _MICROSECONDS:
        raise UnsupportedSqlError(
            f"columns of the type {to.name.upper()}({to.arguments[0]}) are not supported: the "
            f"digits behind the seconds would be kept; write {to.name.upper()}, and cast what is "
            "put into it",
            tokens.starts[at],
        )
    length: int | None = None
    if to.name in ("varchar", "bpchar", "text") and not to.is_array:
        length = to.arguments[0] if to.arguments else None
        is_max = tokens.words[behind - 2] == "max"
        if length is None and not is_max and dialect == "redshift":
            is_short = to.name == "bpchar" and tokens.words[at] != "bpchar"
            length = 1 if is_short else _DEFAULT_LENGTH
        elif length is None and to.name == "bpchar" and tokens.words[at] != "bpchar":
            length = 1
        tokens.rewrite(at, behind, "VARCHAR")
    elif to.name == "float8" and not to.is_array:
        size = to.arguments[0] if to.arguments else 53
        tokens.rewrite(at, behind, "REAL" if size < 25 else "DOUBLE")
    elif to.name == "numeric" and not to.arguments:
        tokens.rewrite(at, behind, "DECIMAL(18, 0)" if dialect == "redshift" else PLAIN_NUMERIC)
    elif to.name in ("jsonb", "super"):
        tokens.rewrite(at, behind, "JSON")
    elif to.name in ("varbyte", "bytea", "hllsketch"):
        tokens.rewrite(at, behind, "BLOB")
    elif to.name == "name":
        tokens.rewrite(at, behind, "VARCHAR")
    return to.name, length, behind
