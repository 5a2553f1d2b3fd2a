"""The words of SQL as its formatter knows them: clauses, keywords, and where a space stands."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from civis_nb.lab.formatting.lexemes import Lexeme

__all__ = [
    "CONDITIONS", "LISTS", "SET_OPERATORS", "cased", "clause_words", "is_formatted", "is_query",
    "keyword_case", "space_before",
]  # fmt: skip

#: Clauses of several items, those with a condition.
LISTS: Final = frozenset(
    {"select", "select distinct", "from", "group by", "order by", "set", "returning", "window",
     "values", "using", "partition by"}
)  # fmt: skip
CONDITIONS: Final = frozenset({"where", "having", "qualify"})
SET_OPERATORS: Final = frozenset({"union", "except", "intersect", "minus"})

_STARTS: Final = (
    "with recursive", "with no schema binding", "with", "select distinct", "select", "from",
    "where", "group by", "order by", "having", "limit", "offset", "fetch", "qualify", "window",
    "union all by name", "union by name", "union all", "union distinct", "union", "except all",
    "except", "intersect all", "intersect", "minus", "values", "returning", "on conflict",
    "insert into", "delete from", "update", "merge into", "using", "set", "when not matched",
    "when matched", "diststyle", "distkey", "compound sortkey", "interleaved sortkey", "sortkey",
)  # fmt: skip
_SIDES: Final = frozenset(
    {"left", "right", "full", "inner", "outer", "cross", "natural", "asof", "semi", "anti",
     "positional", "lateral"}
)  # fmt: skip
_PHRASES: Final = {
    first: sorted(
        (tuple(one.split()) for one in _STARTS if one.split()[0] == first), key=len, reverse=True
    )
    for first in {one.split()[0] for one in _STARTS}
}
#: Clauses of some statements alone; elsewhere the words are names, or parts of other clauses.
_ONLY_IN: Final = {
    "using": frozenset({"delete", "merge"}),
    "set": frozenset({"update"}),
    "when": frozenset({"merge"}),
    "diststyle": frozenset({"create"}),
    "distkey": frozenset({"create"}),
    "compound": frozenset({"create"}),
    "interleaved": frozenset({"create"}),
    "sortkey": frozenset({"create"}),
}
#: Words that may be names, too.
_MAY_BE_NAME: Final = frozenset(
    {"limit", "offset", "fetch", "qualify", "window", "minus", "values", "returning", "set",
     "update"}
)  # fmt: skip
_QUERY: Final = frozenset({"select", "with", "values", "from"})
_FORMATTED: Final = _QUERY | {"insert", "update", "delete", "merge", "explain"}
_CREATED: Final = frozenset({"table", "view"})
#: Words behind which a value begins, so that a sign there is no operator between two.
_BEFORE_VALUE: Final = frozenset(
    {"select", "distinct", "all", "where", "and", "or", "not", "when", "then", "else", "case",
     "on", "by", "limit", "offset", "between", "in", "like", "ilike", "return", "set", "from",
     "having", "qualify", "values", "returning", "top", "any", "some", "interval"}
)  # fmt: skip
#: Words that are keywords wherever they stand, so that their case means nothing.
_KEYWORDS: Final = frozenset(
    re.findall(
        r"\w+",
        """
    select distinct from where group by order having limit offset union all except intersect join
    left right full inner outer cross natural on using and or not in is null between like ilike
    case when then else end as with recursive insert into values update set delete create table
    view over partition asc desc qualify exists returning any cast
        """,
    )
)
#: Keywords behind which a bracket is no list of arguments.
_SPACED: Final = _KEYWORDS - {"left", "right", "any", "cast", "values"} | {"except", "lateral"}


def is_query(lexemes: Sequence[Lexeme], begin: int) -> bool:
    """Return whether a query begins at a piece, perhaps in brackets of its own."""
    at = begin
    while at < len(lexemes) and lexemes[at].kind == "(":
        at += 1
    if at >= len(lexemes) or lexemes[at].word not in _QUERY:
        return False
    return lexemes[at].word != "values" or at == begin


def is_formatted(lexemes: Sequence[Lexeme], begin: int, end: int) -> bool:
    """Return whether the clauses of a statement are known here."""
    words = [one.word for one in lexemes[begin:end][:8]]
    if words and words[0] == "create":
        kinds = [word for word in words if word in _CREATED]
        return bool(kinds) and not {"function", "procedure", "external"} & set(words)
    if words and words[0] == "explain":
        return any(word in _FORMATTED for word in words[1:3])
    return is_query(lexemes, begin) or (bool(words) and words[0] in _FORMATTED)


def clause_words(lexemes: Sequence[Lexeme], at: int, end: int) -> int:
    """Return how many pieces are the words with which a clause begins; 0: none does."""
    word = lexemes[at].word
    if not word:
        return 0
    if word in _SIDES or word == "join":
        return _join_words(lexemes, at, end)
    before = lexemes[at - 1] if at else None
    for phrase in _PHRASES.get(word, ()):
        if tuple(one.word for one in lexemes[at : min(at + len(phrase), end)]) == phrase:
            if not _is_clause(lexemes, at, end, phrase, before):
                return 0
            return len(phrase)
    return 0


def _is_clause(
    lexemes: Sequence[Lexeme], at: int, end: int, phrase: tuple[str, ...], before: Lexeme | None
) -> bool:
    """Return whether words that a clause may begin with begin one here."""
    word = phrase[0]
    statement = _statement_word(lexemes, at)
    if word in _ONLY_IN and statement not in _ONLY_IN[word]:
        return False
    if word == "values" and statement == "merge":
        return False
    if word == "update" and before is not None and before.word == "do":
        return False  # of ON CONFLICT
    if word == "with" and phrase == ("with",):
        return _is_with(lexemes, at, end)
    if word == "from" and before is not None and before.word == "distinct" and at > 1:
        return lexemes[at - 2].word not in ("is", "not")
    if word in _MAY_BE_NAME and before is not None and before.kind != ";":
        behind = lexemes[at + len(phrase)] if at + len(phrase) < end else None
        is_operand = before.kind in (",", "operator", "(", ".", ":") and before.text != "*"
        if is_operand or before.word in _BEFORE_VALUE | {"as"}:
            return False
        if behind is not None and phrase == ("returning",) and behind.text == "*":
            return True
        return behind is not None and behind.kind not in (",", ".", ")", "operator")
    return True


def _is_with(lexemes: Sequence[Lexeme], at: int, end: int) -> bool:
    """Return whether WITH begins common table expressions: a name, and AS behind it."""
    ahead = [one.word or one.kind for one in lexemes[at + 1 : end]]
    if not ahead or ahead[0] in ("(", "time", "no", "ordinality"):
        return False
    if "as" in ahead[1:2]:
        return True
    closing = ahead.index(")") if ")" in ahead else -1
    return ahead[1:2] == ["("] and "as" in ahead[closing + 1 : closing + 2]


def _statement_word(lexemes: Sequence[Lexeme], at: int) -> str:
    """Return the first word of the statement of a piece."""
    while at and lexemes[at - 1].kind != ";":
        at -= 1
    return lexemes[at].word


def _join_words(lexemes: Sequence[Lexeme], at: int, end: int) -> int:
    """Return how many words begin a join, such as 3 for LEFT OUTER JOIN; 0 where none begins."""
    count = 0
    while at + count < end and lexemes[at + count].word in _SIDES:
        count += 1
    if _word(lexemes, at + count, end) != "join":
        return 0
    return count + 1


def _word(lexemes: Sequence[Lexeme], at: int, end: int) -> str:
    return lexemes[at].word if at < end else ""


def keyword_case(lexemes: Sequence[Lexeme]) -> str:
    """Return how most keywords of a text are written: ``upper`` or ``lower``."""
    known = [one.text for one in lexemes if one.word in _KEYWORDS]
    lower = sum(text.islower() for text in known)
    return "lower" if lower > sum(text.isupper() for text in known) else "upper"


def cased(lexemes: Sequence[Lexeme], at: int, case: str) -> str:
    """Return the text of a piece: of a keyword, in this case."""
    lexeme = lexemes[at]
    is_name = at > 0 and (lexemes[at - 1].kind == "." or lexemes[at - 1].word == "as")
    if lexeme.word not in _KEYWORDS or (is_name and lexeme.word not in ("select", "with")):
        return lexeme.text
    return lexeme.text.lower() if case == "lower" else lexeme.text.upper()


def space_before(lexemes: Sequence[Lexeme], at: int) -> str:
    """Return what is between a piece and the one before it on the same line."""
    if at == 0:
        return ""
    before, this = lexemes[at - 1], lexemes[at]
    as_written = "" if this.tight else " "
    kinds = {before.kind, this.kind}
    if this.kind in (",", ";", ")", "]", "cast") or before.kind in ("(", "[", "cast"):
        return ""
    if before.kind == ",":
        return " "
    if kinds & {"template", ".", ":", "{", "}"} or "#" in this.text[:1] + before.text[:1]:
        # Redshift's names may hold a #.
        return as_written
    if this.kind in ("(", "["):
        if before.kind == "operator":
            return as_written if _is_sign(lexemes, at - 1) else " "
        if before.word in _SPACED or before.kind == "value":
            return " " if this.kind == "(" else as_written
        return as_written
    if before.kind == "operator" and _is_sign(lexemes, at - 1):
        return " " if before.text == "*" else as_written
    return " "


def _is_sign(lexemes: Sequence[Lexeme], at: int) -> bool:
    """Return whether an operator stands before a value alone, and not between two."""
    if at == 0:
        return True
    before = lexemes[at - 1]
    if before.kind == "operator":
        return not (before.text == "*" and _is_sign(lexemes, at - 1))
    return before.kind in ("(", "[", "{", ",", ":", ";") or before.word in _BEFORE_VALUE
