"""A result that is read again from its start, while it is still on its way, is whole."""

from __future__ import annotations

import gzip
import threading

import pytest

from civis_nb.cancellation import CancelToken
from civis_nb.errors import CivisDownloadError, OperationCancelledError
from civis_nb.io.reading.content import CsvContent
from civis_nb.transport.download import Remote

HEADER = b"id,text\n"


def rows(file):
    return b"".join(b"%d,row %d of file %d\n" % (row, row, file) for row in range(20_000))


def held_back(after, at_hand, release):
    """Send the first bytes of the content, and the rest when `release` is set."""

    def step(handler):
        code, data, headers = handler.content()
        handler.send_response(code)
        for name, value in {**headers, "Content-Length": str(len(data))}.items():
            handler.send_header(name, value)
        handler.end_headers()
        handler.wfile.write(data[:after])
        handler.wfile.flush()
        at_hand.set()
        release.wait(30)
        handler.wfile.write(data[after:])

    return step


@pytest.fixture
def content(store):
    """Return a function that creates the content of two files, the second one held back."""

    def make(after, release, keep_second=b""):
        files = [rows(0), keep_second or rows(1)]
        remotes = []
        for number, data in enumerate(files):
            store.objects[str(number)] = data
            url = f"{store.url}/{number}"
            remotes.append(Remote(f"file {number}", url, len(data), as_stored=True))
        at_hand = threading.Event()
        hold = held_back(after, at_hand, release)
        step = lambda handler: hold(handler) if handler.path == "/1" else True  # noqa: E731
        store.steps[:] = [step, step]
        return CsvContent(None, remotes, header=HEADER, parallel=2), at_hand, b"".join(files)

    return make


@pytest.mark.parametrize("after", [0, 1000])
def test_the_next_iteration_goes_on_with_what_the_last_one_left(content, after):
    release = threading.Event()
    result, at_hand, data = content(after, release)
    first = iter(result)
    while next(first) == HEADER:
        pass
    assert at_hand.wait(30)
    first.close()  # while the second file is waited for
    release.set()
    assert b"".join(result) == HEADER + data


def test_gzip_is_whole_as_well(content):
    release = threading.Event()
    packed = gzip.compress(rows(1))
    result, at_hand, _ = content(1000, release, packed)
    first = iter(result)
    while next(first) == HEADER:
        pass
    assert at_hand.wait(30)
    first.close()
    release.set()
    assert b"".join(result) == HEADER + rows(0) + rows(1)


def test_what_could_not_be_had_whole_fails_every_time(store, faults):
    data = rows(0)
    store.objects["a"] = data
    store.steps[:] = [faults.status(403)]
    result = CsvContent(None, [Remote("file 1", f"{store.url}/a", len(data), as_stored=True)])
    for _ in range(2):
        with pytest.raises(CivisDownloadError, match="403"):
            b"".join(result)


def test_the_end_of_the_call_ends_the_download(content):
    release = threading.Event()
    call = CancelToken()
    with call.active():
        result, at_hand, _ = content(1000, release)
        first = iter(result)
        while next(first) == HEADER:
            pass
        assert at_hand.wait(30)
        call.cancel()
        with pytest.raises(OperationCancelledError):
            b"".join(first)
    release.set()
