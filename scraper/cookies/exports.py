"""What people have as the cookies of a browser: ``cookies.txt``, states of Playwright, JSON, jars."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from http.cookiejar import CookieJar as PlainJar
from typing import Any, cast

from scraper.cookies import netscape, state
from scraper.cookies.cookie import BrowserCookie, for_header
from scraper.cookies.rules import place_to_seed
from scraper.errors import ConfigError

_JSON = re.compile(r"\ufeff?\s*(\{|\[\s*[\]{])")
"""How an object or a list of them begins; a ``[`` alone may be an IPv6 address in a cookies.txt."""

_EXPIRES = ("expires", "expirationDate", "expiry")
"""How Playwright and Puppeteer, extensions such as EditThisCookie, and Selenium call the end of a cookie."""

_SAME_SITE = {"strict": "Strict", "lax": "Lax", "none": "None", "no_restriction": "None"}


@dataclass(frozen=True)
class Export:
    """Cookies as they were exported, expired ones too, and for each origin its local storage."""

    cookies: list[BrowserCookie]
    storage: Mapping[str, Mapping[str, str]] = field(default_factory=dict, repr=False)


def parse(text: str) -> Export:
    """Read a ``cookies.txt``, a ``storage_state`` of Playwright, or the JSON list of a browser's extension.

    Raises `ConfigError` where it is none of them, or malformed; what it says shows no value.
    """
    if not _JSON.match(text):
        return Export(netscape.parse(text))
    try:
        saved = json.loads(text.removeprefix("\ufeff"))
    except (ValueError, RecursionError):
        raise ConfigError("The cookies begin like JSON and are none; export them anew.") from None
    entries = saved.get("cookies") if isinstance(saved, dict) else saved
    if not isinstance(entries, list):
        raise ConfigError(
            'The JSON holds no cookies; it is a list of them, or {"cookies": [...], "origins": [...]} of '
            "Playwright."
        )
    cookies = [_cookie(number, entry) for number, entry in enumerate(entries, 1)]
    return Export(cookies, _storage(saved.get("origins")) if isinstance(saved, dict) else {})


def of_jar(jar: PlainJar) -> Export:
    """Take the cookies of a jar of ``http.cookiejar`` or of requests."""
    return Export([BrowserCookie.of(cookie) for cookie in jar])


def of_mapping(cookies: Mapping[str, Mapping[str, str]]) -> Export:
    """Take cookies by origin and name: ``{"https://shop.example": {"sid": "..."}}``; they go to that host."""
    return Export(
        [_seeded(site, name, value) for site, pairs in cookies.items() for name, value in pairs.items()]
    )


def _seeded(site: str, name: str, value: str) -> BrowserCookie:
    is_secure = site.startswith("https:")
    return BrowserCookie(
        for_header(name), for_header(value), domain=place_to_seed(site).host, secure=is_secure
    )


def _cookie(number: int, saved: Any) -> BrowserCookie:
    entry = _entry(saved) if isinstance(saved, dict) else {}
    if key := state.unusable(entry):
        raise ConfigError(f"Cookie {number} of the JSON has no usable {key!r}; export the cookies anew.")
    return state.cookie(number, entry)


def _entry(saved: Mapping[str, Any]) -> dict[str, Any]:
    """Return a cookie of any program as an entry of Playwright's state."""
    entry = {key: saved[key] for key in ("name", "value", "path", "httpOnly", "secure") if key in saved}
    expires = next((saved[key] for key in _EXPIRES if saved.get(key) is not None), -1)
    entry |= {"expires": -1 if saved.get("session") is True else expires}
    entry |= {"sameSite": _SAME_SITE.get(str(saved.get("sameSite")).lower())}
    domain, is_host_only = saved.get("domain"), saved.get("hostOnly")
    if isinstance(domain, str) and domain.strip("."):
        bare = domain.lower().removeprefix(".")
        is_wide = domain.startswith(".") if is_host_only is None else not is_host_only
        entry["domain"] = f".{bare}" if is_wide else bare
    return entry


def _storage(origins: Any) -> dict[str, dict[str, str]]:
    """Return the local storage of each origin, as far as it is there."""
    sites = [site for site in origins if isinstance(site, dict)] if isinstance(origins, list) else []
    return {str(site.get("origin")): dict(_pairs(site.get("localStorage") or ())) for site in sites}


def _pairs(items: Iterable[Any]) -> Iterable[tuple[str, str]]:
    for item in items:
        if isinstance(item, dict) and isinstance(item.get("value"), str):
            yield str(item.get("name")), cast(str, item["value"])
