"""``%%civis_sql``: bind values, start the run, wait for it, and show or keep the result."""

from __future__ import annotations

from collections.abc import Callable, Mapping, MutableMapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, Final

from civis_nb import config
from civis_nb.display.bundle import Note
from civis_nb.display.charts import load_altair, require_altair
from civis_nb.display.screens import Screen
from civis_nb.display.settled import Source
from civis_nb.display.tables import ResultTable
from civis_nb.display.text import counted
from civis_nb.errors import CivisMagicError, EmptyResultError
from civis_nb.frames.typed import FullResult, TypedTable
from civis_nb.futures import CivisFuture
from civis_nb.io.databases import start_query
from civis_nb.io.reading.parsers.arrow_exact import table_of_texts
from civis_nb.io.reading.pipeline import start_export
from civis_nb.magics.jobs.finding import dictionary, values_of
from civis_nb.magics.sql.background import FrameFuture
from civis_nb.magics.sql.binding import Bound
from civis_nb.magics.sql.call import SqlCall
from civis_nb.magics.sql.done import TableCreated, what_was_done
from civis_nb.magics.sql.fetching import Fetched
from civis_nb.magics.sql.into_table import depends_on_table, into_table, table_exists_sql
from civis_nb.magics.sql.kept import KeptResult
from civis_nb.magics.sql.limits import counting
from civis_nb.magics.sql.runner import StatementRunner, title_of
from civis_nb.magics.sql.statement import Statement, Written, prepare
from civis_nb.magics.sql.with_rows import check_rows_are_given
from civis_nb.magics.views import Plan, SqlText
from civis_nb.sql_text import only_reads, split_statements

__all__ = ["SqlRun"]

#: The most rows that the query endpoint returns.
PREVIEW_ROWS: Final = 1000
_HEAD_ROWS: Final = 5
NO_ROWS: Final = "the statement has run and gives no rows."


@dataclass(frozen=True)
class SqlRun:
    """One run of a SQL magic.

    Attributes
    ----------
    runner
        Runs its statement, and knows what the magic asks for.
    user_ns
        Where the variable goes.
    namespaces
        Where ``:names`` are looked up, the first one first.
    cell
        The text of the whole cell, where it is known.
    number
        The number of the cell; None where it is not known.
    """

    runner: StatementRunner
    user_ns: MutableMapping[str, Any]
    namespaces: tuple[Mapping[str, Any], ...]
    cell: str | None = None
    number: int | None = None

    @property
    def call(self) -> SqlCall:
        """What the magic asks for."""
        return self.runner.call

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
        call, history = self.call, self.runner.session.history
        given = {
            **dictionary(call.params, "--params", self.namespaces),
            **values_of(call.given, self.namespaces),
        }
        values = [given, *self.namespaces]
        source = Written.of(call, values, history, self.cell)
        database = self.runner.session.database(call.database or source.saved.database)
        statement = prepare(call, source, database, values, history)
        if not call.quiet:
            for text in (*statement.notes, *call.late_options):
                Screen().show(Note(text))
        if not statement.has_code:
            return self._without_code()
        gives_rows = statement.gives_rows
        if gives_rows is False:
            check_rows_are_given(call, statement.bound.sql, database.dialect)
        found: Any = None
        try:
            if call.no_run:
                Screen().show(SqlText(self._to_send(statement, True).sql, database.name))
            elif call.bg:
                found = self._in_background(statement)
            elif call.to:
                found = self._into_table(statement)
            elif call.explain or self._shows_plan(statement):
                found = self._plan(statement)
            elif call.profile or call.plot:
                found = self._viewed(statement)
            elif call.kind != "lazy" and (call.var or call.kind) and gives_rows is not False:
                found = self._fetched(statement)
            elif call.types == "infer":
                raise CivisMagicError(
                    "--types infer reads a whole result with a frame's library: name a VAR, or "
                    "give --as pandas or polars."
                )
            else:
                kept = self.runner.results.kept(statement, "preview", self._most_shown)
                facts = kept.facts if kept else self.runner.query(statement, self._most_shown)
                found = self._kept(self._table(statement, facts, kept))
        except EmptyResultError:
            if only_reads(statement.bound.sql):
                raise  # it has columns, which can't be found out
            self._without_rows(statement)
        if call.saved_as:
            history.save(call.saved_as, statement.saved)
        return found

    def _without_code(self) -> None:
        """Show that a cell of comments runs nothing; raise where something is to come of it."""
        call = self.call
        message = f"{call.magic}: the SQL holds nothing but comments. Nothing was sent."
        if call.var or call.to or call.saved_as or call.bg or not call.whole_cell:
            raise CivisMagicError(message)
        if not call.quiet:
            Screen().show(Note(message))

    def _without_rows(self, statement: Statement) -> None:
        """Say that a statement has run, of which only its run tells that it has no rows."""
        call = self.call
        if call.var is not None:
            # What it held before is no result of this cell, and must not be taken for one.
            self.user_ns[call.var] = None
        if not call.quiet:
            about = f" {call.var} is None." if call.var is not None else ""
            Screen().show(Note(f"{title_of(statement)}: {NO_ROWS}{about}"))

    # -- the ways to run ---------------------------------------------------------------------

    def _kept(self, table: ResultTable) -> ResultTable | None:
        """Assign or show a table of the first rows, as the magic's options say."""
        call = self.call
        if call.var is not None:
            if not table.columns:
                raise EmptyResultError(NO_ROWS)
            self.user_ns[call.var] = table
        if call.quiet and call.whole_cell:
            return None
        if call.var is None:
            return table
        Screen().show(table)
        return None

    @property
    def _most_shown(self) -> int:
        """Return how many rows a preview has at most."""
        return min(self.call.max_rows or PREVIEW_ROWS, PREVIEW_ROWS)

    def _table(
        self, statement: Statement, facts: dict[str, Any], kept: KeptResult | None
    ) -> ResultTable:
        """Return the table of the first rows of a statement that ran as a query."""
        call = self.call
        title = ", ".join(filter(None, [call.var, kept.age if kept else None])) or None
        if kept is None and facts["columns"]:
            self.runner.results.keep(statement, "preview", self._most_shown, None, facts)
        rows = facts["rows"]
        return ResultTable(
            rows,
            columns=facts["columns"],
            types=facts["types"],
            title=title,
            limit=call.rows,
            frame_types=call.types or ("exact" if config.get("types") == "exact" else None),
            full=FullResult(
                len(rows) < self._most_shown,
                self._whole(statement, facts),
                partial(_typed, facts),
                self._counted(statement, facts),
            ),
            view_rows=call.rows,
            source=replace(Source(*facts["source"]), message=facts["done"]),
            static=call.static,
        )

    def _whole(
        self, statement: Statement, facts: dict[str, Any]
    ) -> Callable[[], TypedTable] | None:
        """Return what gives the whole result of a previewed statement; None when nothing can.

        A preview that is whole is enough; only a statement that just reads runs once more.
        """
        if len(facts["rows"]) < self._most_shown:
            return partial(_typed, facts)
        if not only_reads(statement.bound.sql):
            return None

        def fetch() -> TypedTable:
            with self.runner.display(statement) as display:
                return self.runner.typed(statement, display).result

        return fetch

    def _counted(self, statement: Statement, facts: dict[str, Any]) -> Callable[[], int] | None:
        """Return what counts the rows of a previewed statement; None when nothing can."""
        dialect = statement.database.dialect or "postgres"
        if len(facts["rows"]) < self._most_shown:
            return None
        bound = counting(statement.bound, dialect)
        if bound is None:
            return None
        return lambda: int(self.runner.query(statement, 1, bound)["rows"][0][0])

    def _fetched(self, statement: Statement) -> Any:
        """Run the statement, and return, assign or show its whole result."""
        call = self.call
        with self.runner.display(statement) as display:
            found = self.runner.frame(statement, display)
            if call.var is not None:
                self.user_ns[call.var] = found.frame
            if call.var is None or call.quiet:
                if found.note and not call.quiet:
                    display.settle(Note(found.note))
                else:
                    display.remove(whole_cell=self.runner.owns_cell(statement))
                return found.frame if call.var is None else None
            limit = call.rows or min(_HEAD_ROWS, config.get("limit"))
            display.settle(
                ResultTable(
                    found.shown,
                    title=", ".join(filter(None, [call.var, found.age])),
                    limit=limit,
                    note=found.note,
                    full=FullResult(found.complete),
                    view_rows=call.rows,
                    static=call.static,
                )
            )
        return None

    def _viewed(self, statement: Statement) -> Any:
        """Run the statement; show or return a profile or a plot of its whole result."""
        call = self.call
        if call.plot:
            require_altair()
        with self.runner.display(statement) as display:
            if call.var is None:
                result: Any = self.runner.typed(statement, display).result
            else:
                found = self.runner.frame(statement, display)
                self.user_ns[call.var], result = found.frame, found.shown
            display.tracker.begin_step("Drawing the chart" if call.plot else "Making the profile")
            table = ResultTable(result, title=call.var)
            doing = "Drawing" if call.plot else "Profiling"
            display.tracker.begin_step(f"{doing} {counted(len(table), 'row')}")
            view = table.plot(*call.plot) if call.plot else table.profile()
            if call.plot and not call.quiet:
                load_altair(display.tracker)
            if call.var is not None and not call.quiet:
                display.settle(view)
                return None
            display.remove(whole_cell=self.runner.owns_cell(statement))
        return None if call.var is not None or (call.quiet and call.whole_cell) else view

    def _in_background(self, statement: Statement) -> FrameFuture | None:
        """Start the statement; return or assign its future."""
        call, client = self.call, self.runner.session.client()
        request = self.runner.request(statement)
        bound = self._to_send(statement, self._table_exists(statement))

        def start() -> CivisFuture:
            future: CivisFuture
            if call.to:
                future = start_query(
                    client, bound.sql, statement.database.id, call.credential, 0, progress=False
                )
            else:
                future = start_export(client, self.runner.export(statement), poll_on_creation=False)
            return self.runner.noted(future, statement)

        def read(future: CivisFuture) -> Fetched:
            if call.to:
                return Fetched(TableCreated(call.to, what_was_done(future)))
            try:
                return request.fetched(client, future, self.runner.export(statement))
            except EmptyResultError:
                done = what_was_done(future)
                return Fetched(None, note=f"{done}." if done else NO_ROWS)

        future = FrameFuture(
            title_of(statement), start, read, lambda error: self.runner.explained(error, statement),
            call.timeout,
        )  # fmt: skip
        self.runner.session.background.add(
            future, future.title, self.number, variable=call.var, quiet=call.quiet
        )
        if call.var is None:
            return None if call.quiet and call.whole_cell else future
        self.user_ns[call.var] = future
        return None

    # -- other ends ---------------------------------------------------------------------------

    def _to_send(self, statement: Statement, exists: bool) -> Bound:
        """Return the SQL that runs: with ``--to`` the one that keeps the result in the table."""
        call = self.call
        if not call.to:
            return statement.bound
        how = call.if_exists or "fail"
        dialect = statement.database.dialect or "postgres"
        return into_table(statement.bound, call.to, how, exists, dialect)

    def _table_exists(self, statement: Statement) -> bool:
        """Check with the database whether the table of ``--to`` is there, where that matters."""
        call = self.call
        if not call.to or not depends_on_table(call.if_exists or "fail"):
            return False
        # Refused before anything is asked.
        self._to_send(statement, True)
        look = table_exists_sql(call.to)
        return bool(self.runner.query(statement, 1, Bound(look, look))["rows"])

    def _into_table(self, statement: Statement) -> TableCreated | None:
        """Run the statement so that its result is kept in a table; say what was made."""
        call = self.call
        assert call.to is not None  # noqa: S101 - the caller has looked
        bound = self._to_send(statement, self._table_exists(statement))
        made = TableCreated(
            call.to, self.runner.query(replace(statement, bound=bound), 0, bound)["done"]
        )
        return None if call.quiet and call.whole_cell else made

    def _shows_plan(self, statement: Statement) -> bool:
        """Return whether a cell shows what its own EXPLAIN gives: as text, which is drawn by it."""
        call = self.call
        is_wanted = call.var or call.kind or call.profile or call.plot or call.cache
        if not call.whole_cell or is_wanted or statement.first_word != "explain":
            return False
        return len(split_statements(statement.bound.sql)) == 1

    def _plan(self, statement: Statement) -> Plan | None:
        """Run EXPLAIN; return the plan where it is shown."""
        facts = self.runner.query(statement, PREVIEW_ROWS)
        plan = Plan(facts["rows"], statement.database.name)
        if self.call.var is not None:
            self.user_ns[self.call.var] = plan.text
        return None if self.call.quiet and self.call.whole_cell else plan


def _typed(facts: dict[str, Any]) -> TypedTable:
    """Return the rows of a preview with the types that the platform names."""
    return table_of_texts(facts["columns"], facts["rows"], facts["types"])
