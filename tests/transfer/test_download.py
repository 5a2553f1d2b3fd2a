"""Downloads end in all of the data or in an exception."""

from __future__ import annotations

import gzip
import os
from pathlib import Path

import pytest

from civis_nb.errors import CivisDownloadError
from civis_nb.transport.download import Remote, stream
from civis_nb.transport.presigned import Rule
from civis_nb.transport.sinks import write_buffer, write_path

SIZE = 300_000
DATA = os.urandom(SIZE)
FAST = Rule(lost_tries=10, first_wait_s=0.001, max_wait_s=0.002)


@pytest.fixture
def fetch(store, session):
    store.objects["a"] = DATA

    def get(*steps, size=SIZE, url=None, **fields):
        store.steps[:] = steps
        remote = Remote("file 1 (a)", url or f"{store.url}/a?Signature=s3cret", size, **fields)
        return b"".join(stream(remote, session, rule=FAST, chunk_bytes=50_000))

    return get


def test_whole_download(fetch):
    assert fetch() == DATA
    assert fetch(size=None) == DATA


@pytest.mark.contract("C6")
def test_no_credentials_are_sent(fetch, store):
    fetch()
    (_, _, headers, _) = store.requests[0]
    assert "Authorization" not in headers
    assert headers["Accept-Encoding"] == "identity"


@pytest.mark.contract("D13")
@pytest.mark.parametrize("fault", [503, 429, 500, 502, 504, 408])
def test_passing_server_errors_are_survived(fetch, faults, fault):
    assert fetch(faults.status(fault), faults.status(fault)) == DATA


@pytest.mark.contract("D13")
def test_reset_connection_is_survived(fetch, faults):
    assert fetch(faults.reset) == DATA


@pytest.mark.contract("D4")
def test_cut_download_goes_on_where_it_broke(fetch, faults, store):
    assert fetch(faults.cut(100_000), faults.cut(50_000)) == DATA
    assert [headers.get("Range") for _, _, headers, _ in store.requests] == [
        None,
        "bytes=100000-",
        "bytes=150000-",
    ]
    assert all("If-Range" in headers for _, _, headers, _ in store.requests[1:])


@pytest.mark.contract("C40", "D4")
def test_cut_download_starts_again_without_ranges(fetch, faults, store):
    store.ranges = False
    assert fetch(faults.cut(100_000), faults.cut(150_000)) == DATA


@pytest.mark.contract("D1")
def test_cut_download_without_length_is_seen_by_the_file_size(fetch, faults):
    assert fetch(faults.cut(100_000, length=False)) == DATA


@pytest.mark.contract("D1")
def test_missing_last_chunk_is_seen(fetch, faults):
    assert fetch(faults.chunked(end=False, after=70_000), size=None) == DATA
    assert fetch(faults.chunked()) == DATA


@pytest.mark.contract("D2")
def test_short_object_raises(fetch, faults):
    with pytest.raises(CivisDownloadError, match="less than the platform says") as raised:
        fetch(size=len(DATA) + 5)
    assert "300,000 bytes, not 300,005" in str(raised.value)
    assert "s3cret" not in str(raised.value)
    assert "file 1 (a)" in str(raised.value)


def test_short_answer_once_is_completed(fetch, faults):
    assert fetch(faults.short(150_000)) == DATA


def test_more_than_the_file_holds_raises(fetch):
    with pytest.raises(CivisDownloadError, match="more than the platform says"):
        fetch(size=len(DATA) - 5)


def test_changed_content_is_not_mixed(fetch, faults, store):
    def changed(handler):
        store.objects["a"] = os.urandom(len(DATA))
        return True

    with pytest.raises(CivisDownloadError, match="changed while"):
        fetch(faults.cut(100_000), changed)


@pytest.mark.contract("D14")
@pytest.mark.parametrize("code", [400, 403, 410])
def test_expired_link_is_asked_for_again_once(fetch, faults, store, code):
    asked = []

    def renew():
        asked.append(1)
        return f"{store.url}/a?Signature=fresh"

    said = b"<Error><Code>AccessDenied</Code><Message>Request has expired</Message></Error>"
    assert fetch(faults.status(code, said), renew=renew) == DATA
    assert asked == [1]
    assert store.requests[-1][1] == "/a?Signature=fresh"
    with pytest.raises(CivisDownloadError, match="AccessDenied: Request has expired"):
        fetch(faults.status(code, said), faults.status(code, said), renew=renew)
    assert asked == [1, 1]


@pytest.mark.contract("D14")
def test_link_that_expires_half_way_is_renewed(fetch, faults, store):
    steps = (faults.cut(100_000), faults.status(403))
    assert fetch(*steps, renew=lambda: f"{store.url}/a?fresh=1") == DATA
    assert store.requests[-1][2]["Range"] == "bytes=100000-"


def test_missing_object_raises_at_once(fetch, faults, store):
    with pytest.raises(CivisDownloadError, match="HTTP 404") as raised:
        fetch(faults.status(404))
    assert raised.value.__cause__ is None
    assert len(store.requests) == 1


def test_lasting_server_error_raises(fetch, faults):
    with pytest.raises(CivisDownloadError, match="HTTP 503"):
        fetch(*[faults.status(503)] * 20)


def test_nobody_listens(fetch):
    with pytest.raises(CivisDownloadError, match="no connection"):
        fetch(url="http://127.0.0.1:9/a")


@pytest.mark.contract("D9")
def test_stalled_download_is_resumed_until_the_time_is_up(fetch, faults, monkeypatch):
    monkeypatch.setenv("CIVIS_NB_READ_TIMEOUT_S", "0.3")
    assert fetch(faults.stall(100_000), faults.stall(0), faults.stall(0)) == DATA
    monkeypatch.setenv("CIVIS_NB_FAILURE_BUDGET_S", "0.5")
    with pytest.raises(CivisDownloadError, match=r"stopped sending|no answer in time"):
        fetch(faults.stall(100_000), *[faults.stall(0)] * 9)


def test_wrong_content_length_raises(fetch, faults, store):
    def too_long(handler):
        handler.answer(200, DATA, {"Content-Length": str(len(DATA) + 10)})
        handler.break_off()

    with pytest.raises(
        CivisDownloadError,
        match=r"300,000 bytes read, 10 more|300,000 of 300,010|300000 bytes read",
    ):
        fetch(*[too_long] * 20, size=None)


def test_wrong_range_is_not_taken(fetch, faults, store):
    def wrong(handler):
        data = DATA[99_000:]
        told = f"bytes 99000-{len(DATA) - 1}/{len(DATA)}"
        handler.answer(206, data, {"Content-Range": told})

    assert fetch(faults.cut(100_000), wrong) == DATA


def test_encoding_on_the_way_is_undone(fetch, faults):
    packed = gzip.compress(DATA)
    encoded = faults.status(200, packed, Content_Encoding="gzip")
    assert fetch(encoded) == DATA
    assert fetch(encoded, size=len(packed)) == packed
    assert fetch(encoded, size=None) == DATA
    assert fetch(encoded, size=None, as_stored=True) == packed
    with pytest.raises(CivisDownloadError, match="'br'"):
        fetch(faults.status(200, b"?", Content_Encoding="br"))


def test_cut_of_an_encoded_answer_starts_again(fetch, faults, store):
    packed = gzip.compress(DATA)

    def half(handler):
        handler.answer(200, packed[:100_000], {"Content-Encoding": "gzip"})

    assert fetch(half, faults.status(200, packed, Content_Encoding="gzip")) == DATA
    assert "Range" not in store.requests[-1][2]


def test_redirects_are_followed(fetch, faults, store):
    assert fetch(faults.status(307, Location=f"{store.url}/a?moved=1")) == DATA


@pytest.mark.contract("D36")
def test_failed_download_leaves_the_old_file(fetch, faults, store, session, tmp_path):
    target = tmp_path / "data.bin"
    target.write_bytes(b"old")
    remote = Remote("file 1", f"{store.url}/a", len(DATA) + 1)
    with pytest.raises(CivisDownloadError):
        write_path(stream(remote, session, rule=FAST), target, "file 1")
    assert target.read_bytes() == b"old"
    assert [path.name for path in tmp_path.iterdir()] == ["data.bin"]


def test_new_file_is_whole_and_has_ordinary_permissions(tmp_path):
    old = os.umask(0o022)
    os.umask(old)
    write_path([b"ab", b"c"], tmp_path / "x", "file 1")
    assert (tmp_path / "x").read_bytes() == b"abc"
    assert (tmp_path / "x").stat().st_mode & 0o777 == 0o666 & ~old
    (tmp_path / "x").chmod(0o640)
    write_path([b"new"], tmp_path / "x", "file 1")
    assert (tmp_path / "x").stat().st_mode & 0o777 == 0o640


def test_symlink_and_device_are_written_through(tmp_path):
    (tmp_path / "real").write_bytes(b"old")
    (tmp_path / "link").symlink_to(tmp_path / "real")
    write_path([b"new"], tmp_path / "link", "file 1")
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "real").read_bytes() == b"new"
    assert write_path([b"new"], "/dev/null", "file 1") == 3


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_full_disk_is_a_clear_error():
    with pytest.raises(CivisDownloadError, match="No space left on device"):
        write_path([b"x" * 10], "/dev/full", "file 1")


def test_failed_buffer_is_cut_back():
    import io

    buffer = io.BytesIO(b"old")
    buffer.seek(3)

    def chunks():
        yield b"new"
        raise CivisDownloadError("broken")

    with pytest.raises(CivisDownloadError):
        write_buffer(chunks(), buffer)
    assert buffer.getvalue() == b"old"
    assert write_buffer([b"1", b"2"], buffer) == 2
    assert buffer.getvalue() == b"old12"


def test_raw_file_that_takes_parts_gets_everything(tmp_path):
    class Slow:
        def __init__(self):
            self.data = b""

        def write(self, data):
            self.data += bytes(data[:3])
            return min(3, len(data))

    slow = Slow()
    write_buffer([b"abcdefgh"], slow)
    assert slow.data == b"abcdefgh"


def versioned(version, cut=None):
    """Send what the store holds, all or the first bytes of it, with these headers for its ETag."""

    def step(handler):
        code, data, headers = handler.content()
        headers = {name: value for name, value in headers.items() if name != "ETag"} | version
        handler.send_response(code)
        for name, value in {**headers, "Content-Length": str(len(data))}.items():
            handler.send_header(name, value)
        handler.end_headers()
        handler.wfile.write(data[:cut])
        if cut is not None:
            handler.break_off()

    return step


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ({}, {}),
        ({"ETag": 'W/"1"'}, {"ETag": 'W/"2"'}),
        (
            {"Last-Modified": "Mon, 30 Nov 2026 10:00:00 GMT"},
            {"Last-Modified": "Mon, 30 Nov 2026 10:00:01 GMT"},
        ),
    ],
)
def test_content_that_changes_in_the_middle_is_not_joined_to_what_came(fetch, store, before, after):
    def changed(handler):
        store.objects["a"] = bytes(SIZE)
        return versioned(after)(handler)

    with pytest.raises(CivisDownloadError, match="changed while it was being downloaded"):
        fetch(versioned(before, 100_000), changed, changed)


@pytest.mark.parametrize("version", [{}, {"ETag": 'W/"1"'}, {"Last-Modified": "long ago"}])
def test_the_rest_of_the_same_version_is_taken(fetch, store, version):
    assert fetch(versioned(version, 100_000), versioned(version)) == DATA
    ranges = [headers.get("Range") for _, _, headers, _ in store.requests]
    assert ranges == [None, "bytes=100000-" if version else None]
