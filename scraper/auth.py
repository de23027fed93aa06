"""Credentials that belong to an origin, and are sent nowhere else."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, unquote_plus, urlsplit

import requests
from requests.adapters import BaseAdapter
from requests.auth import AuthBase, HTTPBasicAuth
from requests.cookies import extract_cookies_to_jar
from requests.models import PreparedRequest
from requests.utils import rewind_body
from urllib3.exceptions import HTTPError

from scraper.errors import ConfigError
from scraper.request import is_http, is_trustworthy, origin
from scraper.values import Source, reveal


@dataclass(frozen=True)
class Belongings:
    """What a request carries that belongs to its origin, and is sorted out when it is redirected.

    `auth` and the `hooks` it has put on, the `cookies` given for this call alone, and the `generation` of the
    jar's cookies: of which sign-in they are.
    """

    auth: Any = None
    hooks: tuple[Any, ...] = ()
    cookies: Any = field(default_factory=dict)
    generation: int = 0


class Authorization(AuthBase):
    """What a login lets go with every request to its origins.

    It is asked again for each address that a redirect on its origin leads to. It can be pickled, so that
    workers in other processes send it too, and two that say the same are equal.
    """

    @property
    def secrets(self) -> Iterable[str]:
        """What of it is to be kept out of logs, in whatever process it is."""
        return ()

    def adapter(self, pool_size: int) -> BaseAdapter | None:
        """Return what makes the connections to those origins, where the proof belongs to a connection."""
        return None

    def __call__(self, request: PreparedRequest) -> PreparedRequest:
        """Put the proof on a request, where it belongs to requests."""
        return request


class Attached(Authorization):
    """Headers and query parameters that are put on a request; a parameter that it has already stays."""

    def __init__(self, *, headers: Mapping[str, Source], params: Mapping[str, Source]) -> None:
        self.headers, self.params = dict(headers), dict(params)

    def __call__(self, request: PreparedRequest) -> PreparedRequest:
        """Put them on a request."""
        for name, source in self.headers.items():
            request.headers[name] = self._value(source)
        if self.params:
            there = dict(parse_qsl(urlsplit(request.url or "").query))
            missing = {name: self._value(value) for name, value in self.params.items() if name not in there}
            request.prepare_url(request.url, missing)
        return request

    def _value(self, source: Source) -> str:
        return reveal(source)

    def without(self, url: str) -> str:
        """Return the address of an answer without the parameters that were put on it."""
        address, mark, query = url.partition("?")
        query, hash_sign, fragment = query.partition("#")
        kept = [part for part in query.split("&") if unquote_plus(part.partition("=")[0]) not in self.params]
        return f"{address}{mark if kept else ''}{'&'.join(kept)}{hash_sign}{fragment}"

    def __repr__(self) -> str:
        return f"{type(self).__name__}({', '.join([*self.headers, *self.params])})"


class Credentials(Attached):
    """Headers, query parameters and Basic credentials for one origin, for ``Session(auth=...)``.

        session.auth = Credentials("https://api.example", headers={"X-Api-Key": env("API_KEY")})

    They go with every request to that scheme, host and port, and with no other, whatever redirects say; and
    never in clear but to this machine. A value is a text or a source such as ``env("API_KEY")``, which is
    asked for each request.
    """

    def __init__(
        self,
        site: str,
        *,
        headers: Mapping[str, Source] | None = None,
        params: Mapping[str, Source] | None = None,
        basic: tuple[Source, Source] | None = None,
    ) -> None:
        if not is_http(site):
            raise ConfigError(f"Credentials belong to an origin like https://api.example, not to {site!r}.")
        if not is_trustworthy(site):
            raise ConfigError(f"Credentials for {origin(site)} would go in clear; give its https address.")
        super().__init__(headers=headers or {}, params=params or {})
        self.origin, self.basic = origin(site), basic

    def __call__(self, request: PreparedRequest) -> PreparedRequest:
        """Add the credentials to a request to their origin."""
        if origin(request.url or "") != self.origin:
            return request
        super().__call__(request)
        if self.basic:
            username, password = self.basic
            HTTPBasicAuth(reveal(username, is_secret=False), reveal(password))(request)
        return request

    def __repr__(self) -> str:
        names = [*self.headers, *self.params, *(["Basic"] if self.basic else [])]
        return f"Credentials({self.origin!r}, {', '.join(names)})"


LONGEST_REFUSAL = 64 * 1024
"""Bytes of an answer that is not looked at which are read so that its connection serves again."""

_store: Any = extract_cookies_to_jar


def can_send_again(request: Any) -> bool:
    """Whether the body of a request is there once more; a generator's is not."""
    return request.body is None or isinstance(request.body, str | bytes) or _is_file(request)


def send_again(answer: Any, **options: Any) -> requests.Response:
    """Send the request of `answer`, which is let go, with the headers that it has by now."""
    let_go(answer)
    rewind(answer.request)
    again: requests.Response = answer.connection.send(answer.request, **options)
    return again


def rewind(request: Any) -> None:
    """Let a file that is the body of a request be sent from its beginning again."""
    if _is_file(request):
        rewind_body(request)


def _is_file(request: Any) -> bool:
    return isinstance(request._body_position, int)


def let_go(answer: Any) -> None:
    """Keep the cookies of an answer that nobody reads, and its connection, if it is short."""
    if answer.raw is None:
        return
    if "Set-Cookie" in answer.headers:
        _store(answer.request._cookies, answer.request, answer.raw)
    if answer._content is False and not _is_read(answer.raw):
        answer.close()


def _is_read(raw: Any) -> bool:
    """Read an answer, undecoded; return whether it ended soon enough."""
    try:
        is_short = len(raw.read(LONGEST_REFUSAL, decode_content=False)) < LONGEST_REFUSAL
    except (HTTPError, OSError):
        return False
    raw.release_conn()
    return is_short
