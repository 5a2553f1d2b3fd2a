"""The states of a run, and how to read one from whatever a poller returns."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

__all__ = ["CANCELLED", "DONE", "FAILED", "SUCCEEDED", "UNSEEN", "field", "run_times", "state_of"]

#: States that end a run well; older parts of the API say "success".
SUCCEEDED = frozenset({"succeeded", "success"})
#: States that end a run in failure.
FAILED = frozenset({"failed"})
#: States that end a run because somebody stopped it.
CANCELLED = frozenset({"cancelled"})
#: States after which a run never changes. Every other one, known or not, may still change.
DONE = SUCCEEDED | FAILED | CANCELLED
#: What a future calls the state of a run that it has not seen yet.
UNSEEN = "unknown"


def field(record: Any, name: str, default: Any = None) -> Any:
    """Return one field of a response, whether it is a `Response`, a dict or any object.

    Examples
    --------
    >>> field({"state": "running"}, "state")
    'running'
    >>> field(None, "state", "none")
    'none'
    """
    if isinstance(record, Mapping):
        return record.get(name, default)
    return getattr(record, name, default)


def state_of(record: Any) -> str | None:
    """Return the state in a response; None when it has none.

    Examples
    --------
    >>> state_of({"id": 1, "state": "Running"})
    'running'
    >>> state_of({"id": 1}) is None
    True
    """
    state = field(record, "state")
    if state is None and isinstance(record, dict) and isinstance(record.get("output"), list):
        # A mock in somebody's test, as the user guide of `civis` shows it: only a run that
        # has succeeded has an output.
        return "succeeded"
    return state.lower() if isinstance(state, str) and state else None


def run_times(record: Any) -> tuple[float | None, float | None]:
    """Return how long a run was queued and how long it ran, in seconds; None where unknown.

    Examples
    --------
    >>> run_times({"created_at": "2026-01-01T00:00:00Z", "started_at": "2026-01-01T00:00:01Z"})
    (1.0, None)
    """
    created, started, finished = (
        _instant(field(record, name)) for name in ("created_at", "started_at", "finished_at")
    )
    queued = (started - created).total_seconds() if created and started else None
    ran = (finished - started).total_seconds() if started and finished else None
    return queued, ran


def _instant(text: Any) -> datetime | None:
    """Parse a time of the API; None for what is none."""
    try:
        return datetime.fromisoformat(text) if isinstance(text, str) else None
    except ValueError:
        return None
