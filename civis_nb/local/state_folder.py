"""The state folder of a platform, looked at and emptied while no platform runs on it."""

from __future__ import annotations

import os
import re
import shutil
from pathlib import Path
from typing import Final

from civis_nb.errors import CivisLocalError
from civis_nb.local.lock import StateLock

__all__ = ["folder_bytes", "reset"]

_STORE: Final = "platform.sqlite"
#: What a platform leaves in its folder.
_OURS: Final = re.compile(
    r"platform\.sqlite.*|warehouse|blobs|runs|logs|snapshot-.*|lock|reserve|running\.json"
)


def folder_bytes(folder: Path) -> int | None:
    """Return how many bytes a platform keeps in its state folder; None where there is none yet."""
    if not (folder / _STORE).exists():
        return None
    size = 0
    for path in folder.rglob("*"):
        try:
            size += path.stat().st_size if path.is_file() else 0
        except FileNotFoundError:
            continue  # a platform that runs has removed it meanwhile
    return size


def reset(folder: Path) -> str:
    """Delete all that a platform keeps in its state folder; return what was done, in words.

    Raises
    ------
    StateInUseError
        When a platform runs on it.
    CivisLocalError
        When it is no state folder, or holds other things as well.
    """
    if not folder.exists():
        return f"There is no {folder}: nothing was deleted."
    if not (folder / _STORE).is_file():
        raise CivisLocalError(f"{folder} is no state folder of a local platform: it is left alone.")
    foreign = sorted(path.name for path in folder.iterdir() if not _OURS.fullmatch(path.name))
    if foreign:
        raise CivisLocalError(
            f"{folder} holds other things as well: {', '.join(foreign[:5])}. Move them, or delete "
            "the platform's own by hand."
        )
    lock = StateLock(folder)
    try:
        # Under another name first: a platform that starts meanwhile finds all of it or nothing.
        doomed = folder.with_name(f".{folder.name}.{os.getpid()}.deleted")
        folder.rename(doomed)
    finally:
        lock.release()
    shutil.rmtree(doomed)
    return f"Everything in {folder} is deleted."
