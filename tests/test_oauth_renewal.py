"""Tokens of `OAuth2Login` that end: renewed once for all, by refresh tokens that are good once."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from scraper import (
    FormLogin,
    LoginRejected,
    LoginUnavailable,
    OAuth2Login,
    Session,
    Spider,
    Vault,
    crawl,
    fill,
)
from scraper.crawl import visit
from scraper.executors import processes
from tests.api import answer, levered
from tests.oauth_site import CLIENT, PASSWORD, SECRET, USER, Clock, OAuthSite, running
from tests.servers import Asked, Reply

pytest.importorskip("oauthlib", reason="oauthlib is not installed")

THREADS = 16
WAYS: dict[str, dict[str, Any]] = {
    "client_credentials": {},
    "password": {"username": USER, "password": PASSWORD},
    "authorization_code": {"walk": FormLogin("/signin", fill(username=USER, password=PASSWORD))},
}


@pytest.fixture
def site() -> Iterator[OAuthSite]:
    with running() as site:
        yield site


def login_for(site: OAuthSite, way: str, **options: Any) -> OAuth2Login:
    return OAuth2Login(site.issuer, client_id=CLIENT, client_secret=SECRET, **{**WAYS[way], **options})


def session_for(
    site: OAuthSite, way: str = "password", vault: Vault | None = None, **options: Any
) -> Session:
    login = login_for(site, way, **options)
    return Session(login, base_url=site.api.url("/items/1"), state_dir=vault, retry=1)


def renewals(site: OAuthSite, way: str) -> int:
    """Return how often a token was renewed after one sign-in."""
    return site.asked_for["refresh_token"] if way != "client_credentials" else site.asked_for[way] - 1


@pytest.mark.parametrize("way", WAYS)
def test_sixteen_requests_that_meet_an_expired_token_are_one_renewal(site, way):
    with session_for(site, way) as session, ThreadPoolExecutor(THREADS) as pool:
        session.sign_in()
        for round in range(3):
            site.expire()
            answers = list(pool.map(session.get, [f"/items/{n}" for n in range(THREADS)]))
            assert [answer.status_code for answer in answers] == [200] * THREADS
            assert (renewals(site, way), site.reused) == (round + 1, [])
    assert site.strayed == []


@pytest.mark.parametrize("way", WAYS)
def test_a_token_is_renewed_shortly_before_its_end(site, way):
    site.lifetime, clock = 100, Clock()
    with session_for(site, way, clock=clock) as session:
        session.sign_in()
        clock.now += 79
        session.get("/items/1")
        assert renewals(site, way) == 0
        clock.now += 2
        session.get("/items/1")
    assert renewals(site, way) == 1


class Items(Spider):
    """Reads all pages of an API."""

    concurrency = 8

    def parse(self, response: Any) -> Any:
        yield response.json()


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("number", [None, 2])
@pytest.mark.parametrize("lever", ["expire", "end"])
def test_tokens_that_end_in_mid_crawl_cost_no_page(site, job, way, number, lever):
    levered(SimpleNamespace(server=site.api), "/items/20", getattr(site, lever))
    spider = Items(
        start_urls=[site.api.url(f"/items/{n}") for n in range(40)],
        login=login_for(site, way),
        save_session=False,
    )
    crawl(spider, job, processes(visit, spider, number) if number else None)
    paths = sorted(data["path"] for _, data in job.items())
    assert paths == sorted(f"/items/{n}" for n in range(40))
    assert job.counts().failed == 0
    has_ended = lever == "end" and way != "client_credentials"
    assert renewals(site, way) == 1
    assert site.granted[way] == (1 if way != "client_credentials" else 2) + has_ended
    assert len(site.reused) == has_ended
    assert site.strayed == []


def test_client_credentials_may_be_renewed_more_often_than_a_site_may_sign_out(site, job):
    site.lifetime, clock = 100, Clock()
    usual = site.api.answer

    def answers(asked: Asked) -> Reply:
        clock.now += 30
        return usual(asked)

    site.api.answer = answers
    spider = Items(
        start_urls=[site.api.url(f"/items/{n}") for n in range(40)],
        login=login_for(site, "client_credentials", clock=clock),
        save_session=False,
        max_relogins=1,
        concurrency=1,
    )
    crawl(spider, job)
    assert job.counts().failed == 0
    assert renewals(site, "client_credentials") >= 10


# What is kept


def test_a_later_run_goes_on_with_what_is_kept_and_no_secret_is(site, tmp_path: Path):
    for way in WAYS:
        for _ in range(3):
            with session_for(site, way, Vault(tmp_path)) as session:
                session.name = way
                assert session.get("/items/1").status_code == 200
            site.expire()
        assert site.granted[way] == (1 if way != "client_credentials" else 3)
    assert (site.asked_for["refresh_token"], site.reused) == (4, [])
    kept = b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())
    for secret in (SECRET, PASSWORD, "c0de-"):
        assert secret.encode() not in kept


def test_what_is_kept_for_another_scope_or_client_is_not_gone_on_with(site, tmp_path: Path):
    for scope in ("read", "read offline", "read offline"):
        with session_for(site, vault=Vault(tmp_path), scope=scope) as session:
            session.sign_in()
    assert site.granted["password"] == 2


@pytest.mark.parametrize("broken", [Reply(503), answer({"error": "temporarily_unavailable"}, 400)])
def test_a_provider_that_cannot_renew_now_does_not_cost_the_refresh_token(site, tmp_path: Path, broken):
    with session_for(site, vault=Vault(tmp_path)) as session:
        session.sign_in()
    site.expire()
    site.broken = broken
    with session_for(site, vault=Vault(tmp_path)) as session, pytest.raises(LoginUnavailable):
        session.sign_in()
    site.broken = None
    with session_for(site, vault=Vault(tmp_path)) as session:
        session.sign_in()
    assert (site.granted["password"], site.granted["refresh_token"], site.reused) == (1, 1, [])


def test_a_refresh_token_that_stays_is_used_again(site):
    usual = site._by_refresh

    def stays(given: Any, client: str) -> bool:
        usual(given, client)
        site._refresh[given["refresh_token"]] = client
        return False

    site._by_refresh = stays
    with session_for(site) as session:
        session.sign_in()
        for _ in range(2):
            site.expire()
            assert session.get("/items/1").ok
    assert (site.granted["password"], site.granted["refresh_token"]) == (1, 2)


def test_a_credential_that_is_dead_when_the_tokens_are_ends_the_session(site):
    with session_for(site) as session:
        session.sign_in()
        site.end()
        site.clients[CLIENT] = "an0ther-secret"
        for _ in range(2):
            with pytest.raises(LoginRejected, match="Client authentication failed"):
                session.get("/items/1")
    assert site.asked_for == {"password": 2, "refresh_token": 1}
