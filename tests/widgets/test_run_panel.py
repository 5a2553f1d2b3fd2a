"""What the live view of a run sends and answers, without a browser."""

from __future__ import annotations

import threading

import pytest

pytest.importorskip("anywidget")

from civis_nb.display.activity import Activity
from civis_nb.display.followed import FollowedRun, Following
from civis_nb.display.log_lines import RunLog
from civis_nb.display.run_view import RunView
from civis_nb.errors import CivisError
from civis_nb.widgets.cell import WidgetCell
from civis_nb.widgets.run import RunPanel


class Front:
    """What a front end knows of a log: each message replaces lines by their numbers."""

    def __init__(self, panel):
        self.panel = panel
        self.lines = {}
        self.answers = []
        self.messages = 0
        self.take()
        panel.observe(lambda _: self.take(), "lines")
        panel.observe(self._count, "run")
        panel.send = lambda content, buffers=None: self.answers.append((content, buffers))

    def _count(self, _):
        self.messages += 1

    def take(self):
        newest = self.panel.lines
        for number, line in enumerate(newest.get("lines", ()), newest.get("start", 0)):
            self.lines[number] = line

    def request(self, kind, **fields):
        self.panel._received(self.panel, {"id": "1", "kind": kind, **fields}, [])
        return self.answers[-1]


def data(state="running", **known):
    return RunView(Activity("Nightly", state, job_id=1, run_id=2, **known)).data()


def entries(start, stop):
    return [{"message": f"line {number}", "level": "info"} for number in range(start, stop)]


def test_lines_come_once_and_none_is_left_out():
    log = RunLog()
    panel = RunPanel(FollowedRun(log))
    front = Front(panel)
    for start in range(0, 3000, 300):
        log.add(entries(start, start + 300))
        panel.update(data())
    assert {number: line[1] for number, line in front.lines.items()} == {
        number: f"line {number}" for number in range(3000)
    }


def test_a_line_that_changes_is_sent_again():
    log = RunLog()
    panel = RunPanel(FollowedRun(log))
    front = Front(panel)
    for share in range(5):
        log.add([{"message": f"{share}0%\r", "level": "info"}])
        panel.update(data())
        assert front.lines == {0: ["info", f"{share}0%"]}
    log.add([{"message": "50%", "level": "info"}, {"message": "done", "level": "info"}])
    panel.update(data())
    assert front.lines == {0: ["info", "50%"], 1: ["info", "done"]}


def test_of_a_burst_the_end_comes_at_once_and_the_rest_when_asked_for():
    log = RunLog()
    panel = RunPanel(FollowedRun(log))
    front = Front(panel)
    log.add(entries(0, 100_000))
    panel.update(data())
    assert len(panel.lines["lines"]) == 1000
    assert panel.lines["total"] == 100_000
    assert front.lines[99_999] == ["info", "line 99999"]
    answer, _ = front.request("lines", start=500, stop=1500)
    assert answer["start"] == 500
    assert [line[1] for line in answer["lines"]] == [f"line {n}" for n in range(500, 1500)]


def test_messages_are_bounded_by_their_size():
    log = RunLog()
    panel = RunPanel(FollowedRun(log))
    log.add([{"message": "x" * 2000, "level": "info"}] * 1000)
    panel.update(data())
    assert len(panel.lines["lines"]) == 100
    assert panel.lines["start"] == 900


def test_nothing_new_sends_nothing():
    panel = RunPanel(FollowedRun(RunLog()))
    panel.update(data(elapsed_s=1.0))
    front = Front(panel)
    for second in range(10):
        panel.update(data(elapsed_s=float(second)))
    assert front.messages == 0
    panel.update(data("succeeded"))
    assert front.messages == 1


def test_a_view_that_is_made_later_has_the_last_lines():
    log = RunLog()
    panel = RunPanel(FollowedRun(log))
    for start in range(0, 1000, 10):
        log.add(entries(start, start + 10))
        panel.update(data())
    front = Front(panel)
    assert sorted(front.lines) == list(range(800, 1000))


def test_find_and_text_answer_by_level():
    log = RunLog()
    log.add([*entries(0, 5), {"message": "bad <b>", "level": "error"}])
    front = Front(RunPanel(FollowedRun(log)))
    assert front.request("find", text="LINE", level="debug", start=3)[0] == {
        "id": "1", "numbers": [3, 4], "total": 6,
    }  # fmt: skip
    content, buffers = front.request("text", level="error")
    assert content == {"id": "1"}
    assert buffers == [b"bad <b>\n"]


def test_actions_answer_with_words_or_errors():
    def refused():
        raise CivisError("The platform refused.")

    front = Front(
        RunPanel(FollowedRun(None, {"cancel": lambda: "It is cancelled.", "repeat": refused}))
    )
    assert front.request("cancel")[0] == {"id": "1", "text": "It is cancelled."}
    assert front.request("repeat")[0] == {"id": "1", "error": "The platform refused."}
    assert "no request" in front.request("delete")[0]["error"]
    assert "no request" in front.request("lines", start=0, stop=1)[0]["error"]


def test_requests_that_make_no_sense_are_refused():
    front = Front(RunPanel(FollowedRun(RunLog())))
    assert "can't be" in front.request("lines", start="x", stop=None)[0]["error"]
    assert front.request("lines", start=-5, stop=10**12)[0]["lines"] == []


def test_a_run_that_is_started_again_is_followed_in_the_same_view():
    old, new = RunLog(), RunLog()
    old.add(entries(0, 5))
    states = iter(["running", "running", "succeeded"])
    seen = {"state": "queued"}

    def read():
        seen["state"] = next(states, "succeeded")
        new.add([{"message": seen["state"], "level": "info"}])
        return seen["state"] == "succeeded"

    def describe(max_lines):
        lines, total = new.read(max_lines)
        return Activity("Nightly", seen["state"], 1, 3, log=lines, log_total=total)

    again = Following(FollowedRun(new, {"cancel": lambda: "It stops."}), describe, read)
    panel = RunPanel(FollowedRun(old, repeat=lambda: again))
    panel.update(data("succeeded"))
    assert panel.run["actions"] == ["repeat"]
    front = Front(panel)
    ends = []
    ended = threading.Event()
    panel.on_repeat_end = lambda end: (ends.append(end), ended.set())
    assert front.request("repeat")[0] == {"id": "1", "text": "It runs again."}
    assert ended.wait(60)
    assert panel.run["run_id"] == 3
    assert panel.run["state"] == "succeeded"
    assert panel.run["actions"] == ["cancel"]
    assert panel.lines["log"] == 1
    assert [line[1] for line in panel.lines["lines"]] == ["running", "running", "succeeded"]
    assert ends[0].activity.log_total == 3


@pytest.mark.parametrize("apart", [False, True])
def test_a_cell_keeps_html_and_shows_the_view_itself_only_where_it_must(monkeypatch, apart):
    monkeypatch.setattr("civis_nb.widgets.cell.outputs_are_isolated", lambda: apart)
    shown = []

    class Output:
        def show(self, view, handle=None):
            shown.append(view._repr_mimebundle_())
            return "handle"

    cell = WidgetCell(Output())
    activity = Activity("Nightly", "running", 1, 2)
    followed = FollowedRun(RunLog())
    for _ in range(3):
        cell.draw(RunView(activity, live=True, followed=followed))
    cell.show(RunView(Activity("Nightly", "succeeded", 1, 2)))
    first, last = shown
    widget = "application/vnd.jupyter.widget-view+json"
    assert (widget in first) is apart
    assert widget not in last
    assert "civis-live-" in last["text/html"]
    assert last["application/vnd.civis.run+json"]["state"] == "succeeded"
    assert last["text/plain"].startswith("✓ Nightly")
