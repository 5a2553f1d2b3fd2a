"""The local platform's parts, as its endpoints see them."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from fastapi import Request

if TYPE_CHECKING:
    from civis_nb.local.files.blobs import BlobStore
    from civis_nb.local.files.signing import Signer
    from civis_nb.local.runner import JobRunner
    from civis_nb.local.store import Store
    from civis_nb.local.warehouse.registry import Warehouses

__all__ = ["PlatformContext", "User", "context_of"]


@dataclass(frozen=True)
class User:
    """Who makes the request."""

    id: int
    username: str
    name: str
    email: str
    initials: str


@dataclass
class PlatformContext:
    """Everything that a request handler or a job may need; one for each running platform.

    Attributes
    ----------
    state
        The state folder: ``platform.sqlite``, ``warehouse/``, ``blobs/``, ``runs/``.
    store
        What is remembered.
    blobs
        File contents.
    warehouses
        The databases, by id.
    runner
        Where jobs run.
    signer
        Signs the URLs of uploads and downloads.
    api_key
        The key of the platform's user, handed to jobs.
    endpoint
        The base URL without a trailing slash, known once the server listens.
    """

    state: Path
    store: Store
    blobs: BlobStore
    warehouses: Warehouses
    signer: Signer
    api_key: str = field(repr=False)
    runner: JobRunner = field(init=False)
    endpoint: str = ""


def context_of(request: Request) -> PlatformContext:
    """Return the platform that a request came to; a FastAPI dependency."""
    context: PlatformContext = request.app.state.context
    return context
