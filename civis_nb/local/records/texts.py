"""Texts that belong to records, such as the code of a report: stored as files, read by links."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from civis_nb.local.errors import Invalid
from civis_nb.local.files.blobs import Blob
from civis_nb.local.files.registry import has_content
from civis_nb.local.records.fields import View
from civis_nb.local.records.resource import Change
from civis_nb.local.store import utc_now
from civis_nb.local.store.objects import find_object
from civis_nb.local.store.schema import files

__all__ = ["copy_file", "new_file", "show_link", "store_text"]


def new_file(change: Change, name: str, blob: Blob | None = None) -> int:
    """Create a file, by default without content, that never expires, and return its id."""
    now = utc_now()
    values: dict[str, Any] = {"name": name, "user_id": change.user.id}
    values |= {"created_at": now, "updated_at": now}
    if blob is not None:
        values |= {"blob": blob.name, "size_bytes": blob.size_bytes, "crc32": blob.crc32}
    statement = files.insert().values(**values).returning(files.c.id)
    return int(change.connection.execute(statement).scalar_one())


def store_text(change: Change, field: str, into: str, name: str) -> None:
    """Store the text that a request has for `field` as a new file; `into` is the field of its id.

    The file that was there before stays: a clone may refer to it.
    """
    text = change.values.pop(field, None)
    if text is not None:
        change.values[into] = new_file(change, name, _stored(change, text.encode()))


def copy_file(change: Change, field: str) -> None:
    """Replace the id of a file by that of a copy."""
    file_id = change.values.get(field)
    if file_id is None:
        return
    row = find_object(change.connection, "files", int(file_id))
    if row is None:
        raise Invalid(f"{field}: there is no file {file_id}.")
    content = None
    if has_content(row):
        content = _stored(change, change.context.files.blobs.path(row.blob).read_bytes())
    change.values[field] = new_file(change, row.name, content)


def _stored(change: Change, content: bytes) -> Blob:
    """Store a content on the disk; nothing is left of it when that fails."""
    writer = change.context.files.blobs.writer()
    try:
        writer.write(content)
        return writer.finish()
    finally:
        writer.discard()


def show_link(field: str) -> Callable[[View], str | None]:
    """Show a link that downloads the file whose id a field holds; null when it has no content."""

    def show(view: View) -> str | None:
        file_id = view.value(field)
        if file_id is None:
            return None
        row = find_object(view.connection, "files", int(file_id))
        return (
            view.context.files.download_url(row) if row is not None and has_content(row) else None
        )

    return show
