"""ServiceClient against a little HTTP service with a specification, behind a cookie."""

from __future__ import annotations

import http.server
import json
import socket
import threading
import traceback
from http.cookies import SimpleCookie

import pytest

import civis_nb
from civis_nb import ServiceClient
from civis_nb.client.response import Response
from civis_nb.errors import (
    CivisAPIError,
    CivisArgumentError,
    CivisClientError,
    CivisConnectionError,
    CivisInputError,
    CivisSpecError,
)
from civis_nb.tests import create_client_mock

ITEM = {"type": "object", "properties": {"itemName": {"type": "string"}}}
NAME = {"name": "name", "in": "path", "required": True, "type": "string"}
BODY = {"name": "item", "in": "body", "required": True,
        "schema": {**ITEM, "required": ["itemName"]}}  # fmt: skip
LIST = {"200": {"description": "", "schema": {"type": "array", "items": ITEM}}}
ONE = {"200": {"description": "", "schema": {"$ref": "#/definitions/Item"}}}
SPEC = {
    "swagger": "2.0",
    "definitions": {"Item": ITEM},
    "paths": {
        "/api/big-items": {
            "get": {"summary": "List items", "responses": LIST, "parameters": [
                {"name": "limit", "in": "query", "type": "integer"},
                {"name": "page_num", "in": "query", "type": "integer"},
            ]},
            "post": {"summary": "Make one", "responses": ONE, "parameters": [BODY]},
        },
        "/api/big-items/{name}": {
            "get": {"summary": "Get one", "responses": ONE, "parameters": [NAME]}
        },
    },
}  # fmt: skip


class Service(http.server.BaseHTTPRequestHandler):
    """Signs in by a token in the address, as the platform's services do."""

    protocol_version = "HTTP/1.1"

    def do_GET(self):
        self.server.seen.append((self.command, self.path, self.headers.get("Authorization")))
        path, _, query = self.path.partition("?")
        if path == "/login":
            if query != "token=secret-token":
                return self.answer(403, {})
            self.server.cookies += 1
            return self.answer(200, {}, cookie=f"session={self.server.cookies}")
        cookie = SimpleCookie(self.headers.get("Cookie") or "").get("session")
        if cookie is None or int(cookie.value) <= self.server.expired:
            return self.answer(401, {"error": "unauthorized"})
        if path == "/endpoints":
            return self.answer(200, SPEC)
        if path == "/no-json":
            return self.answer(200, None, text="<html>hello</html>")
        if path == "/openapi":
            return self.answer(200, {"openapi": "3.0.1", "paths": {}})
        if path == "/api/big-items":
            pages = {"1": [{"itemName": "a"}, {"itemName": "b"}], "2": []}
            return self.answer(200, pages["2" if "page_num=2" in query else "1"])
        if path.startswith("/api/big-items/"):
            name = path.rpartition("/")[2]
            return self.answer(404 if name == "none" else 200, {"itemName": name})
        return self.answer(404, {"error": "not_found"})

    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.seen.append((self.command, self.path, self.headers.get("Authorization")))
        if body["item_name"] == "overload":
            return self.answer(503, {"error": "overload"})
        return self.answer(200, {"itemName": body["item_name"]})

    def answer(self, status, value, cookie=None, text=None):
        content = (text or json.dumps(value)).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        if cookie:
            self.send_header("Set-Cookie", cookie)
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_):
        pass


@pytest.fixture
def server():
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Service)
    server.seen, server.cookies, server.expired = [], 0, 0
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def platform(server):
    """A mock of the platform's client, which knows the service."""
    address = f"http://127.0.0.1:{server.server_port}"
    client = create_client_mock()
    client.services.get.return_value = Response({
        "id": 7, "currentUrl": address,
        "currentDeployment": {"displayUrl": f"{address}/login?token=secret-token"},
    })  # fmt: skip
    return client


@pytest.fixture
def service(platform):
    return ServiceClient(7, root_path="/api", client=platform)


def test_methods_are_those_of_the_specification(service, server):
    assert [one for one in dir(service) if one.startswith("big")] == ["big_items"]
    assert [item.item_name for item in service.big_items.list()] == ["a", "b"]
    assert [item.item_name for item in service.big_items.list(iterator=True)] == ["a", "b"]
    assert service.big_items.get("x").item_name == "x"
    assert service.big_items.post("new").item_name == "new"
    assert service.get_base_url() == f"http://127.0.0.1:{server.server_port}/"
    assert all(key is None for _, _, key in server.seen)
    assert server.cookies == 1


def test_mistakes_are_refused_with_the_nearest(service):
    with pytest.raises(AttributeError, match="Did you mean big_items"):
        service.bigitems  # noqa: B018
    with pytest.raises(AttributeError, match="Did you mean get"):
        service.big_items.gett  # noqa: B018
    with pytest.raises(CivisArgumentError, match="no argument 'nam'"):
        service.big_items.get(nam="x")
    with pytest.raises(CivisAPIError, match="404"):
        service.big_items.get("none")


def test_an_expired_cookie_is_renewed_once(service, server):
    server.expired = 1
    assert service.big_items.get("x").item_name == "x"
    assert server.cookies == 2
    server.expired = 99
    with pytest.raises(CivisAPIError, match="401") as caught:
        service.big_items.get("x")
    assert server.cookies == 3
    assert "secret-token" not in str(caught.value) + repr(service)


def test_a_refused_sign_in_is_told_without_the_token(platform):
    deployment = platform.services.get.return_value.json(snake_case=False)
    deployment["currentDeployment"]["displayUrl"] += "-expired"
    platform.services.get.return_value = Response(deployment)
    with pytest.raises(CivisClientError, match=r"Service 7 refuses the sign-in \(403\)") as caught:
        ServiceClient(7, client=platform)
    assert "secret-token" not in str(caught.value)


@pytest.mark.parametrize("path", ["login?token=secret-token", "login/secret-token"])
def test_a_sign_in_without_an_answer_is_told_without_the_token(platform, monkeypatch, path):
    monkeypatch.setenv("CIVIS_NB_FAILURE_BUDGET_S", "0.1")
    deployment = platform.services.get.return_value.json(snake_case=False)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))  # nobody listens
        address = f"http://127.0.0.1:{free.getsockname()[1]}/{path}"
        deployment["currentDeployment"]["displayUrl"] = address
        platform.services.get.return_value = Response(deployment)
        with pytest.raises(CivisConnectionError, match="No connection") as caught:
            ServiceClient(7, client=platform)
    assert "secret-token" not in "".join(traceback.format_exception(caught.value))


def test_a_post_that_may_be_done_is_not_repeated(service, server):
    with pytest.raises(CivisAPIError, match="may have done the work"):
        service.big_items.post("overload")
    assert [verb for verb, _, _ in server.seen].count("POST") == 1


def test_the_root_path_ends_with_a_word(platform):
    paths = {
        "/apis": SPEC["paths"]["/api/big-items"],
        "/api/items": SPEC["paths"]["/api/big-items"],
    }
    spec = {**SPEC, "paths": paths}
    service = ServiceClient(7, root_path="/api", client=platform, local_api_spec=spec)
    assert {"apis", "items"} <= set(dir(service))


def test_raw_answers_and_a_given_specification(platform, tmp_path):
    path = tmp_path / "spec.json"
    path.write_text(json.dumps(SPEC))
    for spec in (SPEC, path, str(path)):
        service = ServiceClient(
            7, root_path="/api", client=platform, local_api_spec=spec, return_type="raw"
        )
        assert service.big_items.get("x").json() == {"itemName": "x"}


def test_the_specification_can_be_kept_and_given(service, platform, server):
    kept = json.loads(json.dumps(service.get_api_spec()))
    asked = len(server.seen)
    again = ServiceClient(7, root_path="/api", client=platform, local_api_spec=kept)
    assert len(server.seen) == asked
    assert again.big_items.get("x").item_name == "x"


@pytest.mark.parametrize(
    ("swagger_path", "message"),
    [("/openapi", "OpenAPI 3.0.1"), ("/no-json", "no specification at /no-json")],
)
def test_what_is_no_specification_is_told(platform, swagger_path, message):
    with pytest.raises(CivisSpecError, match=message):
        ServiceClient(7, swagger_path=swagger_path, client=platform)


@pytest.mark.exhaustive
def test_a_service_without_an_address_and_a_wrong_type_are_refused(platform):
    with pytest.raises(CivisInputError, match="return_type can't be 'pandas'"):
        ServiceClient(7, client=platform, return_type="pandas")
    with civis_nb.local.start(samples=False) as local:
        client = local.client()
        made = client.services.post(name="an app")
        with pytest.raises(CivisInputError, match=f"Service {made.id} has no address"):
            ServiceClient(made.id, client=client)
