"""Uploads arrive whole, each part checked and repeated alone."""

from __future__ import annotations

import base64
import gzip
import io
import os
import sys
import tempfile
import threading
import zlib
from pathlib import Path

import pytest

from civis_nb.errors import CivisInputError, CivisUploadError
from civis_nb.transport.presigned import Rule
from civis_nb.transport.sources import MemorySource, open_source
from civis_nb.transport.upload import part_ranges, post_form, put_parts

FAST = Rule(lost_tries=10, first_wait_s=0.001, max_wait_s=0.002)
MIB = 1024 * 1024


@pytest.fixture
def send_form(store, session):
    def send(data, *steps, fields=None):
        store.steps[:] = steps
        fields = fields or {"policy": "p", "key": "folder/a", "x-amz-date": "d"}
        url = f"{store.url}/?Signature=s3cret"
        post_form(
            session, url, fields, MemorySource(data), filename='a "b".csv', what="f", rule=FAST
        )

    return send


@pytest.mark.contract("C37")
def test_form_is_as_the_store_wants_it(send_form, store):
    send_form(b"content\r\n--x")
    assert store.form == [
        ("key", "", b"folder/a"),
        ("policy", "", b"p"),
        ("x-amz-date", "", b"d"),
        ("file", "a %22b%22.csv", b"content\r\n--x"),
    ]
    (_, _, headers, body) = store.requests[0]
    assert int(headers["Content-Length"]) == len(body)
    assert "Authorization" not in headers


def test_empty_file_is_sent(send_form, store):
    send_form(b"")
    assert store.objects["folder/a"] == b""


@pytest.mark.parametrize("code", [429, 500, 503])
def test_form_is_repeated(send_form, store, faults, code):
    send_form(b"x" * 3_000_000, faults.status(code), faults.reset)
    assert store.objects["folder/a"] == b"x" * 3_000_000
    assert len(store.requests) == 3


def test_refused_form_raises_at_once(send_form, store, faults):
    said = b"<Error><Code>EntityTooLarge</Code></Error>"
    with pytest.raises(CivisUploadError, match="EntityTooLarge") as raised:
        send_form(b"x", faults.status(400, said))
    assert "s3cret" not in str(raised.value)
    assert len(store.requests) == 1


def test_form_that_never_arrives_raises(send_form, faults):
    with pytest.raises(CivisUploadError, match="HTTP 503"):
        send_form(b"x", *[faults.status(503)] * 20)


@pytest.mark.contract("C36")
@pytest.mark.parametrize(
    ("size", "sizes"),
    [
        (60 * MIB, [18161869, 18161869, 18161869, 8428953]),
        (5 * MIB + 1, [5 * MIB, 1]),
        (5 * MIB, [5 * MIB]),
    ],
)
def test_part_rule(size, sizes):
    ranges = part_ranges(size)
    assert [stop - start for start, stop in ranges] == sizes
    assert ranges[-1][1] == size


@pytest.fixture
def send_parts(store, session):
    def send(data, *steps, count=None):
        store.steps[:] = steps
        count = count or len(part_ranges(len(data)))
        urls = [f"{store.url}/part{number}?Signature=s3cret" for number in range(count)]
        put_parts(session, urls, MemorySource(data), what="file 7", rule=FAST)
        return b"".join(store.objects[f"part{number}"] for number in range(count))

    return send


DATA = os.urandom(12 * MIB)


@pytest.mark.contract("C36")
def test_parts_arrive_in_order(send_parts, store):
    assert send_parts(DATA) == DATA
    for _, _, headers, body in store.requests:
        assert int(headers["Content-Length"]) == len(body)
        assert "Content-Type" not in headers
        assert "Authorization" not in headers
        assert "Transfer-Encoding" not in headers


@pytest.mark.contract("C38")
def test_a_part_is_repeated_alone(send_parts, store, faults):
    assert send_parts(DATA, faults.status(503), faults.reset) == DATA
    assert len(store.requests) == len(part_ranges(len(DATA))) + 2


@pytest.mark.contract("D5")
def test_a_part_that_was_stored_wrong_is_repeated(send_parts, store, faults):
    bad = faults.status(200, ETag='"' + "0" * 32 + '"')
    assert send_parts(DATA, bad) == DATA
    with pytest.raises(CivisUploadError, match="checksum"):
        send_parts(DATA, *[bad] * 20)


def test_the_crc_that_a_store_tells_is_compared_and_then_no_md5(send_parts, faults):
    data = DATA[:1000]
    right = base64.b64encode(zlib.crc32(data).to_bytes(4, "big")).decode()
    odd = {"ETag": '"' + "0" * 32 + '"'}
    send_parts(data)
    send_parts(data, faults.status(200, x_amz_checksum_crc32=right, **odd))
    wrong = faults.status(200, x_amz_checksum_crc32="AAAAAA==")
    assert send_parts(data, wrong) == data
    with pytest.raises(CivisUploadError, match="checksum"):
        send_parts(data, *[wrong] * 20)


def test_checksums_of_encrypted_objects_are_none(send_parts, faults):
    etag = '"' + "0" * 32 + '"'
    told = {"x_amz_server_side_encryption": "aws:kms"}
    send_parts(DATA[:1000])
    send_parts(DATA[:1000], faults.status(200, ETag=etag, **told))
    send_parts(DATA[:1000], faults.status(200, ETag='"abc-3"'))


def test_refused_part_raises(send_parts, faults):
    with pytest.raises(CivisUploadError, match=r"part \d of 2 of file 7.*HTTP 403") as raised:
        send_parts(DATA, faults.status(403), faults.status(403), faults.status(403))
    assert "s3cret" not in str(raised.value)


def test_a_full_store_is_not_tried_again_and_the_link_is_not_blamed(send_parts, faults):
    with pytest.raises(CivisUploadError, match="HTTP 507") as raised:
        send_parts(DATA, *[faults.status(507, b"the disk is full")] * 3)
    assert "the disk is full" in str(raised.value)
    assert "expired" not in str(raised.value)


def test_wrong_number_of_urls_sends_nothing(send_parts, store):
    with pytest.raises(CivisUploadError, match="2 parts"):
        send_parts(DATA, count=3)
    assert store.requests == []


def content_of(buf):
    with open_source(buf) as source:
        return b"".join(bytes(piece) for piece in source.read(0, source.size))


@pytest.mark.contract("D6")
def test_buffers_are_sent_from_their_beginning(tmp_path):
    (tmp_path / "f").write_bytes(b"0123456789")
    just_written = io.BytesIO()
    just_written.write(b"0123456789")
    assert content_of(just_written) == b"0123456789"
    half_read = io.BytesIO(b"0123456789")
    half_read.read(4)
    assert content_of(half_read) == b"0123456789"
    assert half_read.tell() == 0
    with (tmp_path / "f").open("rb") as file:
        file.read(4)
        assert content_of(file) == b"0123456789"
        assert file.read() == b"0123456789"
    with (tmp_path / "g").open("w+b") as file:
        file.write(b"unflushed")
        assert content_of(file) == b"unflushed"
    with tempfile.NamedTemporaryFile() as file:
        file.write(b"unflushed")
        assert content_of(file) == b"unflushed"
    with tempfile.SpooledTemporaryFile() as file:
        file.write(b"in memory")
        assert content_of(file) == b"in memory"
    with (tmp_path / "f").open("rb", buffering=0) as file:
        assert content_of(file) == b"0123456789"
    assert content_of(tmp_path / "f") == content_of(str(tmp_path / "f")) == b"0123456789"


def test_text_file_is_sent_as_it_is_stored(tmp_path):
    (tmp_path / "f").write_bytes("é\r\n".encode("latin-1"))
    with (tmp_path / "f").open(encoding="latin-1") as file:
        file.read(1)
        assert content_of(file) == b"\xe9\r\n"
    with (tmp_path / "g").open("w+", encoding="utf-8") as file:
        file.write("é")
        assert content_of(file) == "é".encode()


def test_a_gzip_file_object_gives_what_it_reads(tmp_path):
    with gzip.open(tmp_path / "f.gz", "wb") as file:
        file.write(b"plain")
    with gzip.open(tmp_path / "f.gz") as file:
        file.read(2)
        assert content_of(file) == b"plain"


def test_pipe_is_sent_whole():
    read, write = os.pipe()
    with os.fdopen(write, "wb") as file:
        file.write(b"through a pipe")
    with os.fdopen(read, "rb") as file:
        assert content_of(file) == b"through a pipe"


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="the system has no named pipes")
def test_path_of_a_pipe_is_sent_whole(tmp_path):
    path = tmp_path / "pipe"
    os.mkfifo(path)
    writer = threading.Thread(target=path.write_bytes, args=(b"through a pipe",), daemon=True)
    writer.start()
    assert content_of(path) == b"through a pipe"
    writer.join()


@pytest.mark.skipif(sys.platform != "linux", reason="/proc is Linux's")
def test_file_whose_size_the_system_does_not_tell_is_sent_whole():
    path = Path("/proc/self/limits")
    assert path.stat().st_size == 0
    assert content_of(path).startswith(b"Limit")
    with path.open("rb") as file:
        assert content_of(file).startswith(b"Limit")


def test_buffer_of_text_is_sent_as_utf8():
    text = io.StringIO("é,漢\r\n")
    text.read(2)
    assert content_of(text).decode() == "é,漢\r\n"

    class Reader:
        def __init__(self):
            self.pieces = ["é", "漢"]

        def read(self, size):
            return self.pieces.pop(0) if self.pieces else ""

    assert content_of(Reader()).decode() == "é漢"


def test_buffers_that_hold_no_bytes_are_refused(tmp_path):
    with pytest.raises(CivisInputError, match="no Unicode"):
        content_of(io.StringIO("\ud800"))
    with pytest.raises(CivisInputError, match="neither a path nor"):
        content_of(12)
    with (tmp_path / "w").open("wb") as file, pytest.raises(CivisInputError, match="for reading"):
        content_of(file)
    with pytest.raises(FileNotFoundError):
        content_of(tmp_path / "none")


def test_file_that_shrinks_is_seen(tmp_path):
    (tmp_path / "f").write_bytes(b"0123456789")
    with open_source(tmp_path / "f") as source:
        os.truncate(tmp_path / "f", 4)
        with pytest.raises(CivisUploadError, match="became shorter"):
            list(source.read(0, source.size))


@pytest.mark.parametrize("opened", [False, True])
@pytest.mark.parametrize(
    ("written", "warning"),
    [(b"ab", "was written to while"), (b"0123456789+", "became longer while"), (None, "")],
)
def test_a_file_that_is_written_to_meanwhile_is_told(tmp_path, caplog, opened, written, warning):
    path = tmp_path / "f"
    path.write_bytes(b"0123456789")
    os.utime(path, (0, 0))
    with path.open("rb") as file, open_source(file if opened else path) as source:
        assert b"".join(source.read(0, source.size)) == b"0123456789"
        if written is not None:
            with path.open("r+b") as other:
                other.write(written)
    said = [record.getMessage() for record in caplog.records]
    assert len(said) == bool(warning)
    assert all(warning in one and str(path) in one for one in said)


def test_parts_of_all_uploads_together_obey_one_limit(store, session, monkeypatch):
    monkeypatch.setenv("CIVIS_NB_PARALLEL_PARTS", "2")
    pair = threading.Barrier(2, timeout=30)
    at_once: list[int] = []
    most: list[int] = []

    def step(_handler):
        at_once.append(1)
        most.append(len(at_once))
        pair.wait()
        at_once.pop()
        return True

    names = ["one", "two"]
    count = len(part_ranges(len(DATA)))
    store.steps[:] = [step] * (len(names) * count)
    put = {
        name: threading.Thread(
            target=put_parts,
            args=(session, [f"{store.url}/{name}{n}" for n in range(count)], MemorySource(DATA)),
            kwargs={"what": name, "rule": FAST},
        )
        for name in names
    }
    for thread in put.values():
        thread.start()
    for thread in put.values():
        thread.join(60)
    assert max(most) == 2
    for name in names:
        assert b"".join(store.objects[f"{name}{n}"] for n in range(count)) == DATA


def test_an_upload_that_fails_while_it_waits_for_its_turn_ends(store, session, faults, monkeypatch):
    monkeypatch.setenv("CIVIS_NB_PARALLEL_PARTS", "1")
    store.steps[:] = [faults.status(403)]
    urls = [f"{store.url}/part{n}" for n in range(len(part_ranges(len(DATA))))]
    with pytest.raises(CivisUploadError, match="403"):
        put_parts(session, urls, MemorySource(DATA), what="file 7", rule=FAST)
    store.steps[:] = []
    put_parts(session, urls, MemorySource(DATA), what="file 7", rule=FAST)
    assert b"".join(store.objects[f"part{n}"] for n in range(len(urls))) == DATA
