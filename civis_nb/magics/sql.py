"""``%%civis_sql``: bind values, start the run, wait for it, and show or keep the result."""

from __future__ import annotations

import concurrent.futures
from collections.abc import Callable, Mapping, MutableMapping
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any, Final, TypeVar

from civis_nb import config
from civis_nb._waiting import outcome
from civis_nb.display.activity import Activity
from civis_nb.display.bundle import Shown
from civis_nb.display.charts import require_altair
from civis_nb.display.html import DIM, Html, el
from civis_nb.display.live import Display
from civis_nb.display.run_view import RunView
from civis_nb.display.screens import Screen
from civis_nb.display.settled import Source
from civis_nb.display.tables import Note, ResultTable
from civis_nb.display.tracker import Tracker
from civis_nb.errors import CivisJobFailure, CivisMagicError
from civis_nb.frames.typed import TypedTable
from civis_nb.futures import CivisFuture
from civis_nb.futures.interrupts import in_thread
from civis_nb.io.call import Call
from civis_nb.io.reading.options import SqlExport
from civis_nb.io.reading.parsers.arrow_exact import table_of_texts
from civis_nb.io.reading.pipeline import start_export
from civis_nb.magics.background import FrameFuture
from civis_nb.magics.binding import Bound, bind, placeholders
from civis_nb.magics.calls import SqlCall
from civis_nb.magics.failures import Origin, sql_failure, without_traceback
from civis_nb.magics.fetching import FrameRequest
from civis_nb.magics.session import Database, Session
from civis_nb.magics.waiting import interrupted, start_or_cancel, wait
from civis_nb.sql_text import only_reads

if TYPE_CHECKING:
    from civis_nb.client.protocol import Client

__all__ = ["SqlRun"]

_T = TypeVar("_T")

#: The most rows that the query endpoint returns.
PREVIEW_ROWS: Final = 1000
_HEAD_ROWS: Final = 5
#: Work that is done sooner shows only its result.
_SHOW_AFTER_S: Final = 0.4


class _Sql(Shown):
    """SQL as it would be sent."""

    def __init__(self, bound: Bound, database: Database) -> None:
        self._sql = bound.sql.rstrip("\n")
        self._title = f"Not sent to {database.name}:"

    def __repr__(self) -> str:
        return f"{self._title}\n{self._sql}"

    def _html(self) -> Html:
        return el("div", el("div", self._title, style=DIM), el("pre", self._sql))


@dataclass(frozen=True)
class SqlRun:
    """One run of a SQL magic.

    Attributes
    ----------
    call
        What the magic asks for.
    session
        The client and the databases.
    user_ns
        Where the variable goes.
    namespaces
        Where ``:names`` are looked up, the first one first.
    cell
        The text of the whole cell, where it is known.
    """

    call: SqlCall
    session: Session
    user_ns: MutableMapping[str, Any]
    namespaces: tuple[Mapping[str, Any], ...]
    cell: str | None = None

    def run(self) -> Any:
        """Run it, and return the cell's value.

        Raises
        ------
        CivisMagicError, CivisInputError
            Before anything is sent: no such database, names without a value, values that have
            no literal.
        CivisSQLError
            When the statement fails.
        KeyboardInterrupt, CivisTimeoutError
            When the wait ended early; the remote run is cancelled.
        """
        call = self.call
        given = self._given()
        database = self.session.database(call.database)
        bound = self._bound(database, given)
        if call.no_run:
            Screen().show(_Sql(bound, database))
            return None
        if call.bg:
            return self._in_background(bound, database)
        if call.profile or call.plot:
            return self._viewed(bound, database)
        if call.kind == "lazy":
            return self._kept(self._previewed(bound, database))
        if call.var or call.kind:
            return self._fetched(bound, database)
        if call.types == "infer":
            raise CivisMagicError(
                "--types infer reads a whole result with a frame's library: name a VAR, or give "
                "--as pandas or polars."
            )
        table = self._previewed(bound, database)
        return None if call.quiet and call.whole_cell else table

    # -- before anything is sent -------------------------------------------------------------

    def _given(self) -> dict[str, Any]:
        """Return the values of ``:names`` that the options give."""
        name = self.call.params
        if name is None:
            return self.call.given
        found = next((names[name] for names in self.namespaces if name in names), None)
        if not isinstance(found, Mapping):
            kind = "is not set" if found is None else f"is a {type(found).__name__}"
            raise CivisMagicError(f"--params needs a dictionary, and {name} {kind}.")
        return {**{str(key): value for key, value in found.items()}, **self.call.given}

    def _bound(self, database: Database, given: dict[str, Any]) -> Bound:
        """Return the SQL with the values of its ``:names``."""
        if database.dialect is not None:
            return bind(self.call.sql, database.dialect, given, self.namespaces)
        # Without the dialect nobody knows how to write a value so that it stays one.
        if found := placeholders(self.call.sql, "postgres"):
            raise CivisMagicError(
                f"The database {database.name} is of the kind {database.adapter!r}, for which "
                f"values can't be written safely; :{found[0].name} was not bound and nothing was "
                "sent. Write the value into the SQL."
            )
        return Bound(self.call.sql, self.call.sql)

    # -- the ways to run ---------------------------------------------------------------------

    def _kept(self, table: ResultTable) -> ResultTable | None:
        """Assign or show a table of the first rows, as the magic's options say."""
        call = self.call
        if call.var is not None:
            if not table.columns:
                raise CivisMagicError(
                    "The statement ran and gave no result to keep. Leave the variable out of the "
                    "magic's line."
                )
            self.user_ns[call.var] = table
        if call.quiet and call.whole_cell:
            return None
        if call.var is None:
            return table
        Screen().show(table)
        return None

    def _previewed(self, bound: Bound, database: Database) -> ResultTable:
        """Run the statement as a query; return a table of its first rows."""
        from civis_nb.io.databases import start_query

        call = self.call
        most = min(call.max_rows or PREVIEW_ROWS, PREVIEW_ROWS)
        client = self.session.client()
        with self._display(database) as display:
            future = start_or_cancel(
                partial(
                    start_query,
                    client,
                    bound.sql,
                    database.id,
                    call.credential,
                    most,
                    progress=False,
                )
            )
            self._wait(future, display, bound, database)
            found = future.result()
            display.vanish(whole_cell=call.whole_cell)
        rows = found.get("result_rows") or []
        return ResultTable(
            rows,
            columns=found.get("result_columns") or [],
            types=found.get("result_column_types"),
            title=call.var,
            limit=call.rows,
            complete=len(rows) < most,
            fetch=self._whole(found, len(rows) < most, bound, database),
            typed=partial(_typed, found),
            source=_source(future, database),
            frame_types=call.types or ("exact" if config.get("types") == "exact" else None),
        )

    def _whole(
        self, found: Any, complete: bool, bound: Bound, database: Database
    ) -> Callable[[], TypedTable] | None:
        """Return what gives the whole result of a previewed statement; None when nothing can.

        A preview that is whole is enough; only a statement that just reads runs once more.
        """
        if complete:
            return partial(_typed, found)
        if not only_reads(bound.sql):
            return None

        def fetch() -> TypedTable:
            with self._display(database) as display:
                return self._exported(bound, database, display, self._request().typed)

        return fetch

    def _fetched(self, bound: Bound, database: Database) -> Any:
        """Run the statement, and return, assign or show its whole result."""
        call = self.call
        with self._display(database) as display:
            found = self._exported(bound, database, display, self._request().fetched)
            if call.var is not None:
                self.user_ns[call.var] = found.frame
            if call.var is None or call.quiet:
                if found.note and not call.quiet:
                    display.settle(Note(found.note))
                else:
                    display.vanish(whole_cell=call.whole_cell)
                return found.frame if call.var is None else None
            limit = call.rows or min(_HEAD_ROWS, config.get("limit"))
            display.settle(
                ResultTable(
                    found.shown, title=call.var, limit=limit, total=found.total, note=found.note
                )
            )
        return None

    def _viewed(self, bound: Bound, database: Database) -> Any:
        """Run the statement; show or return a profile or a plot of its whole result."""
        call = self.call
        if call.plot:
            require_altair()
        request = self._request()
        with self._display(database) as display:
            if call.var is None:
                result = self._exported(bound, database, display, request.typed)
            else:
                found = self._exported(bound, database, display, request.fetched)
                self.user_ns[call.var], result = found.frame, found.shown
            table = ResultTable(result, title=call.var)
            view = table.plot(*call.plot) if call.plot else table.profile()
            if call.var is not None and not call.quiet:
                display.settle(view)
                return None
            display.vanish(whole_cell=call.whole_cell)
        return None if call.var is not None or (call.quiet and call.whole_cell) else view

    def _request(self) -> FrameRequest:
        return FrameRequest(self.call.kind, self.call.types, self.call.max_rows)

    def _exported(
        self,
        bound: Bound,
        database: Database,
        display: Display,
        read: Callable[[Client, CivisFuture, SqlExport], _T],
    ) -> _T:
        """Run the statement as an export, and read it whole."""
        client, export = self.session.client(), self._export(bound, database)
        future: CivisFuture = start_or_cancel(
            lambda: start_export(client, export, poll_on_creation=False)
        )
        self._wait(future, display, bound, database)
        transfer = Call(progress=False)

        def describe() -> Activity:
            moved = transfer.tracker.activity()
            note = _received(moved.done_bytes or 0, moved.total_bytes)
            return replace(future.activity(_title(database)), note=note)

        with transfer.active():
            reading = in_thread(lambda: read(client, future, export), "civis-sql-read")
        display.tracker.wait_for_run(describe)
        try:
            return outcome(reading)
        except KeyboardInterrupt:
            transfer.token.cancel()
            message = "The query had ended; its result was not read whole and nothing was kept."
            display.settle(RunView(replace(describe(), note=message)))
            raise interrupted(message) from None

    def _export(self, bound: Bound, database: Database) -> SqlExport:
        return SqlExport(sql=bound.sql, database=database.id, credential_id=self.call.credential)

    def _in_background(self, bound: Bound, database: Database) -> FrameFuture | None:
        """Start the statement; return or assign its future."""
        call, client, request = self.call, self.session.client(), self._request()
        export = self._export(bound, database)

        future = FrameFuture(
            _title(database),
            lambda: start_export(client, export, poll_on_creation=False),
            lambda future: request.fetched(client, future, export),
            lambda error: self._explained(error, bound),
        )
        if call.var is None:
            return future
        self.user_ns[call.var] = future
        if not call.quiet:
            note = f"It runs in the background: {call.var}.result() waits for the frame."
            Screen().show(RunView(replace(future.activity(), note=note)))
        return None

    # -- the end of a run --------------------------------------------------------------------

    def _display(self, database: Database) -> Display:
        progress = False if self.call.quiet else None
        tracker = Tracker(_title(database))
        return Display(tracker, progress, delay_s=_SHOW_AFTER_S, command=True)

    def _wait(
        self, future: CivisFuture, display: Display, bound: Bound, database: Database
    ) -> None:
        """Wait for a run; raise what it failed with."""
        display.tracker.wait_for_run(lambda: future.activity(_title(database)))
        wait(future, display, self.call.timeout)
        error: BaseException | None
        try:
            error = future.exception()
        except concurrent.futures.CancelledError:
            message = "The run was cancelled on the platform."
            error = CivisJobFailure(message, future.last_seen, future.job_id, future.run_id)
            without_traceback(error)
        if error is not None:
            display.vanish(whole_cell=self.call.whole_cell)
            raise self._explained(error, bound, future)

    def _explained(
        self, error: BaseException, bound: Bound, future: CivisFuture | None = None
    ) -> BaseException:
        """Return an error as the cell shows it, with the place in the cell."""
        if not isinstance(error, CivisJobFailure) or "_render_traceback_" in error.__dict__:
            return error
        origin = Origin.find(self.cell, self.call.sql, self.call.whole_cell)
        return sql_failure(error, bound, origin, future.activity().url if future else None)


def _typed(found: Any) -> TypedTable:
    """Return the rows of a preview with the types that the platform names."""
    return table_of_texts(
        found.get("result_columns") or [],
        found.get("result_rows") or [],
        found.get("result_column_types"),
    )


def _source(future: CivisFuture, database: Database) -> Source:
    """Return where the result of a run came from."""
    run = future.activity()
    return Source(run.running_s, run.ids, run.url, database.dialect)


def _title(database: Database) -> str:
    return f"Query on {database.name}"


def _received(received: int, total: int | None) -> str:
    of = f" of {total / 1e6:.1f}" if total else ""
    return f"Fetching the result: {received / 1e6:.1f}{of} MB"
