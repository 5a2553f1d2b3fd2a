"""The same names as in `civis_nb.tests`, at the path of their module."""

from __future__ import annotations

from civis_nb.testing.mocks import create_client_mock, create_client_mock_for_container_tests

__all__ = ["create_client_mock", "create_client_mock_for_container_tests"]
