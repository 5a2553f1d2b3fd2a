"""Joining a platform that does not answer: an interrupt shows no key."""

from __future__ import annotations

import signal
import socket
import sys
import threading
from base64 import b64encode

import pytest

from civis_nb.local.join import answering
from civis_nb.local.lock import StateLock

KEY = "key-that-nobody-may-see"


@pytest.mark.skipif(sys.platform == "win32", reason="a thread is interrupted by a signal")
def test_an_interrupt_while_joining_shows_no_key(tmp_path):
    lock = StateLock(tmp_path)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        lock.publish(f"http://127.0.0.1:{silent.getsockname()[1]}", KEY)

        def interrupt():
            connection, _ = silent.accept()
            with connection:
                assert connection.recv(1000)
                signal.pthread_kill(threading.main_thread().ident, signal.SIGINT)
                released.wait(20)

        released = threading.Event()
        waiting = threading.Thread(target=interrupt)
        waiting.start()
        with pytest.raises(KeyboardInterrupt) as caught:
            answering(tmp_path)
        released.set()
        waiting.join()
    lock.release()
    secrets = (KEY, b64encode(f"{KEY}:".encode()).decode())
    error: BaseException | None = caught.value
    while error is not None:
        trace = error.__traceback__
        while trace is not None:
            # What IPython's verbose tracebacks show of each frame.
            shown = [repr(value) for value in trace.tb_frame.f_locals.values()]
            if trace.tb_frame.f_code.co_filename != __file__:
                assert not [text for text in shown for secret in secrets if secret in text]
            trace = trace.tb_next
        error = error.__cause__ or error.__context__
