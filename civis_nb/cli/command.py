"""Commands and groups as this command line has them: made when asked for, errors that teach."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import click

from civis_nb.near_names import nearest

__all__ = ["Command", "Group", "LazyCommand", "loaded"]


@dataclass(frozen=True, slots=True)
class LazyCommand:
    """A command whose module is imported when it is called.

    Attributes
    ----------
    module
        The module below ``civis_nb.cli``.
    attribute
        Its name there.
    help
        What it does, in a line: lists show it without the module.
    """

    module: str
    attribute: str
    help: str


def loaded(lazy: LazyCommand) -> click.Command:
    """Import and return a command."""
    module = importlib.import_module(f"civis_nb.cli.{lazy.module}")
    command: click.Command = getattr(module, lazy.attribute)
    return command


class Command(click.Command):
    """A command that says what may be wrong when it gets too many arguments.

    Parameters
    ----------
    surplus
        What to say of a text in quotes that has no place here.
    *args, **kwargs
        As for `click.Command`.
    """

    def __init__(self, *args: Any, surplus: str = "", **kwargs: Any) -> None:
        self._surplus = surplus
        kwargs["context_settings"] = {
            "allow_extra_args": True,
            **(kwargs.get("context_settings") or {}),
        }
        super().__init__(*args, **kwargs)

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Parse the command line; refuse arguments that are left over."""
        left = super().parse_args(ctx, args)
        if ctx.args and not ctx.resilient_parsing and not ctx.ignore_unknown_options:
            shown = " ".join(ctx.args[:5]) + (" …" if len(ctx.args) > 5 else "")
            plural = "s" if len(ctx.args) > 1 else ""
            hint = "The shell splits a value at its blanks: put quotes around it, as in 'a b'."
            if any(" " in word for word in ctx.args):  # quotes were there
                hint = self._surplus or f"{ctx.command_path} -h lists what there is."
            ctx.fail(f"There is no place for the argument{plural}: {shown}\n{hint}")
        return left


class Group(click.Group):
    """A group whose commands are known by name, and made when they are asked for."""

    command_class = Command

    def sections(self, ctx: click.Context) -> Mapping[str, Mapping[str, str]]:
        """Return the help of each command that is listed, by title and name."""
        names = self.list_commands(ctx)
        found = {name: self.get_command(ctx, name) for name in names}
        return {
            "Commands": {
                name: each.get_short_help_str(limit=500) for name, each in found.items() if each
            }
        }

    def suggestions(self, ctx: click.Context) -> list[str]:
        """Return the names among which the nearest to a wrong one is looked for."""
        return self.list_commands(ctx)

    def unknown(self, ctx: click.Context, name: str) -> str:
        """Return the message about a command that does not exist."""
        names = self.suggestions(ctx)
        dashed = name.replace("_", "-")
        near = [dashed] if dashed in names else nearest(dashed, names)
        hint = f"Did you mean {' or '.join(near)}?" if near else f"{ctx.command_path} -h lists all."
        return f"There is no command {name!r}. {hint}"

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Return the command of a command line; suggest the nearest where there is none."""
        name = args[0]
        command = self.get_command(ctx, name)
        if command is None and not ctx.resilient_parsing and not name.startswith("-"):
            ctx.fail(self.unknown(ctx, name))
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the lists of commands, none of which is loaded for it."""
        sections = self.sections(ctx)
        width = max((len(name) for rows in sections.values() for name in rows), default=0)
        for title, rows in sections.items():
            if rows:
                with formatter.section(title):
                    limit = max(formatter.width - 6 - min(width, 40), 20)
                    formatter.write_dl(
                        [(name, _shortened(text, limit)) for name, text in rows.items()],
                        col_max=40,
                    )


def _shortened(text: str, limit: int) -> str:
    """Return the first sentence of a help, cut to a line."""
    line = " ".join(text.split()).partition(". ")[0].rstrip(".")
    return line if len(line) <= limit else line[: limit - 1].rstrip() + "…"
