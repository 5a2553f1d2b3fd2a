"""Where a downloaded specification is kept, and for how long.

One file for each endpoint and key::

    civis_nb spec 1 <length of the header> <CRC-32 of the header>
    {"endpoint": …, "fetched_at": …, "etag": …, "index": {"jobs": [offset, length], …}}
    {"paths": …, "definitions": …}{"paths": …, "definitions": …}…

A process reads the header, and of the resources those that it uses, each with the definitions
that it needs. A file that is damaged, or of another endpoint or user, counts as none.
"""

from __future__ import annotations

import builtins
import contextlib
import json
import os
import sys
import time
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import NoneType
from typing import Any

from civis_nb._cache_folder import default_folder, is_private_file
from civis_nb._version import __version__
from civis_nb.errors import CivisSpecError
from civis_nb.spec.model import Operations, Spec
from civis_nb.spec.parse import group_by_resource, parse_resource

__all__ = [
    "MAX_AGE_INTERACTIVE_S",
    "MAX_AGE_S",
    "CachedSpec",
    "SpecCache",
    "default_folder",
    "newest",
]

MAX_AGE_S = 24 * 3600.0
MAX_AGE_INTERACTIVE_S = 15 * 60.0
_FORGET_AFTER_S = 7 * 24 * 3600.0
_MAGIC = b"civis_nb spec 1"


def newest() -> Spec | None:
    """Return the specification that was kept last, of whatever endpoint; None where none is."""
    found: list[tuple[float, Path]] = []
    with contextlib.suppress(OSError):
        found = [(path.stat().st_mtime, path) for path in default_folder().glob("spec-*.civis")]
    for _, path in sorted(found, reverse=True):
        with contextlib.suppress(OSError):
            kept = _opened(path.read_bytes(), path) if is_private_file(path) else None
            if kept is not None and kept.is_whole():
                return kept.spec()
    return None


def _is_interactive() -> bool:
    return hasattr(sys, "ps1") or hasattr(builtins, "__IPYTHON__")


@dataclass(frozen=True, slots=True)
class CachedSpec:
    """A specification as it lies on the disk.

    Attributes
    ----------
    header
        Endpoint, time, ETag, and where each resource is.
    body
        All resources.
    path
        The file.
    """

    header: dict[str, Any]
    body: bytes
    path: Path

    def is_fresh(self, now: float | None = None) -> bool:
        """Return whether it may be used without asking the server."""
        if self.header.get("client") != __version__:
            # The local platform, and what is kept here, may have changed with the version.
            return False
        age = (time.time() if now is None else now) - float(self.header["fetched_at"])
        most = MAX_AGE_INTERACTIVE_S if _is_interactive() else MAX_AGE_S
        return 0 <= age < most

    def conditions(self) -> dict[str, str]:
        """Return the request headers that ask for a changed specification only."""
        names = {"etag": "If-None-Match", "last_modified": "If-Modified-Since"}
        values = {name: self.header.get(key) or "" for key, name in names.items()}
        return {
            name: text
            for name, text in values.items()
            if text and text.isascii() and text.isprintable()
        }

    def spec(self) -> Spec:
        """Return the model; what is damaged is found before it is used."""
        return Spec(self._resource, list(self.header["index"]), str(self.path))

    def _resource(self, resource: str) -> Operations:
        """Parse one resource of the kept specification."""
        offset, length = self.header["index"][resource]
        try:
            raw = json.loads(self.body[offset : offset + length])
            paths, definitions = raw["paths"], raw["definitions"]
        except (ValueError, KeyError, TypeError):
            raise CivisSpecError(
                f"The specification that is kept in {self.path} is damaged: delete the file, or "
                "give APIClient(force_refresh_api_spec=True)."
            ) from None
        return parse_resource(resource, paths, definitions, str(self.path))

    def is_whole(self) -> bool:
        """Return whether every resource is as it was written."""
        return bool(zlib.crc32(self.body) == self.header["crc"])


class SpecCache:
    """The file of one endpoint and key.

    Parameters
    ----------
    endpoint
        The address of the API.
    api_key
        The key; only a hash of it and the endpoint is in the file's name.
    """

    def __init__(self, endpoint: str, api_key: str) -> None:
        # Imported here: not every process has a cache, and none writes at its start.
        import hashlib

        digest = hashlib.sha256(f"{endpoint}\0{api_key}".encode()).hexdigest()[:40]
        self._endpoint = endpoint
        self.path = default_folder() / f"spec-{digest}.civis"

    def read(self) -> CachedSpec | None:
        """Return what is kept; None where there is nothing that can be trusted."""
        try:
            if not is_private_file(self.path):
                return None
            content = self.path.read_bytes()
        except OSError:
            return None
        kept = _opened(content, self.path)
        if kept is None or kept.header.get("endpoint") != self._endpoint or not kept.is_whole():
            return None
        return kept

    def write(self, document: Mapping[str, Any], headers: Mapping[str, str]) -> CachedSpec:
        """Store a specification, and return it without what no method needs.

        A disk that can't be written only costs the next process time, and is no error.

        Raises
        ------
        CivisSpecError
            When `document` is no specification.
        """
        definitions = document.get("definitions") or {}
        index: dict[str, tuple[int, int]] = {}
        parts: list[bytes] = []
        offset = 0
        for resource, paths in group_by_resource(document, self._endpoint).items():
            part = _slice(paths, definitions)
            index[resource] = (offset, len(part))
            parts.append(part)
            offset += len(part)
        header = {
            "endpoint": self._endpoint,
            "client": __version__,
            "fetched_at": time.time(),
            "etag": headers.get("ETag"),
            "last_modified": headers.get("Last-Modified"),
            "index": index,
        }
        return self._store(header, b"".join(parts))

    def renew(self, kept: CachedSpec) -> CachedSpec:
        """Record that the server has no newer one."""
        header = {**kept.header, "client": __version__, "fetched_at": time.time()}
        return self._store(header, kept.body)

    def _store(self, header: dict[str, Any], body: bytes) -> CachedSpec:
        """Write a specification for later processes, where the disk allows it; return it."""
        header = {**header, "crc": zlib.crc32(body)}
        head = json.dumps(header).encode()
        first = b"%s %d %d\n" % (_MAGIC, len(head), zlib.crc32(head))
        with contextlib.suppress(OSError):
            self.path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            _write_whole(self.path, first + head + b"\n" + body)
            _forget_old(self.path.parent)
        return CachedSpec(header, body, self.path)


def _slice(paths: Mapping[str, Any], definitions: Mapping[str, Any]) -> bytes:
    """Return the JSON of one resource: its paths without examples, the definitions they need."""
    slim = {
        path: {
            verb: {key: value for key, value in operation.items() if key != "x-examples"}
            if isinstance(operation, Mapping)
            else operation
            for verb, operation in operations.items()
        }
        for path, operations in paths.items()
    }
    needed: dict[str, Any] = {}
    waiting: list[Any] = [slim]
    while waiting:
        value = waiting.pop()
        if isinstance(value, Mapping):
            reference = value.get("$ref")
            if isinstance(reference, str):
                name = reference.rpartition("/")[2]
                if name in definitions and name not in needed:
                    needed[name] = definitions[name]
                    waiting.append(definitions[name])
            waiting.extend(value.values())
        elif isinstance(value, list):
            waiting.extend(value)
    return json.dumps({"paths": slim, "definitions": needed}, separators=(",", ":")).encode()


def _opened(content: bytes, path: Path) -> CachedSpec | None:
    """Return the specification in a kept file; None when it is damaged or of another version."""
    first, _, rest = content.partition(b"\n")
    try:
        if not first.startswith(_MAGIC + b" "):
            return None
        length, crc = (int(word) for word in first[len(_MAGIC) :].split())
        head = rest[:length]
        if zlib.crc32(head) != crc:
            return None
        header = json.loads(head)
    except (ValueError, RecursionError):
        return None
    body = rest[length + 1 :]
    return CachedSpec(header, body, path) if _makes_sense(header, len(body)) else None


def _makes_sense(header: Any, length: int) -> bool:
    """Return whether a header has what this version writes, of a body of that length."""
    if not isinstance(header, dict) or not isinstance(header.get("index"), dict):
        return False
    if not all(isinstance(header.get(key), (int, float)) for key in ("fetched_at", "crc")):
        return False
    if not all(isinstance(header.get(key), (str, NoneType)) for key in ("etag", "last_modified")):
        return False
    for place in header["index"].values():
        if not (isinstance(place, list) and [type(number) for number in place] == [int, int]):
            return False
        if place[0] < 0 or place[1] < 2 or sum(place) > length:
            return False
    return True


def _write_whole(path: Path, content: bytes) -> None:
    """Write a file that has its name only when it is complete; readable by its owner alone."""
    import tempfile

    # mkstemp gives mode 0600.
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=".spec-")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def _forget_old(folder: Path) -> None:
    """Remove what is older than a week; each local platform leaves a file."""
    limit = time.time() - _FORGET_AFTER_S
    # Those that begin with a dot are of processes that ended while they wrote.
    for path in (*folder.glob("spec-*.civis"), *folder.glob(".spec-*")):
        if path.stat().st_mtime < limit:
            path.unlink(missing_ok=True)
