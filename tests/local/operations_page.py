"""The page of the documentation that lists which operations the local platform serves.

Run it to write the page anew: python tests/local/operations_page.py
"""

from __future__ import annotations

import json
from pathlib import Path

from civis_nb.local.app import RECORDS, SHARING_WORDS
from civis_nb.local.http.official import NOT_IMPLEMENTED, advice
from civis_nb.local.http.specification import BUNDLED

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "operations.md"
HEAD = """# Operations of the local platform

The local platform lists all operations of Civis Platform in `GET /endpoints`. Each of them is one
of these:

- **works**: it does what it does on Civis Platform.
- **stored only**: what is sent is checked, stored, listed and returned, but nothing is hosted or
  run.
- **501**: it is not implemented. The reply has the slug `not_implemented` and says what to use
  instead; civis_nb raises `CivisNotImplementedError` before it checks the arguments of the call.

The command line of the PyPI package `civis` keeps one specification for a day, whatever the
endpoint: after you have used it with another endpoint, it still lists the operations of that one.
Delete `~/.civis_api_spec.json`, or wait a day.

`python tests/local/operations_page.py` writes this page.
"""


#: Words of paths whose operations do the same for records as for everything else.
_ENFORCED = SHARING_WORDS | {"archive", "git", "members", "child_groups"}


def _is_enforced(path: str) -> bool:
    words = path.split("/")
    # What a template stores, custom scripts run.
    return words[1:3] == ["templates", "scripts"] or not _ENFORCED.isdisjoint(words)


def page() -> str:
    """Return the page, from the specification that the platform serves."""
    paths = json.loads(BUNDLED.read_text(encoding="utf-8"))["paths"]
    by_resource: dict[str, list[str]] = {}
    counts = dict.fromkeys(("works", "stored only", "501"), 0)
    for path, verbs in sorted(paths.items()):
        resource = path.split("/")[1]
        for verb, operation in sorted(verbs.items()):
            does = "works"
            if NOT_IMPLEMENTED in operation:
                does = "501"
            elif resource in RECORDS and not _is_enforced(path):
                does = "stored only"
            counts[does] += 1
            instead = advice(path) if does == "501" else ""
            line = f"| {verb.upper()} | `{path}` | {does} | {instead} |"
            by_resource.setdefault(resource, []).append(line)
    works, stored, missing = counts.values()
    total = f"{works} work, {stored} are stored only, and {missing} answer 501."
    parts = [HEAD, f"Of {sum(counts.values())} operations, {total}\n"]
    for resource, lines in by_resource.items():
        table = ["| method | path | status | instead |", "|---|---|---|---|", *lines]
        parts.append(f"## {resource}\n\n" + "\n".join(table) + "\n")
    return "\n".join(parts)


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
