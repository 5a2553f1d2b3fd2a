"""Errors as replies: the one place that knows which HTTP status a refused request gets."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from civis_nb.local.errors import (
    Busy,
    Conflict,
    DamagedContent,
    Forbidden,
    Invalid,
    NoSpace,
    NotFound,
    NotSupported,
    RequestError,
    StateMissing,
    Unprocessable,
)

__all__ = [
    "RETRY_AFTER_S",
    "HttpError",
    "error_body",
    "error_headers",
    "error_status",
    "unauthorized",
]

_STATUS: dict[type[RequestError], int] = {
    Invalid: 400,
    Forbidden: 403,
    NotFound: 404,
    Conflict: 409,
    Unprocessable: 422,
    DamagedContent: 500,
    StateMissing: 500,
    NotSupported: 501,
    # Clients repeat this one,
    Busy: 503,
    # and not this one.
    NoSpace: 507,
}


#: When a client may repeat what a busy platform has refused, in seconds.
RETRY_AFTER_S = 1


class HttpError(RequestError):
    """An error that only HTTP knows, such as a method that a path does not have.

    Parameters
    ----------
    status, headers
        Of the reply.
    code, message
        As in `RequestError`.
    """

    def __init__(
        self, status: int, code: str, message: str, headers: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(message, code)
        self.status = status
        self.headers = dict(headers or {})


def unauthorized(message: str) -> HttpError:
    """Return the error of a missing or wrong key; clients read the challenge header."""
    challenge = {"WWW-Authenticate": 'Basic realm="Civis Platform, local"'}
    return HttpError(401, "unauthorized", message, challenge)


def internal_error(request_id: str) -> HttpError:
    """Return the error of a request on which the platform itself failed."""
    return HttpError(
        500,
        "internal_error",
        "The local platform failed on this request; its log has the details under request id "
        f"{request_id}.",
    )


def error_status(error: RequestError) -> int:
    """Return the status of an error's reply.

    Examples
    --------
    >>> error_status(NotFound("File 7"))
    404
    """
    if isinstance(error, HttpError):
        return error.status
    return next((_STATUS[kind] for kind in type(error).__mro__ if kind in _STATUS), 500)


def error_headers(error: RequestError) -> dict[str, str]:
    """Return the headers of an error's reply."""
    if isinstance(error, Busy):
        return {"Retry-After": str(RETRY_AFTER_S)}
    return error.headers if isinstance(error, HttpError) else {}


def error_body(error: RequestError) -> dict[str, Any]:
    """Return the body of an error's reply (API protocol, 1.7)."""
    return {"error": error.code, "errorDescription": str(error), "code": error_status(error)}
