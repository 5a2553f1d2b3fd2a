"""A page that listens to the stream of events, without a browser."""

from __future__ import annotations

import json
import threading
from typing import Any

import requests

from tests.widgets.drivers import Server, until


class Events:
    """What a page hears; a context manager.

    Attributes
    ----------
    last
        The last event of each topic.
    """

    def __init__(self, server: Server, *topics: str, **arguments: str) -> None:
        params = [("topic", topic) for topic in topics] + list(arguments.items())
        self._session = server.session()
        self._reply = self._session.get("civis-nb/events", params=params, stream=True)
        assert self._reply.status_code == 200, self._reply.text
        assert self._reply.headers["Content-Type"] == "text/event-stream"
        self.last: dict[str, Any] = {}
        self._lines: dict[str, dict[int, str]] = {}
        self.has_ended = False
        self._thread = threading.Thread(target=self._listen, daemon=True)

    def __enter__(self) -> Events:
        self._thread.start()
        return self

    def __exit__(self, *_: Any) -> None:
        # Closing the socket of a reader that waits ends its wait.
        connection = self._reply.raw._connection
        if connection is not None and connection.sock is not None:
            connection.sock.shutdown(2)
        self._reply.close()
        self._thread.join(20)
        assert not self._thread.is_alive()

    def _listen(self) -> None:
        try:
            for line in self._reply.iter_lines(chunk_size=None):
                if line.startswith(b"data: "):
                    self._take(json.loads(line[6:]))
        except (requests.RequestException, OSError, AttributeError, ValueError):
            pass  # it was closed
        finally:
            self.has_ended = True

    def _take(self, event: dict[str, Any]) -> None:
        lines = event.get("lines")
        if lines:
            known = self._lines.setdefault(event["topic"], {})
            known.update(enumerate((line[1] for line in lines["lines"]), lines["start"]))
        self.last[event["topic"]] = event

    def row(self, job_id: int) -> dict[str, Any]:
        """Return a job as its list has it; empty where it has not."""
        found = [event for topic, event in self.last.items() if topic.startswith("jobs:")]
        rows = [row for event in found for row in event["jobs"] if row["id"] == job_id]
        return rows[0] if rows else {}

    def lines(self, topic: str) -> list[str]:
        """Return the lines of a log that were heard of, in their order."""
        return [text for _, text in sorted(self._lines.get(topic, {}).items())]

    def until(self, condition: Any, what: str) -> Any:
        """Wait for a condition of what was heard."""
        return until(condition, what)
