"""`trace`: all that a job knows of one address."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass

from scraper.item import Reject
from scraper.job.rows import fingerprint
from scraper.request import FILE, Request

MOST_STEPS = 10_000
"""So many pages of a way are looked at."""

_SIGNED_IN = "SELECT DISTINCT message FROM events WHERE kind IN ('signed_in', 'restored', 'renewed')"
_WAY = """
WITH RECURSIVE way(id, n) AS (
    SELECT parent, 1 FROM requests WHERE id = ?
    UNION ALL SELECT r.parent, n + 1 FROM requests r JOIN way w ON r.id = w.id WHERE n < ?
)
SELECT url, found_by FROM way w JOIN requests r ON r.id = w.id ORDER BY n DESC
"""
_ITEMS = "SELECT type, data FROM items WHERE request = ? ORDER BY n LIMIT ?"
_REJECTS = """
SELECT n, type, field, message, selector, ? AS url, excerpt FROM rejects WHERE request = ? ORDER BY n LIMIT ?
"""
_PAUSES = "SELECT message FROM events WHERE kind = 'paused' AND substr(message, 1, ?) = ? ORDER BY at"


@dataclass(frozen=True, slots=True)
class Known:
    """What a job knows of a request: its row, and the ``(url, found_by)`` of each page on the way to it."""

    row: sqlite3.Row
    way: tuple[tuple[str, str | None], ...]

    @property
    def key(self) -> str:
        """The key under which it is known, in hexadecimal digits."""
        return bytes(self.row["fingerprint"]).hex()


class Trace:
    """Answers what a job, of which `db` is the file, knows of addresses."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db

    def by_key(self, url: str) -> list[Known]:
        """Return what is known of GET requests for `url`, in any spelling, of any account; found at once.

        Pages that a browser rendered, and files, are among them.
        """
        names = [row["message"] for row in self._db.execute(_SIGNED_IN)]
        ways = (Request(url), Request(url, render=True), Request(url, callback=FILE))
        keys = [fingerprint(way, name) for name in dict.fromkeys([None, *names]) for way in ways]
        query = f"SELECT * FROM requests WHERE fingerprint IN ({', '.join('?' * len(keys))})"  # noqa: S608
        return [self._known(row) for row in self._db.execute(query, keys).fetchall()]

    def by_address(self, url: str) -> list[Known]:
        """Return what is known of requests for just this address, of any method; every one is looked at."""
        rows = self._db.execute("SELECT * FROM requests WHERE url = ? LIMIT 20", (url,))
        return [self._known(row) for row in rows.fetchall()]

    def _known(self, row: sqlite3.Row) -> Known:
        way = self._db.execute(_WAY, (row["id"], MOST_STEPS))
        return Known(row, tuple((url, found_by) for url, found_by in way))

    def items(self, known: Known, most: int) -> list[tuple[str, str]]:
        """Return type and JSON of the items that a page gave, `most` at most."""
        return [tuple(row) for row in self._db.execute(_ITEMS, (known.row["id"], most))]

    def rejects(self, known: Known, most: int) -> list[Reject]:
        """Return why rows of a page gave no item, `most` at most."""
        return [Reject(*row) for row in self._db.execute(_REJECTS, (known.row["url"], known.row["id"], most))]

    def count(self, known: Known, table: str) -> int:
        """Return how many rows of ``items`` or ``rejects`` a page gave."""
        query = {"items": "SELECT count(*) FROM items", "rejects": "SELECT count(DISTINCT n) FROM rejects"}
        return int(self._db.execute(f"{query[table]} WHERE request = ?", (known.row["id"],)).fetchone()[0])

    def kept(self, known: Known) -> list[str]:
        """Return as evidence of what kinds a page was kept."""
        rows = self._db.execute("SELECT kind FROM pages WHERE request = ? ORDER BY kind", (known.row["id"],))
        return [row["kind"] for row in rows]

    def pauses(self, host: str) -> list[str]:
        """Return when a host was left alone, and why, in words."""
        start = f"{host} "
        return [row["message"] for row in self._db.execute(_PAUSES, (len(start), start))]

    def starts(self) -> list[str]:
        """Return addresses where the crawl began."""
        query = "SELECT url FROM requests WHERE parent IS NULL ORDER BY id LIMIT 1000"
        return [row["url"] for row in self._db.execute(query)]
