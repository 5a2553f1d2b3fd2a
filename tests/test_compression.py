"""Compressed content is written so that others read it, and read only when it is whole."""

from __future__ import annotations

import gzip
import io
import zipfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from civis_nb.compression import ZipWriter, gzip_compressor, inflate
from civis_nb.errors import CivisDownloadError, WarehouseError

_PARTS = st.lists(st.binary(max_size=300), max_size=5)


def _cut(content: bytes, step: int) -> list[bytes]:
    return [content[at : at + step] for at in range(0, len(content), step)]


@given(_PARTS, st.integers(1, 64))
def test_members_are_read_however_they_are_cut(parts, step):
    stream = b"".join(gzip.compress(part) for part in parts)
    assert b"".join(inflate(_cut(stream, step))) == b"".join(parts)


@given(st.binary(min_size=1, max_size=300), st.data())
def test_no_stream_that_breaks_off_is_whole(content, data):
    stream = gzip.compress(content)
    end = data.draw(st.integers(1, len(stream) - 1))
    with pytest.raises(CivisDownloadError, match="Download it again"):
        list(inflate([stream[:end]]))


def test_output_comes_in_pieces_however_well_it_is_deflated():
    content = bytes(9 << 20)
    pieces = list(inflate([gzip.compress(content)]))
    assert b"".join(pieces) == content
    assert max(map(len, pieces)) <= 4 << 20


@pytest.mark.parametrize("tail", [b"\0", b"\0" * 600, b"x", b"no gzip"])
def test_what_follows_the_last_member_is_refused(tail):
    with pytest.raises(CivisDownloadError, match="it"):
        list(inflate([gzip.compress(b"a"), tail], "it"))


def test_padding_is_skipped_where_it_may_be():
    stream = [gzip.compress(b"a"), b"\0" * 600, b"\0"]
    assert b"".join(inflate(stream, padding=True)) == b"a"
    with pytest.raises(WarehouseError, match=r"it is damaged.*Upload it again\.$"):
        list(inflate([*stream, b"no"], "it", WarehouseError, "Upload it again.", padding=True))


@given(_PARTS)
def test_gzip_is_read_by_others(parts):
    member = gzip_compressor()
    stream = b"".join(member.compress(part) for part in parts) + member.flush()
    assert gzip.decompress(stream) == b"".join(parts)


@given(_PARTS, st.text(st.characters(codec="utf-8", exclude_characters="\0/\\"), min_size=1))
def test_zip_files_are_read_by_others(parts, name):
    file = io.BytesIO()
    writer = ZipWriter(file.write, name)
    for part in parts:
        writer.write(part)
    header = writer.finish()
    file.seek(0)
    file.write(header)
    with zipfile.ZipFile(file) as archive:
        assert archive.testzip() is None
        assert archive.namelist() == [name]
        assert archive.read(name) == b"".join(parts)
