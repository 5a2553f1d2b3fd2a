"""Record PostgreSQL's answers to the cases, or check the recorded ones.

Run it as ``python -m tests.local.sql.record``; with ``--check`` no file changes, and the exit
status is 1 where a recorded answer is not the server's. A new case is a line whose ``expected`` is
null; where names or the position matter, its ``columns`` or ``at`` is an empty list.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
from pathlib import Path
from typing import Any

from .corpus import FOLDER, Answer, Case, load, position
from .postgres_server import Server, running

_FIELD, _ROW, _NULL, _STATEMENT = "\x1f", "\x1e", "\x15", "\x02"
_FRESH = "set client_min_messages = error; drop schema public cascade; create schema public;"
_FORMAT = ("-A", "-F", _FIELD, "-R", _ROW, "-P", f"null={_NULL}", "-P", "footer=off")


def answer_of(server: Server, case: Case) -> Answer | None:
    """Return a server's answer to a case; None for a statement without a result."""
    script = f"{_FRESH}\n\\o /dev/null\n{case.setup};\n\\o\n\\echo {_STATEMENT}\n{case.sql}\n\\g\n"
    done = server.psql(script, "-v", "ON_ERROR_STOP=1", *_FORMAT)
    _, reached, output = done.stdout.partition(f"{_STATEMENT}\n")
    if not reached:
        raise RuntimeError(f"the setup of {case.name} fails: {done.stderr}")
    if done.returncode:
        return Answer(error=re.sub(r"^psql:\S+ ", "", done.stderr))
    if not output:
        return None
    names, *rows = (row.split(_FIELD) for row in output.removesuffix("\n").split(_ROW))
    values = [[None if value == _NULL else value for value in row] for row in rows]
    return Answer(rows=values, columns=names)


def recorded(server: Server, case: Case) -> dict[str, Any]:
    """Return the fields of a case with a server's answer in them."""
    answer = answer_of(server, case)
    fields = dict(case.fields)
    if answer is None:
        fields["expected"] = {"any": True}
    elif answer.error is None:
        fields["expected"] = [list(row) for row in answer.rows]
        if "columns" in fields:
            fields["columns"] = list(answer.columns)
    else:
        message = answer.error.splitlines()[0].removeprefix("ERROR:").strip()
        if "refused" not in (fields["expected"] or {}):
            fields["expected"] = {"error": message}
        if "at" in fields:
            fields["at"] = list(position(answer.error) or ())
    return fields


def differences(server: Server, cases: list[Case]) -> list[tuple[Case, dict[str, Any]]]:
    """Return the recorded cases that the server answers otherwise, with their right fields."""
    pairs = [(case, recorded(server, case)) for case in cases if case.recorded]
    return [(case, fields) for case, fields in pairs if fields != case.fields]


def write(path: Path, cases: list[dict[str, Any]]) -> None:
    """Write cases to a file, one a line."""
    lines = [json.dumps(case, ensure_ascii=False) + "\n" for case in cases]
    path.write_text("".join(lines), encoding="utf-8")


def main() -> int:
    """Run the program, and return its exit status."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="report differences, change no file")
    check = parser.parse_args().check
    cases = load()
    with running() as server:
        changed = {case.name: fields for case, fields in differences(server, cases)}
    for case in cases:
        if case.name in changed:
            print(f"{case.name}: {case.sql}\n  {case.fields}\n  {changed[case.name]}")
    if not check:
        for path in sorted(FOLDER.glob("*.jsonl")):
            mine = [case for case in cases if case.name.rpartition("-")[0] == path.stem]
            write(path, [changed.get(case.name, dict(case.fields)) for case in mine])
    print(f"{sum(case.recorded for case in cases)} recorded cases, {len(changed)} differ")
    return 1 if check and changed else 0


if __name__ == "__main__":
    sys.exit(main())
