"""The notebooks are whole, say nothing of the machine that ran them, and open in JupyterLab."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import nbformat
import pytest
import requests
from jupyter_client import BlockingKernelClient

ROOT = Path(__file__).parents[1]
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
_START_S = 90
_MAX_BYTES = 400_000


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_saved_notebook_was_run_from_top_to_bottom(path):
    notebook = nbformat.read(path, as_version=4)
    nbformat.validate(notebook)
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert [cell.execution_count for cell in code] == list(range(1, len(code) + 1))
    for cell in code:
        failed = any(output.output_type == "error" for output in cell.outputs)
        assert failed == ("raises-exception" in cell.metadata.get("tags", [])), cell.source


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_saved_notebook_is_small_and_names_no_place(path):
    text = path.read_text(encoding="utf-8")
    assert len(text) <= _MAX_BYTES
    assert not re.search(r"/(home|root|tmp|work|Users)/|127\.0\.0\.1|0x[0-9a-f]{8}", text)


class Lab:
    """JupyterLab as ``make lab`` starts it, without a browser."""

    def __init__(self, folder: Path) -> None:
        self._log = folder / "lab.log"
        self.runtime = folder / "runtime"
        self.runtime.mkdir()
        names = ("CONFIG_DIR", "DATA_DIR", "RUNTIME_DIR")
        folders = {f"JUPYTER_{name}": str(folder / name[:-4].lower()) for name in names}
        env = {**os.environ, **folders, "IPYTHONDIR": str(folder / "ipython")}
        for name in ("CIVIS_API_KEY", "CIVIS_API_ENDPOINT", "CIVIS_NB_BACKEND", "MAKEFLAGS"):
            env.pop(name, None)
        # -o: what is installed is not looked at again.
        command = ["make", "-o", ".venv/.installed", "lab"]
        options = "--no-browser --allow-root --ServerApp.port=0 --ServerApp.ip=127.0.0.1"
        with self._log.open("w") as log:
            self._process = subprocess.Popen(
                [*command, f"LAB_OPTIONS={options}"],
                cwd=ROOT, env=env, stdout=log, stderr=subprocess.STDOUT, start_new_session=True,
            )  # fmt: skip
        self._server = self._found()

    def _found(self) -> dict[str, Any]:
        """Wait for the file in which the server says where it is, and until it answers there."""
        deadline = time.monotonic() + _START_S
        while time.monotonic() < deadline:
            assert self._process.poll() is None, self._log.read_text()
            for path in self.runtime.glob("jpserver-*.json"):
                text = path.read_text()
                if text.rstrip().endswith("}"):
                    server: dict[str, Any] = json.loads(text)
                    if self._answers(server["url"]):
                        return server
            time.sleep(0.1)
        raise AssertionError(f"JupyterLab did not start:\n{self._log.read_text()}")

    @staticmethod
    def _answers(url: str) -> bool:
        try:
            return requests.get(f"{url}api", timeout=10).ok
        except requests.ConnectionError:
            return False

    def json(self, method: str, path: str, **body: Any) -> Any:
        headers = {"Authorization": f"token {self._server['token']}"}
        url = f"{self._server['url']}{path}"
        answer = requests.request(method, url, headers=headers, json=body or None, timeout=60)
        answer.raise_for_status()
        return answer.json()

    def page(self) -> requests.Response:
        token = {"token": self._server["token"]}
        return requests.get(self._server["url"], params=token, timeout=60)

    def stop(self) -> None:
        """End it as a terminal that closes does."""
        if self._process.poll() is None:
            os.killpg(self._process.pid, signal.SIGTERM)
            self._process.wait(60)


@pytest.fixture
def lab(tmp_path: Path) -> Iterator[Lab]:
    if Path(sys.prefix) != ROOT / ".venv":
        pytest.skip("make lab runs what is in .venv")
    running = Lab(tmp_path)
    yield running
    running.stop()


def _printed(client: BlockingKernelClient, code: str) -> str:
    """Run code in a kernel; return what it prints."""
    texts: list[str] = []

    def keep(message: dict[str, Any]) -> None:
        content = message["content"]
        if message["msg_type"] in ("stream", "error"):
            texts.append(content.get("text") or "\n".join(content["traceback"]))

    client.execute_interactive(code, timeout=60, output_hook=keep)
    return "".join(texts)


@pytest.mark.exhaustive
def test_make_lab_opens_the_notebooks_on_a_local_platform(lab):
    listed = {one["name"] for one in lab.json("GET", "api/contents")["content"]}
    assert {path.name for path in NOTEBOOKS} <= listed
    assert lab.page().url.split("?")[0].endswith("/lab/tree/quickstart.ipynb")
    kernel = lab.json("POST", "api/kernels", name="python3")["id"]
    client = BlockingKernelClient(connection_file=str(lab.runtime / f"kernel-{kernel}.json"))
    client.load_connection_file()
    # A kernel that starts on a busy machine may miss heartbeats of a second.
    client.hb_channel.time_to_dead = 60.0
    client.start_channels()
    try:
        client.wait_for_ready(timeout=60)
        found = _printed(
            client,
            "import civis_nb\n"
            "client = civis_nb.APIClient()\n"
            "print([one.name for one in client.databases.list()])",
        )
    finally:
        client.stop_channels()
    assert found == "['sample']\n"
