"""HTML from data: every text is escaped here, once, as the last thing that happens to it.

GitHub's sanitizer strips ``style`` attributes and ``<style>``; so the meaning is in the elements,
and styles only improve. Colours are mixtures of ``currentColor``, the text colour of whatever
theme the page has: they keep a contrast of 4.5:1 on light and on dark.
"""

from __future__ import annotations

import functools
from html import escape
from typing import Final
from urllib.parse import urlsplit

from civis_nb._visible import visible
from civis_nb._wire_text import masked_url

__all__ = [
    "CODE_FONT",
    "DIM",
    "FAINT_LINE",
    "Html",
    "el",
    "join",
    "link",
    "scroll_box",
    "visible",
    "web_address",
]

#: Text that steps back behind the rest: about 7:1 where full text has 16:1.
DIM: Final = "color:color-mix(in srgb, currentColor 72%, transparent)"
#: A line between rows; decoration, so no contrast is asked of it.
FAINT_LINE: Final = "1px solid #8884"
#: All characters of one width: for code, plans, and carets that stand below a word.
CODE_FONT: Final = "font-family:var(--jp-code-font-family, monospace)"

_VOID = frozenset({"br", "hr"})


class Html(str):
    """Text that is HTML already, made by `el`: it is not escaped again."""

    __slots__ = ()


def el(name: str, *children: str | Html | None, **attributes: str | int | None) -> Html:
    """Return one element; children that are plain text are escaped, attributes always.

    Parameters
    ----------
    name
        The element's name.
    *children
        What it holds; None is left out.
    **attributes
        An underscore becomes a hyphen, one at the end is dropped; None leaves the attribute out.

    Examples
    --------
    >>> el("td", "a < b", align="right")
    '<td align="right">a &lt; b</td>'
    """
    opening = _opening(name, tuple(attributes.items()))
    if name in _VOID:
        return Html(opening)
    return Html(f"{opening}{join(*children)}</{name}>")


@functools.lru_cache(256)
def _opening(name: str, attributes: tuple[tuple[str, str | int | None], ...]) -> str:
    """Return the beginning of an element; those of a table's cells are the same."""
    attrs = "".join(
        f' {key.rstrip("_").replace("_", "-")}="{escape(visible(str(value)))}"'
        for key, value in attributes
        if value is not None
    )
    return f"<{name}{attrs}>"


def join(*children: str | Html | None) -> Html:
    """Return the children one after the other, plain text escaped."""
    return Html(
        "".join(
            child if isinstance(child, Html) else escape(visible(child))
            for child in children
            if child is not None
        )
    )


def link(url: str | None, text: str) -> Html:
    """Return a link to an http(s) address; the bare text where `url` is anything else."""
    address = web_address(url)
    if address is None:
        return join(text)
    return el("a", text, href=address, target="_blank", rel="noopener noreferrer")


def web_address(url: str | None) -> str | None:
    """Return an http(s) address without the secrets in it; None where `url` is anything else.

    Examples
    --------
    >>> web_address(" https://a.test/x?token=abc"), web_address("javascript:alert(1)")
    ('https://a.test/x?token=***', None)
    """
    address = (url or "").strip()
    try:
        parts = urlsplit(address)
    except ValueError:
        return None
    if (
        parts.scheme.lower() not in ("http", "https")
        or not parts.netloc
        or visible(address) != address
    ):
        return None
    return masked_url(address)


def scroll_box(content: Html, label: str) -> Html:
    """Return a box that scrolls sideways, by keyboard too, where `content` is too wide."""
    return el(
        "div",
        content,
        style="overflow-x:auto;max-width:100%",
        role="region",
        aria_label=label,
        tabindex=0,
    )
