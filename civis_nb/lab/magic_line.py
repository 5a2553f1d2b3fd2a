"""What completes the first line of a SQL cell: its options and their values."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Final

from civis_nb.lab.items import Item
from civis_nb.magics import sql_options
from civis_nb.magics.options import Option, Syntax

__all__ = ["MAGIC", "complete_line", "database_of"]

#: The beginning of a cell that holds SQL.
MAGIC: Final = re.compile(r"\s*%%(civis_sql|civisquery)(?=\s|\Z)")
_SYNTAXES: Final = {"civis_sql": sql_options.CELL, "civisquery": sql_options.QUERY_CELL}
_WORD: Final = re.compile(r"(?:\"[^\"]*\"?|'[^']*'?|[^\s\"'])+")


def complete_line(line: str, databases: Iterable[str]) -> tuple[str, list[Item]]:
    """Return what is typed of the last word of a line, and what it may become.

    Parameters
    ----------
    line
        The magic's line up to the cursor.
    databases
        The names of the databases.
    """
    begin = MAGIC.match(line)
    if begin is None or begin.end() == len(line):
        return "", []
    syntax = _SYNTAXES[begin[1]]
    words = [word.group() for word in _WORD.finditer(line, begin.end())]
    typed = words.pop() if words and not line[-1].isspace() else ""
    option = _option(syntax, words[-1]) if words else None
    if "=" in typed and (named := _option(syntax, typed.partition("=")[0])):
        option, typed = named, typed.partition("=")[2]
    if option is not None and option.metavar is not None:
        return typed, _values(option, databases)
    if begin[1] == "civisquery" and not words and not typed.startswith("-"):
        return typed, _names(databases)
    return typed, _flags(syntax, words) if not typed or typed.startswith("-") else []


def database_of(line: str) -> str | None:
    """Return the database that a magic's line names; None where it names none."""
    begin = MAGIC.match(line)
    if begin is None:
        return None
    words = [word.group().strip("\"'") for word in _WORD.finditer(line, begin.end())]
    if begin[1] == "civisquery":
        return words[0] if words and not words[0].startswith("-") else None
    for index, word in enumerate(words):
        if word in ("-d", "--database"):
            return words[index + 1] if index + 1 < len(words) else None
        if word.startswith("--database="):
            return word.partition("=")[2].strip("\"'")
        if word.startswith("-d") and len(word) > 2:
            return word[2:].strip("\"'")
    return None


def _option(syntax: Syntax, word: str) -> Option | None:
    return next((one for one in syntax.options if word in one.flags), None)


def _flags(syntax: Syntax, given: Sequence[str]) -> list[Item]:
    """Return the options that are not given yet, or may be given again."""
    return [
        Item(flag, "option", option.metavar or "", documentation=option.help)
        for option in syntax.options
        if option.repeated or not set(option.flags) & {word.partition("=")[0] for word in given}
        for flag in reversed(option.flags)
    ]


def _values(option: Option, databases: Iterable[str]) -> list[Item]:
    if option.flags[-1] == "--database":
        return _names(databases)
    return [Item(choice, "value", option.flags[-1]) for choice in option.choices]


def _names(databases: Iterable[str]) -> list[Item]:
    return [
        Item(name, "database", insert=f'"{name}"' if re.search(r"\s", name) else name)
        for name in databases
    ]
