"""`Read`: a page that a job kept, made ready to be read again, beside what it gave at the time."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass

from scraper.item import Reject
from scraper.job.rows import request_of
from scraper.kept import Kept
from scraper.response import Response

_KEPT = """
SELECT r.id, r.url, r.method, r.headers, r.body, r.callback, r.meta, r.priority, r.depth, r.status, r.auth,
    r.epoch, r.account, (SELECT url FROM requests AS page WHERE page.id = r.parent) AS page,
    k.url AS kept_url, k.type, k.body AS kept_body
FROM kept k CROSS JOIN requests r ON r.id = k.request WHERE r.state IN ('done', 'failed') ORDER BY k.request
"""
_ITEMS = "SELECT type, data FROM items WHERE request = ? ORDER BY n"
_REJECTS = """
SELECT n, type, field, message, selector, ? AS url, excerpt FROM rejects WHERE request = ? ORDER BY n
"""
_ERROR = "SELECT error FROM requests WHERE id = ? AND state = 'failed'"


@dataclass(frozen=True, slots=True)
class Read:
    """A kept page, and what it gave: items as type and JSON, rejects, or why it could not be read."""

    page: Response
    items: list[tuple[str, str]]
    rejects: list[Reject]
    error: str | None


def read(db: sqlite3.Connection) -> Iterator[Read]:
    """Yield the pages that a job kept, one at a time, in the order in which they were found."""
    for row in db.execute(_KEPT):
        id = row["id"]
        items = [(item["type"], item["data"]) for item in db.execute(_ITEMS, (id,))]
        rejects = [Reject(*reject) for reject in db.execute(_REJECTS, (row["kept_url"], id))]
        error = db.execute(_ERROR, (id,)).fetchone()
        yield Read(_page_of(row), items, rejects, error and error["error"])


def _page_of(row: sqlite3.Row) -> Response:
    kept = Kept(row["kept_url"], row["type"], row["kept_body"])
    page = kept.response(request_of(row), row["status"])
    page.auth, page.epoch, page.account = row["auth"], row["epoch"], row["account"]
    return page
