"""``/imports/{id}/syncs``: what an import moves from where to where."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated, Any

from fastapi import APIRouter, Path, Request
from sqlalchemy import Connection

from civis_nb.local.context import context_of
from civis_nb.local.endpoints.filters import JobId
from civis_nb.local.endpoints.imports.models import AdvancedOptions, Sync, SyncBody, SyncPatch
from civis_nb.local.http.wire import Wire, given
from civis_nb.local.runs import jobs as states
from civis_nb.local.runs.syncs import add_sync, find_sync, shown, update_sync
from civis_nb.local.store import utc_now
from civis_nb.local.store.schema import syncs

__all__ = ["router", "sync_values"]

router = APIRouter(tags=["imports"])

SyncId = Annotated[int, Path(description="The id of the sync.")]


class SyncArchiveBody(Wire):
    """Whether a sync is archived."""

    status: bool | None = None


def sync_values(body: SyncBody) -> dict[str, Any]:
    """Return a sync as it is stored: snake_case, every option with its value."""
    values = body.model_dump(mode="json")
    values["advanced_options"] = (body.advanced_options or AdvancedOptions()).model_dump()
    return _plain(values)


def _plain(values: dict[str, Any]) -> dict[str, Any]:
    """Rename the key that pydantic can't have as a field."""
    for side in ("source", "destination"):
        table = (values.get(side) or {}).get("database_table")
        if table is not None and "schema_" in table:
            table["schema"] = table.pop("schema_")
    return values


@contextmanager
def _locked(request: Request, import_id: int) -> Iterator[tuple[Connection, str]]:
    """Open a transaction on an import; the block gets it and the type of the import's syncs."""
    store = context_of(request).store
    with states.locked_job(store, import_id, states.IMPORT) as (connection, row):
        yield connection, str(row.body["sync_type"])


@router.post("/imports/{id}/syncs", status_code=201, summary="Add a sync to an import")
def post_syncs(request: Request, id: JobId, body: SyncBody) -> Sync:
    """Create a sync; it moves nothing before a run."""
    with _locked(request, id) as (connection, kind):
        row = add_sync(connection, id, kind, sync_values(body))
        return Sync.model_validate(shown(connection, row, kind))


@router.put("/imports/{id}/syncs/{sync_id}", summary="Replace a sync")
def put_syncs(request: Request, id: JobId, sync_id: SyncId, body: SyncBody) -> Sync:
    """Replace all of a sync."""
    values = sync_values(body)
    with _locked(request, id) as (connection, kind):
        row = update_sync(connection, find_sync(connection, id, sync_id), kind, values)
        return Sync.model_validate(shown(connection, row, kind))


@router.patch("/imports/{id}/syncs/{sync_id}", summary="Change parts of a sync")
def patch_syncs(request: Request, id: JobId, sync_id: SyncId, body: SyncPatch) -> Sync:
    """Change what was sent; of the advanced options those that were sent."""
    sent = _plain(given(body))
    with _locked(request, id) as (connection, kind):
        row = find_sync(connection, id, sync_id)
        values = {
            "source": sent.get("source") or row.source,
            "destination": sent.get("destination") or row.destination,
            "advanced_options": {**row.advanced_options, **(sent.get("advanced_options") or {})},
        }
        row = update_sync(connection, row, kind, values)
        return Sync.model_validate(shown(connection, row, kind))


# Clients leave out what is called deprecated: this one has a successor.
@router.delete(
    "/imports/{id}/syncs/{sync_id}",
    status_code=204,
    summary="Archive a sync (deprecated: use the path that ends in archive)",
)
def delete_syncs(request: Request, id: JobId, sync_id: SyncId) -> None:
    """Archive a sync: it is not run any more."""
    _archive(request, id, sync_id, True)


@router.put("/imports/{id}/syncs/{sync_id}/archive", summary="Archive a sync, or restore it")
def put_syncs_archive(request: Request, id: JobId, sync_id: SyncId, body: SyncArchiveBody) -> Sync:
    """Set whether the sync is archived."""
    return _archive(request, id, sync_id, body.status is not False)


def _archive(request: Request, import_id: int, sync_id: int, status: bool) -> Sync:
    """Archive a sync, or restore it."""
    with _locked(request, import_id) as (connection, kind):
        row = find_sync(connection, import_id, sync_id)
        changed = syncs.update().where(syncs.c.id == row.id)
        connection.execute(changed.values(archived=status, updated_at=utc_now()))
        return Sync.model_validate(shown(connection, row, kind))
