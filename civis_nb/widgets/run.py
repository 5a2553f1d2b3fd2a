"""The live view of one run: its state and what can be done to it, and its log."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any, ClassVar, Final

import traitlets

from civis_nb.display.followed import FollowedRun, Following
from civis_nb.display.log_lines import LOG_LAG_S, LOG_LINES, SETTLED_LINES, RunLog
from civis_nb.display.log_parts import found_in, lines_between, newest_lines, text_of
from civis_nb.display.run_view import RunView
from civis_nb.errors import CivisInputError
from civis_nb.widgets.base import Answer
from civis_nb.widgets.run_base import RunsView, whole_number, without_clock

if TYPE_CHECKING:
    from civis_nb.display.activity import Picture

__all__ = ["RunPanel"]

#: Seconds between two updates of a run that a reader has started once more.
_UPDATE_S: Final = 0.5


class RunPanel(RunsView):
    """The live view of a run.

    Parameters
    ----------
    followed
        Its log, and what can be done to it.

    Attributes
    ----------
    run
        What is known of the run, as plain data.
    lines
        The newest lines of the log: ``{log, start, lines, first, total}``, where ``log`` tells the
        logs of runs that were repeated, or of parts, apart; empty without a log.
    picture
        What the run consists of, as elements of SVG: ``[name, attributes, children]``; those
        with an attribute ``data-task`` are its parts. Empty where it has none.
    opened
        The part whose log is shown; empty: that of the run.
    """

    module: ClassVar[str] = "run.js"

    run = traitlets.Dict().tag(sync=True)
    lines = traitlets.Dict().tag(sync=True)
    picture: traitlets.List[Any] = traitlets.List().tag(sync=True)
    opened = traitlets.Unicode().tag(sync=True)

    def __init__(self, followed: FollowedRun) -> None:
        self._followed = followed
        self._log = followed.log
        #: How many logs were shown before this one.
        self._logs_before = 0
        self._drawn: Picture | None = None
        #: Lines that the front end was sent and that will not change any more.
        self._sent = 0
        self._repeating = threading.Lock()
        super().__init__()

    def update(self, data: Mapping[str, Any], picture: Picture | None = None) -> None:
        """Show what is known of the run now, and what has come to its log.

        Parameters
        ----------
        data
            As plain data; `actions` are added to it. ``elapsed_s`` alone is no news: the view
            counts on.
        picture
            What the run consists of.
        """
        followed = self._followed
        actions = [*followed.actions, *(["repeat"] if followed.repeat else []),
                   *(["open"] if followed.open_log else [])]  # fmt: skip
        known = {**data, "actions": actions}
        newest = self._newest_lines()
        tree = self._new_tree(picture)
        changed = (
            newest is not None
            or tree is not None
            or without_clock(known) != without_clock(self.run)
        )
        if not self._needs_update(changed):
            return
        with self.hold_sync():
            self.run = {**known, "beat": self.run.get("beat", 0) + 1}
            if newest is not None:
                self.lines = newest
            if tree is not None:
                self.picture = tree

    def answer(self, kind: str, request: dict[str, Any]) -> Answer:
        """Return the answer to a request of the front end."""
        if kind in self._followed.actions:
            return {"text": self._followed.actions[kind]()}, []
        if kind == "repeat" and self._followed.repeat is not None:
            return {"text": self._repeat(self._followed.repeat)}, []
        if kind == "open" and self._followed.open_log is not None:
            return {"text": self._open(self._followed.open_log, str(request.get("part") or ""))}, []
        log = self._log
        if log is None or kind not in ("lines", "find", "text"):
            return super().answer(kind, request)
        if kind == "lines":
            start = max(whole_number(request, "start"), 0)
            return lines_between(log, start, whole_number(request, "stop")), []
        level = str(request.get("level") or "debug")
        if kind == "find":
            text, start = str(request.get("text") or ""), whole_number(request, "start")
            return found_in(log, text, level, start), []
        return {}, [text_of(log, level).encode()]

    def _open(self, open_log: Callable[[str], RunLog], part: str) -> str:
        """Show the log of a part from now on; return which, in words."""
        log = open_log(part)
        self._show_log(log)
        newest = self._newest_lines()
        with self.hold_sync():
            self.opened = part
            if newest is not None:
                self.lines = newest
        return f"The log of {part} is shown."

    def _show_log(self, log: RunLog | None) -> None:
        """Show another log from now on."""
        self._log, self._sent = log, 0
        self._logs_before += 1

    def _new_tree(self, picture: Picture | None) -> list[Any] | None:
        """Return what is to be drawn; None where that is drawn already."""
        if picture is None or picture is self._drawn:
            return None
        self._drawn = picture
        tree = picture.tree()
        return None if tree == self.picture else tree

    def _repeat(self, repeat: Callable[[], Following]) -> str:
        """Start the run once more, and follow it; return what came of it, in words."""
        if not self._repeating.acquire(blocking=False):
            raise CivisInputError("It runs again already.")
        try:
            again = repeat()
            self._followed = again.followed
            self._show_log(again.followed.log)
            self.opened = ""
            threading.Thread(
                target=self._follow, args=(again,), name="civis-again", daemon=True
            ).start()
        except BaseException:
            self._repeating.release()
            raise
        return "It runs again."

    def _follow(self, again: Following) -> None:
        """Show a run until it has ended; the target of a thread."""
        started = time.monotonic()
        ended_at = None
        try:
            while True:
                complete = again.read()
                seen = again.describe(LOG_LINES)
                now = time.monotonic()
                ended_at = ended_at or (now if seen.ended else None)
                if ended_at is not None and (complete or now - ended_at > LOG_LAG_S):
                    break
                view = RunView(replace(seen, elapsed_s=now - started), live=True)
                self.update(view.data(), seen.picture)
                time.sleep(_UPDATE_S)
        finally:
            self._repeating.release()
        end = RunView(again.describe(SETTLED_LINES))
        self.update(end.data(), end.activity.picture)
        if self.on_repeat_end is not None:
            self.on_repeat_end(end)

    def _newest_lines(self) -> dict[str, Any] | None:
        """Return what the front end does not have yet; None where that is nothing."""
        log = self._log
        if log is None:
            return None
        settled, total = log.settled, log.total
        if self._sent == total and self.lines.get("log") == self._logs_before:
            return None
        newest = {**newest_lines(log, self._sent), "log": self._logs_before}
        self._sent = settled
        return None if newest == self.lines else newest
