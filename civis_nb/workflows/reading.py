"""Reading plain data with its shape checked: what is wrong is collected, with its place."""

from __future__ import annotations

import math
from collections.abc import Hashable, Iterable, Mapping
from types import MappingProxyType
from typing import Any

from civis_nb.workflows.model import Position
from civis_nb.workflows.problems import Problem, Severity, brief, hint
from civis_nb.workflows.yaml_text import YamlText

__all__ = ["Path", "Reading"]

Path = tuple[Hashable, ...]

_NOTHING: Mapping[str, Any] = MappingProxyType({})


class Reading:
    """A definition that is being read, and what was found to be wrong with it.

    Attributes
    ----------
    source
        The YAML.
    problems
        What is wrong.
    severity
        Of what is found.
    """

    def __init__(self, source: YamlText, severity: Severity = "error") -> None:
        self.source = source
        self.severity = severity
        self.problems: list[Problem] = []

    def refuse(self, path: Path, message: str, *, of_key: bool = False) -> None:
        """Add a problem of the value at a path, or of its key."""
        place = self.source.place(path, of_key=of_key)
        self.problems.append(self.source.problem_at(place, message, self.severity))

    def refuse_at(self, line: int, column: int, message: str) -> None:
        """Add a problem at a place."""
        self.problems.append(self.source.problem_at(Position(line, column), message, self.severity))

    def items(self, path: Path, value: Any, what: str) -> list[Any]:
        """Return a list; empty where nothing was written."""
        if value is None or isinstance(value, list):
            return value or []
        self.refuse(path, f"{what} must be a list, not {brief(value)}.")
        return []

    def mapping(self, path: Path, value: Any, what: str) -> Mapping[str, Any]:
        """Return a mapping with text keys; empty where nothing was written."""
        if value is None:
            return _NOTHING
        if not isinstance(value, dict):
            self.refuse(path, f"{what} must be a mapping, not {brief(value)}.")
            return _NOTHING
        for key in value:
            if not isinstance(key, str):
                message = f"A key of {what} must be text, not {brief(key)}: put it in quotes."
                self.refuse((*path, key), message, of_key=True)
        return MappingProxyType(value)

    def text(self, path: Path, value: Any, what: str) -> str:
        """Return a text; empty where nothing was written."""
        if value is None or isinstance(value, str):
            return value or ""
        self.refuse(path, f"{what} must be text, not {brief(value)}.")
        return ""

    def number(self, path: Path, value: Any, what: str, least: int = 0) -> float | str | None:
        """Return a number or an expression; None where nothing was written."""
        if value is None or _is_expression(value):
            return value  # type: ignore[no-any-return]
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            self.refuse(path, f"{what} must be a number or an expression, not {brief(value)}.")
        elif not math.isfinite(value) or value < least:
            self.refuse(path, f"{what} must be a number from {least} on, not {brief(value)}.")
        else:
            return value
        return None

    def whole(self, path: Path, value: Any, what: str, least: int = 0) -> int | str | None:
        """Return a whole number or an expression; None where nothing was written."""
        number = self.number(path, value, what, least)
        if isinstance(number, float):
            if not number.is_integer():
                self.refuse(path, f"{what} must be a whole number, not {brief(value)}.")
            return int(number)
        return number

    def condition(self, path: Path, value: Any, what: str) -> bool | str | None:
        """Return a boolean or an expression; None where nothing was written."""
        if value is None or isinstance(value, bool) or _is_expression(value):
            return value  # type: ignore[no-any-return]
        self.refuse(path, f"{what} must be an expression or true or false, not {brief(value)}.")
        return None

    def known_keys(
        self, path: Path, given: Mapping[Any, Any], known: Iterable[str], what: str
    ) -> None:
        """Refuse the keys that are not among `known`."""
        names = sorted(known)
        for key in given:
            if key not in names:
                message = f"{what} can't have the key {brief(key)}.{hint(key, names)}"
                self.refuse((*path, key), message, of_key=True)


def _is_expression(value: Any) -> bool:
    return isinstance(value, str) and ("<%" in value or "{{" in value)
