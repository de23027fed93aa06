"""How a crawl behaves towards hosts: robots.txt, Retry-After, sitemaps, traps; against real servers."""

from __future__ import annotations

import gzip
import itertools
import threading
import time
from email.utils import formatdate
from urllib.parse import urlsplit

import pytest

from scraper import Retry, Spider, crawl
from tests.servers import Asked, Reply, Server, redirect, serving

HTML = [("Content-Type", "text/html")]


class Web:
    """Ten pages that link to each other, and what a test puts in their place."""

    def __init__(self) -> None:
        self.pages: dict[str, object] = {}
        self.times: list[tuple[float, str]] = []
        self.server: Server

    def __call__(self, asked: Asked) -> Reply:
        path = urlsplit(asked.path).path
        self.times.append((time.monotonic(), path))
        page = self.pages.get(path)
        if page is not None:
            return page(asked) if callable(page) else page
        if path in ("/robots.txt", "/sitemap.xml"):
            return Reply(404)
        return Reply(200, HTML, "".join(f"<a href=/p{n}>{n}</a>" for n in range(10)).encode())

    def asked(self) -> list[str]:
        return [asked.path for asked in self.server.asked]


@pytest.fixture
def web():
    world = Web()
    with serving(world) as world.server:
        yield world


def pages(web: Web, **attributes) -> Spider:
    class Pages(Spider):
        start_urls = web.server.url("/")
        follow = "a"
        retry = 1

        def parse(self, response):
            yield {"path": urlsplit(response.url).path}
            yield from super().parse(response)

    return Pages(**attributes)


def paths(job) -> set[str]:
    return {data["path"] for _, data in job.items()}


ALL = {"/", *(f"/p{n}" for n in range(10))}


def busy(web: Web, value: str, status: int, times: int = 1):
    """Let /p3 answer so often that it is busy."""
    left = [times]

    def answer(asked: Asked) -> Reply:
        if left[0]:
            left[0] -= 1
            return Reply(status, [("Retry-After", value)])
        del web.pages["/p3"]
        return web(asked)

    return answer


@pytest.mark.parametrize("status", [429, 503])
@pytest.mark.parametrize("kind", ["seconds", "date"])
def test_no_request_goes_to_a_host_while_it_asks_to_wait_and_every_page_comes(web, job, status, kind):
    value = "1" if kind == "seconds" else formatdate(time.time() + 2, usegmt=True)
    web.pages["/p3"] = busy(web, value, status)
    crawl(pages(web, concurrency=1, throttle=False), job)
    assert (paths(job), job.counts().failed, job.counts().retries) == (ALL, 0, 0)
    times = [at for at, path in web.times if path != "/robots.txt"]
    gaps = [later - earlier for earlier, later in itertools.pairwise(times)]
    assert max(gaps) > 0.8, "the host was left alone"


def test_nothing_that_was_handed_out_already_goes_into_the_pause(web, job):
    """Some requests wait for a thread; none of them begins once a host has asked to wait."""
    asked_at: list[float] = []

    def answer(asked: Asked) -> Reply:
        if not asked_at:
            asked_at.append(time.monotonic())
            return Reply(503, [("Retry-After", "1")])
        del web.pages["/p0"]
        return web(asked)

    web.pages["/p0"] = answer
    crawl(pages(web, concurrency=1, throttle=False), job)
    assert paths(job) == ALL
    later = [at - asked_at[0] for at, _ in web.times if at > asked_at[0]]
    assert min(later) > 0.9


@pytest.mark.parametrize("value", ["-5", "soon", "0"])
def test_a_wish_that_makes_no_sense_is_an_ordinary_failure_that_is_retried(web, job, value):
    web.pages["/p3"] = busy(web, value, 503)
    crawl(pages(web, retry=Retry(attempts=2, wait=0), throttle=False), job)
    assert (paths(job), job.counts().failed) == (ALL, 0)


def test_a_host_that_asks_to_wait_for_a_year_has_stalled_and_says_so(web, job):
    web.pages["/p3"] = busy(web, "31536000", 503)
    crawl(pages(web, concurrency=1), job)
    errors = {error for _, error in job.failures()}
    assert all(
        error.startswith("stalled: 127.0.0.1 answered 503 and asks to wait 31,536,000") for error in errors
    )
    assert len(paths(job)) + job.counts().failed == 11


RULES = b"User-agent: *\nDisallow: /p3\nDisallow: /p4$\n"


@pytest.mark.parametrize(
    ("answer", "left_out"),
    [
        (Reply(200, [("Content-Type", "text/plain")], RULES), {"/p3", "/p4"}),
        (Reply(200, [("Content-Type", "text/plain")], b"\xef\xbb\xbf" + RULES), {"/p3", "/p4"}),
        (Reply(200, [("Content-Type", "text/plain")], RULES + b"# " + b"x" * 600 * 1024), {"/p3", "/p4"}),
        (Reply(404), set()),
        (Reply(403), set()),
        (Reply(200, HTML, b"<form><input type=password></form>"), set()),
        (redirect("/elsewhere.txt"), {"/p3", "/p4"}),
    ],
    ids=["rules", "bom", "600 KiB", "404", "403", "a login page", "redirect"],
)
def test_robots_txt_is_kept_to(web, job, answer, left_out):
    web.pages["/robots.txt"] = answer
    web.pages["/elsewhere.txt"] = Reply(200, [("Content-Type", "text/plain")], RULES)
    crawl(pages(web), job)
    assert paths(job) == ALL - left_out
    assert {urlsplit(url).path for url, _ in job.avoided()} == left_out
    assert all("robots.txt" in reason for _, reason in job.avoided())
    assert web.asked().count("/robots.txt") == 1


def test_a_robots_txt_that_cannot_be_had_lets_nobody_in_until_it_can(web, job):
    web.pages["/robots.txt"] = Reply(503)
    stop = threading.Event()
    threading.Timer(0.5, stop.set).start()
    crawl(pages(web), job, stop=stop)
    assert set(web.asked()) == {"/robots.txt"}
    assert job.counts().queued == 1


def test_a_start_that_robots_txt_forbids_is_a_failed_page_that_says_what_to_do(web, job):
    web.pages["/robots.txt"] = Reply(200, [("Content-Type", "text/plain")], b"User-agent: *\nDisallow: /\n")
    crawl(pages(web), job)
    [(_, error)] = job.failures()
    assert "obey_robots=False" in error
    assert web.asked() == ["/robots.txt"]


def test_robots_txt_may_be_disobeyed(web, job):
    web.pages["/robots.txt"] = Reply(200, [("Content-Type", "text/plain")], RULES)
    crawl(pages(web, obey_robots=False), job)
    assert paths(job) == ALL
    assert "/robots.txt" not in web.asked()


def listed(*paths: str, web: Web) -> bytes:
    urls = "".join(f"<url><loc>{web.server.url(path)}</loc></url>" for path in paths)
    return f"<urlset xmlns='http://www.sitemaps.org/schemas/sitemap/0.9'>{urls}</urlset>".encode()


def test_the_pages_of_sitemaps_are_added_to_the_start(web, job):
    index = f"<sitemapindex><sitemap><loc>{web.server.url('/more.xml.gz')}</loc></sitemap>"
    index += f"<sitemap><loc>{web.server.url('/gone.xml')}</loc></sitemap></sitemapindex>"
    web.pages["/robots.txt"] = Reply(200, [], f"Sitemap: {web.server.url('/index.xml')}\n".encode())
    web.pages["/index.xml"] = Reply(200, [], index.encode())
    web.pages["/more.xml.gz"] = Reply(200, [], gzip.compress(listed("/x", "/y", web=web)))
    web.pages["/gone.xml"] = Reply(404)
    crawl(pages(web, sitemaps=True, follow=None), job)
    assert paths(job) == {"/", "/x", "/y"}


def test_a_sitemap_may_be_named(web, job):
    web.pages["/mine.xml"] = Reply(200, [], listed("/z", web=web))
    crawl(pages(web, sitemaps=web.server.url("/mine.xml"), follow=None), job)
    assert paths(job) == {"/", "/z"}


def test_an_endless_path_is_left_and_said(web, job):
    def deeper(asked: Asked) -> Reply:
        return Reply(200, HTML, b"<a href=next/>on</a>")

    web.pages = {"/": deeper}
    web.pages |= {"/" + "next/" * n: deeper for n in range(1, 60)}
    crawl(pages(web, max_pages=100), job)
    assert job.counts().done < 10
    assert any(reason.startswith("trap: ") for _, reason in job.avoided())


def test_a_session_id_in_an_address_makes_no_other_page(web, job):
    ids = iter(range(1000))

    def home(asked: Asked) -> Reply:
        links = "".join(f"<a href='/p{n};jsessionid={next(ids):032X}'>" for n in range(3))
        return Reply(200, HTML, links.encode())

    web.pages = {"/": home, **{f"/p{n};jsessionid={m:032X}": home for n in range(3) for m in range(1000)}}
    crawl(pages(web, max_pages=50), job)
    assert job.counts().done == 4


def test_pages_without_items_end_a_crawl_that_is_told_so(web, job):
    class Nothing(Spider):
        start_urls = web.server.url("/")
        follow = "a"
        max_pages_without_item = 5
        concurrency = 1

    crawl(Nothing(), job)
    assert job.noted("state") == "max_pages_without_item"


def test_too_many_failures_end_a_crawl_that_is_told_so(web, job):
    web.pages = {f"/p{n}": Reply(404) for n in range(10)}
    spider = pages(
        web, max_error_rate=0.5, start_urls=[web.server.url(f"/p{n % 10}?{n}") for n in range(150)]
    )
    crawl(spider, job)
    assert job.noted("state") == "max_error_rate"
