from __future__ import annotations

import dataclasses
import itertools
import logging
import sqlite3
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from decimal import Decimal

import attrs
import pytest
from requests_mock import ANY, Mocker

from scraper import (
    ConfigError,
    FormLogin,
    Item,
    LoginError,
    LoginRejected,
    LoginUnavailable,
    Request,
    Response,
    Retry,
    Spider,
    crawl,
    css,
    fill,
)
from scraper.crawl import visit
from scraper.record import encode
from spiders.bookshop import Bookshop

HTML = {"Content-Type": "text/html"}
FORM = "<form method=post><input name=username><input type=password name=password></form>"


class Title(Item):
    title: str = css("h1")


class Plain(Spider):
    start_urls = ("http://127.0.0.1/",)
    obey_robots = False
    item = Title
    follow = "a"
    retry = 1


@pytest.fixture
def web(requests_mock: Mocker) -> Mocker:
    """A small web on this machine: a page with a title for every address, unless a test says otherwise."""
    requests_mock.get(ANY, text="<h1>page</h1>", headers=HTML)
    return requests_mock


def titles(job) -> list[str]:
    return [data["title"] for _, data in job.items()]


def rows(job, query: str) -> list[tuple]:
    with closing(sqlite3.connect(job.path)) as db:
        return db.execute(query).fetchall()


def test_a_whole_members_only_shop_is_crawled_with_one_sign_in(site, job, monkeypatch):
    monkeypatch.setenv("SHOP_URL", site.url)
    crawl(Bookshop(concurrency=16), job)
    assert len({data["upc"] for _, data in job.items()}) == 1000
    assert dataclasses.astuple(job.counts()) == (1050, 0, 0, 1000, 0, 0)
    assert (site.counts.logins, site.counts.books) == (1, {"reader": 1000})
    assert max(site.counts.served.values()) <= 2, "only the first page is fetched again, to prove the sign-in"
    assert job.noted("state") == "finished"


@pytest.mark.parametrize("answer", ["redirect", "form", "401", "403"])
def test_no_book_is_lost_or_false_when_the_site_keeps_signing_everyone_out(site, job, shop, answer):
    site.signed_out_answer, site.sign_out_after = answer, 30
    crawl(shop(concurrency=8), job)
    assert (job.counts().done, job.counts().failed, job.counts().rejects) == (84, 0, 0)
    assert rows(job, "SELECT DISTINCT account FROM requests WHERE state = 'done'") == [("reader",)]
    assert 2 <= site.counts.logins <= site.counts.expiries + 1
    assert site.counts.logouts == 0


@pytest.mark.parametrize("answer", ["redirect", "form", "401", "403"])
def test_with_no_indicator_declared_no_book_is_lost_or_false_either(site, job, shop, answer):
    site.signed_out_answer, site.sign_out_after = answer, 40
    shop.login = FormLogin("/login", fill(username=site.username, password=site.password))
    crawl(shop(concurrency=16), job)
    assert (job.counts().done, job.counts().failed, job.counts().rejects) == (84, 0, 0)
    assert 2 <= site.counts.logins <= site.counts.expiries + 1


@pytest.mark.parametrize("answer", ["redirect", "form", "401", "403"])
def test_a_thousand_books_with_no_indicator_through_five_expiries(site, job, shop, answer):
    site.signed_out_answer, site.sign_out_after = answer, 200
    shop.login = FormLogin("/login", fill(username=site.username, password=site.password))
    crawl(shop(concurrency=16, max_pages=None), job)
    assert len({data["upc"] for _, data in job.items()}) == len(list(job.items())) == 1000
    assert site.counts.logins == site.counts.expiries + 1 == 6


def test_sixteen_pages_that_meet_one_ended_session_cause_one_sign_in(site, job, shop):
    spider = shop(concurrency=16, max_pages=84)
    parsed = []

    def end_once(response: Response):
        parsed.append(response.url)
        if len(parsed) == 20:
            site.sign_everyone_out()
        yield from Spider.parse(spider, response)

    spider.parse = end_once
    crawl(spider, job)
    assert (site.counts.expiries, site.counts.logins, job.counts().done) == (1, 2, 84)


def test_pages_without_a_mark_are_taken_back_when_their_session_turns_out_dead(web, job):
    """The site answers strangers with plausible pages: only the page that proves the sign-in tells."""
    alive = [True]
    web.get("http://127.0.0.1/login", text=FORM, headers=HTML)

    def sign_in(request, context):
        alive[0] = True
        context.headers.update(HTML)
        return "<a class=out>"

    def page(request, context):
        context.headers.update(HTML)
        number = int(request.path.removeprefix("/p"))
        if number == 3 and request.url not in seen:
            alive[0] = False
        seen.append(request.url)
        return f"<h1>{'members' if alive[0] else 'teaser'} {number}</h1><a href=/p{number + 1}>"

    seen: list[str] = []
    web.post("http://127.0.0.1/login", text=sign_in)
    web.get("http://127.0.0.1/home", text=lambda r, c: c.headers.update(HTML) or "<a class=out>" * alive[0])
    for number in range(6):
        web.get(f"http://127.0.0.1/p{number}", text=page)
    login = FormLogin("/login", fill(username="a", password="b"), logged_in="a.out", verify_url="/home")
    crawl(Plain(start_urls=["http://127.0.0.1/p0"], login=login, max_depth=5), job)
    assert titles(job) == [f"members {number}" for number in range(6)]
    assert len(job.events("signed_in")) == 2


def test_a_page_closed_to_the_account_is_denied_without_another_sign_in(site, job, shop):
    with Mocker(real_http=True) as web:
        web.get(f"{site.url}/admin", text=FORM, headers=HTML)
        crawl(shop(start_urls=[f"{site.url}/books", f"{site.url}/admin"], follow=None), job)
    [(url, error)] = job.failures()
    assert url == f"{site.url}/admin"
    assert error.startswith("access_denied")
    assert site.counts.logins == 1


def test_without_proof_a_page_that_is_closed_twice_is_denied(site, job, shop):
    login = FormLogin("/login", fill(username=site.username, password=site.password), verify=False)
    with Mocker(real_http=True) as web:
        web.get(f"{site.url}/admin", text=FORM, headers=HTML)
        crawl(shop(login=login, start_urls=[f"{site.url}/books", f"{site.url}/admin"], follow=None), job)
    assert [url for url, _ in job.failures()] == [f"{site.url}/admin"]
    assert job.counts().done == 1


def test_a_site_that_keeps_throwing_us_out_ends_the_crawl_honestly(site, job, shop):
    site.sign_out_after = 4
    with pytest.raises(LoginError, match=r"ended the session 3 times.*max_relogins"):
        crawl(shop(max_relogins=2), job)
    assert site.counts.logins == 3
    assert job.noted("state").startswith("LoginError")
    assert job.counts().queued > 0


def test_no_page_is_fetched_after_a_failed_sign_in(site, job, shop):
    shop.login = FormLogin("/login", fill(username="reader", password="wrong"), logged_in="a.logout")
    with pytest.raises(LoginRejected):
        crawl(shop(), job)
    assert (site.counts.login_attempts, site.counts.pages, job.counts().done) == (1, {}, 0)


def test_a_site_that_goes_away_during_the_crawl_keeps_what_was_committed(site, job, shop, monkeypatch):
    for seconds in ("pace.FIRST_REST", "pace.NEAR", "gate.NEAR"):
        monkeypatch.setattr(f"scraper.{seconds}", 0.001)
    spider = shop(concurrency=1, throttle=False)
    pages = itertools.count(1)

    def parse(response: Response):
        if next(pages) == 6:
            site.sign_everyone_out()
            site.fail_next = 1000
        yield from Spider.parse(spider, response)

    spider.parse = parse
    with pytest.raises(LoginUnavailable, match="503"):
        crawl(spider, job)
    counts = job.counts()
    assert (counts.done, counts.failed + counts.queued) == (6, 16)
    assert all("stalled" in error for _, error in job.failures())


def test_transient_failures_cost_retries_and_lose_nothing(site, job, shop):
    site.fail_with = "drop"
    spider = shop(retry=Retry(attempts=4, wait=0))

    def parse(response: Response):
        if response.request.depth == 0:
            site.fail_next = 3
        yield from Spider.parse(spider, response)

    spider.parse = parse
    crawl(spider, job)
    assert (job.counts().done, job.counts().failed, site.counts.failures) == (84, 0, 3)
    assert job.counts().retries == 3


def test_the_default_parse_does_what_item_and_follow_say(web, job):
    web.get("http://127.0.0.1/", text="<h1>a</h1><a href=/b>b</a><a href=/>self</a>", headers=HTML)
    crawl(Plain(), job)
    assert titles(job) == ["a", "page"]


def test_a_callback_is_named_by_its_method_and_meta_travels_along(web, job):
    class ByHand(Plain):
        def parse(self, response):
            yield response.follow("/b", callback=self.parse_b, meta={"from": response.url})

        def parse_b(self, response):
            yield {"title": response.soup.h1.get_text(), **response.request.meta}

    crawl(ByHand(), job)
    assert list(job.items()) == [("item", {"title": "page", "from": "http://127.0.0.1/"})]


def test_an_error_in_parse_fails_the_page_and_keeps_none_of_its_items(web, job):
    class Broken(Plain):
        def parse(self, response):
            yield {"half": "an item"}
            raise ValueError("oops")

    crawl(Broken(), job)
    [(url, error)] = job.failures()
    assert url == "http://127.0.0.1/"
    assert error.startswith("ValueError: oops (test_crawl.py, line ")
    assert job.counts().items == 0


def test_a_script_that_shows_no_progress_is_told_of_failures(web, job, caplog):
    web.get("http://127.0.0.1/", status_code=404)
    with caplog.at_level(logging.WARNING):
        crawl(Plain(), job)
    assert "answered 404 (1 times, the first on http://127.0.0.1/)" in caplog.text


def test_parse_may_return_nothing_but_not_anything(web, job):
    class Odd(Plain):
        def parse(self, response):
            return [42] if response.url.endswith("/odd") else None

    crawl(Odd(start_urls=["http://127.0.0.1/", "http://127.0.0.1/odd"]), job)
    assert [error.partition(" (")[0] for _, error in job.failures()] == [
        "TypeError: parse gave 42; it may give items, mappings and requests"
    ]


def test_rows_that_give_no_item_are_rejected_with_the_reason(web, job):
    web.get("http://127.0.0.1/", text="<p>no title</p>", headers=HTML)
    crawl(Plain(), job)
    [(url, reject)] = job.rejects()
    assert (url, reject.field, reject.message) == ("http://127.0.0.1/", "title", "nothing matches css('h1')")
    assert job.counts().rejects == 1


def test_one_bad_page_is_one_failed_page(web, job):
    web.get("http://127.0.0.1/", text="<a href=/good><a href=/bad><a href=/away>", headers=HTML)
    web.get("http://127.0.0.1/bad", status_code=302, headers={"Location": "http://[bad"})
    web.get("http://127.0.0.1/away", status_code=302, headers={"Location": "http://other.test/"})
    crawl(Plain(item=None, concurrency=1), job)
    assert dict(job.failures()) == {
        "http://127.0.0.1/bad": "http://127.0.0.1/bad redirects to 'http://[bad', which is no http or https "
        "address.",
        "http://127.0.0.1/away": "redirected to http://other.test/, which the spider does not allow",
    }
    assert job.counts().done == 2


def test_where_a_page_leads_astray_is_told_without_the_secrets_of_the_address(web, job):
    web.get("http://127.0.0.1/", status_code=302, headers={"Location": "http://other.test/?token=hushhush"})
    crawl(Plain(), job)
    [(_, error)] = job.failures()
    assert error == "redirected to http://other.test/?token=***, which the spider does not allow"


def test_an_indicator_that_raises_fails_the_page_not_the_crawl(site, job, shop):
    def logged_in(response: Response) -> bool:
        if "/books/" in response.url:
            raise ValueError("no such luck")
        return "Sign out" in response.text

    login = FormLogin("/login", fill(username=site.username, password=site.password), logged_in=logged_in)
    crawl(shop(login=login, max_pages=3), job)
    assert {error.partition(" (")[0] for _, error in job.failures()} == {"ValueError: no such luck"}


def test_a_request_that_cannot_be_kept_is_an_error_of_the_spider_s_own_line(web, job):
    class Odd(Plain):
        def parse(self, response):
            yield response.follow("/b", meta={"price": Decimal(1)})

    crawl(Odd(), job)
    [(_, error)] = job.failures()
    assert "The meta of http://127.0.0.1/b cannot be kept as JSON" in error
    assert "(test_crawl.py, line " in error


@pytest.mark.parametrize("returned", [Request("http://127.0.0.1/b"), {"a": 1}, Title(title="a"), "text"])
def test_what_parse_should_have_yielded_is_said(web, job, returned):
    crawl(type("Odd", (Plain,), {"parse": lambda self, response: returned})(), job)
    [(_, error)] = job.failures()
    assert error.startswith("TypeError: parse returned")
    assert "it should yield it" in error


def test_one_start_url_or_domain_may_be_a_plain_string(web, job):
    crawl(Plain(start_urls="http://127.0.0.1/", allowed_domains="127.0.0.1"), job)
    assert titles(job) == ["page"]


def test_a_spider_that_would_never_fetch_is_refused():
    with pytest.raises(ConfigError, match="concurrency=0"):
        Plain(concurrency=0)


def test_a_crawl_that_fails_closes_its_own_job_and_says_where_it_is(site, shop, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    shop.login = FormLogin("/login", fill(username="reader", password="wrong"), logged_in="a.logout")
    with pytest.raises(LoginRejected) as caught:
        crawl(shop())
    [note] = caught.value.__notes__
    assert note.startswith("What was committed is kept in .scraper/jobs/shop/")


def test_a_stop_while_pages_wait_for_a_renewal_signs_in_no_more(site, job, shop):
    stop = threading.Event()
    spider = shop(concurrency=4)

    def parse(response: Response):
        if response.request.depth == 0:
            site.sign_everyone_out()
            stop.set()
        yield from Spider.parse(spider, response)

    spider.parse = parse
    crawl(spider, job, stop=stop)
    assert (job.noted("state"), site.counts.logins) == ("interrupted", 1)


def test_only_allowed_addresses_are_visited(web, job):
    links = "".join(
        f"<a href={url}>"
        for url in (
            "http://other.test/",
            "/logout",
            "/b",
            "http://sub.127.0.0.1/",
            "mailto:a@b",
            "ftp://127.0.0.1/",
        )
    )
    web.get("http://127.0.0.1/", text=links, headers=HTML)
    crawl(Plain(item=None, deny="logout"), job)
    assert sorted(request.url for request in web.request_history) == [
        "http://127.0.0.1/",
        "http://127.0.0.1/b",
        "http://sub.127.0.0.1/",
    ]


def test_a_spider_that_follows_every_link_stays_signed_in(site, job, shop):
    crawl(shop(item=None, follow="a", max_pages=40), job)
    assert (site.counts.logouts, site.counts.logins) == (0, 1)
    assert [url for url, _ in job.avoided()] == [f"{site.url}/logout"]


def test_a_member_is_not_led_back_to_the_login_page(site, job, shop):
    with Mocker(real_http=True) as web:
        web.get(f"{site.url}/odd", text="<a class=logout><a href=/login?next=/books>Log in</a>", headers=HTML)
        crawl(shop(start_urls=[f"{site.url}/odd"], item=None, follow="a"), job)
    assert [reason for _, reason in job.avoided()] == ["it is the login page"]
    assert job.counts().failed == 0


def test_allow_lets_a_link_be_followed_that_looks_dangerous(web, job):
    web.get(
        "http://127.0.0.1/", text="<a href=/logout>Sign out</a><a href=/delete/5>Delete</a>", headers=HTML
    )
    crawl(Plain(item=None, allow="/delete/"), job)
    assert sorted(request.path for request in web.request_history) == ["/", "/delete/5"]
    assert len(dict(job.avoided())) == 1


@pytest.mark.parametrize("way", ["element", "tag", "address"])
def test_links_that_are_followed_by_hand_are_looked_at_too(web, job, way):
    class ByHand(Plain):
        def parse(self, response):
            links = {
                "element": response.tree.iter("a"),
                "tag": response.soup.select("a"),
                "address": (link["href"] for link in response.soup.select("a")),
            }
            for link in links[way]:
                yield response.follow(link)
            yield Request("http://127.0.0.1/send", "POST", body="kept=1")

    web.post("http://127.0.0.1/send", text="sent")
    web.get("http://127.0.0.1/", text="<a href=/logout>Sign out</a><a href=/b>b</a>", headers=HTML)
    crawl(ByHand(max_depth=1), job)
    assert sorted(request.path for request in web.request_history) == ["/", "/b", "/send"]
    assert [url for url, _ in job.avoided()] == ["http://127.0.0.1/logout"]


def test_a_page_that_only_a_method_makes_dangerous_may_still_be_read(web, job):
    links = "<a href=/posts/5 data-method=delete>x</a>", "<a href=/posts/5>The post</a>"
    web.get("http://127.0.0.1/", text=f"{links[0]}<a href=/b>b</a>", headers=HTML)
    web.get("http://127.0.0.1/b", text=links[1], headers=HTML)
    crawl(Plain(item=None), job)
    assert sorted(request.path for request in web.request_history) == ["/", "/b", "/posts/5"]
    assert [url for url, _ in job.avoided()] == ["http://127.0.0.1/posts/5"]


def test_requests_made_by_hand_that_are_not_allowed_are_written_down(web, job):
    class Away(Plain):
        def parse(self, response):
            yield Request("http://other.test/")

    crawl(Away(), job)
    assert rows(job, "SELECT url FROM requests WHERE state = 'denied'") == [("http://other.test/",)]


@pytest.mark.parametrize(
    ("limit", "reason"),
    [({"max_pages": 3}, "max_pages"), ({"max_items": 3}, "max_items"), ({"max_time": 0}, "max_time")],
)
def test_a_limit_ends_the_crawl(web, job, limit, reason):
    links = "".join(f"<a href=/{n}>" for n in range(20))
    web.get("http://127.0.0.1/", text=f"<h1>a</h1>{links}", headers=HTML)
    crawl(Plain(concurrency=1, **limit), job)
    assert job.noted("state") == reason
    assert job.counts().done == (0 if reason == "max_time" else 3)


def test_links_deeper_than_max_depth_are_not_followed(web, job):
    web.get("http://127.0.0.1/", text="<h1>0</h1><a href=/1>", headers=HTML)
    web.get("http://127.0.0.1/1", text="<h1>1</h1><a href=/2>", headers=HTML)
    crawl(Plain(max_depth=1), job)
    assert titles(job) == ["0", "1"]


@pytest.mark.parametrize(("order", "expected"), [("breadth", "a b aa"), ("depth", "b a aa")])
def test_the_order_is_by_breadth_or_by_depth(web, job, order, expected):
    web.get("http://127.0.0.1/", text="<a href=/a><a href=/b>", headers=HTML)
    web.get("http://127.0.0.1/a", text="<a href=/aa>", headers=HTML)
    crawl(Plain(item=None, order=order, concurrency=1), job)
    assert " ".join(request.path[1:] for request in web.request_history[1:]) == expected


def test_stopping_finishes_and_commits_what_is_under_way(web, job):
    stop = threading.Event()

    class Stopped(Plain):
        def parse(self, response):
            stop.set()
            yield {"title": "last"}
            yield response.follow("/next")

    crawl(Stopped(), job, stop=stop)
    assert (job.noted("state"), titles(job), job.counts().queued) == ("interrupted", ["last"], 1)


def test_any_executor_serves(web, job):
    with ThreadPoolExecutor(1) as executor:
        crawl(Plain(), job, executor)
    assert titles(job) == ["page"]


def test_a_spider_with_nowhere_to_start_says_so(job):
    with pytest.raises(ConfigError, match="nowhere to start"):
        crawl(Plain(start_urls=()), job)


def test_opened_comes_first_and_closed_last_with_the_reason(web, job):
    calls = []

    class Watched(Plain):
        def opened(self):
            calls.append("opened")
            self.start_urls = ["http://127.0.0.1/x"]

        def closed(self, reason):
            calls.append(reason)

    crawl(Watched(start_urls=()), job)
    assert calls == ["opened", "finished"]
    assert titles(job) == ["page"]


def test_a_visit_never_raises(requests_mock: Mocker):
    requests_mock.get(ANY, exc=ConnectionResetError)
    outcome = visit(Plain(), Request("http://127.0.0.1/", callback="nowhere"))
    assert not outcome.ok


def test_every_kind_of_item_is_encoded():
    @dataclasses.dataclass
    class Data:
        price: Decimal

    @attrs.define
    class Attrs:
        price: Decimal

    assert encode(Title(title="a")) == ("Title", '{"title":"a"}')
    assert encode({"a": [1, None]}) == ("item", '{"a":[1,null]}')
    assert encode(Data(Decimal("1.50"))) == ("Data", '{"price":"1.50"}')
    assert encode(Attrs(Decimal("1.50"))) == ("Attrs", '{"price":"1.50"}')
