"""Forms with which files are uploaded: what comes before the content is bounded."""

from __future__ import annotations

import asyncio
import re
import socket
from types import SimpleNamespace
from urllib.parse import urlsplit

import pytest
import requests

from civis_nb.local.http import transfers

pytestmark = pytest.mark.exhaustive


def _form_of(fields):
    """Return the body of a form, and its header."""
    parts = (
        f'--x-\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
        for name, value in fields
    )
    return "".join(parts).encode(), {"Content-Type": "multipart/form-data; boundary=x-"}


@pytest.mark.parametrize(
    "fields",
    [
        [(f"f{i}", "1") for i in range(5000)],
        [("f", "1" * 300_000)],
        [(f"f{i}", "1" * 50_000) for i in range(8)],
        [("f" * 300_000, "1")],
    ],
    ids=["many", "long", "long together", "long name"],
)
def test_what_comes_before_the_file_of_a_form_is_bounded(http, fields):
    made = http.json("POST", "/files", json={"name": "a"})
    body, headers = _form_of(fields)
    answer = requests.post(made["uploadUrl"], data=body, headers=headers, timeout=30)
    assert answer.status_code == 400
    assert re.search("more than|Maximum header size", answer.text)


def test_a_form_without_signature_opens_no_file(bare_platform, http):
    made = http.json("POST", "/files", json={"name": "a"})
    body, headers = _form_of([("key", "files/1"), ("file", "content")])
    answers = []
    before = set((bare_platform.state / "blobs").iterdir())

    def pieces():
        yield body
        # The platform has the file's first bytes; it answers at once, and has written nothing.
        answers.append(set((bare_platform.state / "blobs").iterdir()) - before)
        yield b"\r\n--x---\r\n"

    answer = requests.post(made["uploadUrl"], data=pieces(), headers=headers, timeout=30)
    assert answer.status_code == 403
    assert answers == [set()]
    assert set((bare_platform.state / "blobs").iterdir()) == before


def test_a_form_whose_signature_does_not_come_is_not_waited_for(http, monkeypatch):
    monkeypatch.setattr(transfers, "SIGNATURE_DEADLINE_S", 0.2)
    made = http.json("POST", "/files", json={"name": "a"})
    address = urlsplit(made["uploadUrl"])
    body, headers = _form_of([("key", f"files/{made['id']}")])
    head = f"POST {address.path} HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\n"
    head += "".join(f"{name}: {value}\r\n" for name, value in headers.items()) + "\r\n"
    with socket.create_connection((address.hostname, address.port), timeout=30) as connection:
        connection.sendall(head.encode() + body)
        # To its end: the platform closes the connection.
        reply = b"".join(iter(lambda: connection.recv(4096), b""))
    assert reply.startswith(b"HTTP/1.1 408")
    assert b"signed fields" in reply


@pytest.mark.parametrize("opens", ["before", "meanwhile"])
def test_content_after_a_signature_may_take_its_time(monkeypatch, opens):
    monkeypatch.setattr(transfers, "SIGNATURE_DEADLINE_S", 0.0)
    form = SimpleNamespace(is_open=opens == "before")
    calls = []

    async def receive():
        calls.append(len(calls))
        for _ in range(5):
            form.is_open = True
            await asyncio.sleep(0)
        return {"type": "http.request", "body": b"late"}

    async def received():
        return await transfers._timely(receive, form)()

    assert asyncio.run(received())["body"] == b"late"
    assert len(calls) == (1 if opens == "before" else 2)


def test_fields_are_read_when_they_come():
    async def batches(sizes):
        messages = [{"type": "http.request", "body": b"x" * s, "more_body": True} for s in sizes]
        messages.append({"type": "http.request", "body": b"", "more_body": False})
        stream = iter(messages)

        async def receive():
            return next(stream)

        return [len(batch) async for batch in transfers._batches(receive)]

    assert asyncio.run(batches([100, 50, 60, 300])) == [100, 110, 300]
    many = asyncio.run(batches([65536] * 100))
    assert sum(many) == 100 * 65536
    assert len(many) < 15
