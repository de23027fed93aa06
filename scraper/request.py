"""`Request`: what to fetch, as plain data, so that it can wait in a file or travel to a worker."""

from __future__ import annotations

import ipaddress
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any
from urllib.parse import urljoin, urlsplit

import idna

from scraper.charset import without_surrogates
from scraper.errors import ConfigError
from scraper.redact import redact_url

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})

FILE = "(file)"
"""The callback of a request for a file, which is kept rather than read."""

Callback = str | Callable[..., Any] | None


@dataclass(frozen=True, slots=True)
class Request:
    """One request of a crawl.

    `callback` names the spider's method that reads the answer (``None``: ``parse``); a method given as it
    is counts by its name. `meta` travels along and has to be JSON. A `body` given as text is sent as UTF-8.
    A higher `priority` goes first. `depth` counts the links from a start URL. With `render` a browser opens
    the page and runs its scripts (GET alone); a CSS selector says for what to wait there. `account` names the
    one of a spider's accounts that is to fetch it (``None``: as the spider deals out its pages). `found_by`
    tells a person by which selector a page led here; requests do not differ by it.
    """

    url: str
    method: str = "GET"
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes | str | None = None
    callback: Callback = None
    meta: Mapping[str, Any] = field(default_factory=dict)
    priority: int = 0
    depth: int = 0
    render: bool | str = False
    account: str | None = None
    found_by: str | None = field(default=None, compare=False)

    def __post_init__(self) -> None:
        if not self.url.isascii():
            object.__setattr__(self, "url", without_surrogates(self.url))
        if not is_http(self.url):
            raise ConfigError(f"{self.url!r} is no http or https address; give it whole, with its scheme.")
        if self.method != "GET":
            object.__setattr__(self, "method", self.method.upper())
        if self.meta:
            _check(self.meta, self.url)
        if self.render and not self.can_be_rendered:
            raise ConfigError(f"{self.method} {self.url} cannot be rendered; a browser opens a page by GET.")
        if callable(self.callback):
            object.__setattr__(self, "callback", _name_of(self.callback))

    def __reduce__(self) -> tuple[Any, ...]:
        """Travel as what it is made of; most are an address and a depth."""
        headers, meta = dict(self.headers), dict(self.meta)
        rest = (headers, self.body, self.callback, meta, self.priority)
        is_plain = self.method == "GET" and self.body is None and not self.render and self.account is None
        if is_plain and not any(rest):
            return _link, (self.url, self.depth, self.found_by)
        own = (self.depth, self.render, self.account, self.found_by)
        return Request, (self.url, self.method, *rest, *own)

    @property
    def content(self) -> bytes | None:
        """The body as it is sent."""
        return self.body.encode() if isinstance(self.body, str) else self.body

    @property
    def is_safe(self) -> bool:
        """Whether the method only reads (RFC 9110, 9.2.1), so that the request may be sent again."""
        return self.method in SAFE_METHODS

    @property
    def can_be_rendered(self) -> bool:
        """Whether a browser could open it as a page: by GET, without a body."""
        return self.method == "GET" and self.body is None

    def __repr__(self) -> str:
        return f"<Request {self.method} {redact_url(self.url)}>"


def _link(url: str, depth: int, found_by: str | None) -> Request:
    return Request(url, depth=depth, found_by=found_by)


def _check(meta: Mapping[str, Any], url: str) -> None:
    try:
        json.dumps(dict(meta))
    except (TypeError, ValueError) as error:
        raise ConfigError(f"The meta of {url} cannot be kept as JSON: {error}.") from error


def _name_of(callback: Callable[..., Any]) -> str:
    name = getattr(callback, "__name__", "")
    if not name.isidentifier():
        raise ConfigError(f"{callback!r} is no callback: it has no name; give a method of the spider.")
    return str(name)


_PLAIN = re.compile(r"https?://([A-Za-z0-9._-]+)(?::(?:[1-9][0-9]{0,3}|[1-5][0-9]{4}))?(?=[/?#]|\Z)")
"""An address of the usual kind, up to its path; to see that costs a tenth of taking an address apart."""

_PLAIN_PATH = re.compile(
    r"/(?:(?!/|\.{1,2}(?:[/?]|\Z))[\w!$&'()*+,:=@%~.-]*(?:/|(?=\?|\Z)))*(?:\?[^#\s]+)?", re.ASCII
)


def is_http(url: str) -> bool:
    """Whether `url` is absolute, http or https, and names a host, and a port that there is."""
    if _PLAIN.match(url):
        return True
    try:
        parts = urlsplit(url)
        return parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False


_AS_SENT = re.compile(
    r"https?://[a-z0-9._-]+(?::(?:[1-9][0-9]{0,3}|[1-5][0-9]{4}))?"
    r"(?:/(?!\.{1,2}(?:[/?]|\Z))[\w!$&'()*+,:;=@~.-]*)+(?:\?[\w!$&'()*+,:;=@~./?-]+)?",
    re.ASCII,
)


def is_sent_as_it_is(url: object) -> bool:
    """Whether requests would send this very address, without a change of case, escapes or segments."""
    return isinstance(url, str) and _AS_SENT.fullmatch(url) is not None


def http_host(url: str) -> str | None:
    """Return the host of an absolute http or https address; ``None`` where it is none."""
    if plain := _PLAIN.match(url):
        return plain[1].lower()
    return urlsplit(url).hostname if is_http(url) else None


def is_loopback(url: str) -> bool:
    """Whether `url` stays on this machine, by its name or its address."""
    return _is_loopback(host_of(url))


@lru_cache(maxsize=1024)
def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")


def is_trustworthy(url: str) -> bool:
    """Whether credentials may be sent to `url`: https, or http to this very machine."""
    return is_http(url) and (urlsplit(url).scheme == "https" or is_loopback(url))


def join(base: str, address: str) -> str:
    """Resolve `address` against `base`; what cannot be an address comes back as it is."""
    if _PLAIN_PATH.fullmatch(address) and (plain := _PLAIN.match(base)):
        return plain[0] + address
    try:
        return urljoin(base, address.strip())
    except ValueError:
        return address


def is_same_page(url: str, other: str) -> bool:
    """Whether two addresses are the same but for their queries and fragments."""
    return url.partition("#")[0].partition("?")[0] == other.partition("#")[0].partition("?")[0]


def host_of(url: str) -> str:
    """Return the host of `url`, an international name in the ASCII form that goes out (IDNA 2008, UTS 46)."""
    if plain := _PLAIN.match(url):
        return plain[1].lower()
    host = urlsplit(url).hostname or ""
    try:
        return host if host.isascii() else idna.encode(host, uts46=True).decode()
    except idna.IDNAError:
        return host


def origin(url: str) -> str:
    """Return scheme, host and port of `url`, a scheme's own port left out: ``https://shop.example``.

    What is no usable address is an origin of its own: the text itself.
    """
    plain = _PLAIN.match(url)
    return _origin_of(plain[0] if plain else url)


@lru_cache(maxsize=1024)
def _origin_of(url: str) -> str:
    if not is_http(url):
        return url
    parts, host = urlsplit(url), host_of(url)
    host = f"[{host}]" if ":" in host else host
    default = {"http": 80, "https": 443}.get(parts.scheme)
    port = "" if parts.port in (None, default) else f":{parts.port}"
    return f"{parts.scheme}://{host}{port}"
