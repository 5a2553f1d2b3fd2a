"""``%civis_logs``: the log of a run, as far as it goes, or as it grows."""

from __future__ import annotations

import re
import time
from collections.abc import Mapping, MutableMapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from civis_nb._waiting import after_interrupt
from civis_nb.display.activity import DONE_STATES, Activity
from civis_nb.display.followed import FollowedRun
from civis_nb.display.live import Display
from civis_nb.display.log_lines import LEVELS, LOG_LINES
from civis_nb.display.run_view import RunView
from civis_nb.display.screens import Screen
from civis_nb.display.text import counted
from civis_nb.display.tracker import Tracker
from civis_nb.errors import CivisAPIError, CivisError, CivisMagicError
from civis_nb.futures.run import newest_run_id
from civis_nb.futures.states import run_times, state_of
from civis_nb.futures.timing import FailureBudget
from civis_nb.magics.jobs.finding import find_job
from civis_nb.magics.jobs.read_log import ReadLog
from civis_nb.magics.options import Option, Positional, Syntax
from civis_nb.magics.session import Session
from civis_nb.magics.targets import check_hides_nothing
from civis_nb.magics.waiting import display_of
from civis_nb.magics.words import Token, pattern, positive, variable, word
from civis_nb.widgets.cell import WidgetCell

if TYPE_CHECKING:
    from civis_nb.client.protocol import Client

__all__ = ["SYNTAX", "logs_magic"]

#: Levels, the least important first.
_LEVELS: Final = LEVELS[::-1]
#: Seconds between two polls of the state of a run.
_STATE_S: Final = 2.0

SYNTAX: Final = Syntax(
    "%civis_logs",
    "Show the log of a run: of the run that this notebook has started last, or of a job's.\n\n"
    "Interrupting -f ends the display, and leaves the run alone.",
    (
        Positional("JOB[:RUN]", "The id or name of a job, or a variable with it, as for "
                   "%civis_run; its newest run, or the one whose id stands behind a colon.",
                   read=word),
    ),
    (
        Option(("-f", "--follow"), "Show what comes until the run has ended.",
               also=("--watch", "--tail")),
        Option(("-n", "--lines"), f"How many lines, the last ones; {LOG_LINES} by default.", "N",
               positive, also=("--limit", "--rows", "--head", "--max")),
        Option(("--level",), "Lines of this level or a more serious one.", "LEVEL",
               choices=_LEVELS, also=("--severity", "--min-level")),
        Option(("--grep",), "Lines that hold this regular expression, in upper or lower case.",
               "RE", pattern, also=("--filter", "--search", "--match", "--pattern")),
        Option(("-o", "--output"), "A variable for the entries: a list of dictionaries with id, "
               "created_at, level, message.", "VAR", variable, also=("--out", "--save")),
    ),
)  # fmt: skip


def logs_magic(
    line: str,
    session: Session,
    user_ns: MutableMapping[str, Any],
    namespaces: Sequence[Mapping[str, Any]],
) -> None:
    """Run a ``%civis_logs``.

    Parameters
    ----------
    line
        The magic's line.
    session
        The client, and the run that was started last.
    user_ns
        Where the entries go.
    namespaces
        Where variables are looked up that hold a job, the first one first.

    Raises
    ------
    CivisMagicError
        When there is no such job or run.
    """
    values = SYNTAX.parse(line)
    check_hides_nothing("%civis_logs", values["output"], user_ns)
    client = session.client()
    title, job_id, run_id = _run(client, session, values["job[:run]"], namespaces)
    wanted = _Filter(values)
    log = ReadLog(client, job_id, run_id, wanted)
    run = _Run(client, title, (job_id, run_id), log, values["lines"] or LOG_LINES)
    if values["follow"]:
        _follow(log, run, title)
    else:
        with display_of(f"Reading the log of {title}"):
            while log.read_now() and not log.complete:
                pass
            run.poll()
        Screen().show(RunView(replace(run.activity(), note=wanted.note)))
    if values["output"]:
        user_ns[values["output"]] = wanted.entries


def _run(
    client: Client,
    session: Session,
    wanted: Token | None,
    namespaces: Sequence[Mapping[str, Any]],
) -> tuple[str, int, int]:
    """Return the title of a job, its id, and the id of its run."""
    if wanted is None:
        if session.latest_run is None:
            raise CivisMagicError(
                "%civis_logs: this notebook has started no run yet. Give a job: %civis_logs JOB."
            )
        job_id, run_id = session.latest_run
        title = session.latest_title or str(client.jobs.get(job_id).name)
    else:
        numbered = re.fullmatch(r"(.+):(\d+)", wanted.text)
        quoted = wanted.raw[:1] in ("'", '"') and wanted.raw[-1:] == wanted.raw[:1]
        if numbered and not quoted:
            cut = len(numbered[2]) + 1
            wanted = Token(numbered[1], wanted.raw[:-cut], wanted.start)
        job = find_job(client, wanted, namespaces)
        job_id, title = int(job.id), str(job.name)
        run_id = int(numbered[2]) if numbered and not quoted else None
    if run_id is None:
        run_id = newest_run_id(client, job_id)
    if run_id is None:
        raise CivisMagicError(f"Job {job_id} ({title}) has not run yet, and so has no log.")
    try:
        client.jobs.get_runs(job_id, run_id)
    except CivisAPIError as error:
        if error.status_code != 404:
            raise
        raise CivisMagicError(f"Job {job_id} ({title}) has no run {run_id}.") from None
    return title, job_id, run_id


class _Filter:
    """Which entries of a log are wanted, and those that were.

    Parameters
    ----------
    values
        The options.

    Attributes
    ----------
    entries
        The wanted entries, where ``-o`` asks for them.
    """

    _kept = _left_out = 0

    def __init__(self, values: dict[str, Any]) -> None:
        self._least = _LEVELS.index(values["level"]) if values["level"] else 0
        self._grep: re.Pattern[str] | None = values["grep"]
        self.entries: list[Mapping[str, Any]] | None = [] if values["output"] else None

    def __call__(self, entry: Mapping[str, Any]) -> bool:
        level = str(entry.get("level") or "info")
        serious = _LEVELS.index(level) if level in _LEVELS else 1
        text = str(entry.get("message") or "")
        fits = serious >= self._least and (self._grep is None or bool(self._grep.search(text)))
        if fits and self.entries is not None:
            self.entries.append(entry)
        self._kept += fits
        self._left_out += not fits
        return fits

    @property
    def note(self) -> str | None:
        """What to say where none of the entries is wanted; None where one is, or none is there."""
        if self._kept or not self._left_out:
            return None
        many = counted(self._left_out, "line")
        return f"--level or --grep leave out all that is there: {many}."


class _Run:
    """A run whose state is asked for now and then, and its log.

    Parameters
    ----------
    client, title, ids
        The run: the ids of its job and its own.
    log
        Its log.
    shown_lines
        How many lines of the log are shown at most.
    """

    def __init__(
        self, client: Client, title: str, ids: tuple[int, int], log: ReadLog, shown_lines: int
    ) -> None:
        self._client, self._title, self._ids, self._log = client, title, ids, log
        self._shown_lines = shown_lines
        self._seen: Any = None
        self._due = 0.0

    def activity(self) -> Activity:
        """Return what is known of it; this makes no call."""
        queued_s, running_s = (None, None) if self._seen is None else run_times(self._seen)
        seen = Activity(
            self._title,
            state_of(self._seen) or "unknown",
            *self._ids,
            queued_s=queued_s,
            running_s=running_s,
        )
        return self._log.added_to(seen, self._shown_lines)

    def poll(self, *, at_once: bool = False) -> None:
        """Read the state of the run, unless it was read a moment ago or has ended."""
        now = time.monotonic()
        if at_once or (now >= self._due and state_of(self._seen) not in DONE_STATES):
            self._due = now + _STATE_S
            self._seen = self._client.jobs.get_runs(*self._ids)


def _follow(log: ReadLog, run: _Run, title: str) -> None:
    """Show the log while it grows; an interrupt ends that, and nothing else."""
    with Display(Tracker(title), delay_s=0.0, command=True, cell=WidgetCell) as display:
        display.tracker.wait_for_run(run.activity, followed=FollowedRun(log.lines))
        try:
            _read_while_it_grows(log, run)
            note = None
        except KeyboardInterrupt:
            note = "No longer followed; the run goes on."
        after_interrupt(lambda: display.settle(RunView(replace(run.activity(), note=note))))


def _read_while_it_grows(log: ReadLog, run: _Run) -> None:
    """Read a log to its end; the connection may fail for a while."""
    failure_budget = FailureBudget()
    while not log.complete:
        try:
            run.poll()
            pause_s = 0.0 if log.read_now() else log.wait_s
            failure_budget.reset()
        except CivisError as error:
            retry_wait_s = failure_budget.wait_s(error)
            if retry_wait_s is None:
                raise
            pause_s = retry_wait_s
        time.sleep(pause_s)
    run.poll(at_once=True)
