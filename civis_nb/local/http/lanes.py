"""Who is answered when many ask at once: look-ups never wait behind work.

Reads, changes and cancels each have a lane: so many requests at once, in the order in which they
came. A lane whose queue is full refuses the next one, which the client repeats a second later.
All lanes together take fewer threads than there are, so that none waits for another's.
"""

from __future__ import annotations

import anyio
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from civis_nb.local.errors import Busy

__all__ = ["Lane", "Lanes"]

_READS_AT_ONCE = 16
_CHANGES_AT_ONCE = 8
#: A cancel waits for the end of the run, for some seconds at most.
_CANCELS_AT_ONCE = 16
_LONGEST_QUEUE = 512


class Lane:
    """Requests of one kind, a bounded number of them at once.

    Parameters
    ----------
    at_once
        How many are answered at the same time.
    longest_queue
        How many more may wait.
    """

    def __init__(self, at_once: int, longest_queue: int) -> None:
        self._places = anyio.CapacityLimiter(at_once)
        self._longest_queue = longest_queue

    async def answer(self, app: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on when its turn comes.

        Its place is free again as soon as the reply begins: a client that reads a long one slowly
        holds up nobody.

        Raises
        ------
        Busy
            When too many wait already; the request has done nothing.
        """
        now = self._places.statistics()
        if now.borrowed_tokens >= now.total_tokens and now.tasks_waiting >= self._longest_queue:
            raise Busy(
                f"The local platform has {self._longest_queue} requests of this kind waiting. "
                "Nothing was done; try again in a moment."
            )
        place = object()
        await self._places.acquire_on_behalf_of(place)
        holds_place = True

        def leave() -> None:
            nonlocal holds_place
            if holds_place:
                holds_place = False
                self._places.release_on_behalf_of(place)

        async def send_on(message: Message) -> None:
            leave()
            await send(message)

        try:
            await app(scope, receive, send_on)
        finally:
            leave()


class Lanes:
    """The lanes of one platform."""

    def __init__(self) -> None:
        self._reads = Lane(_READS_AT_ONCE, _LONGEST_QUEUE)
        self._changes = Lane(_CHANGES_AT_ONCE, _LONGEST_QUEUE)
        self._cancels = Lane(_CANCELS_AT_ONCE, _LONGEST_QUEUE)

    def of(self, method: str) -> Lane:
        """Return the lane of requests with a method."""
        if method in ("POST", "PUT", "PATCH"):
            return self._changes
        return self._cancels if method == "DELETE" else self._reads
