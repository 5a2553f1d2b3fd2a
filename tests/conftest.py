"""What all tests share: an environment in which nothing of the machine's user is seen."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

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
        # A port that another test's server had must not bring back that server's specification.
        patch.setenv("CIVIS_NB_CACHE_DIR", str(tmp_path_factory.mktemp("cache")))
        patch.setenv("CIVIS_NB_STATE_DIR", str(tmp_path_factory.mktemp("state") / "platform"))
        yield


def pytest_make_parametrize_id(val: object, argname: str) -> str | None:
    """Name binary values by their length: a gzip holds the time, so its bytes are no name.

    Two processes that collect the same tests must give them the same names.
    """
    if isinstance(val, bytes) and not val.isascii():
        return f"{argname}-of-{len(val)}-bytes"
    return None
