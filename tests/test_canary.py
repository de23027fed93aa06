"""Secrets planted everywhere, and looked for everywhere: none leaves the program."""

from __future__ import annotations

import base64
import html
import json
import shutil
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from urllib.parse import quote, quote_plus

import pytest

from examples.site import MEMBERS, READER
from scraper import FormLogin, Session, fill
from scraper.redact import redact_bytes
from tests.api import PASSWORD as PASSWORD_OF_API
from tests.api import Api, answer, levered, running
from tests.certificates import Authority
from tests.commands import ROOT, scraper
from tests.http_sites import HTML, PAGE, BasicSite, DigestSite
from tests.ntlm_site import serving_ntlm
from tests.oauth_site import CLIENT, SECRET
from tests.oauth_site import running as oauth_site
from tests.servers import Answer, Reply, serving

PASSWORD = 'c4nary "p&ss" \\wörd/+%'
SEED = "JBSWY3DPEHPK3PXPJBSWY3DPCANARY"
TOKEN = "tok-c4nary-8f3a90b1c2"

SPIDER = f"""
import logging
from pathlib import Path

from scraper import Credentials, Secret, Session, env
from scraper.redact import redact_bytes
from spiders.bookshop import Bookshop

log = logging.getLogger("shop.spider")
seed = Secret({SEED!r})


class Canary(Bookshop):
    page = 0

    def opened(self):
        super().opened()
        self.session.auth = Credentials(self.start_urls[0], headers={{"X-Api-Key": env("API_TOKEN")}})

    def parse(self, response):
        yield from super().parse(response)
        self.page += 1
        if self.page == 3:
            cookies = self.session.cookies.get_dict()
            Path("saved.html").write_bytes(redact_bytes(response.content + repr(cookies).encode()))
            log.error("cookies %s, seed %s, %r", cookies, seed.reveal(), self.login)
        if self.page > 4:
            secret = self.session.cookies["session"]
            self.session.get(f"/search?token={{env('API_TOKEN')().reveal()}}")
            secrets = [env('SHOP_PASSWORD')().reveal(), secret, seed.reveal()]
            raise ValueError("crash with " + " and ".join(secrets))
"""


def forms(secret: str) -> set[bytes]:
    """Return the ways in which a secret may show."""
    data = secret.encode()
    texts = {
        secret,
        quote(secret),
        quote(secret, safe=""),
        quote_plus(secret),
        json.dumps(secret)[1:-1],
        json.dumps(secret, ensure_ascii=False)[1:-1],
        repr(secret)[1:-1],
        repr(data.decode("latin-1"))[1:-1],
        html.escape(secret),
        html.escape(secret, quote=False),
        base64.b64encode(data).decode().rstrip("="),
        base64.b64encode(b"reader:" + data).decode().rstrip("="),
        base64.urlsafe_b64encode(data).decode().rstrip("="),
    }
    return {text.encode() for text in texts}


def leaks(place: bytes, secrets: list[str]) -> list[bytes]:
    return [form for secret in secrets for form in forms(secret) if form in place]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "spiders").mkdir()
    shutil.copy(ROOT / "spiders" / "bookshop.py", tmp_path / "spiders")
    (tmp_path / "spiders" / "canary.py").write_text(SPIDER, encoding="utf-8")
    return tmp_path


def everything(folder: Path, *outputs: str) -> bytes:
    """Return all that a run left behind: its streams and every file but the spider itself."""
    files = [path for path in folder.rglob("*") if path.is_file() and "spiders" not in path.parts]
    return b"\0".join([*(path.read_bytes() for path in files), *(text.encode() for text in outputs)])


def test_a_crawl_with_debug_logs_and_crashes_leaks_nothing(folder, site, monkeypatch):
    monkeypatch.setitem(MEMBERS, "reader", replace(READER, password=PASSWORD))
    done = scraper(
        "run", "canary", "--log-level", "DEBUG", "-o", "books.csv", "-o", "-", "--max-pages", "8",
        cwd=folder, SHOP_URL=site.url, SHOP_PASSWORD=PASSWORD, API_TOKEN=TOKEN,
        XDG_STATE_HOME=str(folder / "state"),
    )  # fmt: skip
    assert done.returncode == 1
    assert "crash with ***" in done.stderr
    assert "cookies {" in done.stderr
    assert (folder / "saved.html").exists()
    [cookie] = site.sessions._by_id
    told = scraper("report", "canary", cwd=folder), scraper("why", f"{site.url}/books", cwd=folder)
    assert [one.returncode for one in told] == [0, 0]
    assert b"crash with ***" in (folder / "report.html").read_bytes()
    place = everything(folder, done.stdout, done.stderr, *(one.stdout + one.stderr for one in told))
    assert leaks(place, [PASSWORD, SEED, TOKEN, cookie]) == []


def test_a_login_that_fails_leaks_nothing(folder, site):
    done = scraper(
        "run", "canary", "--log-level", "DEBUG", cwd=folder, SHOP_URL=site.url, SHOP_PASSWORD=PASSWORD,
        API_TOKEN=TOKEN,
    )  # fmt: skip
    assert done.returncode == 16
    assert leaks(everything(folder, done.stdout, done.stderr), [PASSWORD, SEED, TOKEN]) == []


LOGINS = {
    "cookies": """
from scraper import CookieLogin


class Canary(Canary):
    login = CookieLogin(env("SHOP_COOKIES"), logged_in="a.logout")
""",
    "steps": """
from scraper import Login, fill


class Steps(Login):
    def sign_in(self, session):
        form = session.open("/login").form("#login")
        return session.submit(form, fill(username="reader", password=env("SHOP_PASSWORD")))


class Canary(Canary):
    login = Steps("/login", logged_in="a.logout")
""",
}


@pytest.mark.parametrize("kind", LOGINS)
def test_no_other_way_to_sign_in_leaks_anything(kind, folder, site, monkeypatch):
    monkeypatch.setitem(MEMBERS, "reader", replace(READER, password=PASSWORD))
    with (folder / "spiders" / "canary.py").open("a", encoding="utf-8") as file:
        file.write(LOGINS[kind])
    login = FormLogin("/login", fill(username="reader", password=PASSWORD), logged_in="a.logout")
    with Session(login, base_url=site.url) as browser:
        browser.sign_in()
        exported, cookie = browser.cookies.to_netscape(), browser.cookies["session"]
    for is_over in (False, True):
        done = scraper(
            "run", "canary", "--log-level", "DEBUG", "-o", "-", "--max-pages", "8", cwd=folder,
            SHOP_URL=site.url, SHOP_PASSWORD=PASSWORD, API_TOKEN=TOKEN, SHOP_COOKIES=exported,
            SCRAPER_STATE_DIR=f"{folder}-state",
        )  # fmt: skip
        assert done.returncode == (75 if is_over and kind == "cookies" else 1), done.stderr
        cookies = [cookie, *site.sessions._by_id]
        assert leaks(everything(folder, done.stdout, done.stderr), [PASSWORD, SEED, TOKEN, *cookies]) == []
        site.sign_everyone_out()


KINDS = {
    "basic": "BasicLogin('reader', env('SHOP_PASSWORD'))",
    "digest": "DigestLogin('reader', env('SHOP_PASSWORD'))",
    "ntlm": "NtlmLogin('DOMAIN\\\\reader', env('SHOP_PASSWORD'))",
    "certificate": "ClientCertLogin('pki/banker.crt', 'pki/banker.enc.key', password=env('SHOP_PASSWORD'))",
}

DIRECT = """
import logging

from scraper import BasicLogin, ClientCertLogin, DigestLogin, NtlmLogin, Spider, env

log = logging.getLogger("shop.spider")


class Direct(Spider):
    start_urls = [URL]
    login = LOGIN
    verify = "pki/ca.crt"
    retry = 1

    def parse(self, response):
        request = dict(response.request.headers)
        carried = self.session.travelling()["authorization"]
        log.error("state %s, login %r", self.session.state(), self.login)
        parts = [vars(part) for part in vars(carried).values() if hasattr(part, "__dict__")]
        log.error("carried %r %s %s", carried, vars(carried), parts)
        answer = self.session.get(response.url)
        log.error("headers %s %s", answer.request.headers, request)
        raise ValueError("crash with " + env("SHOP_PASSWORD")().reveal())
"""


@contextmanager
def direct(kind: str, folder: Path) -> Iterator[str]:
    """Run a site of a kind, at which `PASSWORD` is right, and give its address."""
    authority = Authority(folder / "pki", PASSWORD)
    authority.issue("banker")
    if kind == "ntlm":
        pytest.importorskip("spnego", reason="pyspnego is not installed")
        with serving_ntlm(folder / "accounts", f"DOMAIN:reader:{PASSWORD}") as ntlm:
            yield ntlm.url()
        return
    answers: dict[str, Answer] = {
        "basic": BasicSite("reader", PASSWORD),
        "digest": DigestSite("reader", PASSWORD),
        "certificate": lambda asked: Reply(200 if asked.certificate else 400, [HTML], PAGE),
    }
    context = authority.context(ssl.CERT_OPTIONAL) if kind == "certificate" else None
    with serving(answers[kind], context=context) as server:
        yield server.url()


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    ("secret", "more"),
    [(PASSWORD, ()), (PASSWORD, ("--processes", "2")), (f"wrong {PASSWORD}", ())],
    ids=["right", "right, in processes", "wrong"],
)
def test_no_kind_of_login_leaks(kind, secret, more, tmp_path, tmp_path_factory, monkeypatch):
    keys = tmp_path_factory.mktemp("keys")
    (keys / "pki").mkdir()
    (tmp_path / "spiders").mkdir()
    monkeypatch.setenv("NTLM_USER_FILE", str(keys / "accounts"))
    with direct(kind, keys) as url:
        text = DIRECT.replace("URL", repr(url)).replace("LOGIN", KINDS[kind])
        text = text.replace("pki/", f"{keys}/pki/")
        (tmp_path / "spiders" / "direct.py").write_text(text, encoding="utf-8")
        state = {"SHOP_PASSWORD": secret, "SCRAPER_STATE_DIR": str(tmp_path / "state")}
        done = scraper("run", "direct", "--log-level", "DEBUG", "-o", "-", *more, cwd=tmp_path, **state)
        told = scraper("login", "direct", "--explain", "--forget", cwd=tmp_path, **state)
    is_right = secret == PASSWORD
    assert done.returncode == (1 if is_right else 2 if kind == "certificate" else 16), done.stderr
    assert ("crash with ***" in done.stderr) == is_right
    place = everything(tmp_path, done.stdout, done.stderr, told.stdout, told.stderr)
    key = (keys / "pki" / "banker.enc.key").read_text().splitlines()[1:-1]
    assert leaks(place, [secret, *key]) == []


def test_an_error_nobody_expected_leaks_nothing(folder, site):
    spider = (folder / "spiders" / "canary.py").read_text(encoding="utf-8")
    broken = spider.replace("super().opened()", "raise RuntimeError(env('SHOP_PASSWORD')().reveal())", 1)
    (folder / "spiders" / "canary.py").write_text(broken, encoding="utf-8")
    done = scraper("run", "canary", cwd=folder, SHOP_URL=site.url, SHOP_PASSWORD=PASSWORD)
    assert "RuntimeError: ***" in done.stderr
    assert leaks(everything(folder, done.stderr), [PASSWORD]) == []


QUITTING = """
import os
import sys
import threading

from scraper import Spider, env


class Quitting(Spider):
    start_urls = [os.environ["URL"]]
    obey_robots = False
    retry = 1

    def parse(self, response):
        thread = threading.Thread(target=self.crash)
        thread.start()
        thread.join()
        sys.exit("enough of " + env("API_TOKEN")().reveal())

    def crash(self):
        raise ValueError("crash with " + env("API_TOKEN")().reveal())
"""


@pytest.mark.parametrize("more", [(), ("--processes", "2")])
def test_a_spider_that_ends_the_program_and_a_thread_that_crashes_leak_nothing(more, folder):
    (folder / "spiders" / "quitting.py").write_text(QUITTING, encoding="utf-8")
    with serving(lambda asked: Reply(200, [HTML], PAGE)) as server:
        done = scraper("run", "quitting", *more, cwd=folder, URL=server.url(), API_TOKEN=TOKEN)
    assert done.returncode == 1
    assert "ValueError: crash with ***" in done.stderr
    assert "enough of ***" in done.stderr
    assert leaks(everything(folder, done.stdout, done.stderr), [TOKEN]) == []


API_SPIDER = """
import logging
import os

from scraper import JsonLogin, Spider, TokenLogin, env

log = logging.getLogger("api.spider")
SITE = os.environ["API_URL"]


class Api(Spider):
    start_urls = tuple(f"{SITE}/items/{n}" for n in range(6))
    login = JsonLogin(
        "/auth/login",
        json={"email": "ada@shop.example", "password": env("API_PASSWORD")},
        token=os.environ.get("API_PATH", "data.access_token"),
        refresh="/auth/refresh",
    )

    def parse(self, response):
        tokens = dict(self.session.tokens)
        log.error("%r has %s and sends %s", self.login, tokens, vars(self.session._authorization))
        raise ValueError(f"crash with {tokens} and {env('API_PASSWORD')().reveal()}")


class Given(Api):
    login = TokenLogin(env("API_TOKEN"), query="token")

    def parse(self, response):
        log.error("%r sends %s to %s", self.login, vars(self.session._authorization), response.url)
        self.session.get("/items/7")
        raise ValueError(f"crash with {env('API_TOKEN')().reveal()}")
"""


@pytest.fixture
def api(folder: Path) -> Iterator[Api]:
    (folder / "spiders" / "api.py").write_text(API_SPIDER, encoding="utf-8")
    with running() as api:
        yield api


@pytest.mark.parametrize("more", [(), ("--processes", "2")])
def test_tokens_that_are_granted_and_renewed_do_not_leak(folder, api, more):
    levered(api, "/items/3", api.expire)
    done = scraper(
        "run", "api", "--log-level", "DEBUG", "-o", "items.csv", *more,
        cwd=folder, API_URL=api.url(""), API_PASSWORD=PASSWORD_OF_API,
    )  # fmt: skip
    assert done.returncode == 1
    assert "crash with {" in done.stderr
    assert (api.logins, api.refreshes) == (1, 1)
    secrets = [f"{kind}-token-{n:08}" for kind in ("acc3ss", "r3fresh") for n in (1, 2)]
    assert leaks(everything(folder, done.stdout, done.stderr), [PASSWORD_OF_API, *secrets]) == []


@pytest.mark.parametrize("more", [(), ("--processes", "2")])
def test_a_token_that_was_given_does_not_leak_even_from_addresses(folder, api, more):
    usual = api.server.answer
    api.server.answer = lambda asked: answer({}) if f"token={TOKEN}" in asked.path else usual(asked)
    done = scraper(
        "run", "given", "--log-level", "DEBUG", "-o", "items.csv", *more,
        cwd=folder, API_URL=api.url(""), API_TOKEN=TOKEN,
    )  # fmt: skip
    assert done.returncode == 1
    assert "crash with ***" in done.stderr
    assert leaks(everything(folder, done.stdout, done.stderr), [TOKEN]) == []


@pytest.mark.parametrize("password", [PASSWORD_OF_API, "an0ther-word"])
def test_an_api_that_does_not_sign_in_leaks_nothing_by_its_answer(folder, api, password):
    done = scraper(
        "login", "api", "--explain", "--log-level", "DEBUG",
        cwd=folder, API_URL=api.url(""), API_PASSWORD=password, API_PATH="data.jwt",
    )  # fmt: skip
    assert done.returncode == 16
    secrets = [password, "acc3ss-token-00000001", "r3fresh-token-00000001"]
    assert leaks(everything(folder, done.stdout, done.stderr), secrets) == []


OAUTH_SPIDER = """
import logging
import os

from scraper import FormLogin, OAuth2Login, Spider, env, fill

log = logging.getLogger("oauth.spider")
SITE, WAY = os.environ["API_URL"], os.environ["WAY"]
PERSON = {"username": "ada", "password": env("SSO_PASSWORD")}


class Member(Spider):
    start_urls = tuple(f"{SITE}/items/{n}" for n in range(6))
    login = OAuth2Login(
        os.environ["SSO_URL"],
        client_id=env("SSO_ID"),
        client_secret=env("SSO_SECRET"),
        client_auth="post" if WAY == "walk" else "basic",
        **{"client": {}, "password": PERSON, "walk": {"walk": FormLogin("/signin", fill(**PERSON))}}[WAY],
    )

    def parse(self, response):
        tokens = dict(self.session.tokens)
        log.error("%r has %s and sends %s", self.login, tokens, vars(self.session._authorization))
        log.error("state %s", self.session.state())
        raise ValueError(f"crash with {tokens} and {env('SSO_SECRET')().reveal()}")
"""


@pytest.mark.parametrize("way", ["client", "password", "walk"])
@pytest.mark.parametrize("is_right", [True, False])
def test_no_grant_of_oauth_leaks(way, is_right, folder):
    pytest.importorskip("oauthlib", reason="oauthlib is not installed")
    (folder / "spiders" / "member.py").write_text(OAUTH_SPIDER, encoding="utf-8")
    password, secret = (PASSWORD_OF_API, SECRET) if is_right else ("an0ther-word", "an0ther s3cret:+%/word")
    with oauth_site() as site:
        levered(SimpleNamespace(server=site.api), "/items/3", site.expire)
        where = {
            "API_URL": site.api.url(""), "SSO_URL": site.issuer, "WAY": way, "SSO_ID": CLIENT,
            "SSO_SECRET": secret, "SSO_PASSWORD": password, "SCRAPER_STATE_DIR": f"{folder}-state",
        }  # fmt: skip
        done = scraper("run", "member", "--log-level", "DEBUG", "-o", "-", cwd=folder, **where)
        told = scraper("login", "member", "--fresh", "--explain", cwd=folder, **where)
    assert done.returncode == (1 if is_right else 16), done.stderr
    assert ("crash with {" in done.stderr) == is_right
    secrets = [password, secret, *site.handed_out]
    assert bool(site.handed_out) == is_right
    assert leaks(everything(folder, done.stdout, done.stderr, told.stdout, told.stderr), secrets) == []


def test_the_canary_would_be_seen():
    assert len(forms(PASSWORD)) >= 9
    for form in forms(PASSWORD):
        assert leaks(b"..." + form + b"...", [PASSWORD])
    assert redact_bytes(PASSWORD.encode()) == PASSWORD.encode(), "not registered in this process"
