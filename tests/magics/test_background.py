"""Background work in a real kernel: shown in its cell, awaited, its failures told."""

from __future__ import annotations

import nbformat
import pytest
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError
from nbformat.v4 import new_code_cell, new_notebook

SLOW = "select count(*) from generate_series(0, 99999999999) a(range) where sqrt(a.range) > 0"


def wait_for(live, name):
    """Wait in the kernel until a future has ended, without asking how."""
    live.text(f"import time\nwhile not {name}.done(): time.sleep(0.05)")


def test_a_background_cell_ends_at_once_and_settles(live):
    live.run(f"%%civis_sql endless --bg\n{SLOW}")
    cell = live.run("%%civis_sql later --bg\nselect 42 as n")
    assert live.value("endless.done()") is False
    live.run("endless.cancel()")
    live.text("import time; begun = time.monotonic()\n%civis_sql -q select 1")
    wait_for(live, "later")
    live.text("pass")
    # The first use may have shown for a moment that it loads the API specification.
    text = cell.outputs[-1]["data"]["text/plain"]
    assert text.startswith("✓ Query on sample: succeeded")
    assert "progressbar" not in cell.outputs[-1]["data"]["text/html"]
    assert live.value("later.result()['n'].tolist()") == [42]


def test_a_background_run_shows_its_log_once(live):
    """Its cell has one output, the future as its value is not shown beside."""
    live.run(
        "import civis_nb; client = civis_nb.APIClient()\n"
        "job = client.scripts.post_python3(name='Speaks', source='print(\"said\")').id"
    )
    cell = live.run("%civis_run job --bg")
    live.text("%civis_wait -q")
    live.text("pass")
    (shown,) = cell.outputs
    text = shown["data"]["text/plain"]
    assert text.startswith("✓ Speaks: succeeded")
    assert "  said" in text
    assert "starting" not in text
    # The future is the value of the cell all the same, and is shown when asked for again.
    assert "succeeded" in live.text("_" + str(cell.execution_count))


def test_the_cell_says_where_its_future_is(live):
    named = live.run(f"%%civis_sql later --bg\n{SLOW}")
    other = live.run(f"nameless = %civis_sql --bg {SLOW}")
    said = named.outputs[-1]["data"]["text/plain"]
    assert "later.result(), or await later, waits for its end" in said
    assert "the magic's value is a future" in other.outputs[-1]["data"]["text/plain"]
    live.run("later.cancel(), nameless.cancel()")


def test_a_future_that_is_used_as_its_frame_says_where_that_is(live):
    live.run("%%civis_sql later --bg\nselect 7 as n")
    for use in ("later.head()", "later['n']"):
        assert "future.result() waits for it" in live.error(use)
    assert "not iterable" in live.error("list(later)")
    assert live.value("hasattr(later, 'head')") is False
    assert live.value("later.result().head().n.tolist()") == [7]


def test_futures_are_awaited(live):
    live.run("%%civis_sql later --bg\nselect 7 as n")
    assert live.text("print((await later)['n'].tolist())").strip() == "[7]"
    live.run("job = civis = None\nimport civis_nb; client = civis_nb.APIClient()\n"
             "job = client.scripts.post_python3(name='Awaited', source='print(1)').id")  # fmt: skip
    live.run("%civis_run job --bg -o run")
    assert live.text("print((await run).state)").strip() == "succeeded"
    live.run("%%civis_sql wrong --bg -q\nselect nosuch")
    assert "nosuch" in live.error("await wrong")
    # Both at once: neither blocks the loop.
    live.run("%%civis_sql a --bg -q\nselect 1 as n")
    live.run("%%civis_sql b --bg -q\nselect 2 as n")
    assert (
        live.text(
            "import asyncio\nprint([int(f['n'][0]) for f in await asyncio.gather(a, b)])"
        ).strip()
        == "[1, 2]"
    )


def test_a_failure_that_nobody_looked_at_shows_under_the_next_cell(live):
    number = live.run("%%civis_sql failing --bg\nselect nosuch_here").execution_count
    wait_for(live, "failing")
    live.text("pass")
    found = [live.nb.cells[-1], live.nb.cells[-2]]
    told = [cell for cell in found if cell.outputs]
    assert len(told) == 1
    text = told[0].outputs[0]["data"]["text/plain"]
    assert text.startswith("✗ Query on sample (failing): failed")
    assert "nosuch_here" in text
    assert f"in cell [{number}]" in text
    assert live.text("pass") == ""
    assert "nosuch_here" in live.error("failing.result()")


def test_a_failure_that_was_looked_at_is_not_shown_again(live):
    live.run("%%civis_sql failing --bg\nselect nosuch_here")
    assert "nosuch_here" in live.error("failing.result()")
    assert live.text("pass") == ""


def test_the_timeout_counts(live):
    live.run(f"%%civis_sql slow --bg --timeout 0.5\n{SLOW}")
    assert "not done within 0.5 s" in live.error("slow.result(timeout=60)")
    assert live.text("print(slow)").startswith("■ Query on sample: cancelled")
    live.run("job = client.scripts.post_python3(name='Sleeps', source='import time; "
             "time.sleep(60)').id")  # fmt: skip
    live.run("%civis_run job --bg -o run --timeout 0.5")
    error = live.error("run.result(timeout=60)")
    assert "CivisTimeoutError" in error
    assert "not done within 0.5 s" in error


def test_waiting_for_all_raises_what_failed(live):
    live.run("%civis_wait -q")
    live.run("%%civis_sql good --bg\nselect 1 as n")
    number = live.run("%%civis_sql bad --bg\nselect nosuch_one").execution_count
    live.run("%%civis_sql worse --bg\nselect nosuch_two")
    cell = live.run("%civis_wait")
    error = next(one for one in cell.outputs if one.output_type == "error")
    assert error.ename == "CivisSQLError"
    assert "nosuch_one" in "\n".join(error.traceback)
    begun = f"Query on sample (bad) was started in cell [{number}]."
    assert begun in "\n".join(error.traceback)
    assert "1 more background run failed" in "\n".join(error.traceback)
    shown = cell.outputs[0]["data"]["text/plain"]
    assert shown.startswith("3 background runs ended, 2 with an error")
    for name, state in (("good", "succeeded"), ("bad", "failed"), ("worse", "failed")):
        assert f"Query on sample ({name}): {state}" in shown
    assert live.text("%civis_wait") == ""


def test_waiting_for_some(live):
    live.run("%%civis_sql good --bg\nselect 1 as n")
    assert "1 background run ended" in live.text("%civis_wait good")
    assert "good is not set" not in live.text("%civis_wait good")
    assert "nosuch is not set" in live.error("%civis_wait nosuch")
    live.run("five = 5")
    assert "five is of type int" in live.error("%civis_wait five")
    live.run(f"%%civis_sql slow --bg -q\n{SLOW}")
    assert "had not ended after 0.3 s" in live.error("%civis_wait slow --timeout 0.3")
    live.run("slow.cancel()")
    assert "cancelled" in live.text("%civis_wait slow")


@pytest.mark.exhaustive
@pytest.mark.parametrize("display", ["auto", "static"])
def test_a_notebook_that_ends_with_a_wait_fails_its_runner(magics_platform, monkeypatch, display):
    monkeypatch.setenv("CIVIS_API_ENDPOINT", magics_platform.endpoint)
    monkeypatch.setenv("CIVIS_API_KEY", magics_platform.api_key)
    monkeypatch.setenv("CIVIS_NB_DISPLAY", display)
    sources = ("%load_ext civis_nb", "%%civis_sql later --bg\nselect nosuch", "%civis_wait")
    notebook = new_notebook(cells=[new_code_cell(source) for source in sources])
    with pytest.raises(CellExecutionError, match="nosuch"):
        NotebookClient(notebook, timeout=120).execute()
    nbformat.validate(notebook)
    (shown,) = notebook.cells[1].outputs
    settled = shown["data"]["text/plain"]
    # What can't be replaced there says nothing that will not stay true.
    assert settled.startswith("✗" if display == "auto" else "Query on sample runs in the back")
