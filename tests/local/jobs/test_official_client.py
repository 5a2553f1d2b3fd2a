"""The PyPI package `civis`, unchanged, does its work on the local platform."""

from __future__ import annotations

import importlib
import json
import sys
import warnings

import pandas as pd
import pytest

pytestmark = pytest.mark.exhaustive


@pytest.fixture(scope="module")
def civis():
    # Imported when the tests run, and wholly: parts of it load when anybody looks at them, as
    # test tools do, and warn then.
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        package = pytest.importorskip("civis")
        importlib.import_module("civis.io")
        for name in sorted(sys.modules):
            if name.startswith("civis."):
                getattr(sys.modules[name], "__file__", None)
    return package


@pytest.fixture(scope="module")
def official(bare_platform, civis):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CIVIS_API_ENDPOINT", bare_platform.endpoint)
        patch.setenv("CIVIS_API_KEY", bare_platform.api_key)
        yield civis.APIClient()


@pytest.fixture(scope="module")
def asked(official):
    """How the helpers are to ask."""
    return {"client": official, "polling_interval": 0.02}


@pytest.fixture(scope="module")
def table(official, asked, civis):
    frame = pd.DataFrame({"id": [1, 2, 3], "word": ["a", "é", None], "x": [1.5, None, 2.0]})
    run = civis.io.dataframe_to_civis(frame, "sample", "public.official", **asked).result()
    assert run.state == "succeeded"
    return "public.official"


def test_frame_goes_up_and_comes_back(civis, table, asked):
    frame = civis.io.read_civis(table, "sample", return_as="pandas", **asked)
    assert sorted(frame["id"]) == [1, 2, 3]
    rows = civis.io.read_civis_sql(
        f"select id, word from {table} order by id;", "sample", return_as="list", **asked
    )
    assert rows == [["id", "word"], ["1", "a"], ["2", "é"], ["3", ""]]


def test_parameters_of_sql(civis, table, asked):
    rows = civis.io.read_civis_sql(
        f"select word from {table} where id = {{{{wanted}}}}",
        "sample",
        return_as="list",
        sql_params_arguments={
            "params": [{"name": "wanted", "type": "integer", "required": True}],
            "arguments": {"wanted": 2},
        },
        **asked,
    )
    assert rows == [["word"], ["é"]]


def test_query_and_its_failures(civis, table, asked):
    result = civis.io.query_civis(f"select count(*) as n from {table}", "sample", **asked).result()
    assert (list(result.result_columns), list(result.result_rows)) == (["n"], [["3"]])
    future = civis.io.query_civis("select * from public.not_there", "sample", **asked)
    with pytest.raises(civis.base.CivisJobFailure, match="not_there"):
        future.result()
    with pytest.raises(civis.base.EmptyResultError):
        civis.io.read_civis_sql(
            f"select * from {table} where id > 99", "sample", return_as="list", **asked
        )


def test_csv_files_both_ways(civis, table, asked, official, tmp_path):
    target = tmp_path / "out.csv"
    civis.io.civis_to_csv(
        str(target), f"select id, word from {table} order by id", "sample", **asked
    ).result()
    assert target.read_text(encoding="utf-8").splitlines()[1:3] == ['1,"a"', '2,"é"']
    civis.io.csv_to_civis(str(target), "sample", "public.official_csv", **asked).result()
    assert official.get_table_id("public.official_csv", "sample")
    with pytest.raises(civis.base.CivisJobFailure, match="official_csv"):
        civis.io.csv_to_civis(str(target), "sample", "public.official_csv", **asked).result()
    civis.io.csv_to_civis(
        str(target), "sample", "public.official_csv", existing_table_rows="append", **asked
    ).result()
    counted = civis.io.query_civis("select count(*) from public.official_csv", "sample", **asked)
    assert counted.result().result_rows[0][0] == "6"


def test_several_files_into_one_table(civis, asked, official, tmp_path):
    ids = []
    for number in range(2):
        path = tmp_path / f"{number}.csv"
        path.write_bytes(f"id,word\n{number},Zo\xeb\n".encode("latin-1"))
        ids.append(civis.io.file_to_civis(str(path), path.name, client=official))
    civis.io.civis_file_to_table(ids, "sample", "public.official_files", **asked).result()
    rows = civis.io.read_civis_sql(
        "select * from public.official_files order by id", "sample", return_as="list", **asked
    )
    assert rows[1:] == [["0", "Zoë"], ["1", "Zoë"]]


def test_multifile_manifest(civis, table, asked, official):
    manifest = civis.io.civis_to_multifile_csv(f"select id from {table}", "sample", **asked)
    assert manifest["header"] == ["id"]
    assert official.files.get(manifest["entries"][0]["id"]).file_size > 0


def test_job_with_log_and_outputs(civis, official):
    source = (
        "import os, civis\n"
        "print('from the job')\n"
        "client = civis.APIClient()\n"
        "value = client.json_values.post('{\"Answer\": 42}', name='answer')\n"
        "client.scripts.post_python3_runs_outputs(\n"
        "    os.environ['CIVIS_JOB_ID'], os.environ['CIVIS_RUN_ID'], 'JSONValue', value.id)\n"
    )
    job = official.scripts.post_python3("a job", source)
    future = civis.utils.run_job(job.id, client=official, polling_interval=0.02)
    assert future.result().state == "succeeded"
    (output,) = future.outputs()
    assert (output.name, output.object_type) == ("answer", "JSONValue")
    assert json.loads(json.dumps(output.json()["value"])) == {"Answer": 42}
    entries = list(civis.utils.job_logs(job.id))
    assert [entry["message"] for entry in entries] == ["from the job"]


def test_failing_job_raises_its_error(civis, official):
    job = official.scripts.post_python3("fails", "raise KeyError('lost')")
    with pytest.raises(civis.base.CivisJobFailure, match="KeyError: 'lost'"):
        civis.utils.run_job(job.id, client=official, polling_interval=0.02).result()


def test_futures_are_cancelled(civis, official):
    job = official.scripts.post_python3("sleeps", "import time\ntime.sleep(600)")
    future = civis.utils.run_job(job.id, client=official, polling_interval=0.02)
    assert future.cancel() is True
    assert future.cancelled()
    container = official.scripts.post_containers(
        {"cpu": 256, "memory": 256}, docker_command="sleep 600"
    )
    run = official.scripts.post_containers_runs(container.id)
    with pytest.warns(FutureWarning, match="ContainerFuture"):
        waiting = civis.futures.ContainerFuture(
            container.id, run.id, polling_interval=0.02, client=official
        )
    assert waiting.cancel() is True
    slow = (
        "select count(*) from generate_series(1, 1000000) a(i), generate_series(1, 1000000) "
        "b(i) where a.i * b.i % 7 = 3"
    )
    query = civis.io.query_civis(slow, "sample", client=official, polling_interval=0.02)
    assert query.cancel() is True


def test_listing_goes_through_all_pages(civis, official):
    made = [official.scripts.post_python3(f"paged {i}", "pass").id for i in range(5)]
    found = [job.id for job in official.jobs.list(q="paged ", limit=2, iterator=True)]
    assert found == made[::-1]
