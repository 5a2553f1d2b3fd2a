"""``civis-nb files upload`` and ``download``."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from civis_nb.cli.api import api_of
from civis_nb.cli.command import Command
from civis_nb.errors import CivisDownloadError

__all__ = ["download", "upload"]


@click.command(cls=Command)
@click.argument("path", type=click.Path(exists=True, dir_okay=False, allow_dash=True))
@click.option("--name", help="The file's name on the platform; else that of PATH, or stdin.")
@click.option(
    "--expires-at",
    metavar="WHEN",
    help='When it expires, in ISO 8601: 2030-01-15; "never"; else in 30 days.',
)
@click.option("--description", help="At most 512 characters.")
@click.pass_context
def upload(
    ctx: click.Context,
    path: str,
    name: str | None,
    expires_at: str | None,
    description: str | None,
) -> None:
    """Upload the file at PATH, and print its id once all of it has arrived.

    PATH may be - for the standard input.
    """
    from civis_nb.io import file_to_civis

    if path == "-":
        name = name or "stdin"

    when: str | None = "DEFAULT" if expires_at is None else expires_at
    file_id = file_to_civis(
        sys.stdin.buffer if path == "-" else path,
        name,
        None if when is not None and when.lower() == "never" else when,
        description,
        api_of(ctx).client(),
    )
    click.echo(file_id)


@click.command(cls=Command)
@click.argument("file_id", type=int)
@click.argument("path", type=click.Path(allow_dash=True))
@click.pass_context
def download(ctx: click.Context, file_id: int, path: str) -> None:
    """Download the file FILE_ID to PATH, which appears once it is complete.

    PATH may be a folder, where the file has its own name, or - for the standard output.
    """
    from civis_nb.io import civis_to_file

    client = api_of(ctx).client()
    try:
        if path == "-":
            civis_to_file(file_id, sys.stdout.buffer, client)
            return
        target = Path(path)
        if target.is_dir():
            # The name alone: it may be one that leads elsewhere.
            target /= Path(str(client.files.get(file_id).name)).name or f"file-{file_id}"
        civis_to_file(file_id, target, client)
    except CivisDownloadError as error:
        if isinstance(error.__cause__, BrokenPipeError):
            raise error.__cause__ from None  # whoever read it has seen enough
        raise
