"""The embedded local platform: the same API, in one process, with no account and no network.

>>> from civis_nb import local
>>> with local.start(samples=False) as platform:
...     platform.client().users.get_me()["username"]
'local'
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from civis_nb.local.join import start_or_join
    from civis_nb.local.serve import Platform, start

__all__ = ["Platform", "start", "start_or_join"]

_MODULE_OF = {"Platform": "serve", "start": "serve", "start_or_join": "join"}


def __getattr__(name: str) -> Any:
    # Loaded when first used: the server and its parts take a while to import.
    if name not in _MODULE_OF:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    from civis_nb._requirements import check_versions

    check_versions(["duckdb", "fastapi", "pydantic", "python-multipart", "sqlglot"])

    value = getattr(import_module(f"civis_nb.local.{_MODULE_OF[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
