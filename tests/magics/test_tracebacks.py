"""What IPython shows of errors: the user's own lines, the end of a log, and all with %tb."""

from __future__ import annotations

import re

import pytest

import civis_nb
from civis_nb.display.tables import ResultTable
from civis_nb.errors import CivisAPIError, CivisArgumentError, CivisJobFailure, CivisSQLError


@pytest.fixture
def client(shell, magics_client):
    shell.ns["client"] = magics_client
    shell.ns["civis"] = civis_nb
    return magics_client


@pytest.mark.parametrize(
    ("source", "kind"),
    [
        ("client.jobs.get(99999999)", CivisAPIError),
        ("client.jobs.get(nosuch=5)", CivisArgumentError),
        ("civis.io.read_civis_sql('select nosuch', 'sample', client=client)", CivisSQLError),
        ("civis.io.query_civis('select nosuch', 'sample', client=client).result()", CivisSQLError),
        ("civis.io.file_to_civis('/no/such/file', client=client)", FileNotFoundError),
    ],
)
def test_errors_stop_at_the_users_own_line(shell, client, source, kind):
    error, text = shell.failing(f"def mine():\n    return {source}\n\nmine()")
    assert isinstance(error, kind)
    assert "----> 4 mine()" in text
    assert f"----> 2     return {source}" in text
    assert "civis_nb/" not in text
    assert "direct cause" not in text
    _, text = shell.failing(source)
    assert len(text.strip().splitlines()) <= 15


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("table['agee']", "There is no column 'agee'. Did you mean 'age'?"),
        ("table[5]", "There is no row 5; there are 2 rows."),
        ("table.profile()['x']", "There is no column 'x'. Columns: age, vote"),
        ("table.profile()[2]", "There is no column 2; there are 2 columns."),
        ("table.plot('hist', 'agee')", "There is no column 'agee'. Did you mean 'age'?"),
        ("table.age", "A column of a result table is in brackets: ['age']."),
    ],
)
def test_parts_that_are_not_there_are_told_at_the_users_line(shell, source, said):
    shell.ns["table"] = ResultTable([[30, 1], [20, 0]], columns=["age", "vote"])
    error, text = shell.failing(source)
    assert isinstance(error, KeyError | IndexError | ValueError | AttributeError)
    assert said in text
    # The folder of the project may have the name of the package in it.
    frames = re.findall(r"civis_nb/(?!civis_nb/)", text)
    assert len(frames) == (1 if "brackets" in said else 0)


def test_what_goes_on_inside_is_shown_by_tb_and_by_the_setting(shell, client):
    shell.failing("client.jobs.get(99999999)")
    shell.cell("%tb")
    assert "civis_nb/client/resource.py" in shell.stdout
    _, text = shell.failing("%civis_sql --bgg select 1")
    assert "civis_nb/magics" not in text
    shell.cell("%tb")
    assert "civis_nb/magics/options.py" in shell.stdout
    assert "has no option --bgg" in shell.stdout
    shell.cell("%civis_config traceback full")
    _, text = shell.failing("client.jobs.get(99999999)")
    assert "civis_nb/client/resource.py" in text
    _, text = shell.failing("%civis_sql --bgg select 1")
    assert "civis_nb/magics" in text


def test_a_failed_job_shows_the_end_of_its_log(shell, client):
    source = "for n in range(30): print('line', n)\nraise SystemExit(3)"
    job = client.scripts.post_python3(name="Doomed", source=source).id
    error, text = shell.failing(f"civis.utils.run_job({job}, client=client).result()")
    assert isinstance(error, CivisJobFailure)
    assert "The end of its log:" in text
    assert "line 29" in text
    assert "line 20" not in text
    assert len(text.strip().splitlines()) <= 15


def test_carets_span_the_token_behind_wide_characters(shell, client):
    _, text = shell.failing("%%civis_sql\nselect '🙂👨‍👩‍👧 日本 é' as a, nosuch\n")
    lines = text.splitlines()
    at = next(index for index, line in enumerate(lines) if set(line.strip()) == {"^"})
    assert lines[at].count("^") == len("nosuch")
    from wcwidth import wcswidth

    before = lines[at - 1][: lines[at - 1].index("nosuch")]
    assert wcswidth(before) == lines[at].index("^")
