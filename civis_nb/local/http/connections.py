"""How connections are accepted: no more than the limit of open files allows.

asyncio's own server accepts all that come; without a free descriptor it logs thousands of
tracebacks, and clients wait until somebody else goes. Here connections without a request make room
for new ones, and when all have one, the requests of a few more are refused with 503.
"""

from __future__ import annotations

import asyncio
import math
import select
import socket
from collections.abc import Callable, Collection
from typing import TYPE_CHECKING, TypeAlias, cast

from civis_nb.local.store.descriptors import is_exhausted, max_connections

if TYPE_CHECKING:
    from uvicorn.protocols.http.h11_impl import H11Protocol
    from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
    from uvicorn.server import Protocols

    Connection: TypeAlias = H11Protocol | HttpToolsProtocol

__all__ = ["Connections"]

#: A connection without a request for so long may be closed when others want to come.
_IDLE_S = 1.0
#: Seconds between checks for a free connection, when there was none.
_CLOSE_WAIT_S = 0.05


class Connections:
    """The connections of one server.

    Parameters
    ----------
    open_now
        Those that are open, as the server counts them.
    keep_alive_s
        How long the server keeps one without a request.

    Attributes
    ----------
    max_served
        With how many requests are answered; those of more are to be refused.
    """

    def __init__(self, open_now: Collection[Protocols], keep_alive_s: float) -> None:
        # The platform has no WebSockets.
        self._open = cast("Collection[Connection]", open_now)
        self._keep_alive_s = keep_alive_s
        self._accepted_at: dict[Connection, float] = {}
        self.max_served = max_connections()
        #: With those whose requests are refused.
        self._max_accepted = self.max_served + max(self.max_served // 2, 1)

    @property
    def are_too_many(self) -> bool:
        """Whether requests are to be refused until there are fewer."""
        return len(self._open) > self.max_served

    async def accept(self, listener: socket.socket, protocol: Callable[[], Connection]) -> None:
        """Accept connections until this is cancelled; each gets a new `protocol`."""
        loop = asyncio.get_running_loop()
        listener.setblocking(False)
        while True:
            while len(self._open) >= self._max_accepted:
                self._close_idle(1)
                await asyncio.sleep(_CLOSE_WAIT_S)
            try:
                connection, _address = await loop.sock_accept(listener)
                _transport, made = await loop.connect_accepted_socket(protocol, connection)
            except ConnectionError:
                continue  # the client has gone already
            except OSError as error:
                if not is_exhausted(error):
                    raise
                self._close_idle(len(self._open))
                await asyncio.sleep(_CLOSE_WAIT_S)
                continue
            self._accepted_at[made] = loop.time()
            if self.are_too_many:
                self._close_idle(0)

    def _close_idle(self, more: int) -> None:
        """Close connections that have had no request for a while, the longest first.

        As many as there are too many, and `more`.
        """
        alive = [made for made in self._open if not made.transport.is_closing()]
        self._accepted_at = {
            made: self._accepted_at[made] for made in alive if made in self._accepted_at
        }
        before = asyncio.get_running_loop().time() - _IDLE_S
        idle = [
            (since, id(made), made) for made in alive if (since := self._idle_since(made)) < before
        ]
        # What has arrived and is not read yet is a request.
        idle = [found for found in idle if not _has_unread(found[2])]
        for _since, _id, made in sorted(idle)[: max(len(alive) - self.max_served, 0) + more]:
            made.transport.close()

    def _idle_since(self, made: Connection) -> float:
        """Return since when a connection has had no request; infinity while it has one."""
        timer = made.timeout_keep_alive_task
        if timer is not None:
            return timer.when() - self._keep_alive_s
        never_had_one = made.cycle is None
        return self._accepted_at.get(made, math.inf) if never_had_one else math.inf


def _has_unread(made: Connection) -> bool:
    """Return whether something has arrived that the server has not read."""
    poller = select.poll()
    poller.register(made.transport.get_extra_info("socket").fileno(), select.POLLIN)
    return bool(poller.poll(0))
