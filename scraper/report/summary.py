"""A short summary of a crawl, for a terminal."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import TYPE_CHECKING

from rich.text import Text

from scraper.redact import redact_url

if TYPE_CHECKING:
    from scraper.job import Job

EXAMPLES = 5
INDENT = "  "


def summary(
    job: Job, *, seconds: float, exported: Iterable[str], broken: Iterable[str] = ()
) -> Iterator[Text]:
    """Yield lines on how a crawl went: pages, items, sign-ins, retries, time, and where the data is.

    `broken` are the fields that have ceased to be found, in words.
    """
    state = job.ending
    ending = f"stopped at {state}" if state.startswith("max_") else state
    yield Text(f"{job.noted('spider')}: {ending} after {seconds:.1f} s", style="bold")
    for label, value in _lines(job, exported, broken):
        yield Text.assemble(INDENT, (f"{label:10}", "dim"), value)


def _lines(job: Job, exported: Iterable[str], broken: Iterable[str]) -> Iterator[tuple[str, str]]:
    counts, sign_ins = job.counts(), job.events("signed_in")
    yield "pages", f"{counts.done:,}" + _of(counts.failed, "failed") + _of(counts.queued, "still queued")
    yield "items", f"{counts.items:,}" + _of(counts.rejects, "rejected")
    if sign_ins:
        accounts = Counter(sign_ins).items()
        yield "sign-ins", ", ".join(f"{times} as {name}" if name else str(times) for name, times in accounts)
    yield "retries", f"{counts.retries:,}"
    for target in exported:
        yield "data", target
    yield "job", str(job.path)
    for times, problem, url in islice(job.problems(), EXAMPLES):
        yield "problem", f"{problem} ({times:,} times, the first on {redact_url(url)})"
    for finding in broken:
        yield "broken", finding
    for url, reason in islice(job.avoided(), EXAMPLES):
        yield "avoided", f"{redact_url(url)}: {reason}"
    if counts.done and not counts.items:
        yield "note", "No page gave an item. Do the rows and selectors match, does parse yield?"


def _of(number: int, what: str) -> str:
    return f", {number:,} {what}" if number else ""
