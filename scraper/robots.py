"""`Robots`: what the robots.txt of each site lets a crawl fetch (RFC 9309).

Which lines are for this crawl is found out here; how their patterns match is left to protego.
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import urlsplit

from protego import Protego

from scraper.request import is_http, join, origin

LIFETIME = 24 * 3600.0
"""Seconds for which a robots.txt counts (RFC 9309, 2.4), and again as long while no new one can be had."""

LARGEST = 500 * 1024
"""Bytes of a robots.txt that are read (RFC 9309, 2.5)."""

FIRST_RETRY, LAST_RETRY = 60.0, 3600.0
"""Seconds until an unreachable robots.txt is asked for again: at first, and at most."""

TRIES = 5
"""So often in a row, half an hour in all, a robots.txt may be unreachable before its pages are given up."""

LONGEST_DELAY = 30.0
"""Seconds; a longer Crawl-delay counts as this."""

MOST_SITES = 2000
"""So many sites are remembered; the robots.txt of one forgotten is fetched again."""

OK, REDIRECTED, SERVER_ERROR = 200, 300, 500

_LINE = re.compile(
    r"\s*(?:(?P<agent>user[- ]?agent)|(?P<allow>allow)|(?P<disallow>dis{1,2}al{1,2}ow)"
    r"|(?P<delay>crawl[- ]delay)|(?P<sitemap>site-?maps?))"
    r"(?:\s*:|\s(?=\s*[^\s#]+\s*(?:#|$)))(?P<value>[^#]*)",
    re.IGNORECASE,
)
_FIELDS = {"agent": "User-agent", "allow": "Allow", "disallow": "Disallow", "delay": "Crawl-delay"}
_SECONDS = re.compile(r"\d+(?:\.\d*)?|\.\d+", re.ASCII)
_TOKEN = re.compile(r"[\w-]+", re.ASCII)
_COMPATIBLE = re.compile(r"Mozilla/\S+ \(compatible; ([\w-]+)", re.ASCII)


class Robots:
    """What the robots.txt of every site says to the crawler that `user_agent` names.

    A site is a scheme, host and port. An answer 2xx counts for 24 hours. One of 4xx, and more redirects
    than are followed, mean that there are no rules. After 5xx and network errors (`status` ``None``) all is
    disallowed until a retry succeeds, the first after a minute, later ones up to an hour apart; but an older
    copy that was good goes on to count for a day. Nothing is fetched here, the loop does that::

        address = robots.needs(url)
        if address is not None:           # fetch it first (once), follow 5 redirects, and tell what came
            robots.learn(address, status=200, body=b"...", final_url="...")
        elif robots.allows(url):
            pace.keep(url, robots.crawl_delay(url) or 0)
        elif (moment := robots.retry_at(url)) is not None:
            ...                           # unreachable: wait in the frontier until then
        else:
            ...                           # denied, and robots.line(url) says why

    `clock` tells seconds since the epoch.
    """

    def __init__(self, user_agent: str, clock: Callable[[], float] = time.time) -> None:
        self.token, self.clock = product_token(user_agent), clock
        self._sites: dict[str, _Site] = {}

    def needs(self, url: str) -> str | None:
        """Return the address of the robots.txt to fetch before `url`; ``None`` where it is known."""
        if _is_robots(url):
            return None
        site = self._sites.get(origin(url))
        return robots_url(url) if site is None or self.clock() >= site.ask_at else None

    def learn(self, address: str, *, status: int | None, body: bytes = b"", final_url: str = "") -> None:
        """Take in what came of fetching a robots.txt.

        `status` is that of the last answer, ``None`` after a network error or a timeout; `final_url` is
        where redirects have led, if they have: what stands there counts for the site of `address`.
        """
        site = self._sites.setdefault(origin(address), _Site())
        if status is None or status >= SERVER_ERROR:
            site.is_unreachable(_unreachable(address, status), self.clock())
        elif OK <= status < REDIRECTED:
            site.has(_read(body, self.token, address), _found(address, final_url), self.clock())
        else:
            site.has(_Rules(), f"{address} answered {status}, so that there are no rules", self.clock())
        if len(self._sites) > MOST_SITES:
            self._sites.pop(next(iter(self._sites)))

    def allows(self, url: str) -> bool:
        """Whether `url` may be fetched now; not as long as its robots.txt is unknown."""
        if _is_robots(url):
            return True
        rules = self._rules(url)
        return rules is not None and rules.allow(url)

    def retry_at(self, url: str) -> float | None:
        """Return when to ask again for a disallowed `url`, in seconds since the epoch.

        ``None`` where the answer will stay: a rule forbids it, or its robots.txt was unreachable so often
        in a row that the page is given up.
        """
        site = self._sites.get(origin(url))
        if site is None:
            return self.clock()
        is_open = site.rules_at(self.clock()) is None and site.failures < TRIES
        return site.ask_at if is_open else None

    def crawl_delay(self, url: str) -> float | None:
        """Return the seconds that the site asks to keep between two requests, 30 at most."""
        rules = self._rules(url)
        return None if rules is None or rules.delay is None else min(rules.delay, LONGEST_DELAY)

    def sitemaps(self, url: str) -> list[str]:
        """Return the addresses of the sitemaps that the robots.txt of the site of `url` names."""
        rules = self._rules(url)
        return [] if rules is None else list(rules.sitemaps)

    def line(self, url: str) -> str:
        """Say what decides on `url`: "line 3 of https://shop.example/robots.txt: 'Disallow: /cart'"."""
        site, address = self._sites.get(origin(url)), robots_url(url)
        if _is_robots(url):
            return f"{address} itself is always allowed"
        if site is None:
            return f"{address} has not been fetched yet"
        rules = site.rules_at(self.clock())
        rule = rules.deciding(url) if rules is not None else None
        return site.said if rule is None else f"line {rule.number} of {address}: '{rule.field}: {rule.value}'"

    def _rules(self, url: str) -> _Rules | None:
        site = self._sites.get(origin(url))
        return None if site is None else site.rules_at(self.clock())


def as_noted(user_agent: str, status: int | None, body: bytes = b"", final_url: str = "") -> str:
    """Return what a crawler learned of a robots.txt as JSON, from which `recalled` tells it again."""
    text = _head(body).decode("utf-8-sig", "replace")
    return json.dumps({"agent": user_agent, "status": status, "body": text, "final_url": final_url})


def recalled(address: str, text: str) -> Robots:
    """Return what a crawler knew of the site of the robots.txt at `address`, as it was noted."""
    noted = json.loads(text)
    robots = Robots(noted["agent"])
    body = noted["body"].encode()
    robots.learn(address, status=noted["status"], body=body, final_url=noted["final_url"])
    return robots


def product_token(user_agent: str) -> str:
    """Return the name under which a crawler looks for its rules (RFC 9309, 2.2.1).

    It is ``MyBot`` of ``MyBot/1.0 (+https://me.example)`` and of ``Mozilla/5.0 (compatible; MyBot/1.0)``.
    """
    match = _COMPATIBLE.match(user_agent)
    return match[1] if match else _name(user_agent)


def robots_url(url: str) -> str:
    """Return the address of the robots.txt of the scheme, host and port of `url`."""
    return f"{origin(url)}/robots.txt"


def _is_robots(url: str) -> bool:
    return url.endswith("/robots.txt") and urlsplit(url).path == "/robots.txt"


def _name(agent: str) -> str:
    match = _TOKEN.match(agent.strip())
    return match[0] if match else ""


def _unreachable(address: str, status: int | None) -> str:
    what = "could not be fetched" if status is None else f"answered {status}"
    return f"{address} {what}, so that nothing of the site may be until it can"


def _found(address: str, final_url: str) -> str:
    where = f" (redirected to {final_url})" if final_url not in ("", address) else ""
    return f"{address}{where} has no rule that forbids it"


class _Site:
    """What is known of the robots.txt of one site. Moments are seconds since the epoch."""

    def __init__(self) -> None:
        self.said = ""
        self.failures = 0
        self.ask_at = self._good_until = 0.0
        self._rules = _Rules()

    def has(self, rules: _Rules, said: str, now: float) -> None:
        """Take rules, or that there are none."""
        self._rules, self.said, self.failures = rules, said, 0
        self.ask_at, self._good_until = now + LIFETIME, now + 2 * LIFETIME

    def is_unreachable(self, said: str, now: float) -> None:
        """Take that nothing came."""
        self.said, self.failures = said, self.failures + 1
        self.ask_at = now + min(FIRST_RETRY * 2 ** (self.failures - 1), LAST_RETRY)

    def rules_at(self, now: float) -> _Rules | None:
        """Return the rules that count; ``None`` where all is disallowed because there is no good copy."""
        return self._rules if not self.failures or now < self._good_until else None


@dataclass(frozen=True, slots=True)
class _Rule:
    """A line of a robots.txt."""

    number: int
    field: str
    value: str

    @property
    def is_delay(self) -> bool:
        """Whether it says how many seconds to keep between two requests."""
        return self.field == "Crawl-delay" and _SECONDS.fullmatch(self.value) is not None

    def matches(self, url: str) -> bool:
        """Whether the pattern of an Allow or Disallow is one of `url`."""
        return not _only(self.value).can_fetch(url, "*")


@lru_cache(maxsize=1000)
def _only(pattern: str) -> Protego:
    return Protego.parse(f"User-agent: *\nDisallow: {pattern}")


class _Rules:
    """The lines of a robots.txt that are for this crawler."""

    def __init__(self, lines: Iterable[_Rule] = (), sitemaps: Iterable[str] = ()) -> None:
        self._lines, self.sitemaps = tuple(lines), tuple(dict.fromkeys(sitemaps))
        text = "\n".join(f"{line.field}: {line.value}" for line in self._lines)
        self._protego = Protego.parse(f"User-agent: *\n{text}") if text else None
        delays = [float(line.value) for line in self._lines if line.is_delay]
        self.delay = delays[-1] if delays else None

    def allow(self, url: str) -> bool:
        """Whether the longest pattern that matches `url` allows it; an Allow wins a tie."""
        return self._protego is None or self._protego.can_fetch(url, "*")

    def deciding(self, url: str) -> _Rule | None:
        """Return the line that decides on `url`, if one does."""
        field = "Allow" if self.allow(url) else "Disallow"
        matching = [line for line in self._lines if line.field == field and line.matches(url)]
        return max(matching, key=lambda line: len(line.value), default=None)


def _read(body: bytes, token: str, address: str) -> _Rules:
    """Read a robots.txt: UTF-8, with any line ends; a page that stands in its place has no rules."""
    text = _head(body).decode("utf-8-sig", "replace")
    if text.lstrip().startswith("<"):
        return _Rules()
    lines = list(_lines(text))
    sitemaps = (join(address, line.value) for line in lines if line.field == "Sitemap" and line.value)
    return _Rules(_for(token, lines), filter(is_http, sitemaps))


def _head(body: bytes) -> bytes:
    """Return what is read of a body: the whole lines among its first 500 KiB."""
    if len(body) <= LARGEST:
        return body
    head = body[: LARGEST + 1]
    return head[: max(head.rfind(b"\n"), head.rfind(b"\r")) + 1]


def _lines(text: str) -> Iterator[_Rule]:
    """Yield the lines that say something; others never come between them (RFC 9309, 2.2.4)."""
    for number, text_line in enumerate(text.splitlines(), 1):
        match = _LINE.match(text_line)
        if match and match.lastgroup:
            field = next(name for name in match.groupdict() if match[name] is not None)
            yield _Rule(number, _FIELDS.get(field, "Sitemap"), match["value"].strip())


def _for(token: str, lines: Iterable[_Rule]) -> list[_Rule]:
    """Return the lines of all groups that name `token`; of those for ``*`` where none does."""
    groups: dict[str, list[_Rule]] = {}
    names: set[str] = set()
    was_name = False
    for line in lines:
        if line.field == "User-agent":
            name = "*" if line.value.startswith("*") else _name(line.value).lower()
            names = names | {name} if was_name else {name}
            groups.setdefault(name, [])
        elif line.field != "Sitemap":
            for name in names:
                groups[name].append(line)
        was_name = line.field == "User-agent" or (was_name and line.field == "Sitemap")
    return groups.get(token.lower() or "*", groups.get("*", []))
