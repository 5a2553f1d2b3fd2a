"""The log of a run that a magic shows: read from the platform now and then."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from civis_nb.display.log_lines import LOG_LAG_S, RunLog
from civis_nb.errors import CivisError

if TYPE_CHECKING:
    from civis_nb.client.protocol import Client
    from civis_nb.display.activity import Activity

__all__ = ["ReadLog"]

#: Seconds between two reads of the log: soon at first, then no more often than this.
_LOG_WAITS_S: Final = (0.2, 2.0)


class ReadLog:
    """The log of a run, read now and then.

    Parameters
    ----------
    client, job_id, run_id
        The run.
    keep
        Called with each new entry, returns whether it is wanted; None: all are.
    """

    def __init__(
        self,
        client: Client,
        job_id: int,
        run_id: int,
        keep: Callable[[Mapping[str, Any]], bool] | None = None,
    ) -> None:
        from civis_nb.utils.logs import LogCursor

        self._cursor = LogCursor(client, job_id, run_id)
        self._keep = keep
        self._wait_s, self._max_s = _LOG_WAITS_S
        self._due = 0.0
        self.lines = RunLog()
        self.error: CivisError | None = None

    @property
    def complete(self) -> bool:
        """Whether everything was read of a log that will not grow."""
        return self._cursor.complete

    def read(self) -> None:
        """Read what is new, unless the last read is only just over."""
        if self.wait_s:
            return
        try:
            self.read_now()
            self.error = None
        except CivisError as error:
            # The run is what matters; its log is read again the next time.
            self.error = error
            self._postpone(found=False)

    def read_now(self) -> bool:
        """Read what is new; return whether there was anything, wanted or not.

        Raises
        ------
        CivisError
            When the log can't be read now; the next call goes on where this one did.
        """
        entries = self._cursor.read()
        self.lines.add(entries if self._keep is None else filter(self._keep, entries))
        self._postpone(found=bool(entries))
        return bool(entries)

    @property
    def wait_s(self) -> float:
        """Seconds until the next read is due."""
        return max(self._due - time.monotonic(), 0.0)

    def _postpone(self, *, found: bool) -> None:
        """Postpone the next read: not for long while the log grows."""
        self._wait_s = _LOG_WAITS_S[0] if found else min(self._wait_s * 1.5, self._max_s)
        self._due = time.monotonic() + self._wait_s

    @property
    def shortfall(self) -> str | None:
        """What to say of a log that was not read to its end; None where it was."""
        if self.complete:
            return None
        return f"The log could not be read to its end{f': {self.error}' if self.error else '.'}"

    def added_to(self, seen: Activity, max_lines: int) -> Activity:
        """Return what was seen of the run, with so many of its last lines at most."""
        lines, total = self.lines.read(max_lines)
        return replace(seen, log=lines, log_total=total)

    def finish(self) -> None:
        """Read to the end of the log of a run that has ended."""
        deadline = time.monotonic() + LOG_LAG_S
        while not self.complete and time.monotonic() < deadline:
            self._due = min(self._due, time.monotonic() + _LOG_WAITS_S[0])
            time.sleep(self.wait_s)
            self.read()
