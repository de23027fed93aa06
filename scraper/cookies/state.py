"""Cookies in the shape of Playwright's ``storage_state``."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from scraper.cookies.cookie import BrowserCookie, to_octets, to_text
from scraper.errors import ConfigError

_TYPES: Mapping[str, type | tuple[type, ...]] = {
    "name": str,
    "value": str,
    "domain": str,
    "path": str,
    "expires": (int, float),
    "httpOnly": bool,
    "secure": bool,
}
_OPTIONAL = ("path", "expires", "httpOnly", "secure")


def entry(cookie: BrowserCookie) -> dict[str, Any]:
    """Return a cookie as an entry of the state; ``sameSite`` only where the site said it."""
    saved: dict[str, Any] = {
        "name": to_text(cookie.name),
        "value": to_text(cookie.value),
        "domain": cookie.domain,
        "path": to_text(cookie.path),
        "expires": -1 if cookie.expires is None else cookie.expires,
        "httpOnly": cookie.http_only,
        "secure": cookie.secure,
    }
    return saved | ({"sameSite": cookie.same_site} if cookie.same_site else {})


def cookie(number: int, entry: Mapping[str, Any]) -> BrowserCookie:
    """Return the cookie of an entry, the `number`-th of its state."""
    if key := unusable(entry):
        raise ConfigError(
            f"Cookie {number} of the saved session has no usable {key!r}; sign in again and save anew."
        )
    secure, same_site = entry.get("secure", False), entry.get("sameSite")
    expires = entry.get("expires", -1)
    return BrowserCookie(
        to_octets(entry["name"]),
        to_octets(entry["value"]),
        domain=entry["domain"],
        path=to_octets(entry.get("path", "/")),
        expires=None if expires < 0 else expires,
        secure=secure,
        http_only=entry.get("httpOnly", False),
        # Playwright's Firefox says "None" where the site said nothing; then it is not Secure.
        same_site=same_site if secure or same_site != "None" else None,
    )


def unusable(entry: Mapping[str, Any]) -> str | None:
    """Return what of an entry is missing or of the wrong type; ``None`` where all is well."""
    return next((key for key in _TYPES if not _is_usable(key, entry)), None)


def _is_usable(key: str, entry: Mapping[str, Any]) -> bool:
    if key not in entry:
        return key in _OPTIONAL
    value = entry[key]
    if key == "expires" and isinstance(value, float) and not math.isfinite(value):
        return False
    return isinstance(value, _TYPES[key]) and (key != "domain" or value != "")
