"""Where jobs run: on this machine, SQL in threads, scripts as processes."""

from civis_nb.local.runs.pool import JobRunner

__all__ = ["JobRunner"]
