"""Pages opened in a real Chromium, in the middle of a crawl that otherwise goes over requests."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from scraper import (
    ConfigError,
    Credentials,
    FetchError,
    FormLogin,
    Item,
    Job,
    Request,
    Session,
    Spider,
    Timeout,
    TooLarge,
    TooSlow,
    crawl,
    css,
    fill,
)
from scraper.browser import Outgoing
from scraper.browser import render as rendering
from scraper.browser.render import _Sparing
from scraper.crawl import visit
from scraper.executors import processes
from tests.chromium import CHROMIUM, needs_chromium
from tests.servers import Asked, Reply, Server, serving

DRAWN = "<div id=app></div><script>document.getElementById('app').innerHTML = '<b>drawn</b>'</script>"


def html(text: str, status: int = 200, *headers: tuple[str, str]) -> Reply:
    icon = "<link rel=icon href=data:,>"
    return Reply(status, [("Content-Type", "text/html"), *headers], (icon + text).encode())


class World:
    """A site by path, all else a page that a script draws."""

    def __init__(self) -> None:
        self.pages: dict[str, Any] = {}
        self.server: Server

    def __call__(self, asked: Asked) -> Reply:
        page = self.pages.get(asked.path, html(DRAWN))
        return page(asked) if callable(page) else page

    def asked_for(self, path: str) -> list[Asked]:
        return [asked for asked in self.server.asked if asked.path == path]


@pytest.fixture
def site() -> Iterator[World]:
    world = World()
    with serving(world) as world.server:
        yield world


@pytest.fixture
def session(site, monkeypatch) -> Iterator[Session]:
    monkeypatch.setenv("SCRAPER_CHROMIUM", str(CHROMIUM))
    with Session(base_url=site.server.url(), retry=1) as session:
        yield session


def rendered(session: Session, path: str = "/page", render: bool | str = True, **options: Any) -> Any:
    return session.fetch(Request(session.base_url + path[1:], render=render, **options))


class Drawn(Item, rows="article.drawn"):
    title: str = css("h3 a")
    price: str = css(".price")


class Shelf(Spider):
    item = Drawn
    follow = "a.next"
    save_session = False


class Mixed(Spider):
    save_session = False

    def parse(self, response: Any) -> Any:
        yield response.follow("/shelf?page=2", render="article.drawn", callback=self.parse_shelf)

    def parse_shelf(self, response: Any) -> Any:
        yield from response.items(Drawn)


def form_login(site: Any) -> FormLogin:
    return FormLogin("/login", fill(username=site.username, password=site.password), logged_in="a.logout")


# In a crawl


@needs_chromium
@pytest.mark.parametrize(("render", "number"), [("article.drawn", None), (True, None), (True, 2)])
def test_rows_that_a_script_draws_are_taken_also_when_the_session_ends(render, number, job, monkeypatch):
    from examples.site import PracticeSite

    monkeypatch.setenv("SCRAPER_CHROMIUM", str(CHROMIUM))
    with PracticeSite(sign_out_after=5) as shop:
        spider = Shelf(start_urls=[f"{shop.url}/shelf"], login=form_login(shop), max_pages=4, render=render)
        crawl(spider, job, processes(visit, spider, number) if number else None)
        assert (job.counts().done, job.counts().failed) == (4, 0)
        titles = [data["title"] for _, data in job.items()]
        assert len(titles) == 80
        assert shop.counts.expiries >= 1


@needs_chromium
def test_one_page_of_a_crawl_may_be_rendered(job, monkeypatch):
    from examples.site import PracticeSite

    monkeypatch.setenv("SCRAPER_CHROMIUM", str(CHROMIUM))
    with PracticeSite() as shop:
        crawl(Mixed(start_urls=[f"{shop.url}/account"], login=form_login(shop)), job)
        assert (job.counts().done, job.counts().items) == (2, 20)


def test_a_job_remembers_what_is_rendered(tmp_path: Path):
    url = "https://shop.example/"
    with Job.create("test", tmp_path) as job:
        job.add([Request(url), Request(url, render=True), Request(url, render="b", meta={"n": 1})])
        leases = job.lease(10)
    assert [lease.request.render for lease in leases] == [False, True]
    assert leases[1].request.meta == {}


def test_a_job_remembers_for_what_to_wait(tmp_path: Path):
    with Job.create("test", tmp_path) as job:
        job.add([Request("https://shop.example/", render="b", meta={"n": 1})])
        [lease] = job.lease(10)
    assert (lease.request.render, lease.request.meta) == ("b", {"n": 1})


@pytest.mark.parametrize("options", [{"method": "POST"}, {"body": "x"}])
def test_only_a_page_can_be_rendered(options):
    with pytest.raises(ConfigError, match="cannot be rendered"):
        Request("https://shop.example/", render=True, **options)


def test_a_page_of_the_internet_asks_nothing_of_this_network():
    with Session() as session:
        guard = _Sparing(session)
        inside = Outgoing("http://169.254.169.254/", "GET", "XHR", {}, b"")
        guard.begin(Request("https://shop.example/", render=True))
        assert guard.refuses(inside)
        guard.begin(Request("http://127.0.0.1:5000/", render=True))
        assert not guard.refuses(inside)


# One page


@needs_chromium
def test_a_page_is_as_its_scripts_have_made_it(session):
    page = rendered(session)
    assert page.css("b::text").get() == "drawn"
    assert (page.status, page.ok, page.encoding) == (200, True, "utf-8")


@needs_chromium
def test_pictures_and_fonts_are_not_loaded(site, session):
    style = "<style>@font-face { font-family: x; src: url(/f.woff) } b { font-family: x }</style>"
    site.pages["/page"] = html(f"<img src=/a.png>{style}<b>x</b><script src=/s.js></script>")
    rendered(session)
    assert {asked.path for asked in site.server.asked} == {"/page", "/s.js"}


@needs_chromium
def test_cookies_go_both_ways(site, session):
    script = "<script>document.cookie = 'made=4'; document.cookie = 'old=; Max-Age=0'</script>"
    site.pages["/page"] = html(script, 200, ("Set-Cookie", "set=3; HttpOnly; SameSite=Strict"))
    session.cookies.set("old", "1")
    rendered(session)
    session.cookies.set("later", "5")
    rendered(session)
    assert site.asked_for("/page")[0].headers["Cookie"] == "old=1"
    assert set(site.asked_for("/page")[1].headers["Cookie"].split("; ")) == {"set=3", "made=4", "later=5"}
    assert session.cookies.get_dict() == {"set": "3", "made": "4", "later": "5"}


@needs_chromium
def test_what_is_waited_for_may_come_late(site, session):
    late = "setTimeout(() => document.body.innerHTML = '<i>there</i>', 900)"
    site.pages["/page"] = html(f"<script>{late}</script>")
    assert rendered(session, render="i:contains('there')").css("i::text").get() == "there"


@needs_chromium
def test_what_does_not_come_is_an_error(session, monkeypatch):
    monkeypatch.setattr(rendering, "WAIT", 1.0)
    with pytest.raises(FetchError, match="shows nothing that matches"):
        rendered(session, render="i.there")


@needs_chromium
def test_nobody_waits_for_what_a_stranger_does_not_see(site, monkeypatch):
    monkeypatch.setenv("SCRAPER_CHROMIUM", str(CHROMIUM))
    site.pages["/page"] = html(
        "<form method=post action=/login><input name=u><input type=password name=p>", 401
    )
    login = FormLogin(site.server.url("/login"), fill(username="ada", password="h0rse-battery"))
    with Session(login, base_url=site.server.url(), retry=1) as session:
        assert rendered(session, render="b.member").auth == "anonymous"


@needs_chromium
def test_what_is_no_page_comes_as_it_is(site, session):
    site.pages["/data"] = Reply(headers=[("Content-Type", "application/json")], body=b'{"a": 1}')
    disposition = ("Content-Disposition", "attachment; filename=x.csv")
    site.pages["/file"] = Reply(headers=[("Content-Type", "text/csv"), disposition], body=b"a;b")
    assert rendered(session, "/data").json() == {"a": 1}
    assert rendered(session, "/file").content == b"a;b"


@needs_chromium
def test_redirects_of_servers_and_of_scripts_are_history(site, session):
    site.pages["/page"] = Reply(302, [("Location", "/middle")])
    site.pages["/middle"] = html("<script>location.replace('/end')</script>")
    page = rendered(session)
    assert page.url == site.server.url("/end")
    assert [url.rpartition("/")[2] for url in page.history] == ["page", "middle"]


@needs_chromium
def test_a_passing_failure_is_tried_again(site, monkeypatch):
    monkeypatch.setenv("SCRAPER_CHROMIUM", str(CHROMIUM))
    answers = iter([html("busy", 503), html(DRAWN)])
    site.pages["/page"] = lambda asked: next(answers)
    with Session(base_url=site.server.url(), retry=2) as session:
        page = rendered(session)
    assert (page.status, page.attempts) == (200, 2)


@needs_chromium
def test_dialogs_and_popups_do_not_hang_it(site, session):
    site.pages["/page"] = html(
        f"<script>alert(1); confirm(2); prompt(3); open('/pop'); print()</script>{DRAWN}"
    )
    assert rendered(session).css("b")


@needs_chromium
def test_headers_of_the_request_and_credentials_go_to_the_site_alone(site, session):
    with serving(
        lambda asked: Reply(headers=[("Access-Control-Allow-Origin", "*")]), host="127.0.0.2"
    ) as other:
        session.auth = Credentials(site.server.url(), headers={"X-Api-Key": "k3y-8f3a90b1"})
        site.pages["/page"] = html(f"<script>fetch('/own'); fetch('{other.url('/')}')</script>")
        rendered(session, headers={"X-Own": "1", "Referer": site.server.url("/list")})
        foreign = other.asked[0].headers
    page = site.asked_for("/page")[0].headers
    assert (page["X-Own"], page["X-Api-Key"], page["Referer"]) == (
        "1",
        "k3y-8f3a90b1",
        site.server.url("/list"),
    )
    assert site.asked_for("/own")[0].headers["X-Api-Key"] == "k3y-8f3a90b1"
    assert "X-Own" not in site.asked_for("/own")[0].headers
    assert not {"X-Api-Key", "X-Own"} & set(foreign)


@needs_chromium
def test_nobody_there_is_an_error(session):
    with serving(lambda asked: Reply()) as gone:
        url = gone.url("/page")
    with pytest.raises(FetchError, match="connection was refused"):
        session.fetch(Request(url, render=True))


@needs_chromium
def test_a_page_is_bounded(site, monkeypatch):
    monkeypatch.setenv("SCRAPER_CHROMIUM", str(CHROMIUM))
    site.pages["/big"] = html("<body><script>document.body.append('x'.repeat(90000))</script>")
    site.pages["/slow"] = Reply(headers=[("X-Slow", "1")] * 40, pause=0.2)
    limits = Timeout(total=4)
    with Session(base_url=site.server.url(), retry=1, max_body=50_000, timeout=limits) as session:
        with pytest.raises(TooLarge, match="max_body"):
            rendered(session, "/big")
        with pytest.raises(TooSlow, match="not done in time"):
            rendered(session, "/slow")
        assert rendered(session).ok


@needs_chromium
def test_a_browser_that_died_is_started_again(site, tmp_path, monkeypatch):
    program, pids = tmp_path / "chromium", tmp_path / "pids"
    program.write_text(f'#!/bin/sh\necho $$ >> {pids}\nexec {CHROMIUM} "$@"\n')
    program.chmod(0o700)
    monkeypatch.setenv("SCRAPER_CHROMIUM", str(program))
    with Session(base_url=site.server.url(), retry=2) as session:
        assert rendered(session).ok
        os.kill(int(pids.read_text()), signal.SIGKILL)
        assert rendered(session).ok
    assert len(pids.read_text().split()) == 2


@needs_chromium
def test_a_proxy_of_the_session_is_the_browsers_too(monkeypatch):
    monkeypatch.setenv("SCRAPER_CHROMIUM", str(CHROMIUM))
    with serving(lambda asked: html(DRAWN)) as proxy:
        with Session(proxies={"http": proxy.url()}, retry=1) as session:
            page = session.fetch(Request("http://shop.example/page", render=True))
        assert page.css("b")
        assert "http://shop.example/page" in {asked.path for asked in proxy.asked}


@needs_chromium
def test_a_certificate_that_nobody_vouches_for_is_trusted_only_where_that_is_said(monkeypatch):
    pytest.importorskip("cryptography", reason="cryptography is not installed, to make a certificate with")
    from werkzeug.serving import generate_adhoc_ssl_context

    monkeypatch.setenv("SCRAPER_CHROMIUM", str(CHROMIUM))
    with serving(lambda asked: html(DRAWN), context=generate_adhoc_ssl_context()) as server:
        request = Request(server.url("/"), render=True)
        with Session(retry=1) as session, pytest.raises(FetchError, match="does not trust its certificate"):
            session.fetch(request)
        with Session(retry=1, verify=False) as session:
            assert session.fetch(request).css("b")
