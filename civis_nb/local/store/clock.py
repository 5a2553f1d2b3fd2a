"""Times as the API writes them: UTC, milliseconds, a ``Z``; text that sorts by time."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta


def to_wire(moment: datetime) -> str:
    """Write an aware time as the API does.

    Examples
    --------
    >>> from datetime import UTC, datetime
    >>> to_wire(datetime(2026, 5, 27, 15, 44, 34, 7000, tzinfo=UTC))
    '2026-05-27T15:44:34.007Z'
    """
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def from_wire(text: str) -> datetime:
    """Read a time in any of the forms that clients send; without a zone it is UTC.

    Raises
    ------
    ValueError
        When `text` is no time.

    Examples
    --------
    >>> from_wire("2020-12-31T23:03:40Z").hour, from_wire("2020-12-31").year
    (23, 2020)
    """
    cleaned = text.strip()
    if len(cleaned) == len("2020-12-31"):
        return datetime.combine(date.fromisoformat(cleaned), time(), UTC)
    moment = datetime.fromisoformat(cleaned)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def utc_now() -> str:
    """Return the present time as the API writes it."""
    return to_wire(datetime.now(UTC))


def in_future(lifetime: timedelta) -> str:
    """Return the time in `lifetime` from now, as the API writes it."""
    return to_wire(datetime.now(UTC) + lifetime)


def seconds_until(moment: str) -> float:
    """Return how long to wait for a time; a little more than needed, so that it has come.

    Examples
    --------
    >>> seconds_until("2020-12-31T23:03:40Z")
    0.001
    """
    return max((from_wire(moment) - datetime.now(UTC)).total_seconds(), 0) + 0.001
