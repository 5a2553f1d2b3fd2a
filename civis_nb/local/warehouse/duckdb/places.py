"""The place of a mistake in a statement, from what its message names."""

from __future__ import annotations

import re

from civis_nb.local.warehouse.dialects import CATALOG
from civis_nb.local.warehouse.dialects.tokens import NAME, STRING, WORD, Tokens

__all__ = ["near_written", "place_of", "place_of_text", "relation_named"]

#: Where DuckDB proposes other names.
_PROPOSALS = re.compile(r"\n\s*(?:Did you mean|Candidate)")
_BY_ZERO = re.compile(r"(?i)\bdivision by zero\b")
_ZERO = re.compile(r"0+(?:\.0*)?|\.0+")
_OPERATORS = ("/", "//", "%")
_FUNCTIONS = ("mod", "div", "fmod")
_PARAMETER = re.compile(r"parameters: (\w+)")
#: How messages name things, what is wrong itself first.
_NAMES = tuple(
    re.compile(pattern)
    for pattern in (
        r'column (?:with name )?"((?:[^"]|"")+)"',
        r'with name "?([^\s"!]+)"? does not exist',
        r"column (\w+) not found",
        r"failed: ([\w.]+)",
        r"argument of (?:\w+/)?(\w+)",
        _PARAMETER.pattern,
        r'"((?:[^"]|"")+)"',
    )
)
#: A name with the schema and the database before it, as a statement has it.
_PATH = re.compile(r'(?:"(?:[^"]|"")+"|\w+)(?:\s*\.\s*(?:"(?:[^"]|"")+"|\w+))*')
_NO_RELATION = re.compile(
    r'(?P<kind>Table|View) with name "?(?P<name>.+?)"? does not exist'
    r'(?: because schema "(?P<schema>.*?)" does not exist)?'
)
_QUALIFIER = re.compile(r'(?:(?:"(?:[^"]|"")+"|\w+)\s*\.\s*)+\Z')
_PART = re.compile(r'"((?:[^"]|"")+)"|(\w+)')
#: A syntax error at a function of ours, which the user's SQL does not have.
_NEAR_OWN = re.compile(rf'syntax error at or near "({CATALOG}\w*)"')
_TOKEN = re.compile(r"\"(?:[^\"]|\"\")*\"|'(?:[^']|'')*'|\w+|\S")
#: How messages tell texts.
_TEXTS = (re.compile(r'type [\w ]+: "([^"]*)"'), re.compile(r"'((?:[^']|'')*)'"))


def place_of(message: str, sql: str) -> tuple[int, int]:
    """Return where a statement has what an error names, and its length, in characters.

    That is a name, a text, or the only division; else the first word of the statement.

    Examples
    --------
    >>> place_of("Table with name nowhere does not exist!", "insert into Nowhere values (1)")
    (12, 7)
    >>> place_of("division by zero", "  select 1 / n from t")
    (11, 1)
    >>> place_of("division by zero", "select 1 / n, 2 / m from t")
    (0, 6)
    """
    tokens = Tokens(sql)
    own_words = _PROPOSALS.split(message)[0]
    for found in (match for pattern in _NAMES for match in pattern.finditer(own_words)):
        for name in reversed(found.group(1).split(".")):
            for at in range(tokens.count):
                named = tokens.kinds[at] in (NAME, WORD) and tokens.name(at) == name.lower()
                if found.re is _PARAMETER and tokens.words[at - 1] != ":":
                    continue
                if named or tokens.texts[at] == f'"{name}"':
                    return tokens.starts[at], len(tokens.texts[at])
    at = 0
    if _BY_ZERO.search(own_words):
        divisions = [at for at in range(tokens.count) if _divides(tokens, at)]
        # Which of several it was, depends on the rows; a divisor that is written as 0 tells.
        by_zero = [at for at in divisions if _ZERO.fullmatch(tokens.texts[at + 1])]
        only = [found[0] for found in (by_zero, divisions) if len(found) == 1]
        at = only[0] if only else 0
    return place_of_text(own_words, sql) or (tokens.starts[at], len(tokens.texts[at]))


def _divides(tokens: Tokens, at: int) -> bool:
    """Return whether a token is an operator or the name of a function that divides."""
    word = tokens.words[at]
    return word in _OPERATORS or (word in _FUNCTIONS and tokens.words[at + 1] == "(")


def place_of_text(message: str, sql: str) -> tuple[int, int] | None:
    """Return where a statement has the text that an error tells, and its length.

    Examples
    --------
    >>> place_of_text("Could not convert string '1x' to INT32", "select '1x'::int")
    (7, 4)
    """
    quoted = [found for pattern in _TEXTS for found in pattern.findall(message)]
    texts = {f"'{text}'" for text in quoted}
    tokens = Tokens(sql)
    for at in range(tokens.count):
        if tokens.kinds[at] == STRING and tokens.texts[at] in texts:
            return tokens.starts[at], len(tokens.texts[at])
    return None


def relation_named(
    message: str, sql: str, start: int, length: int, kind: str
) -> tuple[str, int, int]:
    """Return a message that names a missing relation as PostgreSQL does: with its schema.

    Parameters
    ----------
    message
        DuckDB's.
    sql
        The user's whole text.
    start, length
        Where the relation, or the last part of its name, is in it, in bytes.
    kind
        The kind of the statement: those that drop something name it otherwise.

    Returns
    -------
    tuple
        The message, and the place of the whole name; as they were, when the message is another.

    Examples
    --------
    >>> relation_named("Table with name t does not exist!", "delete from S.t", 14, 1, "DELETE")
    ('Table with name "s.t" does not exist!', 12, 3)
    """
    missing = _NO_RELATION.search(message)
    if missing is None:
        return message, start, length
    name, schema = missing["name"], missing["schema"]
    if kind == "DROP":
        what = f'schema "{schema}"' if schema else f'{missing["kind"].lower()} "{name}"'
        return f"{what} does not exist", start, length
    at = len(sql.encode()[:start].decode(errors="ignore"))
    before = _QUALIFIER.search(sql[:at])
    first = at if before is None else before.start()
    path = _PATH.match(sql, first)
    if path is None:
        return message, start, length
    parts = [quoted.replace('""', '"') or bare.lower() for quoted, bare in _PART.findall(path[0])]
    if parts[-1].lower() != name.rpartition(".")[2].lower():
        return message, start, length
    whole = f'{missing["kind"]} with name "{".".join(parts[-2:])}" does not exist'
    message = message.replace(missing[0], whole, 1)
    return message, len(sql[:first].encode()), len(path[0].encode())


def near_written(message: str, sql: str, start: int, length: int) -> tuple[str, int]:
    """Return a syntax error with the user's word, where it names a function of ours instead.

    An expression that has become a call of one stands where none may, often behind a misspelt word
    that is taken for an alias.

    Parameters
    ----------
    message
        DuckDB's.
    sql
        The user's whole text.
    start, length
        Where the error is in it, in bytes.

    Returns
    -------
    tuple
        The message, and the length of the word; as they were, when the message is another.

    Examples
    --------
    >>> near_written('syntax error at or near "civis_sql"', "select 1 from t wher a = 1", 21, 9)
    ('syntax error at or near "a"', 1)
    """
    found = _NEAR_OWN.search(message)
    token = _TOKEN.match(sql.encode()[start:].decode(errors="ignore")) if found else None
    if found is None or token is None:
        return message, length
    word = token.group()
    return message[: found.start(1)] + word + message[found.end(1) :], len(word.encode())
