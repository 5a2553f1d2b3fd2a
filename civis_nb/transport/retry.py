"""What is retried, when, and for how long.

==========================  =============================================  ===============
fault                       verbs                                          attempts
==========================  =============================================  ===============
429, 502, 503, 504          GET, HEAD, OPTIONS, TRACE, PUT, DELETE         10
429, 503                    POST; a 503 only after a check                 10
no connection               the same verbs and POST                        4
answer lost, no answer      the same verbs, not POST                       4, 3
500, answer cut or garbled  GET, HEAD                                      4
==========================  =============================================  ===============

PATCH is never repeated. Attempts end with the setting ``failure_budget_s``. ``Retry-After``, a
number or a date, is the least wait.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from civis_nb import config
from civis_nb.transport.faults import Fault, Outcome

if TYPE_CHECKING:
    import tenacity

__all__ = ["MAX_ATTEMPTS", "is_retryable", "retry_after_s", "run"]

MAX_ATTEMPTS = 10
_MAX_WAIT_S = 60.0
_FOR_EVER_S = 24 * 3600.0

_IDEMPOTENT = frozenset({"GET", "HEAD", "OPTIONS", "TRACE", "PUT", "DELETE"})
_READS = frozenset({"GET", "HEAD"})
_STATUSES = frozenset({429, 502, 503, 504})
_POST_STATUSES = frozenset({429, 503})
_FAULT_ATTEMPTS: Mapping[Fault, int] = {"unsent": 4, "broken": 4, "malformed": 4, "timeout": 3}


def is_retryable(method: str, outcome: Outcome) -> bool:
    """Return whether another attempt may help and can do no harm.

    A POST that was answered by 503 counts as such; the caller must check before it repeats one.
    """
    fault = outcome.fault
    if fault == "status":
        status = outcome.status
        if method in _IDEMPOTENT:
            return status in _STATUSES or (status == 500 and method in _READS)
        return method == "POST" and status in _POST_STATUSES
    if fault == "unsent":
        return method in _IDEMPOTENT or method == "POST"
    if fault == "malformed":
        return method in _READS
    return fault in ("broken", "timeout") and method in _IDEMPOTENT


def retry_after_s(headers: Mapping[str, str] | None, now: float | None = None) -> float:
    """Return the seconds that a server asks to wait; 0 where it doesn't.

    Parameters
    ----------
    headers
        Of its reply; None: no reply came.
    now
        The present time in seconds since 1970, for tests; None: the clock's.

    Examples
    --------
    >>> retry_after_s({"Retry-After": "1.5"}), retry_after_s({"Retry-After": "soon"})
    (1.5, 0.0)
    """
    text = str((headers or {}).get("Retry-After") or "").strip()
    if not text:
        return 0.0
    try:
        seconds = float(text)
    except ValueError:
        seconds = _until(text, time.time() if now is None else now)
    return seconds if 0 < seconds < float("inf") else 0.0


def _until(date: str, now: float) -> float:
    """Return the seconds until an HTTP date; 0 where it can't be read."""
    from datetime import UTC
    from email.utils import parsedate_to_datetime

    try:
        when = parsedate_to_datetime(date)
        # The old form of an HTTP date names no zone; all of them are GMT.
        return when.replace(tzinfo=when.tzinfo or UTC).timestamp() - now
    except (ValueError, TypeError, OverflowError):
        return 0.0


def run(
    method: str, attempt: Callable[[], Outcome], retrying: tenacity.Retrying | None = None
) -> Outcome:
    """Call `attempt` until it is not worth repeating or the time is up; return the last outcome.

    Parameters
    ----------
    method
        The HTTP method, upper case.
    attempt
        Makes one; must not raise for what may be repeated.
    retrying
        The user's own policy: its waits and its end are kept, what is repeated is ours.
    """
    if retrying is not None:
        return _with_policy(retrying, method, attempt)
    first = attempt()
    if not is_retryable(method, first):
        return first
    # tenacity is slow to import; most processes never need it.
    import tenacity

    replay = [first]
    policy = tenacity.Retrying(stop=_stop, wait=_wait)
    return _with_policy(policy, method, lambda: replay.pop() if replay else attempt())


def _with_policy(
    retrying: tenacity.Retrying, method: str, attempt: Callable[[], Outcome]
) -> Outcome:
    """Attempt a request as a user's own policy says, within the limits of what is safe."""
    import tenacity

    policy = retrying.copy(
        retry=tenacity.retry_if_result(lambda outcome: is_retryable(method, outcome)),
        stop=_before_for_ever(retrying.stop),
        wait=_at_least_retry_after(retrying.wait),
        retry_error_callback=lambda state: _outcome_of(state),
        reraise=True,
    )
    return policy(attempt)


def _outcome_of(state: tenacity.RetryCallState) -> Outcome:
    """Return how the last attempt of a policy ended."""
    future = state.outcome
    outcome = None if future is None else future.result()
    return outcome if isinstance(outcome, Outcome) else Outcome("final")


def _at_least_retry_after(wait: Any) -> Callable[[tenacity.RetryCallState], float]:
    """Return a policy's wait, prolonged to what the server asked for."""

    def seconds(state: tenacity.RetryCallState) -> float:
        return max(float(wait(state)) if wait else 0.0, retry_after_s(_outcome_of(state).headers))

    return seconds


def _before_for_ever(stop: Any) -> Callable[[tenacity.RetryCallState], bool]:
    """Return a policy's stop, which also applies when a server asks for too long a wait."""

    def ends(state: tenacity.RetryCallState) -> bool:
        return retry_after_s(_outcome_of(state).headers) > _FOR_EVER_S or bool(stop(state))

    return ends


def _stop(state: tenacity.RetryCallState) -> bool:
    """Return whether there were attempts enough."""
    outcome = _outcome_of(state)
    most = _FAULT_ATTEMPTS.get(outcome.fault, MAX_ATTEMPTS)
    if outcome.status == 500:
        most = _FAULT_ATTEMPTS["broken"]
    elapsed = state.seconds_since_start or 0.0
    budget_s = float(config.get("failure_budget_s"))
    return state.attempt_number >= most or elapsed + retry_after_s(outcome.headers) > budget_s


def _wait(state: tenacity.RetryCallState) -> float:
    """Return the seconds before the next attempt."""
    outcome = _outcome_of(state)
    n = state.attempt_number
    if outcome.fault == "broken" and n == 1:
        # As a rule a kept connection that the server has just closed: a fresh one serves at once.
        return 0.0
    if outcome.fault == "status" and outcome.status != 500:
        most = min(_MAX_WAIT_S, 2.0 * 2 ** (n - 1))
    else:
        most = min(_MAX_WAIT_S, 0.25 * 2**n)
    import random

    # Random, so that many clients do not repeat at the same moment; no secret depends on it.
    return random.uniform(0, most)  # noqa: S311
