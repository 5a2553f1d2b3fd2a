"""The magics as IPython sees them, and their way into a shell and out of it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from IPython.core.magic import needs_local_scope, no_var_expand

from civis_nb.magics import calls, job, settings
from civis_nb.magics.calls import SqlCall
from civis_nb.magics.failures import quiet
from civis_nb.magics.options import Syntax
from civis_nb.magics.session import Session
from civis_nb.magics.sql import SqlRun

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

__all__ = ["NAMES", "register", "unregister"]

#: name -> the kinds of magic it is
NAMES: Final = {
    "civis_sql": ("line", "cell"),
    "civisquery": ("line", "cell"),
    "civis_run": ("line",),
    "civis_config": ("line",),
}
#: The line reaches us as it is written, and with the variables of the calling function.
_MARKS: Final[tuple[Any, ...]] = (no_var_expand, needs_local_scope)


class _Magics:
    """The magics of one shell."""

    def __init__(self, shell: InteractiveShell) -> None:
        self.shell = shell
        self.session = Session()

    def civis_sql(self, line: str, cell: str | None = None, local_ns: Any = None) -> Any:
        syntax = calls.LINE if cell is None else calls.CELL
        return self._sql(SqlCall.parse(syntax, line, cell), local_ns)

    def civisquery(self, line: str, cell: str | None = None, local_ns: Any = None) -> Any:
        syntax = calls.QUERY_LINE if cell is None else calls.QUERY_CELL
        return self._sql(SqlCall.parse_query(syntax, line, cell), local_ns)

    def civis_run(self, line: str, local_ns: Any = None) -> Any:
        call = job.JobCall.parse(line)
        return job.run_job_magic(call, self.session, self.shell.user_ns, self._names(local_ns))

    def civis_config(self, line: str, local_ns: Any = None) -> Any:  # noqa: ARG002 - IPython gives it
        return settings.config_magic(line)

    def _sql(self, call: SqlCall, local_ns: Mapping[str, Any] | None) -> Any:
        names, cell = self._names(local_ns), self._cell_text()
        return SqlRun(call, self.session, self.shell.user_ns, names, cell).run()

    def _names(self, local_ns: Mapping[str, Any] | None) -> tuple[Mapping[str, Any], ...]:
        """Return where variables are looked up: in the calling function, then in the notebook."""
        user_ns = self.shell.user_ns
        return (local_ns, user_ns) if local_ns is not None else (user_ns,)

    def _cell_text(self) -> str | None:
        """Return the text of the running cell as it was written."""
        history = getattr(self.shell, "history_manager", None)
        raw = getattr(history, "input_hist_raw", None)
        return str(raw[-1]) if raw else None


def _magic(bound: Any, syntaxes: tuple[Syntax, ...]) -> Any:
    """Return a method as a magic: errors drawn for cells, the help of its syntaxes."""

    def magic(line: str, cell: str | None = None, local_ns: Any = None) -> Any:
        given = {} if cell is None else {"cell": cell}
        return bound(line, **given, local_ns=local_ns)

    magic.__name__ = bound.__name__
    magic.__doc__ = "\n\n".join(syntax.help for syntax in syntaxes)
    decorated: Any = quiet(magic)
    for mark in _MARKS:
        decorated = mark(decorated)
    return decorated


_SYNTAXES: Final = {
    "civis_sql": (calls.CELL, calls.LINE),
    "civisquery": (calls.QUERY_CELL, calls.QUERY_LINE),
    "civis_run": (job.SYNTAX,),
    "civis_config": (settings.SYNTAX,),
}


_EMPTY = re.compile(rf"(get_ipython\(\)\.run_cell_magic\('(?:{'|'.join(NAMES)})', .*, ')'\)\n?")


def _keep_empty_cells(lines: list[str]) -> list[str]:
    """Let a cell magic without a body reach us.

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
        magic = _magic(getattr(magics, name), _SYNTAXES[name])
        for kind in kinds:
            shell.magics_manager.register_function(magic, kind, name)


def unregister(shell: InteractiveShell) -> None:
    """Remove the magics from a shell."""
    while _keep_empty_cells in shell.input_transformers_post:
        shell.input_transformers_post.remove(_keep_empty_cells)
    for name, kinds in NAMES.items():
        for kind in kinds:
            shell.magics_manager.magics[kind].pop(name, None)
