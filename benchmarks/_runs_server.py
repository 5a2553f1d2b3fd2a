"""A server of runs that end when planned, with a latency; it counts requests and connections.

The id of a job is how long its runs take, in milliseconds. Runs of jobs from 1,000,000 on end
all together, a planned time after the first of them was started.
"""

from __future__ import annotations

import argparse
import datetime
import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

TOGETHER = 1_000_000


class Runs:
    def __init__(self, latency_s: float, together_s: float):
        self.latency_s, self.together_s = latency_s, together_s
        self.lock = threading.Lock()
        self.ends: dict[int, float] = {}
        self.end_of_all: float | None = None
        self.requests = self.connections = 0

    def start(self, job_id: int) -> int:
        with self.lock:
            now = time.time()
            if job_id < TOGETHER:
                end = now + job_id / 1000
            else:
                self.end_of_all = self.end_of_all or now + self.together_s
                end = self.end_of_all
            run_id = len(self.ends) + 1
            self.ends[run_id] = end
            return run_id

    def record(self, run_id: int) -> dict:
        end = self.ends[run_id]
        over = time.time() >= end
        moment = datetime.datetime.fromtimestamp(end, datetime.UTC).isoformat()
        return {
            "id": run_id,
            "state": "succeeded" if over else "running",
            "error": None,
            "finishedAt": moment if over else None,
        }


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = 65536
    server: Server

    def setup(self):
        super().setup()
        with self.server.runs.lock:
            self.server.runs.connections += 1

    def answer(self, status, body):
        data = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def handle_call(self):
        runs = self.server.runs
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        parts = self.path.split("?")[0].strip("/").split("/")
        if parts == ["counts"]:
            self.answer(200, {"requests": runs.requests, "connections": runs.connections})
            return
        with runs.lock:
            runs.requests += 1
        time.sleep(runs.latency_s)
        if self.command == "POST":
            self.answer(201, runs.record(runs.start(int(parts[1]))))
        elif len(parts) == 4:
            self.answer(200, runs.record(int(parts[3])))
        else:
            self.answer(404, {"error": "not_found", "errorDescription": self.path, "code": 404})

    do_GET = do_POST = handle_call

    def log_message(self, *args):
        pass


class Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 1024
    runs: Runs


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--latency", type=float, default=0.0, help="seconds of every answer")
    parser.add_argument("--together", type=float, default=5.0, help="seconds to the common end")
    options = parser.parse_args()
    server = Server(("127.0.0.1", 0), Handler)
    server.runs = Runs(options.latency, options.together)
    print(server.server_address[1], flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main()
