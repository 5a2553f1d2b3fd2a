"""The page of the documentation that tells every command of ours, and how the others are called.

Run it to write the page anew: python tests/cli/reference_page.py
"""

# ruff: noqa: E501 - lines of the page

from __future__ import annotations

import inspect
from collections.abc import Iterator
from pathlib import Path

import click

from civis_nb.cli import cli
from civis_nb.cli.command import loaded
from civis_nb.cli.exits import CODES
from civis_nb.cli.operations import EXTRA
from civis_nb.cli.root import OWN

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "cli.md"
HEAD = """# The command line

`civis-nb` has a command for each operation of the API, and commands of its own. [](../how-to/command-line.md) shows how
it is used. `python tests/cli/reference_page.py` writes this page.

## Operations of the API

`civis-nb RESOURCE OPERATION [OPTIONS] ARGUMENTS`; `civis-nb -h`, `civis-nb RESOURCE -h` and
`civis-nb RESOURCE OPERATION -h` tell what there is.

- Names are those of the client's methods, with dashes: `client.scripts.list_containers_runs` is
  `civis-nb scripts list-containers-runs`. The names of the PyPI package's command work as well (`users list-me`).
- Required parameters are arguments, the others options. Those of the path come first, then those of the body by name.
- A boolean has a value: `--archived true`.
- An object or a list is YAML or JSON: the path of a file, `@` and a path, `-` for the standard input, or the text
  itself: `--params '[{"name": "day", "type": "string"}]'`.
- The answer is written to the standard output as YAML, with `--json-output` as JSON. An empty answer writes nothing. At a
  terminal, letters beyond ASCII are written as they are; elsewhere YAML and JSON have escapes.
- A list is one page of it, as the API has it. `--all-pages` writes all, item by item.
- The specification that the commands are made from is the API's own. It is kept for a day, for each endpoint and key;
  `civis-nb spec refresh` asks again.

## Environment

`CIVIS_API_KEY` and `CIVIS_API_ENDPOINT` name the API; `CIVIS_NB_BACKEND=local` the local platform. The other
[settings](settings.md) hold as well. `CIVIS_LOG_LEVEL` (`DEBUG`, `INFO`, …) writes a log to the standard error.

Progress is shown on the standard error, where that is a terminal. Colours are left out where the output is no terminal,
with `NO_COLOR`, and with `TERM=dumb`.

## Exit codes

| code | meaning |
|---:|---|
"""


def page() -> str:
    """Return the page, from the commands themselves."""
    codes = "".join(f"| {code} | {text} |\n" for code, text in CODES.items())
    own = "".join(_section([name], loaded(place)) for name, place in OWN.items())
    extra = "".join(
        _section([resource, name], loaded(place))
        for resource, places in EXTRA.items()
        for name, place in sorted(places.items())
    )
    run = (
        "`civis-nb local run` ends with the code of its command, and as shells do with 127 when "
        "there is no such command.\n"
    )
    return f"{HEAD}{codes}\n{run}\n{own}{extra}".rstrip() + "\n"


def _section(path: list[str], command: click.Command) -> str:
    """Return the description of a command, and of those in it."""
    if isinstance(command, click.Group):
        return "".join(
            _section([*path, name], each) for name, each in sorted(command.commands.items())
        )
    context = click.Context(command, info_name=" ".join(path))
    usage = " ".join(["civis-nb", *path, *command.collect_usage_pieces(context)])
    text = inspect.cleandoc(command.help or "").replace("\b\n", "")
    rows = "".join(f"| {names} | {help} |\n" for names, help in _options(command))
    table = f"\n| option | |\n|---|---|\n{rows}" if rows else ""
    return f"## `civis-nb {' '.join(path)}`\n\n```text\n{usage}\n\n{text}\n```\n{table}\n"


def _options(command: click.Command) -> Iterator[tuple[str, str]]:
    """Yield the names and the help of each option."""
    for each in command.params:
        if isinstance(each, click.Option):
            names = ", ".join(f"`{name}`" for name in (*each.opts, *each.secondary_opts))
            choices = getattr(each.type, "choices", ())
            words = [f"One of {', '.join(f'`{choice}`' for choice in choices)}." if choices else ""]
            shown = each.show_default and each.default is not None
            words.append(f"`{each.default}` by default." if shown else "")
            yield names, " ".join(filter(None, [each.help or "", *words])).replace("|", "\\|")


if __name__ == "__main__":
    assert cli is not None
    PAGE.write_text(page(), encoding="utf-8")
