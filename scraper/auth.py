"""Credentials that belong to an origin, and are sent nowhere else."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from requests.auth import AuthBase, HTTPBasicAuth
from requests.models import PreparedRequest

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


class Credentials(AuthBase):
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
        self.origin = origin(site)
        self.headers, self.params, self.basic = dict(headers or {}), dict(params or {}), basic

    def __call__(self, request: PreparedRequest) -> PreparedRequest:
        """Add the credentials to a request to their origin."""
        if origin(request.url or "") != self.origin:
            return request
        for name, source in self.headers.items():
            request.headers[name] = reveal(source)
        if self.params:
            there = dict(parse_qsl(urlsplit(request.url or "").query))
            missing = {name: reveal(value) for name, value in self.params.items() if name not in there}
            request.prepare_url(request.url, missing)
        if self.basic:
            username, password = self.basic
            HTTPBasicAuth(reveal(username, is_secret=False), reveal(password))(request)
        return request

    def __repr__(self) -> str:
        names = [*self.headers, *self.params, *(["Basic"] if self.basic else [])]
        return f"Credentials({self.origin!r}, {', '.join(names)})"
