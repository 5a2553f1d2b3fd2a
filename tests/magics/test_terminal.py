"""Magics in IPython in a real terminal: what goes on is seen, and what stays is the end."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterator
from typing import Any

import pytest

pytestmark = pytest.mark.exhaustive

pexpect = pytest.importorskip("pexpect")

HIDE, SHOW = "\x1b[?25l", "\x1b[?25h"
_DEADLINE_S = 60


class Session:
    """IPython in a terminal of 15 lines."""

    def __init__(self, platform: Any, folder: Any) -> None:
        # The size is that of the terminal: no variable of the shell around the tests.
        env = {
            **{name: os.environ[name] for name in os.environ.keys() - {"COLUMNS", "LINES"}},
            "CIVIS_API_ENDPOINT": platform.endpoint,
            "CIVIS_API_KEY": platform.api_key,
            "IPYTHONDIR": str(folder),
            "TERM": "xterm",
        }
        options = ["--simple-prompt", "--no-banner", "--colors=NoColor", "--no-confirm-exit"]
        self.process = pexpect.spawn(
            sys.executable, ["-m", "IPython", *options], env=env, encoding="utf-8",
            dimensions=(15, 100), timeout=_DEADLINE_S,
        )  # fmt: skip
        self._number = 0
        self.begin("%load_ext civis_nb")

    def begin(self, line: str) -> str:
        """Wait for the prompt, give what came before it, and write a line."""
        self._number += 1
        self.process.expect(rf"In \[{self._number}\]: ")
        self.process.sendline(line)
        return str(self.process.before)

    def until(self, pattern: str) -> str:
        self.process.expect(pattern)
        return str(self.process.before) + str(self.process.after)


@pytest.fixture
def session(magics_platform: Any, tmp_path: Any) -> Iterator[Session]:
    session = Session(magics_platform, tmp_path)
    yield session
    session.process.close(force=True)


def test_a_job_is_seen_while_it_runs_and_its_end_stays(session, magics_client, tmp_path):
    source = (
        "import os, time\nfor n in range(50): print('line', n, flush=True)\n"
        f"while not os.path.exists({str(tmp_path / 'go')!r}): time.sleep(0.02)"
    )
    job = magics_client.scripts.post_python3(name="Watched", source=source).id
    session.begin(f"%civis_run {job} --tail 4")
    live = session.until("line 49")
    assert HIDE in live
    assert "… Watched: running" in live
    (tmp_path / "go").touch()
    session.until("✓ Watched: succeeded")
    shown = live + session.process.before + session.process.after + session.begin("1 + 1")
    assert shown.count(HIDE) == shown.count(SHOW) == 1
    stays = shown.rpartition(SHOW)[2]
    assert "running" not in stays
    assert re.findall(r"line (\d+)", stays) == ["46", "47", "48", "49"]


def test_ctrl_c_takes_the_display_away_and_says_what_became_of_the_run(session, magics_client):
    session.begin(
        "%civis_sql select count(*) "
        "from generate_series(0, 99999999999) a(range) where sqrt(a.range) < -1"
    )
    shown = session.until("Query on sample: running")
    session.process.sendintr()
    shown += session.until("KeyboardInterrupt: The remote run .* is cancelled")
    # The live line can say so, too, before it is taken away.
    assert shown.index(SHOW) < shown.rindex("■ Query on sample: cancelled")
    assert shown.count(HIDE) == shown.count(SHOW) == 1


def test_an_error_behind_a_display_leaves_the_cursor(session, magics_client):
    # It fails in the end, when something was already shown.
    slow = "select count(*) from generate_series(0, 399999999) a(range) where sqrt(a.range) < -1"
    session.begin(f"%civis_sql select ('late' || count)::int from ({slow}) a")
    shown = session.until("CivisSQLError.*late") + session.begin("1 + 1")
    assert shown.count(HIDE) == shown.count(SHOW)


@pytest.mark.parametrize("mode", ["static", "text"])
def test_only_the_end_is_shown_when_that_is_wanted(session, magics_client, mode):
    job = magics_client.scripts.post_python3(
        name="Quiet", source="import time\ntime.sleep(0.7)\nprint('said')"
    ).id
    session.begin(f"%civis_config display {mode}")
    session.begin(f"%civis_run {job}")
    session.until("✓ Quiet: succeeded")
    shown = session.process.before + session.begin("1 + 1")
    assert HIDE not in shown
    assert "running" not in shown


def test_a_plot_is_a_line_of_text_for_which_nothing_is_drawn(session):
    session.begin("t = %civis_sql select 1 as n")
    session.begin("t.plot('bar', 'n')")
    session.until("Bar chart: rows by n, 1 point of 1 row")
    session.begin("import sys; print('drawn' if 'altair' in sys.modules else 'not ' + 'drawn')")
    session.until("not drawn")


def test_a_table_is_as_wide_as_the_terminal(session):
    sql = ", ".join(f"'{'x' * 20}' as column_{n}" for n in range(8))
    for columns, left_out in ((100, 4), (60, 6), (12, 7)):
        session.process.setwinsize(15, columns)
        session.begin(f"t = %civis_sql select {sql}")
        session.begin("print('the ' + 'table'); print(t)")
        session.until("the table")
        session.until(f"… {left_out} more columns")
        shown = session.process.before.splitlines()
        assert max(map(len, shown)) <= max(columns, 20), shown
    session.begin("import contextlib, io; kept = io.StringIO()")
    session.begin("with contextlib.redirect_stdout(kept): print(t)\n")
    session.begin("print('kept:', max(map(len, kept.getvalue().splitlines())))")
    session.until(r"kept: 108")
