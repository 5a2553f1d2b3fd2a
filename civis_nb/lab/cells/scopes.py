"""Which tables, aliases and columns a place in SQL sees, also while the SQL is not finished.

The text is read by its tokens, since nothing parses a statement that is being typed. Only what a
subquery or CTE returns is asked of sqlglot.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from civis_nb.lab.cells.bodies import BEGINNINGS, Part, code_at
from civis_nb.lab.cells.grammar import ENDS_FROM, NAMES_TABLE, output_names, wanted_at
from civis_nb.lab.cells.groups import (
    Group,
    chain_at,
    first_word,
    grouped,
    is_name,
    names_in,
    plain_name,
    statement_tokens,
    word_of,
)
from civis_nb.sql_text import Token, tokenize

__all__ = ["Place", "Source", "place_at"]

_QUERY = frozenset({"select", "with", "values", "update", "delete", "insert", "merge", "from"})
#: Statements besides that name one table.
_OF_TABLE = frozenset({"alter", "copy"})
_SET_OPERATORS = frozenset({"union", "intersect", "except", "minus"})
#: Words that can't be an alias, as they go on with the clause.
_NO_ALIAS = (
    ENDS_FROM
    | _SET_OPERATORS
    | NAMES_TABLE
    | {"on", "using", "as", "left", "right", "full", "inner", "outer", "cross", "natural",
       "lateral", "and", "or", "not", "tablesample", "pivot", "unpivot"}
)  # fmt: skip


@dataclass(frozen=True)
class Source:
    """What a FROM clause names.

    Attributes
    ----------
    alias
        The name by which columns are qualified.
    path
        The table's name and, before it, its schema; empty for a subquery.
    query
        The text of the subquery or CTE; empty for a table.
    names
        The columns that are named behind the alias or the CTE's name.
    ctes
        The CTEs that the subquery sees.
    """

    alias: str
    path: tuple[str, ...] = ()
    query: str = ""
    names: tuple[str, ...] = ()
    ctes: tuple[Source, ...] = ()


@dataclass(frozen=True)
class Place:
    """A place in SQL.

    Attributes
    ----------
    typed
        The word before the cursor; empty between words.
    path
        The names before it that dots join to it.
    wants
        What may stand there: ``table``, ``expression``, ``columns``, ``type``, ``keyword``,
        ``variable``, or nothing in a string or comment.
    sources
        What columns can be of: those of the innermost query first.
    ctes
        The CTEs that can be named.
    likely
        The keywords that are the likeliest, the likeliest first.
    is_after_value
        Whether a value or a name stands right before it.
    outputs
        The names that the query gives to what it selects, where they may stand.
    taken
        The columns that are named already, where each is named once.
    variables
        The arguments and variables of the function in whose body it is, with their types.
    """

    typed: str = ""
    path: tuple[str, ...] = ()
    wants: str = ""
    sources: tuple[Source, ...] = ()
    ctes: tuple[Source, ...] = ()
    likely: tuple[str, ...] = ()
    is_after_value: bool = False
    outputs: tuple[str, ...] = ()
    taken: tuple[str, ...] = ()
    variables: tuple[tuple[str, str], ...] = ()


def place_at(sql: str, offset: int, backslashes: bool = False) -> Place:
    """Return what may stand at a place.

    Parameters
    ----------
    sql
        The text, which may hold several statements.
    offset
        The place, in characters.
    backslashes
        As for `civis_nb.sql_text.tokenize`.

    Examples
    --------
    >>> place = place_at("select t. from people t", 9)
    >>> place.path, [source.path for source in place.sources]
    (('t',), [('people',)])
    """
    part = code_at(sql, offset, backslashes)
    if part is not None:
        return _place_in(sql, offset, part, backslashes)
    tokens: list[Token] = []
    typed = ""
    if sql[:offset].count('"') % 2 and not all(
        token.closed for token in tokenize(sql, backslashes)
    ):
        # A name in quotes is being written: those that follow would end it, and begin others.
        sql = f'{sql[:offset]}"{sql[offset:]}'
    for token in tokenize(sql, backslashes):
        inside = token.start < offset and (offset < token.end or not token.closed)
        if token.kind in ("string", "dollar", "comment"):
            ends_here = token.text.startswith("--") and offset == token.end
            if inside or ends_here:
                return Place()
        if token.kind in ("space", "comment"):
            continue
        if token.kind in ("word", "quoted", "number") and token.start < offset <= token.end:
            typed = sql[token.start : offset]
            if token.kind == "number":
                return Place()
            continue
        tokens.append(token)
    tokens = statement_tokens(tokens, offset)
    path = _path_before(tokens, offset - len(typed))
    if path is None:
        return Place(typed, wants="variable")
    at = offset - len(typed)
    chain = chain_at(grouped(tokens, len(sql)), offset)
    ctes: list[Source] = []
    sources: list[Source] = []
    for group in chain:
        ctes += _ctes(sql, group, tuple(ctes))
        sources[:0] = _sources(sql, _segment(group.parts, offset), tuple(ctes))
    wanted = wanted_at(chain, at, path)
    if wanted.what == "columns":
        sources = _sources(sql, chain[0].parts, tuple(ctes))[:1]
    return Place(
        typed, path, wanted.what, tuple(sources), tuple(ctes),
        likely=wanted.likely,
        is_after_value=wanted.is_after_value,
        outputs=output_names(chain, at, _segment(chain[-1].parts, offset)),
        taken=wanted.taken,
    )  # fmt: skip


def _place_in(sql: str, offset: int, part: Part, backslashes: bool) -> Place:
    """Return what may stand at a place in the body of a function."""
    begin = offset - part.start
    text = sql[part.start : part.end]
    place = place_at(text, begin, backslashes)
    before = [
        token
        for token in tokenize(text[: begin - len(place.typed)], backslashes)
        if token.kind not in ("space", "comment")
    ]
    if not place.wants:
        return place
    if part.is_declaration:
        words = [word_of(token) for token in before if word_of(token) != "constant"]
        is_value = {"default", "="} & set(words)
        wants = "expression" if is_value else "type" if words else ""
        return Place(place.typed, wants=wants, variables=part.variables if is_value else ())
    if part.is_procedural and not before and not place.path:
        return replace(place, wants="keyword", likely=BEGINNINGS)
    first, last = (word_of(before[at]) if before else "" for at in (0, -1))
    if part.is_procedural and last == "into" and first not in ("insert", "merge"):
        # A variable takes what the statement returns.
        return Place(place.typed, wants="expression", variables=part.variables)
    return replace(place, variables=part.variables)


def sources_of(sql: str, ctes: tuple[Source, ...], backslashes: bool = False) -> list[Source]:
    """Return what the FROM clause of a whole query names."""
    tokens = [t for t in tokenize(sql, backslashes) if t.kind not in ("space", "comment")]
    group = grouped(tokens, len(sql))
    known = (*ctes, *_ctes(sql, group, ctes))
    return _sources(sql, _segment(group.parts, 0), known)


def _path_before(tokens: list[Token], at: int) -> tuple[str, ...] | None:
    """Return the names that dots join to a place; None where a colon makes it a variable."""
    before = [token for token in tokens if token.start < at]
    path: list[str] = []
    end = at
    while len(before) >= 2 and before[-1].text == "." and before[-1].end == end:
        name = before[-2]
        if not is_name(name) or name.end != before[-1].start:
            break
        path.insert(0, plain_name(name))
        end = name.start
        del before[-2:]
    if not path and before and before[-1].text == ":" and before[-1].end == at:
        is_cast = len(before) > 1 and before[-2].text == ":" and before[-2].end == at - 1
        return () if is_cast else None
    return tuple(path)


def _segment(parts: Sequence[Token | Group], offset: int) -> list[Token | Group]:
    """Return the query in which a place is: a side of UNION and its like, or that of INSERT."""
    segment: list[Token | Group] = []
    for part in parts:
        if word_of(part) in _SET_OPERATORS:
            if part.start >= offset:
                break
            segment = []
            continue
        if word_of(part) == "select" and part.start < offset and word_of(parts[0]) == "insert":
            segment = []  # it sees nothing of the table into which its rows go
        segment.append(part)
    return segment


def _ctes(sql: str, group: Group, outer: tuple[Source, ...]) -> list[Source]:
    """Return the CTEs that a query begins with, or that stand behind INSERT INTO t."""
    found: list[Source] = []
    parts = group.parts
    first = next((i for i, part in enumerate(parts) if word_of(part) == "with"), None)
    if first is None:
        return found
    at = first + 1
    if at < len(parts) and word_of(parts[at]) == "recursive":
        at += 1
    while at < len(parts) and is_name(name := parts[at]):
        at += 1
        names: tuple[str, ...] = ()
        if at < len(parts) and isinstance(columns := parts[at], Group):
            names, at = names_in(columns), at + 1
        while at < len(parts) and word_of(parts[at]) in ("as", "not", "materialized"):
            at += 1
        if at >= len(parts) or not isinstance(body := parts[at], Group):
            break
        assert isinstance(name, Token)  # noqa: S101 - told by is_name
        found.append(
            Source(
                plain_name(name), query=sql[body.start : body.end], names=names,
                ctes=(*outer, *found),
            )
        )  # fmt: skip
        at += 1
        if at < len(parts) and word_of(parts[at]) == ",":
            at += 1
        else:
            break
    return found


def _sources(sql: str, parts: Sequence[Token | Group], ctes: tuple[Source, ...]) -> list[Source]:
    """Return what a query reads from, or changes."""
    found: list[Source] = []
    is_of_table = bool(parts) and word_of(parts[0]) in _OF_TABLE
    if not is_of_table and not any(word_of(part) in _QUERY for part in parts):
        return found
    in_from = expects = False
    at = 0
    while at < len(parts):
        part = parts[at]
        word = word_of(part)
        if expects and word not in ("lateral", "only", "table", "if", "exists"):
            source, at = _source(sql, parts, at, ctes)
            if source is not None:
                found.append(source)
            expects = False
            continue
        makes = word == "into" and any(word_of(one) == "select" for one in parts[:at])
        if not makes and (
            word in ("from", "join", "into", "update", "using", "table")
            or (word == "copy" and at == 0)
        ):
            is_of_value = word == "from" and _is_of_value(parts, at)
            is_columns = (
                word == "using"
                and at + 1 < len(parts)
                and isinstance(columns := parts[at + 1], Group)
                and first_word(columns) not in _QUERY
            )
            if not is_of_value and not is_columns:
                expects = in_from = True
        elif word in ENDS_FROM:
            in_from = False
        elif word == "," and in_from:
            expects = True
        at += 1
    return found


def _is_of_value(parts: Sequence[Token | Group], at: int) -> bool:
    """Return whether a FROM is one of EXTRACT (… FROM …) or of IS DISTINCT FROM."""
    words = [word_of(part) for part in parts[:at]]
    if words[-1:] == ["distinct"]:
        # SELECT DISTINCT may stand before FROM while it has no columns.
        return words[-2:-1] in (["is"], ["not"])
    if not words or {"select", "delete", "update", "merge"} & set(words):
        return False
    # In brackets that are not closed yet stands what follows them.
    return not any(word_of(part) in ENDS_FROM | {"join"} for part in parts[at:])


def _source(
    sql: str, parts: Sequence[Token | Group], at: int, ctes: tuple[Source, ...]
) -> tuple[Source | None, int]:
    """Return what a FROM clause names at a place, and where it goes on."""
    part = parts[at]
    names: list[str] = []
    query = ""
    if isinstance(part, Group):
        at += 1
        query = sql[part.start : part.end] if first_word(part) in _QUERY else ""
        if not query:
            # Brackets around a join: what is in them can be named outside of them.
            inner = _sources(sql, [Token("word", "from", part.start), *part.parts], ctes)
            return (inner[0] if inner else None), at
    else:
        while at < len(parts) and is_name(name := parts[at]):
            if not names and word_of(name) in _NO_ALIAS:
                return None, at
            assert isinstance(name, Token)  # noqa: S101 - told by is_name
            names.append(plain_name(name))
            at += 1
            if at < len(parts) and word_of(parts[at]) == ".":
                at += 1
            else:
                break
        if not names:
            return None, at + 1
    alias = names[-1] if names else ""
    if at < len(parts) and word_of(parts[at]) == "as":
        at += 1
    if at < len(parts) and is_name(name := parts[at]) and word_of(name) not in _NO_ALIAS:
        assert isinstance(name, Token)  # noqa: S101 - told by is_name
        alias, at = plain_name(name), at + 1
    columns: tuple[str, ...] = ()
    if at < len(parts) and isinstance(behind := parts[at], Group):
        columns, at = names_in(behind), at + 1
    cte = _named(ctes, names[0]) if len(names) == 1 else None
    if cte is not None:
        return replace(cte, alias=alias, names=columns or cte.names), at
    return Source(alias, tuple(names), query, columns if query else (), ctes), at


def _named(sources: tuple[Source, ...], name: str) -> Source | None:
    """Return the last source of a name."""
    return next((s for s in reversed(sources) if s.alias.lower() == name.lower()), None)
