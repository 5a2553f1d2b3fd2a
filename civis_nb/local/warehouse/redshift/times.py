"""Redshift's functions and arithmetic of dates and times, as DuckDB expressions."""

from __future__ import annotations

from typing import Any, TypeAlias

from sqlglot import exp

from civis_nb.local.warehouse.dialects.date_parts import PART_OF
from civis_nb.table_names import literal

__all__ = ["TIME_FUNCTIONS", "with_days"]

_Node: TypeAlias = Any  # sqlglot's base class changed its name between versions

_DAYS = {"su": 7, "mo": 1, "tu": 2, "we": 3, "th": 4, "fr": 5, "sa": 6}


def _time(node: _Node) -> str:
    """Return a date or time as SQL; a text literal is cast to a timestamp."""
    text = f"({node.sql('duckdb')})"
    return f"CAST({text} AS TIMESTAMP)" if _is_text(node) else text


def _is_text(node: _Node) -> bool:
    return isinstance(node, exp.Literal) and bool(node.is_string)


def _part(node: _Node) -> str:
    """Return the part of a date that a text or a bare word names."""
    name = str(node.this if _is_text(node) else node.name).lower()
    return PART_OF.get(name, name)


def _date_trunc(args: list[_Node]) -> str:
    return f"date_trunc({literal(_part(args[0]))}, {_time(args[1])})"


def _date_part(args: list[_Node]) -> str:
    if isinstance(args[0], exp.Array):  # DuckDB's own form: several parts at once
        return f"date_part({args[0].sql('duckdb')}, {_time(args[1])})"
    return f"date_part({literal(_part(args[0]))}, {_time(args[1])})"


def _last_day(args: list[_Node]) -> str:
    return f"last_day({_time(args[0])})"


def _next_day(args: list[_Node]) -> str | None:
    """Build NEXT_DAY; None when the day is no literal."""
    if not _is_text(args[1]):
        return None
    wanted = _DAYS.get(str(args[1].this)[:2].lower())
    day = f"CAST({_time(args[0])} AS DATE)"
    if wanted is None:
        return None
    return f"{day} + CAST(({wanted} - isodow({day}) + 6) % 7 + 1 AS INTEGER)"


#: Name -> what builds the DuckDB text from the arguments; None: this call can't be built.
TIME_FUNCTIONS = {
    "date_trunc": _date_trunc,
    "date_part": _date_part,
    "last_day": _last_day,
    "next_day": _next_day,
    "date_part_year": lambda args: f"year({_time(args[0])})",
}

_DATES = (exp.DataType.Type.DATE,)
_RETURN_TIMES = (
    exp.CurrentTimestamp, exp.TimestampTrunc, exp.DateTrunc, exp.DateAdd, exp.TsOrDsAdd
)  # fmt: skip
_TIMES = tuple(exp.DataType.Type[name] for name in ("TIMESTAMP", "TIMESTAMPNTZ", "TIMESTAMPTZ"))


def with_days(node: _Node) -> _Node:
    """Count whole numbers beside dates and times as days, as Redshift does.

    DuckDB adds an INTEGER to a DATE, but neither a BIGINT to it nor any number to a TIMESTAMP.
    """
    time, number = node.this, node.expression
    if _is_time(time) and _is_number(number):
        days = exp.Interval(this=exp.Literal.string("1"), unit=exp.var("DAY"))
        node.set("expression", exp.Paren(this=exp.Mul(this=exp.paren(number), expression=days)))
    elif _is_date(time) and isinstance(node, exp.Add) and _may_be_bigint(number):
        node.set("expression", exp.cast(number, "INT"))
    return node


def _bare(node: _Node) -> _Node:
    """Return a node without the parentheses around it."""
    while isinstance(node, exp.Paren):
        node = node.this
    return node


def _is_date(node: _Node) -> bool:
    node = _bare(node)
    return isinstance(node, exp.CurrentDate) or (
        isinstance(node, exp.Cast) and node.is_type(*_DATES)
    )


def _is_time(node: _Node) -> bool:
    node = _bare(node)
    if isinstance(node, exp.Cast):
        return bool(node.is_type(*_TIMES))
    return isinstance(node, _RETURN_TIMES)


def _is_number(node: _Node) -> bool:
    node = _bare(node)
    if isinstance(node, (exp.Neg, exp.Add, exp.Sub, exp.Mul, exp.Div)):
        return all(_is_number(child) for child in node.iter_expressions())
    return isinstance(node, exp.Literal) and not node.is_string


def _may_be_bigint(node: _Node) -> bool:
    return isinstance(_bare(node), (exp.Column, exp.Window, exp.Mul, exp.Add, exp.Sub))
