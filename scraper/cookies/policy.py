"""A policy of ``http.cookiejar``, where the user sets one: it can only refuse more."""

from __future__ import annotations

import copy
from collections.abc import Iterable
from http.cookiejar import Cookie, CookiePolicy
from urllib.request import Request

from scraper.cookies.cookie import BrowserCookie


def keeps(policy: CookiePolicy, cookie: BrowserCookie, url: str) -> bool:
    """Whether the policy lets in a cookie that an answer from `url` sets."""
    return bool(policy.set_ok(_as_known(cookie), Request(url)))  # noqa: S310 - never opened


def sendable(
    policy: CookiePolicy, cookies: Iterable[BrowserCookie], url: str, now: float
) -> list[BrowserCookie]:
    """Return those of the cookies that the policy lets out to `url`."""
    request = Request(url)  # noqa: S310 - never opened
    vars(policy)["_now"] = int(now)  # as http.cookiejar tells its policies the time

    def goes(cookie: Cookie) -> bool:
        return bool(
            policy.domain_return_ok(cookie.domain, request)
            and policy.path_return_ok(cookie.path, request)
            and policy.return_ok(cookie, request)
        )

    return [cookie for cookie in cookies if goes(_as_known(cookie))]


def _as_known(cookie: BrowserCookie) -> Cookie:
    """Name hosts without a dot as the policies of ``http.cookiejar`` do."""
    if "." in cookie.domain:
        return cookie
    known = copy.copy(cookie)
    known.domain += ".local"
    return known
