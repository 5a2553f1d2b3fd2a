"""The account of the server's environment, whose key never reaches the browser."""

from __future__ import annotations

import hashlib
import threading
from typing import TYPE_CHECKING, Any

from civis_nb.backend import destination, resolve
from civis_nb.errors import CivisLocalError
from civis_nb.local.join import answering, default_state

if TYPE_CHECKING:
    from civis_nb.client.client import APIClient

__all__ = ["Account"]


class Account:
    """The client of the settings in force; a new one when they change.

    Parameters
    ----------
    client
        The client to use; None: one as `civis_nb.APIClient()` makes it.
    """

    def __init__(self, client: Any = None) -> None:
        self._given = client
        self._lock = threading.Lock()
        self._client: APIClient | None = None
        self._made_for = ("", "")
        self._user: tuple[Any, int] | None = None

    def identity(self) -> tuple[str, str]:
        """Return what tells this account of this platform from others; it holds no key.

        Raises
        ------
        CivisMissingKeyError
            Where there is neither a key nor a local platform.
        CivisLocalError
            When the user's local platform is to be used, and does not run.
        """
        if self._given is not None:
            return self._made_for
        endpoint, key = _resolved()
        return endpoint, hashlib.sha256(key.encode()).hexdigest()

    def client(self) -> Any:
        """Return the client.

        Raises
        ------
        CivisMissingKeyError
            Where there is neither a key nor a local platform.
        CivisLocalError
            When the user's local platform is to be used, and does not run.
        """
        if self._given is not None:
            return self._given
        from civis_nb.client.client import APIClient

        endpoint, key = _resolved()
        made_for = endpoint, hashlib.sha256(key.encode()).hexdigest()
        with self._lock:
            if self._client is None or made_for != self._made_for:
                self._client = APIClient(api_key=key, endpoint=endpoint)
                self._made_for = made_for
            return self._client

    def user_id(self) -> int:
        """Return the id of the user whose key it is; it is asked for once.

        Raises
        ------
        CivisError
            When the platform does not tell it.
        """
        client = self.client()
        if self._user is None or self._user[0] is not client:
            self._user = client, int(client.users.get_me().id)
        return self._user[1]


def _resolved() -> tuple[str, str]:
    """Return endpoint and key; the user's local platform is joined, and never started.

    One that was started in this process could not be stopped before the server ends.
    """
    if destination() != ("local", ""):
        return resolve()
    running = answering(default_state().resolve())
    if running is None:
        raise CivisLocalError("The local platform does not run: start it from the status bar.")
    return running.endpoint, running.api_key
