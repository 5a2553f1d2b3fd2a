"""Names of errors and states, at the path that scripts import them from."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from civis_nb.client.client import DEFAULT_ENDPOINT
from civis_nb.client.pages import PaginatedResponse
from civis_nb.client.response import Response, convert_response_data_type
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
    "CivisAPIError",
    "CivisAPIKeyError",
    "CivisAsyncResultBase",
    "CivisImportError",
    "CivisJobFailure",
    "EmptyResultError",
    "PaginatedResponse",
    "Response",
    "convert_response_data_type",
    "get_base_url",
]

DEFAULT_API_ENDPOINT = DEFAULT_ENDPOINT
DEFAULT_USER_AGENT = "civis-python"

FINISHED = ["success", "succeeded"]
FAILED = ["failed"]
CANCELLED = ["cancelled"]
NOT_FINISHED = ["queued", "running"]
DONE = FINISHED + FAILED + CANCELLED

#: Names that stand above the client: imported when they are asked for.
_LATER = {"CivisAsyncResultBase": "civis_nb.futures"}


def get_base_url() -> str:
    """Give the address of the API, with a slash at its end.

    Examples
    --------
    >>> get_base_url().endswith("/")
    True
    """
    return (os.environ.get("CIVIS_API_ENDPOINT") or DEFAULT_API_ENDPOINT).rstrip("/") + "/"


def __getattr__(name: str) -> Any:
    if name in _LATER:
        from importlib import import_module

        return getattr(import_module(_LATER[name]), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *_LATER})
