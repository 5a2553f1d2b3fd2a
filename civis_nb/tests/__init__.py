"""Mock clients, at the path that scripts import them from."""

from __future__ import annotations

from civis_nb.testing.mocks import create_client_mock, create_client_mock_for_container_tests

__all__ = ["create_client_mock", "create_client_mock_for_container_tests"]
