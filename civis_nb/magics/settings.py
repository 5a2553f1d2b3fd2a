"""``%civis_config``: see and change the settings of this notebook."""

from __future__ import annotations

import textwrap
from typing import Final

from civis_nb import config
from civis_nb.display.bundle import Displayable, Note
from civis_nb.display.html import Html, el
from civis_nb.display.screens import Screen
from civis_nb.display.tables import ResultTable
from civis_nb.errors import CivisMagicError
from civis_nb.magics.options import Option, Positional, Syntax

__all__ = ["SYNTAX", "ConfigLine", "config_magic"]

SYNTAX: Final = Syntax(
    "%civis_config",
    "Show the settings, or change one for this notebook.\n\n"
    + textwrap.fill(
        f"Settings: {', '.join(config.SETTINGS)}. poll is short for poll_interval_s.", 88
    ),
    (
        Positional("KEY", "The setting; without it, all are shown."),
        Positional("VALUE", "Its new value; without it, the present one is shown."),
    ),
    (
        Option(("--reset",), "Forget what was set here: of one setting, or of all."),
        Option(("--save",), "Write the setting to the table [tool.civis_nb] of the nearest "
               "pyproject.toml, without a name all that were set here; with --reset remove it "
               "there. A key is never among them."),
    ),
)  # fmt: skip


class ConfigLine(Displayable):
    """One setting with its value, as a line.

    Parameters
    ----------
    name
        The setting.
    """

    def __init__(self, name: str) -> None:
        self.value = config.get(name)
        self.name = name

    def __repr__(self) -> str:
        return f"{self.name} = {'(not set)' if self.value is None else self.value}"

    def _html(self) -> Html:
        return el("code", repr(self))


def config_magic(line: str) -> ResultTable | ConfigLine | None:
    """Run a ``%civis_config``; return what there is to see.

    Raises
    ------
    CivisMagicError
        When the line can't be read.
    CivisConfigError
        When there is no such setting, or it can't have that value.
    """
    values = SYNTAX.parse(line)
    key, value = values["key"], values["value"]
    config.reread()
    if values["reset"]:
        if value is not None:
            raise CivisMagicError(f"Either --reset {key} or a value for it, not both.")
        config.reset(key)
    elif value is not None:
        config.set_value(key, value)
    if values["save"]:
        path = config.save(key, forget=values["reset"])
        Screen().show(Note(f"{'Removed from' if values['reset'] else 'Saved in'} {path}"))
    if key is not None:
        return ConfigLine(key)
    rows = [
        [setting.name, "(not set)" if found is None else str(found), setting.env, setting.help]
        for setting, found in config.describe()
    ]
    return ResultTable(
        rows,
        columns=["setting", "value", "environment variable", "what it does"],
        title="Settings",
        limit=len(rows),
    )
