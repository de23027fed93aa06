"""`Accounts`: as whom a crawl visits: which account fetches what, and which of them go on."""

from __future__ import annotations

import copy
import logging
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace

from scraper.errors import ConfigError, LoginError
from scraper.job import Job
from scraper.request import Request
from scraper.spider import Spider
from scraper.visit import Lease, Outcome
from scraper.watch import Watch

log = logging.getLogger(__name__)


class Accounts:
    """The accounts of a crawl, each with its `Watch`; of a spider without `accounts` the one that there is.

    Made once the spider is opened.
    """

    def __init__(self, spider: Spider, job: Job) -> None:
        self.spider, self.job = spider, job
        members: dict[str | None, Spider] = dict(spider.by_account.items()) or {None: spider}
        self._watches = {name: Watch(member, job, name) for name, member in members.items()}
        self._are_several, self._share = (
            bool(spider.by_account),
            bool(spider.by_account) and spider.share_pages,
        )
        queues: list[str | None] = [*self._watches, *([None] if self._share else [])]
        self._queues, self._turns = deque(queues), deque(self._watches)

    def __iter__(self) -> Iterator[Watch]:
        return iter(self._watches.values())

    @property
    def going_on(self) -> list[Watch]:
        """Those that are not left out."""
        return [watch for watch in self if watch.failure is None]

    def of(self, lease: Lease) -> Watch:
        """Return as whom a request was handed out."""
        return self._watches[lease.account]

    # What waits for whom

    def go_on(self) -> None:
        """Take up the job. Raises `ConfigError` where pages wait for an account that the spider has not."""
        if self._are_several:
            self._keep_to_mode()
            self.job.deal(by_anyone=self._share)
        for account in sorted(self.job.accounts_waiting()):
            if not self._is_nameless and (problem := self.spider.lacks_account(account)):
                raise ConfigError(f"Pages of the job {self.job.path} wait for {account!r}. {problem}")
        for watch in self:
            watch.go_on()

    @property
    def _is_nameless(self) -> bool:
        """Whether the only login does not say whose it is, as where a browser's cookies are gone on with."""
        return self.spider.login is not None and self.spider.login.account is None

    def _keep_to_mode(self) -> None:
        """Refuse to go on in another way than the job was begun: pages would be fetched twice."""
        mode = "yes" if self._share else "no"
        if self.job.noted("share_pages") not in (None, mode):
            raise ConfigError(
                f"The job {self.job.path} was begun with share_pages={not self._share}; go on so, or begin "
                "a new one."
            )
        self.job.note("share_pages", mode)

    def starting(self) -> Iterator[tuple[str | None, Spider]]:
        """Yield the account for which there are start requests (``None``: for any), and whose spider."""
        for watch in self.going_on[: 1 if self._share else None]:
            yield None if self._share else watch.spider.session.account, watch.spider

    def check(self, requests: Iterable[Request]) -> None:
        """Raise `ConfigError` for a request that names an account that there is not."""
        for request in requests:
            if request.account is not None and (problem := self.spider.lacks_account(request.account)):
                raise ConfigError(problem)

    def lease(self, n: int, *, newest_first: bool) -> list[Lease]:
        """Hand out up to `n` requests that wait; from each queue as many, as far as it has them."""
        if not self._are_several:
            return self.job.lease(n, newest_first=newest_first)
        leases: list[Lease] = []
        queues = self._open_queues()
        for left in range(len(queues), 0, -1):
            part = -(-(n - len(leases)) // left)
            queue = queues[left - 1]
            found = self.job.lease_of(queue, part, newest_first=newest_first) if part else []
            leases += [replace(lease, account=queue or self._next()) for lease in found]
        self._queues.rotate(1)
        return leases

    def _next(self) -> str | None:
        """Return whose turn it is to fetch what anyone may."""
        self._turns.rotate(1)
        while self._watches[self._turns[0]].failure is not None:
            self._turns.rotate(1)
        return self._turns[0]

    def _open_queues(self) -> list[str | None]:
        """Return the queues of those who go on, and that for all; another comes first each time."""
        left_out = {watch.account for watch in self if watch.failure is not None}
        return [queue for queue in self._queues if queue not in left_out]

    def next_moment(self) -> float | None:
        """Return when the next request that waits may go (seconds since 1970); ``None`` where none waits."""
        if not self._are_several:
            return self.job.next_moment()
        moments = map(self.job.next_moment_of, self._open_queues())
        return min((moment for moment in moments if moment is not None), default=None)

    # What came of it

    @property
    def are_doubtful(self) -> bool:
        """Whether to ask the site if a session is alive."""
        return any(watch.is_doubtful for watch in self)

    @property
    def are_unproven(self) -> bool:
        """Whether there are pages of which nothing proves that they are a member's."""
        return any(watch.unproven for watch in self)

    def note(self, outcomes: list[Outcome]) -> None:
        """Let each see what the outcomes say of its session."""
        for watch, own in self.parted(outcomes):
            if own:
                watch.note(own)

    def parted(self, outcomes: list[Outcome]) -> Iterator[tuple[Watch, list[Outcome]]]:
        """Yield for each account what of the outcomes is its own."""
        for watch in self:
            yield watch, [outcome for outcome in outcomes if outcome.lease.account == watch.account]

    # Who is left out

    @contextmanager
    def losing(self, watch: Watch) -> Iterator[None]:
        """Leave an account out that cannot sign in in here, unless nobody else is left, or that ends all."""
        try:
            yield
        except LoginError as error:
            if not self._are_several:
                raise
            watch.failure = error
            self.job.event("left_out", f"{watch.account}: {error}")
            if self.spider.stop_with_account or not self.going_on:
                raise self._failure() from error
            log.warning("The crawl goes on without %s: %s", watch.account, error)

    def tell_failures(self) -> None:
        """Raise the `LoginError` of the accounts that were left out, if any was."""
        if left_out := [str(watch.account) for watch in self if watch.failure]:
            raise self._failure(
                f" The crawl went on without {', '.join(left_out)}; --resume goes on with it."
            )

    def _failure(self, ending: str = "") -> LoginError:
        failures = {str(watch.account): watch.failure for watch in self if watch.failure is not None}
        return joint(failures, ending)


def joint(failures: Mapping[str, LoginError], ending: str = "") -> LoginError:
    """Return one error for what kept accounts from signing in: of the kind with the lowest exit code."""
    error = copy.copy(min(failures.values(), key=lambda failure: failure.exit_code))
    error.args = (" ".join(f"{name}: {failure}" for name, failure in failures.items()) + ending,)
    return error.with_traceback(None)
