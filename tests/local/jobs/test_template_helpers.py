"""Templates run by the helpers of two packages, `civis` and civis_nb, on the local platform."""

from __future__ import annotations

import importlib
import shlex
import sys
import warnings
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest
import requests

from civis_nb.futures import CustomScriptExecutor

pytestmark = pytest.mark.exhaustive

#: Posts a file and two JSON values as outputs of its run.
POST_OUTPUTS = """
import io, os, civis_nb as civis
client = civis.APIClient()
job_id, run_id = os.environ["CIVIS_JOB_ID"], os.environ["CIVIS_RUN_ID"]
def post(kind, object_id):
    client.scripts.post_containers_runs_outputs(job_id, run_id, kind, object_id)
file_id = civis.io.file_to_civis(io.BytesIO(os.environ["WORD"].encode()), "word.txt")
post("File", file_id)
for value in ('{"word": "%s"}' % os.environ["WORD"], "2")[: int(os.environ["VALUES"])]:
    post("JSONValue", client.json_values.post(value, name="a value").id)
"""


@pytest.fixture(
    scope="module", params=["civis_nb", pytest.param("civis", marks=pytest.mark.exhaustive)]
)
def package(request, bare_platform) -> Iterator[Any]:
    """Return run_template, the executor and a client of one of the packages."""
    with warnings.catch_warnings(), pytest.MonkeyPatch.context() as patch:
        warnings.simplefilter("ignore")
        found = importlib.import_module(request.param)
        utils = importlib.import_module(f"{request.param}.utils")
        futures = importlib.import_module(f"{request.param}.futures")
        # Parts of the PyPI package load, and warn, when they are looked at.
        for name in [one for one in sys.modules if one.startswith("civis.")]:
            getattr(sys.modules[name], "__file__", None)
        patch.setenv("CIVIS_API_ENDPOINT", bare_platform.endpoint)
        patch.setenv("CIVIS_API_KEY", bare_platform.api_key)
        yield SimpleNamespace(
            name=request.param,
            client=found.APIClient(),
            run_template=utils.run_template,
            executor=futures.CustomScriptExecutor,
        )


@pytest.fixture
def template_id(package) -> Any:
    def publish(source: str, *params: dict[str, Any], container: bool = False) -> int:
        scripts = package.client.scripts
        if container:
            # As the executor of civis has it.
            script = scripts.post_containers(
                {"cpu": 100},
                docker_command=f"{sys.executable} -c {shlex.quote(source)}",
                params=list(params),
            )
        else:
            script = scripts.post_python3("s", source, params=list(params))
        return int(package.client.templates.post_scripts(script["id"], "a template")["id"])

    return publish


def _param(name: str, kind: str = "string", **more: Any) -> dict[str, Any]:
    return {"name": name, "type": kind, **more}


def test_a_template_returns_its_files_its_value_or_its_run(package, template_id):
    made = template_id(POST_OUTPUTS, _param("word"), _param("values", "integer", default=1))
    client = package.client
    files = package.run_template(made, {"word": "yes"}, client=client, return_as="files")
    assert set(files) == {"word.txt", "a value"}
    link = client.files.get(files["word.txt"])["file_url"]
    assert requests.get(link, timeout=30).text == "yes"
    value = package.run_template(made, {"word": "no"}, client=client, return_as="JSONValue")
    assert value["word"] == "no"
    future = package.run_template(
        made, {"word": "x", "values": 0}, client=client, return_as="future", name="mine"
    )
    assert future.result(timeout=60)["state"] == "succeeded"
    assert client.scripts.get_custom(future.job_id)["name"] == "mine"
    assert [one["name"] for one in client.jobs.list_runs_outputs(future.job_id, future.run_id)] == [
        "word.txt"
    ]


def test_a_template_returns_more_outputs_than_a_page_has(package, template_id):
    if package.name == "civis":
        pytest.skip("it returns those of the first page, and says nothing")
    source = """
import os, civis_nb
client = civis_nb.APIClient()
ids = os.environ["CIVIS_JOB_ID"], os.environ["CIVIS_RUN_ID"]
for number in range(60):
    value = client.json_values.post("1", name=f"value {number}")
    client.scripts.post_containers_runs_outputs(*ids, "JSONValue", value.id)
"""
    found = package.run_template(template_id(source), {}, client=package.client)
    assert set(found) == {f"value {number}" for number in range(60)}


def test_a_template_that_fails_raises_its_error(package, template_id):
    made = template_id("import sys; sys.exit('it broke')")
    with pytest.raises(Exception, match="it broke"):
        package.run_template(made, {}, client=package.client, return_as="files")


def test_wrong_arguments_raise_before_anything_runs(package, template_id):
    made = template_id("", _param("rows", "integer", required=True))
    for arguments, words in (({}, "rows is required"), ({"rows": "x"}, "of type integer")):
        with pytest.raises(Exception, match=words) as caught:
            package.run_template(made, arguments, client=package.client, return_as="files")
        assert caught.value.status_code == 400
    with pytest.raises(Exception, match="no script template 999999"):
        package.run_template(999999, {}, client=package.client, return_as="files")


def test_an_executor_runs_a_template_with_many_arguments(package, template_id, monkeypatch):
    monkeypatch.setenv("CIVIS_JOB_ID", "71")
    monkeypatch.setenv("CIVIS_RUN_ID", "72")
    source = (
        "import os, civis_nb as civis\n"
        "env = os.environ\n"
        "client = civis.APIClient()\n"
        "text = '\"' + ' '.join(env[name] for name in ('A', 'B', 'CIVIS_PARENT_JOB_ID')) + '\"'\n"
        "value = client.json_values.post(text).id\n"
        "ids = env['CIVIS_JOB_ID'], env['CIVIS_RUN_ID']\n"
        "client.scripts.post_custom_runs_outputs(*ids, 'JSONValue', value)\n"
    )
    params = [_param("a"), _param("b", "integer"), _param("CIVIS_PARENT_JOB_ID", "integer")]
    made = template_id(source, *params, container=True)
    with package.executor(
        made, name="many", arguments={"a": "x"}, client=package.client, inc_script_names=True
    ) as executor:
        futures = [executor.submit(b=number) for number in range(3)]
    outputs = [future.outputs() for future in futures]
    assert [[one["value"] for one in found] for found in outputs] == [
        [f"x {number} 71"] for number in range(3)
    ]
    scripts = [package.client.scripts.get_custom(future.job_id) for future in futures]
    assert [one["name"] for one in scripts] == ["many 0", "many 1", "many 2"]
    assert all(one["hidden"] for one in scripts)


def test_the_executor_of_this_package_runs_templates_of_all_types(bare_platform):
    client = bare_platform.client()
    script = client.scripts.post_python3("s", "print('done')")
    made = client.templates.post_scripts(script.id, "a template").id
    with CustomScriptExecutor(made, client=client) as executor:
        future = executor.submit()
    assert future.result().state == "succeeded"
    assert repr(future).startswith("<ContainerFuture")


def test_an_executor_cancels_what_runs(package, template_id):
    made = template_id("import time; time.sleep(600)", container=True)
    executor = package.executor(made, client=package.client, polling_interval=0.05)
    future = executor.submit()
    executor.cancel_all()
    assert future.cancelled()
    run = package.client.scripts.get_custom_runs(future.job_id, future.run_id)
    assert run["state"] == "cancelled"
