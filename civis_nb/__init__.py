"""Civis Platform in Jupyter notebooks.

A drop-in for the PyPI package ``civis`` (``import civis_nb as civis``), IPython magics
(``%load_ext civis_nb``), and an embedded local platform (`civis_nb.local`) that needs neither
an account nor a network.

Names are loaded when they are first used, so that ``import civis_nb`` costs next to nothing.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from civis_nb._version import __version__

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

    from civis_nb import (
        base,
        client,
        config,
        errors,
        futures,
        io,
        local,
        loggers,
        parallel,
        polling,
        response,
        service_client,
        spec,
        testing,
        utils,
        workflows,
    )
    from civis_nb.client.client import APIClient
    from civis_nb.client.find import find, find_one
    from civis_nb.client.pages import PaginatedResponse
    from civis_nb.client.response import ListResponse, Response
    from civis_nb.loggers import civis_logger
    from civis_nb.remote import map as map
    from civis_nb.remote import run
    from civis_nb.service_client import ServiceClient

#: All but `map`: ``from civis_nb import *`` is not to hide Python's own.
__all__ = [
    "APIClient",
    "ListResponse",
    "PaginatedResponse",
    "Response",
    "ServiceClient",
    "__version__",
    "base",
    "civis_logger",
    "client",
    "config",
    "errors",
    "find",
    "find_one",
    "futures",
    "io",
    "load_ipython_extension",
    "local",
    "loggers",
    "parallel",
    "polling",
    "response",
    "run",
    "service_client",
    "spec",
    "testing",
    "unload_ipython_extension",
    "utils",
    "workflows",
]

_MODULE_OF = {
    "APIClient": "civis_nb.client.client",
    "ListResponse": "civis_nb.client.response",
    "PaginatedResponse": "civis_nb.client.pages",
    "Response": "civis_nb.client.response",
    "ServiceClient": "civis_nb.service_client",
    "civis_logger": "civis_nb.loggers",
    "find": "civis_nb.client.find",
    "find_one": "civis_nb.client.find",
    "map": "civis_nb.remote",
    "run": "civis_nb.remote",
}
_MODULES = frozenset(
    {
        "base",
        "client",
        "config",
        "errors",
        "futures",
        "io",
        "local",
        "loggers",
        "parallel",
        "polling",
        "response",
        "service_client",
        "spec",
        "testing",
        "utils",
        "workflows",
    }
)


def __getattr__(name: str) -> Any:
    if name in _MODULES:
        return importlib.import_module(f"civis_nb.{name}")
    if name in _MODULE_OF:
        value = getattr(importlib.import_module(_MODULE_OF[name]), name)
        globals()[name] = value
        return value
    if name == "ml":  # says what to use instead
        return importlib.import_module("civis_nb.ml")
    raise AttributeError(f"module 'civis_nb' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted([*__all__, "map"])


def load_ipython_extension(ipython: InteractiveShell) -> None:
    """Register the magics; IPython calls this for ``%load_ext civis_nb``."""
    from civis_nb.magics import load

    load(ipython)


def unload_ipython_extension(ipython: InteractiveShell) -> None:
    """Remove the magics; IPython calls this for ``%unload_ext civis_nb``."""
    from civis_nb.magics import unload

    unload(ipython)
