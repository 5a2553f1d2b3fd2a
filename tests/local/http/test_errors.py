"""Domain errors as replies: status, code and text."""

from __future__ import annotations

import pytest

from civis_nb.local import errors
from civis_nb.local.http.errors import HttpError, error_body, error_headers, error_status


@pytest.mark.parametrize(
    ("error", "status", "code"),
    [
        (errors.Invalid("no"), 400, "bad_request"),
        (errors.Invalid("no", "BadDigest"), 400, "BadDigest"),
        (errors.Forbidden("no"), 403, "access_denied"),
        (errors.NotFound("It"), 404, "not_found"),
        (errors.Conflict("no", "already_running"), 409, "already_running"),
        (errors.Unprocessable("no"), 422, "unprocessable"),
        (errors.DamagedContent("no"), 500, "content_damaged"),
        (errors.NoSpace("no"), 507, "insufficient_storage"),
        (HttpError(405, "method_not_allowed", "no"), 405, "method_not_allowed"),
    ],
)
def test_reply_of_an_error(error, status, code):
    assert error_status(error) == status
    assert error_body(error) == {"error": code, "errorDescription": str(error), "code": status}


def test_every_domain_error_has_a_status():
    kinds = [getattr(errors, name) for name in errors.__all__ if name != "RequestError"]
    assert all(error_status(kind("x")) >= 400 for kind in kinds)


def test_headers_of_an_http_error_are_kept():
    assert error_headers(HttpError(405, "method_not_allowed", "no", {"Allow": "GET"})) == {
        "Allow": "GET"
    }
    assert error_headers(errors.Invalid("no")) == {}
