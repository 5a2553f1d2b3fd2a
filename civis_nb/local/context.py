"""The local platform's parts, as its endpoints see them."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from fastapi import Request

from civis_nb._wire_text import Secret
from civis_nb.local.files.registry import Files
from civis_nb.local.files.run_logs import RunLogs
from civis_nb.local.store import Store
from civis_nb.local.warehouse.registry import Warehouses

__all__ = ["PlatformContext", "RunQueue", "User", "WorkflowQueue", "context_of"]


#: The user that a new platform has.
FIRST_USER_ID = 1


@dataclass(frozen=True)
class User:
    """Who makes the request.

    Attributes
    ----------
    id, username, name, email, initials
        Of the user.
    is_only_user
        Whether the platform has no other.
    """

    id: int
    username: str
    name: str
    email: str
    initials: str
    is_only_user: bool = True

    @property
    def is_admin(self) -> bool:
        """Whether the user may create users, and keys for them: the first one may."""
        return self.id == FIRST_USER_ID


class RunQueue(Protocol):
    """Where queued runs are carried out."""

    def submit(self, run_id: int, job_type: str, user_id: int) -> bool:
        """Queue a run of a user's job of this type; users take turns at the free workers.

        Return whether a worker is free for it.
        """

    def cancel(self, run_id: int) -> bool:
        """Request the end of a run; return False when it has ended already."""

    def wait(self, run_id: int, timeout_s: float) -> bool:
        """Wait for the end of a run; return False when it does not come in time."""

    def store_log(self, run_id: int) -> None:
        """Store what a run has written into its log and still waits, because it is read now."""


class WorkflowQueue(Protocol):
    """Where executions of workflows are carried out."""

    def begin(self, execution_id: int) -> None:
        """Start an execution that was stored."""

    def cancel(self, execution_id: int) -> None:
        """Cancel an execution with all that it runs."""

    def resume(self, execution_id: int) -> None:
        """Continue a paused execution."""

    def rerun(self, execution_id: int, name: str | None) -> None:
        """Start a failed task of an execution anew, or all that have failed."""

    def schedules_changed(self) -> None:
        """Read the schedules of workflows again: one was changed."""


@dataclass
class PlatformContext:
    """Everything that a request handler or a job may need; one for each running platform.

    Attributes
    ----------
    state
        The state folder: ``platform.sqlite``, ``warehouse/``, ``blobs/``, ``runs/``.
    store
        Where records are stored.
    files
        Files, their contents and URLs.
    logs
        Logs of runs.
    warehouses
        The databases, by id.
    api_key
        The key of the platform's user, handed to jobs.
    endpoint
        The base URL without a final slash.
    runner
        Where jobs run; set before the server accepts requests.
    workflows
        Where workflows run; likewise.
    refreshing
        The ids of the tables that are being measured anew.
    """

    state: Path
    store: Store
    files: Files
    logs: RunLogs
    warehouses: Warehouses
    endpoint: str
    api_key: Secret
    runner: RunQueue = field(init=False)
    workflows: WorkflowQueue = field(init=False)
    refreshing: set[int] = field(default_factory=set)


def context_of(request: Request) -> PlatformContext:
    """Return the platform that a request came to; a FastAPI dependency."""
    context: PlatformContext = request.app.state.context
    return context
