"""What ``why`` tells of an address that a job knows, as labels and lines."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from urllib.parse import urlsplit

from scraper.job import Job, canonical
from scraper.job.trace import Known
from scraper.redact import redact_url
from scraper.robots import recalled, robots_url

FEW = 3
"""So many items and rejects are shown."""

LONGEST = 160
"""Characters of an item that are shown."""

FIRST_STEPS, LAST_STEPS = 3, 6
"""So many pages at the beginning and at the end of a long way are named."""

Line = tuple[str, str]


def tell(job: Job, known: Known, asked: str) -> Iterator[Line]:
    """Yield label and line on a request of a job, of which the address `asked` is one spelling."""
    row, trace = known.row, job.trace()
    yield "outcome", _outcome(known)
    if row["url"] != asked:
        yield "known as", f"{redact_url(row['url'])}, which is another spelling of the same page"
    account = f", account {row['account']}" if row["account"] else ""
    yield "key", f"{known.key}: {row['method']} {redact_url(canonical(row['url']))}{account}"
    yield from _labelled("found", _way(known))
    yield "robots.txt", robots_line(job, row["url"])
    yield from _labelled("host", trace.pauses(urlsplit(row["url"]).hostname or "")[-FEW:])
    if row["auth"] is not None:
        who = f" as {row['account']}" if row["account"] and row["auth"] == "signed_in" else ""
        yield "session", f"{row['auth'].replace('_', ' ')}{who}, epoch {row['epoch']}"
    yield from _gave(job, known)


def robots_line(job: Job, url: str) -> str:
    """Say which line of robots.txt decides on an address, as the job noted it."""
    noted = job.noted(f"robots:{robots_url(url)}")
    if noted is None:
        return "was not asked for: obey_robots is off, or no request came so far"
    robots = recalled(robots_url(url), noted)
    return f"{'allowed' if robots.allows(url) else 'forbidden'}: {robots.line(url)}"


def _outcome(known: Known) -> str:
    row = known.row
    if row["state"] == "denied":
        return f"left out: {row['error'] or 'the spider does not allow it (allowed_domains, deny)'}"
    if row["state"] in ("queued", "leased"):
        return "; ".join(filter(None, ("not fetched yet: it waits", _not_before(known), _last_time(known))))
    return f"{row['state']}: {_last_time(known)}"


def _not_before(known: Known) -> str:
    return f"not before {_moment(known.row['not_before'])}" if known.row["not_before"] else ""


def _last_time(known: Known) -> str:
    """Say what came of a request the last time, and in how many attempts in all."""
    row = known.row
    if row["fetched_at"] is None:
        return ""
    said = row["error"] or f"answered {row['status']}"
    if row["error"] and row["status"] and str(row["status"]) not in row["error"]:
        said = f"answered {row['status']}, {said}"
    cost = f", {row['bytes']:,} bytes in {row['elapsed']:.2f} s" if row["elapsed"] else ""
    attempts = f"{row['attempts']:,} attempt{'' if row['attempts'] == 1 else 's'}"
    return f"{said}{cost}, {attempts}, on {_moment(row['fetched_at'])}"


def _moment(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")


def _way(known: Known) -> Iterator[str]:
    """Yield the pages that led to a request, from the start on, each with the selector that it stood in."""
    steps = [*known.way, ("here", known.row["found_by"])]
    left_out = len(steps) - FIRST_STEPS - LAST_STEPS
    for n, (url, found_by) in enumerate(steps):
        if FIRST_STEPS <= n < FIRST_STEPS + left_out and left_out > 1:
            if n == FIRST_STEPS:
                yield f"{n}. to {n + left_out - 1}. ..."
            continue
        how = f"by {found_by}" if found_by else "on that page"
        first = "listed in the sitemaps" if found_by == "sitemaps" else "a start URL"
        yield f"{n}. {redact_url(url)}: {how if n else first}"


def _gave(job: Job, known: Known) -> Iterator[Line]:
    """Yield what a page gave: items, rejects, and whether it was kept."""
    trace = job.trace()
    if items := trace.count(known, "items"):
        shown = [f"{type}  {_short(data)}" for type, data in trace.items(known, FEW)]
        yield from _labelled("items", _of(shown, items))
    elif known.row["state"] == "done":
        yield "items", "none"
    if rejects := trace.count(known, "rejects"):
        reasons = [f"row {one.n}, {one} (from {one.selector})" for one in trace.rejects(known, FEW)]
        yield from _labelled("rejects", _of(reasons, rejects))
    yield from _labelled("kept as", trace.kept(known))


def _of(shown: list[str], all: int) -> list[str]:
    return shown if len(shown) >= all else [*shown, f"... {all:,} in all"]


def _short(text: str) -> str:
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}..."


def _labelled(label: str, lines: Iterator[str] | list[str]) -> Iterator[Line]:
    for n, line in enumerate(lines):
        yield label if n == 0 else "", line
