"""``crawl()``: the loop; ``visit()``: one step of it.

The loop alone signs in, paces and commits. A worker does `visit`: fetch one page and read it.
"""

from __future__ import annotations

import logging
import sys
import threading
import time
import traceback
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import FIRST_COMPLETED, Executor, Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import is_dataclass, replace
from itertools import islice
from pathlib import Path
from typing import Any

import pydantic_core
from pydantic import BaseModel

from scraper.errors import ConfigError, FetchError, LoginError, ScraperError
from scraper.job import Job
from scraper.pace import Pace
from scraper.request import Request
from scraper.response import Response
from scraper.spider import Spider
from scraper.visit import Lease, Outcome, Visit

log = logging.getLogger(__name__)

TICK = 0.2
"""Seconds after which the loop looks up at the latest: for a limit of time, for someone who wants to stop."""

FORBIDDEN = 403
ACCESS_DENIED = "access_denied: closed to this account, though it is signed in"

PROBLEMS = 5
"""How many kinds of problem a script is told of."""

DOUBTFUL_PAGES = 25
"""After so many pages in a row that do not show whether the session is alive, the site is asked."""


def crawl(
    spider: Spider,
    job: Job | None = None,
    executor: Executor | None = None,
    *,
    progress: Callable[[Crawl], None] | None = None,
    stop: threading.Event | None = None,
) -> Job:
    """Crawl everything that `spider` leads to, and return the job that holds what was collected.

    Without `job` a new one is made in ``.scraper/jobs``; without `executor` the visits run in as many threads
    as the spider's `concurrency`. `progress` is called with the running `Crawl` whenever it has moved;
    without it, failures are logged at the end. Once `stop` is set, what is under way is finished and
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


class Crawl:
    """A crawl that runs: the loop, and what it knows."""

    def __init__(
        self,
        spider: Spider,
        job: Job,
        executor: Executor | None,
        progress: Callable[[Crawl], None],
        stop: threading.Event,
    ) -> None:
        self.spider, self.job, self.stop = spider, job, stop
        self.pages = self.failed = self.items = self.rejects = self.retries = self.sign_ins = 0
        self.started = time.monotonic()
        self._executor, self._progress = executor, progress
        self._in_flight: dict[Future[Visit], Lease] = {}
        self._waiting: list[tuple[float, Lease]] = []
        self._alive_at = 0.0
        self._unproven: list[Outcome] = []
        self._signed_out_before: set[int] = set()

    @property
    def in_flight(self) -> int:
        """How many pages are under way."""
        return len(self._in_flight)

    def run(self) -> None:
        """Run from `Spider.opened` to `Spider.closed`, and note in the job how it ended."""
        reason = "failed"
        try:
            self.spider.opened()
            self._open()
            with self._pool() as pool:
                reason = self._loop(pool)
        except KeyboardInterrupt:
            reason = "interrupted"
            self.spider.session.hurry()
            raise
        except ScraperError as error:
            reason = f"{type(error).__name__}: {error}"
            raise
        finally:
            self._close(reason)

    def _open(self) -> None:
        self._pace = Pace(self.spider.delay)
        if self.spider.login is not None:
            self._sign_in()
        requests = list(self.spider.start_requests())
        if not requests:
            raise ConfigError(f"The spider {self.spider.name!r} has nowhere to start; give it start_urls.")
        self.job.add(requests, account=self.spider.session.account)

    @contextmanager
    def _pool(self) -> Iterator[Executor]:
        if self._executor is not None:
            yield self._executor
            return
        pool = ThreadPoolExecutor(max(1, self.spider.concurrency), thread_name_prefix=self.spider.name)
        try:
            yield pool
        except BaseException as error:
            pool.shutdown(wait=not isinstance(error, KeyboardInterrupt), cancel_futures=True)
            raise
        pool.shutdown()

    def _close(self, reason: str) -> None:
        self.job.put_all_back()
        self.job.note("state", reason)
        self.spider.closed(reason)
        self.spider.session.close()

    # The loop

    def _loop(self, pool: Executor) -> str:
        """Hand out, collect, commit, until nothing is left or a limit is reached; return why it ended."""
        while True:
            limit = self._limit()
            if limit is None:
                self._submit(pool)
            if self._in_flight or (self._waiting and limit is None):
                signed_out = self._collect(self._finished())
                if signed_out or self._is_doubtful():
                    self._renew(signed_out)
            elif self._unproven:
                self._renew([])
            else:
                return limit or "finished"
            self._progress(self)

    def _limit(self) -> str | None:
        """Return the limit that is reached, if one is."""
        spider = self.spider
        if self.stop.is_set():
            spider.session.hurry()
            return "interrupted"
        if spider.max_time is not None and time.monotonic() - self.started >= spider.max_time:
            return "max_time"
        if spider.max_items is not None and self.items >= spider.max_items:
            return "max_items"
        is_full = spider.max_pages is not None and self.pages + self.failed >= spider.max_pages
        return "max_pages" if is_full else None

    def _submit(self, pool: Executor) -> None:
        """Hand out what may go now."""
        leases = self.job.lease(self._room(), newest_first=self.spider.order == "depth")
        self._waiting += [(self._pace.reserve(lease.request.url), lease) for lease in leases]
        now = self._pace.clock()
        due = [lease for moment, lease in self._waiting if moment <= now]
        self._waiting = [(moment, lease) for moment, lease in self._waiting if moment > now]
        for lease in due:
            self._in_flight[pool.submit(visit, self.spider, lease.request)] = lease

    def _room(self) -> int:
        """Return how many requests may be handed out: for the workers, and up to `max_pages`."""
        under_way = len(self._in_flight) + len(self._waiting)
        room = self.spider.concurrency - under_way
        if self.spider.max_pages is not None:
            room = min(room, self.spider.max_pages - self.pages - self.failed - under_way)
        return max(room, 0)

    def _finished(self) -> list[Outcome]:
        """Wait until something has come in, or a tick has passed, and return it."""
        if not self._in_flight:
            next_moment = min((moment for moment, _ in self._waiting), default=0.0)
            self.stop.wait(min(TICK, max(0.0, next_moment - self._pace.clock())))
            return []
        done = wait(self._in_flight, timeout=TICK, return_when=FIRST_COMPLETED).done
        return [Outcome(self._in_flight.pop(future), future.result()) for future in done]

    def _collect(self, outcomes: list[Outcome]) -> list[Outcome]:
        """Commit what has come in; return what came in signed out under the current sign-in."""
        signed_out, back, settled = self._sort(outcomes)
        self._give_back(back)
        if settled:
            self.job.commit(settled)
            self._count(settled)
            self._note_signs_of_life(settled)
        return signed_out

    def _sort(self, outcomes: list[Outcome]) -> tuple[list[Outcome], list[Lease], list[Outcome]]:
        """Part outcomes into: signed out, to be sent again, and settled."""
        signed_out, back, settled = [], [], []
        for outcome in outcomes:
            if outcome.visit.auth == "anonymous":
                is_current = outcome.visit.epoch >= self.spider.session.epoch
                signed_out.append(outcome) if is_current else back.append(outcome.lease)
            elif outcome.visit.status is None and self.stop.is_set():
                back.append(outcome.lease)
            else:
                settled.append(outcome)
        return signed_out, back, settled

    def _give_back(self, leases: list[Lease]) -> None:
        if leases:
            self.job.put_back(leases)

    def _count(self, outcomes: list[Outcome]) -> None:
        for visit in (outcome.visit for outcome in outcomes):
            self.pages += visit.ok
            self.failed += not visit.ok
            self.items += len(visit.items)
            self.rejects += len({reject.n for reject in visit.rejects})
            self.retries += visit.attempts - 1
        for outcome in outcomes:
            if outcome.visit.error:
                log.info("%s: %s", outcome.lease.request.url, outcome.visit.error)

    # Staying signed in

    def _sign_in(self) -> None:
        session = self.spider.session
        if self.sign_ins > self.spider.max_relogins:
            raise LoginError(
                f"The site has ended the session {self.sign_ins} times. Look for a page that signs out and "
                "put it into deny, or raise max_relogins."
            )
        self._alive_at = time.time()
        session.sign_in(after=session.epoch)
        self.sign_ins += 1
        self.job.event("signed_in", session.account or "")

    def _note_signs_of_life(self, outcomes: list[Outcome]) -> None:
        """Remember until when the session is known to be alive, and which pages came after that."""
        if not self._can_ask:
            return
        epoch = self.spider.session.epoch
        current = [outcome for outcome in outcomes if outcome.visit.epoch == epoch]
        alive = [outcome.lease.at for outcome in current if outcome.visit.auth == "signed_in"]
        self._alive_at = max([self._alive_at, *alive])
        self._unproven += [outcome for outcome in current if outcome.visit.auth == "unknown"]
        self._unproven = [outcome for outcome in self._unproven if outcome.at > self._alive_at]

    @property
    def _can_ask(self) -> bool:
        return self.spider.login is not None and self.spider.login.verify

    def _is_doubtful(self) -> bool:
        """Whether to ask the site if the session is alive, before more pages are read in vain."""
        refused = any(outcome.visit.status == FORBIDDEN for outcome in self._unproven)
        return refused or len(self._unproven) >= DOUBTFUL_PAGES

    def _renew(self, signed_out: list[Outcome]) -> None:
        """Find out whether the session has ended; if so, sign in again and fetch again what it spoilt.

        Everything under way comes in first: an answer to the old session must not touch the cookies of the
        new one.
        """
        signed_out = signed_out + self._drain()
        asked_at = time.time()
        if self._can_ask and self.spider.session.is_signed_in():
            self._alive_at, self._unproven = asked_at, []
            self._deny(signed_out)
            return
        ended = signed_out if self._can_ask else self._deny_repeated(signed_out)
        if ended or self._unproven:
            self._take_back(ended)
            if self._limit() is None:
                self._sign_in()

    def _drain(self) -> list[Outcome]:
        """Let everything under way come in; return what of it came in signed out."""
        signed_out = []
        while self._in_flight:
            self._limit()
            signed_out += self._collect(self._finished())
            self._progress(self)
        return signed_out

    def _deny_repeated(self, signed_out: list[Outcome]) -> list[Outcome]:
        """Where the site cannot be asked, a page that is signed out twice is closed; return the others."""
        before = self._signed_out_before
        self._deny([outcome for outcome in signed_out if outcome.lease.id in before])
        first_time = [outcome for outcome in signed_out if outcome.lease.id not in before]
        before.update(outcome.lease.id for outcome in first_time)
        return first_time

    def _deny(self, outcomes: list[Outcome]) -> None:
        """Commit pages that stay closed though the session is signed in."""
        denied = [replace(outcome, visit=replace(outcome.visit, error=ACCESS_DENIED)) for outcome in outcomes]
        if denied:
            self.job.commit(denied)
            self._count(denied)

    def _take_back(self, signed_out: list[Outcome]) -> None:
        """Put everything that the ended session spoilt back into the frontier."""
        epoch = self.spider.session.epoch
        self.job.event("signed_out", f"{len(signed_out)} pages answered as to a stranger")
        self._give_back([outcome.lease for outcome in signed_out])
        if self._unproven and self.job.doubt(epoch, self._alive_at):
            counts = self.job.counts()
            self.pages, self.failed = counts.done, counts.failed
            self.items, self.rejects = counts.items, counts.rejects
        self._unproven = []


def visit(spider: Spider, request: Request) -> Visit:
    """Fetch one page and read it: the step that a worker does. Never raises; an error is an outcome."""
    try:
        response = spider.session.fetch(request)
        response.allows, response.is_safe = spider.allows, spider.is_safe
    except FetchError as error:
        return Visit(ok=False, error=str(error), attempts=error.attempts)
    except Exception as error:
        return Visit(ok=False, error=_describe(error, type(spider)))
    outcome = Visit(
        ok=False,
        status=response.status,
        auth=response.auth,
        epoch=response.epoch,
        account=response.account,
        attempts=response.attempts,
        elapsed=response.elapsed,
        size=len(response.content),
    )
    if response.auth == "anonymous" or not response.ok:
        return replace(outcome, error=f"answered {response.status}")
    if response.history and not spider.allows(response.url):
        return replace(outcome, error=f"redirected to {response.url}, which the spider does not allow")
    try:
        return replace(outcome, ok=True, **_read(spider, response))
    except Exception as error:
        log.debug("%s could not be read", response.url, exc_info=True)
        return replace(outcome, error=_describe(error, type(spider)))


def _read(spider: Spider, response: Response) -> dict[str, Any]:
    """Let the spider read a page; return what it gave as the fields of a `Visit`."""
    name = str(response.request.callback or "parse")
    results = getattr(spider, name)(response)
    if isinstance(results, Request | Mapping | BaseModel | str):
        raise TypeError(f"{name} returned {results!r}; it should yield it")
    found: dict[str, list[Any]] = {"items": [], "requests": [], "denied": []}
    for result in results or ():
        if not isinstance(result, Request):
            found["items"].append(encode(result))
        elif spider.max_depth is None or result.depth <= spider.max_depth:
            found["requests" if spider.allows(result.url) else "denied"].append(result)
    found["rejects"], found["avoided"] = response.rejects, list(response.avoided.items())
    return {key: tuple(values) for key, values in found.items()}


def encode(item: Any) -> tuple[str, str]:
    """Return an item as its type's name and JSON: an `Item`, a mapping, a dataclass or an attrs object."""
    if hasattr(type(item), "__attrs_attrs__"):
        data: Any = {field.name: getattr(item, field.name) for field in type(item).__attrs_attrs__}
    elif isinstance(item, Mapping | BaseModel) or is_dataclass(item):
        data = item
    else:
        raise TypeError(f"parse gave {item!r}; it may give items, mappings and requests")
    name = "item" if isinstance(item, Mapping) else type(item).__name__
    return name, pydantic_core.to_json(data, inf_nan_mode="null").decode()


def _describe(error: Exception, spider: type[Spider]) -> str:
    """Say what went wrong while a page was read, and in which line, of the spider's own if there is one."""
    frames = traceback.extract_tb(error.__traceback__)
    file = getattr(sys.modules.get(spider.__module__), "__file__", None)
    own = [frame for frame in frames if frame.filename == file]
    frame = (own or frames)[-1]
    return f"{type(error).__name__}: {error} ({Path(frame.filename).name}, line {frame.lineno}, {frame.name})"
