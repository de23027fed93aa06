"""Where visits run: threads of this process, other processes, or a Dask cluster.

`Workers` hand out leased requests and give back what came of them. Threads share the spider and its session.
Elsewhere a batch of requests travels with what the session knows (`Recipe` finds the spider again there), and
what the answers changed in the cookies travels back. A worker never signs in, and never touches the job.
"""

from __future__ import annotations

import logging
import multiprocessing
import os
import signal
import threading
from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import Executor, Future, ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property, lru_cache
from multiprocessing.connection import wait as wait_for
from queue import Empty, SimpleQueue
from typing import Any

from scraper.errors import ConfigError
from scraper.recipe import Recipe
from scraper.request import Request
from scraper.spider import Spider
from scraper.visit import Lease, Outcome, Visit

log = logging.getLogger(__name__)

Visiting = Callable[[Spider, Request], Visit]

CONNECT_SECONDS = 10
MOST_LOSSES = 3
"""A page whose worker was lost so often has failed."""


class Workers(ABC):
    """Runs visits; a context manager. `in_flight` counts the requests that are under way."""

    can_call_back = False
    """Whether what waits for a worker can be taken back, so that some may wait."""

    def __init__(self) -> None:
        self._leases: dict[Future[Any], list[Lease]] = {}
        self._lost: list[Lease] = []
        self._done: SimpleQueue[Future[Any]] = SimpleQueue()

    @property
    def in_flight(self) -> int:
        """How many requests are under way."""
        return sum(map(len, self._leases.values()))

    @abstractmethod
    def hand_out(self, leases: list[Lease]) -> None:
        """Begin to visit these."""

    @abstractmethod
    def _outcomes(self, future: Future[Any], leases: list[Lease]) -> list[Outcome]:
        """Return what came of a finished future."""

    def collect(self, seconds: float) -> list[Outcome]:
        """Return what has come in, as soon as something has or `seconds` have passed."""
        with suppress(Empty):
            done = [self._done.get(timeout=seconds)]
            done += [self._done.get_nowait() for _ in range(self._done.qsize())]
            known = [(future, leases) for future in done if (leases := self._leases.pop(future, None))]
            return [outcome for future, leases in known for outcome in self._outcomes(future, leases)]
        return []

    def call_back(self) -> list[Lease]:
        """Take back, and return, what still waits for a worker."""
        return []

    def lost(self) -> list[Lease]:
        """Return, once, the requests that were not visited, or whose worker was lost."""
        lost, self._lost = self._lost, []
        return lost

    def __enter__(self) -> Workers:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        self.close(is_hurried=kind is not None and issubclass(kind, KeyboardInterrupt))

    @abstractmethod
    def close(self, *, is_hurried: bool) -> None:
        """Let go of the workers; if it is hurried, without waiting for what is under way."""


class Threads(Workers):
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
            future = self._pool.submit(self._visit_unless_held, lease.request)
            self._leases[future] = [lease]
            future.add_done_callback(self._done.put)

    def call_back(self) -> list[Lease]:
        """Take back, and return, what still waits for a thread."""
        waiting = {future: leases for future, leases in self._leases.items() if future.cancel()}
        for future in waiting:
            del self._leases[future]
        return [lease for leases in waiting.values() for lease in leases]

    def _visit_unless_held(self, request: Request) -> Visit | None:
        """Visit, unless a host has just asked to wait: then nothing more begins until the loop knows."""
        if self._is_held.is_set():
            return None
        visit = self._visit(self._spider, request)
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


@dataclass(frozen=True)
class Batch:
    """What travels to a worker: what finds the spider there, what the session knows, and the requests."""

    recipe: Recipe
    state: Mapping[str, Any] | None
    requests: tuple[Request, ...]


@dataclass(frozen=True)
class Answers:
    """What travels back: what came of each request, and the cookies that are new or gone."""

    visits: tuple[Visit, ...]
    new: tuple[Mapping[str, Any], ...]
    gone: tuple[tuple[str, str, str], ...]


class Elsewhere(Workers):
    """Visits in other processes, in batches: those of ``concurrent.futures``, or those of a cluster.

    `make` makes the executor, and makes it anew when a lost worker has broken it. `size` is how many workers
    there are, over which the spider's concurrency is spread.
    """

    def __init__(self, visit: Visiting, spider: Spider, make: Callable[[], Executor], size: int) -> None:
        super().__init__()
        self._visit, self._spider, self._make = visit, spider, make
        self._batch = max(1, spider.concurrency // max(1, size))
        self._pool = make()
        self._losses: Counter[int] = Counter()

    @cached_property
    def _recipe(self) -> Recipe:
        """What finds the spider, as it is once it is opened."""
        return Recipe.of(self._spider)

    def hand_out(self, leases: list[Lease]) -> None:
        """Begin to visit these, in batches."""
        session = self._spider.session
        state = session.travelling() if session.login is not None or len(session.cookies) else None
        for start in range(0, len(leases), self._batch):
            part = leases[start : start + self._batch]
            batch = Batch(self._recipe, state, tuple(lease.request for lease in part))
            future = self._submit(batch)
            self._leases[future] = part
            future.add_done_callback(self._done.put)

    def _submit(self, batch: Batch) -> Future[Any]:
        try:
            return self._pool.submit(work, self._visit, batch)
        except RuntimeError:  # broken, or shut down under us
            log.info("The workers are gone; starting others.")
            self._pool = self._make()
            return self._pool.submit(work, self._visit, batch)

    def _outcomes(self, future: Future[Any], leases: list[Lease]) -> list[Outcome]:
        if future.cancelled() or (error := future.exception()):
            return list(self._give_up(leases, "cancelled" if future.cancelled() else type(error).__name__))
        answers: Answers = future.result()
        if all(visit.epoch == self._spider.session.epoch for visit in answers.visits):
            self._spider.session.cookies.merge_state(answers.new, answers.gone)
        return [Outcome(lease, visit) for lease, visit in zip(leases, answers.visits, strict=True)]

    def _give_up(self, leases: list[Lease], why: str) -> Iterator[Outcome]:
        """Put requests back whose worker was lost; what lost several is a failed page."""
        log.warning(
            "A worker was lost with %d pages under way (%s); they are fetched again.", len(leases), why
        )
        self._losses.update(lease.id for lease in leases)
        for lease in leases:
            if self._losses[lease.id] < MOST_LOSSES:
                self._lost.append(lease)
            else:
                yield Outcome(
                    lease, Visit(ok=False, error=f"its worker was lost {MOST_LOSSES} times ({why})")
                )

    def close(self, *, is_hurried: bool) -> None:
        """Let go of the workers."""
        for future in self._leases:
            future.cancel()
        self._pool.shutdown(wait=not is_hurried)


def processes(visit: Visiting, spider: Spider, number: int) -> Elsewhere:
    """Return workers in `number` processes of this machine."""
    context = multiprocessing.get_context("spawn")

    def make() -> Executor:
        return ProcessPoolExecutor(number, mp_context=context, initializer=_begin)

    return Elsewhere(visit, spider, make, number)


def cluster(visit: Visiting, spider: Spider, address: str) -> Elsewhere:
    """Return workers on the Dask cluster whose scheduler is at `address`, such as ``tcp://10.0.0.5:8786``.

    Raises `ConfigError` where there is none, or Dask is not installed.
    """
    try:
        from distributed import Client as DaskClient
    except ImportError as error:
        raise ConfigError(
            "--cluster needs Dask, which is not installed: pip install 'login-aware-scraper[cluster]'."
        ) from error
    connect: Any = DaskClient
    try:
        client: Any = connect(address, timeout=CONNECT_SECONDS, set_as_default=False)
    except (OSError, ValueError) as error:
        raise ConfigError(
            f"No Dask scheduler answers at {address}; start one with `dask scheduler`."
        ) from error
    number = max(1, len(client.scheduler_info()["workers"]))
    return _Cluster(
        visit, spider, lambda: client.get_executor(pure=False, retries=MOST_LOSSES), number, client
    )


class _Cluster(Elsewhere):
    """Workers of a cluster, and the connection to its scheduler."""

    def __init__(
        self, visit: Visiting, spider: Spider, make: Callable[[], Executor], size: int, client: Any
    ) -> None:
        super().__init__(visit, spider, make, size)
        self._client = client

    def close(self, *, is_hurried: bool) -> None:
        """Let go of the workers and of the scheduler."""
        super().close(is_hurried=is_hurried)
        self._client.close(timeout=1 if is_hurried else 10)


# What runs in a worker


def _begin() -> None:
    """Set a process up: Ctrl-C is for the loop, and without the loop there is nothing to work for."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        wait_for([parent.sentinel])
        os._exit(0)


@lru_cache(maxsize=4)
def _spider_of(recipe: Recipe) -> tuple[Spider, ThreadPoolExecutor, threading.Lock]:
    """Return the spider of this process, the threads that visit for it, and a lock over its session."""
    spider = recipe.spider()
    return spider, ThreadPoolExecutor(spider.concurrency), threading.Lock()


def work(visit: Visiting, batch: Batch) -> Answers:
    """Visit a batch of requests, all at once, with the session as it was when they were handed out."""
    spider, pool, lock = _spider_of(batch.recipe)
    session = spider.session
    with lock:
        if batch.state is not None:
            session.go_on_as(batch.state)
    before = _by_place(session.cookies.to_state())
    visits = tuple(pool.map(lambda request: visit(spider, request), batch.requests))
    after = _by_place(session.cookies.to_state())
    new = tuple(entry for place, entry in after.items() if before.get(place) != entry)
    return Answers(visits, new, tuple(before.keys() - after.keys()))


def _by_place(cookies: Iterable[Mapping[str, Any]]) -> dict[tuple[str, str, str], Mapping[str, Any]]:
    return {(cookie["domain"], cookie["path"], cookie["name"]): cookie for cookie in cookies}
