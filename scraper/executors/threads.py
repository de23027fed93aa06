"""`Threads`: visits in threads of this process."""

from __future__ import annotations

import threading
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from functools import cached_property
from typing import Any

from scraper.executors.workers import Futures, Visiting
from scraper.spider import Spider
from scraper.visit import Lease, Outcome, Visit


class Threads(Futures):
    """Visits in threads of this process, or in whatever executor shares its memory."""

    can_call_back = True

    def __init__(self, visit: Visiting, spider: Spider, executor: Executor | None = None) -> None:
        super().__init__()
        self._visit, self._spider, self._given = visit, spider, executor
        self._is_held = threading.Event()

    @cached_property
    def _pool(self) -> Executor:
        """The threads: as many as the spider wants once it is opened."""
        return self._given or ThreadPoolExecutor(self._spider.concurrency, self._spider.name)

    def hand_out(self, leases: list[Lease]) -> None:
        """Begin to visit these, each by itself."""
        self._is_held.clear()
        for lease in leases:
            self._follow(self._pool.submit(self._visit_unless_held, lease), [lease])

    def call_back(self) -> list[Lease]:
        """Take back, and return, what still waits for a thread."""
        waiting = {future: leases for future, leases in self._leases.items() if future.cancel()}
        for future in waiting:
            del self._leases[future]
        return [lease for leases in waiting.values() for lease in leases]

    def _visit_unless_held(self, lease: Lease) -> Visit | None:
        """Visit, unless a host has just asked to wait: then nothing more begins until the loop knows."""
        if self._is_held.is_set():
            return None
        visit = self._visit(self._spider.as_account(lease.account), lease.request)
        if visit.retry_after > 0:
            self._is_held.set()
        return visit

    def _outcomes(self, future: Future[Any], leases: list[Lease]) -> list[Outcome]:
        visit = future.result()
        if visit is None:
            self._lost += leases
            return []
        return [Outcome(leases[0], visit)]

    def close(self, *, is_hurried: bool) -> None:
        """Let go of the threads that were begun here."""
        if self._given is None:
            self._pool.shutdown(wait=not is_hurried, cancel_futures=True)
