"""The same command lines, of the PyPI package ``civis`` and of ours, on the same platform."""

from __future__ import annotations

import json
from pathlib import Path

import click
import pytest
import yaml
from jsonref import JsonRef

from civis_nb.cli import cli
from civis_nb.cli.api import Api
from civis_nb.cli.operations import OperationCommand
from civis_nb.cli.root import OWN
from civis_nb.spec.parse import parse_spec

main = pytest.importorskip("civis.cli.__main__")
OFFICIAL = Path(main.__file__).parents[1] / "resources" / "civis_api_spec.json"

pytestmark = pytest.mark.exhaustive


@pytest.fixture(scope="module")
def script(platform):
    """Return the id of a SQL script."""
    return str(platform.client().scripts.post_sql("a name: é", "select 1", 1, 1).id)


@pytest.fixture(scope="module")
def ids(platform, script):
    """Return the ids of scripts; one holds texts that YAML breaks into lines."""
    source = Path(__file__).read_text(encoding="utf-8")
    python = platform.client().scripts.post_python3("größer als alles andere " * 9, source)
    return {"ID": script, "PYTHON": str(python.id)}


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
    ("scripts", "get-python3", "PYTHON"),
    ("scripts", "list-sql-runs", "ID"),
    ("jobs", "get", "ID"),
    ("jobs", "list", "--archived", "true"),
    ("jobs", "list-runs", "ID", "--limit", "1"),
    ("credentials", "list", "--type", "Database"),
    ("files", "list-projects", "999999999"),
]


@pytest.mark.parametrize("form", [(), ("--json-output",)], ids=["yaml", "json"])
@pytest.mark.parametrize("words", READS, ids=lambda words: " ".join(words))
def test_output_is_the_same(words, form, run, run_theirs, ids):
    words = [ids.get(word, word) for word in words]
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


@pytest.mark.parametrize("specification", ["the platform's", "the official"])
def test_every_command_of_theirs_is_here_with_its_options(specification, run, their_cli):
    """Every name, option and order of arguments."""
    root = click.Context(cli)
    theirs = their_cli
    if specification == "the official":
        document = json.loads(OFFICIAL.read_text())
        root.ensure_object(Api).spec = parse_spec(document)
        theirs = click.Group()
        for path, operations in JsonRef.replace_refs(document)["paths"].items():
            resource = path.strip("/").split("/")[0]
            name = main.munge_name(resource)
            group = theirs.commands.get(name) or click.Group(name)
            theirs.add_command(group)
            main.add_path_commands(path, operations, group, resource)
    missing, count = [], 0
    for resource, group in theirs.commands.items():
        if not isinstance(group, click.Group):
            assert resource in OWN
            continue
        ours = cli.get_command(root, resource)
        inner = click.Context(ours, parent=root)
        for name, command in group.commands.items():
            count += 1
            mine = ours.get_command(inner, name)
            if mine is None:
                missing.append(f"{resource} {name}")
            elif isinstance(mine, OperationCommand):
                missing += _differences(f"{resource} {name}", command, mine)
    assert missing == []
    assert count > 900


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
