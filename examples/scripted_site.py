"""A site that is nothing without its scripts: a browser signs in, and draws the pages that need it.

python -m examples.scripted_site
"""

from decimal import Decimal

from examples.site import PracticeSite
from scraper import BrowserLogin, Item, Spider, crawl, css, fill


class Drawn(Item, rows="article.drawn"):
    """A book of a page whose rows a script draws."""

    title: str = css("h3 a")
    price: Decimal = css(".price")


class Shelf(Spider):
    """Signs in where a script draws the form, and waits on each page until the rows are there."""

    login = BrowserLogin(
        "/login/scripted",
        fill(username="reader", password="practice-makes-perfect"),
        logged_in="a.logout",
    )
    item, follow, render = Drawn, "a.next", "article.drawn"
    max_pages, save_session = 3, False


def main() -> None:
    """Crawl three pages of the shelf."""
    with PracticeSite() as site, crawl(Shelf(start_urls=[f"{site.url}/shelf"])) as job:
        print(job.counts().items, "books,", site.counts.logins, "sign-in by the browser")


if __name__ == "__main__":
    main()
