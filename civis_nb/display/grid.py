"""Columns of text drawn as a table: for a terminal, and as HTML."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from civis_nb.display.columns import Column
from civis_nb.display.html import DIM, FAINT_LINE, Html, el, join, scroll_box
from civis_nb.display.text import counted, cut, one_line, text_table, width

__all__ = ["CAPTION_STYLE", "CELL_STYLE", "TABLE_STYLE", "grid_html", "grid_text"]

_CELL_CHARS_HTML = 80
_CELL_CHARS_TEXT = 40
_TEXT_COLUMNS = 110
_MOST_HTML_COLUMNS = 60

TABLE_STYLE: Final = (
    "border-collapse:collapse;margin:0;table-layout:auto;"
    "font-size:13px;font-variant-numeric:tabular-nums"
)
CAPTION_STYLE: Final = f"caption-side:top;text-align:left;padding:2px 0;white-space:nowrap;{DIM}"
CELL_STYLE: Final = f"padding:3px 10px;border:0;border-bottom:{FAINT_LINE}"
_HEADER_STYLE = (
    "vertical-align:bottom;padding:3px 10px;white-space:nowrap;border:0;"
    "border-bottom:2px solid color-mix(in srgb, currentColor 40%, transparent)"
)


def grid_text(columns: Sequence[Column]) -> str:
    """Return columns as text, at most 110 characters wide; what is left out is counted."""
    shown: list[tuple[Column, str, str, list[str]]] = []
    used = 0
    for column in columns:
        name = cut(one_line(column.name), _CELL_CHARS_TEXT)
        kind = cut(one_line(column.type or ""), _CELL_CHARS_TEXT)
        cells = [
            "NULL" if cell is None else cut(one_line(cell), _CELL_CHARS_TEXT)
            for cell in column.cells
        ]
        used += max(width(text) for text in (name, kind, *cells)) + 2
        if used > _TEXT_COLUMNS and shown:
            break
        shown.append((column, name, kind, cells))
    header = [[name for _, name, _, _ in shown]]
    if any(column.type for column in columns):
        header.append([kind for _, _, kind, _ in shown])
    rows = [list(row) for row in zip(*(cells for _, _, _, cells in shown), strict=True)]
    table = text_table(header, rows, [column.right for column, _, _, _ in shown])
    more = len(columns) - len(shown)
    return table + (f"\n… {counted(more, 'more column')}" if more else "")


def grid_html(columns: Sequence[Column], caption: str, label: str) -> Html:
    """Return columns as an HTML table that scrolls sideways when it must.

    Parameters
    ----------
    columns
        The columns, at least one.
    caption
        What the table is.
    label
        What a screen reader calls the scrolling box.
    """
    shown = columns[:_MOST_HTML_COLUMNS]
    more = len(columns) - len(shown)
    caption += f"; {counted(more, 'more column')} not shown" if more else ""
    head = el("tr", *(_header(column) for column in shown))
    body = [
        el("tr", *(_cell(column, index) for column in shown))
        for index in range(len(shown[0].cells))
    ]
    table = el(
        "table",
        el("caption", caption, style=CAPTION_STYLE),
        el("thead", head),
        el("tbody", *body),
        style=TABLE_STYLE,
    )
    return scroll_box(table, label)


def _side(column: Column) -> str:
    return "right" if column.right else "left"


def _header(column: Column) -> Html:
    side = _side(column)
    kind = (
        el("small", one_line(column.type), style=f"font-weight:normal;{DIM}")
        if column.type
        else None
    )
    return el(
        "th",
        cut(one_line(column.name), _CELL_CHARS_HTML),
        el("br") if kind else None,
        kind,
        scope="col",
        align=side,
        style=f"text-align:{side};{_HEADER_STYLE}",
    )


def _cell(column: Column, index: int) -> Html:
    value = column.cells[index]
    side = _side(column)
    if value is None:
        content = el("em", "NULL", style=DIM)
    else:
        text = cut(one_line(value), _CELL_CHARS_HTML)
        # HTML folds spaces, and spaces may be what distinguishes two values.
        spaced = text != text.strip() or "  " in text
        content = el("span", text, style="white-space:pre") if spaced else join(text)
    return el(
        "td",
        content,
        align=side,
        # Where styles are taken out, on GitHub for one, a long cell would make a tall row.
        nowrap="",
        style=f"text-align:{side};white-space:nowrap;{CELL_STYLE}",
    )
