"""The magics as IPython sees them, and their way into a shell and out of it."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict
from typing import TYPE_CHECKING, Any, Final, TypeVar

from IPython.core.magic import needs_local_scope, no_var_expand

from civis_nb.errors import CivisSQLError
from civis_nb.futures.awaiting import CivisAsyncResultBase
from civis_nb.magics import settings, tablelist, watch
from civis_nb.magics.failures import errors_without_traceback, place_in_cell
from civis_nb.magics.jobs import list as joblist
from civis_nb.magics.jobs import logs as loglist
from civis_nb.magics.jobs import run as job
from civis_nb.magics.jobs import script, workflow_cell
from civis_nb.magics.options import Syntax
from civis_nb.magics.scopes import enclosing_names
from civis_nb.magics.session import Session
from civis_nb.magics.sql import options as sql_options
from civis_nb.magics.sql.call import SqlCall
from civis_nb.magics.sql.runner import StatementRunner
from civis_nb.magics.targets import check_hides_nothing

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

    from civis_nb.magics.sql.run import SqlRun

__all__ = ["ERROR_PLACE", "NAMES", "register", "unregister"]

_F = TypeVar("_F", bound=Callable[..., Any])

#: The source of the payload that says where in the cell a statement failed.
ERROR_PLACE: Final = "civis_nb.sql_error"
#: name -> the kinds of magic it is
NAMES: Final = {
    "civis_sql": ("line", "cell"),
    "civisquery": ("line", "cell"),
    "civis_run": ("line", "cell"),
    "civis_workflow": ("cell",),
    "civis_wait": ("line",),
    "civis_jobs": ("line",),
    "civis_logs": ("line",),
    "civis_tables": ("line",),
    "civis_config": ("line",),
}


def _magic(*syntaxes: Syntax, expands: bool = False) -> Callable[[_F], _F]:
    """Mark a method as a magic, whose help is that of its syntaxes.

    Parameters
    ----------
    *syntaxes
        What it takes.
    expands
        Whether IPython expands ``{x}`` and ``$x`` in its line; else the line reaches it as it is
        written.
    """

    def mark(method: _F) -> _F:
        method.__doc__ = "\n\n".join(syntax.help for syntax in syntaxes)
        marked: Any = needs_local_scope(method)
        return marked if expands else no_var_expand(marked)  # type: ignore[no-any-return]

    return mark


class _Magics:
    """The magics of one shell."""

    def __init__(self, shell: InteractiveShell) -> None:
        self.shell = shell
        self.session = Session(shell.user_ns)

    @_magic(sql_options.CELL, sql_options.LINE)
    def civis_sql(self, line: str, cell: str | None = None, local_ns: Any = None) -> Any:
        with errors_without_traceback(), self._places_for_front_ends():
            call = SqlCall.parse(sql_options.LINE if cell is None else sql_options.CELL, line, cell)
            return self._sql_run(call, local_ns).run()

    @_magic(sql_options.QUERY_CELL, sql_options.QUERY_LINE, expands=True)
    def civisquery(self, line: str, cell: str | None = None, local_ns: Any = None) -> Any:
        with errors_without_traceback(), self._places_for_front_ends():
            syntax = sql_options.QUERY_LINE if cell is None else sql_options.QUERY_CELL
            return self._sql_run(SqlCall.parse_query(syntax, line, cell), local_ns).run()

    @_magic(job.SYNTAX, script.SYNTAX)
    def civis_run(self, line: str, cell: str | None = None, local_ns: Any = None) -> Any:
        names, number = self._namespaces(local_ns), self._cell_number()
        user_ns = self.shell.user_ns
        with errors_without_traceback():
            if cell is None:
                job_call = job.JobCall.parse(line)
                check_hides_nothing("%civis_run", job_call.outputs, user_ns)
                return job.run_job_magic(job_call, self.session, user_ns, names, number)
            call = script.ScriptCall.parse(line, cell)
            check_hides_nothing("%%civis_run", call.outputs, user_ns)
            return script.run_script_magic(call, self.session, user_ns, names, number)

    @_magic(workflow_cell.SYNTAX)
    def civis_workflow(self, line: str, cell: str, local_ns: Any = None) -> Any:
        with errors_without_traceback():
            call = workflow_cell.WorkflowCall.parse(line, cell)
            names, number = self._namespaces(local_ns), self._cell_number()
            user_ns = self.shell.user_ns
            check_hides_nothing("%%civis_workflow", call.var, user_ns)
            return workflow_cell.run_workflow_cell(call, self.session, user_ns, names, number)

    @_magic(joblist.SYNTAX)
    def civis_jobs(self, line: str, local_ns: Any = None) -> Any:  # noqa: ARG002 - IPython's own
        with errors_without_traceback():
            return joblist.jobs_magic(line, self.session)

    @_magic(loglist.SYNTAX)
    def civis_logs(self, line: str, local_ns: Any = None) -> None:
        with errors_without_traceback():
            names = self._namespaces(local_ns)
            loglist.logs_magic(line, self.session, self.shell.user_ns, names)

    @_magic(tablelist.SYNTAX)
    def civis_tables(self, line: str, local_ns: Any = None) -> Any:  # noqa: ARG002 - IPython's own
        with errors_without_traceback():
            return tablelist.tables_magic(line, self.session)

    @_magic(watch.SYNTAX)
    def civis_wait(self, line: str, local_ns: Any = None) -> None:
        with errors_without_traceback():
            watch.wait_magic(line, self.session.background, self._namespaces(local_ns))

    @_magic(settings.SYNTAX)
    def civis_config(self, line: str, local_ns: Any = None) -> Any:  # noqa: ARG002 - IPython's own
        with errors_without_traceback():
            return settings.config_magic(line)

    def _sql_run(self, call: SqlCall, local_ns: Mapping[str, Any] | None) -> SqlRun:
        # Transport and readers take longer to load than all that a shell needs of the magics.
        from civis_nb.magics.sql.run import SqlRun

        check_hides_nothing(call.magic, call.var, self.shell.user_ns)
        names, cell = self._namespaces(local_ns), self._cell_text()
        number = self._cell_number()
        runner = StatementRunner(call, self.session)
        return SqlRun(runner, self.shell.user_ns, names, cell, number)

    @contextlib.contextmanager
    def _places_for_front_ends(self) -> Iterator[None]:
        """Send the place of a failed statement with the reply to the cell.

        An error message of Jupyter's protocol has no field for it. The payload of a reply has,
        and is not kept in the notebook; front ends that don't know its source ignore it.
        """
        try:
            yield
        except CivisSQLError as error:
            place = place_in_cell(error)
            # A terminal has no front end, and nobody reads its payloads.
            payloads = self.shell.payload_manager if hasattr(self.shell, "kernel") else None
            if place is not None and payloads is not None:
                payloads.write_payload({"source": ERROR_PLACE, **asdict(place)})
            raise

    def _namespaces(self, local_ns: Mapping[str, Any] | None) -> tuple[Mapping[str, Any], ...]:
        """Return where variables are looked up: in the calling functions, then in the notebook."""
        user_ns = self.shell.user_ns
        local = () if local_ns is None else (local_ns,)
        return (*local, *enclosing_names(user_ns), user_ns)

    def _cell_number(self) -> int | None:
        """Return the number of the running cell; None where it is not known."""
        # The shell's own counter is ahead of it in some versions of IPython.
        history = getattr(self.shell, "history_manager", None)
        raw = getattr(history, "input_hist_raw", None)
        return len(raw) - 1 if raw else None

    def after_cell(self, *_: Any) -> None:
        """Report background work that failed, when a cell has run."""
        self.session.background.after_cell(self._cell_number())

    def show_value(self, future: Any) -> None:
        """Show nothing more of a future that is the value of the cell which shows it already.

        Raises
        ------
        NotImplementedError
            When the cell does not: IPython then shows it as any other value.
        """
        if not self.session.background.shows(future, self._cell_number()):
            raise NotImplementedError

    def _cell_text(self) -> str | None:
        """Return the text of the running cell as it was written."""
        history = getattr(self.shell, "history_manager", None)
        raw = getattr(history, "input_hist_raw", None)
        return str(raw[-1]) if raw else None


_EMPTY = re.compile(rf"(get_ipython\(\)\.run_cell_magic\('(?:{'|'.join(NAMES)})', .*, ')'\)\n?")


def _keep_empty_cells(lines: list[str]) -> list[str]:
    """Pass on a cell magic without a body, which IPython would refuse.

    IPython's own error for it is a `UsageError`, which is no error for many notebook runners.
    """
    found = _EMPTY.fullmatch(lines[0]) if len(lines) == 1 else None
    return [found.group(1) + "\\n')\n"] if found else lines


def register(shell: InteractiveShell) -> None:
    """Register the magics with a shell."""
    unregister(shell)
    shell.input_transformers_post.append(_keep_empty_cells)
    magics = _Magics(shell)
    shell.events.register("post_run_cell", magics.after_cell)
    _value_formatter(shell).for_type(CivisAsyncResultBase, magics.show_value)
    for name, kinds in NAMES.items():
        magic = getattr(magics, name)
        for kind in kinds:
            shell.magics_manager.register_function(magic, kind, name)


def _value_formatter(shell: InteractiveShell) -> Any:
    """Return what shows values that show themselves."""
    formatter: Any = shell.display_formatter
    return formatter.ipython_display_formatter


def unregister(shell: InteractiveShell) -> None:
    """Remove the magics from a shell."""
    while _keep_empty_cells in shell.input_transformers_post:
        shell.input_transformers_post.remove(_keep_empty_cells)
    for name, kinds in NAMES.items():
        for kind in kinds:
            shell.magics_manager.magics[kind].pop(name, None)
    _value_formatter(shell).pop(CivisAsyncResultBase, None)
    for callback in list(shell.events.callbacks["post_run_cell"]):
        if isinstance(getattr(callback, "__self__", None), _Magics):
            shell.events.unregister("post_run_cell", callback)
