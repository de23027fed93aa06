"""Calibration: what tells a member's page from a stranger's, found by comparing the two."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, reduce
from typing import Any, Self
from urllib.parse import urlsplit

from scraper.request import join
from scraper.response import Auth, Response
from scraper.selector import Element, compile_xpath

_LEAVES = re.compile(
    r"(log|sign)[-_]?(out|off)|logoff|abmeld|ausloggen|d[eé]connexion|cerrar[-_]?sesi|salir|sair|uscita|"
    r"uitloggen|logga[-_]?ut|logg[-_]?ut|wyloguj|выход|cikis",
    re.IGNORECASE,
)
MOST_FEATURES = 200

_marked = compile_xpath("//*[@id or @href or @action or @name]")


@dataclass(frozen=True)
class Calibration:
    """What only members see on one page, and what only strangers see there."""

    members: frozenset[str]
    strangers: frozenset[str]

    def says(self, page: Response) -> Auth:
        """Judge the page that was compared, as it is now."""
        seen = features(page)
        member, stranger = _share(self.members, seen), _share(self.strangers, seen)
        if member == stranger:
            return "unknown"
        return "signed_in" if member > stranger else "anonymous"

    def is_member_page(self, page: Response) -> bool:
        """Whether any other page has the way out that only members were shown; it may still be a member's."""
        return page.is_html and any(
            end in page.content and way_out(page.tree) for end, way_out in self._ways_out
        )

    @cached_property
    def _ways_out(self) -> tuple[tuple[bytes, Callable[[Element], Any]], ...]:
        links = (feature.partition(" ")[2] for feature in self.members if _LEAVES.search(feature))
        ends = {re.sub(r"[^\w.-]", "", urlsplit(link).path.rstrip("/").rpartition("/")[2]) for link in links}
        return tuple((end.encode(), _leads_to(end)) for end in sorted(ends - {""}))

    def state(self) -> dict[str, list[str]]:
        """Return this as plain JSON."""
        return {"members": sorted(self.members), "strangers": sorted(self.strangers)}

    @classmethod
    def restore(cls, state: Mapping[str, Iterable[str]]) -> Self:
        """Return what `state` gave."""
        return cls(frozenset(state["members"]), frozenset(state["strangers"]))

    def __str__(self) -> str:
        return f"members see {_some(self.members)}; strangers see {_some(self.strangers)}"


def _leads_to(end: str) -> Callable[[Element], Any]:
    return compile_xpath(
        f"descendant-or-self::a[contains(concat('/', @href), '/{end}')] "
        f"| descendant-or-self::form[contains(concat('/', @action), '/{end}')]"
    )


def calibrate(anonymous: Sequence[Response], signed_in: Sequence[Response]) -> Calibration | None:
    """Compare answers of one address to strangers and to members, each asked more than once.

    What is not the same every time (tokens, advertisements, messages) does not count. Returns ``None`` where
    nothing tells the two apart.
    """
    strangers, members = _common(anonymous), _common(signed_in)
    ever_strangers, ever_members = _ever(anonymous), _ever(signed_in)
    found = Calibration(_few(members - ever_strangers), _few(strangers - ever_members))
    return found if found.members or found.strangers else None


def features(page: Response) -> frozenset[str]:
    """Return what may tell one page from another: status, address, ids, links, forms and fields."""
    return frozenset(_features(page))


def _features(page: Response) -> Iterator[str]:
    yield f"status {page.status}"
    yield f"address {urlsplit(page.url).path}"
    for element in _marked(page.tree) if page.is_html else ():
        for name in ("id", "name"):
            if value := element.get(name):
                yield f"{element.tag} {name}={value}"
        for name in ("href", "action"):
            if value := element.get(name):
                yield f"{element.tag} {join(page.base_url, value)}"


def _common(pages: Sequence[Response]) -> frozenset[str]:
    return reduce(frozenset.intersection, map(features, pages))


def _ever(pages: Sequence[Response]) -> frozenset[str]:
    return reduce(frozenset.union, map(features, pages))


def _few(found: frozenset[str]) -> frozenset[str]:
    """Keep what is enough to know a page by, and every way out: a long list is kept with the session."""
    return frozenset(
        sorted(found, key=lambda feature: (not _LEAVES.search(feature), feature))[:MOST_FEATURES]
    )


def _share(expected: frozenset[str], seen: frozenset[str]) -> float:
    return len(expected & seen) / len(expected) if expected else 0.0


def _some(found: frozenset[str]) -> str:
    return ", ".join(sorted(found)[:3]) or "nothing of their own"
