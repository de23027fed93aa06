"""`Keeper`: sees to it that a browser takes what was filled in to nobody but the login's own origins."""

from __future__ import annotations

import base64
import binascii
import html
import json
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING
from urllib.parse import unquote, unquote_plus

from scraper.browser import Guard, Outgoing
from scraper.browser.guard import belongings
from scraper.errors import LoginError
from scraper.redact import redact_url, unfit
from scraper.request import is_http, is_trustworthy, origin

if TYPE_CHECKING:
    from scraper.session import Session


class Keeper(Guard):
    """Stops what would carry one of `secrets` to another origin than those `allowed`, or in an address.

    `refusal` then says so, and the sign-in ends with it.
    """

    def __init__(self, session: Session) -> None:
        self._session = session
        self.allowed: Collection[str] = ()
        self.secrets: Sequence[str] = ()
        self.refusal: LoginError | None = None
        self._carriers: set[str] = set()

    def refuses(self, request: Outgoing) -> bool:
        """Whether a request would carry a secret where it may not go."""
        if not is_http(request.url):
            return False
        where = origin(request.url)
        if self._is_in([request.url]):
            what = f"the password in an address of {where}"
        elif where in self.allowed and is_trustworthy(request.url):
            self._carriers |= {request.url} if self._is_in(_texts(request)) else set()
            return False
        elif self._is_in(_texts(request)):
            what = f"the password to {where}"
        else:
            return False
        self.refusal = self.refusal or LoginError(
            f"Not sent: a page of the sign-in at {redact_url(self._home)} would have sent {what}; if you do "
            f"sign in there, say so: origins={where!r}"
        )
        return True

    @property
    def _home(self) -> str:
        assert self._session.login is not None
        return self._session.absolute(self._session.login.url)

    def refuses_socket(self, url: str) -> bool:
        """Whether a WebSocket would lead to where the password is not for; what it carries is not seen."""
        return bool(self.secrets) and origin(url.replace("ws", "http", 1)) not in self.allowed

    def matters(self, url: str) -> bool:
        """Whether `url` was sent a secret; where that cannot be seen, whether it is the login's own."""
        return url in self._carriers if self._carriers else origin(url) in self.allowed

    def headers_for(self, request: Outgoing) -> Mapping[str, str]:
        """Return the session's own headers for requests to the login's site."""
        is_own = is_http(request.url) and self._session.is_of_site(request.url)
        return belongings(self._session, request.url) if is_own else {}

    def _is_in(self, texts: Sequence[str]) -> bool:
        patterns = [_pattern(secret) for secret in list(self.secrets) if secret]
        return any(pattern.search(text) for text in _read(texts) for pattern in patterns)


def _texts(request: Outgoing) -> list[str]:
    return [request.body.decode("utf-8", "replace"), *request.headers.values()]


def _read(texts: Sequence[str]) -> Iterator[str]:
    """Yield texts in each way in which they may be meant."""
    for text in texts:
        yield from (text, unquote_plus(text), unquote(text))
        if text.startswith("Basic "):
            yield _decoded(text.removeprefix("Basic "))


def _decoded(text: str) -> str:
    try:
        return base64.b64decode(text).decode("utf-8", "replace")
    except binascii.Error:
        return ""


@lru_cache(maxsize=64)
def _pattern(secret: str) -> re.Pattern[str]:
    """Return what finds a secret: anywhere, but as a whole value alone where it is short or a usual word."""
    if unfit(secret):
        return re.compile(rf"""(?:^|[=:,\[({{]\s*)["']?{re.escape(secret)}["']?(?=$|[&,;)}}\]\s])""")
    return re.compile("|".join(map(re.escape, _spellings(secret))))


def _spellings(secret: str) -> set[str]:
    in_json = (json.dumps(secret, ensure_ascii=is_ascii)[1:-1] for is_ascii in (True, False))
    coded = base64.b64encode(secret.encode()).decode().rstrip("=")
    return {secret, html.escape(secret), coded, coded.replace("+", "-").replace("/", "_"), *in_json}
