"""Scripts on the wire: what all types have in common, and what each adds."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field, field_validator

from civis_nb.local.endpoints.jobs.models import Notifications, Run, Schedule
from civis_nb.local.endpoints.user_refs import UserRef
from civis_nb.local.http.wire import NotBlank, Wire
from civis_nb.local.runs.parameters import PARAM_TYPES
from civis_nb.local.store.permissions import Level

__all__ = [
    "ContainerBody",
    "ContainerCreate",
    "ContainerPatch",
    "ContainerScript",
    "CsvSettingsBody",
    "CustomBody",
    "CustomCreate",
    "CustomItem",
    "CustomScript",
    "Param",
    "Project",
    "PythonBody",
    "PythonCreate",
    "PythonPatch",
    "PythonScript",
    "Resources",
    "Script",
    "ShortScript",
    "SqlBody",
    "SqlCreate",
    "SqlPatch",
    "SqlScript",
    "TemplateAlias",
]


class Param(Wire):
    """A parameter of a script."""

    name: str
    label: str | None = None
    description: str | None = None
    type: str = Field(json_schema_extra={"enum": list(PARAM_TYPES)})
    required: bool = False
    value: Any = None
    default: Any = None
    allowed_values: list[dict[str, Any]] = Field(default_factory=list)

    @field_validator("required", "allowed_values", mode="before")
    @classmethod
    def _none_is_default(cls, value: Any, info: Any) -> Any:
        return (
            cls.model_fields[info.field_name].get_default(call_default_factory=True)
            if value is None
            else value
        )


class Links(Wire):
    """Where a script and its runs are found, without the scheme."""

    details: str
    runs: str


class Project(Wire):
    """A project that an object belongs to."""

    id: int
    name: str


class Resources(Wire):
    """What a script's process may use: thousandths of a core, MB, GB of disk."""

    cpu: int | None = Field(default=None, ge=2)
    memory: int | None = Field(default=None, ge=4)
    disk_space: float | None = None


class CsvSettingsBody(Wire):
    """How the result of a SQL script is written."""

    include_header: bool = True
    compression: Literal["gzip", "zip", "none"] = "gzip"
    column_delimiter: Literal["comma", "tab", "pipe"] = "comma"
    unquoted: bool = False
    force_multifile: bool = False
    filename_prefix: str | None = None
    max_file_size: int | None = Field(default=None, ge=1)

    @field_validator(
        "include_header",
        "compression",
        "column_delimiter",
        "unquoted",
        "force_multifile",
        mode="before",
    )
    @classmethod
    def _none_is_default(cls, value: Any, info: Any) -> Any:
        return cls.model_fields[info.field_name].default if value is None else value


class _Changeable(Wire):
    """What can be given for scripts of every type, and changed later."""

    parent_id: int | None = None
    user_context: Literal["runner", "author"] | None = None
    params: list[Param] | None = None
    arguments: dict[str, Any] | None = None
    schedule: Schedule | None = None
    notifications: Notifications | None = None


class _Named(Wire):
    name: str


class _NameOptional(Wire):
    name: str | None = None


class _SqlOptions(_Changeable):
    next_run_at: str | None = None
    time_zone: str | None = None
    target_project_id: int | None = None


class _Hideable(Wire):
    hidden: bool | None = None


class SqlBody(_SqlOptions, _Named):
    """A SQL script, as a whole."""

    sql: NotBlank
    remote_host_id: int
    credential_id: int | None
    csv_settings: CsvSettingsBody | None = None
    running_as_id: int | None = None


class SqlCreate(_Hideable, SqlBody):
    """A SQL script that is made."""


class SqlPatch(_SqlOptions, _NameOptional):
    """What is to be changed of a SQL script."""

    sql: NotBlank | None = None
    remote_host_id: int | None = None
    credential_id: int | None = None
    csv_settings: CsvSettingsBody | None = None
    running_as_id: int | None = None


class _PythonOptions(_SqlOptions):
    required_resources: Resources | None = None
    instance_type: str | None = None
    cancel_timeout: int | None = Field(default=None, ge=0)
    docker_image_tag: str | None = None
    partition_label: str | None = None
    running_as_id: int | None = None


class PythonBody(_PythonOptions, _Named):
    """A Python script, as a whole."""

    source: str


class PythonCreate(_Hideable, PythonBody):
    """A Python script that is made."""


class PythonPatch(_PythonOptions, _NameOptional):
    """What is to be changed of a Python script."""

    source: str | None = None


class _ContainerOptions(_Changeable):
    repo_http_uri: str | None = None
    repo_ref: str | None = None
    remote_host_credential_id: int | None = None
    git_credential_id: int | None = None
    docker_command: str | None = None
    docker_image_name: str | None = None
    docker_image_tag: str | None = None
    instance_type: str | None = None
    cancel_timeout: int | None = Field(default=None, ge=0)
    time_zone: str | None = None
    partition_label: str | None = None
    target_project_id: int | None = None
    running_as_id: int | None = None


class ContainerBody(_ContainerOptions, _NameOptional):
    """A container script, as a whole."""

    required_resources: Resources


class ContainerCreate(_Hideable, ContainerBody):
    """A container script that is made."""


class ContainerPatch(_ContainerOptions, _NameOptional):
    """What is to be changed of a container script."""

    required_resources: Resources | None = None


class CustomBody(_NameOptional):
    """A custom script: what is its own, over the script of its template."""

    parent_id: int | None = None
    arguments: dict[str, Any] | None = None
    remote_host_id: int | None = None
    credential_id: int | None = None
    schedule: Schedule | None = None
    notifications: Notifications | None = None
    time_zone: str | None = None
    target_project_id: int | None = None
    required_resources: Resources | None = None
    partition_label: str | None = None
    running_as_id: int | None = None


class CustomCreate(_Hideable, CustomBody):
    """A custom script that is made of a template."""

    from_template_id: int


class ShortScript(Wire):
    """The fields of a script that lists show as well."""

    id: int
    name: str
    type: str
    created_at: str
    updated_at: str
    author: UserRef
    state: str
    finished_at: str | None


class Script(ShortScript):
    """The fields of every script."""

    category: str = "script"
    projects: list[Project] = Field(default_factory=list)
    parent_id: int | None = None
    user_context: str = "runner"
    params: list[Param] = Field(default_factory=list)
    arguments: dict[str, Any] = Field(default_factory=dict)
    is_template: bool = False
    published_as_template_id: int | None = None
    from_template_id: int | None = None
    template_dependents_count: int | None = None
    template_script_name: str | None = None
    links: Links
    schedule: Schedule
    notifications: Notifications
    running_as: UserRef
    time_zone: str
    last_run: Run | None
    my_permission_level: Level
    hidden: bool
    target_project_id: int | None = None
    archived: bool


class SqlScript(Script):
    """A SQL script."""

    next_run_at: str | None
    running_as_id: int

    sql: str
    expanded_arguments: dict[str, Any]
    remote_host_id: int
    credential_id: int | None
    code_preview: str
    csv_settings: CsvSettingsBody


class TemplateAlias(Wire):
    """Another name of the template that a script is made of."""

    id: int
    object_id: int
    alias: str


class CustomItem(ShortScript):
    """A custom script in a list."""

    backing_script_type: str
    projects: list[Project]
    parent_id: int | None
    from_template_id: int
    time_zone: str
    last_run: Run | None
    archived: bool
    last_successful_run: Run | None


class CustomScript(CustomItem):
    """A custom script."""

    from_template_aliases: list[TemplateAlias]
    category: str
    params: list[Param]
    arguments: dict[str, Any]
    is_template: bool
    published_as_template_id: int | None
    ui_report_url: int | None
    ui_report_id: int | None
    ui_report_provide_api_key: bool | None = Field(alias="uiReportProvideAPIKey")
    template_script_name: str | None
    template_note: str | None
    remote_host_id: int | None
    credential_id: int | None
    code_preview: str | None
    schedule: Schedule
    notifications: Notifications
    running_as: UserRef
    my_permission_level: Level
    hidden: bool
    target_project_id: int | None
    required_resources: Resources | None
    partition_label: str | None
    running_as_id: int


class PythonScript(Script):
    """A Python script."""

    next_run_at: str | None
    running_as_id: int
    required_resources: Resources
    instance_type: str | None
    cancel_timeout: int
    docker_image_tag: str | None
    partition_label: str | None
    source: str


class ContainerScript(Script):
    """A container script."""

    running_as_id: int
    from_template_aliases: list[TemplateAlias] = Field(default_factory=list)
    required_resources: Resources
    repo_http_uri: str | None
    repo_ref: str | None
    remote_host_credential_id: int | None
    git_credential_id: int | None
    docker_command: str | None
    docker_image_name: str | None
    docker_image_tag: str | None
    instance_type: str | None
    cancel_timeout: int
    partition_label: str | None
