"""What IPython completes: through resources and nested responses, without a call."""

from __future__ import annotations

import pytest

from civis_nb.client.response import Response


@pytest.fixture
def completer(client):
    from IPython.core.completer import IPCompleter

    names = {"client": client, "r": Response({"jobId": 1, "lastRun": {"state": "failed"}})}
    return IPCompleter(shell=None, namespace=names, global_namespace={}, use_jedi=False)


SHELL = """
import sys
from IPython.core.completer import provisionalcompleter
from IPython.core.interactiveshell import InteractiveShell
from civis_nb import APIClient, Response
shell = InteractiveShell.instance()
client = APIClient("k", endpoint="http://127.0.0.1:9", local_api_spec=sys.argv[1])
shell.user_ns.update(client=client, run=Response({"lastRun": {"finishedAt": 1}}))
for text in ("client.", "client.scri", "client.scripts.po", "run.last_run.fin"):
    with provisionalcompleter():
        print(",".join(item.text for item in shell.Completer.completions(text, len(text))))
print(shell.inspector.info(client.scripts.post_sql, "post_sql")["definition"])
"""


@pytest.mark.exhaustive
def test_shell_of_ipython_completes_the_official_api_and_shows_signatures(official_spec, tmp_path):
    import os
    import subprocess
    import sys

    done = subprocess.run(
        [sys.executable, "-c", SHELL, str(official_spec)],
        env={**os.environ, "IPYTHONDIR": str(tmp_path)},
        capture_output=True, text=True, check=True, timeout=120,
    )  # fmt: skip
    client, resource, methods, field, definition = done.stdout.split("\n", 4)
    assert {"jobs", "scripts", "get_table_id", "last_response"} <= set(client.split(","))
    assert resource == "scripts"
    assert {"post_sql", "post_containers_runs"} <= set(methods.split(","))
    assert all(name.startswith("po") for name in methods.split(","))
    assert field == "finished_at"
    assert definition.startswith("post_sql(")
    assert "self" not in definition


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("client.jo", "client.jobs"),
        ("client.get_data", "client.get_database_id"),
        ("client.jobs.post_r", "client.jobs.post_runs"),
        ("r.las", "r.last_run"),
        ("r.last_run.st", "r.last_run.state"),
        ('r["job', 'r["job_id'),
    ],
)
def test_completion(completer, scripted, text, expected):
    from IPython.core.completer import provisionalcompleter

    with provisionalcompleter():
        found = {text[: item.start] + item.text for item in completer.completions(text, len(text))}
    assert expected in found
    assert not scripted.requests
