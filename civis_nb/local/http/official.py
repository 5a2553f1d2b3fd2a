"""The operations of Civis Platform's API, those that the local platform does not serve among them.

operations.tsv is a table of facts: method, path, status and kind of the answer, whether the
operation is deprecated, and its parameters, each as ``name:place:type`` with a ``!`` where it is
required. ``python tests/local/operations_table.py`` makes it from the specification in the PyPI
package ``civis``; a test compares both.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

__all__ = [
    "NOT_IMPLEMENTED",
    "TABLE",
    "OfficialOperation",
    "advice",
    "find_operation",
    "official_operations",
    "slashed_paths",
    "with_unserved",
]

TABLE = Path(__file__).with_name("operations.tsv")
#: The mark of an operation that is not served; its value says what there is instead.
NOT_IMPLEMENTED = "x-not-implemented"

#: Words within paths -> what there is instead.
_INSTEAD_OF_PARTS = {
    "dependencies": "Dependencies are known of what the local platform has.",
    "git": "SQL and Python scripts, reports, notebooks and workflows have git here.",
    "inputs": "A run's arguments are in the job: GET /jobs/{id}.",
    "projects": "Projects hold scripts, imports, files, workflows and the other records here.",
    "shares": "Scripts, imports, files, credentials, templates and records are shared here.",
    "transfer": "What the local platform has is transferred by its own operation.",
    "dbt": "Run dbt from a Python script: POST /scripts/python3.",
    "javascript": "JavaScript runs on Civis Platform only.",
}
#: First words of paths -> what serves instead, or who does.
_INSTEAD = {
    "admin": "The local platform is one organization.",
    "aliases": "Objects are named, found and shared by their aliases here.",
    "announcements": "There are no announcements here.",
    "credentials": "Credentials are created, changed, listed and deleted here.",
    "databases": "Databases are listed and described; GET /tables lists their tables.",
    "json_values": "JSON values are created, read and changed here.",
    "queries": "A script is created on its own: POST /scripts/sql.",
    "clusters": "Jobs run as processes of this machine; there are no clusters.",
    "enhancements": "Enhancements run on Civis Platform.",
    "exports": "Results of SQL are exported by POST /exports/files/csv and POST /scripts/sql.",
    "files": "Files are read by their id.",
    "git_repos": "Reports, notebooks and services take a repository by its URL.",
    "imports": "CSV files, imports of files and syncs between databases work.",
    "jobs": "Jobs are run, followed, listed and cancelled here.",
    "match_targets": "Matching runs on Civis Platform.",
    "media": "Media optimization runs on Civis Platform.",
    "models": "CivisML's models are made on Civis Platform; a Python script can train one here.",
    "notifications": "There are no notifications here; a future tells when its run ends.",
    "ontology": "The ontology is Civis Platform's own.",
    "organizations": "The local platform is one organization.",
    "permission_sets": "Permissions are shares here: PUT /…/{id}/shares/users and groups.",
    "predictions": "CivisML's predictions are made on Civis Platform.",
    "remote_hosts": "Databases are added when the platform is started; GET /databases lists them.",
    "roles": "The first user of a local platform creates the others; there are no roles.",
    "scripts": "Python, SQL and container scripts run here.",
    "search": "Objects are found by their names here, queries by their SQL.",
    "storage_hosts": "The storage hosts that imports need are listed by GET /storage_hosts.",
    "studios": "A notebook server of your own does what a studio does.",
    "table_tags": "There are no table tags here.",
    "tables": "Tables are described, scanned and loaded here.",
    "templates": "Scripts and reports are published as templates here.",
    "usage": "The local platform measures no usage.",
    "usage_limits": "The local platform has no limits of usage.",
    "users": "Users and their keys are created here: POST /users, POST /users/{id}/api_keys.",
}


@dataclass(frozen=True, slots=True)
class OfficialParameter:
    """One parameter: of the path, the query or the top level of the body."""

    name: str
    place: str
    type: str
    required: bool


@dataclass(frozen=True, slots=True)
class OfficialOperation:
    """One operation of Civis Platform's API.

    Attributes
    ----------
    method
        The HTTP method, upper case.
    path
        As the official specification spells it.
    status
        Of a success.
    answer
        ``array``, ``object``, or empty for a reply without a body.
    is_deprecated
        Whether clients leave it out.
    parameters
        Of path, query and body.
    """

    method: str
    path: str
    status: int
    answer: str
    is_deprecated: bool
    parameters: tuple[OfficialParameter, ...]


@cache
def official_operations() -> tuple[OfficialOperation, ...]:
    """Return all operations of Civis Platform, in the order of their paths."""
    lines = TABLE.read_text(encoding="utf-8").splitlines()[1:]
    return tuple(_read(line) for line in lines)


@cache
def slashed_paths() -> frozenset[str]:
    """Return the paths that the official specification ends with a slash, without it."""
    paths = {operation.path for operation in official_operations()}
    return frozenset(path.rstrip("/") for path in paths if path.endswith("/"))


def _read(line: str) -> OfficialOperation:
    method, path, status, answer, deprecated, parameters = line.split("\t")
    return OfficialOperation(
        method, path, int(status), answer, bool(deprecated),
        tuple(_read_parameter(text) for text in parameters.split()),
    )  # fmt: skip


def _read_parameter(text: str) -> OfficialParameter:
    name, place, kind = text.split(":")
    return OfficialParameter(name, place, kind.rstrip("!"), kind.endswith("!"))


def find_operation(method: str, path: str) -> OfficialOperation | None:
    """Return the operation that a request is for; None when the API has none.

    Of two paths that fit, the one with more fixed words is meant.

    Examples
    --------
    >>> find_operation("GET", "/workflows/7").path
    '/workflows/{id}'
    >>> find_operation("GET", "/nothing") is None
    True
    """
    words = path.strip("/").split("/")
    found = [
        operation
        for operation in official_operations()
        if operation.method == method and _fits(operation.path.strip("/").split("/"), words)
    ]
    return min(found, key=lambda operation: operation.path.count("{"), default=None)


def _fits(template: list[str], words: list[str]) -> bool:
    return len(template) == len(words) and all(
        bool(word) if part.startswith("{") else part == word
        for part, word in zip(template, words, strict=True)
    )


def advice(path: str) -> str:
    """Return what there is instead of an operation that is not served.

    Examples
    --------
    >>> advice("/clusters/kubernetes")
    'Jobs run as processes of this machine; there are no clusters.'
    """
    words = path.strip("/").split("/")
    parts = (_INSTEAD_OF_PARTS[word] for word in words[1:] if word in _INSTEAD_OF_PARTS)
    return next(parts, "") or _INSTEAD[words[0]]


def with_unserved(document: dict[str, Any]) -> dict[str, Any]:
    """Return FastAPI's OpenAPI 3.1 `document` with the operations that are not served, marked."""
    paths = {path.rstrip("/"): dict(verbs) for path, verbs in document["paths"].items()}
    for operation in official_operations():
        verbs = paths.setdefault(operation.path.rstrip("/"), {})
        if operation.method.lower() not in verbs:
            verbs[operation.method.lower()] = _described(operation)
    return {**document, "paths": paths}


def _described(operation: OfficialOperation) -> dict[str, Any]:
    """Return an operation that is not served, in the form of OpenAPI 3.1."""
    old = "Deprecated, and not" if operation.is_deprecated else "Not"
    described: dict[str, Any] = {
        "summary": f"{old} served by the local platform",
        "deprecated": operation.is_deprecated,
        "parameters": [
            {"name": one.name, "in": one.place, "required": one.required, "schema": _schema(one)}
            for one in operation.parameters
            if one.place != "body"
        ],
        "responses": {str(operation.status): {"description": "success", **_answer(operation)}},
        NOT_IMPLEMENTED: advice(operation.path),
    }
    body = [one for one in operation.parameters if one.place == "body"]
    if body:
        schema = _object(body)
        described["requestBody"] = {
            "required": any(one.required for one in body),
            "content": {"application/json": {"schema": schema}},
        }
    return described


def _answer(operation: OfficialOperation) -> dict[str, Any]:
    if not operation.answer:
        return {}
    items = {"items": {"type": "object"}} if operation.answer == "array" else {}
    return {"content": {"application/json": {"schema": {"type": operation.answer, **items}}}}


def _schema(parameter: OfficialParameter) -> dict[str, Any]:
    kind, _, items = parameter.type.partition("/")
    return (
        {"type": kind, "items": {"type": items or "object"}} if kind == "array" else {"type": kind}
    )


def _object(parameters: list[OfficialParameter]) -> dict[str, Any]:
    required = [one.name for one in parameters if one.required]
    properties = {one.name: _schema(one) for one in parameters}
    return {
        "type": "object",
        "properties": properties,
        **({"required": required} if required else {}),
    }
