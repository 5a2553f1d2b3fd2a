"""The reference page tells every command, and what the code says of it."""

from __future__ import annotations

from tests.cli.reference_page import PAGE, page


def test_page_is_what_the_commands_say():
    """When this fails, run ``python tests/cli/reference_page.py``."""
    assert PAGE.read_text(encoding="utf-8") == page()
