"""The parts of a report on what went over the network: when, how fast, from where."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from scraper.job import Figures
from scraper.job.figures import EDGES, PERCENTILES
from scraper.report.markup import Html, address, details, section, short, table, tag
from scraper.report.plots import length, moment, over_time, share

MOST_EVENTS = 300
MOST_HOSTS = 30
MOST_STATUSES = 20
SLOWEST = 15

_WORDS = {
    "signed_in": "signed in",
    "restored": "went on with the kept session",
    "renewed": "renewed the session",
    "signed_out": "signed out by the site",
    "paused": "left a host alone",
    "put_back": "pages put back",
    "left_out": "went on without an account",
}


def timeline(figures: Figures) -> Html | None:
    """Return what came when, and what happened meanwhile."""
    bars, events = figures.over_time(), figures.events(MOST_EVENTS)
    marks = figures.marks(bars)
    if not bars:
        return section("Over time", _told(figures, events))
    pages = over_time(
        bars, [("done", lambda bar: bar.done), ("failed", lambda bar: bar.failed)], marks, "Pages"
    )
    items = over_time(bars, [("items", lambda bar: bar.items)], marks, "Items")
    return section("Over time", _legend(mark[0] for mark in marks), pages, items, _told(figures, events))


def _legend(kinds: Iterable[str]) -> Html:
    """Name the colours of what is drawn."""
    chips = [
        _chip(tag("rect", width="10", height="10", class_=name), name) for name in ("done", "failed", "items")
    ]
    chips += [
        _chip(tag("line", x1="5", x2="5", y1="0", y2="10", class_=f"event {kind}"), _WORDS.get(kind, kind))
        for kind in dict.fromkeys(kinds)
    ]
    return tag("p", chips)


def _chip(drawing: Html, words: str) -> Html:
    return tag("span", tag("svg", drawing, viewBox="0 0 10 10", aria_hidden="true"), words, class_="key")


def _told(figures: Figures, events: list[tuple[float, str, str]]) -> Html | None:
    """Return the events in words."""
    kinds = figures.kinds_of_event()
    number = sum(times for kind, times in kinds.items() if kind != "alive")
    rows = [(short(moment(at)), _WORDS.get(kind, kind), message) for at, kind, message in events]
    shown = table(("UTC", "what", "more"), rows)
    title = f"{number:,} events" + (f", the first {len(events):,}" if number > len(events) else "")
    return details(title, shown) if shown else None


def answers(figures: Figures) -> Html | None:
    """Return how long answers took, and their statuses."""
    latency, statuses = figures.latency(), figures.statuses(MOST_STATUSES)
    all_pages = sum(number for _, number in statuses)
    by_status = [
        (str(status or "no answer"), f"{number:,}", share(number / all_pages, _colour(status)))
        for status, number in statuses
    ]
    said = ", ".join(
        f"{'the slowest' if percent == 100 else f'{percent} %'} in {length(seconds)}"
        for percent, seconds in zip(PERCENTILES, latency.percentiles, strict=False)
    )
    return section(
        "Answers",
        tag("p", f"Answers came: {said}.") if said else None,
        table(("took, in seconds", "pages", ""), _histogram(latency.counts)),
        tag("h3", "Statuses") if by_status else None,
        table(("status", "pages", ""), by_status),
    )


def _colour(status: int | None) -> str:
    return "done" if status is not None and status < 400 else "failed"


def _histogram(counts: Sequence[int]) -> Iterator[tuple[str, str, Html]]:
    """Yield a row for each length of time from the shortest to the longest that there was."""
    filled = [n for n, count in enumerate(counts) if count]
    most = max(counts, default=0)
    for n in range(filled[0], filled[-1] + 1) if filled else ():
        words = f"up to {EDGES[n]:g}" if n < len(EDGES) else f"over {EDGES[-1]:g}"
        yield words, f"{counts[n]:,}", share(counts[n] / most, "items")


def hosts(figures: Figures) -> Html | None:
    """Return what came from which host, and when hosts were left alone."""
    rows = [
        (host, f"{pages:,}", f"{failed:,}", f"{mean or 0:.2f} s", f"{(size or 0) / 1024:,.0f} KiB")
        for host, pages, failed, mean, size in figures.hosts(MOST_HOSTS)
    ]
    pauses = [
        tag("li", f"{moment(at)} {message}")
        for at, kind, message in figures.events(MOST_EVENTS)
        if kind == "paused"
    ]
    left_alone = (tag("h3", "Left alone"), tag("ul", pauses)) if pauses else None
    return section("Hosts", table(("host", "pages", "failed", "on average", "received"), rows), left_alone)


def slowest(figures: Figures) -> Html | None:
    """Return the pages that took longest."""
    rows = [
        (
            short(f"{seconds:.2f} s"),
            str(status or "no answer"),
            short(f"{(size or 0) / 1024:,.0f} KiB"),
            address(url),
        )
        for url, seconds, status, size in figures.slowest(SLOWEST)
    ]
    return section("Slowest pages", table(("took", "status", "size", "address"), rows))
