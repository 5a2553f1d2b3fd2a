"""The words by which search and aliases tell the types of objects."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import ColumnElement, Row

from civis_nb.local.runs import jobs as states
from civis_nb.local.store.schema import jobs, records

__all__ = ["OBJECT_TYPES", "ObjectType"]


@dataclass(frozen=True)
class ObjectType:
    """A type of objects.

    Attributes
    ----------
    word
        In requests and answers, e.g. ``sql_script``.
    label
        For people, e.g. ``SQL Runner``.
    kind
        As in `civis_nb.local.store.objects`.
    conditions
        What tells its objects from others of the kind.
    """

    word: str
    label: str
    kind: str
    conditions: tuple[ColumnElement[bool], ...] = ()
    fits: Callable[[Row[Any]], bool] = lambda _row: True


def _job(word: str, label: str, job_type: str) -> ObjectType:
    return ObjectType(
        word, label, "jobs", (jobs.c.type == job_type,), lambda row: bool(row.type == job_type)
    )


def _import(word: str, label: str, outbound: bool) -> ObjectType:
    body = jobs.c.body["is_outbound"].as_boolean()
    conditions = (jobs.c.type == states.IMPORT, body.is_(outbound))
    return ObjectType(word, label, "jobs", conditions)


def _record(
    word: str, label: str, kind: str, field: str | None = None, value: str | None = None
) -> ObjectType:
    """Return a type of records: of a kind, with a value of a stored field."""
    if field is None:
        return ObjectType(word, label, kind, (records.c.kind == kind,))
    stored = records.c.body[field].as_string()
    conditions = (records.c.kind == kind, stored == value)
    return ObjectType(word, label, kind, conditions, lambda row: bool(row.body.get(field) == value))


#: The types that the local platform has, by their words.
OBJECT_TYPES: Final = {
    one.word: one
    for one in (
        _job("csv_import", "CSV Import", states.CSV_IMPORT),
        _import("database_import", "Database Import", outbound=False),
        _import("database_export", "Database Export", outbound=True),
        _job("container_script", "Container Script", states.CONTAINER),
        _job("python_script", "Python Script", states.PYTHON3),
        _job("r_script", "R Script", states.R),
        _job("sql_script", "SQL Runner", states.SQL),
        _record("project", "Project", "projects"),
        _record("notebook", "Notebook", "notebooks"),
        _record("workflow", "Workflow", "workflows"),
        _record("template_script", "Script Template", "templates", "type", "script"),
        _record("template_report", "Report Template", "templates", "type", "report"),
        _record("service", "Service", "services"),
        _record("report", "Report", "reports", "type", "ReportTypes::Html"),
        _record("service_report", "Service Report", "reports", "type", "ReportTypes::ShinyApp"),
    )
}
