"""Small real servers on loopback for tests of single exchanges, and names that lead to them."""

from __future__ import annotations

import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass(frozen=True)
class Asked:
    """What a server was asked."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes
    certificate: str | None = None
    """The serial number of the client's certificate, in hexadecimal digits."""

    @property
    def target(self) -> tuple[str, str]:
        """The method and the path."""
        return self.method, self.path


@dataclass
class Reply:
    """What a server answers; `chunks` are sent one by one, for bodies that come in their own time."""

    status: int = 200
    headers: list[tuple[str, str]] = field(default_factory=list)
    body: bytes = b""
    chunks: Iterator[bytes] | None = None
    pause: float = 0
    """Seconds between two headers."""


Answer = Callable[[Asked], Reply]


class Server(ThreadingHTTPServer):
    """A server that answers by a function and remembers what it was asked."""

    daemon_threads = True

    def __init__(
        self, answer: Answer, host: str = "127.0.0.1", context: ssl.SSLContext | None = None
    ) -> None:
        self.asked: list[Asked] = []
        self.answer, self.connections, self._open = answer, 0, set[socket.socket]()
        super().__init__((host, 0), Handler)
        if context is not None:
            self.socket = context.wrap_socket(self.socket, server_side=True)
        self.scheme = "http" if context is None else "https"

    @property
    def port(self) -> int:
        """The port it listens at."""
        return int(self.server_address[1])

    def url(self, path: str = "/", host: str | None = None) -> str:
        """Return an address of this server, by another name of it if wanted."""
        return f"{self.scheme}://{host or self.server_address[0]}:{self.port}{path}"

    def get_request(self) -> Any:
        """Accept a connection."""
        accepted = super().get_request()
        self.connections += 1
        self._open.add(accepted[0])
        return accepted

    def shutdown_request(self, request: Any) -> None:
        """Close a connection."""
        self._open.discard(request)
        super().shutdown_request(request)

    def close(self) -> None:
        """Stop, and cut what is still open."""
        self.shutdown()
        self.server_close()
        for connection in list(self._open):
            connection.close()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing where a client has gone."""


class Handler(BaseHTTPRequestHandler):
    """Answers as the server's function says."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: Server

    def __getattr__(self, name: str) -> Any:
        if name.startswith("do_"):
            return self._do
        raise AttributeError(name)

    def _do(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        peer = self.connection.getpeercert() if isinstance(self.connection, ssl.SSLSocket) else None
        asked = Asked(self.command, self.path, dict(self.headers), body, (peer or {}).get("serialNumber"))
        self.server.asked.append(asked)
        reply = self.server.answer(asked)
        self.send_response(reply.status)
        for name, value in reply.headers:
            self.send_header(name, value)
            self._rest(reply.pause)
        if reply.chunks is None:
            self.send_header("Content-Length", str(len(reply.body)))
        else:
            self.send_header("Connection", "close")
        self.end_headers()
        for chunk in [] if self.command == "HEAD" else reply.chunks or [reply.body]:
            self.wfile.write(chunk)
            self.wfile.flush()

    def _rest(self, seconds: float) -> None:
        if seconds:
            self.flush_headers()
            time.sleep(seconds)

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing."""


@contextmanager
def serving(answer: Answer, **options: Any) -> Iterator[Server]:
    """Run a server while the block runs."""
    server = Server(answer, **options)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.close()
        thread.join()


def redirect(target: str, status: int = 302, **headers: str) -> Reply:
    """Return an answer that leads elsewhere."""
    return Reply(status, [("Location", target), *headers.items()])


@contextmanager
def names(monkeypatch: Any, **addresses: str) -> Iterator[None]:
    """Let host names lead to loopback addresses, as a resolver would: ``shop_test="127.0.0.1"``."""
    real = socket.getaddrinfo
    known = {name.replace("_", "."): address for name, address in addresses.items()}

    def look_up(host: Any, *args: Any, **kwargs: Any) -> Any:
        return real(known.get(host, host), *args, **kwargs)

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    yield
