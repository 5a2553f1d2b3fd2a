"""The account of the server's environment, whose key never reaches the browser."""

from __future__ import annotations

import hashlib
import math
import threading
from collections.abc import Callable
from contextvars import ContextVar
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from civis_nb._wire_text import Secret, is_loopback, masked_url
from civis_nb.backend import destination, resolve
from civis_nb.errors import CivisError, CivisLocalError, CivisTimeoutError
from civis_nb.lab.cache import Cache
from civis_nb.local.join import JoinedPlatform, answering, default_state
from civis_nb.local.lock import has_ended, read_running

if TYPE_CHECKING:
    from civis_nb.client.client import APIClient

__all__ = ["NOWHERE", "Account", "Connection"]

#: The id of a platform where there is none to use.
NOWHERE: Final = "nowhere"
_WAIT_S: Final = 20.0


@dataclass(frozen=True)
class Connection:
    """Which platform and key the settings named at one moment, with the client of these.

    Two are equal whose `identity` is. What was begun with one keeps to its platform when the
    settings change meanwhile.
    """

    #: What tells this key of this platform from others; it holds no key.
    identity: tuple[str, str]
    _client: Callable[[], Any] = field(compare=False, repr=False)
    _user_of: Callable[[Any], int] = field(compare=False, repr=False)

    @property
    def platform_id(self) -> str:
        """What pages call this platform and account; it tells nothing of the key.

        It is the same after a start of the server anew.
        """
        endpoint, key_hash = self.identity
        # A local platform has another port each time, but keys of its own.
        place = "" if is_loopback(endpoint) else endpoint
        return hashlib.sha256(f"{place} {key_hash}".encode()).hexdigest()[:16]

    def client(self) -> Any:
        """Return the client, as `Account.client`."""
        return self._client()

    def user_id(self) -> int:
        """Return the id of the user, as `Account.user_id`."""
        return self._user_of(self._client())


#: The account and the connection of the request that is being answered.
_KEPT: ContextVar[tuple[Account, Connection] | None] = ContextVar("civis_nb_kept", default=None)


class Account:
    """The client of the settings in force; a new one when they change.

    What is done for one request has one connection from its start to its end: that which `keep` was
    given.

    Parameters
    ----------
    client
        The client to use; None: one as `civis_nb.APIClient()` makes it.
    """

    def __init__(self, client: Any = None) -> None:
        self._given = client
        self._lock = threading.Lock()
        # No lock is held while one is made: that asks the platform for its specification.
        self._clients = Cache(_new_client, math.inf)
        self._made_for = ("", Secret(""))
        self._joined: JoinedPlatform | None = None
        self._user: tuple[Any, int] | None = None

    def keep(self, connection: Connection) -> None:
        """Have the coroutine that calls this, and what it begins, use a connection to the end.

        A request asks for the account several times; between two of them a page may have had the
        server use another platform, where its ids mean something else.
        """
        _KEPT.set((self, connection))

    def connection(self) -> Connection:
        """Return the connection that the request at work keeps; without one, the `current` one.

        Raises
        ------
        CivisError
            As `current`.
        """
        kept = _KEPT.get()
        return kept[1] if kept is not None and kept[0] is self else self.current()

    def current(self) -> Connection:
        """Return which platform and key the settings name now, with their client.

        Raises
        ------
        CivisMissingKeyError
            Where there is neither a key nor a local platform.
        CivisLocalError
            When the user's local platform is to be used, and does not run.
        """
        if self._given is not None:
            return Connection(("", ""), lambda: self._given, self._user_of)
        destined = self._resolved()
        with self._lock:
            if destined != self._made_for:
                self._clients.forget()
                self._made_for = destined
        endpoint, key = destined
        identity = endpoint, hashlib.sha256(key.encode()).hexdigest()
        return Connection(identity, partial(self._client_of, destined), self._user_of)

    def platform_id(self) -> str:
        """Return `Connection.platform_id` of now; `NOWHERE` without a platform to use."""
        try:
            return self.current().platform_id
        except CivisError:
            return NOWHERE

    def identity(self) -> tuple[str, str]:
        """Return what tells this account of this platform from others, as `connection`."""
        return self.connection().identity

    def client(self) -> Any:
        """Return the client.

        Raises
        ------
        CivisMissingKeyError
            Where there is neither a key nor a local platform.
        CivisLocalError
            When the user's local platform is to be used, and does not run.
        CivisTimeoutError
            When the platform does not tell its operations in time.
        CivisError
            When it refuses to tell them.
        """
        return self.connection().client()

    def user_id(self) -> int:
        """Return the id of the user whose key it is; it is asked for once.

        Raises
        ------
        CivisError
            When the platform does not tell it.
        """
        return self.connection().user_id()

    def _client_of(self, destined: tuple[str, Secret]) -> Any:
        """Return the client of an endpoint and a key, made where there is none."""
        try:
            return self._clients.get(destined, _WAIT_S)
        except CivisTimeoutError:
            raise
        except TimeoutError:
            raise CivisTimeoutError(
                f"The platform at {masked_url(destined[0])} has not answered within {_WAIT_S:g} s."
            ) from None

    def _user_of(self, client: Any) -> int:
        """Return the id of a client's user, asked for once."""
        known = self._user  # read once: another thread may be replacing it
        if known is None or known[0] is not client:
            self._user = known = client, int(client.users.get_me().id)
        return known[1]

    def _resolved(self) -> tuple[str, Secret]:
        """Return endpoint and key; the user's local platform is joined, and never started.

        One that was started in this process could not be stopped before the server ends.
        """
        if destination() != ("local", ""):
            endpoint, key = resolve()
            return endpoint, Secret(key)
        running = self._running(default_state().resolve())
        if running is None:
            raise CivisLocalError("The local platform does not run: start it from the status bar.")
        return running.endpoint, running.api_key

    def _running(self, state: Path) -> JoinedPlatform | None:
        """Return the platform of a state folder, which is asked whether it answers once."""
        known = self._joined
        if known is not None and known.state == state and not has_ended(state, known.endpoint):
            now = read_running(state)
            if now is not None and now.api_key == known.api_key:
                return known
        self._joined = answering(state)
        return self._joined


def _new_client(destined: tuple[str, Secret]) -> APIClient:
    from civis_nb.client.client import APIClient

    endpoint, key = destined
    return APIClient(api_key=key, endpoint=endpoint)
