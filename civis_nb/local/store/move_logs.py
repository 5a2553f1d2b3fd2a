"""The migration that moves logs of runs from rows to files; it never changes afterwards.

`civis_nb.local.files.run_logs` tells what the files look like.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from itertools import groupby
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Row, text

__all__ = ["move_logs"]

_FILE_BYTES = 1 << 20


def move_logs(connection: Connection, state: Path) -> None:
    """Write the rows of each log to files, then drop the tables.

    Files that a killed process has left are written again.
    """
    gaps = {
        row.run_id: row
        for row in connection.execute(text("SELECT * FROM log_sizes WHERE note_id IS NOT NULL"))
    }
    rows = connection.execute(text("SELECT * FROM logs ORDER BY run_id, id"))
    for run_id, entries in groupby(rows, lambda row: int(row.run_id)):
        (state / "logs").mkdir(mode=0o700, exist_ok=True)
        _write_log(state / "logs", run_id, entries, gaps.get(run_id))
    connection.execute(text("DROP TABLE logs"))
    connection.execute(text("DROP TABLE log_sizes"))


def _write_log(folder: Path, run_id: int, rows: Iterable[Row[Any]], gap: Row[Any] | None) -> None:
    """Write a log: its beginning to one file, the rest to others, called after their first id."""
    more = folder / str(run_id)
    path, next_id = folder / f"{run_id}.log", 1
    piece: list[bytes] = []
    size = 0
    for row in rows:
        if gap is not None and row.id == gap.note_id:
            # What was left out has a record instead of a row.
            left_out = [(gap.head_id or 0) + 1, row.id, gap.left_out_bytes, row.created_at]
            more.mkdir(mode=0o700, exist_ok=True)
            (more / "left_out").write_text(json.dumps(left_out), encoding="utf-8")
            continue
        if row.id != next_id or size >= _FILE_BYTES:
            _write(path, piece)
            path, piece, size = more / f"{row.id}.log", [], 0
        message = row.message.replace("\\", "\\\\").replace("\n", "\\n")
        line = f"{row.created_at:<24} {row.level:<7} {message}\n"
        piece.append(line.encode("utf-8", "replace"))
        size += len(piece[-1])
        next_id = row.id + 1
    _write(path, piece)
    if gap is not None and next_id <= gap.note_id:
        # Nothing followed what was left out; what comes next must not have its ids.
        _write(more / f"{gap.note_id + 1}.log", [])


def _write(path: Path, lines: list[bytes]) -> None:
    path.parent.mkdir(mode=0o700, exist_ok=True)
    path.write_bytes(b"".join(lines))
