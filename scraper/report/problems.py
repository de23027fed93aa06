"""The parts of a report on what went wrong: rejected rows, failed pages, links that were left out."""

from __future__ import annotations

from collections.abc import Iterator

from scraper.job import REJECTED, Figures, Job
from scraper.report.markup import Html, address, details, section, table, tag

GROUPS = 20
EXAMPLES = 5
MOST_PAGES = 12
"""So many pages that were kept are shown."""

LONGEST_PAGE = 60_000
"""Characters of a page that are shown."""


def rejects(job: Job, figures: Figures) -> Html | None:
    """Return why rows gave no item, grouped, with what stood there and the pages that were kept."""
    groups = figures.rejects(GROUPS)
    told = [
        details(
            f"{n:,} × {type}.{field}: {message}",
            tag("p", "Looked for with ", tag("code", selector), "."),
            _excerpts(figures.rejected((type, field, message, selector), EXAMPLES)),
        )
        for type, field, message, selector, n in groups
    ]
    return section("Rejected rows and missed fields", told, _pages(job))


def _excerpts(rows: list[tuple[str, str]]) -> Iterator[Html]:
    for url, excerpt in rows:
        yield tag("p", address(url))
        if excerpt:
            yield tag("pre", excerpt)


def _pages(job: Job) -> list[Html]:
    """Return the pages that were kept because something was wrong on them, as text."""
    kept = [(kind, url) for kind, url in job.pages() if not kind.startswith("good:")]
    return [
        details(("The page kept as ", tag("code", kind), ": ", address(url)), tag("pre", _source(job, kind)))
        for kind, url in kept[:MOST_PAGES]
    ]


def _source(job: Job, kind: str) -> str:
    page = (job.page(kind) or b"").decode("utf-8", "replace")
    return (
        page if len(page) <= LONGEST_PAGE else f"{page[:LONGEST_PAGE]}\n... {len(page):,} characters in all"
    )


def failures(job: Job, figures: Figures) -> Html | None:
    """Return which pages failed, grouped by kind."""
    kinds = {kind: n for kind, n in job.kinds_of_failure().items() if kind != REJECTED}
    told = [
        details(
            f"{n:,} × {kind}",
            table(
                ("address", "what went wrong", "attempts"),
                (
                    (address(url), error, f"{sent:,}")
                    for url, error, sent, _ in figures.failures(kind, EXAMPLES)
                ),
            ),
        )
        for kind, n in list(kinds.items())[:GROUPS]
    ]
    return section("Failed pages", told)


def avoided(figures: Figures) -> Html | None:
    """Return why links were not followed, with one of each kind."""
    rows = [(f"{n:,}", why, address(url)) for why, n, url in figures.avoided(GROUPS)]
    return section("Links left out", table(("links", "why", "such as"), rows))
