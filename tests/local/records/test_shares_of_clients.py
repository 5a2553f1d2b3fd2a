"""What public scripts do with shares, projects, templates and reports, through both clients."""

from __future__ import annotations

import importlib
import io
import warnings
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest
import requests

from civis_nb.local import start

pytestmark = pytest.mark.exhaustive


@pytest.fixture(scope="module", params=["civis_nb", "civis"])
def two(request) -> Iterator[Any]:
    """Return the clients of two users of one platform, made by one of the packages."""
    with (
        start(samples=False) as platform,
        warnings.catch_warnings(),
        pytest.MonkeyPatch.context() as patch,
    ):
        warnings.simplefilter("ignore")
        package = importlib.import_module(request.param)
        files = importlib.import_module(f"{request.param}.io")
        patch.setenv("CIVIS_API_ENDPOINT", platform.endpoint)
        ann = package.APIClient(api_key=str(platform.api_key))
        group = ann.groups.post("analysts")["id"]
        made = ann.users.post("Bob", "bob@localhost", group, "bob")
        token = ann.users.post_api_keys(made["id"], 3600, "k")["token"]
        bob = package.APIClient(api_key=token)
        yield SimpleNamespace(
            ann=ann, bob=bob, bob_id=made["id"], group_id=group, io=files, name=request.param
        )


def _status(call: Any, *arguments: Any, **named: Any) -> int:
    """Return the status of the error that a call raises."""
    with pytest.raises(Exception, match=r"\(4\d\d\)") as caught:
        call(*arguments, **named)
    return int(caught.value.status_code)


def test_scripts_of_all_types_are_shared_and_put_into_projects(two):
    scripts, theirs = two.ann.scripts, two.bob.scripts
    project = two.ann.projects.post("p", "what it is for")["id"]
    made = {
        "sql": scripts.post_sql("s", "SELECT 1", 1, None)["id"],
        "python3": scripts.post_python3("s", "print(1)")["id"],
        "containers": scripts.post_containers({"cpu": 100}, docker_command="true")["id"],
    }
    template = two.ann.templates.post_scripts(made["python3"], "t")["id"]
    made["custom"] = scripts.post_custom(template)["id"]
    for kind, script_id in made.items():

        def method(owner: Any, verb: str, rest: str, kind: str = kind) -> Any:
            return getattr(owner, f"{verb}_{kind}_{rest}" if rest else f"{verb}_{kind}")

        assert _status(method(theirs, "get", ""), script_id) == 404
        shares = method(scripts, "put", "shares_users")(script_id, [two.bob_id], "read")
        assert [one["id"] for one in shares["readers"]["users"]] == [two.bob_id]
        assert method(theirs, "get", "")(script_id)["my_permission_level"] == "read"
        assert _status(method(theirs, "post", "runs"), script_id) == 403
        method(scripts, "put", "shares_groups")(script_id, [two.group_id], "write")
        run = method(theirs, "post", "runs")(script_id)
        assert run["state"] in ("queued", "running", "succeeded")
        method(scripts, "put", "projects")(script_id, project)
        assert [one["id"] for one in method(scripts, "list", "projects")(script_id)] == [project]
        method(scripts, "delete", "shares_users")(script_id, two.bob_id)
        method(scripts, "delete", "shares_groups")(script_id, two.group_id)
        assert _status(method(theirs, "get", ""), script_id) == 404
    inside = {one["id"] for one in two.ann.projects.get(project)["scripts"]}
    assert inside == set(made.values())


def test_files_and_credentials_are_shared(two):
    file_id = two.io.file_to_civis(io.BytesIO(b"content"), "f.txt", client=two.ann)
    assert _status(two.bob.files.get, file_id) == 404
    two.ann.files.put_shares_users(file_id, [two.bob_id], "read")
    assert requests.get(two.bob.files.get(file_id)["file_url"], timeout=30).text == "content"
    project = two.ann.projects.post("p", "d")["id"]
    two.ann.files.put_projects(file_id, project)
    assert two.ann.projects.get(project)["files"][0]["file_name"] == "f.txt"
    credential = two.ann.credentials.post("Custom", "me", "pass-word", name="c")["id"]
    assert _status(two.bob.credentials.get, credential) == 404
    two.ann.credentials.put_shares_groups(credential, [two.group_id], "read")
    assert two.bob.credentials.get(credential)["username"] == "me"
    assert credential in [one["id"] for one in two.bob.credentials.list()]
    (shares,) = two.ann.credentials.list_shares(credential)
    assert [one["name"] for one in shares["readers"]["groups"]] == ["analysts"]


def test_a_report_is_published_changed_and_put_into_a_project(two):
    made = two.ann.reports.post(name="r", code_body="<p>1</p>", provide_api_key=True)["id"]
    two.ann.reports.patch(made, code_body="<p>2</p>", name="other")
    project = two.ann.projects.post("p", "d")["id"]
    two.ann.reports.put_projects(made, project)
    two.ann.reports.put_shares_users(made, [two.bob_id], "write")
    shown = two.bob.reports.get(made)
    assert (shown["name"], shown["provide_api_key"]) == ("other", True)
    assert requests.get(shown["auth_code_url"], timeout=30).text == "<p>2</p>"
    assert two.bob.reports.patch(made, name="mine")["my_permission_level"] == "write"
    assert _status(two.bob.reports.put_archive, made, True) == 403
    assert shown["auth_thumbnail_url"] is None
    assert two.ann.projects.get(project)["reports"][0]["id"] == made


def test_a_template_is_used_by_another_user_who_gets_its_outputs(two):
    source = (
        "import os, civis_nb as civis\n"
        "client = civis.APIClient()\n"
        "value = client.json_values.post('[%s]' % os.environ['N'], name='n').id\n"
        "ids = int(os.environ['CIVIS_JOB_ID']), int(os.environ['CIVIS_RUN_ID'])\n"
        "client.scripts.post_custom_runs_outputs(*ids, 'JSONValue', value)\n"
    )
    params = [{"name": "n", "type": "integer", "required": True}]
    script = two.ann.scripts.post_python3("s", source, params=params)["id"]
    template = two.ann.templates.post_scripts(script, "t", note="gives n")["id"]
    assert _status(two.bob.scripts.post_custom, template, arguments={"n": 7}) == 400
    two.ann.templates.put_scripts_shares_groups(template, [two.group_id], "read")
    made = two.bob.scripts.post_custom(template, arguments={"n": 7})
    assert (made["template_note"], made["author"]["username"]) == ("gives n", "bob")
    run = two.bob.scripts.post_custom_runs(made["id"])
    futures = importlib.import_module(f"{two.name}.futures")
    futures.CivisFuture(
        two.bob.scripts.get_custom_runs, (made["id"], run["id"]), client=two.bob
    ).result(timeout=60)
    (output,) = two.bob.scripts.list_custom_runs_outputs(made["id"], run["id"])
    assert (output["object_type"], list(output["value"])) == ("JSONValue", [7])
    assert _status(two.ann.scripts.get_custom, made["id"]) == 404
