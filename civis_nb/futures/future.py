"""CivisFuture: a run of the platform as a future."""

from __future__ import annotations

import logging
import threading
import time
import warnings
from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from civis_nb._tracebacks import in_ipython
from civis_nb.client.protocol import client_or_default
from civis_nb.errors import CivisInputError, CivisJobFailure, CivisSQLError, CivisTimeoutError
from civis_nb.futures.failed_run import add_logs, failure_of_run
from civis_nb.futures.failures import error_text, reason_in_logs
from civis_nb.futures.interrupts import cancel_run
from civis_nb.futures.run import Run
from civis_nb.futures.run_result import RunResult
from civis_nb.futures.states import CANCELLED, DONE, field, state_of

if TYPE_CHECKING:
    from civis_nb.client.protocol import Client

__all__ = ["CivisFuture"]

log = logging.getLogger(__name__)

#: How long `cancel` waits to see the run end.
_CANCEL_GRACE_S = 1.0
#: Reads of the log of a run that failed without a message, while the log is still being written.
_REASON_READS = 4
_REASON_WAIT_S = 0.5
#: Tries to start a run again while the platform says that the failed one is active.
_AGAIN_TRIES = 8


class CivisFuture(RunResult):
    """A run of a job, script, query, import or workflow, as a `concurrent.futures.Future`.

    One scheduler polls for all futures of a process. A poll that fails does not fail the
    future: the run goes on, and is polled again, for the setting
    ``failure_budget_s``; only when the API says
    that the run is not there, or refuses the key, the future ends at once.

    Parameters
    ----------
    poller
        The client's method that returns the run's state, e.g. ``client.scripts.get_sql_runs``.
    poller_args
        Its arguments: the job's id and the run's id.
    polling_interval
        Seconds between polls; None: the setting ``poll_interval_s``, else soon at first,
        later less often, at most 15 s apart.
    client
        The client for logs, outputs, cancelling and retries; None: the poller's own.
    poll_on_creation
        Whether to poll at once; else after the first interval.
    max_retries
        How many more runs to start, one after the other, when the run fails.
    cancel_on_interrupt
        Whether interrupting a wait for the result cancels the run; else it goes on.
    progress
        Whether a wait that takes a while is shown; None: when a person is watching.
    seen
        What the platform has said of the run already, such as the answer to its start. Where that
        state is final, nothing is polled.

    Raises
    ------
    CivisInputError
        When an argument can't be what it is.

    Examples
    --------
    >>> def poll(job_id, run_id):
    ...     return {"id": run_id, "state": "succeeded"}
    >>> future = CivisFuture(poll, (1, 2))
    >>> future.result(timeout=30)
    {'id': 2, 'state': 'succeeded'}
    >>> future
    <CivisFuture: job 1 / run 2: succeeded>
    """

    def __init__(
        self,
        poller: Callable[..., Any],
        poller_args: Sequence[Any],
        polling_interval: int | float | None = None,
        client: Client | None = None,
        poll_on_creation: bool = True,
        max_retries: int | None = None,
        *,
        cancel_on_interrupt: bool = False,
        progress: bool | None = None,
        seen: Any = None,
    ) -> None:
        if max_retries is not None and (not isinstance(max_retries, int) or max_retries < 0):
            raise CivisInputError(f"max_retries can't be {max_retries!r}: it is 0 or more.")
        self._retries_left = max_retries or 0
        self._run = Run.polled_by(poller, poller_args, client)
        # Whether `cancel` was called: from then on no new run is started.
        self._cancel_requested = False
        #: When the platform accepted that, by the monotonic clock.
        self._cancel_accepted_at: float | None = None
        self._cancel_confirmed = False
        #: The time that `cancel_after` gave and that is up; None before.
        self._expired_after_s: float | None = None
        self._cancel_on_interrupt = cancel_on_interrupt
        self._progress = progress
        super().__init__(poller, poller_args, polling_interval, client, poll_on_creation, seen=seen)

    @classmethod
    def from_run(
        cls,
        job_id: int,
        run_id: int,
        client: Client | None = None,
        polling_interval: int | float | None = None,
    ) -> CivisFuture:
        """Return the future of a run that was started elsewhere, or in an earlier session.

        Parameters
        ----------
        job_id, run_id
            The job, or the script, import or query of any type; and its run.
        client
            The client; None: a new one.
        polling_interval
            As for `CivisFuture`.

        Returns
        -------
        CivisFuture
            As `civis_nb.utils.run_job` returns it.

        Raises
        ------
        CivisInputError
            When an argument can't be what it is.

        Examples
        --------
        >>> from civis_nb import local
        >>> with local.start(samples=False) as platform:
        ...     client = platform.client()
        ...     script = client.scripts.post_python3(name="seven", source="print(7)")
        ...     run = client.scripts.post_python3_runs(script.id)
        ...     CivisFuture.from_run(script.id, run.id, client).result(timeout=60).state
        'succeeded'
        """
        for name, value in (("job_id", job_id), ("run_id", run_id)):
            if isinstance(value, bool) or not isinstance(value, int):
                raise CivisInputError(f"{name} can't be {value!r}: it is a number.")
        client = client_or_default(client)
        # Imported here: it is a CivisFuture itself.
        from civis_nb.futures.job import JobFuture

        return JobFuture(client.jobs.get_runs, (job_id, run_id), polling_interval, client=client)

    def cancel(self) -> bool:
        """Stop the run on the platform.

        The request is sent, then the run's state is read again, for at most a second. After
        True the future has ended, as that of any executor; `state` is what was seen last of the
        run, which the platform may take longer to stop.

        Returns
        -------
        bool
            True when the run is cancelled or the platform has accepted to stop it; False when
            it ended otherwise, or could not be stopped (a warning then says why).
        """
        if self._ended():
            return self.cancelled()
        self._cancel_requested = True
        try:
            answer = self._request_cancel()
        except Exception as error:
            if getattr(error, "status_code", None) != 404:
                message = f"{self._subject()}could not be cancelled and may go on: {error}"
                warnings.warn(message, RuntimeWarning, stacklevel=2)
                return False
            self._poll_now()  # the platform says that it has ended: see how
            return self._ended() and self.cancelled()
        self._cancel_accepted_at = self._clock_started = time.monotonic()
        self._cancel_confirmed = state_of(answer) in CANCELLED
        self._poll_now()
        if not self._ended() and not self._scheduler.is_worker():
            self._end_cancelled()
        return not self._ended() or self.cancelled()

    @property
    def cancel_requested(self) -> bool:
        """Whether `cancel` was called."""
        return self._cancel_requested

    def cancel_after(self, timeout_s: float) -> None:
        """Cancel the run when it has not ended after some time; the future then fails.

        Parameters
        ----------
        timeout_s
            Seconds from now. What `result` then raises is a `CivisTimeoutError`.
        """
        timer = threading.Timer(timeout_s, self._expire, (timeout_s,))
        timer.daemon = True
        timer.start()
        self.call_at_end(lambda _: timer.cancel())

    def _expire(self, timeout_s: float) -> None:
        if not self._ended():
            self._expired_after_s = timeout_s
            self.cancel()

    def _end_cancelled(self) -> None:
        """End as cancelled; or as timed out, where `cancel_after` was the reason."""
        if self._expired_after_s is None:
            super()._end_cancelled()
            return
        self._fail(
            CivisTimeoutError(
                f"{self._subject()}not done within {self._expired_after_s:g} s, and cancelled."
            )
        )

    def _cancelled_text(self) -> str:
        if self._last_state in DONE:
            return super()._cancelled_text()
        return (
            f"{self._subject()}cancelled; its state was {self._last_state} when it was last seen, "
            "and the platform stops it."
        )

    def _when_interrupted(self) -> str:
        return cancel_run(self) if self._cancel_on_interrupt else super()._when_interrupted()

    def _request_cancel(self) -> Any:
        return self._found_run().cancel(self.client)

    def _poll_now(self) -> None:
        """Poll the run at once, and wait a moment for its end."""
        ended = threading.Event()
        self.call_at_end(lambda _: ended.set())
        self._scheduler.wake(self)
        if not self._scheduler.is_worker():
            ended.wait(_CANCEL_GRACE_S + 0.5)

    # The steps: called by the scheduler only, never two at once.

    def _next_wait_s(self) -> float:
        """Return the wait until the next poll; a cancelled run soon counts as ended."""
        if self._cancel_confirmed and self._cancel_accepted_at is not None:
            # The platform calls it cancelled, its record does not say so yet.
            if time.monotonic() - self._cancel_accepted_at > _CANCEL_GRACE_S:
                self._last_state = "cancelled"
                self._end_cancelled()
            return min(super()._next_wait_s(), _CANCEL_GRACE_S / 4)
        return super()._next_wait_s()

    def _run_failed(self, response: Any) -> float | None:
        """Start a failed run again while retries are left; else find out its error."""
        if self._retries_left > 0 and not self._cancel_requested:
            return self._start_again(response, _AGAIN_TRIES)
        text = error_text(response)
        if not text and not self._run.is_workflow:
            return self._read_reason(response, _REASON_READS)
        self._fail(self._failure(text, response))
        return None

    def _read_reason(self, response: Any, reads_left: int) -> float | None:
        """Search the log for the reason, which may lag behind the run."""
        entries: list[Any] = []
        more = False
        try:
            entries, more = self._found_run().last_log_entries(self.client)
        except Exception as error:
            log.debug("%sits log can't be read: %s", self._subject(), error)
        if not entries and more and reads_left > 1:
            self._stage = partial(self._read_reason, response, reads_left - 1)
            return _REASON_WAIT_S
        self._fail(self._failure(reason_in_logs(entries), response))
        return None

    def _failure(self, text: str, response: Any) -> CivisJobFailure:
        """Return the exception of a failed run; where a person reads it, with the log's end."""
        run = self._known_run()
        failed = failure_of_run(run, text, response, lambda: self.client)
        client = self._client_if_any()
        if client is not None and in_ipython() and not isinstance(failed, CivisSQLError):
            add_logs(failed, run, client)
        return failed

    def _start_again(self, response: Any, tries_left: int) -> float | None:
        """Start a new run of the job that failed, and poll that one from now on."""
        if self._cancel_requested:
            self._end_cancelled()
            return None
        try:
            run = self.client.jobs.post_runs(self.job_id)
        except Exception as error:
            if getattr(error, "status_code", None) == 409 and tries_left > 1:
                # The failed run still counts as active for a moment.
                self._stage = partial(self._start_again, response, tries_left - 1)
                return self._next_wait_s()
            failed = self._failure(error_text(response), response)
            failed.add_note(f"{self._subject()}a new run could not be started: {error}")
            self._fail(failed)
            return None
        log.info("%sfailed; run %s tries again", self._subject(), field(run, "id"))
        self._retries_left -= 1
        if self._run.run_id is not None:
            new_id = field(run, "id")
            self.poller_args = (self.poller_args[0], new_id, *self.poller_args[2:])
            self._run = Run(self._run.resource, self._run.method, self._run.job_id, new_id)
        self._stage = self._poll
        self._clock_started = time.monotonic()
        if self._cancel_requested:
            # Since this step began: what was cancelled is the run before.
            try:
                self._request_cancel()
            except Exception as error:
                log.warning("%scould not be cancelled and may go on: %s", self._subject(), error)
        return self._next_wait_s()
