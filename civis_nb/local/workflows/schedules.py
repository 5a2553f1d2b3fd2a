"""When workflows are to be executed by themselves."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from itertools import product
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from sqlalchemy import Connection, Row, func, select

from civis_nb.local.errors import Conflict, Invalid
from civis_nb.local.store import Store, utc_now
from civis_nb.local.store.clock import to_wire
from civis_nb.local.store.schema import records
from civis_nb.local.workflows.executions import create_execution

__all__ = ["Schedules", "check_schedule", "next_time"]

#: A leap day that is a certain weekday does not come more seldom than every 40 years.
_MAX_DAYS_AHEAD = 366 * 5

_NEXT = records.c.body["next_execution_at"].as_string()

_logger = logging.getLogger(__name__)


def check_schedule(schedule: Mapping[str, Any], time_zone: str) -> None:
    """Check that a schedule names times that there are.

    Raises
    ------
    Invalid
        When it does not.
    """
    for name, least, most in (
        ("scheduled_days", 0, 6),
        ("scheduled_hours", 0, 23),
        ("scheduled_minutes", 0, 59),
        ("scheduled_days_of_month", 1, 31),
    ):
        wrong = [one for one in schedule.get(name) or [] if not least <= one <= most]
        if wrong:
            raise Invalid(f"{name} can't hold {wrong[0]}: from {least} to {most} can be.")
    per_hour = schedule.get("scheduled_runs_per_hour")
    if per_hour and not 1 <= per_hour <= 60:
        raise Invalid(f"scheduled_runs_per_hour can't be {per_hour}: from 1 to 60 can be.")
    if schedule.get("scheduled_days") and schedule.get("scheduled_days_of_month"):
        raise Invalid("A schedule has scheduled_days or scheduled_days_of_month, not both.")
    if schedule.get("scheduled") and not schedule.get("scheduled_hours") and not per_hour:
        raise Invalid(
            "This schedule names no hour, so it would never run: give scheduled_hours, from 0 to "
            "23; all of them for every hour."
        )
    _zone(time_zone)


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise Invalid(f"There is no time zone {name!r}. One is, e.g., America/Chicago.") from None


def next_time(schedule: Mapping[str, Any], time_zone: str, after: datetime) -> str | None:
    """Return the first time of a schedule after a moment; None when it has none.

    Days are 0 for Sunday to 6 for Saturday. Where no days are given every day counts; where no
    minutes are, the full hour. In the night in which clocks are set forward, a time that is left
    out is none. When they are set back, an hour that comes twice counts twice where every hour
    counts, else once.

    Examples
    --------
    >>> schedule = {"scheduled": True, "scheduled_hours": [6], "scheduled_minutes": [30]}
    >>> next_time(schedule, "UTC", datetime(2026, 1, 1, 7, tzinfo=UTC))
    '2026-01-02T06:30:00.000Z'
    """
    if not schedule.get("scheduled"):
        return None
    zone = _zone(time_zone)
    hours = sorted(set(schedule.get("scheduled_hours") or []))
    minutes = _minutes(schedule)
    if not hours and not schedule.get("scheduled_runs_per_hour"):
        return None
    folds = (0, 1) if not hours or len(hours) == 24 else (0,)
    start = after.astimezone(zone)
    for days in range(_MAX_DAYS_AHEAD):
        day = start.date() + timedelta(days=days)
        if not _is_scheduled(schedule, day.isoweekday() % 7, day.day):
            continue
        # Of several hours that come twice, all come a first time before one comes again.
        moments = []
        for hour, fold, minute in product(hours or range(24), folds, minutes):
            wanted = datetime(day.year, day.month, day.day, hour, minute, fold=fold)
            moment = wanted.replace(tzinfo=zone).astimezone(UTC)
            if moment > after and moment.astimezone(zone).replace(tzinfo=None) == wanted:
                moments.append(moment)
        if moments:
            return to_wire(min(moments))
    return None


def _minutes(schedule: Mapping[str, Any]) -> list[int]:
    per_hour = schedule.get("scheduled_runs_per_hour")
    if schedule.get("scheduled_minutes"):
        return sorted(set(schedule["scheduled_minutes"]))
    return [60 * run // per_hour for run in range(per_hour)] if per_hour else [0]


def _is_scheduled(schedule: Mapping[str, Any], weekday: int, day: int) -> bool:
    days, dates = schedule.get("scheduled_days"), schedule.get("scheduled_days_of_month")
    return (not days or weekday in days) and (not dates or day in dates)


class Schedules:
    """The times at which workflows are to be executed.

    Parameters
    ----------
    store
        Where workflows are: each with the next time in its record.

    Attributes
    ----------
    is_current
        Whether `next_at` is what is stored.
    next_at
        The next time of all; None: there is none.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self.is_current = False
        self.next_at: str | None = None

    def is_due(self, now: str) -> bool:
        """Return whether a time has come."""
        return self.next_at is not None and self.next_at <= now

    def skip_missed(self) -> None:
        """Set the times that passed while no platform ran to the next ones."""
        with self._store.begin() as connection:
            for row in _due(connection):
                _logger.warning(
                    "Workflow %s (%s) was to be executed at %s, when no platform ran.",
                    row.id,
                    row.name,
                    row.body["next_execution_at"],
                )
                _set_next(connection, row)

    def start_due(self) -> list[int]:
        """Create the executions whose time has come, and return their ids."""
        made = []
        # It waits for transactions that have changed a schedule, and not yet ended.
        with self._store.begin() as connection:
            self.is_current = True
            for row in _due(connection):
                try:
                    with connection.begin_nested():
                        made.append(create_execution(connection, row, row.user_id, input={}))
                except (Conflict, Invalid) as error:
                    _logger.warning("The scheduled execution was left out. %s", error)
                _set_next(connection, row)
            chosen = (records.c.kind == "workflows", records.c.archived.is_(False))
            self.next_at = connection.scalar(select(func.min(_NEXT)).where(*chosen))
        return made


def _due(connection: Connection) -> list[Row[Any]]:
    chosen = (records.c.kind == "workflows", records.c.archived.is_(False), utc_now() >= _NEXT)
    return list(connection.execute(select(records).where(*chosen).order_by(records.c.id)))


def _set_next(connection: Connection, workflow: Row[Any]) -> None:
    body = dict(workflow.body)
    zone = body.get("time_zone") or "UTC"
    body["next_execution_at"] = next_time(body.get("schedule") or {}, zone, datetime.now(UTC))
    changed = records.update().where(records.c.id == workflow.id)
    connection.execute(changed.values(body=body))
