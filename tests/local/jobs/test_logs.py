"""Logs: all there, in order, with the two headers that clients follow."""

from __future__ import annotations

import pytest

from civis_nb.local.store import utc_now

pytestmark = pytest.mark.exhaustive

LEVELS = {"unknown", "fatal", "error", "warn", "info", "debug"}


def _logs(http, run, **query):
    return http("GET", f"/jobs/{run['job']}/runs/{run['id']}/logs", params=query)


def _run(jobs_api, source):
    job = jobs_api.python3(source)
    return {**jobs_api.run("/scripts/python3", job), "job": job["id"]}


@pytest.mark.contract("S50")
def test_ten_thousand_lines_are_all_there_and_in_order(jobs_api, http):
    run = _run(jobs_api, "for i in range(10_000): print('line', i)")
    assert run["state"] == "succeeded"
    entries = _logs(http, run, last_id=0).json()
    assert [entry["id"] for entry in entries] == list(range(1, 10_001))
    assert [entry["message"] for entry in entries] == [f"line {i}" for i in range(10_000)]
    page = _logs(http, run, last_id=9_990, limit=5).json()
    assert [entry["id"] for entry in page] == [9_991, 9_992, 9_993, 9_994, 9_995]


@pytest.mark.contract("S51")
def test_without_last_id_the_newest_come_first(jobs_api, http):
    run = _run(jobs_api, "for i in range(40): print(i)")
    entries = _logs(http, run, limit=15).json()
    assert [entry["id"] for entry in entries] == list(range(40, 25, -1))


@pytest.mark.contract("S54")
def test_entries_have_their_fields_and_streams_their_levels_in_order(jobs_api, http):
    source = (
        "import sys\n"
        "for i in range(20):\n"
        "    print('out', i)\n"
        "    print('err', i, file=sys.stderr)\n"
    )
    entries = _logs(http, _run(jobs_api, source), last_id=0).json()
    assert set(entries[0]) == {"id", "createdAt", "message", "level"}
    assert {entry["level"] for entry in entries} <= LEVELS
    expected = [(word, i) for i in range(20) for word in (("info", "out"), ("error", "err"))]
    assert [(entry["level"], entry["message"]) for entry in entries] == [
        (level, f"{word} {i}") for (level, word), i in expected
    ]


@pytest.mark.contract("S52", "S53")
def test_finished_run_without_logs_says_zero_and_complete(jobs_api, http):
    answer = _logs(http, _run(jobs_api, "pass"), last_id=0)
    assert answer.json() == []
    assert answer.headers["civis-max-id"] == "0"
    assert answer.headers["civis-cache-control"] != "no-store"


@pytest.mark.contract("S52")
def test_log_is_seen_while_the_run_goes_on(jobs_api, http):
    job = jobs_api.python3("print('first')\nimport time\ntime.sleep(60)")
    run = jobs_api.start("/scripts/python3", job)
    path = f"/scripts/python3/{job['id']}/runs/{run['id']}/logs"
    jobs_api.until(path, bool)
    answer = http("GET", path, params={"last_id": 0})
    assert [entry["message"] for entry in answer.json()] == ["first"]
    assert answer.headers["civis-cache-control"] == "no-store"
    assert answer.headers["civis-max-id"] == "1"
    http("DELETE", f"/jobs/{job['id']}/runs/{run['id']}")
    ended = http("GET", path, params={"last_id": 1})
    assert ended.json() == []
    assert ended.headers["civis-cache-control"] != "no-store"


def test_running_run_without_logs_has_no_highest_id(jobs_api, http):
    job = jobs_api.python3("import time\ntime.sleep(60)")
    run = jobs_api.start("/scripts/python3", job)
    answer = http("GET", f"/jobs/{job['id']}/runs/{run['id']}/logs", params={"last_id": 0})
    assert "civis-max-id" not in answer.headers
    assert answer.headers["civis-cache-control"] == "no-store"
    http("DELETE", f"/jobs/{job['id']}/runs/{run['id']}")


def test_strange_output_is_kept_as_text(jobs_api, http):
    source = (
        "import os\n"
        r"os.write(1, b'nul \x00 and \xff bad\n')"
        "\n"
        r"os.write(1, b'10%\r20%\r\nend without newline')"
    )
    messages = [entry["message"] for entry in _logs(http, _run(jobs_api, source), last_id=0).json()]
    assert messages == ["nul \ufffd and \ufffd bad", "10%\r", "20%", "end without newline"]


def test_job_writes_to_its_log_over_the_api(jobs_api, http):
    job = jobs_api.container("true")
    run = jobs_api.run("/scripts/containers", job)
    path = f"/scripts/containers/{job['id']}/runs/{run['id']}/logs"
    before = len(jobs_api.messages(job["id"], run["id"]))
    one = http("POST", path, json={"message": "one", "level": "warn"})
    assert (one.status_code, one.content) == (204, b"")
    many = [{"message": "two"}, {"message": "three", "level": "debug"}]
    assert http("POST", path, json={"messages": many}).status_code == 204
    entries = jobs_api.get(path, last_id=before)
    assert [(entry["level"], entry["message"]) for entry in entries] == [
        ("warn", "one"),
        ("info", "two"),
        ("debug", "three"),
    ]
    assert http("POST", path, json={}).status_code == 400
    assert http("POST", path, json={"message": "x", "level": "loud"}).status_code == 400


def _all(http, run):
    """Read a log as clients follow it: after the last id, until nothing comes."""
    pages = [_logs(http, run, last_id=0).json()]
    while pages[-1]:
        pages.append(_logs(http, run, last_id=pages[-1][-1]["id"]).json())
    return pages[:-1]


def _bytes(entries):
    return sum(len(entry["message"].encode()) for entry in entries)


def test_a_log_keeps_its_beginning_and_its_end(jobs_api, http, monkeypatch):
    monkeypatch.setenv("CIVIS_NB_LOG_LIMIT_MIB", "1")
    count = 15_000
    run = _run(jobs_api, f"for i in range({count}): print(i, 'é' * 50)")
    assert run["state"] == "succeeded"
    answer = _logs(http, run, last_id=0, limit=count)
    entries = answer.json()
    ids = [entry["id"] for entry in entries]
    numbers = [int(e["message"].split()[0]) for e in entries if e["message"][0].isdigit()]
    assert answer.headers["civis-max-id"] == str(count) == str(ids[-1])
    assert ids == sorted(set(ids))
    assert 2**18 < _bytes(entries) <= 2**20
    # One gap, which the note fills; what is kept is under the ids that it always had.
    notes = [e for e in entries if "left out" in e["message"]]
    assert len(notes) == 1
    assert [e["id"] - 1 for e in entries if e not in notes] == numbers
    begin = ids.index(notes[0]["id"])
    assert numbers[:begin] == list(range(begin))
    assert numbers[begin:] == list(range(notes[0]["id"], count))
    left_out = set(range(count)) - set(numbers)
    size = sum(len(f"{i} {'é' * 50}".encode()) for i in left_out)
    said = f"[{len(left_out):,} lines with {size:,} bytes were left out here: a log keeps 1 MiB"
    assert notes[0]["message"].startswith(said)
    assert notes[0]["level"] == "warn"
    newest = _logs(http, run, limit=3).json()
    assert [entry["id"] for entry in newest] == [count, count - 1, count - 2]


def test_an_answer_holds_a_bounded_part_and_the_next_the_rest(jobs_api, http, bare_platform):
    run = _run(jobs_api, "print('first')")
    more = [("info", f"{i} " + "x" * 60_000, utc_now()) for i in range(1, 400)]
    bare_platform._context.logs.append(run["id"], more)
    pages = _all(http, run)
    assert len(pages) == 3
    assert all(_bytes(page) <= 8 * 2**20 for page in pages)
    firsts = [entry["message"].split()[0] for page in pages for entry in page]
    assert firsts == ["first", *(str(i) for i in range(1, 400))]
    newest = _logs(http, run).json()
    assert _bytes(newest) <= 8 * 2**20
    assert newest[0]["id"] == 400


def test_a_message_that_is_too_long_is_cut_and_says_so(jobs_api, http):
    job = jobs_api.container("true")
    run = {**jobs_api.run("/scripts/containers", job), "job": job["id"]}
    path = f"/scripts/containers/{job['id']}/runs/{run['id']}/logs"
    assert http("POST", path, json={"message": "y" * (2**20 + 5)}).status_code == 204
    message = _logs(http, run, limit=1).json()[0]["message"]
    assert message == "y" * 2**20 + " [5 characters were left out here.]"


def test_the_highest_id_is_never_below_those_of_the_entries(jobs_api, http, bare_platform):
    run = _run(jobs_api, "print('one')")
    logs = bare_platform._context.logs
    highest_id = logs.highest_id

    def grown(run_id):
        found = highest_id(run_id)
        logs.append(run_id, [("info", "later", utc_now())])
        return found

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(logs, "highest_id", grown)
        for query in ({}, {"last_id": 0}):
            answer = _logs(http, run, **query)
            shown = max(entry["id"] for entry in answer.json())
            assert int(answer.headers["Civis-Max-Id"]) == shown
