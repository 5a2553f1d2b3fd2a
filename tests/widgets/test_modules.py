"""The front end: its modules pass their own tests, and none can make HTML of data."""

from __future__ import annotations

import base64
import gzip
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from civis_nb._visible import visible
from civis_nb.widgets import modules

STATIC = Path(modules.__file__).parent / "static"
TESTS = Path(__file__).parent / "js"


def node():
    """Return the path of Node.js; skip the test where there is none."""
    found = shutil.which("node")
    if found is None and not os.environ.get("CI"):
        pytest.skip("There is no node: apt-get install nodejs")
    assert found is not None
    return found


def test_modules_pass_their_own_tests():
    done = subprocess.run(
        [node(), "--test", *sorted(map(str, TESTS.glob("*.test.mjs")))],
        capture_output=True, text=True, timeout=120,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-4000:]
    assert "# fail 0" in done.stdout


def test_pages_and_terminals_write_the_same_characters_as_escapes():
    code = f"""
        import {{ visible }} from {json.dumps((STATIC / "common.js").as_uri())};
        const escapes = [];
        for (let code = 0; code <= 0x10ffff; code += 1) {{
            const text = String.fromCodePoint(code);
            if (visible(text) !== text) escapes.push([code, visible(text)]);
        }}
        console.log(JSON.stringify(escapes));
    """
    done = subprocess.run(
        [node(), "--input-type=module", "--eval", code],
        capture_output=True, text=True, timeout=120, check=True,
    )  # fmt: skip
    of_terminals = {n: visible(chr(n)) for n in range(0x110000) if visible(chr(n)) != chr(n)}
    assert dict(json.loads(done.stdout)) == of_terminals


@pytest.mark.parametrize("path", sorted(STATIC.glob("*.js")), ids=lambda path: path.name)
def test_no_module_writes_html_or_loads_anything(path):
    text = path.read_text(encoding="utf-8")
    for forbidden in ("innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(",
                      "new Function", "DOMParser"):  # fmt: skip
        assert forbidden not in text
    assert not re.search(r"https?://(?!www\.w3\.org)[a-z]", text)
    assert text.count("\n") < 400


@pytest.mark.parametrize("entry", ["table.js", "run.js", "run_group.js", "pages.js"])
def test_the_script_holds_each_imported_module_once_and_before_its_users(entry):
    compressed = re.search(r'const compressed = "([^"]+)"', modules.script(entry))[1]
    texts = json.loads(gzip.decompress(base64.b64decode(compressed)))
    names = [name for name, _ in texts]
    assert names[-1] == entry
    for place, (name, text) in enumerate(texts):
        assert text == (STATIC / name).read_text(encoding="utf-8")
        assert set(re.findall(r'from "\./([\w-]+\.js)"', text)) <= set(names[:place])
    assert len(set(names)) == len(names)


@pytest.mark.exhaustive
def test_a_view_that_could_not_be_loaded_is_loaded_again(browser_window):
    page = browser_window.new_page()
    found = page.evaluate(
        """async (script) => {
            const address = URL.createObjectURL(new Blob([script], { type: "text/javascript" }));
            const { default: load } = await import(address);
            const { createObjectURL } = URL;
            URL.createObjectURL = () => { throw new Error("no room"); };
            const failures = [];
            for (let times = 0; times < 2; times += 1) {
                await load().catch((error) => failures.push(error.message));
            }
            URL.createObjectURL = createObjectURL;
            return [failures, typeof (await load()).render, (await load()) === (await load())];
        }""",
        modules.script("table.js"),
    )
    page.close()
    assert found == [["no room", "no room"], "function", True]


def test_the_front_end_is_small():
    """Each view of a table sends it to the page."""
    assert len(modules.script("table.js")) < 32_000


def test_the_magics_load_without_any_widget():
    code = (
        "import sys; from IPython.core.interactiveshell import InteractiveShell as S; "
        "import civis_nb; civis_nb.load_ipython_extension(S.instance()); "
        "print('anywidget' in sys.modules, 'ipywidgets' in sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=120, check=True
    )
    assert done.stdout.split() == ["False", "False"]
