"""The same calls drive workflows from civis_nb and from the PyPI package civis."""

from __future__ import annotations

import time
import warnings

import pytest

from civis_nb.errors import CivisJobFailure
from civis_nb.futures import CivisFuture
from tests.local.workflows.conftest import DEADLINE_S, workflow

pytestmark = pytest.mark.exhaustive


@pytest.fixture(params=["civis_nb", "civis"])
def client(request, bare_platform, monkeypatch):
    if request.param == "civis_nb":
        return bare_platform.client()
    import civis

    monkeypatch.setenv("CIVIS_API_ENDPOINT", bare_platform.endpoint)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return civis.APIClient(api_key=bare_platform.api_key, force_refresh_api_spec=True)


def test_a_workflow_is_executed_and_followed(client):
    definition = workflow(
        """
        a: {action: std.echo, input: {output: <% $.myName %>}, on-success: [pause, b]}
        b: {action: std.fail}
        """,
        "input: [myName]",
    )
    made = client.workflows.post(name="both", definition=definition)
    assert made.valid
    execution = client.workflows.post_executions(made.id, input={"myName": "x"})
    assert execution.state == "running"

    def until(state):
        deadline = time.monotonic() + DEADLINE_S
        while (
            found := client.workflows.get_executions(made.id, execution.id)
        ).mistral_state != state:
            assert time.monotonic() < deadline, found
            time.sleep(0.01)
        return found

    assert [task.mistral_state for task in until("paused").tasks] == ["success", "idle"]
    client.workflows.post_executions_resume(made.id, execution.id)
    assert until("error").state == "failed"
    client.workflows.post_executions_retry(made.id, execution.id, task_name="b")
    until("error")
    task = client.workflows.get_executions_tasks(made.id, execution.id, "b")
    assert task.mistral_state == "error"
    (listed,) = client.workflows.list_executions(made.id)
    assert listed.id == execution.id
    patched = client.workflows.patch(made.id, description="changed")
    assert patched.description == "changed"
    if type(client).__module__.startswith("civis_nb"):
        future = CivisFuture(client.workflows.get_executions, (made.id, execution.id))
        ids = f"From workflow {made.id} / execution {execution.id}"
        with pytest.raises(CivisJobFailure, match=ids) as caught:
            future.result(timeout=DEADLINE_S)
        assert caught.value.is_workflow
    assert client.workflows.put_archive(made.id, True).archived
    assert client.workflows.post_clone(made.id).name == "Clone of both"
