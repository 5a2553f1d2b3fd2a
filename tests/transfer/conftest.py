"""A store for presigned URLs that misbehaves as a script says, one step for each request."""

from __future__ import annotations

import hashlib
import re
import socket
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
import requests


@dataclass
class Store:
    """What the store holds, what it was asked, and how it answers next."""

    objects: dict[str, bytes] = field(default_factory=dict)
    steps: list[Callable[[_Handler], bool | None]] = field(default_factory=list)
    requests: list[tuple[str, str, dict[str, str], bytes]] = field(default_factory=list)
    ranges: bool = True
    lock: Any = field(default_factory=threading.Lock)
    release: threading.Event = field(default_factory=threading.Event)
    url: str = ""

    def next_step(self) -> Callable[[_Handler], bool | None] | None:
        with self.lock:
            return self.steps.pop(0) if self.steps else None


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    store: Store

    def log_message(self, *args: object) -> None:
        pass

    def _key(self) -> str:
        return self.path.lstrip("/").split("?")[0]

    def _body(self) -> bytes:
        return self.rfile.read(int(self.headers.get("Content-Length") or 0))

    def _serve(self) -> None:
        self.sent_body = self._body()
        with self.store.lock:
            self.store.requests.append(
                (self.command, self.path, dict(self.headers), self.sent_body)
            )
        step = self.store.next_step()
        if step is not None and step(self) is not True:
            return
        if self.command == "GET":
            self.answer_content()
        elif self.command == "PUT":
            self.store.objects[self._key()] = self.sent_body
            self.answer(200, headers={"ETag": f'"{hashlib.md5(self.sent_body).hexdigest()}"'})
        else:
            self.answer_form()

    do_GET = do_PUT = do_POST = _serve

    def answer(self, status: int, body: bytes = b"", headers: dict[str, str] | None = None) -> None:
        self.send_response(status)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        if "Content-Length" not in (headers or {}) and status != 204:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def content(self) -> tuple[int, bytes, dict[str, str]]:
        data = self.store.objects[self._key()]
        etag = f'"{hashlib.md5(data).hexdigest()}"'
        found = re.fullmatch(r"bytes=(\d+)-(\d*)", self.headers.get("Range", ""))
        if found and self.store.ranges and self.headers.get("If-Range", etag) == etag:
            start = int(found.group(1))
            stop = min(int(found.group(2) or len(data) - 1), len(data) - 1)
            if start >= len(data):
                return 416, b"", {"Content-Range": f"bytes */{len(data)}"}
            told = {"Content-Range": f"bytes {start}-{stop}/{len(data)}", "ETag": etag}
            return 206, data[start : stop + 1], told
        return 200, data, {"ETag": etag}

    def answer_content(self) -> None:
        self.answer(*self.content())

    def answer_form(self) -> None:
        boundary = re.search("boundary=(.*)", self.headers["Content-Type"]).group(1)
        parts = self.sent_body.split(f"--{boundary}".encode())
        assert parts[0] == b""
        assert parts[-1] == b"--\r\n"
        fields: list[tuple[str, str, bytes]] = []
        for part in parts[1:-1]:
            head, _, content = part[2:].partition(b"\r\n\r\n")
            name = re.search(rb'[; ]name="([^"]*)"', head).group(1).decode()
            filename = re.search(rb'filename="([^"]*)"', head)
            kind = filename.group(1).decode() if filename else ""
            fields.append((name, kind, content[:-2]))
        self.store.form = fields
        if fields[-1][0] == "file":
            self.store.objects[{name: content for name, _, content in fields}["key"].decode()] = (
                fields[-1][2]
            )
        self.answer(204)

    def break_off(self) -> None:
        """End the connection without a goodbye."""
        self.wfile.flush()
        self.close_connection = True
        self.connection.shutdown(socket.SHUT_WR)


class _QuietServer(ThreadingHTTPServer):
    daemon_threads = True
    # Clients that go away in the middle belong to the script.
    handle_error = lambda self, request, client_address: None  # noqa: E731


@pytest.fixture
def store() -> Iterator[Store]:
    store = Store()
    handler = type("Handler", (_Handler,), {"store": store})
    server = _QuietServer(("127.0.0.1", 0), handler)
    store.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    yield store
    store.release.set()
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def session() -> Iterator[requests.Session]:
    from civis_nb.transport.presigned import session_for

    with session_for() as session:
        yield session


def status(code: int, body: bytes = b"", **headers: str) -> Callable[[_Handler], None]:
    """Answer with a status; underscores in header names stand for hyphens."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return lambda handler: handler.answer(code, body, named)


def cut(after: int, *, length: bool = True) -> Callable[[_Handler], None]:
    """Send the first bytes of the content and break off."""

    def step(handler: _Handler) -> None:
        code, data, headers = handler.content()
        if length:
            headers["Content-Length"] = str(len(data))
        else:
            headers |= {"Connection": "close", "Content-Length": ""}
            del headers["Content-Length"]
        handler.send_response(code)
        for name, value in headers.items():
            handler.send_header(name, value)
        handler.end_headers()
        handler.wfile.write(data[:after])
        handler.break_off()

    return step


def chunked(*, end: bool = True, after: int | None = None) -> Callable[[_Handler], None]:
    """Send the content in chunks; without `end`, break off before the last one."""

    def step(handler: _Handler) -> None:
        code, data, headers = handler.content()
        handler.send_response(code)
        for name, value in {**headers, "Transfer-Encoding": "chunked"}.items():
            handler.send_header(name, value)
        handler.end_headers()
        data = data[:after]
        for start in range(0, len(data), 7000):
            piece = data[start : start + 7000]
            handler.wfile.write(b"%x\r\n%b\r\n" % (len(piece), piece))
        if end:
            handler.wfile.write(b"0\r\n\r\n")
        else:
            handler.break_off()

    return step


def short(count: int) -> Callable[[_Handler], None]:
    """Send less than the object holds, with a Content-Length that fits what is sent."""

    def step(handler: _Handler) -> None:
        code, data, headers = handler.content()
        handler.answer(code, data[:count], headers)

    return step


def stall(after: int) -> Callable[[_Handler], None]:
    """Send the first bytes and then nothing, until the test is over."""

    def step(handler: _Handler) -> None:
        code, data, headers = handler.content()
        headers["Content-Length"] = str(len(data))
        handler.send_response(code)
        for name, value in headers.items():
            handler.send_header(name, value)
        handler.end_headers()
        handler.wfile.write(data[:after])
        handler.wfile.flush()
        handler.store.release.wait(30)
        handler.close_connection = True

    return step


def reset(handler: _Handler) -> None:
    """Close the connection without an answer."""
    handler.break_off()


@pytest.fixture
def faults() -> Any:
    """Return the steps that a store can be told to take."""
    import types

    return types.SimpleNamespace(
        status=status, cut=cut, chunked=chunked, short=short, stall=stall, reset=reset
    )
