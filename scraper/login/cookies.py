"""`CookieLogin`: go on with the session of a browser, in which a person has signed in."""

from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Self, Unpack

from requests.auth import AuthBase

from scraper.auth import Credentials
from scraper.cookies.browsers import Browser
from scraper.cookies.cookie import BrowserCookie
from scraper.cookies.exports import Export
from scraper.cookies.rules import flaw, place_of
from scraper.cookies.state import entry
from scraper.errors import InteractionRequired, LoginError, LoginUnverified, SecretMissing
from scraper.login.base import Login, Marks
from scraper.login.brought import Brought, Cookies
from scraper.redact import looks_secret, redact_url, register
from scraper.request import Request, is_http, origin
from scraper.response import Response

if TYPE_CHECKING:
    from scraper.session import Session

log = logging.getLogger("scraper.login")

HOUR, DAY = 3600, 24 * 3600
"""Seconds. What ends within a day may end within the crawl."""

HOSTS_NAMED = 5


class CookieLogin(Login):
    """Go on with the session of a browser: ``CookieLogin("cookies.txt")``.

    `cookies` is a file: a ``cookies.txt`` of Netscape's format, a ``storage_state`` of Playwright, or the
    JSON of a browser's extension. Or it is cookies by origin, ``{"https://shop.example": {"sid":
    env("SHOP_SID")}}``, a jar, or a callable that returns either, a `Path`, or the text of such a file. It is
    read whenever there is to be a sign-in, and never written to. Only the cookies of the site of ``base_url``
    are taken, and those of `origins`, such as that of an identity provider.

    `token` is the key in the site's local storage, which a ``storage_state`` holds too, of the token that its
    pages send as ``Authorization: Bearer``. `account` says whose session it is. Other arguments are those of
    `Login`.
    """

    def __init__(
        self,
        cookies: Cookies | Callable[[], Cookies],
        *,
        token: str | None = None,
        account: str | None = None,
        **marks: Unpack[Marks],
    ) -> None:
        super().__init__(**marks)
        self.brought, self.token, self._account = Brought(cookies), token, account

    @classmethod
    def from_browser(
        cls, browser: str, *, profile: str | None = None, container: str | None = None, **options: Any
    ) -> Self:
        """Take the cookies of an installed browser: ``CookieLogin.from_browser("firefox")``.

        `browser` is ``firefox``, ``chrome``, ``chromium``, ``edge``, ``brave``, ``opera``, ``vivaldi``,
        ``whale`` or ``safari``; `profile` the name or the folder of one of its profiles, by default of the
        one used last; `container` one of Firefox, by default none. `options` are those of the class.
        """
        return cls(Browser(browser, profile, container), **options)

    def __repr__(self) -> str:
        return f"CookieLogin({str(self.brought)!r})"

    @property
    def account(self) -> str | None:
        """The name that was given for the account."""
        return self._account

    @property
    def has_account(self) -> bool:
        """No: the cookies say whose session it is; see `is_current`."""
        return False

    def sign_in(self, session: Session) -> Response:
        """Take the cookies, and open the page that is to prove them."""
        export = self._own(session, self.brought.read())
        self._tell_ends(export.cookies, session.cookies.clock())
        for cookie in [cookie for cookie in session.cookies if self._is_own(session, cookie)]:
            session.cookies.clear(cookie.domain, cookie.path, cookie.name)
        session.cookies.merge_state(map(entry, export.cookies))
        session.grant({"source": _digest(export), **self._token_of(session, export)})
        page = session.exchange(Request(session.proof_url))
        log.info("With them, %s answered %d.", redact_url(page.url), page.status)
        return page

    def authorization(self, tokens: Mapping[str, Any]) -> AuthBase | None:
        """Return what sends the token of the local storage, where one was named."""
        if "access" not in tokens:
            return None
        return Credentials(tokens["site"], headers={"Authorization": f"Bearer {tokens['access']}"})

    def is_current(self, session: Session, tokens: Mapping[str, Any]) -> bool:
        """Whether a kept session began with these very cookies; a newer export goes before what is kept.

        Where they cannot be read any more, what is kept stands in for them.
        """
        with suppress(SecretMissing):
            found = self.brought.read()
            return bool(tokens.get("source") == _digest(self._select(session, found)))
        return True

    def unproven(self, error: LoginUnverified) -> LoginError:
        """Return that the session seems to have ended, which only a person can begin anew."""
        then = "" if self.brought.is_browser else " and export the cookies anew"
        return InteractionRequired(
            f"The cookies of {self.brought} sign nobody in: sign in with the browser again{then}, then "
            f"`run --resume`. What was seen: {error}",
            response=error.response,
        )

    # What of it is taken

    def _own(self, session: Session, export: Export) -> Export:
        """Return what is the site's, and say so. Raises `InteractionRequired` where nothing is."""
        own, site = self._select(session, export), origin(session.absolute(""))
        others = sorted(_hosts(export.cookies) - _hosts(own.cookies))
        if not (own.cookies or own.storage):
            listed = ", ".join(others[:HOSTS_NAMED]) or "no site at all"
            raise InteractionRequired(
                f"{self.brought} has no cookie of {site}: sign in there with the browser first. It has those "
                f"of {listed}{', ...' * (len(others) > HOSTS_NAMED)}."
            )
        names = ", ".join(dict.fromkeys(cookie.name for cookie in own.cookies)) or "none"
        log.info(
            "Took from %s the cookies of %s: %s; left out %d hosts.", self.brought, site, names, len(others)
        )
        return own

    def _select(self, session: Session, export: Export) -> Export:
        return Export(
            [cookie for cookie in export.cookies if self._is_own(session, cookie)],
            {site: items for site, items in export.storage.items() if session.is_of_site(site)},
        )

    def _is_own(self, session: Session, cookie: BrowserCookie) -> bool:
        """Whether a cookie goes to the session's site, to a host below it, or to one of `origins`."""
        if flaw(cookie):
            return False
        places = map(place_of, (session.absolute(""), *self.origins))
        is_sent = any(cookie.domain in place.domains for place in places)
        host = f"https://{cookie.domain.removeprefix('.')}/"
        return is_sent or (is_http(host) and session.is_of_site(host))

    def _token_of(self, session: Session, export: Export) -> dict[str, str]:
        """Return the token that was named, and where it goes."""
        if self.token is None:
            return {}
        held = {name: value for items in export.storage.values() for name, value in items.items()}
        if self.token not in held:
            raise SecretMissing(
                f"{self.brought} has no {self.token!r} in the site's local storage; it has "
                f"{', '.join(held) or 'none, as only a storage_state of Playwright has'}."
            )
        token = _unquoted(held[self.token])
        register(token)
        return {"access": token, "site": origin(session.absolute(""))}

    # Until when

    def _tell_ends(self, cookies: Sequence[BrowserCookie], now: float) -> None:
        """Say when the session ends, as far as its cookies tell. Raises `LoginError` where it has ended."""
        marks = [cookie for cookie in cookies if _is_mark(cookie)] or cookies
        for cookie in marks:
            register(cookie.value)
        ending = sorted(
            (cookie for cookie in marks if cookie.expires), key=lambda cookie: cookie.expires or 0
        )
        if marks and all(cookie.is_expired(now) for cookie in marks):
            ends = ", ".join(f"{cookie.name} on {_day(cookie.expires or 0)}" for cookie in ending)
            raise LoginError(
                f"The cookies of {self.brought} have ended: {ends}. Sign in with the browser again, and "
                "export them anew."
            )
        for cookie in [cookie for cookie in ending if not cookie.is_expired(now)][:1]:
            left = (cookie.expires or 0) - now
            level = logging.WARNING if left < DAY else logging.INFO
            log.log(level, "The session cookie %s ends in %s.", cookie.name, _span(left))


def _is_mark(cookie: BrowserCookie) -> bool:
    """Whether a cookie looks like that of a session: hidden from scripts, or named so; no CSRF token does."""
    is_token = "csrf" in cookie.name.lower() or "xsrf" in cookie.name.lower()
    return not is_token and (cookie.http_only or looks_secret(cookie.name))


def _hosts(cookies: Sequence[BrowserCookie]) -> set[str]:
    return {cookie.domain.removeprefix(".") for cookie in cookies}


def _digest(export: Export) -> str:
    """Return what tells these cookies and this local storage from others."""
    cookies = sorted((c.domain, c.path, c.name, c.value) for c in export.cookies)
    whole = json.dumps([cookies, dict(export.storage)], sort_keys=True).encode()
    return hashlib.blake2b(whole, digest_size=16).hexdigest()


def _unquoted(value: str) -> str:
    """Return a token without the quotes of JSON, in which many pages keep it."""
    with suppress(ValueError):
        held = json.loads(value)
        return held if isinstance(held, str) else value
    return value


def _day(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M UTC")


def _span(seconds: float) -> str:
    unit, name = (DAY, "days") if seconds >= 2 * DAY else (HOUR, "h") if seconds >= HOUR else (60, "min")
    return f"{seconds // unit:.0f} {name}"
