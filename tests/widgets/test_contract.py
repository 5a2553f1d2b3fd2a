"""Views on a bare page that gives them anywidget's contract and nothing else.

VS Code and Colab can't be had here. What they promise a widget is that contract: a model with
``get``, ``set``, ``save_changes``, ``send``, ``on`` and ``off``, and an element.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from civis_nb.display.activity import Activity
from civis_nb.display.followed import FollowedRun
from civis_nb.display.group_view import FollowedRuns, GroupView
from civis_nb.display.log_lines import RunLog
from civis_nb.display.run_view import RunView
from civis_nb.widgets import modules
from civis_nb.widgets.group import GroupPanel
from civis_nb.widgets.pages import PagesPanel
from civis_nb.widgets.run import RunPanel
from civis_nb.widgets.table import TableView
from tests.widgets.drivers import new_window

STATIC = Path(modules.__file__).parent / "static"
#: What belongs to one front end or to the library below anywidget.
FOREIGN = re.compile(
    r"jupyterapp|widget_manager|model\.(?!get\b|set\b|on\b|off\b|send\b|save_changes\b)\w+\(|"
    r"\brequire\(|\bJupyter\b\.|google\.colab|acquireVsCodeApi|from \"(?!\./)"
)
#: A page's model: what is set in it is seen, what is sent goes to Python, answers come back.
PAGE = """async ([script, css, state]) => {
    const listeners = new Map();
    const call = (name, ...args) => (listeners.get(name) ?? []).forEach((one) => one(...args));
    const model = {
        get: (name) => state[name],
        set: (name, value) => {
            state[name] = value;
            queueMicrotask(() => call(`change:${name}`));
        },
        save_changes: () => undefined,
        on: (name, act) => listeners.set(name, [...(listeners.get(name) ?? []), act]),
        off: (name, act) =>
            listeners.set(name, (listeners.get(name) ?? []).filter((one) => one !== act)),
        send: (message) =>
            window.toPython(JSON.stringify(message)).then((answer) => {
                const { changed, ...found } = JSON.parse(answer);
                for (const [name, value] of Object.entries(changed)) model.set(name, value);
                call("msg:custom", found, []);
            }),
    };
    // Only what the contract names: anything else is an error.
    const strict = new Proxy(model, {
        get(target, name) {
            if (!(name in target)) throw new Error(`no contract has model.${String(name)}`);
            return target[name];
        },
    });
    document.head.append(Object.assign(document.createElement("style"), { textContent: css }));
    const address = URL.createObjectURL(new Blob([script], { type: "text/javascript" }));
    const widget = await (await import(address)).default();
    const el = document.body.appendChild(document.createElement("div"));
    const ends = [await widget.initialize?.({ model: strict })];
    ends.push(await widget.render({ model: strict, el }));
    window.end = () => ends.forEach((one) => one?.());
}"""


@pytest.mark.parametrize("path", sorted(STATIC.glob("*.js")), ids=lambda path: path.name)
def test_modules_use_nothing_but_the_contract(path: Path) -> None:
    assert not FOREIGN.findall(path.read_text(encoding="utf-8"))


def made(kind: str) -> Any:
    """Return a view."""
    running = Activity("Nightly", "running", 1, 2, elapsed_s=1.0)
    if kind == "table":
        return TableView(pa.table({"n": list(range(500)), "t": ["x"] * 500}))
    if kind == "pages":
        return PagesPanel("GET /jobs", lambda number: [{"id": number}], 0, lambda: 2)
    if kind == "group":
        panel: Any = GroupPanel(FollowedRuns(lambda: "All stop.", lambda place: "It stops."))
        panel.update(GroupView((running,), live=True).data())
        return panel
    log = RunLog()
    log.add([{"message": f"line {n}", "level": "info"} for n in range(1500)])
    panel = RunPanel(FollowedRun(log, {"cancel": lambda: "It stops."}))
    panel.update(RunView(running, live=True).data())
    return panel


#: Which view: what is pressed, and what is then seen.
USES = {
    "table": (".civis-head-cell >> text=n", ".civis-chip:has-text('by n')"),
    "run": ("button:has-text('Cancel')", "text=It stops."),
    "group": ("button:has-text('Cancel all')", "text=All stop."),
    "pages": ("button:has-text('Fetch the first page')", "text=Page 1 of 2"),
}


@contextmanager
def on_a_bare_page(chromium: Any, view: Any) -> Iterator[Any]:
    """Show a view on a page of its own; yield the page. No error may occur there."""
    answers: list[dict[str, Any]] = []
    view.send = lambda content, buffers=None: answers.append(content)

    def to_python(text: str) -> str:
        before = {name: getattr(view, name) for name in names}
        view._received(view, json.loads(text), [])
        after = {name: getattr(view, name) for name in names}
        changed = {name: after[name] for name in names if after[name] != before[name]}
        return json.dumps({**answers[-1], "changed": changed})

    names = [name for name in view.keys if not name.startswith("_") and name != "layout"]
    names = [name for name in names if name not in ("tabbable", "tooltip")]
    window = new_window(chromium)
    page = window.new_page()
    problems: list[str] = []
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.expose_function("toPython", to_python)
    page.goto("about:blank")
    page.evaluate(PAGE, [view._esm, view._css, {name: getattr(view, name) for name in names}])
    yield page
    page.evaluate("() => window.end()")
    assert problems == []
    window.close()
    view.close()


@pytest.mark.exhaustive
@pytest.mark.parametrize("kind", USES)
def test_views_work_on_a_page_that_has_only_the_contract(chromium: Any, kind: str) -> None:
    with on_a_bare_page(chromium, made(kind)) as page:
        pressed, seen = USES[kind]
        page.locator(pressed).first.click()
        page.locator(seen).first.wait_for()


#: How much of a text is cut off, of which a hundredth of a pixel makes an ellipsis.
CUT_PX = """(one) => {
    const text = document.createRange();
    text.selectNodeContents(one);
    return text.getBoundingClientRect().width - one.getBoundingClientRect().width;
}"""


def test_columns_whose_names_begin_alike_are_told_apart(chromium: Any) -> None:
    same = "likelihood_to_vote_in_the_general_election_of_november_"
    data = pa.table({f"{same}2022_by_model_a": [1], f"{same}2024_by_model_a": [2], "short": [3]})
    with on_a_bare_page(chromium, TableView(data)) as page:
        names = page.locator(".civis-head-cell .civis-name")
        names.nth(2).wait_for()
        assert [one.text_content() for one in names.all()] == data.column_names
        for number in range(2):
            head, tail = names.nth(number).locator("span").all()
            assert tail.text_content() == f"{2022 + 2 * number}_by_model_a"
            assert head.evaluate(CUT_PX) > 1
            assert tail.evaluate(CUT_PX) < 0.01
            cell = names.nth(number).locator("xpath=ancestor::*[@role='columnheader']")
            inside, box = tail.bounding_box(), cell.bounding_box()
            assert inside["x"] + inside["width"] <= box["x"] + box["width"]
        assert names.nth(2).locator("span").count() == 1
