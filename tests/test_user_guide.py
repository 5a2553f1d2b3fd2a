"""The examples of the user guide that scripts were written after, on the local platform.

Those of the page on workflows are in tests/workflows.
"""

from __future__ import annotations

import concurrent.futures
import gzip
import http.server
import subprocess
import sys
import threading

import pandas as pd
import pytest

import civis_nb as civis


@pytest.fixture(scope="module")
def guide_client():
    with civis.local.start() as platform, pytest.MonkeyPatch.context() as patch:
        patch.setenv("CIVIS_API_KEY", platform.api_key)
        patch.setenv("CIVIS_API_ENDPOINT", platform.endpoint)
        yield civis.APIClient()


@pytest.mark.filterwarnings("ignore:.*use_pandas.*:FutureWarning")
def test_correlations_of_a_table_become_a_table(guide_client):
    df = civis.io.read_civis(table="public.anes96", database="sample", use_pandas=True)
    correlation_matrix = df.corr()
    correlation_matrix["corr_var"] = correlation_matrix.index
    fut = civis.io.dataframe_to_civis(
        df=correlation_matrix, database="sample", table="public.my_correlations"
    )
    assert fut.result().state == "succeeded"
    back = civis.io.read_civis("public.my_correlations", "sample", return_as="pandas")
    back = back.set_index("corr_var", drop=False).rename_axis(None)[list(correlation_matrix)]
    pd.testing.assert_frame_equal(
        back.sort_index(), correlation_matrix.sort_index(), check_dtype=False
    )


def test_a_container_script_and_its_futures(guide_client):
    script = guide_client.scripts.post_containers(
        required_resources={"cpu": 512, "memory": 1024},
        docker_command="echo 'HELLO WORLD'",
        docker_image_name="civisanalytics/datascience-python",
    )
    run = guide_client.scripts.post_containers_runs(script.id)
    future = civis.futures.CivisFuture(
        guide_client.scripts.get_containers_runs, (script.id, run.id)
    )
    done = concurrent.futures.wait([future], timeout=60).done
    assert done == {future}
    assert future.result().state == "succeeded"
    assert civis.utils.run_job(script.id).result().state == "succeeded"
    assert [entry["message"] for entry in civis.utils.job_logs(script.id)][-1] == "HELLO WORLD"


@pytest.mark.filterwarnings("ignore:.*list_me.*")
def test_the_user(guide_client):
    me = guide_client.users.list_me()
    assert repr(me).startswith("Response(")
    assert isinstance(me.feature_flags, civis.Response)
    assert me["featureFlags"] == me.feature_flags
    assert me.username == guide_client.username


def test_an_export_by_hand(guide_client):
    db_id = guide_client.get_database_id("sample")
    with pytest.warns(FutureWarning, match="default_credential"):
        cred_id = guide_client.default_credential
    export_job = guide_client.scripts.post_sql(
        name="our export job",
        remote_host_id=db_id,
        credential_id=cred_id,
        sql="select age, vote from public.anes96 order by age, vote",
    )
    export_result = civis.utils.run_job(export_job.id).result()
    url = export_result.output[0].path
    frame = pd.read_csv(url, compression="gzip")
    assert frame.shape == (944, 2)


def test_the_logger(capsys):
    log = civis.civis_logger("guide")
    log.info("info level logging")
    log.warning("something to look into potentially")
    out, err = capsys.readouterr()
    assert out == "info level logging\n"
    assert err == "something to look into potentially\n"


def test_find(guide_client):
    databases = guide_client.databases.list()
    assert civis.find_one(databases, name="sample").id == 1
    assert civis.find(databases, lambda database: database.name == "nosuch") == []


def test_the_root_logger():
    code = """
from civis_nb import civis_logger
_LOG = civis_logger()
def some_function():
    _LOG.info("info level logging")
    _LOG.warning("something to look into potentially")
some_function()
"""
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stdout == "info level logging\n"
    assert done.stderr == "something to look into potentially\n"


def test_responses_and_pages(guide_client):
    for number in range(3):
        guide_client.scripts.post_python3(name=f"listed {number}", source="1", hidden=False)
    pages = guide_client.jobs.list(limit=2, iterator=True)
    assert isinstance(pages, civis.response.PaginatedResponse)
    found = civis.find(pages, lambda job: job.name.startswith("listed"))
    assert len(found) == 3
    assert all(isinstance(job, civis.response.Response) for job in found)


def get_timestamps_from_table(table, client=None):
    client = client or civis.APIClient()
    rows = civis.io.read_civis_sql(f"select at from {table}", "sample", client=client)
    return [row[0] for row in rows[1:]]


def test_code_is_tested_with_a_stand_in(small_file):
    from civis_nb.tests import create_client_mock

    mock_client = create_client_mock()
    mock_client.scripts.get_sql_runs.return_value = {
        "output": [{"path": small_file(b'"at"\n"2026-01-01 00:00:00"\n'), "file_id": 1}]
    }
    expected_timestamps = ["2026-01-01 00:00:00"]
    actual_timestamps = get_timestamps_from_table("public.visits", client=mock_client)
    assert actual_timestamps == expected_timestamps
    with pytest.raises(TypeError):
        mock_client.scripts.post_sql(nam="misspelt")


@pytest.fixture
def small_file():
    """Serve bytes over HTTP; give the address."""
    contents = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            data = gzip.compress(contents[-1])
            self.send_response(200)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, *_):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()

    def serve(content):
        contents.append(content)
        return f"http://127.0.0.1:{server.server_port}/result.csv.gz"

    yield serve
    server.shutdown()
    server.server_close()
    thread.join()
