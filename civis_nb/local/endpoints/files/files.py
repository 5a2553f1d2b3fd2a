"""``/files``: upload, details, expiry. The bytes go over signed URLs, see `..transfers`."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request
from pydantic import Field, field_validator
from sqlalchemy import Row

from civis_nb.local.context import PlatformContext, User, context_of
from civis_nb.local.endpoints.user_refs import UserRef, user_ref
from civis_nb.local.errors import Conflict, Invalid
from civis_nb.local.files.parts import Parts
from civis_nb.local.files.registry import FILE_LIFETIME, LINK_LIFETIME, has_content
from civis_nb.local.http.auth import current_user
from civis_nb.local.http.wire import NotBlank, Time, Wire, given
from civis_nb.local.store import from_wire, in_future, to_wire, utc_now
from civis_nb.local.store.permissions import Level, permission_level
from civis_nb.local.store.schema import files

__all__ = ["DetectedColumn", "DetectedInfo", "router"]

router = APIRouter(tags=["files"])

_DEFAULT_LINK = timedelta(minutes=30)
_MAX_PARTS = 10_000
_MAX_DESCRIPTION = 512
_MAX_NAME = 1024


class _Expiring(Wire):
    @field_validator("expires_at", mode="before", check_fields=False)
    @classmethod
    def _time(cls, value: Any) -> Any:
        """Parse a time in any of its spellings."""
        if value is None:
            return None
        try:
            return to_wire(from_wire(str(value)))
        except (ValueError, OverflowError):
            raise ValueError(f"{value!r} is no time; write it as 2030-12-31T23:59:59Z") from None


class FileCreate(_Expiring):
    """What a new file is to be called, and how long it lives."""

    name: str = Field(max_length=_MAX_NAME)
    expires_at: Time | None = None
    description: str | None = Field(default=None, max_length=_MAX_DESCRIPTION)


class MultipartCreate(_Expiring):
    """The same, for an upload in parts."""

    name: str = Field(max_length=_MAX_NAME)
    expires_at: Time | None = None
    description: str | None = Field(default=None, max_length=_MAX_DESCRIPTION)
    num_parts: int = Field(json_schema_extra={"minimum": 1, "maximum": _MAX_PARTS})


class FileUpdate(_Expiring):
    """All that can be changed."""

    name: NotBlank = Field(max_length=_MAX_NAME)
    expires_at: Time | None
    description: str | None = Field(default=None, max_length=_MAX_DESCRIPTION)


class FilePatch(_Expiring):
    """What is to be changed."""

    name: NotBlank | None = Field(default=None, max_length=_MAX_NAME)
    expires_at: Time | None = None
    description: str | None = Field(default=None, max_length=_MAX_DESCRIPTION)


class _FileFields(Wire):
    id: int
    name: str
    created_at: str
    file_size: int
    expires_at: Time | None
    description: str | None


class FileUpload(_FileFields):
    """A new file and where its content goes."""

    upload_url: str
    upload_fields: dict[str, str]
    my_permission_level: str = "manage"


class MultipartUpload(_FileFields):
    """A new file and where its parts go."""

    upload_urls: list[str]


class DetectedColumn(Wire):
    """A column that preprocessing has found."""

    name: str | None
    sql_type: str | None


class DetectedInfo(Wire):
    """What preprocessing has found; nulls before it ran."""

    include_header: bool | None = None
    column_delimiter: str | None = None
    compression: str | None = None
    table_columns: list[DetectedColumn] = Field(default_factory=list)


class FileDetail(_FileFields):
    """A file."""

    author: UserRef
    download_url: str | None
    file_url: str | None
    detected_info: DetectedInfo
    my_permission_level: Level


def _fields(row: Row[Any]) -> dict[str, Any]:
    """Return the fields that a file has from the start."""
    return {
        "id": row.id,
        "name": row.name,
        "created_at": row.created_at,
        "file_size": row.size_bytes,
        "expires_at": row.expires_at,
        "description": row.description,
    }


@router.post("/files", status_code=201, summary="Initiate an upload of a file into the platform")
def post_file(
    request: Request, body: FileCreate, user: Annotated[User, Depends(current_user)]
) -> FileUpload:
    """Create a file and return where to post its content."""
    context = context_of(request)
    row = _insert(context, body, user, None)
    return FileUpload(
        **_fields(row),
        upload_url=context.files.form_url(row.id),
        upload_fields=context.files.form_fields(row.id),
    )


@router.post("/files/multipart", status_code=201, summary="Initiate a multipart upload")
def post_multipart(
    request: Request, body: MultipartCreate, user: Annotated[User, Depends(current_user)]
) -> MultipartUpload:
    """Create a file and return where to put each of its parts."""
    if not 1 <= body.num_parts <= _MAX_PARTS:
        raise Invalid(f"numParts must be between 1 and {_MAX_PARTS}, not {body.num_parts}.")
    context = context_of(request)
    row = _insert(context, body, user, body.num_parts)
    return MultipartUpload(
        **_fields(row),
        upload_urls=[context.files.upload_url(row.id, n) for n in range(1, body.num_parts + 1)],
    )


@router.post(
    "/files/multipart/{id}/complete", status_code=204, summary="Complete a multipart upload"
)
def post_multipart_complete(request: Request, id: int) -> None:
    """Join the parts; all must have arrived."""
    context = context_of(request)
    row = context.files.row(id)
    if not row.num_parts:
        raise Conflict(f"File {id} was not begun as a multipart upload.")
    if row.blob is not None:
        return  # The client repeats a request whose reply it lost.
    parts = context.files.blobs.parts(id, row.num_parts)
    with parts.completion:
        if context.files.row(id).blob is None:
            _complete(context, id, parts, row.num_parts)
    context.files.blobs.remove_parts(id)


def _complete(context: PlatformContext, id: int, parts: Parts, count: int) -> None:
    """Join the parts of an upload, and attach the content to its file."""
    if missing := parts.missing():
        shown = ", ".join(map(str, missing[:10])) + (", …" if len(missing) > 10 else "")
        raise Invalid(
            f"{len(missing)} of the {count} parts of file {id} have not arrived: {shown}. "
            "Put them to their URLs, then complete again."
        )
    context.files.attach(id, context.files.blobs.join(parts))


@router.get("/files/{id}", summary="Get details about a file")
def get_file(
    request: Request,
    id: int,
    link_expires_at: Annotated[
        Time | None, Query(description="When the link expires: within 36 hours.")
    ] = None,
    inline: bool | None = None,
) -> FileDetail:
    """Return a file's details, with a link to its content while there is any."""
    lifetime = _DEFAULT_LINK
    if link_expires_at is not None:
        try:
            lifetime = from_wire(link_expires_at) - datetime.now(UTC)
        except (ValueError, OverflowError):
            raise Invalid(f"link_expires_at is no time: {link_expires_at!r}.") from None
        if not timedelta(0) < lifetime <= LINK_LIFETIME:
            raise Invalid("link_expires_at must be within 36 hours from now.")
    return _detail(context_of(request), id, lifetime, inline or False)


@router.put("/files/{id}", summary="Update details about a file")
def put_file(request: Request, id: int, body: FileUpdate) -> FileDetail:
    """Replace a file's details."""
    return _changed(request, id, body.model_dump())


@router.patch("/files/{id}", summary="Update details about a file")
def patch_file(request: Request, id: int, body: FilePatch) -> FileDetail:
    """Change the fields that were sent."""
    changes = given(body)
    if changes.get("name", "") is None:
        raise Invalid("name can't be null.")
    return _changed(request, id, changes)


def _insert(
    context: PlatformContext, body: FileCreate | MultipartCreate, user: User, parts: int | None
) -> Row[Any]:
    """Store the record of a new file and return it."""
    if not body.name:
        raise Invalid("name can't be blank.")
    now = utc_now()
    expires = body.expires_at if "expires_at" in body.model_fields_set else in_future(FILE_LIFETIME)
    statement = files.insert().values(
        name=body.name,
        user_id=user.id,
        description=body.description,
        expires_at=expires,
        num_parts=parts,
        created_at=now,
        updated_at=now,
    )
    with context.store.begin() as connection:
        return connection.execute(statement.returning(files)).one()


def _changed(request: Request, file_id: int, changes: dict[str, Any]) -> FileDetail:
    """Change the record of a file and return the file."""
    context = context_of(request)
    context.files.row(file_id)
    if changes:
        statement = files.update().where(files.c.id == file_id)
        with context.store.begin() as connection:
            connection.execute(statement.values(**changes, updated_at=utc_now()))
    return _detail(context, file_id, _DEFAULT_LINK, inline=False)


def _detail(
    context: PlatformContext, file_id: int, lifetime: timedelta, inline: bool
) -> FileDetail:
    """Return a file as the API shows it."""
    row = context.files.row(file_id)
    url = context.files.download_url(row, lifetime, inline=inline) if has_content(row) else None
    with context.store.read() as connection:
        author = user_ref(connection, row.user_id)
        level = permission_level(connection, "files", row)
    return FileDetail(
        **_fields(row),
        author=author,
        download_url=url,
        file_url=url,
        detected_info=DetectedInfo.model_validate(row.detected_info or {}),
        my_permission_level=level,
    )
