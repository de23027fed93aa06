"""`Figures`: what a report tells of a job in numbers, in bounded size also for a million pages."""

from __future__ import annotations

import heapq
import math
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from scraper.job import schema
from scraper.request import http_host

LONGEST_GAP = 600.0
"""Seconds in which nothing came; a longer time is left out of plots, such as that until a job is resumed."""

MOST_GAPS = 7
BARS = 90
"""So many bars, or a few more, show a whole job."""

EDGES = (0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0, 60.0)
"""Seconds between which latencies are counted; the last count is of what took longer than all."""

PERCENTILES = (50, 90, 95, 99, 100)

_TIMES = "SELECT fetched_at FROM requests WHERE fetched_at IS NOT NULL ORDER BY fetched_at"
_PAGES = """
SELECT bar_of(fetched_at) AS bar, sum(state = 'done'), sum(state = 'failed') FROM requests
WHERE fetched_at IS NOT NULL AND state IN ('done', 'failed') GROUP BY bar
"""
_ITEMS = """
SELECT bar_of(r.fetched_at) AS bar, count(*) FROM items i CROSS JOIN requests r ON r.id = i.request
WHERE r.fetched_at IS NOT NULL GROUP BY bar
"""
_LATENCIES = "SELECT elapsed FROM requests WHERE elapsed > 0 AND status IS NOT NULL ORDER BY elapsed"
_TOTALS = "SELECT min(fetched_at - elapsed), max(fetched_at), coalesce(sum(bytes), 0) FROM requests"
_STATUSES = """
SELECT status, count(*) AS n FROM requests WHERE fetched_at IS NOT NULL
GROUP BY status ORDER BY n DESC LIMIT ?
"""
_EVENTS = "SELECT at, kind, message FROM events WHERE kind <> 'alive' ORDER BY at LIMIT ?"
_MARKS = """
SELECT kind, count(*), min(at) FROM events WHERE kind <> 'alive' GROUP BY bar_of(at), kind ORDER BY min(at)
"""
_KINDS = "SELECT kind, count(*) FROM events GROUP BY kind"
_HOSTS = """
SELECT host_of(url) AS host, count(*) AS n, sum(state = 'failed'), avg(elapsed), sum(bytes) FROM requests
WHERE fetched_at IS NOT NULL GROUP BY host ORDER BY n DESC, host LIMIT ?
"""
_SLOWEST = """
SELECT url, elapsed, status, bytes FROM requests WHERE elapsed > 0 ORDER BY elapsed DESC LIMIT ?
"""
_FAILURES = """
SELECT url, coalesce(error, ''), attempts, fetched_at FROM requests
WHERE state = 'failed' AND kind_of(status, error) = ? ORDER BY id LIMIT ?
"""
_REJECTS = """
SELECT type, field, message, selector, count(*) AS n FROM rejects
GROUP BY type, field, message, selector ORDER BY n DESC LIMIT ?
"""
_REJECTED = """
SELECT url, excerpt FROM rejects JOIN requests ON requests.id = request
WHERE type = ? AND field = ? AND message = ? AND selector = ? ORDER BY request LIMIT ?
"""
_AVOIDED = """
SELECT coalesce(error, 'the spider does not allow it') AS why, count(*) AS n, min(url) FROM requests
WHERE state = 'denied' GROUP BY why ORDER BY n DESC LIMIT ?
"""


@dataclass(slots=True)
class Bar:
    """A stretch of time, from `start` (seconds since 1970) for `seconds`, and what came in it.

    With `is_cut`, time was left out before it.
    """

    start: float
    seconds: float
    done: int = 0
    failed: int = 0
    items: int = 0
    is_cut: bool = False


@dataclass(frozen=True, slots=True)
class Latency:
    """How long answers took, in seconds: counts between `EDGES`, and the `PERCENTILES`."""

    counts: Sequence[int] = field(default_factory=list)
    percentiles: Sequence[float] = field(default_factory=list)


class Figures:
    """The figures of the job at `path`, as it was at one moment; a context manager."""

    def __init__(self, path: Path) -> None:
        self._db = schema.open_(path)
        self._db.row_factory = None
        self._db.create_function("host_of", 1, http_host, deterministic=True)
        self._db.execute("BEGIN")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._db.close()

    def totals(self) -> tuple[float | None, float | None, int]:
        """Return when the first request went out and the last answer came, and the bytes of all answers."""
        first, last, size = self._db.execute(_TOTALS).fetchone()
        return first, last, size

    # Over time

    def over_time(self) -> list[Bar]:
        """Return what came when, in bars of the same length, without the long times in which nothing came."""
        spans = self._spans()
        if not spans:
            return []
        seconds = max(sum(end - start for start, end in spans) / BARS, 0.001)
        bars = [bar for n, span in enumerate(spans) for bar in _bars(*span, seconds, is_cut=n > 0)]
        for n, done, failed in self._by_bar(bars, _PAGES):
            bars[n].done, bars[n].failed = done, failed
        for n, items in self._by_bar(bars, _ITEMS):
            bars[n].items = items
        return bars

    def _spans(self) -> list[tuple[float, float]]:
        """Return from when to when pages came, without the longest times in which none did."""
        gaps: list[tuple[float, float]] = []
        first = last = None
        for (at,) in self._db.execute(_TIMES):
            if first is None:
                first = at
            elif last is not None and at - last > LONGEST_GAP:
                (heapq.heappushpop if len(gaps) >= MOST_GAPS else heapq.heappush)(gaps, (at - last, last))
            last = at
        if first is None or last is None:
            return []
        cuts = sorted((begin, begin + length) for length, begin in gaps)
        edges = [first, *(moment for cut in cuts for moment in cut), last]
        return list(zip(edges[::2], edges[1::2], strict=True))

    def events(self, most: int) -> list[tuple[float, str, str]]:
        """Return moment, kind and message of events, the first ones first."""
        return self._db.execute(_EVENTS, (most,)).fetchall()

    def marks(self, bars: Sequence[Bar]) -> list[tuple[str, int, float]]:
        """Return kind, number and first moment of the events of each bar."""
        return self._by_bar(bars, _MARKS) if bars else []

    def _by_bar(self, bars: Sequence[Bar], query: str) -> list[Any]:
        """Return the rows of a query that asks by ``bar_of`` in which bar a moment lies."""
        self._db.create_function("bar_of", 1, lambda at: _place(bars, at), deterministic=True)
        return self._db.execute(query).fetchall()

    def kinds_of_event(self) -> dict[str, int]:
        """Count events by kind."""
        return dict(self._db.execute(_KINDS).fetchall())

    # Answers

    def latency(self) -> Latency:
        """Return how long answers took."""
        number = self._db.execute(f"SELECT count(*) FROM ({_LATENCIES})").fetchone()[0]  # noqa: S608
        if not number:
            return Latency()
        wanted = [max(0, math.ceil(number * percent / 100) - 1) for percent in PERCENTILES]
        counts, percentiles, edge = [0] * (len(EDGES) + 1), [], 0
        for n, (elapsed,) in enumerate(self._db.execute(_LATENCIES)):
            while edge < len(EDGES) and elapsed > EDGES[edge]:
                edge += 1
            counts[edge] += 1
            percentiles += [elapsed] * wanted.count(n)
        return Latency(counts, percentiles)

    def statuses(self, most: int) -> list[tuple[int | None, int]]:
        """Return statuses with how many pages had each, the most frequent first; ``None``: no answer."""
        return self._db.execute(_STATUSES, (most,)).fetchall()

    def hosts(self, most: int) -> list[tuple[str, int, int, float | None, int | None]]:
        """Return host, pages, failed pages, mean latency and bytes, the host of most pages first."""
        return self._db.execute(_HOSTS, (most,)).fetchall()

    def slowest(self, most: int) -> list[tuple[str, float, int | None, int | None]]:
        """Return address, seconds, status and bytes of the pages that took longest."""
        return self._db.execute(_SLOWEST, (most,)).fetchall()

    # What went wrong

    def failures(self, kind: str, most: int) -> list[tuple[str, str, int, float | None]]:
        """Return address, error, attempts and moment of the first pages that failed in one way."""
        return self._db.execute(_FAILURES, (kind, most)).fetchall()

    def rejects(self, most: int) -> list[tuple[str, str, str, str, int]]:
        """Return type, field, message, selector and number of rejected rows, the most frequent first."""
        return self._db.execute(_REJECTS, (most,)).fetchall()

    def rejected(self, reject: tuple[Any, ...], most: int) -> list[tuple[str, str]]:
        """Return the address and excerpt of the first rows that were rejected so."""
        return self._db.execute(_REJECTED, (*reject[:4], most)).fetchall()

    def avoided(self, most: int) -> list[tuple[str, int, str]]:
        """Return why links were left out, how many, and one of them, the most frequent reason first."""
        return self._db.execute(_AVOIDED, (most,)).fetchall()


def _bars(start: float, end: float, seconds: float, *, is_cut: bool) -> Iterator[Bar]:
    """Yield the bars from `start` to `end`, of `seconds` each."""
    for n in range(max(1, math.ceil((end - start) / seconds))):
        yield Bar(start + n * seconds, seconds, is_cut=is_cut and n == 0)


def _place(bars: Sequence[Bar], at: float) -> int:
    """Return the number of the bar in which a moment lies: the last that begins before it."""
    return max(bisect_right(bars, at, key=lambda bar: bar.start) - 1, 0)


def place(bars: Sequence[Bar], at: float) -> float:
    """Return where a moment lies among bars, as the share of their whole width that is before it."""
    if not bars:
        return 0.0
    n = _place(bars, at)
    part = min(max((at - bars[n].start) / bars[n].seconds, 0.0), 1.0)
    return (n + part) / len(bars)
