"""Which tables, aliases and columns a place in SQL sees, also while the SQL is not finished.

The text is read by its tokens, since nothing parses a statement that is being typed. Only what a
subquery or CTE returns is asked of sqlglot.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from civis_nb.sql_text import Token, tokenize

__all__ = ["Place", "Source", "place_at"]

_QUERY = frozenset({"select", "with", "values", "update", "delete", "insert", "merge", "from"})
_SET_OPERATORS = frozenset({"union", "intersect", "except", "minus"})
_NAMES_TABLE = frozenset({"from", "join", "into", "update", "table", "truncate", "analyze"})
_ENDS_FROM = frozenset(
    {"where", "group", "order", "having", "limit", "offset", "window", "qualify", "set", "select",
     "values", "returning", "when", "fetch"}
)  # fmt: skip
#: Words that can't be an alias, as they go on with the clause.
_NO_ALIAS = (
    _ENDS_FROM
    | _SET_OPERATORS
    | _NAMES_TABLE
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
        What may stand there: ``table``, ``expression``, ``variable``, or nothing in a string or
        comment.
    sources
        What columns can be of: those of the innermost query first.
    ctes
        The CTEs that can be named.
    """

    typed: str = ""
    path: tuple[str, ...] = ()
    wants: str = ""
    sources: tuple[Source, ...] = ()
    ctes: tuple[Source, ...] = ()


@dataclass
class _Group:
    """What stands between two brackets, or the statement."""

    start: int
    end: int
    parts: list[Token | _Group] = field(default_factory=list)


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
    tokens = _statement(tokens, offset)
    path = _path_before(tokens, offset - len(typed))
    if path is None:
        return Place(typed, wants="variable")
    at = offset - len(typed)
    chain = _chain(_grouped(tokens, len(sql)), offset)
    ctes: list[Source] = []
    sources: list[Source] = []
    for group in chain:
        ctes += _ctes(sql, group, tuple(ctes))
        sources[:0] = _sources(sql, _segment(group.parts, offset), tuple(ctes))
    wants = "table" if _wants_table(chain[-1], at, path) else "expression"
    return Place(typed, path, wants, tuple(sources), tuple(ctes))


def sources_of(sql: str, ctes: tuple[Source, ...], backslashes: bool = False) -> list[Source]:
    """Return what the FROM clause of a whole query names."""
    tokens = [t for t in tokenize(sql, backslashes) if t.kind not in ("space", "comment")]
    group = _grouped(tokens, len(sql))
    known = (*ctes, *_ctes(sql, group, ctes))
    return _sources(sql, _segment(group.parts, 0), known)


def plain_name(token: Token) -> str:
    """Return the name that a token is."""
    if token.kind == "quoted":
        return token.text[1:].removesuffix('"').replace('""', '"')
    return token.text


def _word(part: Token | _Group | None) -> str:
    """Return a bare word in lower case, or a symbol; empty for all else."""
    if isinstance(part, Token) and part.kind in ("word", "symbol"):
        return part.text.lower()
    return ""


def _is_name(part: Token | _Group | None) -> bool:
    return isinstance(part, Token) and part.kind in ("word", "quoted")


def _statement(tokens: list[Token], offset: int) -> list[Token]:
    """Return the tokens of the statement at a place."""
    ends = [token.start for token in tokens if token.kind == "semicolon"]
    start = max((end for end in ends if end < offset), default=-1)
    end = min((end for end in ends if end >= offset), default=None)
    return [t for t in tokens if t.start > start and (end is None or t.start < end)]


def _path_before(tokens: list[Token], at: int) -> tuple[str, ...] | None:
    """Return the names that dots join to a place; None where a colon makes it a variable."""
    before = [token for token in tokens if token.start < at]
    path: list[str] = []
    end = at
    while len(before) >= 2 and before[-1].text == "." and before[-1].end == end:
        name = before[-2]
        if not _is_name(name) or name.end != before[-1].start:
            break
        path.insert(0, plain_name(name))
        end = name.start
        del before[-2:]
    if not path and before and before[-1].text == ":" and before[-1].end == at:
        is_cast = len(before) > 1 and before[-2].text == ":" and before[-2].end == at - 1
        return () if is_cast else None
    return tuple(path)


def _grouped(tokens: list[Token], end: int) -> _Group:
    """Return the tokens with what is in brackets as groups."""
    open_groups = [_Group(tokens[0].start if tokens else 0, end)]
    for token in tokens:
        if token.text == "(":
            group = _Group(token.end, end)
            open_groups[-1].parts.append(group)
            open_groups.append(group)
        elif token.text == ")":
            if len(open_groups) > 1:
                open_groups.pop().end = token.start
        else:
            open_groups[-1].parts.append(token)
    return open_groups[0]


def _chain(group: _Group, offset: int) -> list[_Group]:
    """Return the groups around a place, the outermost first."""
    chain = [group]
    while True:
        inner = next(
            (
                part
                for part in chain[-1].parts
                if isinstance(part, _Group) and part.start <= offset <= part.end
            ),
            None,
        )
        if inner is None:
            return chain
        chain.append(inner)


def _segment(parts: list[Token | _Group], offset: int) -> list[Token | _Group]:
    """Return the side of UNION and its like in which a place is."""
    segment: list[Token | _Group] = []
    for part in parts:
        if _word(part) in _SET_OPERATORS:
            if part.start >= offset:
                break
            segment = []
        else:
            segment.append(part)
    return segment


def _ctes(sql: str, group: _Group, outer: tuple[Source, ...]) -> list[Source]:
    """Return the CTEs that a query begins with, or that stand behind INSERT INTO t."""
    found: list[Source] = []
    parts = group.parts
    first = next((i for i, part in enumerate(parts) if _word(part) == "with"), None)
    if first is None:
        return found
    at = first + 1
    if at < len(parts) and _word(parts[at]) == "recursive":
        at += 1
    while at < len(parts) and _is_name(name := parts[at]):
        at += 1
        names: tuple[str, ...] = ()
        if at < len(parts) and isinstance(columns := parts[at], _Group):
            names, at = _column_names(columns), at + 1
        while at < len(parts) and _word(parts[at]) in ("as", "not", "materialized"):
            at += 1
        if at >= len(parts) or not isinstance(body := parts[at], _Group):
            break
        assert isinstance(name, Token)  # noqa: S101 - told by _is_name
        found.append(
            Source(
                plain_name(name), query=sql[body.start : body.end], names=names,
                ctes=(*outer, *found),
            )
        )  # fmt: skip
        at += 1
        if at < len(parts) and _word(parts[at]) == ",":
            at += 1
        else:
            break
    return found


def _column_names(group: _Group) -> tuple[str, ...]:
    return tuple(plain_name(p) for p in group.parts if isinstance(p, Token) and _is_name(p))


def _first_word(group: _Group) -> str:
    while group.parts and isinstance(inner := group.parts[0], _Group):
        group = inner
    return _word(group.parts[0]) if group.parts else ""


def _sources(sql: str, parts: list[Token | _Group], ctes: tuple[Source, ...]) -> list[Source]:
    """Return what a query reads from, or changes."""
    found: list[Source] = []
    if not parts or not any(_word(part) in _QUERY for part in parts):
        return found
    in_from = expects = False
    at = 0
    while at < len(parts):
        part = parts[at]
        word = _word(part)
        if expects and word not in ("lateral", "only", "table"):
            source, at = _source(sql, parts, at, ctes)
            if source is not None:
                found.append(source)
            expects = False
            continue
        if word in ("from", "join", "into", "update", "using", "table"):
            is_distinct = word == "from" and at > 0 and _word(parts[at - 1]) == "distinct"
            is_columns = (
                word == "using"
                and at + 1 < len(parts)
                and isinstance(columns := parts[at + 1], _Group)
                and _first_word(columns) not in _QUERY
            )
            if not is_distinct and not is_columns:
                expects = in_from = True
        elif word in _ENDS_FROM:
            in_from = False
        elif word == "," and in_from:
            expects = True
        at += 1
    return found


def _source(
    sql: str, parts: list[Token | _Group], at: int, ctes: tuple[Source, ...]
) -> tuple[Source | None, int]:
    """Return what a FROM clause names at a place, and where it goes on."""
    part = parts[at]
    names: list[str] = []
    query = ""
    if isinstance(part, _Group):
        at += 1
        query = sql[part.start : part.end] if _first_word(part) in _QUERY else ""
        if not query:
            # Brackets around a join: what is in them can be named outside of them.
            inner = _sources(sql, [Token("word", "from", part.start), *part.parts], ctes)
            return (inner[0] if inner else None), at
    else:
        while at < len(parts) and _is_name(name := parts[at]):
            if not names and _word(name) in _NO_ALIAS:
                return None, at
            assert isinstance(name, Token)  # noqa: S101 - told by _is_name
            names.append(plain_name(name))
            at += 1
            if at < len(parts) and _word(parts[at]) == ".":
                at += 1
            else:
                break
        if not names:
            return None, at + 1
    alias = names[-1] if names else ""
    if at < len(parts) and _word(parts[at]) == "as":
        at += 1
    if at < len(parts) and _is_name(name := parts[at]) and _word(name) not in _NO_ALIAS:
        assert isinstance(name, Token)  # noqa: S101 - told by _is_name
        alias, at = plain_name(name), at + 1
    columns: tuple[str, ...] = ()
    if at < len(parts) and isinstance(behind := parts[at], _Group):
        columns, at = _column_names(behind), at + 1
    cte = _named(ctes, names[0]) if len(names) == 1 else None
    if cte is not None:
        return replace(cte, alias=alias, names=columns or cte.names), at
    return Source(alias, tuple(names), query, columns if query else (), ctes), at


def _named(sources: tuple[Source, ...], name: str) -> Source | None:
    """Return the last source of a name."""
    return next((s for s in reversed(sources) if s.alias.lower() == name.lower()), None)


def _wants_table(group: _Group, at: int, path: tuple[str, ...]) -> bool:
    """Return whether a table's name may stand at a place."""
    before = [part for part in group.parts if part.start < at]
    del before[len(before) - 2 * len(path) :]
    if not before:
        return False
    last = _word(before[-1])
    if last == "from":
        # FROM is also a part of functions, extract(year from x), and of: is distinct from x.
        in_query = any(_word(part) in ("select", "delete") for part in before)
        return in_query and _word(before[-2]) != "distinct"
    return last in _NAMES_TABLE or (last == "," and _is_from_list(before))


def _is_from_list(before: list[Token | _Group]) -> bool:
    """Check whether a comma or bracket behind these parts is one of FROM."""
    for word in _words_backwards(before):
        if word in ("from", "join"):
            return True
        if word in _ENDS_FROM:
            return False
    return False


def _words_backwards(parts: list[Token | _Group]) -> Iterator[str]:
    return (word for part in reversed(parts) if (word := _word(part)))
