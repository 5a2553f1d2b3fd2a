"""``civis-nb spec``: show, search and stub, as a person runs them."""

from __future__ import annotations

import importlib.util
import json
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from civis_nb.cli import cli


@pytest.fixture(scope="module")
def official():
    found = importlib.util.find_spec("civis")
    return str(Path(found.origin).parent / "resources" / "civis_api_spec.json")


def _run(*words):
    result = CliRunner().invoke(cli, ["spec", *words])
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result


def test_show_prints_the_help_of_an_operation(official):
    shown = _run("show", "--spec", official, "scripts.post_sql").stdout
    assert shown.startswith("client.scripts.post_sql(name: str, sql: str, remote_host_id: int")
    assert "API URL: ``POST /scripts/sql``" in shown
    assert _run("show", "--spec", official, "scripts", "post-sql").stdout == shown


def test_show_lists_a_resource_and_all_resources(official):
    assert "jobs.post_runs" in _run("show", "--spec", official, "jobs").stdout
    lines = _run("show", "--spec", official).stdout.splitlines()
    assert len(lines) == 41
    assert sum(int(line.split()[1]) for line in lines) == 909


def test_search_prints_a_line_for_each_and_fails_when_there_is_none(official):
    found = _run("search", "--spec", official, "cancel", "sql")
    assert "scripts.post_sql_cancel" in found.stdout or "scripts.delete_sql_runs" in found.stdout
    nothing = _run("search", "--spec", official, "no-such-word")
    assert nothing.exit_code == 1
    assert "Nothing was found" in nothing.stderr


def test_stub_is_written_or_printed(official, tmp_path):
    target = tmp_path / "deep" / "client.pyi"
    assert _run("stub", "--spec", official, str(target)).stdout.strip() == str(target)
    assert _run("stub", "--spec", official, "-").stdout == target.read_text()


def test_stub_without_a_file_goes_to_the_environment(official, tmp_path, monkeypatch):
    monkeypatch.setattr("sysconfig.get_path", lambda name: str(tmp_path))
    path = Path(_run("stub", "--spec", official).stdout.strip())
    assert path == tmp_path / "civis_nb-stubs" / "client" / "client.pyi"
    assert (tmp_path / "civis_nb-stubs" / "py.typed").read_text() == "partial\n"


@pytest.mark.parametrize(
    ("words", "said", "code"),
    [
        (("show", "jobbs"), "Did you mean jobs", 2),
        (("show", "jobs.gett"), "Did you mean get", 2),
        (("show", "--spec", "/no/such/file", "jobs"), "can't be read", 1),
        (("stub", "/proc/nothing/client.pyi"), "can't be written", 2),
    ],
)
def test_errors_are_one_line_and_an_exit_code(words, said, code, official):
    if "--spec" not in words:
        words = (words[0], "--spec", official, *words[1:])
    done = subprocess.run(
        [sys.executable, "-m", "civis_nb.cli", "spec", *words],
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == code
    assert said in done.stderr
    assert "Traceback" not in done.stderr


SCRIPT = """
from client_stub import APIClient

with APIClient(endpoint="http://127.0.0.1:1") as client:
    jobs = client.jobs.list(limit=5)
    pages = client.jobs.list(limit=5, iterator=True)
    script = client.scripts.post_sql("a", "select 1", 1, credential_id=2, hidden=True)
    reveal_type(jobs)
    reveal_type(script)
    client.jobs.get("seven")
    client.jobs.gett(7)
    client.jobs.get(7, 8)
"""


@pytest.mark.exhaustive
def test_type_checker_reads_the_stub(official, tmp_path):
    pytest.importorskip("mypy")
    from civis_nb.spec import stub

    stub(tmp_path / "client_stub.pyi", official)
    (tmp_path / "script.py").write_text(SCRIPT)
    done = subprocess.run(
        [sys.executable, "-m", "mypy", "--no-incremental", "--follow-imports=skip",
         "client_stub.pyi", "script.py"],
        cwd=tmp_path, capture_output=True, text=True, timeout=300, check=False,
    )  # fmt: skip
    lines = done.stdout.splitlines()
    # What the stub imports is left out, which takes mypy long: only the stub is looked at.
    assert sum("Revealed type is" in line for line in lines) == 2
    errors = [line for line in lines if " error: " in line]
    assert len(errors) == 3, done.stdout
    assert 'expected "int"' in errors[0]
    assert '"Jobs" has no attribute "gett"; maybe "get"?' in errors[1]
    assert "Too many arguments" in errors[2]


@pytest.mark.exhaustive
def test_diff_names_what_has_come_gone_and_changed(official, tmp_path):
    document = json.loads(Path(official).read_text())
    del document["paths"]["/users/me"]
    limit = document["paths"]["/jobs/"]["get"]["parameters"]
    limit[:] = [each for each in limit if each["name"] != "archived"]
    (tmp_path / "old.json").write_text(json.dumps(document))
    done = _run("diff", str(tmp_path / "old.json"), official)
    assert done.exit_code == 1
    assert "~ jobs.list: + archived" in done.stdout.splitlines()
    assert any(line.startswith("+ users.get_me") for line in done.stdout.splitlines())
    assert all(line[:2] in ("+ ", "~ ") for line in done.stdout.splitlines())
    same = _run("diff", official, official)
    assert (same.exit_code, same.stdout) == (0, "")


@pytest.mark.exhaustive
def test_refresh_asks_the_api_again(run, on_platform):
    run("spec", "refresh")
    done = run("spec", "refresh")
    assert (done.exit_code, done.stdout) == (0, "")
    assert f"{on_platform.endpoint}/ has 41 resources with 909 methods. Nothing has changed." in (
        done.stderr
    )
