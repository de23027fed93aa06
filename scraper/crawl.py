"""``crawl()``: the loop, which alone signs in, paces and commits. Workers do the step, `visit`."""

from __future__ import annotations

import logging
import math
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Executor
from functools import cached_property
from itertools import islice

from scraper import sitemaps
from scraper.accounts import Accounts
from scraper.errors import ConfigError, ScraperError
from scraper.executors import Workers, threads
from scraper.gate import Gate
from scraper.health import findings
from scraper.job import Job
from scraper.pace import Pace
from scraper.record import describe
from scraper.request import Request, is_loopback, origin
from scraper.spider import Spider
from scraper.step import visit
from scraper.turns import turn
from scraper.visit import Lease, Outcome
from scraper.watch import Tally, Watch, convicted, denied

__all__ = ["Crawl", "crawl", "visit"]

log = logging.getLogger(__name__)

TICK = 0.2
"""Seconds after which the loop looks up at the latest: for a limit of time, for someone who wants to stop."""

HELD_SHARE = 4
"""Of requests that wait for the moment of their host, so many take up the room of one that is under way."""

PROBLEMS = 5
"""How many kinds of problem a script is told of."""


def crawl(
    spider: Spider,
    job: Job | None = None,
    executor: Executor | Workers | None = None,
    *,
    progress: Callable[[Crawl], None] | None = None,
    stop: threading.Event | None = None,
) -> Job:
    """Crawl everything that `spider` leads to, and return the job that holds what was collected.

    Without `job` a new one is made in ``.scraper/jobs``; without `executor` the visits run in as many threads
    as the spider's `concurrency`. An executor of threads serves too, and the `Workers` that ``processes`` and
    ``cluster`` of ``scraper.executors`` make. `progress` is called with the running `Crawl` whenever it has
    moved; without it, failures are logged at the end. Once `stop` is set, what is under way is finished and
    committed, and the crawl ends as ``interrupted``.

    Raises `LoginError` where signing in fails, at the start or later; what was committed stays in the job.
    """
    own = Job.create(spider.name) if job is None else job
    try:
        Crawl(spider, own, executor, progress or _ignore, stop or threading.Event()).run()
    except BaseException as error:
        if job is None:
            error.add_note(f"What was committed is kept in {own.path}.")
            own.close()
        raise
    if progress is None:
        _log_problems(own)
    return own


def _ignore(crawl: Crawl) -> None:
    """Show no progress."""


def _log_problems(job: Job) -> None:
    """Log what did not work, for a script that may not look."""
    for times, problem, url in islice(job.problems(), PROBLEMS):
        log.warning("%s (%d times, the first on %s)", problem, times, url)
    for finding in findings(job):
        log.warning("%s", finding)


class Crawl:
    """A crawl that runs: the loop, and what it knows."""

    def __init__(
        self,
        spider: Spider,
        job: Job,
        executor: Executor | Workers | None,
        progress: Callable[[Crawl], None],
        stop: threading.Event,
    ) -> None:
        self.spider, self.job, self.stop = spider, job, stop
        self.tally = Tally(job)
        self.started = time.monotonic()
        self._progress = progress
        self._workers = executor if isinstance(executor, Workers) else threads(visit, spider, executor)
        self._to_try_alone: list[Lease] = []

    @cached_property
    def accounts(self) -> Accounts:
        """As whom it visits, made once the spider is opened."""
        return Accounts(self.spider, self.job)

    @cached_property
    def gate(self) -> Gate:
        """What stands between the frontier and the workers, made once the spider is opened."""
        spider, session = self.spider, self.spider.session
        pace, agent = Pace(spider.delay, throttle=spider.throttle), str(session.headers["User-Agent"])
        return Gate(self.job, pace, agent, session.exchange, obeys=spider.obey_robots)

    @property
    def has_gate(self) -> bool:
        """Whether the crawl has come so far that requests pass the gate."""
        return "gate" in vars(self)

    @property
    def in_flight(self) -> int:
        """How many pages are under way."""
        return self._workers.in_flight

    def run(self) -> None:
        """Run from `Spider.opened` to `Spider.closed`, and note in the job how it ended."""
        with self.job.claimed():
            self._run()

    def _run(self) -> None:
        reason = "failed"
        try:
            self.spider.opened()
            with self._workers:
                self._open()
                reason = self._loop()
            if reason != "interrupted":
                self.accounts.tell_failures()
        except KeyboardInterrupt:
            reason = "interrupted"
            self._hurry()
            raise
        except ScraperError as error:
            reason = f"{type(error).__name__}: {error}"
            raise
        finally:
            self._close(reason)

    def _open(self) -> None:
        self.job.put_all_back()
        self.accounts.go_on()
        self.tally.recount(self.job)
        self.job.note("state", "running")
        if self.spider.item is not None:
            self.job.describe(describe(self.spider.item))
        for watch in self.accounts:
            if watch.spider.login is not None:
                with self.accounts.losing(watch):
                    watch.sign_in()
        for account, spider in self.accounts.starting():
            requests = [*spider.start_requests(), *self._from_sitemaps(spider)]
            if not requests:
                raise ConfigError(f"The spider {spider.name!r} has nowhere to start; give it start_urls.")
            self.accounts.check(requests)
            self.job.add(requests, account=account)

    def _from_sitemaps(self, spider: Spider) -> Iterator[Request]:
        """Yield a request for each page of the sitemaps that are wanted."""
        wanted, session = spider.sitemaps, spider.session
        addresses = [wanted] if isinstance(wanted, str) else [] if isinstance(wanted, bool) else list(wanted)
        if wanted is True:
            starts = dict.fromkeys(origin(request.url) for request in spider.start_requests())
            addresses = [sitemap for start in starts for sitemap in self.gate.sitemaps(f"{start}/")]
        for url in sitemaps.pages(addresses, session.exchange):
            if spider.allows(url):
                yield Request(url, found_by="sitemaps")

    def _close(self, reason: str) -> None:
        if self.has_gate:
            self.gate.close()
        try:
            self.job.put_all_back()
            self.job.note("state", reason)
        except ConfigError as error:  # where the job cannot be written, that is why the crawl ends
            log.error("%s", error)
        self.spider.closed(reason)
        for session in self.spider.all_sessions:
            session.close()

    def _hurry(self) -> None:
        """Let nothing wait for a retry any more."""
        for session in self.spider.all_sessions:
            session.hurry()

    # The loop

    def _loop(self) -> str:
        """Hand out, collect, commit, until nothing is left or a limit is reached; return why it ended."""
        while True:
            limit = self._limit()
            if limit is None:
                with turn():
                    self._submit()
            else:
                self._call_back()
            if limit is None and self._to_try_alone:
                self._renew([])
                self._try_alone()
            elif self.in_flight or (limit is None and self._is_waiting):
                signed_out = self._collect(self._finished())
                if signed_out or self.accounts.are_doubtful:
                    self._renew(signed_out)
            elif self.accounts.are_unproven:
                self._renew([])
            else:
                return limit or "finished"
            self._progress(self)

    def _limit(self) -> str | None:
        """Return the limit that is reached, if one is."""
        spider = self.spider
        if self.stop.is_set():
            self._hurry()
            return "interrupted"
        if spider.max_time is not None and time.monotonic() - self.started >= spider.max_time:
            return "max_time"
        if spider.max_items is not None and self.tally.items >= spider.max_items:
            return "max_items"
        if spider.max_pages is not None and self.tally.settled >= spider.max_pages:
            return "max_pages"
        return self._limit_of_quality()

    def _limit_of_quality(self) -> str | None:
        """Return the limit that pages without items, or pages that fail, have reached."""
        most, rate = self.spider.max_pages_without_item, self.spider.max_error_rate
        if most is not None and self.tally.pages_without_item >= most:
            return "max_pages_without_item"
        return "max_error_rate" if rate is not None and self.tally.error_rate > rate else None

    def _submit(self) -> None:
        """Hand out what may go now."""
        leases = self.accounts.lease(self._room(), newest_first=self.spider.order == "depth")
        suspects = [lease for lease in leases if self.accounts.of(lease).is_suspect(lease)]
        self._to_try_alone += suspects
        self.gate.admit(lease for lease in leases if lease not in suspects)
        if due := self.gate.due():
            self._hand_out(due)
        self._settle(self.gate.given_up())

    def _hand_out(self, due: list[Lease]) -> None:
        """Hand requests to the workers, but for those of accounts that are left out."""
        for watch in {self.accounts.of(lease) for lease in due}:
            with self.accounts.losing(watch):
                watch.renew_in_time()
        left_out = [lease for lease in due if self.accounts.of(lease).failure]
        self._put_back(left_out)
        self._workers.hand_out([lease for lease in due if lease not in left_out])

    def _room(self) -> int:
        """Return how many requests to lease: for the workers, a few that wait, and up to `max_pages`."""
        under_way = self.in_flight + self.gate.held + len(self._to_try_alone)
        may_wait = self.spider.max_items is None and self._is_unhurried
        ahead = self._workers.ahead if may_wait else 1
        room = ahead * self.spider.concurrency - self.in_flight - self.gate.held // HELD_SHARE
        if self.spider.max_pages is not None:
            room = min(room, self.spider.max_pages - self.tally.settled - under_way)
        return max(room, 0)

    @cached_property
    def _is_unhurried(self) -> bool:
        """Whether requests may follow each other at once, so that some may wait for a thread."""
        base = self.spider.session.base_url
        return self.spider.delay <= 0 or (base is not None and is_loopback(base))

    @property
    def _is_waiting(self) -> bool:
        """Whether a request is held at the gate, or waits in the job for its moment."""
        return self.gate.held > 0 or self.accounts.next_moment() is not None

    def _finished(self) -> list[Outcome]:
        """Wait until something has come in, or a tick has passed, and return it."""
        if not self.in_flight:
            moment = math.inf if self.gate.held else self.accounts.next_moment() or 0.0
            self.gate.wait(min(TICK, max(0.0, moment - time.time())))
            return []
        outcomes = self._workers.collect(TICK)
        self._put_back(self._workers.lost())
        return outcomes

    def _collect(self, outcomes: list[Outcome]) -> list[Outcome]:
        """Commit what has come in; return what came in signed out under the current sign-in."""
        if any(outcome.visit.retry_after > 0 for outcome in outcomes):
            self._call_back()
        told = filter(None, map(self.gate.settle, outcomes))
        signed_out, back, settled = self._sort(list(told))
        self.job.put_back(back)
        self._settle(settled)
        return signed_out

    def _settle(self, outcomes: list[Outcome]) -> None:
        """Commit outcomes, count them, and see what they say of the session."""
        if outcomes:
            with turn():
                self.job.commit(outcomes)
                self.tally.count(outcomes)
                self.accounts.note(outcomes)

    def _sort(self, outcomes: list[Outcome]) -> tuple[list[Outcome], list[Lease], list[Outcome]]:
        """Part outcomes into: signed out, to be sent again, and settled."""
        signed_out, back, settled = [], [], []
        for outcome in outcomes:
            watch = self.accounts.of(outcome.lease)
            if outcome.visit.auth == "anonymous" or watch.is_late(outcome):
                is_current = outcome.visit.epoch >= watch.spider.session.epoch
                signed_out.append(outcome) if is_current else back.append(outcome.lease)
            elif outcome.visit.status is None and self.stop.is_set():
                back.append(outcome.lease)
            else:
                settled.append(outcome)
        return signed_out, back, settled

    # Staying signed in

    def _renew(self, signed_out: list[Outcome]) -> None:
        """Find out whether a session has ended; if so, sign in again and fetch again what it spoilt.

        Everything under way comes in first: an answer to the old session must not touch the cookies of the
        new one.
        """
        signed_out = signed_out + self._drain()
        for watch, own in self.accounts.parted(signed_out):
            if own or watch.unproven:
                self._renew_one(watch, own)

    def _renew_one(self, watch: Watch, signed_out: list[Outcome]) -> None:
        closed = None
        if watch.failure is None:
            with self.accounts.losing(watch):
                closed = watch.closed(signed_out)
        if closed is not None:
            self._settle([denied(outcome) for outcome in closed])
            signed_out = [outcome for outcome in signed_out if outcome not in closed]
        if closed is not None and watch.can_ask:
            self.job.put_back(outcome.lease for outcome in signed_out)
        elif signed_out or (closed is None and watch.unproven):
            watch.take_back(signed_out, self.tally)
            if self._limit() is None and watch.failure is None:
                with self.accounts.losing(watch):
                    watch.sign_in()

    def _drain(self) -> list[Outcome]:
        """Let everything under way come in; return what of it came in signed out."""
        signed_out = []
        self._call_back()
        while self.in_flight:
            self._limit()
            signed_out += self._collect(self._finished())
            self._progress(self)
        return signed_out

    def _call_back(self) -> None:
        """Take back what still waits for a worker."""
        self._put_back(self._workers.call_back())

    def _put_back(self, leases: list[Lease]) -> None:
        """Let requests wait again that were handed out and not sent, as far as anyone knows."""
        for lease in leases:
            self.gate.pace.dropped(lease.request.url)
        self.job.put_back(leases)

    def _try_alone(self) -> None:
        """Fetch, one by one, each page that was under way more than once when a session died.

        If the session dies with a page, that one goes again at once, first of all in the next session: one
        that is good for a few requests may have died of those before.
        """
        while self._to_try_alone:
            lease = self._to_try_alone.pop(0)
            watch = self.accounts.of(lease)
            if self._limit() is None and watch.failure is None:
                with self.accounts.losing(watch):
                    watch.be_signed_in()
            if self._limit() is not None or watch.failure is not None:
                self.job.put_back([lease])
                continue
            self._hand_out_alone(lease)
            while self.in_flight:
                for outcome in filter(None, map(self.gate.settle, self._finished())):
                    self._after_trial(outcome)
            self._progress(self)

    def _hand_out_alone(self, lease: Lease) -> None:
        """Hand out one request when its host may be asked."""
        self.gate.admit([lease])
        while not (due := self.gate.due()) and self.gate.held and self._limit() is None:
            self.gate.wait(TICK)
        self._hand_out(due)

    def _after_trial(self, outcome: Outcome) -> None:
        """Settle a page that was fetched alone, unless it has to be fetched once more to be sure."""
        watch, is_acquitted = self.accounts.of(outcome.lease), False
        with self.accounts.losing(watch):
            is_acquitted = watch.acquits(outcome)
        if is_acquitted:
            is_closed = outcome.visit.auth == "anonymous"
            self._settle([denied(outcome) if is_closed else outcome])
        elif watch.failure is None and watch.is_convicted(outcome):
            self._settle([convicted(outcome)])
        else:
            self._to_try_alone.insert(0, outcome.lease)
