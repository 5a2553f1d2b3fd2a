"""Where a client goes and with which key: the one joint of the client and the local platform."""

from __future__ import annotations

import os

from civis_nb import config
from civis_nb.errors import CivisMissingKeyError

__all__ = ["DEFAULT_ENDPOINT", "resolve"]

DEFAULT_ENDPOINT = "https://api.civisanalytics.com/"


def resolve(api_key: str | None = None, endpoint: str | None = None) -> tuple[str, str]:
    """Give the address of the API and the key.

    What is given wins over the environment (``CIVIS_API_ENDPOINT``, ``CIVIS_API_KEY``); without
    a key, the setting ``backend`` may ask for the embedded local platform, which is started
    then, or joined.

    Parameters
    ----------
    api_key, endpoint
        What the user gave; None: not given.

    Raises
    ------
    CivisMissingKeyError
        When there is no key and nobody asked for the local platform.
    CivisLocalError
        When the local platform can't be started.

    Examples
    --------
    >>> resolve("abc", "http://127.0.0.1:8000")
    ('http://127.0.0.1:8000', 'abc')
    """
    where = endpoint or os.environ.get("CIVIS_API_ENDPOINT") or DEFAULT_ENDPOINT
    key = (api_key or "").strip() or os.environ.get("CIVIS_API_KEY", "").strip()
    if key:
        return where, key
    if endpoint is None and config.get("backend") == "local":
        # Imported here: nobody who has a key needs a server.
        from civis_nb.local import start_or_join

        platform = start_or_join()
        return platform.endpoint, platform.api_key
    raise CivisMissingKeyError(
        "There is no API key. For Civis Platform, set the environment variable CIVIS_API_KEY or "
        "give APIClient(api_key=...). To work without an account, on the embedded local platform, "
        "set CIVIS_NB_BACKEND=local, or call civis_nb.local.start()."
    )
