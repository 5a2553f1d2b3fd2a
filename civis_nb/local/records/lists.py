"""Lists of records: filters, order, pages."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import Query, Request, Response
from pydantic import Field, create_model
from sqlalchemy import ColumnElement, false

from civis_nb.local.context import context_of
from civis_nb.local.endpoints.filters import archived_filter, author_ids
from civis_nb.local.endpoints.user_refs import user_refs
from civis_nb.local.errors import Invalid
from civis_nb.local.http.envelope import Paging, comma_list, paginated
from civis_nb.local.records.fields import LEVELS, View
from civis_nb.local.records.resource import Operation, Resource, Shape, typed
from civis_nb.local.store.permissions import visible
from civis_nb.local.store.schema import records

__all__ = [
    "ARCHIVED_FILTER",
    "AUTHOR_FILTER",
    "HIDDEN_FILTER",
    "NAME_FILTER",
    "STATUS_FILTER",
    "USUAL_FILTERS",
    "Filter",
    "listed",
    "permission_filter",
]

Conditions = Sequence[ColumnElement[bool]]


@dataclass(frozen=True)
class Filter:
    """A query parameter of a list.

    Attributes
    ----------
    name
        Of the parameter, in snake_case.
    type
        Of its value.
    description
        For the specification.
    conditions
        Makes the conditions on `civis_nb.local.store.schema.records` of the parameter's value,
        which is None where a request has none; None: it filters nothing.
    choices
        The values that the specification names.
    minimum
        The smallest value, which the specification states; None: there is none.
    """

    name: str
    type: Any
    description: str
    conditions: Callable[[Any], Conditions] | None = None
    choices: tuple[str, ...] = ()
    minimum: int | None = None


def _hidden(value: bool | None) -> Conditions:
    return [records.c.hidden.is_(bool(value))]


def _archived(value: str | None) -> Conditions:
    return archived_filter(value, records.c.archived)


def _author(value: str | None) -> Conditions:
    return [records.c.user_id.in_(author_ids(value))] if value else []


def _name(value: str | None) -> Conditions:
    return [records.c.name.icontains(value, autoescape=True)] if value else []


def permission_filter(kind: str) -> Filter:
    """Return the filter by the permission that the user has on objects of a kind."""

    def conditions(value: str | None) -> Conditions:
        if value is None:
            return []
        if value not in LEVELS:
            raise Invalid(f"permission can't be {value!r}; it is one of {', '.join(LEVELS)}.")
        return visible(kind, value)

    text = "The permission that the user has: read, write or manage."
    return Filter("permission", str, text, conditions, LEVELS)


def _status(value: str | None) -> Conditions:
    return [] if value is None or "idle" in comma_list(value) else [false()]


HIDDEN_FILTER = Filter("hidden", bool, "Whether to list the hidden objects instead.", _hidden)
ARCHIVED_FILTER = Filter(
    "archived",
    str,
    "Which objects to list: true, false (the default), or all.",
    _archived,
    ("true", "false", "all", ""),
)
AUTHOR_FILTER = Filter("author", str, "Ids of authors, separated by commas.", _author)
NAME_FILTER = Filter("name", str, "A part of the name.", _name)
USUAL_FILTERS = (HIDDEN_FILTER, ARCHIVED_FILTER, AUTHOR_FILTER)
#: Of objects that can be deployed: none is on a local platform, so all are idle.
STATUS_FILTER = Filter("status", str, "States of deployments, separated by commas.", _status)


def listed(
    default: int,
    maximum: int,
    *filters: Filter,
    order: str = "updated_at",
    orders: tuple[str, ...] = ("updated_at", "name", "created_at"),
    order_dir: str = "desc",
) -> Shape:
    """Declare a list of the objects.

    Parameters
    ----------
    default, maximum
        The number of objects on a page.
    filters
        The query parameters besides those of pages.
    order, orders
        The field that the list is ordered by, and those that a request may name.
    order_dir
        ``asc`` or ``desc``, where a request names none.
    """
    names = (order, *(name for name in orders if name != order))
    columns = {name: (_column(name), records.c.id) for name in names}
    paging = Paging(columns, default, maximum, order_dir)
    parameters = (
        *filters,
        Filter(
            "limit",
            int,
            f"The most items on a page; {default} by default, {maximum} at most.",
            minimum=1,
        ),
        Filter("page_num", int, "Which page to return, from 1.", minimum=1),
        Filter("order", str, f"The field to order by; {order} by default.", choices=names),
        Filter(
            "order_dir", str, f"The direction; {order_dir} by default.", choices=("asc", "desc")
        ),
    )

    def operations(resource: Resource) -> Iterator[Operation]:
        def list_records(request: Request, response: Response, query: Any) -> list[Any]:
            values = query.model_dump()
            page = paging.page(query.limit, query.page_num, query.order, query.order_dir)
            found = resource.select().where(*visible(resource.kind))
            for one in filters:
                if one.conditions is not None:
                    found = found.where(*one.conditions(values[one.name]))
            context = context_of(request)
            with context.store.read() as connection:
                rows = paginated(connection, found, page, response)
                people = user_refs(connection)
                views = (View(connection, context, row, people, values) for row in rows)
                return [resource.show_item(view) for view in views]

        yield Operation(
            "GET",
            "",
            typed(list_records, query=_query_type(parameters)),
            f"List {resource.kind}",
            list[resource.item],  # type: ignore[name-defined]
        )

    return operations


def _column(name: str) -> ColumnElement[Any]:
    """Return what a list is ordered by: a column, or a stored field that is a text."""
    if name in records.c:
        return records.c[name]
    field: ColumnElement[Any] = records.c.body[name].as_string()
    return field


def _query_type(parameters: Sequence[Filter]) -> Any:
    """Return the type of the query parameters, as FastAPI reads them."""
    fields: dict[str, Any] = {}
    for one in parameters:
        stated = {"enum": list(one.choices), "minimum": one.minimum}
        more: dict[str, Any] = {k: v for k, v in stated.items() if v not in ([], None)}
        if one.type == list[str] and more:
            more = {"items": {"type": "string", **more}}
        info = Field(default=None, description=one.description, json_schema_extra=more)
        fields[one.name] = (one.type | None, info)
    return Annotated[create_model("ListQuery", **fields), Query()]
