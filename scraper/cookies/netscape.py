"""``cookies.txt``, the format of Netscape, curl, wget and the browsers' exports."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator

from scraper.cookies.cookie import BrowserCookie, to_octets, to_text
from scraper.errors import ConfigError

HEADER = "# Netscape HTTP Cookie File\n"
HTTP_ONLY = "#HttpOnly_"

_FLAGS = {"TRUE": True, "FALSE": False}


def dump(cookies: Iterable[BrowserCookie]) -> str:
    """Return the text of a ``cookies.txt``; whole seconds, 0 for the end of the session."""
    return HEADER + "".join(map(_line, cookies))


def _line(cookie: BrowserCookie) -> str:
    fields = (
        (HTTP_ONLY if cookie.http_only else "") + cookie.domain,
        "FALSE" if cookie.host_only else "TRUE",
        to_text(cookie.path),
        "TRUE" if cookie.secure else "FALSE",
        str(math.ceil(cookie.expires or 0)),
        to_text(cookie.name),
        to_text(cookie.value),
    )
    return "\t".join(fields) + "\n"


def parse(text: str) -> list[BrowserCookie]:
    """Return the cookies of a ``cookies.txt``. Raises `ConfigError` for the first malformed line."""
    return list(_parse(text))


def _parse(text: str) -> Iterator[BrowserCookie]:
    for number, line in enumerate(text.removeprefix("\ufeff").split("\n"), 1):
        line = line.rstrip("\r")
        is_comment = line.startswith("#") and not line.startswith(HTTP_ONLY)
        if line.strip() and not is_comment:
            yield _cookie(number, line)


def _cookie(number: int, line: str) -> BrowserCookie:
    fields = line.removeprefix(HTTP_ONLY).split("\t", 6)
    if len(fields) == 6:  # editors cut the tab in front of an empty value
        fields.append("")
    if reason := _malformed(fields):
        raise ConfigError(
            f"Line {number} of the cookies.txt {reason}; a line is domain, subdomains, path, secure, expiry, "
            "name and value, with tabs between."
        )
    domain, subdomains, path, secure, expires, name, value = fields
    # As in curl, the flag decides about subdomains, whether or not the domain has its leading dot.
    return BrowserCookie(
        to_octets(name),
        to_octets(value),
        domain=("." if _FLAGS[subdomains.upper()] else "") + domain.removeprefix(".").lower(),
        path=to_octets(path),
        expires=_expiry(expires),
        secure=_FLAGS[secure.upper()],
        http_only=line.startswith(HTTP_ONLY),
    )


def _malformed(fields: list[str]) -> str | None:
    if len(fields) != 7:
        return f"has {len(fields)} of its 7 fields"
    domain, subdomains, path, secure, expires, *_ = fields
    if not domain.strip("."):
        return "has no domain"
    if not {subdomains.upper(), secure.upper()} <= _FLAGS.keys():
        return "has a flag that is neither TRUE nor FALSE"
    if not path.startswith("/"):
        return "has a path that does not begin with a slash"
    return None if re.fullmatch(r"(-?\d+(\.\d*)?)?", expires, re.ASCII) else "has an expiry that is no number"


def _expiry(text: str) -> float | None:
    seconds = float(text or 0)
    return None if seconds <= 0 else int(seconds) if seconds.is_integer() else seconds
