"""Reading pages that are kept: a spider's own callbacks, and a session that asks nobody."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NoReturn

from scraper.errors import ConfigError
from scraper.item import Reject
from scraper.record import Description, describe, encode
from scraper.redact import redact_url
from scraper.request import Request
from scraper.response import Response
from scraper.session import Session
from scraper.spider import Spider
from scraper.step import describe_error, results_of


class Offline(Session):
    """The session of a spider that reads kept pages: whatever it is asked to fetch is an error."""

    def sign_in(self, *, after: int = 0) -> int:
        """Never: a kept page needs no sign-in."""
        raise ConfigError("A kept page is read without a sign-in; parse cannot sign in here.")

    def _refuse(self, url: Any) -> NoReturn:
        raise ConfigError(
            f"parse asked for {redact_url(str(url))}, and a kept page is read without a request. Yield a "
            "Request for that page with a callback of its own, and each of the two can be read again."
        )

    def request(self, method: Any, url: Any, *args: Any, **kwargs: Any) -> NoReturn:
        """Refuse."""
        self._refuse(url)

    def send(self, request: Any, **kwargs: Any) -> NoReturn:
        """Refuse."""
        self._refuse(request.url)

    def exchange(self, request: Request, *args: Any, **kwargs: Any) -> NoReturn:
        """Refuse."""
        self._refuse(request.url)

    def fetch(self, request: Request) -> NoReturn:
        """Refuse."""
        self._refuse(request.url)

    def fetch_file(self, request: Request, *args: Any, **kwargs: Any) -> NoReturn:
        """Refuse."""
        self._refuse(request.url)


@dataclass(frozen=True, slots=True)
class Reading:
    """What a spider takes from a page: items as type and JSON, what their classes say, rejects, an error."""

    items: list[tuple[str, str]]
    described: dict[str, Description]
    rejects: list[Reject]
    error: str | None = None


def take_offline(spider: Spider) -> Spider:
    """Let a spider, which is not opened, ask nobody; return it."""
    vars(spider)["session"] = Offline(headers=spider.headers)
    return spider


def read(spider: Spider, page: Response) -> Reading:
    """Return what a spider takes from a page today. Never raises; an error is part of it."""
    page.allows, page.is_safe = spider.allows, spider.is_safe
    taken: list[Any] = []
    try:
        taken += (result for result in results_of(spider, page) if not isinstance(result, Request))
        items = list(map(encode, taken))
    except Exception as error:  # whatever the user's own parse does
        return Reading([], {}, page.rejects, describe_error(error, type(spider)))
    described = {name: Description.read(text) for name, text in describe({type(item) for item in taken})}
    return Reading(items, described, page.rejects)
