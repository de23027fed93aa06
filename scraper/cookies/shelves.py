"""Where cookies lie: by domain, path and name, under one lock and within a browser's limits."""

from __future__ import annotations

import copy
import itertools
import threading
import time
from collections.abc import Callable, Iterator
from typing import Self

from requests.cookies import RequestsCookieJar

from scraper.cookies.cookie import BrowserCookie
from scraper.redact import register

PER_DOMAIN = 180
IN_ALL = 3000

Shelf = dict[str, BrowserCookie]
_stamps = itertools.count()


class Shelves(RequestsCookieJar):
    """A jar of requests whose methods are safe to call from many threads.

    Iterating goes over the cookies of one moment, the oldest first; an expired one is never seen. `clock`
    gives the seconds since 1970.
    """

    _cookies: dict[str, dict[str, Shelf]]
    _cookies_lock: threading.RLock

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        super().__init__()
        self.clock = clock
        self._ticks = 0
        self.stamp = next(_stamps)

    stamp: int
    """A number that is another one, in any jar, once a cookie has changed."""

    def __iter__(self) -> Iterator[BrowserCookie]:  # type: ignore[override]
        with self._cookies_lock:
            now = self.clock()
            return iter([cookie for cookie in self._all() if not cookie.is_expired(now)])

    def __delitem__(self, name: str) -> None:
        with self._cookies_lock:
            super().__delitem__(name)

    def clear(self, domain: str | None = None, path: str | None = None, name: str | None = None) -> None:
        """Remove all cookies, or those of a domain, of a path in it, or of a name at that path."""
        with self._cookies_lock:
            self.stamp = next(_stamps)
            super().clear(domain, path, name)

    def clear_expired_cookies(self) -> None:
        """Remove what has expired; it is never sent or seen in any case."""
        with self._cookies_lock:
            now = self.clock()
            for cookie in self._all():
                if cookie.is_expired(now):
                    self._drop(cookie)

    def __repr__(self) -> str:
        return f"<CookieJar {', '.join(f'{c.name} ({c.domain})' for c in self) or 'empty'}>"

    __str__ = __repr__

    # From here on, the lock is held by who calls.

    def _tick(self) -> int:
        """Return a number that is later than all before; ages of cookies are counted in them."""
        self._ticks += 1
        return self._ticks

    def _put(self, cookie: BrowserCookie) -> BrowserCookie:
        """Put a cookie in the place of the one it replaces; an expired one only takes that away."""
        register(cookie.value or "", lasting=False, holder=cookie)
        now, shelf = self.clock(), self._shelf(cookie)
        old = shelf.get(cookie.name)
        if old is None or not cookie.says_the_same(old):
            self.stamp = next(_stamps)
        shelf[cookie.name] = cookie
        cookie.created = cookie.used = self._tick()
        if cookie.is_expired(now):
            self._drop(cookie)
        elif old and not old.is_expired(now):
            cookie.created = old.created
        else:
            self._make_room(cookie.domain.removeprefix("."))
        return cookie

    def _make_room(self, domain: str) -> None:
        """Evict a cookie where there are too many: expired first, then not Secure, then longest unused."""
        shared = [*self._all(domain), *self._all(f".{domain}")]
        if len(shared) > PER_DOMAIN:
            self._drop(min(shared, key=self._worth))
        if sum(len(shelf) for paths in self._cookies.values() for shelf in paths.values()) > IN_ALL:
            self._drop(min(self._all(), key=self._worth))

    def _worth(self, cookie: BrowserCookie) -> tuple[bool, bool, int]:
        return not cookie.is_expired(self.clock()), cookie.secure, cookie.used

    def _all(self, domain: str | None = None) -> list[BrowserCookie]:
        """Return the cookies of a domain, or of all, the oldest first; also expired ones."""
        domains = self._cookies.values() if domain is None else [self._cookies.get(domain, {})]
        cookies = [cookie for paths in domains for shelf in paths.values() for cookie in shelf.values()]
        cookies.sort(key=lambda cookie: cookie.created)
        return cookies

    def _shelf(self, cookie: BrowserCookie) -> Shelf:
        return self._cookies.setdefault(cookie.domain, {}).setdefault(cookie.path, {})

    def _drop(self, cookie: BrowserCookie) -> None:
        self.stamp = next(_stamps)
        paths = self._cookies[cookie.domain]
        del paths[cookie.path][cookie.name]
        if not paths[cookie.path]:
            del paths[cookie.path]
        if not paths:
            del self._cookies[cookie.domain]

    def _copy_into(self, jar: Self) -> Self:
        jar._ticks = self._ticks
        for cookie in self._all():
            jar._shelf(cookie)[cookie.name] = copy.copy(cookie)
        return jar
