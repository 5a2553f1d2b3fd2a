"""What scripts do gives the same with this package and with the PyPI package ``civis``."""

from __future__ import annotations

import concurrent.futures
import copy
import importlib
import pickle
from typing import Any

import pandas as pd
import pytest

import civis_nb.local

pytestmark = pytest.mark.exhaustive

DB = "sample"
POLL = {"polling_interval": 0.05}


@pytest.fixture(scope="module")
def both():
    """Return both packages, each with a client of one platform."""
    pytest.importorskip("civis")
    with civis_nb.local.start(samples=False) as platform, pytest.MonkeyPatch.context() as patch:
        patch.setenv("CIVIS_API_ENDPOINT", platform.endpoint)
        patch.setenv("CIVIS_API_KEY", platform.api_key)
        found = []
        for name in ("civis", "civis_nb"):
            package = importlib.import_module(name)
            for part in ("io", "base", "futures", "utils"):
                importlib.import_module(f"{name}.{part}")
            found.append((package, package.APIClient()))
        yield found


def preview_with_its_header(civis: Any, client: Any) -> Any:
    result = civis.io.query_civis("select 1 as a, 'x' as b", DB, client=client, **POLL).result()
    result["result_rows"].insert(0, result["result_columns"])
    return result["result_rows"], result.result_rows, result.json()["result_rows"]


def frame_of_a_preview(civis: Any, client: Any) -> Any:
    sql = "select i as \"Nr.\", 'n' || i as n from generate_series(0, 2) t(i) order by 1"
    found = civis.io.query_civis(sql, DB, client=client, preview_rows=100, **POLL).result()
    columns = found["result_columns"]
    return pd.DataFrame.from_records(found["result_rows"], columns=columns).to_dict()


def statement_without_rows(civis: Any, client: Any) -> Any:
    sql = "create table if not exists public.scripts (a int)"
    found = civis.io.query_civis(sql, DB, client=client, **POLL).result()
    return found["result_rows"], found["result_columns"]


def empty_result(civis: Any, client: Any) -> Any:
    try:
        return civis.io.read_civis_sql("select 1 where 1 = 0", DB, use_pandas=True, client=client)
    except civis.base.EmptyResultError:
        return pd.DataFrame().shape


def there_and_back(civis: Any, client: Any) -> Any:
    frame = pd.DataFrame({"a": [1, 2, 3], "b": [2.0, 4.0, 7.5]})
    options = {"existing_table_rows": "drop", "distkey": "a", "diststyle": "key"}
    table = f"public.back_{civis.__name__}"
    civis.io.dataframe_to_civis(frame, DB, table, client=client, **options).result()
    found = civis.io.read_civis(table, DB, use_pandas=True, client=client)
    return found.corr().round(6).to_dict()


def job_with_its_log(civis: Any, client: Any) -> Any:
    source = "import sys; print('out'); print('err', file=sys.stderr)"
    script = client.scripts.post_python3(name="a job", source=source)
    future = civis.utils.run_job(script.id, client=client, **POLL)
    run = future.result()
    entries = civis.utils.job_logs(script.id, run.id)
    said = sorted({entry["message"] for entry in entries} & {"out", "err"})
    ends = future.done(), future.succeeded(), future.failed(), future.cancelled()
    return run.state, said, ends, future.job_id == script.id, future.run_id == run.id


def job_that_fails(civis: Any, client: Any) -> Any:
    script = client.scripts.post_python3(name="a job", source="raise ValueError('boom')")
    run = client.scripts.post_python3_runs(script.id)
    poll = client.scripts.get_python3_runs
    future = civis.futures.CivisFuture(poll, (script.id, run.id), client=client, **POLL)
    with pytest.raises(civis.base.CivisJobFailure) as caught:
        future.result()
    error = caught.value
    return error.job_id == script.id, error.run_id == run.id, error.response.state, future.failed()


def values_of_a_job(civis: Any, client: Any) -> Any:
    made = client.json_values.post('{"aB": [1, {"cD": null}]}', name="a value")
    again = client.json_values.get(made.id)
    script = client.scripts.post_python3(
        name="a job",
        source="pass",
        params=[{"name": "MY_X", "type": "string"}],
        arguments={"MY_X": "a"},
    )
    held = client.scripts.get_python3(script.id)
    arguments = held.arguments["MY_X"], held.arguments.MY_X, held.json()["arguments"]
    return again.value, again.json()["value"], arguments


def several_at_once(civis: Any, client: Any) -> Any:
    futures = [civis.io.query_civis(f"select {i}", DB, client=client, **POLL) for i in range(3)]
    done, _ = concurrent.futures.wait(futures, timeout=120)
    rows = [one.result()["result_rows"][0] for one in concurrent.futures.as_completed(futures)]
    return len(done), sorted(rows)


def responses(civis: Any, client: Any) -> Any:
    database = civis.find_one(client.databases.list(), name=DB)
    patched = client.scripts.patch_python3(
        client.scripts.post_python3(name="a job", source="pass").id,
        notifications={"success_email_subject": "s", "success_email_addresses": ["a@b.test"]},
    )
    return (
        database["name"],
        database.get("nosuch", 5),
        pickle.loads(pickle.dumps(database)) == database,
        copy.deepcopy(database) == database == database.json(),
        {database: 1}[database],
        patched.notifications.success_email_subject,
        patched["notifications"]["successEmailAddresses"],
    )


def rows_by_key(civis: Any, client: Any) -> Any:
    table = f"public.keyed_{civis.__name__}"
    sql = f"drop table if exists {table}; create table {table} (id int, v varchar(9))"
    civis.io.query_civis(sql, DB, client=client, **POLL).result()
    for ids, values, options in (
        ([1, 2], ["a", "b"], {"existing_table_rows": "append"}),
        ([2, 3], ["B", "c"], {"existing_table_rows": "upsert", "primary_keys": ["id"],
                              "last_modified_keys": ["id"]}),
    ):  # fmt: skip
        frame = pd.DataFrame({"id": ids, "v": values})
        civis.io.dataframe_to_civis(frame, DB, table, client=client, **options).result()
    return sorted(civis.io.read_civis(table, DB, client=client)[1:])


SCRIPTS = (
    preview_with_its_header,
    frame_of_a_preview,
    statement_without_rows,
    empty_result,
    there_and_back,
    job_with_its_log,
    job_that_fails,
    values_of_a_job,
    several_at_once,
    responses,
    rows_by_key,
)


@pytest.mark.filterwarnings("ignore::FutureWarning")
@pytest.mark.parametrize("script", SCRIPTS, ids=lambda script: script.__name__)
def test_a_script_gives_the_same_with_both_packages(both, script):
    theirs, ours = (script(package, client) for package, client in both)
    assert ours == theirs
