"""``%civis_logs -f`` while the connection comes and goes."""

from __future__ import annotations

import pytest

from civis_nb.errors import CivisClientError, CivisConnectionError, CivisError
from civis_nb.futures import timing
from civis_nb.futures.future import CivisFuture
from civis_nb.utils import run_job
from civis_nb.utils.logs import LogCursor


@pytest.fixture
def failing_reads(monkeypatch):
    """Return errors that the next reads of logs raise, one each."""
    errors: list[CivisError] = []
    read = LogCursor.read

    def failing(self):
        if errors:
            raise errors.pop(0)
        return read(self)

    monkeypatch.setattr(LogCursor, "read", failing)
    monkeypatch.setattr(timing, "MAX_WAIT_S", 0.01)
    return errors


@pytest.fixture
def run(magics_client) -> CivisFuture:
    """Return a run that says three words."""
    script = magics_client.scripts.post_python3(
        name="Three words", source="for word in 'one two three'.split(): print('word', word)"
    )
    return run_job(script.id, client=magics_client)


def test_a_log_is_followed_past_reads_that_fail(shell, run, failing_reads):
    failing_reads += [CivisConnectionError("reset"), CivisClientError("cut off")]
    shell.cell(f"%civis_logs -f {run.job_id}:{run.run_id} -o entries")
    said = [entry["message"] for entry in shell.ns["entries"]]
    assert [text for text in said if "word" in text] == ["word one", "word two", "word three"]
    assert not failing_reads


def test_what_does_not_pass_ends_the_following(shell, run, failing_reads):
    failing_reads += [CivisError("The key was revoked.")]
    error, _ = shell.failing(f"%civis_logs -f {run.job_id}:{run.run_id}")
    assert str(error) == "The key was revoked."
