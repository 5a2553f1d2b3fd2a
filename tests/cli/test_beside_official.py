"""The same command lines, of the PyPI package ``civis`` and of ours, on the same platform."""

from __future__ import annotations

import json

import click
import pytest
import yaml

from civis_nb.cli import cli
from civis_nb.cli.operations import OperationCommand
from civis_nb.cli.root import OWN

pytestmark = pytest.mark.exhaustive


@pytest.fixture
def script(run):
    """Return the id of a SQL script."""
    made = run("scripts", "post-sql", "1", "a name: é", "1", "select 1", "--json-output")
    return str(json.loads(made.stdout)["id"])


def _both(run, run_theirs, *words):
    ours, theirs = run(*words), run_theirs(*words)
    assert ours.exit_code == theirs.exit_code
    return ours, theirs


READS = [
    ("users", "list-me"),
    ("users", "list"),
    ("databases", "list"),
    ("databases", "get", "1"),
    ("scripts", "list", "--limit", "2", "--order", "id"),
    ("scripts", "get-sql", "ID"),
    ("scripts", "list-sql-runs", "ID"),
    ("jobs", "get", "ID"),
    ("jobs", "list", "--archived", "true"),
    ("jobs", "list-runs", "ID", "--limit", "1"),
    ("credentials", "list", "--type", "Database"),
    ("files", "list-projects", "999999999"),
]


@pytest.mark.parametrize("form", [(), ("--json-output",)], ids=["yaml", "json"])
@pytest.mark.parametrize("words", READS, ids=lambda words: " ".join(words))
def test_output_is_the_same(words, form, run, run_theirs, script):
    words = [script if word == "ID" else word for word in words]
    ours, theirs = _both(run, run_theirs, *words, *form)
    # JSON ends in a newline here, so that the last line is one for `read` and `wc` too.
    assert ours.stdout == theirs.stdout + ("\n" if form and theirs.exit_code == 0 else "")


def test_body_is_the_same_from_files_of_yaml(run, run_theirs, tmp_path):
    (tmp_path / "params.yaml").write_text("- {name: day, type: string, required: true}\n")
    (tmp_path / "arguments.json").write_text('{"day": "2026-01-01"}')
    words = (
        "scripts", "post-sql", "1", "with values", "1", "select :day", "--hidden", "true",
        "--params", str(tmp_path / "params.yaml"),
        "--arguments", str(tmp_path / "arguments.json"), "--json-output",
    )  # fmt: skip
    made = [json.loads(each.stdout) for each in _both(run, run_theirs, *words)]
    for each in made:
        for changing in ("id", "createdAt", "updatedAt", "links"):
            each.pop(changing, None)
        each["params"][0].pop("id", None)
    assert made[0] == made[1]
    assert made[0]["hidden"] is True


def test_an_empty_answer_of_a_deprecated_operation_writes_nothing(run, run_theirs):
    for each in (run, run_theirs):
        made = json.loads(each("projects", "post", "a", "project", "--json-output").stdout)
        done = each("projects", "delete", str(made["id"]))
        assert (done.exit_code, done.stdout) == (0, "")
        assert "archived: true" in each("projects", "get", str(made["id"])).stdout


@pytest.mark.parametrize(
    "words",
    [
        ("jobs", "get"),
        ("jobs", "get", "seven"),
        ("jobs", "get", "7", "8"),
        ("jobs", "get", "7", "--no-such", "1"),
        ("jobs", "no-such"),
        ("no-such",),
        ("jobs", "list", "--archived", "perhaps"),
        ("scripts", "post-sql", "1", "name", "1", "select 1", "--params", "/no/such/file"),
        ("jobs", "get", "999999999"),
    ],
    ids=" ".join,
)
def test_what_is_wrong_ends_with_the_same_code(words, run, run_theirs):
    ours, theirs = _both(run, run_theirs, *words)
    assert ours.stdout == theirs.stdout == ""
    assert ours.stderr


def test_every_command_of_theirs_is_here_with_its_options(run, their_cli):
    """Every name, option and order of arguments, on the platform's whole specification."""
    ctx = click.Context(cli)
    missing = []
    for resource, group in their_cli.commands.items():
        if not isinstance(group, click.Group):
            assert resource in OWN
            continue
        ours = cli.get_command(ctx, resource)
        with ctx.scope():
            inner = click.Context(ours, parent=ctx)
            for name, command in group.commands.items():
                mine = ours.get_command(inner, name)
                if mine is None:
                    missing.append(f"{resource} {name}")
                elif isinstance(mine, OperationCommand):
                    missing += _differences(f"{resource} {name}", command, mine)
    assert missing == []


def _differences(name, theirs, ours):
    params = ours.get_params(click.Context(ours))
    arguments = [[each.name for each in made if isinstance(each, click.Argument)]
                 for made in (theirs.params, params)]  # fmt: skip
    options = [{opt for each in made for opt in each.opts if isinstance(each, click.Option)}
               for made in (theirs.params, params)]  # fmt: skip
    if arguments[0] != arguments[1]:
        yield f"{name}: {arguments}"
    if lost := options[0] - options[1]:
        yield f"{name}: {sorted(lost)}"


def test_yaml_reads_back_as_it_was(run, script):
    shown = run("scripts", "get-sql", script)
    assert yaml.safe_load(shown.stdout)["name"] == "a name: é"
    assert shown.stdout.isascii()
