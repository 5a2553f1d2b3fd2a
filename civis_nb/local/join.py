"""The user's own platform, found or started: what ``CIVIS_NB_BACKEND=local`` uses."""

from __future__ import annotations

import threading
import time
import urllib.error
import urllib.request
from base64 import b64encode
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import platformdirs

from civis_nb import config
from civis_nb._wire_text import Secret
from civis_nb.errors import StateInUseError
from civis_nb.local.lock import read_running

if TYPE_CHECKING:
    from civis_nb.local.serve import Platform

__all__ = ["JoinedPlatform", "answering", "default_state", "start_or_join"]

_PROBE_TIMEOUT_S = 5.0
#: How long another process may take to load samples and get ready.
_OTHER_DEADLINE_S = 60.0
_POLL_S = 0.05

_started: dict[Path, Platform] = {}
_one_at_a_time = threading.Lock()


@dataclass(frozen=True)
class JoinedPlatform:
    """A platform that runs in another process, or was started by an earlier call."""

    endpoint: str
    api_key: Secret
    state: Path


def default_state() -> Path:
    """Return the state folder of the user's own platform.

    It is the setting ``state_dir``, else a per-user folder.
    """
    folder = config.get("state_dir")
    return Path(folder or platformdirs.user_data_dir("civis_nb", False)).expanduser()


def start_or_join(samples: bool = True) -> JoinedPlatform:
    """Return the user's own platform, running: an existing one, else one in this process.

    Parameters
    ----------
    samples
        Load the sample data when a platform is started that does not have it yet.

    Raises
    ------
    StateInUseError
        When another process holds the state folder and does not answer.
    CivisLocalError
        When no platform could be started.
    """
    state = default_state().resolve()
    deadline = time.monotonic() + _OTHER_DEADLINE_S
    with _one_at_a_time:
        while True:
            joined = answering(state)
            if joined is not None:
                return joined
            # Imported here: to join a platform that runs already needs no server.
            from civis_nb.local.serve import start

            try:
                _started[state] = start(state, samples=samples)
            except StateInUseError:
                # Another process is about to get ready, or has just stopped.
                if time.monotonic() > deadline:
                    raise
                time.sleep(_POLL_S)


def answering(state: Path) -> JoinedPlatform | None:
    """Return the platform that runs on a state folder; None when none answers.

    One that was killed has left its address behind.
    """
    running = read_running(state)
    if running is None or not _answers(running.endpoint, running.api_key):
        return None
    return JoinedPlatform(running.endpoint, running.api_key, state)


def _answers(endpoint: str, api_key: Secret) -> bool:
    """Return whether a platform answers at an address, and knows the key."""
    request = urllib.request.Request(f"{endpoint}/users/me")  # noqa: S310 - our own, and http
    request.add_header("Authorization", "Basic " + b64encode(f"{api_key}:".encode()).decode())
    # No proxy: the address is this machine's own.
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    failure: BaseException
    try:
        with opener.open(request, timeout=_PROBE_TIMEOUT_S) as answer:
            return bool(answer.status == 200)
    except (OSError, urllib.error.URLError, ValueError):
        return False
    except BaseException as error:
        # An interrupt: the frames that it came through hold the key.
        failure = error.with_traceback(None)
        failure.__context__ = None
    raise failure
