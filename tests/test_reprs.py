"""Every public object shows itself: as text and HTML, always alike, without a call and a secret."""

from __future__ import annotations

import socket

import pandas as pd
import pyarrow as pa
import pytest
from IPython.core.formatters import DisplayFormatter

import civis_nb
import civis_nb.io as cio
from civis_nb import errors, spec
from civis_nb.display.bundle import Note
from civis_nb.display.tables import ResultTable
from civis_nb.frames.typed import FullResult
from civis_nb.futures import ContainerFuture, CustomScriptExecutor
from civis_nb.futures.executors import _ContainerShellExecutor
from civis_nb.magics.sql.background import FrameFuture
from civis_nb.magics.sql.fetching import Fetched

EVIL = "<img src=x onerror=alert(1)>"
SECRET = "s3cr3t0f5ign4ture"
TABLE = pa.table({"n": [1, 2, None], EVIL: [EVIL, None, ""]})


@pytest.fixture(scope="module")
def platform():
    with civis_nb.local.start(samples=False) as platform:
        yield platform


@pytest.fixture(scope="module")
def objects(platform):
    """Return every kind of public object, made while the platform can be reached."""
    client = platform.client()
    asked = platform.client()
    assert asked.username
    done = cio.query_civis("select 1 as n", "sample", client=client)
    done.result()
    failed = cio.query_civis("select nothing", "sample", client=client)
    error = failed.exception()
    script = client.scripts.post_containers(
        {"cpu": 100, "memory": 100},
        docker_image_name="civisanalytics/datascience-python",
        docker_command="echo 1",
    )
    run = client.scripts.post_containers_runs(script.id)
    container = ContainerFuture(script.id, run.id, client=client)
    container.result()
    pages = client.queries.list(hidden=True, limit=1, iterator=True)
    assert len(list(pages)) == 2
    shell = _ContainerShellExecutor(client=client)
    file_id = cio.dataframe_to_file(pd.DataFrame({"a": [1]}), client=client)
    background = FrameFuture(
        "A query", lambda: done, lambda _: Fetched(None, note="a note"), lambda error: error
    )
    background.result(60)
    table = ResultTable(TABLE, title=EVIL)
    stopped = civis_nb.local.start(samples=False)
    stopped.stop()
    found = {
        "client": client,
        "client that knows its user": asked,
        "resource": client.scripts,
        "response": civis_nb.Response({"name": EVIL, "token": SECRET, "nested": {"a": [1]}}),
        "list": client.databases.list(),
        "empty list": civis_nb.ListResponse([]),
        "pages": pages,
        "pages before the first": client.jobs.list(iterator=True),
        "response with a link": civis_nb.Response({"url": f"https://h/f?Signature={SECRET}"}),
        "run": client.scripts.get_containers_runs(script.id, run.id),
        "file": client.files.get(file_id),
        "future that succeeded": done,
        "future that failed": failed,
        "future of a container": container,
        "background": background,
        "failure": error,
        "executor": shell,
        "executor of templates": CustomScriptExecutor(1, client=client),
        "platform": platform,
        "platform that stopped": stopped,
        "specification": client._spec,
        "search": spec.search("scripts post"),
        "table": table,
        "preview": ResultTable([["1"]], columns=["n"], full=FullResult(False)),
        "profile": table.profile(),
        "note": Note(EVIL),
    }
    for name in errors.__all__:
        kind = getattr(errors, name)
        if not issubclass(kind, errors.CivisAPIError):
            found[name] = kind(f"what happened to {EVIL}")
    return found


@pytest.fixture
def no_sockets(monkeypatch):
    def refuse(*_, **__):
        raise AssertionError("a display made a call")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket.socket, "send", refuse)
    monkeypatch.setattr(socket.socket, "sendall", refuse)


def test_every_public_object_has_text_and_html(objects, platform, no_sockets):
    for name, value in objects.items():
        bundles = []
        for _ in range(2):
            data, _ = DisplayFormatter().format(value)
            bundles.append({kind: data.get(kind) for kind in ("text/plain", "text/html")})
        bundle = bundles[0]
        assert bundle == bundles[1], name
        assert bundle["text/html"], f"{name} has no HTML"
        text, html = bundle["text/plain"], bundle["text/html"]
        assert " at 0x" not in text + html, name
        assert "object at" not in text + html, name
        assert "<img" not in html, name
        for secret in (SECRET, platform.api_key):
            assert secret not in text + html + repr(value), name
        assert len(text) < 10_000, name


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("client", "<APIClient at http://127.0.0.1"),
        ("client that knows its user", " as "),
        ("resource", "delete_containers_runs "),
        ("resource", "more: dir(client.scripts)"),
        ("pages", "pages 1 to 2: 2 items, which is all>"),
        ("pages before the first", "nothing fetched yet"),
        ("future that succeeded", "succeeded"),
        ("future that failed", "failed"),
        ("future of a container", "job "),
        ("background", "a note"),
        ("executor", "ContainerShellExecutor"),
        ("platform", "<local platform at http://127.0.0.1"),
        ("platform that stopped", "has stopped"),
        ("search", "scripts.post"),
        ("preview", "1 of the first 1 row; the total is not known"),
    ],
)
def test_what_a_text_says(objects, no_sockets, name, says):
    data, _ = DisplayFormatter().format(objects[name])
    assert says in data["text/plain"]


def test_showing_pages_fetches_and_consumes_nothing(platform):
    client = platform.client()
    for n in range(3):
        client.projects.post(f"project {n}", "one of three")
    pages = client.projects.list(limit=1, iterator=True)
    for _ in range(3):
        DisplayFormatter().format(pages)
    assert "nothing fetched yet" in repr(pages)
    assert len({one.id for one in pages}) >= 3
    assert "which is all" in repr(pages)
