"""What may stand at a place of a statement: a table, a column, a keyword, by what is before it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from civis_nb.lab.cells.groups import Group, is_name, plain_name, word_of
from civis_nb.sql_text import Token

__all__ = ["ENDS_FROM", "NAMES_TABLE", "Wanted", "output_names", "wanted_at"]

#: Words behind which a table is named.
NAMES_TABLE: Final = frozenset({"from", "join", "into", "update", "table", "truncate", "analyze"})
#: Words with which the list of tables ends.
ENDS_FROM: Final = frozenset(
    {"where", "group", "order", "having", "limit", "offset", "window", "qualify", "set", "select",
     "values", "returning", "when", "fetch"}
)  # fmt: skip
#: Statements that begin with their table.
_BEGINS_WITH_TABLE: Final = frozenset({"copy", "vacuum", "describe", "desc", "summarize", "lock"})
_JOINS: Final = ("join", "left join", "inner join", "full join", "right join", "cross join")
_LATER: Final = ("group by", "order by", "limit", "having", "qualify", "union all")
_BEFORE_CONDITION: Final = frozenset({"and", "or", "not", "where", "on", "having", "when"})
_IN_CONDITION: Final = (
    "and", "or", "is null", "is not null", "in", "not in", "between", "like", "ilike",
)  # fmt: skip
#: What follows a value or name, by the word that begins its clause.
_BEHIND_VALUE: Final = {
    "select": ("as", "from"),
    "from": ("where", *_JOINS, "as", *_LATER),
    "join": ("on", "using", "as", *_JOINS, "where", *_LATER),
    "using": (*_JOINS, "where", *_LATER),
    "on": (*_IN_CONDITION, "where", *_JOINS, *_LATER),
    "where": (*_IN_CONDITION, *_LATER),
    "having": (*_IN_CONDITION, "order by", "limit", "qualify", "union all"),
    "qualify": (*_IN_CONDITION, "order by", "limit", "union all"),
    "group": ("having", "order by", "limit", "qualify", "union all"),
    "order": ("asc", "desc", "nulls first", "nulls last", "limit", "offset"),
    "partition": ("order by", "rows", "range"),
    "limit": ("offset",),
    "set": ("where", "from"),
    "into": ("values", "select", "default values"),
    "update": ("set",),
    "delete": ("where", "using"),
    "values": ("on conflict", "returning"),
    "with": ("as",),
    "case": ("when", "end"),
    "when": ("then", "and", "or", "is null", "is not null", "in", "between", "like"),
    "then": ("when", "else", "end"),
    "else": ("end",),
}
#: What follows a word that begins a phrase, where nothing else may.
_BEHIND_WORD: Final = {
    "left": ("join", "outer join"),
    "right": ("join", "outer join"),
    "full": ("join", "outer join"),
    "inner": ("join",),
    "outer": ("join",),
    "cross": ("join",),
    "natural": ("join", "left join"),
    "group": ("by",),
    "order": ("by",),
    "partition": ("by",),
    "is": ("null", "not null", "true", "false", "distinct from", "not distinct from"),
    "insert": ("into",),
    "merge": ("into",),
    "delete": ("from",),
    "nulls": ("first", "last"),
    "union": ("all", "select"),
    "except": ("select",),
    "intersect": ("select",),
    "create": ("table", "view", "temp table", "or replace view", "materialized view", "schema"),
    "drop": ("table", "view", "schema"),
}
#: With what brackets begin behind a word.
_IN_BRACKETS: Final = {"over": ("partition by", "order by", "rows"), "group": ("order by",)}
_STARTS: Final = (
    "select", "with", "insert into", "update", "delete from", "create table", "explain",
    "merge into",
)  # fmt: skip
#: Words that are no value, so that another one does not follow them.
_NO_VALUE: Final = frozenset(
    re.findall(
        r"\w+",
        """
    select distinct all from where and or not in like ilike between is on using join left right
    full inner outer cross natural group order by having limit offset union except intersect minus
    as case when then else set values into with recursive returning qualify over partition exists
    any some insert update delete merge create drop alter table view explain interval top
    nulls similar to escape lateral
        """,
    )
)
_OF_TABLE: Final = (
    "not null", "default", "primary key", "references", "unique", "encode", "distkey", "sortkey",
)  # fmt: skip

Parts = Sequence[Token | Group]


@dataclass(frozen=True)
class Wanted:
    """What may stand at a place.

    Attributes
    ----------
    what
        ``table``, ``expression``, ``columns`` (of the statement's first table, and nothing else),
        ``type``, ``keyword``, or nothing where a new name is being invented.
    likely
        The keywords that are the likeliest, the likeliest first.
    is_after_value
        Whether a value or a name stands right before it, so that most likely a keyword follows.
    taken
        The columns of the same list that are named already.
    """

    what: str
    likely: tuple[str, ...] = ()
    is_after_value: bool = False
    taken: tuple[str, ...] = ()


def wanted_at(chain: Sequence[Group], at: int, path: tuple[str, ...]) -> Wanted:
    """Return what may stand at a place.

    Parameters
    ----------
    chain
        The groups around the place, the outermost first.
    at
        Where what is typed there begins.
    path
        The names before it that dots join to it.
    """
    group = chain[-1]
    before = [part for part in group.parts if part.start < at]
    del before[len(before) - 2 * len(path) :]
    last = word_of(before[-1]) if before else ""
    statement = _statement(chain)
    outside = _before_group(chain)
    if _names_table(before, statement):
        return Wanted("table")
    taken = _taken(chain, before, at)
    if taken is not None:
        return Wanted("columns", taken=taken)
    if path:
        return Wanted("table" if statement == "comment" else "expression")
    if _is_type(before, outside, statement):
        return Wanted("type")
    if last == "as":
        makes = statement == "create" and len(chain) == 1
        return Wanted("keyword", ("select", "with")) if makes else Wanted("")
    if not before:
        if len(chain) == 1:
            return Wanted("keyword", _STARTS)
        if _lists_new_columns(chain):
            return Wanted("")
        begun = _IN_BRACKETS.get(word_of(outside[-1]) if outside else "", ())
        return Wanted("keyword", begun) if begun else Wanted("expression", ("select",))
    if _lists_new_columns(chain):
        return Wanted("" if last == "," else "keyword", _OF_TABLE)
    if last == "not" and len(before) > 1 and _is_value(before[:-1]):
        return Wanted("keyword", ("in", "like", "ilike", "between", "similar to"))
    if last == "not" and word_of(before[-2:][0]) == "is":
        return Wanted("keyword", ("null", "true", "false", "distinct from"))
    if _is_value(before):
        clause = _clause_around(chain, before)
        in_tables = clause in ("from", "join", "using") and _is_query(before)
        what = "keyword" if in_tables or statement == "drop" else "expression"
        likely = _BEHIND_VALUE.get(clause, ())
        if clause not in ("into", "from", "join"):
            likely = _behind_call(before, outside, statement) + likely
        return Wanted(what, likely, is_after_value=True)
    if last == "case":
        return Wanted("expression", ("when",), is_after_value=True)
    likely = _BEHIND_WORD.get(last, ())
    return Wanted("keyword" if likely else "expression", likely)


def output_names(chain: Sequence[Group], at: int, segment: Parts) -> tuple[str, ...]:
    """Return the names that a query gives to what it selects, where they may stand.

    Parameters
    ----------
    chain, at
        As for `wanted_at`.
    segment
        The innermost query: the side of UNION in which the place is.
    """
    before = [part for part in chain[-1].parts if part.start < at]
    if _clause(before) not in ("group", "order", "having", "qualify"):
        return ()
    words = [word_of(part) for part in segment]
    if "select" not in words:
        return ()
    begin = words.index("select") + 1
    end = words.index("from", begin) if "from" in words[begin:] else len(words)
    found: list[str] = []
    item: list[Token | Group] = []
    for part in (*segment[begin:end], None):
        if part is not None and word_of(part) != ",":
            item.append(part)
            continue
        if len(item) > 1 and isinstance(name := item[-1], Token) and is_name(name):
            is_alias = word_of(item[-2]) == "as" or _is_value(item[:-1])
            if is_alias and word_of(name) not in _NO_VALUE | {"end"}:
                found.append(plain_name(name))
        item = []
    return tuple(found)


def _statement(chain: Sequence[Group]) -> str:
    """Return the first word of the statement."""
    return word_of(chain[0].parts[0]) if chain[0].parts else ""


def _before_group(chain: Sequence[Group]) -> Parts:
    """Return what stands before the innermost brackets."""
    if len(chain) < 2:
        return []
    return [
        part for part in chain[-2].parts if part.start < chain[-1].start and part is not chain[-1]
    ]


def _names_table(before: Parts, statement: str) -> bool:
    """Return whether a table's name may stand behind these parts."""
    words = [word_of(part) for part in before]
    last = words[-1] if words else ""
    if last == "from":
        # FROM is also a part of functions, extract(year from x), and of: is distinct from x.
        return _is_query(before) and not _is_distinct_from(words, len(words) - 1)
    if last in NAMES_TABLE or (last == "," and _is_from_list(before)):
        return True
    if last in _BEGINS_WITH_TABLE:
        return len(words) == 1
    if last == "exists":
        return words[-2:-1] == ["if"] and statement in ("drop", "alter")
    if last == "on":
        return statement in ("grant", "revoke") or (statement == "create" and "index" in words)
    if last == "column":
        return statement == "comment"
    if last == "view":
        return statement in ("drop", "alter", "refresh", "comment")
    return last == "references" or (words == ["like"])


def _is_query(before: Parts) -> bool:
    return any(word_of(part) in ("select", "delete", "update", "merge") for part in before)


def _is_from_list(before: Parts) -> bool:
    """Check whether a comma behind these parts is one of FROM."""
    for word in _words_backwards(before):
        if word in ("from", "join"):
            return True
        if word in ENDS_FROM:
            return False
    return False


def _words_backwards(parts: Parts) -> Iterator[str]:
    return (word for part in reversed(parts) if (word := word_of(part)))


def _taken(chain: Sequence[Group], before: Parts, at: int) -> tuple[str, ...] | None:
    """Return the columns that a list of columns names; None where the place is in no such list."""
    statement, outside = _statement(chain), _before_group(chain)
    words = [word_of(part) for part in outside]
    if len(chain) > 1 and not _is_query(chain[-1].parts):
        rest = [part for part in outside if not is_name(part) and word_of(part) != "."]
        names_target = bool(words) and (
            (words[-1] == "insert" and statement == "merge")
            or ("into" in words and not rest and "select" not in words and words[-1] != "values")
            or (words[0] == "copy" and not rest and "from" not in words)
        )
        if names_target:
            others = [part for part in chain[-1].parts if isinstance(part, Token) and is_name(part)]
            return tuple(plain_name(part) for part in others if not part.start <= at < part.end)
        return None
    if statement == "alter" and before and word_of(before[-1]) == "column":
        return () if word_of(before[-2]) in ("drop", "rename", "alter", "exists") else None
    return _set_columns(before) if statement in ("update", "merge", "insert") else None


def _set_columns(before: Parts) -> tuple[str, ...] | None:
    """Return the columns that SET has been given; None where the place is not on its left."""
    words = [word_of(part) for part in before]
    if "set" not in words or words[-1] not in ("set", ","):
        return None
    begin = len(words) - words[::-1].index("set")
    if any(word in ENDS_FROM | {"from"} for word in words[begin:]):
        return None
    return tuple(
        plain_name(part)
        for part, behind in zip(before[begin:], words[begin + 1 :], strict=False)
        if isinstance(part, Token) and is_name(part) and behind == "="
    )


def _is_type(before: Parts, outside: Parts, statement: str) -> bool:
    """Return whether a type may stand behind these parts."""
    words = [word_of(part) for part in before]
    if words[-2:] == [":", ":"]:
        return True
    if words[-1:] == ["as"] and outside and word_of(outside[-1]) in ("cast", "try_cast"):
        return True
    if not before or not is_name(before[-1]) or statement not in ("create", "alter"):
        return False
    if len(words) > 2 and words[-2] == "column" and words[-3] == "add":
        return True
    return _is_table_body(outside) and (len(words) == 1 or words[-2] == ",")


def _is_table_body(outside: Parts) -> bool:
    """Return whether the brackets behind these parts hold the columns of a new table."""
    words = [word_of(part) for part in outside]
    return (
        words[:1] == ["create"]
        and "table" in words
        and not any(isinstance(part, Group) for part in outside)
        and words[-1] not in ("as", "table")
    )


def _lists_new_columns(chain: Sequence[Group]) -> bool:
    return len(chain) == 2 and _is_table_body(_before_group(chain))


def _is_value(before: Parts) -> bool:
    """Return whether these parts end in a value or a name."""
    last = before[-1]
    if isinstance(last, Group):
        return True
    if last.kind == "word":
        return last.text.lower() not in _NO_VALUE
    if last.text == "*":
        return len(before) == 1 or word_of(before[-2]) in ("select", "distinct", "all", ",", ".")
    return last.kind in ("quoted", "string", "dollar", "number") or last.text in "]}"


def _behind_call(before: Parts, outside: Parts, statement: str) -> tuple[str, ...]:
    """Return the keywords that follow a call of a function, or a value among its arguments."""
    if len(before) > 1 and isinstance(before[-1], Group) and is_name(before[-2]):
        return ("over", "filter", "within group") if word_of(before[-2]) not in _NO_VALUE else ()
    function = word_of(outside[-1]) if outside else ""
    if statement == "create" and not outside and not _is_query(before):
        return ("on",) if word_of(before[-2:][0]) == "index" else ("as",)
    return {"cast": ("as",), "try_cast": ("as",), "extract": ("from",)}.get(function, ())


def _clause_around(chain: Sequence[Group], before: Parts) -> str:
    """Return the clause at a place; in brackets around a condition that which they are in."""
    clause = _clause(before)
    if not clause and len(chain) > 1:
        outside = _before_group(chain)
        if outside and word_of(outside[-1]) in (
            "and",
            "or",
            "not",
            "where",
            "on",
            "having",
            "when",
        ):
            return _clause_around(chain[:-1], outside)
        if not outside and len(chain) > 2:
            return _clause_around(chain[:-1], outside)
    return clause


def _clause(before: Parts) -> str:
    """Return the word that begins the clause at the end of these parts; empty for none."""
    words = [word_of(part) for part in before]
    ends = 0
    for index in range(len(words) - 1, -1, -1):
        word = words[index]
        if word == "end":
            ends += 1
        elif word == "case" and ends:
            ends -= 1
        elif ends or word not in _BEHIND_VALUE or words[index - 1 : index] == ["within"]:
            continue
        elif word != "from" or not _is_distinct_from(words, index):
            return word
    return ""


def _is_distinct_from(words: Sequence[str], index: int) -> bool:
    """Return whether a FROM is that of IS DISTINCT FROM."""
    return index > 1 and words[index - 1] == "distinct" and words[index - 2] in ("is", "not")
