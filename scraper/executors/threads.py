"""`Threads`: visits in threads of this process."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import Executor, Future
from functools import cached_property
from queue import Empty, SimpleQueue
from typing import Any

from scraper.executors.crew import Crew, taken
from scraper.executors.workers import Futures, Visiting, Workers
from scraper.spider import Spider
from scraper.visit import Lease, Outcome, Visit

Answer = tuple[Lease, Visit | BaseException | None]


def threads(visit: Visiting, spider: Spider, executor: Executor | None = None) -> Workers:
    """Return workers in threads of this process, or in whatever executor shares its memory."""
    visiting = _Visits(visit, spider)
    return Threads(visiting, spider) if executor is None else Shared(visiting, executor)


class _Visits:
    """Visits, until a host asks to wait: then nothing more begins until the loop knows."""

    def __init__(self, visit: Visiting, spider: Spider) -> None:
        self._visit, self._spider = visit, spider
        self._is_held = threading.Event()

    def go_on(self) -> None:
        """Be told that the loop knows."""
        self._is_held.clear()

    def __call__(self, lease: Lease) -> Visit | None:
        """Visit; return ``None`` where that has not begun."""
        if self._is_held.is_set():
            return None
        visit = self._visit(self._spider.as_account(lease.account), lease.request)
        if visit.retry_after > 0:
            self._is_held.set()
        return visit


class Threads(Workers):
    """Visits in threads of its own: as many as the spider wants once it is opened."""

    ahead = 2

    def __init__(self, visits: _Visits, spider: Spider) -> None:
        super().__init__()
        self._visits, self._spider = visits, spider
        self._answers: SimpleQueue[Answer] = SimpleQueue()
        self._in_flight = 0

    @cached_property
    def _crew(self) -> Crew[Lease]:
        return Crew(self._work, self._spider.concurrency, self._spider.name)

    @property
    def in_flight(self) -> int:
        """How many requests are under way, or wait for a thread."""
        return self._in_flight

    def hand_out(self, leases: list[Lease]) -> None:
        """Begin to visit these."""
        self._visits.go_on()
        self._in_flight += len(leases)
        self._crew.begin(leases)

    def _work(self, lease: Lease) -> None:
        try:
            self._answers.put((lease, self._visits(lease)))
        except BaseException as error:  # such as a sys.exit() in parse: it ends the crawl, not the thread
            self._answers.put((lease, error))

    def collect(self, seconds: float) -> list[Outcome]:
        """Return what has come in, as soon as something has or `seconds` have passed."""
        try:
            answers = [self._answers.get(timeout=seconds), *taken(self._answers)]
        except Empty:
            return []
        self._in_flight -= len(answers)
        return [outcome for answer in answers for outcome in self._told(*answer)]

    def _told(self, lease: Lease, visit: Visit | BaseException | None) -> Iterator[Outcome]:
        if isinstance(visit, BaseException):
            raise visit
        return self._outcome(lease, visit)

    def call_back(self) -> list[Lease]:
        """Take back, and return, what still waits for a thread."""
        waiting = self._crew.take_back()
        self._in_flight -= len(waiting)
        return waiting

    def close(self, *, is_hurried: bool) -> None:
        """Let go of the threads."""
        self._crew.close(waits=not is_hurried)


class Shared(Futures):
    """Visits by an executor that somebody else has made, and closes."""

    ahead = 2

    def __init__(self, visits: _Visits, executor: Executor) -> None:
        super().__init__()
        self._visits, self._executor = visits, executor

    def hand_out(self, leases: list[Lease]) -> None:
        """Begin to visit these, each by itself."""
        self._visits.go_on()
        for lease in leases:
            self._follow(self._executor.submit(self._visits, lease), [lease])

    def call_back(self) -> list[Lease]:
        """Take back, and return, what still waits for a worker."""
        waiting = {future: leases for future, leases in self._leases.items() if future.cancel()}
        for future in waiting:
            del self._leases[future]
        return [lease for leases in waiting.values() for lease in leases]

    def _outcomes(self, future: Future[Any], leases: list[Lease]) -> list[Outcome]:
        return [*self._outcome(leases[0], future.result())]

    def close(self, *, is_hurried: bool) -> None:
        """Leave the executor to whoever has made it."""
