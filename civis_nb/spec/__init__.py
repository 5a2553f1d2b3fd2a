"""The API specification as data: `describe` an operation, `search`, write a `stub`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from civis_nb.spec.browse import describe, search
    from civis_nb.spec.stubs import stub

__all__ = ["describe", "search", "stub"]


def __getattr__(name: str) -> Any:
    # Loaded when asked for: the client needs the model, and only people read it.
    if name == "stub":
        from civis_nb.spec.stubs import stub

        return stub
    if name in __all__:
        from civis_nb.spec import browse

        return getattr(browse, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
