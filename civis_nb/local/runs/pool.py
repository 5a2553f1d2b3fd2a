"""The workers that carry out runs: a fixed number for each kind, with a queue."""

from __future__ import annotations

import atexit
import logging
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import TypeVar

from sqlalchemy.exc import DatabaseError

from civis_nb.cancellation import STOPPED, CancelToken
from civis_nb.errors import CivisLocalError, OperationCancelledError
from civis_nb.local.context import PlatformContext
from civis_nb.local.runner.base import Executor
from civis_nb.local.runs import jobs as states
from civis_nb.local.runs.fair_queue import FairQueue
from civis_nb.local.runs.handlers import handler_of
from civis_nb.local.runs.logs import RunLog
from civis_nb.local.runs.task import REQUESTING_RUN, RunTask
from civis_nb.local.store.descriptors import is_exhausted
from civis_nb.local.store.full_disk import Reserve, is_full, no_space_text
from civis_nb.local.store.locked import is_locked, store_is_locked

__all__ = ["PROCESS_WORKERS", "SQL_WORKERS", "STOPPED_MESSAGE", "JobRunner"]

#: How many statements, exports, imports and preparations of files run at once.
SQL_WORKERS = 8
#: How many processes run at once.
PROCESS_WORKERS = 4

STOPPED_MESSAGE = "The local platform was stopped while this run was active. Start it again."
#: How long `stop` waits for workers: what they do ends at once when it is cancelled.
_STOP_WAIT_S = 15.0
#: Seconds between two attempts to store the end of a run on a full disk.
_FULL_DISK_WAIT_S = 1.0
#: The same for a store that can't be opened, because too many files are.
_DESCRIPTORS_WAIT_S = 0.05

T = TypeVar("T")

_logger = logging.getLogger(__name__)


@dataclass
class _Lane:
    """Workers of one kind, and what waits for them."""

    name: str
    workers: int
    waiting: FairQueue = field(default_factory=FairQueue)
    threads: list[threading.Thread] = field(default_factory=list)

    def start(self, serve: Callable[[_Lane], None]) -> None:
        """Start the workers, each of which calls ``serve``."""
        for number in range(self.workers):
            # Daemons: a platform that was not stopped must not keep the program from ending.
            thread = threading.Thread(
                target=serve, args=(self,), name=f"civis-{self.name}-{number}", daemon=True
            )
            self.threads.append(thread)
            thread.start()

    def close(self) -> None:
        """End each worker after what it is doing."""
        self.waiting.close()


@dataclass
class _ActiveRun:
    """A run that is queued or running here; ``depth`` counts the runs that wait for it."""

    depth: int
    token: CancelToken = field(default_factory=CancelToken)
    #: None until a worker has begun it.
    log: RunLog | None = None
    #: Set once the run has ended and its state is stored.
    ended: threading.Event = field(default_factory=threading.Event)


class JobRunner:
    """Carries out the runs of one platform.

    Parameters
    ----------
    context
        The platform.
    executor
        Carries out the commands of scripts.
    sql_workers, process_workers
        How many runs of each kind go on at once, beside those that a process has started.
    run_ended
        Called with the id of a run once its end is stored.
    """

    def __init__(
        self,
        context: PlatformContext,
        executor: Executor,
        *,
        sql_workers: int = SQL_WORKERS,
        process_workers: int = PROCESS_WORKERS,
        run_ended: Callable[[int], None] = lambda _run_id: None,
    ) -> None:
        self._context = context
        self._run_ended = run_ended
        self._executor = executor
        self._lanes = {
            ("sql", 0): _Lane("sql", sql_workers),
            ("process", 0): _Lane("process", process_workers),
        }
        self._lock = threading.Lock()
        self._active: dict[int, _ActiveRun] = {}
        self._state = "new"
        self._stopping = threading.Event()
        self._reserve = Reserve(context.state / "reserve")

    def start(self) -> None:
        """Start the workers.

        Raises
        ------
        CivisLocalError
            When the runner was started before.
        """
        with self._lock:
            if self._state != "new":
                raise CivisLocalError("A job runner can be started once only.")
            self._state = "started"
            for lane in self._lanes.values():
                lane.start(self._serve)
        atexit.register(self.stop)

    def submit(self, run_id: int, job_type: str, user_id: int) -> bool:
        """Queue a run of a user's job of this type; users take turns at the free workers.

        Return whether a worker is free for it, so that it begins at once.
        """
        with self._lock:
            if self._state == "stopped":
                states.finish_run(self._context.store, run_id, "failed", STOPPED_MESSAGE)
                return False
            parent = self._active.get(REQUESTING_RUN.get() or 0)
            self._active[run_id] = _ActiveRun(parent.depth + 1 if parent is not None else 0)
            count = len(self._active)
        lane = self._lane(run_id, job_type)
        lane.waiting.put(user_id, run_id)
        # All active runs are counted: those of other lanes take processor time, too.
        return count <= lane.workers

    def _lane(self, run_id: int, job_type: str) -> _Lane:
        """Return the workers of a run.

        A process that starts jobs holds a worker while it waits for them. They have workers of
        their own, or several such processes would wait for each other's for ever.
        """
        kind = handler_of(job_type).workers
        with self._lock:
            depth = self._active[run_id].depth if kind == "process" else 0
            if (kind, depth) not in self._lanes:
                lane = _Lane(f"{kind}-{depth}", self._lanes[kind, 0].workers)
                self._lanes[kind, depth] = lane
                if self._state == "started":
                    lane.start(self._serve)
                elif self._state == "stopped":
                    lane.close()
            return self._lanes[kind, depth]

    def cancel(self, run_id: int) -> bool:
        """Request the end of a run; return False when it has ended already."""
        had = states.request_cancel(self._context.store, run_id)
        active = self._active.get(run_id)
        if active is not None and had == "queued":
            active.ended.set()
        if active is not None and had is not None:
            active.token.cancel()
        is_abandoned = had == "running" and active is None
        if is_abandoned:
            # No worker has it any more: its end could not be stored when it came.
            states.finish_run(self._context.store, run_id, "cancelled")
        if had == "queued" or is_abandoned:
            self._run_ended(run_id)
        return had is not None

    def wait(self, run_id: int, timeout_s: float) -> bool:
        """Wait for the end of a run; return False when it does not come in time."""
        active = self._active.get(run_id)
        return active is None or active.ended.wait(timeout_s)

    def store_log(self, run_id: int) -> None:
        """Store what a run has written into its log and still waits, because it is read now."""
        active = self._active.get(run_id)
        if active is not None and active.log is not None:
            active.log.flush()

    def stop(self) -> None:
        """Stop the workers: active runs fail with a message, their processes end."""
        with self._lock:
            if self._state == "stopped":
                return
            was_started, self._state = self._state == "started", "stopped"
            self._stopping.set()
            runs, lanes = dict(self._active), list(self._lanes.values())
        atexit.unregister(self.stop)
        # The waiting ones first: a worker that becomes free must not begin one of them.
        self._fail_runs(among=("queued",))
        for active in runs.values():
            active.token.cancel(STOPPED)
        for lane in lanes:
            lane.close()
        if was_started:
            self._join()
        self._fail_runs()
        for active in runs.values():
            active.ended.set()

    def _fail_runs(self, among: Sequence[str] = states.ACTIVE) -> None:
        """Store that the runs in some states have failed; else the next start does so."""
        self._reserve.release()
        try:
            states.fail_runs(self._context.store, STOPPED_MESSAGE, among)
        except DatabaseError as failure:
            if is_full(failure):
                _logger.warning("%s", no_space_text(self._context.state, failure))
            elif is_locked(failure):
                _logger.warning("%s", store_is_locked())
            else:
                raise

    def _join(self) -> None:
        """Wait for the workers, but not for ever."""
        deadline = time.monotonic() + _STOP_WAIT_S
        for lane in list(self._lanes.values()):
            for thread in lane.threads:
                if thread is not threading.current_thread():
                    thread.join(max(deadline - time.monotonic(), 0))

    def _serve(self, lane: _Lane) -> None:
        """Carry out the runs of a lane, one after the other; the target of a thread."""
        while (run_id := lane.waiting.get()) is not None:
            active = self._active[run_id]
            try:
                task = self._claim(run_id, active)
                if task is not None:
                    with self._outcome_stored(task):
                        task.cancel.raise_if_cancelled()
                        handler_of(task.job_type).run(task)
            except Exception:
                # The store itself failed: a cancel ends the run, or the platform's next start.
                _logger.exception("The state of run %s could not be stored.", run_id)
            finally:
                active.ended.set()
                with self._lock:
                    self._active.pop(run_id, None)
                self._run_ended(run_id)

    def _claim(self, run_id: int, active: _ActiveRun) -> RunTask | None:
        """Move a queued run to running, and return what to do; None when it is queued no more."""
        job = self._retried(partial(states.claim_run, self._context.store, run_id))
        if job is None:
            return None
        self._reserve.fill()
        active.log = RunLog(self._context.logs, run_id)
        return RunTask(
            context=self._context,
            executor=self._executor,
            run_id=run_id,
            job_id=job.id,
            job_type=job.type,
            job_name=job.name,
            user_id=job.user_id,
            body=dict(job.body),
            log=active.log,
            cancel=active.token,
        )

    @contextmanager
    def _outcome_stored(self, task: RunTask) -> Iterator[None]:
        """Store how the block ended as the end of the run, then do what was put off until then."""
        state, error = "succeeded", None
        try:
            yield
        except OperationCancelledError:
            state = "cancelled"
            if task.cancel.reason == STOPPED:
                state, error = "failed", STOPPED_MESSAGE
        except CivisLocalError as failure:
            state, error = "failed", str(failure) or type(failure).__name__
        except Exception as failure:
            # The run ends, and with it the waiting of all who wait for it.
            state, error = "failed", self._unexpected(failure, task)
        if state == "succeeded" and task.cancel.cancelled:
            task.log.add("warn", "The work was complete before the request to end it took effect.")
        self._finish(task, state, error)

    def _unexpected(self, failure: Exception, task: RunTask) -> str:
        """Return the error of a run that failed for a reason that is not its own."""
        if is_full(failure):
            return no_space_text(self._context.state, failure)
        _logger.error("Run %s of job %s failed.", task.run_id, task.job_id, exc_info=failure)
        return f"The local platform failed to carry this out: {failure!r}."

    def _finish(self, task: RunTask, state: str, error: str | None) -> None:
        """Store a run's log and its end, then call what waits for that."""
        try:
            self._retried(task.log.flush, full_disk=False)
        except OSError as failure:
            # Its end comes first: the log could take all that the reserve gives, and clients wait
            # for the end of the run whatever has become of its log.
            count = task.log.drop_pending()
            reason = "the disk was full" if is_full(failure) else str(failure)
            lines = "1 line" if count == 1 else f"{count} lines"
            lost = f"{lines} of the log could not be stored: {reason}."
            error = lost if error is None else f"{error} {lost}"
        self._retried(
            partial(
                states.finish_run,
                self._context.store,
                task.run_id,
                state,
                error,
                task.result or None,
                complete=task.complete,
            )
        )
        for call in task.afterwards:
            call()

    def _retried(self, action: Callable[[], T], *, full_disk: bool = True) -> T:
        """Read or change the store, however long it can't be opened or written to.

        Clients wait for the run that it is about, which must not be lost.
        """
        while True:
            try:
                return action()
            except (DatabaseError, OSError) as failure:
                if is_exhausted(failure):
                    self._context.store.check_present()
                    is_over = self._stopping.wait(_DESCRIPTORS_WAIT_S)
                elif is_locked(failure):
                    is_over = self._stopping.is_set()  # it has waited for the lock already
                elif full_disk and is_full(failure):
                    is_over = not self._reserve.release() and self._stopping.wait(_FULL_DISK_WAIT_S)
                else:
                    raise
                if is_over:
                    raise
