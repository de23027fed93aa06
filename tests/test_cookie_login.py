"""Going on with the session of a browser: what is taken, what is kept, and what is said when it ends."""

from __future__ import annotations

import json
import logging
import os
import pickle
import shutil
import sqlite3
import subprocess
import sys
import time
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
import requests

from scraper import (
    ConfigError,
    CookieLogin,
    FormLogin,
    InteractionRequired,
    Job,
    LoginError,
    SecretMissing,
    Session,
    Spider,
    Vault,
    crawl,
    env,
    fill,
)
from scraper.cookies.browsers import Browser
from scraper.cookies.cookie import BrowserCookie
from scraper.crawl import visit
from scraper.executors import processes
from spiders.bookshop import Book
from tests.commands import ROOT, scraper
from tests.servers import Asked, Reply, redirect, serving

MARK = {"logged_in": "a.logout"}


class Shop(Spider):
    item = Book
    follow = ("article.book h3 a", "li.next a")
    concurrency = 8
    retry = 1


def browser(site) -> Session:
    """Sign in as a person does in a browser."""
    login = FormLogin("/login", fill(username=site.username, password=site.password), **MARK)
    session = Session(login, base_url=site.url)
    session.sign_in()
    return session


def export(site, path: Path) -> Path:
    """Write the cookies of a browser that has just signed in, as a person exports them."""
    path.write_text(browser(site).cookies.to_netscape(), encoding="utf-8")
    path.chmod(0o600)
    return path


def saved(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8")
    path.chmod(0o600)
    return path


def line(
    name: str = "sid", expires: float = 0, domain: str = "127.0.0.1", value: str = "v4lue-8f3a90b1c2"
) -> str:
    return f"{domain}\tFALSE\t/\tFALSE\t{expires:.0f}\t{name}\t{value}\n"


def html(text: str, status: int = 200, *headers: tuple[str, str]) -> Reply:
    return Reply(status, [("Content-Type", "text/html"), *headers], text.encode())


def members(asked: Asked) -> Reply:
    is_in = "sid=v4lue" in asked.headers.get("Cookie", "")
    return html("<a class=out href=/logout>Sign out</a>" if is_in else "<p>Hello stranger</p>")


@pytest.mark.parametrize("mark", [MARK, {}])
def test_a_cookies_txt_signs_in(site, tmp_path, mark):
    path = export(site, tmp_path / "cookies.txt")
    before = path.read_bytes()
    with Session(CookieLogin(path, account="reader", **mark), base_url=f"{site.url}/books") as session:
        assert session.get("/account").status_code == 200
        assert (session.account, session.epoch) == ("reader", 1)
    assert site.counts.logins == 1, "that of the browser"
    assert path.read_bytes() == before


def test_the_state_of_another_session_signs_in(site, tmp_path):
    path = saved(tmp_path / "state.json", json.dumps(browser(site).state()))
    with Session(CookieLogin(str(path), **MARK), base_url=site.url) as session:
        assert "Sign out" in session.get("/books").text


def by_origin(site) -> Any:
    return {site.url: browser(site).cookies.get_dict()}


def jar_of_requests(site) -> Any:
    jar = requests.Session().cookies
    jar.update(browser(site).cookies)
    return jar


@pytest.mark.parametrize(
    "make",
    [
        by_origin,
        jar_of_requests,
        lambda site: browser(site).cookies,
        lambda site: browser(site).cookies.to_netscape(),
    ],
)
def test_whatever_a_callable_returns(site, make):
    with Session(CookieLogin(lambda: make(site), **MARK), base_url=site.url) as session:
        assert "Sign out" in session.get("/books").text


def test_single_cookies_by_origin_with_values_looked_up(site, monkeypatch):
    [(name, value)] = [(n, v) for n, v in browser(site).cookies.get_dict().items() if n == "session"]
    monkeypatch.setenv("SHOP_SESSION", value)
    login = CookieLogin({site.url: {name: env("SHOP_SESSION")}}, **MARK)
    assert repr(login) == f"CookieLogin('the cookies given for {site.url}')"
    with Session(login, base_url=site.url) as session:
        assert "Sign out" in session.get("/books").text


@pytest.mark.parametrize("number", [None, 2])
def test_a_crawl_goes_on_with_them(site, tmp_path, job, number):
    login = CookieLogin(export(site, tmp_path / "cookies.txt"), **MARK)
    spider = Shop(start_urls=[f"{site.url}/books"], login=login, max_pages=80)
    with crawl(spider, job, processes(visit, spider, number) if number else None) as job:
        assert job.counts().done == 80
        assert job.counts().items > 40
    assert site.counts.logins == 1


@pytest.mark.parametrize("number", [None, 2])
def test_a_session_that_ends_in_mid_crawl_is_gone_on_with_once_exported_anew(
    site, tmp_path, number, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    path = export(site, tmp_path / "cookies.txt")

    def run(job: Any = None) -> Any:
        spider = Shop(start_urls=[f"{site.url}/books"], login=CookieLogin(path, **MARK), max_pages=120)
        return crawl(spider, job, processes(visit, spider, number) if number else None)

    site.sign_out_after = 60
    with pytest.raises(
        InteractionRequired, match=r"sign in with the browser again and export.*run --resume"
    ) as e:
        run()
    assert e.value.exit_code == 75
    site.sign_out_after = None
    export(site, path)
    unfinished = Job.unfinished("shop")
    assert unfinished is not None
    with run(Job(unfinished)) as job:
        upcs = [data["upc"] for _, data in job.items()]
        assert job.counts().done == 120
        assert job.counts().failed == 0
        assert len(upcs) == len(set(upcs)) > 60
    assert site.counts.logins == 2, "those of the browser"


def test_the_commands_say_what_to_do_and_go_on(site, tmp_path):
    (tmp_path / "spiders").mkdir()
    shutil.copy(ROOT / "spiders" / "bookshop.py", tmp_path / "spiders")
    saved(
        tmp_path / "spiders" / "mine.py",
        "from scraper import CookieLogin\nfrom spiders.bookshop import Bookshop\n\n\nclass Mine(Bookshop):\n"
        "    login = CookieLogin('cookies.txt', logged_in='a.logout')\n    max_pages = 30\n",
    )

    def command(*arguments: str) -> Any:
        return scraper(*arguments, cwd=tmp_path, SHOP_URL=site.url, XDG_STATE_HOME=str(tmp_path / "state"))

    done = command("run", "mine")
    assert done.returncode == 2
    assert "cookies.txt cannot be read: No such file" in done.stderr
    export(site, tmp_path / "cookies.txt")
    site.sign_everyone_out()
    done = command("run", "mine", "--resume")
    assert done.returncode == 75
    assert "sign in with the browser again" in done.stderr
    export(site, tmp_path / "cookies.txt")
    done = command("login", "mine", "--explain")
    assert done.returncode == 0, done.stderr
    assert "Took from cookies.txt the cookies of http" in done.stderr
    assert command("login", "mine", "--check").returncode == 0
    done = command("run", "mine", "--resume", "-o", "books.csv")
    assert done.returncode == 0, done.stderr
    assert site.counts.logins == 2, "those of the browser"
    assert site.sessions._by_id
    secret = next(iter(site.sessions._by_id))
    assert secret not in done.stdout + done.stderr
    places = [*(tmp_path / ".scraper").rglob("*"), tmp_path / "books.csv"]
    assert not [path for path in places if path.is_file() and secret.encode() in path.read_bytes()]


# What is taken


def test_only_the_cookies_of_the_site_are_taken(tmp_path, caplog):
    caplog.set_level(logging.INFO, "scraper.login")
    text = "".join(
        line(name, domain=domain)
        for name, domain in [
            ("sid", "127.0.0.1"), ("foreign", "other.example"), ("ad", ".ads.example"), ("sso", "localhost"),
        ]
    )  # fmt: skip
    path = saved(tmp_path / "cookies.txt", text)
    with serving(members) as server:
        for origins, expected in (((), {"sid"}), (("http://localhost",), {"sid", "sso"})):
            login = CookieLogin(path, logged_in="a.out", origins=origins)
            with Session(login, base_url=server.url("/")) as session:
                session.sign_in()
                assert set(session.cookies.get_dict()) == expected
    assert "the cookies of http://127.0.0.1:" in caplog.text
    assert "v4lue" not in caplog.text


@pytest.mark.parametrize(
    ("domain", "is_taken"),
    [
        ("www.shop.example", True),
        (".shop.example", True),
        ("shop.example", True),
        ("api.www.shop.example", True),
        (".example", False),
        ("notshop.example", False),
        ("shop.example.evil.example", False),
        ("[bad", False),
    ],
)
def test_the_rules_of_cookies_say_which_are_the_site_s(domain, is_taken):
    login = CookieLogin(lambda: {})
    session = Session(login, base_url="https://www.shop.example/books")
    assert login._is_own(session, BrowserCookie("sid", "x", domain=domain)) is is_taken


def test_a_host_only_cookie_of_a_site_above_is_not_taken():
    login = CookieLogin(lambda: {})
    session = Session(login, base_url="https://deep.shop.example/")
    assert not login._is_own(session, BrowserCookie("sid", "x", domain="shop.example"))
    assert login._is_own(session, BrowserCookie("sid", "x", domain=".shop.example"))


def test_a_provider_that_knows_the_browser_signs_in_anew(tmp_path):
    """The site's own session has ended, that at the provider has not."""

    def provider(asked: Asked) -> Reply:
        is_known = "sso=v4lue" in asked.headers.get("Cookie", "")
        return (
            redirect(f"{site.url('/callback')}?ticket=1") if is_known else html("<form>Who are you?</form>")
        )

    def answer(asked: Asked) -> Reply:
        if asked.path.startswith("/callback"):
            return redirect("/", **{"Set-Cookie": "sid=fresh; Path=/"})
        if "sid=fresh" in asked.headers.get("Cookie", ""):
            return html("<a class=out href=/logout>Sign out</a>")
        return redirect(sso.url("/authorize", host="localhost"))

    path = saved(tmp_path / "cookies.txt", line() + line("sso", domain="localhost"))
    with serving(provider) as sso, serving(answer) as site:
        for origins in (sso.url("", host="localhost"), ()):
            login = CookieLogin(path, logged_in="a.out", origins=origins)
            with Session(login, base_url=site.url("/")) as session:
                if origins:
                    assert session.sign_in() == 1
                else:
                    with pytest.raises(InteractionRequired):
                        session.sign_in()


def test_an_export_without_the_site_is_told_with_what_it_has(tmp_path):
    path = saved(tmp_path / "cookies.txt", line(domain="other.example"))
    with (
        serving(members) as server,
        Session(CookieLogin(path), base_url=server.url("/")) as session,
        pytest.raises(
            InteractionRequired, match=r"no cookie of http://127\.0\.0\.1:.*those of other\.example\."
        ),
    ):
        session.get("/")


def test_what_a_stranger_was_given_gives_way(tmp_path):
    """The site gives each visitor a cookie of the same name, which would go along."""

    def answer(asked: Asked) -> Reply:
        cookies = asked.headers.get("Cookie", "")
        if "sid=v4lue" in cookies and "anon" not in cookies:
            return html("<a class=out href=/logout>Sign out</a>")
        return html("<p>Hello</p>", 200, ("Set-Cookie", "sid=anon; Path=/books"))

    path = saved(tmp_path / "cookies.txt", line())
    with serving(answer) as server, Session(CookieLogin(path), base_url=server.url("/books/")) as session:
        assert session.sign_in() == 1


# Until when


def test_cookies_that_have_ended_are_named_with_their_end_and_nothing_is_sent(tmp_path):
    text = line("sid", 1_700_000_000) + line("csrftoken") + line("lang", value="en")
    path = saved(tmp_path / "cookies.txt", text)
    with (
        serving(members) as server,
        Session(CookieLogin(path, logged_in="a.out"), base_url=server.url("/")) as session,
    ):
        with pytest.raises(LoginError, match=r"have ended: sid on 2023-11-14 22:13 UTC") as caught:
            session.get("/")
        assert caught.value.exit_code == 16
        assert server.asked == []
        saved(path, line())
        assert "Sign out" in session.get("/").text


@pytest.mark.parametrize(
    ("left", "level", "says"),
    [
        (3 * 3600 + 60, logging.WARNING, "The session cookie sid ends in 3 h."),
        (630, logging.WARNING, "sid ends in 10 min."),
        (30 * 86400 + 60, logging.INFO, "sid ends in 30 days."),
    ],
)
def test_the_end_of_the_session_is_told_at_the_start(tmp_path, caplog, left, level, says):
    caplog.set_level(logging.INFO, "scraper.login")
    now = time.time()
    text = line("sid", now + left) + line("_gat", now + 60)
    path = saved(tmp_path / "cookies.txt", text)
    with serving(members) as server, Session(CookieLogin(path), base_url=server.url("/")) as session:
        session.cookies.clock = lambda: now
        session.sign_in()
    [record] = [record for record in caplog.records if "ends in" in record.getMessage()]
    assert (record.levelno, says in record.getMessage()) == (level, True)


@pytest.mark.skipif(os.name != "posix", reason="modes of files tell nothing here")
def test_a_file_that_others_can_read_is_warned_of(tmp_path, caplog):
    path = saved(tmp_path / "cookies.txt", line())
    with serving(members) as server:
        for mode in (0o600, 0o640):
            path.chmod(mode)
            with Session(CookieLogin(path), base_url=server.url("/")) as session:
                session.sign_in()
            assert ("chmod 600" in caplog.text) is (mode == 0o640)


# What is kept


def kept(site, path: Path, vault: Vault) -> Session:
    with Session(CookieLogin(path, **MARK), base_url=site.url, state_dir=vault) as session:
        session.sign_in()
        session.get("/books")
    return session


def test_cookies_that_the_site_renews_are_kept_and_a_newer_export_goes_before_them(site, tmp_path):
    site.rotate_cookie, site.rotate_grace = True, 0
    vault, path = Vault(tmp_path / "vault"), export(site, tmp_path / "cookies.txt")
    assert [kept(site, path, vault).is_restored for _ in range(3)] == [False, True, True]
    export(site, path)
    assert [kept(site, path, vault).is_restored for _ in range(2)] == [False, True]
    path.unlink()
    assert kept(site, path, vault).is_restored, "what was taken over needs no file"
    site.sign_everyone_out()
    with pytest.raises(SecretMissing, match="cannot be read"):
        kept(site, path, vault)
    assert site.counts.logins == 2, "those of the browser"


def test_a_kept_session_that_has_ended_is_tried_from_the_file(site, tmp_path):
    vault, path = Vault(tmp_path / "vault"), export(site, tmp_path / "cookies.txt")
    kept(site, path, vault)
    site.sign_everyone_out()
    with pytest.raises(InteractionRequired):
        kept(site, path, vault)


# The local storage


def api(asked: Asked) -> Reply:
    is_in = asked.headers.get("Authorization") == "Bearer jwt-t0ken-8f3a90b1c2"
    return Reply(200 if is_in else 401, [("Content-Type", "application/json")], b'{"user": {"id": 7}}')


def storage(server: Any, **items: str) -> str:
    pairs = [{"name": name, "value": value} for name, value in items.items()]
    return json.dumps({"cookies": [], "origins": [{"origin": server.url(""), "localStorage": pairs}]})


@pytest.mark.parametrize("value", ["jwt-t0ken-8f3a90b1c2", '"jwt-t0ken-8f3a90b1c2"'])
def test_a_token_of_the_local_storage_goes_with_every_request_to_the_site_alone(tmp_path, value):
    with serving(api) as server, serving(api) as other:
        path = saved(tmp_path / "state.json", storage(server, jwt=value, theme="dark"))
        login = CookieLogin(path, token="jwt")
        with Session(login, base_url=server.url("/")) as session:
            assert session.get("/me").json() == {"user": {"id": 7}}
            session.get(other.url("/", host="localhost"))
            assert pickle.loads(pickle.dumps(login.authorization(session.tokens)))
        assert other.asked[0].headers.get("Authorization") is None


def test_a_token_that_is_not_there_is_told_with_what_is(tmp_path):
    with serving(api) as server:
        path = saved(tmp_path / "state.json", storage(server, theme="dark"))
        with (
            Session(CookieLogin(path, token="jwt"), base_url=server.url("/")) as session,
            pytest.raises(SecretMissing, match="has no 'jwt' in the site's local storage; it has theme"),
        ):
            session.get("/me")


# What goes wrong


@pytest.mark.parametrize(
    ("given", "error", "says"),
    [
        (lambda: 7, ConfigError, "gave a int; let it give a cookie jar"),
        (lambda: {"sid": "v4lue"}, ConfigError, r"belong to an origin.*not \{'sid': \.\.\.\}"),
        (lambda: Path("/nowhere/cookies.txt"), SecretMissing, "/nowhere/cookies.txt cannot be read: No such"),
        (lambda: "sid v4lue", ConfigError, "cannot be used: Line 1 of the cookies.txt"),
        (
            Browser("lynx"),
            ConfigError,
            "The cookies of the browser lynx cannot be read: unknown browser: lynx",
        ),
        (
            Browser("firefox", "/nowhere"),
            ConfigError,
            "firefox, profile /nowhere cannot be read: could not find",
        ),
    ],
)
def test_what_is_given_wrongly_is_told_without_a_value(given, error, says):
    with serving(members) as server, Session(CookieLogin(given), base_url=server.url("/")) as session:
        with pytest.raises(error, match=says) as caught:
            session.get("/")
        assert "v4lue" not in str(caught.value)


def test_no_login_shows_what_it_holds():
    jar = requests.Session().cookies
    jar.set("sid", "v4lue-8f3a90b1c2", domain="shop.example")
    given = [
        jar,
        lambda: "v4lue",
        {"https://shop.example": {"sid": "v4lue"}},
        Path("cookies.txt"),
        env("COOKIES"),
    ]
    shown = [repr(CookieLogin(source)) for source in given]
    assert "v4lue" not in repr(shown)
    assert "v4lue" not in repr([vars(CookieLogin(source)) for source in given])
    assert shown[0] == "CookieLogin('the cookie jar')"
    assert shown[3:] == ["CookieLogin('cookies.txt')", "CookieLogin(\"env('COOKIES')\")"]


@pytest.mark.parametrize("text", ["sid=v4lue", "a.example\tTRUE\t/", '{"cookies": []}'])
def test_cookies_given_as_text_are_refused_at_once(text):
    with pytest.raises(ConfigError, match="takes the name of a file") as caught:
        CookieLogin(text)
    assert "v4lue" not in str(caught.value)


def test_a_session_that_names_no_site_sends_nothing():
    for login in (CookieLogin("cookies.txt"), FormLogin("/login", fill(username="a", password="b"))):
        with Session(login) as session, pytest.raises(ConfigError, match="no base_url"):
            session.get("http://127.0.0.1:1/")


def test_a_site_that_does_not_answer_is_no_ended_session(tmp_path):
    path = saved(tmp_path / "cookies.txt", line())
    with serving(members) as server:
        url = server.url("/")
    with Session(CookieLogin(path, logged_in="a.out"), base_url=url, retry=1) as session:
        with pytest.raises(LoginError, match="did not get through") as caught:
            session.get("/")
        assert not isinstance(caught.value, InteractionRequired)


# Installed browsers; never is yt-dlp imported here, as it changes requests

needs_yt_dlp = pytest.mark.skipif(find_spec("yt_dlp") is None, reason="yt-dlp is not installed")

FIREFOX = """
PRAGMA user_version = 16;
CREATE TABLE moz_cookies (id INTEGER PRIMARY KEY, originAttributes TEXT NOT NULL DEFAULT '', name TEXT,
 value TEXT, host TEXT, path TEXT, expiry INTEGER, lastAccessed INTEGER, creationTime INTEGER,
 isSecure INTEGER, isHttpOnly INTEGER, sameSite INTEGER DEFAULT 0);
"""


def firefox(folder: Path, cookies: list[tuple[str, str, str, int, str]]) -> Path:
    """Make a profile as Firefox keeps it: expiry in milliseconds, containers in the attributes."""
    folder.mkdir(parents=True)
    base = sqlite3.connect(folder / "cookies.sqlite")
    base.executescript(FIREFOX)
    base.executemany(
        "INSERT INTO moz_cookies (host, name, value, path, expiry, isSecure, originAttributes) "
        "VALUES (?, ?, ?, '/', ?, 0, ?)",
        cookies,
    )
    base.commit()
    base.close()
    return folder


@needs_yt_dlp
def test_the_profile_of_a_firefox_signs_in_and_stays_as_it_is(tmp_path):
    in_an_hour = int(time.time() + 3700) * 1000
    profile = firefox(
        tmp_path / "abc.default-release",
        [
            ("127.0.0.1", "sid", "v4lue-8f3a90b1c2", in_an_hour, ""),
            ("127.0.0.1", "sid", "of-another-account", in_an_hour, "^userContextId=2"),
            ("other.example", "sid", "x", in_an_hour, ""),
        ],
    )
    before = (profile / "cookies.sqlite").read_bytes()
    login = CookieLogin.from_browser("firefox", profile=str(profile), logged_in="a.out")
    assert repr(login) == f"CookieLogin('the browser firefox, profile {profile}')"
    with serving(members) as server, Session(login, base_url=server.url("/")) as session:
        assert "Sign out" in session.get("/").text
        [cookie] = session.cookies
        assert cookie.expires == in_an_hour / 1000
    assert (profile / "cookies.sqlite").read_bytes() == before


CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")


@needs_yt_dlp
@pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed")
def test_the_profile_of_a_chromium_signs_in(tmp_path):

    def answer(asked: Asked) -> Reply:
        if asked.path == "/enter":
            return html("<p>in</p>", 200, ("Set-Cookie", "sid=v4lue-8f3a90b1c2; Max-Age=7200; HttpOnly"))
        return members(asked)

    with serving(answer) as server:
        subprocess.run(
            [
                str(CHROMIUM), "--headless=new", "--no-sandbox", "--disable-gpu", "--password-store=basic",
                "--no-first-run", f"--user-data-dir={tmp_path / 'profile'}", "--dump-dom",
                server.url("/enter"),
            ],
            capture_output=True, check=True, timeout=120,
        )  # fmt: skip
        login = CookieLogin.from_browser("chromium", profile=str(tmp_path / "profile" / "Default"))
        with Session(login, base_url=server.url("/")) as session:
            assert "Sign out" in session.get("/").text
            [cookie] = session.cookies
            assert 3600 < (cookie.expires or 0) - time.time() <= 7200


@needs_yt_dlp
def test_a_kept_session_stands_in_for_a_browser_that_cannot_be_read_any_more(tmp_path):
    in_an_hour = int(time.time() + 3700) * 1000
    profile = firefox(tmp_path / "profile", [("127.0.0.1", "sid", "v4lue-8f3a90b1c2", in_an_hour, "")])
    login = CookieLogin.from_browser("firefox", profile=str(profile), logged_in="a.out")
    with serving(members) as server:
        with Session(login, base_url=server.url("/"), state_dir=tmp_path / "state") as session:
            session.sign_in()
        profile.rename(tmp_path / "gone")
        with Session(login, base_url=server.url("/"), state_dir=tmp_path / "state") as session:
            assert "Sign out" in session.get("/").text
            assert session.is_restored


def test_without_yt_dlp_it_says_how_to_get_it(monkeypatch):
    monkeypatch.setitem(sys.modules, "yt_dlp", None)
    with pytest.raises(ConfigError, match=r"pip install .*\[browser-cookies\]"):
        Browser("firefox")()
