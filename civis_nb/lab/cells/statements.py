"""One statement of a SQL cell, as a cell of its own that runs it or explains it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from civis_nb.errors import CivisInputError
from civis_nb.lab.cells.magic_line import Magic, magic_of, words_of
from civis_nb.sql_text import Token, split_statements, tokenize

__all__ = ["Statement", "statement_at"]

#: How statements begin of which a database has a plan; CREATE … AS comes besides.
_PLANNED: Final = frozenset(
    {"select", "with", "values", "table", "from", "insert", "update", "delete", "merge", "explain"}
)
#: Options that say what the statement is; the others say what becomes of its result.
_OF_STATEMENT: Final = frozenset(
    {"--database", "--credential", "--param", "--params", "--ident", "--jinja", "--with",
     "--timeout"}
)  # fmt: skip


@dataclass(frozen=True)
class Statement:
    """A statement of a cell.

    Attributes
    ----------
    number, count
        Which one it is, from 1, and how many there are.
    first_line, last_line
        Its lines in the cell, from 1.
    code
        A cell that runs it alone, on the same lines, so that places in errors are those of the
        cell.
    """

    number: int
    count: int
    first_line: int
    last_line: int
    code: str


def statement_at(cell: str, offset: int, dialect: str, explain: bool = False) -> Statement:
    r"""Return the statement of a SQL cell at a place.

    Between two statements it is the one that ends on the line, else the next one.

    Parameters
    ----------
    cell
        The cell, with its magic.
    offset
        The place, in characters.
    dialect
        The dialect of its database.
    explain
        Whether the code asks for the statement's plan instead of running it.

    Raises
    ------
    CivisInputError
        When the cell has no statement, its template may reach over several ones, or the database
        has no plan of the statement.

    Examples
    --------
    >>> statement_at("%%civis_sql -d x\nselect 1; select 2", 28, "duckdb").code
    '%%civis_sql -d x\n          select 2'
    """
    magic = magic_of(cell)
    if magic is None or magic.sql_start is None or not magic.sql.strip():
        raise CivisInputError("There is no SQL in the cell.")
    backslashes = dialect == "redshift"
    statements = [
        _Range.of(piece, backslashes) for piece in split_statements(magic.sql, backslashes)
    ]
    if not statements:
        raise CivisInputError("The cell holds comments, and no statement.")
    if len(statements) > 1 and "{%" in magic.sql and "--jinja" in magic.options:
        raise CivisInputError(
            "The template's {% blocks %} may reach over several statements. Run the whole cell."
        )
    index = _index_at(statements, magic.sql, offset - magic.sql_start)
    found = statements[index]
    head = cell[: magic.sql_start]
    if explain:
        head = _explaining(cell, magic, found, index + 1)
    sql_before = magic.sql[: found.start]
    padding = "\n" * sql_before.count("\n") + " " * (found.start - sql_before.rfind("\n") - 1)
    lines_before = cell.count("\n", 0, magic.sql_start)
    return Statement(
        index + 1,
        len(statements),
        lines_before + sql_before.count("\n") + 1,
        lines_before + magic.sql.count("\n", 0, found.end) + 1,
        head + padding + magic.sql[found.start : found.end],
    )


@dataclass(frozen=True)
class _Range:
    """Where a statement stands, without blanks around it, and its words."""

    start: int
    end: int
    words: tuple[str, ...]

    @classmethod
    def of(cls, piece: Token, backslashes: bool) -> _Range:
        """Return the range of a statement without the spaces and comments around it."""
        start = end = None
        words: list[str] = []
        at_line_start = piece.start == 0
        for token in tokenize(piece.text, backslashes):
            if token.kind == "space":
                at_line_start = at_line_start or "\n" in token.text
                continue
            # A comment behind the semicolon of the statement before is that one's.
            if start is None and (token.kind != "comment" or at_line_start):
                start = token.start
            if token.kind == "word":
                words.append(token.text.lower())
            if token.kind != "comment":
                end = token.end
        return cls(piece.start + (start or 0), piece.start + (end or 0), tuple(words))


def _index_at(statements: list[_Range], sql: str, offset: int) -> int:
    """Return the index of the statement at an offset; behind one on its line, that one counts."""
    for index, one in enumerate(statements):
        if offset <= one.end:
            before = statements[index - 1] if index else None
            is_behind = offset < one.start and before and "\n" not in sql[before.end : offset]
            return index - 1 if is_behind else index
    return len(statements) - 1


def _explaining(cell: str, magic: Magic, statement: _Range, number: int) -> str:
    """Return the lines before the SQL, with the option that asks for the plan.

    Raises
    ------
    CivisInputError
        When there is none.
    """
    words = statement.words
    first = words[0] if words else ""
    makes_table = first == "create" and "as" in words and {"select", "with"} & set(words)
    if first not in _PLANNED and not makes_table:
        raise CivisInputError(
            f"EXPLAIN shows the plan of queries and of changes of rows; statement {number} begins "
            f"with {first.upper() or 'no word'}."
        )
    kept: list[str] = []
    options = {flag: one for one in magic.syntax.options for flag in one.flags}
    rest = [word for word, _ in words_of(magic.options)]
    if magic.name == "civisquery" and rest and not rest[0].startswith("-"):
        kept.append(rest.pop(0))
    while rest:
        word = rest.pop(0)
        option = options.get(word.partition("=")[0]) or options.get(word[:2])
        if option is None:
            continue  # the variable, which would get the plan
        given = [word]
        if option.metavar is not None and word in option.flags:
            given += rest[:1]
            del rest[:1]
        if option.flags[-1] in _OF_STATEMENT:
            kept += given
    name = re.search(r"%%\w+\s*$", cell[: magic.start])
    assert name is not None  # noqa: S101 - the magic begins so
    return " ".join([name.group().strip(), *kept, "--explain"]) + "\n" * (
        cell.count("\n", name.start(), magic.sql_start)
    )
