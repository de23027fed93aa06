"""The first and the last part of a report: the numbers, what to do next, and how earlier runs went."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from scraper.errors import ConfigError
from scraper.job import Figures, Job, files
from scraper.report.markup import Html, section, table, tag
from scraper.report.plots import length

RUNS = 5
"""So many earlier runs are shown."""

KIB = 1024


def tiles(job: Job, figures: Figures) -> Html:
    """Return the numbers that sum a job up."""
    counts, (began, ended, size) = job.counts(), figures.totals()
    seconds = ended - began if began and ended else 0.0
    sign_ins = figures.kinds_of_event().get("signed_in", 0)
    numbers = [
        (f"{counts.done:,}", "pages", False),
        (f"{counts.failed:,}", "pages failed", counts.failed > 0),
        (f"{counts.items:,}", "items", False),
        (f"{counts.rejects:,}", "rows rejected", counts.rejects > 0),
        (f"{counts.queued:,}", "requests waiting", False),
        (f"{sign_ins:,}", "sign-ins", False),
        (f"{counts.retries:,}", "repeated sends", False),
        (length(seconds), "first to last page", False),
        (_size(size), "received", False),
    ]
    return tag(
        "ul",
        (tag("li", tag("b", n), what, class_="bad" if is_bad else None) for n, what, is_bad in numbers),
        class_="tiles",
    )


def _size(size: float) -> str:
    for unit in ("bytes", "KiB", "MiB"):
        if size < KIB:
            return f"{size:,.0f} {unit}"
        size /= KIB
    return f"{size:,.1f} GiB"


def next_steps(job: Job) -> Html | None:
    """Return the commands that take a job further, where something is left to do."""
    steps = [
        tag("p", f"{why}: ", tag("code", f"python -m scraper {command}")) for why, command in _steps(job)
    ]
    return section("What to do next", steps)


def _steps(job: Job) -> Iterator[tuple[str, str]]:
    counts, spider = job.counts(), job.noted("spider") or "SPIDER"
    if counts.failed:
        yield "Fetch the failed pages again", f"retry {job.path}"
    if counts.rejects:
        yield (
            "Once the selectors are right, read the pages of rejected rows again",
            f"retry {job.path} --rejects",
        )
    if not job.is_finished or counts.queued:
        yield "Go on with what waits", f"run {spider} --resume"
    if counts.failed or counts.rejects:
        yield "See what became of a page", "why URL"


def runs_before(job: Job, folder: Path) -> Html | None:
    """Return how the last runs of the spider before a job went."""
    paths = [
        path
        for path in files.jobs(folder, job.noted("spider") or "")
        if path.resolve() != job.path.resolve() and files.is_older(path, job.path)
    ]
    rows = [row for path in paths[::-1][:RUNS] if (row := _run(path)) is not None]
    head = ("job", "ended as", "pages", "failed", "items", "rejected")
    return section("Earlier runs", table(head, rows))


def _run(path: Path) -> list[str] | None:
    with suppress(ConfigError), Job(path) as job:
        counts = job.counts()
        numbers = (counts.done, counts.failed, counts.items, counts.rejects)
        return [path.stem, job.ending, *(f"{number:,}" for number in numbers)]
    return None
