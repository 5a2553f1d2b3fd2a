"""Every case on a local platform of its dialect; the corpus against PostgreSQL."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from civis_nb import errors, io
from civis_nb.client import APIClient
from civis_nb.local import Platform, start

from .corpus import RECORDED, Answer, Case, judge, load
from .postgres_server import NoServerError, programs, running
from .record import differences

pytestmark = pytest.mark.exhaustive

CASES = load()
#: Names of the cases whose answer is not right yet, a line each.
_OPEN = Path(__file__).with_name("open_cases.txt")
_DOCUMENTED = re.compile(r"Amazon Redshift documentation, .+, /redshift/latest/dg/[\w-]+\.html$")


@pytest.fixture(scope="module")
def answer_of() -> Iterator[Callable[[Case], Answer]]:
    """Return a function that runs a case on the platform of its dialect.

    A platform starts with the first case of its dialect. A case that changes its database has a
    database of its own.
    """
    platforms: dict[str, tuple[Platform, APIClient]] = {}

    def run(case: Case) -> Answer:
        if case.dialect not in platforms:
            platform = _start(case.dialect)
            platforms[case.dialect] = platform, platform.client()
        client = platforms[case.dialect][1]
        database = case.name if case.changes_database else "sample"
        try:
            found = io.query_civis(
                case.script, database, client=client, preview_rows=100, polling_interval=0.01
            ).result()
        except errors.CivisError as error:
            return Answer(error=str(error))
        return Answer(rows=found.result_rows or [], columns=found.result_columns or [])

    yield run
    for platform, _ in platforms.values():
        platform.stop()


def _start(dialect: str) -> Platform:
    databases = [c.name for c in CASES if c.dialect == dialect and c.changes_database]
    # A platform without dialects runs all cases.
    chosen = {"dialect": dialect} if "dialect" in inspect.signature(start).parameters else {}
    return start(samples=False, databases=databases, **chosen)


def _parameters() -> list[object]:
    """Return the cases; those that are known to fail must fail, until their line is removed."""
    known = set(_OPEN.read_text(encoding="utf-8").split())
    assert known <= {case.name for case in CASES}
    fails = pytest.mark.xfail(strict=True, reason="the local platform gives another answer yet")
    return [
        pytest.param(case, id=case.name, marks=fails if case.name in known else ())
        for case in CASES
    ]


@pytest.mark.exhaustive
@pytest.mark.parametrize("case", _parameters())
def test_case_has_the_recorded_or_documented_answer(case, answer_of):
    answer = answer_of(case)
    verdict = judge(case, answer)
    assert verdict == "pass", f"{verdict}: {case.script}\n{answer}\nexpected {dict(case.fields)}"


def test_recorded_answers_are_those_of_postgresql():
    try:
        programs()
    except NoServerError as error:
        pytest.skip(f"PostgreSQL's answers can't be checked here: {error}")
    with running() as server:
        assert differences(server, CASES) == []


def test_every_case_names_its_source():
    for case in CASES:
        source = str(case.fields["source"])
        is_redshift = case.fields["dialect"] == "redshift"
        assert _DOCUMENTED.match(source) if is_redshift else source == RECORDED, case.name


def test_no_case_is_there_twice():
    keys = [(case.fields["dialect"], case.script.lower()) for case in CASES]
    assert len(set(keys)) == len(keys)
