"""Single sign-on: an OpenID Connect provider on another origin sends back to the site by a form."""

from __future__ import annotations

from urllib.parse import urljoin

import pytest
import requests
from bs4 import BeautifulSoup

from scraper import FormLogin, LoginError, LoginRejected, crawl

from .oidc_sso import OidcSso, missing

pytestmark = pytest.mark.skipif(bool(missing()), reason=missing())


@pytest.fixture(scope="module")
def running(tmp_path_factory):
    with OidcSso(tmp_path_factory.mktemp("oidc")) as app:
        yield app


@pytest.fixture
def app(running):
    running.forget()
    return running


def test_the_application_takes_three_forms_on_two_origins_the_last_of_which_a_script_sends(app):
    with requests.Session() as browser:
        browser.trust_env = False
        page = browser.get(f"{app.url}/folios")
        for form, values in [
            ("form.login", {"login": app.username, "password": app.password}),
            ("form.consent", {}),
            ("form[action$='/callback']", {}),
        ]:
            assert page.url.startswith(f"{app.provider_url}/")
            page = send(browser, page, form, values)
        assert page.url == f"{app.url}/folios"

        app.expire_site_sessions()
        assert "document.forms[0].submit()" in browser.get(f"{app.url}/folios").text
        app.expire_sessions()
        assert browser.get(f"{app.url}/folios").url.startswith(f"{app.provider_url}/interaction/")
    assert (app.logins, app.consents, app.arrivals) == (1, 1, 1)


def test_every_folio_comes_with_one_sign_in_and_one_consent(app, job, spider_for):
    crawl(spider_for(app)(), job)
    assert whole(job)
    assert (app.logins, app.consents, app.arrivals, app.failed_logins) == (1, 1, 1, 0)
    assert (job.counts().done, job.counts().failed) == (5, 0)


@pytest.mark.parametrize("pages", [1, 4])
def test_an_expiry_everywhere_in_mid_crawl_costs_one_sign_in_and_no_folio(
    app, job, spider_for, interrupted, pages
):
    crawl(interrupted(spider_for(app), app.expire_sessions, after=pages)(), job)
    assert whole(job)
    assert (app.logins, app.arrivals, app.failed_logins) == (2, 2, 0)


@pytest.mark.parametrize("pages", [1, 4])
def test_an_expiry_of_the_site_alone_is_walked_through_without_the_password(
    app, job, spider_for, interrupted, pages
):
    crawl(interrupted(spider_for(app), app.expire_site_sessions, after=pages)(), job)
    assert whole(job)
    assert (app.logins, app.consents, app.arrivals, app.failed_logins) == (1, 1, 2, 0)


def test_a_wrong_password_is_rejected_after_one_attempt_in_the_provider_s_own_words(app, job, spider_for):
    with pytest.raises(LoginRejected, match="Invalid account or password"):
        crawl(spider_for(app, APP_PASSWORD="wrong horse")(), job)
    assert (app.logins, app.failed_logins) == (0, 1)


def test_a_provider_that_the_login_does_not_name_gets_no_password(app, job, spider_for):
    spider = spider_for(app)
    spider.login = FormLogin(spider.login.url, spider.login.fill)
    with pytest.raises(LoginError, match=app.provider_url):
        crawl(spider(), job)
    assert (app.logins, app.failed_logins) == (0, 0)


def test_the_link_that_signs_out_is_not_followed(app, job, spider_for):
    spider = spider_for(app)
    spider.follow = "a"
    crawl(spider(), job)
    assert whole(job)
    assert app.logins == 1


def whole(job) -> bool:
    """Whether the job has every folio, once."""
    texts = [data["text"] for _, data in job.items()]
    return sorted(texts) == sorted(f"Leaf {number}, recto & verso" for number in range(1, 47))


def send(browser, page, selector, values) -> requests.Response:
    form = BeautifulSoup(page.text, "lxml").select_one(selector)
    hidden = {field["name"]: field["value"] for field in form.select("input[type=hidden]")}
    return browser.post(urljoin(page.url, form["action"]), {**hidden, **values})
