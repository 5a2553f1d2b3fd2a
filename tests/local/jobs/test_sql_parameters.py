"""Parameters in SQL: what stands for them, and what can't get in by them."""

from __future__ import annotations

import csv
import gzip
import io

import pytest
import requests

pytestmark = pytest.mark.exhaustive

HOSTILE = [
    "x'; drop table public.precious; --",
    "x' or '1'='1",
    "\\'; drop table public.precious; --",
    '"; drop table public.precious; --',
    '" from public.precious; drop table public.precious; select 1 as "',
    "{{text}} {{text.literal}} {{number}}",
    "$$; drop table public.precious; $$",
    "/* ' */ -- ' \" ;",
    "zwei\nZeilen\tund ein\u2028drittes",
    "'",
    "''",
    '""',
    "\\",
    "\u02bc \uff07 \u2019 é 😀",
    "%s %% {0} :x ? $1",
]
TEXT = [{"name": "text", "type": "string"}, {"name": "number", "type": "integer"}]


@pytest.fixture(scope="module")
def precious(jobs_api):
    made = jobs_api.query(
        "drop table if exists public.precious; create table public.precious as select 42 as a"
    )
    assert made["state"] == "succeeded"
    yield
    assert jobs_api.query("select a from public.precious")["resultRows"] == [["42"]]


def _rows(run):
    assert run["state"] == "succeeded", run["error"]
    text = gzip.decompress(requests.get(run["output"][0]["path"], timeout=30).content).decode()
    return list(csv.reader(io.StringIO(text, newline="")))


@pytest.mark.contract("S40")
@pytest.mark.usefixtures("precious")
@pytest.mark.parametrize("text", [*HOSTILE, ""])
def test_a_literal_is_the_text_and_nothing_else(jobs_api, text):
    sql = "select {{text.literal}} as a, {{ text.literal }} = {{text.literal}} as same"
    run = jobs_api.run_sql(sql, params=TEXT, arguments={"text": text})
    assert _rows(run) == [["a", "same"], [text, "true"]]


@pytest.mark.contract("S40")
@pytest.mark.usefixtures("precious")
@pytest.mark.parametrize("text", HOSTILE)
def test_an_identifier_is_the_name_and_nothing_else(jobs_api, text):
    sql = "select b.{{text.identifier}} from (select 7 as {{text.identifier}}) as b"
    assert _rows(jobs_api.run_sql(sql, params=TEXT, arguments={"text": text})) == [[text], ["7"]]


@pytest.mark.usefixtures("precious")
@pytest.mark.parametrize("text", HOSTILE)
def test_a_table_is_named_by_an_identifier(jobs_api, text):
    create = (
        "drop table if exists public.{{text.identifier}}; create table "
        'public.{{text.identifier}} as select {{text.literal}} as "t"'
    )
    made = jobs_api.run_sql(create, params=TEXT, arguments={"text": text})
    assert made["state"] == "succeeded", made["error"]
    read = "select t from public.{{text.identifier}}"
    rows = _rows(jobs_api.run_sql(read, params=TEXT, arguments={"text": text}))
    assert rows == [["t"], [text]]
    found = jobs_api.get("/tables", schema="public", name=text.replace("%", "*"))
    assert [table["name"] for table in found] == [text]
    jobs_api.run_sql("drop table public.{{text.identifier}}", params=TEXT, arguments={"text": text})


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("integer", "1; drop table public.precious"),
        ("integer", "1.5"),
        ("integer", 1.5),
        ("integer", ""),
        ("float", "1 or 1=1"),
        ("float", "nan"),
        ("float", "-Infinity"),
        ("bool", "true or 1=1"),
        ("bool", "maybe"),
        ("file", "1 or 1"),
        ("credential_redshift", "1'"),
        ("database", {"database": "1;"}),
    ],
)
def test_a_value_of_another_type_is_refused_with_the_parameter_s_name(http, kind, value):
    body = {"name": "n", "sql": "select {{wanted}} as a", "remoteHostId": 1, "credentialId": None}
    body |= {"params": [{"name": "wanted", "type": kind}], "arguments": {"wanted": value}}
    answer = http("POST", "/scripts/sql", json=body)
    assert answer.status_code == 400
    assert "wanted" in answer.json()["errorDescription"]


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity"])
def test_what_json_has_no_number_for_is_refused(http, number):
    body = '{"name": "n", "sql": "select 1", "remoteHostId": 1, "credentialId": null, '
    body += f'"arguments": {{"x": {number}}}}}'
    answer = http("POST", "/scripts/sql", data=body)
    assert (answer.status_code, answer.json()["code"]) == (400, 400)
    assert "no number of JSON" in answer.json()["errorDescription"]


@pytest.mark.parametrize(
    "name", ["my param", "my-param", "größe", "MY_PARAM", "myParam", "p.q", "1"]
)
def test_parameters_of_any_name(jobs_api, name):
    params = [{"name": name, "type": "integer"}, {"name": f"{name} too", "type": "string"}]
    sql = f"select {{{{{name}}}}} as n, {{{{{name} too.literal}}}} as t"
    arguments = {name: "3", f"{name} too": "it's"}
    script = jobs_api.sql(sql, params=params, arguments=arguments)
    assert script["codePreview"] == "select 3 as n, 'it''s' as t"
    assert script["arguments"] == arguments
    assert script["expandedArguments"][name] == 3
    assert _rows(jobs_api.run("/scripts/sql", script)) == [["n", "t"], ["3", "it's"]]


def test_what_is_no_parameter_stays_as_it_is(jobs_api):
    sql = "select '{{other}} {{ text.nonsense }} {{}} {text}' as a"
    script = jobs_api.sql(sql, params=TEXT, arguments={"text": "x"})
    assert script["codePreview"] == sql
    assert _rows(jobs_api.run("/scripts/sql", script))[1] == [
        "{{other}} {{ text.nonsense }} {{}} {text}"
    ]


def test_a_fixed_value_comes_before_an_argument_and_a_default_after_it(jobs_api):
    params = [
        {"name": "fixed", "type": "string", "value": "f", "default": "d"},
        {"name": "given", "type": "string", "default": "d"},
        {"name": "unset", "type": "string", "default": "d"},
        {"name": "null", "type": "string", "default": "d"},
    ]
    arguments = {"fixed": "a", "given": "a", "null": None}
    sql = ", ".join(f"{{{{{param['name']}.literal}}}} as c{i}" for i, param in enumerate(params))
    run = jobs_api.run_sql(f"select {sql}", params=params, arguments=arguments)
    assert _rows(run)[1] == ["f", "a", "d", "d"]


def test_changed_arguments_count_in_the_next_run(jobs_api, http):
    script = jobs_api.sql("select {{number}} as a", params=TEXT, arguments={"number": 1})
    assert _rows(jobs_api.run("/scripts/sql", script))[1] == ["1"]
    changed = http("PATCH", f"/scripts/sql/{script['id']}", json={"arguments": {"number": 2}})
    assert changed.json()["codePreview"] == "select 2 as a"
    assert _rows(jobs_api.run("/scripts/sql", script))[1] == ["2"]


def test_a_credential_that_is_not_there_fails_the_run(jobs_api):
    params = [{"name": "login", "type": "credential_redshift"}]
    run = jobs_api.run_sql(
        "select '{{login.username}}' as a", params=params, arguments={"login": 99}
    )
    assert run["state"] == "failed"
    assert "login" in run["error"]
    assert "99" in run["error"]


RESOURCES = {"cpu": 256, "memory": 256}
SCRIPTS = {
    "sql": {"name": "n", "sql": "select 1", "remoteHostId": 1, "credentialId": None},
    "python3": {"name": "n", "source": "pass"},
    "containers": {"requiredResources": RESOURCES, "dockerCommand": "true"},
}


@pytest.mark.contract("S41")
@pytest.mark.parametrize(
    ("kind", "default"), [("string", ""), ("string", "x"), ("integer", 0), ("bool", False)]
)
@pytest.mark.parametrize("path", SCRIPTS)
def test_a_required_parameter_with_a_default_is_refused_however_it_is_sent(
    http, path, kind, default
):
    wrong = {"name": "p", "type": kind, "required": True, "default": default}
    answer = http("POST", f"/scripts/{path}", json={**SCRIPTS[path], "params": [wrong]})
    assert (answer.status_code, answer.json()["error"]) == (400, "bad_request")
    assert "Parameter p" in answer.json()["errorDescription"]
    made = http.json("POST", f"/scripts/{path}", json=SCRIPTS[path])
    for method, body in (("PATCH", {}), ("PUT", SCRIPTS[path])):
        answer = http(method, f"/scripts/{path}/{made['id']}", json={**body, "params": [wrong]})
        assert answer.status_code == 400, method
        assert "default" in answer.json()["errorDescription"]
    fine = {**wrong, "default": None}
    assert http("POST", f"/scripts/{path}", json={**SCRIPTS[path], "params": [fine]}).ok


@pytest.mark.parametrize("sql", ["", "  \n "])
def test_blank_sql_is_refused(http, sql):
    made = http.json("POST", "/scripts/sql", json=SCRIPTS["sql"])
    for method, path in (("POST", "/scripts/sql"), ("PATCH", f"/scripts/sql/{made['id']}")):
        answer = http(method, path, json={**SCRIPTS["sql"], "sql": sql})
        assert answer.status_code == 400
        assert answer.json()["errorDescription"].startswith("sql ")
