"""A Jupyter server for tests, with pages or without."""

from __future__ import annotations

import json
import os
import secrets
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import requests

_START_S = 90
#: The longest wait for something on a page; most come within a fraction of it.
WAIT_MS = 45_000


def until(condition: Callable[[], Any], what: str, seconds: float = WAIT_MS / 1000) -> Any:
    """Wait for a condition, with a deadline."""
    deadline = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < deadline, f"{what} did not come about in {seconds} s"
        time.sleep(0.05)
    return found


class ServerSession(requests.Session):
    """Requests to a Jupyter server, by their paths."""

    def __init__(self, address: str, token: str, as_page: bool) -> None:
        super().__init__()
        self._base = address
        if as_page:
            self.get(f"login?token={token}")
        else:
            self.headers["Authorization"] = f"token {token}"

    def address(self, path: str) -> str:
        """Return the whole address of a path."""
        return f"{self._base}{path}"

    def request(self, method: str, url: str, *args: Any, **more: Any) -> requests.Response:
        more.setdefault("timeout", 60)
        return super().request(method, self.address(url), *args, **more)


class Server:
    """A JupyterLab with Notebook 7 in it.

    Attributes
    ----------
    folder
        Where the notebooks are.
    module
        What is started; ``jupyter_server`` is a server without pages.
    options
        Further options of its command.
    **variables
        Environment variables of the kernels.
    """

    def __init__(
        self,
        folder: Path,
        module: str = "jupyterlab",
        options: Sequence[str] = (),
        **variables: str,
    ) -> None:
        self.folder = folder
        self._token = secrets.token_hex(16)
        runtime = folder / ".runtime"
        env = {
            **os.environ,
            **variables,
            "JUPYTER_RUNTIME_DIR": str(runtime),
            "JUPYTER_CONFIG_DIR": str(folder / ".config"),
            "JUPYTER_DATA_DIR": str(folder / ".data"),
            "IPYTHONDIR": str(folder / ".ipython"),
            "JUPYTERLAB_SETTINGS_DIR": str(folder / ".settings"),
            "JUPYTERLAB_WORKSPACES_DIR": str(folder / ".workspaces"),
        }
        settings_of = {
            "ServerApp.ip": "127.0.0.1",
            "ServerApp.port": 0,
            "ServerApp.open_browser": False,
            "ServerApp.allow_root": True,
            "ServerApp.root_dir": str(folder),
            "IdentityProvider.token": self._token,
            "LabApp.expose_app_in_browser": True,
            "JupyterNotebookApp.expose_app_in_browser": True,
        }
        settings = folder / ".settings" / "@jupyterlab" / "apputils-extension"
        settings.mkdir(parents=True)
        (settings / "notification.jupyterlab-settings").write_text('{"fetchNews": "false"}')
        config = folder / ".config"
        config.mkdir()
        nested: dict[str, Any] = {}
        for name, value in settings_of.items():
            owner, _, key = name.partition(".")
            nested.setdefault(owner, {})[key] = value
        (config / "jupyter_server_config.json").write_text(json.dumps(nested))
        # With each page JupyterLab would have Node.js look whether it has to be built anew.
        (config / "labconfig").mkdir()
        (config / "labconfig" / "page_config.json").write_text(
            json.dumps({"buildCheck": False, "buildAvailable": False})
        )
        self._env = env
        self._command = [sys.executable, "-m", module, "--no-browser", *options]
        self._start()

    def _start(self) -> None:
        self._log = (self.folder / ".server.log").open("a")
        self._process = subprocess.Popen(
            self._command, env=self._env, cwd=self.folder, stdout=self._log,
            stderr=subprocess.STDOUT,
        )  # fmt: skip
        runtime = Path(self._env["JUPYTER_RUNTIME_DIR"])
        self._address = until(lambda: self._found(runtime), "the server's start", _START_S)
        # Its file is there a moment before it listens.
        until(self._answers, "the server's first answer", _START_S)

    def start_again(self) -> None:
        """Start it at the same address, with the same token, after it was ended."""
        path = self.folder / ".config" / "jupyter_server_config.json"
        config = json.loads(path.read_text())
        config["ServerApp"] |= {"port": urlsplit(self._address).port, "port_retries": 0}
        path.write_text(json.dumps(config))
        for left in Path(self._env["JUPYTER_RUNTIME_DIR"]).glob("jpserver-*.json"):
            left.unlink()  # of one that was killed
        self._start()

    def _found(self, runtime: Path) -> str | None:
        assert self._process.poll() is None, (self.folder / ".server.log").read_text()
        for path in runtime.glob("jpserver-*.json"):
            try:
                return str(json.loads(path.read_text())["url"])
            except (ValueError, KeyError):
                return None  # it is being written
        return None

    def _answers(self) -> bool:
        try:
            return requests.get(f"{self._address}api", timeout=_START_S).ok
        except requests.ConnectionError:
            return False

    def url(self, app: str, name: str) -> str:
        """Return the address of a notebook in an app: ``lab`` or ``notebook``."""
        path = f"doc/tree/{name}" if app == "lab" else f"notebooks/{name}"
        return f"{self._address}{path}?token={self._token}"

    def session(self, *, as_page: bool = False) -> ServerSession:
        """Return what asks the server, with its token; as a page does, with cookies alone."""
        return ServerSession(self._address, self._token, as_page)

    def trust(self, path: Path) -> None:
        """Sign a notebook, as if a person had run it here."""
        command = [sys.executable, "-m", "jupyter", "trust", str(path)]
        subprocess.run(command, env=self._env, check=True, capture_output=True)

    def end_kernels(self) -> None:
        """End all kernels: those of notebooks that are closed would stay, with their memory."""
        address = f"{self._address}api/kernels"
        headers = {"Authorization": f"token {self._token}"}

        def listed() -> list[Any] | None:
            answer = requests.get(address, headers=headers, timeout=60)
            # While a kernel ends by itself, Jupyter Server fails to list it.
            return [answer.json()] if answer.ok else None

        (kernels,) = until(listed, "the list of kernels")
        for kernel in kernels:
            requests.delete(f"{address}/{kernel['id']}", headers=headers, timeout=60)

    def kill(self) -> None:
        """End it with no chance to do anything before."""
        self._process.kill()
        self._process.wait(20)
        self._log.close()

    def __enter__(self) -> Server:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def stop(self) -> int:
        """End it; return its exit code, which is negative where it had to be killed."""
        self._process.terminate()
        try:
            self._process.wait(20)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait(20)
        self._log.close()
        return self._process.returncode

    @property
    def pid(self) -> int:
        """The id of its process."""
        return self._process.pid

    @property
    def log(self) -> str:
        """What it has logged, and its kernels have."""
        return (self.folder / ".server.log").read_text(errors="replace")
