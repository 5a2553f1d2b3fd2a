"""Where a client's specification comes from: a file, an object, the disk's cache, the server."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from civis_nb._wire_text import masked_url
from civis_nb.errors import (
    CivisAPIError,
    CivisAPIKeyError,
    CivisArgumentError,
    CivisClientError,
    CivisSpecError,
)
from civis_nb.spec.parse import check_document, parse_spec, read_document

if TYPE_CHECKING:
    from civis_nb.spec.cache import SpecCache
    from civis_nb.spec.model import Spec
    from civis_nb.transport.session import Session

__all__ = ["downloaded_spec", "local_document", "local_spec"]

_KEY_HINT = (
    " That was the question for the API's specification, so the key itself is refused: it may be "
    "wrong or have expired. Make a new one under My Profile on Civis Platform (a local platform "
    "prints its own when it starts) and set CIVIS_API_KEY."
)


def local_spec(source: Mapping[str, Any] | str | os.PathLike[str]) -> Spec:
    """Return the specification of a file or an object.

    Raises
    ------
    CivisSpecError
        When the file can't be read, or holds no specification.
    CivisArgumentError
        When `source` is neither.
    """
    return parse_spec(local_document(source), _name_of(source))


def _name_of(source: Mapping[str, Any] | str | os.PathLike[str]) -> str:
    return "local_api_spec" if isinstance(source, Mapping) else str(Path(source))


def local_document(source: Mapping[str, Any] | str | os.PathLike[str]) -> Mapping[str, Any]:
    """Return the document of a specification, from a file or an object.

    Raises
    ------
    CivisSpecError
        When the file can't be read, or holds no specification.
    CivisArgumentError
        When `source` is neither.
    """
    if isinstance(source, Mapping):
        return check_document(source, "local_api_spec")
    if not isinstance(source, (str, os.PathLike)):
        raise CivisArgumentError(
            "local_api_spec must be a path or the specification itself, not "
            f"{type(source).__name__}: {source!r:.80}."
        )
    return read_document(Path(source))


def downloaded_spec(session: Session, cache: SpecCache, refresh: bool) -> Spec:
    """Return the server's specification: the one kept on disk while it is fresh.

    Raises
    ------
    CivisAPIKeyError
        When the server refuses the key.
    CivisSpecError
        When what it answers is no specification.
    CivisAPIError, CivisConnectionError
        When it does not answer, or with another error.
    """
    kept = None if refresh else cache.read()
    if kept is not None and kept.is_fresh():
        return kept.spec()
    conditions = {} if kept is None else kept.conditions()
    try:
        answer = session.call("GET", "endpoints", headers=conditions, accept=frozenset({304}))
    except CivisAPIError as error:
        refused = error if error.status_code in (401, 403) else None
        if refused is None:
            raise
    except CivisClientError as error:
        raise CivisSpecError(f"There is no API specification: {error}") from None
    else:
        response, document = answer
        if response.status_code == 304 and kept is not None:
            return cache.renew(kept).spec()
        source = f"What {masked_url(session.base_url)}endpoints answered ({response.status_code})"
        return cache.write(check_document(document, source), response.headers).spec()
    refused.error_message = refused.error_message.rstrip(". ") + "." + _KEY_HINT
    refused.args = (refused.error_message,)
    refused.__class__ = CivisAPIKeyError
    raise refused
