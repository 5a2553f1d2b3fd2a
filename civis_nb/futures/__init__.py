"""Runs of the platform as futures."""

from __future__ import annotations

from civis_nb.errors import CivisAPIError, CivisJobFailure, CivisMemoryFailure
from civis_nb.futures.awaiting import CivisAsyncResultBase
from civis_nb.futures.container import ContainerFuture
from civis_nb.futures.executors import CustomScriptExecutor, _ContainerShellExecutor
from civis_nb.futures.failures import sql_position
from civis_nb.futures.future import CivisFuture
from civis_nb.futures.group import RunGroup
from civis_nb.futures.pollable import PollableResult

#: The name under which the joblib backend of older scripts finds it.
_ContainerFuture = ContainerFuture

__all__ = [
    "CivisAPIError",
    "CivisAsyncResultBase",
    "CivisFuture",
    "CivisJobFailure",
    "CivisMemoryFailure",
    "ContainerFuture",
    "CustomScriptExecutor",
    "PollableResult",
    "RunGroup",
    "_ContainerFuture",
    "_ContainerShellExecutor",
    "sql_position",
]
