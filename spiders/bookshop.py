"""The practice shop of ``examples/site``: 1,000 books that only members see."""

import os
from decimal import Decimal

from scraper import FormLogin, Item, Spider, css, env, fill


class Book(Item, rows="article.detail"):
    """One book, from its own page."""

    title: str = css("h1")
    author: str = css(".author")
    price: Decimal = css(".price", re=r"[\d.]+")
    upc: str = css("th:contains('UPC') + td")
    tags: list[str] = css("a.tag")


class Bookshop(Spider):
    """The members-only practice shop; it is started on this machine unless SHOP_URL names one."""

    username, password = env("SHOP_USER", "reader"), env("SHOP_PASSWORD", "practice-makes-perfect")
    login = FormLogin("/login", fill(username=username, password=password), logged_in="a.logout")
    item = Book
    follow = ("article.book h3 a", "li.next a")
    site = None

    def opened(self):
        """Start the shop where none is given; no session of it is worth keeping."""
        if not os.environ.get("SHOP_URL"):
            from examples.site import PracticeSite

            self.site, self.save_session = PracticeSite(port=8420, or_any_port=True).start(), False
        self.start_urls = [f"{self.site.url if self.site else os.environ['SHOP_URL']}/books"]

    def closed(self, reason):
        """Stop the shop where it was started here."""
        if self.site:
            self.site.stop()
