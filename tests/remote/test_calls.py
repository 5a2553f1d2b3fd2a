"""Python functions as jobs of a local platform, each in a process of its own."""

from __future__ import annotations

import asyncio
import functools
import subprocess
import sys
import threading
import time

import pytest

import civis_nb
from civis_nb.errors import (
    CivisArgumentError,
    CivisCancelledError,
    CivisDependencyError,
    CivisInputError,
    CivisJobFailure,
)
from civis_nb.remote import RemoteTraceback, calls, pickles

pytestmark = pytest.mark.exhaustive


@pytest.fixture(scope="module")
def client():
    with civis_nb.local.start(samples=False) as platform:
        yield platform.client()


def test_a_function_of_this_session_gives_its_value(client):
    factor = 3

    def multiplied(number, plus=0):
        print(f"got {number}")
        return factor * number + plus

    future = civis_nb.run(functools.partial(multiplied, plus=1), 14, client=client)
    assert asyncio.run(_awaited(future)) == 43
    assert future.succeeded()
    assert "got 14" in [entry.message for entry in future.log_tail()]
    script = client.scripts.get_containers(future.job_id)
    assert script.name.endswith("multiplied (a Python function)")
    assert script.required_resources.cpu == 1024


async def _awaited(future):
    return await future


def test_its_exception_comes_with_the_traceback_of_the_job(client):
    def fails(values):
        return values[7]

    future = civis_nb.run(fails, [1], client=client)
    with pytest.raises(IndexError, match="list index out of range") as caught:
        future.result(timeout=60)
    assert isinstance(caught.value.__cause__, RemoteTraceback)
    shown = str(caught.value.__cause__)
    assert "in fails" in shown
    assert "worker.py" not in shown
    assert future.failed()
    assert any("IndexError" in entry.message for entry in future.log_tail())


@pytest.mark.exhaustive
def test_settings_reach_the_job(client):
    future = civis_nb.run(
        abs, -1, cpu=250, memory=512, image="registry.test:5000/team/image:2.1", client=client
    )
    script = client.scripts.get_containers(future.job_id)
    assert (script.docker_image_name, script.docker_image_tag) == (
        "registry.test:5000/team/image", "2.1",
    )  # fmt: skip
    assert (script.required_resources.cpu, script.required_resources.memory) == (250, 512)
    executor = calls.JobSettings(image="registry.test:5000/image", client=client).executor("a")
    assert executor.docker_image_name == "registry.test:5000/image"
    assert future.result(timeout=60) == 1


def test_what_can_not_be_sent_is_refused_before_anything_is_sent(client):
    lock = threading.Lock()
    jobs = len(client.jobs.list(hidden=True))
    with pytest.raises(
        CivisInputError, match=r"can't be pickled: TypeError: cannot pickle"
    ) as error:
        civis_nb.run(lambda: lock, client=client)
    assert "make that inside of the function" in str(error.value)
    with pytest.raises(CivisArgumentError, match="A job calls a function, not int"):
        civis_nb.run(pow(2, 3), client=client)
    for settings, message in (
        ({"cpu": 0}, "cpu can't be 0: it is a number of thousandths of a core"),
        ({"memory": "1 GB"}, "memory can't be '1 GB': it is a number of MB"),
        ({"image": " "}, "image can't be"),
        ({"requirements": ["--index-url=x"]}, "options of pip are not among them"),
        ({"requirements": [3]}, "they are a list of packages"),
    ):
        with pytest.raises(CivisInputError, match=message):
            civis_nb.run(abs, 1, client=client, **settings)
    assert len(client.jobs.list(hidden=True)) == jobs


@pytest.mark.exhaustive
def test_values_and_exits_that_can_not_come_back_are_told(client):
    value = civis_nb.run(threading.Lock, client=client)
    leaves = civis_nb.run(sys.exit, 3, client=client)

    class Odd(Exception):
        def __init__(self, one, two):
            super().__init__(f"{one} {two}")

    def odd():
        raise Odd(1, 2)

    unreadable = civis_nb.run(odd, client=client)
    with pytest.raises(CivisInputError, match=r"What the function returned can't be pickled"):
        value.result(timeout=60)
    with pytest.raises(CivisJobFailure, match="SystemExit: 3"):
        leaves.result(timeout=60)
    with pytest.raises(CivisJobFailure, match="Odd: 1 2"):
        unreadable.result(timeout=60)


@pytest.mark.exhaustive
def test_a_cancelled_call_says_which(client, tmp_path):
    started = tmp_path / "started"

    def waits(path):
        path.touch()
        time.sleep(600)

    future = civis_nb.run(waits, started, client=client)
    deadline = time.monotonic() + 60
    while not started.exists() and time.monotonic() < deadline:
        future.exception(timeout=0) if future.done() else time.sleep(0.02)
    assert future.cancel()
    assert future.done()
    with pytest.raises(CivisCancelledError, match=f"job {future.job_id} / run {future.run_id}"):
        future.result(timeout=60)


@pytest.mark.exhaustive
def test_a_worker_of_another_python_version_refuses_the_function(client, monkeypatch):
    monkeypatch.setattr(pickles, "_python", lambda: "3.99")
    future = civis_nb.run(abs, 1, client=client)
    monkeypatch.undo()
    with pytest.raises(CivisDependencyError, match=r"sent by Python 3\.99, and here is Python 3\."):
        future.result(timeout=60)


@pytest.mark.exhaustive
def test_a_module_that_the_job_does_not_have_is_named(client, tmp_path, monkeypatch):
    (tmp_path / "only_here.py").write_text("def answer():\n    return 42\n")
    monkeypatch.syspath_prepend(tmp_path)
    import only_here

    future = civis_nb.run(only_here.answer, client=client)
    with pytest.raises(CivisDependencyError, match=r"needs the module 'only_here'.*requirements="):
        future.result(timeout=60)


@pytest.mark.exhaustive
def test_requirements_are_there_for_the_function_alone(client, tmp_path):
    package = tmp_path / "little"
    (package / "little_package_of_a_test").mkdir(parents=True)
    (package / "little_package_of_a_test" / "__init__.py").write_text("ANSWER = 42\n")
    (package / "pyproject.toml").write_text(
        '[build-system]\nrequires = ["hatchling"]\nbuild-backend = "hatchling.build"\n'
        '[project]\nname = "little-package-of-a-test"\nversion = "1"\n'
    )

    def answer():
        import little_package_of_a_test

        return little_package_of_a_test.ANSWER

    future = civis_nb.run(answer, requirements=[str(package)], client=client)
    assert future.result(timeout=300) == 42
    here = subprocess.run([sys.executable, "-c", "import little_package_of_a_test"], check=False,
                          capture_output=True, timeout=60)  # fmt: skip
    assert here.returncode == 1
    missing = civis_nb.run(answer, requirements=["/no/such/package"], client=client)
    with pytest.raises(CivisJobFailure, match="no/such/package"):
        missing.result(timeout=300)


def test_a_worker_outside_of_a_job_says_so(capsys):
    from civis_nb.remote.worker import main, worker_func

    assert main([]) == 2
    assert "JOBLIB_FUNC_FILE_ID" in capsys.readouterr().err
    with pytest.raises(civis_nb.errors.CivisConfigError, match="runs inside of a job"):
        worker_func(1)
