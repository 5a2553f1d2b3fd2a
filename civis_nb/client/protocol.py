"""What the rest of the package needs of a client."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from civis_nb.client.client import APIClient

__all__ = ["Client", "client_or_default"]


class Client(Protocol):
    """A client of the API: an `APIClient`, that of the PyPI package ``civis``, or a mock.

    The resources of the API (``client.jobs``, ``client.scripts``, …) come from the server's
    specification, so their methods and the responses have no static types.
    """

    def get_database_id(self, database: str | int) -> int:
        """Return the id of a database from its name or id."""

    def __getattr__(self, name: str, /) -> Any:
        """Return a resource of the API."""


def client_or_default(client: Client | None) -> APIClient:
    """Return `client`, or a new one made from the environment."""
    if client is not None:
        return client  # type: ignore[return-value]  # nothing but what a `Client` has is asked of it
    from civis_nb.client.client import APIClient

    return APIClient()
