"""`listing_of`: what a page lists, and how its pages go on, tried on the pages themselves."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from scraper.propose.data import DataRows, data_rows_of
from scraper.propose.fields import Field
from scraper.propose.following import nexts_of
from scraper.propose.rows import Rows, rows_of
from scraper.response import Response

MORE_PAGES = 2
"""So many pages behind the first are looked at: a field may be missing there."""

GOES_ON = 1.5
"""What a list that goes on over pages counts, next to one of a single page."""

ENOUGH = 12.0
"""What lists as much as this is what was looked for: five rows of four fields, say."""

MOST_LOOKED_AT = 12
"""So many links are followed to find a list."""

_NO_LIST = re.compile(
    r"/(add|new|create|edit|change|password\w*|settings|profile|help|about|privacy|terms|contact|imprint|login|"
    r"sign[-_]?in|register|sign[-_]?up|cart|basket|jsi18n)/?$|\.(pdf|zip|jpe?g|png|svg|css|js|xml|rss|atom)$|\?",
    re.IGNORECASE,
)

Fetch = Callable[[str], Response]


@dataclass(frozen=True)
class Listing:
    """What a page lists: the selector of its rows, their fields, how many it has, and the link to more."""

    page: Response
    rows: str
    name: str
    fields: tuple[Field, ...]
    count: int
    follow: str
    score: float
    is_json: bool = False

    @property
    def url(self) -> str:
        """The address of the page."""
        return self.page.request.url


def listing_of(page: Response, fetch: Fetch | None = None) -> Listing | None:
    """Return what a page lists; ``None`` where nothing repeats. With `fetch`, further pages are looked at."""
    if page.is_html:
        found = rows_of(page.tree)
        return None if found is None else _of_page(page, found, fetch)
    data = data_rows_of(page)
    return None if data is None else _of_data(page, data)


def _of_data(page: Response, data: DataRows) -> Listing:
    score = len(data.fields) * min(data.count, 40) ** 0.7
    return Listing(page, data.query, data.name, data.fields, data.count, data.following, score, is_json=True)


def _of_page(page: Response, rows: Rows, fetch: Fetch | None) -> Listing:
    follow, pages = _follow(page, rows, fetch)
    more = [row for other in pages for row in other.css(rows.query)]
    fields = tuple(rows.fields([row.root for row in more]) or rows.fields())
    score = rows.score * (GOES_ON if follow else 1.0)
    return Listing(page, rows.query, rows.name, fields, len(rows.elements), follow, score)


def _follow(page: Response, rows: Rows, fetch: Fetch | None) -> tuple[str, Sequence[Response]]:
    """Return the first selector that leads on to pages with other rows, and those pages."""
    for query in nexts_of(page.tree):
        found = list(page.links(query))
        if len(found) != 1 or found[0].url == page.url:
            continue
        if fetch is None:
            return query, ()
        pages = _pages_behind(page, query, rows, fetch)
        if pages:
            return query, pages
    return "", ()


def _pages_behind(page: Response, query: str, rows: Rows, fetch: Fetch) -> list[Response]:
    """Follow a link from page to page, as far as each has rows and is not one of those before."""
    seen, pages, here = {page.url}, list[Response](), page
    while len(pages) < MORE_PAGES and (link := next(iter(here.links(query)), None)) is not None:
        if link.url in seen:
            return []
        seen.add(link.url)
        here = fetch(link.url)
        if not (here.ok and here.is_html and here.css(rows.query)):
            return []
        pages.append(here)
    return pages


def best_listing(pages: Sequence[Response], fetch: Fetch) -> Listing | None:
    """Return the best of what `pages` list, or, where that is little, of what the pages they link to do."""
    found = [listing for page in pages if (listing := listing_of(page, fetch)) is not None]
    best = max(found, key=lambda listing: listing.score, default=None)
    if best is not None and best.score >= ENOUGH:
        return best
    seen = {page.url for page in pages}
    for url in _ways_on(pages, seen):
        page = fetch(url)
        if page.ok and page.url not in seen and (listing := listing_of(page)) is not None:
            found.append(listing)
        seen.add(page.url)
    best = max(found, key=lambda listing: listing.score, default=None)
    return None if best is None else listing_of(best.page, fetch)


def _ways_on(pages: Sequence[Response], seen: set[str]) -> list[str]:
    """Return the links that may lead to a list, those of the main part first."""
    urls: dict[str, None] = {}
    for query in ("main a, #main a, #content a, [role=main] a", "a"):
        for page in pages:
            for request in page.links(query) if page.is_html else ():
                if not _NO_LIST.search(request.url) and request.url not in seen:
                    urls.setdefault(request.url)
    return list(urls)[:MOST_LOOKED_AT]
