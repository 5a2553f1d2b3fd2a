"""The signature of a presigned URL is in nothing that a person, a log or a notebook gets to see."""

from __future__ import annotations

import logging
import signal
import threading
import traceback

import IPython
import pytest

from civis_nb._wire_text import Secret, SecretBytes, SecretUrl
from civis_nb.errors import CivisError
from civis_nb.transport.download import Remote, stream
from civis_nb.transport.presigned import Rule
from civis_nb.transport.sources import MemorySource
from civis_nb.transport.upload import post_form, put_parts

pytestmark = pytest.mark.exhaustive

FAST = Rule(tries=2, lost_tries=2, first_wait_s=0.001, max_wait_s=0.002)
SECRET = "s3cretsignature"
DATA = b"x" * 200_000
#: The option had another name before IPython 9.
NO_COLOUR = (
    {"theme_name": "nocolor"} if IPython.version_info >= (9,) else {"color_scheme": "NoColor"}
)


def _chain(error):
    """Return an exception and all that can be reached from it."""
    found, waiting = [], [error]
    while waiting:
        one = waiting.pop()
        if one is not None and one not in found:
            found.append(one)
            waiting += [one.__cause__, one.__context__]
    return found


def everything_shown(error):
    """Return what the most talkative tracebacks say: all variables of all frames but the test's."""
    from IPython.core.ultratb import VerboseTB
    from rich.console import Console
    from rich.traceback import Traceback

    said = []
    for one in _chain(error):
        tb = one.__traceback__
        while tb is not None and tb.tb_frame.f_code.co_filename == __file__:
            tb = tb.tb_next
        said += [repr(one), str(one), repr(one.args), repr(vars(one))]
        if tb is None:
            continue
        summary = traceback.StackSummary.extract(traceback.walk_tb(tb), capture_locals=True)
        said += summary.format()
        said.append(VerboseTB(**NO_COLOUR).text(type(one), one, tb))
        console = Console(record=True, width=200, file=open("/dev/null", "w"))  # noqa: SIM115, PTH123
        for length in (10, 80, 10_000):
            console.print(
                Traceback.from_exception(
                    type(one), one, tb, show_locals=True, locals_max_string=length
                )
            )
        said.append(console.export_text())
        console.file.close()
    return "\n".join(said)


@pytest.fixture
def moves(store, session):
    """Return the ways to move bytes, each of which takes a script of the store."""

    def down(*steps):
        store.objects["a"] = DATA
        store.steps[:] = steps
        remote = Remote("file 1", f"{store.url}/a?Signature={SECRET}&expires=1", len(DATA))
        list(stream(remote, session, rule=FAST))

    def up(*steps):
        store.steps[:] = steps
        url = f"{store.url}/?Signature={SECRET}"
        fields = {"key": "a", "policy": SECRET, "x-amz-signature": SECRET}
        post_form(session, url, fields, MemorySource(DATA), filename="a", what="a", rule=FAST)

    def up_in_parts(*steps):
        store.steps[:] = steps
        url = f"{store.url}/part?partNumber=1&X-Amz-Signature={SECRET}"
        put_parts(session, [url], MemorySource(DATA), what="a", rule=FAST)

    return [down, up, up_in_parts]


@pytest.mark.contract("C38", "D16", "D17")
@pytest.mark.parametrize("fault", ["reset", "cut", "stall", "403", "500", "redirect", "cut error"])
def test_failed_transfer(moves, faults, store, monkeypatch, fault, caplog):
    monkeypatch.setenv("CIVIS_NB_READ_TIMEOUT_S", "0.5")
    step = {
        "reset": faults.reset,
        "cut": lambda handler: _cut(handler, 200),
        "stall": lambda handler: store.release.wait(30) and None,
        "403": faults.status(403, b"<Code>AccessDenied</Code><Message>No</Message>"),
        "500": faults.status(500, f"/?signature={SECRET}".encode()),
        "redirect": faults.status(302, Location=f"/round?signature={SECRET}"),
        "cut error": lambda handler: _cut(handler, 403),
    }[fault]
    with caplog.at_level(logging.DEBUG):
        for move in moves:
            with pytest.raises(CivisError) as caught:
                move(*[step] * 40)
            assert SECRET not in everything_shown(caught.value), (move.__name__, fault)
    assert caplog.records
    assert SECRET not in caplog.text


def _cut(handler, code):
    handler.send_response(code)
    handler.send_header("Content-Length", "1000")
    handler.end_headers()
    handler.wfile.write(b"<Error>")
    handler.break_off()


@pytest.mark.parametrize("at", [0, 1, 2])
def test_interrupted_transfer(moves, store, at):
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    main = threading.main_thread().ident

    def interrupt(handler):
        signal.pthread_kill(main, signal.SIGINT)
        store.release.wait(30)

    try:
        moves[at](interrupt)
    except KeyboardInterrupt as error:
        shown = everything_shown(error)
    finally:
        signal.signal(signal.SIGINT, before)
        store.release.set()
    assert SECRET not in shown


def test_broken_source_of_an_upload(store, session):
    class Source:
        size = 10

        def read(self, start, stop):
            raise CivisError("The file became shorter.")

    url = f"{store.url}/?Signature={SECRET}"
    with pytest.raises(CivisError, match="became shorter") as caught:
        post_form(session, url, {"policy": SECRET}, Source(), filename="a", what="a", rule=FAST)
    assert SECRET not in everything_shown(caught.value)


def test_what_is_to_be_downloaded_shows_no_signature():
    remote = Remote("file 1", f"https://store/a?signature={SECRET}")
    assert SECRET not in repr(remote)
    assert SECRET not in repr(vars(remote))
    assert SECRET in remote.url


@pytest.mark.parametrize("kind", [Secret, SecretUrl])
def test_no_piece_of_a_secret_text_is_shown(kind):
    secret = kind(f"https://store/{'x' * 50}?signature={SECRET}")
    assert SECRET not in repr(secret)
    assert SECRET not in repr([secret[-20:], secret[70], secret[5:]])
    assert secret[-5:] == SECRET[-5:]
    assert str(secret).endswith(SECRET)


def test_no_secret_bytes_are_shown():
    secret = SecretBytes(SECRET.encode())
    assert SECRET not in repr([secret])
    assert bytes(secret) == SECRET.encode()
