"""`TokenLogin`: a given token goes to its site alone, and one that is dead is not sent again."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from scraper import (
    ConfigError,
    LoginError,
    LoginRejected,
    LoginUnverified,
    Session,
    Spider,
    TokenLogin,
    Vault,
    crawl,
    env,
    json_path,
)
from scraper.crawl import visit
from scraper.executors import processes
from tests.api import answer
from tests.servers import Asked, Reply, Server, serving

TOKEN = "g1ven-token-+/=="


class Site:
    """Opens its pages to whoever has the `good` token in the header `name`; ends it on the page `/ends`."""

    def __init__(self) -> None:
        self.good, self.name, self.stranger = TOKEN, "X-Api-Key", 401
        self.server: Server

    def __call__(self, asked: Asked) -> Reply:
        if asked.path == "/ends":
            self.good = ""
        is_in = bool(self.good) and asked.headers.get(self.name) == self.good
        return answer({"path": asked.path}) if is_in else answer({"detail": "Invalid token."}, self.stranger)

    @property
    def sent(self) -> list[str]:
        """The pages that were asked for with a token."""
        return [asked.path for asked in self.server.asked if self.name in asked.headers]


@pytest.fixture
def site() -> Iterator[Site]:
    site = Site()
    with serving(site) as site.server:
        yield site


def session_for(site: Site, *, token: Any = TOKEN, vault: Vault | None = None, **options: Any) -> Session:
    login = TokenLogin(token, **{"header": "X-Api-Key", **options})
    return Session(login, base_url=site.server.url("/me"), state_dir=vault, retry=1)


@pytest.mark.parametrize(
    ("options", "is_sent"),
    [
        ({}, lambda asked: asked.headers.get("Authorization") == f"Bearer {TOKEN}"),
        ({"header": "X-Api-Key"}, lambda asked: asked.headers.get("X-Api-Key") == TOKEN),
        ({"header": "X-T: Key {token}"}, lambda asked: asked.headers.get("X-T") == f"Key {TOKEN}"),
        ({"query": "key"}, lambda asked: "key=g1ven-token-%2B%2F%3D%3D" in asked.path),
        ({"cookie": "jwt"}, lambda asked: asked.headers.get("Cookie") == f"jwt={TOKEN}"),
    ],
)  # fmt: skip
def test_a_token_goes_where_it_is_said_and_with_every_request(options, is_sent, monkeypatch):
    monkeypatch.setenv("API_TOKEN", TOKEN)
    with serving(lambda asked: answer({}, 200 if is_sent(asked) else 403)) as server:
        login = TokenLogin(env("API_TOKEN"), **options)
        with Session(login, base_url=server.url("/me"), retry=1) as session:
            for n in range(3):
                assert session.get(f"/items/{n}?x=1").status_code == 200
            assert session.epoch == 1


def test_it_goes_to_no_other_origin(site):
    with serving(lambda asked: Reply()) as other:
        usual = site.server.answer
        away = Reply(302, [("Location", other.url("/away"))])
        site.server.answer = lambda asked: away if asked.path == "/away" else usual(asked)
        with session_for(site) as session:
            session.sign_in()
            session.get("/away")
            session.get(other.url("/direct"))
        assert [asked.headers.get("X-Api-Key") for asked in other.asked] == [None, None]


def test_a_site_of_its_own_gets_it_and_the_pages_do_not(site):
    with serving(lambda asked: Reply()) as pages:
        login = TokenLogin(
            TOKEN, site=site.server.url(), header="X-Api-Key", verify_url=site.server.url("/me")
        )
        with Session(login, base_url=pages.url(), retry=1) as session:
            session.sign_in()
            session.get("/page")
            assert session.get(site.server.url("/items")).status_code == 200
        assert all("X-Api-Key" not in asked.headers for asked in pages.asked)


def test_beside_a_site_of_its_own_the_pages_keep_the_auth_of_the_session(site):
    with serving(lambda asked: Reply()) as pages:
        login = TokenLogin(TOKEN, site=site.server.url(), verify_url=site.server.url("/me"))
        site.name, site.good = "Authorization", f"Bearer {TOKEN}"
        with Session(login, base_url=pages.url(), auth=("ada", "s3cret"), retry=1) as session:
            session.get("/page")
            assert session.get(site.server.url("/items")).status_code == 200
        assert [asked.headers.get("Authorization") for asked in pages.asked] == ["Basic YWRhOnMzY3JldA=="]


def test_without_a_site_nothing_is_sent_as_a_stranger():
    with Session(TokenLogin(TOKEN)) as session, pytest.raises(ConfigError, match="base_url"):
        session.get("https://api.example/items")


def test_it_goes_over_https_only():
    login = TokenLogin(TOKEN, verify=False)
    with (
        Session(login, base_url="http://api.example/") as session,
        pytest.raises(LoginError, match="in clear"),
    ):
        session.get("/items")


@pytest.mark.parametrize("token", ["", "  ", "two\nlines", "snow\u2603man"])
def test_what_no_header_can_hold_is_not_sent(site, token):
    with session_for(site, token=token) as session, pytest.raises(LoginError, match=r"cannot be sent"):
        session.sign_in()
    assert site.server.asked == [] or site.sent == []


@pytest.mark.parametrize("mark", [{}, {"logged_in": json_path("path")}])
@pytest.mark.parametrize("stranger", [401, 403])
def test_a_wrong_token_is_sent_once_in_all_runs_until_it_changes(site, tmp_path: Path, mark, stranger):
    site.stranger = stranger
    for _ in range(2):
        with session_for(site, token="wr0ng-token", vault=Vault(tmp_path), **mark) as session:
            for _ in range(2):
                with pytest.raises(LoginRejected, match=r"Invalid token\."):
                    session.get("/items")
    assert site.sent == ["/me"]
    with session_for(site, vault=Vault(tmp_path), **mark) as session:
        assert session.get("/items").status_code == 200


def test_a_page_that_is_closed_to_a_good_token_does_not_damn_it(site, tmp_path: Path):
    vault = Vault(tmp_path)
    site.server.answer = lambda asked: answer({"detail": "Ask your administrator."}, 403)
    with session_for(site, vault=vault) as session, pytest.raises(LoginError) as caught:
        session.sign_in()
    assert type(caught.value) is LoginError
    assert "verify_url" in str(caught.value)


def test_a_token_that_opens_nothing_proves_nothing(site):
    site.server.answer = lambda asked: answer({})
    with session_for(site) as session, pytest.raises(LoginUnverified):
        session.sign_in()


def test_a_token_that_ends_is_said_to_have_ended_and_not_sent_for_ever(site, tmp_path: Path):
    with session_for(site, vault=Vault(tmp_path)) as session:
        session.sign_in()
        session.get("/items")
        site.good = ""
        for _ in range(3):
            with pytest.raises(LoginRejected, match="which it took before; it has ended or was withdrawn"):
                session.get("/items")
    assert len(site.sent) == 7


class Items(Spider):
    """Reads pages of an API."""

    def parse(self, response: Any) -> Any:
        yield response.json()


@pytest.mark.parametrize("number", [None, 2])
def test_a_crawl_whose_token_ends_stops_and_its_job_can_go_on(site, job, number):
    urls = [*(site.server.url(f"/{n}") for n in range(20)), site.server.url("/ends")]
    spider = Items(
        start_urls=[*urls, *(site.server.url(f"/later/{n}") for n in range(20))],
        login=TokenLogin(TOKEN, header="X-Api-Key"),
        save_session=False,
    )
    with pytest.raises(LoginRejected, match="it has ended"):
        crawl(spider, job, processes(visit, spider, number) if number else None)
    counts = job.counts()
    assert (counts.done + counts.queued, counts.failed) == (41, 0)


@pytest.mark.parametrize("number", [None, 2])
def test_the_start_page_of_an_api_is_no_login_page(site, job, number):
    home = site.server.url("/")
    usual = site.server.answer
    site.server.answer = lambda a: Reply(302, [("Location", home)]) if a.path == "/moved" else usual(a)
    login = TokenLogin(TOKEN, header="X-Api-Key")
    urls = [site.server.url(path) for path in ("/items", "/moved")]
    spider = Items(start_urls=urls, login=login, save_session=False)
    crawl(spider, job, processes(visit, spider, number) if number else None)
    assert sorted(data["path"] for _, data in job.items()) == ["/", "/items"]


def test_no_token_is_kept(site, tmp_path: Path):
    with session_for(site, vault=Vault(tmp_path)) as session:
        session.sign_in()
        assert TOKEN not in repr(session.state())
    assert not any(TOKEN in path.read_text() for path in tmp_path.rglob("*") if path.is_file())


def test_it_shows_no_token():
    assert repr(TokenLogin(TOKEN, query="key")) == "TokenLogin('***', the parameter key)"


@pytest.mark.parametrize("options", [{"site": "api.example"}, {"header": "X: a"}, {"cookie": "a;b"}])
def test_nonsense_is_a_configuration_error(options):
    with pytest.raises(ConfigError):
        TokenLogin(TOKEN, **options)
