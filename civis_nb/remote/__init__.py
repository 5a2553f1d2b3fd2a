"""Python functions as jobs of the platform."""

from __future__ import annotations

from civis_nb.remote.calls import RemoteTraceback, run
from civis_nb.remote.mapped import FunctionMap, MappedCall, map

__all__ = ["FunctionMap", "MappedCall", "RemoteTraceback", "map", "run"]
