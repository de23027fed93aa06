"""Signed in, anonymous, or unknown? What a response says about the session that asked for it."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import parse_qsl, urlsplit

from scraper.request import join, origin
from scraper.response import Auth, Response
from scraper.selector import compile_css

Indicator = str | Callable[[Response], bool]

SIGNED_OUT_STATUSES = frozenset({401, 419, 440})


def judge(
    response: Response,
    *,
    login_url: str | None = None,
    logged_in: Indicator | None = None,
    logged_out: Indicator | None = None,
) -> Auth:
    """Return what `response` says; the first sign that is there decides.

    In this order: it was redirected to the login page, it shows `logged_out`, its status is 401, 419 or 440
    (anonymous); it shows `logged_in` (signed in); it asks for a password (anonymous); else unknown.
    """
    if _was_sent_to(login_url, response) or shows(logged_out, response):
        return "anonymous"
    if response.status in SIGNED_OUT_STATUSES:
        return "anonymous"
    if shows(logged_in, response):
        return "signed_in"
    return "anonymous" if response.has_password_field else "unknown"


def shows(indicator: Indicator | None, response: Response) -> bool:
    """Whether `response` shows an indicator: a CSS selector matches on its page, or a callable says so."""
    if indicator is None:
        return False
    if callable(indicator):
        return bool(indicator(response))
    return response.is_html and bool(compile_css(indicator)(response.tree))


def _was_sent_to(login_url: str | None, response: Response) -> bool:
    """Whether a redirect led to the login page; asking for the login page itself proves nothing."""
    if login_url is None or _is_at(login_url, response.request.url):
        return False
    ways = (*response.history, response.url, join(response.url, response.headers.get("Location", "")))
    return any(_is_at(login_url, url) for url in ways)


def _is_at(page: str, url: str) -> bool:
    """Whether `url` is that of `page`; parameters such as ``next`` may be added to it."""
    here, there = urlsplit(page), urlsplit(url)
    return (
        origin(page) == origin(url)
        and here.path.rstrip("/") == there.path.rstrip("/")
        and set(parse_qsl(here.query)) <= set(parse_qsl(there.query))
    )
