"""Starting and stopping: several at once, ports and folders in use, restarts."""

from __future__ import annotations

import os
import shutil
import socket
import stat
import subprocess
import sys
import threading
import traceback
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import requests
from IPython.core.ultratb import VerboseTB
from sqlalchemy.exc import IntegrityError

from civis_nb.errors import CivisLocalError, PortInUseError, StateInUseError
from civis_nb.local import Platform, lock, start
from civis_nb.local.join import answering
from civis_nb.local.lock import read_running
from civis_nb.local.store import Store
from civis_nb.local.store.schema import api_keys
from tests.local.serving import file_of, me, new_file, refuses

pytestmark = pytest.mark.exhaustive


def test_it_is_ready_when_start_returns_and_gone_when_stopped():
    threads = set(threading.enumerate())
    with start(samples=False) as platform:
        assert not platform.endpoint.endswith("/")
        assert me(platform).status_code == 200
        assert platform.state.is_dir()
    assert refuses(platform.endpoint)
    assert not platform.state.exists()
    left = {t.name for t in set(threading.enumerate()) - threads if "AnyIO" not in t.name}
    assert left == set()


def test_a_state_folder_that_is_deleted_or_moved_is_told(tmp_path):
    with start(tmp_path / "state", samples=False) as platform:
        assert me(platform).status_code == 200
        moved = (tmp_path / "state").rename(tmp_path / "moved")
        for _ in range(2):
            answer = me(platform)
            assert (answer.status_code, answer.json()["error"]) == (500, "state_missing")
            assert f"The state folder {tmp_path / 'state'} of this" in answer.text
        moved.rename(tmp_path / "state")
        assert me(platform).status_code == 200
        shutil.rmtree(tmp_path / "state")
        assert me(platform).json()["error"] == "state_missing"
        # Another one in its place is not the same.
        start(tmp_path / "state", samples=False).stop()
        assert me(platform).json()["error"] == "state_missing"
    assert refuses(platform.endpoint)


def test_stopping_twice_is_stopping_once():
    platform = start(samples=False)
    platform.stop()
    platform.stop()


def test_clients_that_stall_do_not_hold_the_end(caplog):
    with start(samples=False) as platform, socket.socket() as getting, socket.socket() as putting:
        file_id = new_file(platform, b"x" * 20_000_000)
        link = urlsplit(file_of(platform, file_id)["fileUrl"])
        upload = urlsplit(platform._context.files.upload_url(file_id))
        for connection, request in (
            (getting, f"GET {link.path}?{link.query} HTTP/1.1\r\nHost: x\r\n\r\n"),
            (
                putting,
                f"PUT {upload.path}?{upload.query} HTTP/1.1\r\nHost: x\r\n"
                "Expect: 100-continue\r\nContent-Length: 9\r\n\r\n",
            ),
        ):
            connection.connect((link.hostname, link.port))
            connection.sendall(request.encode())
            assert connection.recv(8)
        platform.stop()
        assert refuses(platform.endpoint)
    assert caplog.text == ""


def test_several_live_side_by_side_and_keep_their_keys():
    with start(samples=False) as one, start(samples=False) as two:
        assert me(one).ok
        assert me(two).ok
        wrong = requests.get(one.endpoint + "/users/me", auth=(two.api_key, ""), timeout=30)
        assert wrong.status_code == 401
        one.stop()
        assert me(two).ok


def test_it_shows_its_address_but_not_its_key():
    with start(samples=False) as platform:
        assert platform.endpoint in repr(platform)
        assert platform.api_key not in repr(platform) + repr(platform._context)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs Linux's full device")
def test_no_verbose_traceback_shows_the_key(tmp_path, monkeypatch):
    with start(tmp_path, samples=False) as platform:
        key = str(platform.api_key)
        assert f"{platform.api_key}" == key
        joined, running = answering(tmp_path), read_running(tmp_path)
        parts = [vars(platform), vars(platform._context), vars(joined), vars(running)]
        assert all(key not in repr(part) for part in [platform, joined, running, *parts])
        secret = platform._context.store.fact("secret")
        assert secret not in repr(vars(platform._context.files.signer))
    # The address can't be written, as on a full disk: the start fails with the key at hand.
    full = lambda **_: (os.open("/dev/full", os.O_WRONLY), str(tmp_path / "half"))  # noqa: E731
    monkeypatch.setattr(lock.tempfile, "mkstemp", full)
    with pytest.raises(OSError, match="No space left") as caught:
        start(tmp_path, samples=False)
    frames = [frame for frame, _line in traceback.walk_tb(caught.tb)][1:]
    shown = [repr(value) for frame in frames for value in frame.f_locals.values()]
    assert "'***'" in shown
    assert key not in "".join(shown)
    assert key not in VerboseTB(tb_offset=0).text(caught.type, caught.value, caught.tb)


def test_errors_of_the_store_show_no_values(tmp_path):
    store = Store(tmp_path / "platform.sqlite")
    with pytest.raises(IntegrityError) as caught, store.begin() as connection:
        connection.execute(api_keys.insert().values(user_id=7, token="value-to-hide"))
    assert "value-to-hide" not in str(caught.value)
    store.close()


def test_a_port_in_use_is_named():
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        with pytest.raises(PortInUseError, match=rf"{port}.*--port 0"):
            start(port=port, samples=False)


@pytest.mark.parametrize(("host", "port"), [("127.0.0.1", 70_000), ("203.0.113.1", 0)])
def test_an_address_that_can_not_be_listened_on(host, port):
    with pytest.raises(CivisLocalError, match="can't listen"):
        start(host=host, port=port, samples=False)


def test_a_chosen_port_is_used_again_at_once(tmp_path):
    with start(tmp_path / "s", samples=False) as platform:
        port = urlsplit(platform.endpoint).port
        assert me(platform).ok
    with start(tmp_path / "s", port=port, samples=False) as again:
        assert again.endpoint == platform.endpoint
        assert me(again).ok


def test_a_state_folder_in_use_names_its_owner(tmp_path):
    with start(tmp_path / "s", samples=False) as platform:
        with pytest.raises(StateInUseError) as caught:
            start(tmp_path / "s", samples=False)
        assert str(os.getpid()) in str(caught.value)
        assert platform.endpoint in str(caught.value)
        assert platform.api_key not in str(caught.value)
        assert me(platform).ok
    start(tmp_path / "s", samples=False).stop()


def test_the_state_folder_is_its_owners_alone(tmp_path):
    with start(tmp_path / "s", samples=False) as platform:
        assert stat.S_IMODE(platform.state.stat().st_mode) == 0o700
        running = platform.state / "running.json"
        assert stat.S_IMODE(running.stat().st_mode) == 0o600
        assert read_running(platform.state).endpoint == platform.endpoint
    assert not running.exists()


def test_a_folder_that_holds_other_things_is_not_closed_to_others(tmp_path):
    folder = tmp_path / "shared"
    folder.mkdir(mode=0o755)
    (folder / "theirs").touch()
    with start(folder, samples=False):
        assert stat.S_IMODE(folder.stat().st_mode) == 0o755
        for name in ("platform.sqlite", "platform.sqlite-wal", "running.json", "blobs"):
            assert stat.S_IMODE((folder / name).stat().st_mode) & 0o077 == 0, name


def test_a_state_folder_that_is_a_file(tmp_path):
    (tmp_path / "s").write_text("mine")
    with pytest.raises(CivisLocalError, match="can't be used"):
        start(tmp_path / "s", samples=False)
    assert (tmp_path / "s").read_text() == "mine"


def test_a_memory_that_is_no_database_is_left_alone(tmp_path):
    (tmp_path / "s").mkdir()
    (tmp_path / "s" / "platform.sqlite").write_text("mine " * 1000)
    with pytest.raises(CivisLocalError, match=r"platform\.sqlite"):
        start(tmp_path / "s", samples=False)
    assert (tmp_path / "s" / "platform.sqlite").read_text() == "mine " * 1000
    with pytest.raises(CivisLocalError, match=r"platform\.sqlite"):
        # The failed start has given the folder back.
        start(tmp_path / "s", samples=False)


def test_key_files_and_links_outlive_a_restart(tmp_path):
    with start(tmp_path / "s", samples=False) as first:
        file_id = new_file(first, b"content")
        port = urlsplit(first.endpoint).port
        link = file_of(first, file_id)["fileUrl"]
    with start(tmp_path / "s", port=port, samples=False) as second:
        assert second.api_key == first.api_key
        assert requests.get(link, timeout=30).content == b"content"
        assert requests.get(file_of(second, file_id)["fileUrl"], timeout=30).content == b"content"


def test_a_multipart_upload_goes_on_after_a_restart(tmp_path):
    parts = [b"a" * 100, b"b" * 100, b"c"]
    with start(tmp_path / "s", samples=False) as first:
        body = {"name": "a", "num_parts": 3}
        url = first.endpoint + "/files/multipart"
        made = requests.post(url, json=body, auth=(first.api_key, ""), timeout=30).json()
        port = urlsplit(first.endpoint).port
        for index in (0, 2):
            assert requests.put(made["uploadUrls"][index], data=parts[index], timeout=30).ok
    with start(tmp_path / "s", port=port, samples=False) as second:
        assert requests.put(made["uploadUrls"][1], data=parts[1], timeout=30).ok
        url = f"{second.endpoint}/files/multipart/{made['id']}/complete"
        assert requests.post(url, auth=(second.api_key, ""), timeout=30).status_code == 204
        content = requests.get(file_of(second, made["id"])["fileUrl"], timeout=30).content
        assert content == b"".join(parts)


def test_importing_the_package_loads_no_server():
    code = "import sys, civis_nb.local; print('uvicorn' in sys.modules, 'duckdb' in sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True
    )
    assert done.stdout.split() == ["False", "False"]


def test_a_client_of_its_own(bare_platform: Platform):
    assert bare_platform.client().users.get_me()["username"]
