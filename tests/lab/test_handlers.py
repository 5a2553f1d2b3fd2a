"""Every address of the extension: who may ask it, and what a wrong question is answered."""

from __future__ import annotations

import os
import re

import pytest
import requests
from tornado.web import RequestHandler

from civis_nb.lab import handlers
from civis_nb.lab.http import Handler
from tests.lab.conftest import started
from tests.lab.events import Events

pytestmark = pytest.mark.exhaustive

METHODS = ("get", "post", "put", "patch", "delete")


def registered():
    """Return all addresses with their handlers, as they are registered."""

    class Application:
        settings = {"base_url": "/"}  # noqa: RUF012 - a stand-in

        def add_handlers(self, _, found):
            self.found = found

    application = Application()
    handlers.add_handlers(application)
    for pattern, handler, *_ in application.found:
        yield re.sub(r"\(.*?\)", "1", pattern).lstrip("/"), handler


def routes():
    """Return all addresses with the methods that they answer."""
    for path, handler in registered():
        for method in METHODS:
            if getattr(handler, method) is not getattr(RequestHandler, method):
                yield path, method


ROUTES = sorted(routes())


@pytest.fixture(scope="module")
def read_only(tmp_path_factory, lab_platform):
    """Start a Jupyter server whose users may look, and change nothing."""
    folder = tmp_path_factory.mktemp("read-only")
    (folder / "looker.py").write_text(
        "from jupyter_server.auth import Authorizer\n"
        "class Looker(Authorizer):\n"
        "    def is_authorized(self, handler, user, action, resource):\n"
        "        return action == 'read' or resource != 'civis-nb'\n"
    )
    with started(
        folder / "jupyter",
        "jupyter_server",
        options=[
            "--ServerApp.authorizer_class=looker.Looker",
            "--ServerApp.allow_unauthenticated_access=False",
        ],
        CIVIS_API_ENDPOINT=lab_platform.endpoint,
        CIVIS_API_KEY=lab_platform.api_key,
        PYTHONPATH=os.pathsep.join([str(folder), os.environ.get("PYTHONPATH", "")]),
    ) as server:
        yield server


def test_there_are_routes():
    assert ("civis-nb/complete", "post") in ROUTES
    assert ("civis-nb/platform", "post") in ROUTES


def test_every_handler_is_of_the_kind_that_checks_who_asks():
    assert [path for path, handler in registered() if not issubclass(handler, Handler)] == []
    with pytest.raises(TypeError, match=r"Open\.get needs @allowed"):

        class Open(Handler):
            async def get(self):
                pass


@pytest.mark.parametrize("strict", [False, True])
@pytest.mark.parametrize(("path", "method"), ROUTES)
def test_nobody_without_a_token_is_answered(api_server, read_only, path, method, strict):
    address = (read_only if strict else api_server).session().address(path)
    refused = requests.request(method, address, json={}, allow_redirects=False, timeout=60)
    # Jupyter Server sends pages to its login; what is none is refused.
    assert refused.status_code in (302, 403)
    assert "login" in refused.headers.get("Location", "login")


@pytest.mark.parametrize(("path", "method"), [one for one in ROUTES if one[1] != "get"])
def test_a_page_without_the_token_of_its_cookie_changes_nothing(api_server, path, method):
    session = api_server.session(as_page=True)
    refused = session.request(method, path, json={})
    assert refused.status_code == 403
    assert "_xsrf" in refused.text


#: What the checks of a request before any of its work need.
ARGUMENTS = {"name": "x", "topic": "platform"}


@pytest.mark.parametrize(("path", "method"), ROUTES)
def test_a_page_that_shows_another_platform_is_answered_nothing(api_server, path, method):
    asked = {**ARGUMENTS, "platform": "another"}
    refused = api_server.session().request(method, path, params=asked, json={})
    assert refused.status_code == 409, refused.text
    assert refused.json()["kind"] == "PlatformChanged"
    assert refused.json()["problem"].startswith("Nothing was done")


def test_a_page_that_shows_the_platform_of_the_server_is_answered(api_server):
    session = api_server.session()
    shown = {"platform": session.get("civis-nb/platform").json()["id"]}
    for path in ("platform", "databases", "files"):
        assert session.get(f"civis-nb/{path}", params=shown).status_code == 200
    with Events(api_server, "platform", **shown) as page:
        where = page.until(lambda: page.last.get("platform"), "the platform")["where"]
    assert (where["id"], where["kind"]) == (shown["platform"], "local")


def test_pages_hear_that_another_one_changes_where_the_server_works(api_server):
    session = api_server.session()
    with Events(api_server, "platform") as page:
        page.until(lambda: page.last, "the first event")
        session.post("civis-nb/platform/database", json={"name": "sample"})
        page.until(lambda: page.last["platform"]["where"]["database"] == "sample", "the change")
        session.post("civis-nb/platform/database", json={"name": None})
        page.until(lambda: page.last["platform"]["where"]["database"] is None, "the way back")


#: What is asked by POST as it is long, and changes nothing.
READS_BY_POST = ("complete", "format", "explain", "statement")


@pytest.mark.parametrize(("path", "method"), [one for one in ROUTES if one[1] != "get"])
def test_who_may_only_read_changes_nothing(read_only, path, method):
    asked = read_only.session().request(method, path, json={})
    is_read = path.removeprefix("civis-nb/") in READS_BY_POST
    assert asked.status_code == (400 if is_read else 403), asked.text


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("complete", {}),
        ("complete", {"cell": 1, "offset": 0}),
        ("complete", {"cell": "%%civis_sql", "offset": -1}),
        ("complete", {"cell": "%%civis_sql", "offset": 12}),
        ("complete", {"cell": "%%civis_sql", "offset": 1, "variables": ["a"]}),
        ("complete", {"cell": "%%civis_sql", "offset": 1, "database": 5}),
        ("complete", []),
        ("format", {"cell": ["select 1"]}),
        ("format", {"cell": "%%civis_sql", "database": 5}),
        ("statement", {"cell": "%%civis_sql\nselect 1"}),
        ("statement", {"cell": "%%civis_sql\nselect 1", "offset": True}),
        ("statement", {"cell": "%%civis_sql\nselect 1", "offset": 99}),
        ("statement", {"cell": "%%civis_sql\nselect 1", "offset": 3, "explain": "yes"}),
        ("platform", {}),
        ("platform", {"use": "elsewhere"}),
        ("platform", {"use": True}),
        ("platform", ["local"]),
        ("platform/database", {"name": 5}),
        ("platform/database", {"name": "x" * 1001}),
        ("platform/local", {"action": "start"}),
        ("platform/local", {"action": None}),
    ],
)
def test_a_wrong_question_is_told_so(api_server, path, body):
    refused = api_server.session().post(f"civis-nb/{path}", json=body)
    assert refused.status_code == 400, refused.text
    assert "Traceback" not in refused.text


def test_sql_that_cannot_be_formatted_or_explained_has_a_reason(api_server):
    session = api_server.session()
    second = {"cell": "%%civis_sql\nselect 1\n%%civis_sql\nselect 2"}
    for path, body, reason in (
        ("format", {"cell": "%%civis_sql\nselect ("}, "the ( on line 1 of the SQL is not closed"),
        ("format", second, "line 3 begins another magic"),
        ("format", {"cell": "x = 1"}, "no SQL in the cell"),
        ("statement", {"cell": "%%civis_sql\nvacuum", "offset": 1, "explain": True}, "VACUUM"),
    ):
        reply = session.post(f"civis-nb/{path}", json=body)
        assert reply.status_code == 400, reply.text
        assert reason in reply.json()["problem"]
    reply = session.post("civis-nb/format", json={"cell": "%%civis_sql -q\nselect  1"})
    assert reply.json() == {"cell": "%%civis_sql -q\nselect 1"}


def test_what_is_no_json_is_told_so(api_server):
    refused = api_server.session().post("civis-nb/platform", data="{")
    assert refused.status_code == 400


#: Reads that have the server or the platform work, or keep something.
READS_THAT_WORK = {
    "data/preview": "?database=1&table=1",
    "data/profile": "?database=1&table=1",
    "databases": "?fresh=1",
    "events": "?topic=jobs:mine",
    "files/1": "",
}
READS_THAT_LOOK = {
    "data/columns", "data/tables", "data/uploads/1", "files", "files/1/content",
    "jobs", "jobs/1", "jobs/1/runs/1/log", "platform", "platform/local",
}  # fmt: skip


def test_it_is_known_of_every_read_whether_it_begins_work():
    reads = {path.removeprefix("civis-nb/") for path, method in ROUTES if method == "get"}
    assert reads == {*READS_THAT_WORK, *READS_THAT_LOOK}


@pytest.mark.parametrize("path", READS_THAT_WORK)
def test_a_page_from_elsewhere_begins_no_work(api_server, path):
    page = api_server.session(as_page=True)
    address = f"civis-nb/{path}{READS_THAT_WORK[path]}"
    assert page.get(address).status_code == 403
    if path != "events":  # which have no end
        token = page.cookies["_xsrf"]
        known = page.get(address, headers={"X-XSRFToken": token})
        assert known.status_code != 403
