"""`Traps`: notices where a site has addresses without end, and bounds how far a crawl goes into them.

A calendar has a next month for ever, a shop sorts and filters its list in a million ways, a wrong relative
link makes its path longer each time. What such an address looks like is all there is to go by, so the bounds
are wide: a page that is left out by mistake is worse than some that are fetched in vain.
"""

from __future__ import annotations

import re
import time
from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import unquote

MEMORY = 200_000
"""How many addresses, dates and values are remembered at the most; each takes about 100 bytes."""

RECENT = 5000
"""So many addresses are not judged anew: most links of a page stand on many pages."""

KEY_COST = 4
"""What it costs to remember that there is a kind of address, counted in addresses."""

ID_SHARE = 10
"""A parameter with a tenth as many values as its path has variants names things, and is no filter."""

FEWEST_SLASHES = 5
"""Those of https:// and of three segments; a path with fewer cannot repeat anything three times."""

# One to eight segments that come three times in a row.
_REPEATED = re.compile(r"((?:/[^/]+){1,8}?)\1\1(?=/|$)")

_YEAR = r"(1[5-9]\d\d|2\d{3})"
_YEAR_MONTH_DAY = rf"{_YEAR}([-/.])(0?[1-9]|1[0-2])(?:\2(0?[1-9]|[12]\d|3[01]))?"
_FOUR_DIGITS = re.compile(r"\d{4}")
_YEAR_ALONE = re.compile(_YEAR)
_NUMBER = re.compile(r"\d{1,2}")
_DATE = re.compile(rf"{_YEAR_MONTH_DAY}(?:(?:[T ]|%20|\+).*)?")
_COMPACT = re.compile(rf"{_YEAR}(-?)(0[1-9]|1[0-2])(0[1-9]|[12]\d|3[01])?")
_WEEK = re.compile(rf"{_YEAR}-?W([0-4]\d|5[0-3])", re.IGNORECASE)
_TIMESTAMP = re.compile(r"\d{9,10}")
_IN_PATH = re.compile(rf"(?<=/){_YEAR_MONTH_DAY}(?=[/.]|$)")

# /2031/5 is a month under these, and elsewhere perhaps the fifth page of a thread.
_CALENDAR = re.compile(
    r"calend|kalend|agenda|event|schedul|archiv|month|monat|week|day|date|termin|booking|planner|diary|times",
    re.IGNORECASE,
)
_DATE_NAME = re.compile(r"(?:date|day|datum|fecha|time|stamp|month|monat|mois|week|cal)$|^[dmw]$")
_YEARS = frozenset(("year", "yr", "yyyy", "jahr", "annee", "anno", "ano", "jaar", "rok"))
_MONTHS = frozenset(("month", "mon", "mm", "m", "monat", "mois", "mes", "mese", "maand"))
_DAYS = frozenset(("day", "dd", "d", "tag", "jour", "dia", "giorno", "dag", "week", "kw", "w"))

# Programs call their sessions by these names, and nothing else; under the others, only a token is a session.
_SESSION = re.compile(
    r"phpsessid|jsessionid|aspsessionid[a-z]*|asp\.net_sessionid|oscsid|zenid|cfid|cftoken|xtcsid",
    re.IGNORECASE,
)
_PERHAPS_SESSION = re.compile(r"s|sid|ssid|sess|sessid|sesskey|session|session_?id", re.IGNORECASE)
_TOKEN = re.compile(r"(?=[a-z]*\d)(?=\d*[a-z])(?:[0-9a-f]{32}|[0-9a-z]{26})")
_SESSION_IN_PATH = re.compile(
    r";(?:jsessionid|phpsessid|sid)=[^/;]*|/(?:\([SAF]\([\w$-]{20,}\)\))+(?=/|$)", re.IGNORECASE
)
_HINT = re.compile(r"sess|sid=|[?&]s=|zenid|cfid|cftoken|/\([saf]\(", re.IGNORECASE)


@dataclass(frozen=True)
class Limits:
    """How far a crawl goes before it takes something for a trap.

    `length` of an address in characters; `segments` of its path; `parameters` of its query; `depth` in links
    from a start URL; `years` that a date may lie ahead; `dates_ahead` and `dates_back`: dates after and
    before today on one kind of address; `variants`: combinations of parameters at one path.
    """

    length: int = 2000
    segments: int = 30
    parameters: int = 25
    depth: int = 10_000
    years: int = 10
    dates_ahead: int = 400
    dates_back: int = 4000
    variants: int = 10_000


class Traps:
    """Tells which addresses lead into a trap, and remembers in bounded memory which did not.

    `clock` tells seconds since the epoch.
    """

    def __init__(self, limits: Limits | None = None, clock: Callable[[], float] = time.time) -> None:
        self.limits, self.clock = limits or Limits(), clock
        self._met = _Distinct(MEMORY)
        self._why = lru_cache(maxsize=RECENT)(self._judge)

    def why_trapped(self, url: str, depth: int = 0) -> str | None:
        """Say why `url`, found `depth` links from a start URL, is not followed; ``None`` where it is.

        The answer is a clause that is the same for all that fall into one trap: "its path repeats /a/b",
        "its date is more than 10 years ahead". An address that was let through is let through again.
        """
        if depth > self.limits.depth:
            return f"it is more than {self.limits.depth:,} links away from a start URL"
        return self._why(url)

    def _judge(self, url: str) -> str | None:
        why = self._why_shape(url)
        if why is not None or not ("?" in url or _FOUR_DIGITS.search(url)):
            return why
        address = without_session_id(url.partition("#")[0])
        return self._why_date(address) or self._why_variant(address)

    def _why_shape(self, url: str) -> str | None:
        """Say what is wrong with an address that is seen for itself."""
        limits = self.limits
        if len(url) > limits.length:
            return f"it is longer than {limits.length:,} characters"
        address, _, query = url.partition("#")[0].partition("?")
        if query.count("&") >= limits.parameters:
            return f"it has more than {limits.parameters} parameters"
        if address.count("/") < FEWEST_SLASHES:
            return None
        segments = address.rstrip("/").split("/")[3:]
        if len(segments) > limits.segments:
            return f"its path is deeper than {limits.segments} segments"
        return _why_repeated(segments)

    def _why_date(self, url: str) -> str | None:
        dates = _Dates(url) if _FOUR_DIGITS.search(url) else None
        if dates is None or not dates.found:
            return None
        today, latest = time.gmtime(self.clock())[:3], max(dates.found)
        if latest[0] > today[0] + self.limits.years:
            return f"its date is more than {self.limits.years} years ahead"
        most = self.limits.dates_ahead if latest > today else self.limits.dates_back
        if self._met.admits((dates.template, latest > today), tuple(dates.found), most):
            return None
        side = "after" if latest > today else "before"
        return f"{most:,} dates {side} today were followed at {dates.template}"

    def _why_variant(self, url: str) -> str | None:
        """Say whether a path has too many combinations of parameters, none of which names things."""
        path, _, query = url.partition("?")
        pairs = _pairs(query)
        if len(pairs) < 2:
            return None
        most = self.limits.variants // ID_SHARE
        for name, value in pairs:
            self._met.admits((path, name), value, most)
        names_things = any(self._met.is_full((path, name), most) for name, _ in pairs)
        if names_things or self._met.admits(path, query, self.limits.variants):
            return None
        return f"{self.limits.variants:,} combinations of parameters were followed at {path}"


def _why_repeated(segments: list[str]) -> str | None:
    """Say whether something comes three times in a row in a path, other than a number."""
    if len(set(segments)) > len(segments) - 2:
        return None
    groups = (match[1] for match in _REPEATED.finditer("/" + "/".join(segments)))
    words = (group for group in groups if any(character.isalpha() for character in group))
    return next((f"its path repeats {group}" for group in words), None)


# Dates

_Date = tuple[int, int, int]


class _Dates:
    """The dates in an address, each as year, month and day (0 if unsaid), and the address without them."""

    def __init__(self, url: str) -> None:
        self.found: list[_Date] = []
        address, mark, query = url.partition("?")
        self.template = self._strip_path(address) + mark + (self._strip_query(query) if query else "")

    def _strip_path(self, address: str) -> str:
        matches = _IN_PATH.finditer(address)
        match = next((match for match in matches if _is_date(match, address[: match.start()])), None)
        if match is None:
            return address
        self.found.append(_ymd(match))
        return f"{address[: match.start()]}{{date}}{address[match.end() :]}"

    def _strip_query(self, query: str) -> str:
        pairs = _pairs(query)
        calendar = _calendar(pairs)
        if calendar is not None:
            self.found.append(calendar)
        return "&".join(self._strip(name, value, calendar is not None) for name, value in pairs)

    def _strip(self, name: str, value: str, is_calendar: bool) -> str:
        word = _word(name)
        date = _date_of(word, value)
        if date is not None:
            self.found.append(date)
        is_part = is_calendar and word in _YEARS | _MONTHS | _DAYS | {"y"}
        return f"{name}={{date}}" if is_part or date is not None else f"{name}={value}"


def _is_date(match: re.Match[str], before: str) -> bool:
    """Whether digits in a path are a date: written with hyphens, or in full, or under a telling word."""
    is_full = len(match[0]) == len("2031/05/17")
    return match[2] == "-" or is_full or bool(_CALENDAR.search(before))


def _calendar(pairs: Iterable[tuple[str, str]]) -> _Date | None:
    """Return the date that parameters for year, month and day make together."""
    named = {_word(name): value for name, value in pairs}
    month = _first(named, _MONTHS, _NUMBER)
    year = _first(named, _YEARS | ({"y"} if month else set()), _YEAR_ALONE)
    return (int(year), int(month or 0), int(_first(named, _DAYS, _NUMBER) or 0)) if year else None


def _first(named: dict[str, str], names: Iterable[str], form: re.Pattern[str]) -> str | None:
    return next((named[name] for name in names if form.fullmatch(named.get(name, ""))), None)


def _date_of(word: str, value: str) -> _Date | None:
    """Return the date that one parameter says: 2031-05-17 always, other forms only if its name tells so."""
    match = _DATE.fullmatch(value)
    is_named = _DATE_NAME.search(word) is not None
    if match and (match[4] or is_named):
        return _ymd(match)
    return _date_of_number(value) if is_named else None


def _date_of_number(value: str) -> _Date | None:
    """Return the date of 20310517 or 203105, of 2031-W20, or of seconds since the epoch."""
    if compact := _COMPACT.fullmatch(value):
        return _ymd(compact)
    if week := _WEEK.fullmatch(value):
        return int(week[1]), 0, int(week[2])
    return time.gmtime(int(value))[:3] if _TIMESTAMP.fullmatch(value) else None


def _ymd(match: re.Match[str]) -> _Date:
    return int(match[1]), int(match[3]), int(match[4] or 0)


def _pairs(query: str) -> list[tuple[str, str]]:
    """Part a query, without decoding, at what it is parted by."""
    parts = (part.partition("=") for part in query.split("&"))
    return [(name, value) for name, _, value in parts]


def _word(name: str) -> str:
    """Return the last word of a name: ``month`` of ``cal[month]`` and of ``start_month``."""
    words = re.findall("[a-z]+", unquote(name).lower())
    return words[-1] if words else ""


# Sessions


def without_session_id(url: str) -> str:
    """Return `url` without the session ids that programs write into addresses; the rest stays as it is.

    These are ``;jsessionid=...``, ASP.NET's ``/(S(...))``, parameters that are never anything else, like
    ``PHPSESSID``, and a ``sid`` or the like that is a token: 32 hexadecimal digits, or 26 small
    letters and digits. A ``sid=17`` names a thing, and stays.
    """
    if not _HINT.search(url):
        return url
    address, hash_mark, fragment = url.partition("#")
    path, mark, query = address.partition("?")
    parts = query.split("&")
    kept = [part for part in parts if not _is_session(*part.partition("=")[::2])]
    mark = mark if kept else ""
    return f"{_SESSION_IN_PATH.sub('', path)}{mark}{'&'.join(kept)}{hash_mark}{fragment}"


def _is_session(name: str, value: str) -> bool:
    is_token = _PERHAPS_SESSION.fullmatch(name) and _TOKEN.fullmatch(value)
    return bool(is_token or _SESSION.fullmatch(name))


class _Distinct:
    """Distinct values by key, in bounded memory: the keys that were not met for longest are forgotten."""

    def __init__(self, size: int) -> None:
        self._left = size
        self._values: OrderedDict[Hashable, set[int]] = OrderedDict()

    def admits(self, key: Hashable, value: Hashable, most: int) -> bool:
        """Whether `value` is among the first `most` of its key."""
        if key not in self._values:
            self._values[key] = set()
            self._left -= KEY_COST
        values = self._values[key]
        self._values.move_to_end(key)
        mark = hash(value)
        if mark not in values and len(values) < most:
            values.add(mark)
            self._left -= 1
            self._forget()
        return mark in values

    def is_full(self, key: Hashable, most: int) -> bool:
        """Whether a key has `most` values."""
        return len(self._values.get(key, ())) >= most

    def _forget(self) -> None:
        while self._left < 0 and len(self._values) > 1:
            _, values = self._values.popitem(last=False)
            self._left += KEY_COST + len(values)
