"""``civis-nb local``: the embedded platform, from a shell."""

from __future__ import annotations

import sys

import click

from civis_nb.cli.command import Group
from civis_nb.cli.exits import FAILED

__all__ = ["local"]


@click.group(cls=Group)
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
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    default=0,
    show_default=True,
    help="The port; 0: a free one.",
)
@_STATE
@_SAMPLES
@_DATABASES
@_DIALECT
@click.option(
    "--end-with-stdin",
    is_flag=True,
    help="End when standard input is closed: with the program that started this, however it ends.",
)
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
    end_with_stdin: bool,
    write_env: str | None,
) -> None:
    """Run a local platform in the foreground, until Ctrl-C.

    Without --state it is the user's own platform, in a per-user folder.
    """
    from civis_nb.cli.platform import serve as run_server

    run_server(host, port, state, samples, write_env, databases, dialect, end_with_stdin)


@local.command()
@_STATE
def env(state: str | None) -> None:
    """Print the lines that point a shell at a running platform.

    Use it as: eval "$(civis-nb local env)"
    """
    from civis_nb.cli.platform import shell_lines

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
    from civis_nb.cli.platform import run as run_command

    sys.exit(run_command(state, samples, command, databases, dialect))


@local.command()
@_STATE
def status(state: str | None) -> None:
    """Print whether a platform runs on the state folder, where, and what the folder holds.

    The exit code is 1 when none runs.
    """
    from civis_nb.cli.platform import state_of

    running, lines = state_of(state)
    for line in lines:
        click.echo(line)
    sys.exit(0 if running else FAILED)


@local.command()
@_STATE
@click.option("-y", "--yes", is_flag=True, help="Do not ask.")
def reset(state: str | None, yes: bool) -> None:
    """Delete everything that the platform remembers: databases, files, jobs, keys.

    It must not run.
    """
    from civis_nb.cli.platform import state_folder
    from civis_nb.local.state_folder import reset as delete

    folder = state_folder(state)
    if not yes:
        if not sys.stdin.isatty():
            raise click.UsageError(f"Nobody can be asked here: --yes deletes all in {folder}.")
        if not click.confirm(f"Delete everything in {folder}?", err=True):
            click.echo("Nothing was deleted.", err=True)
            sys.exit(FAILED)
    click.echo(delete(folder), err=True)
