"""Plots as SVG: bars over time with the events of a crawl, and a bar for a share."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime
from itertools import pairwise

from scraper.job.figures import Bar, place
from scraper.report.markup import Html, tag

WIDTH, HEIGHT = 1000.0, 100.0
"""The units of a plot, which is stretched to the room there is."""

A_DAY = 24 * 3600.0

Mark = tuple[str, int, float]
"""A kind of event, how often it was in the stretch of a bar, and when first."""

Layer = tuple[str, Callable[[Bar], int]]
"""A class of the style, and what it counts in a bar; layers stand on each other."""


def over_time(bars: Sequence[Bar], layers: Sequence[Layer], marks: Iterable[Mark], label: str) -> Html:
    """Return a plot of what came when, with lines for events, and a scale."""
    highest = max((sum(count(bar) for _, count in layers) for bar in bars), default=0) or 1
    width = WIDTH / len(bars)
    drawn = [_column(bar, n * width, width, layers, highest) for n, bar in enumerate(bars)]
    cuts = [_line(n * width, "cut") for n, bar in enumerate(bars) if bar.is_cut]
    lines = [
        _line(place(bars, at) * WIDTH, f"event {kind}", f"{clock(at)}: {kind}, {times:,} times")
        for kind, times, at in marks
    ]
    plot = tag(
        "svg", drawn, cuts, lines, viewBox=f"0 0 {WIDTH:g} {HEIGHT:g}", preserveAspectRatio="none",
        role="img", aria_label=label,
    )  # fmt: skip
    most = f"{label}, up to {highest:,} in {length(bars[0].seconds)}"
    return tag("figure", tag("figcaption", most), plot, _scale(bars))


def _column(bar: Bar, left: float, width: float, layers: Sequence[Layer], highest: int) -> Html:
    """Return the stacked layers of one bar."""
    counts = [(name, count(bar)) for name, count in layers]
    words = ", ".join(f"{count:,} {name}" for name, count in counts if count)
    top, parts = HEIGHT, []
    for name, count in counts:
        height = HEIGHT * count / highest
        top -= height
        if count:
            parts.append(_rect(left, top, width * 0.9, height, name))
    return tag("g", tag("title", f"{clock(bar.start)}: {words}"), parts) if parts else Html()


def _rect(x: float, y: float, width: float, height: float, name: str) -> Html:
    return tag("rect", x=f"{x:.2f}", y=f"{y:.2f}", width=f"{width:.2f}", height=f"{height:.2f}", class_=name)


def _line(x: float, name: str, title: str | None = None) -> Html:
    said = tag("title", title) if title else None
    return tag("line", said, x1=f"{x:.2f}", x2=f"{x:.2f}", y1="0", y2=f"{HEIGHT:g}", class_=name)


def _scale(bars: Sequence[Bar]) -> Html:
    """Return the times at the ends of a plot, and how long what is cut out of it lasted."""
    start, end = bars[0].start, bars[-1].start + bars[-1].seconds
    says = moment if end - start > A_DAY else clock
    cuts = [
        f"{length(bar.start - (before.start + before.seconds))} left out at {says(before.start)}"
        for before, bar in pairwise(bars)
        if bar.is_cut
    ]
    moments = [says(start), *cuts, says(end)]
    return tag("div", (tag("span", said) for said in moments), class_="scale")


def share(part: float, name: str = "done") -> Html:
    """Return a small bar for a share from 0 to 1."""
    width = 100 * min(max(part, 0.0), 1.0)
    inner = _rect(0, 0, width, 10, name)
    return tag(
        "svg", inner, viewBox="0 0 100 10", preserveAspectRatio="none", class_="share", role="presentation"
    )


def clock(at: float) -> str:
    """Return a moment as the time of day (UTC)."""
    return datetime.fromtimestamp(at, UTC).strftime("%H:%M:%S")


def moment(at: float) -> str:
    """Return a moment as the day and the time of day (UTC)."""
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d %H:%M:%S")


def length(seconds: float) -> str:
    """Say how long something lasted, in one number."""
    if seconds < 1:
        return f"{seconds * 1000:.0f} ms"
    if seconds < 120:
        return f"{seconds:.3g} s"
    return f"{seconds / 60:.0f} min" if seconds < 7200 else f"{seconds / 3600:.0f} h"
