"""A proxy before a platform that lets everything pass but for one kind of exchange.

One proxy serves one case: a fault, the exchanges that it strikes, and how many of them.
"""

from __future__ import annotations

import http.client
import re
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

_HOP_BY_HOP = {"connection", "keep-alive", "transfer-encoding", "content-length", "date", "server"}
CRC = "x-amz-checksum-crc32"


@dataclass
class Answer:
    status: int
    headers: dict[str, str]
    data: bytes


@dataclass(frozen=True)
class Fault:
    """What goes wrong, where, and how often.

    Attributes
    ----------
    name
        Of the case.
    where
        ``"store GET"``, ``"store PUT"`` (of a form, too), ``"API GET"`` or ``"API POST"``.
    strike
        Does it, with the handler and the body of the request.
    times
        How many exchanges it strikes.
    ends_well
        Whether the call is to give the right result all the same; None: either is right.
    """

    name: str
    where: str
    strike: Callable[[Handler, bytes], None]
    times: int = 1
    ends_well: bool | None = True

    @property
    def is_silence(self) -> bool:
        """Whether it is the time limit of the call that ends it."""
        return self.strike in (_stalled, _silent)


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: Proxy

    def log_message(self, *args: object) -> None:
        pass

    def _serve(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        fault = self.server.struck(self.command, self.path)
        if fault is None:
            self.send(self.ask(body))
        else:
            fault.strike(self, body)

    do_GET = do_PUT = do_POST = do_PATCH = do_DELETE = do_HEAD = _serve

    def ask(self, body: bytes) -> Answer:
        """Pass the request on."""
        connection = http.client.HTTPConnection(self.server.behind, timeout=60)
        headers = {k: v for k, v in self.headers.items() if k.lower() not in ("host", "connection")}
        headers["Content-Length"] = str(len(body))
        try:
            connection.request(self.command, self.path, body, headers)
            response = connection.getresponse()
            data = response.read()
        finally:
            connection.close()
        self.server.signatures.update(re.findall(rb'signature["=: ]+([0-9a-f]{32,})', data))
        told = {k: v for k, v in response.getheaders() if k.lower() not in _HOP_BY_HOP}
        if data[:1] in (b"{", b"["):
            # Links, also those of a manifest, lead back here; ports have five digits as a rule.
            data = data.replace(self.server.behind.encode(), self.server.address.encode())
            told.pop(CRC, None)
        return Answer(response.status, told, data)

    def send(self, answer: Answer, *, stop: int | None = None, length: bool = True) -> None:
        """Answer; with `stop`, only the first bytes of it; then the connection breaks."""
        self.send_response_only(answer.status)
        for name, value in answer.headers.items():
            self.send_header(name, value)
        if answer.status != 204:
            if length:
                self.send_header("Content-Length", str(len(answer.data)))
            else:
                self.send_header("Connection", "close")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(answer.data[:stop])
        if stop is not None or not length:
            self.hang_up()

    def hang_up(self) -> None:
        self.close_connection = True
        self.wfile.flush()
        self.connection.shutdown(socket.SHUT_WR)


class Proxy(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, endpoint: str, fault: Fault | None) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.behind = urlsplit(endpoint).netloc
        self.address = f"127.0.0.1:{self.server_port}"
        self.url = f"http://{self.address}"
        self.hits = 0
        self.signatures: set[bytes] = set()
        self.over = threading.Event()
        self._fault = fault
        self._lock = threading.Lock()

    def handle_error(self, request: object, client_address: object) -> None:
        """Clients that go away in the middle belong to the case."""

    def struck(self, method: str, path: str) -> Fault | None:
        place = "store" if path.startswith("/blobs/") else "API"
        if place == "store" and method == "POST":
            method = "PUT"
        fault = self._fault
        with self._lock:
            if fault is None or fault.where != f"{place} {method}" or self.hits >= fault.times:
                return None
            self.hits += 1
            return fault


@contextmanager
def proxy(endpoint: str, fault: Fault | None) -> Iterator[Proxy]:
    """Open a proxy before `endpoint`."""
    server = Proxy(endpoint, fault)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.over.set()
        server.shutdown()
        server.server_close()
        thread.join()


def _half(handler: Handler, body: bytes, *, length: bool = True) -> None:
    answer = handler.ask(body)
    handler.send(answer, stop=max(len(answer.data) // 2, 1), length=length)


def _short(handler: Handler, body: bytes) -> None:
    answer = handler.ask(body)
    handler.send(Answer(answer.status, answer.headers, answer.data[: len(answer.data) // 2]))


def _twice(handler: Handler, body: bytes) -> None:
    """Answer with the content and once more with the content, as one answer that is whole."""
    answer = handler.ask(body)
    handler.send(Answer(answer.status, answer.headers, answer.data * 2))


def _web_page(handler: Handler, body: bytes) -> None:
    """Answer as a proxy does before which one has to sign in."""
    page = b"<!DOCTYPE html><html><body>Please sign in.</body></html>"
    handler.send(Answer(200, {"Content-Type": "text/html"}, page))


def _elsewhere(handler: Handler, body: bytes) -> None:
    """Send on to the same address, which serves from then on."""
    handler.send(Answer(307, {"Location": handler.path}, b""))


def _flipped(handler: Handler, body: bytes) -> None:
    """Spoil the checksum at the end of a gzip file."""
    answer = handler.ask(body)
    data = bytearray(answer.data)
    data[-7] ^= data.startswith(b"\x1f\x8b")
    handler.send(Answer(answer.status, answer.headers, bytes(data)))


def _stalled(handler: Handler, body: bytes) -> None:
    answer = handler.ask(body)
    handler.send_response_only(answer.status)
    for name, value in answer.headers.items():
        handler.send_header(name, value)
    handler.send_header("Content-Length", str(len(answer.data)))
    handler.end_headers()
    handler.wfile.write(answer.data[: len(answer.data) // 2])
    handler.server.over.wait(60)
    handler.close_connection = True


def _silent(handler: Handler, body: bytes) -> None:
    handler.server.over.wait(60)
    handler.close_connection = True


def _status(code: int, after: bool = False) -> Callable[[Handler, bytes], None]:
    def strike(handler: Handler, body: bytes) -> None:
        if after:
            handler.ask(body)
        handler.send(Answer(code, {"Content-Type": "text/plain"}, b"no"))

    return strike


def _reset(handler: Handler, body: bytes) -> None:
    handler.hang_up()


def _kept_half(handler: Handler, body: bytes) -> None:
    """Have the store keep half of what is sent, silently."""
    start, stop = 0, len(body)
    found = re.search(rb'name="file"[^\r\n]*\r\n\r\n', body)
    if handler.command == "POST" and found:
        start, stop = found.end(), body.rindex(b"\r\n--")
    middle = (start + stop) // 2
    answer = handler.ask(body[:middle] + body[stop:])
    handler.send(Answer(answer.status, {}, b""))


def _swallowed(handler: Handler, body: bytes) -> None:
    handler.send(Answer(200, {}, b""))


def _other_sum(name: str, value: str) -> Callable[[Handler, bytes], None]:
    def strike(handler: Handler, body: bytes) -> None:
        answer = handler.ask(body)
        headers = {k: v for k, v in answer.headers.items() if k.lower() != CRC}
        handler.send(Answer(answer.status, {**headers, name: value}, answer.data))

    return strike


_MD5 = '"' + "0" * 32 + '"'

DOWNLOAD_FAULTS = [
    Fault("cut, with its length", "store GET", _half),
    Fault("cut, without its length", "store GET", lambda h, b: _half(h, b, length=False)),
    Fault("always cut", "store GET", _half, 1000),
    Fault("object shorter than told", "store GET", _short, 1000, ends_well=False),
    Fault("stalled in the middle", "store GET", _stalled),
    Fault("no answer", "store GET", _silent),
    Fault("429", "store GET", _status(429)),
    Fault("500", "store GET", _status(500)),
    Fault("503", "store GET", _status(503)),
    Fault("reset", "store GET", _reset),
    Fault("content twice", "store GET", _twice),
    Fault("always twice", "store GET", _twice, 1000, ends_well=False),
    Fault("a web page", "store GET", _web_page),
    Fault("sent on", "store GET", _elsewhere),
    Fault("link expired", "store GET", _status(403)),
    Fault("link never good", "store GET", _status(403), 1000, ends_well=False),
]
DAMAGED = Fault("wrong trailer", "store GET", _flipped, 1000, ends_well=False)

UPLOAD_FAULTS = [
    Fault("429", "store PUT", _status(429)),
    Fault("500", "store PUT", _status(500)),
    Fault("503", "store PUT", _status(503)),
    Fault("503 after it was stored", "store PUT", _status(503, after=True)),
    Fault("reset", "store PUT", _reset),
    Fault("a web page", "store PUT", _web_page, ends_well=False),
    Fault("sent on", "store PUT", _elsewhere),
    Fault("no answer", "store PUT", _silent),
    Fault("refused", "store PUT", _status(403), 1000, ends_well=False),
    Fault("half was kept", "store PUT", _kept_half, 1000, ends_well=False),
    Fault("kept nothing", "store PUT", _swallowed, 1, ends_well=False),
    Fault("other CRC", "store PUT", _other_sum(CRC, "AAAAAA==")),
    Fault("always another CRC", "store PUT", _other_sum(CRC, "AAAAAA=="), 1000, ends_well=False),
    Fault("other MD5", "store PUT", _other_sum("ETag", _MD5)),
]

API_FAULTS = [
    Fault("500", "API GET", _status(500)),
    Fault("503", "API GET", _status(503)),
    Fault("reset", "API GET", _reset),
    Fault("answer cut", "API GET", _half),
]

API_POST_FAULTS = [
    Fault("429 to a POST", "API POST", _status(429)),
    Fault("503 to a POST after its work", "API POST", _status(503, after=True), ends_well=None),
    Fault("reset of a POST", "API POST", _reset, ends_well=None),
]
