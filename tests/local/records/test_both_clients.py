"""Every operation of the declared resources, through civis_nb and through the package civis."""

from __future__ import annotations

import subprocess
import time
import warnings
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import requests

pytestmark = pytest.mark.exhaustive

RESOURCES = ("aliases", "groups", "notebooks", "projects", "reports", "services", "templates")


class Recorder:
    """A client that notes which methods of which resources are called."""

    def __init__(self, client: Any) -> None:
        self.client = client
        self.called: set[str] = set()

    def __getattr__(self, resource: str) -> Any:
        return _Resource(self, resource)

    def methods(self, resource: str) -> set[str]:
        owner = getattr(self.client, resource)
        names = {name for name in dir(owner) if not name.startswith("_")}
        # The package civis has old names, list_x for get_x, of some methods.
        old = {name for name in names if name.replace("list_", "get_", 1) in names - {name}}
        return {f"{resource}.{name}" for name in names - old if callable(getattr(owner, name))}


class _Resource:
    def __init__(self, recorder: Recorder, name: str) -> None:
        self._recorder = recorder
        self._name = name

    def __getattr__(self, method: str) -> Any:
        self._recorder.called.add(f"{self._name}.{method}")
        return getattr(getattr(self._recorder.client, self._name), method)


@pytest.fixture(
    scope="module", params=["civis_nb", pytest.param("civis", marks=pytest.mark.exhaustive)]
)
def api(request, bare_platform) -> Iterator[Recorder]:
    if request.param == "civis_nb":
        yield Recorder(bare_platform.client())
        return
    import civis

    with pytest.MonkeyPatch.context() as patch, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        patch.setenv("CIVIS_API_ENDPOINT", bare_platform.endpoint)
        patch.setenv("CIVIS_API_KEY", bare_platform.api_key)
        yield Recorder(civis.APIClient(force_refresh_api_spec=True))


@pytest.fixture
def repository(tmp_path) -> str:
    """Return the path of a bare git repository that holds ``a/b.txt``."""

    def git(*arguments: str) -> None:
        who = ("-c", "user.name=A", "-c", "user.email=a@b.c")
        subprocess.run(["git", *who, *arguments], cwd=tmp_path, check=True, capture_output=True)

    git("init", "-q", "-b", "main", "work")
    (tmp_path / "work" / "a").mkdir()
    (tmp_path / "work" / "a" / "b.txt").write_text("first\n")
    git("-C", "work", "add", ".")
    git("-C", "work", "commit", "-q", "-m", "the first")
    git("clone", "-q", "--bare", "work", "bare.git")
    return str(tmp_path / "bare.git")


def _refused(status: int, call: Callable[..., Any], *arguments: Any, **named: Any) -> str:
    with pytest.raises(Exception, match=f"({status})") as caught:
        call(*arguments, **named)
    assert caught.value.status_code == status, caught.value
    return str(caught.value)


def _governed(resource: Any, suffix: str, object_id: int, project_id: int, group_id: int) -> None:
    """Share, transfer, archive an object and put it into a project, with all operations."""

    def method(verb: str, rest: str) -> Any:
        return getattr(resource, f"{verb}{suffix}_{rest}")

    method("put", "shares_groups")(object_id, [group_id], "write")
    shares = method("put", "shares_users")(object_id, [1], "manage")
    assert [user["id"] for user in shares["owners"]["users"]] == [1]
    _refused(400, method("put", "shares_users"), object_id, [1], "read")
    (listed,) = method("list", "shares")(object_id)
    assert [group["id"] for group in listed["writers"]["groups"]] == [group_id]
    assert (listed["total_user_shares"], listed["total_group_shares"]) == (1, 1)
    method("delete", "shares_groups")(object_id, group_id)
    # Whom something belongs to has no permission that could be revoked.
    _refused(404, method("delete", "shares_users"), object_id, 1)
    if hasattr(resource, f"put{suffix}_transfer"):
        method("list", "dependencies")(object_id, user_id=1)
        moved = method("put", "transfer")(object_id, 1, True)["dependencies"]
        assert all(one["shared"] for one in moved)
        _refused(400, method("put", "transfer"), object_id, 999, False)
    if hasattr(resource, f"put{suffix}_projects"):
        method("put", "projects")(object_id, project_id)
        assert project_id in [one["id"] for one in method("list", "projects")(object_id)]
        method("delete", "projects")(object_id, project_id)
        assert project_id not in [one["id"] for one in method("list", "projects")(object_id)]
    if hasattr(resource, f"put{suffix}_archive"):
        assert method("put", "archive")(object_id, True)["archived"] is True
        assert method("put", "archive")(object_id, False)["archived"] is False


@pytest.fixture
def group_id(api) -> int:
    return int(api.groups.post("analysts")["id"])


@pytest.fixture
def project_id(api) -> int:
    return int(api.projects.post("a project", "what it is for")["id"])


def _versioned(resource: Any, object_id: int, repository: str) -> None:
    put = resource.put_git(object_id, git_repo_url=repository, git_path="a/b.txt")
    assert put["git_repo"]["repo_url"] == repository
    assert resource.patch_git(object_id, git_branch="main")["git_path"] == "a/b.txt"
    assert resource.get_git(object_id)["git_branch"] == "main"
    (commit,) = resource.list_git_commits(object_id)
    assert (commit["message"], commit["author_name"]) == ("the first", "A")
    first = resource.get_git_commits(object_id, commit["commit_hash"])
    assert first["content"] == "first\n"
    _refused(409, resource.post_git_commits, object_id, "second", "m", "0" * 40)
    second = resource.post_git_commits(object_id, "second", "the second", first["file_hash"])
    assert second["content"] == "second"
    again = ("second", "again", second["file_hash"])
    assert "already" in _refused(409, resource.post_git_commits, object_id, *again)
    _refused(404, resource.get_git_commits, object_id, "0" * 40)
    messages = [one["message"] for one in resource.list_git_commits(object_id)]
    assert messages == ["the second", "the first"]


def test_groups(api, http, bare_platform, project_id, group_id):
    groups = api.groups
    assert groups.put_members(group_id, 1)["members"][0]["email"] == "local@localhost"
    found = groups.list(query="analyst", include_members=True, user_ids=[1], limit=50)
    assert {one["id"]: len(one["members"]) for one in found}[group_id] == 1
    assert groups.patch(group_id, description="d")["name"] == "analysts"
    assert groups.put(group_id, "statisticians", slug="stats")["description"] is None
    assert groups.get(group_id)["member_count"] == 1
    groups.delete_members(group_id, 1)
    other = groups.post("others")["id"]
    _governed(groups, "", group_id, project_id, other)
    groups.put_shares_groups(group_id, [other], "manage")
    children = groups.get_child_groups(other)
    assert [one["id"] for one in children["manageable"]] == [group_id]
    assert http("DELETE", f"/groups/{group_id}").status_code == 204
    _refused(404, groups.get, group_id)
    assert list(groups.get_child_groups(other)["manageable"]) == []


def test_projects(api, http, project_id, group_id):
    projects = api.projects
    inner = projects.post("inner", "", auto_share=False)["id"]
    projects.put_parent_projects(inner, project_id)
    assert [one["id"] for one in projects.list_parent_projects(inner)] == [project_id]
    assert projects.get(project_id)["projects"][0]["id"] == inner
    assert projects.get(inner)["parent_project"]["id"] == project_id
    projects.put_auto_share(project_id, True)
    projects.put_shares_groups(project_id, [group_id], "read")
    (shares,) = projects.list_shares(inner)
    assert [one["id"] for one in shares["readers"]["groups"]] == [group_id]
    projects.delete_shares_groups(project_id, group_id)
    projects.delete_parent_projects(inner, project_id)
    _refused(400, projects.put_parent_projects, inner, inner)
    assert projects.put(project_id, note="n")["description"] == "what it is for"
    copy = projects.post_clone(project_id)
    assert (copy["name"], copy["note"]) == (f"Clone of Project {project_id} a project", "n")
    assert project_id in [one["id"] for one in projects.list(auto_share=True, permission="read")]
    _governed(projects, "", project_id, project_id, group_id)
    assert http("DELETE", f"/projects/{project_id}").status_code == 204
    assert projects.get(project_id)["archived"] is True


def test_notebooks(api, http, repository, project_id, group_id):
    notebooks = api.notebooks
    made = notebooks.post(environment_variables={"FooBar": "1"}, requirements="polars")
    notebook_id = made["id"]
    assert made["name"] == f"Notebook #{notebook_id}"
    assert requests.get(made["requirements_url"], timeout=30).text == "polars"
    assert made["notebook_url"] is None
    links = notebooks.get_update_links(notebook_id)
    assert requests.put(links["update_url"], data=b'{"cells": []}', timeout=30).ok
    got = notebooks.get(notebook_id)
    assert requests.get(got["notebook_url"], timeout=30).text == '{"cells": []}'
    copy = notebooks.post_clone(notebook_id)
    assert copy["file_id"] != got["file_id"]
    assert requests.get(copy["notebook_url"], timeout=30).text == '{"cells": []}'
    assert notebooks.patch(notebook_id, memory=10)["environment_variables"]["FooBar"] == "1"
    put = notebooks.put(notebook_id, name="n", language="r")
    assert (put["memory"], put["language"], put["file_id"]) == (3000, "r", got["file_id"])
    assert notebook_id in [one["id"] for one in notebooks.list(status="idle", limit=50)]
    assert list(notebooks.list(status="running")) == []
    _governed(notebooks, "", notebook_id, project_id, group_id)
    _versioned(notebooks, notebook_id, repository)
    assert notebooks.get(notebook_id)["git_repo_id"] is not None
    assert list(notebooks.list_deployments(notebook_id)) == []
    assert "Jupyter of your own" in _refused(501, notebooks.post_deployments, notebook_id)
    for call in (notebooks.get_deployments, notebooks.delete_deployments):
        _refused(404, call, notebook_id, 1)
    _refused(404, notebooks.list_deployments_logs, notebook_id, 1)
    assert http("DELETE", f"/notebooks/{notebook_id}").status_code == 204
    assert notebook_id not in [one["id"] for one in notebooks.list(limit=50)]


def test_services(api, http, project_id, group_id):
    services = api.services
    schedule = {"runtimePlan": "always_on", "recurrences": []}
    service_id = services.post(name="s", schedule=schedule, credentials=[1])["id"]
    got = services.get(service_id)
    assert got["schedule"]["runtime_plan"] == "always_on"
    assert [one["name"] for one in got["credentials"]] == ["local"]
    assert services.patch(service_id, replicas=3)["credentials"][0]["id"] == 1
    assert services.put(service_id, name="t")["replicas"] == 1
    assert services.post_clone(service_id)["name"] == f"Clone of Service {service_id} t"
    assert service_id in [one["id"] for one in services.list(author="1", limit=50)]
    _refused(400, services.post, credentials=[999])
    _governed(services, "", service_id, project_id, group_id)
    assert list(services.list_deployments(service_id)) == []
    for call in (services.post_deployments, services.post_redeploy):
        _refused(501, call, service_id)
    for call in (services.get_deployments, services.delete_deployments):
        _refused(404, call, service_id, 1)
    _refused(404, services.list_deployments_logs, service_id, 1)
    token = services.post_tokens(service_id, "t", expires_in=60)
    assert token["token"]
    assert [one["id"] for one in services.list_tokens(service_id)] == [token["id"]]
    services.delete_tokens(service_id, token["id"])
    assert list(services.list_tokens(service_id)) == []
    assert http("DELETE", f"/services/{service_id}").status_code == 204
    assert services.get(service_id)["archived"] is True


def test_html_reports(api, http, repository, project_id, group_id):
    reports = api.reports
    script = api.client.scripts.post_sql("counts", "SELECT 1", 1, 1)
    made = reports.post(name="r", code_body="<p>ü</p>", script_id=script["id"], hidden=False)
    report_id = made["id"]
    assert requests.get(made["auth_code_url"], timeout=30).content.decode() == "<p>ü</p>"
    assert made["script"]["sql"] == "SELECT 1"
    assert made["job_path"] == f"/scripts/sql/{script['id']}"
    changed = reports.patch(report_id, code_body="<p>2</p>", app_state={"someKey": [1]})
    assert requests.get(changed["auth_code_url"], timeout=30).text == "<p>2</p>"
    stored = http.json("GET", f"/reports/{report_id}")
    assert (stored["appState"], changed["id"]) == ({"someKey": [1]}, report_id)
    assert reports.get(report_id)["state"] == "idle"
    assert report_id in [one["id"] for one in reports.list(type="other", limit=50)]
    key = reports.post_grants(report_id)["api_key"]
    asked = requests.get(f"{http.endpoint}/users/me", auth=(key, ""), timeout=30)
    assert asked.status_code == 200
    reports.delete_grants(report_id)
    asked = requests.get(f"{http.endpoint}/users/me", auth=(key, ""), timeout=30)
    assert asked.status_code == 401
    reports.put_projects(report_id, project_id)
    assert reports.get(report_id)["projects"][0]["id"] == project_id
    assert api.projects.get(project_id)["reports"][0]["id"] == report_id
    _governed(reports, "", report_id, project_id, group_id)
    _versioned(reports, report_id, repository)
    assert "Tableau" in _refused(501, reports.post_refresh, report_id)
    _refused(404, reports.get_refresh, report_id, "abc")


def test_script_templates(api, http, project_id, group_id):
    templates, scripts = api.templates, api.client.scripts
    params = [{"name": "rows", "type": "integer", "required": True}]
    script_id = scripts.post_python3("counts", "print(1)", params=params)["id"]
    made = templates.post_scripts(script_id, "Counts", note="what it does")
    assert (made["script_type"], made["user_context"]) == ("Python", "runner")
    assert made["params"][0]["name"] == "rows"
    script = scripts.get_python3(script_id)
    assert (script["is_template"], script["published_as_template_id"]) == (True, made["id"])
    scripts.post_custom(made["id"], arguments={"rows": 2})
    assert templates.get_scripts(made["id"])["use_count"] == 1
    assert scripts.get_python3(script_id)["template_dependents_count"] == 1
    assert templates.patch_scripts(made["id"], note="n")["name"] == "Counts"
    assert templates.put_scripts(made["id"], "Other")["note"] is None
    assert made["id"] in [one["id"] for one in templates.list_scripts(category="script")]
    assert list(templates.list_scripts(category="import")) == []
    _refused(400, templates.post_scripts, 999999, "of no script")
    _governed(templates, "_scripts", made["id"], project_id, group_id)
    assert api.projects.get(project_id)["script_templates"] == []
    templates.put_scripts_projects(made["id"], project_id)
    (inside,) = api.projects.get(project_id)["script_templates"]
    assert inside["id"] == made["id"]
    assert http("DELETE", f"/templates/scripts/{made['id']}").status_code == 204
    assert templates.get_scripts(made["id"])["archived"] is True
    assert made["id"] not in [one["id"] for one in templates.list_scripts(limit=1000)]


def test_aliases(api, http, project_id, group_id):
    aliases, word = api.aliases, f"a{project_id}"
    script_id = api.client.scripts.post_sql("counts", "SELECT 1", 1, 1)["id"]
    made = aliases.post(script_id, "sql_script", f"{word}-counts")
    assert (made["display_name"], made["user_id"]) == ("counts", 1)
    assert aliases.get_object_type("sql_script", f"{word}-counts")["id"] == made["id"]
    assert aliases.patch(made["id"], display_name="Counts")["alias"] == f"{word}-counts"
    other = aliases.put(made["id"], project_id, "project", f"{word}-mine")
    assert (other["object_id"], other["display_name"]) == (project_id, "a project")
    assert made["id"] in [one["id"] for one in aliases.list(object_type="sql_script, project")]
    assert made["id"] not in [one["id"] for one in aliases.list(object_type="sql_script")]
    assert [one["id"] for one in aliases.list_dependencies(made["id"])] == [project_id]
    _refused(404, aliases.get_object_type, "sql_script", f"{word}-counts")
    for arguments, words in (
        ((project_id, "project", f"{word}-mine"), "already"),
        ((project_id, "notebook", "n"), "no notebook"),
        ((script_id, "python_script", "n"), "no python_script"),
        ((script_id, "cass_ncoa", "n"), "one of"),
        ((script_id, "sql_script", " "), "give a name"),
    ):
        assert words in _refused(400, aliases.post, *arguments), arguments
    template_id = api.templates.post_scripts(script_id, "Counts")["id"]
    named = aliases.post(template_id, "template_script", f"{word}-all")["id"]
    custom = api.client.scripts.post_custom(template_id)
    assert custom["from_template_aliases"][0]["alias"] == f"{word}-all"
    _governed(aliases, "", made["id"], project_id, group_id)
    aliases.delete(named)
    _refused(404, aliases.get, named)


def test_report_templates(api, http, project_id, group_id):
    templates = api.templates
    made = templates.post_reports("r", "<p>1</p>", category="dataset-viz")
    assert requests.get(made["auth_code_url"], timeout=30).text == "<p>1</p>"
    changed = templates.patch_reports(made["id"], code_body="<p>2</p>", provide_api_key=True)
    assert (changed["category"], changed["provide_api_key"]) == ("dataset-viz", True)
    assert templates.put_reports(made["id"], "s", "<p>3</p>")["category"] is None
    report = api.client.reports.post(name="of it", template_id=made["id"])
    assert requests.get(report["auth_code_url"], timeout=30).text == "<p>3</p>"
    assert templates.get_reports(made["id"])["use_count"] == 1
    assert made["id"] in [one["id"] for one in templates.list_reports(limit=1000)]
    _refused(400, api.client.reports.post, name="of none", template_id=999999)
    _governed(templates, "_reports", made["id"], project_id, group_id)
    assert http("DELETE", f"/templates/reports/{made['id']}").status_code == 204


def test_service_reports(api, project_id, group_id):
    service_id = api.services.post(name="the service")["id"]
    made = api.reports.post_services(service_id)
    assert (made["name"], made["service_id"]) == ("the service", service_id)
    assert api.services.get(service_id)["report_id"] == made["id"]
    changed = api.reports.patch_services(made["id"], name="m", provide_api_key=True)
    assert (changed["name"], changed["provide_api_key"]) == ("m", True)
    assert api.reports.get_services(made["id"])["type"] == "ReportTypes::ShinyApp"
    _governed(api.reports, "_services", made["id"], project_id, group_id)
    _refused(400, api.reports.post_services, 999)


def test_sql_reports(api, bare_platform, project_id, group_id):
    query = api.client.queries.post(1, "SELECT 1 AS a", 10)
    made = api.reports.post_sql(query["id"], "r", "{}")
    _finished(api, query["id"])
    got = api.reports.get_sql(made["id"])
    assert (got["query"]["state"], got["query"]["result_rows"]) == ("succeeded", [["1"]])
    assert api.reports.patch_sql(made["id"], description="d")["config"] == "{}"
    again = api.reports.post_sql_refresh(made["id"])
    assert again["query"]["id"] == query["id"]
    _finished(api, query["id"])
    _governed(api.reports, "_sql", made["id"], project_id, group_id)
    _refused(400, api.reports.post_sql, 999, "r", "{}")


def _finished(api: Recorder, query_id: int) -> None:
    run_id = api.client.queries.get(query_id)["last_run_id"]
    deadline = time.monotonic() + 60
    while api.client.queries.get_runs(query_id, run_id)["state"] in ("queued", "running"):
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_every_method_was_called(api):
    """The tests above, together, call all operations that a client offers."""
    if not api.called:
        pytest.skip("says something after the tests above only")
    missing = {name for resource in RESOURCES for name in api.methods(resource)} - api.called
    assert missing == set()
