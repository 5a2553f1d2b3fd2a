"""A small threaded HTTP server that serves the official specification and simple answers.

Run as ``python benchmarks/_server.py``: prints its address, and ends with its standard input.
Given a latency in milliseconds, every answer but the specification waits that long.
"""

from __future__ import annotations

import http.server
import importlib.util
import json
import sys
import threading
import time
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

ITEMS, PAGE = 5000, 50


def official_spec() -> Path:
    """Return the specification that comes with the PyPI package ``civis``, without importing it."""
    found = importlib.util.find_spec("civis")
    assert found is not None, "the PyPI package civis is needed: pip install civis"
    assert found.origin is not None
    return Path(found.origin).parent / "resources" / "civis_api_spec.json"


class Answering(http.server.BaseHTTPRequestHandler):
    """Answers as the API does."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1

    def answer(self, value: Any, status: int = 200, headers: dict[str, int] | None = None) -> None:
        """Answer with JSON, or with bytes that are JSON already."""
        content = value if isinstance(value, bytes) else json.dumps(value).encode()
        self.send_response(status)
        for name, number in (headers or {}).items():
            self.send_header(name, str(number))
        self.send_header("Content-Type", "application/json; charset=utf-8")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)
        self.wfile.flush()

    def answer_page(self, items: list[Any], size: int, number: int, total: int) -> None:
        """Answer with a page, as every paginated list of the API has them."""
        headers = {
            "X-Pagination-Per-Page": size,
            "X-Pagination-Current-Page": number,
            "X-Pagination-Total-Pages": -(-total // size),
            "X-Pagination-Total-Entries": total,
        }
        self.answer(items, headers=headers)

    def log_message(self, *args: object) -> None:
        pass


class Counts:
    def __init__(self) -> None:
        self.connections = 0
        self.requests = 0
        self.at_once = 0
        self.most_at_once = 0
        self.last_page = 0
        self.lock = threading.Lock()


def serve(latency_s: float) -> http.server.ThreadingHTTPServer:
    spec = official_spec().read_bytes()
    counts = Counts()
    item = {"name": "a job", "type": "JobTypes::Import", "state": "succeeded", "archived": False}

    class Handler(Answering):
        def setup(self) -> None:
            super().setup()
            with counts.lock:
                counts.connections += 1

        def do_GET(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length") or 0))
            parts = urlsplit(self.path)
            path = parts.path.strip("/")
            if path == "_counts":
                with counts.lock:
                    shown = {k: v for k, v in vars(counts).items() if k != "lock"}
                    counts.connections = counts.requests = counts.most_at_once = 0
                self.answer(shown)
                return
            with counts.lock:
                counts.requests += 1
                counts.at_once += 1
                counts.most_at_once = max(counts.most_at_once, counts.at_once)
            try:
                if path == "endpoints":
                    self.answer(spec)
                    return
                time.sleep(latency_s)
                if path == "jobs":
                    number = int(parse_qs(parts.query).get("page_num", ["1"])[0])
                    start = (number - 1) * PAGE
                    page = [{"id": i, **item} for i in range(start, min(start + PAGE, ITEMS))]
                    self.answer_page(page, PAGE, number, ITEMS)
                else:
                    self.answer(b'{"id": 1, "username": "me", "featureFlags": {}}')
            finally:
                with counts.lock:
                    counts.at_once -= 1

    class Server(http.server.ThreadingHTTPServer):
        daemon_threads = True
        request_queue_size = 128

    return Server(("127.0.0.1", 0), Handler)


def main() -> None:
    server = serve(float(sys.argv[1]) / 1000 if len(sys.argv) > 1 else 0.0)
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    print(f"http://127.0.0.1:{server.server_port}", flush=True)
    sys.stdin.read()


if __name__ == "__main__":
    main()
