"""What is wrong with a workflow definition, and where."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from civis_nb._visible import visible
from civis_nb._wire_text import preformatted
from civis_nb.errors import WorkflowValidationError
from civis_nb.near_names import did_you_mean
from civis_nb.workflows.model import Position

__all__ = ["Problem", "Problems", "Severity", "brief", "failure", "hint"]

Severity = Literal["error", "warning"]

_MAX_SHOWN = 10
_WIDEST_LINE = 100
_LONGEST_VALUE = 60


@dataclass(frozen=True, slots=True)
class Problem:
    """Something in a workflow definition that is wrong, or likely to be.

    Attributes
    ----------
    message
        What is wrong, in which task, and what was expected.
    place
        The line and column in the YAML, from 1.
    line_text
        That line.
    severity
        ``"error"``: the definition is not valid. ``"warning"``: it is, but something in it will
        not work as it was meant.
    """

    message: str
    place: Position
    line_text: str = ""
    severity: Severity = "error"

    def __str__(self) -> str:
        message = f"{self.place}: {self.message}"
        if not self.line_text.strip():
            return message
        number = f"{self.place.line} | "
        line, caret = _excerpt(self.line_text, self.place.column)
        return f"{message}\n    {number}{line}\n    {' ' * (len(number) - 2)}| {' ' * caret}^"


class Problems(tuple[Problem, ...]):
    """What was found in a definition, in the order of the text; shown one after the other."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "\n".join(f"{one.severity}: {one}" for one in self) or "no problems"

    def _repr_html_(self) -> str:
        return preformatted(repr(self))


def failure(problems: Sequence[Problem]) -> WorkflowValidationError:
    """Return the error that reports `problems`: at least one."""
    ordered = sorted(problems, key=lambda problem: problem.place)
    count = "1 problem" if len(ordered) == 1 else f"{len(ordered)} problems"
    parts = [f"The workflow definition is not valid: {count}."]
    parts += [str(problem) for problem in ordered[:_MAX_SHOWN]]
    if len(ordered) > _MAX_SHOWN:
        parts.append(f"… and {len(ordered) - _MAX_SHOWN} more, in the attribute 'problems'.")
    return WorkflowValidationError("\n\n".join(parts), tuple(ordered))


def hint(name: object, known: Iterable[str]) -> str:
    """Return a sentence that names the known name that is most like `name`; empty if none is.

    Examples
    --------
    >>> hint("std.nop", ["std.noop", "std.fail"])
    " Did you mean 'std.noop'?"
    >>> hint("zzz", ["std.noop"])
    ''
    """
    return did_you_mean(name, known, 1, shown=repr)


def brief(value: Any) -> str:
    """Return a value as messages show it, cut where it is long."""
    text = {None: "nothing", True: "true", False: "false"}.get(value) if _is_plain(value) else None
    if text is None:
        if isinstance(value, dict):
            return "a mapping"
        if isinstance(value, (list, set)):
            return "a list"
        text = repr(value)
    return text if len(text) <= _LONGEST_VALUE else text[: _LONGEST_VALUE - 1] + "…"


def _is_plain(value: Any) -> bool:
    return value is None or isinstance(value, bool)


def _excerpt(line: str, column: int) -> tuple[str, int]:
    """Return a line of YAML, cut around a column, and where in it the caret stands."""
    from wcwidth import wcswidth  # here: only an error needs it

    at = min(column - 1, len(line))
    start = max(0, at - _WIDEST_LINE * 2 // 3) if len(line) > _WIDEST_LINE else 0
    end = start + _WIDEST_LINE
    before = ("…" if start else "") + visible(line[start:at].replace("\t", " "))
    after = visible(line[at:end].replace("\t", " ")) + ("…" if end < len(line) else "")
    return before + after, max(wcswidth(before), 0)
