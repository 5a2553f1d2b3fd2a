"""What IPython completes: through resources and nested responses, without a call."""

from __future__ import annotations

import pytest

from civis_nb.client.response import Response


@pytest.fixture
def completer(client):
    from IPython.core.completer import IPCompleter

    names = {"client": client, "r": Response({"jobId": 1, "lastRun": {"state": "failed"}})}
    return IPCompleter(shell=None, namespace=names, global_namespace={}, use_jedi=False)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("client.jo", ".jobs"),
        ("client.get_data", ".get_database_id"),
        ("client.jobs.post_r", ".post_runs"),
        ("r.las", ".last_run"),
        ("r.last_run.st", ".state"),
        ('r["job', "job_id"),
    ],
)
def test_completion(completer, scripted, text, expected):
    from IPython.core.completer import provisionalcompleter

    with provisionalcompleter():
        found = {item.text for item in completer.completions(text, len(text))}
    assert expected in found
    assert not scripted.requests
