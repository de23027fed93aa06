"""`Renderer`: fetches pages in a browser that shares the cookies of a session."""

from __future__ import annotations

import asyncio
import ipaddress
import threading
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import suppress
from itertools import starmap
from typing import TYPE_CHECKING, Any

import requests

from scraper.browser.browser import Browser
from scraper.browser.cookies import Entry, changes
from scraper.browser.faults import Broken
from scraper.browser.guard import Guard, Outgoing, belongings
from scraper.browser.setup import Setup
from scraper.browser.tab import Tab
from scraper.errors import TooLarge
from scraper.redact import redact_url
from scraper.request import Request, host_of, is_http, is_loopback
from scraper.response import Response
from scraper.selector import compile_css
from scraper.verdict import SIGNED_OUT_STATUSES

if TYPE_CHECKING:
    from scraper.session import Session

SETTLE = 8.0
"""Seconds that the scripts of a page may go on before it is taken as it is."""

WAIT = 30.0
"""Seconds within which what is waited for has to show."""

_NOT_LOADED = frozenset(("Image", "Font", "Media", "TextTrack", "Prefetch", "Ping"))


class Answer(requests.Response):
    """A rendered page as the policy of retries looks at answers.

    `missed` says what did not show, and `is_doubtful` that scripts of the page were answered as a stranger's,
    so that the session may have ended under it.
    """

    def __init__(self, page: Response, *, missed: str = "", is_doubtful: bool = False) -> None:
        super().__init__()
        self.page, self.missed, self.is_doubtful = page, missed, is_doubtful or bool(missed)
        self.status_code = page.status
        self.headers.update(page.headers)


class Renderer:
    """Opens pages in one browser, which starts with the first of them. Any thread may ask."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._lock = threading.Lock()
        self._open: _Open | None = None

    def answer(self, request: Request) -> Answer:
        """Open the page of a request, and return it as its scripts have made it.

        What no browser shows, such as a file, is fetched without one. Raises `FetchError`.
        """
        started = time.monotonic()
        seconds = self._session.timeout.total
        rendering = self._opened(request)
        try:
            answer = rendering.browser.run(rendering.fetch(request, seconds), request.url, seconds)
        except Broken:
            self._let_go_of(rendering)
            raise
        if answer is None:
            return Answer(self._session.exchange(request, waits=False))
        page = answer.page
        if len(page.content) > self._session.max_body:
            raise TooLarge(
                f"{redact_url(page.url)} is more than {self._session.max_body} bytes once its scripts have "
                "run; raise max_body to take it."
            )
        page.elapsed = time.monotonic() - started
        return answer

    def _opened(self, request: Request) -> _Open:
        with self._lock:
            if self._open is None:
                self._open = _Open(self._session, request.url)
            return self._open

    def _let_go_of(self, rendering: _Open) -> None:
        """Start anew the next time where the browser itself has broken off."""
        with self._lock:
            if self._open is rendering and not rendering.browser.is_alive:
                self._open = None
                rendering.browser.close()

    def close(self) -> None:
        """End the browser, if there is one."""
        with self._lock:
            rendering, self._open = self._open, None
        if rendering is not None:
            rendering.browser.close()


class _Open:
    """A browser that is open for a session, and what it was told of the session's cookies."""

    def __init__(self, session: Session, url: str) -> None:
        self.session = session
        self.guard = _Sparing(session)
        agent = session.tokens.get("user_agent")
        self.browser = Browser(Setup.of(session, url, user_agent=agent), self.guard)
        self._turn = asyncio.Lock()
        self._generation = -1
        self._told: Sequence[Entry] = []
        self._has: Sequence[Entry] = []

    async def fetch(self, request: Request, seconds: float) -> Answer | None:
        """Open a page in a tab of its own; ``None`` where it is no page but a file."""
        async with self._turn:
            generation = await self._tell()
            tab = await self.browser.tab()
        self.guard.begin(request)
        try:
            referer = next((v for name, v in request.headers.items() if name.lower() == "referer"), None)
            if not await tab.open(request.url, referer):
                return None
            return await self._shown(tab, request, time.monotonic() + min(WAIT, seconds / 2))
        finally:
            self.guard.end(request)
            with suppress(Exception):
                for one in tab.opened:
                    await one.close()
                async with self._turn:
                    await self._hear(generation)

    async def _shown(self, tab: Tab, request: Request, until: float) -> Answer:
        """Return the page once it has settled, and shows what is waited for."""
        while True:
            await tab.settle(min(SETTLE, max(0.5, until - time.monotonic())))
            page = await tab.rendered(request)
            is_doubtful = any(starmap(self._is_to_stranger, tab.got))
            if self._is_complete(page, request.render):
                return Answer(page, is_doubtful=is_doubtful)
            left = until - time.monotonic()
            if left <= 0 or (is_doubtful and not tab.is_busy):
                missed = f"{redact_url(page.url)} shows nothing that matches {request.render!r}."
                return Answer(page, missed=missed)
            await tab.stirs(left)

    def _is_complete(self, page: Response, wanted: bool | str) -> bool:
        """Whether there is nothing more to wait for."""
        if wanted is True or not page.ok or not page.is_html or compile_css(str(wanted))(page.tree):
            return True
        return self.session.judge(page) == "anonymous"

    def _is_to_stranger(self, status: int, url: str) -> bool:
        """Whether a script of the page was answered as a stranger's is."""
        if not self.session.is_of_site(url):
            return False
        return status in SIGNED_OUT_STATUSES or self.session.is_login_page(url)

    # Cookies, to and fro

    async def _tell(self) -> int:
        """Let the browser have the session's cookies as they are now; return whose they are."""
        jar = self.session.cookies
        generation, cookies = jar.generation, jar.to_state()
        if generation != self._generation:
            await self.browser.renew({"cookies": cookies, "origins": self.session.storage})
        else:
            new, gone = changes(self._told, cookies)
            await self.browser.give(new)
            for place in gone:
                await self.browser.take_away(place)
        self._generation, self._told = generation, cookies
        self._has = await self.browser.cookies()
        return generation

    async def _hear(self, generation: int) -> None:
        """Let the session have what the pages have changed, unless another sign-in has begun meanwhile."""
        jar, cookies = self.session.cookies, await self.browser.cookies()
        if generation == jar.generation == self._generation:
            jar.merge_state(*changes(self._has, cookies))
            self._has, self._told = cookies, jar.to_state()


class _Sparing(Guard):
    """Loads no pictures, fonts and films, and nothing from this network for a page of the internet."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._under_way: Counter[str] = Counter()
        self._headers: dict[str, Mapping[str, str]] = {}

    def begin(self, request: Request) -> None:
        """Be told that a page is opened."""
        self._under_way[request.url] += 1
        self._headers[request.url] = request.headers

    def end(self, request: Request) -> None:
        """Be told that it is closed."""
        self._under_way -= Counter([request.url])
        if not self._under_way[request.url]:
            self._headers.pop(request.url, None)

    def refuses(self, request: Outgoing) -> bool:
        """Whether a page does without this request."""
        if request.kind in _NOT_LOADED or not is_http(request.url):
            return True
        is_public = not any(map(_is_private, list(self._under_way)))
        return is_public and not self._session.allow_private_redirects and _is_private(request.url)

    def headers_for(self, request: Outgoing) -> Mapping[str, str]:
        """Return what the session adds for its own site, and what the request of the crawl says itself."""
        own: Any = self._headers.get(request.url, {}) if request.kind == "Document" else {}
        stated = {name: value for name, value in own.items() if name.lower() not in ("referer", "cookie")}
        base = self._session.base_url or ""
        is_site = self._session.is_of_site(request.url) or host_of(base) == host_of(request.url)
        return {**(belongings(self._session, request.url) if is_site else {}), **stated}


def _is_private(url: str) -> bool:
    """Whether an address is, by its number or as this machine, none of the public internet."""
    try:
        return not ipaddress.ip_address(host_of(url)).is_global
    except ValueError:
        return is_loopback(url)
