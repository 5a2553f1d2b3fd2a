"""Custom scripts: the script of a template with arguments of one's own."""

from __future__ import annotations

from typing import Any

import pytest

#: Writes the environment variables that begin with one of these names to the log, sorted.
SHOW = """
import os
for name in sorted(os.environ):
    if name.startswith(("P_", "p_")):
        print(name + "=" + os.environ[name])
"""


@pytest.fixture
def template(jobs_api):
    """Publish a script as a template and return the template."""

    def publish(path: str, script: dict[str, Any], name: str = "A template") -> dict[str, Any]:
        script_id = jobs_api.post(path, script)["id"]
        return jobs_api.post("/templates/scripts", {"scriptId": script_id, "name": name})

    return publish


@pytest.fixture
def python_template(template):
    def publish(source: str, *params: dict[str, Any], **more: Any) -> dict[str, Any]:
        script = {"name": "s", "source": source, "params": list(params), **more}
        return template("/scripts/python3", script)

    return publish


def _custom(jobs_api, template_id: int, **fields: Any) -> dict[str, Any]:
    return jobs_api.post("/scripts/custom", {"fromTemplateId": template_id, **fields})


def _ran(jobs_api, script: dict[str, Any]) -> tuple[dict[str, Any], list[str]]:
    run = jobs_api.run("/scripts/custom", script)
    return run, jobs_api.messages(script["id"], run["id"])


@pytest.mark.contract("S74")
def test_it_runs_the_script_of_its_template(jobs_api, python_template):
    made = python_template("import os; print('hello', os.environ['WHO'])", _param("who", "string"))
    custom = _custom(jobs_api, made["id"], arguments={"who": "you"})
    assert (custom["fromTemplateId"], custom["backingScriptType"]) == (made["id"], "Python")
    assert (custom["type"], custom["name"]) == ("Custom", f"A template #{custom['id']}")
    assert custom["params"][0]["name"] == "who"
    run, log = _ran(jobs_api, custom)
    assert (run["state"], run["customId"], log) == ("succeeded", custom["id"], ["hello you"])
    got = jobs_api.get(f"/scripts/custom/{custom['id']}")
    assert got["lastSuccessfulRun"]["id"] == run["id"]
    job = jobs_api.get(f"/jobs/{custom['id']}")
    assert (job["fromTemplateId"], job["type"]) == (made["id"], "JobTypes::PythonDocker")
    assert jobs_api.get(f"/scripts/python3/{custom['id']}")["type"] == "Custom"


def _param(name: str, kind: str, **more: Any) -> dict[str, Any]:
    return {"name": name, "type": kind, **more}


def test_every_type_of_parameter_gives_its_environment_variables(
    jobs_api, python_template, upload_to, http
):
    file_id = upload_to(http, b"a,b\n")
    secret = {"type": "Custom", "username": "me", "password": "pa ss"}
    credential_id = jobs_api.post("/credentials", secret)["id"]
    made = python_template(
        SHOW,
        _param("p_text", "string"),
        _param("p_lines", "multi_line_string"),
        _param("p_whole", "integer"),
        _param("p_float", "float"),
        _param("p_bool", "bool"),
        _param("p_file", "file"),
        _param("p_table", "table"),
        _param("p_base", "database"),
        _param("p_aws", "credential_aws"),
        _param("p_red", "credential_redshift"),
        _param("p_own", "credential_custom"),
    )
    arguments = {
        "p_text": "it's",
        "p_lines": "a\nb",
        "p_whole": "7",
        "p_float": 1.5,
        "p_bool": "yes",
        "p_file": file_id,
        "p_table": "public.t",
        "p_base": {"database": 1, "credential": credential_id},
        "p_aws": credential_id,
        "p_red": credential_id,
        "p_own": str(credential_id),
    }
    run, log = _ran(jobs_api, _custom(jobs_api, made["id"], arguments=arguments))
    assert run["state"] == "succeeded"
    text = "\n".join(log)
    shown = dict(line.split("=", 1) for line in log if "=" in line)
    number = str(credential_id)
    expected = {
        "P_TEXT": "it's",
        "P_TEXT_SHELL_ESCAPED": "'it'\"'\"'s'",
        "p_text": "it's",
        "P_WHOLE": "7",
        "P_FLOAT": "1.5",
        "P_BOOL": "true",
        "P_FILE_ID": str(file_id),
        "P_TABLE": "public.t",
        "P_BASE_ID": "1",
        "P_BASE_DATABASE": "sample",
        "P_BASE_CREDENTIAL_ID": number,
        "P_BASE_CREDENTIAL_USERNAME": "me",
        "P_BASE_CREDENTIAL_PASSWORD": "pa ss",
        "P_AWS_ACCESS_KEY_ID": "me",
        "P_AWS_SECRET_ACCESS_KEY": "pa ss",
        "P_RED_ID": number,
        "P_RED_USERNAME": "me",
        "P_OWN_PASSWORD": "pa ss",
    }
    assert {name: shown.get(name) for name in expected} == expected
    assert "P_LINES=a\nb" in text
    assert shown["P_FILE_URL"].startswith("http")


def test_defaults_and_fixed_values_are_those_of_the_template(jobs_api, python_template):
    made = python_template(
        SHOW,
        _param("p_a", "integer", default="3"),
        _param("p_b", "string", value="fixed"),
        _param("p_c", "integer"),
    )
    _, log = _ran(jobs_api, _custom(jobs_api, made["id"], arguments={}))
    assert {"P_A=3", "P_B=fixed", "P_C=0"} <= set(log)
    answer = jobs_api.http(
        "POST",
        "/scripts/custom",
        json={"fromTemplateId": made["id"], "arguments": {"p_b": "another"}},
    )
    assert answer.status_code == 400
    assert "fixed value" in answer.json()["errorDescription"]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"rows": "many"}, "rows is of type integer"),
        ({"rows": 3}, "it is one of 1, 2"),
    ],
)
def test_wrong_arguments_are_refused_when_they_are_given(
    jobs_api, python_template, arguments, words
):
    allowed = [{"label": "one", "value": 1}, {"label": "two", "value": 2}]
    made = python_template("", _param("rows", "integer", allowedValues=allowed))
    body = {"fromTemplateId": made["id"], "arguments": arguments}
    answer = jobs_api.http("POST", "/scripts/custom", json=body)
    assert (answer.status_code, answer.json()["error"]) == (400, "bad_request")
    assert words in answer.json()["errorDescription"]
    custom = _custom(jobs_api, made["id"], arguments={"rows": 2})
    answer = jobs_api.http("PATCH", f"/scripts/custom/{custom['id']}", json=body)
    assert answer.status_code == 400


def test_a_missing_argument_is_refused_by_the_run_and_says_what_may_be_meant(
    jobs_api, python_template
):
    made = python_template("", _param("rows", "integer", required=True))
    custom = _custom(jobs_api, made["id"], arguments={"rowss": 1})
    answer = jobs_api.http("POST", f"/scripts/custom/{custom['id']}/runs")
    assert answer.status_code == 400
    assert "There is an argument rowss" in answer.json()["errorDescription"]
    jobs_api.http("PATCH", f"/scripts/custom/{custom['id']}", json={"arguments": {"rows": 1}})
    run, _ = _ran(jobs_api, custom)
    assert run["state"] == "succeeded"


def test_an_argument_that_is_not_used_is_named_in_the_log(jobs_api, python_template):
    made = python_template("print('done')")
    _, log = _ran(jobs_api, _custom(jobs_api, made["id"], arguments={"row": 1}))
    assert log[-1] == "done"
    assert "no parameter: row." in log[0]


def test_an_unknown_template_is_refused(jobs_api):
    body = {"fromTemplateId": 999999}
    answer = jobs_api.http("POST", "/scripts/custom", json=body)
    assert answer.status_code == 400
    assert "no script template 999999" in answer.json()["errorDescription"]


def test_a_change_of_the_script_reaches_what_is_made_of_it(jobs_api, http, python_template):
    made = python_template("print('old')", _param("a", "string"))
    custom = _custom(jobs_api, made["id"], arguments={"a": "x"}, requiredResources={"cpu": 500})
    change = {"source": "print('new')", "requiredResources": {"cpu": 300, "memory": 999}}
    http.json("PATCH", f"/scripts/python3/{made['scriptId']}", json=change)
    assert _ran(jobs_api, custom)[1] == ["new"]
    got = jobs_api.get(f"/scripts/custom/{custom['id']}")
    assert got["arguments"] == {"a": "x"}
    assert (got["requiredResources"]["cpu"], got["requiredResources"]["memory"]) == (500, 999)


def test_a_custom_script_of_sql_fills_in_its_arguments(jobs_api, template):
    sql = "SELECT {{n}} AS n, {{who.literal}} AS who"
    params = [_param("n", "integer", required=True), _param("who", "string", default="me")]
    body = {"name": "s", "sql": sql, "remoteHostId": 1, "credentialId": 1, "params": params}
    made = template("/scripts/sql", body)
    custom = _custom(jobs_api, made["id"], arguments={"n": 2}, remoteHostId=1, credentialId=1)
    assert custom["codePreview"] == "SELECT 2 AS n, 'me' AS who"
    run, _ = _ran(jobs_api, custom)
    assert run["state"] == "succeeded"
    (output,) = jobs_api.get(f"/scripts/sql/{custom['id']}/runs/{run['id']}")["output"]
    (listed,) = jobs_api.get(f"/scripts/custom/{custom['id']}/runs/{run['id']}/outputs")
    assert (listed["objectType"], listed["objectId"]) == ("File", output["fileId"])


def test_a_custom_script_of_a_container_runs_its_command(jobs_api, template):
    body = {
        "dockerCommand": 'echo "$P_A $p_a"',
        "requiredResources": {"cpu": 100},
        "params": [_param("p_a", "string")],
    }
    made = template("/scripts/containers", body)
    run, log = _ran(jobs_api, _custom(jobs_api, made["id"], arguments={"p_a": "x"}))
    assert (run["state"], log[-1]) == ("succeeded", "x x")


def test_lists_changes_clones_and_inputs(jobs_api, http, python_template):
    made = python_template("", _param("a", "string"))
    custom = _custom(jobs_api, made["id"], name="mine", arguments={"a": "1"})
    listed = jobs_api.get("/scripts/custom", from_template_id=f"999, {made['id']}")
    assert [one["id"] for one in listed] == [custom["id"]]
    assert custom["id"] in [one["id"] for one in jobs_api.get("/scripts", limit=50)]
    path = f"/scripts/custom/{custom['id']}"
    changed = http.json("PATCH", path, json={"arguments": {"a": "2"}, "name": "other"})
    assert (changed["arguments"], changed["name"]) == ({"a": "2"}, "other")
    replaced = http.json("PUT", path, json={"notifications": {"urls": ["http://x"]}})
    assert (replaced["arguments"], replaced["params"][0]["name"]) == ({}, "a")
    copy = jobs_api.post(f"{path}/clone")
    assert (copy["name"], copy["fromTemplateId"]) == ("Clone of other", made["id"])
    run, _ = _ran(jobs_api, custom)
    inputs = jobs_api.get(f"{path}/runs/{run['id']}/inputs")
    assert (inputs["fromTemplateId"], inputs["name"]) == (made["id"], "other")
    http.json("PATCH", path, json={"arguments": {"a": "3"}})
    answer = http("GET", f"{path}/runs/{run['id']}/inputs")
    assert (answer.status_code, "has changed since" in answer.text) == (404, True)
    assert http("DELETE", path).status_code == 204
    assert jobs_api.get(path)["archived"] is True
    answer = http("PATCH", f"/scripts/python3/{custom['id']}", json={"source": "1"})
    assert answer.status_code == 409
    assert "custom script" in answer.json()["errorDescription"]
    assert http("GET", f"/scripts/custom/{made['scriptId']}").status_code == 404


def test_a_custom_script_is_no_template(jobs_api, python_template):
    custom = _custom(jobs_api, python_template("")["id"])
    body = {"scriptId": custom["id"], "name": "again"}
    answer = jobs_api.http("POST", "/templates/scripts", json=body)
    assert answer.status_code == 400
    assert "made of template" in answer.json()["errorDescription"]
