"""Progress of transfers: a bar for whoever is watching, once it takes a while."""

from __future__ import annotations

import contextlib
import sys
import threading
import time
from collections.abc import Iterable, Iterator
from typing import Any

__all__ = ["Advance", "progress_bar"]

#: What is done sooner shows nothing.
_DELAY_S = 2.0


class Advance:
    """Counts bytes from any thread and, once it takes a while, shows them.

    Parameters
    ----------
    title
        What is going on.
    total
        All of the bytes; None when unknown.
    shown
        Whether to show anything at all.
    """

    def __init__(self, title: str, total: int | None, shown: bool) -> None:
        self._title = title
        self._total = total
        self._shown = shown
        self._done = 0
        self._since = time.monotonic()
        self._bar: Any = None
        self._lock = threading.Lock()

    def __call__(self, count: int) -> None:
        if not self._shown:
            return
        with self._lock:
            self._done += count
            if self._bar is None:
                if time.monotonic() - self._since < _DELAY_S:
                    return
                self._bar = _new_bar()
                self._bar.start()
                self._task = self._bar.add_task(self._title, total=self._total)
            self._bar.update(self._task, completed=self._done)

    def over(self, chunks: Iterable[bytes]) -> Iterator[bytes]:
        """Pass on chunks and count them."""
        if not self._shown:
            yield from chunks
            return
        for chunk in chunks:
            yield chunk
            self(len(chunk))

    def close(self) -> None:
        """Take the bar away."""
        if self._bar is not None:
            self._bar.stop()


@contextlib.contextmanager
def progress_bar(title: str, total: int | None, progress: bool | None) -> Iterator[Advance]:
    """Show a bar while the block runs, if it runs for more than two seconds.

    Parameters
    ----------
    title
        What is going on.
    total
        All of the bytes; None when unknown.
    progress
        True or False; None: when standard error is a terminal or a notebook is running.
    """
    advance = Advance(title, total, _is_watched() if progress is None else progress)
    try:
        yield advance
    finally:
        advance.close()


def _is_watched() -> bool:
    if sys.stderr is not None and sys.stderr.isatty():
        return True
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython is not None else None
    return shell is not None and getattr(shell, "kernel", None) is not None


def _new_bar() -> Any:
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        DownloadColumn,
        Progress,
        TextColumn,
        TimeRemainingColumn,
        TransferSpeedColumn,
    )

    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        DownloadColumn(),
        TransferSpeedColumn(),
        TimeRemainingColumn(),
    )
    return Progress(*columns, console=Console(stderr=True), transient=True)
