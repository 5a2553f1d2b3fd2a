"""Expressions in workflow definitions: found in texts, parsed and evaluated.

An expression stands between ``<%`` and ``%>``, on one line, and is written in YAQL. A text that is
one expression becomes its value; within a longer text the value is written as text. Jinja's
``{{ name }}`` stays as it is: in SQL it marks a parameter of the script.

`yaql` is imported when an expression is parsed for the first time.
"""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cache, lru_cache
from typing import Any, Protocol

from civis_nb.errors import CivisExpressionError
from civis_nb.workflows.functions import MAX_ITEMS, register_functions

__all__ = [
    "Expression",
    "ExpressionScope",
    "evaluate",
    "find_expressions",
    "parse_expression",
    "plain_value",
]

#: As in Mistral, an expression does not go over the end of a line.
_INLINE = re.compile(r"<%(.*?)%>")
#: How long the expressions of one value may work, in seconds of processor time.
_EVALUATION_LIMIT_S = 5.0
_MAX_BYTES = 100_000_000
#: The largest whole number that a value may be, in bits: Python writes no number of more than 4,300
#: digits.
_MAX_RESULT_BITS = 14_000
_OPTIONS = {
    "yaql.limitIterators": MAX_ITEMS,
    "yaql.memoryQuota": _MAX_BYTES,
    "yaql.convertTuplesToLists": True,
    "yaql.convertSetsToLists": True,
    "yaql.convertOutputData": True,
}


@dataclass(frozen=True, slots=True)
class Expression:
    """An expression in a text.

    Attributes
    ----------
    source
        What stands between the delimiters, without spaces around it.
    start, end
        Where it stands in the text, with its delimiters.
    """

    source: str
    start: int
    end: int


class ExpressionScope(Protocol):
    """What the functions of workflows in expressions give: Mistral's, by their names there."""

    def task(self, name: str | None) -> Any:
        """Return a task of the execution; None: the one that the expression belongs to."""

    def tasks(
        self, execution_id: Any, recursive: bool, state: str | None, flat: bool
    ) -> list[dict[str, Any]]:
        """Return the tasks that pass the filters."""

    def execution(self) -> dict[str, Any]:
        """Return the execution."""

    def executions(
        self,
        execution_id: Any,
        root_execution_id: Any,
        state: str | None,
        from_time: str | None,
        to_time: str | None,
    ) -> list[dict[str, Any]]:
        """Return the executions that pass the filters."""

    def env(self) -> dict[str, Any]:
        """Return the environment of the execution."""

    def global_(self, name: str) -> Any:
        """Return a global variable; None when there is none."""


def find_expressions(text: str) -> list[Expression]:
    """Return the expressions in a text, in their order.

    Examples
    --------
    >>> [one.source for one in find_expressions("print(<% $.name %>, <% 1 + 1 %>)")]
    ['$.name', '1 + 1']
    """
    return [
        Expression(found[1].strip(), found.start(), found.end()) for found in _INLINE.finditer(text)
    ]


def parse_expression(source: str) -> Any:
    """Parse an expression and return it as `yaql` has it, ready to be evaluated.

    Parameters
    ----------
    source
        What stands between ``<%`` and ``%>``.

    Raises
    ------
    CivisExpressionError
        When it is no expression.

    Examples
    --------
    >>> str(parse_expression("$.count > 3"))
    "#operator_>(#operator_.($, 'count'), 3)"
    >>> parse_expression("1 +")
    Traceback (most recent call last):
    ...
    civis_nb.errors.CivisExpressionError: <% 1 + %> can't be parsed: unexpected end of statement.
    """
    if not source.strip():
        raise CivisExpressionError("<% %> holds no expression.")
    try:
        return _parsed(source.strip())
    except RecursionError:
        raise CivisExpressionError(f"{_shown(source)} is nested too deeply.") from None


def evaluate(value: Any, data: Mapping[str, Any], scope: ExpressionScope | None = None) -> Any:
    """Return a value with all its expressions evaluated, at any depth of lists and mappings.

    What is returned can be written as JSON; times become text.

    Parameters
    ----------
    value
        Any value of a definition; keys of mappings are not evaluated.
    data
        What ``$`` is: the variables, by name.
    scope
        What functions such as ``task()`` give; None: they are refused.

    Raises
    ------
    CivisExpressionError
        When an expression can't be parsed, fails, or takes too long or too much memory. Its text
        names the expression, and no values.

    Examples
    --------
    >>> evaluate("<% $.things %>", {"things": [1, 2]})
    [1, 2]
    >>> evaluate({"sql": "DROP TABLE <% $.table %>"}, {"table": "people"})
    {'sql': 'DROP TABLE people'}
    >>> evaluate("<% $.missing %>", {})
    Traceback (most recent call last):
    ...
    civis_nb.errors.CivisExpressionError: <% $.missing %> failed: there is no 'missing' here.
    """
    return _Evaluation(data, scope).of(value)


class _Evaluation:
    """One evaluation of a value, whose expressions share their data and their limits."""

    def __init__(self, data: Mapping[str, Any], scope: ExpressionScope | None) -> None:
        self._data = data
        self._scope = scope
        self._context: Any = None

    def of(self, value: Any) -> Any:
        """Return a value with its expressions evaluated."""
        if isinstance(value, str):
            return self._text(value) if "<%" in value else value
        if isinstance(value, Mapping):
            return {_plain_key(key): self.of(one) for key, one in value.items()}
        if isinstance(value, list | tuple):
            return [self.of(one) for one in value]
        return plain_value(value)

    def _text(self, text: str) -> Any:
        """Return a text with its expressions evaluated; of one alone, its value."""
        found = find_expressions(text)
        if len(found) == 1 and (found[0].start, found[0].end) == (0, len(text)):
            return self._result(found[0].source)
        pieces, place = [], 0
        for one in found:
            pieces += [text[place : one.start], str(self._result(one.source))]
            place = one.end
        return "".join([*pieces, text[place:]])

    def _result(self, source: str) -> Any:
        """Evaluate an expression; raise what is wrong with it, or that it took too long."""
        expression = parse_expression(source)
        try:
            # Only now, so that a value without expressions costs nothing.
            context = self._new_context()
            return plain_value(expression.evaluate(context=context))
        except CivisExpressionError:
            raise
        except _Exhausted:
            reason = f"it took more than {_EVALUATION_LIMIT_S:g} seconds of processor time"
        except RecursionError:
            reason = "it is nested too deeply, or calls itself for ever"
        except Exception as error:
            # Whatever YAQL's functions raise on the values that they are given.
            reason = _reason(error)
        raise CivisExpressionError(f"{_shown(source)} failed: {reason}.") from None

    def _new_context(self) -> Any:
        """Return a context in which the expressions of this value are evaluated."""
        from yaql.language import utils

        if self._context is None:
            self._context = _root_context().create_child_context()
            self._context["$"] = utils.convert_input_data(dict(self._data))
            self._context["$__scope"] = self._scope
            self._context.deadline_s = time.thread_time() + _EVALUATION_LIMIT_S
        child = self._context.create_child_context()
        child["$"] = self._context["$"]
        return child


class _Exhausted(Exception):  # noqa: N818 - no error of its own: it becomes one
    """An evaluation has used up its time."""


_PARSING = threading.Lock()


@lru_cache(maxsize=4096)
def _parsed(source: str) -> Any:
    """Parse an expression, or remember how it was parsed."""
    from yaql.language import exceptions

    try:
        # The parser keeps its place in itself.
        with _PARSING:
            return _engine()(source)
    except exceptions.YaqlGrammarException as error:
        reason = "unexpected end of statement" if error.position is None else _grammar(error)
    except (exceptions.YaqlLexicalException, exceptions.YaqlException) as error:
        reason = str(error)
    except (KeyError, TypeError, ValueError) as error:
        # Escapes in strings that are none.
        reason = str(error)
    raise CivisExpressionError(f"{_shown(source)} can't be parsed: {reason.rstrip('.')}.")


def _grammar(error: Any) -> str:
    return f"unexpected {error.value!r} at character {error.position + 1}"


@cache
def _engine() -> Any:
    # It uses collections.abc without importing it.
    import collections.abc  # noqa: F401

    import yaql

    return yaql.YaqlFactory(allow_delegates=False).create(options=_OPTIONS)


@cache
def _root_context() -> Any:
    """Return the context with all functions; evaluations have children of it."""
    import collections.abc  # noqa: F401

    import yaql
    from yaql.language import conventions

    context = yaql.create_context(
        context=_context_type()(convention=conventions.CamelCaseConvention()),
        yaqlized=False,
        regex=False,
    )
    context = context.create_child_context()
    register_functions(context)
    return context


@cache
def _context_type() -> Any:
    """Return the class of contexts: YAQL's, which looks at the time now and then."""
    from yaql.language import contexts, utils

    class BoundedContext(contexts.Context):  # type: ignore[misc]
        """A context whose functions are refused once the evaluation has used up its time."""

        def __init__(self, parent_context: Any = None, **named: Any) -> None:
            super().__init__(parent_context, **named)
            self.deadline_s: float = getattr(parent_context, "deadline_s", float("inf"))

        def __call__(
            self,
            name: str,
            engine: Any,
            receiver: Any = utils.NO_VALUE,
            data_context: Any = None,
            use_convention: bool = False,
            function_filter: Any = None,
        ) -> Any:
            if time.thread_time() > self.deadline_s:
                raise _Exhausted
            return super().__call__(
                name, engine, receiver, data_context, use_convention, function_filter
            )

    return BoundedContext


def _reason(error: Exception) -> str:
    """Return what went wrong, without the values that YAQL's own messages repeat."""
    from yaql.language import exceptions

    if isinstance(error, KeyError):
        return f"there is no {error.args[0]!r} here" if error.args else "a key is missing"
    if isinstance(error, exceptions.MethodResolutionError):
        name = re.search(r'method "(.*?)"', str(error))
        return f"no value here has the method {name[1] if name else ''}()"
    if isinstance(error, StopIteration):
        return "the list is empty"
    return (str(error) or type(error).__name__).rstrip(".")


def _shown(source: str) -> str:
    text = source.strip()
    return f"<% {text if len(text) <= 200 else text[:200] + '…'} %>"


def plain_value(value: Any) -> Any:
    """Return a value as JSON can hold it: times and keys become text, sets lists.

    Raises
    ------
    CivisExpressionError
        When it holds what JSON can't hold, such as bytes or a number of thousands of digits.

    Examples
    --------
    >>> plain_value({date(2026, 1, 31): (1, None)})
    {'2026-01-31': [1, None]}
    """
    if isinstance(value, datetime | date):
        return value.isoformat(sep=" ") if isinstance(value, datetime) else value.isoformat()
    if isinstance(value, timedelta):
        return str(value)
    if isinstance(value, dict):
        return {_plain_key(key): plain_value(one) for key, one in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [plain_value(one) for one in value]
    if isinstance(value, int) and value.bit_length() > _MAX_RESULT_BITS:
        raise CivisExpressionError("A number of thousands of digits can't be kept.")
    if value is None or isinstance(value, str | int | float | bool):
        return value
    raise CivisExpressionError(
        f"A value of the type {type(value).__name__} can't be kept: "
        "text, numbers, true, false, null, lists and mappings can be."
    )


def _plain_key(key: Any) -> str:
    """Return a key as it is called in JSON, where all keys are text."""
    if isinstance(key, str):
        return key
    if key is None:
        return "null"
    return str(key).lower() if isinstance(key, bool) else str(plain_value(key))
