"""`Gate`: which requests may go now, which later, which never: robots.txt, pace and traps in one place."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import replace
from urllib.parse import urlsplit

from scraper.errors import FetchError, TooManyRedirects
from scraper.job import Job
from scraper.pace import NEAR, Pace
from scraper.request import Request
from scraper.response import Response
from scraper.robots import Robots, as_noted
from scraper.traps import Traps
from scraper.visit import Lease, Outcome, Visit

MISSING = 404
"""What a robots.txt counts as that redirects for ever (RFC 9309, 2.3.1.2)."""

REMEMBERED = 20_000
"""So many addresses of a job that is gone on with count towards traps; that takes half a second."""

Fetch = Callable[[Request], Response]


class Gate:
    """Stands between the frontier and the workers.

    What it is given (`admit`) it holds until it is `due`, puts back into the job for later, or denies. It is
    told what came of it (`settle`). `fetch` gets a robots.txt; it runs in a thread of its own, so that no
    page waits for another site's. Without `obeys`, none is asked for.
    """

    def __init__(self, job: Job, pace: Pace, user_agent: str, fetch: Fetch, *, obeys: bool) -> None:
        self.job, self.pace = job, pace
        self.traps = Traps()
        for url in job.addresses(REMEMBERED):
            self.traps.why_trapped(url)
        self._robots = Robots(user_agent) if obeys else None
        self._user_agent = user_agent
        self._fetch = fetch
        self._held: list[tuple[float, Lease]] = []
        self._given_up: list[Outcome] = []
        self._asking: dict[str, list[Lease]] = {}
        self._fetching: dict[Future[Response | FetchError], str] = {}
        self._pool = ThreadPoolExecutor(2, "robots")

    @property
    def held(self) -> int:
        """How many requests wait here."""
        return len(self._held) + sum(map(len, self._asking.values()))

    @property
    def next_moment(self) -> float:
        """When the next of them is due, on the clock of the pace; ``inf`` where none has a moment."""
        return min((moment for moment, _ in self._held), default=math.inf)

    def admit(self, leases: Iterable[Lease]) -> None:
        """Take in leased requests."""
        for lease in leases:
            if not self._waits_for_robots(lease) and self._is_allowed(lease):
                self._wait_its_turn(lease)

    def _waits_for_robots(self, lease: Lease) -> bool:
        address = self._robots.needs(lease.request.url) if self._robots else None
        if address is None:
            return False
        self._begin_to_ask(address)
        self._asking[address].append(lease)
        return True

    def _begin_to_ask(self, address: str) -> None:
        """Fetch a robots.txt, unless that is under way."""
        if address not in self._asking:
            self._asking[address] = []
            self._fetching[self._pool.submit(self._ask, address)] = address

    def _ask(self, address: str) -> Response | FetchError:
        try:
            return self._fetch(Request(address))
        except FetchError as error:
            return error

    def _is_allowed(self, lease: Lease) -> bool:
        """Whether robots.txt allows it; otherwise it is denied, or asked again where nobody answered."""
        robots, url = self._robots, lease.request.url
        if robots is None or robots.allows(url):
            return True
        again = robots.retry_at(url)
        if again is None and lease.request.depth == 0:
            why = f"{robots.line(url)}; obey_robots=False disregards it, where you may"
            self._given_up.append(Outcome(lease, Visit(ok=False, error=why)))
        elif again is None:
            self.job.deny([lease], robots.line(url))
        else:
            self.job.put_back([lease], not_before=again)
        return False

    def _wait_its_turn(self, lease: Lease) -> None:
        url = lease.request.url
        if self._robots and (seconds := self._robots.crawl_delay(url)):
            self.pace.keep(url, seconds)
        now = self.pace.clock()
        moment = self.pace.when(url, lease.account)
        if moment == math.inf:
            self._given_up.append(Outcome(lease, Visit(ok=False, error=self._why_stalled(url))))
        elif moment > now + NEAR:
            self.job.put_back([lease], not_before=time.time() + moment - now)
        else:
            self._held.append((moment, lease))

    def _why_stalled(self, url: str) -> str:
        return f"stalled: {self.pace.stalled().get(urlsplit(url).hostname or '', '')}"

    def given_up(self) -> list[Outcome]:
        """Return, once, the requests that will never go: their host has stalled, or forbids the start."""
        outcomes, self._given_up = self._given_up, []
        return outcomes

    def due(self) -> list[Lease]:
        """Return the requests that may go now; they count as under way from here on."""
        self._learn()
        now, due = self.pace.clock(), []
        waiting, self._held = self._held, []
        for moment, lease in waiting:
            if moment > now:
                self._held.append((moment, lease))
            elif self.pace.started(lease.request.url):
                due.append(lease)
            else:
                self._wait_its_turn(lease)
        return due

    def _learn(self) -> None:
        """Take in what robots.txt files have come, and let those in that waited for them."""
        for future in [future for future in self._fetching if future.done()]:
            address, answer = self._fetching.pop(future), future.result()
            if isinstance(answer, Response):
                self._learn_of(address, answer.status, answer.content, answer.url)
            else:
                self._learn_of(address, MISSING if isinstance(answer, TooManyRedirects) else None)
            self.admit(self._asking.pop(address))

    def _learn_of(self, address: str, status: int | None, body: bytes = b"", final_url: str = "") -> None:
        """Take in what came of asking for a robots.txt, and note it in the job for a person who asks why."""
        assert self._robots is not None
        self._robots.learn(address, status=status, body=body, final_url=final_url)
        self.job.note(f"robots:{address}", as_noted(self._user_agent, status, body, final_url))

    def wait(self, seconds: float) -> None:
        """Wait so long at most for a robots.txt to come, or for the next request to be due."""
        seconds = max(0.0, min(seconds, self.next_moment - self.pace.clock()))
        if self._fetching:
            wait(self._fetching, timeout=seconds, return_when="FIRST_COMPLETED")
        else:
            time.sleep(seconds)

    # What came of them

    def settle(self, outcome: Outcome) -> Outcome | None:
        """Take in what came of a request that was due; return it as it is to be committed.

        ``None``: its host asks to wait, and it waits in the job, whatever it has cost so far.
        """
        visit, url = outcome.visit, outcome.lease.request.url
        if visit.says_nothing_of_host:
            self.pace.dropped(url)
        else:
            self._finished(url, visit)
        if visit.retry_after <= 0:
            return self._without_traps(outcome)
        host = urlsplit(url).hostname or ""
        if host in self.pace.stalled():
            return replace(outcome, visit=replace(visit, error=self._why_stalled(url)))
        self.job.put_back([outcome.lease], not_before=time.time() + visit.retry_after)
        return None

    def _finished(self, url: str, visit: Visit) -> None:
        """Tell the pace what came of a request; note in the job where its host is left alone for it."""
        paused = self.pace.finished(
            url, status=visit.status, elapsed=visit.elapsed, retry_after=visit.retry_after
        )
        if paused:
            self.job.event("paused", paused)

    def _without_traps(self, outcome: Outcome) -> Outcome:
        """Leave out the links of a page that lead into a trap; say which."""
        visit = outcome.visit
        trapped = {
            request.url: why
            for request in visit.requests
            if (why := self.traps.why_trapped(request.url, request.depth))
        }
        if not trapped:
            return outcome
        kept = tuple(request for request in visit.requests if request.url not in trapped)
        avoided = (*visit.avoided, *((url, f"trap: {why}") for url, why in trapped.items()))
        return replace(outcome, visit=replace(visit, requests=kept, avoided=avoided))

    def sitemaps(self, url: str) -> list[str]:
        """Return the sitemaps that the robots.txt for `url` names, which is fetched where it was not."""
        if self._robots is None:
            return []
        if address := self._robots.needs(url):
            self._begin_to_ask(address)
            wait(self._fetching)
            self._learn()
        return self._robots.sitemaps(url)

    def close(self) -> None:
        """Let go of the thread that gets robots.txt."""
        self._pool.shutdown(wait=False, cancel_futures=True)
