"""What the endpoints of scripts, imports and exports do alike: create, change, copy, show."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Generic, TypeVar

from fastapi import Request
from sqlalchemy import Connection, Row

from civis_nb.local.context import PlatformContext, User, context_of
from civis_nb.local.endpoints.jobs.models import CloneBody
from civis_nb.local.errors import Conflict, Invalid, NotFound
from civis_nb.local.http.wire import Wire, given
from civis_nb.local.runs import jobs as states
from civis_nb.local.runs.parameters import check_accessible, check_params
from civis_nb.local.runs.templates import refresh_custom_scripts
from civis_nb.local.store.schema import jobs

__all__ = ["JobService", "job_row", "merged"]


_GIT_FIELDS = (
    "git_branch",
    "git_path",
    "git_ref",
    "git_ref_type",
    "git_repo_url",
    "pull_from_git",
)

Shown = TypeVar("Shown", bound=Wire)


def job_row(connection: Connection, job_id: int, job_type: str | None = None) -> Row[Any]:
    """Return a job with its last run.

    Raises
    ------
    NotFound
        When there is none of that type.
    """
    query = states.jobs_with_last_run().where(jobs.c.id == job_id, *states.of_type(job_type))
    row = connection.execute(query).first()
    if row is None:
        states.find_job(connection, job_id, job_type)
        raise NotFound(f"Job {job_id}")
    return row


class JobService(Generic[Shown]):
    """Creates, changes and shows jobs of one type.

    Parameters
    ----------
    job_type
        The type.
    show
        Makes the answer of a job row.
    check
        Called with a transaction, the new values and the user's id: refuses values that are
        wrong, and sets those that were not given.
    default_name
        The name of a job that is created without one; ``{id}`` is its id.
    """

    #: Nested objects of which a PATCH may send a part.
    _merged_fields: tuple[str, ...] = (
        "schedule",
        "notifications",
        "csv_settings",
        "required_resources",
        "source",
        "destination",
    )

    def __init__(
        self,
        job_type: str,
        show: Callable[[PlatformContext, Connection, Row[Any]], Shown],
        check: Callable[[Connection, dict[str, Any], int], None],
        default_name: str = "Script #{id}",
    ) -> None:
        self._type = job_type
        self._show = show
        self._check = check
        self._default_name = default_name

    def create(self, request: Request, body: Wire, user: User) -> Shown:
        """Create a job."""
        values = body.model_dump(mode="json")
        context = context_of(request)
        with context.store.begin() as connection:
            job_id = self.insert(connection, values, user.id)
            return self._shown(context, connection, job_id)

    def insert(self, connection: Connection, values: dict[str, Any], user_id: int) -> int:
        """Check and store a new job, given all fields of its body, and return its id."""
        self._checked(connection, values, user_id)
        return states.create_job(
            connection,
            self._type,
            values.pop("name", None),
            user_id,
            values,
            hidden=bool(values.pop("hidden", None)),
            default_name=self._default_name,
        )

    def get(self, request: Request, job_id: int) -> Shown:
        """Return a job."""
        context = context_of(request)
        with context.store.read() as connection:
            return self._shown(context, connection, job_id)

    def replace(self, request: Request, job_id: int, body: Wire) -> Shown:
        """Replace a job; what was not sent gets its default."""
        return self._change(request, job_id, body.model_dump(mode="json"), keep=False)

    def patch(self, request: Request, job_id: int, body: Wire) -> Shown:
        """Change the fields of a job that were sent."""
        return self._change(request, job_id, given(body), keep=True)

    def _change(self, request: Request, job_id: int, sent: dict[str, Any], *, keep: bool) -> Shown:
        """Check and store new values: all of a job, or with `keep` those that were sent."""
        context = context_of(request)
        with states.locked_job(context.store, job_id, self._type) as (connection, row):
            columns: dict[str, Any] = {}
            if sent.get("name"):
                columns["name"] = sent["name"]
            elif keep and "name" in sent:
                raise Invalid("name can't be blank.")
            if keep and sent.get("hidden") is not None:
                columns["hidden"] = sent["hidden"]
            values = {k: v for k, v in sent.items() if k not in ("name", "hidden")}
            body = self._changed_body(connection, row, values, keep=keep)
            self._check_change(connection, row, body)
            self._checked(connection, body, row.user_id)
            states.update_job(connection, job_id, body=body, **columns)
            refresh_custom_scripts(connection, states.find_job(connection, job_id))
            return self._shown(context, connection, job_id)

    def archive(self, request: Request, job_id: int, status: bool) -> Shown:
        """Archive a job, or restore it."""
        context = context_of(request)
        with states.locked_job(context.store, job_id, self._type) as (connection, _row):
            states.update_job(connection, job_id, archived=status)
            return self._shown(context, connection, job_id)

    def clone(self, request: Request, job_id: int, options: CloneBody, user: User) -> Shown:
        """Create a copy of a job."""
        context = context_of(request)
        with states.locked_job(context.store, job_id, self._type) as (connection, row):
            values = dict(row.body)
            if not options.clone_schedule:
                values["schedule"] = None
            if not options.clone_notifications:
                values["notifications"] = None
            copy_id = states.create_job(
                connection,
                row.type,
                f"Clone of {row.name}",
                user.id,
                values,
                hidden=row.hidden,
                from_template_id=row.from_template_id,
            )
            self._cloned(connection, job_id, copy_id)
            return self._shown(context, connection, copy_id)

    def _changed_body(
        self,
        connection: Connection,  # noqa: ARG002 - custom scripts read their template
        row: Row[Any],
        sent: dict[str, Any],
        *,
        keep: bool,
    ) -> dict[str, Any]:
        """Return the body of a changed job: what was sent, with `keep` over what it was."""
        if row.from_template_id is not None:
            raise Conflict(
                f"Script {row.id} is a custom script: its code is that of template "
                f"{row.from_template_id}. Change its own fields at /scripts/custom/{row.id}."
            )
        if keep:
            return merged(row.body, sent, self._merged_fields)
        # Where a script is in git is set by operations of its own.
        return {**{k: v for k, v in row.body.items() if k in _GIT_FIELDS}, **sent}

    def _check_change(self, connection: Connection, row: Row[Any], values: dict[str, Any]) -> None:
        """Raise when the present state forbids a change; most types of job allow all."""

    def _cloned(self, connection: Connection, job_id: int, copy_id: int) -> None:
        """Copy what is not in the body of a job; scripts have it all there."""

    def _checked(self, connection: Connection, values: dict[str, Any], user_id: int) -> None:
        params, arguments = values.get("params") or [], values.get("arguments") or {}
        check_params(params)
        fixed = self._type != states.CUSTOM
        check_accessible(connection, params, arguments, user_id, fixed=fixed)
        self._check(connection, values, user_id)

    def _shown(self, context: PlatformContext, connection: Connection, job_id: int) -> Shown:
        return self._show(context, connection, job_row(connection, job_id, self._type))


def merged(
    body: dict[str, Any], sent: dict[str, Any], merged_fields: Sequence[str]
) -> dict[str, Any]:
    """Return a stored body with what a PATCH sent, which may be a part of some of the fields.

    Examples
    --------
    >>> merged({"sql": "a", "settings": {"x": 1}}, {"settings": {"y": 2}}, ["settings"])
    {'sql': 'a', 'settings': {'x': 1, 'y': 2}}
    """
    result = dict(body)
    for key, value in sent.items():
        old = result.get(key)
        both = key in merged_fields and isinstance(old, dict) and isinstance(value, dict)
        result[key] = {**old, **value} if both and isinstance(old, dict) else value
    return result
