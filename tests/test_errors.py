"""The tree of errors: all in one module, drawn as it is, whole after pickling."""

from __future__ import annotations

import pickle
import re
import traceback

import pytest
import requests

from civis_nb import errors


def test_every_error_is_in_the_drawing_below_its_parent():
    drawn: dict[str, str] = {}
    parents: list[tuple[int, str]] = []
    for line in (errors.__doc__ or "").splitlines():
        found = re.match(r"([ │├└─]*)([A-Z]\w+Error|Civis\w+Failure)\b", line)
        if not found or not line.startswith("    "):
            continue
        depth, name = len(found[1]), found[2]
        while parents and parents[-1][0] >= depth:
            parents.pop()
        drawn[name] = parents[-1][1] if parents else "Exception"
        parents.append((depth, name))
    assert sorted(drawn) == errors.__all__
    for name, parent in drawn.items():
        assert getattr(errors, name).__mro__[1].__name__ == parent


def _response() -> requests.Response:
    response = requests.Response()
    response.status_code, response._content = 404, b'{"errorDescription": "gone"}'
    response.url = "https://api.test/jobs/1?token=secret"
    return response


@pytest.mark.parametrize("name", errors.__all__)
def test_every_error_survives_pickling(name: str):
    kind = getattr(errors, name)
    argument = _response() if issubclass(kind, errors.CivisAPIError) else "what happened"
    error = kind(argument)
    again = pickle.loads(pickle.dumps(error))
    assert type(again) is kind
    assert str(again) == str(error)
    assert "secret" not in str(error)


@pytest.mark.parametrize("kind", [errors.CivisJobFailure, errors.CivisSQLError])
def test_job_failures_that_an_older_version_pickled_are_whole(kind):
    old = kind("no such table", None, 1, 2)
    old.__dict__["said"] = old.__dict__.pop("platform_message")
    now, then = b"civis_nb._error_base\n_restore\n", b"civis_nb.errors\n_restore\n"
    pickled = pickle.dumps(old, protocol=0)
    assert now in pickled
    again = pickle.loads(pickled.replace(now, then))
    assert again.platform_message == "no such table"
    assert (again.job_id, str(again)) == (1, "(From job 1 / run 2) no such table")
    with pytest.warns(DeprecationWarning, match="platform_message"):
        assert again.said == "no such table"


@pytest.mark.parametrize(
    "error",
    [
        errors.CivisJobFailure(
            "a \x1b]8;;http://bad.test\x07link\x1b]8;;\x07 \x1b[31mred\x1b[0m\a\u202e"
        ),
        errors.CivisClientError("a \x1b[2Jlink red\a\u202e"),
    ],
)
def test_what_a_terminal_would_obey_is_not_in_a_message(error):
    error.add_note("the \x1b]0;title\x07end\u202e")
    shown = "".join(traceback.format_exception(error))
    assert "link" in shown
    assert "red\\x07\\u202e" in shown
    assert "the end\\u202e" in shown
    assert shown.isascii()
    assert "\x1b" not in shown
    assert "\a" not in shown
    assert not {"http://bad.test", "title"} & set(shown.split())
    again = pickle.loads(pickle.dumps(error))
    assert str(again) == str(error)
