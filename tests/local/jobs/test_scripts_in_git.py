"""Scripts whose code is a file in a git repository on this machine, and deletes that archive."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest


@pytest.fixture
def repository(tmp_path) -> Path:
    """Return a bare repository with two commits of ``job/code.txt`` on main."""

    def git(*arguments: str) -> None:
        who = ("-c", "user.name=A", "-c", "user.email=a@b.c")
        subprocess.run(["git", *who, *arguments], cwd=tmp_path, check=True, capture_output=True)

    git("init", "-q", "-b", "main", "work")
    (tmp_path / "work" / "job").mkdir()
    for number in (1, 2):
        (tmp_path / "work" / "job" / "code.txt").write_text(f"SELECT {number}\n")
        git("-C", "work", "add", ".")
        git("-C", "work", "commit", "-q", "-m", f"number {number}")
    git("clone", "-q", "--bare", "work", "bare.git")
    return tmp_path / "bare.git"


@pytest.mark.parametrize(("kind", "field"), [("sql", "sql"), ("python3", "source")])
def test_code_is_taken_from_git(jobs_api, http, repository, kind, field):
    made = jobs_api.sql("SELECT 0") if kind == "sql" else jobs_api.python3("0")
    path = f"/scripts/{kind}/{made['id']}"
    assert jobs_api.get(f"{path}/git")["gitRepo"] is None
    where = {"gitRepoUrl": str(repository), "gitPath": "job/code.txt", "gitBranch": "main"}
    put = http.json("PUT", f"{path}/git", json=where)
    assert (put["gitRepo"]["repoUrl"], put["gitRef"]) == (str(repository), None)
    assert jobs_api.post(f"{path}/git/checkout-latest")["content"] == "SELECT 2\n"
    assert jobs_api.get(path)[field] == "SELECT 2\n"
    newest, oldest = jobs_api.get(f"{path}/git/commits")
    http.json("PATCH", f"{path}/git", json={"gitRef": oldest["commitHash"]})
    assert jobs_api.post(f"{path}/git/checkout")["content"] == "SELECT 1\n"
    assert jobs_api.get(path)[field] == "SELECT 1\n"
    assert jobs_api.post(f"{path}/git/checkout-latest")["content"] == "SELECT 2\n"
    # A change of the script leaves alone where it is in git.
    body = {"name": "n", "remoteHostId": 1, "credentialId": 1, field: "SELECT 9"}
    http.json("PUT", path, json=body)
    assert jobs_api.get(f"{path}/git")["gitPath"] == "job/code.txt"
    version = jobs_api.get(f"{path}/git/commits/{newest['commitHash']}")
    http.json("PATCH", f"{path}/git", json={"gitRef": None})
    commit = {"content": "SELECT 3\n", "message": "number 3", "fileHash": version["fileHash"]}
    assert jobs_api.post(f"{path}/git/commits", commit)["content"] == "SELECT 3\n"
    messages = [one["message"] for one in jobs_api.get(f"{path}/git/commits")]
    assert messages == ["number 3", "number 2", "number 1"]


def test_custom_scripts_keep_the_code_of_their_template(jobs_api, http, repository):
    script = jobs_api.python3("print(0)")
    template = jobs_api.post("/templates/scripts", {"scriptId": script["id"], "name": "t"})
    custom = jobs_api.post("/scripts/custom", {"fromTemplateId": template["id"]})
    where = {"gitRepoUrl": str(repository), "gitPath": "job/code.txt"}
    for made in (script, custom):
        http.json("PUT", f"/scripts/python3/{made['id']}/git", json=where)
    answer = http("POST", f"/scripts/python3/{custom['id']}/git/checkout-latest")
    assert (answer.status_code, "custom script" in answer.text) == (409, True)
    jobs_api.post(f"/scripts/python3/{script['id']}/git/checkout-latest")
    assert jobs_api.get(f"/scripts/python3/{custom['id']}")["source"] == "SELECT 2\n"


def test_deletes_archive(jobs_api, http):
    made = {
        "/scripts/sql": jobs_api.sql("SELECT 0"),
        "/scripts/python3": jobs_api.python3("0"),
        "/scripts/containers": jobs_api.container("true"),
        "/scripts": jobs_api.python3("0"),
    }
    for place, job in made.items():
        assert http("DELETE", f"{place}/{job['id']}").status_code == 204
        assert jobs_api.get(f"/jobs/{job['id']}")["archived"] is True
    assert http("DELETE", "/scripts/999999").status_code == 404
    assert http("DELETE", f"/scripts/sql/{made['/scripts']['id']}").status_code == 404
