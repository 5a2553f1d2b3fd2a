from __future__ import annotations

import concurrent.futures
import datetime
import threading

import pytest

from civis_nb.client.response import Response
from civis_nb.errors import CivisInputError
from civis_nb.futures import ContainerFuture, CustomScriptExecutor, _ContainerShellExecutor


@pytest.fixture
def platform(fake, monkeypatch, make):
    monkeypatch.delenv("CIVIS_JOB_ID", raising=False)
    monkeypatch.delenv("CIVIS_RUN_ID", raising=False)
    fake.script["scripts.post_containers"] = [Response({"id": 5})]
    fake.script["scripts.post_custom"] = [Response({"id": 6})]
    fake.script["jobs.post_runs"] = [make.run("queued", id=9)]
    fake.states("scripts.get_containers_runs", "running", "succeeded")
    return fake


def sent(fake, name):
    return [kwargs for one, _, kwargs in fake.calls if one == name]


def test_shell_command_runs_in_a_container(platform):
    with _ContainerShellExecutor(client=platform, polling_interval=0.01, repo_ref="main") as pool:
        future = pool.submit("ls -l", "a b", rows=3)
        assert isinstance(future, ContainerFuture)
    assert future.succeeded()
    assert (future.job_id, future.run_id) == (5, 9)
    assert sent(platform, "scripts.post_containers") == [
        {
            "name": f"ContainerShellExecutorScript {datetime.date.today()}",
            "required_resources": {"cpu": 1024, "memory": 1024},
            "docker_command": "ls -l 'a b' --rows 3",
            "docker_image_name": "civisanalytics/datascience-python",
            "hidden": True,
            "repo_ref": "main",
            "params": [],
        }
    ]


def test_children_are_told_their_parent(platform, monkeypatch):
    monkeypatch.setenv("CIVIS_JOB_ID", "77")
    params = [{"name": "x", "type": "string"}]
    _ContainerShellExecutor(client=platform, polling_interval=0.01, params=params).submit("ls")
    assert sent(platform, "scripts.post_containers")[0]["params"] == [
        {"name": "x", "type": "string"},
        {"name": "CIVIS_PARENT_JOB_ID", "type": "integer", "value": "77"},
        {"name": "CIVIS_PARENT_RUN_ID", "type": "integer", "value": None},
    ]
    assert len(params) == 1


def test_custom_scripts_share_and_add_arguments(platform, monkeypatch):
    monkeypatch.setenv("CIVIS_JOB_ID", "77")
    monkeypatch.setenv("CIVIS_RUN_ID", "88")
    pool = CustomScriptExecutor(
        12, name="fit", arguments={"A": 1, "B": 1}, client=platform, polling_interval=0.01,
        inc_script_names=True, remote_host_id=3,
    )  # fmt: skip
    futures = [pool.submit(B=2), pool.submit()]
    concurrent.futures.wait(futures, timeout=20)
    assert [one["name"] for one in sent(platform, "scripts.post_custom")] == ["fit 0", "fit 1"]
    assert sent(platform, "scripts.post_custom")[0]["arguments"] == {
        "A": 1, "B": 2, "CIVIS_PARENT_JOB_ID": "77", "CIVIS_PARENT_RUN_ID": "88",
    }  # fmt: skip
    assert sent(platform, "scripts.post_custom")[0]["remote_host_id"] == 3


def test_nothing_is_accepted_after_shutdown(platform):
    pool = _ContainerShellExecutor(client=platform, polling_interval=0.01)
    pool.shutdown()
    with pytest.raises(RuntimeError, match="after shutdown"):
        pool.submit("ls")
    assert not platform.called("scripts.post_containers")


def test_container_takes_shell_text_only(platform):
    with pytest.raises(CivisInputError, match="shell command"):
        _ContainerShellExecutor(client=platform).submit(len)


def test_cancel_all_stops_what_has_not_ended(platform):
    stopped = []
    platform.script["scripts.get_containers_runs"] = [
        lambda *_: {"state": "cancelled" if stopped else "running"}
    ]
    platform.script["scripts.post_cancel"] = [lambda *ids: stopped.append(ids)]
    pool = _ContainerShellExecutor(client=platform, polling_interval=0.01)
    future = pool.submit("sleep 60")
    pool.shutdown(cancel_futures=True)
    assert future.cancelled()
    assert stopped == [(5,)]


@pytest.mark.parametrize("cancel_futures", [False, True])
def test_shutdown_includes_a_run_that_is_being_started(platform, make, until, cancel_futures):
    begun, goes_on, stopped = threading.Event(), threading.Event(), []

    def post_runs(_):
        begun.set()
        assert goes_on.wait(20)
        return make.run("queued", id=9)

    platform.script["jobs.post_runs"] = [post_runs]
    platform.script["scripts.get_containers_runs"] = [
        lambda *_: {"state": "cancelled" if stopped else "succeeded" if ended else "running"}
    ]
    platform.script["scripts.post_cancel"] = [lambda *ids: stopped.append(ids)]
    ended: list[bool] = []
    executor = _ContainerShellExecutor(client=platform, polling_interval=0.01)
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        submitted = pool.submit(executor.submit, "sleep 60")
        assert begun.wait(20)
        shutdown = pool.submit(executor.shutdown, cancel_futures=cancel_futures)
        until(lambda: executor._closed)
        goes_on.set()
        future = submitted.result(20)
        if not cancel_futures:
            with pytest.raises(TimeoutError):
                shutdown.result(0.1)
            ended.append(True)
        shutdown.result(20)
    assert future.cancelled() == cancel_futures
    assert stopped == ([(5,)] if cancel_futures else [])
