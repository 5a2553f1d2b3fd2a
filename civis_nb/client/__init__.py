"""The client: APIClient, its resources and responses."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from civis_nb.client.client import APIClient

__all__ = ["APIClient"]


def __getattr__(name: str) -> Any:
    # The modules below import each other by way of this package: it imports none of them.
    if name == "APIClient":
        from civis_nb.client.client import APIClient

        return APIClient
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
