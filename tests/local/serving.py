"""Requests to a platform that was started or stopped."""

from __future__ import annotations

import socket
from urllib.parse import urlsplit

import requests


def me(platform) -> requests.Response:
    return requests.get(platform.endpoint + "/users/me", auth=(platform.api_key, ""), timeout=30)


def refuses(endpoint: str) -> bool:
    address = urlsplit(endpoint)
    with socket.socket() as attempt:
        return attempt.connect_ex((address.hostname, address.port)) != 0


def new_file(platform, content: bytes) -> int:
    auth = (platform.api_key, "")
    url = platform.endpoint + "/files"
    made = requests.post(url, json={"name": "a"}, auth=auth, timeout=30).json()
    files = {**made["uploadFields"], "file": content}
    assert requests.post(made["uploadUrl"], files=files, timeout=30).ok
    return made["id"]


def file_of(platform, file_id: int) -> dict:
    url = f"{platform.endpoint}/files/{file_id}"
    return requests.get(url, auth=(platform.api_key, ""), timeout=30).json()
