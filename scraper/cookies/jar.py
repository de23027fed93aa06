"""`CookieJar`: the cookies of a session, kept and sent as RFC 6265bis says."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterable, Mapping
from http.cookiejar import Cookie, CookiePolicy
from http.cookiejar import CookieJar as PlainJar
from http.cookies import Morsel
from typing import Any
from urllib.parse import urlsplit

from scraper.cookies import netscape, policy, state
from scraper.cookies.cookie import BrowserCookie, for_header
from scraper.cookies.parse import SetCookie, parse_set_cookie
from scraper.cookies.rules import (
    Place,
    default_path,
    domain_for,
    flaw,
    overlays,
    path_matches,
    place_of,
    place_to_seed,
)
from scraper.cookies.shelves import Shelves
from scraper.errors import ConfigError

log = logging.getLogger(__name__)


class CookieJar(Shelves):
    """The cookies of a session, kept and sent as a browser does on top-level navigation.

    It serves wherever requests takes a jar. Addresses are absolute, as they go out. A cookie that is put in
    without a domain belongs to the origin of `home`: to its host alone, and over https alone where `home` is
    https. `clock` gives the seconds since 1970.

    Every method is safe to call from many threads. Iterating goes over the cookies of one moment, the oldest
    first; an expired one is never seen.
    """

    def __init__(self, home: str | None = None, *, clock: Callable[[], float] = time.time) -> None:
        super().__init__(clock)
        self.home, self.generation = home, 0
        self._strict: CookiePolicy | None = None

    home: str | None
    """The address that cookies without a domain belong to."""
    generation: int
    """Which session these cookies are of; see `new_generation`."""

    # What a site says, and what it is told

    def store(self, url: str, set_cookie_headers: Iterable[str], *, generation: int | None = None) -> None:
        """Keep what the ``Set-Cookie`` headers of an answer from `url` say, as far as a browser would.

        An answer of an older `generation` than the jar's changes nothing.
        """
        with self._cookies_lock:
            if generation is not None and generation < self.generation:
                return
            place, now = place_of(url), self.clock()
            for header in set_cookie_headers:
                said = parse_set_cookie(header, now)
                cookie = _cookie(said, place) if said else None
                if cookie and self._is_welcome(cookie, place, url):
                    self._put(cookie)

    def header_for(self, url: str) -> str | None:
        """Return the ``Cookie`` header for a request to `url`, or ``None`` where no cookie goes there."""
        with self._cookies_lock:
            cookies = self.cookies_for(url)
            for cookie in cookies:
                cookie.used = self._tick()
        return "; ".join([f"{c.name}={c.value}" if c.name else c.value for c in cookies]) or None

    def cookies_for(self, url: str) -> list[BrowserCookie]:
        """Return the cookies that go to `url` in the order of the header: long paths first, then old ones."""
        place = place_of(url)
        with self._cookies_lock:
            now = self.clock()
            found = [
                cookie
                for domain in place.domains
                if domain in self._cookies
                for path, shelf in self._cookies[domain].items()
                if path_matches(place.path, path)
                for cookie in shelf.values()
                if (place.is_secure or not cookie.secure) and not cookie.is_expired(now)
            ]
        found.sort(key=_rank)
        return found if self._strict is None else policy.sendable(self._strict, found, url, now)

    def new_generation(self) -> int:
        """Begin a new session: answers to requests of the old ones no longer change the jar."""
        with self._cookies_lock:
            self.generation += 1
            return self.generation

    # How requests asks for it

    def extract_cookies(self, response: Any, request: Any) -> None:
        """Keep the cookies of an answer; both arguments are requests' stand-ins for those of urllib.

        The generation is the attribute ``_generation`` of the prepared request, where it has one.
        """
        headers = response.info().get_all("Set-Cookie") or ()
        generation = getattr(getattr(request, "_r", None), "_generation", None)
        self.store(request.get_full_url(), headers, generation=generation)

    def add_cookie_header(self, request: Any) -> None:
        """Add the ``Cookie`` header to requests' stand-in for urllib's request, unless it has one."""
        if not request.has_header("Cookie") and (header := self.header_for(request.get_full_url())):
            request.add_unredirected_header("Cookie", header)

    def set_policy(self, policy: CookiePolicy) -> None:
        """Ask a policy of ``http.cookiejar`` too before a cookie of a site is kept or sent."""
        super().set_policy(policy)
        self._strict = policy

    # What a user puts in

    def seed(
        self,
        url: str,
        name: str,
        value: str,
        *,
        domain: str | None = None,
        path: str = "/",
        expires: float | None = None,
        secure: bool | None = None,
        http_only: bool = False,
        same_site: str | None = None,
    ) -> BrowserCookie:
        """Put in a cookie that belongs to the origin of `url`, and return it.

        It goes to that host alone, unless `domain` is that of a site above with a leading dot, and over https
        alone where `url` is https, unless `secure` says otherwise. `expires` is in seconds since 1970. Raises
        `ConfigError` where a browser would refuse the cookie.
        """
        place = place_to_seed(url)
        domain = (domain or place.host).lower()
        if domain not in place.domains:
            raise ConfigError(f"A cookie of {place.host} cannot have the domain {domain!r}.")
        return self._put_in(
            BrowserCookie(
                for_header(name),
                for_header(value),
                domain=domain,
                path=path,
                expires=expires,
                secure=_is_https(url) if secure is None else secure,
                http_only=http_only,
                same_site=same_site,
            )
        )

    def set(self, name: str, value: str | Morsel[dict[str, str]] | None, **kwargs: Any) -> Cookie | None:
        """Put in a cookie as ``RequestsCookieJar.set`` does; without `domain` it belongs to `home`.

        A `domain` with a leading dot goes to subdomains too, one without does not. Raises `ConfigError`
        where a browser would refuse the cookie.
        """
        with self._cookies_lock:
            return super().set(name, value, **({"rest": {}} | kwargs))  # type: ignore[arg-type]

    def set_cookie(self, cookie: Cookie, *args: Any, **kwargs: Any) -> None:
        """Put in a copy of a cookie. Raises `ConfigError` where a browser would refuse it."""
        self._put_in(BrowserCookie.of(cookie))

    def update(self, other: PlainJar | Mapping[str, str]) -> None:  # type: ignore[override]
        """Put in the cookies of another jar, but for those a browser would refuse, or of a mapping."""
        if isinstance(other, PlainJar):
            self._put_in_all([BrowserCookie.of(cookie) for cookie in other])
        else:
            with self._cookies_lock:
                super().update(other)

    def copy(self) -> CookieJar:
        """Return a jar with copies of the cookies and the same settings."""
        jar = CookieJar(self.home, clock=self.clock)
        with self._cookies_lock:
            jar.generation, jar._strict = self.generation, self._strict
            return self._copy_into(jar)

    # What is saved

    def to_state(self) -> list[dict[str, Any]]:
        """Return the cookies as the ``cookies`` of Playwright's ``storage_state``.

        ``sameSite`` is left out where the site did not say; Playwright takes that too.
        """
        return [state.entry(cookie) for cookie in self]

    def restore_state(self, cookies: Iterable[Mapping[str, Any]]) -> None:
        """Hold exactly the cookies of a saved state, but for those a browser would refuse.

        Raises `ConfigError` where the state is malformed; then the jar is as it was.
        """
        restored = [state.cookie(number, entry) for number, entry in enumerate(cookies, 1)]
        with self._cookies_lock:
            self.clear()
            self._put_in_all(restored)

    def merge_state(
        self, new: Iterable[Mapping[str, Any]], gone: Iterable[tuple[str, str, str]] = ()
    ) -> None:
        """Put in the cookies of entries of a state; take away those named by domain, path and name."""
        cookies = [state.cookie(number, entry) for number, entry in enumerate(new, 1)]
        with self._cookies_lock:
            for domain, path, name in gone:
                if name in self._cookies.get(domain, {}).get(path, {}):
                    self.clear(domain, path, name)
            self._put_in_all(cookies)

    def to_netscape(self) -> str:
        """Return the cookies as the text of a ``cookies.txt``; the format has no place for SameSite."""
        return netscape.dump([*self])

    def load_netscape(self, text: str) -> None:
        """Put in the cookies of a ``cookies.txt``, but for those a browser would refuse.

        Raises `ConfigError` with the number of the first malformed line; then nothing is put in.
        """
        self._put_in_all(netscape.parse(text))

    # Who gets in

    def _is_welcome(self, cookie: BrowserCookie, place: Place, url: str) -> bool:
        """Whether a browser keeps this cookie from this place (5.7)."""
        if flaw(cookie) or (cookie.secure and not place.is_secure):
            return False
        if not cookie.secure and not place.is_secure and any(overlays(cookie, old) for old in self):
            return False
        return self._strict is None or policy.keeps(self._strict, cookie, url)

    def _put_in(self, cookie: BrowserCookie) -> BrowserCookie:
        cookie = self._at_home(cookie)
        if reason := flaw(cookie):
            raise ConfigError(f"No browser would keep the cookie {cookie.name!r}: {reason}.")
        with self._cookies_lock:
            return self._put(cookie)

    def _put_in_all(self, cookies: Iterable[BrowserCookie]) -> None:
        for cookie in [*map(self._at_home, cookies)]:
            if reason := flaw(cookie):
                log.info("Left out %r, which no browser would keep: %s", cookie, reason)
            else:
                with self._cookies_lock:
                    self._put(cookie)

    def _at_home(self, cookie: BrowserCookie) -> BrowserCookie:
        """Bind a cookie without a domain to `home`."""
        if cookie.domain:
            return cookie
        if not self.home:
            raise ConfigError(
                f"The cookie {cookie.name!r} has no domain, and there is no base_url to take one from; say "
                f"where it belongs: cookies.set({cookie.name!r}, ..., domain='shop.example')."
            )
        cookie.domain = place_to_seed(self.home).host
        cookie.secure = cookie.secure or _is_https(self.home)
        return cookie


def _cookie(said: SetCookie, place: Place) -> BrowserCookie | None:
    """Return the cookie that a ``Set-Cookie`` from `place` means, ``None`` where its domain is foreign."""
    domain = domain_for(place, said.domain)
    if domain is None:
        return None
    return BrowserCookie(
        said.name,
        said.value,
        domain=domain,
        path=said.path or default_path(place.path),
        path_specified=said.path is not None,
        expires=said.expires,
        secure=said.secure,
        http_only=said.http_only,
        same_site=said.same_site,
    )


def _rank(cookie: BrowserCookie) -> tuple[int, int]:
    return -len(cookie.path), cookie.created


def _is_https(url: str) -> bool:
    return urlsplit(url).scheme == "https"
