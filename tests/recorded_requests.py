"""The requests that the official specification records, as arguments of methods."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit


def recorded_requests(path: Path) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Return verb, path and arguments by name of each."""
    from civis_nb.spec.names import argument_name

    paths = json.loads(path.read_bytes())["paths"]
    for name, operations in paths.items():
        pattern = re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", name.strip("/"))
        for verb, operation in operations.items():
            for example in operation.get("x-examples") or ():
                for request in example["requests"]:
                    url = urlsplit(request["request_path"])
                    found = re.fullmatch(pattern, url.path.strip("/"))
                    given: dict[str, Any] = dict(_pairs(url.query))
                    given.update(json.loads(request["request_body"] or "{}"))
                    given.update({k: unquote(v) for k, v in found.groupdict().items()})
                    arguments = {argument_name(key): value for key, value in given.items()}
                    yield verb.upper(), name.strip("/"), arguments


def _pairs(query: str) -> Iterator[tuple[str, Any]]:
    lists: dict[str, list[str]] = {}
    for key, value in parse_qsl(query, keep_blank_values=True):
        if key.endswith("[]"):
            lists.setdefault(key[:-2], []).append(value)
        else:
            yield key, value
    yield from lists.items()
