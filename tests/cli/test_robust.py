"""Whatever goes wrong ends with a line that says so, and with the exit code that is documented."""

from __future__ import annotations

import dataclasses
import json
import socket

import pytest
from click.testing import CliRunner

from civis_nb.cli import cli
from civis_nb.spec.browse import BUNDLED
from civis_nb.spec.cache import SpecCache


@pytest.fixture
def invoke(monkeypatch, tmp_path):
    """Return a function that runs a command line with its own variables and an empty cache."""

    def run_it(*words, stdin=None, **variables):
        monkeypatch.setenv("CIVIS_NB_CACHE_DIR", str(tmp_path / "cache"))
        monkeypatch.setenv("CIVIS_NB_FAILURE_BUDGET_S", "1")
        for name in ("CIVIS_API_KEY", "CIVIS_API_ENDPOINT"):
            monkeypatch.delenv(name, raising=False)
        for name, value in variables.items():
            monkeypatch.setenv(name, value)
        done = CliRunner().invoke(cli, list(words), input=stdin)
        if done.exception is not None and not isinstance(done.exception, SystemExit):
            raise done.exception
        return done

    return run_it


NOBODY = {"CIVIS_API_ENDPOINT": "http://127.0.0.1:1", "CIVIS_API_KEY": "k"}


@pytest.mark.parametrize(
    "variables",
    [{}, pytest.param(NOBODY, marks=pytest.mark.exhaustive)],
    ids=["no key", "no network"],
)
def test_help_needs_neither_key_nor_network(invoke, variables):
    done = invoke("--help", **variables)
    assert done.exit_code == 0
    assert "scripts" in done.stdout
    done = invoke("scripts", "post-sql", "--help", **variables)
    assert done.exit_code == 0
    if variables:
        done = invoke("scripts", "--help", **variables)
        assert "No connection to 127.0.0.1:1" in " ".join(done.stdout.split())
        assert "post-dbt" in done.stdout  # the local platform has none, Civis Platform may


@pytest.fixture
def listener():
    """Return a socket that listens, and answers nobody."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.setblocking(False)
        yield server


def was_asked(listener):
    try:
        listener.accept()[0].close()
    except BlockingIOError:
        return False
    return True


@pytest.mark.parametrize("words", [(), ("-h",), ("--help",)])
def test_the_list_of_commands_does_not_wait_for_the_api(invoke, listener, words):
    endpoint = f"http://127.0.0.1:{listener.getsockname()[1]}"
    done = invoke(*words, CIVIS_API_ENDPOINT=endpoint, CIVIS_API_KEY="k")
    said = " ".join((done.stdout + done.stderr).split())
    assert "scripts" in said
    assert "the API has not been asked" in said
    assert not was_asked(listener)


def test_help_of_a_command_takes_an_old_specification_that_is_kept(invoke, listener):
    endpoint = f"http://127.0.0.1:{listener.getsockname()[1]}"
    variables = {"CIVIS_API_ENDPOINT": endpoint, "CIVIS_API_KEY": "k"}
    invoke("--help", **variables)  # sets the folder of the cache
    kept = SpecCache(f"{endpoint}/", "k").write(json.loads(BUNDLED.read_text()), {})
    old = dataclasses.replace(kept, header={**kept.header, "fetched_at": 0.0})
    assert not old.is_fresh()
    SpecCache(f"{endpoint}/", "k")._store(old.header, old.body)
    done = invoke("scripts", "post-sql", "--help", **variables)
    assert "--hidden" in done.stdout
    assert not was_asked(listener)


def test_no_key(invoke):
    done = invoke("users", "list-me")
    assert (done.exit_code, done.stdout) == (3, "")
    assert "CIVIS_API_KEY" in done.stderr


@pytest.mark.exhaustive
def test_no_network(invoke):
    done = invoke("users", "list-me", **NOBODY)
    assert (done.exit_code, done.stdout) == (4, "")
    # Said once, after one round of attempts.
    assert done.stderr.count("No connection to 127.0.0.1:1") == 1


def test_a_key_that_is_refused(invoke, platform):
    done = invoke("users", "list-me", CIVIS_API_ENDPOINT=platform.endpoint, CIVIS_API_KEY="no key")
    assert (done.exit_code, done.stdout) == (3, "")
    assert "the key itself is refused" in done.stderr


def test_an_address_that_is_none(invoke):
    done = invoke("users", "list-me", CIVIS_API_ENDPOINT="localhost", CIVIS_API_KEY="k")
    assert done.exit_code == 3
    assert "is no URL" in done.stderr
    assert invoke("--help", CIVIS_API_ENDPOINT="localhost", CIVIS_API_KEY="k").exit_code == 0


def test_wrong_log_level(invoke):
    done = invoke("users", "list-me", CIVIS_LOG_LEVEL="loud")
    assert done.exit_code == 2
    assert "CIVIS_LOG_LEVEL can't be 'loud'" in done.stderr


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("jbos",), "Did you mean jobs?"),
        (("jobs", "list_runs"), "Did you mean list-runs?"),
        (("jobs", "lst"), "Did you mean list"),
        (("jobs", "zzz"), "civis-nb spec refresh"),
        (("jobs", "list", "--limti", "1"), "--limit"),
        (("scripts", "post-sql", "1", "my", "report", "1", "select 1"), "'report' is not a valid"),
        (("users", "get", "1", "and", "more"), "no place for the arguments: and more"),
        (("scripts", "post-containers", "{cpu:", "1}"), "put quotes around it"),
        (("users", "get", "1", "one more"), "users get -h lists what there is"),
        (("sql", "select 1"), "SQL is given with -c"),
        (("scripts", "post-containers", "[1]"), "not an object"),
        (("scripts", "post-containers", "none.yaml"), "There is no file 'none.yaml'"),
        (("scripts", "post-containers", "@none.yaml"), "No such file"),
        (("groups", "post", "name", "--description"), "requires an argument"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)
def test_a_wrong_command_line_is_not_sent(run, words, said):
    done = run(*words)
    assert (done.exit_code, done.stdout) == (2, "")
    assert said in done.stderr


def test_values_from_a_file_from_the_input_and_from_the_word(run, tmp_path):
    (tmp_path / "resources.json").write_text('{"cpu": 10, "memory": 20}')
    for word in (
        str(tmp_path / "resources.json"),
        f"@{tmp_path}/resources.json",
        "-",
        "{cpu: 10, memory: 20}",
        '{"cpu": 10, "memory": 20}',
    ):
        made = run(
            "scripts", "post-containers", word, "--docker-command", "true",
            "--docker-image-name", "python", "--json-output", stdin='{"cpu": 10, "memory": 20}',
        )  # fmt: skip
        assert made.exit_code == 0, made.stderr
        needs = json.loads(made.stdout)["requiredResources"]
        assert (needs["cpu"], needs["memory"]) == (10, 20)


def test_all_pages(run, on_platform):
    client = on_platform.client()
    for number in range(7):
        client.projects.post(f"paged {number}", "for pages")
    words = ("projects", "list", "--limit", "3", "--all-pages")
    names = {each["name"] for each in json.loads(run(*words, "--json-output").stdout)}
    assert {f"paged {number}" for number in range(7)} <= names
    shown = run(*words).stdout
    assert shown.count("\n- ") + shown.startswith("- ") == len(names)


def test_what_a_local_platform_does_not_serve_names_what_there_is(run):
    done = run("scripts", "post-dbt", "name", "example.org")
    assert done.exit_code == 1
    assert "(501)" in done.stderr or "does not serve" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.exhaustive
def test_specification_of_another_platform_names_what_its_server_lacks(invoke, platform, tmp_path):
    """A specification that is kept of a server which has been replaced by another one."""
    from civis_nb.spec.cache import SpecCache

    document = json.loads(BUNDLED.read_text())
    document["paths"]["/unicorns/{id}"] = document["paths"]["/jobs/{id}"]
    invoke("--version")  # the variables of the cache
    SpecCache(f"{platform.endpoint}/", str(platform.api_key)).write(document, {})
    here = {"CIVIS_API_ENDPOINT": platform.endpoint, "CIVIS_API_KEY": str(platform.api_key)}
    done = invoke("unicorns", "get", "1", **here)
    assert done.exit_code == 1
    assert "(404)" in done.stderr
    assert "- unicorns.get" in invoke("spec", "refresh", **here).stdout
    assert invoke("unicorns", "get", "1", **here).exit_code == 2
