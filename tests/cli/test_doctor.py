"""``civis-nb doctor``: what is wrong is found, and what to do is said."""

from __future__ import annotations

import http.server
import threading
import time
from email.utils import formatdate

import pytest

pytestmark = pytest.mark.exhaustive


KEY = "c" * 40


def _findings(done):
    """Return level and text of each subject that is not fine, and the advice."""
    lines = [line for line in done.stdout.splitlines() if not line.startswith("ok")]
    return " ".join(" ".join(lines).split())


@pytest.fixture
def clean(run, monkeypatch, tmp_path):
    """Run the doctor where no file of the user's is seen."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "REQUESTS_CA_BUNDLE"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)
    return lambda: run("doctor")


def test_nothing_is_wrong_on_a_platform_that_runs(clean, on_platform):
    done = clean()
    assert done.exit_code == 0
    assert "wrong" not in done.stdout + done.stderr
    assert f"{on_platform.endpoint}/ answers in" in done.stdout
    assert "it is that of local" in done.stdout
    assert "it agrees with the server's" in done.stdout
    assert on_platform.api_key[:] not in done.stdout


@pytest.mark.parametrize(
    ("variables", "said"),
    [
        ({"CIVIS_API_KEY": ""}, "There is no API key -> export CIVIS_API_KEY"),
        ({"CIVIS_API_KEY": KEY}, "refuses it -> it may have expired, or be of another platform"),
        ({"CIVIS_API_KEY": f'"{KEY}"'}, "quotes in its value"),
        ({"CIVIS_API_KEY": f"{KEY} {KEY}"}, "blanks or letters that no key has"),
        ({"CIVIS_API_KEY": "key.txt"}, 'not a key -> export CIVIS_API_KEY="$(cat key.txt)"'),
        ({"CIVIS_API_ENDPOINT": "localhost"}, "is no URL"),
        ({"CIVIS_API_ENDPOINT": "http://127.0.0.1:1"}, "-> start it: civis-nb local serve"),
        ({"CIVIS_NB_LIMIT": "many"}, "limit can't be 'many'"),
        ({"CIVIS_NB_CACHE_DIR": "key.txt/cache"}, "-> set CIVIS_NB_CACHE_DIR"),
        ({"HTTP_PROXY": "http://u:secret@127.0.0.1:1"}, "NO_PROXY=127.0.0.1,localhost"),
        ({"REQUESTS_CA_BUNDLE": "/no/such.pem"}, "-> unset REQUESTS_CA_BUNDLE"),
    ],
    ids=lambda value: value if isinstance(value, str) else None,
)
def test_what_is_wrong_is_said_with_what_to_do(clean, variables, said, monkeypatch, tmp_path):
    (tmp_path / "key.txt").write_text(KEY)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    done = clean()
    assert done.exit_code == 1
    assert said in _findings(done)
    assert KEY not in done.stdout + done.stderr
    assert "secret" not in done.stdout


def test_a_key_in_a_file_that_nothing_reads_is_found(clean, monkeypatch, tmp_path):
    monkeypatch.delenv("CIVIS_API_KEY")
    (tmp_path / "civis.env").write_text(f"CIVIS_API_KEY={KEY}\n")
    done = clean()
    assert f"set -a; . {tmp_path}/civis.env; set +a" in done.stdout
    assert KEY not in done.stdout


@pytest.mark.parametrize(
    ("offset_s", "level", "said"),
    [
        (-7200, "wrong", "2 hours ahead of the server's: signed links to files will be refused"),
        (300, "note", "5 minutes behind the server's"),
    ],
)
def test_a_wrong_clock(clean, monkeypatch, offset_s, level, said):
    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response_only(200)
            self.send_header("Date", formatdate(time.time() + offset_s, usegmt=True))
            self.send_header("Content-Type", "application/json")
            self.end_headers()
            self.wfile.write(b'{"username": "me"}')

        def log_message(self, *_):
            pass

    with http.server.HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        monkeypatch.setenv("CIVIS_API_ENDPOINT", f"http://127.0.0.1:{server.server_port}")
        try:
            done = clean()
        finally:
            server.shutdown()
            thread.join()
    assert done.exit_code == (1 if level == "wrong" else 0)
    assert f"{level} clock {said}" in _findings(done)


def test_the_local_backend_needs_no_key(clean, monkeypatch):
    monkeypatch.delenv("CIVIS_API_KEY")
    monkeypatch.setenv("CIVIS_NB_BACKEND", "local")
    done = clean()
    assert done.exit_code == 0
    assert "no key is needed" in done.stdout
