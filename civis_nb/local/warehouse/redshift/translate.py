"""Translate SQL of Redshift and PostgreSQL into DuckDB's, for statements that DuckDB refuses."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, TypeAlias

import sqlglot
from sqlglot import exp
from sqlglot.dialects.redshift import Redshift
from sqlglot.errors import ErrorLevel, SqlglotError
from sqlglot.transforms import eliminate_join_marks

from civis_nb.local.warehouse.redshift.ddl import rewrite
from civis_nb.local.warehouse.redshift.semantics import similar_to, with_redshift_semantics
from civis_nb.local.warehouse.redshift.times import with_days
from civis_nb.sql_text import tokenize, without_terminator

__all__ = ["Translation", "translations"]

# sqlglot logs what it does not know; users see our own message.
logging.getLogger("sqlglot").addHandler(logging.NullHandler())

_Node: TypeAlias = Any  # sqlglot's base class changed its name between versions

#: Put in front of what sqlglot must not read.
_PREFIX = "civis__"
#: DuckDB's functions that sqlglot takes for others of the same name.
_AS_WRITTEN = frozenset(("regexp_extract", "sha256", "to_timestamp"))
_EXPLAIN = re.compile(r"(?i)\s*explain\s+(analyze\s+)?(?:verbose\s+)?")
#: What else can be created needs a rule of its own: sqlglot passes on what it does not know.
_CREATED = ("TABLE", "VIEW", "SCHEMA", "INDEX", "SEQUENCE")
#: An INSERT of numbers and texts, in which there is nothing to translate: it may have many rows.
_PLAIN_ROWS = re.compile(
    r"""(?isx) \s*+ insert \s++ into \s++ (?:"[^"]*"|[\w$.])++ \s*+ (?:\([\w$",\s]*+\)\s*+)? values
    (?: [\s,();] | [+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?(?!\w) | '[^']*'
    | (?:null|true|false|default)\b )*+ """
)
_DROP = re.compile(
    r"(?is)(\s*(?:drop\s+(?:table|view)\s+(?:if\s+exists\s+)?|truncate\s+(?:table\s+)?))"
    r"(.+?)(\s+cascade|\s+restrict)?\s*$"
)


class _Redshift(Redshift):
    """Redshift's SQL, where texts, quotients and elements of lists are what they are in DuckDB.

    They must not become others because something else in the statement needs a translation. And
    a backslash is a character like any other: were it to escape the quote behind it, as in
    Redshift, a text would end at another place here than there, and the rest of it be SQL.
    """

    TYPED_DIVISION = False

    class Tokenizer(Redshift.Tokenizer):
        STRING_ESCAPES = ["'"]  # noqa: RUF012 - so it is in the class above


@dataclass(frozen=True)
class Translation:
    """One DuckDB text for a statement, and the statements that must run before it."""

    sql: str
    prerequisites: tuple[str, ...] = ()


def translations(sql: str) -> Iterator[Translation]:
    """Return DuckDB texts for a statement, the nearest to the original first.

    Examples
    --------
    >>> next(translations("SELECT NVL(a, 0) AS a FROM t;")).sql
    'SELECT COALESCE(a, 0) AS a FROM t'
    """
    explained = _EXPLAIN.match(sql)
    if explained:
        query = sql[explained.end() :]
        for inner in (query, *(translation.sql for translation in translations(query))):
            yield Translation(f"EXPLAIN {'ANALYZE ' if explained.group(1) else ''}{inner}")
        return
    yield from _candidates(with_redshift_semantics(sql))


def _candidates(sql: str) -> Iterator[Translation]:
    """Yield DuckDB texts for a statement without EXPLAIN."""
    dropped = _split_drop(without_terminator(sql))
    if dropped:
        yield Translation(dropped[-1], tuple(dropped[:-1]))
        return
    seen = {sql}
    rewritten = rewrite(without_terminator(sql))
    if rewritten.sql.strip() != without_terminator(sql).strip():
        seen.add(rewritten.sql)
        yield Translation(rewritten.sql, rewritten.prerequisites)
    if _PLAIN_ROWS.fullmatch(rewritten.sql):
        return
    protected = _protect(rewritten.sql)
    for dialect in (_Redshift, "postgres", "duckdb"):
        tree = _parsed(protected, dialect)
        if tree is None:
            continue
        trees = [(tree, False)]
        if _has_trunc(tree, protected):
            trees.append((tree.copy(), True))
        for one, truncates_dates in trees:
            text = _through_sqlglot(one, protected, truncates_dates)
            if text is not None and text not in seen:
                seen.add(text)
                yield Translation(text, rewritten.prerequisites)


def _split_drop(sql: str) -> list[str]:
    """Return one statement for each object that a DROP or TRUNCATE names, if it names several."""
    match = _DROP.match(sql)
    if match is None:
        return []
    names, current = [], ""
    for token in tokenize(match.group(2)):
        if token.text == ",":
            names.append(current)
            current = ""
        elif token.kind != "comment":
            current += token.text
    names.append(current)
    return [match.group(1) + n.strip() + (match.group(3) or "") for n in names] if names[1:] else []


@dataclass(frozen=True)
class _Protected:
    """SQL for sqlglot, and the texts that it must not read, by their placeholders."""

    sql: str
    originals: dict[str, str]


def _protect(sql: str) -> _Protected:
    """Rename the functions that sqlglot would take for others.

    Texts with other rules than ``'…'`` become placeholders: sqlglot lacks some of the rules.
    """
    parts = list(tokenize(sql))
    out: list[str] = []
    originals: dict[str, str] = {}
    placeholder_prefix = _PREFIX + "text"
    while placeholder_prefix in sql.lower():
        placeholder_prefix += "_"
    for i, token in enumerate(parts):
        name = token.text.lower()
        code = [t for t in parts[i + 1 : i + 4] if t.kind not in ("space", "comment")]
        called = bool(code) and code[0].text == "("
        if token.kind == "dollar" or (token.kind == "string" and name.startswith("e")):
            placeholder = f"'{placeholder_prefix}{len(originals)}'"
            originals[placeholder] = token.text
            out.append(placeholder)
        elif token.kind == "word" and called and name in _AS_WRITTEN:
            out.append(_PREFIX + name)
        else:
            out.append(token.text)
    return _Protected("".join(out), originals)


def _parsed(protected: _Protected, dialect: Any) -> _Node | None:
    """Return a statement as sqlglot reads it in a dialect; None if it can't."""
    try:
        tree = sqlglot.parse_one(protected.sql, read=dialect)
    except _REFUSALS:
        return None
    if isinstance(tree, exp.Command):
        return None
    if isinstance(tree, exp.Create) and str(tree.args.get("kind")).upper() not in _CREATED:
        return None
    return tree


def _has_trunc(tree: _Node, protected: _Protected) -> bool:
    return "trunc" in protected.sql.lower() and any(_is_trunc(node) for node in tree.walk())


def _through_sqlglot(tree: _Node, protected: _Protected, truncates_dates: bool) -> str | None:
    """Return a statement as sqlglot translates it, after our rules; None if it can't.

    The tree is changed: statements of 100 kB take longer to copy than to translate.
    """
    try:
        if "(+)" in protected.sql:
            tree = eliminate_join_marks(tree)
        _name_results(tree, protected.sql)
        tree = _by_rules(tree, truncates_dates)
        text: str = tree.sql(
            "duckdb", unsupported_level=ErrorLevel.RAISE, comments=False, copy=False
        )
    except _REFUSALS:
        return None
    for placeholder, original in protected.originals.items():
        if placeholder not in text:
            return None  # sqlglot changed it, so the original can't be restored
        text = text.replace(placeholder, original)
    leftovers = (token for token in tokenize(text) if token.text.lower().startswith(_PREFIX))
    return None if any(leftovers) else text


class _Untranslatable(Exception):  # noqa: N818 - a signal, not an error
    pass


#: How sqlglot and our rules refuse a statement.
_REFUSALS = (
    SqlglotError,
    _Untranslatable,
    ValueError,
    RecursionError,
    AssertionError,
    AttributeError,  # sqlglot's own, at a call without what it needs: datetime(*)
)


def _is_trunc(node: _Node) -> bool:
    """Return whether it may be a date that is truncated: TRUNC of one argument, not a number."""
    return (
        isinstance(node, exp.Trunc)
        and not node.args.get("decimals")
        and not isinstance(node.this, exp.Literal)
    )


def _name_results(tree: _Node, sql: str) -> None:
    """Alias result columns that are calls, which DuckDB would name after its own functions."""
    query = tree if isinstance(tree, exp.Query) else None
    while isinstance(query, exp.SetOperation):
        query = query.this
    if not isinstance(query, exp.Select):
        return
    for item in query.expressions:
        call = item
        while isinstance(call, (exp.Window, exp.WithinGroup)):
            call = call.this
        name = _name_of_call(call, sql)
        if name is not None and re.fullmatch(r"\w+", name):
            item.replace(exp.alias_(item.copy(), name, quoted=True, copy=False))


def _name_of_call(call: _Node, sql: str) -> str | None:
    """Return the name that Redshift shows for a call without an alias."""
    if isinstance(call, exp.Cast):
        return call.this.name if isinstance(call.this, exp.Column) else None
    if not isinstance(call, exp.Func):
        return None
    start, end = call.meta.get("start"), call.meta.get("end")
    if isinstance(start, int) and isinstance(end, int):
        return sql[start : end + 1].lower().removeprefix(_PREFIX)
    name = call.sql_name().lower()
    return {"decode_case": "case", "approx_distinct": "count", "extract": "date_part"}.get(
        name, name
    )


def _by_rules(tree: _Node, truncates_dates: bool) -> _Node:
    """Apply the rules from the leaves up, so that arguments are done before their calls."""
    for node in reversed(list(tree.bfs())):
        changed = _rule(node, truncates_dates)
        if changed is not node:
            if node is tree:
                return changed
            node.replace(changed)
    return tree


def _rule(node: _Node, truncates_dates: bool) -> _Node:
    """Return the node that DuckDB needs instead of this one; most are returned unchanged."""
    if isinstance(node, exp.Anonymous) and str(node.this).startswith(_PREFIX):
        node.set("this", str(node.this).removeprefix(_PREFIX))
        return node
    if isinstance(node, exp.SimilarTo) and isinstance(node.expression, exp.Literal):
        pattern = exp.Literal.string(similar_to(str(node.expression.this)))
        return exp.func("regexp_full_match", node.this, pattern)
    if isinstance(node, (exp.Like, exp.ILike)) and isinstance(node.expression, (exp.Any, exp.All)):
        return _like_each(node)
    if type(node) in _BY_TYPE:
        return _BY_TYPE[type(node)](node)
    if isinstance(node, exp.Dot) and node.this.name.lower() == "pg_catalog":
        return node.expression
    if truncates_dates and _is_trunc(node):
        return exp.cast(node.this, "date")
    return node


def _element(node: exp.Bracket) -> exp.Bracket:
    """Keep a list's element number as it is."""
    node.set("json_access", True)  # the number of the element stays as it is
    return node


def _json(node: _Node) -> _Node:
    """Read ``'$.a'`` as a path, as DuckDB does, not as a key of that name."""
    steps = getattr(node.expression, "expressions", [])
    if len(steps) == 2 and str(steps[1].this).startswith("$"):
        node.set("expression", exp.Literal.string(str(steps[1].this)))
    return node


def _session_user(_node: _Node) -> _Node:
    return exp.Anonymous(this="current_user")


def _like_each(node: _Node) -> _Node:
    """Write ``x LIKE ANY (ARRAY['a%', 'b%'])`` as alternatives."""
    patterns = node.expression.this
    while isinstance(patterns, exp.Paren):
        patterns = patterns.this
    if not isinstance(patterns, (exp.Array, exp.Tuple)) or isinstance(node.parent, exp.Not):
        raise _Untranslatable("LIKE ANY")
    each = [type(node)(this=node.this.copy(), expression=p.copy()) for p in patterns.expressions]
    joined = exp.or_(*each) if isinstance(node.expression, exp.Any) else exp.and_(*each)
    return exp.Paren(this=joined)


_BY_TYPE: dict[type, Callable[[Any], _Node]] = {
    exp.DataType: lambda node: _data_type(node),
    exp.Bracket: _element,
    exp.JSONExtract: _json,
    exp.JSONExtractScalar: _json,
    exp.SessionUser: _session_user,
    exp.Add: with_days,
    exp.Sub: with_days,
}


def _data_type(node: exp.DataType) -> exp.DataType:
    """Return the type that DuckDB has for one of Redshift's."""
    kind = node.this
    text = (exp.DataType.Type.VARCHAR, exp.DataType.Type.TEXT, exp.DataType.Type.CHAR)
    if kind in text and node.expressions and not str(node.expressions[0].this).isdecimal():
        node.set("expressions", [])
    if kind in (exp.DataType.Type.VARBINARY, exp.DataType.Type.BINARY):
        node.set("expressions", [])
    if kind == exp.DataType.Type.SUPER:
        return exp.DataType.build("JSON", dialect="duckdb")
    return node
