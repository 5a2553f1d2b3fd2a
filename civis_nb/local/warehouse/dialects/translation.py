"""One statement translated."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from typing import get_args

from civis_nb.local.warehouse.dialects.calls.meanings import Meanings
from civis_nb.local.warehouse.dialects.catalog.shows import show
from civis_nb.local.warehouse.dialects.clauses import Parser
from civis_nb.local.warehouse.dialects.foreign.calls import ForeignCall
from civis_nb.local.warehouse.dialects.foreign.forms import refuse_foreign
from civis_nb.local.warehouse.dialects.parts import SortedBy
from civis_nb.local.warehouse.dialects.rules import (
    CATALOG,
    PLAINLY,
    Dialect,
    Reading,
    UnsupportedSqlError,
)
from civis_nb.local.warehouse.dialects.statements.alias_uses import (
    AliasName,
    AliasUse,
    alias_names,
    alias_uses,
)
from civis_nb.local.warehouse.dialects.statements.definitions import define
from civis_nb.local.warehouse.dialects.statements.merges import merge
from civis_nb.local.warehouse.dialects.statements.order_items import check_order
from civis_nb.local.warehouse.dialects.statements.set_operations import Combined, set_operations
from civis_nb.local.warehouse.dialects.statements.siblings import check_siblings
from civis_nb.local.warehouse.dialects.statements.super_paths import check_super_paths
from civis_nb.local.warehouse.dialects.statements.values import name_columns
from civis_nb.local.warehouse.dialects.tokens import NAME, NUMBER, WORD, OffsetMap, Tokens
from civis_nb.local.warehouse.dialects.types.assigned import convert_text

__all__ = ["DIALECTS", "Translated", "translate"]

#: The dialects that a database can have; the first is the default.
DIALECTS: tuple[Dialect, ...] = get_args(Dialect)
#: Statements that hold no expressions of users, or whose own rules come later.
_UNTOUCHED = frozenset(
    """begin start commit rollback end abort set reset show grant revoke vacuum analyze drop
    truncate comment pivot unpivot pragma call use attach detach load install checkpoint
    import describe lock cancel""".split()  # noqa: SIM905 - shorter to read
)


#: A number that may need a second look: with letters behind it, or of many digits.
_ODD_NUMBER = re.compile(r"""(?<![\w$"'.])\d[\d.]*[A-Za-z_]|\d{19}""")
_HEXADECIMAL = ("x'", "X'")
_FRAME_NUMBER = re.compile(r"[+]?\d+(?:\.\d+)?")
_LONGEST_INTEGER = 2**63 - 1
_LONGEST_DECIMAL = 38
#: Longer statements, mostly rows that are inserted, are not kept.
_REMEMBERED_CHARACTERS = 20_000


@dataclass(frozen=True)
class Translated:
    """DuckDB's text for a statement.

    Attributes
    ----------
    sql
        The text.
    offsets
        Leads back to the user's text; None where that is the same.
    prerequisites
        Statements that must run before it, in the same transaction.
    alias_uses
        Names in WHERE and HAVING that must be columns.
    alias_names
        Names of aliases that may be those of columns; told where the statement is read by type.
    set_operations
        Whose sides must have types that can be matched.
    foreign_calls
        Of functions that the dialect does not have, but maybe the user.
    sorted_by
        The names that the rows are sorted by, with their places in the user's text.
    """

    sql: str
    offsets: OffsetMap | None = None
    prerequisites: tuple[str, ...] = ()
    alias_uses: tuple[AliasUse, ...] = ()
    alias_names: tuple[AliasName, ...] = ()
    set_operations: tuple[Combined, ...] = ()
    foreign_calls: tuple[ForeignCall, ...] = ()
    sorted_by: tuple[SortedBy, ...] = ()


def translate(sql: str, dialect: Dialect, reading: Reading = PLAINLY) -> Translated:
    """Return what DuckDB must be given for one statement of a dialect.

    Parameters
    ----------
    sql
        One statement, with or without its semicolon.
    dialect
        ``redshift``, ``postgres`` or ``duckdb``; statements of the last stay as they are.
    reading
        How it is read, for another try when DuckDB has refused the statement.

    Raises
    ------
    UnsupportedSqlError
        If the statement needs something that the local database can't do; the message names it.

    Examples
    --------
    >>> translate("SELECT count(*) FROM t", "redshift").sql
    'select count(*) AS "count" from t'
    >>> translate("SELECT a / 2 AS half FROM t", "postgres").sql
    'select civis_sql.div(a , 2, civis_sql.div_kind(a, 2)) as half from t'
    >>> translate("SELECT a / 2 FROM t", "duckdb").sql
    'SELECT a / 2 FROM t'
    """
    work = translate_anew if len(sql) > _REMEMBERED_CHARACTERS else _remembered
    try:
        return work(sql, dialect, reading)
    except RecursionError:
        raise UnsupportedSqlError(
            "the statement is nested more deeply than the local platform follows (about a hundred "
            "parentheses, calls or CASE in each other): compute parts of it in WITH queries",
            0,
        ) from None


def translate_anew(sql: str, dialect: Dialect, reading: Reading = PLAINLY) -> Translated:
    """Return what `translate` returns, also of a statement that was translated before."""
    if dialect == "duckdb":
        return Translated(sql)
    tokens = Tokens(sql, reading.with_aliases, reading.columns)
    if not tokens.count:
        return Translated(sql)
    if "pg_catalog" in tokens.words:
        tokens = Tokens(_without_catalog(tokens), reading.with_aliases, reading.columns)
    if CATALOG in sql.lower():
        _refuse_own_catalog(tokens)
    if tokens.words[0] == "show" and (shown := show(tokens, dialect)) is not None:
        return Translated(shown)
    refuse_foreign(tokens, dialect)
    check_siblings(tokens)
    check_order(tokens)
    if dialect == "redshift":
        check_super_paths(tokens)
    _fold_names(tokens, is_postgres=dialect == "postgres")
    if _ODD_NUMBER.search(sql):
        _check_numbers(tokens, dialect)
    if "values" in tokens.words:
        name_columns(tokens)
    if "preceding" in tokens.words or "following" in tokens.words:
        _type_frames(tokens)
    for offset, native in reading.texts:
        convert_text(tokens, tokens.starts.index(offset), native)
    rules = Meanings(tokens, dialect, reading)
    parser = Parser(tokens, rules)
    if tokens.words[0] == "merge":
        before = merge(tokens, parser, dialect)
        return Translated(*tokens.result(), before, foreign_calls=tuple(rules.foreign_calls))
    start = define(tokens, parser, dialect)
    sorted_by: tuple[SortedBy, ...] = ()
    if tokens.words[0] not in _UNTOUCHED:
        sorted_by = parser.region(start, tokens.count).sorted_by
    return Translated(
        *tokens.result(),
        alias_uses=alias_uses(tokens, dialect),
        alias_names=alias_names(tokens) if reading.typed and not reading.with_aliases else (),
        set_operations=set_operations(tokens),
        foreign_calls=tuple(rules.foreign_calls),
        sorted_by=sorted_by,
    )


_remembered = lru_cache(maxsize=512)(translate_anew)


def _without_catalog(tokens: Tokens) -> str:
    """Return a statement in which blanks stand for ``pg_catalog.`` before calls of functions."""
    text = tokens.sql
    for at in range(tokens.count):
        if tokens.words[at : at + 2] == ["pg_catalog", "."] and tokens.words[at + 3] == "(":
            first, behind = tokens.starts[at], tokens.end_of(at + 1)
            text = text[:first] + " " * (behind - first) + text[behind:]
    return text


def _refuse_own_catalog(tokens: Tokens) -> None:
    for at in range(tokens.count):
        if tokens.kinds[at] in (WORD, NAME) and tokens.texts[at].strip('"').lower() == CATALOG:
            raise UnsupportedSqlError(
                f"{CATALOG} is the name of the platform's own functions", tokens.starts[at]
            )


def _check_numbers(tokens: Tokens, dialect: Dialect) -> None:
    """Refuse letters behind digits, as in ``0x1F``; make integers decimals that are too long.

    In PostgreSQL numbers with an exponent are decimals as well.
    """
    for at in range(tokens.count):
        text = tokens.texts[at]
        if tokens.kinds[at] != NUMBER:
            continue
        is_followed = tokens.kinds[at + 1] in (WORD, NAME)
        if "_" in text or (is_followed and tokens.starts[at + 1] == tokens.end_of(at)):
            shown = text + (tokens.texts[at + 1] if is_followed else "")
            raise UnsupportedSqlError(
                f'trailing junk after numeric literal at or near "{shown}"', tokens.starts[at]
            )
        if dialect == "postgres" and "e" in text.lower():
            number = Decimal(text)
            digits, exponent = number.as_tuple().digits, int(number.as_tuple().exponent)
            if len(digits) + abs(exponent) <= _LONGEST_DECIMAL:
                scale = max(0, -exponent)
                size = max(len(digits) + max(0, exponent), scale + 1)
                tokens.replace(at, f"CAST({number:f} AS DECIMAL({size}, {scale}))")
        if text.isdecimal() and int(text) > _LONGEST_INTEGER:
            if len(text) > _LONGEST_DECIMAL:
                raise UnsupportedSqlError(
                    f"numbers have at most {_LONGEST_DECIMAL} digits here", tokens.starts[at]
                )
            if int(text) != _LONGEST_INTEGER + 1 or tokens.words[at - 1] != "-":
                tokens.replace(at, f"CAST({text} AS DECIMAL(38, 0))")


def _bits(tokens: Tokens, at: int) -> str:
    """Return the bits of a text such as ``x'1F'``, which is none of bytes in PostgreSQL."""
    digits = tokens.texts[at][2:-1]
    for digit in digits:
        if digit not in "0123456789abcdefABCDEF":
            raise UnsupportedSqlError(
                f'"{digit}" is not a valid hexadecimal digit', tokens.starts[at]
            )
    return "".join(f"{int(digit, 16):04b}" for digit in digits)


def _type_frames(tokens: Tokens) -> None:
    """Write texts that tell how far a frame goes, as in ``'1 day' PRECEDING``, as intervals."""
    for at in range(1, tokens.count):
        text = tokens.texts[at]
        if tokens.words[at + 1] not in ("preceding", "following") or text[0] != "'":
            continue
        if tokens.words[at - 1] in ("between", "and", "range", "rows", "groups"):
            number = text[1:-1].strip()
            is_number = _FRAME_NUMBER.fullmatch(number) is not None
            tokens.replace(at, number if is_number else f"INTERVAL {text}")


def _fold_names(tokens: Tokens, *, is_postgres: bool) -> None:
    """Write bare words in lower case: names are, unless they are quoted."""
    for at, (text, word) in enumerate(zip(tokens.texts, tokens.words, strict=True)):
        if text[:2] in _HEXADECIMAL and is_postgres:
            tokens.replace(at, f"CAST('{_bits(tokens, at)}' AS BIT)")
        if word == "lambda" and tokens.kinds[at] == WORD:
            tokens.replace(at, '"lambda"')  # a reserved word of DuckDB alone
        elif text != word and tokens.kinds[at] == WORD:
            tokens.replace(at, word)
