"""A list behind client certificates: no login request, and 400 for strangers."""

from __future__ import annotations

import pytest
import requests

from scraper import ConfigError, LoginRejected, crawl
from scraper.crawl import visit
from scraper.executors import processes

from .nginx_mtls import NginxMtls, missing
from .process import wait_until

pytestmark = pytest.mark.skipif(bool(missing()), reason=missing())


@pytest.fixture
def app():
    with NginxMtls() as app:
        yield app


def test_the_application_turns_strangers_away_with_400(app):
    with requests.Session() as browser:
        browser.verify, browser.trust_env = str(app.pki / "ca.crt"), False
        refusal = browser.get(f"{app.url}/list1.html")
        assert (refusal.status_code, "No required SSL certificate" in refusal.text) == (400, True)
        own = (str(app.pki / "banker.crt"), str(app.pki / "banker.key"))
        assert browser.get(f"{app.url}/list1.html", cert=own).status_code == 200
    app.revoke()
    with requests.Session() as browser:
        browser.verify, browser.trust_env = str(app.pki / "ca.crt"), False
        refusal = browser.get(f"{app.url}/list1.html", cert=own)
        assert (refusal.status_code, "The SSL certificate error" in refusal.text) == (400, True)


def test_every_box_comes_with_one_sign_in(app, job, spider_for):
    crawl(spider_for(app)(), job)
    assert whole(job)
    assert (job.counts().done, job.counts().failed) == (4, 0)
    assert len(job.events("signed_in")) == 1


@pytest.mark.parametrize("pages", [1, 2])
def test_another_certificate_in_mid_crawl_costs_one_sign_in_and_no_box(
    app, job, spider_for, interrupted, pages
):
    crawl(interrupted(spider_for(app), app.expire_sessions, after=pages)(), job)
    assert whole(job)
    assert len(job.events("signed_in")) == 2


def test_workers_in_other_processes_show_it_too(app, job, spider_for):
    spider = spider_for(app)()
    crawl(spider, job, processes(visit, spider, 2))
    assert whole(job)
    assert len(job.events("signed_in")) == 1


def test_a_revoked_certificate_is_shown_once_and_not_again_until_it_is_another(
    app, job, spider_for, monkeypatch, tmp_path
):
    monkeypatch.chdir(tmp_path)
    app.revoke()
    for words in ("did not accept the certificate banker.crt and says", "Nothing was sent"):
        with pytest.raises(LoginRejected, match=words):
            crawl(spider_for(app)())
    wait_until(lambda: app.refusals > 0, "nginx writes down the refusal")
    assert app.refusals == 1
    app.renew()
    crawl(spider_for(app)(), job)
    assert whole(job)


def test_a_wrong_password_of_the_key_is_said_before_anything_is_sent(app, job, spider_for):
    with pytest.raises(ConfigError, match="The password does not open the key in"):
        crawl(spider_for(app, APP_PASSWORD="wrong horse")(), job)
    assert app.refusals == 0


def whole(job) -> bool:
    """Whether the job has every box, once."""
    texts = [data["text"] for _, data in job.items()]
    return sorted(texts) == sorted(f"Box {number}" for number in range(1, 37))
