"""*Format SQL*: the lines of a cell's SQL are laid out anew, and nothing else of it changes."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import zip_longest

from civis_nb.errors import CivisInputError
from civis_nb.lab.formatting.layout import laid_out
from civis_nb.lab.formatting.lexemes import UnreadableError, code_and_comments, lexemes

__all__ = ["format_sql"]


def format_sql(sql: str, dialect: str) -> str:
    r"""Return SQL with its lines and spaces laid out, and its keywords in one case.

    Names, values, ``:names``, templates and comments stay as they are. Statements that neither
    read nor change rows, such as COPY, are taken over as they were written.

    Parameters
    ----------
    sql
        One statement or several.
    dialect
        The dialect of the database, one of the values of `civis_nb.sql_literals.DIALECTS`.

    Raises
    ------
    CivisInputError
        When the text can't be read, or it would not be the same SQL afterwards.

    Examples
    --------
    >>> format_sql("select a,b from t where x=:x and y is null and z<>3 order by 1,2", "redshift")
    'select a, b\nfrom t\nwhere x = :x and y is null and z <> 3\norder by 1, 2'
    """
    backslashes = dialect == "redshift"
    try:
        found = laid_out(sql, *lexemes(sql, backslashes))
    except UnreadableError as error:
        raise CivisInputError(f"The SQL was not formatted: {error}.") from None
    changed = _changed(code_and_comments(sql, backslashes), code_and_comments(found, backslashes))
    if changed is None:
        # Two readers see more than one: sqlglot has tokens of its own.
        changed = _changed(_tokens(sql, dialect), _tokens(found, dialect))
    if changed is not None:
        raise CivisInputError(
            f"The SQL was not formatted: at {changed!r:.40} it would no longer be the same SQL. "
            "Nothing was changed."
        )
    return found


def _changed(before: Sequence[str], after: Sequence[str]) -> str | None:
    """Return the first of some texts that is another one afterwards; None where all are there."""
    for one, other in zip_longest(before, after):
        if one != other:
            return one or other
    return None


def _tokens(sql: str, dialect: str) -> list[str]:
    """Return what sqlglot reads: its tokens, and the comments behind each.

    Raises
    ------
    CivisInputError
        When it can't read the text.
    """
    from sqlglot.dialects.dialect import Dialect
    from sqlglot.errors import SqlglotError

    reader = Dialect.get_or_raise(dialect)
    commands = reader.tokenizer_class.COMMANDS
    found: list[str] = []
    try:
        tokens = reader.tokenize(sql)
    except SqlglotError as error:
        raise CivisInputError(f"The SQL was not formatted: {error}") from None
    for index, token in enumerate(tokens):
        if token.token_type.name == "STRING":
            if index and tokens[index - 1].token_type in commands:
                # The rest of EXPLAIN and its like is one text to it.
                found += _tokens(token.text, dialect)
                continue
            found.append(token.text)
        else:
            # A keyword of several words holds the space between them.
            found.append(" ".join(sql[token.start : token.end + 1].split()).lower())
    return found
