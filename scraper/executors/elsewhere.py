"""`Elsewhere`: visits where an executor of ``concurrent.futures`` runs them, in batches."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from typing import Any

from scraper.executors.mirror import Mirror, News
from scraper.executors.workers import Futures, Visiting
from scraper.recipe import Recipe
from scraper.request import Request
from scraper.spider import Spider
from scraper.visit import Lease, Outcome, Visit

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Batch:
    """What travels to a worker: what finds the spider there, what a session knows, and its requests."""

    recipe: Recipe
    account: str | None
    state: Mapping[str, Any] = field(repr=False)
    requests: tuple[Request, ...]


@dataclass(frozen=True)
class Answers:
    """What travels back: what came of each request, and the cookies that are new or gone."""

    visits: tuple[Visit, ...]
    news: News | None


class Elsewhere(Futures):
    """Visits in batches, by an executor whose workers share nothing with this process.

    `make` makes the executor, and makes it anew when a lost worker has broken it. `size` is how many workers
    there are, over which the spider's concurrency is spread.
    """

    def __init__(self, visit: Visiting, spider: Spider, make: Callable[[], Executor], size: int) -> None:
        super().__init__()
        self._visit, self._spider, self._make = visit, spider, make
        self._batch = max(1, spider.concurrency // max(1, size))
        self._pool = make()
        self._states: dict[str | None, tuple[tuple[int, int], Mapping[str, Any]]] = {}

    @cached_property
    def _recipe(self) -> Recipe:
        """What finds the spider, as it is once it is opened."""
        return Recipe.of(self._spider)

    def hand_out(self, leases: list[Lease]) -> None:
        """Begin to visit these, in batches, each of one account."""
        for account in dict.fromkeys(lease.account for lease in leases):
            own, state = [lease for lease in leases if lease.account == account], self._state_of(account)
            for start in range(0, len(own), self._batch):
                part = own[start : start + self._batch]
                batch = Batch(self._recipe, account, state, tuple(lease.request for lease in part))
                self._follow(self._submit(batch), part)

    def _state_of(self, account: str | None) -> Mapping[str, Any]:
        """Return what the session of an account knows, put together anew only where it has changed."""
        session = self._spider.as_account(account).session
        stamp = (session.epoch, session.cookies.stamp)
        if account not in self._states or self._states[account][0] != stamp:
            self._states[account] = stamp, session.travelling()
        return self._states[account][1]

    def _submit(self, batch: Batch) -> Future[Any]:
        try:
            return self._pool.submit(work, self._visit, batch)
        except RuntimeError:  # broken, or shut down under us
            log.info("The workers are gone; starting others.")
            self._pool = self._make()
            return self._pool.submit(work, self._visit, batch)

    def _outcomes(self, future: Future[Any], leases: list[Lease]) -> list[Outcome]:
        if future.cancelled() or (error := future.exception()):
            why = "cancelled" if future.cancelled() else type(error).__name__
            log.warning("A worker was lost with %d pages (%s); they are fetched again.", len(leases), why)
            return list(self._give_up(leases, why))
        answers: Answers = future.result()
        session = self._spider.as_account(leases[0].account).session
        if answers.news and all(visit.epoch == session.epoch for visit in answers.visits):
            session.cookies.merge_state(*answers.news)
        return [Outcome(lease, visit) for lease, visit in zip(leases, answers.visits, strict=True)]

    def close(self, *, is_hurried: bool) -> None:
        """Let go of the workers."""
        for future in self._leases:
            future.cancel()
        self._pool.shutdown(wait=not is_hurried)


class _Desk:
    """Where batches of one spider are worked on: the spider of this process, and its threads."""

    def __init__(self, recipe: Recipe) -> None:
        spider = recipe.spider()
        self.pool = ThreadPoolExecutor(spider.concurrency)
        self._seats = {account: _Seat(spider.as_account(account)) for account in (None, *spider.by_account)}

    def seat(self, account: str | None) -> _Seat:
        """Return where an account is at work."""
        return self._seats[account]


class _Seat:
    """The spider of this process as one account has it."""

    def __init__(self, spider: Spider) -> None:
        self.spider = spider
        self._mirror, self._lock = Mirror(spider.session), threading.Lock()
        self._state: Mapping[str, Any] = {}

    def take(self, state: Mapping[str, Any]) -> None:
        """Be the session that the loop knows, unless that is what this one has been already."""
        with self._lock:
            if state != self._state:
                self.spider.session.go_on_as(state)
                self._state = state
                self._mirror.show()

    def news(self) -> News | None:
        """Return, once, what the answers have changed in the cookies."""
        with self._lock:
            return self._mirror.news()


_desk = lru_cache(maxsize=4)(_Desk)


def work(visit: Visiting, batch: Batch) -> Answers:
    """Visit a batch of requests, all at once, with the session as it was when they were handed out."""
    desk = _desk(batch.recipe)
    seat = desk.seat(batch.account)
    seat.take(batch.state)
    visits = tuple(desk.pool.map(lambda request: visit(seat.spider, request), batch.requests))
    return Answers(visits, seat.news())
