"""`Pace`: when the next request to a host may go."""

from __future__ import annotations

import math
import random
import time
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass

from scraper.request import http_host, is_loopback

JITTER = 0.5
NEAR = 5.0
"""Seconds: a moment that is nearer is taken for its request, which may be held in memory until then."""

SPREAD = 60.0
"""Seconds over which requests to one host that have to wait longer come back, one after the other."""

MAX_PAUSE = 3600.0
MOST_FAILURES = 8
"""After so many failures in a row a host is left alone for a while."""

MOST_RESTS = 5
"""After being left alone so often in vain, a quarter of an hour in all, a host has stalled."""

FIRST_REST = 30.0
"""Seconds for which a failing host is left alone at first; later twice as long each time."""

STEP, SLOWEST = 0.5, 60.0
"""Seconds by which a delay grows at the least, and up to which."""

RECOVERY = 0.8
"""What is left of the part of a delay that was added, after each good answer."""

TOO_MANY, UNAVAILABLE = 429, 503
BAD, SERVER_ERROR = 400, 500


class Pace:
    """Decides when a request may go to its host: a name, whatever the scheme and the port.

    Each account (`who`) keeps to its own moments at a host. What the host says holds for them all: that it is
    slow, that it asks to wait or fails, its Crawl-delay, and how many requests may be under way.

    `delay` is the seconds between two requests to one host, plus or minus half; a host may ask for more
    (`keep`). `per_host` is how many requests to one host may be under way at once. With `throttle` the delay
    of a host doubles (by half a second at least, up to a minute) when it answers 429 or 503 or not at all;
    and, up to the time that an answer takes, when answers take twice as long as usual there and half a
    second longer. The answers to what was sent before count once. Every good answer takes away a fifth of
    what was added. On this machine there is no delay but what a 429, a 503 or `keep` brings about.

    ``Retry-After`` with 429 and 503 pauses the host. After 8 failures in a row (429, 5xx, no answer) it is
    left alone for 30 seconds, then asked once; if that fails too, for twice as long. A host that asks for
    more than `max_pause` seconds, or fails after 5 such rests, has stalled: its requests are to be given up.

    The loop asks, holds in memory what is near, and puts the rest back into the frontier::

        now = pace.clock()
        for lease in leases:
            moment = pace.when(lease.request.url)
            if moment == math.inf:
                give_up(lease, pace.stalled())
            elif moment > now + NEAR:
                put_back(lease, not_before=moment)          # nothing is taken; ask again then
            else:
                held.append((moment, lease))                # the moment is taken
        for lease in due(held, now):
            if pace.started(lease.request.url):
                submit(lease)
            else:
                leases.append(lease)                        # paused or full since: ask again, next turn
        for visit in finished:
            pace.finished(visit.url, status=503, elapsed=0.1, retry_after=120.0)

    A moment that is taken and not used lapses; nothing has to be given back. `clock` tells seconds.
    """

    def __init__(
        self,
        delay: float,
        clock: Callable[[], float] = time.monotonic,
        *,
        per_host: int | None = None,
        throttle: bool = True,
        max_pause: float = MAX_PAUSE,
    ) -> None:
        self.delay, self.clock = delay, clock
        self.per_host, self.throttle, self.max_pause = per_host, throttle, max_pause
        self._hosts: dict[str, _Host] = {}

    def keep(self, url: str, seconds: float) -> None:
        """Keep `seconds` at the least between two requests to the host of `url`: its Crawl-delay."""
        host = self._host(url)
        host.least = max(host.least, seconds)

    def when(self, url: str, who: str | None = None) -> float:
        """Return the moment at which a request to `url` may go: now or earlier, later, or ``inf``: never.

        One up to `NEAR` seconds ahead is taken for this request. One further ahead is when to ask again.
        """
        host, now = self._host(url), self.clock()
        if host.stalled:
            return math.inf
        moment, lane = host.opens(now, who), host.lanes[who]
        return host.take(moment, lane) if moment <= now + NEAR else host.put_off(moment, lane)

    def started(self, url: str) -> bool:
        """Count a request whose moment has come as under way; ``False`` where it may not go after all."""
        host = self._host(url)
        may_go = not host.stalled and host.closed_until <= self.clock() and not host.is_full
        host.in_flight += may_go
        return may_go

    def dropped(self, url: str) -> None:
        """Count a request as over that says nothing of its host: it was never sent, or stopped from here."""
        self._host(url).leave()

    def finished(
        self, url: str, *, status: int | None, elapsed: float, retry_after: float | None = None
    ) -> str | None:
        """Take in what came of a request that was `started`.

        `status` is ``None`` where the network failed or the time was up; `elapsed` and `retry_after` are
        seconds. A `retry_after` that is missing or makes no sense, 0 or less, only slows down. Returns, where
        the host is left alone from now on, for how long and why, in words.
        """
        host, now = self._host(url), self.clock()
        was_paused, was_outdated = host.paused_until > now, host.outdated > 0
        was_open = not (was_paused or host.stalled)
        host.leave()
        host.measure(status, elapsed)
        if self.throttle and not was_outdated:
            host.adapt(status, now)
        if status in (TOO_MANY, UNAVAILABLE) and retry_after is not None and retry_after > 0:
            self._heed(host, status, retry_after)
        if not (_has_failed(status) and was_paused):
            host.count(status, now)
        return host.said_of_pause(now) if was_open else None

    def paused(self) -> dict[str, tuple[float, str]]:
        """Return the hosts that are left alone now: until when, and why."""
        now, hosts = self.clock(), self._hosts.items()
        return {
            name: (host.paused_until, host.why)
            for name, host in hosts
            if host.paused_until > now and not host.stalled
        }

    def stalled(self) -> dict[str, str]:
        """Return the hosts to which nothing goes any more, each with a sentence that says why."""
        return {name: host.stalled for name, host in self._hosts.items() if host.stalled}

    def _heed(self, host: _Host, status: int, seconds: float) -> None:
        """Wait as long as the host asks, or give it up."""
        if seconds > self.max_pause:
            host.stalled = (
                f"{host.name} answered {status} and asks to wait {seconds:,.0f} seconds; "
                f"a crawl waits {self.max_pause:,.0f} at most."
            )
        else:
            host.pause(self.clock() + seconds, f"answered {status} and asks to wait {seconds:,.0f} seconds")

    def _host(self, url: str) -> _Host:
        name = http_host(url) or ""
        host = self._hosts.get(name)
        if host is None:
            host = self._hosts[name] = _Host(name, self.delay, self.per_host, is_here=is_loopback(url))
        return host


@dataclass
class _Lane:
    """The moments of one account at a host."""

    free: float = -math.inf
    turn: float = -math.inf
    called: float = -math.inf


class _Host:
    """What is known of one host. Moments are on the clock of the pace, times are seconds."""

    def __init__(self, name: str, delay: float, limit: int | None, *, is_here: bool) -> None:
        self.name, self.limit, self.is_here = name, limit, is_here
        self.usual_delay = self.delay = 0.0 if is_here else max(0.0, delay)
        self.least = self.latency = self.usual_latency = 0.0
        self.lanes: defaultdict[str | None, _Lane] = defaultdict(_Lane)
        self.free = self.slowed_until = self.paused_until = -math.inf
        self.why = self.stalled = ""
        self.in_flight = self.outdated = self.failures = self.rests = 0

    # Moments

    @property
    def is_full(self) -> bool:
        """Whether as many requests are under way as may be: one to a host that has failed."""
        limit = 1 if self.rests else self.limit
        return limit is not None and self.in_flight >= limit

    @property
    def closed_until(self) -> float:
        """The moment before which nothing goes, also what has a moment already."""
        return max(self.paused_until, self.slowed_until)

    def opens(self, now: float, who: str | None) -> float:
        """Return the first moment that is not taken."""
        moment = max(now, self.free, self.lanes[who].free, self.closed_until)
        if self.is_full:
            wait = 2 * NEAR if self.rests else self._turnover or STEP
            return max(moment, now + wait)
        return moment

    def take(self, moment: float, lane: _Lane) -> float:
        """Take a moment: the next one is a delay later."""
        lane.free = moment + self._gap(random.uniform(1 - JITTER, 1 + JITTER))  # noqa: S311
        if common := max(self.least, self._turnover):
            self.free = moment + common
        return moment

    def put_off(self, moment: float, lane: _Lane) -> float:
        """Return when to ask again for what may not go before `moment`: one then, the others by and by."""
        if lane.called < moment:
            lane.called = lane.turn = moment
            return moment
        lane.turn = min(lane.turn + self._gap(1 - JITTER), moment + SPREAD)
        return lane.turn

    def _gap(self, jitter: float) -> float:
        """Return the seconds until the next request of one account."""
        return max(self.delay * jitter, self.least, self._turnover)

    @property
    def _turnover(self) -> float:
        """Half the time until one of so many that may be under way comes back and makes room for the next.

        Half, so that someone is there when an answer is early; who comes in vain asks again.
        """
        return self.latency / self.limit / 2 if self.limit else 0.0

    # What answers say

    def leave(self) -> None:
        """Count a request as over."""
        self.in_flight, self.outdated = max(0, self.in_flight - 1), max(0, self.outdated - 1)

    def measure(self, status: int | None, elapsed: float) -> None:
        """Take in how long an answer took: what is usual follows slowly upwards."""
        if status is None or status >= BAD:
            return
        self.usual_latency = self.usual_latency or elapsed
        self.latency = self.latency or elapsed
        self.latency += (elapsed - self.latency) / 8
        self.usual_latency += (elapsed - self.usual_latency) / (8 if elapsed < self.usual_latency else 64)

    def adapt(self, status: int | None, now: float) -> None:
        """Slow down or recover, as the answer to something sent at the present delay says."""
        is_good = status is not None and status < BAD
        if status in (TOO_MANY, UNAVAILABLE) or (status is None and not self.is_here):
            self._slow_down(now, SLOWEST)
        elif is_good and not self._is_laboured:
            self._recover()
        elif is_good and self.delay < self.latency:
            self._slow_down(now, self.latency)

    @property
    def _is_laboured(self) -> bool:
        """Whether answers take clearly longer than is usual."""
        is_longer = self.latency > max(2 * self.usual_latency, self.usual_latency + STEP)
        return is_longer and not self.is_here

    def _slow_down(self, now: float, most: float) -> None:
        self.delay = max(self.usual_delay, min(max(2 * self.delay, self.delay + STEP), most))
        self.slowed_until = now + self.delay
        self.outdated = self.in_flight

    def _recover(self) -> None:
        added = (self.delay - self.usual_delay) * RECOVERY
        self.delay = self.usual_delay + (added if added > STEP / 10 else 0.0)

    def pause(self, until: float, why: str) -> None:
        """Let nothing go before a moment."""
        if until > self.paused_until:
            self.paused_until, self.why = until, why

    def said_of_pause(self, now: float) -> str | None:
        """Say for how long nothing goes, and why; ``None`` where something may."""
        if self.stalled:
            return f"{self.name} for good: it {self.stalled.removeprefix(self.name).strip()}"
        seconds = self.paused_until - now
        return f"{self.name} for {seconds:,.0f} s: it {self.why}" if seconds > 0 else None

    def count(self, status: int | None, now: float) -> None:
        """Count failures in a row, and leave the host alone when they are too many."""
        if not _has_failed(status):
            self.failures = self.rests = 0
            return
        self.failures += 1
        if self.rests or self.failures >= MOST_FAILURES:
            self._rest(status, now)

    def _rest(self, status: int | None, now: float) -> None:
        last = "no answer" if status is None else str(status)
        why = f"failed {self.failures} times in a row, the last time with {last}"
        if self.rests == MOST_RESTS:
            self.stalled = f"{self.name} {why}."
        self.pause(now + FIRST_REST * 2**self.rests, why)
        self.rests += 1


def _has_failed(status: int | None) -> bool:
    return status is None or status == TOO_MANY or status >= SERVER_ERROR
