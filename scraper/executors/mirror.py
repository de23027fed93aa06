"""`Mirror`: what is known elsewhere of the cookies of a session, so that only what changes travels."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from scraper.session import Session

Entry = Mapping[str, Any]
Place = tuple[str, str, str]
News = tuple[tuple[Entry, ...], tuple[Place, ...]]
"""Cookies that are new or changed, as entries of a state; and the domain, path and name of those gone."""


class Mirror:
    """The cookies of a session as the other side knows them; not safe to call from many threads."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self._stamp = -1
        self._known: dict[Place, Entry] = {}

    def show(self) -> None:
        """Know that the other side knows all."""
        self.news()

    def news(self) -> News | None:
        """Return what the other side does not know yet, and take it for known; ``None`` for nothing."""
        jar = self.session.cookies
        if jar.stamp == self._stamp:
            return None
        self._stamp, before = jar.stamp, self._known
        self._known = _by_place(jar.to_state())
        new = tuple(entry for place, entry in self._known.items() if before.get(place) != entry)
        gone = tuple(before.keys() - self._known.keys())
        return (new, gone) if new or gone else None

    def take(self, news: News) -> None:
        """Put what has come from the other side into the session."""
        new, gone = news
        self.session.cookies.merge_state(new, gone)
        self.learn(news)

    def learn(self, news: News) -> None:
        """Know that the other side knows this."""
        new, gone = news
        self._known.update(_by_place(new))
        for place in gone:
            self._known.pop(place, None)


def _by_place(cookies: Iterable[Entry]) -> dict[Place, Entry]:
    return {(cookie["domain"], cookie["path"], cookie["name"]): cookie for cookie in cookies}
