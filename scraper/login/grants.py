"""Reading the answer that grants tokens: where they are in it, and how long they last."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from http.cookiejar import Cookie
from typing import Any

import jmespath
from jmespath.exceptions import JMESPathError

from scraper.errors import FetchError, SelectorError
from scraper.login.expiry import times_of
from scraper.redact import register
from scraper.response import Response
from scraper.selector import squeeze

REFRESH_NAMES = ("refresh_token", "refresh", "refreshToken")
"""Keys beside a token under which APIs give the one that renews it; it is sent back under the same."""

_KINDS = ("header", "cookie")


@dataclass(frozen=True)
class Where:
    """Where a token is in an answer: ``"data.access"`` (JMESPath), ``"header:X-Auth"``, ``"cookie:jwt"``.

    Raises `SelectorError` for what is none of these.
    """

    place: str

    def __post_init__(self) -> None:
        if self._kind == "body":
            try:
                jmespath.compile(self.place)
            except JMESPathError as error:
                raise SelectorError(
                    f"{self.place!r} is neither a JMESPath expression, such as 'data.access_token', nor "
                    f"'header:NAME' or 'cookie:NAME': {squeeze(str(error))}."
                ) from None

    @property
    def _kind(self) -> str:
        kind, colon, _ = self.place.partition(":")
        return kind if colon and kind in _KINDS else "body"

    @property
    def name(self) -> str:
        """The name of the header or cookie, or the last one of the path in the body."""
        return self.place.partition(":")[2] if self._kind != "body" else self.place.rpartition(".")[2]

    def find(self, answer: Response, cookies: Mapping[str, str]) -> str | None:
        """Return the token of an answer, with the `cookies` that belong to its address; ``None`` without."""
        if self._kind == "header":
            value = answer.headers.get(self.name, "")
            return value.removeprefix("Bearer ").strip() or None
        found = cookies.get(self.name) if self._kind == "cookie" else _search(self.place, _body(answer))
        return found if isinstance(found, str) and found else None

    @property
    def parent(self) -> str | None:
        """The path in the body to what the token stands in; ``None`` where that is not the body."""
        return self.place.rpartition(".")[0] if self._kind == "body" else None


def granted(
    answer: Response, token: Where | None, refresh: Where | None, cookies: Mapping[str, str], now: float
) -> dict[str, Any]:
    """Return what an answer grants, as a session keeps it; no ``access`` where no token is found.

    ``access``, ``refresh`` with the ``refresh_name`` it goes by, ``expires_at`` and ``renew_at`` (in seconds
    since 1970): as far as the answer has them.
    """
    places = _places(_body(answer), None if token is None else token.parent)
    access = token.find(answer, cookies) if token else None
    found = _beside(places) if refresh is None else (refresh.name, refresh.find(answer, cookies))
    tokens = {"access": access, "refresh": found[1], "refresh_name": found[1] and found[0]}
    for value in filter(None, (access, found[1])):
        register(value, lasting=False)
    return {name: value for name, value in tokens.items() if value} | times_of(access, places, now)


def _places(body: Any, parent: str | None) -> list[Mapping[str, Any]]:
    """Return the objects in which something may stand about a token, the nearest first."""
    if parent is None:
        found = [body, *(body.values() if isinstance(body, dict) else ())]
    else:
        found = [_search(parent, body) if parent else None, body]
    return [place for place in found if isinstance(place, dict)]


def _beside(places: list[Mapping[str, Any]]) -> tuple[str, str | None]:
    """Return the token for renewals that stands beside the other one, and the name it goes by."""
    known = ((name, place.get(name)) for place in places for name in REFRESH_NAMES)
    return next(((name, value) for name, value in known if isinstance(value, str) and value), ("", None))


def by_name(cookies: list[Cookie]) -> dict[str, str]:
    """Return cookies by their names."""
    return {cookie.name: cookie.value or "" for cookie in cookies}


def _body(answer: Response) -> Any:
    try:
        return answer.json()
    except FetchError:
        return None


def _search(query: str, body: Any) -> Any:
    try:
        return jmespath.search(query, body)
    except JMESPathError:
        return None
