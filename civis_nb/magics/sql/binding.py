"""``:name`` in SQL: found by the dialect's own tokens, replaced by literals, the rest untouched.

Only the placeholder itself is replaced, by offset; the user's text is never generated anew. A
record of the replacements leads from a place in the SQL that was sent to the place in the cell.
"""

from __future__ import annotations

import bisect
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import ModuleType
from typing import Any

from civis_nb.errors import CivisInputError, CivisMagicError
from civis_nb.magics.sql.notebook_frames import ways_to_query
from civis_nb.magics.sql.placeholders import Placeholder, placeholders
from civis_nb.near_names import nearest
from civis_nb.sql_literals import is_many, literal, members
from civis_nb.sql_text import tokenize
from civis_nb.table_names import quoted

__all__ = ["Bound", "bind", "names_in_quotes", "nearest_values", "quoted_identifier", "unused"]

#: What Python writes behind a variable for a part of its value. In DuckDB's SQL ``'x'.upper()`` is
#: a call, and ``'x'[1]`` a part of the text.
_PART = re.compile(r"\.[^\W\d]\w*|\[(?:\d+|'[^']*'|\"[^\"]*\")\]")

_IN_TEXT = re.compile(r"(?<![\w:]):([^\W\d]\w*)")


@dataclass(frozen=True)
class Bound:
    """SQL with its literals.

    Attributes
    ----------
    source
        The SQL that the user wrote.
    sql
        The SQL to send.
    splices
        For each replacement: its start and end in `source`, its start and end in `sql`.
    """

    source: str
    sql: str
    splices: tuple[tuple[int, int, int, int], ...] = ()

    def source_offset(self, offset: int) -> int:
        """Return the offset in `source` for one in `sql`; within a literal, its placeholder's."""
        index = bisect.bisect_right([splice[2] for splice in self.splices], offset) - 1
        if index < 0:
            return offset
        start, end, sent_start, sent_end = self.splices[index]
        return start if sent_start <= offset < sent_end else end + offset - sent_end

    def is_inserted(self, offset: int) -> bool:
        """Return whether the text at an offset in `sql` stands for nothing that the user wrote."""
        return any(
            start == end and sent_start <= offset < sent_end
            for start, end, sent_start, sent_end in self.splices
        )

    def with_inserted(self, text: str, start: int, end: int | None = None) -> Bound:
        """Return the SQL with more text that the user did not write.

        Parameters
        ----------
        text
            What is inserted.
        start
            Where in `sql`.
        end
            The end, in `sql`, of what it replaces; None: nothing is replaced.

        Examples
        --------
        >>> bound = Bound("select 1", "select 1").with_inserted("explain ", 0)
        >>> bound.sql, bound.source_offset(15)
        ('explain select 1', 7)
        """
        end = start if end is None else end
        grown = len(text) - (end - start)
        sql = self.sql[:start] + text + self.sql[end:]
        splices = []
        for one, other, sent, sent_end in self.splices:
            if sent < start and end < sent_end:
                # Within what was not the user's already.
                splices.append((one, other, sent, sent_end + grown))
            elif sent_end <= start:
                splices.append((one, other, sent, sent_end))
            elif sent >= end:
                splices.append((one, other, sent + grown, sent_end + grown))
        if not any(sent < start and end < sent_end for _, _, sent, sent_end in self.splices):
            place = (self.source_offset(start), self.source_offset(end), start, start + len(text))
            splices.append(place)
        return Bound(self.source, sql, tuple(sorted(splices, key=lambda splice: splice[2:])))


def bind(
    sql: str,
    dialect: str,
    given: Mapping[str, Any],
    namespaces: Sequence[Mapping[str, Any]] = (),
    idents: Mapping[str, str | None] | None = None,
) -> Bound:
    """Replace each ``:name`` by the literal of its value, or by an identifier.

    Parameters
    ----------
    sql
        What the user wrote.
    dialect
        The dialect of the database, one of the values of `civis_nb.sql_literals.DIALECTS`.
    given
        Values that win over the namespaces.
    namespaces
        Where names are looked up, the first one first.
    idents
        The names that are identifiers, each with its text; None: the text is the name's value.

    Raises
    ------
    CivisMagicError
        When names have no value; all are named, with near ones. When a text stands where SQL has
        a table's name.
    CivisInputError
        When a value has no literal, or is no identifier.

    Examples
    --------
    >>> bind("select * from t where id in (:ids)", "duckdb", {"ids": [1, 2]}).sql
    'select * from t where id in (1, 2)'
    >>> bind("from :t", "duckdb", {}, idents={"t": "public.my table"}).sql
    'from "public"."my table"'
    """
    found = placeholders(sql, dialect)
    idents = idents or {}
    texts = {name: text for name, text in idents.items() if text is not None}
    values = _values(found, [texts, given, *namespaces], idents)
    parts, splices, at, length = [], [], 0, 0
    for placeholder in found:
        value = values[placeholder.name]
        if placeholder.name in idents:
            written = quoted_identifier(value, placeholder.name)
        elif placeholder.names_table:
            raise CivisMagicError(_no_table(placeholder.name, value))
        elif part := _PART.match(sql, placeholder.end) if dialect != "duckdb" else None:
            raise CivisMagicError(_no_part(placeholder.name, part[0]))
        elif mismatch := _mismatch(placeholder, value, dialect):
            raise CivisMagicError(mismatch)
        else:
            written = _literal(value, dialect, placeholder)
        text = _spaced(sql, placeholder, written)
        kept = sql[at : placeholder.start]
        start = length + len(kept)
        parts += [kept, text]
        length = start + len(text)
        splices.append((placeholder.start, placeholder.end, start, length))
        at = placeholder.end
    return Bound(sql, "".join(parts) + sql[at:], tuple(splices))


def _no_part(name: str, part: str) -> str:
    """Return what to do where a part of a value is asked for, as ``:day.year``."""
    return (
        f":{name}{part} is no value: a :name is a variable as a whole. Give {name}{part} a "
        "variable of its own. Nothing was sent."
    )


def _mismatch(placeholder: Placeholder, value: Any, dialect: str) -> str | None:
    """Return what is wrong where a list is compared as one value, or one value as a list."""
    name, sign = placeholder.name, placeholder.compared_by
    kind = type(value).__name__
    if sign == "IN" and not is_many(value) and dialect != "duckdb":
        return (
            f"IN :{name} needs a list, and {name} is of the type {kind}. Give a list, a tuple or a "
            f"Series, or write = :{name}. Nothing was sent."
        )
    if sign in ("ANY", "ALL") and is_many(value) and dialect != "duckdb":
        return (
            f"{sign}(:{name}) needs an array, and {name} is of the type {kind}, written for IN. "
            f"Write IN :{name} for = ANY, NOT IN :{name} for <> ALL. Nothing was sent."
        )
    if sign in ("=", "<>") and is_many(value):
        instead = "IN" if sign == "=" else "NOT IN"
        return (
            f"{sign} :{name} compares with one value, and {name} is of the type {kind}. Write "
            f"{instead} :{name}. Nothing was sent."
        )
    return None


def _no_table(name: str, value: Any) -> str:
    """Return what to do where a value is bound in the place of a table's name."""
    if ways := ways_to_query(name, value):
        return f"{ways} Nothing was sent."
    return (
        f":{name} stands where a table's name is expected, and :{name} binds a value. To name a "
        f"table, give --ident {name} (the text of the variable {name}) or --ident "
        f"{name}=SCHEMA.TABLE. If the whole statement is in a variable, run it with "
        "%civis_sql :query. Nothing was sent."
    )


def quoted_identifier(value: Any, name: str) -> str:
    """Return an identifier in quotes, part by part.

    Parameters
    ----------
    value
        Text, in which a dot parts schema and table unless it stands in double quotes; or the
        parts as a list.
    name
        What errors call it.

    Raises
    ------
    CivisInputError
        When it can't be an identifier.

    Examples
    --------
    >>> quoted_identifier('public."a.b"', "t"), quoted_identifier(["public", "my t"], "t")
    ('"public"."a.b"', '"public"."my t"')
    """
    parts = value if isinstance(value, (list, tuple)) else None
    if isinstance(value, str):
        parts = [_unquoted(part) for part in _PARTS.findall(value)]
        if ".".join(_PARTS.findall(value)) != value:
            parts = None
    if not parts or not all(isinstance(part, str) and part.strip() for part in parts):
        raise CivisInputError(
            f"--ident {name}: {value!r:.80} is no identifier. Give text such as 'public.people'; a "
            "part that holds a dot stands in double quotes, in which a double quote is doubled."
        )
    for part in parts:
        if found := re.search("[\x00\ud800-\udfff]", part):
            raise CivisInputError(
                f"--ident {name} holds the character U+{ord(found.group()):04X}, which no SQL can."
            )
    return ".".join(quoted(part) for part in parts)


_PARTS = re.compile(r'"(?:[^"]|"")+"|[^".]+')


def _unquoted(part: str) -> str:
    return part[1:-1].replace('""', '"') if part.startswith('"') else part.strip()


def _values(
    found: Sequence[Placeholder],
    sources: Sequence[Mapping[str, Any]],
    idents: Mapping[str, str | None],
) -> dict[str, Any]:
    """Return the values of all placeholders, from the first source that has each."""
    values: dict[str, Any] = {}
    unset = []
    for name in dict.fromkeys(placeholder.name for placeholder in found):
        source = next((source for source in sources if name in source), None)
        if source is None:
            unset.append(name)
        else:
            values[name] = source[name]
    if unset:
        raise CivisMagicError(_unset(unset, sources, idents))
    return values


def _literal(value: Any, dialect: str, placeholder: Placeholder) -> str:
    """Return a value as SQL; several are a list, with brackets where there are none yet."""
    if not is_many(value):
        return literal(value, dialect, placeholder.name)
    texts = [literal(item, dialect, placeholder.name) for item in members(value, placeholder.name)]
    return ", ".join(texts) if placeholder.in_list else f"({', '.join(texts)})"


def _spaced(sql: str, placeholder: Placeholder, text: str) -> str:
    """Keep a literal from growing together with what stands beside it."""
    before = sql[placeholder.start - 1 : placeholder.start]
    after = sql[placeholder.end : placeholder.end + 1]
    if before and not before.isspace() and before not in "(,[=<>":
        text = " " + text
    if after and not after.isspace() and after not in "),]};:":
        text += " "
    return text


def nearest_values(name: str, namespaces: Sequence[Mapping[str, Any]]) -> list[str]:
    """Return the set names most like one that is not: no functions, classes or modules."""
    known = {
        known
        for namespace in namespaces
        for known, value in namespace.items()
        if _is_data(known, value)
    }
    return nearest(name, sorted(known), 2)


def _is_data(name: str, value: Any) -> bool:
    """Return whether a variable holds what somebody may want in SQL."""
    return not (name.startswith("_") or callable(value) or isinstance(value, ModuleType))


def names_in_quotes(
    sql: str, dialect: str | None, namespaces: Sequence[Mapping[str, Any]]
) -> list[str]:
    """Return the names that have a value and stand as ``:name`` in texts only, where none is bound.

    Examples
    --------
    >>> names_in_quotes("select '%:a%', ':b', :b, '12:c'", "duckdb", [{"a": 1, "b": 2, "c": 3}])
    ['a']
    """
    if not _IN_TEXT.search(sql):
        return []  # a long statement is not read for nothing
    texts = [one.text for one in tokenize(sql, dialect == "redshift") if one.kind == "string"]
    names = dict.fromkeys(name for text in texts for name in _IN_TEXT.findall(text))
    if not names:
        return []
    bound = {found.name for found in placeholders(sql, dialect or "postgres")}
    return [
        name
        for name in names
        if name not in bound
        and any(name in known and _is_data(name, known[name]) for known in namespaces)
    ]


def unused(names: Iterable[str], texts: Sequence[str]) -> list[str]:
    """Return what to say of the names of ``-p`` that no text has as ``:name``, quoted or not.

    Examples
    --------
    >>> unused(["a", "b"], ["select ':a', :bc"])
    ['-p b is not used: the SQL has no :b.']
    """
    return [
        f"-p {name} is not used: the SQL has no :{name}."
        for name in names
        if not any(re.search(rf":{re.escape(name)}(?!\w)", text) for text in texts)
    ]


def _unset(
    unset: Sequence[str], namespaces: Sequence[Mapping[str, Any]], idents: Mapping[str, str | None]
) -> str:
    """Return the message about placeholders without a value."""
    words = []
    for name in unset:
        near = nearest_values(name, namespaces)
        words.append(f":{name}" + (f" (did you mean :{' or :'.join(near)}?)" if near else ""))
    verb = "has" if len(unset) == 1 else "have"
    given = [
        f"--ident {name}=SCHEMA.TABLE" if name in idents else f"-p {name}=VALUE" for name in unset
    ]
    variable = "a variable of that name" if len(unset) == 1 else "variables of these names"
    return (
        f"{', '.join(words)} {verb} no value. Set {variable}, or give {' '.join(given)}. "
        "Nothing was sent."
    )
