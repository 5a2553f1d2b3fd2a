"""What a statement without a result did, where the platform tells."""

from __future__ import annotations

import logging
import re
from typing import Any, Final

from civis_nb.display.bundle import Displayable
from civis_nb.display.html import Html, el
from civis_nb.errors import CivisError

__all__ = ["TableCreated", "what_was_done"]

log = logging.getLogger(__name__)

_DONE: Final = re.compile(
    r"(?:INSERT|UPDATE|DELETE|MERGE|CREATE|DROP|ALTER|TRUNCATE|COPY|GRANT|REVOKE|SET|COMMENT)\b.*"
)
_MAX_LINES: Final = 5


def what_was_done(future: Any) -> str | None:
    """Return what the log of a run says of statements that changed something; None for nothing.

    Parameters
    ----------
    future
        The run, which has ended.
    """
    try:
        entries = future.log_tail(100)
    except CivisError as error:
        # The statement has run; its log only says more about it.
        log.debug("The log of the query can't be read: %s", error)
        return None
    lines = [
        message
        for entry in entries
        if _DONE.fullmatch(message := str(entry.get("message") or "").strip())
    ]
    if not lines:
        return None
    if len(lines) > _MAX_LINES:
        lines = [f"{len(lines) - _MAX_LINES:,} statements, and", *lines[-_MAX_LINES:]]
    return " · ".join(lines)


class TableCreated(Displayable):
    """A table in which a result was kept.

    Parameters
    ----------
    table
        The table, with its schema.
    done
        What the platform says was done; None where it says nothing.

    Attributes
    ----------
    table
        The table.

    Examples
    --------
    >>> TableCreated("public.t", "CREATE TABLE: 5 rows")
    public.t: CREATE TABLE: 5 rows
    """

    def __init__(self, table: str, done: str | None = None) -> None:
        self.table = table
        self._done = done or "the result is there"

    def __repr__(self) -> str:
        return f"{self.table}: {self._done}"

    def _html(self) -> Html:
        return el("div", el("strong", self.table), f": {self._done}")
