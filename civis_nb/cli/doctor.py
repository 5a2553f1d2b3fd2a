"""``civis-nb doctor``: what is wrong, and what to do."""

from __future__ import annotations

import os
import sys

import click

from civis_nb.cli.command import Command
from civis_nb.cli.exits import FAILED

__all__ = ["doctor"]

_COLOURS = {"ok": "green", "note": "yellow", "wrong": "red"}


@click.command(cls=Command)
def doctor() -> None:
    """Check all that calls of the API depend on; print what is wrong, and what to do.

    That is: versions, extras, settings, proxy, cache, the local platform, endpoint, key, clock.
    The exit code is 1 when something is wrong. No secret is shown.
    """
    from civis_nb._visible import printable
    from civis_nb.cli.checks import findings

    # click itself leaves colours out where the output is no terminal.
    plain = bool(os.environ.get("NO_COLOR")) or os.environ.get("TERM") == "dumb"
    wrong = 0
    for finding in findings():
        mark = click.style(f"{finding.level:<5}", fg=_COLOURS[finding.level])
        text = printable(finding.text)
        click.echo(f"{mark}  {finding.subject:<9} {text}", color=False if plain else None)
        if finding.advice:
            click.echo(f"{'':17}-> {printable(finding.advice)}")
        wrong += finding.level == "wrong"
    if wrong:
        click.echo(f"{wrong} thing{'s are' if wrong > 1 else ' is'} wrong.", err=True)
        sys.exit(FAILED)
