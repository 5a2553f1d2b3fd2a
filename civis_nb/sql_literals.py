"""Python values as SQL literals of one dialect; anything doubtful is refused.

Strings are the point where injection happens, and the rules differ: Redshift reads a backslash
in ``'…'`` as an escape, DuckDB does not, PostgreSQL does or not by a setting of the server, which
is why a string with a backslash is written there as ``E'…'``, which reads the same either way.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

from civis_nb.errors import CivisInputError

__all__ = ["DIALECTS", "is_many", "literal", "members"]

#: adapter of a remote host -> dialect, which is also sqlglot's name for it
DIALECTS: Final = {
    "duckdb": "duckdb",
    "postgres": "postgres",
    "postgresql": "postgres",
    "redshift": "redshift",
}
_MAX_DIGITS: Final = 38
_FORBIDDEN = re.compile("[\x00\ud800-\udfff]")
_ARRAYS = ("numpy", "pandas", "polars", "pyarrow")


def is_many(value: Any) -> bool:
    """Return whether a value is a list of values: a list, tuple, set, range, Series or array."""
    if isinstance(value, (list, tuple, set, frozenset, range)):
        return True
    return _library(value) in _ARRAYS and bool(getattr(value, "shape", None) or _is_arrow(value))


def members(value: Any, name: str) -> list[Any]:
    """Return the values of a list, those missing in a frame's column as None.

    Raises
    ------
    CivisInputError
        When it is empty, or an array of more than one dimension.
    """
    found = list(_members(value, name))
    if not found:
        raise CivisInputError(
            f":{name} is an empty list, and SQL has no IN (). Test for it in Python first."
        )
    return found


def _members(value: Any, name: str) -> Iterable[Any]:
    """Return the items of a list, set, array or Series; missing ones of pandas as None."""
    if isinstance(value, (set, frozenset)):
        # A set has no order of its own; the same set should give the same SQL.
        return sorted(value, key=repr)
    if isinstance(value, (list, tuple, range)):
        return value
    if len(getattr(value, "shape", [0])) != 1:
        raise CivisInputError(
            f":{name} has {len(value.shape)} dimensions; a list of values has one. "
            "Choose one column."
        )
    library = _library(value)
    if library == "pandas":
        return [None if gone else item
                for item, gone in zip(value.tolist(), value.isna(), strict=True)]  # fmt: skip
    if library == "numpy":
        return list(value)
    return list(value.to_list() if library == "polars" else value.to_pylist())


def literal(value: Any, dialect: str, name: str) -> str:
    """Return one value as a literal.

    Parameters
    ----------
    value
        int, float, bool, str, None, Decimal, date, datetime, time, timedelta, UUID, bytes, the
        scalars of numpy and pandas; or a list of these, which becomes a row: ``(1, 2)``.
    dialect
        One of the values of `DIALECTS`.
    name
        What errors call the value.

    Raises
    ------
    CivisInputError
        When the value is of another type, or has no exact literal.

    Examples
    --------
    >>> literal("it's", "duckdb", "x"), literal(-5, "postgres", "x")
    ("'it''s'", '(-5)')
    """
    if isinstance(value, (list, tuple)):
        return "(" + ", ".join(literal(item, dialect, name) for item in members(value, name)) + ")"
    value = _plain(value, name)
    if value is None:
        return "NULL"
    for kinds, write in _WRITERS:
        if isinstance(value, kinds):
            return write(_Writer(dialect, name), value)
    kind, module = type(value).__qualname__, type(value).__module__
    if isinstance(value, Mapping):
        raise CivisInputError(
            f":{name} is a {kind}, which has no SQL literal. --params {name} makes a :name of each "
            "of its keys."
        )
    raise CivisInputError(
        f":{name} is of type {kind if module == 'builtins' else f'{module}.{kind}'}, which has no "
        "SQL literal here. Give an int, float, bool, str, None, Decimal, date, datetime, time, "
        "timedelta, UUID or bytes, or a list of them."
    )


def _plain(value: Any, name: str) -> Any:
    """Return Python's own value for a scalar of numpy or pandas."""
    library, kind = _library(value), type(value).__name__
    if library == "pandas" and kind in ("NAType", "NaTType"):
        return None
    nanoseconds = {"Timestamp": "nanosecond", "Timedelta": "nanoseconds"}.get(kind)
    if library == "pandas" and nanoseconds and getattr(value, nanoseconds):
        raise CivisInputError(
            f":{name} has nanoseconds, and databases keep microseconds. Round it: .round('us')."
        )
    if library == "numpy" and getattr(value, "shape", None) == ():
        if kind == "ndarray":
            return _plain(value[()], name)  # what an array without dimensions holds
        if kind in ("datetime64", "timedelta64"):
            return _in_microseconds(value, f"{kind}[us]", name)
        return value.item() if hasattr(value, "item") else value
    if library == "pyarrow" and hasattr(value, "as_py"):
        return _plain(value.as_py(), name)
    return value


def _in_microseconds(value: Any, unit: str, name: str) -> Any:
    """Return a time or a span of numpy as Python's; of nanoseconds, item() makes a number."""
    try:
        exact = value.astype(unit)
        is_other = exact != value and exact == exact  # NaT is unequal to itself
    except TypeError:
        raise CivisInputError(
            f":{name} is a span of months or years, which has no exact length."
        ) from None
    if is_other:
        raise CivisInputError(f":{name} can't be written to the microsecond. Round it first.")
    return exact.item()


class _Writer:
    """Writes a value of a known type.

    Parameters
    ----------
    dialect
        The dialect.
    name
        What errors call the value.
    """

    def __init__(self, dialect: str, name: str) -> None:
        self.dialect = dialect
        self.name = name

    def boolean(self, value: bool) -> str:
        return "TRUE" if value else "FALSE"

    def integer(self, value: int) -> str:
        digits = int.__repr__(value)
        # Two minus signs in a row begin a comment.
        return f"({digits})" if value < 0 else digits

    def double(self, value: float) -> str:
        """Return a double as a literal of that type."""
        if math.isnan(value):
            text = "NaN"
        elif math.isinf(value):
            text = "Infinity" if value > 0 else "-Infinity"
        else:
            text = float.__repr__(value)
        # Bare, 0.1 is a decimal. From text, every database reads the nearest double.
        return f"CAST('{text}' AS DOUBLE PRECISION)"

    def decimal(self, value: Decimal) -> str:
        """Return a decimal as a literal with all its digits."""
        value = Decimal(value)  # of a subclass, the value and not what it makes of it
        if not value.is_finite():
            raise CivisInputError(f":{self.name} is Decimal('{value}'), which has no SQL literal.")
        text = format(value, "f")
        if sum(character.isdigit() for character in text) > _MAX_DIGITS:
            raise CivisInputError(
                f":{self.name} has more than {_MAX_DIGITS} digits, some of which would be lost."
            )
        return f"({text})" if text.startswith("-") else text

    def string(self, value: str) -> str:
        """Return a text as a literal; a backslash is escaped where the dialect reads it so."""
        text = str.__str__(value)
        if found := _FORBIDDEN.search(text):
            raise CivisInputError(
                f":{self.name} holds the character U+{ord(found.group()):04X} at {found.start()}, "
                "which no SQL text can hold."
            )
        quoted = text.replace("'", "''")
        if "\\" in text and self.dialect != "duckdb":
            quoted = quoted.replace("\\", "\\\\")
            return f"E'{quoted}'" if self.dialect == "postgres" else f"'{quoted}'"
        return f"'{quoted}'"

    def datetime(self, value: datetime) -> str:
        kind = "TIMESTAMP" if value.tzinfo is None else "TIMESTAMPTZ"
        return f"CAST('{datetime.isoformat(value, sep=' ')}' AS {kind})"

    def date(self, value: date) -> str:
        return f"CAST('{date.isoformat(value)}' AS DATE)"

    def time(self, value: time) -> str:
        if value.tzinfo is not None:
            raise CivisInputError(
                f":{self.name} is a time with a zone, which has no exact SQL literal."
            )
        return f"CAST('{time.isoformat(value)}' AS TIME)"

    def span(self, value: timedelta) -> str:
        """Return a span of time as an interval; its parts may differ in their signs."""
        counts = {unit: int(getattr(value, unit)) for unit in ("days", "seconds", "microseconds")}
        text = " ".join(f"{count} {unit}" for unit, count in counts.items() if count)
        return f"INTERVAL '{text or '0 seconds'}'"

    def uuid(self, value: UUID) -> str:
        # Redshift has no UUID type; such columns are text there.
        text = UUID.__str__(value)
        return f"'{text}'" if self.dialect == "redshift" else f"CAST('{text}' AS UUID)"

    def bytes(self, value: bytes) -> str:
        digits = memoryview(value).tobytes().hex()
        is_postgres = self.dialect == "postgres"
        return f"decode('{digits}', 'hex')" if is_postgres else f"from_hex('{digits}')"


#: The first that fits writes: bool before int, datetime before date.
_WRITERS: tuple[tuple[Any, Callable[[_Writer, Any], str]], ...] = (
    (bool, _Writer.boolean),
    (int, _Writer.integer),
    (float, _Writer.double),
    (Decimal, _Writer.decimal),
    (str, _Writer.string),
    (datetime, _Writer.datetime),
    (date, _Writer.date),
    (time, _Writer.time),
    (timedelta, _Writer.span),
    (UUID, _Writer.uuid),
    ((bytes, bytearray, memoryview), _Writer.bytes),
)


def _library(value: Any) -> str:
    return type(value).__module__.partition(".")[0]


def _is_arrow(value: Any) -> bool:
    return _library(value) == "pyarrow" and hasattr(value, "to_pylist")
