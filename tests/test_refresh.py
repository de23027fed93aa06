"""Tokens that end: renewed once for all, before their end or after it, and never with a used-up one."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from scraper import (
    ConfigError,
    JsonLogin,
    LoginError,
    LoginRejected,
    Refresh,
    Secret,
    Session,
    Spider,
    Vault,
    crawl,
)
from scraper.crawl import visit
from scraper.executors import processes
from tests.api import PASSWORD, Api, answer, levered, read, running
from tests.commands import ROOT, environment
from tests.servers import Asked, Reply, serving

THREADS = 16
VALUES = {"email": "ada@shop.example", "password": PASSWORD}


class Clock:
    """A clock that stands still until it is moved."""

    def __init__(self) -> None:
        self.now = 1_700_000_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def api() -> Iterator[Api]:
    with running() as api:
        yield api


def login(**options: Any) -> JsonLogin:
    given = {"json": VALUES, "token": "data.access_token", "refresh": "/auth/refresh", **options}
    return JsonLogin("/auth/login", **given)


def session_for(api: Api, vault: Vault | None = None, **options: Any) -> Session:
    return Session(login(**options), base_url=api.url(), state_dir=vault, retry=1)


def kept(vault: Vault, session: Session) -> Any:
    state = vault.load(session.identity)
    assert state is not None
    return state["tokens"]


# One for all


@pytest.mark.parametrize("stranger", [401, 403])
def test_sixteen_requests_that_meet_an_expired_token_are_one_refresh(api, stranger):
    api.stranger = stranger
    with session_for(api) as session, ThreadPoolExecutor(THREADS) as pool:
        session.sign_in()
        for round in range(3):
            api.expire()
            answers = list(pool.map(session.get, [f"/items/{n}" for n in range(THREADS)]))
            assert [answer.status_code for answer in answers] == [200] * THREADS
            assert (api.refreshes, api.logins, api.reused) == (round + 1, 1, [])


def test_sixteen_requests_shortly_before_the_end_are_one_refresh(api, clock):
    api.lifetime = 100
    with session_for(api, clock=clock) as session, ThreadPoolExecutor(THREADS) as pool:
        session.sign_in()
        clock.now += 79
        session.get("/items/1")
        assert api.refreshes == 0
        clock.now += 2
        list(pool.map(session.get, [f"/items/{n}" for n in range(THREADS)]))
    assert (api.refreshes, api.logins, api.reused) == (1, 1, [])


def test_processes_that_share_a_vault_share_each_refresh(api, tmp_path: Path):
    program = f"""
import sys
from concurrent.futures import ThreadPoolExecutor
from scraper import JsonLogin, Session, Vault
login = JsonLogin("/auth/login", json={VALUES!r}, token="data.access_token", refresh="/auth/refresh")
with Session(login, base_url={api.url()!r}, state_dir=Vault({str(tmp_path)!r}), retry=1) as session:
    session.sign_in()
    print("ready", flush=True)
    sys.stdin.readline()
    with ThreadPoolExecutor(8) as pool:
        print([a.status_code for a in pool.map(session.get, [f"/items/{{n}}" for n in range(16)])])
"""
    start = [sys.executable, "-c", program]
    options: Any = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True, "cwd": ROOT}
    running = [subprocess.Popen(start, env=environment(), **options) for _ in range(2)]
    assert [process.stdout.readline() for process in running] == ["ready\n"] * 2
    api.expire()
    for process in running:
        process.stdin.write("go\n")
        process.stdin.flush()
    assert [process.communicate()[0] for process in running] == [f"{[200] * 16}\n"] * 2
    assert (api.refreshes, api.logins, api.reused) == (1, 1, [])


class Items(Spider):
    """Reads all pages of an API."""

    concurrency = 8

    def parse(self, response: Any) -> Any:
        yield response.json()["data"]


def items(api: Api, **options: Any) -> Items:
    urls = [api.url(f"/items/{n}") for n in range(60)]
    return Items(start_urls=urls, login=login(**options), save_session=False)


def whole(job: Any) -> bool:
    paths = sorted(data["path"] for _, data in job.items())
    return paths == sorted(f"/items/{n}" for n in range(60)) and job.counts().failed == 0


@pytest.mark.parametrize("stranger", [401, 403])
@pytest.mark.parametrize("number", [None, 2])
def test_a_token_that_ends_in_mid_crawl_costs_one_refresh_and_no_page(api, job, number, stranger):
    api.stranger = stranger
    levered(api, "/items/30", api.expire)
    spider = items(api)
    crawl(spider, job, processes(visit, spider, number) if number else None)
    assert whole(job)
    assert (api.refreshes, api.logins, api.reused) == (1, 1, [])
    assert (len(job.events("signed_in")), len(job.events("renewed"))) == (1, 1)


@pytest.mark.parametrize("number", [None, 2])
def test_a_crawl_renews_before_the_end_and_no_page_is_refused(api, job, clock, number):
    api.lifetime = 100
    levered(api, "/items/5", lambda: setattr(clock, "now", clock.now + 90))
    spider = items(api, clock=clock)
    crawl(spider, job, processes(visit, spider, number) if number else None)
    assert whole(job)
    assert (api.refreshes, api.logins, api.reused) == (1, 1, [])
    assert job.events("signed_out") == []


@pytest.mark.parametrize("stranger", [401, 403])
def test_pages_under_way_whose_token_a_renewal_ended_are_fetched_again(api, job, clock, stranger):
    api.lifetime, api.stranger, api.is_single = 100, stranger, True
    levered(api, "/items/20", lambda: setattr(clock, "now", clock.now + 90))
    crawl(items(api, clock=clock), job)
    assert whole(job)
    assert (api.refreshes, api.logins, api.reused) == (1, 1, [])


def test_a_session_that_ended_altogether_costs_one_sign_in(api, job):
    levered(api, "/items/30", api.end)
    crawl(items(api), job)
    assert whole(job)
    assert (api.refreshes, api.logins) == (1, 2)


def test_no_refresh_token_travels_to_workers(api):
    with session_for(api) as session:
        session.sign_in()
        assert "refresh" in session.tokens
        assert "r3fresh" not in repr(session.travelling())


# Refresh tokens that are good once


def test_the_new_pair_is_kept_before_it_is_used_and_a_used_one_is_not_kept(api, tmp_path: Path):
    vault = Vault(tmp_path)
    seen: list[tuple[str, Any]] = []
    with session_for(api, vault) as session:
        session.sign_in()
        usual = api.server.answer
        api.expire()

        def watching(asked: Asked) -> Reply:
            seen.append((asked.path, kept(vault, session)))
            return usual(asked)

        api.server.answer = watching
        session.get("/items/5")
    at_refresh = next(tokens for path, tokens in seen if path == "/auth/refresh")
    after = [tokens for path, tokens in seen][[path for path, _ in seen].index("/auth/refresh") + 1]
    assert "refresh" not in at_refresh
    assert after["refresh"] == "r3fresh-token-00000002"


def test_a_refresh_whose_answer_is_lost_is_one_sign_in(api):
    api.loses = True
    with session_for(api) as session:
        session.sign_in()
        api.expire()
        assert session.get("/items/1").status_code == 200
    assert (api.refreshes, api.logins, api.reused) == (1, 2, [])


def test_a_later_run_goes_on_with_the_refresh_token_that_was_kept(api, tmp_path: Path):
    for _ in range(3):
        with session_for(api, Vault(tmp_path)) as session:
            assert session.get("/items/1").status_code == 200
        api.expire()
    assert (api.refreshes, api.logins, api.reused) == (2, 1, [])


def test_a_refresh_token_that_stays_is_used_again(api):
    grants = iter(["one", "two", "three"])

    def keeps(asked: Asked) -> Reply:
        if asked.path.startswith("/auth"):
            token = f"acc3ss-{next(grants)}-12345678"
            api.access = {token: 0}
            has = {"refresh": "r3fresh-for-ever"} if asked.path == "/auth/login" else read(asked)
            assert has["refresh"] == "r3fresh-for-ever"
            return answer({"access": token, **({} if asked.path == "/auth/refresh" else has)})
        return api(asked)

    with serving(keeps) as server:
        own = login(token="access")
        with Session(own, base_url=server.url("/items/1"), retry=1) as session:
            session.sign_in()
            for _ in range(2):
                api.expire()
                assert session.get("/items/1").status_code == 200
    assert next(grants, None) is None


# Renewals that do not help


@pytest.mark.parametrize("uses", [1, 2, 10])
def test_renewals_that_do_not_help_come_to_an_end(api, job, uses):
    levered(api, "/items/20", lambda: setattr(api, "uses", uses))
    spider = items(api)
    spider.max_relogins = 3
    with suppress(LoginError):
        crawl(spider, job)
    assert api.logins <= 2 + spider.max_relogins
    assert api.refreshes <= 3 * 60


def test_renewals_of_which_no_page_comes_are_told_so(api, job):
    levered(api, "/items/20", lambda: setattr(api, "uses", 1))
    spider = items(api)
    spider.max_relogins = 1
    with pytest.raises(LoginError, match="2 times in a row"):
        crawl(spider, job)


def test_tokens_that_end_at_once_are_not_renewed_without_end(api, job, clock):
    api.lifetime = 0
    crawl(items(api, clock=clock), job)
    assert whole(job)
    assert api.refreshes == 0


def test_a_credential_that_is_dead_when_the_tokens_are_ends_the_session(api):
    with session_for(api) as session:
        session.sign_in()
        api.end()
        usual = api.server.answer
        api.server.answer = lambda a: answer({"detail": "No."}, 401) if a.path == "/auth/login" else usual(a)
        for _ in range(2):
            with pytest.raises(LoginRejected, match=r"No\."):
                session.get("/items/1")
    assert len([asked for asked in api.server.asked if asked.path == "/auth/login"]) == 2


# How it is asked for


def asked_for(api: Api, granted: Any, renewed: Any, path: str = "/renew", **options: Any) -> Asked:
    """Sign in with an answer, renew with another, and return what was asked for that."""
    token, known = "acc3ss-token-1234", set[str]()

    def answers(asked: Asked) -> Reply:
        if asked.path in ("/auth/login", path):
            body = granted if asked.path == "/auth/login" else renewed
            known.add(f"Bearer {token}")
            return answer(body)
        return answer({}, 200 if asked.headers.get("Authorization") in known else 401)

    with serving(answers) as server:
        with Session(login(**options), base_url=server.url("/me"), retry=1) as session:
            session.sign_in()
            known.clear()
            assert session.get("/me").status_code == 200
            assert session.is_renewed
        return next(asked for asked in server.asked if asked.path == path)


GRANT = {"access": "acc3ss-token-1234", "refreshToken": "r3fresh-1234-5678"}


def test_a_refresh_token_is_sent_back_under_the_name_it_came_by(api):
    asked = asked_for(api, GRANT, GRANT, token="access", refresh="/renew")
    assert json.loads(asked.body) == {"refreshToken": "r3fresh-1234-5678"}
    assert "Authorization" not in asked.headers


def test_a_login_by_form_renews_by_form(api):
    form = {"json": None, "data": VALUES}
    asked = asked_for(api, GRANT, GRANT, token="access", refresh="/renew", **form)
    assert asked.body == b"refreshToken=r3fresh-1234-5678"


def test_an_api_that_differs_is_told_how(api):
    refresh = Refresh(
        "/renew",
        json={"grant": {"token": "{refresh}", "id": lambda: "client", "key": Secret("s3cret-key")}},
        headers={"X-Old": "{access}"},
        method="PUT",
        token="jwt",
        refresh_token="more.renewal || renewal",
    )
    granted = {"access": GRANT["access"], "renewal": "r3newal-1234-5678"}
    renewed = {"jwt": GRANT["access"], "more": {"renewal": "r3newal-2345-6789"}}
    asked = asked_for(api, granted, renewed, token="access", refresh=refresh)
    assert asked.method == "PUT"
    assert json.loads(asked.body) == {
        "grant": {"token": "r3newal-1234-5678", "id": "client", "key": "s3cret-key"}
    }
    assert asked.headers["X-Old"] == GRANT["access"]


def test_a_refresh_token_may_go_into_the_header_itself(api):
    refresh = Refresh("/renew", headers={"Authorization": "Bearer {refresh}"})
    asked = asked_for(api, GRANT, GRANT, token="access", refresh=refresh)
    assert asked.headers["Authorization"] == "Bearer r3fresh-1234-5678"
    assert asked.body == b"{}"


def test_a_refresh_by_cookie_sends_nothing_else():
    cookies = iter(["one", "two"])
    good = [""]

    def answers(asked: Asked) -> Reply:
        if asked.path.startswith("/auth"):
            good[0] = f"sid={next(cookies)}"
            return answer({}, 200, ("Set-Cookie", f"{good[0]}; Path=/"))
        return answer({}, 200 if asked.headers.get("Cookie") == good[0] else 401)

    with serving(answers) as server:
        with Session(login(token=None), base_url=server.url("/me"), retry=1) as session:
            session.sign_in()
            good[0] = "ended"
            assert session.get("/me").status_code == 200
            assert session.is_renewed
        [asked] = [asked for asked in server.asked if asked.path == "/auth/refresh"]
    assert asked.body == b"{}"


def test_tokens_are_renewed_at_no_other_origin():
    with running() as api, serving(lambda asked: answer(GRANT)) as other:
        session = session_for(api, refresh=other.url("/renew"))
        with session, pytest.raises(LoginError, match="origins="):
            session.get("/items/1")
        assert (other.asked, api.logins) == ([], 0)


def test_a_refresh_shows_no_secret_and_takes_no_nonsense():
    assert "s3cret" not in repr(Refresh("/renew", json={"secret": "s3cret"}))
    with pytest.raises(ConfigError):
        Refresh("/renew", json={}, data={})
    with pytest.raises(ConfigError):
        Refresh("/renew", token="data.[")
    with pytest.raises(ConfigError, match="POST"):
        Refresh("/renew", method="GET")


def test_a_session_that_is_restored_renews_its_tokens(api):
    with session_for(api) as session:
        session.sign_in()
        state = json.loads(json.dumps(session.state()))
    api.expire()
    with Session.restore(state, login(), retry=1) as session:
        assert session.get("/items/1").status_code == 200
    assert (api.refreshes, api.logins) == (1, 1)
