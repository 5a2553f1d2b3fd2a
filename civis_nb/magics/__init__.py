"""IPython magics: ``%load_ext civis_nb`` registers them.

``%%civis_sql`` and ``%civis_sql`` query, ``%civis_run`` runs a job, ``%civis_config`` shows and
changes settings; ``%%civisquery`` and ``%civisquery`` are older names of the first two. A name
with ``?`` behind it shows its help.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

__all__ = ["load", "unload"]


def load(ipython: InteractiveShell) -> None:
    """Register the magics with a shell; again is harmless."""
    from civis_nb.magics.register import register
    from civis_nb.widgets.live_tables import LiveTables

    unload(ipython)
    register(ipython)
    LiveTables(ipython).register()


def unload(ipython: InteractiveShell) -> None:
    """Remove the magics from a shell."""
    from civis_nb.magics.register import unregister
    from civis_nb.widgets.live_tables import LiveTables

    unregister(ipython)
    if (tables := LiveTables.of(ipython)) is not None:
        tables.unregister()
