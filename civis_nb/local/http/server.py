"""The server of a platform: uvicorn in a thread, whose connections are counted."""

from __future__ import annotations

import asyncio
import logging
import socket
import threading
from typing import Any

import anyio.to_thread
import uvicorn
from starlette.types import ASGIApp

from civis_nb.local.http.connections import Connections

__all__ = ["Server"]

_HANDLER_THREADS = 64
#: How long requests under way may go on when the platform stops, and how long afterwards, once
#: their connections are closed.
_STOP_GRACE_S = 2
_STOP_DEADLINE_S = 5
#: Longer than clients wait between polls of a run: none of them finds its connection closed.
_KEEP_ALIVE_S = 300

_logger = logging.getLogger(__name__)


class Server(uvicorn.Server):
    """A server that signals when it is ready, or why it could not start or ended.

    Parameters
    ----------
    app
        What answers requests.

    Attributes
    ----------
    ready
        Set when connections are accepted, or when that has failed.
    failure
        Why it could not start, or ended.
    clients
        Its connections.
    """

    def __init__(self, app: ASGIApp) -> None:
        config = uvicorn.Config(
            app,
            lifespan="off",
            log_config=None,
            access_log=False,
            server_header=False,
            timeout_graceful_shutdown=_STOP_DEADLINE_S,
            timeout_keep_alive=_KEEP_ALIVE_S,
        )
        super().__init__(config)
        self.ready = threading.Event()
        self.failure: BaseException | None = None
        self.clients = Connections(self.server_state.connections, _KEEP_ALIVE_S)
        self._accepting: asyncio.Task[None] | None = None

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Begin to accept connections, at the one socket that is given."""
        anyio.to_thread.current_default_thread_limiter().total_tokens = _HANDLER_THREADS
        await super().startup([])
        (listener,) = sockets or []
        self._accepting = asyncio.create_task(self.clients.accept(listener, self._protocol))
        self._accepting.add_done_callback(self._accepting_ended)
        self.ready.set()

    def _protocol(self) -> Any:
        """Return what serves a new connection."""
        make: Any = self.config.http_protocol_class
        return make(
            config=self.config, server_state=self.server_state, app_state=self.lifespan.state
        )

    def _accepting_ended(self, task: asyncio.Task[None]) -> None:
        """End the server when it can accept no more connections, for a reason that is kept."""
        if not task.cancelled():
            self.failure = task.exception()
            self.should_exit = True
            _logger.error("The local platform can accept no more requests.", exc_info=self.failure)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Accept no more, let requests end, and close what does not end on its own."""
        if self._accepting is not None:
            self._accepting.cancel()
        # A client that stalls would block the stop: its connection is closed, which its handler
        # takes as the end of the connection, and not as a failure worth a traceback.
        asyncio.get_running_loop().call_later(_STOP_GRACE_S, self._close_connections)
        await super().shutdown(sockets)

    def _close_connections(self) -> None:
        """Close the connections of clients that do not end on their own."""
        for connection in list(self.server_state.connections):
            if (transport := getattr(connection, "transport", None)) is not None:
                transport.abort()

    def run_until_stopped(self, listener: socket.socket) -> None:
        """Serve until `should_exit` is set; ``failure`` says why it ended for another reason."""
        try:
            asyncio.run(self.serve([listener]))
        except BaseException as error:
            # An exception of this thread would be lost; start() raises it for the caller.
            self.failure = error
        finally:
            self.ready.set()
