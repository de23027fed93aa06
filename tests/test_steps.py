"""Logins written in code, step by step: short to write, and as careful as those that are declared."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import pytest

from scraper import (
    AccountLocked,
    CaptchaRequired,
    ConfigError,
    FormLogin,
    Login,
    LoginError,
    LoginFormNotFound,
    LoginRejected,
    LoginUnavailable,
    Request,
    Session,
    Spider,
    TokenLogin,
    Vault,
    crawl,
    fill,
    totp,
)
from scraper.crawl import visit
from scraper.executors import processes
from spiders.bookshop import Book
from tests.commands import ROOT
from tests.servers import Asked, Reply, Server, serving

PIN = "PIN-5830172946"


class Reader(Login):
    """The practice site's reader, password and then code."""

    account = "reader"

    def __init__(self, password: Any, seed: Any = None) -> None:
        super().__init__("/login", logged_in="a.logout")
        self.password, self.seed = password, seed

    def sign_in(self, session):
        page = session.open("/login")
        form = page.form("#login")
        page = session.submit(form, fill(username="reader", password=self.password), button="[value=login]")
        if page.url.endswith("/login/code"):
            page = session.submit(page.form("#code-form"), fill(code=totp(self.seed)))
        return page


class Shop(Spider):
    item = Book
    follow = ("article.book h3 a", "li.next a")
    concurrency = 8
    retry = 1


def test_two_steps_sign_in_and_prove_it(site):
    site.ask_totp = True
    with Session(Reader(site.password, site.totp_secret), base_url=site.url) as session:
        assert session.get("/account").status_code == 200
        assert session.account == "reader"
    assert site.counts.logins == 1


def test_a_wrong_password_is_submitted_once_in_all_runs(site, tmp_path):
    for _ in range(3):
        with (
            Session(Reader("a wrong guess"), base_url=site.url, state_dir=tmp_path / "vault") as session,
            pytest.raises(LoginRejected, match="Wrong user name or password"),
        ):
            session.get("/account")
    assert site.counts.login_attempts == 1


@pytest.mark.parametrize("number", [None, 2])
def test_an_expiry_in_mid_crawl_costs_one_sign_in_and_no_page(site, job, number):
    site.sign_out_after = 60
    spider = Shop(start_urls=[f"{site.url}/books"], login=Reader(site.password), max_pages=150)
    with crawl(spider, job, processes(visit, spider, number) if number else None) as job:
        titles = [data["upc"] for _, data in job.items()]
        assert len(titles) == len(set(titles)) > 100
        assert job.counts().failed == 0
        assert len(job.events("signed_in")) == site.counts.logins == site.counts.expiries + 1 > 1


def test_each_step_is_told_without_secrets(site, caplog):
    caplog.set_level(logging.INFO, "scraper.login")
    with Session(Reader(site.password), base_url=site.url) as session:
        session.sign_in()
    told = caplog.text
    assert "GET http" in told
    assert "Filled 'password', known by its name, from '***'" in told
    assert "Carried along: csrf" in told
    assert "Pressed 'Sign in'" in told
    assert site.password not in told


# Smaller worlds


class Bank:
    """Asks for a name, then for a PIN; `answer` says what the PIN is answered with."""

    def __init__(self) -> None:
        self.first, self.action, self.extra = "name", "/pin", ""
        self.answer = Reply(303, [("Location", "/home"), ("Set-Cookie", "sid=1")])
        self.server: Server

    def __call__(self, asked: Asked) -> Reply:
        if asked.target == ("POST", "/pin"):
            is_right = f"pin={PIN}".encode() in asked.body
            return self.answer if is_right else html("<p role=alert>Wrong PIN.</p>" + self.form("pin"))
        if asked.target == ("POST", "/name"):
            return html(self.form("pin"))
        if asked.path == "/home":
            is_in = "sid=1" in asked.headers.get("Cookie", "")
            return html("<a class=out href=/logout>Sign out</a>" if is_in else "<p>Hello stranger</p>")
        return html(self.form(self.first)) if asked.path == "/login" else Reply(404)

    def form(self, name: str) -> str:
        kind, action = ("password", self.action) if name == "pin" else ("text", "/name")
        field = f"<input type={kind} name={name}>{self.extra}"
        return f"<form id={name} method=post action={action}>{field}</form>"

    @property
    def pins(self) -> int:
        return [asked.target for asked in self.server.asked].count(("POST", "/pin"))


class BankLogin(Login):
    def sign_in(self, session):
        page = session.open("/login")
        page = session.submit(page.form("#name"), fill(name="ada"))
        return session.submit(page.form("#pin"), fill(pin=self.pin))

    pin: Any = PIN


def html(text: str, status: int = 200) -> Reply:
    return Reply(status, [("Content-Type", "text/html")], text.encode())


@pytest.fixture
def bank() -> Iterator[Bank]:
    bank = Bank()
    with serving(bank) as bank.server:
        yield bank


def signed_in(bank: Bank, steps: Callable[..., Any] | None = None, **options: Any) -> Session:
    login = BankLogin("/login", logged_in="a.out", origins=options.pop("origins", ()))
    if steps is not None:
        login.sign_in = steps
    with Session(login, base_url=bank.server.url("/home"), retry=3, **options) as session:
        session.sign_in()
    return session


def test_a_name_and_a_pin_on_two_pages(bank):
    assert signed_in(bank).epoch == 1


@pytest.mark.parametrize(
    "login",
    [
        BankLogin,
        partial(FormLogin, "/login", fill(username="ada", password=PIN)),
        partial(TokenLogin, "g1ven-token"),
    ],
)
def test_an_argument_that_is_none_is_named_and_not_left_out(login):
    with pytest.raises(TypeError, match=r"^\w+Login\(\) got an unexpected keyword argument 'loged_in'$"):
        login(loged_in="a.out")


def test_one_sign_in_of_two_secrets_counts_once(bank, tmp_path):
    """Two sign-ins within an hour may come to nothing; a second page with a secret is no second sign-in."""
    vault, bank.first, bank.answer = Vault(tmp_path / "vault"), "word", html("<p>nothing to see</p>")

    def steps(session):
        page = session.open("/login")
        page = session.submit(page.form("#word"), fill(word="a memorable one"))
        return session.submit(page.form("#pin"), fill(pin=PIN))

    for _ in range(2):
        with pytest.raises(LoginError, match=r"do not show 'a\.out'"):
            signed_in(bank, steps, state_dir=vault)
    assert bank.pins == 2


def test_a_submit_whose_answer_is_lost_is_not_sent_again(bank):
    bank.answer = Reply(303, [("Location", "http://127.0.0.1:1/")])
    with pytest.raises(LoginUnavailable):
        signed_in(bank)
    assert bank.pins == 1


def test_what_is_filled_in_by_hand_counts_too(bank, tmp_path):
    def steps(session):
        page = session.open("/login")
        page = session.submit(page.form("#name"), fill(name="ada"))
        form = page.form("#pin")
        form["pin"] = "wrong-1234567"
        return session.submit(form)

    for _ in range(2):
        with pytest.raises(LoginRejected):
            signed_in(bank, steps, state_dir=tmp_path / "vault")
    assert bank.pins == 1


def test_a_secret_goes_to_no_other_origin(bank):
    with serving(lambda asked: html("thanks")) as other:
        bank.action = other.url("/pin")
        with pytest.raises(LoginError, match=r"send the password to .*origins="):
            signed_in(bank)
        assert other.asked == []


def test_a_captcha_is_seen_before_anything_is_sent(bank):
    bank.extra = "<div class=g-recaptcha></div>"
    with pytest.raises(CaptchaRequired, match="reCAPTCHA"):
        signed_in(bank)
    assert bank.pins == 0


def test_an_account_that_is_locked_is_said_to_be(bank):
    bank.answer = html("locked", 423)
    with pytest.raises(AccountLocked):
        signed_in(bank)


def test_links_are_opened_and_forms_pressed(bank):
    def steps(session):
        page = session.open(Request(session.absolute("/login")))
        page = session.open(page.follow("/login"))
        return session.submit(page.form("#name"))

    with pytest.raises(LoginError, match="do not show"):
        signed_in(bank, steps)
    assert [asked.target for asked in bank.server.asked][:3] == [
        ("GET", "/login"), ("GET", "/login"), ("POST", "/name"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("error", "says", "steps"),
    [
        (ConfigError, "sign_in returned None; let it return the page", lambda session: None),
        (ConfigError, r"session.open and session.submit.*not by session.get", lambda s: s.get("/login")),
        (ConfigError, "not by session.post", lambda s: s.post("/pin", data={"pin": PIN})),
        (
            LoginFormNotFound,
            "has no field 'user'; it has name",
            lambda s: s.submit(s.open("/login").form("#name"), fill(user="ada")),
        ),
        (
            LoginFormNotFound,
            "has no button 'b.go'",
            lambda s: s.submit(s.open("/login").form("#name"), fill(name="ada"), button="b.go"),
        ),
        (ConfigError, "has no form '#pin'; it has", lambda s: s.submit(s.open("/login").form("#pin"))),
        (LoginUnavailable, "answered 404", lambda s: s.open("/gone")),
    ],
)
def test_common_mistakes_are_told(bank, error, says, steps):
    with pytest.raises(error, match=says):
        signed_in(bank, steps)
    assert bank.pins == 0


def test_a_form_of_another_page_is_refused(bank):
    from tests.pages import page

    foreign = page("<form id=pin method=post><input name=pin type=password></form>").form("#pin")
    with pytest.raises(ConfigError, match="is on no page that this sign-in has opened"):
        signed_in(bank, lambda session: session.submit(foreign, fill(pin=PIN)))


def test_open_and_submit_are_for_signing_in(bank):
    with (
        Session(base_url=bank.server.url("/")) as session,
        pytest.raises(ConfigError, match=r"steps of Login\.sign_in"),
    ):
        session.open("/login")


def test_the_login_of_the_documentation_gives_the_digits_that_are_asked_for(bank, monkeypatch):
    documentation = (ROOT / "docs" / "login.md").read_text(encoding="utf-8")
    [code] = re.findall(r"```python\n(from scraper import Login, .*?)```", documentation, re.DOTALL)
    names: dict[str, Any] = {}
    exec(code, names)
    monkeypatch.setenv("BANK_PIN", "583017")
    field = "<form id={} method=post action=/{}><p class=asked>digits 3 and 5</p><input name={}></form>"

    def answer(asked: Asked) -> Reply:
        if asked.target == ("POST", "/name"):
            return html(field.format("digits", "pin", "digits"))
        if asked.target == ("POST", "/pin"):
            return bank.answer if asked.body == b"digits=31" else html("no", 401)
        return html(field.format("customer", "name", "customer")) if asked.path == "/login" else bank(asked)

    bank.server.answer = answer
    names["login"].logged_in = "a.out"
    with Session(names["login"], base_url=bank.server.url("/home")) as session:
        session.sign_in()
        assert session.account == "ada"
