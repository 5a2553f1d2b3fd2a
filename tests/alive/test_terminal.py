"""Progress in a real terminal: there while work goes on, gone afterwards."""

from __future__ import annotations

import contextlib
import fcntl
import io
import os
import pty
import struct
import termios
from collections.abc import Iterator
from typing import Any

import pytest

import civis_nb
import civis_nb.io as cio

pytestmark = pytest.mark.exhaustive

HIDE, SHOW = "\x1b[?25l", "\x1b[?25h"


class Terminal:
    """What a process wrote to its terminal so far."""

    def __init__(self) -> None:
        self.here, self.there = pty.openpty()
        fcntl.ioctl(self.there, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 140, 0, 0))
        os.set_blocking(self.here, False)
        self._raw = b""

    @property
    def text(self) -> str:
        with contextlib.suppress(BlockingIOError, OSError):
            while data := os.read(self.here, 65536):
                self._raw += data
        return self._raw.decode(errors="replace")

    def options(self) -> dict[str, Any]:
        """Return the options of a process that has it for its own."""
        return {
            "stdin": self.there,
            "stdout": self.there,
            "stderr": self.there,
            "start_new_session": True,
            "preexec_fn": lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),
        }


@pytest.fixture
def terminal() -> Iterator[Terminal]:
    terminal = Terminal()
    yield terminal
    os.close(terminal.here)
    os.close(terminal.there)


@pytest.fixture
def file_id(direct: Any, alive_platform: Any, link: Any) -> int:
    civis_nb.APIClient(api_key=alive_platform.api_key, endpoint=link.url).users.get_me()
    return cio.file_to_civis(io.BytesIO(os.urandom(1_500_000)), "big", client=direct)


def test_a_bar_is_there_and_is_gone_in_the_end(terminal, run_python, link, file_id, until):
    link.slow(500_000, after=100_000)
    process = run_python(
        f"cio.civis_to_file({file_id}, 'got')\nprint('done')", **terminal.options()
    )
    until(lambda: "B/s" in terminal.text, "the bar")
    assert f"Downloading file {file_id} (big)" in terminal.text
    assert "of 1.5 MB" in terminal.text
    assert "s left" in terminal.text
    link.slow(None)
    assert process.wait(60) == 0
    text = terminal.text
    assert text.count(HIDE) == text.count(SHOW) == 1
    after = text.rpartition(SHOW)[2]
    # The line is cleared, and the script's own output stands there.
    assert after.startswith("\r\x1b[1A\x1b[2K")
    assert after.endswith("done\r\n")


def test_ctrl_c_takes_the_bar_away_before_it_tells(terminal, run_python, no_workers, until):
    process = run_python("cio.read_civis_sql('select 1', 'sample')", **terminal.options())
    until(lambda: "queued" in terminal.text, "the bar")
    assert "Waiting for job" in terminal.text
    assert ", since " in terminal.text
    os.write(terminal.here, b"\x03")
    process.wait(60)
    text = terminal.text
    assert text.index(SHOW) < text.index("Traceback")
    assert "Waiting for" not in text.rpartition(SHOW)[2]
    assert text.rstrip().endswith("is cancelled.")


@pytest.mark.parametrize("progress", ["", ", progress=False"])
def test_quick_or_unwanted_work_shows_nothing(progress, terminal, run_python, link, file_id, until):
    if progress:
        link.slow(500_000, after=100_000)
    process = run_python(f"cio.civis_to_file({file_id}, 'got'{progress})", **terminal.options())
    assert process.wait(60) == 0
    assert terminal.text == ""


def test_results_that_are_piped_stay_clean(terminal, run_python, link, file_id):
    link.slow(500_000, after=100_000)
    process = run_python(
        "for n, batch in enumerate(cio.iter_batches('select range as n, md5(range::varchar) as t '"
        "'from generate_series(0, 59999) t(range)', 'sample', rows=5000)):\n    print(n)",
        **{**terminal.options(), "stdout": -1},
    )
    piped, _ = process.communicate(timeout=60)
    assert piped.split() == [str(n) for n in range(12)]
    assert "Reading file" in terminal.text


def test_without_a_terminal_nothing_is_shown(run_python, link, file_id):
    link.slow(500_000, after=100_000)
    process = run_python(f"cio.civis_to_file({file_id}, 'got')")
    assert process.communicate(timeout=60) == ("", "")


def test_whoever_asks_gets_lines_without_a_terminal(run_python, link, file_id):
    link.slow(500_000, after=100_000)
    process = run_python(f"cio.civis_to_file({file_id}, 'got', progress=True)")
    _, said = process.communicate(timeout=60)
    first, last = said.splitlines()
    assert first.startswith(f"Downloading file {file_id} (big): ")
    assert first.endswith(" s left")
    assert last.startswith(f"Downloading file {file_id} (big): 1.5 MB in ")
