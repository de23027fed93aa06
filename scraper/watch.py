"""`Watch`: whether the session of a crawl is alive, and which pages count if it is not."""

from __future__ import annotations

import logging
import re
import time
from collections import Counter, deque
from collections.abc import Iterable
from dataclasses import replace
from urllib.parse import urlsplit

from scraper.errors import LoginError
from scraper.job import Job
from scraper.spider import Spider
from scraper.visit import Lease, Outcome, Visit, kind_of

log = logging.getLogger(__name__)

FORBIDDEN = 403
ACCESS_DENIED = "access_denied: closed to this account, though it is signed in"

DOUBTFUL_PAGES = 25
"""After so many pages in a row that do not show whether the session is alive, the site is asked."""

SUSPICIOUS = 2
"""A page under way so often when sessions died is fetched alone, and convicted if it kills so many."""


LAST = 100
"""Pages over which the rate of errors is taken."""


class Tally:
    """What a crawl counts as it goes, on from what its job holds already."""

    def __init__(self, job: Job) -> None:
        self.recount(job)

    def recount(self, job: Job) -> None:
        """Count anew what the job holds."""
        counts = job.counts()
        self.pages, self.failed, self.items = counts.done, counts.failed, counts.items
        self.rejects, self.retries = counts.rejects, counts.retries
        self.pages_without_item, self.fetched = 0, 0
        self.errors: Counter[str] = Counter()
        self._last: deque[bool] = deque(maxlen=LAST)

    @property
    def error_rate(self) -> float:
        """The share of the last pages that failed; 0 as long as there were too few to say."""
        return 1 - sum(self._last) / LAST if len(self._last) == LAST else 0.0

    @property
    def settled(self) -> int:
        """Pages that were fetched for good, or failed."""
        return self.pages + self.failed

    def count(self, outcomes: Iterable[Outcome]) -> None:
        """Count outcomes that were committed."""
        for outcome in outcomes:
            visit = outcome.visit
            self.pages += visit.ok
            self.failed += not visit.ok
            self.fetched += 1
            self._last.append(visit.ok)
            is_fruitful = visit.items or visit.file
            self.pages_without_item = 0 if is_fruitful else self.pages_without_item + 1
            self.items += len(visit.items)
            self.rejects += len({reject.n for reject in visit.rejects})
            self.retries += visit.attempts - 1
            if visit.error:
                self.errors[kind_of(visit.status, visit.error)] += 1
                log.info("%s: %s", outcome.lease.request.url, visit.error)


class Watch:
    """Knows until when the session was alive, which pages came after that, and which may have ended it.

    `account` is whose session it is, of several; `failure` is what keeps that from signing in.
    """

    def __init__(self, spider: Spider, job: Job, account: str | None = None) -> None:
        self.spider, self.job, self.account = spider, job, account
        self.failure: LoginError | None = None
        self.sign_ins = self.restored = self._in_vain = self._most_settled = 0
        self.signed_in_at: float | None = None
        self.unproven: list[Outcome] = []
        self._alive_at = 0.0
        self._signed_out_before: set[int] = set()
        self._late: set[int] = set()
        self._at_deaths: Counter[int] = Counter()
        self._killed: Counter[int] = Counter()

    def sign_in(self) -> None:
        """Sign in, or go on with the session that was kept. Raises `LoginError`, also if it is too often."""
        session = self.spider.session
        if self.sign_ins > self.spider.max_relogins:
            raise LoginError(
                f"The site has ended the session {self.sign_ins} times. Look for a page that signs out and "
                "put it into deny, or raise max_relogins."
            )
        if self._in_vain > self.spider.max_relogins:
            raise LoginError(
                f"The tokens were renewed {self._in_vain} times in a row, and no further page came of it. "
                "See what the site answers with login --explain."
            )
        self._sign_in()
        self._count_in_vain(is_renewed=session.is_renewed)

    def _count_in_vain(self, *, is_renewed: bool) -> None:
        """Count renewals since which no more pages are settled than ever before."""
        settled = self.job.settled(self.account)
        self._in_vain = self._in_vain + 1 if is_renewed and settled <= self._most_settled else 0
        self._most_settled = max(settled, self._most_settled)

    def renew_in_time(self) -> None:
        """Renew what the login was granted before it ends; what is under way may go on with the old."""
        if self.spider.session.is_about_to_end:
            self._sign_in()

    def _sign_in(self) -> None:
        session = self.spider.session
        self._alive_at = time.time()
        session.sign_in(after=session.epoch)
        self.signed_in_at = time.time()
        self.restored += session.is_restored
        self.sign_ins += not (session.is_restored or session.is_renewed)
        how = "restored" if session.is_restored else "renewed" if session.is_renewed else "signed_in"
        self.job.event(how, session.account or "")

    def go_on(self) -> None:
        """Take up a job that was begun before: what nothing proved by then is fetched again."""
        session = self.spider.session
        session.epoch = max(session.epoch, self.job.last_epoch(self.account))
        if self.can_ask:
            self.job.doubt(self.job.last_alive(self.account), account=self.account)

    def be_signed_in(self) -> None:
        """Sign in if the session has ended."""
        if not self.spider.session.is_signed_in():
            self.sign_in()

    def note(self, outcomes: list[Outcome]) -> None:
        """Remember until when the session is known to be alive, and which pages came after that."""
        if not self.can_ask:
            return
        epoch = self.spider.session.epoch
        current = [outcome for outcome in outcomes if outcome.visit.epoch == epoch]
        alive = [outcome.lease.at for outcome in current if outcome.visit.auth == "signed_in"]
        self._alive_at = max([self._alive_at, *alive])
        self.unproven += [outcome for outcome in current if outcome.visit.auth == "unknown"]
        self.unproven = [outcome for outcome in self.unproven if outcome.at > self._alive_at]

    @property
    def can_ask(self) -> bool:
        """Whether the site can be asked if the session is alive."""
        return self.spider.login is not None and self.spider.login.verify

    @property
    def is_doubtful(self) -> bool:
        """Whether to ask the site if the session is alive, before more pages are read in vain."""
        refused = any(outcome.visit.status == FORBIDDEN for outcome in self.unproven)
        return refused or len(self.unproven) >= DOUBTFUL_PAGES

    def is_late(self, outcome: Outcome) -> bool:
        """Whether a page was refused that went out before the session was renewed: once it is sent again."""
        visit, id = outcome.visit, outcome.lease.id
        is_refused = visit.auth == "unknown" and visit.status == FORBIDDEN and self.can_ask
        if not is_refused or visit.epoch >= self.spider.session.epoch or id in self._late:
            return False
        self._late.add(id)
        return True

    def closed(self, signed_out: list[Outcome]) -> list[Outcome] | None:
        """Return which of these pages are closed to the account; ``None`` where the session has ended.

        A page that is signed out twice is closed; the first time, another request may have got in its way.
        """
        before = self._signed_out_before
        if self.can_ask and not self._is_alive():
            return None
        twice = [outcome for outcome in signed_out if outcome.lease.id in before]
        before.update(outcome.lease.id for outcome in signed_out)
        return twice

    def _is_alive(self) -> bool:
        """Ask the site if the session is alive; if so, it was with every page that has come in."""
        asked_at = time.time()
        if not self.spider.session.is_signed_in():
            return False
        self._alive_at, self.unproven = asked_at, []
        self.job.event("alive", self.spider.session.account or "")
        return True

    def take_back(self, signed_out: list[Outcome], tally: Tally) -> None:
        """Put everything that the ended session spoilt back into the frontier."""
        whose = f"{self.account}: " if self.account else ""
        self.job.event("signed_out", f"{whose}{len(signed_out)} pages answered as to a stranger")
        self._at_deaths.update({outcome.lease.id for outcome in (*signed_out, *self.unproven)})
        self.job.put_back(outcome.lease for outcome in signed_out)
        if self.unproven and self.job.doubt(self._alive_at, self.spider.session.epoch, self.account):
            tally.recount(self.job)
        self.unproven = []

    # Which page ends the session

    def is_suspect(self, lease: Lease) -> bool:
        """Whether a page was under way each time when sessions died, so that it has to be fetched alone."""
        return self.can_ask and self._at_deaths[lease.id] >= SUSPICIOUS

    def acquits(self, outcome: Outcome) -> bool:
        """Whether the session outlived a page that was fetched alone, or the page showed a member."""
        is_alive = outcome.visit.auth == "signed_in" or self._is_alive()
        if is_alive:
            self._at_deaths.pop(outcome.lease.id, None)
        return is_alive

    def is_convicted(self, outcome: Outcome) -> bool:
        """Whether the session died with this page alone, not for the first time."""
        self._killed[outcome.lease.id] += 1
        return self._killed[outcome.lease.id] >= SUSPICIOUS


def denied(outcome: Outcome) -> Outcome:
    """Return what becomes of a page that stays closed though the session is signed in."""
    return replace(outcome, visit=replace(outcome.visit, ok=False, error=ACCESS_DENIED))


def convicted(outcome: Outcome) -> Outcome:
    """Return what becomes of a page that ends the session: it failed, and what would avoid it is said."""
    path = re.escape(urlsplit(outcome.lease.request.url).path)
    error = f"signs_out: fetching it ends the session each time; avoid it with deny = [r'{path}']"
    return Outcome(outcome.lease, Visit(ok=False, status=outcome.visit.status, auth="anonymous", error=error))
