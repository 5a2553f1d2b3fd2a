"""A server that answers with the very bytes that a test gives it."""

from __future__ import annotations

import contextlib
import socket
import threading


class RawServer:
    """Answers each request with the next of `answers`, the last one for ever.

    An answer is bytes, or a tuple of bytes, of which ``"close"`` ends the connection.
    """

    def __init__(self, family: int = socket.AF_INET) -> None:
        self.answers: list[object] = []
        self.requests: list[bytes] = []
        self.connections = 0
        self._socket = socket.create_server(
            ("::1" if family == socket.AF_INET6 else "127.0.0.1", 0), family=family
        )
        host, port = self._socket.getsockname()[:2]
        self.url = f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
        threading.Thread(target=self._accept, daemon=True).start()

    @staticmethod
    def whole(body: bytes = b'{"id": 1}', status: str = "200 OK", *lines: str) -> bytes:
        """Return the bytes of a whole answer."""
        head = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", *lines, "", ""]
        return "\r\n".join(head).encode() + body

    def close(self) -> None:
        self._socket.close()

    def heads(self, name: str) -> list[str]:
        """Return what each request said in one header; empty where it said nothing."""
        wanted = f"{name.lower()}:".encode()
        found = []
        for request in self.requests:
            lines = request.split(b"\r\n\r\n")[0].split(b"\r\n")
            said = [line for line in lines if line.lower().startswith(wanted)]
            found.append(said[0].partition(b":")[2].strip().decode() if said else "")
        return found

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                connection, _ = self._socket.accept()
                self.connections += 1
                threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        with contextlib.suppress(OSError), connection:
            while request := _request(connection):
                self.requests.append(request)
                answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
                for part in answer if isinstance(answer, tuple) else (answer,):
                    if part == "close":
                        connection.shutdown(socket.SHUT_RDWR)
                        return
                    connection.sendall(part)


def _request(connection: socket.socket) -> bytes:
    content = b""
    while b"\r\n\r\n" not in content:
        more = connection.recv(65536)
        if not more:
            return b""
        content += more
    head, _, body = content.partition(b"\r\n\r\n")
    told = [line for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:")]
    length = int(told[0].split(b":")[1]) if told else 0
    while len(body) < length:
        body += connection.recv(65536)
    return content
