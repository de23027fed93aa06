"""Django's own admin, crawled whole by a spider that declares everything, through an expiry in mid-crawl."""

from __future__ import annotations

import json

import pytest

from scraper import LoginRejected, crawl
from tests.commands import scraper

pytest.importorskip("django")

from .django_admin import READER, DjangoAdmin

SPIDER = "tests/apps/django_admin/spider.py"


def test_every_row_comes_with_one_sign_in(tmp_path, job, spider_for):
    with DjangoAdmin(tmp_path) as admin:
        crawl(spider_for(admin)(), job)
        assert len({data["isbn"] for _, data in job.items()}) == len(list(job.items())) == 72
        assert (admin.logins, admin.failed_logins) == (1, 0)
    assert (job.counts().done, job.counts().rejects) == (3, 0)


def test_the_command_line_runs_the_spider_by_its_file(tmp_path):
    with DjangoAdmin(tmp_path) as admin:
        ran = scraper("run", SPIDER, "-o", str(tmp_path / "books.json"), **admin.environment)
    assert ran.returncode == 0, ran.stderr
    assert len(json.loads((tmp_path / "books.json").read_text())) == 72


@pytest.mark.parametrize("requests", [3, 4, 5])
def test_an_expiry_in_mid_crawl_costs_one_sign_in_and_no_row(tmp_path, job, spider_for, requests):
    with DjangoAdmin(tmp_path, expire_after=requests) as admin:
        crawl(spider_for(admin)(), job)
        assert sorted({data["isbn"] for _, data in job.items()}) == sorted(d["isbn"] for _, d in job.items())
        assert len(list(job.items())) == 72
        assert (admin.expiries, admin.logins) == (1, 2)


@pytest.mark.parametrize("pages", [1, 2])
def test_sessions_that_are_deleted_between_two_pages_cost_one_sign_in_and_no_row(
    tmp_path, job, spider_for, interrupted, pages
):
    with DjangoAdmin(tmp_path) as admin:
        crawl(interrupted(spider_for(admin), admin.expire_sessions, after=pages)(), job)
        assert len({data["isbn"] for _, data in job.items()}) == len(list(job.items())) == 72
        assert (admin.logins, admin.failed_logins) == (2, 0)


def test_a_wrong_password_is_rejected_after_one_attempt_in_django_s_own_words(tmp_path, job, spider_for):
    with DjangoAdmin(tmp_path) as admin:
        with pytest.raises(LoginRejected, match="Please enter the correct username and password"):
            crawl(spider_for(admin, APP_PASSWORD="wrong horse")(), job)
        assert admin.failed_logins == 1


def test_a_right_password_without_the_right_to_enter_is_rejected_too(tmp_path, job, spider_for):
    with DjangoAdmin(tmp_path) as admin, pytest.raises(LoginRejected):
        crawl(spider_for(admin, APP_USER=READER.username, APP_PASSWORD=READER.password)(), job)
