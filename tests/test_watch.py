"""Pages that end the session, and sites that cannot be asked."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest

from scraper import FormLogin, LoginError, Spider, crawl, fill
from tests.servers import Asked, Reply, Server, serving

FORM = "<form method=post action=/login><input name=username><input type=password name=password></form>"


class Members:
    """A list of 30 pages for who is signed in; asking for `killer` ends every session."""

    def __init__(self, killer: str, answer: str) -> None:
        self.killer, self.answer = killer, answer
        self.alive, self.lock, self.ids = set[str](), threading.Lock(), itertools.count(1)
        self.logins = self.kills = 0
        self.server: Server

    def __call__(self, asked: Asked) -> Reply:
        path = urlsplit(asked.path).path
        with self.lock:
            if asked.target == ("POST", "/login"):
                self.logins += 1
                self.alive.add(sid := f"sid={next(self.ids)}")
                return Reply(303, [("Location", "/list"), ("Set-Cookie", f"{sid}; Path=/")])
            is_in = asked.headers.get("Cookie", "") in self.alive
            if is_in and path == self.killer:
                self.kills += 1
                self.alive.clear()
                return self.gone()
        if path == "/login" or not is_in:
            return Reply(200, [("Content-Type", "text/html")], FORM.encode())
        links = "".join(f"<a href=/p{n}>" for n in range(30)) + f"<a href={self.killer}>more</a>"
        page = f"<h1>{path}</h1><b id=me>{links if path == '/list' else ''}"
        return Reply(200, [("Content-Type", "text/html")], page.encode())

    def gone(self) -> Reply:
        if self.answer == "redirect":
            return Reply(302, [("Location", "/login")])
        return Reply(200, [("Content-Type", "text/html")], b"<h1>See you</h1>")


@pytest.fixture(params=["redirect", "page"])
def members(request) -> Iterator[Members]:
    world = Members("/export/wizard", request.param)
    with serving(world) as world.server:
        yield world


def pages(members: Members, **attributes) -> Spider:
    class Pages(Spider):
        start_urls = members.server.url("/list")
        login = FormLogin("/login", fill(username="ada", password="h0rse-battery"), logged_in="#me")
        follow = "a"
        concurrency = 16
        retry = 1

        def parse(self, response):
            yield {"title": response.soup.h1.get_text()}
            yield from super().parse(response)

    return Pages(**attributes)


def test_a_page_that_ends_the_session_is_found_out_and_named_and_nothing_else_is_lost(members, job):
    crawl(pages(members), job)
    assert sorted(data["title"] for _, data in job.items()) == sorted(
        ["/list", *(f"/p{n}" for n in range(30))]
    )
    [(url, error)] = job.failures()
    assert url == members.server.url("/export/wizard")
    assert "signs_out" in error
    assert "deny = [r'/export/wizard']" in error
    assert members.kills <= 4
    assert members.logins <= members.kills + 1


def test_the_pattern_that_is_named_avoids_it(members, job):
    crawl(pages(members, deny=[r"/export/wizard"]), job)
    assert (members.kills, members.logins, job.counts().failed) == (0, 1, 0)


def test_a_site_that_keeps_throwing_us_out_is_not_asked_for_ever(members, job):
    with pytest.raises(LoginError, match="ended the session 2 times"):
        crawl(pages(members, max_relogins=1), job)
    assert members.logins == 2
