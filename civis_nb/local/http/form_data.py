"""Reads an upload form as it streams in: the fields, then the file, straight to the disk.

The official Python client sends every field as a part with a file name (API protocol, 5.5),
so a part is the file because it is called ``file``, not because it has a file name.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from python_multipart.exceptions import MultipartParseError
from python_multipart.multipart import MultipartParser, parse_options_header

from civis_nb.local.errors import Invalid
from civis_nb.local.files.blobs import Blob

__all__ = ["UploadForm"]

#: Of all that comes before the file: names, headers and values. A form of the API has four fields.
_MAX_FIELDS = 64
_MAX_FIELDS_BYTES = 256 * 1024


class _Sink(Protocol):
    @property
    def crc32(self) -> int: ...
    def write(self, piece: bytes | bytearray | memoryview) -> None: ...
    def finish(self) -> Blob: ...
    def discard(self) -> None: ...


class UploadForm:
    """Parses the body of a ``multipart/form-data`` POST in pieces.

    Parameters
    ----------
    content_type
        The header of the request; names the boundary.
    open_file
        Called with the fields once the file part begins; checks them and gives what the
        content is written to. Nothing is opened for a form that it refuses.

    Raises
    ------
    Invalid
        When the request is no form; when fed: what `open_file` raises, and
        `Invalid` when the form is broken.
    """

    def __init__(self, content_type: str, open_file: Callable[[dict[str, str]], _Sink]) -> None:
        kind, options = parse_options_header(content_type)
        boundary = options.get(b"boundary")
        if kind != b"multipart/form-data" or not boundary:
            raise Invalid("An upload by POST is a multipart/form-data form with a boundary.")
        self.fields: dict[str, str] = {}
        self._open_file = open_file
        self._sink: _Sink | None = None
        self._name = ""
        self._header = (bytearray(), bytearray())
        self._value = bytearray()
        self._parts = self._bytes = 0
        self._complete = False
        self._parser = MultipartParser(
            boundary,
            {
                "on_part_begin": self._part_begins,
                "on_header_field": lambda data, a, b: self._collect(0, data[a:b]),
                "on_header_value": lambda data, a, b: self._collect(1, data[a:b]),
                "on_header_end": self._header_ends,
                "on_headers_finished": self._headers_end,
                "on_part_data": self._part_data,
                "on_part_end": self._part_ends,
                "on_end": self._form_ends,
            },
        )

    def feed(self, piece: bytes) -> None:
        """Read the next bytes of the body."""
        try:
            self._parser.write(piece)
        except MultipartParseError as error:
            raise Invalid(f"The upload form can't be read: {error}") from None

    @property
    def is_open(self) -> bool:
        """Whether the fields were in order, and the file is being written."""
        return self._sink is not None

    @property
    def crc32(self) -> int:
        """The CRC-32 of what was written of the file so far."""
        return 0 if self._sink is None else self._sink.crc32

    def discard(self) -> None:
        """Remove what was written of the file; after `finish` this does nothing."""
        if self._sink is not None:
            self._sink.discard()

    def finish(self) -> Blob:
        """Store the file, once the body has ended.

        Raises
        ------
        Invalid
            When the form is not whole, or has no file.
        """
        if not self._complete:
            raise Invalid("The upload form ends before its closing boundary; nothing is stored.")
        if self._sink is None:
            raise Invalid("The upload form has no part named file.")
        return self._sink.finish()

    def _collect(self, which: int, data: bytes) -> None:
        """Keep a piece of a header of a part: of its name (0) or its value (1)."""
        self._count(len(data))
        self._header[which].extend(data)

    def _count(self, size: int) -> None:
        """Count bytes outside of the file.

        Raises
        ------
        Invalid
            When there are too many.
        """
        self._bytes += size
        if self._bytes > _MAX_FIELDS_BYTES:
            raise Invalid(
                f"The upload form has more than {_MAX_FIELDS_BYTES // 1024} KiB beside its file."
            )

    def _part_begins(self) -> None:
        """Begin a field of the form; the file must be the last one."""
        if self._sink is not None:
            raise Invalid("The part named file must be the last one of the upload form.")
        self._parts += 1
        if self._parts > _MAX_FIELDS:
            raise Invalid(f"The upload form has more than {_MAX_FIELDS} fields.")
        self._name = ""
        self._value = bytearray()

    def _header_ends(self) -> None:
        """Keep the name of a field from the header that says it."""
        name, value = (bytes(part) for part in self._header)
        self._header = (bytearray(), bytearray())
        if name.lower() == b"content-disposition":
            options = parse_options_header(value)[1]
            self._name = options.get(b"name", b"").decode("utf-8", "replace")

    def _headers_end(self) -> None:
        if self._name == "file":
            self._sink = self._open_file(self.fields)

    def _part_data(self, data: bytes, start: int, end: int) -> None:
        """Pass on a piece of the file, or collect one of a plain field."""
        if self._sink is not None:
            self._sink.write(memoryview(data)[start:end])
            return
        self._count(end - start)
        self._value.extend(data[start:end])

    def _part_ends(self) -> None:
        if self._sink is None:
            self.fields[self._name] = self._value.decode("utf-8", "replace")

    def _form_ends(self) -> None:
        self._complete = True
