"""`Workers`: what the loop knows of where visits run."""

from __future__ import annotations

import logging
from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future
from contextlib import suppress
from queue import Empty, SimpleQueue
from typing import Any, Self

from scraper.request import Request
from scraper.spider import Spider
from scraper.visit import Lease, Outcome, Visit

log = logging.getLogger(__name__)

Visiting = Callable[[Spider, Request], Visit]

MOST_LOSSES = 3
"""A page whose worker was lost so often has failed."""


class Workers(ABC):
    """Runs visits; a context manager, which begins before the sign-in. `in_flight` are under way."""

    ahead = 1
    """So many times as many requests as run at once are handed out, so that no worker waits for the loop.

    More than once where what waits for a worker can be taken back.
    """

    def __init__(self) -> None:
        self._lost: list[Lease] = []
        self._losses: Counter[int] = Counter()

    @property
    @abstractmethod
    def in_flight(self) -> int:
        """How many requests are under way, or wait for a worker."""

    @abstractmethod
    def hand_out(self, leases: list[Lease]) -> None:
        """Begin to visit these."""

    @abstractmethod
    def collect(self, seconds: float) -> list[Outcome]:
        """Return what has come in, as soon as something has or `seconds` have passed."""

    def call_back(self) -> list[Lease]:
        """Take back what still waits for a worker; return it, or what of it is at hand: see `lost`."""
        return []

    def lost(self) -> list[Lease]:
        """Return, once, the requests that were not visited: called back, or lost with their worker."""
        lost, self._lost = self._lost, []
        return lost

    def _outcome(self, lease: Lease, visit: Visit | None) -> Iterator[Outcome]:
        """Yield what came of a request; one that was not visited is lost."""
        if visit is None:
            self._lost.append(lease)
        else:
            yield Outcome(lease, visit)

    def _give_up(self, leases: Iterable[Lease], why: str) -> Iterator[Outcome]:
        """Put requests back whose worker was lost; what lost several is a failed page."""
        for lease in leases:
            self._losses[lease.id] += 1
            if self._losses[lease.id] < MOST_LOSSES:
                self._lost.append(lease)
            else:
                error = f"its worker was lost {MOST_LOSSES} times ({why})"
                yield Outcome(lease, Visit(ok=False, error=error, says_nothing_of_host=True))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        self.close(is_hurried=kind is not None and issubclass(kind, KeyboardInterrupt))

    @abstractmethod
    def close(self, *, is_hurried: bool) -> None:
        """Let go of the workers; if it is hurried, without waiting for what is under way."""


class Futures(Workers):
    """Workers that are asked by the futures of an executor, each for one or for several requests."""

    def __init__(self) -> None:
        super().__init__()
        self._leases: dict[Future[Any], list[Lease]] = {}
        self._done: SimpleQueue[Future[Any]] = SimpleQueue()

    @property
    def in_flight(self) -> int:
        """How many requests are under way, or wait for a worker."""
        return sum(map(len, self._leases.values()))

    def _follow(self, future: Future[Any], leases: list[Lease]) -> None:
        """Wait for what comes of a future that visits these."""
        self._leases[future] = leases
        future.add_done_callback(self._done.put)

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
