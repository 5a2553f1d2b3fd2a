"""CSV files made ready for reading: plain text in a scratch folder, verified whole."""

from __future__ import annotations

import secrets
import shutil
import zipfile
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from civis_nb.compression import inflate
from civis_nb.errors import WarehouseError
from civis_nb.local.warehouse.csv.text import CsvFormat, csv_rows

with suppress(ImportError):  # Windows has none
    import fcntl

__all__ = ["Source", "decompressed", "first_row", "prepare_sources", "sniff_compression"]

_CHUNK_BYTES = 1 << 20
_FIRST_CHARACTERS = 1 << 16
_COPY_BYTES = 8 << 20
#: Linux: let two files share their blocks until one of them is written to (Btrfs, XFS).
_FICLONE = 0x40049409
#: A file that grows by more than any real CSV does, past a size that does not matter, is refused.
_MAX_RATIO = 200
_HARMLESS_BYTES = 1 << 30
_MAGIC = {b"\x1f\x8b": "gzip", b"PK\x03\x04": "zip"}


@dataclass(frozen=True)
class Source:
    """A CSV file in the scratch folder; ``name`` is for messages, such as ``file 2``."""

    path: Path
    name: str


def sniff_compression(path: Path) -> str:
    """Return by the first bytes whether a file is ``gzip``, ``zip`` or ``none``."""
    with path.open("rb") as file:
        start = file.read(4)
    return next((kind for magic, kind in _MAGIC.items() if start.startswith(magic)), "none")


@contextmanager
def prepare_sources(
    paths: Sequence[Path], compression: str, scratch: Path, check: Callable[[], None]
) -> Iterator[list[Source]]:
    """Write plain copies of files into the scratch folder; remove them at the end.

    Raises
    ------
    WarehouseError
        If a file is empty, or its compressed content is truncated or damaged.
    """
    prepared: list[Source] = []
    try:
        for number, path in enumerate(paths, start=1):
            name = f"file {number}" if len(paths) > 1 else "the file"
            target = scratch / f"import-{secrets.token_hex(8)}.csv"
            prepared.append(Source(target, name))
            if not path.exists():
                raise WarehouseError(f"{name} is gone; upload it again")
            found = sniff_compression(path)
            if compression == "gzip" and found == "none" and path.stat().st_size:
                raise WarehouseError(
                    f"{name} is no gzip file, though compression says so; say that it is not "
                    "compressed, or compress and upload it again"
                )
            if compression == "none" and found == "none":
                _copy(path, target)
            else:
                with target.open("wb") as out:
                    for data in decompressed(path, compression if found == "none" else found, name):
                        check()
                        out.write(data)
            if target.stat().st_size == 0:
                raise WarehouseError(f"{name} is empty: it has neither a header nor rows")
        yield prepared
    finally:
        for source in prepared:
            source.path.unlink(missing_ok=True)


def _copy(path: Path, target: Path) -> None:
    """Copy a file, where the file system can do so without writing its bytes again.

    It is no link: SQL can write to the scratch folder, and must not change an uploaded file.
    """
    with path.open("rb") as source, target.open("wb") as copy:
        try:
            fcntl.ioctl(copy.fileno(), _FICLONE, source.fileno())
        except (NameError, OSError):  # another system or file system
            shutil.copyfileobj(source, copy, _COPY_BYTES)


def decompressed(path: Path, compression: str, name: str = "the file") -> Iterator[bytes]:
    """Yield a file's plain content in chunks.

    Raises
    ------
    WarehouseError
        If the compressed content is truncated, damaged, of another compression, or more than
        200 times as large as the file and larger than 1 GiB.
    """
    limit = max(_HARMLESS_BYTES, _MAX_RATIO * path.stat().st_size)
    size = 0
    for data in _unpacked(path, compression, name):
        size += len(data)
        if compression != "none" and size > limit:
            raise WarehouseError(
                f"{name} holds more than {limit >> 20:,} MiB in {path.stat().st_size:,} bytes: "
                f"such a file is refused when it is over {_HARMLESS_BYTES >> 30} GiB and "
                f"{_MAX_RATIO:,} times its compressed size. Split it, or upload it uncompressed"
            )
        yield data


def _unpacked(path: Path, compression: str, name: str) -> Iterator[bytes]:
    """Yield a file's plain content in chunks, whatever its size."""
    if compression == "zip":
        yield from _unzipped(path, name)
        return
    with path.open("rb") as file:
        if compression == "none":
            while data := file.read(_CHUNK_BYTES):
                yield data
            return
        chunks = iter(lambda: file.read(_CHUNK_BYTES), b"")
        advice = "Compress and upload it again, whole, or say that it is not compressed."
        yield from inflate(chunks, name, WarehouseError, advice, padding=True)


def _unzipped(path: Path, name: str) -> Iterator[bytes]:
    """Yield the content of the one member of a zip file in chunks."""
    try:
        with zipfile.ZipFile(path) as archive:
            members = [m for m in archive.infolist() if not m.is_dir()]
            if len(members) != 1:
                raise WarehouseError(
                    f"{name} is a zip file of {len(members)} files; it must hold exactly one"
                )
            with archive.open(members[0]) as member:
                while data := member.read(_CHUNK_BYTES):
                    yield data
    except (zipfile.BadZipFile, zlib.error, EOFError) as error:
        raise WarehouseError(
            f"{name} is no sound zip file ({error}); compress and upload it again"
        ) from None


def first_row(path: Path, written: CsvFormat, name: str = "the file") -> list[str]:
    """Return the first row of a CSV file.

    Raises
    ------
    WarehouseError
        If it is not UTF-8 text.
    """
    size = _FIRST_CHARACTERS
    try:
        while True:
            with path.open(encoding="utf-8-sig", newline="") as file:
                text = file.read(size)
                whole = not file.read(1)
            rows = csv_rows(text, written.delimiter, whole=whole, escaped=written.escaped)
            row = next(rows, None)
            if row is not None or whole:
                return row or []
            size *= 8
    except UnicodeDecodeError:
        raise WarehouseError(
            f"{name} is not UTF-8 text; preprocess it with force_character_set_conversion"
        ) from None
