"""The magics as IPython sees them, and their way into a shell and out of it."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Final, TypeVar

from IPython.core.magic import needs_local_scope, no_var_expand

from civis_nb.magics import calls, job, settings
from civis_nb.magics.calls import SqlCall
from civis_nb.magics.failures import errors_without_traceback
from civis_nb.magics.options import Syntax
from civis_nb.magics.session import Session
from civis_nb.magics.sql import SqlRun

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

__all__ = ["NAMES", "register", "unregister"]

_F = TypeVar("_F", bound=Callable[..., Any])

#: name -> the kinds of magic it is
NAMES: Final = {
    "civis_sql": ("line", "cell"),
    "civisquery": ("line", "cell"),
    "civis_run": ("line",),
    "civis_config": ("line",),
}


def _magic(*syntaxes: Syntax) -> Callable[[_F], _F]:
    """Mark a method as a magic, whose help is that of its syntaxes.

    The line reaches it as it is written, and with the variables of the calling function.
    """

    def mark(method: _F) -> _F:
        method.__doc__ = "\n\n".join(syntax.help for syntax in syntaxes)
        marked: Any = no_var_expand(needs_local_scope(method))
        return marked  # type: ignore[no-any-return]

    return mark


class _Magics:
    """The magics of one shell."""

    def __init__(self, shell: InteractiveShell) -> None:
        self.shell = shell
        self.session = Session()

    @_magic(calls.CELL, calls.LINE)
    def civis_sql(self, line: str, cell: str | None = None, local_ns: Any = None) -> Any:
        with errors_without_traceback():
            call = SqlCall.parse(calls.LINE if cell is None else calls.CELL, line, cell)
            return self._sql_run(call, local_ns).run()

    @_magic(calls.QUERY_CELL, calls.QUERY_LINE)
    def civisquery(self, line: str, cell: str | None = None, local_ns: Any = None) -> Any:
        with errors_without_traceback():
            syntax = calls.QUERY_LINE if cell is None else calls.QUERY_CELL
            return self._sql_run(SqlCall.parse_query(syntax, line, cell), local_ns).run()

    @_magic(job.SYNTAX)
    def civis_run(self, line: str, local_ns: Any = None) -> Any:
        with errors_without_traceback():
            call = job.JobCall.parse(line)
            names = self._namespaces(local_ns)
            return job.run_job_magic(call, self.session, self.shell.user_ns, names)

    @_magic(settings.SYNTAX)
    def civis_config(self, line: str, local_ns: Any = None) -> Any:  # noqa: ARG002 - IPython's own
        with errors_without_traceback():
            return settings.config_magic(line)

    def _sql_run(self, call: SqlCall, local_ns: Mapping[str, Any] | None) -> SqlRun:
        names, cell = self._namespaces(local_ns), self._cell_text()
        return SqlRun(call, self.session, self.shell.user_ns, names, cell)

    def _namespaces(self, local_ns: Mapping[str, Any] | None) -> tuple[Mapping[str, Any], ...]:
        """Return where variables are looked up: in the calling function, then in the notebook."""
        user_ns = self.shell.user_ns
        return (local_ns, user_ns) if local_ns is not None else (user_ns,)

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
    for name, kinds in NAMES.items():
        magic = getattr(magics, name)
        for kind in kinds:
            shell.magics_manager.register_function(magic, kind, name)


def unregister(shell: InteractiveShell) -> None:
    """Remove the magics from a shell."""
    while _keep_empty_cells in shell.input_transformers_post:
        shell.input_transformers_post.remove(_keep_empty_cells)
    for name, kinds in NAMES.items():
        for kind in kinds:
            shell.magics_manager.magics[kind].pop(name, None)
