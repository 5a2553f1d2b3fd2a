"""A state folder belongs to one running platform, which leaves its address there."""

from __future__ import annotations

import json
import os
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import psutil

from civis_nb._wire_text import Secret
from civis_nb.errors import CivisLocalError, StateInUseError

__all__ = ["Endpoint", "Running", "StateLock", "has_ended", "read_running", "write_private"]

_RUNNING = "running.json"
#: How long a lock may outlive the process that had it, and how often it is tried.
_FORK_DEADLINE_S = 5.0
_FORK_WAIT_S = 0.02


class Endpoint(str):
    """The address of a local platform, which knows its state folder.

    Parameters
    ----------
    address
        The address, without a final slash.
    state
        The folder.
    """

    state: Path

    def __new__(cls, address: str, state: Path) -> Endpoint:
        """Create an address."""
        endpoint = super().__new__(cls, address)
        endpoint.state = state
        return endpoint

    def __reduce__(self) -> tuple[type[Endpoint], tuple[str, Path]]:
        return Endpoint, (str(self), self.state)


@dataclass(frozen=True)
class Running:
    """How to reach the platform that a state folder belongs to."""

    endpoint: str
    api_key: Secret
    pid: int


def write_private(path: Path, text: str) -> None:
    """Write a file that only its owner may read, whole or not at all."""
    text = Secret(text)
    # mkstemp makes the file with mode 0600.
    number, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    try:
        with os.fdopen(number, "w", encoding="utf-8") as file:
            file.write(text)
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def read_running(state: Path) -> Running | None:
    """Return what a running platform left in its folder; None when there is nothing readable."""
    try:
        data = json.loads((state / _RUNNING).read_text(encoding="utf-8"))
        data["api_key"] = Secret(data["api_key"])
        return Running(Endpoint(data["endpoint"], state), data["api_key"], int(data["pid"]))
    except (OSError, ValueError, KeyError, TypeError):
        return None


def has_ended(state: Path, endpoint: str) -> bool:
    """Return whether the platform that was at an address of a state folder is there no more."""
    running = read_running(state)
    if running is None or running.endpoint != endpoint.rstrip("/"):
        return True
    # One that was killed has left its address behind.
    try:
        return psutil.Process(running.pid).status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True
    except psutil.Error:
        return False


class StateLock:
    """Holds a state folder until `release`; the system releases it when the process dies.

    Parameters
    ----------
    state
        The folder; made, for its owner only, when absent.

    Raises
    ------
    StateInUseError
        When another platform holds it, in this process or another one.
    CivisLocalError
        When the folder can't be made or written.
    """

    def __init__(self, state: Path) -> None:
        self._state = state
        try:
            state.mkdir(mode=0o700, parents=True, exist_ok=True)
            if not any(state.iterdir()) or (state / "platform.sqlite").exists():
                # A folder that holds other things is not ours to close to others.
                state.chmod(0o700)
            self._file: IO[Any] = (state / "lock").open("a+b")
        except OSError as error:
            raise CivisLocalError(
                f"The state folder {state} can't be used ({error.strerror}). Give another one: "
                "--state, civis_nb.local.start(state=…), or CIVIS_NB_STATE_DIR."
            ) from error
        deadline = time.monotonic() + _FORK_DEADLINE_S
        while not _locked(self._file):
            if not self._owner_is_gone() or time.monotonic() > deadline:
                self._file.close()
                raise StateInUseError(self._in_use())
            # A process that the owner was about to start holds the lock until it is what it is
            # to become: for a moment longer than the owner that was killed.
            time.sleep(_FORK_WAIT_S)

    def _owner_is_gone(self) -> bool:
        """Return whether the platform that left its address here has ended."""
        running = read_running(self._state)
        return running is not None and not psutil.pid_exists(running.pid)

    def _in_use(self) -> str:
        """Return the message that says who holds the state folder."""
        running = read_running(self._state)
        who = f" (process {running.pid}, at {running.endpoint})" if running else ""
        return (
            f"The state folder {self._state} belongs to a local platform that is running{who}. "
            "Use that one, stop it, or give another folder: --state, "
            "civis_nb.local.start(state=…), or CIVIS_NB_STATE_DIR."
        )

    def publish(self, endpoint: str, api_key: Secret) -> None:
        """Write the address to the folder, so that other processes can join."""
        data = {"endpoint": endpoint, "api_key": api_key, "pid": os.getpid()}
        write_private(self._state / _RUNNING, json.dumps(data))

    def release(self) -> None:
        """Release the folder."""
        (self._state / _RUNNING).unlink(missing_ok=True)
        self._file.close()


if sys.platform == "win32":
    import msvcrt

    def _locked(file: IO[Any]) -> bool:
        """Lock a file; return False when another process holds it."""
        file.seek(0)
        try:
            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True

else:
    import fcntl

    def _locked(file: IO[Any]) -> bool:
        """Lock a file; return False when another process holds it."""
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            return False
        return True
