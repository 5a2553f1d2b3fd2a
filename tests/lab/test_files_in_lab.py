"""The Files panel in a real JupyterLab, with a local platform."""

from __future__ import annotations

import json
import re
from contextlib import ExitStack

import pytest

import civis_nb
from civis_nb.io import file_to_civis
from tests.lab.conftest import is_cut, started
from tests.lab.test_files import slow_platform  # noqa: F401 - a fixture
from tests.widgets.drivers import notebooks_of, serious_findings

pytestmark = pytest.mark.exhaustive


@pytest.fixture(scope="module")
def client(lab_platform):
    return lab_platform.client()


def opened(page):
    page.command("civis-nb:show-files")
    panel = page.page.locator("#civis-nb-files")
    panel.get_by_text("Uploaded and opened here").wait_for()
    return panel


def choose(page, row, action):
    row.click(button="right")
    page.page.locator(".lm-Menu-item", has_text=action).click()


def test_a_file_is_uploaded_read_and_downloaded(open_in_lab, client, tmp_path):
    path = tmp_path / "<b>people & co.csv"
    path.write_text("name,born\nAda,1815\n")
    page = open_in_lab("")
    page.wait_for_kernel()
    panel = opened(page)
    panel.locator("input[type=file]").set_input_files(str(path))
    row = panel.locator(".civis-Row", has_text="<b>people & co.csv")
    row.wait_for()
    page.page.locator(".jp-toast-message", has_text="is file").first.wait_for()
    assert not is_cut(panel.locator("input[type=search]"))
    page.shot("files-light")
    assert serious_findings(page.page, "#civis-nb-files") == []
    with page.page.expect_download() as download:
        choose(page, row, "Download")
    saved = download.value
    assert saved.suggested_filename == "_b_people & co.csv"
    saved.save_as(tmp_path / "back.csv")
    assert (tmp_path / "back.csv").read_text() == path.read_text()
    choose(page, row, "Insert Code")
    page.page.locator(".jp-CodeCell", has_text="file_to_dataframe").wait_for()
    page.run_all()
    page.output(-1).get_by_text("Ada").wait_for()
    page.theme(dark=True)
    page.shot("files-dark")
    assert serious_findings(page.page, "#civis-nb-files") == []
    page.theme(dark=False)


def test_files_of_projects_are_found_by_keyboard_alone(open_in_lab, client, tmp_path):
    path = tmp_path / "in a project.json"
    path.write_text("[1]")
    file_id = file_to_civis(path, client=client)
    project = client.projects.post("Project <b>of files</b>", "x")
    client.files.put_projects(file_id, project.id)
    page = open_in_lab("1")
    panel = opened(page)
    keyboard = page.page.keyboard
    panel.get_by_role("tree").focus()

    def go_to(text):
        keyboard.press("Home")
        page.until(
            lambda: text in panel.locator("[aria-selected='true']").inner_text()
            or keyboard.press("ArrowDown"), text,
        )  # fmt: skip

    go_to("Projects")
    keyboard.press("ArrowRight")
    panel.get_by_text("Project <b>of files</b>").wait_for()
    go_to("Project <b>of files</b>")
    keyboard.press("ArrowRight")
    panel.get_by_text("in a project.json").wait_for()
    go_to("in a project.json")
    keyboard.press("Enter")
    page.page.locator(".jp-CodeCell", has_text=f"file_to_json({file_id})").wait_for()


def test_a_file_is_opened_by_its_id(open_in_lab, client, tmp_path):
    path = tmp_path / "by its id.bin"
    path.write_bytes(b"123")
    file_id = file_to_civis(path, client=client)
    page = open_in_lab("1")
    panel = opened(page)
    panel.get_by_role("button", name="Open a file by its id").click()
    page.page.locator(".jp-Dialog input").fill(str(file_id))
    page.page.keyboard.press("Enter")
    row = panel.locator(".civis-Row", has_text="by its id.bin")
    row.wait_for()
    choose(page, row, re.compile("Remove from This List"))
    row.wait_for(state="detached")
    panel.get_by_role("button", name="Open a file by its id").click()
    page.page.locator(".jp-Dialog input").fill("99999999")
    page.page.keyboard.press("Enter")
    page.page.locator(".jp-toast-message, .jp-Notification-Toast", has_text="404").first.wait_for()


def test_a_download_that_fails_says_why(browser_window, tmp_path):
    source = tmp_path / "kept.bin"
    source.write_bytes(b"1" * 100)
    with ExitStack() as stack:
        platform = stack.enter_context(civis_nb.local.start(samples=False))
        file_id = file_to_civis(source, client=platform.client())
        lab = stack.enter_context(
            started(
                tmp_path / "lab",
                CIVIS_API_ENDPOINT=platform.endpoint,
                CIVIS_API_KEY=platform.api_key,
            )
        )
        page = stack.enter_context(notebooks_of(lab, browser_window))("1")
        panel = opened(page)
        panel.get_by_role("button", name="Open a file by its id").click()
        page.page.locator(".jp-Dialog input").fill(str(file_id))
        page.page.keyboard.press("Enter")
        panel.locator(".civis-Row", has_text="kept.bin").wait_for()
        # The platform does not have it any more: another one is remembered in its place.
        kept = tmp_path / "lab" / "history" / "lab_files.json"
        known = json.loads(kept.read_text())
        ((one,),) = known.values()
        kept.write_text(json.dumps({name: [{**one, "id": 987654}] for name in known}))
        panel.get_by_role("button", name="Refresh").click()
        row = panel.locator(".civis-Row[title*='file 987654']")
        row.wait_for()
        pages = len(browser_window.pages)
        choose(page, row, "Download")
        toast = page.page.locator(".Toastify__toast", has_text="kept.bin was not downloaded")
        toast.filter(has_text="404").first.wait_for()
        assert len(browser_window.pages) == pages
        assert page.page.locator("iframe[title=Download]").count() == 0
        platform.stop()
        choose(page, row, "Download")
        # That of the first try may still be there.
        toast.filter(has_text=re.compile("connect|answer", re.I)).first.wait_for()
        page.shot("files-download-failed")
        page.page.route("**/files/*/content*", lambda route: route.abort())
        choose(page, row, "Download")
        toast.filter(has_text="The Jupyter server does not answer").first.wait_for()


def test_a_cancelled_upload_of_which_the_platform_has_nothing_yet(
    browser_window,
    slow_platform,  # noqa: F811 - the fixture
    tmp_path,
):
    platform, gate = slow_platform
    path = tmp_path / "slow.bin"
    path.write_bytes(b"1" * 1000)
    own = started(tmp_path / "lab", CIVIS_API_ENDPOINT=platform.url, CIVIS_API_KEY="k")
    with own as lab, notebooks_of(lab, browser_window) as open_page:
        page = open_page("1")
        panel = opened(page)
        panel.locator("input[type=file]").set_input_files(str(path))
        page.until(lambda: platform.seen("POST", "/files"), "the upload to the platform")
        toasts = page.page.locator(".Toastify__toast")
        cancel = toasts.filter(has_text="Uploading slow.bin").get_by_role("button", name="Cancel")
        # The platform takes the file when the cancel has arrived, not before.
        with page.page.expect_response(lambda one: one.request.method == "DELETE"):
            cancel.click()
            toasts.filter(has_text="Cancelling the upload of slow.bin").wait_for()
        gate.set()
        toasts.filter(has_text="The upload of slow.bin was cancelled.").wait_for()
        assert panel.locator(".civis-Row", has_text="slow.bin").count() == 0


def test_an_upload_that_was_too_fast_to_be_cancelled_says_so(open_in_lab, client, tmp_path):
    path = tmp_path / "fast.bin"
    path.write_bytes(b"12")
    page = open_in_lab("1")
    panel = opened(page)
    held = []
    # The answer is on its way when the button is pressed.
    page.page.route(
        "**/civis-nb/files?name=fast.bin*", lambda route: held.append((route, route.fetch()))
    )
    panel.locator("input[type=file]").set_input_files(str(path))
    toasts = page.page.locator(".Toastify__toast")
    uploading = toasts.filter(has_text="Uploading fast.bin")
    # Requests are handled while something is asked of the page.
    page.until(lambda: uploading.count() and held, "the answer")
    uploading.get_by_role("button", name="Cancel").click()
    toasts.filter(has_text="Cancelling the upload of fast.bin").wait_for()
    route, answer = held[0]
    route.fulfill(response=answer)
    too_late = "fast.bin was uploaded before that could be cancelled: it is file"
    toasts.filter(has_text=too_late).wait_for()
    panel.locator(".civis-Row", has_text="fast.bin").wait_for()


def test_an_upload_is_cancelled_in_the_middle(open_in_lab, tmp_path):
    large, small = tmp_path / "large.bin", tmp_path / "after it.bin"
    large.write_bytes(b"1" * 20_000_000)
    small.write_bytes(b"2")
    page = open_in_lab("1")
    panel = opened(page)
    network = page.page.context.new_cdp_session(page.page)
    network.send("Network.enable")
    slow = {"offline": False, "latency": 0, "downloadThroughput": -1, "uploadThroughput": 100_000}
    network.send("Network.emulateNetworkConditions", slow)
    panel.locator("input[type=file]").set_input_files([str(large), str(small)])
    toasts = page.page.locator(".Toastify__toast")
    toasts.filter(has_text="Uploading large.bin").get_by_role("button", name="Cancel").click()
    network.send("Network.emulateNetworkConditions", {**slow, "uploadThroughput": -1})
    cancelled = toasts.filter(has_text="The upload of large.bin was cancelled.")
    cancelled.wait_for()
    page.until(
        lambda: cancelled.get_by_role("button", name="Cancel").count() == 0, "the button's end"
    )
    # The next one is uploaded even so.
    panel.locator(".civis-Row", has_text="after it.bin").wait_for()
    assert panel.locator(".civis-Row", has_text="large.bin").count() == 0
