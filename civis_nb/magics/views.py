"""Small displays of the magics: SQL, a plan, how several runs have ended."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from civis_nb.display.activity import Activity
from civis_nb.display.bundle import Displayable
from civis_nb.display.html import CODE_FONT, DIM, Html, el, join
from civis_nb.display.html import visible as shown
from civis_nb.display.run_view import RunView
from civis_nb.display.text import counted

__all__ = ["EndedRuns", "Plan", "SqlText"]


class SqlText(Displayable):
    """SQL as it would be sent.

    Parameters
    ----------
    sql
        The SQL.
    database
        The name of the database.
    """

    def __init__(self, sql: str, database: str) -> None:
        self._sql = sql.rstrip("\n")
        self._title = f"Not sent to {database}:"

    def __repr__(self) -> str:
        return f"{self._title}\n{self._sql}"

    def _html(self) -> Html:
        return el("div", el("div", self._title, style=DIM), el("pre", self._sql))


class Plan(Displayable):
    """A database's plan of a statement.

    Parameters
    ----------
    rows
        What the database gave for EXPLAIN.
    database
        The name of the database.

    Attributes
    ----------
    text
        The plan.

    Examples
    --------
    >>> Plan([["Seq Scan on t"]], "sample")
    Plan of sample:
    Seq Scan on t
    """

    def __init__(self, rows: Sequence[Sequence[Any]], database: str) -> None:
        # PostgreSQL and Redshift give a line in each row, DuckDB a kind and a drawing.
        self.text = "\n".join(str(row[-1] or "").rstrip("\n") for row in rows)
        self._title = f"Plan of {database}:"

    def __repr__(self) -> str:
        return f"{self._title}\n{shown(self.text)}"

    def _html(self) -> Html:
        style = f"{CODE_FONT};line-height:1.2;overflow-x:auto"
        return el("div", el("div", self._title, style=DIM), el("pre", self.text, style=style))


@dataclass(frozen=True, repr=False)
class EndedRuns(Displayable):
    """How several runs in the background have ended, failures first.

    Parameters
    ----------
    activities
        What was seen last of each.
    """

    activities: tuple[Activity, ...]

    def _views(self) -> list[RunView]:
        ordered = sorted(self.activities, key=lambda one: one.error is None)
        return [RunView(one) for one in ordered]

    def _title(self) -> str:
        failed = sum(one.error is not None for one in self.activities)
        text = f"{counted(len(self.activities), 'background run')} ended"
        return f"{text}, {failed} with an error" if failed else text

    def __repr__(self) -> str:
        return "\n".join([self._title(), *(repr(view) for view in self._views())])

    def _html(self) -> Html:
        items = [el("li", view._html()) for view in self._views()]
        return el("div", el("strong", self._title()), el("ul", join(*items)))
