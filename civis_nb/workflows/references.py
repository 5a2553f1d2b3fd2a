"""Warnings about expressions: those that can't be parsed, and names that nothing sets."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from civis_nb.errors import CivisExpressionError
from civis_nb.workflows.expressions import find_expressions, parse_expression
from civis_nb.workflows.model import Position, WorkflowDefinition
from civis_nb.workflows.problems import hint
from civis_nb.workflows.reading import Path, Reading
from civis_nb.workflows.yaml_text import YamlText

__all__ = ["check_expressions"]

#: What every execution has as variables.
_GIVEN = frozenset({"__env", "__execution", "__task_execution", "openstack"})
#: Calls after which `$` is still the variables of the workflow: no argument is a condition on
#: the items of a list.
_PLAIN_CALLS = frozenset(
    [
        *("abs", "bool", "concat", "containsKey", "containsValue", "datetime", "dict", "endsWith"),
        *("env", "execution", "flatten", "float", "format", "get", "global", "indexOf", "int"),
        *("isEmpty", "isInteger", "isNumber", "isString", "join", "json_dump", "json_parse"),
        *("keys", "last", "len", "list", "max", "min", "not", "now", "range", "regex", "replace"),
        *("round", "set", "split", "startsWith", "str", "sum", "task", "tasks", "timespan"),
        *("toLower", "toUpper", "trim", "uuid", "values", "yaml_dump", "yaml_parse", "zip"),
    ]
)


def check_expressions(reading: Reading, definition: WorkflowDefinition) -> None:
    """Warn of expressions that can't be parsed, and of unknown tasks and variables.

    Parameters
    ----------
    reading
        Gets the problems.
    definition
        What was read of it.
    """
    known = frozenset(_variables(definition))
    for path, text, of_key in _texts(reading.source.data[definition.name], (definition.name,)):
        for expression in find_expressions(text):
            for message in _wrong(expression.source, definition, known):
                begin = reading.source.place(path, of_key=of_key)
                place = _place(reading.source, begin, expression.source)
                reading.refuse_at(place.line, place.column, message)


def _wrong(source: str, definition: WorkflowDefinition, known: frozenset[str]) -> Iterator[str]:
    """Return what is wrong with one expression."""
    try:
        parsed = parse_expression(source)
    except CivisExpressionError as error:
        yield str(error)
        return
    tasks: set[str] = set()
    variables: set[str] = set()
    _collect(parsed, tasks, variables, is_whole=True)
    for task in sorted(tasks - definition.tasks.keys()):
        near = hint(task, definition.tasks)
        yield f"The expression asks for the task {task!r}, which is not in this workflow.{near}"
    for variable in sorted(variables - known):
        near = hint(variable, known - _GIVEN)
        yield f"$.{variable} is never set: no 'input', 'publish' or 'with-items' has it.{near}"


def _variables(definition: WorkflowDefinition) -> Iterator[str]:
    """Return the names of all variables that anything sets."""
    yield from _GIVEN
    yield from (parameter.name for parameter in definition.input)
    for task in definition.tasks.values():
        yield from task.publish
        yield from task.publish_on_error
        yield from (source.name for source in task.with_items)
        for branch in task.branches.values():
            yield from branch.publish
            yield from branch.publish_global


def _texts(value: Any, path: Path) -> Iterator[tuple[Path, str, bool]]:
    """Return the texts of a workflow that may hold expressions, and whether each is a key."""
    if len(path) == 1:
        for key in ("output", "output-on-error", "task-defaults", "tasks"):
            yield from _texts(value.get(key), (*path, key))
    elif isinstance(value, str):
        yield path, value, False
    elif isinstance(value, Mapping):
        for key, below in value.items():
            if isinstance(key, str):
                yield (*path, key), key, True
            yield from _texts(below, (*path, key))
    elif isinstance(value, list):
        for index, below in enumerate(value):
            yield from _texts(below, (*path, index))


def _place(source: YamlText, begin: Position, expression: str) -> Position:
    """Return where an expression stands: in the lines from its value on."""
    for number in range(begin.line, min(begin.line + 500, len(source.lines)) + 1):
        line = source.lines[number - 1]
        column = line.find(expression, begin.column - 1 if number == begin.line else 0)
        if column >= 0:
            return Position(number, column + 1)
    return begin


def _collect(part: Any, tasks: set[str], variables: set[str], *, is_whole: bool) -> None:
    """Collect the names of tasks and variables in a parsed expression.

    Parameters
    ----------
    part
        The expression, as `yaql` has it, or a part of it.
    tasks, variables
        Get the names.
    is_whole
        Whether ``$`` is the variables of the workflow here, not an item of a list.
    """
    name = getattr(part, "name", "")
    arguments = list(getattr(part, "args", ()))
    arguments += [getattr(part, key) for key in ("source", "destination") if hasattr(part, key)]
    if name == "#get_context_data":
        return
    if name == "#operator_." and is_whole and _is_variables(arguments[0]):
        attribute = getattr(arguments[1], "value", None)
        if isinstance(attribute, str):
            variables.add(attribute)
    if name == "task" and arguments and isinstance(getattr(arguments[0], "value", None), str):
        tasks.add(arguments[0].value)
    keeps = name.startswith(("#", "*")) and name != "#operator_->"
    for argument in arguments:
        is_kept = is_whole and (keeps or not name or name in _PLAIN_CALLS)
        _collect(argument, tasks, variables, is_whole=is_kept)


def _is_variables(part: Any) -> bool:
    """Return whether a part of an expression is ``$``."""
    path = getattr(part, "path", None)
    return getattr(part, "name", "") == "#get_context_data" and getattr(path, "value", "") == "$"
