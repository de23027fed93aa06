"""Calibration: what tells a member's page from a stranger's, found by comparing the two."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
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
_ENTERS = re.compile(
    r"(log|sign)[-_]?(in|on)\b|/login|/signin|/auth\b|anmeld|einlogg|connexion|iniciar|entrar|accedi|inloggen|"
    r"logga[-_]?in|zaloguj|войти|giris|name=\S*(passw|pwd|kennwort|motdepasse|contrase|senha|wachtwoord)",
    re.IGNORECASE,
)
_CLOSED = frozenset((400, 401, 403, 404, 419, 440, 495, 496))
_PASSING = frozenset((429,))

_PLAIN = re.compile(r"[\w.:=-]+")

MOST_FEATURES = 200

_marked = compile_xpath("//*[@id or @href or @action or @name]")


@dataclass(frozen=True)
class Calibration:
    """What only members see on one page, and what only strangers see there."""

    members: frozenset[str]
    strangers: frozenset[str]
    ways_out: tuple[str, ...] = ()
    """What only addresses to sign out by have in them; an empty text where only their labels tell."""
    sent_to: str | None = None
    """Where strangers, and only they, are sent instead: the address without its query."""

    def says(self, page: Response) -> Auth:
        """Judge the page that was compared, as it is now."""
        seen = features(page)
        member, stranger = _share(self.members, seen), _share(self.strangers, seen)
        if member == stranger:
            return "unknown"
        return "signed_in" if member > stranger else "anonymous"

    def tells_members(self, stranger: Response, member: Response) -> bool:
        """Whether what differs has to do with being signed in.

        Only members have a way out; only strangers are sent elsewhere, kept out, or asked to sign in.
        """
        is_kept_out = stranger.status in _CLOSED and member.ok
        is_sent_away = _place(stranger) != _place(member) == member.request.url.partition("?")[0].rstrip("/")
        has_way_out = bool(self.ways_out) or any(_LEAVES.search(feature) for feature in self.members)
        is_asked = any(_ENTERS.search(feature) for feature in self.strangers)
        return is_kept_out or (is_sent_away and bool(stranger.history)) or has_way_out or is_asked

    def is_member_page(self, page: Response) -> bool:
        """Whether any other page has the way out that only members were shown; it may still be a member's."""
        if not page.is_html:
            return False
        is_plain = any(end in page.content and way_out(page.tree) for end, way_out in self._plain_ways)
        return is_plain or ("" in self.ways_out and bool(page.ways_out))

    @cached_property
    def _plain_ways(self) -> tuple[tuple[bytes, Callable[[Element], Any]], ...]:
        return tuple((part.encode(), _leads_to(part)) for part in self.ways_out if part)

    def state(self) -> dict[str, Any]:
        """Return this as plain JSON."""
        return {
            "members": sorted(self.members),
            "strangers": sorted(self.strangers),
            "ways_out": list(self.ways_out),
            "sent_to": self.sent_to,
        }

    @classmethod
    def restore(cls, state: Mapping[str, Any]) -> Self:
        """Return what `state` gave."""
        ways_out = tuple(state.get("ways_out", ()))
        members, strangers = frozenset(state["members"]), frozenset(state["strangers"])
        return cls(members, strangers, ways_out, state.get("sent_to"))

    def __str__(self) -> str:
        return f"members see {_some(self.members)}; strangers see {_some(self.strangers)}"


def _leads_to(part: str) -> Callable[[Element], Any]:
    """Find links and forms that have `part` in their address: a last segment, or a parameter."""
    where = f"'/{part}'" if "=" not in part else f"'{part}'"
    return compile_xpath(
        f"descendant-or-self::a[contains(concat('/', @href), {where})] "
        f"| descendant-or-self::form[contains(concat('/', @action), {where})]"
    )


def _tells(url: str) -> str:
    """Return what of an address to sign out by tells it from others: nothing where only its label did."""
    parts = urlsplit(url)
    for pair in parts.query.split("&"):
        if _LEAVES.search(pair.partition("=")[2]) and _PLAIN.fullmatch(pair):
            return pair
    end = parts.path.rstrip("/").rpartition("/")[2]
    return end if _LEAVES.search(end) and _PLAIN.fullmatch(end) else ""


def calibrate(anonymous: Sequence[Response], signed_in: Sequence[Response]) -> Calibration | None:
    """Compare answers of one address to strangers and to members, each asked more than once.

    What is not the same every time (tokens, advertisements, messages) does not count. Returns ``None`` where
    nothing tells the two apart, or nothing that has to do with being signed in: two visits may differ by
    chance, by an experiment of the site, or because it mistrusts one of them.
    """
    if any(page.status in _PASSING or page.status >= 500 for page in anonymous):
        return None
    strangers, members = _common(anonymous), _common(signed_in)
    ever_strangers, ever_members = _ever(anonymous), _ever(signed_in)
    ways_out = set() if any(page.ways_out for page in anonymous) else _common_ways(signed_in)
    found = Calibration(
        _few(members - ever_strangers),
        _few(strangers - ever_members),
        tuple(sorted(ways_out)),
        _sent_to(anonymous, signed_in),
    )
    return found if found.tells_members(anonymous[-1], signed_in[-1]) else None


def _sent_to(anonymous: Sequence[Response], signed_in: Sequence[Response]) -> str | None:
    places = {_place(page) for page in anonymous if page.history}
    is_only_theirs = len(places) == 1 and not any(page.history for page in signed_in)
    return places.pop() if is_only_theirs else None


def _common_ways(pages: Sequence[Response]) -> set[str]:
    return set.intersection(*({_tells(url) for url in page.ways_out} for page in pages))


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
                yield f"{element.tag} {_without_values(join(page.base_url, value))}"


def _without_values(url: str) -> str:
    """Return an address with the names of its parameters alone: their values may change with each visit."""
    address, _, query = url.partition("#")[0].partition("?")
    names = "&".join(dict.fromkeys(part.partition("=")[0] for part in query.split("&")))
    return address.partition(";")[0] + (f"?{names}" if names else "")


def _place(page: Response) -> str:
    return page.url.partition("?")[0].rstrip("/")


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
