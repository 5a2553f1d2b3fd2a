"""Which platform and database the server uses, and the local platform that it can start."""

from __future__ import annotations

import atexit
import contextlib
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import MutableMapping
from pathlib import Path
from typing import IO, Any, Final

from civis_nb import config
from civis_nb._wire_text import masked_url
from civis_nb.backend import destination
from civis_nb.errors import CivisInputError, CivisLocalError
from civis_nb.lab.account import Account
from civis_nb.lab.catalog import Catalog
from civis_nb.lab.feeds import Feed, Seen
from civis_nb.local.join import answering, default_state
from civis_nb.local.lock import read_running
from civis_nb.local.state_folder import folder_bytes, reset

__all__ = ["Choice", "LocalPlatform", "PlatformFeed"]

_BACKEND: Final = config.SETTINGS["backend"].env
_DATABASE: Final = config.SETTINGS["database"].env
_START_S: Final = 60.0
_POLL_S: Final = 0.05
_STOP_S: Final = 15.0
_MESSAGE_BYTES: Final = 2000


class LocalPlatform:
    """The user's own local platform, in a process that ends with the server."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._messages: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115 - as long as the server
        atexit.register(self._end)

    @property
    def folder(self) -> Path:
        """Its state folder, where kernels and commands look for it."""
        return default_state().resolve()

    def state(self) -> dict[str, Any]:
        """Return whether it runs, where, and how many bytes it keeps."""
        running = read_running(self.folder) if answering(self.folder) else None
        return {
            "running": running is not None,
            "endpoint": running.endpoint if running else "",
            "pid": running.pid if running else None,
            "can_stop": self._has_own(),
            "folder": str(self.folder),
            "bytes": folder_bytes(self.folder),
        }

    def start(self) -> None:
        """Start it, unless one runs already that others can join.

        Raises
        ------
        CivisLocalError
            When it does not start; with what it printed.
        """
        with self._lock:
            if answering(self.folder) is not None:
                return
            self._messages.seek(0)
            self._messages.truncate()
            self._process = process = subprocess.Popen(
                [sys.executable, "-m", "civis_nb.cli", "local", "serve",
                 "--state", str(self.folder), "--end-with-stdin"],
                stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=self._messages,
                # It has keys of its own.
                env={name: text for name, text in os.environ.items() if name != "CIVIS_API_KEY"},
                # Ctrl-C in the server's terminal asks the server first whether it is to end.
                start_new_session=True,
            )  # fmt: skip
            deadline = time.monotonic() + _START_S
            while answering(self.folder) is None:
                with contextlib.suppress(subprocess.TimeoutExpired):
                    process.wait(_POLL_S)
                if process.returncode is not None:
                    raise CivisLocalError(
                        f"The local platform did not start: {self._last_output()}"
                    )
                if time.monotonic() > deadline:
                    self._end()
                    raise CivisLocalError(
                        f"The local platform has not answered within {_START_S:g} s of its start, "
                        "and was stopped. Try civis-nb local serve in a terminal."
                    )

    def _last_output(self) -> str:
        """Return the end of what the platform's process wrote, as the reason of its end."""
        self._messages.seek(0)
        text = self._messages.read()[-_MESSAGE_BYTES:].decode("utf-8", "replace").strip()
        return text.removeprefix("Error: ") or "it gave no reason."

    def stop(self) -> None:
        """Stop it, and its runs; what it keeps stays.

        Raises
        ------
        CivisLocalError
            When another program started it.
        """
        with self._lock:
            self._refuse_others()
            self._end()

    def reset(self) -> None:
        """Delete everything that it keeps; start it again if it was running.

        Raises
        ------
        CivisLocalError
            When another program runs it, or its folder holds other things as well.
        """
        with self._lock:
            self._refuse_others()
            was_running = self._has_own()
            self._end()
            reset(self.folder)
        if was_running:
            self.start()

    def _has_own(self) -> bool:
        """Return whether the process runs that this server has started."""
        process = self._process  # read once: another thread may be ending it
        return process is not None and process.poll() is None

    def _refuse_others(self) -> None:
        """Refuse to do what only the program may that started the platform."""
        running = read_running(self.folder) if answering(self.folder) else None
        if running is not None and not self._has_own():
            raise CivisLocalError(
                f"The local platform at {running.endpoint} was not started by this server, but by "
                f"process {running.pid}: stop it there first."
            )

    def _end(self) -> None:
        """End the process."""
        process, self._process = self._process, None
        if process is None or process.stdin is None:
            return
        process.stdin.close()
        for ask in (process.terminate, process.kill):
            try:
                process.wait(_STOP_S)
                return
            except subprocess.TimeoutExpired:
                ask()
        process.wait()


class Choice:
    """The platform and the database of the server, and of kernels that start from now on.

    They are what environment variables say, which kernels inherit: choosing is as if the server
    had been started with others.

    Parameters
    ----------
    account
        Goes to the platform that is chosen.
    catalog
        Which databases there are.
    local
        The local platform that can be chosen.
    environ
        The environment variables of the server.
    """

    def __init__(
        self,
        account: Account,
        catalog: Catalog,
        local: LocalPlatform,
        environ: MutableMapping[str, str] = os.environ,
    ) -> None:
        self._account = account
        self._catalog = catalog
        self.local = local
        self._environ = environ
        self._given = {name: environ.get(name) for name in (_BACKEND, _DATABASE)}

    def describe(self) -> dict[str, Any]:
        """Return where the server goes now, and where it would go by its environment."""
        kind, endpoint = destination()
        if kind == "local" and not endpoint:
            running = answering(self.local.folder)
            endpoint = running.endpoint if running else ""
        return {
            "id": self._account.platform_id(),
            "kind": kind,
            "endpoint": masked_url(endpoint),
            "database": config.get("database"),
            "is_chosen": self._environ.get(_BACKEND) != self._given[_BACKEND],
        }

    def use_local(self) -> None:
        """Start the local platform, if need be, and use it from now on.

        Raises
        ------
        CivisLocalError
            When it does not start.
        CivisInputError
            When the environment names a local platform, which has precedence.
        """
        kind, endpoint = destination()
        if kind == "local" and endpoint:
            raise CivisInputError(
                f"This Jupyter server uses a local platform already: that at {endpoint}, which its "
                "environment variables name."
            )
        self.local.start()
        self._set(_BACKEND, "local")
        self._set(_DATABASE, None)

    def use_environment(self) -> None:
        """Use what the server was started with."""
        for name, value in self._given.items():
            self._set(name, value)

    def stop_local(self) -> None:
        """Stop the local platform; where it was used, use what the server was started with.

        Raises
        ------
        CivisLocalError
            When another program started it.
        """
        self.local.stop()
        if destination() == ("local", ""):
            self.use_environment()

    def use_database(self, name: str | None, wait_s: float) -> None:
        """Use a database from now on; None: the one that the server was started with.

        Raises
        ------
        CivisInputError
            When there is none of that name.
        """
        if name is None:
            self._set(_DATABASE, self._given[_DATABASE])
            return
        known = [one.name for one in self._catalog.databases(wait_s)]
        if name not in known:
            raise CivisInputError(f"There is no database {name!r}. Databases: {', '.join(known)}.")
        self._set(_DATABASE, name)

    def _set(self, name: str, value: str | None) -> None:
        """Set a variable of the environment, or remove it."""
        if value is None:
            self._environ.pop(name, None)
        else:
            self._environ[name] = value


class PlatformFeed(Feed):
    """Which platform and database the server uses; another page may change them."""

    def __init__(self, choice: Choice) -> None:
        super().__init__()
        self._choice = choice
        self._where: dict[str, Any] = {}

    def read(self) -> bool:
        """Ask which ones they are; return whether they have changed."""
        before, self._where = self._where, self._choice.describe()
        return self._where != before

    def content(self, seen: Seen) -> dict[str, Any]:  # noqa: ARG002 - it is told as a whole
        """Return them, once they are known."""
        return {"where": self._where} if self.version else {}
