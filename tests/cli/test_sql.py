"""``civis-nb sql``: results on the screen, in files and in pipes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from decimal import Decimal

import pytest

from civis_nb.io import file_to_civis

TYPED = "select 1.50::decimal(30, 20) d, 'é' s, null n, date '2026-01-02' day, true b union all "
TYPED += "select 2, 'two\nlines', 3, null, false order by 1"


#: Three rows.
THREE = "select 1 union all select 2 union all select 3"


@pytest.mark.exhaustive  # the official command polls every three seconds
def test_table_is_that_of_the_official_command(run, run_theirs):
    words = ("sql", "-d", "sample", "-c", "select 'a' as x, null as empty, 12345 as number")
    ours, theirs = run(*words), run_theirs(*words)
    assert (ours.exit_code, ours.stdout) == (theirs.exit_code, theirs.stdout) == (0, ours.stdout)
    assert ours.stdout.splitlines()[0] == "x | empty | number"


def test_a_row_stays_on_its_line(run):
    shown = run("sql", "-d", "sample", "-c", "select 'a\nb\x1b[31m' as x, '漢' as y").stdout
    assert shown.splitlines()[2].split(" | ") == ["a\\nb", "漢"]


def test_table_says_when_there_is_more(run):
    done = run(
        "sql", "-d", "sample", "-n", "2", "-c", "select 1 union all select 2 union all select 3"
    )
    assert len(done.stdout.splitlines()) == 4
    assert "the first 2 rows" in done.stderr
    done = run(
        "sql", "-d", "sample", "-n", "3", "-c", "select 1 union all select 2 union all select 3"
    )
    assert done.stderr == ""


@pytest.mark.exhaustive
def test_whole_result_in_each_form(run, tmp_path):
    import pyarrow.parquet

    for suffix in ("csv", "json", "parquet"):
        path = tmp_path / f"result.{suffix}"
        done = run("sql", "-d", "sample", "-c", TYPED, "-o", str(path))
        assert (done.exit_code, done.stdout) == (0, "")
        assert f"Downloaded the result of the query to {path}." in done.stderr
    csv = (tmp_path / "result.csv").read_text()
    assert csv.splitlines()[:2] == [
        '"d","s","n","day","b"',
        '1.50000000000000000000,"é",,2026-01-02,true',
    ]
    rows = json.loads((tmp_path / "result.json").read_text(), parse_float=Decimal)
    assert rows[0] == {
        "d": Decimal("1.50000000000000000000"), "s": "é", "n": None, "day": "2026-01-02", "b": True
    }  # fmt: skip
    assert rows[1]["s"] == "two\nlines"
    table = pyarrow.parquet.read_table(tmp_path / "result.parquet")
    assert table.column("d").to_pylist() == [Decimal("1.5"), Decimal("2")]
    assert sorted(each.name for each in tmp_path.iterdir()) == [
        "result.csv", "result.json", "result.parquet"
    ]  # fmt: skip


@pytest.mark.exhaustive
def test_csv_of_the_official_command(run, run_theirs, tmp_path):
    words = ("sql", "-d", "sample", "-c", TYPED, "-o")
    assert run(*words, str(tmp_path / "ours.csv")).exit_code == 0
    assert run_theirs(*words, str(tmp_path / "theirs.csv")).exit_code == 0
    assert (tmp_path / "ours.csv").read_bytes() == (tmp_path / "theirs.csv").read_bytes()


def test_whole_result_on_the_standard_output(run):
    done = run("sql", "-d", "sample", "-c", "select 1 as a, 'b' as b", "--format", "csv")
    assert done.stdout == '"a","b"\n1,"b"\n'
    done = run(
        "sql", "-d", "sample", "-c", "select 1 as a where false", "--format", "json", "-n", "1"
    )
    assert done.stdout == "[]\n"
    assert "-n counts the rows of a table" in done.stderr


def test_sql_from_a_file_and_from_the_standard_input(run, tmp_path):
    (tmp_path / "a.sql").write_text("select 1 as from_file")
    assert "from_file" in run("sql", "-d", "sample", "-f", str(tmp_path / "a.sql")).stdout
    # An empty line is no end: the official command drops what follows it.
    typed = "select 1 as one\n\n, 2 as two\n"
    assert "one | two" in run("sql", "-d", "sample", stdin=typed).stdout


def test_a_byte_order_mark_is_no_part_of_the_sql(run, tmp_path):
    (tmp_path / "a.sql").write_text("select 'marked' as x", encoding="utf-8-sig")
    assert "marked" in run("sql", "-d", "sample", "-f", str(tmp_path / "a.sql")).stdout
    assert "marked" in run("sql", "-d", "sample", stdin="\ufeffselect 'marked' as x").stdout
    sent = json.loads(run("queries", "list", "--hidden", "true", "--json-output").stdout)
    marked = [query["sql"] for query in sent if "marked" in query["sql"]]
    assert marked == ["select 'marked' as x"] * 2


def test_database_by_its_id_and_that_of_the_settings(run, monkeypatch):
    assert run("sql", "-d", "1", "-c", "select 6 as six").stdout.startswith("six")
    monkeypatch.setenv("CIVIS_NB_DATABASE", "sample")
    assert run("sql", "-c", "select 5 as five").stdout.startswith("five")


@pytest.mark.exhaustive
def test_a_statement_without_a_result_writes_nothing(run, tmp_path):
    for form in ("csv", "json"):
        path = tmp_path / f"a.{form}"
        made = run(
            "sql", "-d", "sample", "-c", f"create table empty_{form} (a int)", "-o", str(path)
        )
        assert made.exit_code == 0
        assert "othing is written" in made.stderr
        assert not path.exists()


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("-d", "sample", "-c", "selec 1"), 1, 'syntax error at or near "selec"'),
        (("-d", "no-such", "-c", "select 1"), 2, "no-such"),
        (("-c", "select 1"), 2, "Which database?"),
        (("-d", "sample", "-c", "select", "1,", "2"), 2, "put quotes around it"),
        (("-d", "sample", "-c", " "), 2, "There is no SQL"),
        (("-d", "sample", "-c", "select 1", "-f", "/dev/null"), 2, "not both"),
        (("-d", "sample", "-f", "/no/such.sql"), 2, "does not exist"),
        (("-d", "sample", "-c", "select 1", "-o", "/no/such/folder/a.csv"), 2, "does not exist"),
        (("-d", "sample", "-c", "select 1", "-o", "a.csv", "--format", "table"), 2, "not stored"),
        (("-d", "sample", "-c", "select 1", "-n", "2000"), 2, "1000"),
        (("-d", "sample", "-c", "select '\udce4'"), 2, "no text in UTF-8"),
    ],
)
def test_errors_say_what_to_do(run, words, code, said):
    done = run("sql", *words)
    assert (done.exit_code, done.stdout) == (code, "")
    assert said in done.stderr


def test_what_fails_leaves_the_file_as_it_was(run, tmp_path):
    path = tmp_path / "kept.csv"
    path.write_text("before")
    assert run("sql", "-d", "sample", "-c", "select 1/0", "-o", str(path)).exit_code == 1
    assert path.read_text() == "before"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no /dev/stdout")
@pytest.mark.parametrize("path", ["-", "/dev/stdout", "/dev/fd/1"])
def test_a_redirected_output_keeps_what_else_is_written(on_platform, tmp_path, path):
    (tmp_path / "content").write_text("content\n")
    file_id = file_to_civis(tmp_path / "content", client=on_platform.client())
    commands = (
        "echo before",
        f"{sys.executable} -m civis_nb sql -d sample -c 'select 1 as a' -o {path}",
        f"{sys.executable} -m civis_nb files download {file_id} {path}",
        "echo after",
    )
    with (tmp_path / "all").open("wb") as out:
        subprocess.run(
            ["sh", "-ec", "; ".join(commands)],
            cwd=tmp_path, env=dict(os.environ), stdout=out, timeout=120, check=True,
        )  # fmt: skip
    assert (tmp_path / "all").read_text() == 'before\n"a"\n1\ncontent\nafter\n'
    assert sorted(each.name for each in tmp_path.iterdir()) == ["all", "content"]
