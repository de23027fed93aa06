"""Single sign-on: an OpenID Connect provider on another origin sends back to the site by a form."""

from __future__ import annotations

from urllib.parse import urljoin

import pytest
import requests
from bs4 import BeautifulSoup

from scraper import FormLogin, LoginError, LoginRejected, OAuth2Login, Session, crawl, fill
from tests.oauth_site import Clock

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


# The provider alone, for a program: what it says of the account is the page that members see


def oauth(app, **options) -> OAuth2Login:
    pytest.importorskip("oauthlib", reason="oauthlib is not installed")
    form = FormLogin("/", fill(login=app.username, password=options.pop("password", app.password)))
    scope = "openid profile offline_access"
    return OAuth2Login(
        app.provider_url, client_id="desktop", walk=form, scope=scope, params={"prompt": "consent"}, **options
    )


def test_a_program_gets_a_token_by_a_code_and_renews_it_without_the_password(app):
    clock = Clock()
    with Session(oauth(app, clock=clock), base_url=f"{app.provider_url}/me", retry=1) as session:
        assert session.get("/me").json() == {"sub": app.username, "name": app.username}
        clock.now += 3600
        assert session.get("/me").json()["sub"] == app.username
        assert session.is_renewed
    assert (app.logins, app.consents, app.failed_logins) == (1, 1, 0)


def test_a_provider_that_has_lost_its_memory_costs_a_program_one_sign_in(app):
    with Session(oauth(app), base_url=f"{app.provider_url}/me", retry=1) as session:
        session.sign_in()
        app.expire_sessions()
        assert session.get("/me").json()["sub"] == app.username
    assert (app.logins, app.failed_logins) == (2, 0)


def test_a_program_s_wrong_password_is_rejected_after_one_attempt(app):
    login = oauth(app, password="wrong horse")
    session = Session(login, base_url=f"{app.provider_url}/me", retry=1)
    with session, pytest.raises(LoginRejected, match="Invalid account or password"):
        session.sign_in()
    assert (app.logins, app.failed_logins) == (0, 1)
