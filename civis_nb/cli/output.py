"""What commands write: answers of the API, as YAML or JSON."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Mapping
from typing import Any

import click

__all__ = ["load_yaml", "write_answer"]


def write_answer(answer: Any, as_json: bool) -> None:
    """Write the answer of an operation; of several pages each item as it comes.

    Parameters
    ----------
    answer
        A `requests.Response`, or an iterator of items.
    as_json
        JSON instead of YAML.
    """
    if not hasattr(answer, "status_code"):
        _write_items(answer, as_json)
    elif answer.text.strip():
        content = answer.json()
        click.echo(_json(content) if as_json else _yaml(content), nl=as_json)
        _write_count(content, answer.headers)


def _write_count(content: Any, headers: Mapping[str, str]) -> None:
    """Write to a terminal that a list has more pages."""
    total = headers.get("X-Pagination-Total-Entries", "")
    if not sys.stderr.isatty() or not isinstance(content, list) or not total.isdecimal():
        return
    if int(total) > len(content):
        click.echo(f"{len(content):,} of {int(total):,}: --all-pages gives all.", err=True)


def _write_items(items: Iterable[Any], as_json: bool) -> None:
    """Write a list, item by item."""
    empty = True
    for item in items:
        if as_json:
            click.echo(("[" if empty else ", ") + _json(item), nl=False)
        else:
            click.echo(_yaml([item]), nl=False)
        empty = False
    if as_json:
        click.echo("[]" if empty else "]")
    elif empty:
        click.echo("[]")


def _json(content: Any) -> str:
    return json.dumps(content)


def _yaml(content: Any) -> str:
    """Return YAML; at a terminal letters are letters, elsewhere some are escapes."""
    import yaml

    # Not the dumper in C, which is faster, but breaks long texts at other places than the
    # official command does.
    text: str = yaml.safe_dump(content, default_flow_style=False, allow_unicode=sys.stdout.isatty())
    return text


def load_yaml(text: str) -> Any:
    """Return the content of a YAML or JSON text.

    Raises
    ------
    ValueError
        When it is none.
    """
    import yaml

    try:
        return yaml.load(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))  # noqa: S506
    except yaml.YAMLError as error:
        problem = getattr(error, "problem", None) or str(error)
        mark = getattr(error, "problem_mark", None)
        where = f" (line {mark.line + 1}, column {mark.column + 1})" if mark else ""
        raise ValueError(f"{problem}{where}.") from None
