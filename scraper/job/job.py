"""`Job`: one crawl in one SQLite file: its frontier, and all that came of it.

What is not committed did not happen; what is committed never happens twice. Only the loop of `crawl` writes
to it, from one thread.
"""

from __future__ import annotations

import logging
import sqlite3
from collections.abc import Collection, Iterable
from contextlib import AbstractContextManager, suppress
from pathlib import Path
from types import TracebackType
from typing import Self

from scraper.errors import ConfigError
from scraper.job import files, schema
from scraper.job.again import GIVEN, Again
from scraper.job.fields import Fields
from scraper.job.frontier import REQUESTS, Frontier
from scraper.job.records import Records
from scraper.job.rows import (
    file_row,
    fingerprint,
    found_by,
    is_sure,
    kept,
    kept_row,
    reject_row,
    request_of,
    settled,
)
from scraper.visit import Outcome

log = logging.getLogger(__name__)

PUT_BACK = "put back"
"""The state of a job that had ended, and of which pages are to be fetched again."""


_DOUBTFUL = (
    "WHERE auth = 'unknown' AND fetched_at > ? AND epoch = coalesce(?, epoch) "
    "AND account IS coalesce(?, account) AND state IN ('done', 'failed')"
)
_FORGET = tuple(
    f"DELETE FROM {table} WHERE request IN (SELECT id FROM requests {_DOUBTFUL})"  # noqa: S608
    for table in GIVEN
)
_FIELDS = f"SELECT fields FROM requests {_DOUBTFUL} AND fields IS NOT NULL"  # noqa: S608
_FOUND_BY_STRANGERS = f"""
WITH RECURSIVE doubted AS (SELECT id FROM requests {_DOUBTFUL}),
gone AS (
    SELECT r.id FROM requests r JOIN doubted d ON r.parent = d.id
    WHERE r.state IN ('queued', 'denied') OR r.id IN (SELECT id FROM doubted)
    UNION SELECT r.id FROM requests r JOIN gone g ON r.parent = g.id WHERE r.state IN ('queued', 'denied')
)
DELETE FROM requests WHERE id IN (SELECT id FROM gone)
"""  # noqa: S608
_DOUBTED = f"{REQUESTS} {_DOUBTFUL}"
_PUT_BACK = f"{REQUESTS} WHERE id IN (SELECT id FROM temp.again)"  # noqa: S608
_QUEUE_AGAIN = f"UPDATE requests SET state = 'queued', attempts = 0 {_DOUBTFUL}"  # noqa: S608

_LAST_ALIVE = """
SELECT max(
    (
        SELECT coalesce(max(fetched_at - elapsed), 0) FROM requests
        WHERE auth = 'signed_in' AND account IS coalesce(:account, account)
    ),
    (
        SELECT coalesce(max(at), 0) FROM events
        WHERE kind IN ('signed_in', 'restored', 'renewed', 'alive') AND message = coalesce(:account, message)
    )
)
"""
_LAST_EPOCH = "SELECT coalesce(max(epoch), 0) FROM requests WHERE account IS coalesce(?, account)"

_FILE = "INSERT INTO files (request, path, sha256, size, type) VALUES (?, ?, ?, ?, ?)"
_KEEP_ALL = "INSERT OR REPLACE INTO kept (request, url, type, body) VALUES (?, ?, ?, ?)"
_REJECT = """
INSERT INTO rejects (request, n, field, type, message, selector, excerpt) VALUES (?, ?, ?, ?, ?, ?, ?)
"""
_KEEP = """
INSERT INTO pages (kind, request, body) VALUES (?, ?, ?)
ON CONFLICT (kind) DO UPDATE SET request = excluded.request, body = excluded.body WHERE kind LIKE 'break:%'
"""

_SETTLE = """
UPDATE requests SET state = ?, attempts = attempts + ?, status = ?, error = ?, auth = ?, epoch = ?,
    account = coalesce(?, account), fetched_at = ?, elapsed = ?, bytes = ?, fields = ? WHERE id = ?
"""


class Job(Frontier):
    """One crawl in one SQLite file, at `path`; a context manager. ``Job.create(spider_name)`` begins one."""

    def __init__(self, path: str | Path) -> None:
        super().__init__()
        self.path = Path(path)
        self._db = schema.open_(self.path)
        self._fields = Fields(self._db)
        self._described: set[tuple[str, str]] = set()

    @classmethod
    def create(cls, spider: str, folder: str | Path = files.FOLDER) -> Self:
        """Begin a job for the spider of that name: ``<folder>/jobs/<spider>/<UTC time>.sqlite``.

        Raises `ConfigError` where it cannot be written.
        """
        path = files.new_path(Path(folder), spider)
        schema.create(path)
        job = cls(path)
        job.note("spider", spider)
        job.note("state", "running")
        return job

    @classmethod
    def unfinished(
        cls, spider: str, folder: str | Path = files.FOLDER, *, at_limit: bool = False
    ) -> Path | None:
        """Return the newest job of a spider, if something kept it from its end: Ctrl-C, an error, a kill.

        With `at_limit` also one that a limit ended, if something is left to fetch, or else the newest of
        which pages were put back. One that another process works on now does not count.
        """
        is_newest = True
        for path in reversed(files.jobs(Path(folder), spider)):
            if files.is_claimed(path) or not path.stat().st_size:
                continue
            with suppress(ConfigError), cls(path) as job:
                is_open = not job.is_finished or (at_limit and job.queued() > 0)
                if is_open and (is_newest or job.noted("state") == PUT_BACK):
                    return path
                if not at_limit:
                    return None
                is_newest = False
        return None

    @property
    def is_finished(self) -> bool:
        """Whether the crawl came to its end, or to a limit that was set for it."""
        state = self.noted("state") or ""
        return state == "finished" or state.startswith("max_")

    @property
    def ending(self) -> str:
        """How the crawl ended, in a word: ``finished``, ``killed``, a limit, an error; ``running`` so far."""
        state = (self.noted("state") or "").partition(":")[0]
        return "killed" if state == "running" and not files.is_claimed(self.path) else state

    def claimed(self) -> AbstractContextManager[None]:
        """Work on the job as the only process. Raises `ConfigError` where another does."""
        return files.claimed(self.path)

    def close(self) -> None:
        """Close the file."""
        self._db.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"<Job {self.path}>"

    def _forget(self) -> None:
        super()._forget()
        self._fields.forget()
        self._described.clear()

    # What came of it

    def commit(self, outcomes: Iterable[Outcome]) -> None:
        """Write what came of leased requests, and what their pages gave, in one transaction."""
        with self._transaction():
            self._commit(list(outcomes))

    def doubt(self, since: float, epoch: int | None = None, account: str | None = None) -> int:
        """Take back the pages that nothing proves to be signed in; return how many.

        These are the pages of unknown standing, of `epoch` and `account` or of any, whose answer came after
        `since`, when the session was last seen alive. They wait to be fetched again; their items are dropped,
        and so are the links that only they had, as those of a page for strangers.
        """
        self._seen.clear()
        self._queued = None
        which = (since, epoch, account)
        with self._transaction():
            self._fields.take_back(row["fields"] for row in self._db.execute(_FIELDS, which).fetchall())
            for forget in _FORGET:
                self._db.execute(forget, which)
            gone = self._db.execute(_FOUND_BY_STRANGERS, which).rowcount
            log.debug("%d links were found on pages that are doubted", gone)
            released = self._anyone_s(self._db.execute(_DOUBTED, which)) if self._by_anyone else []
            doubted = self._db.execute(_QUEUE_AGAIN, which).rowcount
            self._db.executemany("UPDATE requests SET account = NULL WHERE id = ?", released)
            return doubted

    def _anyone_s(self, rows: Iterable[sqlite3.Row]) -> list[tuple[int]]:
        """Return the ids of those that any account may fetch: they are known without an account."""
        return [(row["id"],) for row in rows if row["fingerprint"] == fingerprint(request_of(row), None)]

    def retry(self, kinds: Collection[str] | None = None) -> dict[str, int]:
        """Put the pages back that failed with one of `kinds`, or with any; return how many of each kind.

        The kind ``rejected`` stands for pages of which rows were rejected. What pages gave is taken back
        first, so that nothing is there twice once they are read again; the links that they led to stay. The
        job counts as unfinished then.
        """
        self._queued = None
        with self._transaction():
            again = Again(self._db, kinds)
            self._fields.take_back(again.fields())
            released = self._anyone_s(self._db.execute(_PUT_BACK))
            again.put_back()
            self._db.executemany("UPDATE requests SET account = NULL WHERE id = ?", released)
            if counts := again.counts():
                self.note("state", PUT_BACK)
                self.event("put_back", ", ".join(f"{pages:,} {kind}" for kind, pages in counts.items()))
        return counts

    def last_alive(self, account: str | None = None) -> float:
        """Return when the session, of `account` or of any, was last seen alive; 0 for never.

        In seconds since 1970.
        """
        return float(self._db.execute(_LAST_ALIVE, {"account": account}).fetchone()[0])

    def last_epoch(self, account: str | None = None) -> int:
        """Return the latest sign-in, of `account` or of any, of which there is a page; 0 for none."""
        return int(self._db.execute(_LAST_EPOCH, (account,)).fetchone()[0])

    def _commit(self, outcomes: list[Outcome]) -> None:
        self._db.executemany(_SETTLE, map(settled, outcomes))
        self._db.executemany(
            "INSERT INTO items (request, n, type, data) VALUES (?, ?, ?, ?)",
            (
                (outcome.lease.id, n, type, data)
                for outcome in outcomes
                for n, (type, data) in enumerate(outcome.visit.items)
            ),
        )
        self._db.executemany(
            _REJECT,
            (reject_row(outcome, reject) for outcome in outcomes for reject in outcome.visit.rejects),
        )
        self.describe(kind for outcome in outcomes for kind in outcome.visit.types)
        self._fields.count(outcomes)
        self._db.executemany(_FILE, filter(None, map(file_row, outcomes)))
        self._db.executemany(_KEEP_ALL, filter(None, map(kept_row, outcomes)))
        self._db.executemany(_KEEP, (row for outcome in outcomes for row in kept(outcome)))
        for are_sure in (False, True):
            of_kind = (outcome for outcome in outcomes if is_sure(outcome) is are_sure)
            found = (one for outcome in of_kind for one in found_by(outcome, by_anyone=self._by_anyone))
            self._add(found, are_sure=are_sure)

    # For exports

    def describe(self, types: Iterable[tuple[str, str]]) -> None:
        """Keep what the classes of items say of them, for exports: the name of each, and JSON."""
        for name, description in set(types) - self._described:
            self.note(f"type:{name}", description)
            self._described.add((name, description))

    def records(self, *, with_meta: bool = False, since: str | Path | None = None) -> Records:
        """Return the items as exports read them; options as `Records` has them."""
        return Records(self.path, with_meta=with_meta, since=since)
