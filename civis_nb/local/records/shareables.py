"""Shares, transfers and projects of objects that are no records: scripts, files, credentials."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from fastapi import APIRouter, Request
from sqlalchemy import Connection, Row

from civis_nb.local.context import context_of
from civis_nb.local.errors import Conflict, NotFound
from civis_nb.local.records.git import checked_out, versioned
from civis_nb.local.records.projects import in_projects
from civis_nb.local.records.resource import Operation, add_operations
from civis_nb.local.records.sharing import Shareable, shared, transferable
from civis_nb.local.runs import jobs as states
from civis_nb.local.runs.parameters import references_of
from civis_nb.local.runs.templates import refresh_custom_scripts
from civis_nb.local.store.objects import find_object

__all__ = ["SHAREABLES", "router_of"]


@dataclass(frozen=True)
class StoredObjects:
    """Objects with a table of their own; what it has to be is in `Shareable`."""

    path: str
    noun: str
    kind: str
    shapes: tuple[Callable[[Shareable], Iterable[Operation]], ...]
    job_type: str | None = None
    after_share: Callable[[Connection, int], None] | None = field(default=None)

    @property
    def title(self) -> str:
        """The noun as the first word of a sentence."""
        return self.noun[0].upper() + self.noun[1:]

    def find(self, connection: Connection, object_id: int, /) -> Row[Any]:
        """Return the row of an object.

        Raises
        ------
        NotFound
            When there is none.
        """
        if self.kind == "jobs":
            return states.find_job(connection, object_id, self.job_type)
        row = find_object(connection, self.kind, object_id)
        if row is None:
            raise NotFound(f"{self.title} {object_id}")
        return row

    def references(self, row: Row[Any], /) -> list[tuple[str, int]]:
        """Return kind and id of the objects that an object needs."""
        return _job_references(row) if self.kind == "jobs" else []


def _job_references(row: Row[Any]) -> list[tuple[str, int]]:
    """Return the credentials, files and the template that a job needs."""
    body = row.body
    own = body.get("custom") or body
    found = [("credentials", own.get(name)) for name in _CREDENTIAL_FIELDS]
    # The source of an import is an object, that of a Python script its code.
    sides = [body[one] for one in ("source", "destination") if isinstance(body.get(one), dict)]
    found += [("credentials", one.get("credential_id")) for one in sides]
    found += [("files", one) for side in sides for one in side.get("file_ids") or ()]
    found.append(("templates", row.from_template_id))
    arguments = body.get("arguments") or {}
    for param in body.get("params") or ():
        # Fixed values of a template are handed on by its author.
        fixed = param.get("value") if row.from_template_id is None else None
        found += references_of(param, arguments.get(param["name"], fixed))
    known = [(kind, int(one)) for kind, one in found if str(one).isdecimal()]
    return list(dict.fromkeys(known))


_CREDENTIAL_FIELDS = ("credential_id", "remote_host_credential_id", "git_credential_id")
_SHARED = (shared, transferable)
_ALL = (shared, transferable, in_projects())


def _in_git(field: str) -> tuple[Callable[[Shareable], Iterable[Operation]], ...]:
    """Return the shapes of scripts whose code, in a field of theirs, is a file in git."""

    def save(request: Request, job_id: int, content: str) -> None:
        with states.locked_job(context_of(request).store, job_id) as (connection, row):
            if row.from_template_id is not None:
                raise Conflict(
                    f"Script {job_id} is a custom script: its code is that of template "
                    f"{row.from_template_id}."
                )
            states.update_job(connection, job_id, body={**row.body, field: content})
            refresh_custom_scripts(connection, states.find_job(connection, job_id))

    return versioned, checked_out(save, at_ref=True)


SHAREABLES = (
    StoredObjects("/credentials", "credential", "credentials", _SHARED),
    StoredObjects("/files", "file", "files", _ALL),
    StoredObjects("/imports", "import", "jobs", _ALL, states.IMPORT),
    StoredObjects("/jobs", "job", "jobs", _ALL),
    StoredObjects("/scripts/sql", "SQL script", "jobs", (*_ALL, *_in_git("sql")), states.SQL),
    StoredObjects(
        "/scripts/python3", "Python script", "jobs", (*_ALL, *_in_git("source")), states.PYTHON3
    ),
    StoredObjects("/scripts/r", "script in R", "jobs", (*_ALL, *_in_git("source")), states.R),
    StoredObjects("/scripts/containers", "container script", "jobs", _ALL, states.CONTAINER),
    StoredObjects("/scripts/custom", "custom script", "jobs", _ALL, states.CUSTOM),
)


def router_of(word: str) -> APIRouter:
    """Build the routes of the objects whose paths begin with a word."""
    router = APIRouter(tags=[word])
    for one in SHAREABLES:
        if one.path.split("/")[1] == word:
            for shape in one.shapes:
                add_operations(router, one.path, shape(one))
    return router
