"""The client's objects as HTML: responses, lists, pages, resources, the client itself.

Only what is in memory is shown: no call, no page fetched, no secret.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Any, Final

from civis_nb._wire_text import masked_url
from civis_nb.client.text import redacted
from civis_nb.display.columns import Column
from civis_nb.display.grid import CAPTION_STYLE, CELL_STYLE, TABLE_STYLE, grid_html
from civis_nb.display.html import DIM, Html, el, join, scroll_box
from civis_nb.display.text import counted, cut, one_line
from civis_nb.display.values import looks_numeric

__all__ = ["client_html", "list_response_html", "paginated_html", "resource_html", "response_html"]

_ITEMS: Final = 20
_FIELDS: Final = 60
_DEPTH: Final = 3
_VALUE_CHARS: Final = 200
_NESTED_CHARS: Final = 60


def response_html(response: Any) -> str:
    """Return the HTML of a `Response`: a table of its fields, nested ones folded."""
    data = redacted("", response.json())
    table = _fields(data, f"Response: {counted(len(data), 'field')}", 0)
    return str(scroll_box(table, "Response"))


def list_response_html(responses: Any) -> str:
    """Return the HTML of a `ListResponse`: a table with a row for each of the first items."""
    shown = min(len(responses), _ITEMS)
    caption = f"ListResponse: {shown:,} of {counted(len(responses), 'item')}"
    return str(_items(responses[:_ITEMS], caption))


def paginated_html(pages: Any) -> str:
    """Return the HTML of a `PaginatedResponse` from the pages that were fetched already."""
    text = repr(pages).strip("<>")
    fetched = [item for page in pages._pages.kept for item in page]
    if not fetched:
        return str(el("div", text, el("br"), el("span", "Iterate to fetch.", style=DIM)))
    shown = fetched[:_ITEMS]
    return str(_items(shown, f"{text}; the first {len(shown)} shown"))


def client_html(client: Any) -> str:
    """Return the HTML of an `APIClient`: its address and its resources."""
    names = sorted(client.spec.resources)
    listed = ", ".join(names)
    return str(
        el(
            "div",
            el("strong", "APIClient"),
            f" of {masked_url(client.base_url)}",
            el(
                "details",
                el("summary", counted(len(names), "resource"), style=DIM),
                el("div", listed),
            ),
        )
    )


def resource_html(resource: Any) -> str:
    """Return the HTML of a resource of the client: its methods, and what each one does."""
    operations = resource._operations
    names = sorted(operations)
    columns = [
        Column("method", None, False, tuple(names)),
        Column(
            "what it does",
            None,
            False,
            tuple(str(getattr(operations[name], "summary", "") or "") for name in names),
        ),
    ]
    caption = f"client.{resource._name}: {counted(len(names), 'method')}"
    if not names:
        return str(el("div", caption))
    table = grid_html(columns, caption, caption)
    return str(el("details", el("summary", caption), table)) if len(names) > _ITEMS else str(table)


def _items(items: Sequence[Any], caption: str) -> Html:
    rows = [redacted("", item.json() if hasattr(item, "json_data") else item) for item in items]
    if not rows:
        return el("div", caption)
    if not all(isinstance(row, dict) for row in rows):
        cells = tuple(_short(row) for row in rows)
        return grid_html([Column("value", None, False, cells)], caption, caption)
    names = dict.fromkeys(name for row in rows for name in row)
    columns = []
    for name in names:
        cells = tuple(_short(row.get(name)) for row in rows)
        # A field that no item fills says nothing and takes room.
        if any(cell is not None for cell in cells):
            columns.append(Column(name, None, looks_numeric(cells), cells))
    return grid_html(columns, caption, caption) if columns else el("div", caption)


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
    style = f"text-align:left;vertical-align:top;{CELL_STYLE}"
    return el(
        "tr",
        el("th", one_line(name), scope="row", align="left", style=f"{style};white-space:nowrap"),
        el("td", _value(value, depth), align="left", style=style),
    )


def _value(value: Any, depth: int) -> Html:
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
