from __future__ import annotations

import io
import threading
import time

from rich.console import Console

from scraper import FormLogin, LoginError, Spider, fill
from scraper.crawl import Crawl
from scraper.item import Reject
from scraper.progress import Progress, describe
from scraper.report import summary
from scraper.request import Request
from scraper.visit import Outcome, Visit


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def running(job, *accounts: str) -> Crawl:
    logins = [FormLogin("/login", fill(username=name, password="h0rse-battery")) for name in accounts]
    spider = type("Shop", (Spider,), {"start_urls": ("http://127.0.0.1/",), "accounts": logins})()
    crawl = Crawl(spider, job, None, lambda crawl: None, threading.Event())
    crawl.tally.pages, crawl.tally.items, crawl.tally.failed = 1200, 1100, 1
    crawl.tally.fetched = 1201
    return crawl


def test_elsewhere_than_on_a_terminal_a_plain_line_comes_every_ten_seconds(job):
    out, clock = io.StringIO(), Clock()
    with Progress(Console(file=out, width=200), clock=clock) as progress:
        for clock.now in (0.0, 5.0, 9.9, 10.0, 11.0):
            progress(running(job))
    [line] = out.getvalue().splitlines()
    assert line.startswith("shop: 1,200 pages (")
    assert ", 1 failed, 1,100 items, 0 queued, " in line


def test_on_a_terminal_one_line_is_kept_up_to_date_and_taken_away(job):
    out, clock = io.StringIO(), Clock()
    with Progress(Console(file=out, width=200, force_terminal=True), clock=clock) as progress:
        for clock.now in (0.0, 1.0):
            progress(running(job))
        assert "shop: 1,200 pages" in out.getvalue()
    assert out.getvalue().rpartition("shop: ")[2].endswith("\x1b[2K"), "the line is erased at the end"


def test_sign_ins_and_a_stop_are_said_once_even_when_quiet(job):
    out, clock, crawl = io.StringIO(), Clock(), running(job)
    with Progress(Console(file=out, width=200), is_quiet=True, clock=clock) as progress:
        [watch] = crawl.accounts
        watch.sign_ins = 1
        progress(crawl)
        watch.sign_ins = 2
        crawl.stop.set()
        for clock.now in (20.0, 40.0):
            progress(crawl)
    assert out.getvalue().splitlines() == [
        "Signed in as a member.",
        "Signed in again as a member.",
        "Stopping after 0 pages under way; Ctrl-C again stops at once.",
    ]


def test_the_summary_says_how_it_went_and_where_the_data_is(job):
    job.add([Request("http://127.0.0.1/a"), Request("http://127.0.0.1/b"), Request("http://127.0.0.1/c")])
    good, bad = job.lease(2)
    reject = Reject(0, "Book", "price", "nothing matches")
    job.commit(
        [
            Outcome(good, Visit(ok=True, items=(("Book", "{}"),), rejects=(reject,), attempts=3)),
            Outcome(bad, Visit(ok=False, error="answered 404")),
        ]
    )
    job.event("signed_in", "ada")
    job.note("state", "finished")
    assert [line.plain for line in summary(job, seconds=6.25, exported=["books.csv (1 items)"])] == [
        "test: finished after 6.2 s",
        "  pages     1, 1 failed, 1 still queued",
        "  items     1, 1 rejected",
        "  sign-ins  1 as ada",
        "  retries   2",
        "  data      books.csv (1 items)",
        f"  job       {job.path}",
        "  problem   answered 404 (1 times, the first on http://127.0.0.1/b)",
        "  problem   Book.price: nothing matches (1 times, the first on http://127.0.0.1/a)",
    ]


def test_the_line_names_errors_by_kind_the_session_s_age_paused_hosts_and_what_is_left(job):
    crawl = running(job)
    job.add([Request(f"http://127.0.0.1/{n}") for n in range(1200)])
    crawl.tally.errors.update({"404": 3, "access_denied": 1})
    crawl.spider.login = FormLogin("/login", fill(username="ada", password="h0rse-battery"))
    [watch] = crawl.accounts
    crawl.spider.session.account, watch.signed_in_at = "ada", time.time() - 600
    crawl.started = time.monotonic() - 60
    crawl.gate.pace.started("http://127.0.0.1/")
    crawl.gate.pace.finished("http://127.0.0.1/", status=503, elapsed=0.1, retry_after=120)
    line = describe(crawl)
    for words in (
        "1 failed (3 404, 1 access_denied)",
        "1,200 queued",
        "about 60 s left",
        "signed in as ada for 10 min",
        "127.0.0.1 paused for 2 min: it answered 503 and asks to wait 120 seconds",
    ):
        assert words in line


def test_of_several_accounts_the_line_names_a_few_or_counts_them(job):
    crawl = running(job, "ada", "bob", "eve")
    for watch, age in zip(crawl.accounts, (600, 30, 90), strict=True):
        watch.spider.session.account, watch.signed_in_at = watch.account, time.time() - age
    assert "; signed in as ada for 10 min, bob for 30 s, eve for 2 min" in describe(crawl)
    [_, bob, _] = crawl.accounts
    bob.failure = LoginError("locked")
    assert "; signed in as ada for 10 min, eve for 2 min" in describe(crawl)
    crawl = running(job, *"abcde")
    for watch in crawl.accounts:
        watch.spider.session.account, watch.signed_in_at = watch.account, time.time()
    assert "; signed in as 5 accounts" in describe(crawl)


def test_each_account_s_sign_ins_are_said_and_summed_up(job):
    out, crawl = io.StringIO(), running(job, "ada", "bob")
    ada, bob = crawl.accounts
    with Progress(Console(file=out, width=200), is_quiet=True, clock=Clock()) as progress:
        for watch in (ada, bob, bob):
            watch.spider.session.account = watch.account
            watch.sign_ins += 1
            job.event("signed_in", watch.account)
            progress(crawl)
    assert out.getvalue().splitlines() == [
        "Signed in as ada.",
        "Signed in as bob.",
        "Signed in again as bob.",
    ]
    [line] = [line.plain for line in summary(job, seconds=1, exported=()) if "sign-ins" in line.plain]
    assert line == "  sign-ins  1 as ada, 2 as bob"
