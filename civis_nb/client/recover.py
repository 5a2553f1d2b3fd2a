"""Looks whether a POST that was answered by 503 has done its work all the same."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from civis_nb.client.arguments import Request
    from civis_nb.client.client import APIClient
    from civis_nb.spec.model import Operation
    from civis_nb.transport.session import Recover

__all__ = ["recovery"]


def recovery(client: APIClient, operation: Operation, request: Request) -> Recover | None:
    """Give the look for one call; None where the API has nothing to look at."""
    return None
