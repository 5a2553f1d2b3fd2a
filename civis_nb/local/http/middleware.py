"""What happens to every request before and after its handler: one plain ASGI layer.

Paths with and without a final slash mean the same; query names may be snake_case, camelCase
or end in ``[]``; a body is JSON, with such a header or none; every reply has its id and the
rate-limit headers (API protocol, sections 1.1 to 1.7).
"""

from __future__ import annotations

import json
import logging
import re
import secrets
from collections.abc import Iterable
from urllib.parse import parse_qsl, quote, unquote, urlencode

import anyio.to_thread
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from civis_nb.local.context import PlatformContext
from civis_nb.local.errors import Busy, Forbidden, RequestError
from civis_nb.local.http.auth import Keys
from civis_nb.local.http.connections import Connections
from civis_nb.local.http.envelope import check_characters, check_depth, read_json
from civis_nb.local.http.errors import (
    RETRY_AFTER_S,
    HttpError,
    error_body,
    error_headers,
    error_status,
    internal_error,
)
from civis_nb.local.http.lanes import Lanes
from civis_nb.local.http.permissions import check_permissions
from civis_nb.local.http.transfers import PREFIX, Transfers
from civis_nb.local.http.wire import SLASH_IN_NAME
from civis_nb.local.runs.task import REQUESTING_RUN
from civis_nb.local.store.descriptors import is_exhausted, no_descriptors
from civis_nb.local.store.permissions import REQUESTER, Requester
from civis_nb.spec.names import camel_to_snake

__all__ = ["RequestMiddleware"]

_log = logging.getLogger("civis_nb.local")
_BODY_METHODS = frozenset({"POST", "PUT", "PATCH"})
_SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
#: The limit is never reached; clients show it.
_RATE_LIMIT = b"10000"
#: Of JSON; the contents of files come another way.
_MAX_BODY_BYTES = 16 * 2**20
_ID_DIGITS = 19
_SHOWN_CHARS = 80
_JSON = b"application/json"
#: An unpaired surrogate as JSON spells it, and as bytes that Python's reader of JSON lets pass; and
#: numbers that it lets pass though JSON has none such.
_SUSPICIOUS = re.compile(
    rb"\\u[dD][89a-fA-F]|\xed[\xa0-\xbf]|NaN|Infinity|[eE]\+?0*[1-9]\d\d|\d{308}"
)
_JSON_UTF8 = b"application/json; charset=utf-8"


class RequestMiddleware:
    """The outermost ASGI application of a platform.

    Parameters
    ----------
    app
        The API itself.
    context
        The platform.
    keys
        Finds the user of a request.
    slashed
        The paths that the API's routes spell with a final slash.
    """

    def __init__(
        self, app: ASGIApp, context: PlatformContext, keys: Keys, slashed: Iterable[str]
    ) -> None:
        self._app = app
        self._origin = context.endpoint.encode()
        self._keys = keys
        self._store = context.store
        self._slashed = frozenset(slashed)
        self._lanes = Lanes()
        self._connections: Connections | None = None
        self._transfers = Transfers(context.files, context.state)

    def limit_connections(self, connections: Connections) -> None:
        """Refuse requests while the server has too many connections."""
        self._connections = connections

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        reply = _Reply(send, secrets.token_hex(8))
        try:
            if self._connections is not None and self._connections.are_too_many:
                raise _too_many_connections(self._connections.max_served)
            self._store.check_present()
            self._check_origin(scope)
            if scope["path"].startswith(PREFIX):
                await self._transfers(scope, receive, reply.send)
            else:
                await self._api(scope, receive, reply)
        except RequestError as error:
            await reply.error(error)
        except Exception as error:
            if is_exhausted(error):
                await reply.error(no_descriptors())
                return
            # The last resort: the person gets an id, the log gets the traceback.
            _log.exception("Request %s failed: %s %s", reply.id, scope["method"], scope["path"])
            await reply.error(internal_error(reply.id))

    def _check_origin(self, scope: Scope) -> None:
        """Check that no page of another site sends what may change something.

        Browsers alone send the header, and pages of the platform itself there are none.

        Raises
        ------
        Forbidden
            When one does.
        """
        origin = next((value for name, value in scope["headers"] if name == b"origin"), None)
        if scope["method"] not in _SAFE_METHODS and origin not in (None, self._origin):
            raise Forbidden(
                "A page in a browser may not change anything on the local platform. Clients send "
                "no Origin header: leave it out.",
                "foreign_origin",
            )

    async def _api(self, scope: Scope, receive: Receive, reply: _Reply) -> None:
        """Pass a request on to the API, with its user, path, query and body in one form."""
        headers = dict(scope["headers"])
        authorization = headers.get(b"authorization", b"").decode("latin-1")
        user = self._keys.known(authorization)
        if user is None:
            user = await anyio.to_thread.run_sync(self._keys.user, authorization)
        scope = dict(scope)
        scope["state"] = {**scope.get("state", {}), "user": user, "request_id": reply.id}
        scope["path"] = self._path(_decoded(scope))
        if scope["method"] == "HEAD":
            # As GET, whose body the server leaves out.
            scope["method"] = "GET"
        REQUESTER.set(Requester(user.id, user.is_only_user))
        if not user.is_only_user:
            await anyio.to_thread.run_sync(
                check_permissions, self._store, user, scope["method"], scope["path"]
            )
        scope["query_string"] = _query(scope["query_string"])
        length = headers.get(b"content-length", b"0")
        if length.isdigit() and int(length) > _MAX_BODY_BYTES:
            await _drained(receive)
            raise _too_large()
        if scope["method"] in _BODY_METHODS:
            sent_as = headers.get(b"content-type", b"")
            scope["headers"] = [
                *((k, v) for k, v in scope["headers"] if k != b"content-type"),
                (b"content-type", _JSON),
            ]
            if length == b"0" and b"transfer-encoding" not in headers:
                receive = _empty_object
            else:
                receive = await _whole_body(receive)
                _check_type(sent_as)
        run = headers.get(b"x-civis-run-id", b"")
        REQUESTING_RUN.set(int(run) if run.isdigit() and len(run) < _ID_DIGITS else None)
        lane = self._lanes.of(scope["method"])
        await lane.answer(self._app, scope, receive, reply.send)

    def _path(self, path: str) -> str:
        """Return a path with the final slash that its route has, or without."""
        bare = "/" + path.strip("/")
        return bare + "/" if bare + "/" in self._slashed else bare


def _decoded(scope: Scope) -> str:
    """Return the path of a request; an encoded slash stays apart from those between names."""
    raw: bytes = scope.get("raw_path") or b""
    if b"%2f" not in raw.lower():
        return str(scope["path"])
    # A slash within a name, as of a table, must not part it: handlers put it back.
    text = raw.partition(b"?")[0].decode("latin-1")
    return unquote(re.sub("%2f", quote(SLASH_IN_NAME), text, flags=re.IGNORECASE))


def _query(query: bytes) -> bytes:
    """Return a query string in one form: snake_case names, no blank values."""
    if not query:
        return query
    pairs = parse_qsl(query.decode("latin-1"))
    # Blank values are dropped by parse_qsl: a blank filter is no filter.
    return urlencode(
        [(camel_to_snake(name.removesuffix("[]")), value) for name, value in pairs]
    ).encode()


def _too_many_connections(most: int) -> HttpError:
    """Return the error of a request while there are too many connections; it ends its own."""
    return HttpError(
        503,
        Busy.code,
        f"The local platform has more than {most} connections, for which it may open too few "
        "files. Try again in a moment; a higher limit (ulimit -n) before it starts allows more.",
        {"Retry-After": str(RETRY_AFTER_S), "Connection": "close"},
    )


def _too_large() -> HttpError:
    """Return the error of a request whose body is too large."""
    return HttpError(
        413,
        "payload_too_large",
        f"The request's body is larger than {_MAX_BODY_BYTES // 2**20} MiB. Upload large content "
        "as a file (POST /files).",
    )


def _check_type(content_type: bytes) -> None:
    """Check that a body is sent as JSON, or without saying as what.

    What forms of web pages can send without asking first is none of it.

    Raises
    ------
    HttpError
        With status 415, when it is sent as anything else.
    """
    kind = content_type.partition(b";")[0].strip().lower()
    if kind and kind != _JSON and not kind.endswith(b"+json"):
        raise HttpError(
            415,
            "unsupported_media_type",
            f"The request's body is sent as {kind.decode('latin-1')[:_SHOWN_CHARS]!r}. The API "
            "takes JSON: send it with the header Content-Type: application/json.",
        )


async def _drained(receive: Receive) -> None:
    """Read a body to its end: a client may not read the reply before it has sent all."""
    while True:
        message = await receive()
        if message["type"] == "http.disconnect" or not message.get("more_body", False):
            return


async def _empty_object() -> Message:
    return {"type": "http.request", "body": b"{}", "more_body": False}


async def _whole_body(receive: Receive) -> Receive:
    """Read a body, check its characters, and return what it can be read from again.

    Neither SQLite nor a reply in UTF-8 can hold an unpaired surrogate, as JSON can spell it; NaN
    and Infinity are no JSON, and 1e999 would become the latter.

    Raises
    ------
    Invalid
        When the body holds one.
    HttpError
        With status 413, when the body is too large; its length need not be announced.
    """
    pieces: list[bytes] = []
    size = 0
    last: Message = {"type": "http.request", "more_body": True}
    while last["type"] == "http.request" and last.get("more_body", False):
        last = await receive()
        pieces.append(last.get("body", b""))
        size += len(pieces[-1])
        if size > _MAX_BODY_BYTES:
            if last.get("more_body", False):
                await _drained(receive)
            raise _too_large()
    body = b"".join(pieces)
    check_depth(body)
    if _SUSPICIOUS.search(body):
        _refuse_suspicious(body)
    waiting: list[Message] = [{**last, "body": body}]

    async def again() -> Message:
        return waiting.pop() if waiting else await receive()

    return again


def _refuse_suspicious(body: bytes) -> None:
    """Raise `Invalid` when JSON holds what no JSON may hold."""
    try:
        check_characters(read_json(body))
    except (ValueError, RecursionError):
        return  # no JSON: the API has its own error for it


class _Reply:
    """Sends a reply with the headers that all replies have."""

    def __init__(self, send: Send, request_id: str) -> None:
        self._send = send
        self._started = False
        self.id = request_id

    async def send(self, message: Message) -> None:
        """Send one ASGI message."""
        if message["type"] == "http.response.start":
            self._started = True
            message["headers"] = [
                *(
                    (k, _JSON_UTF8 if k == b"content-type" and v == _JSON else v)
                    for k, v in message.get("headers", ())
                ),
                (b"x-request-id", self.id.encode()),
                (b"x-ratelimit-limit", _RATE_LIMIT),
                (b"x-ratelimit-remaining", _RATE_LIMIT),
                (b"cache-control", b"private, no-store"),
            ]
        await self._send(message)

    async def error(self, error: RequestError) -> None:
        """Write an error as the reply; one that has begun is broken off by the server."""
        if self._started:
            return
        body = json.dumps(error_body(error)).encode()
        headers = [(k.lower().encode(), v.encode()) for k, v in error_headers(error).items()]
        headers += [(b"content-type", _JSON), (b"content-length", str(len(body)).encode())]
        await self.send(
            {"type": "http.response.start", "status": error_status(error), "headers": headers}
        )
        await self.send({"type": "http.response.body", "body": body})
