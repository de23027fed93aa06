"""Django's own admin, crawled whole by a spider that declares everything, through an expiry in mid-crawl."""

from __future__ import annotations

from decimal import Decimal

import pytest

from scraper import FormLogin, Item, LoginRejected, Spider, crawl, css, fill

pytest.importorskip("django")

from .django_admin import READER, DjangoAdmin


class Book(Item, rows="#result_list tbody tr"):
    title: str = css(".field-title")
    author: str = css(".field-author")
    isbn: str = css(".field-isbn")
    price: Decimal = css(".field-price")
    edit: str = css(".field-title a::attr(href)")


class Library(Spider):
    item = Book
    follow = "p.paginator span.this-page + a:not(.showall)"

    def __init__(self, admin: DjangoAdmin, username: str | None = None, password: str | None = None) -> None:
        super().__init__(
            start_urls=[f"{admin.url}/admin/library/book/"],
            login=FormLogin(
                "/admin/login/",
                fill(username=username or admin.username, password=password or admin.password),
                logged_in="#user-tools",
            ),
        )


def test_every_row_comes_with_one_sign_in(tmp_path, job):
    with DjangoAdmin(tmp_path) as admin:
        crawl(Library(admin), job)
        assert len({data["isbn"] for _, data in job.items()}) == len(list(job.items())) == 72
        assert (admin.logins, admin.failed_logins) == (1, 0)
    assert (job.counts().done, job.counts().rejects) == (3, 0)


@pytest.mark.parametrize("requests", [2, 3, 4])
def test_an_expiry_in_mid_crawl_costs_one_sign_in_and_no_row(tmp_path, job, requests):
    with DjangoAdmin(tmp_path, expire_after=requests) as admin:
        crawl(Library(admin), job)
        assert sorted({data["isbn"] for _, data in job.items()}) == sorted(d["isbn"] for _, d in job.items())
        assert len(list(job.items())) == 72
        assert (admin.expiries, admin.logins) == (1, 2)


def test_a_wrong_password_is_rejected_after_one_attempt_in_django_s_own_words(tmp_path, job):
    with DjangoAdmin(tmp_path) as admin:
        with pytest.raises(LoginRejected, match="Please enter the correct username and password"):
            crawl(Library(admin, password="wrong"), job)
        assert admin.failed_logins == 1


def test_a_right_password_without_the_right_to_enter_is_rejected_too(tmp_path, job):
    with DjangoAdmin(tmp_path) as admin, pytest.raises(LoginRejected):
        crawl(Library(admin, READER.username, READER.password), job)
