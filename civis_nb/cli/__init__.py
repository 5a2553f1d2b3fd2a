"""The command ``civis-nb``. Nothing but click is loaded before a command runs."""

from __future__ import annotations

import logging
import os
import sys

import click

from civis_nb._version import __version__
from civis_nb.cli.root import Root

__all__ = ["cli", "main"]


@click.group(cls=Root, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="civis-nb")
def cli() -> None:
    """Civis Platform from a shell: the operations of its API, and tools around them.

    The API is the one that CIVIS_API_KEY and CIVIS_API_ENDPOINT name; with
    CIVIS_NB_BACKEND=local it is the local platform.
    """
    level = os.environ.get("CIVIS_LOG_LEVEL", "").strip()
    if level:
        names = logging.getLevelNamesMapping()
        if not level.isdigit() and level.upper() not in names:
            raise click.UsageError(
                f"CIVIS_LOG_LEVEL can't be {level!r}; it is one of {', '.join(names)}."
            )
        logging.basicConfig()
        # Not of every library: what requests logs has signed links in it.
        logging.getLogger("civis_nb").setLevel(int(level) if level.isdigit() else level.upper())


def main() -> None:
    """Run the command line, and end with the exit code that docs/reference/cli.md names."""
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:  # closed by the shell: `>&-`
            setattr(sys, name, open(os.devnull, mode, encoding="utf-8"))  # noqa: SIM115, PTH123
    for stream in (sys.stdout, sys.stderr):
        # What an output can't show is written as an escape.
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")
    cli()
