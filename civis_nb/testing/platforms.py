"""The platform that tests run on: an ephemeral local one, or another that is left as it is."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from civis_nb import local
from civis_nb.client.client import APIClient
from civis_nb.errors import CivisLocalError, CivisMissingKeyError

if TYPE_CHECKING:
    from civis_nb.local.serve import Platform
    from civis_nb.local.snapshot import Snapshot

__all__ = ["TestPlatform", "ephemeral", "remote"]


class TestPlatform:
    """A platform for tests; the fixture ``civis_platform`` gives one.

    Attributes
    ----------
    endpoint
        Its address.
    is_local
        Whether it is the ephemeral one of this session of pytest, which is cleaned up.
    """

    __test__ = False  # no tests, whatever its name

    def __init__(self, endpoint: str, api_key: str, own: Platform | None = None) -> None:
        self.endpoint = str(endpoint)
        self.is_local = own is not None
        self._api_key = api_key
        self._own = own
        # Only what was started here, with a temporary state folder, is ever cleaned up.
        self._snapshot: Snapshot | None = None if own is None else own.snapshot()

    def __repr__(self) -> str:
        kind = "ephemeral local platform" if self.is_local else "platform"
        return f"<{kind} at {self.endpoint}>"

    def client(self, **settings: Any) -> APIClient:
        """Return a new client of it; `settings` go to `civis_nb.APIClient`."""
        return APIClient(self._api_key, endpoint=self.endpoint, **settings)

    def environment(self) -> dict[str, str]:
        """Return the environment variables that lead to it.

        With the ephemeral platform, what clients and magics keep on disk is kept in its folder.
        """
        found = {"CIVIS_API_ENDPOINT": self.endpoint, "CIVIS_API_KEY": str(self._api_key)}
        if self._own is not None:
            found["CIVIS_NB_CACHE_DIR"] = str(self._own.state / "cache")
            found["CIVIS_NB_HISTORY_DIR"] = str(self._own.state / "history")
        return found

    def clean(self) -> None:
        """Reset the ephemeral platform to its start, as after every test.

        Raises
        ------
        CivisLocalError
            When it is another platform: nothing is ever deleted there.
        """
        if self._snapshot is None:
            raise CivisLocalError(
                f"{self.endpoint} is not the ephemeral platform of this session of pytest: it is "
                "never cleaned up. Delete what a test makes there in the test itself, or mark the "
                "test civis_local_only."
            )
        self._snapshot.restore()

    def stop(self) -> None:
        """Stop the ephemeral platform; leave any other one as it is."""
        if self._own is not None:
            self._own.stop()


def ephemeral() -> TestPlatform:
    """Start an ephemeral local platform with the sample data."""
    platform = local.start()
    return TestPlatform(platform.endpoint, platform.api_key, platform)


def remote(endpoint: str) -> TestPlatform:
    """Return the platform at an address, with the key of the environment.

    Raises
    ------
    CivisMissingKeyError
        When there is no key.
    """
    key = os.environ.get("CIVIS_API_KEY", "")
    if not key:
        raise CivisMissingKeyError(
            f"--civis-endpoint {endpoint} needs a key: set CIVIS_API_KEY. Without that option the "
            "tests run on an ephemeral local platform, which needs none."
        )
    return TestPlatform(endpoint, key)
