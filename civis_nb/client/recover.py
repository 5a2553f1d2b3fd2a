"""Checks whether a POST that was answered by 503 has done its work all the same.

Repeating such a POST blindly makes a second job, or starts a second run. Where the API has a
list of what the POST makes, the newest entries are compared: one that was made since the POST
was sent, that this client did not make with another call, and that agrees with what was sent,
is the one.
"""

from __future__ import annotations

import time
from collections import deque
from typing import TYPE_CHECKING, Any

from civis_nb.errors import CivisClientError
from civis_nb.transport.faults import Outcome

if TYPE_CHECKING:
    import requests

    from civis_nb.client.arguments import Request
    from civis_nb.client.client import APIClient
    from civis_nb.spec.model import Operation
    from civis_nb.transport.session import Recover

__all__ = ["recovery", "remember_created"]

#: An HTTP date has whole seconds, and servers may keep it for one more.
_CLOCK_TOLERANCE_S = 2.0
_MAX_LISTED = 20
_RUN_ID = "runId"
_ACTIVE = frozenset({"queued", "running", "pending"})
#: Lists that show what the typed paths below them make.
_COMMON_LISTS = frozenset({"scripts"})


def remember_created(client: APIClient, operation: Operation, payload: Any) -> None:
    """Remember what a POST made, so that a later one is not mistaken for it."""
    made_id = _id_of(payload)
    if made_id is not None:
        made = client._kept.setdefault("made", deque(maxlen=512))
        made.append((operation.path, made_id))


def recovery(client: APIClient, operation: Operation, request: Request) -> Recover | None:
    """Return what checks for one call whether it is done; None where the API has no such list."""
    listing = _listing(client, operation)
    if listing is None:
        return None
    is_run = operation.path.endswith("/runs")
    if not is_run and not any(isinstance(request.body.get(key), str) for key in ("name", "sql")):
        return None

    def check(elapsed_s: float, answer: requests.Response) -> Outcome | None:
        since = _server_time(answer) - elapsed_s - _CLOCK_TOLERANCE_S
        path = request.path if listing.path == operation.path else listing.path
        items = _newest(client, listing, path, bool(request.body.get("hidden")), since)
        made = client._kept.get("made", ())
        for item in items:
            if (operation.path, item.get("id")) in made:
                continue
            if _was_started(item, since) if is_run else _was_created(item, request.body, since):
                found = _whole(client, operation, request, item, answer)
                # The list may leave out what distinguishes it from another of the same name.
                if is_run or _agrees(found.payload, request.body):
                    found.payload = _as_answered(operation, found.payload)
                    return found
        return None

    return check


def _listing(client: APIClient, operation: Operation) -> Operation | None:
    """Return the operation that lists what a POST makes."""
    operations = client._spec.operations(operation.resource).values()
    paths = [operation.path]
    if operation.resource in _COMMON_LISTS and "{" not in operation.path:
        paths.append(operation.resource)
    for path in paths:
        for other in operations:
            if other.verb == "GET" and other.path == path and other.answers_array:
                return other
    return None


def _newest(
    client: APIClient, listing: Operation, path: str, hidden: bool, since: float
) -> list[dict[str, Any]]:
    """Return the newest objects of a list; raise when some made since may be missing."""
    takes = {parameter.name: parameter for parameter in listing.optional}
    params: dict[str, Any] = {}
    if "limit" in takes:
        params["limit"] = _MAX_LISTED
    if hidden and "hidden" in takes:
        params["hidden"] = True
    order = takes.get("order")
    by = "created_at" if order is not None and "created_at" in order.description else "id"
    ordered = order is not None and (by in order.description or listing.path.endswith("/runs"))
    if ordered:
        params.update(order=by, order_dir="desc")
    _, payload = client._session.call("GET", path, params=params)
    if not isinstance(payload, list):
        raise CivisClientError(f"GET /{path} answered no list.")
    items = [item for item in payload if isinstance(item, dict)]
    if len(payload) >= _MAX_LISTED:
        oldest = min((_created(item) or since for item in items), default=since)
        if not ordered or oldest >= since:
            raise CivisClientError(f"GET /{path} does not show all that was made since.")
    return items


def _was_started(item: dict[str, Any], since: float) -> bool:
    """Return whether a run in a list can be the one that a POST started."""
    created = _created(item)
    if created is not None:
        return created >= since
    # A job has one active run at most: this one, or one that makes another impossible.
    if item.get("state") in _ACTIVE:
        return True
    raise CivisClientError("The runs do not tell when they were created.")


def _was_created(item: dict[str, Any], body: dict[str, Any], since: float) -> bool:
    """Return whether an object in a list can be the one that a POST created."""
    created = _created(item)
    if (created is not None and created < since) or not _agrees(item, body):
        return False
    if created is None:
        raise CivisClientError("One that agrees is there, and the list does not tell since when.")
    return True


def _agrees(item: Any, body: dict[str, Any]) -> bool:
    """Return whether an object has the values that were sent, as far as it shows them."""
    from civis_nb.spec.names import camel_to_snake

    if not isinstance(item, dict):
        return False
    have = {camel_to_snake(key): value for key, value in item.items()}
    shown = [
        key
        for key, value in body.items()
        if isinstance(value, (str, int, float)) and have.get(key) is not None
    ]
    if not {"name", "sql"} & set(shown):
        return False
    return all(str(have[key]).lower() == str(body[key]).lower() for key in shown)


def _whole(
    client: APIClient,
    operation: Operation,
    request: Request,
    item: dict[str, Any],
    answer: requests.Response,
) -> Outcome:
    """Return the found object as the POST would have answered it, as far as the API shows it."""
    for other in client._spec.operations(operation.resource).values():
        if other.verb == "GET" and other.path.rpartition("/")[0] == operation.path:
            if not other.path.endswith("}") or "id" not in item:
                continue
            response, payload = client._session.call("GET", f"{request.path}/{item['id']}")
            return Outcome(response=response, payload=payload)
    return Outcome(response=answer, payload=item)


def _id_of(answer: Any) -> Any:
    """Return the id in the answer to a POST: some name a run by the field runId alone."""
    return answer.get("id", answer.get(_RUN_ID)) if isinstance(answer, dict) else None


def _as_answered(operation: Operation, found: Any) -> Any:
    """Return a found object with the field runId, where the POST's own answer has that."""
    schema = operation.load_response() if operation.load_response is not None else None
    if schema is None or _RUN_ID not in schema.properties or not isinstance(found, dict):
        return found
    return {_RUN_ID: found.get("id"), **found}


def _created(item: dict[str, Any]) -> float | None:
    """Return when an object was created, in seconds since 1970; None where it does not say."""
    # Imported here, as below: few processes ever meet a 503.
    from datetime import datetime

    text = item.get("createdAt", item.get("created_at"))
    try:
        return datetime.fromisoformat(str(text).replace("Z", "+00:00")).timestamp()
    except ValueError:
        return None


def _server_time(answer: requests.Response) -> float:
    """Return the server's time when it answered: its clock is the one that dates its objects."""
    from email.utils import parsedate_to_datetime

    try:
        return parsedate_to_datetime(answer.headers["Date"]).timestamp()
    except (KeyError, ValueError, TypeError):
        return time.time()
