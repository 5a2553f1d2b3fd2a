"""Forms of DuckDB's SQL that Redshift or PostgreSQL does not have: refused by name.

A script that runs here must run there as well, or fail here as it fails there.
"""

from __future__ import annotations

from civis_nb.local.warehouse.dialects.rules import Dialect, UnsupportedSqlError
from civis_nb.local.warehouse.dialects.tokens import NAME, STRING, WORD, Tokens

__all__ = ["refuse_foreign"]

_SERVERS = {"redshift": "Redshift", "postgres": "PostgreSQL"}
#: What a statement may not begin with -> what to write instead.
_STATEMENTS = {
    "summarize": "select the aggregates that you need",
    "describe": "query information_schema.columns",
    "from": "write SELECT * FROM …",
    "pivot": "write CASE in aggregates, or PIVOT behind a table in FROM on Redshift",
    "unpivot": "write UNION ALL, or UNPIVOT behind a table in FROM on Redshift",
}
_PREFIXES = ("list_", "struct_", "map_")
#: Words behind which a star is no operator.
_BEFORE_STAR = frozenset(("select", ",", "distinct", "all", ".", "("))
_JOINS = frozenset(("asof", "positional", "semi", "anti"))
#: Words behind which an operand begins, so that a bracket is no element of an array.
_OPERAND_FOLLOWS = frozenset(
    """select distinct all where and or not in on when then else by having limit offset values as
    like ilike between is set returning case""".split()  # noqa: SIM905 - shorter to read
)
#: Words that only statements with such a form can have, so that most are seen through at once.
_SUSPECT = frozenset(
    """try_cast [ { all exclude replace columns lambda // asof positional semi anti list struct
    map *""".split()  # noqa: SIM905 - shorter to read
)


def refuse_foreign(tokens: Tokens, dialect: Dialect) -> None:
    """Refuse a statement that has a form of DuckDB alone.

    Raises
    ------
    UnsupportedSqlError
        With the form, its place, and what to write instead.
    """
    words = tokens.words
    if words[0] in _STATEMENTS:
        raise _error(tokens, 0, dialect, words[0].upper(), _STATEMENTS[words[0]])
    for at in range(tokens.count):
        word = words[at]
        if word == "(" or word in _SUSPECT or word.startswith(_PREFIXES):
            found = _form(tokens, at, dialect)
            if found is not None:
                raise _error(tokens, at, dialect, *found)


def _error(
    tokens: Tokens, at: int, dialect: Dialect, form: str, instead: str
) -> UnsupportedSqlError:
    return UnsupportedSqlError(
        f"{form} is not supported by {_SERVERS[dialect]}: {instead}", tokens.starts[at]
    )


def _form(tokens: Tokens, at: int, dialect: Dialect) -> tuple[str, str] | None:
    """Return the form that begins at a token, and what to write instead; None if it is none."""
    words = tokens.words
    word, before, after = words[at], words[at - 1] if at else "", words[at + 1]
    is_call = after == "(" and before not in (".", "function", "macro", "into", "table", "as")
    if word == "try_cast" and is_call and dialect == "postgres":
        return "TRY_CAST", "test the text before you CAST it, as in CASE WHEN x ~ '^[0-9]+$'"
    if word == "(" and after == "from" and not before.endswith("trim"):
        return "FROM without SELECT", "write SELECT * FROM …"
    if word == "{":
        return "a struct {…}", "write JSON as a text"
    if word == "[" and _begins_list(tokens, at):
        return "a list […]", "write ARRAY[…]"
    if word == "all" and before == "by":
        if words[at - 2] == "group" and dialect == "postgres":
            return "GROUP BY ALL", "name the columns"
        if words[at - 2] == "order" and dialect == "postgres":
            return "ORDER BY ALL", "name the columns"
    elif word == "*":
        if before in _BEFORE_STAR and after == "exclude" and dialect == "postgres":
            return "* EXCLUDE", "name the columns"
        if before in _BEFORE_STAR and after == "replace":
            return "* REPLACE", "name the columns"
        if after == "*" and tokens.starts[at + 1] == tokens.starts[at] + 1:
            return "the operator **", "write POWER(a, b)"
    elif word == "columns" and is_call and before in _BEFORE_STAR - {"."}:
        return "COLUMNS(…)", "name the columns"
    elif word == "lambda" and tokens.kinds[at + 1] in (WORD, NAME):
        return "LAMBDA", "write the expression with UNNEST or a join"
    elif word == "//":
        return "the operator //", "integers are divided by /"
    elif word in _JOINS and (after == "join" or words[at + 2] == "join"):
        return f"{word.upper()} JOIN", "write EXISTS, or a join with ROW_NUMBER()"
    elif is_call and (word == "list" or word.startswith(_PREFIXES)):
        return f"the function {word}", "there are no lists, structs and maps"
    return None


def _begins_list(tokens: Tokens, at: int) -> bool:
    """Return whether a bracket is no element of an array, and no part of ARRAY[…]."""
    before = tokens.words[at - 1] if at else ""
    if before in (")", "]", "array") or tokens.kinds[at - 1] in (NAME, STRING):
        return False
    if before in ("[", ","):
        outer = [o for o, c in tokens.partners.items() if o < at < c]
        return not outer or tokens.words[max(outer)] != "["
    is_operand = tokens.kinds[at - 1] == WORD and before not in _OPERAND_FOLLOWS
    return at == 0 or not is_operand
