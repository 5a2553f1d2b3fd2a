"""Many runs as one view: counts, failures first, what is left out, escaping."""

from __future__ import annotations

from civis_nb.display.activity import Activity
from civis_nb.display.group_view import GROUP_MIME, GroupView


def runs(*states, **known):
    return tuple(Activity(f"run {n}", state, 7, n, **known) for n, state in enumerate(states))


def test_counts_and_rows_have_failures_first():
    view = GroupView(runs("succeeded", "running", "failed", "queued", "cancelled"), "Loads")
    assert repr(view).splitlines() == [
        "Loads · 5 runs: 1 failed, 1 running, 1 queued, 1 cancelled, 1 succeeded",
        "  ✗ run 2: failed · job 7, run 2",
        "  … run 1: running · job 7, run 1",
        "  … run 3: queued · job 7, run 3",
        "  ■ run 4: cancelled · job 7, run 4",
        "  ✓ run 0: succeeded · job 7, run 0",
    ]
    html = str(view._html())
    assert html.index("run 2") < html.index("run 1") < html.index("run 0")
    assert "progressbar" not in html


def test_a_run_without_a_title_is_named_once():
    view = GroupView((Activity("job 7, run 3", "failed", 7, 3),))
    assert repr(view).splitlines()[1] == "  ✗ job 7, run 3: failed"


def test_many_runs_are_cut_and_what_is_left_out_is_said():
    view = GroupView(runs(*["succeeded"] * 300, "failed"))
    lines = repr(view).splitlines()
    assert len(lines) == 22
    assert lines[1].startswith("  ✗ run 300")
    assert lines[-1] == "  and 281 more: 281 succeeded"
    assert "and 251 more: 251 succeeded" in str(view._html())
    assert len(str(view._html())) < 60_000


def test_data_is_bounded_and_keeps_the_places():
    view = GroupView(runs(*["running"] * 800, "failed"))
    data = view.data()
    assert (data["total"], data["done"], len(data["runs"])) == (801, 1, 500)
    assert data["runs"][0]["place"] == 800
    assert data["left_out"] == "and 301 more: 301 running"
    assert not data["ended"]


def test_a_group_that_goes_on_has_a_bar_of_those_that_have_ended():
    html = str(GroupView(runs("succeeded", "running"), live=True)._html())
    assert 'aria-valuenow="50"' in html


def test_hostile_names_and_errors_are_inert():
    evil = "<img src=x onerror=alert(1)>\x1b[31m"
    view = GroupView((Activity(evil, "failed", 1, 2, "javascript:alert(1)", error=evil),), evil)
    bundle = view._repr_mimebundle_()
    assert "<img" not in bundle["text/html"]
    assert "javascript" not in bundle["text/html"]
    assert "\x1b" not in bundle["text/plain"]
    assert bundle[GROUP_MIME]["runs"][0]["url"] is None


def test_no_runs_are_a_group_too():
    view = GroupView(())
    assert repr(view) == "0 runs"
    assert view.ended
    assert "0 runs" in str(view._html())
