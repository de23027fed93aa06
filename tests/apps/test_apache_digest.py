"""A list that Apache closes with Digest, whose nonces end in mid-crawl."""

from __future__ import annotations

import pytest
import requests
from requests.auth import HTTPDigestAuth

from scraper import LoginRejected, crawl
from scraper.crawl import visit
from scraper.executors import processes

from .apache_digest import ApacheDigest, missing

pytestmark = pytest.mark.skipif(bool(missing()), reason=missing())


@pytest.fixture(scope="module")
def running():
    with ApacheDigest() as app:
        yield app


@pytest.fixture
def app(running):
    running.forget()
    return running


def test_the_application_says_which_nonce_is_stale(app):
    with requests.Session() as browser:
        browser.auth = HTTPDigestAuth(app.username, app.password)
        url = f"{app.url}/list1.html"
        assert browser.get(url).status_code == 200
        app.expire_sessions()
        answer = browser.get(url)
        assert (answer.status_code, len(answer.history)) == (200, 1)
        assert "stale=true" in answer.history[0].headers["WWW-Authenticate"]
        browser.auth = HTTPDigestAuth(app.username, "wrong")
        assert "stale" not in browser.get(url).headers["WWW-Authenticate"]
    assert (app.answers, app.failed_logins) == (2, 1)


def test_every_deed_comes_with_one_sign_in(app, job, spider_for):
    crawl(spider_for(app)(), job)
    assert whole(job)
    assert (job.counts().done, job.counts().failed) == (5, 0)
    assert len(job.events("signed_in")) == 1
    assert app.failed_logins == 0


@pytest.mark.parametrize("pages", [1, 3])
def test_stale_nonces_in_mid_crawl_cost_no_sign_in_and_no_deed(app, job, spider_for, interrupted, pages):
    crawl(interrupted(spider_for(app), app.expire_sessions, after=pages)(), job)
    assert whole(job)
    assert len(job.events("signed_in")) == 1
    assert app.failed_logins == 0


def test_workers_in_other_processes_answer_too(app, job, spider_for):
    spider = spider_for(app)()
    crawl(spider, job, processes(visit, spider, 2))
    assert whole(job)
    assert len(job.events("signed_in")) == 1
    assert app.failed_logins == 0


def test_a_wrong_password_is_rejected_after_one_attempt(app, job, spider_for):
    with pytest.raises(LoginRejected, match="did not accept archivist for “Deeds, level 2” and says “401"):
        crawl(spider_for(app, APP_PASSWORD="wrong horse")(), job)
    assert (app.answers, app.failed_logins) == (0, 1)


def test_who_may_not_see_it_is_rejected_too(app, job, spider_for):
    name, password = app.onlooker
    with pytest.raises(LoginRejected, match="did not accept onlooker"):
        crawl(spider_for(app, APP_USER=name, APP_PASSWORD=password)(), job)
    assert app.answers == 0


def whole(job) -> bool:
    """Whether the job has every deed, once."""
    texts = [data["text"] for _, data in job.items()]
    return sorted(texts) == sorted(f"Deed {number}" for number in range(1, 41))
