"""`Loopback`: where a person's browser comes back to this program (RFC 8252, 7.3)."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

from scraper.errors import ConfigError
from scraper.request import is_http

ADDRESS, PATH = "127.0.0.1", "/callback"
PATIENCE = 10.0
"""Seconds that a connection may take to say what it wants."""

_PAGE = """<!doctype html>
<html lang="en"><meta charset="utf-8"><title>{title}</title>
<body style="font-family: sans-serif; margin: 4em"><h1>{title}</h1><p>{text}</p></body></html>
"""
_DONE = _PAGE.format(title="Thank you", text="The program goes on. This window may be closed.")
_OTHER = _PAGE.format(title="Nothing here", text="This is not what the program waits for.")


class Loopback(ThreadingHTTPServer):
    """Waits on this machine alone for the one address that a provider sends the browser to."""

    daemon_threads = True
    allow_reuse_address = False

    def __init__(self, host: str, port: int, path: str) -> None:
        try:
            super().__init__((ADDRESS, port), _Handler)
        except OSError as error:
            raise ConfigError(
                f"Nothing can listen at {ADDRESS}:{port} ({error.strerror}); give another redirect_uri, or "
                "none."
            ) from error
        self.redirect_uri = f"http://{host}:{self.server_address[1]}{path}"
        self.is_answer: Callable[[str], bool] = lambda url: False
        self.answers: queue.Queue[str] = queue.Queue()

    def wait(self, seconds: float) -> str | None:
        """Return the address that came with the answer; ``None`` where none came in time."""
        try:
            return self.answers.get(timeout=seconds)
        except queue.Empty:
            return None

    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing where a browser has gone."""


class _Handler(BaseHTTPRequestHandler):
    server: Loopback
    timeout = PATIENCE

    def do_GET(self) -> None:
        parts, home = urlsplit(self.path), urlsplit(self.server.redirect_uri)
        url = f"{home.scheme}://{home.netloc}{parts.path}{'?' if parts.query else ''}{parts.query}"
        is_answer = self.server.is_answer(url)
        if is_answer:
            self.server.answers.put(url)
        page = (_DONE if is_answer else _OTHER).encode()
        self.send_response(200 if is_answer else 404)
        for name, value in (
            ("Content-Type", "text/html; charset=utf-8"),
            ("Content-Length", str(len(page))),
            ("Cache-Control", "no-store"),
            ("Referrer-Policy", "no-referrer"),
            ("Connection", "close"),
        ):
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(page)

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing: the address has the code."""


def is_here(redirect_uri: str) -> bool:
    """Whether a browser on this machine that is sent to `redirect_uri` comes to a `Loopback`."""
    if not is_http(redirect_uri):
        return False
    parts = urlsplit(redirect_uri)
    return parts.scheme == "http" and parts.hostname in (ADDRESS, "localhost")


@contextmanager
def listening(redirect_uri: str) -> Iterator[Loopback]:
    """Listen while the block runs, at the port of `redirect_uri` or, without one, at any."""
    parts = urlsplit(redirect_uri or f"http://{ADDRESS}{PATH}")
    server = Loopback(parts.hostname or ADDRESS, parts.port or 0, parts.path)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.1}, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
