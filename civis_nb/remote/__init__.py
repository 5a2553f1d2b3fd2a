"""Python functions as jobs of the platform."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from civis_nb.remote.calls import RemoteTraceback, run
    from civis_nb.remote.mapped import FunctionMap, MappedCall, map

__all__ = ["FunctionMap", "MappedCall", "RemoteTraceback", "map", "run"]


def __getattr__(name: str) -> Any:
    # On first use: the worker of a job, which is a module of this package, needs neither.
    if name in ("RemoteTraceback", "run"):
        from civis_nb.remote import calls

        return getattr(calls, name)
    if name in ("FunctionMap", "MappedCall", "map"):
        from civis_nb.remote import mapped

        return getattr(mapped, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
