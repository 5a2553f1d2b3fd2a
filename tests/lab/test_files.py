"""What the panel of files asks its server: over HTTP, with a real Jupyter server and platform."""

from __future__ import annotations

import hashlib
import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from importlib.resources import files
from urllib.parse import urlsplit

import pytest
import requests

from civis_nb.io import file_to_civis
from civis_nb.lab.files.panel import attachment
from tests.lab.conftest import started
from tests.lab.test_jobs import ended, script
from tests.scripted_server import Reply, ScriptedServer
from tests.widgets.drivers import until

pytestmark = pytest.mark.exhaustive

SPEC = json.loads((files("civis_nb.spec") / "bundled.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def api(api_server):
    return api_server.session()


@pytest.fixture(scope="module")
def client(lab_platform):
    return lab_platform.client()


def test_a_file_is_uploaded_listed_and_downloaded_whole(api, client):
    content = os.urandom(30_000_000)
    name = "<b>größe</b> 1.bin"
    reply = api.post("civis-nb/files", params={"name": name}, data=content)
    assert reply.status_code == 200, reply.text
    file = reply.json()
    assert (file["name"], file["size"]) == (name, len(content))
    assert client.files.get(file["id"]).file_size == len(content)
    assert api.get("civis-nb/files").json()[0]["id"] == file["id"]
    got = api.get(f"civis-nb/files/{file['id']}/content")
    assert hashlib.sha256(got.content).digest() == hashlib.sha256(content).digest()
    assert got.headers["Content-Type"] == "application/octet-stream"
    assert got.headers["Content-Disposition"].startswith("attachment; ")
    assert api.delete(f"civis-nb/files/{file['id']}").status_code == 200
    assert file["id"] not in [one["id"] for one in api.get("civis-nb/files").json()]
    assert client.files.get(file["id"]).name == name


def test_an_empty_file_passes_both_ways(api):
    file = api.post("civis-nb/files?name=empty.txt", data=b"").json()
    assert file["size"] == 0
    got = api.get(f"civis-nb/files/{file['id']}/content")
    assert (got.status_code, got.content) == (200, b"")


def test_files_of_projects_and_outputs_are_found(api, client, tmp_path):
    path = tmp_path / "of project.csv"
    path.write_text("a\n1\n")
    file_id = file_to_civis(path, client=client)
    project = client.projects.post("A project", "of files")
    client.files.put_projects(file_id, project.id)
    assert {"id": project.id, "name": "A project"} in api.get("civis-nb/files?of=projects").json()
    (found,) = api.get(f"civis-nb/files?of={project.id}").json()
    assert found == {"id": file_id, "name": "of project.csv", "size": 4}
    job_id = script(client, "true", name="puts out")
    run_id = client.jobs.post_runs(job_id).id
    client.scripts.post_containers_runs_outputs(job_id, run_id, "File", file_id)
    ended(client, job_id, run_id)
    outputs = api.get("civis-nb/files?of=outputs").json()
    assert (file_id, "puts out") in [(one["id"], one["of"]) for one in outputs]


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "files/x", 400), ("GET", "files/999999", 404), ("GET", "files?of=theirs", 400),
        ("GET", "files?of=999999", 404), ("GET", "files/..%2f1/content", 400),
        ("GET", "files/999999/content", 404), ("POST", "files", 400),
        ("POST", f"files?name={'x' * 300}", 400), ("DELETE", "files/x", 400),
        ("POST", f"files?name=x&upload={'x' * 65}", 400),
    ],
)  # fmt: skip
def test_bad_requests_are_refused(api, method, path, status):
    reply = api.request(method, f"civis-nb/{path}", data=b"x" if method == "POST" else None)
    assert reply.status_code == status, reply.text
    if method == "POST":
        # What is asked next does not meet a connection that ends, as the body was not read.
        assert reply.headers["Connection"] == "close"
        assert api.get("civis-nb/files?of=own").status_code == 200


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "files"), ("POST", "files?name=x"), ("GET", "files/1"), ("DELETE", "files/1"),
        ("GET", "files/1/content"), ("DELETE", "files/uploads/1"),
    ],
)  # fmt: skip
def test_who_is_not_logged_in_is_refused(api_server, method, path):
    session = api_server.session()
    del session.headers["Authorization"]
    assert session.request(method, f"civis-nb/{path}").status_code == 403
    page = api_server.session(as_page=True)
    if method != "GET":
        assert page.request(method, f"civis-nb/{path}").status_code == 403


def test_an_upload_that_breaks_off_makes_no_file(api, api_server, client):
    before = api.get("civis-nb/files").json()

    def pieces():
        yield b"x" * 1000
        raise OSError("gone")

    with pytest.raises((OSError, requests.RequestException)):
        api_server.session().post("civis-nb/files?name=broken.txt", data=pieces())
    assert api.get("civis-nb/files").json() == before


def head_of_upload(session, name, length):
    """Return where an upload goes, and its head as bytes."""
    address = urlsplit(session.address(f"civis-nb/files?name={name}"))
    head = (
        f"POST {address.path}?{address.query} HTTP/1.1\r\nHost: {address.netloc}\r\n"
        f"Authorization: {session.headers['Authorization']}\r\nContent-Length: {length}\r\n\r\n"
    )
    return (address.hostname, address.port), head.encode()


def test_an_upload_without_room_is_refused_before_it_is_sent(api):
    where, head = head_of_upload(api, "large.bin", 5 * 1024**4)
    with socket.create_connection(where, timeout=60) as connection:
        connection.sendall(head)
        reply = http.client.HTTPResponse(connection)
        reply.begin()
        assert reply.status == 507
        assert "large.bin has 5,497,558,138,880 bytes" in json.loads(reply.read())["message"]


@pytest.fixture
def paused_platform(tmp_path):
    """Start a platform in a process of its own, which a test can pause."""
    process = subprocess.Popen(
        [sys.executable, "-m", "civis_nb.cli", "local", "serve", "--no-samples",
         "--state", str(tmp_path / "state"), "--write-env", str(tmp_path / "env"),
         "--end-with-stdin"],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE,
    )  # fmt: skip
    try:
        assert b"is ready" in process.stdout.readline()
        yield process, dict(line.split("=", 1) for line in (tmp_path / "env").read_text().split())
    finally:
        process.send_signal(signal.SIGCONT)
        process.stdin.close()
        process.wait(60)
        process.stdout.close()


def test_an_upload_that_has_arrived_goes_on_when_the_page_is_closed(paused_platform, tmp_path):
    platform, env = paused_platform
    server = started(tmp_path / "jupyter", "jupyter_server", **env)
    try:
        session = server.session()
        assert session.post("civis-nb/files?name=first.txt", data=b"x").status_code == 200
        platform.send_signal(signal.SIGSTOP)
        where, head = head_of_upload(session, "whole.txt", 1000)
        with socket.create_connection(where, timeout=60) as connection:
            connection.sendall(head + b"x" * 1000)
            assert session.get("api/status").ok  # it has been taken in by then
        assert session.get("api/status").ok  # the end of the connection was noticed
        platform.send_signal(signal.SIGCONT)

        def sizes():
            listed = session.get("civis-nb/files").json()
            return [one["size"] for one in listed if one["name"] == "whole.txt"]

        assert until(sizes, "the file") == [1000]
    finally:
        platform.send_signal(signal.SIGCONT)
        server.stop()


@pytest.fixture
def slow_platform():
    """Start a platform that takes a new file when the event that is given is set."""
    platform, gate = ScriptedServer(), threading.Event()

    def created(_seen):
        gate.wait(60)
        return Reply(
            {"id": 7, "upload_url": f"{platform.url}/store", "upload_fields": {"key": "7"}}
        )

    platform.on("GET", "/endpoints", SPEC)
    platform.on("POST", "/files", created)
    platform.on("POST", "/store", Reply(status=204))
    yield platform, gate
    gate.set()
    platform.close()


@pytest.fixture
def beside_slow(slow_platform, tmp_path):
    """Start a Jupyter server beside the slow platform."""
    variables = {"CIVIS_API_ENDPOINT": slow_platform[0].url, "CIVIS_API_KEY": "k"}
    with started(tmp_path / "jupyter", "jupyter_server", **variables) as server:
        yield server


def test_an_upload_is_cancelled_while_the_platform_has_not_taken_it(beside_slow, slow_platform):
    platform, gate = slow_platform
    session = beside_slow.session()
    with ThreadPoolExecutor() as pool:
        address = "civis-nb/files?name=unwanted.txt&upload=one"
        answer = pool.submit(beside_slow.session().post, address, data=b"x" * 1000)
        until(lambda: platform.seen("POST", "/files"), "the upload to the platform")
        cancelled = session.delete("civis-nb/files/uploads/one")
        assert cancelled.json() == {"is_received": True}
        gate.set()
        reply = answer.result(60)
    assert (reply.status_code, reply.json()["kind"]) == (409, "OperationCancelledError")
    for seen in platform.seen("POST", "/store"):
        assert len(seen.body) < int(seen.headers["Content-Length"])
    assert session.get("civis-nb/files").json() == []
    # It has ended, and its answer has told how.
    assert session.delete("civis-nb/files/uploads/one").json() == {"is_received": True}


def test_an_upload_is_cancelled_before_all_of_it_has_arrived(beside_slow, slow_platform):
    platform, gate = slow_platform
    gate.set()
    session = beside_slow.session()
    where, head = head_of_upload(session, "unwanted.txt&upload=one", 1000)
    _, again = head_of_upload(session, "unwanted.txt&upload=one", 5 * 1024**4)

    def status_of(head):
        with socket.create_connection(where, timeout=60) as connection:
            connection.sendall(head)
            reply = http.client.HTTPResponse(connection)
            reply.begin()
            return reply.status

    with socket.create_connection(where, timeout=60) as connection:
        connection.sendall(head + b"x" * 999)
        # There is no room for the other one; it is refused for its id once the first is known.
        until(lambda: status_of(again) == 400, "the upload's beginning")
        cancelled = session.delete("civis-nb/files/uploads/one")
        assert cancelled.json() == {"is_received": False}
        connection.sendall(b"x")
        reply = http.client.HTTPResponse(connection)
        reply.begin()
        assert json.loads(reply.read())["kind"] == "OperationCancelledError"
    assert platform.seen("POST", "/files") == []


@pytest.mark.parametrize(
    ("name", "saved"),
    [
        ("a.csv", "a.csv"), ("../../etc/passwd", "passwd"), ("C:\\x\\y.txt", "y.txt"),
        ('q"uo\r\nte.txt', "q_uo__te.txt"), ("..", "file"), ("", "file"), ("a/", "file"),
        (".bashrc", "bashrc"), ("x\u202etxt.exe", "x_txt.exe"), ("é.csv", "_.csv"),
    ],
)  # fmt: skip
def test_names_of_downloads_lead_nowhere_else(name, saved):
    assert f'filename="{saved}"' in attachment(name)
    assert "\n" not in attachment(name)
