"""The end of a platform whose standard input is closed."""

from __future__ import annotations

import os
import signal

from civis_nb.cli import platform


def test_a_platform_without_standard_input_is_to_end(monkeypatch):
    read = os.read
    ours, other = os.pipe()
    os.close(ours)
    os.close(other)
    # As where the descriptor of standard input is closed from the start.
    monkeypatch.setattr(platform.os, "read", lambda _stdin, size: read(ours, size))
    signals = []
    platform._wait_for_stdin(signals)
    assert signals == [signal.SIGTERM]
