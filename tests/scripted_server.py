"""A real HTTP server that answers what a test tells it, faults among it, and remembers."""

from __future__ import annotations

import http.server
import json
import socket
import struct
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, urlsplit


@dataclass
class Reply:
    """One answer; `fault` is close, reset, cut or hang."""

    body: Any = None
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    fault: str = ""

    def content(self) -> bytes:
        if self.body is None:
            return b""
        return self.body if isinstance(self.body, bytes) else json.dumps(self.body).encode()


@dataclass
class Seen:
    """One request."""

    method: str
    target: str
    body: bytes
    headers: dict[str, str]
    connection: int

    @property
    def path(self) -> str:
        return urlsplit(self.target).path

    @property
    def query(self) -> list[tuple[str, str]]:
        return parse_qsl(urlsplit(self.target).query, keep_blank_values=True)

    @property
    def json(self) -> Any:
        return json.loads(self.body) if self.body else None


class ScriptedServer:
    def __init__(self) -> None:
        self.requests: list[Seen] = []
        self.connections = 0
        self.release = threading.Event()
        self._scripts: dict[tuple[str, str], list[Reply | Callable[[Seen], Reply]]] = {}
        scripted = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True

            def setup(self) -> None:
                super().setup()
                scripted.connections += 1
                self.number = scripted.connections

            def _answer(self) -> None:
                length = int(self.headers.get("Content-Length") or 0)
                seen = Seen(
                    self.command,
                    self.path,
                    self.rfile.read(length),
                    dict(self.headers),
                    self.number,
                )
                scripted.requests.append(seen)
                scripted._send(self, scripted._reply(seen))

            do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = do_HEAD = _answer

            def log_message(self, *args: object) -> None:
                pass

        class Server(http.server.ThreadingHTTPServer):
            daemon_threads = True

            def handle_error(self, *args: object) -> None:
                pass

        self._server = Server(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,))
        self._thread.start()
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def on(self, method: str, path: str, *replies: Any) -> None:
        """Answer in this order; the last goes on for ever. Anything but a Reply is a body."""
        self._scripts[method, path] = [
            reply if isinstance(reply, Reply) or callable(reply) else Reply(reply)
            for reply in replies
        ]

    def seen(self, method: str, path: str) -> list[Seen]:
        return [item for item in self.requests if (item.method, item.path) == (method, path)]

    def close(self) -> None:
        self.release.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def _reply(self, seen: Seen) -> Reply:
        script = self._scripts.get((seen.method, seen.path))
        if not script:
            error = {"error": "not_found", "errorDescription": "No such thing", "code": 404}
            return Reply(error, 404)
        reply = script.pop(0) if len(script) > 1 else script[0]
        return reply(seen) if callable(reply) else reply

    def _send(self, handler: Any, reply: Reply) -> None:
        if reply.fault == "hang":
            self.release.wait(30)
            handler.close_connection = True
            return
        if reply.fault in ("close", "reset"):
            if reply.fault == "reset":
                linger = struct.pack("ii", 1, 0)
                handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
            handler.close_connection = True
            handler.connection.close() if reply.fault == "reset" else None
            return
        content = reply.content()
        handler.send_response(reply.status)
        headers = {"Content-Type": "application/json; charset=utf-8", **reply.headers}
        for name, value in headers.items():
            handler.send_header(name, value)
        handler.send_header("Content-Length", str(len(content)))
        handler.end_headers()
        if reply.fault == "cut":
            handler.wfile.write(content[: len(content) // 2])
            handler.close_connection = True
        elif handler.command != "HEAD":
            handler.wfile.write(content)
