"""Every book of a library that is kept in Django's admin."""

import os
from decimal import Decimal

from scraper import FormLogin, Item, Spider, css, env, fill

SITE = os.environ.get("APP_URL", "http://127.0.0.1:8110")


class Book(Item, rows="#result_list tbody tr"):
    title: str = css(".field-title")
    isbn: str = css(".field-isbn")
    price: Decimal = css(".field-price")
    edit: str = css(".field-title a::attr(href)")


class DjangoAdmin(Spider):
    start_urls = f"{SITE}/admin/library/book/"
    login = FormLogin(
        "/admin/login/",
        fill(username=env("APP_USER", "librarian"), password=env("APP_PASSWORD", "S3cret-shelf!")),
    )
    item = Book
    follow = ".paginator .this-page + a:not(.showall)"
