"""The specification that ``GET /endpoints`` serves: made from the handlers, kept ready.

Making it takes most of a second, which every first client of a fresh platform would wait for.
So it lies ready in civis_nb/spec/bundled.json, together with the fingerprint of the code that
it was made from; code that has changed since is never served an old document.
``python -m civis_nb.local.http.specification`` writes it anew.
"""

from __future__ import annotations

import hashlib
import json
import threading
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from fastapi import FastAPI

from civis_nb.local.errors import Invalid
from civis_nb.local.http.official import TABLE, with_unserved
from civis_nb.local.http.swagger import to_openapi3, to_swagger

__all__ = ["BUNDLED", "Specification", "bundle", "fingerprint"]

_LOCAL = Path(__file__).parents[1]
BUNDLED = _LOCAL.parent / "spec" / "bundled.json"
_FINGERPRINT = "x-fingerprint"
#: FastAPI silences warnings while it makes a document, which is the whole process's matter: of
#: two at a time, one would let the other's warnings through to the notebook.
_one_at_a_time = threading.Lock()


def fingerprint() -> str:
    """Return the fingerprint of the code that the specification is made from."""
    http = _LOCAL / "http"
    sources = [http / "swagger.py", http / "wire.py", http / "official.py", TABLE]
    sources += [_LOCAL.parent / "spec" / "names.py"]  # the names of fields
    sources += (_LOCAL / "endpoints").rglob("*.py")
    sources += (_LOCAL / "records").rglob("*.py")
    digest = hashlib.sha256()
    for path in sorted(sources):
        digest.update(path.relative_to(_LOCAL.parent).as_posix().encode())
        digest.update(path.read_bytes().replace(b"\r\n", b"\n"))
    return digest.hexdigest()


def bundle(app: FastAPI) -> str:
    """Write the document that is kept, as text."""
    document = to_swagger(with_unserved(app.openapi()), "http://127.0.0.1")
    return json.dumps({**document, _FINGERPRINT: fingerprint()}, indent=1) + "\n"


class Specification:
    """The specification of one application, in each version written once."""

    def __init__(self, app: FastAPI, endpoint: str) -> None:
        self._app = app
        self._endpoint = endpoint
        self._written: dict[str, tuple[bytes, str]] = {}

    @classmethod
    def of(cls, app: FastAPI, endpoint: str) -> Specification:
        """Return the specification of `app`, made when first needed."""
        with _one_at_a_time:
            known: Specification | None = getattr(app.state, "specification", None)
            if known is None:
                known = app.state.specification = cls(app, endpoint)
            return known

    def written(self, version: str | None) -> tuple[bytes, str]:
        """Return the document as JSON, and its ETag.

        Raises
        ------
        Invalid
            When there is no such version.
        """
        wanted = version or "2.0"
        with _one_at_a_time:
            if wanted not in self._written:
                body = json.dumps(self._document(wanted), separators=(",", ":")).encode()
                self._written[wanted] = (body, f'"{hashlib.sha256(body).hexdigest()[:32]}"')
            return self._written[wanted]

    def _document(self, version: str) -> dict[str, Any]:
        """Return the document in one version of OpenAPI."""
        if version not in ("2.0", "3.0"):
            raise Invalid(f"openapi_version can be 2.0 or 3.0, not {version!r}.")
        kept = self._kept() if version == "2.0" else None
        if kept is not None:
            return kept
        convert = to_swagger if version == "2.0" else to_openapi3
        return convert(with_unserved(self._app.openapi()), self._endpoint)

    def _kept(self) -> dict[str, Any] | None:
        """Return the bundled document; None when the code has changed since."""
        try:
            document: dict[str, Any] = json.loads(BUNDLED.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return None
        if document.pop(_FINGERPRINT, None) != fingerprint():
            return None
        address = urlsplit(self._endpoint)
        return {**document, "host": address.netloc, "schemes": [address.scheme]}


def _main() -> None:
    from civis_nb.local.app import build_api

    BUNDLED.write_text(bundle(build_api()), encoding="utf-8")


if __name__ == "__main__":
    _main()
