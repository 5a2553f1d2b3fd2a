"""Forms of DuckDB's SQL that Redshift or PostgreSQL does not have: refused by name.

A script that runs here must run there as well, or fail here as it fails there.
"""

from __future__ import annotations

from collections.abc import Sequence

from civis_nb.local.warehouse.dialects.foreign.clauses import (
    clause_of_duckdb,
    mistake_at,
    mistaken_join,
)
from civis_nb.local.warehouse.dialects.rules import Dialect, UnsupportedSqlError
from civis_nb.local.warehouse.dialects.tokens import NAME, STRING, WORD, Tokens

__all__ = ["refuse_foreign"]

_SERVERS = {"redshift": "Redshift", "postgres": "PostgreSQL"}
#: What a statement may not begin with -> what to write instead.
_STATEMENTS = {
    "summarize": "select the aggregates that you need",
    "describe": "query information_schema.columns",
    "from": "write SELECT * FROM …",
    "pragma": "query information_schema",
    "pivot": "write CASE in aggregates, or PIVOT behind a table in FROM on Redshift",
    "unpivot": "write UNION ALL, or UNPIVOT behind a table in FROM on Redshift",
    "set variable": "write the value into the statement, or use a parameter of the script",
    "reset variable": "write the value into the statement, or use a parameter of the script",
    "create macro": "write CREATE FUNCTION … RETURNS … AS $$ SELECT … $$ LANGUAGE sql",
}
#: Words between CREATE and what is created.
_BEHIND_CREATE = frozenset(("or", "replace", "temp", "temporary"))
#: Words behind which a star is no operator.
_BEFORE_STAR = frozenset(("select", ",", "distinct", "all", ".", "("))
_JOINS = frozenset(("asof", "positional", "semi", "anti"))
#: What may follow a whole GROUP BY; the last token is followed by an empty text.
_BEHIND_GROUP_BY = frozenset(
    (")", ";", "having", "window", "qualify", "order", "limit", "offset", "fetch", "for", "union",
     "except", "intersect", "")
)  # fmt: skip
_SIDES = frozenset(("left", "right", "full", "inner"))
#: Words behind which a name with a list in brackets is no call.
_BEFORE_NAME = frozenset(
    """. function macro into table as with recursive references view exists copy
    analyze""".split()  # noqa: SIM905 - shorter to read
)
#: Words behind which an operand begins, so that a bracket is no element of an array.
_OPERAND_FOLLOWS = frozenset(
    """select distinct all where and or not in on when then else by having limit offset as
    like ilike between is returning case""".split()  # noqa: SIM905 - shorter to read
)
#: Words that only statements with such a form can have, so that most are seen through at once.
_SUSPECT = frozenset(
    """try_cast [ { all exclude replace columns lambda // asof positional semi anti
    *""".split()  # noqa: SIM905 - shorter to read
)


#: The same of the clauses and lists that DuckDB reads more freely.
_CLAUSES = frozenset(
    """, in limit filter by using tablesample qualify pivot unpivot * interval glob = <= ~~
    ! # @ as values current_date ignore respect
    microsecond millisecond second minute hour day week month quarter year decade century
    microseconds milliseconds seconds minutes hours days weeks months quarters years decades
    centuries""".split()  # noqa: SIM905 - shorter to read
)


def refuse_foreign(tokens: Tokens, dialect: Dialect) -> None:
    """Refuse a statement that has a form of DuckDB alone.

    Raises
    ------
    UnsupportedSqlError
        With the form, its place, and what to write instead.
    """
    words = tokens.words
    _refuse_statement(tokens, dialect)
    for at in range(tokens.count):
        word = words[at]
        if word == "(" or word in _SUSPECT:
            found = _form(tokens, at, dialect)
            if found is not None:
                raise _error(tokens, at, dialect, *found)
        if word in _CLAUSES:
            mistake = mistake_at(tokens, at)
            if mistake is not None:
                raise UnsupportedSqlError(mistake[1], tokens.starts[mistake[0]])
            found = clause_of_duckdb(tokens, at, dialect == "postgres")
            if found is not None:
                raise _error(tokens, at, dialect, *found)
    if words[0] == "delete" and dialect == "postgres" and words[1] != "from":
        raise _error(tokens, 1, dialect, "DELETE without FROM", "write DELETE FROM …")
    join = mistaken_join(tokens)
    if join is not None:
        near = f'at or near "{tokens.texts[join]}"' if join < tokens.count else "at end of input"
        raise UnsupportedSqlError(
            f"syntax error {near}: JOIN needs ON or USING; write CROSS JOIN for all pairs of rows",
            tokens.starts[join],
        )


def _refuse_statement(tokens: Tokens, dialect: Dialect) -> None:
    """Refuse a statement of a kind that DuckDB alone has."""
    words, at = tokens.words, 1
    if words[0] == "call":
        raise UnsupportedSqlError(
            "stored procedures can't be run here: this database has no PL/pgSQL; run their "
            "statements one by one",
            0,
        )
    if words[0] == "create":
        while words[at] in _BEHIND_CREATE:
            at += 1
    head = f"{words[0]} {words[at]}"
    for form in (head, words[0]):
        if form in _STATEMENTS and not (form == head and words[at + 1] in ("=", "to")):
            raise _error(tokens, 0, dialect, form.upper(), _STATEMENTS[form])
    if head == "create function":
        opened = tokens.path(at + 1)[1]
        if tokens.words[tokens.partners.get(opened, opened) + 1] == "as" and not {
            "returns", "language"
        } & set(words):  # fmt: skip
            raise _error(
                tokens, 0, dialect, "CREATE FUNCTION without RETURNS", _STATEMENTS["create macro"]
            )


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
    is_call = after == "(" and before not in _BEFORE_NAME
    if word == "try_cast" and is_call and dialect == "postgres":
        return "TRY_CAST", "test the text before you CAST it, as in CASE WHEN x ~ '^[0-9]+$'"
    if word == "(" and after == "from" and not before.endswith("trim"):
        return "FROM without SELECT", "write SELECT * FROM …"
    if word == "{":
        return "a struct {…}", "write JSON as a text"
    if word == "[" and _begins_list(tokens, at):
        return "a list […]", "write ARRAY[…]"
    if word == "all" and before == "by":
        # Behind ALL there may be columns: PostgreSQL has this, and means plain GROUP BY by it.
        if words[at - 2] == "group" and dialect == "postgres" and after in _BEHIND_GROUP_BY:
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
    elif word == "lambda" and _begins_lambda(tokens, at):
        return "LAMBDA", "write the expression with UNNEST or a join"
    elif word == "//":
        return "the operator //", "integers are divided by /"
    elif word in _JOINS and _is_join(words, at):
        return f"{word.upper()} JOIN", "write EXISTS, or a join with ROW_NUMBER()"
    return None


def _begins_lambda(tokens: Tokens, at: int) -> bool:
    """Return whether names and a colon follow: else the word is a name itself."""
    words, kinds = tokens.words, tokens.kinds
    at += 1
    while at + 2 < tokens.count and kinds[at] in (WORD, NAME) and words[at + 1] == ",":
        at += 2
    return at < tokens.count and kinds[at] in (WORD, NAME) and words[at + 1] == ":"


def _is_join(words: Sequence[str], at: int) -> bool:
    """Return whether a word is the kind of a join: else it is the name of a table."""
    if words[at - 1] in ("from", "join", ",", "as", "."):
        return False
    is_sided = words[at] == "asof" and words[at + 1] in _SIDES and words[at + 2] == "join"
    return is_sided or words[at + 1] == "join"


def _begins_list(tokens: Tokens, at: int) -> bool:
    """Return whether a bracket is no element of an array, and no part of ARRAY[…]."""
    words = tokens.words
    before = words[at - 1] if at else ""
    if before in (")", "]", "array") or tokens.kinds[at - 1] in (NAME, STRING):
        return False
    if at > 1 and words[at - 2] == ".":
        return False
    if before in ("[", ","):
        outer = [o for o, c in tokens.partners.items() if o < at < c]
        return not outer or words[max(outer)] != "["
    is_operand = tokens.kinds[at - 1] == WORD and before not in _OPERAND_FOLLOWS
    return at == 0 or not is_operand
