"""What a local platform makes of every case, and whether the corpus itself is in order."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Iterator

import pytest

from civis_nb import errors, io
from civis_nb.client import APIClient
from civis_nb.local import Platform, start

from .corpus import RECORDED, Answer, Case, judge, load
from .postgres_server import NoServerError, programs, running
from .record import differences

CASES = load()
_DOCUMENTED = re.compile(r"Amazon Redshift documentation, .+, /redshift/latest/dg/[\w-]+\.html$")


@pytest.fixture(scope="module")
def ask() -> Iterator[Callable[[Case], Answer]]:
    """Ask one platform for each dialect, which starts when it is first needed.

    A case that changes its database has one of its own.
    """
    platforms: dict[str, tuple[Platform, APIClient]] = {}

    def answer(case: Case) -> Answer:
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

    yield answer
    for platform, _ in platforms.values():
        platform.stop()


def _start(dialect: str) -> Platform:
    databases = [c.name for c in CASES if c.dialect == dialect and c.changes_database]
    # Without dialects there is one meaning for all.
    chosen = {"dialect": dialect} if "dialect" in inspect.signature(start).parameters else {}
    return start(samples=False, databases=databases, **chosen)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_an_answer_is_the_one_of_the_authority(case, ask):
    answer = ask(case)
    verdict = judge(case, answer)
    assert verdict == "pass", f"{verdict}: {case.script}\n{answer}\nexpected {dict(case.fields)}"


def test_recorded_answers_are_those_of_postgresql():
    try:
        programs()
    except NoServerError as error:
        pytest.skip(f"PostgreSQL's answers can't be checked here: {error}")
    with running() as server:
        assert differences(server, CASES) == []


def test_every_case_says_where_its_answer_comes_from():
    for case in CASES:
        source = str(case.fields["source"])
        is_redshift = case.fields["dialect"] == "redshift"
        assert _DOCUMENTED.match(source) if is_redshift else source == RECORDED, case.name


def test_no_case_is_there_twice():
    keys = [(case.fields["dialect"], case.script.lower()) for case in CASES]
    assert len(set(keys)) == len(keys)
