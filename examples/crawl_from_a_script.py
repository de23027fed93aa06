"""`crawl` from a script: declare a spider, run it, read the items from the job.

python -m examples.crawl_from_a_script
"""

from decimal import Decimal

from examples.site import PracticeSite
from scraper import FormLogin, Item, Spider, crawl, css, fill


class Price(Item, rows="article.book"):
    """One row of a list page."""

    title: str = css("h3 a", attr="title")
    price: Decimal = css(".price", re=r"[\d.]+")


class Prices(Spider):
    """The first few list pages."""

    item = Price
    follow = "li.next a"
    max_pages = 5


def main() -> None:
    """Crawl five pages and show three of the rows."""
    with PracticeSite() as site:
        login = FormLogin(
            "/login", fill(username=site.username, password=site.password), logged_in="a.logout"
        )
        with crawl(Prices(start_urls=[f"{site.url}/books"], login=login)) as job:
            rows = [data for _, data in job.items()]
    print(len(rows), "rows; the first three:")
    for row in rows[:3]:
        print(row)


if __name__ == "__main__":
    main()
