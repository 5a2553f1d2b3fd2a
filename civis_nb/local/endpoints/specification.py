"""``GET /endpoints``: the platform's own specification."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from civis_nb.local.context import context_of
from civis_nb.local.http.specification import Specification

__all__ = ["router"]

router = APIRouter(tags=["endpoints"])


@router.get("/endpoints", summary="List API endpoints", response_class=Response)
def list_endpoints(
    request: Request,
    openapi_version: Annotated[
        str | None, Query(json_schema_extra={"enum": ["2.0", "3.0"]})
    ] = None,
) -> Response:
    """Return the Swagger 2.0 document, or OpenAPI 3.0 when it is asked for."""
    specification = Specification.of(request.app, context_of(request).endpoint)
    body, etag = specification.written(openapi_version)
    if request.headers.get("if-none-match") == etag:
        return Response(status_code=304, headers={"etag": etag})
    return Response(body, media_type="application/json", headers={"etag": etag})
