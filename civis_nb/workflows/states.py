"""How far a task of an execution has come, as pictures show it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

__all__ = ["NodeState", "StateName", "mark", "state_text"]

StateName = Literal[
    "idle", "waiting", "running", "delayed", "paused", "success", "error", "cancelled"
]

_MARKS: Final[Mapping[str, str]] = {
    "idle": "○",
    "waiting": "○",
    "running": "●",
    "delayed": "◔",
    "paused": "‖",
    "success": "✓",
    "error": "✗",
    "cancelled": "■",
}
_WORDS: Final[Mapping[str, str]] = {"success": "succeeded", "error": "failed"}


@dataclass(frozen=True, slots=True)
class NodeState:
    """The state of one task.

    Attributes
    ----------
    state
        As in ``mistralState``.
    attempts
        How often it has been started.
    seconds
        How long it has run; None where it has not.
    link
        An address to see it at, http or https; None where there is none.
    """

    state: StateName
    attempts: int = 0
    seconds: float | None = None
    link: str | None = None


def mark(state: NodeState) -> str:
    """Return one character for a state."""
    return _MARKS[state.state]


def state_text(state: NodeState) -> str:
    """Return a state in words.

    Examples
    --------
    >>> state_text(NodeState("success", attempts=2, seconds=75.2))
    'succeeded, 1:15, attempt 2'
    """
    parts = [_WORDS.get(state.state, state.state)]
    if state.seconds is not None:
        parts.append(_duration(state.seconds))
    if state.attempts > 1:
        parts.append(f"attempt {state.attempts}")
    return ", ".join(parts)


def _duration(seconds: float) -> str:
    """Return a length of time in few characters, which fit into the box of a task."""
    if seconds < 60:
        return f"{seconds:.1f} s" if seconds < 10 else f"{seconds:.0f} s"
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"
