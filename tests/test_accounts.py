"""Several accounts of one site: each sees its own pages, and one that fails does not stop the others."""

from __future__ import annotations

import csv
import itertools
import json
import multiprocessing
import signal
import sqlite3
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import closing
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from examples.site import CRITIC, MEMBERS, READER, Member, PracticeSite
from examples.site.catalogue import CATALOGUE
from scraper import (
    ConfigError,
    FormLogin,
    InteractionRequired,
    Job,
    LoginRejected,
    Request,
    Spider,
    TokenLogin,
    crawl,
    fill,
)
from scraper.accounts import joint
from scraper.crawl import visit
from scraper.executors import Elsewhere, Workers, processes
from scraper.export import export
from spiders.bookshop import Book
from tests.commands import scraper, start
from tests.servers import Asked, Reply, serving

START, BOOKS = "/books?page=48", 60
PAGES = BOOKS + 3
"""The last three pages of the shop's list, and the books that they lead to."""

ALL = {"reader": BOOKS, "critic": BOOKS}

PRICES = {
    name: {book.upc: Decimal(member.price(book.pence)) for book in CATALOGUE.books}
    for name, member in MEMBERS.items()
}


class Shop(Spider):
    """The last pages of the shop's list, and their books."""

    item = Book
    follow = ("article.book h3 a", "li.next a")
    retry = 1


def login(member: Member, password: Any = None) -> FormLogin:
    values = fill(username=member.username, password=password or member.password)
    return FormLogin("/login", values, logged_in="a.logout")


def shop(site: PracticeSite, *logins: FormLogin, kind: type[Spider] = Shop, **attributes: Any) -> Spider:
    accounts = logins or (login(READER), login(CRITIC))
    return kind(**{"start_urls": [f"{site.url}{START}"], "accounts": accounts, **attributes})


def spawning() -> ProcessPoolExecutor:
    return ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn"))


Hire = Callable[[Spider], Workers | None]
HIRES: dict[str, Hire] = {
    "threads": lambda spider: None,
    "processes": lambda spider: processes(visit, spider, 2),
    "batches": lambda spider: Elsewhere(visit, spider, spawning, 1),
}


@pytest.fixture(params=["threads", "processes"])
def hire(request) -> Hire:
    return HIRES[request.param]


in_every_way = pytest.mark.parametrize("hire", HIRES.values(), ids=HIRES)


def rows(job: Job, query: str) -> list[tuple[Any, ...]]:
    with closing(sqlite3.connect(job.path)) as db:
        return db.execute(query).fetchall()


def prices(job: Job) -> dict[str, dict[str, Decimal]]:
    """Return the price of each book by the account that saw it; no account saw one twice."""
    found: dict[str, dict[str, Decimal]] = {}
    for account, data in rows(job, "SELECT account, data FROM items JOIN requests ON id = request"):
        book = json.loads(data)
        seen = found.setdefault(account, {})
        assert book["upc"] not in seen
        seen[book["upc"]] = Decimal(book["price"])
    return found


def numbers(found: dict[str, dict[str, Decimal]]) -> dict[str, int]:
    return {name: len(seen) for name, seen in found.items()}


def are_own(found: dict[str, dict[str, Decimal]]) -> bool:
    """Whether each account saw its own prices alone."""
    return all(PRICES[name][upc] == price for name, seen in found.items() for upc, price in seen.items())


@pytest.fixture
def ending_one(site) -> Iterator[PracticeSite]:
    """The practice site, which ends the sessions of the critic, and of nobody else, after twenty pages."""
    site.latency = 0.01

    def end() -> None:
        while site.counts.pages.get("critic", 0) < 20 and not site.stopping.is_set():
            time.sleep(0.002)
        site.sign_out("critic")

    thread = threading.Thread(target=end)
    thread.start()
    yield site
    site.stop()
    thread.join()


@in_every_way
def test_each_account_sees_its_own_prices_and_both_see_all(site, job, hire, tmp_path):
    spider = shop(site)
    crawl(spider, job, hire(spider))
    found = prices(job)
    assert numbers(found) == ALL
    assert are_own(found)
    assert (job.counts().done, job.counts().failed) == (2 * PAGES, 0)
    assert (site.counts.logins, max(site.counts.served.values())) == (2, 4), "a proof and a page for each"
    export(job.items, str(tmp_path / "books.csv"))
    with (tmp_path / "books.csv").open(newline="") as stream:
        exported = Counter((row["upc"], Decimal(row["price"])) for row in csv.DictReader(stream))
    assert exported == Counter((upc, price) for seen in found.values() for upc, price in seen.items())


@in_every_way
def test_the_end_of_one_session_concerns_that_account_alone(ending_one, job, hire):
    spider = shop(ending_one)
    crawl(spider, job, hire(spider))
    found = prices(job)
    assert numbers(found) == ALL
    assert are_own(found)
    assert ending_one.counts.logins == 2 + 1
    assert Counter(job.events("signed_in")) == {"reader": 1, "critic": 2}
    assert ending_one.counts.pages["reader"] <= PAGES + 8, "none of its pages is fetched again"
    assert all(message.startswith("critic: ") for message in job.events("signed_out"))


def test_both_sessions_may_end_again_and_again(site, job, hire):
    site.sign_out_after = 40
    spider = shop(site)
    crawl(spider, job, hire(spider))
    assert numbers(prices(job)) == ALL
    assert are_own(prices(job))
    assert site.counts.logins <= 2 * (1 + site.counts.expiries)


def test_sessions_that_change_their_cookies_stay_apart(site, job, hire):
    site.rotate_cookie, site.rotate_grace = True, 30
    spider = shop(site)
    crawl(spider, job, hire(spider))
    assert numbers(prices(job)) == ALL
    assert are_own(prices(job))
    assert site.counts.logins == 2


def test_accounts_may_share_the_pages(site, job, hire):
    spider = shop(site, share_pages=True)
    crawl(spider, job, hire(spider))
    found = prices(job)
    assert len({upc for seen in found.values() for upc in seen}) == sum(map(len, found.values())) == BOOKS
    assert are_own(found)
    assert min(map(len, found.values())) > BOOKS / 5, "both have done their part"
    assert job.counts().done == PAGES


def test_shared_pages_of_a_session_that_has_ended_go_to_anyone(ending_one, job):
    crawl(shop(ending_one, share_pages=True), job)
    found = prices(job)
    assert sum(map(len, found.values())) == BOOKS
    assert are_own(found)


class Pinned(Shop):
    """Asks for pages as one account or the other."""

    follow = ()

    def start_requests(self):
        for page, account in ((45, "critic"), (46, "reader"), (47, None)):
            yield Request(f"{self.start_urls[0].partition('?')[0]}?page={page}", account=account)

    def parse(self, response):
        yield from super().parse(response)
        if "/books?" in response.url:
            [first, second, *_] = response.css("article.book h3 a::attr(href)").getall()
            yield response.follow(first)
            yield response.follow(second, account="reader")


def test_a_request_may_name_its_account(site, job):
    crawl(shop(site, kind=Pinned), job)
    lists = rows(job, "SELECT account, url FROM requests WHERE url LIKE '%page=%' ORDER BY id")
    assert [(account, url.rpartition("=")[2]) for account, url in lists] == [
        ("critic", "45"),
        ("reader", "46"),
        ("reader", "47"),
        ("critic", "47"),
    ]
    assert numbers(prices(job)) == {"critic": 2, "reader": 5}
    assert are_own(prices(job))


def test_a_request_may_name_its_account_where_pages_are_shared(site, job):
    crawl(shop(site, kind=Pinned, share_pages=True), job)
    lists = rows(job, "SELECT account, url FROM requests WHERE url LIKE '%page=%' ORDER BY id")
    assert [(account, url[-2:]) for account, url in lists][:2] == [("critic", "45"), ("reader", "46")]
    assert (len(lists), sum(numbers(prices(job)).values())) == (3, 6)
    assert are_own(prices(job))


def test_an_account_that_there_is_not_is_a_failed_page_or_a_sentence(site, job):
    class Lost(Shop):
        def parse(self, response):
            yield response.follow("/books", account="nobody")

    crawl(shop(site, kind=Lost), job)
    [(_, error), _] = job.failures()
    assert "ConfigError: lost has no account 'nobody'; it has reader, critic." in error

    class AtOnce(Shop):
        def start_requests(self):
            yield Request(self.start_urls[0], account="nobody")

    with pytest.raises(ConfigError, match="at_once has no account 'nobody'; it has reader, critic"):
        crawl(shop(site, kind=AtOnce), job)


def test_an_only_account_may_be_named_too(site, job, login):
    class Named(Shop):
        def start_requests(self):
            yield Request(self.start_urls[0], account="reader")

        def parse(self, response):
            yield {"as": response.account}
            yield response.follow("/books?page=50", account="reader")
            yield response.follow("/books?page=1", account="critic")

    crawl(Named(start_urls=[f"{site.url}{START}"], login=login), job)
    [(_, error)] = job.failures()
    assert "named has no account 'critic'; it has reader." in error


def test_an_account_that_is_rejected_is_left_out(site, job, hire, caplog):
    spider = shop(site, login(READER), login(CRITIC, "wrong"))
    with pytest.raises(
        LoginRejected, match=r"^critic: .* The crawl went on without critic; --resume goes on"
    ):
        crawl(spider, job, hire(spider))
    assert numbers(prices(job)) == {"reader": BOOKS}
    assert are_own(prices(job))
    assert (site.counts.login_attempts, site.counts.failed_logins) == (2, 1)
    assert (job.noted("state") or "").startswith("LoginRejected: ")
    assert "The crawl goes on without critic: " in caplog.text


def passwords(*values: str) -> Callable[[], str]:
    source = itertools.chain(values, itertools.repeat(values[-1]))
    return lambda: next(source)


@pytest.mark.parametrize("share", [False, True], ids=["each", "shared"])
def test_an_account_that_is_rejected_later_keeps_its_pages(ending_one, job, share):
    once = passwords(CRITIC.password, "changed")
    with pytest.raises(LoginRejected, match=r"^critic: "):
        crawl(shop(ending_one, login(READER), login(CRITIC, once), share_pages=share), job)
    found = prices(job)
    assert are_own(found)
    assert 0 < len(found["critic"]) < BOOKS
    assert len(found["reader"]) == BOOKS - (len(found["critic"]) if share else 0)
    assert (job.queued() == 0) is share
    crawl(shop(ending_one, share_pages=share), job)
    found = prices(job)
    assert are_own(found)
    assert len(found["reader"]) + len(found["critic"]) == (BOOKS if share else 2 * BOOKS)


def test_one_that_fails_stops_the_others_if_that_is_wanted(site, job):
    with pytest.raises(LoginRejected, match=r"^critic: "):
        crawl(shop(site, login(READER), login(CRITIC, "wrong"), stop_with_account=True), job)
    assert job.counts().done == 0


def test_all_that_fail_stop_the_crawl(site, job):
    with pytest.raises(LoginRejected, match=r"^reader: .* critic: [^;]*$"):
        crawl(shop(site, login(READER, "wrong"), login(CRITIC, "bad")), job)
    assert (job.counts().done, site.counts.login_attempts) == (0, 2)


def test_where_one_needs_a_person_and_another_is_rejected_the_exit_code_is_16():
    person, rejected = InteractionRequired("a code is wanted"), LoginRejected("no")
    assert (joint({"a": person}).exit_code, joint({"a": person, "b": rejected}).exit_code) == (75, 16)
    assert str(joint({"a": person, "b": rejected}, "!")) == "a: a code is wanted b: no!"


def test_kept_sessions_are_apart(site, tmp_path):
    for _ in range(2):
        with Job.create("shop", tmp_path) as job:
            crawl(shop(site), job)
            assert are_own(prices(job))
            assert numbers(prices(job)) == ALL
            restored = Counter(job.events("restored"))
    assert (site.counts.logins, restored) == (2, {"reader": 1, "critic": 1})


def test_what_opened_sets_at_the_session_holds_for_all(site, job):
    class Marked(Shop):
        follow = ()

        def opened(self):
            self.session.headers["X-Mark"] = "1"

        def parse(self, response):
            yield {"as": self.session.account, "mark": self.session.headers["X-Mark"]}

    crawl(shop(site, kind=Marked), job)
    assert sorted(data["as"] + data["mark"] for _, data in job.items()) == ["critic1", "reader1"]


def test_accounts_have_names_of_their_own(site, job):
    twice = shop(site, login(READER), FormLogin("/login", fill(username="Reader ", password="x")))
    with pytest.raises(ConfigError, match="Two accounts of shop go by the name 'Reader '"):
        crawl(twice, job)
    with pytest.raises(ConfigError, match=r"are logins that each name one, not FormLogin\(.*'/login'"):
        crawl(shop(site, FormLogin("/login", fill(password="s3cret-of-nobody"))), job)
    with pytest.raises(ConfigError, match="shop has a login and accounts"):
        crawl(shop(site, login=login(READER)), job)


def test_a_job_is_gone_on_with_as_it_was_begun(site, tmp_path):
    with Job.create("shop", tmp_path) as job:
        crawl(shop(site, max_pages=20), job)
        with pytest.raises(ConfigError, match="was begun with share_pages=False"):
            crawl(shop(site, share_pages=True), job)
        with pytest.raises(ConfigError, match=r"wait for 'critic'\. shop has no account 'critic'"):
            crawl(Shop(start_urls=[f"{site.url}{START}"], login=login(READER)), job)
        crawl(shop(site), job)
        assert numbers(prices(job)) == ALL


def test_a_crawl_of_one_account_may_go_on_with_another_beside_it(site, job):
    crawl(Shop(start_urls=[f"{site.url}{START}"], login=login(READER), max_pages=20), job)
    crawl(shop(site), job)
    assert numbers(prices(job)) == ALL
    assert are_own(prices(job))


class Nameless(FormLogin):
    """Does not say whose session it is, as cookies of a browser."""

    account = None


def test_an_only_login_that_names_no_account_may_go_on_with_a_job(site, job):
    start = [f"{site.url}{START}"]
    crawl(Shop(start_urls=start, login=login(READER), max_pages=20), job)
    values = fill(username=READER.username, password=READER.password)
    crawl(Shop(start_urls=start, login=Nameless("/login", values, logged_in="a.logout")), job)
    assert (job.queued(), job.counts().failed) == (0, 0)


def test_tokens_of_several_accounts_go_each_with_its_own_requests(job):
    def answer(asked: Asked) -> Reply:
        who = asked.headers.get("Authorization", "").removeprefix("Bearer tok-")
        if not who:
            return Reply(404 if asked.path == "/robots.txt" else 401)
        return Reply(200, [("Content-Type", "application/json")], json.dumps({"me": who}).encode())

    class Me(Spider):
        def parse(self, response):
            yield {"me": response.json()["me"], "as": response.account}

    with serving(answer) as server:
        tokens = [TokenLogin(f"tok-{name}", account=name) for name in ("ada", "bob")]
        crawl(Me(start_urls=[server.url("/me")], accounts=tokens), job)
    assert sorted((data["me"], data["as"]) for _, data in job.items()) == [("ada", "ada"), ("bob", "bob")]


# The command line

SPIDER = """
import os

from scraper import FormLogin, env, fill
from spiders.bookshop import Book
from scraper import Spider


def login(name, variable):
    return FormLogin("/login", fill(username=name, password=env(variable)), logged_in="a.logout")


class Two(Spider):
    start_urls = os.environ.get("SHOP_URL", "http://127.0.0.1") + "/books?page=48"
    accounts = [login("reader", "SHOP_READER"), login("critic", "SHOP_CRITIC")]
    item = Book
    follow = ("article.book h3 a", "li.next a")
    retry = 1
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "two.py").write_text(SPIDER)
    return tmp_path


def variables(site: PracticeSite, critic: str = CRITIC.password) -> dict[str, str]:
    return {"SHOP_URL": site.url, "SHOP_READER": READER.password, "SHOP_CRITIC": critic}


def the_job(folder: Path) -> Job:
    [path] = (folder / ".scraper" / "jobs" / "two").glob("*.sqlite")
    return Job(path)


def texts(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in folder.rglob("*") if path.is_file())


def test_a_wrong_password_is_submitted_once_and_the_rest_is_exported(folder, site):
    wrong = "h0rse-battery-of-nobody"
    done = scraper("run", "two.py", "-o", "b.json", cwd=folder, **variables(site, wrong))
    assert done.returncode == 16, done.stderr
    assert "critic: " in done.stderr
    assert "1 as reader" in done.stderr
    assert len(json.loads((folder / "b.json").read_text())) == BOOKS
    again = scraper("run", "two.py", "--resume", "-o", "b.json", cwd=folder, **variables(site, wrong))
    assert again.returncode == 16, again.stderr
    assert (site.counts.login_attempts, site.counts.pages["reader"]) == (2, site.counts.pages["reader"])
    mended = scraper("run", "two.py", "--resume", "-o", "b.json", cwd=folder, **variables(site))
    assert mended.returncode == 0, mended.stderr
    assert len(json.loads((folder / "b.json").read_text())) == 2 * BOOKS
    with the_job(folder) as job:
        assert are_own(prices(job))
    said = (done.stderr + again.stderr + mended.stderr).encode() + texts(folder)
    assert not [secret for secret in (wrong, READER.password, CRITIC.password) if secret.encode() in said]


@pytest.mark.parametrize(
    ("workers", "options"),
    [([], []), (["--processes", "2"], []), ([], ["-s", "share_pages=true"])],
    ids=["threads", "processes", "shared"],
)
def test_a_crawl_that_is_killed_goes_on_as_both(folder, site, workers, options):
    site.latency = 0.01
    for kill in range(3):
        seen, resume = site.counts.requests, ["--resume"] if kill else []
        with start("run", "two.py", *workers, *options, *resume, cwd=folder, **variables(site)) as run:
            while site.counts.requests < seen + 20 and run.poll() is None:
                time.sleep(0.002)
            run.send_signal(signal.SIGKILL)
            run.communicate()
    done = scraper("run", "two.py", "--resume", *workers, *options, cwd=folder, **variables(site))
    assert done.returncode == 0, done.stderr
    with the_job(folder) as job:
        found = prices(job)
        assert sum(map(len, found.values())) == (BOOKS if options else 2 * BOOKS)
        assert are_own(found)
    assert site.counts.logins == 2


def test_login_and_logout_take_all_accounts_or_one(folder, site):
    def told(*arguments: str, code: int = 0, **changes: str) -> str:
        done = scraper(*arguments[:1], "two.py", *arguments[1:], cwd=folder, **{**variables(site), **changes})
        assert done.returncode == code, done.stderr
        return done.stderr

    assert told("login", "--account", "critic").splitlines() == [f"Signed in to {site.url} as critic."]
    said = told("login", "--check", code=16)
    assert f"The kept session is signed in to {site.url} as critic." in said
    assert "reader: No session that is kept for two is alive" in said
    assert "Account reader:" in told("login", "--explain")
    assert site.counts.logins == 2
    assert "as reader." in told("login", "--check")
    assert told("logout", "--account", "reader").splitlines() == ["reader: The kept session is forgotten."]
    assert told("logout").splitlines() == [
        "reader: No session was kept.",
        "critic: The kept session is forgotten.",
    ]
    said = told("login", code=16, SHOP_READER="wrong")
    assert "Signed in to" in said
    assert "Error: reader: " in said
    assert "has no account 'nobody'; it has reader, critic." in told("login", "--account", "nobody", code=2)
    assert "as reader." in told("login", "--account", "reader", "--forget")
