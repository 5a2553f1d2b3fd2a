"""Names that existing scripts import from ``polling``."""

from __future__ import annotations

from civis_nb.errors import CivisJobFailure
from civis_nb.futures.pollable import PollableResult
from civis_nb.futures.states import CANCELLED, DONE, FAILED, SUCCEEDED
from civis_nb.futures.timing import MAX_WAIT_S as _MAX_POLLING_INTERVAL

__all__ = [
    "CANCELLED",
    "DONE",
    "FAILED",
    "SUCCEEDED",
    "_MAX_POLLING_INTERVAL",
    "CivisJobFailure",
    "PollableResult",
]
