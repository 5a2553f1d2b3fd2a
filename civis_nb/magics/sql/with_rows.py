"""Whether SQL gives rows, as far as its text tells: known before anything is sent."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from civis_nb.errors import CivisMagicError
from civis_nb.magics.sql.call import SqlCall
from civis_nb.sql_text import Token, outer_code, split_statements

__all__ = ["check_rows_are_given", "gives_rows"]

#: How a statement begins that has rows, whatever else it says.
_ROWS: Final = frozenset(
    {"values", "from", "table", "show", "describe", "desc", "explain", "pivot", "unpivot",
     "summarize", "fetch"}
)  # fmt: skip
#: These have rows with RETURNING only.
_CHANGES: Final = frozenset({"insert", "update", "delete", "merge"})
#: How a statement begins that never has any, on Redshift, PostgreSQL or DuckDB.
_NO_ROWS: Final = frozenset(
    {"create", "drop", "alter", "truncate", "comment", "grant", "revoke", "set", "reset", "begin",
     "start", "commit", "end", "rollback", "abort", "savepoint", "release", "copy", "unload",
     "vacuum", "lock", "prepare", "deallocate", "declare", "close", "do", "refresh", "reindex",
     "cluster", "use", "attach", "detach", "cancel"}
)  # fmt: skip


def gives_rows(sql: str, backslashes: bool = False) -> bool | None:
    """Return whether a script has a result; None where its text does not tell.

    Parameters
    ----------
    sql
        One statement, or several.
    backslashes
        As for `tokenize`.

    Examples
    --------
    >>> [gives_rows(sql) for sql in ("explain select 1", "drop table t", "call refresh()")]
    [True, False, None]
    >>> gives_rows("with n as (select 1) insert into t select * from n returning id")
    True
    """
    found = [
        _statement_gives_rows(outer_code(one.text, backslashes))
        for one in split_statements(sql, backslashes)
    ]
    if any(found):
        return True
    return None if None in found else False


def check_rows_are_given(call: SqlCall, sql: str, dialect: str | None) -> None:
    """Refuse what needs rows for SQL that has none.

    Parameters
    ----------
    call
        What the magic asks for.
    sql
        The SQL that would be sent, of which `gives_rows` says that it has none.
    dialect
        The dialect of the database, where it is known.

    Raises
    ------
    CivisMagicError
        When the result was to be assigned, or made into something. Nothing was sent.
    """
    if call.var is not None and not call.bg:
        wanted, way = f"nothing to assign to {call.var}", f"Leave {call.var} out of the first line"
    else:
        options = {
            "--profile": call.profile, "--plot": call.plot,
            f"--as {call.kind}": call.kind is not None and not call.kind_is_default,
        }  # fmt: skip
        option = next((name for name, given in options.items() if given), None)
        if option is None:
            return
        wanted, way = f"nothing for {option}", f"Leave {option.split()[0]} out"
    backslashes = dialect == "redshift"
    code = [outer_code(one.text, backslashes) for one in split_statements(sql, backslashes)]
    verb = _verb(_words(code[-1])) if len(code) == 1 else ""
    said = verb.upper().replace("SELECT", "SELECT … INTO")
    subject = f"{said} gives no rows" if verb else "none of the statements gives rows"
    if verb in _CHANGES and dialect in ("postgres", "duckdb"):
        way += ", or end the statement with RETURNING and the columns to keep"
    raise CivisMagicError(
        f"{call.magic}: {subject}, so there is {wanted}. {way}. Nothing was sent."
    )


def _statement_gives_rows(code: Sequence[Token]) -> bool | None:
    """Return whether one statement has rows, given its code outside of brackets."""
    words = _words(code)
    if not words:
        return False
    verb = _verb(words)
    if verb in _CHANGES:
        return "returning" in words
    if verb == "select":
        # SELECT … INTO makes a table; behind AS or a dot the word is a name.
        return not any(
            word == "into" and words[index - 1] not in ("as", ".")
            for index, word in enumerate(words)
        )
    if verb in _ROWS or code[0].text == ")":
        return True
    return False if verb in _NO_ROWS else None


def _words(code: Sequence[Token]) -> list[str]:
    """Return the texts of tokens in lower case, where what is quoted is no word."""
    return [one.text.lower() if one.kind in ("word", "symbol") else f"<{one.kind}>" for one in code]


def _verb(words: Sequence[str]) -> str:
    """Return the word that says what a statement does: of WITH … the one behind its queries."""
    if words[0] != "with":
        return words[0]
    at = 2 if words[1:2] == ["recursive"] else 1
    while at < len(words):
        at += 1  # the name
        at += words[at : at + 1] == [")"]  # its columns
        at += words[at : at + 1] == ["as"]
        while words[at : at + 1] in (["not"], ["materialized"]):
            at += 1
        if words[at : at + 1] != [")"]:
            return "with"
        at += 1
        if words[at : at + 1] != [","]:
            return words[at] if at < len(words) else "with"
        at += 1
    return "with"
