"""Clauses and lists that DuckDB reads more freely than Redshift and PostgreSQL.

What is a mistake there is one here: a JOIN whose ON was forgotten would be a product of tables.
"""

from __future__ import annotations

from civis_nb.local.warehouse.dialects.rules import UnsupportedSqlError
from civis_nb.local.warehouse.dialects.tokens import NAME, NUMBER, STRING, WORD, Tokens

__all__ = ["clause_of_duckdb", "mistake_at", "mistaken_join"]

#: What never follows the comma of a list.
_BEHIND_LIST = frozenset(
    """) ] from where group having order limit offset union except intersect""".split()  # noqa: SIM905 - shorter to read
)
_END_OF_FROM = frozenset(
    """where group having window qualify order limit offset fetch for union except intersect minus
    returning set select , ;""".split()  # noqa: SIM905 - shorter to read
)
_WITHOUT_CONDITION = frozenset(("cross", "natural", "positional"))
_JOIN_WORDS = frozenset(("inner", "left", "right", "full", "outer"))
_UNITS = frozenset(
    """microsecond millisecond second minute hour day week month quarter year decade century
    microseconds milliseconds seconds minutes hours days weeks months quarters years decades
    centuries""".split()  # noqa: SIM905 - shorter to read
)
#: First words of statements with expressions, and words before one.
_QUERIES = frozenset(("select", "with", "insert", "update", "delete", "values", "("))
_BEFORE_OPERAND = frozenset(("select", ",", "(", "by", "where", "and", "or", "not", "distinct"))
_SETS = frozenset(("union", "except", "intersect", "all", "distinct"))
_BEFORE_STAR = frozenset(("select", ",", "distinct", "all", "."))
#: Operators of DuckDB alone, of two tokens without a space -> what to write.
_OPERATORS = {
    ("=", "="): ("the operator ==", "write ="),
    ("<=", ">"): ("the operator <=>", "write IS NOT DISTINCT FROM"),
    ("~~", "~"): ("the operator ~~~", "write LIKE or ~"),
}


def mistake_at(tokens: Tokens, at: int) -> tuple[int, str] | None:
    """Return the place and the message of a mistake that begins at a token; None if none does."""
    words = tokens.words
    word, after = words[at], words[at + 1]
    if word == "," and (after in _BEHIND_LIST or at + 1 == tokens.count):
        return at + 1, f"{_near(tokens, at + 1)}: a list does not end with a comma"
    if word == "in" and after == "(" and words[at + 2] == ")":
        return at + 2, f"{_near(tokens, at + 2)}: IN needs a value at least"
    is_number = tokens.kinds[at + 1] == NUMBER
    if word == "limit" and is_number and words[at + 2] == "," and tokens.kinds[at + 3] == NUMBER:
        offset, limit = tokens.texts[at + 1], tokens.texts[at + 3]
        return at + 2, (
            f"LIMIT {offset}, {limit} is not supported: write LIMIT {limit} OFFSET {offset}"
        )
    if word == "in" and after != "(" and not _is_argument(tokens, at):
        return at + 1, f"{_near(tokens, at + 1)}: IN needs a list or a query in brackets"
    if word == "!" and (after != "=" or tokens.starts[at + 1] > tokens.end_of(at)):
        return at, "operator does not exist: !: write NOT, or factorial(n)"
    if word == "#" and words[at - 1] in _BEFORE_OPERAND and tokens.kinds[at + 1] == NUMBER:
        return at, f"{_near(tokens, at)}: write the column's name"
    if word == "as" and tokens.texts[at + 1][:1] == "'" and words[0] in _QUERIES:
        return at + 1, f"{_near(tokens, at + 1)}: write the name in double quotes"
    if word == "values" and words[at - 1] in ("from", "join") and after == "(" and at:
        return at, f"{_near(tokens, at)}: write (VALUES …) AS name"
    if word == "by" and words[at - 1] == "connect":
        return at - 1, (
            "CONNECT BY is not supported: write WITH RECURSIVE name(…, level) AS (SELECT …, 1 FROM "
            "… UNION ALL SELECT …, level + 1 FROM … JOIN name ON …) SELECT … FROM name"
        )
    if word == "current_date" and after == "(":
        return at + 1, f"{_near(tokens, at + 1)}: write CURRENT_DATE without brackets"
    if word == "filter" and after == "(" and words[at - 1] == ")" and words[at + 2] != "where":
        return at + 2, f"{_near(tokens, at + 2)}: write FILTER (WHERE …)"
    return None


def mistaken_join(tokens: Tokens) -> int | None:
    """Return the place behind a JOIN that has neither ON nor USING; None if there is none."""
    words = tokens.words
    if "join" not in words:
        return None
    pending = [0]
    for at in range(tokens.count):
        word = words[at]
        if at in tokens.partners:
            pending.append(0)
        elif word == "join":
            before = at - 1
            while words[before] in _JOIN_WORDS:
                before -= 1
            is_word = tokens.kinds[at] == WORD and words[at - 1] not in (".", "as")
            pending[-1] += is_word and words[before] not in _WITHOUT_CONDITION
        elif word in ("on", "using"):
            pending[-1] = max(0, pending[-1] - 1)
        elif word in (")", "]", "}") and len(pending) > 1:
            if pending.pop():
                return at
        elif pending[-1] and word in _END_OF_FROM:
            return at
    return tokens.count if pending[-1] else None


def clause_of_duckdb(tokens: Tokens, at: int, is_postgres: bool) -> tuple[str, str] | None:
    """Return a clause or an operator of DuckDB alone that begins at a token, and what to write.

    Parameters
    ----------
    tokens
        The statement.
    at
        The place of its first token.
    is_postgres
        Whether the dialect is ``postgres``; Redshift has more of them.
    """
    words, kinds = tokens.words, tokens.kinds
    word, before, after = words[at], words[at - 1] if at else "", words[at + 1]
    behind = words[at + 2]
    if word == "limit" and kinds[at + 1] == NUMBER and behind in ("%", "percent"):
        return "LIMIT of a percentage", "count the rows first"
    if word == "by" and after in ("name", "position"):
        if before in _SETS:
            return "UNION BY NAME", "list the columns in the same order"
        if words[0] == "insert" and before not in ("order", "group", "partition"):
            return f"INSERT … BY {after.upper()}", "list the columns behind the table's name"
    if word == "using" and after == "sample":
        return "USING SAMPLE", "write ORDER BY RANDOM() LIMIT …"
    if word == "tablesample" and not (is_postgres and after in ("bernoulli", "system")):
        return "TABLESAMPLE", "write ORDER BY RANDOM() LIMIT …"
    if word in ("pivot", "unpivot") and before == "(" and kinds[at + 1] in (WORD, NAME):
        return word.upper(), "write CASE in aggregates, or UNION ALL"
    if word in ("ignore", "respect") and after == "nulls" and is_postgres and before:
        return f"{word.upper()} NULLS", "leave it out, or find the value with a query"
    is_named = before in (".", "as")
    if word == "qualify" and is_postgres and not is_named and _begins_operand(tokens, at + 1):
        return "QUALIFY", "put a query around this one, with WHERE"
    if word in ("pivot", "unpivot") and is_postgres and after == "(":
        has_for = "for" in words[at : tokens.partners.get(at + 1, at)]
        return (word.upper(), "write CASE in aggregates, or UNION ALL") if has_for else None
    if word == "*" and before in _BEFORE_STAR and after in ("rename", "like", "ilike", "similar"):
        return f"* {after.upper()}", "name the columns"
    if word == "interval" and _has_bare_interval(tokens, at):
        return "INTERVAL without quotes", "write INTERVAL '3 days', or 3 * INTERVAL '1 day'"
    if word in _UNITS and kinds[at - 1] == NUMBER and before != "." and at:
        return f"a number of {word.upper()} without quotes", "write INTERVAL '3 days'"
    if word == "glob" and kinds[at + 1] == STRING and at and before not in (",", "select"):
        return "GLOB", "write LIKE or ~"
    operator = _OPERATORS.get((word, after))
    is_path = word == "@" and after in ("?", "@") and is_postgres
    if not (operator or is_path) or tokens.starts[at + 1] != tokens.end_of(at):
        return None
    if is_path:
        raise UnsupportedSqlError(
            f"the operator @{after} is not supported: there are no JSON paths; write -> and ->>, "
            "or jsonb_array_elements in FROM with a condition in WHERE",
            tokens.starts[at],
        )
    return operator


def _is_argument(tokens: Tokens, at: int) -> bool:
    """Return whether IN stands in POSITION('a' IN b), or names how an argument is passed."""
    if tokens.words[0] not in _QUERIES or tokens.words[at - 1] in ("(", ",") or not at:
        return True
    opened = max((o for o, c in tokens.partners.items() if o < at < c), default=0)
    return tokens.words[opened - 1] == "position"


def _near(tokens: Tokens, at: int) -> str:
    if at >= tokens.count:
        return "syntax error at end of input"
    return f'syntax error at or near "{tokens.texts[at]}"'


def _begins_operand(tokens: Tokens, at: int) -> bool:
    """Return whether an expression begins at a token: else the word before is a name."""
    return tokens.words[at] in ("(", "not", "case") or (
        tokens.kinds[at] in (WORD, NAME) and tokens.words[at] not in _END_OF_FROM | {"on", "as"}
        and tokens.words[at] not in ("join", "cross", "natural", *_JOIN_WORDS)
    )  # fmt: skip


def _has_bare_interval(tokens: Tokens, at: int) -> bool:
    """Return whether a number or an expression in brackets, and a unit, follow INTERVAL."""
    if tokens.words[at - 1] == "." and at:
        return False
    behind = at + 2
    if tokens.words[at + 1] == "(":
        behind = tokens.partners.get(at + 1, at) + 1
    elif tokens.kinds[at + 1] != NUMBER:
        return False
    return tokens.words[behind] in _UNITS
