"""``civis-nb spec``: what can be called, and with what."""

from __future__ import annotations

import sys

import click

from civis_nb.cli.command import Group

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
@click.argument("name", default="")
def show(name: str, source: str | None) -> None:
    """Print the help of NAME: scripts.post_sql, or scripts; without NAME, all resources."""
    from civis_nb.spec.browse import describe, resources

    click.echo(describe(name, source) if name else resources(source))


@spec.command()
@_SPEC
@click.argument("words", nargs=-1, required=True)
def search(words: tuple[str, ...], source: str | None) -> None:
    """Print the operations in whose name, path, summary or arguments all WORDS occur."""
    from civis_nb.spec.browse import search as found_in

    operations = found_in(" ".join(words), source)
    click.echo(repr(operations) if operations else "Nothing was found.", err=not operations)
    sys.exit(0 if operations else 1)


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
