"""Notes behind a password and a code that is accepted once: the accounts are django-allauth's."""

from __future__ import annotations

import pyotp
import pytest
import requests
from bs4 import BeautifulSoup

from scraper import CodeRequired, FormLogin, LoginRejected, RateLimited, crawl, fill, totp

pytest.importorskip("allauth.mfa")

from .allauth_totp import BOB, AllauthTotp

PERIOD = 2
"""Seconds that a code lasts here: whoever has used one waits for the next."""

TRIES = 5
"""How many wrong passwords lock an address."""


@pytest.fixture(scope="module")
def running(tmp_path_factory):
    with AllauthTotp(tmp_path_factory.mktemp("allauth"), totp_period=PERIOD) as app:
        yield app


@pytest.fixture
def app(running):
    running.forget()
    return running


@pytest.fixture
def notes(app, spider_for):
    """The spider, whose codes last as long as the application's."""
    spider = spider_for(app)
    code = totp(app.totp_secret, interval=PERIOD)
    spider.login = FormLogin(spider.login.url, fill(**{**spider.login.fill, "code": code}))
    return spider


def test_the_application_lets_nobody_in_by_a_password_alone_nor_twice_by_a_code(app):
    code = pyotp.TOTP(app.totp_secret, interval=PERIOD).now()
    for _ in range(2):
        with requests.Session() as browser:
            asked_for_code = sign_in(browser, app, app.username, app.password)
            assert asked_for_code.url == f"{app.url}/accounts/2fa/authenticate/"
            assert not browser.get(f"{app.url}/notes/").url.endswith("/notes/")
            browser.post(asked_for_code.url, {**hidden(asked_for_code), "code": code})
    assert (app.logins, app.failed_codes) == (1, 1)


def test_every_note_comes_with_one_sign_in(tmp_path, job, spider_for):
    with AllauthTotp(tmp_path) as app:
        crawl(spider_for(app)(), job)
        assert whole(job)
        assert (app.logins, app.failed_logins, app.failed_codes) == (1, 0, 0)
    assert (job.counts().done, job.counts().failed) == (5, 0)


@pytest.mark.parametrize("pages", [1, 4])
def test_an_expiry_in_mid_crawl_costs_one_sign_in_with_a_fresh_code_and_no_note(
    app, job, notes, interrupted, pages
):
    crawl(interrupted(notes, app.expire_sessions, after=pages)(), job)
    assert whole(job)
    assert (app.logins, app.failed_logins, app.failed_codes) == (2, 0, 0)


def test_an_account_without_a_second_factor_signs_in_by_the_same_spider(app, job, spider_for):
    crawl(spider_for(app, APP_USER=BOB.email, APP_PASSWORD=BOB.password)(), job)
    assert whole(job)
    assert app.logins == 1


def test_a_wrong_password_is_rejected_after_one_attempt_in_the_site_s_own_words(app, job, spider_for):
    with pytest.raises(
        LoginRejected, match="The email address and/or password you specified are not correct"
    ):
        crawl(spider_for(app, APP_PASSWORD="wrong horse")(), job)
    assert (app.logins, app.failed_logins) == (0, 1)


def test_a_wrong_code_is_rejected_after_one_attempt_in_the_site_s_own_words(app, job, spider_for):
    with pytest.raises(LoginRejected, match="Incorrect code"):
        crawl(spider_for(app, APP_TOTP=pyotp.random_base32())(), job)
    assert (app.logins, app.failed_logins, app.failed_codes) == (0, 0, 1)


def test_a_code_that_nobody_can_make_needs_a_person(app, job, notes):
    with_code = notes.login.fill
    notes.login = FormLogin(
        notes.login.url, fill(**{name: with_code[name] for name in ("username", "password")})
    )
    with pytest.raises(CodeRequired, match="one-time code"):
        crawl(notes(), job)
    assert (app.logins, app.failed_codes) == (0, 0)


def test_too_many_failures_are_told_from_a_wrong_password(app, job, notes):
    with requests.Session() as browser:
        for _ in range(TRIES):
            sign_in(browser, app, app.username, "wrong horse")
    with pytest.raises(RateLimited, match="Too many failed login attempts"):
        crawl(notes(), job)
    assert (app.logins, app.failed_logins) == (0, TRIES + 1)


def test_the_link_that_signs_out_is_not_followed(app, job, notes):
    notes.follow = "a"
    crawl(notes(), job)
    assert whole(job)
    assert app.logins == 1


def whole(job) -> bool:
    """Whether the job has every note, once."""
    texts = [data["text"] for _, data in job.items()]
    return sorted(texts) == sorted(
        f"Note {number}: keep <this> & that to yourself" for number in range(1, 43)
    )


def sign_in(browser, app, username, password) -> requests.Response:
    page = browser.get(f"{app.url}/accounts/login/")
    return browser.post(page.url, {**hidden(page), "login": username, "password": password})


def hidden(page) -> dict[str, str]:
    fields = BeautifulSoup(page.text, "lxml").select("form")[0].select("input[type=hidden]")
    return {field["name"]: field["value"] for field in fields}
