"""A list that Apache guards by a form at each of its addresses, with status 401."""

from __future__ import annotations

import pytest
import requests

from scraper import LoginRejected, crawl

from .apache_form import ApacheForm, missing

pytestmark = pytest.mark.skipif(bool(missing()), reason=missing())


@pytest.fixture(scope="module")
def running():
    with ApacheForm() as app:
        yield app


@pytest.fixture
def app(running):
    running.forget()
    return running


def test_the_application_takes_the_form_at_the_address_that_was_asked_for(app):
    with requests.Session() as browser:
        refusal = browser.get(f"{app.url}/list3.html")
        assert (refusal.status_code, refusal.headers.get("WWW-Authenticate")) == (401, None)
        assert browser.post(refusal.url, {**account(app), "httpd_password": "wrong"}).text == refusal.text
        assert "Bottle 19" in browser.post(refusal.url, account(app)).text
        assert browser.get(refusal.url).status_code == 200
    assert (app.logins, app.failed_logins) == (1, 1)


def test_a_cookie_that_the_application_cannot_read_keeps_a_sign_in_from_lasting(app):
    url = f"{app.url}/list3.html"
    with requests.Session() as browser:
        browser.post(url, account(app))
        app.expire_sessions()
        assert browser.post(url, account(app)).status_code == 200
        assert browser.get(url).status_code == 401
        browser.cookies.clear()
        browser.post(url, account(app))
        assert browser.get(url).status_code == 200


def test_every_bottle_comes_with_one_sign_in(app, job, spider_for):
    crawl(spider_for(app)(), job)
    assert whole(job)
    assert (app.logins, app.failed_logins) == (1, 0)
    assert (job.counts().done, job.counts().failed) == (4, 0)


@pytest.mark.parametrize("pages", [1, 3])
def test_another_passphrase_in_mid_crawl_costs_one_sign_in_and_no_bottle(
    app, job, spider_for, interrupted, pages
):
    crawl(interrupted(spider_for(app), app.expire_sessions, after=pages)(), job)
    assert whole(job)
    assert (app.logins, app.failed_logins) == (2, 0)


def test_a_wrong_password_is_rejected_after_one_attempt(app, job, spider_for):
    with pytest.raises(LoginRejected, match=r"/list1\.html did not accept"):
        crawl(spider_for(app, APP_PASSWORD="wrong horse")(), job)
    assert (app.logins, app.failed_logins) == (0, 1)


def test_the_link_that_signs_out_is_not_followed(app, job, spider_for):
    spider = spider_for(app)
    spider.follow = "a"
    crawl(spider(), job)
    assert whole(job)
    assert app.logins == 1


def account(app) -> dict[str, str]:
    return {"httpd_username": app.username, "httpd_password": app.password}


def whole(job) -> bool:
    """Whether the job has every bottle, once."""
    texts = [data["text"] for _, data in job.items()]
    return sorted(texts) == sorted(f"Bottle {number} & glass" for number in range(1, 37))
