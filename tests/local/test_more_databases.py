"""Further databases of a platform: asked for at the start, kept in its state folder."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from civis_nb.errors import CivisLocalError
from civis_nb.local import start

_ASK = """
import base64, json, os, urllib.request
token = base64.b64encode(os.environ["CIVIS_API_KEY"].encode() + b":").decode()
url = os.environ["CIVIS_API_ENDPOINT"] + "/databases"
request = urllib.request.Request(url, headers={"Authorization": "Basic " + token})
print(json.dumps([d["name"] for d in json.load(urllib.request.urlopen(request))]))
"""


def test_databases_are_made_once_and_kept(tmp_path, http_of):
    state = tmp_path / "state"
    with start(state, samples=False, databases=["other", "a/b"]) as platform:
        http = http_of(platform)
        found = {item["name"]: item["id"] for item in http.json("GET", "/databases")}
        assert set(found) == {"sample", "other", "a/b"}
        body = {"database": found["a/b"], "sql": "create table public.t (a int)", "previewRows": 0}
        assert http.json("POST", "/queries", json=body)["database"] == found["a/b"]
    with start(state, samples=False, databases="other") as platform:
        http = http_of(platform)
        assert {item["name"]: item["id"] for item in http.json("GET", "/databases")} == found
        for name, number in found.items():
            assert http.json("GET", f"/databases/{number}/schemas") == [{"schema": "public"}], name


@pytest.mark.contract("S32")
@pytest.mark.parametrize("query", ["", "?limit=1", "?limit=1&page_num=2", "?page_num=9"])
def test_all_databases_come_in_one_answer_whatever_page_is_asked_for(many, query):
    names = [item["name"] for item in many.json("GET", f"/databases{query}")]
    assert sorted(names) == sorted({"sample", *(f"database {number}" for number in range(60))})


@pytest.fixture(scope="module")
def many(http_of):
    with start(samples=False, databases=[f"database {number}" for number in range(60)]) as platform:
        yield http_of(platform)


def test_a_blank_name_is_refused():
    with pytest.raises(CivisLocalError, match="name"):
        start(samples=False, databases=[" "])


@pytest.mark.exhaustive
def test_the_command_line_makes_them_too():
    program = [sys.executable, "-m", "civis_nb.cli", "local", "run", "--no-samples"]
    options = ["--database", "one more", "--database", "two more"]
    done = subprocess.run(
        [*program, *options, "--", sys.executable, "-c", _ASK],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert json.loads(done.stdout) == ["sample", "one more", "two more"]
