"""The crawl with this package.

python -m tests.benchmarks.peers.ours ORIGIN FILE CONCURRENCY [PROCESSES]
"""

from __future__ import annotations

import sys
from pathlib import Path

from scraper import FormLogin, Item, Job, Spider, crawl, css, fill, xpath
from scraper.crawl import visit
from scraper.executors import processes
from scraper.export import export
from tests.benchmarks.site import START


class Book(Item, rows="article.product_page"):
    title: str = css("h1")
    price: float = css(".price_color", re=r"[\d.]+")
    author: str = css("a.author")
    upc: str = css("tr.upc td")
    stock: int = css(".availability", re=r"\d+")
    rating: int = css(".star-rating", attr="data-rating")
    category: str = xpath("//ul[@class='breadcrumb']/li[3]/a")
    description: str = css("#product_description p")
    tags: list[str] = css("a.tag")
    url: str = css("a.permalink", attr="href")


class Books(Spider):
    login = FormLogin("/login", fill(username="ada", password="benchmark"), logged_in="a.logout")
    item = Book
    follow = ("article.product_pod h3 a", "ul.pager a")
    save_session = False
    obey_robots = False


def main(origin: str, file: str, concurrency: str, number: str = "1") -> None:
    """Crawl the site at `origin` and write its books as JSON Lines."""
    spider = Books(start_urls=[origin + START], concurrency=int(concurrency))
    workers = None if number == "1" else processes(visit, spider, int(number))
    with Job.create("books", Path(file).parent) as job:
        crawl(spider, job, workers)
        export(job.items, file)


if __name__ == "__main__":
    main(*sys.argv[1:])
