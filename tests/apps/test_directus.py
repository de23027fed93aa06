"""A Directus, where there is one: strangers get a 403, and a refresh token is good once."""

from __future__ import annotations

import time

import pytest

from scraper import LoginRejected, Session, crawl

from .directus import SPECIMENS, Directus

pytestmark = pytest.mark.skipif(not Directus.url, reason="DIRECTUS_URL names no Directus with specimens")

A_QUARTER = 900
"""Seconds that its tokens last."""


def test_every_specimen_comes_with_one_sign_in(job, spider_for):
    crawl(spider_for(Directus())(), job)
    assert whole(job)
    assert len(job.events("signed_in")) == 1


def test_tokens_are_renewed_in_mid_crawl_and_no_specimen_is_missed(job, spider_for, interrupted, monkeypatch):
    spider = spider_for(Directus())
    now = [0.0]
    monkeypatch.setattr(spider.login, "clock", lambda: time.time() + now[0])
    crawl(interrupted(spider, lambda: now.append(now.pop() + A_QUARTER), after=1)(concurrency=1), job)
    assert whole(job)
    assert (len(job.events("signed_in")), len(job.events("renewed"))) == (1, 1)


def test_each_refresh_token_is_good_once_and_the_next_one_is_used(spider_for):
    login = spider_for(Directus()).login
    with Session(login, base_url=f"{Directus.url}/items/specimens") as session:
        session.sign_in()
        used = []
        for _ in range(3):
            used.append(session.tokens["refresh"])
            session.tokens = {**session.tokens, "renew_at": 0.0}
            assert session.get("/items/specimens/7").status_code == 200
            assert session.is_renewed
        assert len(set(used)) == 3


def test_a_wrong_password_is_rejected_in_the_site_s_own_words(job, spider_for):
    with pytest.raises(LoginRejected, match="Invalid user credentials"):
        crawl(spider_for(Directus(), APP_PASSWORD="wrong horse")(), job)


def whole(job) -> bool:
    """Whether the job has every specimen, once."""
    names = sorted(data["name"] for _, data in job.items())
    return names == [f"Specimen {number:03}" for number in range(1, SPECIMENS + 1)]
