"""Columns of text drawn as a table: for a terminal, and as HTML."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Sequence
from dataclasses import replace
from typing import Final, Literal, TypeAlias

from civis_nb.display.columns import Column
from civis_nb.display.html import DIM, FAINT_LINE, Html, el, join, scroll_box
from civis_nb.display.text import counted, cut, cut_names, one_line, text_table, width

__all__ = [
    "CAPTION_STYLE", "CELL_STYLE", "TABLE_STYLE", "TEXT_CELL_STYLE", "grid_html", "grid_text",
]  # fmt: skip

_CELL_CHARS_HTML = 80
_CELL_CHARS_TEXT = 40
#: Of tables of words, such as the settings.
_WORDS_CHARS = 400
#: Longer texts are wrapped where a table may have cells of several lines.
_LINE_CHARS = 40
#: Of text that is kept, in notebooks and files; a terminal has a width of its own.
_TEXT_COLUMNS = 110
#: So many columns that are left out are named as well.
_NAMED_COLUMNS = 2
_MAX_HTML_COLUMNS = 60
_FEWEST_HTML_COLUMNS = 15
#: A cell takes about 200 bytes of HTML; ten tables of a notebook stay below a megabyte.
_MAX_HTML_CELLS = 400
_MAX_HTML_ROWS = 200

Style: TypeAlias = Literal["data", "words", "compact"]

TABLE_STYLE: Final = (
    "border-collapse:collapse;margin:0;table-layout:auto;"
    "font-size:13px;font-variant-numeric:tabular-nums"
)
CAPTION_STYLE: Final = f"caption-side:top;text-align:left;padding:2px 0;white-space:nowrap;{DIM}"
CELL_STYLE: Final = f"padding:3px 10px;border:0;border-bottom:{FAINT_LINE}"
#: Of cells with texts. Notebooks align cells to the right, which outweighs the attribute `align`;
#: that one is what is left where styles are removed.
TEXT_CELL_STYLE: Final = f"text-align:left;vertical-align:top;{CELL_STYLE}"
_HEADER_STYLE = (
    "vertical-align:bottom;padding:3px 10px;white-space:nowrap;border:0;"
    "border-bottom:2px solid color-mix(in srgb, currentColor 40%, transparent)"
)
#: Of tables that are to be narrow.
_COMPACT_CELL_STYLE = CELL_STYLE.replace("10px", "6px") + ";white-space:normal"
_COMPACT_HEADER_STYLE = _HEADER_STYLE.replace("10px", "6px")
_LONG_STYLE = "min-width:24em;max-width:48em"
_BARS_STYLE = "font-size:7px;line-height:1;letter-spacing:0;"


def grid_text(columns: Sequence[Column]) -> str:
    """Return columns as text, as wide as the terminal, else 110; what is left out is counted.

    The first column is shown whole, however narrow the terminal is.
    """
    most = _text_columns()
    shown: list[tuple[Column, str, str, list[str]]] = []
    used = 0
    names = cut_names([one_line(column.name) for column in columns], _CELL_CHARS_TEXT)
    for column, name in zip(columns, names, strict=True):
        kind = cut(one_line(column.type or ""), _CELL_CHARS_TEXT)
        cells = [
            "NULL" if cell is None else cut(one_line(cell), _CELL_CHARS_TEXT)
            for cell in column.cells
        ]
        used += max(width(text) for text in (name, kind, *cells)) + 2
        if used > most and shown:
            break
        shown.append((column, name, kind, cells))
    header = [[name for _, name, _, _ in shown]]
    if any(column.type for column in columns):
        header.append([kind for _, _, kind, _ in shown])
    rows = [list(row) for row in zip(*(cells for _, _, _, cells in shown), strict=True)]
    table = text_table(header, rows, [column.right for column, _, _, _ in shown])
    left_out = names[len(shown) :]
    if not left_out:
        return table
    few = f": {', '.join(left_out)}" if len(left_out) <= _NAMED_COLUMNS else ""
    return f"{table}\n… {counted(len(left_out), 'more column')}{few}"


def _text_columns() -> int:
    """Return how wide text may be: a line that a terminal wraps makes a table unreadable."""
    if sys.stdout is None or not sys.stdout.isatty():
        return _TEXT_COLUMNS
    return shutil.get_terminal_size((_TEXT_COLUMNS, 24)).columns


def first_rows(columns: Sequence[Column], rows: int) -> list[Column]:
    """Return columns with their first rows only."""
    return [replace(one, cells=one.cells[:rows]) for one in columns]


def kept_columns(columns: Sequence[Column]) -> list[Column]:
    """Return as many columns and rows as a notebook keeps of a table.

    Examples
    --------
    >>> column = Column("n", "bigint", True, ("1",) * 20_000)
    >>> len(kept_columns([column])[0].cells), len(kept_columns([column] * 2000))
    (200, 15)
    """
    rows = min(max((len(one.cells) for one in columns), default=0), _MAX_HTML_ROWS)
    most = min(max(_MAX_HTML_CELLS // max(rows, 1), _FEWEST_HTML_COLUMNS), _MAX_HTML_COLUMNS)
    shown = columns[:most]
    return first_rows(shown, max(min(rows, _MAX_HTML_CELLS // max(len(shown), 1)), 1))


def is_cut(columns: Sequence[Column]) -> bool:
    """Return whether some of the columns, rows or cells are left out of what a notebook keeps."""
    kept = kept_columns(columns)
    return (
        len(kept) < len(columns)
        or any(len(one.cells) < len(whole.cells) for one, whole in zip(kept, columns, strict=False))
        or any(cell and len(cell) > _CELL_CHARS_HTML for one in kept for cell in one.cells)
    )


def short_cells(column: Column) -> list[str | None]:
    """Return the cells of a column, cut as in HTML."""
    return [None if cell is None else cut(cell, _CELL_CHARS_HTML) for cell in column.cells]


def grid_html(
    columns: Sequence[Column],
    caption: str,
    label: str,
    total: int = 0,
    *,
    style: Style = "data",
    has_view: bool = False,
) -> Html:
    """Return columns as an HTML table that scrolls sideways when it must.

    Parameters
    ----------
    columns
        The columns, at least one.
    caption
        What the table is.
    label
        What a screen reader calls the scrolling box.
    total
        How many columns there are, where `columns` are the first of them.
    style
        ``"data"``: a line for each row. ``"words"``: long texts take several lines. ``"compact"``:
        these too, and small.
    has_view
        Whether a live view, where there is a kernel, has what is left out here.
    """
    shown = columns[:_MAX_HTML_COLUMNS]
    more = max(total, len(columns)) - len(shown)
    left_out = [f"{counted(more, 'more column')} not shown"] if more else []
    most = _WORDS_CHARS if style == "words" else _CELL_CHARS_HTML
    if total and any(len(cell or "") > most for one in shown for cell in one.cells):
        left_out.append(f"texts cut at {most} characters")
    if left_out:
        where = ": the live view shows all" if has_view else ""
        caption += f"; {'; '.join(left_out)}{where}"
    compact = style == "compact"
    cells = {"data": _cell, "words": _words_cell, "compact": _compact_cell}[style]
    names = cut_names([one_line(column.name) for column in shown], _CELL_CHARS_HTML)
    head = el(
        "tr",
        *(
            _header(name, column, compact=compact)
            for name, column in zip(names, shown, strict=True)
        ),
    )
    body = [
        el("tr", *(cells(column, index) for column in shown))
        for index in range(len(shown[0].cells))
    ]
    table = el(
        "table",
        el("caption", caption, style=CAPTION_STYLE),
        el("thead", head),
        el("tbody", *body),
        style=f"{TABLE_STYLE};font-size:12px" if compact else TABLE_STYLE,
    )
    return scroll_box(table, label)


def _side(column: Column) -> str:
    return "right" if column.right else "left"


def _header(name: str, column: Column, *, compact: bool = False) -> Html:
    """Return the header of a column: its name, which may be cut, and its type below."""
    side = _side(column)
    kind = (
        el("small", one_line(column.type), style=f"font-weight:normal;{DIM}")
        if column.type
        else None
    )
    return el(
        "th",
        name,
        el("br") if kind else None,
        kind,
        scope="col",
        align=side,
        style=f"text-align:{side};{_COMPACT_HEADER_STYLE if compact else _HEADER_STYLE}",
    )


def _cell(column: Column, index: int) -> Html:
    """Return a cell of one line."""
    small = _BARS_STYLE if column.bars else ""
    side = _side(column)
    return el(
        "td",
        _content(column.cells[index], _CELL_CHARS_HTML),
        align=side,
        # Where styles are taken out, on GitHub for one, a long cell would make a tall row.
        nowrap="",
        style=f"text-align:{side};white-space:nowrap;{small}{CELL_STYLE}",
    )


def _words_cell(column: Column, index: int) -> Html:
    """Return a cell of several lines where its text is long."""
    side = _side(column)
    style = f"{CELL_STYLE};text-align:{side};vertical-align:top"
    content = _content(column.cells[index], _WORDS_CHARS)
    if column.right or not _is_long(column):
        return el("td", content, align=side, nowrap="", style=f"{style};white-space:nowrap")
    return el("td", content, align=side, style=f"{style};white-space:normal;{_LONG_STYLE}")


def _compact_cell(column: Column, index: int) -> Html:
    """Return a cell of several lines where its text is long, with dates whole."""
    if column.bars:
        return _cell(column, index)
    side = _side(column)
    style = f"text-align:{side};{_COMPACT_CELL_STYLE}"
    if _is_long(column):
        # On a narrow page the table scrolls, before a row becomes a tower of words.
        style += ";min-width:11em"
    value = column.cells[index]
    content = _content(value, _CELL_CHARS_HTML)
    if value is not None and "-" in value:
        words = cut(one_line(value), _CELL_CHARS_HTML).split(" ")
        spans = [el("span", word, style="white-space:nowrap") for word in words]
        content = join(*[part for span in spans for part in (Html(" "), span)][1:])
    return el("td", content, align=side, style=style)


def _is_long(column: Column) -> bool:
    """Return whether some of a column's texts take several lines."""
    return any(len(cell or "") > _LINE_CHARS for cell in column.cells)


def _content(value: str | None, most: int) -> Html:
    """Return the text of a cell, cut."""
    if value is None:
        return el("em", "NULL", style=DIM)
    text = cut(one_line(value), most)
    # HTML folds spaces, and spaces may be what distinguishes two values.
    spaced = text != text.strip() or "  " in text
    return el("span", text, style="white-space:pre") if spaced else join(text)
