"""A site that signs connections in by NTLM, with the server's side of pyspnego: real handshakes."""

from __future__ import annotations

import ssl
import threading
from base64 import b64decode, b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

PAGE = b'<!DOCTYPE html><title>Members</title><h1 id="in">In</h1><a href="/bye">Sign out</a>'


class NtlmServer(ThreadingHTTPServer):
    """Counts: `handshakes` that came to an end, `refused` ones, and connections.

    A path in `cut` loses its connection after the first message, once; what is in `closed` is shut to all.
    """

    daemon_threads = True

    def __init__(self, context: ssl.SSLContext | None, bindings: Any) -> None:
        self.bindings = bindings
        self.handshakes = self.refused = self.connections = 0
        self.epoch = 0
        self.lock = threading.Lock()
        self.cut: set[str] = set()
        self.closed: set[str] = set()
        self.posted: list[bytes] = []
        self.seen: list[tuple[str, str | None]] = []
        super().__init__(("127.0.0.1", 0), _Handler)
        self.scheme = "http" if context is None else "https"
        if context is not None:
            self.socket = context.wrap_socket(self.socket, server_side=True)

    def url(self, path: str = "/") -> str:
        return f"{self.scheme}://127.0.0.1:{self.server_address[1]}{path}"

    def end_sessions(self) -> None:
        """Let every connection sign in again."""
        self.epoch += 1

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing where a client has gone."""


@contextmanager
def serving_ntlm(
    accounts: Path, line: str, context: ssl.SSLContext | None = None, bindings: Any = None
) -> Iterator[NtlmServer]:
    """Run a server that knows one account, ``DOMAIN:user:password``, which is written to a file.

    With `bindings`, a handshake has to be bound to the TLS connection.
    """
    accounts.write_text(f"{line}\n", encoding="utf-8")
    server = NtlmServer(context, bindings)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class _Handler(BaseHTTPRequestHandler):
    """One connection: `context` is the handshake that is under way, `is_in` in which epoch it ended."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: NtlmServer

    def setup(self) -> None:
        super().setup()
        self.context: Any = None
        self.is_in = -1
        with self.server.lock:
            self.server.connections += 1

    def do_GET(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        given = self.headers.get("Authorization")
        self.server.seen.append((self.path, given))
        if given and given.startswith("NTLM "):
            self.take(b64decode(given[5:]), body)
        elif self.is_in == self.server.epoch and self.path not in self.server.closed:
            self.answer(200, body)
        else:
            self.answer(401, b"", "NTLM")

    do_POST = do_GET

    def take(self, message: bytes, body: bytes) -> None:
        """Take a message of the handshake."""
        import spnego
        from spnego.exceptions import SpnegoError

        if self.context is None and message[8] != 1:
            self.answer(401, b"", "NTLM")
            return
        if message[8] == 1:
            self.context = spnego.server(
                protocol="ntlm",
                options=spnego.NegotiateOptions.use_ntlm,
                channel_bindings=self.server.bindings,
            )
        try:
            token = self.context.step(message)
        except SpnegoError:
            self.server.refused += 1
            self.context = None
            self.answer(401, b"", "NTLM")
            return
        if token:
            if self.path in self.server.cut:
                self.server.cut.discard(self.path)
                self.close_connection = True
            self.answer(401, b"", f"NTLM {b64encode(token).decode()}")
            return
        self.server.handshakes += 1
        self.is_in, self.context = self.server.epoch, None
        status = 401 if self.path in self.server.closed else 200
        self.answer(status, body, *(["NTLM"] if status == 401 else []))

    def answer(self, status: int, body: bytes, *challenges: str) -> None:
        if status == 200 and self.command == "POST":
            self.server.posted.append(body)
        page = PAGE if status == 200 else b"<title>401 - Unauthorized</title>"
        self.send_response(status)
        for challenge in challenges:
            self.send_header("WWW-Authenticate", challenge)
        self.send_header("Content-Type", "text/html")
        self.send_header("Content-Length", str(len(page)))
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(page)

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing."""
