"""``civis-nb civis``: the name of the platform, large."""

from __future__ import annotations

import click

from civis_nb.cli.command import Command

__all__ = ["civis"]

_LETTERS = {
    "C": (" ####", "#    ", "#    ", "#    ", " ####"),
    "I": ("###", " # ", " # ", " # ", "###"),
    "V": ("#   #", "#   #", "#   #", " # # ", "  #  "),
    "S": (" ####", "#    ", " ### ", "    #", "#### "),
}


@click.command(cls=Command)
def civis() -> None:
    """Print Civis."""
    for row in range(5):
        click.echo("  ".join(_LETTERS[letter][row] for letter in "CIVIS").rstrip())
