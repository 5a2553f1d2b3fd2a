"""``/imports/files``: a file into a table in three requests: make, upload, run.

What is made is an import of type AutoImport with one sync; runs are those of all imports.
"""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Request
from pydantic import Field

from civis_nb.local.context import User, context_of
from civis_nb.local.endpoints.checks import check_credential, check_database, default_credential
from civis_nb.local.endpoints.imports.models import AdvancedOptions
from civis_nb.local.errors import Invalid
from civis_nb.local.files.registry import FILE_LIFETIME
from civis_nb.local.http.auth import current_user
from civis_nb.local.http.wire import NotBlank, Wire
from civis_nb.local.runs import jobs as states
from civis_nb.local.runs.syncs import add_sync
from civis_nb.local.store import in_future, utc_now
from civis_nb.local.store.schema import files

__all__ = ["router"]

router = APIRouter(tags=["imports"])


class FileImportCreate(Wire):
    """An import of one file that is yet to be uploaded."""

    # The name is the API's; pydantic's own `schema` is an old spelling of another method.
    schema_: NotBlank = Field(alias="schema")
    name: NotBlank
    remote_host_id: int
    credential_id: int | None
    max_errors: int | None = Field(default=None, ge=0)
    existing_table_rows: Literal["fail", "truncate", "append", "drop"] | None = None
    diststyle: Literal["even", "all", "key"] | None = None
    distkey: str | None = None
    sortkey1: str | None = None
    sortkey2: str | None = None
    column_delimiter: Literal["comma", "tab", "pipe"] | None = None
    first_row_is_header: bool | None = None
    multipart: bool | None = None
    escaped: bool | None = None
    hidden: bool | None = None


class FileImport(Wire):
    """Where the file goes, and where its import is started."""

    id: int
    upload_uri: str
    run_uri: str
    upload_fields: dict[str, str]


@router.post("/imports/files", status_code=201, summary="Create an import of a file")
def post_files(
    request: Request, body: FileImportCreate, user: Annotated[User, Depends(current_user)]
) -> FileImport:
    """Create an import, and return where its file is to be uploaded."""
    context = context_of(request)
    for name, value in (("schema", body.schema_), ("name", body.name)):
        if not value.strip():
            raise Invalid(f"{name} can't be blank.")
    options = AdvancedOptions.model_validate(
        body.model_dump(include=set(AdvancedOptions.model_fields))
    )
    table = {"schema": body.schema_, "table": body.name}
    now = utc_now()
    with context.store.begin() as connection:
        check_database(connection, body.remote_host_id)
        credential = body.credential_id
        if credential is None:
            credential = default_credential(connection, user.id)
        check_credential(connection, credential, user.id)
        file = files.insert().values(
            name=body.name,
            user_id=user.id,
            expires_at=in_future(FILE_LIFETIME),
            created_at=now,
            updated_at=now,
        )
        file_id = int(connection.execute(file.returning(files.c.id)).scalar_one())
        host = {"remote_host_id": body.remote_host_id, "credential_id": credential}
        import_id = states.create_job(
            connection,
            states.IMPORT,
            f"Import of {body.schema_}.{body.name}",
            user.id,
            {"sync_type": "AutoImport", "is_outbound": False, "destination": host},
            hidden=bool(body.hidden),
        )
        values = {
            "source": {"file": {"id": file_id}},
            "destination": {"database_table": table},
            "advanced_options": options.model_dump(),
        }
        add_sync(connection, import_id, "AutoImport", values)
    form = bool(body.multipart)
    return FileImport(
        id=import_id,
        upload_uri=context.files.form_url(file_id) if form else context.files.upload_url(file_id),
        run_uri=f"{context.endpoint}/imports/files/{import_id}/runs",
        upload_fields=context.files.form_fields(file_id) if form else {},
    )
