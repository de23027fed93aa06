"""`OAuth2Login` with a person: a code to enter anywhere, and a browser that comes back to this machine."""

from __future__ import annotations

import os
import pty
import re
import subprocess
import sys
import threading
import webbrowser
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

import pytest
import requests

from scraper import LoginError, LoginRejected, LoginUnavailable, OAuth2Login, Session
from tests.api import answer, read
from tests.apps.process import free_port
from tests.commands import environment, scraper
from tests.oauth_site import CLIENT, DEVICE_GRANT, PASSWORD, PUBLIC, SECRET, USER, Clock, OAuthSite, running
from tests.servers import Reply

pytest.importorskip("oauthlib", reason="oauthlib is not installed")


@pytest.fixture
def site() -> Iterator[OAuthSite]:
    with running() as site:
        yield site


def session_for(site: OAuthSite, tell: Callable[[str], None], **options: Any) -> Session:
    login = OAuth2Login(site.issuer, **{"client_id": PUBLIC, **options})
    session = Session(login, base_url=site.api.url("/items/1"), retry=1)
    session.tell = tell
    return session


# A code to enter


def device(site: OAuthSite, *answers: str, **options: Any) -> tuple[list[str], Clock]:
    site.device_answers, told, waiting = list(answers), list[str](), Clock()
    options = {"grant": "device_code", "clock": waiting, "sleep": waiting.sleep, "scope": "read", **options}
    with session_for(site, told.append, **options) as session:
        assert session.get("/items/3").ok
    return told, waiting


@pytest.mark.parametrize("client", [{}, {"client_id": CLIENT, "client_secret": SECRET}])
def test_a_person_is_told_where_to_enter_which_code(site, client):
    told, _ = device(site, **client)
    page = site.server.url("/enter")
    assert told == [f"Go to {page} and enter ABCD-EFGH (or go to {page}?user_code=ABCD-EFGH)."]
    assert site.granted == {DEVICE_GRANT: 1}


def test_the_provider_is_asked_as_often_as_it_wants(site):
    pending = "authorization_pending"
    _, waiting = device(site, pending, "slow_down", pending, "done")
    assert waiting.slept == [7, 7, 12, 12]


def test_a_provider_that_fails_for_a_while_is_asked_less_often(site):
    usual, failures = site.server.answer, [Reply(502), Reply(200, [("Content-Length", "9")])]

    def answers(asked: Any) -> Reply:
        return failures.pop(0) if asked.path == "/token" and failures else usual(asked)

    site.server.answer = answers
    _, waiting = device(site)
    assert waiting.slept == [7, 14, 28]


@pytest.mark.parametrize(
    ("said", "error", "text"),
    [
        ("access_denied", LoginRejected, "denied the sign-in"),
        ("expired_token", LoginError, "in time"),
        ("invalid_grant", LoginError, "code that it gave"),
    ],
)
def test_a_code_that_is_refused_ends_the_sign_in(site, said, error, text):
    with pytest.raises(LoginError, match=text) as caught:
        device(site, "authorization_pending", said)
    assert type(caught.value) is error
    assert site.asked_for[DEVICE_GRANT] == 2


def test_a_code_that_nobody_enters_is_not_waited_for_for_ever(site):
    with pytest.raises(LoginUnavailable, match="within 600 s"):
        device(site, *["authorization_pending"] * 200)
    assert site.asked_for[DEVICE_GRANT] == 600 // 7


GOOD = {"device_code": "d3vice-1234", "user_code": "AB", "verification_uri": "https://sso.example/enter"}


@pytest.mark.parametrize(
    "said",
    [
        {**GOOD, "user_code": "\x1b[2Jevil"},
        {**GOOD, "verification_uri": "javascript:alert(1)"},
        {**GOOD, "device_code": 7},
        {"hello": "world"},
        [],
    ],
)
def test_an_answer_that_is_no_code_is_not_shown(site, said):
    usual, told = site.server.answer, list[str]()
    site.server.answer = lambda asked: answer(said) if asked.path == "/device" else usual(asked)
    with session_for(site, told.append, grant="device_code") as session, pytest.raises(LoginError):
        session.sign_in()
    assert told == []


def test_a_client_that_is_refused_a_code_is_told_so(site):
    with pytest.raises(LoginRejected, match="Client authentication failed"):
        device(site, client_id=CLIENT, client_secret="an0ther-secret")


# A browser


def signs_in(url: str, answer: str = "yes") -> requests.Response:
    """Do in a browser what a person does."""
    with requests.Session() as browser:
        browser.trust_env = False
        page = browser.get(url)
        page = browser.post(page.url, {"username": USER, "password": PASSWORD})
        return browser.post(page.url, {"answer": answer})


class Browser(webbrowser.BaseBrowser):
    """A browser of which a person does not wait until its window is closed."""

    def __init__(self, does: Callable[[str], object]) -> None:
        super().__init__("test")
        self.does = does

    def open(self, url: str, new: int = 0, autoraise: bool = True) -> bool:
        threading.Thread(target=self.does, args=(url,)).start()
        return True


@pytest.fixture
def browser(monkeypatch: pytest.MonkeyPatch) -> Callable[[Callable[[str], object]], None]:
    """A function that makes what is given the browser of this machine."""
    monkeypatch.setattr(webbrowser, "_tryorder", None)
    monkeypatch.setattr(webbrowser, "_browsers", {})

    def install(does: Callable[[str], object]) -> None:
        webbrowser.register("test", None, Browser(does), preferred=True)

    return install


@pytest.mark.parametrize(
    "client", [{}, {"client_id": CLIENT, "client_secret": SECRET, "grant": "authorization_code"}]
)
def test_a_browser_comes_back_with_a_code_and_is_told_that_it_may_be_closed(site, browser, client):
    pages, told = list[requests.Response](), list[str]()
    done = threading.Event()

    def person(url: str) -> None:
        pages.append(signs_in(url))
        done.set()

    browser(person)
    with session_for(site, told.append, **client) as session:
        assert session.get("/items/3").ok
    assert done.wait(10)
    assert "may be closed" in pages[0].text
    assert "c0de-" not in pages[0].text
    assert told[0].startswith(f"Sign in with the browser; if none opens, go to {site.issuer}/authorize?")
    assert re.match(r"http://127\.0\.0\.1:\d+/callback\?", pages[0].url)
    assert site.reused == []


def test_only_the_answer_to_what_was_asked_counts(site, browser):
    statuses = list[int]()

    def person(url: str) -> None:
        back = re.search(r"redirect_uri=([^&]+)", url)
        assert back
        home = requests.utils.unquote(back[1])
        for other in (home, f"{home}?code=c0de-forged&state=forged", urljoin(home, "/favicon.ico")):
            statuses.append(requests.get(other, timeout=10).status_code)
        signs_in(url)

    browser(person)
    with session_for(site, print) as session:
        session.sign_in()
    assert statuses == [404, 404, 404]


def test_a_person_may_say_no(site, browser):
    browser(lambda url: signs_in(url, "no"))
    with session_for(site, print) as session, pytest.raises(LoginRejected, match="denied"):
        session.sign_in()


def test_a_browser_that_does_not_come_back_is_not_waited_for_for_ever(site, browser):
    browser(lambda url: None)
    with session_for(site, print, patience=0.01) as session, pytest.raises(LoginUnavailable, match="Nobody"):
        session.sign_in()


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_the_port_may_be_given(site, browser, host):
    back = f"http://{host}:{free_port()}/back"
    browser(signs_in)
    with session_for(site, print, redirect_uri=back) as session:
        session.sign_in()
    assert read(site.server.asked[-1])["redirect_uri"] == back


# On the command line

SPIDER = """
import os

from scraper import OAuth2Login, Spider


class Desk(Spider):
    start_urls = (os.environ["API"] + "/items/1",)
    login = OAuth2Login(os.environ["SSO"], client_id="desktop", grant="device_code", sleep=bool)

    def parse(self, response):
        yield response.json()
"""


def test_without_a_terminal_a_run_ends_with_75_and_after_a_login_at_one_it_goes_on(site, tmp_path: Path):
    (tmp_path / "spiders").mkdir()
    (tmp_path / "spiders" / "desk.py").write_text(SPIDER, encoding="utf-8")
    where = {"API": site.api.url(""), "SSO": site.issuer, "SCRAPER_STATE_DIR": str(tmp_path / "state")}
    done = scraper("run", "desk", cwd=tmp_path, **where)
    assert done.returncode == 75
    assert "run `python -m scraper login SPIDER` at a terminal" in done.stderr
    assert site.server.asked == []

    here, there = pty.openpty()
    command = [sys.executable, "-m", "scraper", "login", "desk", "--explain"]
    told = subprocess.run(command, cwd=tmp_path, env=environment(**where), stdin=there, capture_output=True,
                          text=True, check=False)  # fmt: skip
    os.close(here)
    os.close(there)
    assert told.returncode == 0, told.stderr
    assert "enter and enter ABCD-EFGH" in told.stderr
    assert "d3vice-" not in told.stderr

    done = scraper("run", "desk", "--resume", "-o", "-", cwd=tmp_path, **where)
    assert done.returncode == 0, done.stderr
    assert "/items/1" in done.stdout
    assert site.granted == {DEVICE_GRANT: 1}
    site.expire()
    assert scraper("login", "desk", cwd=tmp_path, **where).returncode == 0
    assert site.granted == {DEVICE_GRANT: 1, "refresh_token": 1}
