"""The client's objects as HTML: responses, lists, pages, resources, the client itself.

The client passes plain data; secrets in it are masked here.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from itertools import islice
from typing import Any, Final

from civis_nb._wire_text import masked_url
from civis_nb.display.columns import Column
from civis_nb.display.grid import CAPTION_STYLE, TABLE_STYLE, TEXT_CELL_STYLE, grid_html
from civis_nb.display.html import DIM, Html, el, join, scroll_box
from civis_nb.display.response_text import redacted
from civis_nb.display.text import counted, cut, one_line
from civis_nb.display.values import looks_numeric

__all__ = [
    "client_html",
    "item_columns",
    "list_response_html",
    "paginated_html",
    "resource_html",
    "resource_text",
    "response_html",
]

_ITEMS: Final = 20
_FIELDS: Final = 60
_DEPTH: Final = 3
_VALUE_CHARS: Final = 200
_NESTED_CHARS: Final = 60
_METHODS: Final = 40


def response_html(data: Mapping[str, Any]) -> str:
    """Return the HTML of a response's JSON object: a table of its fields, nested ones folded."""
    fields: dict[str, Any] = redacted("", data)
    table = _fields(fields, f"Response: {counted(len(fields), 'field')}", 0)
    return str(scroll_box(table, "Response"))


def list_response_html(items: Iterable[Any], total: int) -> str:
    """Return the HTML of a list of JSON values: a table with a row for each of the first items.

    Parameters
    ----------
    items
        The items; no more are read than are shown.
    total
        How many items there are.
    """
    caption = f"ListResponse: {min(total, _ITEMS):,} of {counted(total, 'item')}"
    return str(_items(list(islice(items, _ITEMS)), caption))


def paginated_html(title: str, fetched: Iterable[Any]) -> str:
    """Return the HTML of a paginated list.

    Parameters
    ----------
    title
        What list it is, and how much of it was fetched.
    fetched
        The items that were fetched already, as JSON; no more are read than are shown.
    """
    shown = list(islice(fetched, _ITEMS))
    if not shown:
        return str(el("div", title, el("br"), el("span", "Iterate to fetch.", style=DIM)))
    return str(_items(shown, f"{title}; the first {len(shown)} shown"))


def client_html(base_url: str, resources: Iterable[str], user: str | None = None) -> str:
    """Return the HTML of a client: the API's address, its resources, and the user where known."""
    names = sorted(resources)
    return str(
        el(
            "div",
            el("strong", "APIClient"),
            f" of {masked_url(base_url)}" + (f" as {user}" if user else ""),
            el(
                "details",
                el("summary", counted(len(names), "resource"), style=DIM),
                el("div", ", ".join(names)),
            ),
        )
    )


def resource_text(name: str, summaries: Mapping[str, str]) -> str:
    r"""Return the methods of a resource with their summaries as lines of text.

    Examples
    --------
    >>> resource_text("files", {"get": "Get a file", "delete": "Delete it"})
    '\n  get     Get a file\n  delete  Delete it'
    """
    names = list(summaries)
    shown = names[:_METHODS]
    width = max(map(len, shown), default=0)
    lines = [f"  {one:<{width}}  {one_line(summaries[one])}".rstrip() for one in shown]
    if len(names) > len(shown):
        lines.append(f"  … {len(names) - len(shown)} more: dir(client.{name})")
    return "".join(f"\n{line}" for line in lines)


def resource_html(name: str, summaries: Mapping[str, str]) -> str:
    """Return the HTML of a resource of the API from its methods' names and summaries."""
    names = list(summaries)
    columns = [
        Column("method", None, False, tuple(names)),
        Column("what it does", None, False, tuple(summaries[one] for one in names)),
    ]
    caption = f"client.{name}: {counted(len(names), 'method')}"
    if not names:
        return str(el("div", caption))
    table = grid_html(columns, caption, caption)
    return str(el("details", el("summary", caption), table)) if len(names) > _ITEMS else str(table)


def _items(items: Sequence[Any], caption: str) -> Html:
    columns = item_columns(items)
    return grid_html(columns, caption, caption) if columns else el("div", caption)


def item_columns(items: Sequence[Any]) -> list[Column]:
    """Return JSON values as the columns of a table, their fields; none where there is nothing.

    Examples
    --------
    >>> [(one.name, one.cells) for one in item_columns([{"id": 1, "tags": []}, {"id": 2}])]
    [('id', ('1', '2'))]
    """
    rows = [redacted("", item) for item in items]
    if not rows:
        return []
    if not all(isinstance(row, dict) for row in rows):
        return [Column("value", None, False, tuple(_short(row) for row in rows))]
    names = dict.fromkeys(name for row in rows for name in row)
    columns = []
    for name in names:
        cells = tuple(_short(row.get(name)) for row in rows)
        # A field that no item fills shows nothing and takes space.
        if any(cell is not None for cell in cells):
            columns.append(Column(name, None, looks_numeric(cells), cells))
    return columns


def _short(value: Any) -> str | None:
    """Return a value as the text of a cell; None for what is empty."""
    if value is None or value in ([], {}):
        return None
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, dict) and isinstance(value.get("name"), str):
        return cut(value["name"], _NESTED_CHARS)
    if isinstance(value, (dict, list)):
        return cut(_json(value), _NESTED_CHARS)
    return str(value)


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, default=repr)


def _fields(data: dict[str, Any], caption: str | None, depth: int) -> Html:
    """Return a table of fields; of many only the first ones."""
    rows = [_field(str(name), value, depth) for name, value in list(data.items())[:_FIELDS]]
    if len(data) > _FIELDS:
        rows.append(el("tr", el("td", f"… {len(data) - _FIELDS} more", colspan=2)))
    return el(
        "table",
        el("caption", caption, style=CAPTION_STYLE) if caption else None,
        el("tbody", *rows),
        style=TABLE_STYLE,
    )


def _field(name: str, value: Any, depth: int) -> Html:
    """Return the row of a field: its name, and its value."""
    return el(
        "tr",
        el(
            "th",
            one_line(name),
            scope="row",
            align="left",
            style=f"{TEXT_CELL_STYLE};white-space:nowrap",
        ),
        el("td", _value(value, depth), align="left", style=TEXT_CELL_STYLE),
    )


def _value(value: Any, depth: int) -> Html:
    """Return a value as HTML: what is nested is folded, what is too deep or too long is cut."""
    if value is None:
        return el("em", "None", style=DIM)
    if isinstance(value, dict) and value:
        if depth >= _DEPTH:
            return join(cut(_json(value), _VALUE_CHARS))
        return _folded(counted(len(value), "field"), [_fields(value, None, depth + 1)])
    if isinstance(value, list) and any(isinstance(item, dict) for item in value):
        if depth >= _DEPTH:
            return join(cut(_json(value), _VALUE_CHARS))
        shown = [_value(item, depth + 1) for item in value[:_ITEMS]]
        return _folded(counted(len(value), "item"), shown)
    if isinstance(value, (dict, list)):
        return join(cut(one_line(_json(value)), _VALUE_CHARS))
    return join(cut(one_line(str(value)), _VALUE_CHARS))


def _folded(summary: str, content: Iterable[Html]) -> Html:
    return el("details", el("summary", summary, style=DIM), *content)
