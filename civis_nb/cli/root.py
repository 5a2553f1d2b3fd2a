"""The command ``civis-nb`` itself: its own commands, and one for each resource of the API."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Any, Final

import click

from civis_nb.cli.api import api_of
from civis_nb.cli.command import Group, LazyCommand, loaded
from civis_nb.cli.exits import (
    INTERRUPTED,
    NO_ANSWER,
    NO_READER,
    SETTINGS,
    USAGE,
    code_of,
    is_broken_pipe,
    text_of,
)
from civis_nb.errors import CivisError

__all__ = ["OWN", "Root"]

OWN: Final = {
    "civis": LazyCommand("artwork", "civis", "Print Civis."),
    "completion": LazyCommand("completion", "completion", "Print the completion of a shell."),
    "doctor": LazyCommand("doctor", "doctor", "Find out what is wrong, and what to do."),
    "local": LazyCommand(
        "local", "local", "Run the embedded local platform: no account, no network."
    ),
    "spec": LazyCommand("spec", "spec", "Read the API's specification."),
    "sql": LazyCommand("sql", "sql", "Run SQL, and show or store its result."),
}


class Root(Group):
    """All commands. Nothing but click is loaded before one runs."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Parse the command line; help does not wait for a network where it can do without."""
        api = api_of(ctx)
        if all(word.startswith("-") for word in args):
            api.may_fetch = False  # the list of all commands
        elif not {*ctx.help_option_names}.isdisjoint(args):
            api.accepts_stale = True
        return super().parse_args(ctx, args)

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names of all commands."""
        return sorted({*OWN, *self._resources(ctx)})

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Return a command of ours, or the group of a resource."""
        if cmd_name in OWN:
            return loaded(OWN[cmd_name])
        resource = self._resources(ctx).get(cmd_name)
        if resource is None:
            return None
        from civis_nb.cli.operations import ResourceGroup

        return ResourceGroup(cmd_name, resource)

    def sections(self, ctx: click.Context) -> Mapping[str, Mapping[str, str]]:
        """Return our commands, and the resources of the API."""
        resources = self._resources(ctx)
        return {
            "Commands": {name: place.help for name, place in OWN.items()},
            "Resources of the API": {
                name: f"Manage {resource.replace('_', ' ')}."
                for name, resource in sorted(resources.items())
                if name not in OWN
            },
        }

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write which specification the list is made from, where it is not the server's."""
        note = api_of(ctx).note
        if note:
            formatter.write_paragraph()
            with formatter.indentation():
                formatter.write_text(note)

    def unknown(self, ctx: click.Context, name: str) -> str:
        """Return the message about a command that does not exist."""
        message = super().unknown(ctx, name)
        return message if "Did you mean" in message else f"{message}{api_of(ctx).advice()}"

    def make_context(self, *args: Any, **kwargs: Any) -> click.Context:
        """Return the context of a command line; help is written here."""
        with _broken_pipe_passed_on():
            return super().make_context(*args, **kwargs)

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command."""
        with _broken_pipe_passed_on():
            return super().invoke(ctx)

    def main(self, *args: Any, standalone_mode: bool = True, **kwargs: Any) -> Any:
        """Run a command line, and end the process with its exit code.

        The parameters are those of `click.Command.main`.
        """
        kwargs["prog_name"] = kwargs.get("prog_name") or "civis-nb"
        run = partial(super().main, *args, standalone_mode=False, **kwargs)
        if not standalone_mode:
            return run()
        sys.exit(_ended(run))

    @staticmethod
    def _resources(ctx: click.Context) -> dict[str, str]:
        """Return the resources of the API, by the names of their commands."""
        return {name.replace("_", "-"): name for name in api_of(ctx).spec.resources}


class _OutputClosedError(Exception):
    """Nobody reads the output any more."""


@contextlib.contextmanager
def _broken_pipe_passed_on() -> Iterator[None]:
    """Raise a closed output as an error that click leaves alone: it would end with 1 for it."""
    try:
        yield
    except OSError as error:
        if not is_broken_pipe(error):
            raise
        raise _OutputClosedError from None


def _ended(run: Callable[[], Any]) -> int:
    """Return the exit code of a command line; say why it is not 0."""
    try:
        code = run()
        sys.stdout.flush()
        return code if isinstance(code, int) else 0
    except click.ClickException as error:
        error.show()
        return USAGE if isinstance(error, click.UsageError) else error.exit_code
    except click.Abort as abort:
        _print_error(f"Interrupted. {abort.__cause__ or ''}".rstrip())
        return INTERRUPTED
    except CivisError as error:
        _print_error(f"Error: {text_of(error)}")
        code = code_of(error)
        if code in (SETTINGS, NO_ANSWER):
            _print_error("civis-nb doctor looks for the cause.")
        return code
    except OSError as error:
        if not is_broken_pipe(error):
            _print_error(f"Error: {text_of(error)}")
            return code_of(error)
    except _OutputClosedError:
        pass
    _forget_output()
    return NO_READER


def _print_error(text: str) -> None:
    click.echo(text, err=True)


def _forget_output() -> None:
    """Keep Python from reporting, at its end, that the output is closed."""
    try:
        number = sys.stdout.fileno()
    except (AttributeError, OSError, ValueError):
        return  # no file of the system, so nothing that could be closed
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, number)
    os.close(nowhere)
