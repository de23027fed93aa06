"""`Bench`: what a shell holds: a session that is signed in, a page, and what to try on it."""

from __future__ import annotations

import sys
from typing import Any

from rich.console import Console

from scraper.cli.asking import ask_person
from scraper.cli.looking import fetched
from scraper.cli.trying import try_item
from scraper.errors import ConfigError, FetchError
from scraper.redact import redact_url
from scraper.request import join
from scraper.response import Response
from scraper.spider import Spider, several


class Bench:
    """The names of a shell, and what they do."""

    def __init__(self, spider: Spider, console: Console) -> None:
        self.spider, self.session, self.console = spider, spider.session, console
        self.shown = Console(soft_wrap=False)
        self.names: dict[str, Any] = {
            **{cls.__name__: cls for cls in _classes(spider)},
            "spider": spider,
            "session": self.session,
            "response": None,
            "fetch": self.fetch,
            "items": self.items,
            "try_item": self.try_item,
        }

    def sign_in(self) -> None:
        """Sign in, if the spider does; raises `LoginError`."""
        if self.session.login is not None:
            self.session.ask = ask_person if sys.stdin.isatty() else None
            self.session.sign_in()

    def start(self, url: str | None) -> None:
        """Fetch the page to begin with: the one that was named, or the spider's first."""
        first = next((request.url for request in self.spider.start_requests()), None)
        if url is None and first is None:
            return
        try:
            self.fetch(url or first or "")
        except FetchError as error:
            self.console.print(f"{error}", markup=False, highlight=False)

    def fetch(self, url: str) -> Response:
        """Fetch a page as the session sees it; it becomes `response`. `url` may be relative to the last."""
        last = self.names["response"]
        base = last.base_url if last is not None else self.session.base_url or ""
        page = fetched(self.spider, join(base, url))
        self.names["response"] = page
        return page

    def items(self, cls: Any = None) -> list[Any]:
        """Return the items of `response`, of the spider's class or of another."""
        classes = _classes(self.spider) if cls is None else [cls]
        return [item for one in classes for item in self._page().items(one)]

    def try_item(self, what: Any = None) -> None:
        """Show what a class, or a CSS selector, finds in `response`; without one, the spider's classes."""
        for one in _classes(self.spider) if what is None else [what]:
            try_item(self._page(), one, self.shown)

    def _page(self) -> Response:
        page = self.names["response"]
        if not isinstance(page, Response):
            raise ConfigError("There is no page yet: fetch(url) gets one.")
        return page

    def banner(self) -> str:
        """Say what there is."""
        page, session = self.names["response"], self.session
        who = f"signed in as {session.account or 'a member'}" if session.epoch else "signed in nowhere"
        classes = [cls.__name__ for cls in _classes(self.spider)]
        shown = f"{page.status} {redact_url(page.url)} ({page.auth})" if page is not None else "none yet"
        lines = [
            f"The spider {self.spider.name}, {who}.",
            "  fetch(url)      fetches a page, which becomes response",
            f"  response        {shown}",
            f"  try_item(x)     shows what {' or '.join(classes) or 'a class'} or a CSS selector finds in it",
            "  items()         the items of it",
            "  session         the session: session.get(url)",
            "  spider          the spider; Ctrl-D ends",
        ]
        return "\n".join(lines)


def _classes(spider: Spider) -> list[Any]:
    """Return the classes of the items of a spider."""
    return list(several(spider.item))
