"""What a login is granted beside cookies: sent to its origins alone, renewed before anyone signs in again."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from scraper import Credentials, FetchError, Login, Request, Session, Spider, Vault, crawl
from scraper.crawl import visit
from scraper.executors import processes
from tests.servers import Asked, Reply, serving


class Tokens:
    """A site that hands out tokens; `good` is the one that is valid, `renewals` may be left."""

    def __init__(self) -> None:
        self.good, self.count, self.renewals = "none", 0, 0
        self.is_broken = False

    def __call__(self, asked: Asked) -> Reply:
        if asked.path in ("/token", "/renew"):
            if asked.path == "/renew" and (self.is_broken or not self.renewals):
                return Reply(500 if self.is_broken else 401)
            self.renewals -= asked.path == "/renew"
            self.count += 1
            self.good = f"access-token-{self.count}"
            return Reply(body=json.dumps({"access": self.good}).encode())
        if asked.path == "/away":
            return Reply(302, [("Location", asked.headers["X-Away"])])
        is_in = asked.headers.get("Authorization") == f"Bearer {self.good}"
        return Reply(200 if is_in else 401, [("Content-Type", "text/html")], b"<a class=out>x</a>")

    def asked_for(self, server: Any, path: str) -> int:
        return [asked.path for asked in server.asked].count(path)


class Bearer(Login):
    """Gets a token by one POST."""

    account = "ada"

    def sign_in(self, session: Session) -> Any:
        answer = session.exchange(Request(session.absolute("/token"), "POST"))
        session.grant(answer.json())
        return answer

    def authorization(self, tokens: Mapping[str, Any]) -> Any:
        return Credentials(self.url, headers={"Authorization": f"Bearer {tokens['access']}"})

    def renew(self, session: Session, tokens: Mapping[str, Any]) -> Mapping[str, Any] | None:
        answer = session.exchange(Request(session.absolute("/renew"), "POST"), retry=False)
        if answer.status == 500:
            raise FetchError("it broke")
        return answer.json() if answer.ok else None


class Members(Spider):
    concurrency = 8

    def parse(self, response: Any) -> Any:
        yield {"url": response.url}


@pytest.fixture
def site():
    site = Tokens()
    with serving(site) as server:
        site.server = server
        yield site


def session_for(site: Tokens, **options: Any) -> Session:
    url = site.server.url("/")
    return Session(Bearer(url, logged_in="a.out"), base_url=url, retry=1, **options)


def test_what_was_granted_goes_with_every_request(site):
    with session_for(site) as session:
        assert [session.get(site.server.url("/a")).status_code for _ in range(3)] == [200] * 3
    assert site.asked_for(site.server, "/token") == 1


def test_it_goes_to_no_other_origin(site):
    with serving(lambda asked: Reply()) as other, session_for(site) as session:
        session.sign_in()
        session.get(site.server.url("/away"), headers={"X-Away": other.url("/")})
        session.get(other.url("/direct"))
    assert [asked.headers.get("Authorization") for asked in other.asked] == [None, None]


def test_tokens_are_renewed_before_anyone_signs_in_again(site):
    site.renewals = 1
    with session_for(site) as session:
        session.get(site.server.url("/a"))
        site.good = "ended"
        assert session.get(site.server.url("/b")).status_code == 200
        assert session.is_renewed
    assert site.asked_for(site.server, "/token") == 1


@pytest.mark.parametrize("is_broken", [True, False])
def test_where_they_cannot_be_renewed_it_signs_in(site, is_broken):
    site.is_broken = is_broken
    with session_for(site) as session:
        session.get(site.server.url("/a"))
        site.good = "ended"
        assert session.get(site.server.url("/b")).status_code == 200
        assert not session.is_renewed
    assert site.asked_for(site.server, "/token") == 2


def test_tokens_are_kept_for_the_next_run(site, tmp_path: Path):
    for _ in range(2):
        with session_for(site, state_dir=Vault(tmp_path)) as session:
            assert session.get(site.server.url("/a")).status_code == 200
    assert site.asked_for(site.server, "/token") == 1


@pytest.mark.parametrize("number", [None, 2])
def test_a_crawl_renews_once_and_counts_no_sign_in(site, number, tmp_path: Path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    site.renewals = 1
    spider = Members(
        start_urls=[site.server.url(f"/{n}") for n in range(40)],
        login=Bearer(site.server.url("/"), logged_in="a.out"),
        save_session=False,
    )
    answer = site.server.answer
    ended = [False]

    def ending(asked: Asked) -> Reply:
        if asked.path == "/20" and not ended[0]:
            ended[0], site.good = True, "ended"
        return answer(asked)

    site.server.answer = ending
    with crawl(spider, executor=processes(visit, spider, number) if number else None) as job:
        assert job.counts().items == 40
        assert len(job.events("signed_in")) == 1
        assert len(job.events("renewed")) == 1
    assert site.asked_for(site.server, "/token") == 1
    assert site.asked_for(site.server, "/renew") == 1
