"""The headers that say where a request comes from."""

from __future__ import annotations

import os
import platform

from civis_nb._version import __version__

__all__ = ["own_headers", "user_agent"]


def own_headers(product: str) -> dict[str, str]:
    """Return the headers that say where a request comes from: the product, and inside a job, it."""
    headers = {"User-Agent": user_agent(product)}
    job = os.environ.get("CIVIS_JOB_ID")
    if job:
        headers["X-Civis-Job-ID"] = job
        run_id = os.environ.get("CIVIS_RUN_ID")
        if run_id:
            headers["X-Civis-Run-ID"] = run_id
    return headers


def user_agent(product: str) -> str:
    """Return the text of ``User-Agent``: the product, the language, this package, requests."""
    import requests

    return (
        f"{product} (Python {platform.python_version()}; civis_nb {__version__}; "
        f"requests {requests.__version__})"
    )
