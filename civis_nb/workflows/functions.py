"""The functions in expressions: Mistral's, and those of YAQL that could work for ever.

YAQL bounds the lists that its functions go through, but not all numbers and lists that they make;
and a regular expression can take longer than the world exists, while nothing else in the process
goes on. Those are here, with bounds.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable, Iterator, Mapping
from copy import copy
from typing import TYPE_CHECKING, Any

import yaml

from civis_nb.errors import CivisExpressionError

if TYPE_CHECKING:
    from civis_nb.workflows.expressions import ExpressionScope

__all__ = ["MAX_ITEMS", "register_functions"]

#: How many items an expression may go through, or make, in one list.
MAX_ITEMS = 200_000
#: The largest whole number that an expression may make, in bits.
_MAX_BITS = 100_000
#: How long one search of a regular expression may take.
_SEARCH_LIMIT_S = 1.0


def register_functions(context: Any) -> None:
    """Add the functions to a context of `yaql` that has no regular expressions yet."""
    for name, function in _FUNCTIONS.items():
        context.register_function(function, name=name)
    _register_repetitions(context)
    _register_patterns(context)


def _task(context: Any, task_name: str | None = None) -> Any:
    return _scope(context, "task").task(task_name)


def _tasks(
    context: Any,
    workflow_execution_id: Any = None,
    recursive: bool = False,
    state: str | None = None,
    flat: bool = False,
) -> Any:
    return _scope(context, "tasks").tasks(workflow_execution_id, recursive, state, flat)


def _execution(context: Any) -> Any:
    return _scope(context, "execution").execution()


def _executions(
    context: Any,
    id: Any = None,
    root_execution_id: Any = None,
    state: str | None = None,
    from_time: str | None = None,
    to_time: str | None = None,
) -> Any:
    scope = _scope(context, "executions")
    return scope.executions(id, root_execution_id, state, from_time, to_time)


def _env(context: Any) -> Any:
    return _scope(context, "env").env()


def _global(context: Any, var_name: str) -> Any:
    return _scope(context, "global").global_(var_name)


def _scope(context: Any, function: str) -> ExpressionScope:
    """Return the scope of an evaluation; raise where it has none."""
    scope: ExpressionScope | None = context["$__scope"]
    if scope is None:
        raise CivisExpressionError(f"{function}() is known while a workflow runs only.")
    return scope


def _uuid() -> str:
    return str(uuid.uuid4())


def _json_parse(data: str) -> Any:
    return json.loads(data)


def _json_dump(data: Any) -> str:
    return json.dumps(_thawed(data), indent=4)


def _yaml_parse(data: str) -> Any:
    for event in yaml.parse(data, Loader=yaml.SafeLoader):
        # A few lines of them can stand for more values than fit into memory.
        if isinstance(event, yaml.AliasEvent):
            raise CivisExpressionError("yaml_parse takes no YAML with aliases (*name).")
    return yaml.safe_load(data)


def _yaml_dump(data: Any) -> str:
    return yaml.safe_dump(_thawed(data), default_flow_style=False)


def _pow(a: float, b: float, c: int | None = None) -> Any:
    bits = abs(b) * a.bit_length() if isinstance(a, int) and isinstance(b, int) else 0
    if c is None and bits > _MAX_BITS:
        raise CivisExpressionError(f"pow() can't make a number of more than {_MAX_BITS} bits.")
    return pow(a, b, c)  # type: ignore[arg-type]


def _shift_bits_left(value: int, bits_number: int) -> int:
    if bits_number > _MAX_BITS:
        raise CivisExpressionError(f"A number can't be shifted by more than {_MAX_BITS} bits.")
    return value << bits_number


def _thawed(value: Any) -> Any:
    """Return a value of YAQL as plain mappings and lists."""
    if isinstance(value, Mapping):
        return {key: _thawed(one) for key, one in value.items()}
    if isinstance(value, str) or not hasattr(value, "__iter__"):
        return value
    return [_thawed(one) for one in value]


_FUNCTIONS: Mapping[str, Callable[..., Any]] = {
    "task": _task,
    "tasks": _tasks,
    "execution": _execution,
    "executions": _executions,
    "env": _env,
    "global": _global,
    "uuid": _uuid,
    "json_parse": _json_parse,
    "json_dump": _json_dump,
    "yaml_parse": _yaml_parse,
    "yaml_dump": _yaml_dump,
    "pow": _pow,
    "shiftBitsLeft": _shift_bits_left,
}


def _register_repetitions(context: Any) -> None:
    """Register ``list * number``: YAQL's own takes a short list for one that needs no memory."""
    from yaql.language import specs, yaqltypes

    def repeated(items: Any, count: int) -> Any:
        if len(items) * count > MAX_ITEMS:
            raise CivisExpressionError(f"A list can't have more than {MAX_ITEMS} items.")
        return items * count

    @specs.parameter("left", yaqltypes.Sequence())  # type: ignore[untyped-decorator]
    @specs.parameter("right", int)  # type: ignore[untyped-decorator]
    def list_by_number(left: Any, right: int) -> Any:
        return repeated(left, right)

    @specs.parameter("left", int)  # type: ignore[untyped-decorator]
    @specs.parameter("right", yaqltypes.Sequence())  # type: ignore[untyped-decorator]
    def number_by_list(left: int, right: Any) -> Any:
        return repeated(right, left)

    for function in (list_by_number, number_by_list):
        context.register_function(function, name="#operator_*")


class _Pattern:
    """A compiled regular expression whose searches end in time; what YAQL's functions use of it."""

    def __init__(self, pattern: str, ignore_case: bool, multi_line: bool, dot_all: bool) -> None:
        import regex

        flags = regex.VERSION0
        flags |= regex.IGNORECASE if ignore_case else 0
        flags |= regex.MULTILINE if multi_line else 0
        flags |= regex.DOTALL if dot_all else 0
        try:
            self._compiled = regex.compile(pattern, flags)
        except regex.error as error:
            raise CivisExpressionError(f"regex: {error}.") from None
        self.pattern = pattern

    def _timed(self, method: Callable[..., Any], *arguments: Any) -> Any:
        """Search within a limit of time."""
        try:
            return method(*arguments, timeout=_SEARCH_LIMIT_S)
        except TimeoutError:
            raise CivisExpressionError(
                f"The regular expression {self.pattern[:200]!r} took more than "
                f"{_SEARCH_LIMIT_S:g} seconds for one search."
            ) from None

    def search(self, string: str) -> Any:
        return self._timed(self._compiled.search, string)

    def finditer(self, string: str) -> Iterator[Any]:
        found: Iterator[Any] = iter(
            self._timed(lambda **limit: list(self._compiled.finditer(string, **limit)))
        )
        return found

    def split(self, string: str, max_split: int) -> Any:
        return self._timed(self._compiled.split, string, max_split)

    def sub(self, repl: Any, string: str, count: int) -> Any:
        return self._timed(self._compiled.sub, repl, string, count)


def _register_patterns(context: Any) -> None:
    """Register YAQL's functions of regular expressions, for patterns that end in time."""
    from yaql.language import specs, yaqltypes
    from yaql.standard_library import regex as library

    def regex(
        pattern: str, ignore_case: bool = False, multi_line: bool = False, dot_all: bool = False
    ) -> Any:
        return _Pattern(pattern, ignore_case, multi_line, dot_all)

    @specs.parameter("string", yaqltypes.String())  # type: ignore[untyped-decorator]
    @specs.parameter("regexp", yaqltypes.String())  # type: ignore[untyped-decorator]
    @specs.method  # type: ignore[untyped-decorator]
    def matches(string: str, regexp: str) -> bool:
        return _Pattern(regexp, False, False, False).search(string) is not None

    @specs.parameter("string", yaqltypes.String())  # type: ignore[untyped-decorator]
    @specs.parameter("pattern", yaqltypes.String())  # type: ignore[untyped-decorator]
    def equal(string: str, pattern: str) -> bool:
        return _Pattern(pattern, False, False, False).search(string) is not None

    @specs.parameter("string", yaqltypes.String())  # type: ignore[untyped-decorator]
    @specs.parameter("pattern", yaqltypes.String())  # type: ignore[untyped-decorator]
    def unequal(string: str, pattern: str) -> bool:
        return not equal(string, pattern)

    own = {
        "regex": regex,
        "matches": matches,
        "#operator_=~": equal,
        "#operator_!~": unequal,
        "isRegex": lambda value: isinstance(value, _Pattern),
        "escapeRegex": library.escape_regex,
    }
    for name, function in own.items():
        context.register_function(function, name=name)
    _register_with_patterns(context)


def _register_with_patterns(context: Any) -> None:
    """Register YAQL's functions that take a compiled pattern, for ours."""
    from yaql.language import specs, yaqltypes
    from yaql.standard_library import regex as library

    for function in (
        library.matches,
        library.matches_operator_regex,
        library.not_matches_operator_regex,
        library.search,
        library.search_all,
        library.split,
        library.split_string,
        library.replace,
        library.replace_string,
        library.replace_by,
        library.replace_by_string,
    ):
        definition = specs.get_function_definition(function, convention=context.convention)
        definition = definition.clone()
        parameter = copy(definition.parameters["regexp"])
        parameter.value_type = yaqltypes.PythonType(_Pattern, nullable=False)
        definition.parameters["regexp"] = parameter
        context.register_function(definition)
