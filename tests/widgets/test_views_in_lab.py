"""Every view in a real JupyterLab: for everybody, with bad input, inert, and as it stays."""

from __future__ import annotations

from typing import Any

import nbformat
import pytest
from nbconvert import HTMLExporter

from tests.widgets.drivers import SHOTS, WAIT_MS, new_window, serious_findings, until

pytestmark = pytest.mark.exhaustive

#: Texts that would run in a page that takes data for HTML.
EVIL = [
    "<script>window.hacked = 1</script>",
    '<img src=x onerror="window.hacked = 1">',
    '"><svg onload="window.hacked = 1">',
    "'-alert(1)-'",
    "</td></table></pre><script>window.hacked = 1</script>",
    "</style><script>window.hacked = 1</script>",
    '<iframe srcdoc="<script>parent.hacked = 1</script>"></iframe>',
    '<a href="javascript:window.hacked = 1">x</a>',
    "&lt;script&gt;window.hacked = 1&lt;/script&gt;",
    "{{constructor.constructor('window.hacked = 1')()}}",
    "\u202ereversed\u202c <b>bold</b> \x1b[31mred",
]
CELLS = (
    f"""
import datetime as dt
from decimal import Decimal
import pyarrow as pa
from civis_nb.client.pages import PaginatedResponse
from civis_nb.client.response import ListResponse, Response
from civis_nb.display.activity import Activity
from civis_nb.display.followed import FollowedRun
from civis_nb.display.group_view import FollowedRuns, GroupView
from civis_nb.display.log_lines import RunLog
from civis_nb.display.run_view import RunView
from civis_nb.display.tables import ResultTable
from civis_nb.widgets.group import GroupPanel
from civis_nb.widgets.pages import PagesPanel
from civis_nb.widgets.run import RunPanel
from civis_nb.widgets.table import TableInfo, TableView, table_info
EVIL = {EVIL!r}
evil = ResultTable(pa.table({{text: EVIL for text in EVIL}}), title=EVIL[0])
script = "javascript:window.hacked = 1"
""",
    "evil",
    "info = TableInfo(title=EVIL[1], run=EVIL[2], url=script)\n"
    "evil_view = TableView(evil.held, info)\nevil_view",
    """
log = RunLog()
log.add([{"message": f"line {n}", "level": ("info", "warn", "error")[n % 3]} for n in range(60)])
log.add([{"message": text, "level": "error"} for text in EVIL])
lines, total = log.read(50)
failed = Activity(EVIL[0], "failed", 1, 2, script, queued_s=1.0, running_s=75.0, log=lines,
                  log_total=total, error="\\n".join(EVIL), note=EVIL[1])
running = Activity(EVIL[1], "running", 1, 3, "https://example.org/1", elapsed_s=3.0)
run = RunPanel(FollowedRun(log, {"cancel": lambda: EVIL[1]}))
run.update(RunView(running, live=True).data())
run
""",
    "RunView(failed)",
    """
runs = (failed, running, Activity("Load 3", "succeeded", 4, 5, "https://example.org/3"))
group = GroupPanel(FollowedRuns(lambda: EVIL[1], lambda place: EVIL[2]))
group.update(GroupView(runs, title=EVIL[1], live=True).data())
group
""",
    "GroupView(runs, title=EVIL[1])",
    """
class Source:
    def _fetch_page(self, path, params):
        number = params["page_num"]
        items = [Response({"id": n, "name": EVIL[n], EVIL[1]: n}) for n in range(5)]
        return ListResponse(items, {"X-Pagination-Total-Pages": "3",
                                    "X-Pagination-Current-Page": str(number)})
response = PaginatedResponse("jobs", {}, Source())
pages = PagesPanel(EVIL[0], response._page, 1, lambda: 3)
pages
""",
    "evil.profile()",
    """
bad = pa.table({
    "nested": [{"a": [1, None], "b": EVIL[1]}] * 8,
    "list": [[1, 2, None], [], None, [3]] * 2,
    "bytes": [b"", b"abc", bytes(range(200)), None] * 2,
    "x": [float("nan"), float("inf"), float("-inf"), -0.0, 1e300, 1e-300, 0.1, None],
    "day": pa.array([-800_000, 0, 3_000_000, 5_000_000, None, 1, 2, 3],
                    pa.int32()).cast(pa.date32()),
    "at": pa.array([dt.datetime(1, 1, 1), dt.datetime(9999, 12, 31), None]
                   + [dt.datetime(1890, 1, 1)] * 5),
    "exact": [Decimal("12345678901234567890.12345")] * 8,
    "long": ["x" * 1_000_000, "two\\nlines\\tand a tab", "", " spaces  inside ", None, "é",
             "𝄞", "\\u202e"],
    "": [0] * 8,
})
bad = ResultTable(bad, title="bad")
bad
""",
    "bad_view = TableView(bad.held, TableInfo(title='bad'))\nbad_view",
    "wide = ResultTable(pa.table({f'c{n}': [n] * 30 for n in range(2000)}), title='wide')\nwide",
    "TableView(wide.held, TableInfo(title='wide'))",
    "none = pa.table({'a': pa.array([], pa.int64()), 'b': pa.array([], pa.string())})\n"
    "ResultTable(none, title='no rows')",
    "TableView(none, TableInfo(title='no rows'))",
    "ResultTable(pa.table({}), title='no columns')",
    "TableView(pa.table({}), TableInfo(title='no columns'))",
)
LIVE = {2: ".civis-table", 3: ".civis-run", 5: ".civis-run", 7: ".civis-pages", 10: ".civis-table",
        12: ".civis-table", 14: ".civis-table", 16: ".civis-table"}  # fmt: skip
NAMES = {1: "evil", 2: "evil-live", 3: "run-live", 4: "run-settled", 5: "group-live",
         6: "group-settled", 7: "pages-live", 8: "profile", 9: "bad", 10: "bad-live", 11: "wide",
         12: "wide-live", 13: "no-rows", 14: "no-rows-live", 15: "no-columns",
         16: "no-columns-live"}  # fmt: skip


def assert_inert(page: Any, outputs: str) -> None:
    """Check that no text of the corpus has become an element, a script that ran, or a link."""
    assert page.evaluate("() => window.hacked") is None
    for made in ("img[src=x]", "iframe[srcdoc]", "svg[onload]", "script"):
        assert page.locator(f"{outputs} {made}").count() == 0, made
    links = page.locator(f"{outputs} a[href]").evaluate_all("(all) => all.map((one) => one.href)")
    assert {link.partition(":")[0] for link in links} <= {"http", "https", "blob"}


@pytest.fixture(scope="module")
def notebook(jupyter: Any, browser_window: Any, tmp_path_factory: Any) -> Any:
    """Open the notebook with all views, with every cell run."""
    from tests.widgets.drivers import Page, written

    page = Page(browser_window.new_page(), jupyter, written(jupyter, *CELLS), "lab")
    page.run_all()
    for cell, name in LIVE.items():
        page.output(cell).locator(name).first.wait_for()
    yield page
    page.page.close()
    jupyter.end_kernels()


def test_no_text_becomes_html_in_live_views(notebook):
    page = notebook
    assert_inert(page.page, ".jp-OutputArea-output")
    table = page.output(2).locator(".civis-table")
    table.locator(".civis-cell").first.dblclick()
    table.locator("[role=dialog] pre", has_text="window.hacked").first.wait_for()
    page.page.keyboard.press("Escape")
    table.locator(".civis-menu-button").first.click()
    dialog = table.locator("[role=dialog]")
    dialog.get_by_label("Filter by").select_option("set")
    dialog.locator(".civis-values-list label", has_text="onerror").first.wait_for()
    page.page.keyboard.press("Escape")
    run = page.output(3).locator(".civis-run")
    run.get_by_role("button", name="Cancel").click()
    run.get_by_text("onerror").first.wait_for()
    run.locator(".civis-log-line", has_text="iframe").first.wait_for()
    assert_inert(page.page, ".jp-OutputArea-output")
    assert page.problems == []


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_axe_finds_nothing_serious_in_any_view(notebook, dark):
    page = notebook
    page.theme(dark)
    found = {}
    for cell, name in NAMES.items():
        output = page.output(cell)
        output.scroll_into_view_if_needed()
        page.shot(f"{name}-{'dark' if dark else 'light'}", output)
        output.evaluate("(one, name) => { one.id = name }", f"view-{name}")
        if serious := serious_findings(page.page, f"#view-{name}"):
            found[name] = serious[:3]
    page.theme(False)
    assert not found


def test_live_regions_are_polite_and_progress_is_named(notebook):
    for cell in (3, 5):
        view = notebook.output(cell).locator(".civis-run")
        bar = view.get_by_role("progressbar")
        assert bar.get_attribute("aria-label")
        assert bar.get_attribute("aria-valuetext")
    for cell, name in LIVE.items():
        region = notebook.output(cell).locator(f"{name} [role=status][aria-live=polite]")
        assert region.count() >= 1, name


def test_every_view_is_used_by_keyboard_alone(notebook):
    page, keyboard = notebook, notebook.page.keyboard
    pages = page.output(7).locator(".civis-pages")
    pages.get_by_role("button", name="Next").focus()
    keyboard.press("Enter")
    pages.locator(".civis-pages-place", has_text="Page 2 of 3").wait_for()
    keyboard.press("Shift+Tab")
    keyboard.press("Space")
    pages.locator(".civis-pages-place", has_text="Page 1 of 3").wait_for()
    pages.locator(".civis-pages-box").focus()
    keyboard.press("Alt+PageDown")
    pages.locator(".civis-pages-place", has_text="Page 2 of 3").wait_for()

    group = page.output(5).locator(".civis-run")
    cancel = group.get_by_role("button", name="Cancel all")
    said = group.locator("[role=status]", has_text="onerror")

    def cancelled():
        # A row that is drawn anew in between takes the key with it.
        if said.count() == 0 and cancel.is_visible() and cancel.is_enabled():
            cancel.focus()
            keyboard.press("Enter")
        return said.count() > 0

    until(cancelled, "the end of all")

    run = page.output(3).locator(".civis-run")
    run.locator(".civis-log-box").focus()
    keyboard.press("/")
    keyboard.type("line 7")
    run.locator(".civis-log-count", has_text="match").wait_for()
    keyboard.press("Enter")
    until(lambda: run.locator(".civis-log-here").count() == 1, "the match")

    table = page.output(12).locator(".civis-table")
    table.locator(".civis-layer").focus()
    keyboard.press("Control+End")
    table.locator(".civis-head-cell .civis-name", has_text="c1999").wait_for()
    keyboard.press("Enter")
    table.locator(".civis-cell-dialog pre", has_text="1999").wait_for()
    keyboard.press("Escape")
    table.locator("[role=dialog]").wait_for(state="detached")


#: Takes a view off the page and puts it back, as JupyterLab does with cells out of sight.
OFF_AND_BACK = """async (one) => {
    const frame = () => new Promise((done) => requestAnimationFrame(done));
    const view = one.closest(".civis-view");
    const place = document.createComment("");
    view.replaceWith(place);
    for (let n = 0; n < 5; n += 1) await frame();
    place.replaceWith(view);
    for (let n = 0; n < 5; n += 1) await frame();
}"""


def test_a_view_that_was_off_the_page_is_where_it_was(notebook):
    run = notebook.output(3).locator(".civis-run")
    box = run.locator(".civis-log-box")
    run.scroll_into_view_if_needed()
    run.get_by_label("Search the log").fill("")
    box.evaluate("(box) => { box.scrollTop = 18 * 30 }")
    run.locator(".civis-log-line", has_text="line 30").wait_for()
    at = box.evaluate("(box) => box.scrollTop")
    assert at > 0
    box.evaluate(OFF_AND_BACK)
    until(lambda: box.evaluate("(box) => box.scrollTop") == at, "the place in the log")

    table = notebook.output(12).locator(".civis-table")
    table.locator(".civis-layer").focus()
    notebook.page.keyboard.press("Control+End")
    table.locator(".civis-head-cell .civis-name", has_text="c1999").wait_for()
    scroller = table.locator(".civis-scroller")
    places = "(box) => [box.scrollTop, box.scrollLeft]"
    before = scroller.evaluate(places)
    assert min(before) > 0
    scroller.evaluate(OFF_AND_BACK)
    until(lambda: scroller.evaluate(places) == before, "the place in the table")
    table.locator(".civis-head-cell .civis-name", has_text="c1999").wait_for()
    assert table.locator(".civis-gutter").last.inner_text() == "30"


def test_odd_values_are_shown_whole(notebook):
    table = notebook.output(10).locator(".civis-table")
    table.scroll_into_view_if_needed()  # cells that are out of sight are not laid out
    until(lambda: "NaN" in table.inner_text(), "the cells")
    cells = table.locator(".civis-cell").all_inner_texts()
    assert '{"a":[1,null],"b":"' in "".join(cells)
    assert "[1,2,null]" in cells
    assert "\\x0001020304050607… (200 bytes)" in cells
    assert {"NaN", "inf", "-inf"} <= set(cells)
    assert {"-0221-09-04", "10183-09-21", "15659-07-15"} <= set(cells)
    static = notebook.output(9).inner_text()
    for part in ("[1,2,null]", "(200 bytes)", "NaN", "-inf", "12345678901234567890.12345"):
        assert part in static
    text = notebook.output(11).inner_text()
    assert "more columns not shown" in text
    assert "no rows: no rows" in notebook.output(13).inner_text()
    notebook.output(14).get_by_text("0 rows").first.wait_for()


def test_what_stays_is_inert_and_readable_without_a_kernel(notebook, chromium, open_notebook):
    notebook.theme(False)
    saved = notebook.save()
    # Those are widgets and nothing else, as somebody has asked for them.
    for cell in LIVE:
        saved.cells[cell].outputs = []
    # Content that this server did not sign is not trusted: JupyterLab sanitises its HTML.
    saved.metadata["from"] = "elsewhere"
    copy = notebook.path.with_name("untrusted.ipynb")
    nbformat.write(saved, copy)
    page = open_notebook(path=copy)
    page.page.locator("[title*='not trusted'], [data-icon*='not-trusted']").first.wait_for()
    page.output(1).get_by_text("11 of 11 rows").first.wait_for()
    assert_inert(page.page, ".jp-OutputArea-output")
    for cell, text in ((4, "✗ failed"), (6, "1 failed, 1 running"), (11, "1,980 more columns not")):
        page.output(cell).scroll_into_view_if_needed()
        page.output(cell).get_by_text(text).first.wait_for()
    assert_inert(page.page, ".jp-OutputArea-output")
    assert "model not found" not in page.page.content()
    page.shot("untrusted")

    window = new_window(chromium)
    for theme in ("light", "dark"):
        html, _ = HTMLExporter(template_name="lab", theme=theme).from_notebook_node(saved)
        path = notebook.path.with_name(f"converted-{theme}.html")
        path.write_text(html)
        plain = window.new_page()
        plain.goto(path.as_uri())
        plain.get_by_text("11 of 11 rows").first.wait_for(timeout=WAIT_MS)
        assert_inert(plain, ".jp-OutputArea-output")
        assert not serious_findings(plain, ".jp-OutputArea-output")
        SHOTS.mkdir(parents=True, exist_ok=True)
        plain.screenshot(path=str(SHOTS / f"nbconvert-{theme}.png"), full_page=True)
        plain.emulate_media(media="print")
        plain.pdf(path=str(SHOTS / f"nbconvert-{theme}.pdf"))
        plain.close()
    window.close()
    nbformat.validate(saved)
