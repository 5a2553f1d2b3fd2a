"""Redshift's arithmetic of dates and times, as DuckDB expressions."""

from __future__ import annotations

from typing import Any, TypeAlias

from sqlglot import exp

__all__ = ["with_days"]

_Node: TypeAlias = Any  # sqlglot's base class changed its name between versions

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
