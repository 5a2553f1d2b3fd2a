"""``civis-nb spec``: what can be called, and with what."""

from __future__ import annotations

import sys

import click

from civis_nb.cli.api import USER_AGENT, api_of
from civis_nb.cli.command import Group
from civis_nb.cli.exits import FAILED

__all__ = ["spec"]


@click.group(cls=Group)
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
@click.argument("name", nargs=-1)
def show(name: tuple[str, ...], source: str | None) -> None:
    """Print the help of NAME: scripts.post_sql, or scripts; without NAME, all resources.

    An operation can be named as its command is, too: scripts post-sql.
    """
    from civis_nb.spec.browse import describe, resources

    wanted = ".".join(name).replace("-", "_")
    click.echo(describe(wanted, source) if wanted else resources(source))


@spec.command()
@_SPEC
@click.argument("words", nargs=-1, required=True)
def search(words: tuple[str, ...], source: str | None) -> None:
    """Print the operations in whose name, path, summary or arguments all WORDS occur."""
    from civis_nb.spec.browse import search as found_in

    operations = found_in(" ".join(words), source)
    click.echo(repr(operations) if operations else "Nothing was found.", err=not operations)
    sys.exit(0 if operations else FAILED)


@spec.command()
@_SPEC
@click.argument("file", type=click.Path(), required=False)
def stub(file: str | None, source: str | None) -> None:
    """Write a type stub of the client, so that editors know every method of the API.

    Without FILE it is put where editors and type checkers of this Python environment find it.
    With - as FILE it is printed.
    """
    from civis_nb.spec.stubs import stub as write_stub
    from civis_nb.spec.stubs import stub_text

    click.echo(stub_text(source).rstrip() if file == "-" else str(write_stub(file, source)))


@spec.command()
@click.pass_context
def refresh(ctx: click.Context) -> None:
    """Download the API's specification, keep it, and print what has changed."""
    from civis_nb._wire_text import masked_url
    from civis_nb.client.client import APIClient
    from civis_nb.spec.compare import differences

    before = api_of(ctx).cached_spec()
    with APIClient(force_refresh_api_spec=True, user_agent=USER_AGENT) as client:
        now = client.spec
        lines = [] if before is None else differences(before, now)
        for line in lines:
            click.echo(line)
        changed = f"{len(lines)} operation{'' if len(lines) == 1 else 's'} changed" if lines else ""
        what = changed or ("Nothing has changed" if before else "It was not kept before")
        count = sum(len(now.operations(name)) for name in now.resources)
        click.echo(
            f"{masked_url(client.base_url)} has {len(now.resources)} resources with {count} "
            f"methods. {what}.",
            err=True,
        )


@spec.command()
@click.argument("old", type=click.Path(exists=True, dir_okay=False))
@click.argument("new", type=click.Path(exists=True, dir_okay=False), required=False)
@click.pass_context
def diff(ctx: click.Context, old: str, new: str | None) -> None:
    """Print what the specification NEW has that OLD has not, and the other way round.

    Both are files; without NEW it is the one of the API. A line is an operation: + has come,
    - has gone, ~ takes other arguments. The exit code is 1 when there is any.
    """
    from civis_nb.spec.browse import given
    from civis_nb.spec.compare import differences

    lines = differences(given(old), given(new) if new is not None else api_of(ctx).server_spec())
    for line in lines:
        click.echo(line)
    sys.exit(FAILED if lines else 0)
