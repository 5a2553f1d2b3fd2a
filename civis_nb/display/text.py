"""Text in columns: widths as a terminal shows them, long texts cut, words in numbers."""

from __future__ import annotations

from collections.abc import Sequence

from civis_nb.display.html import visible

__all__ = ["counted", "cut", "one_line", "pad", "run_ids", "text_table", "width"]


def counted(number: int, noun: str) -> str:
    """Return a number with its noun: thousands apart, plural where it is not one.

    Examples
    --------
    >>> counted(1, "row"), counted(12000, "row")
    ('1 row', '12,000 rows')
    """
    return f"{number:,} {noun}" + ("" if number == 1 else "s")


def run_ids(job_id: object, run_id: object, *, is_workflow: bool = False) -> str:
    """Return the ids of a run in words, those that are known.

    Examples
    --------
    >>> run_ids(1, 2), run_ids(1, None), run_ids(1, 2, is_workflow=True)
    ('job 1, run 2', 'job 1', 'workflow 1, execution 2')
    """
    names = ("workflow", "execution") if is_workflow else ("job", "run")
    ids = zip(names, (job_id, run_id), strict=True)
    return ", ".join(f"{name} {number}" for name, number in ids if number is not None)


def one_line(text: str) -> str:
    r"""Return `text` on one line, with nothing unseen in it.

    Examples
    --------
    >>> one_line("a\nb\tc")
    'a↵b→c'
    """
    text = text.replace("\r\n", "\n").replace("\n", "↵").replace("\t", "→")
    return visible(text)


def cut(text: str, limit: int) -> str:
    """Return at most `limit` characters of `text`, the last one … where some are left out."""
    return text if len(text) <= limit else text[: max(limit - 1, 0)] + "…"


def width(text: str) -> int:
    """Return the number of terminal columns that `text` takes."""
    if text.isascii():
        return len(text)
    # Imported here: it has large tables, and most text needs none.
    from wcwidth import wcswidth

    columns = wcswidth(text)
    return columns if columns >= 0 else sum(_columns(character) for character in text)


def _columns(character: str) -> int:
    """Return the columns of one character of a text that holds control characters, too."""
    from wcwidth import wcwidth

    return max(wcwidth(character), 0)


def pad(text: str, columns: int, right: bool = False) -> str:
    """Return `text` with spaces up to `columns`: after it, or before it with `right`."""
    space = " " * (columns - width(text))
    return space + text if right else text + space


def text_table(
    header: Sequence[Sequence[str]], rows: Sequence[Sequence[str]], right: Sequence[bool]
) -> str:
    """Return a table of text.

    Parameters
    ----------
    header
        Lines above the rule, each as long as a row.
    rows
        The cells.
    right
        For each column, whether it stands on the right.
    """
    widths = [
        max((width(line[index]) for line in (*header, *rows)), default=0)
        for index in range(len(right))
    ]
    lines = [_line(line, widths, right) for line in header]
    lines.append("  ".join("─" * columns for columns in widths))
    lines += [_line(row, widths, right) for row in rows]
    return "\n".join(lines)


def _line(cells: Sequence[str], widths: Sequence[int], right: Sequence[bool]) -> str:
    parts = [
        pad(cell, columns, on_right)
        for cell, columns, on_right in zip(cells, widths, right, strict=True)
    ]
    return "  ".join(parts).rstrip()
