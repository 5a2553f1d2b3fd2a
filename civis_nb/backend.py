"""Where a client goes and with which key: the one joint of the client and the local platform."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable
from functools import partial
from typing import TYPE_CHECKING, Any, Literal

from civis_nb import config
from civis_nb._wire_text import Secret, is_loopback
from civis_nb.errors import CivisMissingKeyError, CivisPlatformEndedError

if TYPE_CHECKING:
    from civis_nb.local import Platform

__all__ = ["DEFAULT_ENDPOINT", "destination", "end_check", "resolve"]

DEFAULT_ENDPOINT = "https://api.civisanalytics.com/"


def resolve(
    api_key: str | None = None, endpoint: str | None = None, *, started: Iterable[Any] = ()
) -> tuple[str, str]:
    """Return the address of the API and the key, which shows itself to no traceback.

    What is given wins. Else, when the setting ``backend`` asks for the local platform, it is the
    one that ``CIVIS_API_ENDPOINT`` names on this machine (``civis-nb local run`` and its jobs set
    it), or one that is joined or started now: a key for Civis Platform that happens to lie in the
    environment does not send a notebook there that asked to stay local. Else it is what
    ``CIVIS_API_KEY`` and ``CIVIS_API_ENDPOINT`` say, and without a key the local platform that was
    started last.

    Parameters
    ----------
    api_key, endpoint
        What the user gave; None: not given.
    started
        Objects among which local platforms may be that were started in this process.

    Raises
    ------
    CivisMissingKeyError
        When there is no key and nobody asked for the local platform.
    CivisPlatformEndedError
        When there is no key, and the local platforms among those objects have ended.
    CivisLocalError
        When the local platform can't be started.

    Examples
    --------
    >>> resolve("abc", "http://127.0.0.1:8000")
    ('http://127.0.0.1:8000', '***')
    """
    named_here, key_here = _environment()
    named = endpoint or named_here
    key = Secret((api_key or "").strip() or key_here)
    given = bool(api_key or endpoint)
    if not given and _stays_local(named, key):
        # Imported here: nobody who has a key needs a server.
        from civis_nb.local import start_or_join

        platform = start_or_join()
        return platform.endpoint, platform.api_key
    if key:
        return named or DEFAULT_ENDPOINT, key
    platforms = [] if given else _platforms(started)
    running = [one for one in platforms if not one.wait(0)]
    if running:
        return running[-1].endpoint, running[-1].api_key
    if platforms:
        # Who has worked without a key needs none now.
        raise CivisPlatformEndedError(
            f"The local platform at {platforms[-1].endpoint} has ended, and no other one runs "
            "here. Start one again: platform = civis_nb.local.start(). For Civis Platform, set "
            "the environment variable CIVIS_API_KEY."
        )
    raise CivisMissingKeyError(
        f"There is no API key. {_started_here()}For Civis Platform, set the environment variable "
        "CIVIS_API_KEY or give APIClient(api_key=...). To work without an account, on the embedded "
        "local platform, run %civis_config backend local in a notebook, or set "
        "CIVIS_NB_BACKEND=local."
    )


def destination() -> tuple[Literal["local", "platform", "nowhere"], str]:
    """Return where a bare ``APIClient()`` goes, and its address; nothing is started or asked.

    The address is empty for the user's own local platform, which may have to be started, and for
    ``"nowhere"``: there is no key.
    """
    named, key = _environment()
    if _stays_local(named, key):
        return "local", ""
    if not key:
        return "nowhere", ""
    return ("local" if is_loopback(named) else "platform"), named or DEFAULT_ENDPOINT


def _environment() -> tuple[str, Secret]:
    """Return the address and the key that environment variables name; empty for none."""
    key = os.environ.get("CIVIS_API_KEY", "").strip()
    return os.environ.get("CIVIS_API_ENDPOINT", "").strip(), Secret(key)


def _stays_local(named: str, key: str) -> bool:
    """Return whether the user's own local platform is asked for, and no other one named."""
    return bool(config.get("backend") == "local" and not (key and is_loopback(named)))


def end_check(endpoint: str) -> Callable[[], bool] | None:
    """Return what tells whether the local platform at an address has ended; None for others.

    Known are those of which the state folder is known: platforms that were started or joined
    here, and the user's own.
    """
    if not is_loopback(endpoint):
        return None
    from civis_nb.local.lock import has_ended, read_running

    state = getattr(endpoint, "state", None)
    if state is None:
        from civis_nb.local.join import default_state

        state = default_state()
        running = read_running(state)
        if running is None or running.endpoint != endpoint.rstrip("/"):
            return None
    return partial(has_ended, state, endpoint)


def _started_here() -> str:
    """Return how to reach the platforms of this process: the setting would lead to another one."""
    module = sys.modules.get("civis_nb.local.serve")
    started = [] if module is None else module.started_here()
    running = [one for one in started if not one.wait(0)]
    if running:
        where = " and ".join(sorted(one.endpoint for one in running))
        return (
            f"For the local platform that civis_nb.local.start() has started here ({where}), take "
            "client = platform.client(), where platform is what start() returned, and give "
            "functions client=client. "
        )
    if started:
        return (
            "What civis_nb.local.start() has started here has ended; platform = "
            "civis_nb.local.start() starts a local platform again, and platform.client() is its "
            "client. "
        )
    return ""


def _platforms(objects: Iterable[Any]) -> list[Platform]:
    """Return those of the objects that are local platforms, whether they run or have ended."""
    module = sys.modules.get("civis_nb.local.serve")
    if module is None:
        return []  # then none was started here
    # By its type: a mock may do things when it is asked for its class.
    return [one for one in objects if issubclass(type(one), module.Platform)]
