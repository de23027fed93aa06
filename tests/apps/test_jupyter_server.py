"""A logbook behind one password, from a Jupyter Server: its list is JSON, its cookies are signed."""

from __future__ import annotations

import pytest
import requests
from bs4 import BeautifulSoup

from scraper import LoginRejected, Request, Retry, crawl

pytest.importorskip("jupyter_server")

from .jupyter_server import ENTRIES, JupyterServer

PATIENT = Retry(attempts=200, max_wait=0.5)
"""Other pages are under way while the server starts again, which takes its time on a busy machine."""


@pytest.fixture(scope="module")
def running(tmp_path_factory):
    with JupyterServer(tmp_path_factory.mktemp("jupyter")) as app:
        yield app


@pytest.fixture
def app(running):
    running.forget()
    return running


def test_the_application_says_403_to_strangers_and_to_members_who_come_from_nowhere(app):
    entry = f"{app.url}/files/logbook/entry-01.txt"
    with requests.Session() as browser:
        assert browser.get(f"{app.url}/api/contents/logbook").status_code == 403

        page = browser.get(f"{app.url}/login")
        token = BeautifulSoup(page.text, "lxml").select_one("input[name=_xsrf]")["value"]
        browser.post(page.url, {"_xsrf": token, "password": app.password})
        assert len(browser.get(f"{app.url}/api/contents/logbook").json()["content"]) == ENTRIES
        assert browser.get(entry).status_code == 403
        assert browser.get(entry, headers={"Referer": app.url}).text == "Day 1: the sample weighs 97 mg.\n"

        app.expire_sessions()
        assert browser.get(f"{app.url}/api/contents/logbook").status_code == 403
    assert (app.logins, app.failed_logins) == (1, 0)


def test_every_entry_comes_with_one_sign_in(app, job, spider_for):
    crawl(spider_for(app)(), job)
    assert whole(job)
    assert (app.logins, app.failed_logins) == (1, 0)
    assert (job.counts().done, job.counts().failed) == (1 + ENTRIES, 0)


@pytest.mark.parametrize("entries", [1, 20])
def test_a_new_signing_secret_in_mid_crawl_costs_one_sign_in_and_no_entry(
    app, job, spider_for, interrupted, entries
):
    spider = interrupted(spider_for(app), app.expire_sessions, after=entries, method="parse_entry")
    crawl(spider(retry=PATIENT), job)
    assert whole(job)
    assert (app.logins, app.failed_logins) == (2, 0)
    assert job.counts().failed == 0


def test_a_file_that_wants_a_referer_is_closed_and_no_reason_to_sign_in_again(app, job, spider_for):
    class FromNowhere(spider_for(app)):
        def parse(self, response):
            yield from super().parse(response)
            yield Request(f"{app.url}/files/logbook/entry-01.txt?download=1", callback="parse_entry")

    crawl(FromNowhere(), job)
    assert whole(job)
    assert app.logins == 1
    assert job.counts().failed == 1


def test_a_wrong_password_is_rejected_after_one_attempt_in_the_site_s_own_words(app, job, spider_for):
    with pytest.raises(LoginRejected, match="Invalid credentials"):
        crawl(spider_for(app, APP_PASSWORD="wrong horse")(), job)
    assert (app.logins, app.failed_logins) == (0, 1)


def whole(job) -> bool:
    """Whether the job has every entry, once, with its text."""
    entries = sorted((data["name"], data["text"]) for _, data in job.items())
    return entries == [
        (f"entry-{number:02}.txt", f"Day {number}: the sample weighs {97 * number} mg.")
        for number in range(1, ENTRIES + 1)
    ]
