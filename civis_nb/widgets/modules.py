"""The front end's ES modules as the single text that a widget is made of."""

from __future__ import annotations

import base64
import functools
import gzip
import hashlib
import json
import re
from importlib.resources import files
from typing import Final

__all__ = ["script", "style"]

_IMPORTED: Final = re.compile(r'^(?:import|export)\b[^;"]*?\bfrom "\./([\w-]+\.js)";', re.MULTILINE)

#: The modules are compressed, since each view sends them to its page. There, each gets an address
#: of its own, and is told those of what it imports; all views of a page share them. A view begins
#: once the page has time for it: what stands in its place until then is painted first.
_LOADER: Final = """\
const compressed = "%s";
const loaded = (globalThis[Symbol.for("civis_nb.views")] ??= new Map());
const key = "%s";
async function load() {
  const bytes = Uint8Array.from(atob(compressed), (one) => one.charCodeAt(0));
  const inflated = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
  const texts = await new Response(inflated).json();
  const addresses = {};
  for (const [name, text] of texts) {
    const linked = text.replace(
      /(\\bfrom ")\\.\\/([\\w-]+\\.js)(";)/g,
      (_, before, other, after) => before + addresses[other] + after,
    );
    addresses[name] = URL.createObjectURL(new Blob([linked], { type: "text/javascript" }));
  }
  return import(addresses[%s]);
}
function forget(error) {
  loaded.delete(key); // the next view tries again
  throw error;
}
export default async () => {
  const wait = globalThis.requestIdleCallback;
  if (wait) await new Promise((begin) => wait(begin, { timeout: %d }));
  if (!loaded.has(key)) loaded.set(key, load().catch(forget));
  return (await loaded.get(key)).default;
};
"""
_MAX_WAIT_MS: Final = 500


def _text(name: str) -> str:
    return files(__package__).joinpath("static", name).read_text(encoding="utf-8")


def _with_imports(name: str, found: dict[str, str]) -> None:
    """Collect a module after those that it imports."""
    if name in found:
        return
    text = _text(name)
    for other in _IMPORTED.findall(text):
        _with_imports(other, found)
    found[name] = text


@functools.cache
def script(entry: str) -> str:
    """Return one ES module that loads a module of ``static/`` and all that it imports.

    Parameters
    ----------
    entry
        The file's name. Its default export is the widget: ``{ initialize, render }``.

    Examples
    --------
    >>> script("table.js").startswith('const compressed = "')
    True
    """
    found: dict[str, str] = {}
    _with_imports(entry, found)
    texts = json.dumps(list(found.items())).encode()
    compressed = base64.b64encode(gzip.compress(texts, mtime=0)).decode()
    key = hashlib.sha256(texts).hexdigest()[:16]
    return _LOADER % (compressed, key, json.dumps(entry), _MAX_WAIT_MS)


@functools.cache
def style(*names: str) -> str:
    """Return style sheets of ``static/`` as one."""
    return "\n".join(_text(name) for name in names)
