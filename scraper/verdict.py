"""Signed in, anonymous, or unknown? What a response says about the session that asked for it."""

from __future__ import annotations

import time
from collections.abc import Collection
from urllib.parse import parse_qsl, urlsplit

from scraper.cookies import deleted_by
from scraper.indicators import Indicator, shows
from scraper.request import join, origin
from scraper.response import Auth, Response

SIGNED_OUT_STATUSES = frozenset({401, 419, 440})


def judge(
    response: Response,
    *,
    login_url: str | None = None,
    logged_in: Indicator | None = None,
    logged_out: Indicator | None = None,
    providers: Collection[str] = (),
    auth_cookies: Collection[str] = (),
    password_fields: Collection[str] = (),
) -> Auth:
    """Return what `response` says; the first sign that is there decides.

    In this order: it was redirected to the login page or ended on one of the `providers`, which are the
    origins of identity providers; it shows `logged_out`; its status is 401, 419 or 440 (anonymous); it shows
    `logged_in` (signed in); it asks for a password, in one of the `password_fields` of the login where those
    are known, or deletes all of the `auth_cookies` (anonymous); else unknown.
    """
    if was_sent_to_login(response, login_url, providers) or shows(logged_out, response):
        return "anonymous"
    if response.status in SIGNED_OUT_STATUSES:
        return "anonymous"
    if shows(logged_in, response):
        return "signed_in"
    is_over = _asks(response, password_fields) or _deletes(auth_cookies, response)
    return "anonymous" if is_over else "unknown"


def _asks(response: Response, password_fields: Collection[str]) -> bool:
    """Whether a page asks for the password of the login; a member's page may ask for one to change it."""
    if not password_fields:
        return response.has_password_field
    return not response.password_names.isdisjoint(password_fields)


def was_sent_to_login(response: Response, login_url: str | None, providers: Collection[str] = ()) -> bool:
    """Whether a redirect led to the login page; asking for the login page itself proves nothing.

    Nor does a redirect that came back to what was asked for: a provider that knows us signs in on the way.
    """
    asked = response.request.url.partition("#")[0]
    if response.history and response.url.partition("#")[0] == asked:
        return False
    if providers and origin(response.url) in providers and origin(response.url) != origin(asked):
        return True
    if login_url is None or is_at(login_url, asked):
        return False
    ways = [*response.history, response.url]
    if location := response.headers.get("Location"):
        ways.append(join(response.url, location))
    return any(is_at(login_url, url) for url in ways)


def is_at(page: str, url: str) -> bool:
    """Whether `url` is that of `page`; parameters such as ``next`` may be added to it."""
    here = urlsplit(page)
    if here.path.rstrip("/") not in url or origin(page) != origin(url):
        return False  # most pages are another one, which the path shows at a tenth of the cost
    there = urlsplit(url)
    is_path = here.path.rstrip("/") == there.path.rstrip("/")
    return is_path and set(parse_qsl(here.query)) <= set(parse_qsl(there.query))


def _deletes(auth_cookies: Collection[str], response: Response) -> bool:
    """Whether the answer takes away every cookie that a sign-in brought and that lasted."""
    if not auth_cookies or not response.set_cookies:
        return False
    return deleted_by(response.set_cookies, time.time()).issuperset(auth_cookies)
