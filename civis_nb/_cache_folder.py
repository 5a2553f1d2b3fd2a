"""The folders of what is kept on disk, and whether its files can be trusted."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from civis_nb import config

__all__ = ["default_folder", "history_folder", "is_private_file"]


def default_folder() -> Path:
    """Return the folder of kept files: the setting ``cache_dir``, else a per-user one."""
    named = config.get("cache_dir")
    if named:
        return Path(os.path.expanduser(named))  # noqa: PTH111 - leaves what it can't expand
    from platformdirs import user_cache_path

    try:
        return user_cache_path("civis_nb", appauthor=False)
    except RuntimeError:
        # A container's user who has no home.
        import tempfile

        user = os.getuid() if hasattr(os, "getuid") else "user"
        return Path(tempfile.gettempdir()) / f"civis_nb-{user}"


def history_folder() -> Path:
    """Return the folder of what people have done: the setting ``history_dir``, else their own."""
    named = config.get("history_dir")
    if named is not None:
        return Path(named).expanduser()
    from platformdirs import user_state_path

    try:
        return user_state_path("civis_nb", appauthor=False)
    except RuntimeError:
        # A container's user who has no home.
        return default_folder()


def is_private_file(path: Path) -> bool:
    """Return whether it is a file of the user's own and nobody else may write to it."""
    status = path.stat()
    if not stat.S_ISREG(status.st_mode):
        return False
    if not hasattr(os, "getuid"):
        return True
    return status.st_uid == os.getuid() and not status.st_mode & 0o022
