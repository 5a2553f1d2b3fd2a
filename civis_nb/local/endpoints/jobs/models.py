"""What jobs of every type have in common on the wire: runs, logs, outputs, schedules."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field, field_validator
from sqlalchemy import Row

from civis_nb.local.http.wire import Time, Wire
from civis_nb.local.runs.outputs import OUTPUT_KINDS

__all__ = [
    "DEFAULT_TIME_ZONE",
    "ArchiveBody",
    "CloneBody",
    "LogBody",
    "LogEntry",
    "LogMessage",
    "Notifications",
    "Output",
    "OutputBody",
    "Run",
    "RunPatch",
    "Schedule",
    "WorkflowNotifications",
    "last_run",
    "run_state",
]

DEFAULT_TIME_ZONE = "America/Chicago"

Level = Literal["unknown", "fatal", "error", "warn", "info", "debug"]


class Run(Wire):
    """A run, in the fields that runs of every type have."""

    id: int
    state: str
    created_at: str
    started_at: str | None
    finished_at: str | None
    error: str | None


class RunPatch(Wire):
    """What can be set of a run from outside."""

    error: str | None = None


class LogEntry(Wire):
    """One message of a log."""

    id: int
    created_at: str
    message: str
    level: str


class LogMessage(Wire):
    """A message to be added to a log."""

    message: str
    level: Level = "info"
    created_at: Time | None = None


class LogBody(Wire):
    """One message or several to be added to a log."""

    message: str | None = Field(default=None, description="A message; or give messages.")
    level: Level | None = None
    messages: list[LogMessage] = Field(default_factory=list)
    child_job_id: int | None = None

    @field_validator("messages", mode="before")
    @classmethod
    def _none_is_empty(cls, value: Any) -> Any:
        return [] if value is None else value


class OutputBody(Wire):
    """An object that a run gives as its output."""

    object_type: str = Field(json_schema_extra={"enum": list(OUTPUT_KINDS)})
    object_id: int


class Output(Wire):
    """An output of a run."""

    object_type: str
    object_id: int
    name: str
    link: str
    value: Any = None


class ArchiveBody(Wire):
    """Whether an object is archived."""

    status: bool


class CloneBody(Wire):
    """What a clone copies besides the script itself."""

    clone_schedule: bool | None = None
    clone_triggers: bool | None = None
    clone_notifications: bool | None = None


def _numbers(least: int, most: int) -> Any:
    """Return a field that is a list of numbers, whose bounds the specification states."""
    items: Any = {"type": "integer", "minimum": least, "maximum": most}
    return Field(default_factory=list, json_schema_extra={"items": items})


class Schedule(Wire):
    """When a job or a workflow runs by itself; the local platform acts on those of workflows."""

    scheduled: bool | None = None
    scheduled_days: list[int] = _numbers(0, 6)
    scheduled_hours: list[int] = _numbers(0, 23)
    scheduled_minutes: list[int] = _numbers(0, 59)
    scheduled_runs_per_hour: int | None = Field(
        default=None, json_schema_extra={"minimum": 0, "maximum": 60}
    )
    scheduled_days_of_month: list[int] = _numbers(1, 31)

    @field_validator(
        "scheduled_days",
        "scheduled_hours",
        "scheduled_minutes",
        "scheduled_days_of_month",
        mode="before",
    )
    @classmethod
    def _none_is_empty(cls, value: Any) -> Any:
        return [] if value is None else value


class WorkflowNotifications(Wire):
    """Who is notified of an execution's end; kept, not acted on by the local platform."""

    urls: list[str] = Field(default_factory=list)
    success_email_subject: str | None = None
    success_email_body: str | None = None
    success_email_addresses: list[str] = Field(default_factory=list)
    failure_email_addresses: list[str] = Field(default_factory=list)
    stall_warning_minutes: int | None = None
    success_on: bool = True
    failure_on: bool = True

    @field_validator("urls", "success_email_addresses", "failure_email_addresses", mode="before")
    @classmethod
    def _none_is_empty(cls, value: Any) -> Any:
        return [] if value is None else value

    @field_validator("success_on", "failure_on", mode="before")
    @classmethod
    def _none_is_on(cls, value: Any) -> Any:
        return True if value is None else value


class Notifications(WorkflowNotifications):
    """Who is notified of a run's end; kept, not acted on by the local platform."""

    success_email_from_name: str | None = None
    success_email_reply_to: str | None = None


def last_run(row: Row[Any]) -> Run | None:
    """Return the last run of a job that was selected with `jobs_with_last_run`."""
    if row.run_id is None:
        return None
    return Run(
        id=row.run_id,
        state=row.run_state,
        created_at=row.run_created_at,
        started_at=row.run_started_at,
        finished_at=row.run_finished_at,
        error=row.run_error,
    )


def run_state(row: Row[Any]) -> str:
    """Return a job's state: its last run's, ``idle`` when it never ran."""
    return str(row.run_state or "idle")
