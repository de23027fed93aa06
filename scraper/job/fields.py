"""How often each field of each item type was found on the pages of a job, and since when it is not."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby

from scraper.visit import Hits, Outcome

_READ = """
SELECT type, field, selector, hits, misses, broke_at, hits_since, misses_since,
    (SELECT url FROM requests WHERE id = broke_at) AS url FROM fields
ORDER BY type, field, selector
"""
_WRITE = "INSERT OR REPLACE INTO fields VALUES (?, ?, ?, ?, ?, ?, ?, ?)"


@dataclass(slots=True)
class Field:
    """How often a field was found: `hits` and `misses` in all, and from when on it was mostly missed.

    `broke_at` is the row of the page since which it was missed more often than found, if there is one, and
    `url` its address; `hits_since` and `misses_since` count from there on.
    """

    type: str
    field: str
    selector: str
    hits: int = 0
    misses: int = 0
    broke_at: int | None = None
    hits_since: int = 0
    misses_since: int = 0
    url: str | None = None

    def count(self, pages: Sequence[int], hits: int, misses: int) -> None:
        """Count what each of the pages of these rows gave."""
        self.hits, self.misses = self.hits + hits * len(pages), self.misses + misses * len(pages)
        for page in pages:
            if self.broke_at is None and misses <= hits:
                return
            self.broke_at = page if self.broke_at is None else self.broke_at
            self.hits_since, self.misses_since = self.hits_since + hits, self.misses_since + misses
            if self.hits_since >= self.misses_since:
                self.broke_at, self.hits_since, self.misses_since = None, 0, 0

    def take_back(self, hits: int, misses: int) -> None:
        """Count no longer what a page gave that is fetched again; from when on it broke is seen anew."""
        self.hits, self.misses = self.hits - hits, self.misses - misses
        self.broke_at, self.hits_since, self.misses_since = None, 0, 0


class Fields:
    """The fields of a job, read when first needed, and written with each transaction."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db
        self._known: dict[tuple[str, str, str], Field] | None = None

    def forget(self) -> None:
        """Read them anew: a transaction was taken back."""
        self._known = None

    def all(self) -> list[Field]:
        """Return the fields, by type and name."""
        return [Field(**dict(row)) for row in self._db.execute(_READ)]

    def count(self, outcomes: Iterable[Outcome]) -> None:
        """Count, within a transaction, what the pages of outcomes gave, in their order, mostly the same."""
        counted = set()
        for fields, alike in groupby(outcomes, key=lambda outcome: outcome.visit.fields):
            pages = [outcome.lease.id for outcome in alike]
            for (type, field, selector), hits, misses in fields:
                self._field(type, field, selector).count(pages, hits, misses)
                counted.add((type, field, selector))
        self._write(counted)

    def take_back(self, pages: Iterable[str]) -> None:
        """Count no longer, within a transaction, what these pages gave, as `noted` has it."""
        counted = set()
        for page in pages:
            for (type, field, selector), hits, misses in json.loads(page):
                self._field(type, field, selector).take_back(hits, misses)
                counted.add((type, field, selector))
        self._write(counted)

    def _fields(self) -> dict[tuple[str, str, str], Field]:
        if self._known is None:
            found = (Field(**dict(row)) for row in self._db.execute(_READ))
            self._known = {(one.type, one.field, one.selector): one for one in found}
        return self._known

    def _field(self, type: str, field: str, selector: str) -> Field:
        return self._fields().setdefault((type, field, selector), Field(type, field, selector))

    def _write(self, keys: Iterable[tuple[str, str, str]]) -> None:
        known = self._fields()
        self._db.executemany(_WRITE, ((*key, *_counts(known[key])) for key in keys))


def _counts(field: Field) -> tuple[int | None, ...]:
    return field.hits, field.misses, field.broke_at, field.hits_since, field.misses_since


def noted(fields: Iterable[Hits]) -> str | None:
    """Return what a page gave as JSON, for the row of a page that may have to be taken back."""
    text = json.dumps(list(fields), separators=(",", ":"))
    return None if text == "[]" else text
