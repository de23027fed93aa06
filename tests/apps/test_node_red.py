"""A Node-RED: one request gets a token, a header carries it, and nothing renews it."""

from __future__ import annotations

import pytest
import requests

from scraper import LoginRejected, Retry, crawl

from .node_red import VALVES, NodeRed, missing

pytestmark = pytest.mark.skipif(bool(missing()), reason=missing())

PATIENT = Retry(attempts=200, max_wait=0.5)
"""Other pages are under way while the server starts again, which takes its time on a busy machine."""


@pytest.fixture(scope="module")
def running(tmp_path_factory):
    with NodeRed(tmp_path_factory.mktemp("red")) as app:
        yield app


@pytest.fixture
def app(running):
    running.forget()
    return running


def test_the_application_sets_no_cookie_and_shows_its_start_page_to_anyone(app):
    with requests.Session() as browser:
        assert browser.get(app.url).status_code == 200
        assert browser.get(f"{app.url}/flows").status_code == 401
        form = {"client_id": "node-red-admin", "grant_type": "password", "scope": "*"}
        answer = browser.post(
            f"{app.url}/auth/token", form | {"username": app.username, "password": app.password}
        )
        token = {"Authorization": f"Bearer {answer.json()['access_token']}"}
        assert not browser.cookies
        assert browser.get(f"{app.url}/flows", headers=token).status_code == 200
        app.expire_sessions()
        assert browser.get(f"{app.url}/flows", headers=token).status_code == 401
    assert (app.logins, app.failed_logins) == (1, 0)


def test_every_valve_comes_with_one_sign_in(app, job, spider_for):
    crawl(spider_for(app)(), job)
    assert whole(job)
    assert (app.logins, app.failed_logins) == (1, 0)
    assert (job.counts().done, job.counts().failed) == (5, 0)


@pytest.mark.parametrize("pages", [1, 3])
def test_tokens_lost_in_mid_crawl_cost_one_sign_in_and_no_valve(app, job, spider_for, interrupted, pages):
    method = "parse_flow" if pages > 1 else "parse"
    spider = interrupted(spider_for(app), app.expire_sessions, after=pages, method=method)
    crawl(spider(retry=PATIENT, concurrency=1), job)
    assert whole(job)
    assert (app.logins, app.failed_logins) == (2, 0)


def test_a_wrong_password_is_rejected_after_one_attempt_in_the_site_s_own_words(app, job, spider_for):
    with pytest.raises(LoginRejected, match="Invalid resource owner credentials"):
        crawl(spider_for(app, APP_PASSWORD="wrong horse")(), job)
    assert (app.logins, app.failed_logins) == (0, 1)


def whole(job) -> bool:
    """Whether the job has every valve, once."""
    names = sorted(data["name"] for _, data in job.items())
    assert len(names) <= VALVES
    return names == sorted(f"Valve {flow}-{valve:02}" for flow in range(1, 5) for valve in range(1, 11))
