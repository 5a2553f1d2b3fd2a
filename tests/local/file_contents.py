"""Uploads and downloads of files, for tests of several modules."""

from __future__ import annotations

import zlib
from base64 import b64encode

import requests


def crc32(content: bytes) -> str:
    return b64encode(zlib.crc32(content).to_bytes(4, "big")).decode()


def upload(http, name: str, content: bytes, **details) -> int:
    made = http.json("POST", "/files", json={"name": name, **details})
    answer = requests.post(
        made["uploadUrl"],
        files={**made["uploadFields"], "file": ("temporary", content)},
        timeout=30,
    )
    assert answer.status_code < 300, answer.text
    assert answer.headers["x-amz-checksum-crc32"] == crc32(content)
    return made["id"]


def downloaded(http, file_id: int) -> bytes:
    url = http.json("GET", f"/files/{file_id}")["fileUrl"]
    answer = requests.get(url, timeout=30)
    assert answer.headers["x-amz-checksum-crc32"] == crc32(answer.content)
    return answer.content
