"""Tools for testing code that uses the client: mock clients, and a plugin of pytest.

The plugin (`civis_nb.testing.plugin`) is found by pytest where civis_nb is installed; its
fixtures give a test an ephemeral local platform, a client of it, or a mock.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from civis_nb.testing.mocks import create_client_mock, create_client_mock_for_container_tests

__all__ = ["create_client_mock", "create_client_mock_for_container_tests"]


def __getattr__(name: str) -> Any:
    # On first use: every start of pytest imports this package.
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from civis_nb.testing import mocks

    return getattr(mocks, name)


def __dir__() -> list[str]:
    return sorted(__all__)
