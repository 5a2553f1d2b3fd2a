"""The local platform's API: routers, error bodies, the specification."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from fastapi import APIRouter, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from sqlalchemy.exc import DatabaseError
from starlette.exceptions import HTTPException

from civis_nb.errors import WarehouseError
from civis_nb.local.context import PlatformContext
from civis_nb.local.endpoints import (
    credentials,
    databases,
    exports,
    json_values,
    queries,
    specification,
    storage_hosts,
)
from civis_nb.local.endpoints.files import files, preprocess, preview
from civis_nb.local.endpoints.imports import csv_files, imports, syncs
from civis_nb.local.endpoints.imports import files as file_imports
from civis_nb.local.endpoints.jobs import jobs
from civis_nb.local.endpoints.scripts import containers, custom, python3, r, scripts, sql
from civis_nb.local.endpoints.tables import tables
from civis_nb.local.endpoints.users import api_keys, users
from civis_nb.local.errors import Invalid, NotFound, NotSupported, RequestError
from civis_nb.local.http.auth import Keys
from civis_nb.local.http.errors import (
    HttpError,
    error_body,
    error_headers,
    error_status,
    internal_error,
)
from civis_nb.local.http.lazy_routes import LazyApi
from civis_nb.local.http.middleware import RequestMiddleware
from civis_nb.local.http.official import OfficialOperation, advice, find_operation
from civis_nb.local.store.descriptors import is_exhausted, no_descriptors
from civis_nb.local.store.full_disk import is_full, no_space
from civis_nb.local.store.locked import is_locked, store_is_locked
from civis_nb.spec.names import camel_to_snake

__all__ = ["RECORDS", "ROUTERS", "SHARED", "SHARING_WORDS", "build_api", "build_app"]

#: In the order of the specification; of two routes that fit a path, the first one is taken.
ROUTERS = (
    api_keys.router,
    credentials.router,
    databases.router,
    specification.router,
    exports.router,
    preview.router,
    files.router,
    csv_files.router,
    file_imports.router,
    imports.router,
    syncs.router,
    jobs.router,
    json_values.router,
    preprocess.router,
    queries.router,
    containers.router,
    custom.router,
    python3.router,
    r.router,
    sql.router,
    scripts.router,
    storage_hosts.router,
    tables.router,
    users.router,
)

#: The modules of civis_nb.local.records that declare resources.
RECORDS = (
    "aliases",
    "groups",
    "notebooks",
    "projects",
    "reports",
    "services",
    "templates",
    "workflows",
)

#: First words of the paths of objects that are no records, and are shared as records are.
SHARED = ("credentials", "files", "imports", "jobs", "scripts")
#: The words of the paths of those operations.
SHARING_WORDS = frozenset(("dependencies", "git", "projects", "shares", "transfer"))


def build_app(context: PlatformContext) -> RequestMiddleware:
    """Build the ASGI application of a platform."""
    app = build_api()
    keys = Keys(context.store)
    app.state.context = context
    app.state.keys = keys
    slashed = [p for p in (route.path for route in app.indexed()) if p.endswith("/")]
    return RequestMiddleware(app, context, keys, slashed)


#: Numbers with as many may not fit into 64 bits.
_MANY_DIGITS = 19


def build_api() -> LazyApi:
    """Build the API itself; to work, it needs a context and the check of keys."""
    app = LazyApi(
        title="Civis Platform, local",
        version="1",
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
    )
    app.add_exception_handler(RequestError, _request_error)
    app.add_exception_handler(HTTPException, _http_error)
    app.add_exception_handler(RequestValidationError, _validation_error)
    app.add_exception_handler(WarehouseError, _warehouse_error)
    app.add_exception_handler(OverflowError, _number_too_large)
    app.add_exception_handler(OSError, _disk_error)
    app.add_exception_handler(DatabaseError, _disk_error)
    app.add_exception_handler(Exception, _unexpected)
    # The routes themselves, not include_router: that builds each of them a second time.
    app.add_indexed(route for router in ROUTERS for route in router.routes)
    app.add_lazily(RECORDS, _load_records)
    app.add_lazily(("search",), _load_search)
    app.add_lazily(SHARED, _load_shared, SHARING_WORDS)
    return app


def _load_records(resource: str) -> APIRouter:
    router: APIRouter = import_module(f"civis_nb.local.records.{resource}").router
    return router


def _load_search(_resource: str) -> APIRouter:
    router: APIRouter = import_module("civis_nb.local.endpoints.search").router
    return router


def _load_shared(resource: str) -> APIRouter:
    module = import_module("civis_nb.local.records.shareables")
    router: APIRouter = module.router_of(resource)
    return router


def _reply(error: RequestError) -> JSONResponse:
    return JSONResponse(error_body(error), error_status(error), headers=error_headers(error))


async def _request_error(_request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestError)  # noqa: S101 - as FastAPI promises
    return _reply(error)


async def _http_error(request: Request, error: Exception) -> JSONResponse:
    """Return the reply to what the router refuses: unknown paths and methods."""
    assert isinstance(error, HTTPException)  # noqa: S101 - as above
    headers = dict(error.headers or {})
    path = request.url.path
    if error.status_code in (404, 405):
        unserved = find_operation(request.method, path)
        if unserved is not None:
            return _reply(_not_served(unserved))
    if error.status_code == 404:
        return _reply(NotFound(f"The path {path}", "GET /endpoints lists what there is."))
    if error.status_code == 405:
        allowed = ", ".join(sorted(request.app.methods_of(request.scope)))
        text = f"{request.method} is not possible on {path}; {allowed} are."
        return _reply(HttpError(405, "method_not_allowed", text, {"allow": allowed}))
    code = "bad_request" if error.status_code == 400 else "error"
    return _reply(HttpError(error.status_code, code, str(error.detail), headers))


async def _validation_error(request: Request, error: Exception) -> JSONResponse:
    """Return the reply to a request whose values do not fit the declaration."""
    assert isinstance(error, RequestValidationError)  # noqa: S101 - as above
    problems = error.errors()
    if any(problem["loc"][:1] == ("path",) for problem in problems):
        unserved = find_operation(request.method, request.url.path)
        if unserved is not None and _is_another(unserved, request):
            return _reply(_not_served(unserved))
        # An id that is no id belongs to no object.
        return _reply(NotFound(f"The object at {request.url.path}"))
    return _reply(Invalid(", ".join(_described(problem) for problem in problems)))


def _not_served(operation: OfficialOperation) -> NotSupported:
    """Return the error of an operation that Civis Platform has and the local platform has not."""
    return NotSupported(
        f"The local platform does not serve {operation.method} {operation.path}, which Civis "
        f"Platform has. {advice(operation.path)}"
    )


def _is_another(operation: OfficialOperation, request: Request) -> bool:
    """Return whether an operation is not the one whose route has taken the request."""
    taken: str = request.scope["route"].path
    return operation.path.count("{") < taken.count("{")


def _described(problem: dict[str, Any]) -> str:
    """Return in words what is wrong with a request."""
    if problem["type"] == "json_invalid":
        reason = problem.get("ctx", {}).get("error", "")
        return f"The body is not valid JSON ({reason} at character {problem['loc'][-1]})"
    where = ".".join(camel_to_snake(str(part)) for part in problem["loc"][1:])
    if not where:
        return "The body must be a JSON object"
    if problem["type"] == "missing":
        return f"{where} is required"
    return f"{where}: {problem['msg'].removeprefix('Value error, ')}"


async def _number_too_large(request: Request, _error: Exception) -> JSONResponse:
    """Return the reply to a number that the store can't hold."""
    if any(_is_large(value) for value in request.path_params.values()):
        return _reply(NotFound(f"The object at {request.url.path}"))
    names = [
        camel_to_snake(name) for name, value in request.query_params.items() if _is_large(value)
    ]
    return _reply(
        Invalid(f"{', '.join(names) or 'A number in the request'}: the number is too large.")
    )


def _is_large(value: Any) -> bool:
    return len(str(value).lstrip("+-0")) >= _MANY_DIGITS and str(value).lstrip("+-").isdecimal()


async def _warehouse_error(_request: Request, error: Exception) -> JSONResponse:
    return _reply(Invalid(str(error)))


async def _disk_error(request: Request, error: Exception) -> JSONResponse:
    """Return the reply to a full disk, a lock, or too many open files; raise other errors."""
    if is_exhausted(error):
        return _reply(no_descriptors())
    if is_locked(error):
        return _reply(store_is_locked())
    if not is_full(error):
        raise error
    return _reply(no_space(request.app.state.context.state, error))


async def _unexpected(request: Request, _error: Exception) -> JSONResponse:
    return _reply(internal_error(request.state.request_id))
