"""`Frontier`: the requests of a job that wait, those handed out, and those known."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from scraper.job import schema
from scraper.job.questions import Questions
from scraper.job.rows import Found, new_row, request_of
from scraper.request import FILE, Request
from scraper.visit import Lease

SEEN = 20_000
"""So many addresses are remembered, for which the file need not be asked whether they are known."""
REQUESTS = (
    "SELECT id, url, method, headers, body, callback, meta, priority, depth, fingerprint, "
    "(SELECT url FROM requests AS page WHERE page.id = requests.parent) AS page FROM requests "
)
_WAITING = f"{REQUESTS} WHERE state = 'queued' AND not_before <= ?"
_OLDEST_FIRST = "ORDER BY priority DESC, id LIMIT ?"
_NEWEST_FIRST = "ORDER BY priority DESC, id DESC LIMIT ?"
_WAITING_OF = f"{REQUESTS} WHERE state = 'queued' AND +not_before <= ? AND account IS ?"
_SOONEST_OF = "SELECT min(not_before) FROM requests WHERE state = 'queued' AND account IS ?"
_QUEUES = (
    "CREATE INDEX IF NOT EXISTS queues ON requests (account, priority DESC, id) WHERE state = 'queued'",
    "CREATE INDEX IF NOT EXISTS soonest ON requests (account, not_before) WHERE state = 'queued'",
)
_LAST = "SELECT coalesce(max(id), 0) FROM requests"
_QUEUED_AFTER = "SELECT count(*) FROM requests WHERE id > ? AND +state = 'queued'"
_LATER = "SELECT count(*), min(not_before) FROM requests WHERE state = 'queued' AND not_before > 0"
_WAITING_FOR = "SELECT DISTINCT account FROM requests WHERE state = 'queued' AND account IS NOT NULL"
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


class Frontier(Questions):
    """What of a job is to be fetched; `Job` adds what came of it."""

    def __init__(self) -> None:
        self._seen: dict[tuple[str, str | None, bool], None] = {}
        self._queued: int | None = None
        self._by_anyone = False

    def _forget(self) -> None:
        """Know nothing any more but what the file holds."""
        self._seen.clear()
        self._queued = None

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
        key, seen = (request.url, account, request.callback == FILE), self._seen
        is_unseen = key not in seen
        if not is_unseen:
            del seen[key]
        elif len(seen) >= SEEN:
            del seen[next(iter(seen))]
        seen[key] = None
        return is_unseen

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        """All or nothing of what is done within. Raises `ConfigError` where the file cannot be written."""
        with schema.explaining(self.path):
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield
                self._db.execute("COMMIT")
            except BaseException:
                self._forget()
                if self._db.in_transaction:
                    self._db.execute("ROLLBACK")
                raise
