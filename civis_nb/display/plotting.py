"""Charts of a table: which one of which columns."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from civis_nb.display.charts import Plot, require_altair
from civis_nb.display.columns import Column, is_numeric
from civis_nb.errors import CivisInputError
from civis_nb.frames.chart_data import CHART_KINDS, chart_data

if TYPE_CHECKING:
    from civis_nb.frames.typed import TypedTable

__all__ = ["plotted"]

#: So many columns are named of each sort.
_NAMED = 10


def plotted(
    whole: Callable[[], TypedTable],
    columns: Sequence[Column],
    kind: str | None,
    x: str | None,
    y: str | None,
) -> Plot:
    """Return a chart of a table.

    Parameters
    ----------
    whole
        Returns the table, where a chart can be drawn.
    columns
        Its columns.
    kind, x, y
        As for `chart_data`.

    Raises
    ------
    CivisInputError
        When there is no such kind or column, or a column can't be drawn; when `kind` or `x` is
        left out, the message names columns that fit.
    CivisDependencyError
        When Altair is not installed.
    """
    if kind is None or x is None:
        raise CivisInputError(_how_to_plot(columns, kind))
    require_altair()
    return Plot(chart_data(whole().table, kind, x, y))


def _how_to_plot(columns: Sequence[Column], given: str | None) -> str:
    """Return what a chart needs, with the columns that there are, and examples with them."""
    sorts: dict[str, list[str]] = {"numbers": [], "times": [], "others": []}
    for column in columns:
        kind = column.type or ("double" if column.right else "text")
        is_time = kind.startswith(("date", "timestamp"))
        sort = "numbers" if is_numeric(kind) else "times" if is_time else "others"
        sorts[sort].append(column.name)
    if not columns:
        return "A chart needs a column, and this result has none."
    number, time, other = (next(iter(names), None) for names in sorts.values())
    if given in [column.name for column in columns]:
        number = given if given in sorts["numbers"] else number
        time = given if given in sorts["times"] else time
        other = given if given in sorts["others"] else other
    group = other or time or number
    examples = {
        f'.plot("hist", "{number or time or other}")': "how often values occur",
        f'.plot("bar", "{group}", "{number}")' if number and number != group
        else f'.plot("bar", "{group}")': "a bar for each value",
        f'.plot("line", "{time}", "{number}")' if number else f'.plot("line", "{time}")':
        "a line over time" if time else "",
        f'.plot("box", "{other}", "{number}")' if other else f'.plot("box", "{number}")':
        "quartiles" if number else "",
    }  # fmt: skip
    lines = [f"A chart needs a kind ({', '.join(CHART_KINDS)}) and the name of a column. Here:"]
    lines += [f"  {call}  {what}" for call, what in examples.items() if what]
    lines += [
        f"Columns of {sort}: {', '.join(names[:_NAMED])}"
        + (f" and {len(names) - _NAMED} more" if len(names) > _NAMED else "")
        for sort, names in sorts.items()
        if names
    ]
    return "\n".join(lines).replace("Columns of others", "Other columns")
