"""The types of values on a command line."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

import click
from click.shell_completion import CompletionItem

__all__ = ["Document", "OneOf", "ParamType"]

if TYPE_CHECKING:  # generic in newer versions of click only
    ParamType: TypeAlias = click.ParamType[Any]
else:
    ParamType = click.ParamType

_OPENING = {"object": "{", "array": "["}
_EXAMPLES = {"object": '{"key": 1}', "array": "[1, 2]"}
#: How much of a value a message shows.
_MAX_SHOWN = 80
_NOUNS = {"object": "an object", "array": "a list"}


class OneOf(ParamType):
    """A text for which some values are known; the server decides whether it takes others."""

    name = "text"

    def __init__(self, choices: tuple[str, ...]) -> None:
        self._choices = choices

    def shell_complete(
        self,
        ctx: click.Context,  # noqa: ARG002 - as click calls it
        param: click.Parameter,  # noqa: ARG002
        incomplete: str,
    ) -> list[CompletionItem]:
        """Return the known values that begin as the word does."""
        return [CompletionItem(each) for each in self._choices if each.startswith(incomplete)]


class Document(ParamType):
    """An object or a list, as YAML or JSON: in a file, from the standard input, or in the word."""

    def __init__(self, kind: str) -> None:
        self._kind = kind
        self.name = f"file|{'{...}' if kind == 'object' else '[...]'}"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Return what a word stands for.

        A path, or ``@`` and a path: the file's content; ``-``: the standard input; else the
        word itself.
        """
        if not isinstance(value, str):
            return value
        text, source = self._read(value, param, ctx)
        from civis_nb.cli.output import load_yaml

        try:
            content = load_yaml(text)
        except ValueError as error:
            hint = "" if source else " If the shell has split it, put quotes around it."
            self.fail(f"{source or _cut(value)} is no YAML or JSON: {error}{hint}", param, ctx)
        if not isinstance(content, dict if self._kind == "object" else list):
            self.fail(
                f"{source or _cut(value)} holds {type(content).__name__}, not {_NOUNS[self._kind]} "
                f"such as {_EXAMPLES[self._kind]}.",
                param,
                ctx,
            )
        return content

    def _read(
        self, value: str, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[str, str]:
        """Return the text that a word stands for, and the name of the file that it is in."""
        try:
            if value == "-":
                return sys.stdin.read(), "The standard input"
            path = Path(value.removeprefix("@"))
            if value.startswith("@") or path.is_file():
                return path.read_text(encoding="utf-8"), str(path)
        except (OSError, UnicodeDecodeError) as error:
            why = getattr(error, "strerror", None) or error
            if value.startswith(tuple(_OPENING.values())):
                return value, ""  # too long for the name of a file
            self.fail(f"{_cut(value)} can't be read: {why}.", param, ctx)
        if not value.lstrip().startswith(_OPENING[self._kind]):
            self.fail(
                f"There is no file {_cut(value)}, and it is not {_NOUNS[self._kind]} such as "
                f"'{_EXAMPLES[self._kind]}'. Give the path of a file with YAML or JSON, - for the "
                "standard input, or the text itself.",
                param,
                ctx,
            )
        return value, ""

    def shell_complete(
        self,
        ctx: click.Context,  # noqa: ARG002 - as click calls it
        param: click.Parameter,  # noqa: ARG002
        incomplete: str,
    ) -> list[CompletionItem]:
        """Have the shell complete the name of a file."""
        return [CompletionItem(incomplete, type="file")]


def _cut(value: str) -> str:
    """Return a value as messages show it."""
    return repr(value if len(value) <= _MAX_SHOWN else value[:_MAX_SHOWN] + "…")
