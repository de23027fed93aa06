"""Tokens against forged requests that a page's own scripts would send along in a header."""

from __future__ import annotations

import re
from collections.abc import Iterable
from http.cookiejar import Cookie
from urllib.parse import unquote

from scraper.redact import register
from scraper.request import origin
from scraper.response import Response
from scraper.selector import compile_xpath

_metas = compile_xpath("//meta[@name and @content]")
_IN_META = ("csrf-token", "csrf_token", "_csrf", "xsrf-token", "_token")
_HEADER_IN_META = "_csrf_header"
_HEADER = re.compile(r"X-[\w-]*(csrf|xsrf)[\w-]*", re.IGNORECASE | re.ASCII)
"""Names of headers that a page may choose: none that means something else, such as ``Host``."""

_IN_COOKIE = {"XSRF-TOKEN": "X-XSRF-TOKEN", "csrftoken": "X-CSRFToken", "_xsrf": "X-XSRFToken"}
"""Cookies that scripts echo, as axios and Angular, Django's and Tornado's documents say."""


def csrf_headers(page: Response, target: str, cookies: Iterable[Cookie]) -> dict[str, str]:
    """Return the headers that scripts of `page` would add to a request to `target`, which gets `cookies`.

    Nothing goes to another origin than the page's.
    """
    if origin(page.url) != origin(target):
        return {}
    return _fit(_in_metas(page)) | echoed(cookies)


def echoed(cookies: Iterable[Cookie]) -> dict[str, str]:
    """Return the headers in which scripts send such tokens back that a site has put into `cookies`."""
    known = ((_IN_COOKIE.get(cookie.name), cookie.value) for cookie in cookies)
    return _fit({header: unquote(value).strip() for header, value in known if header and value})


def _in_metas(page: Response) -> dict[str, str]:
    metas = (
        {m.get("name", ""): m.get("content", "").strip() for m in _metas(page.tree)} if page.is_html else {}
    )
    name = metas.get(_HEADER_IN_META, "")
    name = name if _HEADER.fullmatch(name) else "X-CSRF-Token"
    token = next((metas[key] for key in _IN_META if metas.get(key)), None)
    return {name: token} if token else {}


def _fit(headers: dict[str, str]) -> dict[str, str]:
    """Return what can stand in headers; none of it shows in logs."""
    for token in headers.values():
        register(token, lasting=False)
    return {name: token for name, token in headers.items() if token.isascii() and token.isprintable()}
