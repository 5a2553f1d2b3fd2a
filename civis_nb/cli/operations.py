"""A command for each operation of the API, with the names that the PyPI package ``civis`` has."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

import click

from civis_nb.cli.api import api_of
from civis_nb.cli.command import Command, Group, LazyCommand, loaded
from civis_nb.cli.values import Document, OneOf, ParamType

if TYPE_CHECKING:
    from civis_nb.spec.model import Operation, Parameter

__all__ = ["EXTRA", "OperationCommand", "ResourceGroup", "old_name", "option_name"]

#: Commands of ours in the groups of resources.
EXTRA: Final[Mapping[str, Mapping[str, LazyCommand]]] = {
    "files": {
        "download": LazyCommand("files", "download", "Download a Civis file."),
        "upload": LazyCommand("files", "upload", "Upload a file, and print its id."),
    },
    "jobs": {
        "follow-log": LazyCommand(
            "jobs", "follow_log", "Show the log of a job's newest run, live."
        ),
        "follow-run-log": LazyCommand("jobs", "follow_run_log", "Show the log of a run, live."),
    },
    "notebooks": {
        "down": LazyCommand("notebooks", "down", "Stop a notebook."),
        "download": LazyCommand("notebooks", "download", "Download a notebook."),
        "new": LazyCommand(
            "notebooks", "new", "Create a notebook, start it, open it in the browser."
        ),
        "open": LazyCommand("notebooks", "open_page", "Open a notebook in the browser."),
        "up": LazyCommand("notebooks", "up", "Start a notebook, and open it in the browser."),
    },
    "workflows": {
        "run": LazyCommand("workflows", "run", "Execute a workflow, and follow its tasks."),
        "show": LazyCommand("workflows", "show", "Show the tasks of a workflow, and their order."),
        "validate": LazyCommand("workflows", "validate", "Check definitions of workflows."),
    },
}

_NOT_IN_OPTION = re.compile(r"[^A-Za-z0-9]+")
_CAPITALS = re.compile("([A-Z]+)")
_PLAIN: Final[Mapping[str, ParamType]] = {
    "integer": click.INT,
    "number": click.FLOAT,
    "boolean": click.BOOL,
}


def option_name(wire_name: str) -> str:
    """Return the option of a parameter.

    Examples
    --------
    >>> option_name("remote_host_id")
    'remote-host-id'
    """
    return _NOT_IN_OPTION.sub("-", wire_name.lower()).strip("-")


def command_name(operation: Operation) -> str:
    """Return the command of an operation: the method's name."""
    return operation.name.replace("_", "-")


def old_name(operation: Operation) -> str:
    """Return the name that the PyPI package ``civis`` has for the command of an operation.

    There each GET of a path that ends in a word is a list, whatever it answers.
    """
    name = command_name(operation)
    last = operation.path.rpartition("/")[2]
    if operation.verb == "GET" and not last.startswith("{"):
        return "list" + name[3:] if name.startswith("get") else name
    return name


class ResourceGroup(Group):
    """The commands of one resource of the API."""

    def __init__(self, name: str, resource: str) -> None:
        self._resource = resource
        super().__init__(
            name,
            help=f"Manage {resource.replace('_', ' ')}.",
            epilog="Output is YAML; --json-output gives JSON.",
        )

    def _operations(self, ctx: click.Context) -> dict[str, Operation]:
        """Return the operations by the names of their commands."""
        every = api_of(ctx).spec.all_operations(self._resource)
        return {command_name(each): each for each in every.values() if not each.legacy_of}

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names of the commands that are listed."""
        operations = self._operations(ctx)
        # What the local platform lacks may be there, where another API could not be asked.
        is_its_own = not api_of(ctx).note
        present = {
            name
            for name, operation in operations.items()
            if not operation.deprecated and not (is_its_own and operation.not_implemented)
        }
        return sorted({*present, *EXTRA.get(self._resource, ())})

    def suggestions(self, ctx: click.Context) -> list[str]:
        """Return the names of all commands."""
        return [*self._operations(ctx), *EXTRA.get(self._resource, ())]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Return a command by its name, or by that of the PyPI package ``civis``."""
        extra = EXTRA.get(self._resource, {}).get(cmd_name)
        if extra is not None:
            return loaded(extra)
        operations = self._operations(ctx)
        found = operations.get(cmd_name)
        if found is None:
            # A path that ends in a slash leaves a dash behind there.
            names = {old_name(each): each for each in operations.values()}
            found = names.get(cmd_name.rstrip("-"))
        return None if found is None else OperationCommand(cmd_name, found)

    def sections(self, ctx: click.Context) -> Mapping[str, Mapping[str, str]]:
        """Return the operations, and our commands."""
        operations = self._operations(ctx)
        extra = EXTRA.get(self._resource, {})
        return {
            "Commands": {name: place.help for name, place in sorted(extra.items())},
            "Operations": {
                name: operations[name].summary
                for name in self.list_commands(ctx)
                if name not in extra
            },
        }

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write where the list is from, or how many more there are, and that output is YAML."""
        absent = [each for each in self._operations(ctx).values() if each.not_implemented]
        note = api_of(ctx).note
        if absent and not note:
            more = f"{len(absent)} more operation{'s' if len(absent) > 1 else ''}"
            note = f"Of Civis Platform's, this platform lacks {more}."
        if note:
            formatter.write_paragraph()
            with formatter.indentation():
                formatter.write_text(note)
        super().format_epilog(ctx, formatter)

    def unknown(self, ctx: click.Context, name: str) -> str:
        """Return the message about a command that does not exist."""
        message = super().unknown(ctx, name)
        return message if "Did you mean" in message else f"{message}{api_of(ctx).advice()}"


class OperationCommand(Command):
    """One operation of the API; its parameters are made when they are needed."""

    def __init__(self, name: str, operation: Operation) -> None:
        self.operation = operation
        super().__init__(
            name,
            short_help=operation.summary,
            deprecated=operation.deprecated,
            callback=self._call,
        )

    @cached_property
    def _parameters(self) -> list[click.Parameter]:
        """Return the arguments and options of the command: the operation's, and two of ours."""
        operation = self.operation
        made: list[click.Parameter] = [
            click.Argument([each.name], type=_type(each), metavar=_metavar(each))
            for each in _in_order(operation.required)
        ]
        made += [
            click.Option(
                [each.name, *(f"--{option_name(name)}" for name in _names(each))],
                type=_type(each),
                help=_described(each),
            )
            for each in _in_order(operation.optional)
        ]
        if operation.paginated:
            made.append(
                click.Option(
                    ["all_pages", "--all-pages"], is_flag=True, help="All pages, not one of them."
                )
            )
        made.append(
            click.Option(
                ["json_output", "--json-output"], is_flag=True, help="Output JSON, not YAML."
            )
        )
        return made

    def get_params(self, ctx: click.Context) -> list[click.Parameter]:
        """Return the parameters of the operation."""
        self.params = self._parameters
        return super().get_params(ctx)

    def format_help_text(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write what the operation does, and where it is in the API."""
        operation = self.operation
        parts = [operation.summary, operation.not_implemented, operation.description]
        self.help = "\n\n".join([*filter(None, parts), f"\b\n{operation.verb} /{operation.path}"])
        super().format_help_text(ctx, formatter)
        required = list(_in_order(operation.required))
        if required:
            with formatter.section("Arguments"):
                formatter.write_dl(
                    [
                        (f"{_metavar(each)}  {_type(each).name}", _described(each))
                        for each in required
                    ]
                )

    def _call(self, json_output: bool, all_pages: bool = False, **values: Any) -> None:
        """Call the operation, and write its answer."""
        from civis_nb.cli.output import write_answer
        from civis_nb.client.resource import make_resource

        operation = self.operation
        given = {name: value for name, value in values.items() if value is not None}
        if all_pages:
            given["iterator"] = True
        client = api_of(click.get_current_context()).client("raw")
        with client:
            resource = make_resource(operation.resource, {operation.name: operation}, client)
            write_answer(getattr(resource, operation.name)(**given), json_output)


def _in_order(parameters: tuple[Parameter, ...]) -> Iterator[Parameter]:
    """Yield parameters in the order of the PyPI package ``civis``: those of a body by name."""
    body = sorted((each for each in parameters if each.location == "body"), key=_old_name)
    for parameter in parameters:
        if parameter.location != "body":
            yield parameter
        elif body:
            yield from body
            body = []


def _old_name(parameter: Parameter) -> str:
    """Return what the PyPI package ``civis`` calls a parameter: each run of capitals is a word."""
    if parameter.location != "body":
        return parameter.wire_name
    return _CAPITALS.sub(r"_\1", parameter.spec_name).lower()


def _names(parameter: Parameter) -> list[str]:
    """Return the names of a parameter: as in Python, and as in the PyPI package ``civis``."""
    return list(dict.fromkeys((parameter.wire_name, _old_name(parameter))))


def _metavar(parameter: Parameter) -> str:
    """Return what help calls an argument."""
    return option_name(parameter.wire_name).upper().replace("-", "_")


def _type(parameter: Parameter) -> ParamType:
    """Return the type of a parameter's values."""
    if parameter.type in ("object", "array"):
        return Document(parameter.type)
    if parameter.type == "string" and parameter.enum:
        return OneOf(tuple(map(str, parameter.enum)))
    return _PLAIN.get(parameter.type, click.STRING)


def _described(parameter: Parameter) -> str:
    """Return what a parameter is, with the values that it may have."""
    text = " ".join(parameter.description.split())
    missing = [str(value) for value in parameter.enum if str(value) not in text]
    if missing and len(missing) == len(parameter.enum):
        text = f"{text.rstrip('.')}. One of: {', '.join(missing)}.".lstrip(". ")
    return text
