"""The path of a specification of the API, at the path that scripts import it from."""

from __future__ import annotations

from typing import Any

from civis_nb.errors import CivisDependencyError
from civis_nb.spec.browse import BUNDLED

__all__ = ["API_SPEC_PATH"]

#: Every operation of Civis Platform, as the local platform serves it.
API_SPEC_PATH = str(BUNDLED)

_INSTEAD = {
    "CACHED_SPEC_PATH": "API_SPEC_PATH is the specification that comes with the package",
    "cache_api_spec": "`civis-nb spec` shows and stores it, and APIClient() keeps it on disk",
    "generate_classes": "APIClient(local_api_spec=...) makes the resources of a specification",
    "generate_classes_maybe_cached": "APIClient(local_api_spec=...) makes the resources",
    "get_api_spec": "APIClient().spec is the specification of the server",
}


def __getattr__(name: str) -> Any:
    if name in _INSTEAD:
        raise CivisDependencyError(
            f"civis_nb.resources has no {name}: clients are made without it. {_INSTEAD[name]}."
        )
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
