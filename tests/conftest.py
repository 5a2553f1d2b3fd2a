"""What all tests share: an environment in which nothing of the machine's user is seen."""

from __future__ import annotations

import gc
import signal
from collections.abc import Generator, Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from civis_nb import config

_SET_BY_USERS = (
    "CIVIS_API_ENDPOINT",
    "CIVIS_API_KEY",
    "CIVIS_JOB_ID",
    "CIVIS_RUN_ID",
    *(setting.env for setting in config.SETTINGS.values()),
)


@pytest.fixture(scope="session", autouse=True)
def _clean_environment(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        for name in _SET_BY_USERS:
            patch.delenv(name, raising=False)
        # What fails for good is to fail soon.
        patch.setenv("CIVIS_NB_FAILURE_BUDGET_S", "20")
        # A port that another test's server had must not bring back that server's specification.
        patch.setenv("CIVIS_NB_CACHE_DIR", str(tmp_path_factory.mktemp("cache")))
        patch.setenv("CIVIS_NB_HISTORY_DIR", str(tmp_path_factory.mktemp("history")))
        patch.setenv("CIVIS_NB_STATE_DIR", str(tmp_path_factory.mktemp("state") / "platform"))
        yield


@pytest.fixture(scope="session", autouse=True)
def _interruptible() -> Iterator[None]:
    """Have interrupts arrive: what a shell starts in the background ignores them."""
    before = signal.getsignal(signal.SIGINT)
    if before == signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


#: How many examples hypothesis tries where the exhaustive cases are left out; else its own 100.
_FEW_EXAMPLES = 25
_LEFT_OUT = "\npytestmark = pytest.mark.exhaustive\n"


def _is_short(config: pytest.Config) -> bool:
    """Return whether this is `make test`, which leaves the exhaustive cases out."""
    return "not exhaustive" in str(config.option.markexpr)


def pytest_configure(config: pytest.Config) -> None:
    # No deadline: on a busy machine an example takes long for no fault of the code.
    settings.register_profile("all", deadline=None)
    settings.register_profile("few", deadline=None, max_examples=_FEW_EXAMPLES)
    settings.load_profile("few" if _is_short(config) else "all")


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """Collect tests without looking for garbage: a third of the time goes to it, and finds none."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.enable()


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Pass over modules that are left out whole: to make their cases takes seconds."""
    if not _is_short(config) or collection_path.suffix != ".py":
        return None
    return True if _LEFT_OUT in collection_path.read_text(encoding="utf-8") else None


def pytest_make_parametrize_id(val: object, argname: str) -> str | None:
    """Name binary values by their length: a gzip holds the time, so its bytes are no name.

    Two processes that collect the same tests must give them the same names.
    """
    if isinstance(val, bytes) and not val.isascii():
        return f"{argname}-of-{len(val)}-bytes"
    return None
