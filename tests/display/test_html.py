"""HTML from data: escaped once, links to the web only, nothing unseen."""

from __future__ import annotations

from html.parser import HTMLParser

import pytest

from civis_nb.display.ansi import without_ansi
from civis_nb.display.html import Html, el, join, link, visible

XSS = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "</td></table><svg onload=alert(1)>",
    '" onmouseover="alert(1)',
    "' onfocus='alert(1)' autofocus='",
    "&lt;script&gt;alert(1)&lt;/script&gt;",
    "<!--<img src=--><img src=x onerror=alert(1)//>",
    "<a href='javascript:alert(1)'>x</a>",
    "<style>@import 'http://evil'</style>",
    "<iframe srcdoc='<script>alert(1)</script>'>",
    "\x00<\x00script>",
    "{{constructor.constructor('alert(1)')()}}",
]


class _Seen(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.text: list[str] = []

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += attrs

    def handle_data(self, data):
        self.text.append(data)


def parsed(html: str) -> _Seen:
    seen = _Seen()
    seen.feed(html)
    seen.close()
    return seen


@pytest.mark.parametrize("text", XSS)
def test_text_stays_text(text):
    seen = parsed(el("p", text))
    assert seen.tags == ["p"]
    assert "".join(seen.text) == visible(text)


@pytest.mark.parametrize("text", XSS)
def test_attributes_stay_attributes(text):
    seen = parsed(el("p", aria_label=text))
    assert seen.attributes == [("aria-label", visible(text))]


def test_html_is_escaped_once():
    inner = el("b", "a & b")
    assert el("p", inner, " & c") == "<p><b>a &amp; b</b> &amp; c</p>"
    assert isinstance(join(inner), Html)


@pytest.mark.parametrize(
    "url",
    ["javascript:alert(1)", "JaVaScRiPt:alert(1)", "data:text/html,x", "file:///etc/passwd",
     "vbscript:x", " \tjavascript:alert(1)", "java\nscript:alert(1)", "//evil.test", "http://",
     "http://[", "", None],
)  # fmt: skip
def test_only_web_addresses_become_links(url):
    assert link(url, "<x>") == "&lt;x&gt;"


def test_link_hides_signatures_and_escapes():
    html = link("https://a.test/x?Signature=abc&q=<", "file")
    assert "abc" not in html
    assert parsed(html).attributes[0] == ("href", "https://a.test/x?Signature=***&q=<")


def test_deceiving_characters_are_written_out():
    assert visible("a\u202eb\x1b[0m\ud800\ufeff") == "a\\u202eb\\x1b[0m\\ud800\\ufeff"
    assert visible("日本 é\n\t👩‍💻") == "日本 é\n\t👩‍💻"


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("\x1b[1;31mred\x1b[0m", "red"),
        ("\x1b]8;;http://evil\x1b\\click\x1b]8;;\x1b\\", "click"),
        ("\x1b]0;title\x07text", "text"),
        ("\x1b[2K\x1b[1Gdone", "done"),
        ("cut off\x1b[", "cut off"),
        ("a\x9b31mb", "ab"),
    ],
)
def test_terminal_codes_are_removed(text, plain):
    assert without_ansi(text) == plain
