"""Completion: scripts that the shells take, and words from the specification that is kept."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys

import pytest

pytestmark = pytest.mark.exhaustive


@pytest.fixture
def complete(process, run):
    """Return a function that gives the words for the last one of a command line."""
    run("users", "list-me")  # the specification is kept from now on

    def ask(line, **variables):
        command = process(
            COMP_WORDS=line,
            COMP_CWORD=str(len(line.split(" ")) - 1),
            _CIVIS_NB_COMPLETE="bash_complete",
            **variables,
        )
        out, said = command.communicate(timeout=30)
        assert said == ""
        return [word.partition(",")[2] for word in out.splitlines()]

    return ask


def test_resources_operations_options_and_values(complete):
    # Port 1 refuses every connection: nothing is asked of the network.
    assert complete("civis-nb scr") == ["scripts"]
    assert complete("civis-nb sp") == ["spec"]
    assert "post-sql" in complete("civis-nb scripts post-s")
    assert complete("civis-nb jobs follow-r") == ["follow-run-log"]
    assert complete("civis-nb jobs list --sch") == ["--scheduled"]
    assert complete("civis-nb completion f") == ["fish"]
    assert complete("civis-nb sql --format p") == ["parquet"]


def test_nothing_is_asked_of_the_network(complete):
    words = complete("civis-nb scr", CIVIS_API_ENDPOINT="http://127.0.0.1:1", CIVIS_API_KEY="k")
    assert words == ["scripts"]
    assert complete("civis-nb files up", CIVIS_API_KEY="") == ["upload"]


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_script_is_one_that_the_shell_takes(run, shell, tmp_path):
    done = run("completion", shell)
    assert done.exit_code == 0
    assert "_CIVIS_NB_COMPLETE" in done.stdout
    if shutil.which(shell):
        (tmp_path / "script").write_text(done.stdout)
        subprocess.run([shell, "-n", str(tmp_path / "script")], check=True, timeout=30)


@pytest.mark.skipif(not shutil.which("bash"), reason="bash is not installed")
def test_bash_completes_an_alias_though_another_program_has_its_name(on_platform, run, tmp_path):
    run("users", "list-me")  # the specification is kept from now on
    (tmp_path / "script").write_text(run("completion", "bash").stdout)
    for name, module in (("civis", "this"), ("civis-nb", "civis_nb.cli")):
        (tmp_path / name).write_text(f'#!/bin/sh\nexec "{sys.executable}" -m {module} "$@"\n')
        (tmp_path / name).chmod(0o755)
    done = subprocess.run(
        [
            "bash", "--norc", "-c",
            "source script; alias civis=civis-nb; COMP_WORDS=(civis scr) COMP_CWORD=1;"
            '_civis_nb_completion civis; echo "${COMPREPLY[@]}"',
        ],
        cwd=tmp_path, env={**os.environ, "PATH": f"{tmp_path}:{os.environ['PATH']}"},
        capture_output=True, text=True, timeout=60, check=True,
    )  # fmt: skip
    assert (done.stdout, done.stderr) == ("scripts\n", "")
