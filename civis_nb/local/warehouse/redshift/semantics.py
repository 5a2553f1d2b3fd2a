"""SQL that DuckDB accepts, but understands otherwise than Redshift and PostgreSQL do.

Only what would give a wrong result in silence is rewritten, and only where nobody can have meant
DuckDB's reading; all else reaches DuckDB unchanged.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from civis_nb.sql_text import Token, tokenize
from civis_nb.table_names import literal

__all__ = ["similar_to", "with_redshift_semantics"]

_SUSPECT = re.compile(r"(?i)\bsimilar\s|\bi?like\s+e?'[^']*\\|\bsubstring\s*\(")
_ESCAPES = re.compile(r"\\\\?(?=[%_])")
#: What a regular expression has, and a pattern of SIMILAR TO has not.
_REGEX = re.compile(r"\.[*+?]|[\^$\\]|\[\[")
_GROUP = re.compile(r"(?<!\\)\((?!\?)")


def with_redshift_semantics(sql: str) -> str:
    r"""Return a statement that means in DuckDB what it means in Redshift; most are unchanged.

    Examples
    --------
    >>> with_redshift_semantics("SELECT x SIMILAR TO 'a%'")
    "SELECT x ~ '^(?s:a.*)$'"
    >>> print(with_redshift_semantics(r"SELECT x LIKE '%\_%'"))
    SELECT x LIKE '%\_%' ESCAPE '\'
    >>> with_redshift_semantics("SELECT SUBSTRING(x FROM '[0-9]+')")
    "SELECT nullif(regexp_extract(x , '[0-9]+', 0), '')"
    """
    if not _SUSPECT.search(sql):
        return sql
    parts = list(tokenize(sql))
    code = [i for i, token in enumerate(parts) if token.kind not in ("space", "comment")]
    out = [token.text for token in parts]
    for at in range(len(code)):
        rule = _RULES.get(parts[code[at]].text.lower())
        if rule is not None and parts[code[at]].kind == "word":
            rule(parts, code, at, out)
    return "".join(out)


def _word(parts: list[Token], code: list[int], at: int) -> str:
    """Return a token of the code in lower case; an empty text past the end."""
    return parts[code[at]].text.lower() if 0 <= at < len(code) else ""


def _pattern(parts: list[Token], code: list[int], at: int) -> str | None:
    """Return the content of a plain text literal; None if there is another token."""
    if at >= len(code) or not parts[code[at]].text.startswith("'"):
        return None
    return parts[code[at]].text[1:-1].replace("''", "'")


def _like(parts: list[Token], code: list[int], at: int, out: list[str]) -> None:
    r"""Declare the backslash in ``LIKE '…\_…'`` as escape; Redshift doubles it: ``'…\\_…'``."""
    if at + 1 >= len(code) or _word(parts, code, at + 2) in ("escape", "||"):
        return
    place = code[at + 1]
    if parts[place].kind != "string" or not _ESCAPES.search(parts[place].text):
        return
    if parts[place].text.startswith("'"):
        out[place] = _ESCAPES.sub(r"\\", out[place])
    out[place] += " ESCAPE '\\'"


def _similar(parts: list[Token], code: list[int], at: int, out: list[str]) -> None:
    """Replace a pattern with ``%`` or ``_`` by the equivalent regular expression."""
    pattern = _pattern(parts, code, at + 2)
    if (
        pattern is None
        or _word(parts, code, at + 1) != "to"
        or _word(parts, code, at + 3) in ("escape", "||")
        or not re.search("[%_]", re.sub(r"\[[^]]*\]", "", pattern))
        or _REGEX.search(pattern)
    ):
        return
    negated = _word(parts, code, at - 1) == "not"
    if negated:
        first = code[at - 1]
        out[first : code[at]] = [""] * (code[at] - first)
    out[code[at]] = "!~" if negated else "~"
    out[code[at] + 1 : code[at + 2]] = [""] * (code[at + 2] - code[at] - 1)
    out[code[at + 2]] = " " + literal(f"^(?s:{similar_to(pattern)})$")


def _substring(parts: list[Token], code: list[int], at: int, out: list[str]) -> None:
    """Rewrite ``SUBSTRING(text FROM 'pattern')``: the first match, or its first group."""
    if _word(parts, code, at + 1) != "(":
        return
    depth = 0
    for place in range(at + 1, len(code) - 2):
        depth += {"(": 1, ")": -1}.get(_word(parts, code, place), 0)
        if depth == 0:
            return
        pattern = _pattern(parts, code, place + 1)
        if depth == 1 and _word(parts, code, place) == "from" and pattern is not None:
            if _word(parts, code, place + 2) == ")":
                group = 1 if _GROUP.search(pattern) else 0
                out[code[at]] = "nullif(regexp_extract"
                out[code[place]] = ","
                out[code[place + 2]] = f", {group}), '')"
            return


_RULES: dict[str, Callable[[list[Token], list[int], int, list[str]], None]] = {
    "like": _like,
    "ilike": _like,
    "similar": _similar,
    "substring": _substring,
}


def similar_to(pattern: str) -> str:
    """Translate a pattern of SIMILAR TO into a regular expression for the whole text.

    A regular expression, which DuckDB accepts there, is returned unchanged.

    Examples
    --------
    >>> similar_to("%(b|d)_"), similar_to("b.*")
    ('.*(b|d).', 'b.*')
    """
    if _REGEX.search(pattern):
        return pattern
    out = ""
    escaped = in_set = False
    for character in pattern:
        if escaped:
            out, escaped = out + "\\" + character, False
        elif character == "\\":
            escaped = True
        elif in_set or character in "|*+?{}()[]":
            in_set = (in_set or character == "[") and character != "]"
            out += character
        elif character in "%_":
            out += ".*" if character == "%" else "."
        else:
            out += re.escape(character)
    return out
