"""Futures whose end is found out by polling: the part that knows nothing of jobs."""

from __future__ import annotations

import contextlib
import logging
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future, InvalidStateError
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any

from civis_nb.client.protocol import client_or_default
from civis_nb.errors import (
    CivisClientError,
    CivisJobFailure,
    CivisPlatformEndedError,
)
from civis_nb.futures import poller as scheduling
from civis_nb.futures.failures import error_text
from civis_nb.futures.states import (
    CANCELLED,
    DONE,
    FAILED,
    SUCCEEDED,
    state_of,
)
from civis_nb.futures.subscribers import Subscriber, Subscribers
from civis_nb.futures.timing import (
    MAX_LOCAL_WAIT_S,
    FailureBudget,
    checked_interval,
    next_wait_s,
)
from civis_nb.futures.watched import WatchedResult

if TYPE_CHECKING:
    from civis_nb.client.protocol import Client

__all__ = ["PollableResult"]

log = logging.getLogger(__name__)

#: How long a question about the state waits for the first poll.
_FIRST_POLL_TIMEOUT_S = 10.0


class PollableResult(WatchedResult):
    """A future that calls a function until the state that it returns is final.

    Parameters
    ----------
    poller
        Returns a response with a ``state``.
    poller_args
        What it is called with.
    polling_interval
        Seconds between polls; None: soon at first, later less often, at most 15 s apart.
    client
        The client for everything but polling; None: one is made when it is needed.
    poll_on_creation
        Whether to poll at once; else after the first interval.
    seen
        What the platform has said of it already, such as the answer to its start. Where that
        state is final, nothing is polled.

    Raises
    ------
    CivisInputError
        When `polling_interval` is not a positive number.

    Examples
    --------
    >>> states = iter(["queued", "running", "succeeded"])
    >>> future = PollableResult(lambda: {"state": next(states)}, (), polling_interval=0.01)
    >>> future.result(timeout=30)
    {'state': 'succeeded'}
    """

    def __init__(
        self,
        poller: Callable[..., Any],
        poller_args: Sequence[Any],
        polling_interval: int | float | None = None,
        client: Client | None = None,
        poll_on_creation: bool = True,
        *,
        seen: Any = None,
    ) -> None:
        super().__init__()
        self.poller = poller
        self.poller_args = poller_args
        self.polling_interval = checked_interval(polling_interval)
        if client is not None:
            self.client = client
        self.poll_on_creation = poll_on_creation
        self._scheduler = scheduling.default
        self._failure_budget = FailureBudget()
        self._created = self._clock_started = time.monotonic()
        self._stage: Callable[[], float | None] = self._poll
        self._subscribers = Subscribers()
        self._first_poll_done = threading.Event()
        self._first_to_cancel = threading.Lock()
        state = state_of(seen)
        if state in SUCCEEDED:
            self._act_on(seen, state)
            self._first_poll_done.set()
        elif state in DONE:
            # Why it ended so may take requests to find out.
            self._stage = partial(self._act_on, seen, state)
            self._scheduler.add(self)
        else:
            self._scheduler.add(self, 0.0 if poll_on_creation else self._next_wait_s())

    @cached_property
    def client(self) -> Client:
        """The client that the future uses for everything but polling."""
        bound = getattr(getattr(self.poller, "__self__", None), "_client", None)
        return client_or_default(bound)

    def subscribe(self, callback: Subscriber) -> Callable[[], None]:
        """Call ``callback(future, response)`` at every poll that succeeds.

        It is called in a thread of the scheduler, without any lock, also for the last poll, and
        before `result` returns. A callback that raises is logged and not called again.

        Returns
        -------
        Callable
            Ends the subscription.
        """
        return self._subscribers.add(callback)

    # The questions of concurrent.futures.

    def done(self) -> bool:
        """Return whether it ended: well, in failure, or cancelled."""
        self._await_first_poll()
        return super().done()

    def cancelled(self) -> bool:
        """Return whether it was cancelled."""
        self._await_first_poll()
        return super().cancelled()

    def running(self) -> bool:
        """Return whether it has not ended: waiting in a queue counts as running."""
        return not self.done()

    def add_done_callback(self, fn: Callable[[Future[Any]], object]) -> None:
        """Call ``fn(future)`` at the end; at once when that was before.

        What it raises is logged, and raised by `result` where the run did not fail itself.
        """
        self._watch()
        super().add_done_callback(fn)

    def call_at_end(self, fn: Callable[[Future[Any]], object]) -> None:
        """Call ``fn(future)`` at the end, for a display: nobody waits for it, or fails with it."""
        self._watch()
        super().call_at_end(fn)

    def _call_back(self, fn: Callable[[Future[Any]], object]) -> None:
        # The step that ends the future calls it: whoever asks meanwhile need not wait for that.
        self._first_poll_done.set()
        super()._call_back(fn)

    def cancel(self) -> bool:
        """Return False: what is polled here has no way to be cancelled."""
        return super().cancelled()

    def cleanup(self) -> None:
        """Poll no more, until somebody asks for the result."""
        self._scheduler.remove(self)

    def _watch(self) -> None:
        """Ensure that the scheduler polls: after a fork, or a cleanup, it does not."""
        if not self._ended():
            self._scheduler.add(self)

    def _await_first_poll(self) -> None:
        """Wait for the first poll, so that the state of an old run is known at once."""
        self._watch()
        if self.poll_on_creation and not self._scheduler.is_worker():
            self._first_poll_done.wait(
                max(self._created + _FIRST_POLL_TIMEOUT_S - time.monotonic(), 0.0)
            )

    # The steps: called by the scheduler only, never two at once.

    def step(self) -> float | None:
        """Poll once; return the seconds until the next poll. For the scheduler."""
        try:
            return None if self._ended() else self._stage()
        except BaseException as error:
            # Only who waits for the result can receive it.
            self._fail(error)
            return None
        finally:
            self._first_poll_done.set()

    def after_fork(self) -> None:
        """Create new locks in a forked child. For the scheduler."""
        self._condition = threading.Condition()
        self._callbacks_changed = threading.Condition()
        if self._ended():  # a callback that runs does so in the parent alone
            self._callbacks_left = 0
        self._subscribers.after_fork()
        polled, self._first_poll_done = self._first_poll_done, threading.Event()
        if polled.is_set():
            self._first_poll_done.set()

    def _poll(self) -> float | None:
        """Poll once, and act on the state; return the seconds until the next step."""
        try:
            response = self.poller(*self.poller_args)
            state = state_of(response)
            if state is None:
                raise CivisClientError(f"{self._subject()}the answer has no state.")
        except Exception as error:
            return self._poll_failed(error)
        self._failure_budget.reset()
        self._last_poll_error = None
        return self._act_on(response, state)

    def _act_on(self, response: Any, state: str) -> float | None:
        """Act on what the platform says of the run; return the seconds until the next step."""
        self._last_seen, self._last_state = response, state
        self._subscribers.notify(self, response)
        if state in SUCCEEDED:
            return self._run_succeeded(response)
        if state in FAILED:
            return self._run_failed(response)
        if state in CANCELLED:
            self._end_cancelled()
            return None
        return self._next_wait_s()

    def _poll_failed(self, error: Exception) -> float | None:
        """Return the wait until the next try; fail the future when there were too many."""
        self._last_poll_error = error
        wait_s = self._failure_budget.wait_s(error)
        if wait_s is None:
            if not isinstance(error, CivisPlatformEndedError):
                error.add_note(f"{self._subject()}its state can't be found out; it may go on.")
            self._fail(error)
            return None
        log.debug("%s%s; polling again in %.1f s", self._subject(), error, wait_s)
        return max(wait_s, self.polling_interval or 0.0)

    def _next_wait_s(self) -> float:
        """Return the seconds until the next poll of a run that goes on."""
        if self.polling_interval is not None:
            return self.polling_interval
        left, limit = (
            value if isinstance(value := getattr(self._last_seen, name, None), int) else None
            for name in ("calls_remaining", "rate_limit")
        )
        age_s = time.monotonic() - self._clock_started
        wait_s = next_wait_s(age_s, self._scheduler.active, left, limit)
        session = getattr(self._client_if_any(), "_session", None)
        is_local = getattr(session, "is_known_local_platform", False) is True
        return min(wait_s, MAX_LOCAL_WAIT_S) if is_local else wait_s

    def _client_if_any(self) -> Any:
        """Return the client that there is: an address or a repr is no reason to make one."""
        own = self.__dict__.get("client")
        return own or getattr(getattr(self.poller, "__self__", None), "_client", None)

    # What follows from a final state; a subclass may do more. What is raised here fails the future.

    def _run_succeeded(self, response: Any) -> float | None:
        self.set_result(response)
        return None

    def _run_failed(self, response: Any) -> float | None:
        self._fail(CivisJobFailure(error_text(response) or "No reason was given.", response))
        return None

    def _fail(self, error: BaseException) -> None:
        with contextlib.suppress(InvalidStateError):  # it has ended, by `cancel` in another thread
            self.set_exception(error)

    def _end_cancelled(self) -> None:
        """End the future as a cancelled one; a second time it does nothing."""
        # Ours stays PENDING for concurrent.futures until its end, so that both steps are allowed.
        if self._first_to_cancel.acquire(blocking=False) and Future.cancel(self):
            self.set_running_or_notify_cancel()
