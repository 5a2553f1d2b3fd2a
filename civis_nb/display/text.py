"""Text in columns: widths as a terminal shows them, long texts cut, words in numbers."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from civis_nb.display.html import visible

__all__ = ["counted", "cut", "cut_names", "one_line", "pad", "run_ids", "text_table", "width"]


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


def cut_names(names: Sequence[str], limit: int) -> list[str]:
    """Return names of at most `limit` characters each, in which what distinguishes them is left.

    The characters that are left out of one that begins as another does are those in its middle.

    Examples
    --------
    >>> cut_names(["survey_answer_of_2023", "survey_answer_of_2024", "a_name_like_no_other"], 14)
    ['survey_an…2023', 'survey_an…2024', 'a_name_like_n…']
    >>> cut_names([], 14)
    []
    """
    ordered = sorted(set(names))
    ends = dict(zip(ordered, _own_ends(ordered), strict=True)) if ordered else {}
    return [
        cut(name, limit) if ends[name] < limit - 1 else _cut_inside(name, ends[name], limit)
        for name in names
    ]


def _own_ends(names: Sequence[str]) -> list[int]:
    """Return how long the beginning is that each of sorted names has in common with another."""
    shared = [
        next((at for at, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), len(one))
        for one, other in pairwise(names)
    ]
    return [max(pair) for pair in zip([0, *shared], [*shared, 0], strict=True)]


def _cut_inside(name: str, own: int, limit: int) -> str:
    """Return a name of `limit` characters, with its beginning and what stands from `own` on."""
    if len(name) <= limit:
        return name
    # From the beginning of a word on, where one begins near it.
    word = max(name.rfind(mark, 0, max(own - 1, 0)) for mark in "_- .") + 1
    start = word if own - word <= limit // 3 else own
    tail = name[start:]
    head = max(limit - 1 - len(tail), limit // 4)
    return f"{name[:head]}…{cut(tail, limit - 1 - head)}"


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
