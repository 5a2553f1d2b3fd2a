"""A local platform without samples, and plain HTTP to it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
import requests

from civis_nb.local import Platform, start


class Http:
    """Plain requests to one platform, as its user unless told otherwise."""

    def __init__(self, endpoint: str, api_key: str) -> None:
        self.endpoint = endpoint
        self.api_key = api_key
        self.session = requests.Session()
        self.session.auth = (api_key, "")

    def __call__(self, method: str, path: str, **arguments: Any) -> requests.Response:
        arguments.setdefault("allow_redirects", False)
        return self.session.request(method, self.endpoint + path, timeout=30, **arguments)

    def json(self, method: str, path: str, **arguments: Any) -> Any:
        answer = self(method, path, **arguments)
        assert answer.status_code < 400, answer.text
        return answer.json()


@pytest.fixture(scope="session")
def bare_platform() -> Iterator[Platform]:
    """A running platform with an empty database."""
    with start(samples=False) as platform:
        yield platform


@pytest.fixture(scope="session")
def http(bare_platform: Platform) -> Iterator[Http]:
    plain = Http(bare_platform.endpoint, bare_platform.api_key)
    yield plain
    plain.session.close()


@pytest.fixture(scope="session")
def http_of() -> Iterator[Callable[[Platform], Http]]:
    """Speak to another platform than the shared one."""
    made: list[Http] = []

    def speak(platform: Platform) -> Http:
        made.append(Http(platform.endpoint, platform.api_key))
        return made[-1]

    yield speak
    for plain in made:
        plain.session.close()


@pytest.fixture(scope="session")
def upload_to() -> Callable[[Http, bytes], int]:
    def upload(http: Http, content: bytes) -> int:
        made = http.json("POST", "/files", json={"name": "a.csv"})
        files = {**made["uploadFields"], "file": content}
        assert requests.post(made["uploadUrl"], files=files, timeout=30).ok
        return int(made["id"])

    return upload
