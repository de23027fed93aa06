"""`Questions`: what a job tells of itself: items, rejects, problems, counts, events and notes."""

from __future__ import annotations

import json
import sqlite3
import time
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from scraper.item import Reject
from scraper.job import again, kept, schema
from scraper.job.fields import Field, Fields
from scraper.job.kept import Read
from scraper.job.records import described
from scraper.job.stored import Stored
from scraper.job.trace import Trace
from scraper.record import Description

_ITEMS = """
SELECT i.type, i.data, r.account FROM items i JOIN requests r ON r.id = i.request ORDER BY i.request, i.n
"""
_SETTLED = (
    "SELECT count(*) FROM requests WHERE state IN ('done', 'failed') AND account IS coalesce(?, account)"
)
_PROBLEMS = """
SELECT count(*) AS times, error AS problem, min(id), url FROM requests WHERE state = 'failed' GROUP BY error
UNION ALL
SELECT count(*), type || '.' || field || ': ' || message, min(request), url
FROM rejects JOIN requests ON requests.id = request GROUP BY type, field, message
ORDER BY times DESC
"""


@dataclass(frozen=True, slots=True)
class Counts:
    """How a job stands: pages by outcome, requests that wait, items, rejected rows and repeated sends."""

    done: int
    failed: int
    queued: int
    items: int
    rejects: int
    retries: int


class Questions:
    """What is asked of a job, and what is noted in it; `Frontier` adds what is to be fetched."""

    path: Path
    _db: sqlite3.Connection
    _fields: Fields

    # What was collected

    def items(self) -> Iterator[tuple[str, dict[str, Any]]]:
        """Yield every item as its type's name and its data, in the order in which the pages were found."""
        stored = Stored(self._db)
        for row in self._db.execute(_ITEMS):
            yield row["type"], json.loads(stored.fill(row["data"], row["account"]))

    def problems(self) -> Iterator[tuple[int, str, str]]:
        """Yield, the most frequent first, how often something went wrong, what, and the first page of it."""
        for row in self._db.execute(_PROBLEMS):
            yield row["times"], row["problem"], row["url"]

    def rejects(self) -> Iterator[tuple[str, Reject]]:
        """Yield every rejected field with the URL of its page."""
        for row in self._db.execute(
            "SELECT n, type, field, message, selector, url, excerpt FROM rejects "
            "JOIN requests ON requests.id = request ORDER BY request, n"
        ):
            yield row["url"], Reject(*row)

    def failures(self) -> Iterator[tuple[str, str]]:
        """Yield the URL and the error of every request that failed."""
        for row in self._db.execute("SELECT url, error FROM requests WHERE state = 'failed' ORDER BY id"):
            yield row["url"], row["error"]

    def kinds_of_failure(self) -> dict[str, int]:
        """Count the pages that failed by kind, the most first, and as ``rejected`` those with such rows."""
        return again.kinds(self._db)

    def trace(self) -> Trace:
        """Return what answers questions on single addresses."""
        return Trace(self._db)

    def avoided(self) -> Iterator[tuple[str, str]]:
        """Yield the URL of every link that was not followed because it would sign out or delete, and why."""
        for row in self._db.execute(
            "SELECT url, error FROM requests WHERE state = 'denied' AND error IS NOT NULL ORDER BY id"
        ):
            yield row["url"], row["error"]

    def addresses(self, most: int) -> list[str]:
        """Return the addresses that were found last and not left out, the oldest first."""
        rows = self._db.execute(
            "SELECT url FROM requests WHERE state != 'denied' ORDER BY id DESC LIMIT ?", (most,)
        )
        return [row["url"] for row in rows][::-1]

    def counts(self) -> Counts:
        """Count pages, items, rejected rows and retries."""
        states = dict(self._db.execute("SELECT state, count(*) FROM requests GROUP BY state").fetchall())
        return Counts(
            done=states.get("done", 0),
            failed=states.get("failed", 0),
            queued=states.get("queued", 0) + states.get("leased", 0),
            items=self._count("SELECT count(*) FROM items"),
            rejects=self._count("SELECT count(*) FROM (SELECT DISTINCT request, n FROM rejects)"),
            retries=self._count("SELECT coalesce(sum(attempts - 1), 0) FROM requests WHERE attempts > 1"),
        )

    def settled(self, account: str | None = None) -> int:
        """Count the pages, of `account` or of any, that were fetched for good, or failed."""
        return int(self._db.execute(_SETTLED, (account,)).fetchone()[0])

    def queued(self) -> int:
        """Count the requests that wait."""
        return self._count("SELECT count(*) FROM requests WHERE state = 'queued'")

    def _count(self, query: str) -> int:
        return int(self._one(query))

    def _one(self, query: str) -> Any:
        return self._db.execute(query).fetchone()[0]

    # What the selectors found

    def fields(self) -> list[Field]:
        """Return how often each field of each type was found, by type and name."""
        return self._fields.all()

    def page(self, kind: str) -> bytes | None:
        """Return the page that was kept as evidence of a kind, such as ``reject:Book.price``."""
        row = self._db.execute("SELECT body FROM pages WHERE kind = ?", (kind,)).fetchone()
        return zlib.decompress(row["body"]) if row else None

    def pages(self) -> Iterator[tuple[str, str]]:
        """Yield the kinds of which a page was kept, and its address."""
        for row in self._db.execute(
            "SELECT kind, url FROM pages JOIN requests ON requests.id = request ORDER BY request, kind"
        ):
            yield row["kind"], row["url"]

    # The pages that were kept

    def kept(self) -> Iterator[Read]:
        """Yield every page that was kept to be read again (`keep_pages`), with what it gave, in order."""
        with schema.explaining(self.path):
            yield from kept.read(self._db)

    def counts_kept(self) -> int:
        """Count the pages that were kept to be read again."""
        return self._count("SELECT count(*) FROM kept")

    def described(self) -> dict[str, Description]:
        """Return what the classes of the items say of them, by name."""
        return described(self._db)

    # Events and notes

    def event(self, kind: str, message: str) -> None:
        """Write down that something happened: ``signed_in``, ``signed_out``, ..."""
        with schema.explaining(self.path):
            self._db.execute(
                "INSERT INTO events (at, kind, message) VALUES (?, ?, ?)",
                (time.time(), kind, schema.clean(message)),
            )

    def events(self, kind: str) -> list[str]:
        """Return the messages of all events of a kind, the first one first."""
        rows = self._db.execute("SELECT message FROM events WHERE kind = ? ORDER BY at", (kind,))
        return [row["message"] for row in rows]

    def note(self, key: str, value: str) -> None:
        """Keep a fact about the job, in place of an older one of that name."""
        with schema.explaining(self.path):
            self._db.execute(
                "INSERT OR REPLACE INTO meta (key, value) VALUES (?, ?)", (key, schema.clean(value))
            )

    def noted(self, key: str) -> str | None:
        """Return a fact that was kept."""
        row = self._db.execute("SELECT value FROM meta WHERE key = ?", (key,)).fetchone()
        return row["value"] if row else None
