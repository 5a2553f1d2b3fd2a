"""Where the SQL of a magic stands in a cell, and what completes the words before it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from civis_nb.lab.cells.items import Item
from civis_nb.magics.options import Option, Syntax
from civis_nb.magics.sql import options as sql_options

__all__ = ["Magic", "complete_line", "magic_at", "magic_of", "words_of"]

_NAMES: Final = "civis_sql|civisquery"
#: The beginning of a cell that holds SQL; IPython's own magics may be around it.
_CELL: Final = re.compile(
    rf"\s*(?:%%(?:time|timeit|capture|prun)\b[^\n]*\n)*[^\S\n]*%%({_NAMES})(?=\s|\Z)"
)
#: A line of Python that runs SQL.
_LINE: Final = re.compile(rf"[^\S\n]*(?:[^\W\d][\w.\[\]'\", ]*=[^\S\n]*)?%({_NAMES})(?=\s|\Z)")
_SYNTAXES: Final = {
    ("civis_sql", True): sql_options.CELL,
    ("civisquery", True): sql_options.QUERY_CELL,
    ("civis_sql", False): sql_options.LINE,
    ("civisquery", False): sql_options.QUERY_LINE,
}
_WORD: Final = re.compile(r"(?:\"[^\"]*\"?|'[^']*'?|[^\s\"'])+")


@dataclass(frozen=True)
class Magic:
    """A SQL magic in a cell.

    Attributes
    ----------
    name
        The magic's name, without percent signs.
    whole_cell
        Whether it is the magic of the cell, and not of a line of Python.
    start
        Where the words behind its name begin, in the cell.
    options
        These words, up to the SQL.
    sql_start
        Where the SQL begins; None where the line ends before.
    sql
        The SQL.
    """

    name: str
    whole_cell: bool
    start: int
    options: str
    sql_start: int | None
    sql: str

    @property
    def syntax(self) -> Syntax:
        """What the magic takes."""
        return _SYNTAXES[self.name, self.whole_cell]

    @property
    def database(self) -> str | None:
        """The database that it names; None where it names none."""
        words = [word.strip("\"'") for word, _ in words_of(self.options)]
        if self.name == "civisquery":
            return words[0] if words and not words[0].startswith("-") else None
        for index, word in enumerate(words):
            if word in ("-d", "--database"):
                return words[index + 1] if index + 1 < len(words) else None
            if word.startswith("--database="):
                return word.partition("=")[2].strip("\"'")
            if word.startswith("-d") and len(word) > 2:
                return word[2:].strip("\"'")
        return None


def magic_of(cell: str) -> Magic | None:
    r"""Return the SQL magic of a cell; None for a cell of another kind.

    Examples
    --------
    >>> magic = magic_of("%%time\n%%civis_sql -d sample\nselect 1")
    >>> magic.database, magic.sql
    ('sample', 'select 1')
    """
    found = _CELL.match(cell)
    if found is None:
        return None
    end = cell.find("\n", found.end())
    if end < 0:
        return Magic(found[1], True, found.end(), cell[found.end() :], None, "")
    options = cell[found.end() : end]
    return Magic(found[1], True, found.end(), options, end + 1, cell[end + 1 :])


def magic_at(cell: str, offset: int) -> Magic | None:
    r"""Return the SQL magic that a place of a cell belongs to: the cell's, or the line's.

    Examples
    --------
    >>> magic_at("x = 1\ny = %civis_sql -d sample select 1", 40).sql
    'select 1'
    >>> magic_at("%civis_sql select 1 \\\n  as one", 30).sql
    'select 1     as one'
    """
    if (magic := magic_of(cell)) is not None:
        return magic
    # As IPython joins lines: a backslash at a line's end is a blank, and so is the break behind it.
    cell = cell.replace("\\\n", "  ")
    begin = cell.rfind("\n", 0, offset) + 1
    end = cell.find("\n", offset)
    line = cell[begin : end if end >= 0 else len(cell)]
    found = _LINE.match(line)
    if found is None or offset <= begin + found.end():
        return None
    syntax = _SYNTAXES[found[1], False]
    sql = _sql_in(line, found.end(), syntax, found[1] == "civisquery")
    return Magic(
        found[1], False, begin + found.end(), line[found.end() : sql],
        begin + sql if sql is not None else None, line[sql:] if sql is not None else "",
    )  # fmt: skip


def _sql_in(line: str, start: int, syntax: Syntax, names_database: bool) -> int | None:
    """Return where the SQL begins in a line: at the first word that is no option and no value."""
    is_value = names_database
    for word, at in words_of(line[start:]):
        option = _option(syntax, word.partition("=")[0])
        if option is not None:
            is_value = option.metavar is not None and "=" not in word
        elif is_value:
            is_value = False
        elif not word.startswith("-") or word == "--" or start + at + len(word) < len(line):
            return start + at
        else:
            return None  # an option is being written
    return None if is_value or not line[-1:].isspace() else len(line)


def words_of(line: str) -> Iterator[tuple[str, int]]:
    """Return the words of a magic's line, with their quotes, and where each begins."""
    return ((word.group(), word.start()) for word in _WORD.finditer(line))


def complete_line(magic: Magic, offset: int, databases: Iterable[str]) -> tuple[str, list[Item]]:
    """Return what is typed of a word before the SQL, and what it may become.

    Parameters
    ----------
    magic
        The magic.
    offset
        The place in its options.
    databases
        The names of the databases.
    """
    line, syntax = magic.options[:offset], magic.syntax
    if not line:
        return "", []
    words = [word for word, _ in words_of(line)]
    typed = words.pop() if words and not line[-1].isspace() else ""
    option = _option(syntax, words[-1]) if words else None
    if "=" in typed and (named := _option(syntax, typed.partition("=")[0])):
        option, typed = named, typed.partition("=")[2]
    if option is not None and option.metavar is not None:
        return typed, _values(option, databases)
    if magic.name == "civisquery" and not words and not typed.startswith("-"):
        return typed, _names(databases)
    return typed, _flags(syntax, words) if not typed or typed.startswith("-") else []


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
