"""The checks of `civis-nb doctor`."""

from __future__ import annotations

import os
import shlex
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal

from civis_nb import config
from civis_nb._wire_text import is_loopback, masked_url
from civis_nb.errors import (
    CivisConfigError,
    CivisConnectionError,
    CivisDependencyError,
    CivisError,
    CivisMissingKeyError,
)

if TYPE_CHECKING:
    from civis_nb.transport.session import Session

__all__ = ["Finding", "findings"]

#: A signed URL of a store is refused when the clock is wrong by a quarter of an hour.
_CLOCK_NOTE_S: Final = 60.0
_CLOCK_WRONG_S: Final = 900.0
#: Places where people keep variables, or keys alone.
_KEY_FILES: Final = ("civis.env", ".env", ".civis", "~/.civis", "~/.civis/credentials", "~/.env")
_MAX_BYTES: Final = 1 << 20
_PROXIES: Final = ("HTTPS_PROXY", "HTTP_PROXY", "ALL_PROXY", "NO_PROXY")
#: Extra -> what it is for, and the modules that tell whether it is there.
_EXTRAS: Final = {
    "plot": ("charts of results", ("altair", "vl_convert")),
    "docs": ("building the documentation", ("sphinx", "myst_nb")),
    "test": ("tests of notebooks", ("pytest", "nbclient")),
}


@dataclass(frozen=True, slots=True)
class Finding:
    """The result of one check.

    Attributes
    ----------
    level
        ``ok``; ``note``: worth knowing; ``wrong``: something will fail.
    subject
        What was checked, in a word.
    text
        What was found.
    advice
        What to do; empty where there is nothing to do.
    """

    level: Literal["ok", "note", "wrong"]
    subject: str
    text: str
    advice: str = ""


def findings() -> Iterator[Finding]:
    """Yield the results of all checks; the API is called at most twice."""
    yield from _versions()
    yield from _settings()
    yield from _proxy()
    yield from _cache()
    yield from _local_platform()
    yield from _key_and_server()


def _versions() -> Iterator[Finding]:
    """Check Python, this package, and the packages that it needs."""
    from importlib.metadata import PackageNotFoundError, version

    from civis_nb._requirements import LOWEST, check_versions
    from civis_nb._version import __version__

    python = ".".join(map(str, sys.version_info[:3]))
    try:
        beside = f", beside civis {version('civis')}"
    except PackageNotFoundError:
        beside = ""
    yield Finding("ok", "versions", f"civis_nb {__version__} on Python {python}{beside}")
    for package in LOWEST:
        try:
            check_versions([package])
        except CivisDependencyError as error:
            text, _, advice = str(error).partition(": ")
            yield Finding("wrong", "packages", text, advice)
    from importlib.util import find_spec

    for extra, (purpose, modules) in _EXTRAS.items():
        if missing := [name for name in modules if find_spec(name) is None]:
            yield Finding(
                "note",
                "extras",
                f"{', '.join(missing)}: not installed, for {purpose}",
                f"where you want it: pip install 'civis_nb[{extra}]'",
            )


def _settings() -> Iterator[Finding]:
    """Check every setting that the environment or the pyproject.toml sets."""
    fine = []
    for setting in config.SETTINGS.values():
        try:
            value = config.get(setting.name)
        except CivisConfigError as error:
            yield Finding("wrong", "settings", str(error), f"set {setting.env}, or remove it")
        else:
            if value != setting.default:
                fine.append(f"{setting.name}={value}")
    yield Finding("ok", "settings", ", ".join(fine) or "all as they are by default")


def _proxy() -> Iterator[Finding]:
    """Check the variables that send requests through a proxy, and those of certificates."""
    found = [name for name in _PROXIES if os.environ.get(name) or os.environ.get(name.lower())]
    values = [
        f"{name}={masked_url(os.environ.get(name) or os.environ.get(name.lower()) or '')}"
        for name in found
    ]
    yield Finding("ok", "proxy", ", ".join(values) or "none is set")
    for name in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"):
        path = os.environ.get(name)
        if path and not Path(path).exists():
            yield Finding(
                "wrong", "proxy", f"{name} names {path}, which does not exist", f"unset {name}"
            )


def _cache() -> Iterator[Finding]:
    """Check the folder of kept specifications."""
    from civis_nb._cache_folder import default_folder

    folder = default_folder()
    advice = "set CIVIS_NB_CACHE_DIR to a folder that you can write to; without it each start asks"
    nearest = next((each for each in (folder, *folder.parents) if each.exists()), Path("/"))
    if not nearest.is_dir() or not os.access(nearest, os.W_OK | os.X_OK):
        yield Finding("wrong", "cache", f"{folder} can't be written to", advice)
        return
    kept = sorted(folder.glob("spec-*.civis"), key=lambda path: path.stat().st_mtime)
    age = f", the newest {_span(time.time() - kept[-1].stat().st_mtime)} old" if kept else ""
    noun = "specification" if len(kept) == 1 else "specifications"
    yield Finding("ok", "cache", f"{folder} holds {len(kept)} {noun}{age}")


def _local_platform() -> Iterator[Finding]:
    """Check whether the user's own local platform runs."""
    from civis_nb.local.join import answering, default_state

    folder = default_state()
    running = answering(folder)
    if running is not None:
        text = f"running at {running.endpoint}, state in {folder}"
    else:
        text = f"not running; its state would be in {folder}"
    yield Finding("ok", "local", text)


def _key_and_server() -> Iterator[Finding]:
    """Check the address and the key, then the server itself."""
    from civis_nb.backend import DEFAULT_ENDPOINT, resolve
    from civis_nb.transport.identity import checked_base

    if config.SETTINGS["backend"].default != _backend():
        yield Finding("ok", "endpoint", "the local platform (setting backend); no key is needed")
        return
    yield from _unusual_key()
    named = os.environ.get("CIVIS_API_ENDPOINT", "").strip() or DEFAULT_ENDPOINT
    try:
        where = checked_base(named)
    except CivisConfigError as error:
        yield Finding("wrong", "endpoint", str(error))
        return
    if where.startswith("http://") and not is_loopback(where):
        yield Finding(
            "wrong",
            "endpoint",
            f"{masked_url(where)} is not encrypted: the key can be read on the way",
            "set CIVIS_API_ENDPOINT to an address that begins with https://",
        )
    yield from _proxied(where)
    try:
        _, key = resolve()
    except CivisMissingKeyError as error:
        yield Finding("wrong", "key", str(error).partition(". ")[0], _key_advice())
        return
    from civis_nb.transport.session import Session

    yield from _server(Session(where, key, "civis-cli"))


def _proxied(where: str) -> Iterator[Finding]:
    """Check that requests to this machine itself go through no proxy."""
    from requests.utils import get_environ_proxies

    if is_loopback(where) and get_environ_proxies(where):
        text = f"requests to {masked_url(where)}, this machine itself, go through a proxy"
        yield Finding("wrong", "proxy", text, "export NO_PROXY=127.0.0.1,localhost")


def _backend() -> Any:
    try:
        return config.get("backend")
    except CivisConfigError:
        return config.SETTINGS["backend"].default  # reported with the settings


def _unusual_key() -> Iterator[Finding]:
    """Check the form of the key, without showing it."""
    key = os.environ.get("CIVIS_API_KEY", "")
    if not key.strip():
        return
    text = ""
    if len(key) < 4096 and Path(key.strip()).expanduser().is_file():
        text = "CIVIS_API_KEY holds the path of a file, not a key"
        yield Finding(
            "wrong", "key", text, f'export CIVIS_API_KEY="$(cat {shlex.quote(key.strip())})"'
        )
    elif key.strip()[0] in "'\"":
        yield Finding("wrong", "key", "CIVIS_API_KEY has quotes in its value", "remove them")
    elif any(each.isspace() for each in key.strip()) or not key.isascii():
        text = "CIVIS_API_KEY holds blanks or letters that no key has"
        yield Finding("wrong", "key", text, "copy the key again")


def _key_advice() -> str:
    """Return what to do without a key; name a file that seems to hold one."""
    for name in _KEY_FILES:
        path = Path(name).expanduser()
        try:
            text = path.read_text(encoding="utf-8", errors="replace") if _is_small(path) else ""
        except OSError:
            continue  # a file that can't be read is none that helps
        if "CIVIS_API_KEY" in text:
            use = f"set -a; . {shlex.quote(str(path.resolve()))}; set +a"
            return f"{path} has one, and nothing reads it: {use}"
    return (
        "export CIVIS_API_KEY=…, made under My Profile on Civis Platform; or work without an "
        "account: CIVIS_NB_BACKEND=local"
    )


def _is_small(path: Path) -> bool:
    return path.is_file() and path.stat().st_size < _MAX_BYTES


def _server(session: Session) -> Iterator[Finding]:
    """Check that the server accepts the key, and that the clocks agree."""
    from civis_nb.errors import CivisAPIError

    where = masked_url(session.base_url)
    started = time.monotonic()
    try:
        # An error status is an answer here: it is reported with what to do about it.
        response, user = session.call("GET", "users/me", accept=frozenset(range(400, 600)))
    except CivisConnectionError as error:
        advice = "start it: civis-nb local serve" if is_loopback(where) else _network_advice(where)
        yield Finding("wrong", "endpoint", str(error), advice)
        return
    except CivisError as error:
        yield Finding(
            "wrong",
            "endpoint",
            f"{where} answers, but not as the API does: {error}",
            "set CIVIS_API_ENDPOINT to the API's address; that of the web pages is another one",
        )
        return
    finally:
        session.close()
    elapsed_ms = (time.monotonic() - started) * 1000
    yield Finding("ok", "endpoint", f"{where} answers in {elapsed_ms:.0f} ms")
    if response.status_code == 401:
        yield Finding(
            "wrong",
            "key",
            f"{where} refuses it",
            "it may have expired, or be of another platform: make a new one under My Profile, or "
            "set CIVIS_API_ENDPOINT to where it belongs",
        )
    elif response.status_code >= 400:
        yield Finding("wrong", "key", str(CivisAPIError(response)))
    else:
        name = user.get("username") if isinstance(user, dict) else None
        yield Finding("ok", "key", f"it is that of {name or 'a user without a name'}")
    yield from _clock(response.headers.get("Date"))


def _network_advice(where: str) -> str:
    return (
        f"is the network up, and {where} right (CIVIS_API_ENDPOINT)? Behind a proxy, set "
        "HTTPS_PROXY"
    )


def _clock(date: str | None) -> Iterator[Finding]:
    """Compare this machine's clock with the server's."""
    from email.utils import parsedate_to_datetime

    try:
        there = parsedate_to_datetime(date or "").timestamp()
    except (TypeError, ValueError):
        yield Finding("note", "clock", "the server does not tell the time")
        return
    off_s = time.time() - there
    words = f"{_span(abs(off_s))} {'ahead of' if off_s > 0 else 'behind'} the server's"
    if abs(off_s) < _CLOCK_NOTE_S:
        yield Finding("ok", "clock", "it agrees with the server's")
    elif abs(off_s) < _CLOCK_WRONG_S:
        yield Finding("note", "clock", words, "set the machine's clock, by NTP")
    else:
        text = f"{words}: signed links to files will be refused"
        yield Finding("wrong", "clock", text, "set the machine's clock, by NTP")


def _span(seconds: float) -> str:
    """Return a duration in its largest unit."""
    for unit, length_s in (("days", 86400), ("hours", 3600), ("minutes", 60)):
        if seconds >= 2 * length_s:
            return f"{seconds / length_s:.0f} {unit}"
    return f"{seconds:.0f} seconds"
