"""`Looker`: fetches the few pages from which a spider is proposed, each once, as robots.txt allows."""

from __future__ import annotations

import time

from scraper.errors import FetchError
from scraper.request import Request, is_loopback
from scraper.response import Response
from scraper.robots import Robots
from scraper.spider import Spider

PAUSE = 0.25
"""Seconds between two pages of a site that is not on this machine."""


class Looker:
    """Looks at pages as a signed-in spider would."""

    def __init__(self, spider: Spider) -> None:
        self.spider, self.session = spider, spider.session
        self.pages: dict[str, Response] = {}
        self._robots = Robots(str(self.session.headers["User-Agent"]))

    def __call__(self, url: str) -> Response:
        """Return the page at an address, fetched once; one that cannot be had is empty."""
        if url not in self.pages:
            self.pages[url] = self._fetch(url)
        return self.pages[url]

    def allows(self, url: str) -> bool:
        """Whether robots.txt allows an address."""
        if (address := self._robots.needs(url)) is not None:
            self._learn(address)
        return self._robots.allows(url)

    def _learn(self, address: str) -> None:
        try:
            answer = self.session.exchange(Request(address))
        except FetchError:
            self._robots.learn(address, status=None)
        else:
            self._robots.learn(address, status=answer.status, body=answer.content, final_url=answer.url)

    def _fetch(self, url: str) -> Response:
        nothing = Response(url, status=0, headers={"Content-Type": "text/html"})
        if not (self.spider.allows(url) and self.allows(url)):
            return nothing
        if not is_loopback(url) and self.pages:
            time.sleep(PAUSE)
        try:
            return fetched(self.spider, url)
        except FetchError:
            return nothing


def fetched(spider: Spider, url: str, callback: str | None = None) -> Response:
    """Return a page as a crawl sees it; where the session has ended meanwhile, sign in and ask again."""
    session, request = spider.session, Request(url, callback=callback, render=spider.render)
    page = session.fetch(request)
    if page.auth == "anonymous" and session.login is not None and session.renew(after=page.epoch):
        page = session.fetch(request)
    page.allows, page.is_safe = spider.allows, spider.is_safe
    return page
