"""DuckDB's messages in the words that PostgreSQL and Redshift have for the same mistakes."""

from __future__ import annotations

import difflib
import re

__all__ = ["case_counts", "in_plain_words"]

#: Kinds of errors that say nothing to those who do not know DuckDB.
_KINDS = tuple(
    f"{kind} Error: "
    for kind in ("Binder", "Catalog", "Parser", "Conversion", "Constraint", "Invalid Input",
                 "Out of Range", "Not implemented")
)  # fmt: skip
#: DuckDB's names of types -> PostgreSQL's.
_TYPES = {
    "INT8": "smallint", "INT16": "smallint", "INT32": "integer", "INT64": "bigint",
    "INT128": "numeric", "TINYINT": "smallint", "HUGEINT": "numeric", "DECIMAL": "numeric",
    "VARCHAR": "text", "STRING_LITERAL": "text", "INTEGER_LITERAL": "integer",
    "DOUBLE": "double precision", "FLOAT": "real", "BOOL": "boolean", "BLOB": "bytea",
    '"NULL"': "unknown",
}  # fmt: skip
_NAME = r'"?([^\s"!]+)"?'
#: What the first line of a message is -> what it becomes.
_MESSAGES = {
    re.compile(pattern): words
    for pattern, words in {
        r'Referenced column "(.*?)" not found in FROM': 'column "{}" does not exist',
        r'Referenced column "(.*?)" was not found because': 'column "{}" does not exist: '
        "there is no FROM",
        r'(?:Table|Values list) "(.*?)" does not have a column named "(.*?)"': "column {}.{} does "
        "not exist",
        r'Table "(.*?)" does not have a column with name "(.*?)"': 'column "{1}" of relation "{0}" '
        "does not exist",
        r"Referenced update column (.*?) not found in table": 'column "{}" does not exist',
        r'Referenced table "(.*?)" not found': 'missing FROM-clause entry for table "{}"',
        r'(?:Table|View) with name "?(.+?)"? does not exist': 'relation "{}" does not exist',
        rf"(?:Table|View) with name {_NAME} already exists": 'relation "{}" already exists',
        rf"Schema with name {_NAME} does not exist": 'schema "{}" does not exist',
        rf"Schema with name {_NAME} already exists": 'schema "{}" already exists',
        rf"Function with name {_NAME} (?:does not exist|is not in)": "function {} does not exist",
        rf"Type with name {_NAME} does not exist": 'type "{}" does not exist',
        r'column "?(.*?)"? must appear in the GROUP BY clause or must be part': 'column "{}" must '
        "appear in the GROUP BY clause or be used in an aggregate function",
        r'Ambiguous reference to column name "?(.*?)"? ': 'column reference "{}" is ambiguous',
        r"Unknown TimeZone '(.*?)'!(?:.*\n?)*": 'time zone "{}" not recognized: write a name such '
        "as 'America/New_York', or 'UTC+2'",
        r"NOT NULL constraint failed: \S*?([^.\s]+)$": 'null value in column "{}" violates '
        "not-null constraint",
    }.items()
}
_CONVERSION = re.compile(r"Could not convert string '((?:[^']|'')*)' to (\w+)")
_OUT_OF_RANGE = re.compile(
    r"Type \w+ with value (\S+) can't be cast because the value is out of range for the "
    r"destination type (\w+)"
)
_OVERFLOW = re.compile(r"Overflow in \w+ of (INT8|INT16|INT32|INT64)\b")
_NO_MATCH = re.compile(r"No function matches the given name and argument types '(\w+)\((.*?)\)'")
_NO_OPERATOR = re.compile(
    r"No function matches the given name and argument types '([^\w\s]+)\((?:(.*?), )?(.*?)\)'"
)
_OF_JSON = ": of JSON there are ->, ->>, #>, #>>, @>, <@, ?, ?|, ?&, ||, - and #-"
_AMBIGUOUS = re.compile(r'Could not choose a best candidate function for .*? "(\W+)\((.*?)\)"\.')
_NO_MACRO = re.compile(r"Macro (\w+)\(\) does not support the supplied arguments")
_COLUMN_TWICE = re.compile(r'Column with name "?(.*?)"? already exists!')
_PROPOSED = re.compile(r"\n\s*(?:Did you mean|Candidate bindings|Candidate tables)[:\s]*([^\n]*)")
#: The name that a message says does not exist.
_MISSING = re.compile(r'"([^"]+)"|\b(?:function|column) (?:\w+\.)?(\w+)')
#: How alike two names are, from 0 to 1, where one may be meant by the other.
_NEAR = 0.75


def case_counts(name: str) -> str:
    """Return a hint on a name that may differ from another one by its case only.

    Examples
    --------
    >>> case_counts("a"), case_counts("A")[:20]
    ('', ': names that differ ')
    """
    if name == name.lower():
        return ""
    return ": names that differ by case only can't both be there; rename one"


def in_plain_words(message: str) -> str:
    """Return the message of a user's statement as PostgreSQL says it; others lose DuckDB's word.

    Parameters
    ----------
    message
        DuckDB's, with the kind of the error; hints may follow behind an empty line.

    Examples
    --------
    >>> in_plain_words('Binder Error: Referenced column "x" not found in FROM clause!')
    'column "x" does not exist'
    >>> in_plain_words("Binder Error: something else")
    'something else'
    """
    kind = next((kind for kind in _KINDS if message.startswith(kind)), None)
    if kind is None:
        return message
    original, gap, hints = message.removeprefix(kind).partition("\n\n")
    if hints.startswith(("Candidate", "Did you mean")):
        original, gap, hints = f"{original}\n{hints}", "", ""
    reworded = _reworded(original)
    if reworded is None:
        return original + gap + hints
    if names := _near_names(reworded, original):
        reworded += f"\n\nDid you mean {names}?"
    return reworded + gap + hints


def _near_names(reworded: str, original: str) -> str:
    """Return those of the names that DuckDB proposes that are like the missing one."""
    proposed, missing = _PROPOSED.search(original), _MISSING.search(reworded)
    if proposed is None or missing is None:
        return ""
    by_case = {name.lower(): name for name in re.findall(r'"([^"]+)"', proposed[1])}
    # A relation is named with its schema, and proposed without it where it is in the same one.
    name = missing[1] or missing[2]
    near = dict.fromkeys(
        found
        for one in (name, name.rpartition(".")[2])
        for found in difflib.get_close_matches(one.lower(), by_case, cutoff=_NEAR)
    )
    # A function of another dialect has the very name.
    return ", ".join(f'"{by_case[n]}"' for n in near if by_case[n] != name)


def _reworded(message: str) -> str | None:
    """Return the first line of a message in plain words; None where there are none for it."""
    first = message.split("\n")[0]
    if found := _CONVERSION.match(first):
        kind = _TYPES.get(found[2], found[2].lower())
        return f'invalid input syntax for type {kind}: "{found[1]}"'
    if found := _OUT_OF_RANGE.match(first):
        return (
            f'value "{found[1]}" is out of range for type {_TYPES.get(found[2], found[2].lower())}'
        )
    if found := _OVERFLOW.match(first):
        return f"{_TYPES[found[1]]} out of range: cast one side to a wider type"
    if found := _NO_MATCH.search(first):
        hint = ": cast the arguments" if found[2] else ""
        return f"function {found[1]}({_listed(found[2])}) does not exist{hint}"
    if found := _NO_OPERATOR.search(first):
        one, other = (_listed(types) if types else "" for types in found.groups()[1:])
        hint = _OF_JSON if "json" in (one, other) else ": cast the operands"
        return f"operator does not exist: {f'{one} {found[1]} {other}'.lstrip()}{hint}"
    if found := _AMBIGUOUS.search(first):
        return f"operator {found[1]} is not unique for {_listed(found[2])}: cast the operands"
    if found := _NO_MACRO.search(first):
        return f"function {found[1]} does not exist with arguments of these types or this number"
    if found := _COLUMN_TWICE.search(first):
        return f'column "{found[1]}" specified more than once{case_counts(found[1])}'
    for pattern, words in _MESSAGES.items():
        if found := pattern.search(first):
            return words.format(*found.groups())
    return None


def _listed(types: str) -> str:
    """Return types of arguments as PostgreSQL names them."""
    each = (kind.strip() for kind in types.split(", "))
    return ", ".join(_TYPES.get(kind.partition("(")[0], kind.lower()) for kind in each)
