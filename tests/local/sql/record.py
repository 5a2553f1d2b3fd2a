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
import tempfile
from pathlib import Path
from typing import Any

from .corpus import FOLDER, Answer, Case, load, position
from .postgres_server import Server, running

_FIELD, _ROW, _NULL, _STATEMENT, _END = "\x1f", "\x1e", "\x15", "\x02\n", "\x03\n"
_FRESH = "set client_min_messages = error; drop schema public cascade; create schema public;"
_FORMAT = ("-A", "-F", _FIELD, "-R", _ROW, "-P", f"null={_NULL}", "-P", "footer=off")


def answers_of(server: Server, cases: list[Case]) -> list[Answer | None]:
    """Return a server's answers to cases; None for a statement without a result.

    Each has a session of its own. All are asked by one psql: starting one takes longer than most
    answers do. What it writes to either stream is told apart by marks. A case is in a file of its
    own, since a text that never ends would reach into the next one.
    """
    lines = []
    with tempfile.TemporaryDirectory(dir=server.folder) as name:
        folder = Path(name)
        folder.chmod(0o755)
        for number, case in enumerate(cases):
            setup, statement = folder / f"{number}.setup.sql", folder / f"{number}.sql"
            setup.write_text(f"{_FRESH}\n{case.setup};\n", encoding="utf-8")
            statement.write_text(f"{case.sql}\n\\g\n", encoding="utf-8")
            lines += ["\\c", "\\o /dev/null", f"\\i {setup}", "\\o"]
            lines += [f"\\echo {_STATEMENT}\\warn {_STATEMENT}\\i {statement}"]
            lines += [f"\\echo {_END}\\warn {_END}"]
        done = server.psql("\n".join(lines), *_FORMAT, check=True)
    parts = zip(_parts(done.stdout), _parts(done.stderr), strict=True)
    return [_answer(case, *both) for case, both in zip(cases, parts, strict=True)]


def _parts(stream: str) -> list[list[str]]:
    """Return what was written for each case: by its setup, and by its statement."""
    return [part.split(_STATEMENT) for part in stream.split(_END)[:-1]]


def _answer(case: Case, outputs: list[str], errors: list[str]) -> Answer | None:
    (_, output), (setup_errors, error) = outputs, errors
    if "ERROR:" in setup_errors:
        raise RuntimeError(f"the setup of {case.name} fails: {setup_errors}")
    if error:
        return Answer(error=re.sub(r"^psql:\S+ ", "", error))
    if not output:
        return None
    names, *rows = (row.split(_FIELD) for row in output.removesuffix("\n").split(_ROW))
    values = [[None if value == _NULL else value for value in row] for row in rows]
    return Answer(rows=values, columns=names)


def recorded(case: Case, answer: Answer | None) -> dict[str, Any]:
    """Return the fields of a case with a server's answer in them."""
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
    known = [case for case in cases if case.recorded]
    answers = answers_of(server, known)
    pairs = [(case, recorded(case, one)) for case, one in zip(known, answers, strict=True)]
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
