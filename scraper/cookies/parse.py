"""Reading ``Set-Cookie``: RFC 6265bis, 5.6 (the header field) and 5.1.1 (dates)."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

MAX_PAIR = 4096
"""The most octets that name and value may have together."""
MAX_ATTRIBUTE = 1024
MAX_AGE = 400 * 24 * 3600
"""The longest a cookie may live, in seconds."""

_SPACE = " \t"
_CONTROL = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")


@dataclass(frozen=True, slots=True)
class SetCookie:
    """What one ``Set-Cookie`` says.

    `expires` is in seconds since 1970, ``None`` for the end of the session. `domain` is without its leading
    dot; it and `path` are ``None`` where the header leaves them to the request's address.
    """

    name: str
    value: str = field(repr=False)
    expires: float | None = None
    domain: str | None = None
    path: str | None = None
    secure: bool = False
    http_only: bool = False
    same_site: str | None = None


def parse_set_cookie(header: str, now: float) -> SetCookie | None:
    """Return what a ``Set-Cookie`` says, or ``None`` where a browser would keep nothing of it.

    `header` holds octets, one a character, as ``http.client`` reads them; `now` is in seconds since 1970.
    """
    pair, *attributes = header.split(";")
    name, equals, value = pair.partition("=")
    if not equals:
        name, value = "", pair
    name, value = name.strip(_SPACE), value.strip(_SPACE)
    if not _is_usable(header, name, value):
        return None
    said = _read(attributes, now)
    return SetCookie(
        name,
        value,
        expires=said.get("max-age", said.get("expires")),
        domain=said.get("domain"),
        path=said.get("path") or None,
        secure="secure" in said,
        http_only="httponly" in said,
        same_site=said.get("samesite") or None,
    )


def _is_usable(header: str, name: str, value: str) -> bool:
    if _CONTROL.search(header) or not 0 < len(name) + len(value) <= MAX_PAIR:
        return False
    # Chromium's own, which the draft allows ("MAY ignore"): a tab would break cookies.txt, and a value with
    # an equals sign but no name would come back looking like another cookie.
    return "\t" not in name + value and not (name == "" and "=" in value)


def _read(attributes: Iterable[str], now: float) -> dict[str, Any]:
    """Return what the attributes mean, the last of each kind; those that make no sense are left out."""
    said: dict[str, Any] = {}
    for attribute in attributes:
        name, _, value = attribute.partition("=")
        name, value = name.strip(_SPACE).lower(), value.strip(_SPACE)
        if name in _MEANINGS and len(value) <= MAX_ATTRIBUTE:
            meaning = _MEANINGS[name](value, now)
            if meaning is not None:
                said[name] = meaning
    return said


def _expires(value: str, now: float) -> float | None:
    date = parse_date(value)
    return None if date is None else min(date, now + MAX_AGE)


def _max_age(value: str, now: float) -> float | None:
    if not re.fullmatch(r"-?[0-9]+", value):
        return None
    seconds = min(int(value), MAX_AGE)
    return now + seconds if seconds > 0 else 0.0


def _domain(value: str, now: float) -> str:
    # "." alone stays what it is and so matches no host, as in browsers; empty means the host.
    return (value if value == "." else value.removeprefix(".")).lower()


def _path(value: str, now: float) -> str:
    return value if value.startswith("/") else ""


def _same_site(value: str, now: float) -> str:
    return next((known for known in ("Strict", "Lax", "None") if value.lower() == known.lower()), "")


def _flag(value: str, now: float) -> bool:
    return True


_MEANINGS: Mapping[str, Callable[[str, float], Any]] = {
    "expires": _expires,
    "max-age": _max_age,
    "domain": _domain,
    "path": _path,
    "secure": _flag,
    "httponly": _flag,
    "samesite": _same_site,
}

_DELIMITERS = re.compile(r"[\x09\x20-\x2f\x3b-\x40\x5b-\x60\x7b-\x7e]+")
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_PARTS = {  # in the order in which a token is tried
    "time": re.compile(r"([0-9]{1,2}):([0-9]{1,2}):([0-9]{1,2})(?![0-9])"),
    "day": re.compile(r"([0-9]{1,2})(?![0-9])"),
    "month": re.compile(f"({'|'.join(_MONTHS)})", re.IGNORECASE),
    "year": re.compile(r"([0-9]{2,4})(?![0-9])"),
}


def parse_date(text: str) -> int | None:
    """Return a cookie's date in seconds since 1970, or ``None`` where it is none.

    The parts may stand in any order; time zones and names of days are not looked at.
    """
    found: dict[str, re.Match[str]] = {}
    for token in _DELIMITERS.split(text):
        for part, pattern in _PARTS.items():
            if part not in found and (match := pattern.match(token)):
                found[part] = match
                break
    return _timestamp(found) if len(found) == len(_PARTS) else None


def _timestamp(found: Mapping[str, re.Match[str]]) -> int | None:
    year, day = int(found["year"][1]), int(found["day"][1])
    year += 2000 if year < 70 else 1900 if year < 100 else 0
    month = _MONTHS.index(found["month"][1].lower()) + 1
    try:
        hour, minute, second = map(int, found["time"].groups())
        moment = datetime(year, month, day, hour, minute, second, tzinfo=UTC)
    except ValueError:
        return None
    return int(moment.timestamp()) if year >= 1601 else None


def deleted_by(headers: Iterable[str], now: float) -> set[str]:
    """Return the names of the cookies that these ``Set-Cookie`` headers, in their order, delete for good."""
    deleted = set()
    for said in filter(None, (parse_set_cookie(header, now) for header in headers)):
        if said.expires is not None and said.expires <= now:
            deleted.add(said.name)
        else:
            deleted.discard(said.name)
    return deleted
