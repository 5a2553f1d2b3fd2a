"""Values that INSERT, UPDATE and DEFAULT put into columns, converted as PostgreSQL does.

DuckDB casts what is assigned to the column's type by its own rules: the text 34.5 is the integer
35 there, true is 1, and 1_0 is a number.
"""

from __future__ import annotations

import math
import re

from civis_nb.local.warehouse.dialects.rules import CATALOG, UnsupportedSqlError
from civis_nb.local.warehouse.dialects.tokens import NUMBER, STRING, Tokens
from civis_nb.local.warehouse.dialects.types.names import SqlType, no_values
from civis_nb.local.warehouse.sqltypes import TextLimit
from civis_nb.table_names import literal

__all__ = [
    "ANY_NUMERIC", "IDENTITY", "JSONB", "assign", "assigned", "check_default", "convert_text",
    "keep", "kept", "postgres_name",
]  # fmt: skip

# ruff: noqa: S608 - parts of the user's own statement

#: Stands for the type of a column that takes no values.
IDENTITY = "IDENTITY"
#: Stands for PostgreSQL's numeric without a scale, which keeps all digits of its values.
ANY_NUMERIC = "NUMERIC"
#: Stands for PostgreSQL's jsonb, which has its own blanks and order of keys.
JSONB = "JSONB"
#: How many it has room for behind the point.
_ROOM = 20
#: DuckDB's types -> PostgreSQL's name of them, and our function that converts to them.
_CONVERSIONS = {
    "TINYINT": ("smallint", "assigned_integer"), "SMALLINT": ("smallint", "assigned_integer"),
    "INTEGER": ("integer", "assigned_integer"), "BIGINT": ("bigint", "assigned_integer"),
    "HUGEINT": ("numeric", "assigned_integer"), "DECIMAL": ("numeric", "assigned_numeric"),
    ANY_NUMERIC: ("numeric", "assigned_any_numeric"),
    "DOUBLE": ("double precision", "assigned_float"), "FLOAT": ("real", "assigned_float"),
    "BOOLEAN": ("boolean", "assigned_boolean"), "DATE": ("date", "as_date"),
    "TIMESTAMP": ("timestamp", "as_timestamp"), "VARCHAR": ("text", "as_text"),
}  # fmt: skip
_INTEGER = re.compile(r"\s*[+-]?\d+\s*")
_NUMBER = re.compile(r"(?i)\s*(?:[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?|nan|[+-]?inf(?:inity)?)\s*")
_DECIMAL = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)")
_ISO_TIME = re.compile(r"\s*\d{4}-\d{1,2}-\d{1,2}(?:[ T]\d{1,2}:\d\d(?::\d\d(?:\.\d{1,6})?)?)?\s*")
_TRUTH = re.compile(r"true|false|t|f")
#: What DuckDB reads of a text as PostgreSQL does, by function.
_ALIKE = {
    "assigned_integer": _INTEGER, "assigned_numeric": _NUMBER, "assigned_float": _NUMBER,
    "assigned_any_numeric": _NUMBER,
    "assigned_boolean": _TRUTH, "as_date": _ISO_TIME, "as_timestamp": _ISO_TIME,
}  # fmt: skip
_NUMBERS = frozenset(
    ("assigned_integer", "assigned_numeric", "assigned_float", "assigned_any_numeric")
)
#: Types of numbers as PostgreSQL has them -> DuckDB's names.
_NATIVE_NUMBERS = {
    "int2": "SMALLINT", "int4": "INTEGER", "int8": "BIGINT", "numeric": "DECIMAL",
    "float4": "FLOAT", "float8": "DOUBLE",
}  # fmt: skip


def assigned(value: str, given: str, column: str, wanted: str, offset: int = 0) -> str:
    """Return the SQL of a value of a known type that is put into a column.

    Parameters
    ----------
    value
        Its SQL.
    given, wanted
        DuckDB's names of its type and of the column's, which is SUPER if it is of that type,
        `ANY_NUMERIC` if it keeps all digits, `JSONB`, and IDENTITY if it takes no values.
    column
        The name of the column.
    offset
        The place of the value in the statement.

    Raises
    ------
    UnsupportedSqlError
        If one is a truth value and the other a number, or the column takes no values.

    Examples
    --------
    >>> assigned("x", "VARCHAR", "a", "INTEGER"), assigned("x", "INTEGER", "a", "BIGINT")
    ('CAST(civis_sql.assigned_integer(x, x) AS INTEGER)', 'x')
    """
    if wanted == IDENTITY:
        raise UnsupportedSqlError(_identity(column), offset)
    if wanted == "SUPER" and given not in ('"NULL"', "NULL"):
        raise UnsupportedSqlError(f'column "{column}": {no_values("super")}', offset)
    if wanted == ANY_NUMERIC and given != "BOOLEAN":
        if given in ('"NULL"', "NULL") or _has_room(given):
            return value
        return f"{CATALOG}.assigned_any_numeric({value}, {_named(column)}, {value})"
    if wanted == JSONB:
        is_null = given in ('"NULL"', "NULL")
        return value if is_null else f"{CATALOG}.as_jsonb({value}, {value})"
    if wanted.endswith("[]") and given == "VARCHAR":
        return f"CAST({CATALOG}.as_array({value}) AS {wanted})"
    conversion = _CONVERSIONS.get(wanted.partition("(")[0])
    is_other = given not in (wanted, '"NULL"', "NULL") and {given, wanted} & {"VARCHAR", "BOOLEAN"}
    if conversion is None or not is_other:
        return value
    from_name, from_function = _CONVERSIONS.get(given.partition("(")[0], ("", ""))
    if {from_function, conversion[1]} & _NUMBERS and "BOOLEAN" in (given, wanted):
        raise UnsupportedSqlError(
            f'column "{column}" is of type {conversion[0]} but expression is of type '
            f"{from_name}: cast it",
            offset,
        )
    return f"CAST({CATALOG}.{conversion[1]}({value}, {value}) AS {wanted})"


def _has_room(given: str) -> bool:
    """Return whether a numeric without a scale has room for all values of a type."""
    if given in ("TINYINT", "SMALLINT", "INTEGER"):
        return True
    size = re.fullmatch(r"DECIMAL\((\d+), ?(\d+)\)", given)
    if size is None:
        return False
    digits, behind = int(size[1]), int(size[2])
    return behind <= _ROOM and digits - behind <= 38 - _ROOM


def _keep_digits(tokens: Tokens, first: int, behind: int, column: str) -> None:
    """Check a number of many digits that is written in the statement."""
    text = tokens.texts[behind - 1].strip("'")
    if len(text) > 38 - _ROOM or not text[-1:].isdecimal() or "e" in text.lower():
        value = tokens.render(first, behind)
        function = f"{CATALOG}.assigned_any_numeric("
        tokens.wrap(first, behind, function, f", {_named(column)}, {value})")


def _named(column: str) -> str:
    return literal(f'the column "{column}" of the type numeric')


def assign(tokens: Tokens, first: int, behind: int, column: str, native: str) -> None:
    """Convert a value that is put into a column.

    Parameters
    ----------
    tokens
        The statement; it is edited.
    first, behind
        The place of the value.
    column, native
        The name of the column, and DuckDB's name of its type; SUPER if it is of that type,
        `JSONB`, and IDENTITY if it takes no values.

    Raises
    ------
    UnsupportedSqlError
        If the value is of another type, or a text that is none of the column's, or the column
        takes none.
    """
    name, function = _CONVERSIONS.get(native.partition("(")[0], ("", ""))
    word = tokens.words[first]
    if native == IDENTITY and word != "default":
        raise UnsupportedSqlError(_identity(column), tokens.starts[first])
    if behind <= first or word in ("null", "default"):
        return
    if native == "SUPER":
        raise UnsupportedSqlError(f'column "{column}": {no_values("super")}', tokens.starts[first])
    is_text = behind == first + 1 and tokens.kinds[first] == STRING
    if native == JSONB:
        tokens.wrap(first, behind, f"{CATALOG}.assigned_jsonb(", ")")
        return
    if native.endswith("[]"):
        if is_text:
            tokens.wrap(first, behind, f"CAST({CATALOG}.as_array(", f") AS {native})")
        return
    if not name:
        return
    if is_text:
        text = tokens.texts[first]
        if native == ANY_NUMERIC and (text[0] != "'" or _NUMBER.fullmatch(text[1:-1])):
            _keep_digits(tokens, first, behind, column)
        else:
            _text(tokens, first, name, function)
        return
    number = first + (word in ("-", "+"))
    if behind == number + 1 and tokens.kinds[number] == NUMBER:
        if name == "boolean":
            raise _of_other_type(tokens, first, column, name, "numeric" if "." in
                                 tokens.texts[number] else "integer")  # fmt: skip
        if native == ANY_NUMERIC:
            _keep_digits(tokens, first, behind, column)
        return
    if behind == first + 1 and word in ("true", "false") and function in _NUMBERS:
        raise _of_other_type(tokens, first, column, name, "boolean")
    more = f"{_named(column)}, " if native == ANY_NUMERIC else ""
    if "select" in tokens.words[first:behind]:
        value = tokens.render(first, behind)
        tokens.rewrite(
            first, behind,
            f"(SELECT {CATALOG}.{function}(given, {more}given) "
            f"FROM (SELECT {value}) AS one(given))",
        )  # fmt: skip
        return
    kind = tokens.type_of(first, behind)
    tokens.wrap(first, behind, f"{CATALOG}.{function}(", f", {more}{kind})")


def _identity(column: str) -> str:
    return (
        f'cannot set the identity column "{column}" to a value: leave it out of the columns, '
        "or write DEFAULT"
    )


def postgres_name(native: str) -> str:
    """Return PostgreSQL's name of one of DuckDB's types.

    Examples
    --------
    >>> postgres_name("DECIMAL(18,3)"), postgres_name("VARCHAR"), postgres_name("INTERVAL")
    ('numeric', 'text', 'interval')
    """
    plain = native.partition("(")[0]
    return _CONVERSIONS.get(plain, (plain.lower(), ""))[0]


def convert_text(tokens: Tokens, at: int, native: str) -> None:
    """Convert a text of the statement to the type of what it is combined with.

    Raises
    ------
    UnsupportedSqlError
        If it has not the form of a number, where that is the type.
    """
    name, function = _CONVERSIONS.get(native.partition("(")[0], ("", ""))
    if name:
        _text(tokens, at, name, function)
    # A decimal has as many digits as are written, however many the other side's type has.
    size = native if name != "numeric" else "DOUBLE"
    content = tokens.texts[at][1:-1].strip()
    if name == "numeric" and _DECIMAL.fullmatch(content):
        tokens.replace(at, content)
    else:
        tokens.wrap(at, at + 1, "CAST(", f" AS {size})")


def kept(value: str, limit: TextLimit | None) -> str:
    """Return the SQL of a text that is put into a column with a limit, blanks at the end cut.

    Examples
    --------
    >>> kept("x", TextLimit(3, in_bytes=True, fixed=False))
    'civis_sql.kept_in_bytes(x, 3)'
    """
    if limit is None:
        return value
    if limit.fixed:
        function = "kept_in_char_of_bytes" if limit.in_bytes else "kept_in_char"
        return f"{CATALOG}.{function}({value})"
    function = "kept_in_bytes" if limit.in_bytes else "kept_in_letters"
    return f"{CATALOG}.{function}({value}, {limit.length})"


def keep(tokens: Tokens, first: int, behind: int, limit: TextLimit | None) -> None:
    """Cut the blanks at the end of a text that is put into a column with a limit."""
    if limit is None or behind <= first or tokens.words[first] in ("null", "default"):
        return
    text = tokens.texts[first]
    is_text = behind == first + 1 and tokens.kinds[first] == STRING and text[0] == "'"
    if is_text and not text.endswith(" '") and (text.isascii() or not limit.fixed):
        return
    before, _, after = kept("\0", limit).partition("\0")
    tokens.wrap(first, behind, before, after)


def check_default(tokens: Tokens, at: int, column: str, kind: SqlType | None) -> None:
    """Check a default that is written as a text or a truth value.

    Raises
    ------
    UnsupportedSqlError
        If the column is one of numbers, and it is none.
    """
    if kind is not None and kind.name == "jsonb" and not kind.is_array:
        if tokens.kinds[at] == STRING:
            assign(tokens, at, at + 1, column, JSONB)
        return
    native = _NATIVE_NUMBERS.get(kind.name) if kind is not None and not kind.is_array else None
    if native is not None and (
        tokens.words[at] in ("true", "false") or tokens.texts[at].startswith("'")
    ):
        assign(tokens, at, at + 1, column, native)


def _text(tokens: Tokens, at: int, name: str, function: str) -> None:
    """Convert a text that is written in the statement."""
    text = tokens.texts[at]
    alike = _ALIKE.get(function)
    if alike is None:
        return
    content = text[1:-1].replace("''", "'") if text[0] == "'" else None
    if content is not None and alike.fullmatch(content):
        is_infinite = function == "assigned_float" and math.isinf(float(content))
        if is_infinite and "inf" not in content.lower():
            raise UnsupportedSqlError(
                f'"{content}" is out of range for type {name}', tokens.starts[at]
            )
        return
    if content is not None and function in _NUMBERS:
        raise UnsupportedSqlError(
            f'invalid input syntax for type {name}: "{content}"', tokens.starts[at]
        )
    tokens.wrap(at, at + 1, f"{CATALOG}.{function}(", ", CAST(NULL AS VARCHAR))")


def _of_other_type(
    tokens: Tokens, at: int, column: str, name: str, given: str
) -> UnsupportedSqlError:
    return UnsupportedSqlError(
        f'column "{column}" is of type {name} but expression is of type {given}: cast it',
        tokens.starts[at],
    )
