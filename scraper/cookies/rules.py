"""Where a cookie belongs: hosts, domains, paths and prefixes of RFC 6265bis."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable
from functools import cache, lru_cache
from typing import NamedTuple
from urllib.parse import urlsplit

import requests

from scraper.cookies.cookie import BrowserCookie
from scraper.cookies.parse import MAX_PAIR
from scraper.errors import ConfigError
from scraper.request import is_http, is_loopback


class Place(NamedTuple):
    """What of an address matters to cookies.

    `domains` are the domains under which cookies for the host may be kept: the host itself, and with a
    leading dot each name that it ends in.
    """

    host: str
    path: str
    domains: tuple[str, ...]
    is_secure: bool


_URL = re.compile(r"([a-zA-Z]+)://([^/?#]*)([^?#]*)")  # urlsplit takes four times as long


def place_of(url: str) -> Place:
    """Return the place of an absolute address; loopback counts as secure, as in Chromium."""
    match = _URL.match(url if url.isascii() else _as_sent(url))
    if match is None:
        raise ConfigError(f"{url!r} is no absolute address; give it whole, with its scheme.")
    scheme, authority, path = match.groups()
    host, domains, is_here = _host(authority)
    return Place(host, path or "/", domains, is_here or scheme.lower() in ("https", "wss"))


def place_to_seed(url: str) -> Place:
    """Return the place of an address that a user gave. Raises `ConfigError` where it is none."""
    if not is_http(url):
        raise ConfigError(f"{url!r} is no http or https address that a cookie can belong to; give it whole.")
    return place_of(url)


def _as_sent(url: str) -> str:
    request = requests.PreparedRequest()
    request.prepare_url(url, None)
    return request.url or url


@lru_cache(maxsize=1024)
def _host(authority: str) -> tuple[str, tuple[str, ...], bool]:
    """Return the host of an address, its domains, and whether it is this machine."""
    name = urlsplit(f"//{authority}").hostname or ""
    if ":" in name:
        name = f"[{ipaddress.ip_address(name).compressed}]"
    is_here = bool(name) and is_loopback(f"http://{name}/")
    if is_address(name):
        return name, (name,), is_here
    labels = name.split(".")
    return name, (name, *("." + ".".join(labels[i:]) for i in range(len(labels)))), is_here


def is_address(host: str) -> bool:
    """Whether a host is an IP address, so that nothing lies below it."""
    return host.startswith("[") or host.rstrip(".").rpartition(".")[2].isdigit()


@lru_cache(maxsize=1024)
def is_public_suffix(domain: str) -> bool:
    """Whether anyone may register a name below `domain`, so that no cookie may span it."""
    return _public_suffixes()(domain)


@cache
def _public_suffixes() -> Callable[[str], bool]:
    # Here and not above: reading the list takes longer than importing all the rest of the package.
    from publicsuffixlist import PublicSuffixList

    return PublicSuffixList().is_public


def domain_for(place: Place, attribute: str | None) -> str | None:
    """Return the domain to keep a cookie under whose ``Domain`` is `attribute`; ``None``: refuse it."""
    if not attribute:
        return place.host
    if attribute == place.host and (is_address(attribute) or is_public_suffix(attribute)):
        return place.host
    domain = "." + attribute
    return None if domain not in place.domains or is_public_suffix(attribute) else domain


def default_path(path: str) -> str:
    """Return the path of a cookie that names none, set at `path` (5.1.4)."""
    return path[: path.rfind("/")] or "/"


def path_matches(path: str, cookie_path: str) -> bool:
    """Whether a cookie of `cookie_path` goes to `path` (5.1.4)."""
    if not path.startswith(cookie_path):
        return False
    return len(path) == len(cookie_path) or cookie_path.endswith("/") or path[len(cookie_path)] == "/"


def overlays(new: BrowserCookie, old: BrowserCookie) -> bool:
    """Whether `new`, from a place that is not secure, would stand in for the Secure `old` (5.7, step 13)."""
    return (
        old.secure
        and old.name == new.name
        and path_matches(new.path, old.path)
        and (_is_below(new.domain, old.domain) or _is_below(old.domain, new.domain))
    )


def _is_below(domain: str, other: str) -> bool:
    return f".{domain.lstrip('.')}".endswith(f".{other.lstrip('.')}")


_FORBIDDEN = re.compile(r"[\x00-\x1f\x7f;]")
_HOST = re.compile(r"\.?(\[[0-9a-f:.]+\]|[!-.0-9;-~]+)")


def flaw(cookie: BrowserCookie) -> str | None:
    """Return why a browser would not keep `cookie`, wherever it came from; ``None``: it would."""
    return next((words for words, is_broken in _FLAWS if is_broken(cookie)), None)


def _is_supercookie(cookie: BrowserCookie) -> bool:
    domain = cookie.domain.removeprefix(".")
    return not cookie.host_only and (is_address(domain) or is_public_suffix(domain))


def _has_prefix(cookie: BrowserCookie, *prefixes: str) -> bool:
    return cookie.name.lower().startswith(prefixes)


def _is_prefix_imitated(cookie: BrowserCookie) -> bool:
    return not cookie.name and cookie.value.lower().startswith(("__secure-", "__host-", "__http-"))


_FLAWS: tuple[tuple[str, Callable[[BrowserCookie], bool]], ...] = (
    ("it has neither a name nor a value", lambda c: not c.name and not c.value),
    (
        f"name and value are longer than {MAX_PAIR} bytes together",
        lambda c: len(c.name) + len(c.value) > MAX_PAIR,
    ),
    (
        "it has a semicolon or a control character",
        lambda c: any(map(_FORBIDDEN.search, (c.name, c.value, c.domain, c.path))) or "=" in c.name,
    ),
    ("its domain is no host name", lambda c: not _HOST.fullmatch(c.domain)),
    ("without a name its value may have no '='", lambda c: not c.name and "=" in c.value),
    ("SameSite=None asks for Secure", lambda c: c.same_site == "None" and not c.secure),
    (
        "__Secure-, __Host- and __Http- ask for Secure",
        lambda c: _has_prefix(c, "__secure-", "__host-", "__http-") and not c.secure,
    ),
    (
        "__Host- asks for Path=/ and no Domain",
        lambda c: _has_prefix(c, "__host-") and not (c.host_only and c.path_specified and c.path == "/"),
    ),
    # Not in RFC 6265bis; in its successor (draft-ietf-httpbis-layered-cookies) and in Chromium.
    (
        "__Http- asks for HttpOnly",
        lambda c: _has_prefix(c, "__http-", "__host-http-") and not c.http_only,
    ),
    ("its value looks like a prefixed name", _is_prefix_imitated),
    ("its domain is a public suffix or an IP address with subdomains", _is_supercookie),
)
