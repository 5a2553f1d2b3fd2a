"""The command ``civis-nb``. Nothing but click is loaded before a command runs."""

from __future__ import annotations

import sys

import click

from civis_nb._version import __version__
from civis_nb.errors import CivisError

__all__ = ["main"]


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="civis-nb")
def cli() -> None:
    """Civis Platform in notebooks: tools around civis_nb."""


@cli.group()
def local() -> None:
    """Run the embedded local platform: no account, no network."""


_STATE = click.option(
    "--state",
    type=click.Path(file_okay=False),
    default=None,
    help="The folder of everything the platform remembers.",
)
_SAMPLES = click.option(
    "--samples/--no-samples", default=True, help="Load the sample data (once per state folder)."
)
_DATABASES = click.option(
    "--database",
    "databases",
    multiple=True,
    metavar="NAME[=DIALECT]",
    help="A further database, empty when new; may be given several times.",
)
_DIALECT = click.option(
    "--dialect",
    type=click.Choice(["redshift", "postgres", "duckdb"]),
    default=None,
    help="What SQL means in databases without a dialect of their own; redshift by default.",
)


@local.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen on.")
@click.option("--port", default=0, show_default=True, help="The port; 0: a free one.")
@_STATE
@_SAMPLES
@_DATABASES
@_DIALECT
@click.option(
    "--write-env",
    type=click.Path(dir_okay=False),
    default=None,
    help="When ready, write CIVIS_API_ENDPOINT and CIVIS_API_KEY to this file (mode 0600).",
)
def serve(
    host: str,
    port: int,
    state: str | None,
    samples: bool,
    databases: tuple[str, ...],
    dialect: str | None,
    write_env: str | None,
) -> None:
    """Run a local platform in the foreground, until Ctrl-C.

    Without --state it is the user's own platform, in a per-user folder.
    """
    from civis_nb.cli.local import serve as run_server

    run_server(host, port, state, samples, write_env, databases, dialect)


@local.command()
@_STATE
def env(state: str | None) -> None:
    """Print the lines that point a shell at a running platform.

    Use it as: eval "$(civis-nb local env)"
    """
    from civis_nb.cli.local import shell_lines

    click.echo(shell_lines(state))


@local.command(context_settings={"ignore_unknown_options": True, "allow_interspersed_args": False})
@_STATE
@_SAMPLES
@_DATABASES
@_DIALECT
@click.argument("command", nargs=-1, required=True, type=click.UNPROCESSED)
def run(
    state: str | None,
    samples: bool,
    databases: tuple[str, ...],
    dialect: str | None,
    command: tuple[str, ...],
) -> None:
    """Run COMMAND against a local platform of its own, and return its exit code.

    The platform and all it holds are gone afterwards, unless --state keeps them.
    """
    from civis_nb.cli.local import run as run_command

    sys.exit(run_command(state, samples, command, databases, dialect))


@cli.group()
def spec() -> None:
    """Read the API's specification: what can be called, and with what.

    It is the one that a client asked a server for last, else the local platform's.
    """


_SPEC = click.option(
    "--spec",
    "source",
    type=click.Path(dir_okay=False),
    default=None,
    help="A file with a specification to read instead.",
)


@spec.command()
@_SPEC
@click.argument("name", default="")
def show(name: str, source: str | None) -> None:
    """Print the help of NAME: scripts.post_sql, or scripts; without NAME, all resources."""
    from civis_nb.cli.spec import shown

    click.echo(shown(name, source))


@spec.command()
@_SPEC
@click.argument("words", nargs=-1, required=True)
def search(words: tuple[str, ...], source: str | None) -> None:
    """Print the operations in whose name, path, summary or arguments all WORDS occur."""
    from civis_nb.cli.spec import found

    lines = found(words, source)
    click.echo(lines or "Nothing was found.", err=not lines)
    sys.exit(0 if lines else 1)


@spec.command()
@_SPEC
@click.argument("file", type=click.Path(), required=False)
def stub(file: str | None, source: str | None) -> None:
    """Write a type stub of the client, so that editors know every method of the API.

    Without FILE it is put where editors and type checkers of this Python environment find it.
    With - as FILE it is printed.
    """
    from civis_nb.cli.spec import write_stub

    click.echo(write_stub(file, source))


def main() -> None:
    """Run the command line; errors of civis_nb end it with their message and exit code 1."""
    try:
        cli(prog_name="civis-nb")
    except CivisError as error:
        click.echo(f"Error: {error}", err=True)
        sys.exit(1)
