"""joblib and scikit-learn on the jobs of a local platform, each in a process of its own."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from joblib import Parallel, delayed, parallel_config, register_parallel_backend

import civis_nb
from civis_nb.errors import CivisInputError, JobSubmissionError
from civis_nb.parallel import (
    infer_backend_factory,
    make_backend_factory,
    make_backend_template_factory,
)
from civis_nb.remote import RemoteTraceback
from civis_nb.tests import create_client_mock_for_container_tests

RESOURCES = {"cpu": 512, "memory": 256, "disk_space": 1}


@pytest.fixture(scope="module")
def client():
    with civis_nb.local.start(samples=False) as platform:
        yield platform.client()


def in_jobs(factory, calls, n_jobs=2):
    register_parallel_backend("civis_test", factory)
    with parallel_config("civis_test"):
        return Parallel(n_jobs=n_jobs, pre_dispatch="n_jobs")(calls)


@pytest.mark.exhaustive
def test_calls_are_made_in_jobs_with_the_settings(client):
    factory = make_backend_factory(
        "team/image", client=client, required_resources=RESOURCES, hidden=False, name="squares"
    )
    assert in_jobs(factory, (delayed(lambda one: one**2)(number) for number in range(3))) == [
        0,
        1,
        4,
    ]
    jobs = client.scripts.list(type="containers")
    assert [job.name for job in jobs] == ["squares"] * 3
    script = client.scripts.get_containers(jobs[0].id)
    assert (script.docker_image_name, script.required_resources.cpu) == ("team/image", 512)


@pytest.mark.exhaustive
def test_a_failure_is_raised_with_its_traceback_and_ends_the_other_jobs(client):
    def inverse(number):
        import time

        time.sleep(600 if number == 2 else 0)
        return 1 / number

    with pytest.raises(ZeroDivisionError) as caught:
        in_jobs(make_backend_factory(client=client), map(delayed(inverse), [0, 2, 2, 2]))
    assert isinstance(caught.value.__cause__, RemoteTraceback)
    assert "in inverse" in str(caught.value.__cause__)
    assert {job.state for job in client.jobs.list(hidden=True)} <= {
        "failed",
        "cancelled",
        "succeeded",
    }


@pytest.mark.exhaustive
def test_grid_search_of_scikit_learn(client):
    from sklearn.datasets import load_iris
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import GridSearchCV

    iris = load_iris()
    search = GridSearchCV(
        LogisticRegression(max_iter=500), {"C": [0.001, 1.0]}, cv=2, n_jobs=4, pre_dispatch="n_jobs"
    )
    expected = search.fit(iris.data, iris.target).cv_results_["mean_test_score"].tolist()
    register_parallel_backend("civis_test", make_backend_factory(client=client))
    with parallel_config("civis_test"):
        found = search.fit(iris.data, iris.target)
    assert found.cv_results_["mean_test_score"].tolist() == expected
    assert found.best_params_ == {"C": 1.0}


@pytest.mark.exhaustive
def test_jobs_start_jobs_with_the_backend_civis(client):
    def outer():
        import os

        from joblib import Parallel, delayed

        def inner():
            return os.environ["CIVIS_JOB_ID"], os.environ.get("CIVIS_PARENT_JOB_ID")

        return os.environ["CIVIS_JOB_ID"], Parallel(n_jobs=2)(delayed(inner)() for _ in range(2))

    nested = make_backend_factory(client=client, remote_backend="civis")
    [(outer_id, inner)] = in_jobs(nested, [delayed(outer)()])
    assert [parent for _, parent in inner] == [outer_id, outer_id]
    assert len({job for job, _ in inner} | {outer_id}) == 3
    [(outer_id, inner)] = in_jobs(make_backend_factory(client=client), [delayed(outer)()])
    assert {job for job, _ in inner} == {outer_id}  # sequential, in the same job


@pytest.mark.exhaustive
def test_a_job_passes_its_settings_on(client):
    def in_job():
        import os

        from civis_nb import APIClient
        from civis_nb.parallel import infer_backend_factory

        factory = infer_backend_factory(
            required_resources={"memory": 333}, params=[{"name": "EXTRA", "type": "string"}],
            arguments={"EXTRA": "more"},
        )  # fmt: skip
        (env,) = in_jobs(factory, [delayed(lambda: dict(os.environ))()])
        script = APIClient().scripts.get_containers(env["CIVIS_JOB_ID"])
        return (
            env["EXTRA"], env["MINE"], env["CIVIS_PARENT_JOB_ID"] == os.environ["CIVIS_JOB_ID"],
            script.docker_image_name, script.required_resources.cpu,
            script.required_resources.memory, script.time_zone,
        )  # fmt: skip

    outer = make_backend_factory(
        "team/image", client=client, required_resources=RESOURCES, time_zone="Europe/Berlin",
        params=[{"name": "MINE", "type": "string"}], arguments={"MINE": "own"},
    )  # fmt: skip
    assert in_jobs(outer, [delayed(in_job)()]) == [
        ("more", "own", True, "team/image", 512, 333, "Europe/Berlin")
    ]


@pytest.mark.exhaustive
@pytest.mark.parametrize("worker", ["civis_nb.run_joblib_func", "civis.run_joblib_func"])
def test_templates_run_this_worker_or_that_of_the_package_civis(client, worker):
    script = client.scripts.post_containers(
        required_resources=RESOURCES,
        docker_command=f"python -W ignore -m {worker}",
        docker_image_name="team/image",
        params=[{"name": "JOBLIB_FUNC_FILE_ID", "type": "integer", "required": True}],
    )
    template = client.templates.post_scripts(script.id, f"runs {worker}")
    factory = make_backend_template_factory(template.id, client=client)
    assert in_jobs(factory, [delayed(pow)(2, 3), delayed(pow)(2, 4)]) == [8, 16]
    with pytest.raises(ZeroDivisionError):
        in_jobs(factory, [delayed(divmod)(1, 0)])


@pytest.mark.exhaustive
def test_a_failed_job_is_run_again_where_that_is_wanted(client, tmp_path):
    def fails_once(path):
        if not path.exists():
            path.touch()
            raise OSError("the first time")
        return "done"

    factory = make_backend_factory(client=client, max_job_retries=1)
    assert in_jobs(factory, [delayed(fails_once)(Path(tmp_path / "been"))]) == ["done"]


@pytest.mark.exhaustive
def test_the_setup_command_is_run_first(client):
    factory = make_backend_factory(client=client, setup_cmd="cd /; SEEN=yes; export SEEN")
    import os

    assert in_jobs(factory, [delayed(lambda: os.environ["SEEN"])()]) == ["yes"]
    with pytest.raises(civis_nb.errors.CivisJobFailure, match="no_such_program"):
        in_jobs(make_backend_factory(client=client, setup_cmd="no_such_program"), [delayed(abs)(1)])


@pytest.mark.exhaustive
@pytest.mark.parametrize("retries", [0, 1])
def test_a_job_that_can_not_be_started_is_told(client, retries):
    wrong = [{"name": "A", "type": "nonsense"}]
    factory = make_backend_factory(client=client, max_submit_retries=retries, params=wrong)
    with pytest.raises(
        JobSubmissionError, match=r"could not be started: .*POST /scripts/containers"
    ):
        in_jobs(factory, [delayed(abs)(1)])
    with pytest.raises(TypeError, match="no_such"):
        in_jobs(make_backend_factory(client=client, no_such=1), [delayed(abs)(1)])


def test_arguments_that_can_not_be_are_refused(monkeypatch):
    with pytest.raises(CivisInputError, match="max_submit_retries can't be -1"):
        make_backend_factory(max_submit_retries=-1)
    with pytest.raises(CivisInputError, match=r"max_job_retries can't be 1.5"):
        make_backend_template_factory(1, max_job_retries=1.5)
    backend = make_backend_factory(client=create_client_mock_for_container_tests())()
    assert (backend.effective_n_jobs(-1), backend.effective_n_jobs(None)) == (50, 1)
    with pytest.raises(ValueError, match="n_jobs can't be 0"):
        backend.effective_n_jobs(0)
    monkeypatch.delenv("CIVIS_JOB_ID", raising=False)
    with pytest.raises(RuntimeError, match="inside of a container job"):
        infer_backend_factory()


def test_without_joblib_it_says_what_to_install():
    code = "import sys; sys.modules['joblib'] = None; import civis_nb.parallel"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False, timeout=60
    )
    assert "CivisDependencyError" in done.stderr
    assert "pip install 'civis_nb[parallel]'" in done.stderr
