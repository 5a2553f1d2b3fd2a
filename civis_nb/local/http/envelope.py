"""What surrounds a reply: pages of lists and their headers, comma lists."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from fastapi import Query, Response
from sqlalchemy import ColumnElement, Connection, FromClause, Join, Select, func, select
from sqlalchemy.sql import visitors

from civis_nb.local.errors import Invalid

__all__ = [
    "Page",
    "Paging",
    "check_characters",
    "check_depth",
    "comma_list",
    "paginated",
    "read_json",
    "sliced",
]

#: Of JSON: those that write replies follow 255 levels, of which a record takes some.
_MAX_DEPTH = 100
_SHOWN_DIGITS = 20
_NESTING = re.compile(rb'"(?:[^"\\]|\\.)*"|[\[\]{}]', re.DOTALL)


def check_depth(json_text: bytes) -> None:
    """Check that JSON is not nested more deeply than what reads and writes it can follow.

    Raises
    ------
    Invalid
        When it is.
    """
    if json_text.count(b"[") + json_text.count(b"{") <= _MAX_DEPTH:
        return
    depth = 0
    for token in _NESTING.finditer(json_text):
        start = json_text[token.start()]
        if start in b"[{":
            depth += 1
            if depth > _MAX_DEPTH:
                raise Invalid(
                    f"The JSON is nested too deeply: it has more than {_MAX_DEPTH} levels of "
                    "arrays and objects."
                )
        elif start in b"]}":
            depth -= 1


def check_characters(value: Any) -> None:
    """Raise when JSON holds an unpaired surrogate, which no UTF-8 can encode.

    Raises
    ------
    Invalid
        When there is one.
    """
    try:
        json.dumps(value, ensure_ascii=False).encode()
    except UnicodeEncodeError as error:
        surrogate = f"U+{ord(error.object[error.start]):04X}"
        raise Invalid(
            f"The body holds an unpaired surrogate ({surrogate}); send whole characters."
        ) from None


def read_json(text: str | bytes) -> Any:
    """Return what JSON says, if every reader of JSON can understand it.

    Python alone knows NaN and Infinity, and takes 1e999 for the latter, which a reply has no way to
    tell.

    Raises
    ------
    ValueError
        When it is no JSON.
    Invalid
        When a number in it is none of JSON, or too large for any reader.
    """
    return json.loads(text, parse_constant=_refuse_constant, parse_float=_finite)


def _refuse_constant(word: str) -> Any:
    raise Invalid(f"The JSON holds {word}, which is no number of JSON.")


def _finite(text: str) -> float:
    number = float(text)
    if math.isinf(number):
        shown = text if len(text) <= _SHOWN_DIGITS else text[:_SHOWN_DIGITS] + "…"
        raise Invalid(
            f"The JSON holds {shown}, which is more than 1.8e308, the largest number that is read "
            "as one; send it as text."
        )
    return number


_MAX_OFFSET = 2**62

_Item = TypeVar("_Item")


@dataclass(frozen=True)
class Page:
    """Which part of a list a request wants, and in which order.

    Attributes
    ----------
    limit, number
        How many items are on a page, and which page it is, from 1.
    order
        What the list is ordered by: a column, a tuple of columns, or the key of a sort.
    descending
        Whether the last ones come first.
    """

    limit: int
    number: int
    order: Any
    descending: bool


@dataclass(frozen=True)
class Paging:
    """What a list offers: the specification states it, and requests are held to it.

    Attributes
    ----------
    orders
        What the list can be ordered by, under the names of the API; the first one is the default.
    default, maximum
        How many items a page has, and has at most.
    default_dir
        ``asc`` or ``desc``, where a request names none.
    """

    orders: Mapping[str, Any]
    default: int
    maximum: int
    default_dir: str = "desc"

    def page(
        self, limit: int | None, page_num: int | None, order: str | None, order_dir: str | None
    ) -> Page:
        """Return the page that a request asks for; a limit above the maximum is cut to it.

        Raises
        ------
        Invalid
            When a number is below 1, the direction is neither asc nor desc, or the list has no
            such order.
        """
        size = self.default if limit is None else limit
        number = 1 if page_num is None else page_num
        direction = (order_dir or self.default_dir).lower()
        if size < 1 or number < 1:
            raise Invalid("limit and page_num must be at least 1.")
        if direction not in ("asc", "desc"):
            raise Invalid(f"order_dir must be asc or desc, not {order_dir!r}.")
        name = order or next(iter(self.orders))
        if name not in self.orders:
            raise Invalid(f"order can't be {name!r}; it is one of {', '.join(self.orders)}.")
        return Page(min(size, self.maximum), number, self.orders[name], direction == "desc")


def _set_page_headers(response: Response, page: Page, total: int) -> None:
    """Write the four pagination headers (API protocol, 1.5)."""
    response.headers["X-Pagination-Per-Page"] = str(page.limit)
    response.headers["X-Pagination-Current-Page"] = str(page.number)
    response.headers["X-Pagination-Total-Pages"] = str(-(-total // page.limit))
    response.headers["X-Pagination-Total-Entries"] = str(total)
    response.headers["Access-Control-Expose-Headers"] = (
        "X-Pagination-Per-Page, X-Pagination-Current-Page, "
        "X-Pagination-Total-Pages, X-Pagination-Total-Entries"
    )


def paginated(
    connection: Connection, query: Select[Any], page: Page, response: Response
) -> list[Any]:
    """Return one page of rows and write the pagination headers.

    Parameters
    ----------
    connection, query
        Where and what to read; the query has neither order nor limit.
    page
        The part to be returned.
    response
        Receives the headers.
    """
    columns = page.order if isinstance(page.order, tuple) else (page.order,)
    total = connection.scalar(_counted(query))
    _set_page_headers(response, page, int(total or 0))
    ordered = query.order_by(*(c.desc() if page.descending else c.asc() for c in columns))
    # Of pages that no list has, an offset that SQLite can't count to is no other than a large one.
    offset = min((page.number - 1) * page.limit, _MAX_OFFSET)
    return list(connection.execute(ordered.limit(page.limit).offset(offset)))


def _counted(query: Select[Any]) -> Select[Any]:
    """Return the query that counts the rows of another; unused outer joins are left out.

    Such a join adds columns to a list, as those of a job's last run, and never rows: joining
    all of them for a count would take most of the time.
    """
    source, where = query.get_final_froms()[0], query.whereclause
    if isinstance(source, Join) and source.isouter and not _uses(where, source.right):
        only = select(func.count()).select_from(source.left)
        return only if where is None else only.where(where)
    return select(func.count()).select_from(query.order_by(None).subquery())


def _uses(where: ColumnElement[Any] | None, table: FromClause) -> bool:
    parts = () if where is None else visitors.iterate(where)
    return any(getattr(part, "table", None) is table for part in parts)


def sliced(items: list[_Item], page: Page, response: Response) -> list[_Item]:
    """Return one page of a list in memory, as `paginated` does of a query."""
    _set_page_headers(response, page, len(items))
    ordered = sorted(items, key=page.order, reverse=page.descending)
    return ordered[(page.number - 1) * page.limit : page.number * page.limit]


def comma_pattern(words: Iterable[str]) -> str:
    """Return the pattern of a `comma_list` of some words, for the specification.

    Examples
    --------
    >>> comma_pattern(["sql", "r"])
    '^ *((sql|r) *(, *|$))*$'
    """
    return rf"^ *(({'|'.join(map(re.escape, words))}) *(, *|$))*$"


def comma_filter(description: str, words: Iterable[str]) -> Any:
    """Return the parameter of a filter by some words, for a route's signature."""
    return Query(description=description, json_schema_extra={"pattern": comma_pattern(words)})


def comma_list(values: list[str] | str | None) -> list[str]:
    """Read a filter that clients send as ``a,b``, ``a, b`` or repeated.

    Examples
    --------
    >>> comma_list(["running, failed", "queued"])
    ['running', 'failed', 'queued']
    """
    texts = [values] if isinstance(values, str) else (values or [])
    return [part.strip() for text in texts for part in text.split(",") if part.strip()]


def known_words(name: str, given: list[str] | str | None, known: Iterable[str]) -> list[str]:
    """Read the `comma_list` of a filter that takes certain words only.

    Raises
    ------
    Invalid
        When a word is none of them.
    """
    allowed, words = list(known), comma_list(given)
    for word in words:
        if word not in allowed:
            raise Invalid(f"{name} can't be {word!r}; it is one of {', '.join(allowed)}.")
    return words
