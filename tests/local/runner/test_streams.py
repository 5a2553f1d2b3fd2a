"""The two output streams of a process: what was written first is read first."""

from __future__ import annotations

import errno
import os
import select
import subprocess
import sys

import pytest

from civis_nb.local.runner.streams import ERROR, OUTPUT, Streams

pytestmark = pytest.mark.skipif(not hasattr(select, "epoll"), reason="keeps the order with epoll")


def test_writes_at_the_end_of_a_silence_are_read_in_their_order(monkeypatch):
    silences = []

    class WritesAfterSilence:
        """An epoll; as soon as a wait for it was in vain, the process writes twice."""

        def __init__(self):
            self._epoll = select_epoll()

        def __getattr__(self, name):
            return getattr(self._epoll, name)

        def poll(self, timeout):
            found = self._epoll.poll(timeout)
            if timeout and not found:
                silences.append(timeout)
                os.write(streams.writers[1], b"first")
                os.write(streams.writers[0], b"second")
            return found

    select_epoll = select.epoll
    monkeypatch.setattr(select, "epoll", WritesAfterSilence)
    streams = Streams()
    try:
        assert list(streams.read(0.01)) == [(ERROR, b"first"), (OUTPUT, b"second")]
        assert silences == [0.01]
    finally:
        streams.close()


@pytest.mark.parametrize("free", range(7))
def test_what_can_not_be_opened_leaves_no_descriptor_open(free):
    source = f"""
import os, resource
from civis_nb.local.runner.streams import Streams
before = os.listdir("/dev/fd")
limits = resource.getrlimit(resource.RLIMIT_NOFILE)
resource.setrlimit(resource.RLIMIT_NOFILE, (max(map(int, before)) + {free}, limits[1]))
try:
    Streams()
except OSError as error:
    print(error.errno)
resource.setrlimit(resource.RLIMIT_NOFILE, limits)
assert len(os.listdir("/dev/fd")) == len(before), os.listdir("/dev/fd")
"""
    done = subprocess.run([sys.executable, "-c", source], capture_output=True, text=True)
    assert (done.stdout, done.stderr) == (f"{errno.EMFILE}\n", "")
