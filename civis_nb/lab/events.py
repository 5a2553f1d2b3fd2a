"""One stream of events for each page: what changes on the platform, as it is known."""

from __future__ import annotations

import asyncio
import contextlib
import json
import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from functools import partial
from typing import Any, Final, TypeVar

from tornado import web
from tornado.iostream import StreamClosedError

from civis_nb.errors import CivisError
from civis_nb.lab.account import Account, Connection
from civis_nb.lab.feeds import Feed, Seen
from civis_nb.lab.http import Handler, allowed
from civis_nb.lab.jobs.panel import SCOPES, Jobs, JobsFeed
from civis_nb.lab.jobs.runs import RunFeed
from civis_nb.lab.platform import Choice, PlatformFeed
from civis_nb.lab.threads import in_thread

__all__ = ["EventsHandler", "Feeds"]

#: Without news a page hears from the server this often; a page that is gone is found out by it.
_HEARTBEAT_S: Final = 10.0
#: News of this time is told together.
_TOGETHER_S: Final = 0.2
#: Feeds to which no page listens, but which are kept for one that comes back.
_KEPT_FEEDS: Final = 8
_MAX_TOPICS: Final = 40
#: The longest wait between two reads that a page can ask for; extension/schema has it too.
_MAX_WAIT_S: Final = 600.0

Kind = TypeVar("Kind", bound=Feed)


class Feeds:
    """What pages can listen to, by its topic.

    Parameters
    ----------
    account
        Whose jobs and runs they are.
    jobs
        Its jobs.
    choice
        Which platform it is.
    """

    def __init__(self, account: Account, jobs: Jobs, choice: Choice) -> None:
        self._account = account
        self._jobs = jobs
        self._choice = choice
        self._lock = threading.Lock()
        self._feeds: OrderedDict[Hashable, Feed] = OrderedDict()

    def find(self, topic: str) -> Feed:
        """Return the feed of a topic: ``platform``, ``jobs:mine``, or ``run:JOB:RUN``.

        Raises
        ------
        ValueError
            When there is no such topic.
        CivisError
            Where there is no account.
        """
        if topic == "platform":
            return self._kept(topic, partial(PlatformFeed, self._choice))
        kind, *parts = topic.split(":")
        if kind == "jobs" and len(parts) == 1 and parts[0] in SCOPES:
            connection = self._connection()
            make = partial(JobsFeed, self._jobs, parts[0], connection)
            return self._kept((connection, topic), make)
        if kind == "run" and len(parts) == 2 and all(one.isdecimal() for one in parts):
            return self.run(int(parts[0]), int(parts[1]))
        raise ValueError(topic)

    def run(self, job_id: int, run_id: int) -> RunFeed:
        """Return the feed of a run."""
        connection = self._account.connection()
        # The same ids mean another run on another platform.
        key = (connection, job_id, run_id)
        return self._kept(key, partial(RunFeed, connection.client(), job_id, run_id))

    def _connection(self) -> Connection | None:
        """Return whose jobs they are now; None without an account, which the feed tells."""
        try:
            return self._account.connection()
        except CivisError:
            return None

    def read_now(self) -> None:
        """Read all of them now: something was done that changes what they show."""
        with self._lock:
            feeds = list(self._feeds.values())
        for feed in feeds:
            feed.read_now()

    def _kept(self, key: Hashable, make: Callable[[], Kind]) -> Kind:
        """Return the feed of a key, made if needed; the oldest without listeners go."""
        with self._lock:
            feed: Any = self._feeds.pop(key, None) or make()
            idle = [one for one, other in self._feeds.items() if not other.has_listeners]
            for one in idle[: max(len(idle) - _KEPT_FEEDS + 1, 0)]:
                del self._feeds[one]
            self._feeds[key] = feed
            return feed  # type: ignore[no-any-return]  # a key has one kind of feed


class EventsHandler(Handler):
    """The stream of events of a page: ``?topic=jobs:mine&topic=run:12:34``.

    Each event is JSON with its ``topic``. The first of a topic has all of it. With ``wait=10``
    this page asks for no more than one read in ten seconds.
    """

    #: A page that listens is no work of a person.
    _track_activity = False

    def initialize(self, feeds: Feeds) -> None:
        """Keep what pages listen to."""
        self._feeds = feeds
        self._changed = asyncio.Event()
        self._is_gone = False

    def on_connection_close(self) -> None:
        """End the stream: the page is gone."""
        self._is_gone = True
        self._changed.set()

    @allowed("read")
    async def get(self) -> None:
        """Write events until the page is gone."""
        # Unlike other reads it keeps the server at work: a page from elsewhere can't begin it.
        self.check_xsrf_cookie()
        topics = list(dict.fromkeys(self.get_query_arguments("topic")))
        if not 0 < len(topics) <= _MAX_TOPICS:
            raise web.HTTPError(400, f"topic is given once at least, {_MAX_TOPICS} times at most.")
        wait_s = self._requested_wait_s()
        loop = asyncio.get_running_loop()

        def notify() -> None:
            with contextlib.suppress(RuntimeError):  # the server has ended
                loop.call_soon_threadsafe(self._changed.set)

        self.set_header("Content-Type", "text/event-stream")
        self.set_header("Cache-Control", "no-store")
        self.set_header("X-Accel-Buffering", "no")
        try:
            feeds = await in_thread(self._found, topics)
        except CivisError as error:
            self.set_header("Content-Type", "application/json")
            self.finish(json.dumps(self.refusal(error)))
            return
        try:
            for feed, _ in feeds.values():
                feed.add(notify, wait_s)
            await self._send(feeds)
        except StreamClosedError:
            return
        finally:
            for feed, _ in feeds.values():
                feed.remove(notify)

    def _requested_wait_s(self) -> float:
        """Return the shortest wait between two polls that the page asks for."""
        try:
            wait_s = float(self.get_query_argument("wait", "0"))
        except ValueError:
            wait_s = -1.0
        if not 0 <= wait_s <= _MAX_WAIT_S:
            raise web.HTTPError(400, f"wait must be from 0 to {_MAX_WAIT_S:g} seconds.")
        return wait_s

    def _found(self, topics: list[str]) -> dict[str, tuple[Feed, Seen]]:
        try:
            return {topic: (self._feeds.find(topic), Seen()) for topic in topics}
        except ValueError as error:
            raise web.HTTPError(400, f"There is no topic {error}.") from None

    async def _send(self, feeds: dict[str, tuple[Feed, Seen]]) -> None:
        """Write what changes of some feeds, as long as the page listens."""
        while not self._is_gone:
            self._changed.clear()
            self.write(":\n\n")
            for topic, (feed, seen) in feeds.items():
                message = feed.message(seen)
                if message is not None:
                    self.write(f"data: {json.dumps({'topic': topic, **message})}\n\n")
            await self.flush()
            await asyncio.sleep(_TOGETHER_S)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._changed.wait(), _HEARTBEAT_S)
