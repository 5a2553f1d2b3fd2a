"""``%civis_run`` and ``%civis_config`` in a shell, against a local platform."""

from __future__ import annotations

import _thread
import re
import threading
import time

import pytest

from civis_nb.errors import CivisConfigError, CivisJobFailure, CivisMagicError, CivisTimeoutError
from civis_nb.futures import CivisFuture


@pytest.fixture
def script(magics_client):
    """Create a Python script; return its id."""

    def make(source, name="A script"):
        return magics_client.scripts.post_python3(name=name, source=source).id

    return make


def test_a_job_shows_its_state_and_log(shell, script):
    job = script("print('one')\nprint('two')", "Nightly load")
    assert shell.cell(f"%civis_run {job}") is None
    assert len(shell.outputs) == 1
    text = shell.outputs[0]["text/plain"]
    assert text.startswith("✓ Nightly load: succeeded")
    assert re.search(r"\n  one\n  two(\n|$)", text)
    assert re.search(r"queued \d+\.\d s, ran \d+\.\d s", text)
    assert 'role="log"' in shell.outputs[0]["text/html"]
    assert "progressbar" not in shell.outputs[0]["text/html"]


@pytest.mark.exhaustive
def test_ten_thousand_lines_are_counted_and_the_last_ones_shown(shell, script):
    job = script("for n in range(10_000): print('line', n)")
    shell.cell(f"%civis_run {job}")
    text = shell.outputs[0]["text/plain"]
    total = int(re.search(r"the last 50 of ([\d,]+) lines", text).group(1).replace(",", ""))
    numbers = [int(n) for n in re.findall(r"line (\d+)", text)]
    assert total >= 10_000
    assert numbers == list(range(numbers[0], 10_000))
    shell.cell(f"%civis_run {job} --tail 3")
    assert shell.outputs[0]["text/plain"].count("line ") <= 3
    shell.cell(f"%civis_run {job} --no-logs")
    assert "Log" not in shell.outputs[0]["text/plain"]


def test_a_failed_job_shows_its_log_and_raises(shell, script):
    job = script("print('before')\nraise ValueError('boom')", "Doomed")
    error, text = shell.failing(f"%civis_run {job}")
    assert isinstance(error, CivisJobFailure)
    shown = shell.outputs[0]["text/plain"]
    assert shown.startswith("✗ Doomed: failed")
    assert "before" in shown
    assert "boom" in shown
    assert "CivisJobFailure" in text
    assert len(text.strip().splitlines()) <= 15
    assert "run_job_magic" not in text
    assert shell.cell(f"%civis_run {job} --no-raise") is None


def test_outputs_arrive_in_the_variable(shell, script, magics_client):
    value = magics_client.json_values.post('{"r": 0.5}', name="strongest").id
    file_id = magics_client.files.post("report.txt").id
    job = script(
        "import os, json, urllib.request, base64\n"
        "key = base64.b64encode((os.environ['CIVIS_API_KEY'] + ':').encode()).decode()\n"
        "url = '{}/scripts/python3/{}/runs/{}/outputs'.format(\n"
        "    os.environ['CIVIS_API_ENDPOINT'].rstrip('/'), os.environ['CIVIS_JOB_ID'],\n"
        "    os.environ['CIVIS_RUN_ID'])\n"
        f"for kind, id in (('JSONValue', {value}), ('File', {file_id})):\n"
        "    body = json.dumps({'objectType': kind, 'objectId': id}).encode()\n"
        "    request = urllib.request.Request(url, body, {'Authorization': 'Basic ' + key,\n"
        "        'Content-Type': 'application/json'})\n"
        "    urllib.request.urlopen(request)\n"
    )
    shell.cell(f"%civis_run {job} -o outputs")
    assert shell.ns["outputs"] == {"strongest": {"r": 0.5}, "report.txt": file_id}


def test_a_job_is_found_by_its_name(shell, script):
    script("print('found')", "My own: job")
    shell.cell('%civis_run "My own: job"')
    assert "found" in shell.outputs[0]["text/plain"]


def test_a_name_of_several_jobs_raises_with_the_candidates(shell, script):
    ids = [script("pass", "Twins") for _ in range(2)]
    error, text = shell.failing("%civis_run Twins")
    assert isinstance(error, CivisMagicError)
    for job in ids:
        assert f"  {job}  " in text


def test_unknown_jobs_are_told_with_near_names(shell, script):
    script("pass", "Weekly summary")
    _, text = shell.failing("%civis_run 'Weekly sumary'")
    assert "no job called 'Weekly sumary'" in text
    assert "Weekly summary" in text
    for number in range(55):
        script("pass", f"Other {number}")
    _, text = shell.failing("%civis_run 'weekly SUMARY'")
    assert "Did you mean 'Weekly summary'" in text
    _, text = shell.failing("%civis_run 99999999")
    assert "There is no job 99999999" in text


def test_hidden_and_archived_jobs_are_told_as_such(shell, magics_client, script):
    hidden = magics_client.scripts.post_python3(name="Quarterly sum", source="pass", hidden=True).id
    shell.cell("%civis_sql select 1")  # a hidden job with a name that nobody gave
    archived = script("pass", "Yearly load")
    magics_client.jobs.put_archive(archived, True)
    for wanted, said in (
        ("Quarterly sm", f"Did you mean 'Quarterly sum' (job {hidden}, hidden)?"),
        ("Yearly laod", f"Did you mean 'Yearly load' (job {archived}, archived)?"),
        ("Yearly load", "is archived. To run it all the same, give its id: {archived}."),
    ):
        error, text = shell.failing(f"%civis_run '{wanted}'")
        assert isinstance(error, CivisMagicError)
        assert said.format(archived=archived) in text


def test_a_job_without_its_required_arguments_is_told_what_they_are(shell, magics_client):
    job = magics_client.scripts.post_python3(
        name="Load", source="pass",
        params=[
            {"name": "n", "type": "integer", "required": True, "description": "How many"},
            {"name": "kind", "type": "string", "required": True, "allowed_values": [
                {"label": "A", "value": "two words"}, {"label": "B", "value": "b"}]},
            {"name": "key", "type": "credential_aws", "required": True},
            {"name": "note", "type": "string"},
        ],
    ).id  # fmt: skip
    error, _ = shell.failing(f"%civis_run {job}")
    assert isinstance(error, CivisMagicError)
    assert str(error).splitlines() == [
        "'Load' needs 3 arguments. Nothing was started.",
        "  n (integer): How many",
        "  kind (string): one of two words, b",
        "  key (credential_aws)",
        f'For example: %civis_run {job} -a n=5 -a kind="two words" -a key=CREDENTIAL_ID',
    ]
    assert magics_client.jobs.list_runs(job) == []
    magics_client.scripts.patch_python3(job, arguments={"n": 1, "kind": "b", "key": 1})
    shell.cell(f"%civis_run {job}")
    assert "Load: succeeded" in shell.outputs[-1]["text/plain"]


def test_a_language_without_a_cell_is_told_how_to_have_one(shell):
    _, text = shell.failing("%civis_run sql")
    assert "%%civis_run sql" in text


def test_words_of_a_name_without_quotes_are_put_into_them(shell):
    _, text = shell.failing("%civis_run Nightly load of all --no-logs")
    assert '"Nightly load of all"' in text


@pytest.mark.parametrize(
    "word",
    ["job", "$job", "{job}", "held", "{held.id}", "held.id", "$held", "{jobs['nightly']}",
     "{jobs['nightly'].id}", "future", "'Found in a variable'", "called", "{called}"],
)  # fmt: skip
def test_a_job_is_found_in_a_variable(shell, script, magics_client, word):
    known = magics_client.jobs.list(q="Found in a variable")
    job = known[0].id if known else script("print('found')", "Found in a variable")
    held = magics_client.jobs.get(job)
    shell.ns.update(job=job, held=held, jobs={"nightly": held}, called="Found in a variable")
    shell.ns["future"] = CivisFuture(
        magics_client.jobs.get_runs, (job, 10**9), client=magics_client, poll_on_creation=False
    )
    shell.cell(f"%civis_run {word}")
    assert "✓ Found in a variable: succeeded" in shell.outputs[-1]["text/plain"]


def test_a_job_is_found_in_the_calling_function(shell, script):
    shell.ns["number"] = script("print('ours')", "In a function")
    shell.cell("def start(mine):\n    %civis_run {mine}\nstart(number)")
    assert "In a function: succeeded" in shell.outputs[-1]["text/plain"]


@pytest.mark.parametrize(
    ("word", "said"),
    [
        ("{nosuch}", "{nosuch} has no value"),
        ("$nosuch", r"\$nosuch has no value"),
        ("{1/0}", "ZeroDivisionError"),
        ("{print}", "builtin_function_or_method, and no job"),
        ("'{print}'", "no job called '{print}'"),
        ("nothing", "no job called 'nothing'"),
    ],
)
def test_variables_that_hold_no_job_are_told(shell, word, said):
    shell.ns.update(nothing=None, print=print)
    error, _ = shell.failing(f"%civis_run {word}")
    assert isinstance(error, CivisMagicError)
    assert re.search(said, str(error))


def test_arguments_take_values_of_variables(shell, magics_client):
    job = magics_client.scripts.post_python3(
        name="Takes", source="import os\nprint(os.environ['N'], os.environ['DAY'])",
        params=[{"name": "N", "type": "integer"}, {"name": "DAY", "type": "string"}],
    )  # fmt: skip
    shell.ns.update(job=job, days=["Mon", "Tue"])
    shell.cell("def go(day):\n    %civis_run job -a N={len(day)} -a DAY=$day\ngo('Monday')")
    assert "  6 Monday" in shell.outputs[-1]["text/plain"]
    shell.cell("%civis_run job -a N=1 -a DAY='{days}'")
    assert "  1 {days}" in shell.outputs[-1]["text/plain"]
    for wrong, said in (("{day}", "{day} has no value"), ("$nosuch", "$nosuch has no value")):
        error, _ = shell.failing(f"%civis_run job -a N=1 -a DAY={wrong}")
        assert isinstance(error, CivisMagicError)
        assert said in str(error)
        assert "In quotes it is text" in str(error)
    shell.ns["count"] = 3
    shell.cell("%%civis_run python -a n={count}\nimport os\nprint(os.environ['n'] * 2)")
    assert "  33" in shell.outputs[-1]["text/plain"]
    shell.cell("found = %civis_sql -p n={count+1} -p t='{count}' select :n as n, :t as t")
    assert list(shell.ns["found"]) == [(4, "{count}")]


def test_a_long_line_of_an_error_is_cut_below_the_display(shell, script):
    job = script("raise ValueError('x' * 5000)", "Wordy")
    _error, text = shell.failing(f"%civis_run {job}")
    assert max(len(line) for line in text.splitlines()) <= 340


def test_a_job_in_the_background_gives_its_future(shell, script):
    job = script("print('x')")
    future = shell.cell(f"%civis_run {job} --bg")
    assert isinstance(future, CivisFuture)
    assert future.result(timeout=60).state == "succeeded"


def test_a_running_job_is_not_started_twice(shell, script):
    job = script("import time; time.sleep(60)")
    future = shell.cell(f"%civis_run {job} --bg")
    error, text = shell.failing(f"%civis_run {job}")
    assert isinstance(error, CivisMagicError)
    assert "running already" in text
    assert future.cancel()


def _interrupt_when_running(client, job):
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        runs = client.jobs.list_runs(job, limit=1)
        if runs and runs[0].state == "running":
            break
        time.sleep(0.05)
    _thread.interrupt_main()


def test_interrupt_cancels_the_run_and_says_so(shell, script, magics_client):
    job = script("import time\nprint('started', flush=True)\ntime.sleep(60)")
    thread = threading.Thread(target=_interrupt_when_running, args=(magics_client, job))
    thread.start()
    error, text = shell.failing(f"%civis_run {job}")
    thread.join()
    assert isinstance(error, KeyboardInterrupt)
    assert "is cancelled" in text or "was asked to stop" in text
    assert text.count("\n") < 15
    deadline = time.monotonic() + 60
    while magics_client.jobs.list_runs(job, limit=1)[0].state != "cancelled":
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_timeout_cancels_the_run(shell, script):
    job = script("import time\ntime.sleep(60)")
    error, _ = shell.failing(f"%civis_run {job} --timeout 0.3")
    assert isinstance(error, CivisTimeoutError)
    assert "cancelled" in str(error) or "asked to stop" in str(error)


def test_log_from_hostile_jobs_stays_text(shell, script):
    job = script(r"print('<img src=x onerror=alert(1)>\x1b[31mred\x1b[0m')", "<b>bold</b>")
    shell.cell(f"%civis_run {job}")
    html = shell.outputs[0]["text/html"]
    assert "<img" not in html
    assert "<b>" not in html
    assert "\x1b" not in html


def test_settings_are_shown_changed_and_reset(shell, monkeypatch, magics_platform):
    table = shell.cell("%civis_config")
    assert "display" in repr(table)
    assert magics_platform.api_key not in repr(table)
    assert repr(shell.cell("%civis_config limit")) == "limit = 20"
    assert repr(shell.cell("%civis_config limit 7")) == "limit = 7"
    assert (
        shell.cell("%%civis_sql\nselect * from generate_series(0, 49) t(range)").caption
        == "7 of 50 rows"
    )
    assert repr(shell.cell("%civis_config limit --reset")) == "limit = 20"
    shell.cell("%civis_config limit 7")
    shell.cell("%civis_config --reset")
    assert repr(shell.cell("%civis_config limit")) == "limit = 20"


def test_settings_shown_are_those_of_the_project_as_it_is_now(shell, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert repr(shell.cell("%civis_config limit")) == "limit = 20"
    (tmp_path / "pyproject.toml").write_text("[tool.civis_nb]\nlimit = 8\ndatabase = 'mine'\n")
    assert repr(shell.cell("%civis_config limit")) == "limit = 8"
    (tmp_path / "pyproject.toml").write_text("[tool.civis_nb]\nlimit = 9\ndatabase = 'yours'\n")
    assert "yours" in repr(shell.cell("%civis_config"))


def test_wrong_settings_are_told(shell):
    for source, said in (
        ("%civis_config displya", "Did you mean display"),
        ("%civis_config display sttaic", "Did you mean 'static'"),
        ("%civis_config limit 0", "at least 1"),
        ("%civis_config limit five", "must be a whole number"),
        ("%civis_config api_key", "no setting"),
        ("%civis_config limit 5 6", "one word too many"),
    ):
        error, text = shell.failing(source)
        assert isinstance(error, (CivisConfigError, CivisMagicError))
        assert said in text
        assert "Traceback" not in text
