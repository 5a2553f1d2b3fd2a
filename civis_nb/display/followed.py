"""What a live view of a run needs besides its state: its log, and what can be done to it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from civis_nb.display.activity import Activity
from civis_nb.display.log_lines import RunLog

__all__ = ["FollowedRun", "Following"]


@dataclass(frozen=True)
class FollowedRun:
    """A run as a live view follows it.

    Attributes
    ----------
    log
        Its log; None: the log is not shown.
    actions
        What a reader can do to it while it goes on, by name: ``cancel``. Each does it and returns
        what came of it, in words; called in any thread.
    repeat
        Starts it once more when it has ended; None where that can't be done.
    open_log
        Returns the log of a part of it, such as a task, which is read from then on; None where it
        has no parts.
    """

    log: RunLog | None = None
    actions: Mapping[str, Callable[[], str]] = field(default_factory=dict)
    repeat: Callable[[], Following] | None = None
    open_log: Callable[[str], RunLog] | None = None


@dataclass(frozen=True)
class Following:
    """A run that goes on beside the notebook, for its view to follow to its end.

    Attributes
    ----------
    followed
        The run.
    describe
        Returns what is known of it, with so many lines of its log at most; it makes no call.
    read
        Reads what is new of the log; returns whether that is all.
    """

    followed: FollowedRun
    describe: Callable[[int], Activity]
    read: Callable[[], bool]
