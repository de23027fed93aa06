"""The HTTP server: werkzeug's, with connections that stay open, are counted, and can all be closed."""

import errno
import io
import socket
import sys
from collections.abc import Callable
from contextlib import suppress
from threading import Lock, Thread, current_thread
from typing import TYPE_CHECKING, Any

from werkzeug.serving import ThreadedWSGIServer, WSGIRequestHandler
from werkzeug.test import run_wsgi_app

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

LONGEST_BODY = 1024 * 1024


class KeepAliveHandler(WSGIRequestHandler):
    """Answers one request after another on a connection; werkzeug's own closes it after the first."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: "SiteServer"

    def run_wsgi(self) -> None:
        """Read the whole request, run the application, and send the whole answer at once."""
        body = self.read_body()
        if body is None:
            return
        self.environ = self.make_environ()
        self.environ["wsgi.input"] = io.BytesIO(body)
        chunks, status, headers = run_wsgi_app(self.server.app, self.environ, buffered=True)
        self.send(status, list(headers), b"".join(chunks))

    def read_body(self) -> bytes | None:
        """Return the body, read to its end so that the next request begins where it should.

        Without a length that can be trusted, answer at once, close the connection and return None.
        """
        length = self.headers.get("Content-Length", "0")
        if "Transfer-Encoding" in self.headers:
            self.send_error(411, "Length Required")
        elif not (length.isascii() and length.isdigit()):
            self.send_error(400, "Bad Content-Length")
        elif int(length) > LONGEST_BODY:
            self.send_error(413, "Content Too Large")
        else:
            return self.rfile.read(int(length))
        return None

    def send(self, status: str, headers: list[tuple[str, str]], body: bytes) -> None:
        """Send an answer in one piece."""
        self.log_request(status.partition(" ")[0], len(body))
        connection = "close" if self.close_connection else "keep-alive"
        headers += [("Date", self.date_time_string()), ("Connection", connection)]
        head = "".join(f"{name}: {value}\r\n" for name, value in headers)
        self.wfile.write(f"{self.protocol_version} {status}\r\n{head}\r\n".encode("latin-1") + body)

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Write a line to standard error, if the server was asked to."""
        if self.server.log_requests:
            print(f"{self.client_address[0]} {self.requestline!r} {code} {size}", file=sys.stderr)

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing about requests that cannot be read; their senders are told."""

    log_error = log_message


class SiteServer(ThreadedWSGIServer):
    """One thread a connection, all of them ended by `stop()`."""

    def __init__(
        self,
        listening: socket.socket,
        app: "WSGIApplication",
        *,
        opened: Callable[[], None],
        log_requests: bool = False,
    ) -> None:
        """Serve what comes to a listening socket, calling `opened` for each connection."""
        host, port = listening.getsockname()
        super().__init__(host, port, app, KeepAliveHandler, fd=listening.fileno())
        self.log_requests = log_requests
        self._opened = opened
        self._lock = Lock()
        self._connections: dict[Thread, socket.socket] = {}
        self._loop = Thread(target=self.serve_forever, args=(0.05,), daemon=True)

    def start(self) -> None:
        """Begin to accept connections."""
        self._loop.start()

    def stop(self) -> None:
        """Close everything, and return when no thread of the server is left."""
        with suppress(OSError):
            self.socket.shutdown(socket.SHUT_RDWR)  # wakes the loop, where the system allows it
        self.shutdown()
        self._loop.join()
        with self._lock:
            open_connections = list(self._connections.items())
        for thread, connection in open_connections:
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
            thread.join()

    def process_request(self, request: Any, client_address: Any) -> None:
        """Serve a new connection in a thread of its own."""
        thread = Thread(target=self.process_request_thread, args=(request, client_address), daemon=True)
        with self._lock:
            self._connections[thread] = request
        self._opened()
        thread.start()

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        """Serve a connection until it ends, and forget it."""
        try:
            super().process_request_thread(request, client_address)
        finally:
            with self._lock:
                del self._connections[current_thread()]


def listen(host: str, port: int, *, or_any_port: bool) -> socket.socket:
    """Return a socket that listens at a port, or at any free one if that is busy and we may."""
    try:
        return socket.create_server((host, port), backlog=128)
    except OSError as error:
        if error.errno != errno.EADDRINUSE:
            raise
        if or_any_port:
            return socket.create_server((host, 0), backlog=128)
        sentence = f"Port {port} of {host} is in use; stop what listens there, or choose another, 0 for any."
        raise OSError(error.errno, sentence) from error
