"""Several accounts: each sees the shop's prices for itself, in one crawl, one job and one export.

python -m examples.several_accounts
"""

import sqlite3
from contextlib import closing

from examples.site import MEMBERS, PracticeSite
from scraper import FormLogin, Spider, crawl, fill
from spiders.bookshop import Book

BOTH = """
SELECT count(*), sum(json_extract(one.data, '$.price') + 0 > json_extract(other.data, '$.price') + 0)
FROM items AS one JOIN requests AS a ON a.id = one.request AND a.account = 'reader',
     items AS other JOIN requests AS b ON b.id = other.request AND b.account = 'critic'
WHERE a.url = b.url
"""


class Prices(Spider):
    """What two members pay for the last forty books."""

    accounts = tuple(
        FormLogin("/login", fill(username=member.username, password=member.password), logged_in="a.logout")
        for member in MEMBERS.values()
    )
    item = Book
    follow = ("article.book h3 a", "li.next a")
    save_session = False


def main() -> None:
    """Crawl as both, and compare what each account saw."""
    with PracticeSite() as site, crawl(Prices(start_urls=[f"{site.url}/books?page=49"])) as job:
        with closing(sqlite3.connect(job.path)) as file:
            books, cheaper = file.execute(BOTH).fetchone()
        print(f"{cheaper} of {books} books are cheaper for critic")


if __name__ == "__main__":
    main()
