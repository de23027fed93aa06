"""`Job`: one crawl in one SQLite file: its frontier, and all that came of it.

What is not committed did not happen; what is committed never happens twice. Only the loop of `crawl` writes
to it, from one thread.
"""

from __future__ import annotations

import logging
import sqlite3
import time
from collections.abc import Collection, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from pathlib import Path
from types import TracebackType
from typing import Self

from scraper.errors import ConfigError
from scraper.job import files, schema
from scraper.job.again import GIVEN, Again
from scraper.job.fields import Fields
from scraper.job.questions import Questions
from scraper.job.records import Records
from scraper.job.rows import (
    Found,
    file_row,
    fingerprint,
    found_by,
    is_sure,
    kept,
    kept_row,
    new_row,
    reject_row,
    request_of,
    settled,
)
from scraper.request import Request
from scraper.visit import Lease, Outcome

log = logging.getLogger(__name__)

PUT_BACK = "put back"
"""The state of a job that had ended, and of which pages are to be fetched again."""

SEEN = 20_000
"""So many addresses are remembered, for which the file need not be asked whether they are known."""

_REQUESTS = (
    "SELECT id, url, method, headers, body, callback, meta, priority, depth, fingerprint, "
    "(SELECT url FROM requests AS page WHERE page.id = requests.parent) AS page FROM requests "
)
_WAITING = f"{_REQUESTS} WHERE state = 'queued' AND not_before <= ?"
_OLDEST_FIRST = "ORDER BY priority DESC, id LIMIT ?"
_NEWEST_FIRST = "ORDER BY priority DESC, id DESC LIMIT ?"
_WAITING_OF = f"{_REQUESTS} WHERE state = 'queued' AND +not_before <= ? AND account IS ?"
_SOONEST_OF = "SELECT min(not_before) FROM requests WHERE state = 'queued' AND account IS ?"
_QUEUES = (
    "CREATE INDEX IF NOT EXISTS queues ON requests (account, priority DESC, id) WHERE state = 'queued'",
    "CREATE INDEX IF NOT EXISTS soonest ON requests (account, not_before) WHERE state = 'queued'",
)
_LAST = "SELECT coalesce(max(id), 0) FROM requests"
_QUEUED_AFTER = "SELECT count(*) FROM requests WHERE id > ? AND +state = 'queued'"
_LATER = "SELECT count(*), min(not_before) FROM requests WHERE state = 'queued' AND not_before > 0"
_WAITING_FOR = "SELECT DISTINCT account FROM requests WHERE state = 'queued' AND account IS NOT NULL"
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
_DOUBTED = f"{_REQUESTS} {_DOUBTFUL}"
_PUT_BACK = f"{_REQUESTS} WHERE id IN (SELECT id FROM temp.again)"  # noqa: S608
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

_ADD = """
INSERT INTO requests
    (
        fingerprint, url, method, headers, body, callback, meta, priority, depth, parent, state, error,
        account, found_by
    )
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (fingerprint) DO
"""
_UNLESS_KNOWN = f"{_ADD} NOTHING"
_TAKE_OVER = """
UPDATE SET parent = excluded.parent, found_by = excluded.found_by
WHERE state = 'queued'
    AND EXISTS (SELECT 1 FROM requests AS page WHERE page.id = requests.parent AND page.auth = 'unknown')
"""
_ADOPT = _ADD + _TAKE_OVER
"""A page that is surely a member's takes over the links that one in doubt had found."""

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


class Job(Questions):
    """One crawl in one SQLite file, at `path`; a context manager. ``Job.create(spider_name)`` begins one."""

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)
        self._db = schema.open_(self.path)
        self._fields = Fields(self._db)
        self._seen: dict[tuple[str, str | None], None] = {}
        self._queued: int | None = None
        self._by_anyone = False
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

    # The frontier

    def add(self, requests: Iterable[Request], *, account: str | None = None) -> int:
        """Put requests into the frontier that were never there; return how many."""
        with self._transaction():
            return self._add(
                (request, request.account or account, None, "queued", None) for request in requests
            )

    def lease(self, n: int, *, newest_first: bool = False) -> list[Lease]:
        """Hand out up to `n` requests that wait, the highest priority first."""
        return self._lease(_WAITING, n, newest_first=newest_first)

    def _lease(self, waiting: str, n: int, *of: str | None, newest_first: bool) -> list[Lease]:
        now, query = time.time(), f"{waiting} {_NEWEST_FIRST if newest_first else _OLDEST_FIRST}"
        with self._transaction():
            rows = self._db.execute(query, (now, *of, n)).fetchall()
            self._db.executemany(
                "UPDATE requests SET state = 'leased' WHERE id = ?", [(row["id"],) for row in rows]
            )
            self._count_queued(-len(rows))
        return [Lease(row["id"], request_of(row), now) for row in rows]

    def deal(self, *, by_anyone: bool) -> None:
        """Keep what waits in a queue for each account, and one for all beside them.

        Where pages may be fetched `by_anyone`, what pages lead to goes into that for all, unless it names an
        account; otherwise into that of the account which saw the page.
        """
        self._by_anyone = by_anyone
        with self._transaction():
            for index in _QUEUES:
                self._db.execute(index)

    def lease_of(self, queue: str | None, n: int, *, newest_first: bool = False) -> list[Lease]:
        """Hand out up to `n` requests of one queue (``None``: the one for all)."""
        return self._lease(_WAITING_OF, n, queue, newest_first=newest_first)

    def next_moment_of(self, queue: str | None) -> float | None:
        """Return when the next request of one queue may go, as `next_moment` does."""
        moment = self._db.execute(_SOONEST_OF, (queue,)).fetchone()[0]
        return None if moment is None else float(moment)

    def accounts_waiting(self) -> set[str]:
        """Return the accounts for which requests wait."""
        return {row["account"] for row in self._db.execute(_WAITING_FOR)}

    def put_back(self, leases: Iterable[Lease], *, not_before: float = 0.0) -> None:
        """Take leases back: their requests wait again, until `not_before` at least (seconds since 1970)."""
        if rows := [(not_before, lease.id) for lease in leases]:
            with self._transaction():
                self._db.executemany(
                    "UPDATE requests SET state = 'queued', not_before = ? WHERE id = ?", rows
                )
                self._count_queued(len(rows))

    def deny(self, leases: Iterable[Lease], reason: str) -> None:
        """Leave requests out that were leased, and keep why."""
        with self._transaction():
            self._db.executemany(
                "UPDATE requests SET state = 'denied', error = ? WHERE id = ?",
                [(schema.clean(reason), lease.id) for lease in leases],
            )

    def queued(self) -> int:
        """Count the requests that wait: once in the file, and then as they come and go."""
        if self._queued is None:
            self._queued = super().queued()
        return self._queued

    def _count_queued(self, more: int) -> None:
        if self._queued is not None:
            self._queued += more

    def next_moment(self) -> float | None:
        """Return when the next request that waits may go (seconds since 1970); ``None`` where none waits."""
        later, moment = self._db.execute(_LATER).fetchone()
        if not self.queued():
            return None
        return float(moment) if later == self.queued() else 0.0

    def put_all_back(self) -> None:
        """Take back everything that is handed out, when nobody works on it any more."""
        self._queued = None
        with self._transaction():
            self._db.execute("UPDATE requests SET state = 'queued' WHERE state = 'leased'")

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

    def _add(self, found: Iterable[Found], *, are_sure: bool = True) -> int:
        """Add what was found; what stands on pages that may be a stranger's may be withdrawn later."""
        rows = (new_row(one) for one in found if not are_sure or self._is_unseen(one))
        last = self._one(_LAST)
        added = self._db.executemany(_ADOPT if are_sure else _UNLESS_KNOWN, rows).rowcount
        if self._queued is not None:
            self._queued += self._db.execute(_QUEUED_AFTER, (last,)).fetchone()[0]
        return added

    def _is_unseen(self, found: Found) -> bool:
        """Whether a request is not among those added last; most links of a page stand on others too."""
        request, account, *_ = found
        if request.method != "GET" or request.body is not None or request.render:
            return True
        key, seen = (request.url, account), self._seen
        is_unseen = key not in seen
        if not is_unseen:
            del seen[key]
        elif len(seen) >= SEEN:
            del seen[next(iter(seen))]
        seen[key] = None
        return is_unseen

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

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        """All or nothing of what is done within. Raises `ConfigError` where the file cannot be written."""
        with schema.explaining(self.path):
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield
                self._db.execute("COMMIT")
            except BaseException:
                self._seen.clear()
                self._fields.forget()
                self._queued = None
                self._described.clear()
                if self._db.in_transaction:
                    self._db.execute("ROLLBACK")
                raise
