"""What carries out executions of workflows: one thread, woken by events and by the clock.

Every step of an execution is worked out in memory, then stored in one transaction together with
the jobs and runs that it starts. Only then are these submitted: a run whose start is not stored
never starts. After the end of the process, however it came, an execution goes on from what is
stored (`Engine.start`).
"""

from __future__ import annotations

import heapq
import logging
import threading
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field

from sqlalchemy import Connection
from sqlalchemy.exc import DatabaseError

from civis_nb.errors import CivisLocalError
from civis_nb.local.context import PlatformContext
from civis_nb.local.errors import Conflict
from civis_nb.local.runs.task import REQUESTING_RUN
from civis_nb.local.store import utc_now
from civis_nb.local.store.clock import seconds_until
from civis_nb.local.store.locked import may_pass
from civis_nb.local.workflows import requests
from civis_nb.local.workflows.actions import QueuedRun, start
from civis_nb.local.workflows.attempts import Attempts
from civis_nb.local.workflows.executions import (
    active_executions,
    check_may_be_active,
    fail_execution,
    parsed,
)
from civis_nb.local.workflows.outcomes import collect
from civis_nb.local.workflows.progress import Progress
from civis_nb.local.workflows.schedules import Schedules
from civis_nb.local.workflows.state import Action, Execution, Task, load, save

__all__ = ["Engine"]

_STOP_WAIT_S = 15.0
_LONGEST_WAIT_S = 30.0  # for a time, which may come sooner: machines sleep, clocks are set
#: Seconds between two attempts to store what can't be stored now.
_STORE_WAIT_S = 0.5

_logger = logging.getLogger(__name__)


@dataclass
class _Open:
    """An execution in memory."""

    execution: Execution
    progress: Progress
    attempts: Attempts
    #: The actions that run something, which may have ended meanwhile.
    to_check: deque[tuple[Task, Action]] = field(default_factory=deque)
    #: The numbers of tasks whose time has come.
    due: deque[int] = field(default_factory=deque)


class Engine:
    """Carries out the executions of one platform.

    Parameters
    ----------
    context
        The platform; its runner takes the runs of tasks.
    """

    def __init__(self, context: PlatformContext) -> None:
        self._context = context
        self._store = context.store
        #: Held by whoever changes an execution: a step, or a request.
        self._changing = threading.RLock()
        self._open: dict[int, _Open] = {}
        self._schedules = Schedules(context.store)
        #: Guards what is below, and is notified of it.
        self._changed = threading.Condition()
        self._waiting: deque[int] = deque()
        self._runs: dict[int, tuple[int, Task, Action]] = {}
        self._timers: list[tuple[str, int, int]] = []
        self._is_stopping = False
        self._requested_by: dict[int, int] = {}
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Continue the executions that were active when the platform ended, and take new ones."""
        with self._store.read() as connection:
            self._waiting.extend(active_executions(connection))
        self._schedules.skip_missed()
        # A daemon: a platform that was not stopped must not keep the program from ending.
        self._thread = threading.Thread(target=self._serve, name="civis-workflows", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """End the thread; executions go on when the platform starts again."""
        with self._changed:
            self._is_stopping = True
            self._changed.notify_all()
        if self._thread is not None:
            self._thread.join(_STOP_WAIT_S)

    def begin(self, execution_id: int) -> None:
        """Continue an execution that was stored: a new one starts."""
        requested_by = REQUESTING_RUN.get()
        with self._changed:
            if requested_by is not None:
                self._requested_by[execution_id] = requested_by
            self._wake(execution_id)

    def run_ended(self, run_id: int) -> None:
        """Continue the execution that a run belongs to; the end of the run is stored."""
        with self._changed:
            found = self._runs.pop(run_id, None)
            if found is not None:
                execution_id, task, action = found
                opened = self._open.get(execution_id)
                if opened is not None:
                    opened.to_check.append((task, action))
                self._wake(execution_id)

    def schedules_changed(self) -> None:
        """Read the schedules of workflows again: one was changed."""
        with self._changed:
            self._schedules.is_current = False
            self._changed.notify_all()

    def _wake(self, execution_id: int) -> None:
        """Queue a step of an execution; to be called with `_changed` held."""
        if execution_id not in self._waiting:
            self._waiting.append(execution_id)
            self._changed.notify_all()

    def cancel(self, execution_id: int) -> None:
        """Cancel an execution with all that it runs; raise Conflict when it has ended."""
        self._change(execution_id, requests.cancel)

    def resume(self, execution_id: int) -> None:
        """Continue a paused execution; raise Conflict when it is not paused."""
        self._change(execution_id, requests.resume)

    def rerun(self, execution_id: int, name: str | None) -> None:
        """Start a failed task anew, or all; raise Conflict when none can be."""
        self._change(execution_id, lambda one: requests.rerun(one, name), check_may_be_active)

    def _change(
        self,
        execution_id: int,
        change: Callable[[Progress], None],
        check: Callable[[Connection, Execution], None] | None = None,
    ) -> None:
        """Change an execution by a request, and store it."""
        with self._changing:
            opened = self._opened(execution_id)
            if opened is None:
                raise Conflict(f"Execution {execution_id} is not there any more.")
            try:
                change(opened.progress)
                self._write(opened, check=check)
                # What was held back by a pause has times that have passed.
                self._set_timers(opened, list(opened.execution.active.values()))
            except BaseException:
                self._forget(execution_id)
                raise
            finally:
                with self._changed:
                    self._wake(execution_id)

    def _serve(self) -> None:
        """Run one step after the other, until the engine stops; the target of the thread."""
        while (execution_id := self._next()) is not None:
            if execution_id == 0:
                self._guarded(self._start_scheduled, None)
            else:
                self._guarded(lambda one=execution_id: self._step(one), execution_id)  # type: ignore[misc]

    def _next(self) -> int | None:
        """Wait for something to do: an execution, 0 for a schedule, None for the end."""
        with self._changed:
            while not self._is_stopping:
                now = utc_now()
                while self._timers and self._timers[0][0] <= now:
                    _time, execution_id, number = heapq.heappop(self._timers)
                    opened = self._open.get(execution_id)
                    if opened is not None:
                        opened.due.append(number)
                    self._wake(execution_id)
                if not self._schedules.is_current or self._schedules.is_due(now):
                    return 0
                if self._waiting:
                    return self._waiting.popleft()
                times = (self._timers[0][0] if self._timers else None, self._schedules.next_at)
                waits = [seconds_until(time) for time in times if time is not None]
                self._changed.wait(min(*waits, _LONGEST_WAIT_S) if waits else None)
        return None

    def _guarded(self, work: Callable[[], None], execution_id: int | None) -> None:
        """Call `work`; repeat what can't be stored now, record any other failure."""
        try:
            with self._changing:
                work()
        except Exception as failure:
            with self._changing:
                if execution_id is not None:
                    self._forget(execution_id)
            if isinstance(failure, DatabaseError) and may_pass(failure):
                with self._changed:
                    self._changed.wait_for(lambda: self._is_stopping, _STORE_WAIT_S)
                    if execution_id is not None:
                        self._wake(execution_id)
                return
            _logger.exception("A step of execution %s failed.", execution_id)
            if execution_id is not None:
                self._fail(execution_id, f"The local platform failed to go on: {failure!r}.")
                return
            with self._changed:
                # The times of schedules have still come: don't spin.
                self._changed.wait_for(lambda: self._is_stopping, _STORE_WAIT_S)

    def _fail(self, execution_id: int, info: str) -> None:
        """End an execution that can't go on, and continue the one that has started it."""
        with suppress(DatabaseError), self._store.begin() as connection:
            parent_id = fail_execution(connection, execution_id, info)
            if parent_id is not None:
                # When it is read again, it sees what became of this one.
                self._forget(parent_id)
                with self._changed:
                    self._wake(parent_id)

    def _start_scheduled(self) -> None:
        """Start the executions whose time has come."""
        try:
            made = self._schedules.start_due()
        except DatabaseError:
            self._schedules.is_current = False
            raise
        for execution_id in made:
            self.begin(execution_id)

    def _step(self, execution_id: int) -> None:
        """Run one step of an execution, and store it."""
        opened = self._opened(execution_id)
        if opened is None:
            return
        execution, progress, attempts = opened.execution, opened.progress, opened.attempts
        if execution.started_at is None:
            progress.begin()
        self._collect(opened)
        if progress.ready:
            attempts.advance(execution.tasks[progress.ready.popleft()])
        self._write(opened)
        if progress.ready:
            with self._changed:
                self._wake(execution_id)

    def _collect(self, opened: _Open) -> None:
        """Set what became of actions that may have ended, and of tasks whose time has come."""
        with self._changed:
            checks, due = list(opened.to_check), list(opened.due)
            opened.to_check.clear()
            opened.due.clear()
        if checks:
            for task, action in collect(self._context, opened.attempts, checks):
                opened.attempts.action_ended(task, action)
            # The ends of some could not be stored yet.
            self._watch(opened, [one for one in checks if one[1].state == "running"])
        now = utc_now()
        for number in due:
            opened.attempts.time_came(opened.execution.tasks[number], now)

    def _write(
        self,
        opened: _Open,
        check: Callable[[Connection, Execution], None] | None = None,
    ) -> None:
        """Store what has changed and what is started, in one transaction; then submit runs."""
        execution, progress, attempts = opened.execution, opened.progress, opened.attempts
        runs: list[QueuedRun] = []
        # What is to be run again may have ended meanwhile, by its time limit.
        starts = [one for one in attempts.starts if one.action.state == "running"]
        attempts.starts = []
        changed = [execution.tasks[number] for number in sorted(execution.changed_tasks)]
        with self._store.begin() as connection:
            if check is not None:
                check(connection, execution)
            for one in starts:
                try:
                    with connection.begin_nested():
                        made = start(
                            connection, execution, one.task, one.action, one.name, one.arguments
                        )
                    runs += [] if made is None else [made]
                except CivisLocalError as error:
                    one.action.state, one.action.error = "error", str(error)
                    one.action.job_id = one.action.run_id = one.action.child_id = None
                    attempts.action_ended(one.task, one.action)
            save(connection, execution)
        self._set_timers(opened, changed)
        started = [(one.task, one.action) for one in starts if one.action.state == "running"]
        self._watch(opened, started)
        self._submit(execution, runs)
        self._end_others(progress)
        self._after(opened)

    def _submit(self, execution: Execution, runs: Sequence[QueuedRun]) -> None:
        """Submit the runs of an execution, as if the run that asked for it had started them."""
        root = self._requested_by.get(execution.root_id or execution.id)
        token = REQUESTING_RUN.set(root)
        try:
            for run in runs:
                self._context.runner.submit(run.run_id, run.job_type, run.user_id)
        finally:
            REQUESTING_RUN.reset(token)

    def _end_others(self, progress: Progress) -> None:
        """Cancel the runs and executions that are to end."""
        runs, progress.runs_to_cancel = progress.runs_to_cancel, []
        for run_id in runs:
            self._context.runner.cancel(run_id)
        children, progress.children_to_cancel = progress.children_to_cancel, []
        for child_id in children:
            with suppress(Conflict):
                self.cancel(child_id)

    def _after(self, opened: _Open) -> None:
        """Continue the parent of an execution that has ended; close one that has nothing to do."""
        execution = opened.execution
        if not execution.has_ended:
            return
        with self._changed:
            if execution.parent_id is not None:
                parent = self._open.get(execution.parent_id)
                if parent is not None and execution.parent_task is not None:
                    task = parent.execution.tasks[execution.parent_task]
                    parent.to_check.append((task, task.actions[(execution.parent_action or 1) - 1]))
                self._wake(execution.parent_id)
            if not execution.active:
                self._requested_by.pop(execution.id, None)
        if not execution.active and not opened.progress.ready:
            self._forget(execution.id)

    def _opened(self, execution_id: int) -> _Open | None:
        """Return an execution in memory; read it when it is not there."""
        opened = self._open.get(execution_id)
        if opened is not None:
            return opened
        with self._store.read() as connection:
            execution = load(connection, execution_id)
        if execution is None:
            return None
        progress = Progress(execution, parsed(execution.definition), self._store)
        opened = _Open(execution, progress, Attempts(progress))
        self._open[execution_id] = opened
        self._continue(opened)
        return opened

    def _continue(self, opened: _Open) -> None:
        """Find out what is to be done with an execution that was read."""
        active = list(opened.execution.active.values())
        actions = [(task, action) for task in active for action in task.present]
        running = [one for one in actions if one[1].state == "running"]
        self._watch(opened, running)
        with self._changed:
            opened.to_check.extend(one for one in running if one[1].run_id or one[1].child_id)
        opened.progress.ready.extend(task.number for task in active if task.state == "running")
        self._set_timers(opened, active)

    def _watch(self, opened: _Open, actions: Sequence[tuple[Task, Action]]) -> None:
        """Register for the ends of runs, and queue the executions that were started."""
        execution_id = opened.execution.id
        with self._changed:
            for task, action in actions:
                if action.run_id is not None:
                    self._runs[action.run_id] = (execution_id, task, action)
                if action.child_id is not None:
                    self._wake(action.child_id)

    def _set_timers(self, opened: _Open, tasks: Sequence[Task]) -> None:
        """Put the times at which tasks go on or time out on the heap."""
        with self._changed:
            for task in tasks:
                waits = [task.wake_at, task.timeout_at]
                waits += [one.wake_at for one in task.present if one.state == "running"]
                for time in waits if not task.has_ended else ():
                    if time is not None:
                        heapq.heappush(self._timers, (time, opened.execution.id, task.number))

    def _forget(self, execution_id: int) -> None:
        """Remove an execution from memory; what is stored counts when it is read again."""
        with self._changed:
            self._open.pop(execution_id, None)
            gone = [run for run, (owner, _, _) in self._runs.items() if owner == execution_id]
            for run in gone:
                del self._runs[run]
