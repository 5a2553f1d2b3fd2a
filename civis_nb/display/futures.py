"""A future as a view of its run, from what was seen of it last: no look at the API."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from civis_nb._wire_text import is_loopback
from civis_nb.display.runs import RunView, run_times

__all__ = ["future_html", "future_view"]


def future_view(future: Any, title: str | None = None) -> RunView:
    """Return what is known of a future's run.

    Parameters
    ----------
    future
        A `civis_nb.futures.CivisFuture`.
    title
        What runs; None: the ids.
    """
    seen = getattr(future, "last_seen", None)
    run = seen if isinstance(seen, Mapping) or hasattr(seen, "get") else None
    queued, ran = run_times(run)
    error = run.get("error") if run is not None else None
    return RunView(
        title=title or type(future).__name__,
        state=str(getattr(future, "state", None) or "unknown"),
        job_id=getattr(future, "job_id", None),
        run_id=getattr(future, "run_id", None),
        url=_page(future),
        queued_s=queued,
        running_s=ran,
        error=str(error) if error else None,
    )


def future_html(future: Any) -> str:
    """Return the HTML of a future: its state, ids, times and error, as last seen."""
    return str(future_view(future)._html())


def _page(future: Any) -> str | None:
    """Return the address of the run's page; a platform on this machine has no pages to look at."""
    url = getattr(future, "job_run_url", None) or getattr(future, "job_url", None)
    return url if isinstance(url, str) and not is_loopback(url) else None
