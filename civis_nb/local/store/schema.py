"""The tables of the local platform's store.

Times are text in the form of `civis_nb.local.store.clock`, so that they sort and need no
conversion on the wire. Ids are never used twice, also not after a deletion.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
)

__all__ = [
    "api_keys",
    "credentials",
    "databases",
    "files",
    "group_members",
    "job_runs",
    "jobs",
    "json_values",
    "metadata",
    "outputs",
    "platform_facts",
    "project_items",
    "records",
    "shares",
    "syncs",
    "tables",
    "users",
    "workflow_actions",
    "workflow_executions",
    "workflow_tasks",
]

metadata = MetaData()
_KEEP_IDS: dict[str, Any] = {"sqlite_autoincrement": True}


def _id() -> Column[int]:
    return Column("id", Integer, primary_key=True)


def _created() -> list[Column[Any]]:
    return [Column("created_at", Text, nullable=False), Column("updated_at", Text, nullable=False)]


#: Facts about the platform itself: schema_version, secret (signs URLs), samples_loaded.
platform_facts = Table(
    "platform_facts",
    metadata,
    Column("key", Text, primary_key=True),
    Column("value", Text, nullable=False),
)

users = Table(
    "users",
    metadata,
    _id(),
    Column("username", Text, nullable=False, unique=True),
    Column("name", Text, nullable=False),
    Column("email", Text, nullable=False),
    Column("initials", Text, nullable=False),
    *_created(),
    **_KEEP_IDS,
)

#: The token stands here in clear: the platform hands it to local clients and to jobs. The state
#: folder is readable by its owner alone.
api_keys = Table(
    "api_keys",
    metadata,
    _id(),
    Column("user_id", ForeignKey("users.id"), nullable=False),
    Column("name", Text, nullable=False),
    Column("token", Text, nullable=False, unique=True),
    Column("expires_at", Text),
    Column("revoked_at", Text),
    *_created(),
    **_KEEP_IDS,
)

databases = Table(
    "databases",
    metadata,
    _id(),
    Column("name", Text, nullable=False, unique=True),
    Column("adapter", Text, nullable=False),
    #: duckdb:///RELATIVE/TO/STATE, or postgresql://…
    Column("url", Text, nullable=False),
    *_created(),
    **_KEEP_IDS,
)

credentials = Table(
    "credentials",
    metadata,
    _id(),
    Column("user_id", ForeignKey("users.id"), nullable=False),
    Column("name", Text, nullable=False),
    Column("type", Text, nullable=False),
    Column("username", Text, nullable=False),
    Column("password", Text),
    Column("description", Text),
    Column("remote_host_id", ForeignKey("databases.id")),
    Column("is_default", Boolean, nullable=False, default=False),
    *_created(),
    **_KEEP_IDS,
)

#: Ids and what people add to tables; the warehouse knows the rest.
tables = Table(
    "tables",
    metadata,
    _id(),
    Column("database_id", ForeignKey("databases.id"), nullable=False),
    Column("schema", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("description", Text),
    Column("primary_keys", JSON),
    Column("last_modified_keys", JSON),
    Column("ontology_mapping", JSON),
    Column("refresh_status", Text, nullable=False, default="current"),
    Column("last_refresh", Text),
    Column("statistics", JSON),
    UniqueConstraint("database_id", "schema", "name"),
    **_KEEP_IDS,
)

#: Everything that can run: scripts, queries, imports, preprocessing, exports.
jobs = Table(
    "jobs",
    metadata,
    _id(),
    #: the API's job type, e.g. JobTypes::SqlRunner, JobTypes::PythonDocker, JobTypes::Query
    Column("type", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("user_id", ForeignKey("users.id"), nullable=False),
    #: the create request, snake_case, as validated
    Column("body", JSON, nullable=False),
    Column("hidden", Boolean, nullable=False, default=False),
    Column("archived", Boolean, nullable=False, default=False),
    Column("from_template_id", Integer),
    *_created(),
    # The orders that lists of all jobs, and of queries, have by default.
    Index("jobs_listed", "hidden", "archived", "updated_at", "id"),
    Index("jobs_of_type", "type", "hidden", "created_at", "id"),
    **_KEEP_IDS,
)

#: What imports of the kind ``/imports`` move: from where, to where, how.
syncs = Table(
    "syncs",
    metadata,
    _id(),
    Column("import_id", ForeignKey("jobs.id"), nullable=False, index=True),
    Column("source", JSON, nullable=False),
    Column("destination", JSON, nullable=False),
    Column("advanced_options", JSON, nullable=False),
    Column("archived", Boolean, nullable=False, default=False),
    *_created(),
    **_KEEP_IDS,
)

job_runs = Table(
    "job_runs",
    metadata,
    _id(),
    Column("job_id", ForeignKey("jobs.id"), nullable=False),
    #: queued, running, succeeded, failed, cancelled
    Column("state", Text, nullable=False),
    Column("created_at", Text, nullable=False),
    Column("started_at", Text),
    Column("finished_at", Text),
    Column("error", Text),
    Column("is_cancel_requested", Boolean, nullable=False, default=False),
    #: the process group of a running job and its start time, so that a restart can end orphans
    Column("process_id", Integer),
    Column("process_started_at", Text),
    #: what the run type adds: result_columns and result_rows of a query, max_memory_usage, …
    Column("result", JSON),
    Index("job_runs_job", "job_id", "id"),
    Index("job_runs_state", "state"),
    **_KEEP_IDS,
)

outputs = Table(
    "outputs",
    metadata,
    _id(),
    Column("run_id", ForeignKey("job_runs.id"), nullable=False, index=True),
    Column("object_type", Text, nullable=False),
    Column("object_id", Integer, nullable=False),
    Column("name", Text, nullable=False),
    Column("created_at", Text, nullable=False),
    **_KEEP_IDS,
)

files = Table(
    "files",
    metadata,
    _id(),
    Column("name", Text, nullable=False),
    Column("user_id", ForeignKey("users.id"), nullable=False),
    Column("description", Text),
    #: null: never
    Column("expires_at", Text),
    #: 0 until content has arrived
    Column("size_bytes", Integer, nullable=False, default=0),
    #: of the content
    Column("crc32", BigInteger),
    #: the name of the blob that holds the content; null until it has arrived
    Column("blob", Text),
    #: parts announced by POST /files/multipart; null for a single upload
    Column("num_parts", Integer),
    Column("detected_info", JSON),
    *_created(),
    **_KEEP_IDS,
)

json_values = Table(
    "json_values",
    metadata,
    _id(),
    Column("name", Text),
    Column("value", JSON),
    *_created(),
    **_KEEP_IDS,
)

#: Objects that are stored and listed, declared in civis_nb.local.records.
records = Table(
    "records",
    metadata,
    _id(),
    #: the first word of the API's path, e.g. projects; ids are counted over all kinds
    Column("kind", Text, nullable=False),
    #: the object that this one is a part of, e.g. the service of a token
    Column("parent_id", ForeignKey("records.id", ondelete="CASCADE"), index=True),
    Column("user_id", ForeignKey("users.id"), nullable=False),
    Column("name", Text, nullable=False),
    #: the other fields, snake_case, as validated
    Column("body", JSON, nullable=False),
    Column("hidden", Boolean, nullable=False, default=False),
    Column("archived", Boolean, nullable=False, default=False),
    *_created(),
    Index("records_listed", "kind", "hidden", "archived", "updated_at", "id"),
    **_KEEP_IDS,
)

#: Who may do what with which object.
shares = Table(
    "shares",
    metadata,
    #: what `records.kind` is for records
    Column("object_kind", Text, primary_key=True),
    Column("object_id", Integer, primary_key=True, autoincrement=False),
    #: users or groups
    Column("grantee_kind", Text, primary_key=True),
    Column("grantee_id", Integer, primary_key=True, autoincrement=False),
    #: read, write or manage
    Column("level", Text, nullable=False),
)

project_items = Table(
    "project_items",
    metadata,
    Column("project_id", ForeignKey("records.id", ondelete="CASCADE"), primary_key=True),
    Column("object_kind", Text, primary_key=True),
    Column("object_id", Integer, primary_key=True, autoincrement=False),
    Index("project_items_object", "object_kind", "object_id"),
)

group_members = Table(
    "group_members",
    metadata,
    Column("group_id", ForeignKey("records.id", ondelete="CASCADE"), primary_key=True),
    Column("user_id", ForeignKey("users.id"), primary_key=True),
)

#: Executions of workflows; a workflow is a record.
workflow_executions = Table(
    "workflow_executions",
    metadata,
    _id(),
    Column("workflow_id", ForeignKey("records.id", ondelete="CASCADE"), nullable=False),
    Column("user_id", ForeignKey("users.id"), nullable=False),
    #: running, paused, success, error, cancelled
    Column("state", Text, nullable=False),
    Column("info", Text),
    #: the YAML text as it was when the execution began
    Column("definition", Text, nullable=False),
    Column("input", JSON, nullable=False),
    Column("target_task", Text),
    Column("included_tasks", JSON, nullable=False),
    #: the global variables
    Column("variables", JSON, nullable=False),
    Column("output", JSON),
    #: the action that started it: the ids of execution, task and action
    Column("parent_id", Integer),
    Column("parent_task", Integer),
    Column("parent_action", Integer),
    #: the first of the executions that have started one another, and how many are between
    Column("root_id", Integer),
    Column("depth", Integer, nullable=False),
    Column("started_at", Text),
    Column("finished_at", Text),
    *_created(),
    Index("workflow_executions_of", "workflow_id", "id"),
    Index("workflow_executions_state", "state"),
    **_KEEP_IDS,
)

workflow_tasks = Table(
    "workflow_tasks",
    metadata,
    Column(
        "execution_id",
        ForeignKey("workflow_executions.id", ondelete="CASCADE"),
        primary_key=True,
    ),
    #: counted within the execution
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("name", Text, nullable=False),
    #: idle, waiting, running, delayed, success, error, cancelled
    Column("state", Text, nullable=False),
    Column("info", Text),
    Column("wake_at", Text),
    Column("timeout_at", Text),
    Column("started_at", Text),
    Column("finished_at", Text),
    *_created(),
    #: the other fields of civis_nb.local.workflows.state.Task
    Column("detail", JSON, nullable=False),
    Index("workflow_tasks_state", "state"),
)

#: Attempts of tasks, or of their items; the run is stored here before it can start.
workflow_actions = Table(
    "workflow_actions",
    metadata,
    Column(
        "execution_id",
        ForeignKey("workflow_executions.id", ondelete="CASCADE"),
        primary_key=True,
    ),
    Column("task_number", Integer, primary_key=True, autoincrement=False),
    #: counted within the task
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("attempt", Integer, nullable=False),
    Column("item", Integer, nullable=False),
    #: running, success, error, cancelled
    Column("state", Text, nullable=False),
    Column("result", JSON),
    Column("error", Text),
    Column("job_id", Integer),
    Column("run_id", Integer),
    Column("child_id", Integer),
    Column("wake_at", Text),
    Index("workflow_actions_run", "run_id"),
)
