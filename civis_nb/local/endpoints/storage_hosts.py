"""``/storage_hosts``: buckets outside the platform; the local one has none."""

from __future__ import annotations

from fastapi import APIRouter

from civis_nb.local.endpoints.user_refs import UserRef
from civis_nb.local.http.wire import Wire

__all__ = ["router"]

router = APIRouter(tags=["storage_hosts"])


class S3Options(Wire):
    """Where a bucket is."""

    region: str | None


class StorageHost(Wire):
    """A bucket."""

    id: int
    owner: UserRef
    name: str
    provider: str
    bucket: str
    s3_options: S3Options


@router.get("/storage_hosts", summary="List the storage hosts")
def list_storage_hosts() -> list[StorageHost]:
    """Return the empty list: files live on the platform itself."""
    return []
