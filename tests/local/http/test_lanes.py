"""Requests when there are many: look-ups pass by work, and what is too much is refused."""

from __future__ import annotations

import asyncio
import json
import socket
from base64 import b64encode
from urllib.parse import urlsplit

import pytest

from civis_nb.local.errors import Busy
from civis_nb.local.http.errors import error_headers, error_status
from civis_nb.local.http.lanes import Lane

#: More than the server has threads.
MANY = 80
START = {"type": "http.response.start", "status": 200}


def _send(http, method, path, body):
    """Send a request on a connection of its own, and return the connection."""
    address = urlsplit(http.endpoint)
    content = json.dumps(body).encode()
    key = b64encode(f"{http.api_key}:".encode()).decode()
    connection = socket.create_connection((address.hostname, address.port), timeout=60)
    connection.sendall(
        f"{method} {path} HTTP/1.1\r\nHost: platform\r\nConnection: close\r\n"
        f"Authorization: Basic {key}\r\nContent-Length: {len(content)}\r\n\r\n".encode()
        + content
    )
    return connection


def test_look_ups_are_answered_while_changes_wait(bare_platform, http):
    query = {"database": 1, "sql": "select 1", "previewRows": 1}
    http("GET", "/users/me")
    with bare_platform._context.store.begin():
        waiting = [_send(http, "POST", "/queries", query) for _ in range(MANY)]
        assert http("GET", "/users/me").status_code == 200
        assert http("GET", "/jobs").status_code == 200
    for connection in waiting:
        with connection, connection.makefile("rb") as answer:
            assert answer.readline().split()[1] == b"200"


async def _nothing():
    raise AssertionError


async def _ignore(_message):
    pass


def test_a_lane_answers_in_order_and_refuses_what_is_too_much():
    async def play():
        lane, go_on, done = Lane(at_once=1, longest_queue=2), asyncio.Event(), []

        async def app(scope, _receive, _send):
            await go_on.wait()
            done.append(scope["number"])

        def asked(number):
            return lane.answer(app, {"number": number}, _nothing, _ignore)

        tasks = []
        for number in range(3):
            tasks.append(asyncio.create_task(asked(number)))
            await asyncio.sleep(0)
        with pytest.raises(Busy, match="Nothing was done"):
            await asked(3)
        go_on.set()
        await asyncio.gather(*tasks)
        assert done == [0, 1, 2]
        await asked(4)
        assert done[-1] == 4

    asyncio.run(play())


def test_a_reply_that_is_read_slowly_holds_no_place():
    async def play():
        lane, done = Lane(at_once=1, longest_queue=0), []
        began, read_on = asyncio.Event(), asyncio.Event()

        async def app(scope, _receive, send):
            await send(START)
            if scope["number"] == 0:
                began.set()
                await read_on.wait()
            done.append(scope["number"])

        slow = asyncio.create_task(lane.answer(app, {"number": 0}, _nothing, _ignore))
        await began.wait()
        await lane.answer(app, {"number": 1}, _nothing, _ignore)
        read_on.set()
        await slow
        assert done == [1, 0]

    asyncio.run(play())


def test_a_place_is_free_again_after_a_failure():
    async def play():
        lane = Lane(at_once=1, longest_queue=0)
        for _ in range(2):
            with pytest.raises(ZeroDivisionError):
                await lane.answer(lambda *_: 1 / 0, {}, _nothing, _ignore)

    asyncio.run(play())


def test_a_busy_platform_says_when_to_try_again():
    busy = Busy("There is too much to do.")
    assert error_status(busy) == 503
    assert error_headers(busy) == {"Retry-After": "1"}
