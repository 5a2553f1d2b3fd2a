"""The magics of jobs, logs and tables in a real kernel."""

from __future__ import annotations

import os
import shutil
import signal
import threading
import time

import pytest


@pytest.fixture(scope="module")
def params(magics_client):
    """A script that prints its arguments; its id."""
    source = "import os\nprint('got', os.environ['N'], os.environ['NAME'], os.environ['SURE'])"
    return magics_client.scripts.post_python3(
        name="With params",
        source=source,
        params=[
            {"name": "n", "type": "integer", "required": True},
            {"name": "name", "type": "string", "default": "nobody"},
            {"name": "sure", "type": "bool"},
            {"name": "kind", "type": "string", "allowed_values": [
                {"label": "A", "value": "alpha"}, {"label": "B", "value": "beta"}]},
        ],
    ).id  # fmt: skip


def test_arguments_reach_the_job_and_leave_it_alone(live, params, magics_client):
    shown = live.text("%civis_run 'With params' -a n=5 -a name=00501 -a sure=yes")
    assert "got 5 00501 true" in shown.lower()
    live.run("args = {'n': 6, 'name': \"it's\"}")
    assert "got 6 it's" in live.text("%civis_run 'With params' --args args")
    assert "got 7 it's" in live.text("%civis_run 'With params' --args args -a n=7")
    assert not magics_client.scripts.get_python3(params).arguments.json()
    assert len(magics_client.jobs.list(q="With params")) == 1


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("-a m=5", "no parameter 'm'. It has: n, name"),
        ("-a nmae=x -a n=1", "Did you mean name"),
        (
            "-a name=x",
            "'With params' needs 1 argument. Nothing was started.\n  n (integer)\n"
            "For example: %civis_run 'With params' -a n=5",
        ),
        ("", "For example: %civis_run 'With params' -a n=5"),
        ("-a n=five", "The parameter n is of type integer, and 'five' is not"),
        ("-a n=1 -a sure=perhaps", "of type bool"),
        ("-a n=1 -a kind=gamma", "it is one of alpha, beta"),
        ("--args nosuch", "nosuch is not set"),
        ("-a n", "-a must be NAME=VALUE"),
    ],
)
def test_arguments_are_checked_before_anything_starts(live, params, magics_client, line, said):
    before = len(magics_client.jobs.list(hidden=True))
    assert said in live.error(f"%civis_run 'With params' {line}")
    assert len(magics_client.jobs.list(hidden=True)) == before


def test_a_cell_of_python_runs_as_a_hidden_job(live, magics_client):
    source = "import os\nx = {'a': \"it's\", 'b': '$HOME {x} %s'}\nprint(x, os.environ['N'])\n"
    shown = live.text(f"%%civis_run python -a n=5\n{source}")
    assert "{'a': \"it's\", 'b': '$HOME {x} %s'} 5" in shown
    job = magics_client.jobs.list(hidden=True, limit=1)[0]
    assert magics_client.scripts.get_python3(job.id).source == source
    live.text("%%civis_run python --keep --name 'Kept of a cell'\nprint(1)")
    assert len(magics_client.jobs.list(q="Kept of a cell")) == 1


def test_arguments_of_a_cell_come_from_a_dictionary_too(live):
    live.run("args = {'n': 6, 'name': \"it's\"}")
    source = "import os; print('got', os.environ['N'], os.environ['NAME'])"
    assert "got 6 it's" in live.text(f"%%civis_run python --args args\n{source}")
    shown = live.text(f"%%civis_run python --args args -a n=7 --name 'With arguments'\n{source}")
    assert "got 7 it's" in shown
    assert "✓ With arguments: succeeded" in shown
    assert "nosuch is not set" in live.error(f"%%civis_run python --args nosuch\n{source}")


def test_a_cell_of_shell_or_with_an_image_runs_in_a_container(live, magics_client):
    shown = live.text(
        '%%civis_run shell -a name="it\'s" --mem 128 --cpu 100\necho "got $NAME" \'$NAME\''
    )
    assert "got it's $NAME" in shown
    job = magics_client.scripts.get_containers(magics_client.jobs.list(hidden=True, limit=1)[0].id)
    assert (job.required_resources.cpu, job.required_resources.memory) == (100, 128)
    shown = live.text("%%civis_run python --image host:5000/me/image:v1\nprint('$HOME `x` \\\\')\n")
    assert "$HOME `x` \\" in shown
    job = magics_client.scripts.get_containers(magics_client.jobs.list(hidden=True, limit=1)[0].id)
    assert (job.docker_image_name, job.docker_image_tag) == ("host:5000/me/image", "v1")


def test_frames_are_files_of_the_script(live):
    live.run("import pandas as pd; people = pd.DataFrame({'a': [1, 2], 'b': ['x', None]})")
    shown = live.text(
        "%%civis_run python -i people\nimport os, urllib.request\n"
        "print(urllib.request.urlopen(os.environ['PEOPLE_URL']).read().decode())\n"
    )
    assert "a,b\n" in shown.replace("\n  ", "\n")
    assert "1,x" in shown
    live.run("t = %civis_sql select 5 as five")
    assert "five" in live.text(
        '%%civis_run shell -i t\ncurl -s "$T_URL" || python3 -c "import os, urllib.request as r; '
        "print(r.urlopen(os.environ['T_URL']).read().decode())\""
    )
    assert "nosuch is not set" in live.error("%%civis_run python -i nosuch\nprint(1)")


def test_a_cell_of_sql_is_a_script_with_an_output(live):
    live.text("%%civis_run sql -a n=5 -o out\nselect {{n}} as n")
    found = live.value("out")
    assert len(found) <= 1


def test_a_cell_of_sql_that_fails_names_the_place_in_the_cell(live):
    error = live.error("%%civis_run sql\nselect 1;\nselect 1 as one, nosuch from pg_tables")
    assert "CivisSQLError" in error
    assert "   3 | select 1 as one, nosuch from pg_tables" in error
    assert " " * 24 + "^^^^^^\nline 3, column 18 of the cell" in error


def test_outputs_and_failures_of_a_cell(live):
    error = live.error("%%civis_run python\nprint('before')\nraise ValueError('boom')")
    assert "CivisJobFailure" in error
    assert "boom" in error
    assert "boom" in live.text("%%civis_run python --no-raise\nraise ValueError('boom')")
    error = live.error("%%civis_run python --timeout 0.5\nimport time; time.sleep(60)")
    assert "Not done within 0.5 s" in error
    live.run("%%civis_run python --bg -o run\nprint('in the background')")
    assert live.text("print((await run).state)").strip() == "succeeded"


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("%%civis_run\nprint(1)", "needs a language"),
        ("%%civis_run pyhton\nprint(1)", "Did you mean python"),
        ("%%civis_run python\n", "the cell is empty"),
        ("%%civis_run sql --image x\nselect 1", "--image has no meaning here"),
        ("%%civis_run python -d sample\nprint(1)", "-d has no meaning here"),
        ("%%civis_run python --memory 5\nprint(1)", "--mem"),
        ("%%civis_run shell\n" + "x" * 1_000_000, "a container at most"),
    ],
)
def test_what_a_cell_cant_be_is_said(live, source, said):
    assert said in live.error(source)


def test_a_long_python_cell_runs(live):
    assert "1000000" in live.text(f"%%civis_run python\nprint(len('{'x' * 1_000_000}'))")


def test_jobs_are_listed(live, magics_client):
    job = magics_client.scripts.post_python3(name="Listed one", source="print(1)").id
    doomed = magics_client.scripts.post_python3(name="Listed two", source="raise SystemExit(1)").id
    hidden = magics_client.scripts.post_python3(
        name="Listed hidden", source="print(1)", hidden=True
    ).id
    live.run(f"%civis_run {job} --no-logs")
    live.run(f"%civis_run {doomed} --no-raise")

    def ids(line):
        live.run(f"t = %civis_jobs {line}")
        return {int(row[0]) for row in live.value("t.rows")}

    assert ids("listed") == {job, doomed}
    assert ids("'Listed t*'") == {doomed}
    assert ids("listed --all") == {job, doomed, hidden}
    assert ids("listed --failed") == {doomed}
    assert ids("listed --running") == set()
    assert ids("listed --type python") == {job, doomed}
    assert ids("listed --type sql") == set()
    assert len(ids("-n 1")) == 1
    assert ids(str(job)) == {job}
    assert "succeeded" in live.text("%civis_jobs listed")
    assert "--all shows them" in live.text("%civis_jobs listed")
    assert "--all shows them" not in live.text("%civis_jobs listed --all")
    assert "Did you mean python" in live.error("%civis_jobs --type pyhton")
    assert "not both" in live.error("%civis_jobs --running --failed")
    shown = live.text("%civis_jobs --history listed")
    assert "Listed one" in shown
    assert "job" in shown
    live.run("%civis_sql -q select 'listed * here'")
    assert ids("--history 'LISTED ?n*' -n 1") == ids("--history 'Listed one' -n 1")
    assert "select 'listed * here'" in live.text("%civis_jobs --history 'listed * here' -n 1")


def test_an_empty_list_of_jobs_says_which_were_asked_for(live):
    for line, title in (
        ("no*has_this", "Jobs like 'no*has_this'"),
        ("no_name_has_this --failed", "Jobs whose last run failed like 'no_name_has_this'"),
        ("no_name_has_this --running", "Jobs that wait or run like 'no_name_has_this'"),
        ("no_name_has_this --history", "History like 'no_name_has_this'"),
    ):
        assert live.text(f"%civis_jobs {line}").startswith(f"{title}: no rows")


def test_jobs_are_watched_until_none_runs(live, magics_client):
    job = magics_client.scripts.post_python3(name="Watched", source="import time; time.sleep(1)").id
    live.run(f"%civis_run {job} --bg -o run")
    cell = live.run("%civis_jobs Watched --watch")
    assert len(cell.outputs) == 1
    assert "succeeded" in cell.outputs[0]["data"]["text/plain"]


def test_logs_of_the_latest_run_and_of_a_job(live, magics_client):
    job = magics_client.scripts.post_python3(
        name="Talks", source="import sys\nfor n in range(5): print('line', n)\n"
        "print('wrong', file=sys.stderr)",
    ).id  # fmt: skip
    live.run(f"%civis_run {job} --no-logs")
    shown = live.text("%civis_logs")
    assert shown.startswith("✓ Talks: succeeded")
    assert "line 4" in shown
    assert "line 0" not in live.text("%civis_logs Talks -n 2")
    shown = live.text("%civis_logs Talks --grep 'LINE [12]'")
    assert "line 1" in shown
    assert "line 3" not in shown
    assert "leave out all that is there" in live.text("%civis_logs Talks --grep 'none of it'")
    run = magics_client.jobs.list_runs(job, limit=1)[0].id
    live.text(f"%civis_logs {job}:{run} -o entries")
    assert "line 2" in live.value("[e['message'] for e in entries]")
    live.text("%civis_logs Talks --level error -o entries")
    assert not [one for one in live.value("[e['message'] for e in entries]") if "line" in one]
    live.text("%%civis_sql -q\nselect 1")
    shown = live.text("%civis_logs")
    assert "select 1: succeeded" in shown
    assert "Query" in shown
    assert "has no run 99999" in live.error(f"%civis_logs {job}:99999")
    assert "no job called" in live.error("%civis_logs nosuch")
    assert "a regular expression" in live.error("%civis_logs --grep '('")
    idle = magics_client.scripts.post_python3(name="Idle", source="print(1)").id
    assert "has not run yet" in live.error(f"%civis_logs {idle}")


@pytest.mark.exhaustive
def test_following_a_log_ends_with_the_run_or_an_interrupt(live, magics_client):
    job = magics_client.scripts.post_python3(
        name="Slow talk",
        source="import time\nfor n in range(8):\n    print('word', n, flush=True); time.sleep(0.2)",
    ).id
    live.run(f"%civis_run {job} --bg -o run")
    shown = live.text("%civis_logs -f")
    assert [f"word {n}" in shown for n in range(8)] == [True] * 8

    job = magics_client.scripts.post_python3(
        name="Long talk", source="import time\nprint('on', flush=True)\ntime.sleep(30)"
    ).id
    live.run(f"%civis_run {job} --bg -o run")

    def interrupt():
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline and not live.nb.cells[-1].outputs:
            time.sleep(0.05)
        os.kill(live.client.km.provisioner.pid, signal.SIGINT)

    thread = threading.Thread(target=interrupt)
    live.run("x = 1")
    thread.start()
    shown = live.text("%civis_logs -f")
    thread.join()
    assert "the run goes on" in shown
    assert magics_client.jobs.list_runs(job, limit=1)[0].state == "running"
    live.run("run.cancel()")


def test_tables_are_listed(live, magics_client):
    live.run(
        "%civis_sql drop table if exists public.listed_a; create table public.listed_a "
        "as select 1 as a, 'x' as b"
    )
    live.run(
        "%civis_sql drop table if exists public.listed_b; create table public.listed_b "
        "as select 1 as c"
    )

    def rows(line):
        live.run(f"t = %civis_tables {line}")
        return live.value("t.rows")

    assert [row[1] for row in rows("listed")] == ["listed_a", "listed_b"]
    assert [row[1] for row in rows("'public.listed_*'")] == ["listed_a", "listed_b"]
    assert [row[1] for row in rows("'LISTED_A'")] == ["listed_a"]
    assert rows("listed -s nosuch") == []
    assert live.value("t.title") == "Tables of sample in schema nosuch like 'listed'"
    assert rows("nosuch --columns") == []
    assert "--refresh scans for new ones" in live.value("t.note")
    assert live.value("t.title") == "Columns of tables like 'nosuch'"
    assert [row[1] for row in rows("listed -d sample -s public")] == ["listed_a", "listed_b"]
    live.run(
        "%civis_sql drop table if exists public.listed_a; create table public.listed_a "
        "as select 1 as z, 'x' as a"
    )
    # In the table's order, and without a count of what is in them, which may take long.
    assert [row[:2] for row in rows("listed_a --columns")] == [
        ("public.listed_a", "z"), ("public.listed_a", "a"),
    ]  # fmt: skip
    database_id = magics_client.databases.list()[0].id
    (table,) = magics_client.tables.list(database_id=database_id, search="listed_a")
    assert [one.distinct_count for one in magics_client.tables.get(table.id).columns] == [None] * 2
    profile = rows("listed_a --profile --refresh")
    assert [row[1] for row in profile] == ["z", "a"]
    assert profile[0][3:7] == ("0", "1", "1", "1")
    assert "Did you mean sample" in live.error("%civis_tables -d sampel")
    assert "not both" in live.error("%civis_tables --columns --profile")


@pytest.mark.skipif(shutil.which("Rscript") is not None, reason="This machine has R.")
def test_without_r_on_the_machine_a_cell_of_r_says_so(live):
    assert "This machine has no R" in live.error("%%civis_run r\nprint(1)")
