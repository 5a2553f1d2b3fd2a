"""A real proxy and a real HTTPS server with a certificate authority of its own."""

from __future__ import annotations

import base64
import contextlib
import shutil
import socket
import ssl
import subprocess
import threading

import pytest

from civis_nb import errors
from civis_nb.transport.session import Session

KEY = "key-for-the-api-alone"
NAMES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY", "REQUESTS_CA_BUNDLE")


class Proxy:
    """Accepts CONNECT, whatever the name, to a port of this machine; `refuses` is a status line."""

    def __init__(self) -> None:
        self.heads: list[str] = []
        self.refuses = ""
        self._open: list[socket.socket] = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self._threads = [threading.Thread(target=self._serve)]
        self._threads[0].start()

    def close(self) -> None:
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for item in self._open:
            with contextlib.suppress(OSError):
                item.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join(20)
        for item in self._open:
            item.close()

    def _serve(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            self._open.append(client)
            head = b""
            while b"\r\n\r\n" not in head and (more := client.recv(4096)):
                head += more
            if b"\r\n\r\n" not in head:
                continue
            self.heads.append(head.decode())
            if self.refuses:
                client.sendall(f"HTTP/1.1 {self.refuses}\r\nContent-Length: 0\r\n\r\n".encode())
                client.close()
                continue
            port = int(head.split()[1].rpartition(b":")[2])
            server = socket.create_connection(("127.0.0.1", port))
            self._open.append(server)
            client.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
            for source, target in ((client, server), (server, client)):
                thread = threading.Thread(target=self._relay, args=(source, target))
                self._threads.append(thread)
                thread.start()

    @staticmethod
    def _relay(source: socket.socket, target: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while data := source.recv(65536):
                target.sendall(data)
        with contextlib.suppress(OSError):
            target.shutdown(socket.SHUT_WR)


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    if shutil.which("openssl") is None:
        pytest.skip("needs the openssl command")
    folder = tmp_path_factory.mktemp("certificate")
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1",
         "-nodes", "-days", "2", "-subj", "/CN=our own authority",
         "-addext", "subjectAltName=DNS:api.civis.test,IP:127.0.0.1",
         "-keyout", "key.pem", "-out", "cert.pem"],
        cwd=folder, capture_output=True, check=True, timeout=60,
    )  # fmt: skip
    return folder


@pytest.fixture
def secure(scripted, certificate, monkeypatch):
    """The scripted server, speaking TLS, in an environment without proxies."""
    for name in NAMES:
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)
    for name in ("CURL_CA_BUNDLE", "REQUESTS_CA_BUNDLE", "SSL_CERT_FILE"):
        monkeypatch.delenv(name, raising=False)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate / "cert.pem", certificate / "key.pem")
    server = scripted._server
    server.socket = context.wrap_socket(server.socket, server_side=True)
    scripted.on("GET", "/users/me", {"id": 1})
    return scripted


@pytest.fixture
def proxy():
    made = Proxy()
    yield made
    made.close()


@pytest.fixture
def open_session(at_once):
    made = []

    def make(url):
        made.append(Session(url, KEY, retries=at_once))
        return made[-1]

    yield make
    for session in made:
        session.close()


def _port(server):
    return int(server.url.rpartition(":")[2])


def test_own_certificate_authority_is_trusted_when_it_is_named(
    secure, certificate, monkeypatch, open_session
):
    session = open_session(f"https://127.0.0.1:{_port(secure)}")
    with pytest.raises(errors.CivisConnectionError, match="REQUESTS_CA_BUNDLE") as caught:
        session.call("GET", "users/me")
    assert "certificate" in str(caught.value).lower()
    assert not secure.requests
    # The variable may be set after the client was made.
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(certificate / "cert.pem"))
    assert session.call("GET", "users/me")[1] == {"id": 1}


@pytest.mark.parametrize("name", ["REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE"])
def test_each_usual_variable_names_the_authority(
    secure, certificate, monkeypatch, open_session, name
):
    monkeypatch.setenv(name, str(certificate / "cert.pem"))
    url = f"https://127.0.0.1:{_port(secure)}"
    session = open_session(url)
    assert session.call("GET", "users/me")[1] == {"id": 1}
    assert session.raw_session().get(f"{url}/users/me", timeout=10).json() == {"id": 1}


def test_authority_file_of_openssl_that_is_missing_changes_nothing(
    secure, monkeypatch, open_session
):
    monkeypatch.setenv("SSL_CERT_FILE", "/no/such/file")
    session = open_session(f"https://127.0.0.1:{_port(secure)}")
    with pytest.raises(errors.CivisConnectionError, match="REQUESTS_CA_BUNDLE"):
        session.call("GET", "users/me")


def test_certificate_of_another_name_is_refused(secure, certificate, monkeypatch, open_session):
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(certificate / "cert.pem"))
    session = open_session(f"https://localhost:{_port(secure)}")
    with pytest.raises(errors.CivisConnectionError, match="localhost"):
        session.call("GET", "users/me")
    assert not secure.requests


@pytest.mark.parametrize("name", ["HTTPS_PROXY", "https_proxy", "ALL_PROXY"])
def test_https_goes_through_the_proxy_and_the_key_stays_inside(
    secure, certificate, proxy, monkeypatch, open_session, name
):
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(certificate / "cert.pem"))
    monkeypatch.setenv(name, f"http://someone:hidden@127.0.0.1:{proxy.port}")
    session = open_session(f"https://api.civis.test:{_port(secure)}")
    for _ in range(3):
        assert session.call("GET", "users/me")[1] == {"id": 1}
    (head,) = proxy.heads
    assert head.startswith(f"CONNECT api.civis.test:{_port(secure)} HTTP/1.")
    assert base64.b64encode(b"someone:hidden").decode() in head
    assert base64.b64encode(f"{KEY}:".encode()).decode() not in head
    assert "Proxy-Authorization" not in secure.requests[0].headers
    assert secure.connections == 1


def test_hosts_of_no_proxy_are_asked_directly(
    secure, certificate, proxy, monkeypatch, open_session
):
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(certificate / "cert.pem"))
    monkeypatch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{proxy.port}")
    monkeypatch.setenv("NO_PROXY", "example.test,127.0.0.1")
    session = open_session(f"https://127.0.0.1:{_port(secure)}")
    assert session.call("GET", "users/me")[1] == {"id": 1}
    assert not proxy.heads


@pytest.mark.parametrize("status", ["407 Proxy Authentication Required", "403 Forbidden"])
def test_proxy_that_refuses_is_named_and_its_password_is_not(
    secure, proxy, monkeypatch, open_session, status
):
    proxy.refuses = status
    monkeypatch.setenv("HTTPS_PROXY", f"http://someone:hidden@127.0.0.1:{proxy.port}")
    session = open_session(f"https://api.civis.test:{_port(secure)}")
    with pytest.raises(errors.CivisConnectionError, match="HTTPS_PROXY") as caught:
        session.call("GET", "users/me")
    assert status.split()[0] in str(caught.value)
    assert "hidden" not in str(caught.value)
    assert not secure.requests


def test_proxy_that_is_not_there_is_named(secure, monkeypatch, open_session):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    monkeypatch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{port}")
    session = open_session(f"https://api.civis.test:{_port(secure)}")
    with pytest.raises(errors.CivisConnectionError, match=r"The proxy gave no connection"):
        session.call("GET", "users/me")
