"""When to poll a run again: the intervals, and how many failed polls are tolerated."""

from __future__ import annotations

import json
import math
import time

from civis_nb import config
from civis_nb.errors import (
    CivisArgumentError,
    CivisClientError,
    CivisInputError,
    CivisNotImplementedError,
    CivisPlatformEndedError,
)

__all__ = [
    "MAX_LOCAL_WAIT_S",
    "MAX_WAIT_S",
    "FailureBudget",
    "checked_interval",
    "next_wait_s",
    "passes",
]

#: The wait after the first poll, and how it grows with the run's age: a small import or query of
#: the local platform takes about as long ...
FIRST_WAIT_S, FIRST_SHARE = 0.002, 0.6
#: ... then, while the age is small ...
EARLY_WAIT_S, EARLY_SHARE = 0.05, 0.15
#: ... and from then on: a poll comes at most this, and this share of the age, after the end.
LATE_WAIT_S, LATE_SHARE = 0.2, 0.05
#: No wait is longer than this.
MAX_WAIT_S = 15.0
#: Polls a second that the adaptive futures of a process make together, at most.
MAX_POLLS_PER_S = 100.0
#: Polls of a platform on this machine cost little, and are to show soon that it has ended.
MAX_LOCAL_WAIT_S = 3.0
#: How many answers in a row may be unreadable before the future gives up.
MAX_UNREADABLE = 8

#: Statuses of refusals that pass: timeout, too early, too many requests.
_PASSING_CLIENT_ERRORS = frozenset({408, 425, 429})
#: Names under which other clients raise what passes; their modules are not imported here.
_PASSING_NAMES = frozenset({"RetryError", "HTTPError", "ProtocolError", "IncompleteRead"})


def checked_interval(given: float | None) -> float | None:
    """Return the fixed wait between polls, in seconds; None for the adaptive interval.

    Parameters
    ----------
    given
        What the caller asked for; None: the setting ``poll_interval_s``.

    Raises
    ------
    CivisInputError
        When it is not a positive number; a TypeError too when it is no number.

    Examples
    --------
    >>> checked_interval(0.05)
    0.05
    """
    if given is None:
        setting = config.get("poll_interval_s")
        return None if setting is None else float(setting)
    is_number = isinstance(given, int | float) and not isinstance(given, bool)
    if not is_number or not 0 < given < math.inf:
        kind = CivisInputError if is_number else CivisArgumentError
        raise kind(
            f"polling_interval can't be {given!r}: it must be positive, a number of seconds."
        )
    return float(given)


def next_wait_s(
    age_s: float, active: int = 1, calls_left: int | None = None, calls_limit: int | None = None
) -> float:
    """Return the adaptive wait before the next poll of a run, in seconds.

    It grows with the run's age, so that the end of a short run is known at once and a long run
    costs few requests. It stretches when many futures share the process, and when more than half
    of the calls that the server takes are used up.

    Parameters
    ----------
    age_s
        Seconds since the future began to poll.
    active
        How many futures are being polled in this process.
    calls_left, calls_limit
        How many calls the server still takes, and of how many; None where it does not say.

    Examples
    --------
    >>> [round(next_wait_s(age), 2) for age in (0.01, 1, 10, 60, 3600)]
    [0.01, 0.2, 0.7, 3.2, 15.0]
    >>> next_wait_s(0, active=200)
    2.0
    """
    age_s = max(age_s, 0.0)
    wait = min(
        FIRST_WAIT_S + FIRST_SHARE * age_s,
        EARLY_WAIT_S + EARLY_SHARE * age_s,
        LATE_WAIT_S + LATE_SHARE * age_s,
    )
    if active > 1:
        wait = max(wait, active / MAX_POLLS_PER_S)
    if calls_left is not None and calls_limit and 2 * calls_left < calls_limit:
        wait *= calls_limit / (2 * calls_left) if calls_left > 0 else MAX_WAIT_S / wait
    return min(wait, MAX_WAIT_S)


class FailureBudget:
    """Decides how long failed polls are tolerated: the run goes on without the connection.

    That is the setting ``failure_budget_s``.
    """

    def __init__(self) -> None:
        self._limit_s = float(config.get("failure_budget_s"))
        self._since: float | None = None
        self._failures = 0
        self._unreadable = 0

    def reset(self) -> None:
        """Forget the failures, after a poll that succeeded."""
        self._since = None
        self._failures = self._unreadable = 0

    def wait_s(self, error: BaseException) -> float | None:
        """Return the seconds to wait after a failed poll; None to give up.

        Parameters
        ----------
        error
            What the poll raised.
        """
        kind = _kind(error)
        if kind == "final":
            return None
        now = time.monotonic()
        self._since = now if self._since is None else self._since
        self._failures += 1
        self._unreadable = self._unreadable + 1 if kind == "unreadable" else 0
        if now - self._since > self._limit_s or self._unreadable > MAX_UNREADABLE:
            return None
        return float(min(0.25 * 2 ** min(self._failures, 10), MAX_WAIT_S))


def passes(error: BaseException) -> bool:
    """Return whether what failed with an error may well succeed when it is tried again."""
    return _kind(error) != "final"


def _kind(error: BaseException) -> str:
    """Return whether an error passes, is an unreadable answer, or is final."""
    status = getattr(error, "status_code", None)
    if status is None:  # as requests' own errors have it
        status = getattr(getattr(error, "response", None), "status_code", None)
    name = type(error).__name__
    if isinstance(error, CivisPlatformEndedError | CivisNotImplementedError):
        return "final"
    if isinstance(error, CivisClientError | json.JSONDecodeError) or name == "CivisClientError":
        # Before the status: an answer 200 that can't be read has one, too.
        return "unreadable"
    if isinstance(status, int) and status >= 400:
        passing = status >= 500 or status in _PASSING_CLIENT_ERRORS
        return "passing" if passing else "final"
    if isinstance(error, OSError) or name in _PASSING_NAMES:
        # Every connection error and timeout, of requests as well, is an OSError.
        return "passing"
    return "final"
