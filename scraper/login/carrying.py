"""Where a token goes that proves who asks: into a header, a query parameter or a cookie."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from scraper.auth import Attached
from scraper.errors import ConfigError, LoginError
from scraper.redact import register
from scraper.request import origin
from scraper.values import Source

if TYPE_CHECKING:
    from scraper.session import Session

BEARER = "Authorization: Bearer {token}"
"""How a token is sent unless a login says otherwise (RFC 6750)."""

_NAME = re.compile(r"[\w!#$%&'*+.^`|~-]+", re.ASCII)


class Granted(Attached):
    """Headers and parameters with a token, for where the session says that it belongs."""

    def _value(self, source: Source) -> str:
        """Return a token; one is renewed again and again, so it does not stay registered for ever."""
        register(str(source), lasting=False)
        return str(source)


@dataclass(frozen=True)
class Carrying:
    """Where a token goes: into a `header`, a `query` parameter, a `cookie`, or several of them.

    A header is a name alone, as ``"X-Api-Key"``, or whole, as is `BEARER`, which is the default. Raises
    `ConfigError` for what is no name.
    """

    header: str | None = None
    query: str | None = None
    cookie: str | None = None

    def __post_init__(self) -> None:
        if self.header is None and self.query is None and self.cookie is None:
            object.__setattr__(self, "header", BEARER)
        name, template = self._header
        if "{token}" not in template:
            raise ConfigError(
                f"header={self.header!r} has no place for the token; say {BEARER!r}, for example."
            )
        for given in (name, self.query, self.cookie):
            if given is not None and not _NAME.fullmatch(given):
                raise ConfigError(f"{given!r} is no name for a header, a parameter or a cookie with a token.")

    @property
    def _header(self) -> tuple[str | None, str]:
        name, colon, template = (self.header or "").partition(":")
        return (name if self.header is not None else None), (template.strip() if colon else "{token}")

    def granted(self, token: str) -> Granted:
        """Return what puts a token on requests; into cookies it is put by `seed`."""
        name, template = self._header
        headers = {} if name is None else {name: template.replace("{token}", token)}
        return Granted(headers=headers, params={} if self.query is None else {self.query: token})

    def seed(self, session: Session, token: str, *urls: str) -> None:
        """Put a token into the cookie for it, where there is one, at the origins of `urls`."""
        if self.cookie is not None:
            for site in dict.fromkeys(map(origin, urls)):
                session.cookies.seed(site, self.cookie, token)

    def __str__(self) -> str:
        kinds = (("header", self._header[0]), ("parameter", self.query), ("cookie", self.cookie))
        return " and ".join(f"the {kind} {name}" for kind, name in kinds if name is not None)


def checked(token: str, where: str) -> str:
    """Return a token without blanks around it. Raises `LoginError` where no header can hold it."""
    token = token.strip()
    if not token or not token.isascii() or not token.isprintable():
        raise LoginError(
            f"The token of {where} is {'not plain ASCII' if token else 'empty'}, and cannot be sent."
        )
    return token
