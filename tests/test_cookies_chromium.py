"""The cases of `cookie_cases`, walked through by Chromium itself: it agrees, or the case says why not.

A case is one navigation that the servers lead along by redirects, so that every request of it is of the top
level and nobody's but the browser's: SameSite does not matter there, and is not what these cases are about.
"""

from __future__ import annotations

import shutil
import ssl
import sys
import threading
from collections import deque
from collections.abc import Iterator, Sequence
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from werkzeug.serving import generate_adhoc_ssl_context

from scraper.cookies import CookieJar

from .cookie_cases import CASES, SHOP, Case, Exchange

sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
pytest.importorskip("cryptography", reason="cryptography is not installed, to make a certificate with")

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
END = "http://end.example/"

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed")


class Walk:
    """Where the servers lead the browser, and which cookies it brought to each place."""

    def __init__(self) -> None:
        self.ahead: deque[Exchange] = deque()
        self.brought: list[str] = []


class Handler(BaseHTTPRequestHandler):
    """Answers with the cookies of the walk's next step, and sends the browser on to the one after it."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def do_GET(self) -> None:
        walk = self.server.walk
        if self.headers["Host"] == "end.example" or not walk.ahead:
            self.answer(b"204 No Content")  # the browser stays where it is; a page would take it longer
            return
        _, cookies = walk.ahead.popleft()
        walk.brought.append(self.headers["Cookie"] or "")
        following = walk.ahead[0][0] if walk.ahead else END
        self.answer(b"302 Found", ("Location", following), *(("Set-Cookie", cookie) for cookie in cookies))

    def answer(self, status: bytes, *headers: tuple[str, str]) -> None:
        """Write it all as it is: http.server would refuse some of the cookies."""
        own = (("Content-Length", "0"), ("Cache-Control", "no-store"))
        lines = [f"{name}: {value}".encode("latin-1") for name, value in (*own, *headers)]
        self.wfile.write(b"\r\n".join([b"HTTP/1.1 " + status, *lines, b"", b""]))

    def log_message(self, *args: Any) -> None:
        """Be quiet."""


class Server(ThreadingHTTPServer):
    """One server for all hosts of one scheme."""

    def __init__(self, walk: Walk, tls: ssl.SSLContext | None = None) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.walk, self.tls = walk, tls
        threading.Thread(target=self.serve_forever, args=(0.01,), daemon=True).start()

    def get_request(self) -> tuple[Any, Any]:
        """Leave the handshake to the connection's own thread: a browser's spare connections make none."""
        connection, address = super().get_request()
        if self.tls is not None:
            connection = self.tls.wrap_socket(connection, server_side=True, do_handshake_on_connect=False)
        return connection, address

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A browser may hang up whenever it likes."""
        if not isinstance(sys.exception(), OSError):
            super().handle_error(request, client_address)

    def stop(self) -> None:
        self.shutdown()
        self.server_close()


class Chromium:
    """A browser for which every name leads to our two servers."""

    def __init__(self, playwright: Any, walk: Walk, http: Server, https: Server) -> None:
        self.walk = walk
        rules = f"MAP *:443 127.0.0.1:{https.server_port}, MAP * 127.0.0.1:{http.server_port}"
        self.browser = playwright.chromium.launch(
            executable_path=CHROMIUM,
            args=[
                "--no-sandbox",
                "--disable-gpu",
                "--disable-quic",
                "--no-first-run",
                "--disable-background-networking",
                "--disable-component-update",
                "--disable-sync",
                "--ignore-certificate-errors",
                f"--host-resolver-rules={rules}",
            ],
        )
        self.page = self.browser.new_page(ignore_https_errors=True)

    def cookies_sent(self, exchanges: Sequence[Exchange], urls: Sequence[str]) -> dict[str, str]:
        """Return what a browser without cookies sends to `urls` after the `exchanges`."""
        self.page.context.clear_cookies()
        return self.visit(self.page, exchanges, urls)

    def visit(self, page: Any, exchanges: Sequence[Exchange], urls: Sequence[str]) -> dict[str, str]:
        self.walk.ahead, self.walk.brought = deque([*exchanges, *((url, ()) for url in urls)]), []
        devtools = page.context.new_cdp_session(page)
        devtools.send("Page.navigate", {"url": self.walk.ahead[0][0]})  # returns at the end of the walk
        devtools.detach()
        return dict(zip(urls, self.walk.brought[len(exchanges) :], strict=True))


@pytest.fixture(scope="module")
def chromium() -> Iterator[Chromium]:
    walk = Walk()
    http, https = Server(walk), Server(walk, generate_adhoc_ssl_context())
    with sync_api.sync_playwright() as playwright:
        chromium = Chromium(playwright, walk, http, https)
        yield chromium
        chromium.browser.close()
    http.stop()
    https.stop()


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.title)
def test_chromium_sends_what_the_case_says(case: Case, chromium: Chromium):
    assert chromium.cookies_sent(case.exchanges, list(case.sent)) == {**case.sent, **case.chromium}


SAVED = (
    "host=1; Path=/a; Max-Age=1000; HttpOnly; SameSite=Strict",
    "domain=2; Domain=shop.example; Secure; SameSite=None",
    "__Host-lax=3; Secure; Path=/; SameSite=Lax",
    "unset=4",
    "nameless",
)
PLACES = (SHOP, SHOP + "a", "https://www.shop.example/", "http://shop.example/")


def test_chromium_goes_on_with_what_we_saved_and_we_with_what_it_did(chromium: Chromium):
    jar = CookieJar()
    jar.store(SHOP, SAVED)
    expected = {url: jar.header_for(url) or "" for url in PLACES}

    state = {"cookies": jar.to_state(), "origins": []}
    with chromium.browser.new_context(storage_state=state, ignore_https_errors=True) as context:
        assert chromium.visit(context.new_page(), [], PLACES) == expected
        saved = context.storage_state()["cookies"]

    jar.restore_state(saved)
    assert {url: jar.header_for(url) or "" for url in PLACES} == expected
