"""Putting pages back: which of a job are to be fetched again, and what they gave is taken back."""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Iterator

REJECTED = "rejected"
"""The kind of the pages that were read, and of which rows gave no item."""

GIVEN = ("items", "rejects", "pages", "files", "kept")
"""The tables that hold what a page gave, by its row in their column ``request``."""

_FAILED = "SELECT kind_of(status, error) AS kind, count(*) FROM requests WHERE state = 'failed' GROUP BY kind"
_WITH_REJECTS = """
SELECT count(*) FROM requests WHERE state = 'done' AND id IN (SELECT DISTINCT request FROM rejects)
"""
_CHOSEN = "CREATE TEMP TABLE IF NOT EXISTS again (id INTEGER PRIMARY KEY, kind TEXT NOT NULL)"
_CHOOSE_FAILED = """
INSERT INTO temp.again SELECT id, kind_of(status, error) FROM requests
WHERE state = 'failed' AND (? IS NULL OR kind_of(status, error) = ?)
"""
_CHOOSE_REJECTED = f"""
INSERT INTO temp.again SELECT DISTINCT request, '{REJECTED}' FROM rejects
WHERE request IN (SELECT id FROM requests WHERE state = 'done')
"""  # noqa: S608
_FIELDS = "SELECT fields FROM requests WHERE id IN (SELECT id FROM temp.again) AND fields IS NOT NULL"
_FORGET = tuple(f"DELETE FROM {table} WHERE request IN (SELECT id FROM temp.again)" for table in GIVEN)  # noqa: S608
_QUEUE = """
UPDATE requests SET state = 'queued', not_before = 0, fields = NULL WHERE id IN (SELECT id FROM temp.again)
"""


def kinds(db: sqlite3.Connection) -> dict[str, int]:
    """Return how many pages failed of each kind, the most first, and how many have rejected rows."""
    found = {kind: int(pages) for kind, pages in db.execute(_FAILED)}
    if with_rejects := int(db.execute(_WITH_REJECTS).fetchone()[0]):
        found[REJECTED] = with_rejects
    return _most_first(found)


class Again:
    """The pages of a job that are put back within one transaction.

    Those that failed with one of `kinds` (``None``: with any), and with `REJECTED` also those of which rows
    were rejected.
    """

    def __init__(self, db: sqlite3.Connection, kinds: Collection[str] | None) -> None:
        self._db = db
        db.execute(_CHOSEN)
        db.execute("DELETE FROM temp.again")
        for kind in [None] if kinds is None else sorted({*kinds} - {REJECTED}):
            db.execute(_CHOOSE_FAILED, (kind, kind))
        if kinds is not None and REJECTED in kinds:
            db.execute(_CHOOSE_REJECTED)

    def counts(self) -> dict[str, int]:
        """Return how many pages there are of each kind, the most first."""
        return _most_first(dict(self._db.execute("SELECT kind, count(*) FROM temp.again GROUP BY kind")))

    def fields(self) -> Iterator[str]:
        """Yield what was found on each of them, as the job noted it."""
        return (row["fields"] for row in self._db.execute(_FIELDS))

    def put_back(self) -> None:
        """Forget what they gave, and let them wait."""
        for statement in (*_FORGET, _QUEUE):
            self._db.execute(statement)


def _most_first(counts: dict[str, int]) -> dict[str, int]:
    return dict(sorted(counts.items(), key=lambda entry: (-entry[1], entry[0])))
