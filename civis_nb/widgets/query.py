"""What a table view shows of its rows: which, and in what order; as data and as SQL.

The same conditions are written twice: for the DuckDB in the kernel that applies them, and as text
in the dialect of the database that the rows came from.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any, Final, Literal, Protocol, TypeAlias

from civis_nb.errors import CivisInputError
from civis_nb.sql_literals import literal
from civis_nb.table_names import quoted
from civis_nb.widgets.cells import SQL_TEXTS

__all__ = ["ALL", "Condition", "Family", "Field", "Query", "Sort", "TextCondition"]

Family: TypeAlias = Literal[
    "integer", "decimal", "double", "date", "timestamp", "timestamptz", "time", "boolean", "text",
    "other",
]  # fmt: skip
#: Families whose values can lie between two others.
_ORDERED: Final = frozenset(
    {"integer", "decimal", "double", "date", "timestamp", "timestamptz", "time"}
)
_MAX_MEMBERS: Final = 1000

#: Writes the name of the column at an index.
Namer: TypeAlias = Callable[[int], str]


@dataclass(frozen=True)
class Field:
    """A column of the table.

    Attributes
    ----------
    name
        Its name, as it is; several columns may have the same.
    type
        The short name of its type.
    family
        How its values are compared.
    """

    name: str
    type: str
    family: Family

    def as_text(self, name: str, dialect: str = "duckdb") -> str:
        """Return SQL for the text of a value, as the view shows it where DuckDB answers."""
        texts = SQL_TEXTS if dialect == "duckdb" else {}
        return texts.get(self.type, "CAST({0} AS VARCHAR)").format(name)

    def value(self, text: str) -> Any:
        """Return the value that a text stands for.

        Raises
        ------
        CivisInputError
            When it is none of this column.
        """
        try:
            return _READERS[self.family](text.strip() if self.family != "text" else text)
        except (ValueError, InvalidOperation):
            example = _EXAMPLES.get(self.family)
            raise CivisInputError(
                f"{text!r} is no value of the column {self.name!r}, whose type is {self.type}"
                + (f": write it like {example}." if example else ".")
            ) from None


def _whole_or_decimal(text: str) -> int | Decimal:
    text = text.replace(",", "").replace("_", "")
    try:
        return int(text)
    except ValueError:
        return Decimal(text)


def _decimal(text: str) -> Decimal:
    return Decimal(text.replace(",", "").replace("_", ""))


def _boolean(text: str) -> bool:
    return {"true": True, "t": True, "false": False, "f": False}[text.lower()]


def _with_zone(text: str) -> dt.datetime:
    """Parse a time; one without a zone is in UTC."""
    value = dt.datetime.fromisoformat(text)
    return value if value.tzinfo else value.replace(tzinfo=dt.UTC)


def _read_boolean(text: str) -> bool:
    try:
        return _boolean(text)
    except KeyError:
        raise ValueError(text) from None


_READERS: Final[Mapping[Family, Callable[[str], Any]]] = {
    "integer": _whole_or_decimal,
    "decimal": _decimal,
    "double": float,
    "date": dt.date.fromisoformat,
    "timestamp": dt.datetime.fromisoformat,
    "timestamptz": _with_zone,
    "time": dt.time.fromisoformat,
    "boolean": _read_boolean,
    "text": str,
    "other": str,
}
_EXAMPLES: Final[Mapping[Family, str]] = {
    "integer": "1200",
    "decimal": "12.50",
    "double": "0.25",
    "date": "2024-01-31",
    "timestamp": "2024-01-31 12:00",
    "timestamptz": "2024-01-31 12:00+00:00",
    "time": "12:00",
    "boolean": "true",
}


class Condition(Protocol):
    """What rows must fulfil to be shown."""

    @property
    def column(self) -> int:
        """The index of the column that it looks at."""

    def sql(self, name: str, field: Field, dialect: str) -> str:
        """Return it as SQL over the column of that name."""


@dataclass(frozen=True)
class _Null:
    column: int
    is_null: bool

    def sql(self, name: str, field: Field, dialect: str) -> str:  # noqa: ARG002 - as others
        return f"{name} IS {'' if self.is_null else 'NOT '}NULL"


@dataclass(frozen=True)
class TextCondition:
    """What a column's values must be as text.

    Attributes
    ----------
    column
        Its index.
    op
        contains, lacks, equals, starts or ends.
    value
        The text.
    match_case
        Whether upper and lower case differ.
    """

    column: int
    op: str
    value: str
    match_case: bool

    def sql(self, name: str, field: Field, dialect: str) -> str:
        """Return it as SQL over the column of that name."""
        # Neither LIKE nor its escapes mean the same everywhere; these functions do.
        operand = name if field.family == "text" else field.as_text(name, dialect)
        text = literal(self.value, dialect, "value")
        count = len(self.value)
        if not self.match_case:
            operand, text = f"LOWER({operand})", f"LOWER({text})"
        if self.op == "equals":
            return f"{operand} = {text}"
        if self.op == "starts":
            return f"LEFT({operand}, {count}) = {text}"
        if self.op == "ends":
            return f"RIGHT({operand}, {count}) = {text}"
        if self.op == "lacks":
            # What is NULL does not contain the text either.
            return f"({name} IS NULL OR STRPOS({operand}, {text}) = 0)"
        return f"STRPOS({operand}, {text}) > 0"


_TEXT_OPS: Final = ("contains", "lacks", "equals", "starts", "ends")


@dataclass(frozen=True)
class _Range:
    column: int
    low: str | None
    high: str | None

    def sql(self, name: str, field: Field, dialect: str) -> str:
        """Return the condition; a day as the upper end means all of that day."""
        parts = []
        if self.low is not None:
            parts.append(f"{name} >= {literal(field.value(self.low), dialect, 'value')}")
        if self.high is not None:
            value, sign = field.value(self.high), "<="
            if isinstance(value, dt.datetime) and len(self.high.strip()) == 10:
                # A day as the upper end means all of that day.
                value, sign = value + dt.timedelta(days=1), "<"
            parts.append(f"{name} {sign} {literal(value, dialect, 'value')}")
        return " AND ".join(parts)


@dataclass(frozen=True)
class _Members:
    column: int
    values: tuple[str | None, ...]
    exclude: bool

    def sql(self, name: str, field: Field, dialect: str) -> str:
        """Return the condition; NULL can be one of the values."""
        as_texts = field.family in ("other", "double")
        operand = field.as_text(name, dialect) if as_texts else name
        texts = [value for value in self.values if value is not None]
        read = str if operand is not name else field.value
        inside = ", ".join(literal(read(text), dialect, "value") for text in texts)
        with_null = len(texts) < len(self.values)
        if self.exclude:
            parts = [f"{operand} NOT IN ({inside})"] if texts else []
            if with_null:
                parts.append(f"{name} IS NOT NULL")
            elif texts:
                return f"({name} IS NULL OR {parts[0]})"
            return " AND ".join(parts)
        parts = [f"{operand} IN ({inside})"] if texts else []
        if with_null:
            parts.append(f"{name} IS NULL")
        return parts[0] if len(parts) == 1 else f"({' OR '.join(parts)})"


@dataclass(frozen=True)
class Sort:
    """The order of rows by one column.

    Attributes
    ----------
    column
        Its index.
    descending
        Whether the largest come first. NULLs come last either way.
    """

    column: int
    descending: bool

    def sql(self, name: str) -> str:
        """Return it as part of an ORDER BY."""
        return f"{name} {'DESC' if self.descending else 'ASC'} NULLS LAST"


@dataclass(frozen=True)
class Query:
    """Which rows are shown, and in what order.

    Attributes
    ----------
    conditions
        All of them hold for the rows that are shown.
    sorts
        The first one decides, then the next.

    Examples
    --------
    >>> fields = [Field("state", "text", "text"), Field("n", "bigint", "integer")]
    >>> query = Query.parse(
    ...     [{"column": 0, "kind": "text", "op": "starts", "value": "O'"}],
    ...     [{"column": 1, "descending": True}],
    ...     fields,
    ... )
    >>> print(query.sql(fields, "redshift"))
    WHERE LEFT(LOWER("state"), 2) = LOWER('O''')
    ORDER BY "n" DESC NULLS LAST
    """

    conditions: tuple[Condition, ...] = ()
    sorts: tuple[Sort, ...] = ()

    @classmethod
    def parse(cls, filters: Any, sort: Any, fields: Sequence[Field]) -> Query:
        """Read the form in which views keep it.

        Parameters
        ----------
        filters
            A list of ``{"column": index, "kind": "text" | "range" | "set" | "null", …}``.
        sort
            A list of ``{"column": index, "descending": bool}``.
        fields
            The columns.

        Raises
        ------
        CivisInputError
            When it says something that these columns don't have.
        """
        conditions = tuple(_condition(item, fields) for item in _list(filters, "filters"))
        sorts = tuple(
            Sort(_column(item, fields), bool(item.get("descending")))
            for item in _list(sort, "sort")
        )
        if len({one.column for one in sorts}) < len(sorts):
            raise CivisInputError("A table is sorted by each column at most once.")
        return cls(conditions, sorts)

    def where(self, name: Namer, fields: Sequence[Field], dialect: str) -> str:
        """Return the conditions as SQL; empty when there are none."""
        return " AND ".join(
            one.sql(name(one.column), fields[one.column], dialect) for one in self.conditions
        )

    def order_by(self, name: Namer) -> str:
        """Return the order as SQL; empty when there is none."""
        return ", ".join(one.sql(name(one.column)) for one in self.sorts)

    def sql(self, fields: Sequence[Field], dialect: str) -> str:
        """Return it as the end of a SELECT in a dialect; empty when all rows are shown."""

        def name(index: int) -> str:
            return quoted(fields[index].name)

        where, order = self.where(name, fields, dialect), self.order_by(name)
        parts = [f"WHERE {where}" if where else "", f"ORDER BY {order}" if order else ""]
        return "\n".join(part for part in parts if part)


#: All rows, as they come.
ALL: Final = Query()


def _list(value: Any, what: str) -> list[dict[str, Any]]:
    if not isinstance(value, (list, tuple)) or not all(isinstance(one, dict) for one in value):
        raise CivisInputError(f"The {what} of a table view is a list of dictionaries.")
    return list(value)


def _column(item: Mapping[str, Any], fields: Sequence[Field]) -> int:
    index = item.get("column")
    if not isinstance(index, int) or isinstance(index, bool) or not 0 <= index < len(fields):
        raise CivisInputError(
            f"There is no column {index!r}: columns are counted from 0 to {len(fields) - 1}."
        )
    return index


def _text_or_none(item: Mapping[str, Any], key: str) -> str | None:
    """Return a text of a filter; None where it is missing or blank."""
    value = item.get(key)
    return None if value is None or str(value).strip() == "" else str(value)


def _condition(item: Mapping[str, Any], fields: Sequence[Field]) -> Condition:
    """Return the condition that a filter of the front end stands for."""
    column, kind = _column(item, fields), item.get("kind")
    field = fields[column]
    if kind == "null":
        return _Null(column, bool(item.get("is_null", True)))
    if kind == "text":
        op, value = str(item.get("op", "contains")), str(item.get("value", ""))
        if op not in _TEXT_OPS:
            raise CivisInputError(f"A text filter can't be {op!r}: it is {', '.join(_TEXT_OPS)}.")
        if value == "" and op != "equals":
            raise CivisInputError("A text filter needs a text to look for.")
        return TextCondition(column, op, value, bool(item.get("match_case")))
    if kind == "range":
        if field.family not in _ORDERED:
            raise CivisInputError(
                f"The column {field.name!r} has no ranges: its type is {field.type}."
            )
        low, high = _text_or_none(item, "low"), _text_or_none(item, "high")
        if low is None and high is None:
            raise CivisInputError("A range needs a lower or an upper end.")
        found = _Range(column, low, high)
    elif kind == "set":
        values = tuple(None if one is None else str(one) for one in item.get("values") or ())
        if not 0 < len(values) <= _MAX_MEMBERS:
            raise CivisInputError(f"A set has between 1 and {_MAX_MEMBERS:,} values.")
        return _checked(_Members(column, values, bool(item.get("exclude"))), field)
    else:
        raise CivisInputError(f"A filter can't be {kind!r}: it is text, range, set or null.")
    return _checked(found, field)


def _checked(condition: Condition, field: Field) -> Condition:
    """Return a condition whose values are all ones of its column."""
    condition.sql("x", field, "duckdb")
    return condition
