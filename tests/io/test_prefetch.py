"""Items are iterated ahead of their consumer, in a thread that ends with it."""

from __future__ import annotations

import threading

import pytest

from civis_nb.cancellation import CancelToken
from civis_nb.errors import CivisDownloadError, OperationCancelledError
from civis_nb.io.prefetch import prefetch


def test_exceptions_are_raised_in_the_consumer():
    def broken():
        yield 1
        raise CivisDownloadError("broken")

    got = prefetch(broken())
    assert next(got) == 1
    with pytest.raises(CivisDownloadError, match="broken"):
        next(got)


def test_closing_the_consumer_closes_the_items():
    closed = threading.Event()

    def endless():
        try:
            while True:
                yield 1
        finally:
            closed.set()

    got = prefetch(endless(), 2)
    assert next(got) == 1
    got.close()
    assert closed.wait(10)


def test_closing_the_consumer_before_its_first_item_closes_the_items():
    started, closed = threading.Event(), threading.Event()

    def endless():
        try:
            while True:
                started.set()
                yield 1
        finally:
            closed.set()

    got = prefetch(endless(), 2)
    assert started.wait(10)
    got.close()
    assert closed.wait(10)


def test_a_cancelled_token_ends_a_consumer_that_waits():
    token, waits = CancelToken(), threading.Event()

    def blocked():
        yield 1
        waits.wait(30)

    with token.active():
        got = prefetch(blocked())
    assert next(got) == 1
    threading.Timer(0.05, token.cancel).start()
    with pytest.raises(OperationCancelledError):
        next(got)
    waits.set()
