"""DuckDB's exceptions as `WarehouseError`, with positions in the user's own SQL."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import duckdb

from civis_nb.errors import WarehouseError
from civis_nb.local.store.full_disk import says_full
from civis_nb.local.warehouse.dialects import CATALOG
from civis_nb.local.warehouse.duckdb import places
from civis_nb.local.warehouse.duckdb.plain_words import in_plain_words
from civis_nb.table_names import literal

if TYPE_CHECKING:
    from civis_nb.local.warehouse.duckdb.statement import Statement

__all__ = [
    "Failure",
    "got_further",
    "is_conflict",
    "is_of_unknown_type",
    "is_refusal",
    "line_and_column",
    "located_error",
    "missing_function",
    "position_error",
    "read_failure",
    "statement_error",
    "warehouse_error",
]

_SNIPPET = 76
_FILES = (
    "\n\nSQL can't reach files, folders or servers of this machine. Upload the data as a file "
    "and import it, or export the result of a query."
)
_NO_SPACE = (
    "\n\nThe disk that holds the local platform's state folder is full. Nothing of this statement "
    "was kept. Free some space on it, then try again."
)

_SYSTEM_TABLE = re.compile(r"Table with name \"?(?:st[lv]|sv[lv]|svcs|sys)_\w+\"? does not exist")
_NO_SYSTEM_TABLE = (
    "\n\nIt is a system table of Redshift, which the local database lacks. Tables and columns "
    "are in information_schema, svv_tables, svv_columns, svv_table_info and pg_table_def."
)


#: What the platform's own functions raise, as a cast that can't be done.
_OWN_FAILURE = re.compile(
    rf"Could not convert string '{CATALOG}: (.*?)' to \w+"
    r"|Python exception occurred while executing the UDF: ValueError: (.*?)(?:\n\nAt:|\Z)",
    re.DOTALL,
)


_TOO_LONG = re.compile(
    r"CHECK constraint failed on table .* with expression CHECK\(\((?:(?P<fixed>\d+) >= )?\(?"
    r"(?:strlen|length)\(\"?(?P<column>.*?)\"?\)(?: <= (?P<length>\d+))?\)"
)
_VIEW = re.compile(r"(?i)\s*create\s+(?:or\s+replace\s+)?(?:temp(?:orary)?\s+)?view\b")
_BY_ZERO = re.compile(r"(?i)division by zero in expression")
_TO_DATE = re.compile(r"(?i)\bto_date\s*\(")
_NO_PARAMETER = re.compile(r"not provided for the following parameters: (\w+)(?:, \w+)*")
_PARAMETER = re.compile(r"(?<![:\w]):([a-zA-Z_]\w*)")
_NO_COLUMN = re.compile(r'Referenced column "(.*?)" not found')
_NO_COLLATION = re.compile(r"(?i)Collation with name \w*case_\w+ does not exist")
_NO_TEMPORARY_TABLE = re.compile(r'Table with name "?#\w+"? does not exist')


@dataclass(frozen=True)
class Failure:
    """DuckDB's message, and its position in the SQL that it ran.

    ``start`` and ``length`` count bytes; ``start`` is None where DuckDB has no position.
    """

    kind: str
    message: str
    start: int | None = None
    length: int = 1
    name: str | None = None


def read_failure(error: duckdb.Error) -> Failure:
    """Parse DuckDB's exception, which is JSON on our connections."""
    text = str(error)
    kind, _, rest = text.partition(": ")
    if text.startswith("{"):  # some kinds have no name in front of it
        kind, rest = "", text
    if rest.startswith("{"):
        try:
            details = json.loads(rest)
        except ValueError:
            return Failure("", text)
        start, length = None, 1
        if str(details.get("position", "")).isdecimal():
            start = int(details["position"])
        location = re.fullmatch(r"\[(\d+),(\d+)\]", str(details.get("location", "")))
        if location:
            length = max(1, int(location.group(2)))
        message = str(details.get("exception_message", "")).rstrip()
        kind = kind or f"{details.get('exception_type', 'Database')} Error"
        return Failure(kind, message, start, length, details.get("name"))
    # A statement may have switched the JSON form off: then the text has LINE and caret already.
    return Failure("", text)


def is_refusal(error: duckdb.Error) -> bool:
    """Return whether DuckDB refused the statement before it ran."""
    refusals = (
        duckdb.ParserException,
        duckdb.BinderException,
        duckdb.CatalogException,
        duckdb.NotImplementedException,
        duckdb.SyntaxException,
    )
    if isinstance(error, refusals):
        return True
    if isinstance(error, duckdb.OutOfRangeException):
        return "Needed scale" in str(error)  # of a product, for which there is no type
    # Names of parts of a date are checked only when the statement runs or is prepared.
    return isinstance(error, duckdb.ConversionException) and "specifier" in str(error)


def is_conflict(error: duckdb.Error) -> bool:
    """Return whether another transaction was in the way, so that a retry may succeed."""
    if not isinstance(error, duckdb.TransactionException):
        return False
    text = str(error).lower()
    return "conflict" in text or "another transaction" in text


_OVERLOADS = re.compile(r"Macro \w+\(\) has multiple overloads that match.*", re.DOTALL)
_NO_FUNCTION = re.compile(
    r"Function with name \"?(\w+)\"? (?:does not exist|is not in the catalog)|No function matches"
)


def got_further(error: duckdb.Error, refused: duckdb.Error, sql: str) -> bool:
    """Return whether a translation of `sql` got further than `sql`: to an unknown table, say.

    Then the translation's error shows what is really wrong.
    """
    failure, first = read_failure(error), read_failure(refused)
    if failure.message == first.message or isinstance(error, duckdb.ParserException):
        return False
    missing, missed = _NO_FUNCTION.search(failure.message), _NO_FUNCTION.search(first.message)
    if not (missed or isinstance(refused, duckdb.ParserException)):
        return False
    if missing is None or missed is None:
        return missing is None or missing.group(1) is None or _has_word(sql, missing.group(1))
    if missing.group(1) is None:
        return missed.group(1) is not None
    return missing.group(1) != missed.group(1) and _has_word(sql, missing.group(1))


def is_of_unknown_type(error: duckdb.Error) -> bool:
    """Return whether a function of ours can't choose by type: often a column does not exist."""
    return _OVERLOADS.search(str(error)) is not None


def missing_function(error: duckdb.Error) -> str | None:
    """Return the function that DuckDB lacks; None when something else is wrong."""
    found = _NO_FUNCTION.search(read_failure(error).message)
    return found.group(1) if found is not None else None


def _has_word(sql: str, word: str) -> bool:
    return re.search(rf"(?i)\b{re.escape(word)}\b", sql) is not None


def _located(failure: Failure, statement: Statement) -> Failure:
    """Return a failure in a translation with its position in the user's text."""
    if statement.kind == "CREATE" and _VIEW.match(statement.text):
        return replace(failure, start=None)  # it is in DuckDB's own text for the view
    if failure.start is None or failure.start < 0:
        return replace(failure, start=None)
    if statement.text == statement.meaning and not _is_in_macro(failure, statement):
        at = len(statement.text.encode()[: failure.start].decode(errors="ignore"))
        if statement.offsets is not None:
            at = statement.offsets.source(at)
        original = statement.original or ""
        start = statement.offset + len(original[:at].encode())
        inside = at <= len(original)
        return replace(failure, start=start if inside else None)
    translated = statement.text.encode()
    pointed = translated[failure.start : failure.start + failure.length].decode(errors="ignore")
    original = statement.original or ""
    for wanted in (failure.name, pointed):
        at = original.lower().find(wanted.lower()) if wanted else -1
        if wanted and at >= 0:
            start = statement.offset + len(original[:at].encode())
            return replace(failure, start=start, length=len(wanted.encode()))
    return replace(failure, start=None)


def _hint(message: str, sql: str) -> str:
    """Return what may have been meant, for mistakes that are made often."""
    column = _NO_COLUMN.search(message)
    if column is not None and re.search(rf'[=<>(,]\s*"{re.escape(column.group(1))}"', sql):
        text = literal(column.group(1))
        return f"\n\nDouble quotes are for names; a text is in single quotes: {text}"
    if _NO_TEMPORARY_TABLE.search(message):
        return "\n\nA temporary table exists only in the run of SQL that creates it"
    if parameter := _NO_PARAMETER.search(message):
        name = parameter.group(1)
        return (
            f"\n\n:{name} stands for the value of a variable, and there is none of that name; in "
            f"the SQL of a script, a parameter is written {{{{{name}}}}}"
        )
    if "date/time field value out of range" in message and _TO_DATE.search(sql):
        return "\n\nOn Redshift, TO_DATE(…, …, FALSE) lets such a day run over into the next month"
    if _NO_COLLATION.search(message):
        return "\n\nTo compare texts whatever their case, compare LOWER(…) of both"
    if 'syntax error at or near ":"' in message:
        return "\n\nA :name stands for a value; the name of a table can't be given so"
    return ""


def _as_written(found: re.Match[str], sql: str) -> str:
    """Return the words about names without a value, each as the user's SQL has it."""
    start, _, listed = found.group().partition(": ")
    # Before a cast, :n is read as the colon and a function of ours.
    own = next(iter(_PARAMETER.findall(sql)), CATALOG)
    names = dict.fromkeys(own if name == CATALOG else name for name in listed.split(", "))
    return f"{start}: {', '.join(names)}"


def _is_in_macro(failure: Failure, statement: Statement) -> bool:
    """Return whether a position is in the text of a macro, and none in the statement."""
    if f"{CATALOG}." not in statement.text or failure.kind == "Parser Error":
        return False
    start = failure.start or 0
    text = statement.text.encode()
    before, first = text[max(0, start - 1) : start], text[start : start + 1]
    in_word = (before + first).replace(b"_", b"a").isalnum() and len(before + first) == 2
    return bool(start + failure.length > len(text) or in_word or not first.strip())


def statement_error(
    error: duckdb.Error,
    statement: Statement,
    hidden: Iterable[str],
    *,
    shift: int = 0,
    note: str = "",
) -> WarehouseError:
    """Return the error of a user's statement, with its position in the whole script.

    Parameters
    ----------
    error
        DuckDB's.
    statement
        The one that failed.
    hidden
        Paths that must not be shown.
    shift
        The number of bytes before the statement's text in what DuckDB ran.
    note
        Replaces DuckDB's message.
    """
    failure = read_failure(error)
    if note:
        failure = replace(failure, kind="", message=note)
    if is_conflict(error):
        failure = replace(
            failure,
            message=f"{failure.message} Another run changed the same rows or table at the "
            "same time. Run it again.",
        )
    if failure.start is not None:
        failure = replace(failure, start=failure.start - shift)
    if statement.original is not None:
        failure = _located(failure, statement)
    elif failure.start is not None:
        inside = 0 <= failure.start <= len(statement.text.encode())
        start = statement.offset + failure.start if inside else None
        failure = replace(failure, start=start)
    is_plain = statement.dialect != "duckdb"
    failure = _placed(failure, statement)
    if is_plain and failure.start is not None:
        place = failure.start, failure.length
        message, length = places.near_written(failure.message, statement.script, *place)
        message, start, length = places.relation_named(
            message, statement.script, failure.start, length, statement.kind
        )
        failure = replace(failure, message=message, start=start, length=length)
    return warehouse_error(failure, statement.script, hidden, plain=is_plain)


def _placed(failure: Failure, statement: Statement) -> Failure:
    """Return a failure with the place of what it names, where DuckDB has none."""
    text = statement.original or statement.text
    known = places.place_of_text(failure.message, text) if "Conversion" in failure.kind else None
    if failure.start is not None and known is None:
        return failure
    told = _NO_PARAMETER.sub(lambda found: _as_written(found, text), failure.message)
    at, length = known or places.place_of(told, text)
    start = statement.offset + len(text[:at].encode())
    return replace(failure, start=start, length=max(1, length))


def located_error(error: WarehouseError, statement: Statement) -> WarehouseError:
    """Return an error of ours in a statement, with the place of what it names."""
    failure = _placed(Failure("", str(error)), statement)
    return warehouse_error(failure, statement.script)


def position_error(error: WarehouseError, script: str, byte_offset: int) -> WarehouseError:
    """Return an error of ours with its position in the user's script."""
    return warehouse_error(Failure("", str(error), byte_offset), script)


def line_and_column(sql: str, byte_offset: int) -> tuple[int, int]:
    r"""Return the line and the column of a byte offset, both from 1.

    Examples
    --------
    >>> line_and_column("SELECT 'é',\n nope", 14)
    (2, 2)
    """
    before = sql.encode()[:byte_offset].decode(errors="ignore")
    return before.count("\n") + 1, len(before) - (before.rfind("\n") + 1) + 1


def warehouse_error(
    failure: Failure, sql: str | None, hidden: Iterable[str] = (), *, plain: bool = False
) -> WarehouseError:
    """Return the error that users see.

    Parameters
    ----------
    failure
        DuckDB's message, with its position in ``sql``.
    sql
        The user's whole text; None when the statement was not the user's.
    hidden
        Paths of this machine that must not be shown.
    plain
        Whether the message is in PostgreSQL's words.
    """
    message = f"{failure.kind}: {failure.message}" if failure.kind else failure.message
    if long := _TOO_LONG.search(message):
        size = f"char({long['fixed']})" if long["fixed"] else f"varchar({long['length']})"
        message = f"value too long for the type of {long['column']}, {size}"
    message = _NO_PARAMETER.sub(lambda found: _as_written(found, sql or ""), message)
    message += _hint(message, sql or "")
    if own := _OWN_FAILURE.search(message):
        message = own.group(1) or own.group(2)
    message = _OVERLOADS.sub("the type of an argument is not known: cast it, as in x::int", message)
    message = message.replace(f"{CATALOG}.", "")
    if _BY_ZERO.search(message):
        message = "division by zero"
    system = _SYSTEM_TABLE.search(message)
    if system:
        message = message.split("\nDid you mean")[0] + _NO_SYSTEM_TABLE
    if "disabled by configuration" in message or "disabled through configuration" in message:
        message += _FILES
    if "Cannot change configuration option" in message:
        message += ". It holds for the whole database, which other runs use as well."
    if "aborted (please ROLLBACK)" in message:
        message += ". An earlier statement failed inside BEGIN; nothing of it was kept."
    if says_full(message):
        message += _NO_SPACE
    if plain:
        message = in_plain_words(message)
    line = column = None
    bytes_in_sql = len(sql.encode()) if sql is not None else 0
    if sql is not None and failure.start is not None and failure.start <= bytes_in_sql:
        line, column = line_and_column(sql, failure.start)
        message += "\n\n" + _snippet(sql, line, column, failure)
    for path in hidden:
        message = message.replace(path, "…")
    return WarehouseError(message, line, column)


def _snippet(sql: str, line: int, column: int, failure: Failure) -> str:
    """Return the line of the position, with carets under it."""
    text = sql.split("\n")[line - 1].rstrip("\r")
    assert failure.start is not None  # noqa: S101 - the caller has checked
    marked = sql.encode()[failure.start : failure.start + failure.length].decode(errors="ignore")
    width = max(1, len(marked.split("\n")[0]))
    first = 0
    if len(text) > _SNIPPET and column > _SNIPPET // 2:
        first = min(column - 1 - _SNIPPET // 2, len(text) - _SNIPPET)
    shown = text[first : first + _SNIPPET]
    lead = "..." if first else ""
    tail = "..." if first + _SNIPPET < len(text) else ""
    prefix = f"LINE {line}: {lead}"
    indent = len(prefix) + column - 1 - first
    carets = "^" * min(width, max(1, len(shown) - (column - 1 - first)))
    return f"{prefix}{shown}{tail}\n{' ' * indent}{carets}"
