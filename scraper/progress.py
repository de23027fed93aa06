"""What a person sees while a crawl runs: one live line on a terminal, a plain line now and then elsewhere."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Mapping
from types import TracebackType
from typing import TYPE_CHECKING, Self

from rich.console import Console
from rich.live import Live
from rich.spinner import Spinner

if TYPE_CHECKING:
    from scraper.crawl import Crawl
    from scraper.watch import Watch

LIVE_SECONDS = 0.1
MINUTE, HOUR = 60.0, 3600.0
KINDS = 3
"""So many kinds of error are named."""

NAMES = 3
"""So many accounts are named."""

PLAIN_SECONDS = 10.0


class Progress:
    """Shows a crawl on `console`; call it whenever the crawl has moved. A context manager.

    If it `is_quiet`, only what is worth a line of its own is said.
    """

    def __init__(
        self, console: Console, *, is_quiet: bool = False, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.console, self.is_quiet, self.clock = console, is_quiet, clock
        self.has_begun = False
        self._spinner = Spinner("dots")
        self._live = Live(self._spinner, console=console, transient=True, auto_refresh=False)
        self._every = LIVE_SECONDS if console.is_terminal else PLAIN_SECONDS
        self._next = 0.0
        self._sign_ins: Counter[str | None] = Counter()
        self._said_stop = False

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._live.stop()

    def __call__(self, crawl: Crawl) -> None:
        """Show how `crawl` stands."""
        self._tell(crawl)
        if not self.has_begun:
            self.has_begun, self._next = True, self.clock() + self._every
        elif not self.is_quiet and self.clock() >= self._next:
            self._next = self.clock() + self._every
            self._show(crawl)

    def _tell(self, crawl: Crawl) -> None:
        """Say what is worth a line of its own: a sign-in, a stop."""
        for watch in crawl.accounts:
            self._tell_sign_in(watch)
        if crawl.stop.is_set() and not self._said_stop:
            self._said_stop = True
            self._say(f"Stopping after {crawl.in_flight} pages under way; Ctrl-C again stops at once.")

    def _tell_sign_in(self, watch: Watch) -> None:
        session, sign_ins = watch.spider.session, watch.sign_ins + watch.restored
        if sign_ins > self._sign_ins[watch.account]:
            again = " again" if self._sign_ins[watch.account] else ""
            how = "Still signed in" if session.is_restored else f"Signed in{again}"
            self._sign_ins[watch.account] = sign_ins
            self._say(f"{how} as {session.account or 'a member'}.")

    def _say(self, line: str) -> None:
        self.console.print(line, markup=False, highlight=False)

    def _show(self, crawl: Crawl) -> None:
        line = describe(crawl)
        if not self.console.is_terminal:
            self._say(line)
            return
        self._spinner.update(text=line)
        if not self._live.is_started:
            self._live.start()
        self._live.refresh()


def describe(crawl: Crawl, clock: Callable[[], float] = time.monotonic) -> str:
    """Return one line on how a crawl stands: pages, what waits, who is signed in, which hosts are paused."""
    return "; ".join(filter(None, (_work(crawl, clock), _standing(crawl), _pauses(crawl, clock))))


def _work(crawl: Crawl, clock: Callable[[], float]) -> str:
    tally, queued = crawl.tally, crawl.job.queued()
    seconds = max(clock() - crawl.started, 0.001)
    speed = tally.fetched / seconds
    failed = f", {tally.failed:,} failed ({_kinds(tally.errors)})" if tally.errors else ""
    failed = failed or (f", {tally.failed:,} failed" if tally.failed else "")
    left = f", about {_span(queued / speed)} left" if queued and speed else ""
    return (
        f"{crawl.spider.name}: {tally.pages:,} pages ({speed:,.0f}/s){failed}, {tally.items:,} items, "
        f"{queued:,} queued, {seconds:,.0f} s{left}"
    )


def _kinds(errors: Mapping[str, int]) -> str:
    """Name the commonest kinds of error."""
    most = sorted(errors.items(), key=lambda entry: -entry[1])[:KINDS]
    return ", ".join(f"{times:,} {kind}" for kind, times in most)


def _standing(crawl: Crawl) -> str:
    """Say who is signed in, and for how long; of many accounts how many."""
    since = {
        watch.spider.session.account or "a member": watch.signed_in_at
        for watch in crawl.accounts.going_on
        if watch.signed_in_at is not None
    }
    if len(since) > NAMES:
        return f"signed in as {len(since):,} accounts"
    spans = (f"{name} for {_span(time.time() - at)}" for name, at in since.items())
    return f"signed in as {', '.join(spans)}" if since else ""


def _pauses(crawl: Crawl, clock: Callable[[], float]) -> str:
    paused = crawl.gate.pace.paused().items() if crawl.has_gate else ()
    return "; ".join(f"{host} paused for {_span(until - clock())}: it {why}" for host, (until, why) in paused)


def _span(seconds: float) -> str:
    """Say how long something takes, as one number that a person keeps in mind."""
    if seconds < MINUTE:
        return f"{max(seconds, 0):,.0f} s"
    return f"{seconds / MINUTE:,.0f} min" if seconds < 2 * HOUR else f"{seconds / HOUR:,.0f} h"
