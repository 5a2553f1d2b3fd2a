"""What is read again and again for all pages that listen to it, and only while one does."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from civis_nb.errors import CivisError
from civis_nb.futures.timing import next_wait_s
from civis_nb.lab.versions import told_as_version

__all__ = ["Feed", "Seen"]

log = logging.getLogger(__name__)

#: A read that takes longer is stated as a problem; the client goes on trying.
_FIRST_ANSWER_S: Final = 10.0
#: The longest wait after a failed read.
_FAILED_WAIT_S: Final = 15.0


@dataclass
class Seen:
    """What a page has been told of a feed."""

    version: int = -1
    problem: str = ""
    #: Lines of a log that it has, and that will not change any more.
    lines: int = 0
    #: Whether it was told anything.
    any: bool = False


class Feed:
    """Something on the platform that changes, read by one thread for all listeners.

    The thread ends with the last listener, or when there can't be any more news. What was read
    stays for the next one.

    Attributes
    ----------
    version
        Counts the changes.
    """

    #: The shortest and the longest wait between two reads.
    least_wait_s = 1.0
    most_wait_s = 15.0
    #: How many calls the platform still takes, and of how many; None where it does not say.
    calls_left: tuple[int | None, int | None] = (None, None)

    def __init__(self) -> None:
        self.version = 0
        self._problem = ""
        self._condition = threading.Condition()
        self._listeners: dict[Callable[[], None], float] = {}
        self._thread: threading.Thread | None = None
        self._is_due = False
        self._failures = 0
        self._reading_since: float | None = None
        self._changed_at = time.monotonic()

    # -- what a feed of one kind defines -------------------------------------------------------

    def read(self) -> bool:
        """Read it from the platform; return whether it has changed.

        Raises
        ------
        CivisError
            When it can't be read now; it is read again.
        """
        raise NotImplementedError

    @property
    def ended(self) -> bool:
        """Whether nothing can change any more."""
        return False

    def content(self, seen: Seen) -> dict[str, Any]:
        """Return what a page is told that has seen this much; it makes no call."""
        raise NotImplementedError

    # -- listeners ------------------------------------------------------------------------------

    def add(self, notify: Callable[[], None], wait_s: float = 0.0) -> None:
        """Add a listener: it is read at once, and `notify` is called when there is news.

        That is in any thread. Between two reads are `wait_s` seconds at least, unless another
        listener wants less.
        """
        with self._condition:
            self._listeners[notify] = wait_s
            self._wake()

    def remove(self, notify: Callable[[], None]) -> None:
        """Remove a listener."""
        with self._condition:
            self._listeners.pop(notify, None)
            self._condition.notify_all()

    @property
    def has_listeners(self) -> bool:
        """Whether any page listens."""
        return bool(self._listeners)

    def read_now(self) -> None:
        """Read it now: something was done that changes it."""
        with self._condition:
            self._wake()

    def _wake(self) -> None:
        """Have the feed read at once, by a new thread where none reads; the lock is held."""
        self._is_due = True
        self._changed_at = time.monotonic()
        if self._thread is None and self._listeners and not self.ended:
            # A daemon: a server that ends does not wait for a network that is down.
            self._thread = threading.Thread(target=self._run, name="civis-feed", daemon=True)
            self._thread.start()
        self._condition.notify_all()

    def message(self, seen: Seen) -> dict[str, Any] | None:
        """Return what is new for a page, and note that it was told; None where nothing is."""
        problem = self.problem
        if seen.any and seen.version == self.version and seen.problem == problem:
            return None
        if self.version == 0 and not problem:
            return None  # it is being read for the first time
        version = self.version
        found = {**self.content(seen), "problem": problem}
        seen.any, seen.version, seen.problem = True, version, problem
        return found

    @property
    def problem(self) -> str:
        """Why it is not up to date; empty where it is."""
        since = self._reading_since
        if since is not None and time.monotonic() - since > _FIRST_ANSWER_S:
            return self._problem or "The platform has not answered yet; it is asked again."
        return self._problem

    # -- the thread -------------------------------------------------------------------------------

    def _run(self) -> None:
        """Read the feed as long as somebody listens; the target of the thread."""
        while True:
            with self._condition:
                if not self._listeners or self.ended:
                    self._thread = None
                    return
                self._is_due = False
            if self._read_once():
                for notify in list(self._listeners):
                    notify()
            with self._condition:
                self._condition.wait_for(
                    lambda: self._is_due or not self._listeners, timeout=self._wait_s()
                )

    def _read_once(self) -> bool:
        """Read it, and note what it failed with; return whether there is news for pages."""
        self._reading_since = time.monotonic()
        before, news = self._problem, False
        try:
            with told_as_version():
                news = self.read() or self.version == 0
            self._problem, self._failures = "", 0
        except CivisError as error:
            self._problem = str(error)
            self._failures += 1
        except Exception as error:
            log.exception("A feed could not be read")
            self._problem = f"{type(error).__name__}: the log of the Jupyter server has more."
            self._failures += 1
        self._reading_since = None
        if news:
            self.version += 1
            self._changed_at = time.monotonic()
        return news or self._problem != before

    def _wait_s(self) -> float:
        asked_s = min(self._listeners.values(), default=0.0)
        return max(asked_s, self._own_wait_s())

    def _own_wait_s(self) -> float:
        """Return the wait by failures, calls left, and how long nothing has changed."""
        if self._failures:
            return min(self.least_wait_s * 2.0 ** min(self._failures, 10), _FAILED_WAIT_S)
        left, limit = self.calls_left
        quiet_s = time.monotonic() - self._changed_at
        adaptive_s = next_wait_s(quiet_s, calls_left=left, calls_limit=limit)
        return min(max(adaptive_s, self.least_wait_s), self.most_wait_s)
