"""``%civis_jobs``: jobs of the platform, and the history of notebooks."""

from __future__ import annotations

import fnmatch
import time
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from civis_nb._waiting import after_interrupt
from civis_nb.display.activity import duration
from civis_nb.display.screens import NotebookCell, Screen
from civis_nb.display.tables import ResultTable
from civis_nb.magics.history import Entry
from civis_nb.magics.options import Option, Positional, Syntax
from civis_nb.magics.session import Session
from civis_nb.magics.waiting import display_of
from civis_nb.magics.words import positive

if TYPE_CHECKING:
    from civis_nb.client.protocol import Client

__all__ = ["SYNTAX", "jobs_magic"]

#: what people write -> job type
_TYPES: Final = {
    "sql": "JobTypes::SqlRunner",
    "python": "JobTypes::PythonDocker",
    "r": "JobTypes::RDocker",
    "container": "JobTypes::ContainerDocker",
    "javascript": "JobTypes::ScriptedSql",
    "query": "JobTypes::Query",
    "import": "JobTypes::CsvImport,JobTypes::Import",
    "export": "JobTypes::CsvExport",
}
_ROWS: Final = 20
_WATCH_S: Final = 2.0
_ACTIVE: Final = ("queued", "running", "pending")
_LEFT_OUT: Final = "Without hidden jobs, such as queries and cells of notebooks: --all shows them."
_WILDCARDS: Final = frozenset("*?[")
_TITLES: Final = {"running": "Jobs that wait or run", "failed": "Jobs whose last run failed"}

SYNTAX: Final = Syntax(
    "%civis_jobs",
    "Show your jobs, the last changed first, or what notebooks have run.\n\n"
    "The value is a table; its job ids go to %civis_run and %civis_logs.",
    (
        Positional("PATTERN", "Text in the name, in upper or lower case; * and ? stand for any "
                   "characters, and an id for its job."),
    ),
    (
        Option(("--running",), "Jobs that wait or run.", also=("--active", "--queued", "--live")),
        Option(("--failed",), "Jobs whose last run failed.", also=("--errors", "--failures")),
        Option(("--history",), "What notebooks of yours have run, on any platform; the numbers go "
               "to %civis_sql --again.", also=("--log", "--recent", "--past")),
        Option(("--type",), "Jobs of this type.", "TYPE", choices=tuple(_TYPES),
               also=("--kind", "-t")),
        Option(("--all",), "Also hidden jobs, and those of other people.",
               also=("--hidden", "--everyone", "-a")),
        Option(("-n", "--limit", "--rows"), "How many at most.", "N", positive,
               also=("--top", "--head", "--max")),
        Option(("--watch",), "Show them again and again until none is running; an interrupt ends "
               "it.", also=("--follow", "--poll", "-f")),
    ),
)  # fmt: skip


def jobs_magic(line: str, session: Session) -> ResultTable | None:
    """Run a ``%civis_jobs``; return what there is to see.

    Raises
    ------
    CivisMagicError
        When the line can't be read.
    """
    values = SYNTAX.parse(line)
    SYNTAX.exclusive(values, "running", "failed", "history")
    SYNTAX.exclusive(values, "history", "watch")
    SYNTAX.exclusive(values, "history", "type")
    rows = values["rows"] or _ROWS
    if values["history"]:
        pattern = values["pattern"]
        return _history_table(session.history.entries(pattern, rows), pattern, rows)
    client = session.client()
    if values["watch"]:
        _watch(client, values, rows)
        return None
    with display_of("Reading the list of jobs"):
        return _jobs_table(_jobs(client, values, rows), values, rows)


def _jobs(client: Client, values: dict[str, Any], rows: int) -> list[Any]:
    """Return the jobs that are asked for."""
    pattern = values["pattern"]
    given: dict[str, Any] = {"order": "updated_at", "order_dir": "desc"}
    if values["running"]:
        given["state"] = "running,queued"
    if values["failed"]:
        given["state"] = "failed"
    if values["type"]:
        given["type"] = _TYPES[values["type"]]
    if not values["all"]:
        given["author"] = str(client.users.get_me().id)
    wild = bool(pattern) and not _WILDCARDS.isdisjoint(pattern)
    if pattern:
        given["q"] = _longest_text(pattern) if wild else pattern
    found: list[Any] = []
    for hidden in (False, True) if values["all"] else (False,):
        if not given.get("q", "x"):
            given.pop("q")
        fitting = (
            job
            for job in client.jobs.list(**given, hidden=hidden, iterator=True)
            if not wild or fnmatch.fnmatch(str(job.name).lower(), pattern.lower())
        )
        found += _first(fitting, rows)
    found.sort(key=lambda job: str(job.updated_at), reverse=True)
    return found[:rows]


def _longest_text(pattern: str) -> str:
    """Return the longest part of a pattern without wildcards, which the platform can look for."""
    text = "".join(" " if one in _WILDCARDS or one == "]" else one for one in pattern)
    return max(text.split() or [""], key=len)


def _first(items: Iterable[Any], count: int) -> list[Any]:
    """Return the first items; no further page is fetched for the others."""
    found = []
    for item in items:
        found.append(item)
        if len(found) == count:
            break
    return found


def _jobs_table(jobs: Sequence[Any], values: Mapping[str, Any], rows: int) -> ResultTable:
    """Return the table of ``%civis_jobs``."""
    cells = []
    for job in jobs:
        run = job.last_run
        started = run and (run.started_at or run.created_at)
        cells.append(
            [
                str(job.id),
                str(job.name),
                str(job.type).removeprefix("JobTypes::"),
                str(job.state),
                _when(started) if started else None,
                _duration(run) if run else None,
                str(job.author.username) if job.get("author") else None,
            ]
        )
    names = ["job", "name", "type", "state", "last run", "took", "author"]
    note = None if values["all"] else _LEFT_OUT
    title = next((title for option, title in _TITLES.items() if values[option]), "Jobs")
    title += _like(values["pattern"])
    return ResultTable(cells, columns=names, title=title, limit=max(rows, 1), note=note)


def _like(pattern: str | None) -> str:
    """Return which of them are asked for, in words; nothing when it is all."""
    return f" like {pattern!r}" if pattern else ""


def _history_table(entries: Sequence[Entry], pattern: str | None, rows: int) -> ResultTable:
    """Return the table of ``%civis_jobs --history``."""
    cells = [
        [
            str(entry.number),
            _when(datetime.fromtimestamp(entry.started_at, UTC).isoformat()),
            entry.kind,
            entry.title,
            entry.state,
            None if entry.took_s is None else duration(entry.took_s),
            None if entry.job_id is None else str(entry.job_id),
            None if entry.run_id is None else str(entry.run_id),
        ]
        for entry in entries
    ]
    names = ["entry", "started", "kind", "what", "state", "took", "job", "run"]
    return ResultTable(cells, columns=names, title="History" + _like(pattern), limit=max(rows, 1))


def _when(moment: str) -> str:
    """Return a time of the platform in this machine's zone."""
    try:
        then = datetime.fromisoformat(moment)
    except ValueError:
        return moment
    return then.astimezone().strftime("%Y-%m-%d %H:%M:%S")


def _duration(run: Any) -> str | None:
    """Return how long a run took, or has run so far."""
    if not run.started_at:
        return None
    started = datetime.fromisoformat(run.started_at)
    ended = datetime.fromisoformat(run.finished_at) if run.finished_at else datetime.now(UTC)
    return duration((ended - started).total_seconds())


def _watch(client: Client, values: dict[str, Any], rows: int) -> None:
    """Show the jobs again and again until none of them is active."""
    from civis_nb.display.live import board_for

    board = board_for(None, command=True)
    screen: Any = board.screen  # a table is drawn as a view is
    shown: str | None = None
    table = _jobs_table(_jobs(client, values, rows), values, rows)
    try:
        while True:
            if isinstance(board.screen, NotebookCell) and repr(table) != shown:
                screen.draw(table)
                shown = repr(table)
            states = {row[3] for row in table.rows}
            if states.isdisjoint(_ACTIVE):
                break
            time.sleep(_WATCH_S)
            table = _jobs_table(_jobs(client, values, rows), values, rows)
    except KeyboardInterrupt:
        # Nothing was started here, so that there is nothing to cancel: it is the way to end it.
        after_interrupt(lambda: screen.show(table))
        return
    (screen if isinstance(board.screen, NotebookCell) else Screen()).show(table)
