"""Runs statements as queries or as exports, waits for them, and explains their failures."""

from __future__ import annotations

import concurrent.futures
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

from civis_nb._waiting import outcome
from civis_nb.display.activity import Activity, loading_note
from civis_nb.display.followed import FollowedRun
from civis_nb.display.live import Display
from civis_nb.display.run_view import RunView
from civis_nb.errors import CivisJobFailure
from civis_nb.frames.typed import TypedTable
from civis_nb.futures import CivisFuture
from civis_nb.futures.interrupts import cancel_run, in_thread
from civis_nb.io.call import Call
from civis_nb.io.databases import start_query
from civis_nb.io.reading.options import SqlExport
from civis_nb.io.reading.pipeline import start_export
from civis_nb.magics.failures import sql_failure, without_traceback
from civis_nb.magics.session import Session
from civis_nb.magics.sql.binding import Bound
from civis_nb.magics.sql.call import SqlCall
from civis_nb.magics.sql.done import what_was_done
from civis_nb.magics.sql.fetching import ExactResult, Fetched, FrameRequest
from civis_nb.magics.sql.kept import Results
from civis_nb.magics.sql.notebook_frames import ways_to_query
from civis_nb.magics.sql.statement import Statement
from civis_nb.magics.waiting import display_of, interrupted, start_or_cancel, wait
from civis_nb.table_names import split_schema_tablename

if TYPE_CHECKING:
    from civis_nb.client.protocol import Client

__all__ = ["StatementRunner", "title_of"]

_T = TypeVar("_T")


@dataclass(frozen=True)
class StatementRunner:
    """Runs statements for one SQL magic, as queries or as exports, and waits for them.

    Attributes
    ----------
    call
        What the magic asks for.
    session
        The client and the databases.
    """

    call: SqlCall
    session: Session

    @property
    def results(self) -> Results:
        """The results that ``--cache`` keeps."""
        return Results(self.call, self.session)

    def query(self, statement: Statement, most: int, bound: Bound | None = None) -> dict[str, Any]:
        """Run SQL as a query; return what is known of its result: columns, types, first rows."""
        with self.display(statement) as display:
            start = partial(
                start_query,
                self.session.client(),
                (bound or statement.bound).sql,
                statement.database.id,
                self.call.credential,
                most,
                progress=False,
            )
            future = start_or_cancel(start, partial(self.noted, statement=statement))
            self._wait(future, display, statement)
            found = future.result()
            run = future.activity()
            columns = list(found.get("result_columns") or [])
            done = None if columns and bound is None else what_was_done(future)
            display.remove(whole_cell=self.owns_cell(statement))
        return {
            "rows": [
                row if type(row) is list else list(row) for row in found.get("result_rows") or []
            ],
            "columns": columns,
            "types": found.get("result_column_types") and list(found["result_column_types"]),
            "done": done,
            "source": [run.running_s, run.ids, run.url, statement.database.dialect],
        }

    def request(self, statement: Statement) -> FrameRequest:
        """Return which frame is made of the result."""
        call = self.call
        kind = None if call.kind == "lazy" else call.kind
        return FrameRequest(kind, call.types, call.max_rows, statement.limit is not None)

    def frame(self, statement: Statement, display: Display) -> Fetched:
        """Return the result of a statement as a frame."""
        request = self.request(statement)
        if request.infers:
            return self._exported(statement, display, request.fetched)
        return request.frame(self.typed(statement, display))

    def typed(self, statement: Statement, display: Display) -> ExactResult:
        """Return the result of a statement with exact types: a kept one, or by a run."""
        most = self.call.max_rows
        kept = self.results.kept(statement, "frame", most)
        if kept is not None:
            result = TypedTable(kept.table, kept.facts["sql_types"])
            return ExactResult(result, bool(kept.facts["complete"]), kept.age)
        whole = self._exported(statement, display, self.request(statement).typed)
        types = whole.result.sql_types
        facts = {"complete": whole.complete, "sql_types": None if types is None else list(types)}
        self.results.keep(statement, "frame", most, whole.result.table, facts)
        return whole

    def _exported(
        self,
        statement: Statement,
        display: Display,
        read: Callable[[Client, CivisFuture, SqlExport], _T],
    ) -> _T:
        """Run the statement as an export, and read its result."""
        client, export = self.session.client(), self.export(statement)
        start = partial(start_export, client, export, poll_on_creation=False)
        future: CivisFuture = start_or_cancel(start, partial(self.noted, statement=statement))
        followed = self._wait(future, display, statement)
        transfer = Call(progress=False)

        def describe() -> Activity:
            moved = transfer.tracker.activity()
            return replace(
                future.activity(title_of(statement)),
                done_bytes=moved.done_bytes or 0,
                total_bytes=moved.total_bytes,
                estimated=moved.estimated,
                bytes_per_s=moved.bytes_per_s,
                stalled_s=moved.stalled_s,
                note=loading_note() or "The run has ended; its result is being fetched.",
            )

        with transfer.active():
            reading = in_thread(lambda: read(client, future, export), "civis-sql-read")
        display.tracker.wait_for_run(describe, followed=followed)
        try:
            return outcome(reading)
        except KeyboardInterrupt:
            transfer.token.cancel()
            message = "The query had ended; its result was not read whole and nothing was kept."
            display.settle(RunView(replace(describe(), note=message)))
            raise interrupted(message) from None

    def export(self, statement: Statement) -> SqlExport:
        """Return the export of a statement."""
        return SqlExport(
            sql=statement.bound.sql,
            database=statement.database.id,
            credential_id=self.call.credential,
        )

    def display(self, statement: Statement) -> Display:
        """Return the display of a statement's run."""
        progress = False if self.call.quiet or self.call.static else None
        return display_of(title_of(statement), progress)

    def noted(self, future: CivisFuture, statement: Statement) -> CivisFuture:
        """Return a run that has started, remembered in the history.

        It is part of the start: an interrupt that comes meanwhile cancels the run as well.
        """
        saved = replace(statement.saved, database=statement.database.name)
        self.session.started(future, "sql", statement.title, saved)
        return future

    def _wait(self, future: CivisFuture, display: Display, statement: Statement) -> FollowedRun:
        """Wait for a run, and return it as its display follows it; raise what it failed with."""
        followed = FollowedRun(None, {"cancel": lambda: cancel_run(future)})
        display.tracker.wait_for_run(
            lambda: future.activity(title_of(statement)), followed=followed
        )
        wait(future, display, self.call.timeout)
        error: BaseException | None
        try:
            error = future.exception()
        except concurrent.futures.CancelledError:
            message = "The run was cancelled on the platform."
            error = CivisJobFailure(message, future.last_seen, future.job_id, future.run_id)
            without_traceback(error)
        if error is not None:
            display.remove(whole_cell=self.owns_cell(statement))
            raise self.explained(error, statement, future)
        return followed

    def owns_cell(self, statement: Statement) -> bool:
        """Return whether the cell shows nothing but the run, so that it may be cleared."""
        notes = () if self.call.quiet else (*statement.notes, *self.call.late_options)
        return self.call.whole_cell and not notes

    def explained(
        self, error: BaseException, statement: Statement, future: CivisFuture | None = None
    ) -> BaseException:
        """Return an error as the cell shows it, with the place in the cell."""
        if not isinstance(error, CivisJobFailure) or "_render_traceback_" in error.__dict__:
            return error
        url = future.activity().url if future else None
        hint = _table_hint(error, self.call) or _frame_hint(error, statement.values)
        return sql_failure(error, statement.bound, statement.origin, url, hint)


def title_of(statement: Statement) -> str:
    """Return what displays call a run of a statement."""
    return f"Query on {statement.database.name}"


def _table_hint(error: CivisJobFailure, call: SqlCall) -> str | None:
    """Return what to do where the table of ``--to`` can't be made."""
    message = str(error.platform_message)
    if not call.to:
        return None
    if "already exists" in message:
        return (
            f"--if-exists append, truncate or drop says what to do with the {call.to} that is "
            "there."
        )
    if re.search(r"schema\b.*\bdoes not exist", message, re.IGNORECASE):
        schema, _ = split_schema_tablename(call.to)
        return f"%civis_sql CREATE SCHEMA {schema} makes the schema."
    return None


def _frame_hint(error: CivisJobFailure, values: Sequence[Mapping[str, Any]]) -> str | None:
    """Return what to do where the table that is missing is a variable of the notebook."""
    missing = re.search(r'relation "(\w+)" does not exist', str(error.platform_message))
    if missing is None:
        return None
    name = missing[1]
    found = next((names[name] for names in values if name in names), None)
    return ways_to_query(name, found)
