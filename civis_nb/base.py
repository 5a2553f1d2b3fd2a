"""Names of errors, states and helpers, at the path that scripts import them from."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from civis_nb.client.client import DEFAULT_ENDPOINT
from civis_nb.client.convert import convert_response_data_type
from civis_nb.client.pages import PaginatedResponse
from civis_nb.client.raw import get_headers, open_session, retry_request, tostr_urljoin
from civis_nb.client.resource import Resource
from civis_nb.client.response import Response
from civis_nb.errors import (
    CivisAPIError,
    CivisAPIKeyError,
    CivisImportError,
    CivisJobFailure,
    EmptyResultError,
)

if TYPE_CHECKING:
    from civis_nb.futures import CivisAsyncResultBase

__all__ = [
    "CANCELLED",
    "DEFAULT_API_ENDPOINT",
    "DEFAULT_USER_AGENT",
    "DONE",
    "FAILED",
    "FINISHED",
    "NOT_FINISHED",
    "STATE_TRANS",
    "CivisAPIError",
    "CivisAPIKeyError",
    "CivisAsyncResultBase",
    "CivisImportError",
    "CivisJobFailure",
    "EmptyResultError",
    "Endpoint",
    "PaginatedResponse",
    "Response",
    "convert_response_data_type",
    "get_base_url",
    "get_headers",
    "open_session",
    "retry_request",
    "tostr_urljoin",
]

DEFAULT_API_ENDPOINT = DEFAULT_ENDPOINT
DEFAULT_USER_AGENT = "civis-python"

FINISHED = ["success", "succeeded"]
FAILED = ["failed"]
CANCELLED = ["cancelled"]
NOT_FINISHED = ["queued", "running"]
DONE = FINISHED + FAILED + CANCELLED

#: The state of a `concurrent.futures.Future` for that of a run.
STATE_TRANS = {
    **dict.fromkeys(FINISHED + FAILED, "FINISHED"),
    **dict.fromkeys(NOT_FINISHED, "RUNNING"),
    **dict.fromkeys(CANCELLED, "CANCELLED_AND_NOTIFIED"),
}

#: What every resource of a client is.
Endpoint = Resource


def get_base_url() -> str:
    """Return the address of the API, with a slash at its end.

    Examples
    --------
    >>> get_base_url().endswith("/")
    True
    """
    return (os.environ.get("CIVIS_API_ENDPOINT") or DEFAULT_API_ENDPOINT).rstrip("/") + "/"


def __getattr__(name: str) -> Any:
    if name == "CivisAsyncResultBase":  # imported on first use: scripts rarely need futures
        from civis_nb.futures import CivisAsyncResultBase

        return CivisAsyncResultBase
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
