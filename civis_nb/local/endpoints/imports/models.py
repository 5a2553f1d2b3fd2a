"""Imports and their syncs on the wire."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field, field_validator

from civis_nb.local.endpoints.jobs.models import Notifications, Run, Schedule
from civis_nb.local.endpoints.user_refs import UserRef
from civis_nb.local.http.wire import NotBlank, Wire
from civis_nb.local.store.permissions import Level

__all__ = [
    "AdvancedOptions",
    "Import",
    "ImportBody",
    "ImportCreate",
    "ImportItem",
    "ImportPatch",
    "ImportRun",
    "Sync",
    "SyncBody",
    "SyncPatch",
    "SyncType",
]

SyncType = Literal["Dbsync", "AutoImport", "GdocImport", "GdocExport"]


class Host(Wire):
    """A database that an import reads from or writes to."""

    remote_host_id: int
    credential_id: int | None = None
    additional_credentials: list[int] | None = None


class HostPatch(Wire):
    """What is to be changed of it."""

    remote_host_id: int | None = None
    credential_id: int | None = None
    additional_credentials: list[int] | None = None


class ShownHost(Wire):
    """A database that an import reads from or writes to, with its name."""

    remote_host_id: int
    credential_id: int | None
    additional_credentials: list[int]
    name: str


class _Changeable(Wire):
    schedule: Schedule | None = None
    next_run_at: str | None = None
    notifications: Notifications | None = None
    time_zone: str | None = None


class ImportBody(_Changeable):
    """An import, as a whole."""

    name: NotBlank
    sync_type: SyncType
    is_outbound: bool
    source: Host | None = None
    destination: Host | None = None
    parent_id: int | None = None


class ImportCreate(ImportBody):
    """An import that is made."""

    hidden: bool | None = None


class ImportPatch(_Changeable):
    """What is to be changed of an import."""

    name: str | None = None
    source: HostPatch | None = None
    destination: HostPatch | None = None
    running_as_id: int | None = None


class TablePlace(Wire):
    """A table of a database."""

    # The name is the API's; pydantic's own `schema` is an old spelling of another method.
    schema_: str = Field(alias="schema")
    table: str
    use_without_schema: bool = False

    @field_validator("use_without_schema", mode="before")
    @classmethod
    def _never(cls, _value: Any) -> bool:
        return False


class FilePlace(Wire):
    """A file."""

    id: int
    name: str | None = None


class WorksheetPlace(Wire):
    """A worksheet of Google's."""

    spreadsheet: str
    spreadsheet_id: str | None = None
    worksheet: str
    worksheet_id: int | None = None


class SyncSource(Wire):
    """Where a sync reads."""

    database_table: TablePlace | None = None
    file: FilePlace | None = None
    google_worksheet: WorksheetPlace | None = None
    path: str | None = None


class SyncDestination(Wire):
    """Where a sync writes."""

    database_table: TablePlace | None = None
    google_worksheet: WorksheetPlace | None = None
    path: str | None = None


class AdvancedOptions(Wire):
    """How a sync moves its rows; which of the options count depends on the type."""

    max_errors: int | None = Field(default=None, ge=0)
    existing_table_rows: Literal["fail", "truncate", "append", "drop"] | None = None
    first_row_is_header: bool | None = None
    diststyle: Literal["even", "all", "key"] | None = None
    distkey: str | None = None
    sortkey1: str | None = None
    sortkey2: str | None = None
    column_delimiter: Literal["comma", "tab", "pipe"] | None = None
    column_overrides: dict[str, Any] = Field(default_factory=dict)
    escaped: bool = False
    identity_column: str | None = None
    last_modified_column: str | None = None
    row_chunk_size: int | None = None
    wipe_destination_table: bool = False
    truncate_long_lines: bool = False
    invalid_char_replacement: str | None = None
    verify_table_row_counts: bool = False
    partition_column_name: str | None = None
    partition_schema_name: str | None = None
    partition_table_name: str | None = None
    partition_table_partition_column_min_name: str | None = None
    partition_table_partition_column_max_name: str | None = None
    mysql_catalog_matches_schema: bool = True
    chunking_method: str | None = None
    export_action: str | None = None
    sql_query: str | None = None
    contact_lists: str | None = None
    soql_query: str | None = None
    include_deleted_records: bool | None = None

    @field_validator(
        "column_overrides",
        "escaped",
        "wipe_destination_table",
        "truncate_long_lines",
        "verify_table_row_counts",
        "mysql_catalog_matches_schema",
        mode="before",
    )
    @classmethod
    def _none_is_default(cls, value: Any, info: Any) -> Any:
        field = cls.model_fields[info.field_name]
        return field.get_default(call_default_factory=True) if value is None else value

    @field_validator("existing_table_rows", "diststyle", "column_delimiter", mode="before")
    @classmethod
    def _blank_is_none(cls, value: Any) -> Any:
        return None if value == "" else value


class SyncBody(Wire):
    """A sync, as a whole."""

    source: SyncSource
    destination: SyncDestination
    advanced_options: AdvancedOptions | None = None


class SyncPatch(Wire):
    """What is to be changed of a sync."""

    source: SyncSource | None = None
    destination: SyncDestination | None = None
    advanced_options: AdvancedOptions | None = None


class ShownSource(SyncSource):
    """Where a sync reads, with the id of its file."""

    id: int | None


class Sync(Wire):
    """What an import moves."""

    id: int
    source: ShownSource
    destination: SyncDestination
    advanced_options: AdvancedOptions


class ImportItem(Wire):
    """An import in a list."""

    id: int
    name: str
    source: ShownHost | None
    destination: ShownHost | None
    sync_type: str
    is_outbound: bool
    job_type: str
    state: str
    created_at: str
    updated_at: str
    last_run: Run | None
    user: UserRef
    schedule: Schedule
    time_zone: str
    archived: bool


class Import(ImportItem):
    """An import."""

    parent_id: int | None
    syncs: list[Sync]
    running_as: UserRef
    next_run_at: str | None
    notifications: Notifications
    hidden: bool
    my_permission_level: Level


class ImportRun(Run):
    """A run of an import."""

    import_id: int
    is_cancel_requested: bool
