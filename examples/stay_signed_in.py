"""Staying signed in: the shop signs everyone out after every 100 pages, and no book is lost.

python -m examples.stay_signed_in
"""

from examples.site import PracticeSite
from scraper import crawl
from spiders.bookshop import Bookshop


class Restless(Bookshop):
    """The bookshop's spider, told where the shop is."""

    max_pages = 400

    def opened(self) -> None:
        """Nothing to start."""


def main() -> None:
    """Crawl 400 pages and compare what came with what the site saw."""
    with PracticeSite(sign_out_after=100) as site:
        with crawl(Restless(start_urls=[f"{site.url}/books"])) as job:
            titles = {book["upc"] for _, book in job.items()}
            print(job.counts().done, "pages,", len(titles), "different books")
        print(site.counts.expiries, "times signed out,", site.counts.logins, "sign-ins")


if __name__ == "__main__":
    main()
