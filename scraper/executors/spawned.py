"""`Processes`: visits in processes of this machine, each told over a pipe of its own what to do."""

from __future__ import annotations

import logging
import os
from collections import deque
from collections.abc import Iterator
from functools import cached_property
from multiprocessing.connection import wait
from typing import Any

from scraper import forkserver
from scraper.errors import ConfigError
from scraper.executors.hand import Answer, receive, send, serve
from scraper.executors.mirror import Mirror, News
from scraper.executors.workers import Visiting, Workers
from scraper.recipe import Recipe
from scraper.session import Session
from scraper.spider import Spider
from scraper.visit import Lease, Outcome, Visit

log = logging.getLogger(__name__)

PATIENCE = 5.0
"""Seconds that a process may take to end once it is let go of."""

MOST_STILLBORN = 3
"""So many processes in a row may end before they are ready to work."""


def processes(visit: Visiting, spider: Spider, number: int) -> Processes:
    """Return workers in `number` processes of this machine."""
    return Processes(visit, spider, number)


class Processes(Workers):
    """Visits in other processes. Over all of them, as many pages are fetched at once as the spider wants.

    A request goes to the process that has least to do. A process that ends is replaced, and what it had is
    fetched again, one such page at a time, so that only the page that ends processes is lost with several.
    """

    ahead = 4

    def __init__(self, visit: Visiting, spider: Spider, number: int) -> None:
        super().__init__()
        self._visit, self._spider, self._number = visit, spider, number
        self._mates: list[_Mate] = []
        self._suspects: deque[Lease] = deque()
        self._stillborn = 0

    @cached_property
    def _recipe(self) -> Recipe:
        """What finds the spider, as it is once it is opened."""
        return Recipe.of(self._spider)

    def __enter__(self) -> Processes:
        total = self._spider.concurrency
        number = min(self._number, total)
        try:
            for n in range(number):
                self._mates.append(self._mate(total // number + (n < total % number)))
        except BaseException:
            self.close(is_hurried=True)
            raise
        return self

    def _mate(self, threads: int) -> _Mate:
        return _Mate(self._visit, self._recipe, self._spider, threads)

    @property
    def in_flight(self) -> int:
        """How many requests are under way, or wait for a process."""
        return len(self._suspects) + sum(len(mate.leases) for mate in self._mates)

    def hand_out(self, leases: list[Lease]) -> None:
        """Begin to visit these, each where least is to be done."""
        self._suspects += [lease for lease in leases if self._losses[lease.id]]
        for lease in leases:
            if not self._losses[lease.id]:
                min(self._mates, key=_load).take(lease)
        self._hand_out_suspect()
        for mate in self._mates:
            mate.tell()

    def _hand_out_suspect(self) -> None:
        """Begin with the next page that was lost with its worker, if no other such page is under way."""
        under_way = (id for mate in self._mates for id in mate.leases)
        if self._suspects and not any(self._losses[id] for id in under_way):
            min(self._mates, key=_load).take(self._suspects.popleft())

    def collect(self, seconds: float) -> list[Outcome]:
        """Return what has come in, as soon as something has or `seconds` have passed."""
        mates = {mate.pipe: mate for mate in self._mates}
        outcomes = [o for pipe in wait(list(mates), seconds) for o in self._receive(mates[pipe])]  # type: ignore[index]
        if self._suspects:
            self.hand_out([])
        return outcomes

    def _receive(self, mate: _Mate) -> Iterator[Outcome]:
        try:
            message = receive(mate.pipe)
        except (EOFError, OSError):
            yield from self._replace(mate)
            return
        if mate.is_ready:
            lost, outcomes = mate.settle(*message)
            self._lost += lost
            yield from outcomes
        else:
            self._begin(mate, message)

    def _begin(self, mate: _Mate, problem: str | None) -> None:
        if problem is not None:
            raise ConfigError(f"A process could not make the spider {self._spider.name!r}: {problem}.")
        mate.is_ready, self._stillborn = True, 0

    def _replace(self, mate: _Mate) -> Iterator[Outcome]:
        """Put another process in the place of one that has ended."""
        code = mate.exit_code()
        self._stillborn += not mate.is_ready
        if self._stillborn >= MOST_STILLBORN:
            raise ConfigError(
                f"The processes end as they begin (exit code {code}); what they say is above. A script that "
                "crawls in processes does so under `if __name__ == '__main__':`."
            )
        if mate.leases:
            log.warning("A process ended (exit code %s); its %d pages go again.", code, len(mate.leases))
        self._mates[self._mates.index(mate)] = self._mate(mate.threads)
        yield from self._give_up(mate.leases.values(), f"exit code {code}")

    def call_back(self) -> list[Lease]:
        """Ask for what nobody has begun with; it is `lost` once it comes back."""
        for mate in self._mates:
            mate.call_back(is_hurried=self._spider.session.is_hurried)
        waiting = list(self._suspects)
        self._suspects.clear()
        return waiting

    def close(self, *, is_hurried: bool) -> None:
        """Let the processes end; what is still under way there is left."""
        for mate in self._mates:
            mate.let_go()
        for mate in self._mates:
            mate.end(0 if is_hurried else PATIENCE)
        self._mates = []


class _Told:
    """What a process was told of one session."""

    def __init__(self, session: Session) -> None:
        self.session, self._mirror, self._epoch = session, Mirror(session), -1

    def news(self) -> tuple[str, Any] | None:
        """Return what the process does not know yet, as the kind of a message and its matter."""
        if self._epoch != self.session.epoch:
            self._epoch = self.session.epoch
            self._mirror.show()
            return "be", self.session.travelling()
        news = self._mirror.news()
        return None if news is None else ("learn", news)

    def take(self, news: News, epoch: int) -> None:
        """Take in what answers of `epoch` have changed there."""
        if epoch == self.session.epoch:
            self._mirror.take(news)


class _Mate:
    """One process as the loop sees it; `leases` are what it has not answered, the oldest first."""

    def __init__(self, visit: Visiting, recipe: Recipe, spider: Spider, threads: int) -> None:
        self.threads, self._spider = threads, spider
        self.is_ready = False
        self.leases: dict[int, Lease] = {}
        self._new: list[Lease] = []
        self._told: dict[str | None, _Told] = {}
        self._pauses = 0
        self._is_called_back = self._is_hurried = False
        begins = forkserver.context()
        self.pipe, far = begins.Pipe()
        self._process = begins.Process(target=serve, args=(far,), name="scraper")
        try:
            self._process.start()
        except OSError as error:
            self.let_go()
            raise ConfigError(f"No more processes can be begun: {error.strerror}; ask for fewer.") from error
        finally:
            far.close()
        self._send((visit, recipe, threads, dict(os.environ)))

    def _send(self, message: Any) -> None:
        """Send a message; that the process has ended is seen where something is received."""
        try:
            send(self.pipe, message)
        except OSError:
            log.debug("The process %s has ended.", self._process.pid)

    def take(self, lease: Lease) -> None:
        """Note a request for it."""
        self._new.append(lease)
        self.leases[lease.id] = lease

    def tell(self) -> None:
        """Tell it what was noted, and first what it does not know of the sessions."""
        if not self._new:
            return
        for account in {lease.account for lease in self._new}:
            if news := self._told_of(account).news():
                kind, matter = news
                self._send((kind, account, matter))
        self._send(("do", self._pauses, [(lease.id, lease.account, lease.request) for lease in self._new]))
        self._new, self._is_called_back = [], False

    def _told_of(self, account: str | None) -> _Told:
        if account not in self._told:
            self._told[account] = _Told(self._spider.as_account(account).session)
        return self._told[account]

    def settle(
        self, answers: list[Answer], news: list[tuple[str | None, News, int]]
    ) -> tuple[list[Lease], list[Outcome]]:
        """Take in a message: return what nobody has begun with, and what came of the others."""
        for account, changes, epoch in news:
            self._told_of(account).take(changes, epoch)
        told: list[tuple[Lease, Visit | None]] = [(self.leases.pop(id), visit) for id, visit in answers]
        self._pauses += sum(visit is not None and visit.retry_after > 0 for _, visit in told)
        lost = [lease for lease, visit in told if visit is None]
        return lost, [Outcome(lease, visit) for lease, visit in told if visit is not None]

    def call_back(self, *, is_hurried: bool) -> None:
        """Ask, once, for what it has not begun with, and to hurry with the rest where that is wanted."""
        if is_hurried and not self._is_hurried:
            self._is_hurried = True
            self._send(("hurry",))
        if not self._is_called_back:
            self._is_called_back = True
            self._send(("give_back",))

    def exit_code(self) -> int | None:
        """Return how a process ended whose pipe is closed at its end."""
        self.let_go()
        self.end(PATIENCE)
        return self._process.exitcode

    def let_go(self) -> None:
        """Close the pipe, at which the process ends."""
        self.pipe.close()

    def end(self, patience: float) -> None:
        """Wait so many seconds for the process to end, then end it."""
        self._process.join(patience)
        if self._process.exitcode is None:
            self._process.kill()
            self._process.join()


def _load(mate: _Mate) -> float:
    return len(mate.leases) / mate.threads
